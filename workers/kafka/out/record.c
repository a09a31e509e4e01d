#include "kafka/out/record.h"

#include "base/text.h"
#include "hongxin/fact.h"
#include "hongxin/instant.h"
#include "hongxin/json.h"
#include "hongxin/number.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SCHEMA "hongxin/v1/journal.proto#hongxin.v1."

size_t record_headers(const struct record *r, struct record_header out[RECORD_HEADERS_MAX])
{
    const struct record_header all[] = {{"ce_specversion", "1.0"},
                                        {"ce_id", r->id},
                                        {"ce_source", r->source},
                                        {"ce_type", r->type},
                                        {"ce_subject", r->subject},

                                        {"ce_sequence", r->sequence},
                                        {"ce_time", r->time},
                                        {"ce_dataschema", r->schema},
                                        {"content-type", r->content_type},
                                        {"ce_cause", r->cause},
                                        {"ce_facts", r->facts},
                                        {"ce_cut", r->cut}};
    size_t n = 0;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i].value && *all[i].value)
            out[n++] = all[i];
    return n;
}

static bool wants(const struct record_rules *rules, enum record_attribute attribute)
{
    return rules->attributes >> attribute & 1;
}

static const char *case_text(uint64_t case_number, struct hx_arena *a)
{
    char text[HX_NUMBER_TEXT];
    return case_number ? hx_arena_strdup(a, hx_number_format(case_number, text)) : NULL;
}

enum { SEQUENCE = 20 };

/* Twenty digits; the number without its zeros is their end. */
static const char *sequence_text(uint64_t lsn, struct hx_arena *a)
{
    char *text = hx_arena_alloc(a, SEQUENCE + 1);
    for (int i = SEQUENCE; text && i-- > 0; lsn /= 10)
        text[i] = (char)('0' + lsn % 10);
    return text;
}

static const char *without_zeros(const char *sequence)
{
    size_t zeros = sequence ? strspn(sequence, "0") : 0;
    return sequence ? sequence + (zeros < SEQUENCE ? zeros : SEQUENCE - 1) : NULL;
}

static const char *time_text(int64_t ms, struct hx_arena *a)
{
    char text[HX_INSTANT_TEXT];
    return ms ? hx_arena_strdup(a, hx_instant_format(ms, 0, text)) : NULL;
}

/* "STATE,CLOCK,NOTICE": each kind once, in the order of the entry. */
static const char *facts_text(const hxp_entry *e, struct hx_arena *a)
{
    char text[256];
    bool seen[ROUTE_FACTS] = {false};
    size_t used = 0;
    for (size_t i = 0; i < e->n_facts; i++) {
        size_t kind = (size_t)e->facts[i]->fact_case;
        const char *name = hx_fact_name(e->facts[i]);
        size_t size = strlen(name);
        if (kind >= ROUTE_FACTS || seen[kind] || used + size + 1 > sizeof text)
            continue;
        seen[kind] = true;
        if (used)
            text[used++] = ',';
        memcpy(text + used, name, size);
        used += size;
    }
    return hx_arena_strndup(a, text, used);
}

/* ---- values ---- */

static void *pack(const ProtobufCMessage *m, size_t *size, struct hx_arena *a)
{
    *size = protobuf_c_message_get_packed_size(m);
    uint8_t *bytes = hx_arena_alloc(a, *size ? *size : 1);
    if (bytes)
        protobuf_c_message_pack(m, bytes);
    return bytes;
}

/* The head of an entry: what became true of which case, without what somebody wrote or who read it.
 */
static hxp_entry head_of(const hxp_entry *e)
{
    hxp_entry head = HONGXIN__V1__ENTRY__INIT;
    head.lsn = e->lsn;
    head.case_number = e->case_number;
    head.cycle = e->cycle;
    head.prev_lsn = e->prev_lsn;
    head.t_rcv = e->t_rcv;
    head.t_rec = e->t_rec;
    head.t_eff = e->t_eff;
    head.cause = e->cause;
    head.where = e->where;
    head.holder = e->holder;
    head.holder_before = e->holder_before;
    head.second_holder = e->second_holder;
    head.state = e->state;
    head.class_ = e->class_;
    head.case_version = e->case_version;
    head.scale = e->scale;
    head.drill = e->drill;
    head.level = e->level;
    head.open = e->open;
    head.category = e->category;
    head.t_due = e->t_due;
    return head;
}

static json_t *json_of(const hxp_entry *e, int utc_offset)
{
    json_t *object = hx_json_from_message(&e->base, utc_offset, HX_JSON_SPARSE);
    hxp_event *event =
        e->event.len ? hongxin__v1__event__unpack(NULL, e->event.len, e->event.data) : NULL;
    if (object && event)
        json_object_set_new(object, "event",
                            hx_json_from_message(&event->base, utc_offset, HX_JSON_SPARSE));
    if (event)
        hongxin__v1__event__free_unpacked(event, NULL);
    return object;
}

static void *json_text(json_t *object, size_t *size, struct hx_arena *a)
{
    char *text = object ? json_dumps(object, HX_JSON_DUMP) : NULL;
    *size = text ? strlen(text) : 0;
    void *copy = hx_arena_strdup(a, text ? text : "");
    a->failed |= !text;
    free(text);
    json_decref(object);
    return copy;
}

/* What several records of one entry share. */
struct making {
    const struct record_rules *rules;
    const hxp_entry *entry;
    const ProtobufCBinaryData *bytes;
    struct hx_arena *arena;
    struct record common;
    const void *whole; /* a copy of the bytes, made when it is wanted */
};

static const char *facts_of(const struct making *m, const hxp_entry *e)
{
    return wants(m->rules, RECORD_FACTS) ? facts_text(e, m->arena) : NULL;
}

static void put_value(struct making *m, struct record *r, const hxp_entry *e, bool json)
{
    r->content_type = json ? "application/json" : "application/protobuf";
    r->value = json ? json_text(json_of(e, m->rules->utc_offset), &r->size, m->arena)
                    : pack(&e->base, &r->size, m->arena);
}

static void put_whole(struct making *m, struct record *r)
{
    if (!m->whole)
        m->whole = hx_arena_memdup(m->arena, m->bytes->data, m->bytes->len);
    r->content_type = "application/protobuf";
    r->value = m->whole;
    r->size = m->bytes->len;
}

static void put_facts(struct making *m, struct record *r, const struct route_target *t)
{
    hxp_entry head = head_of(m->entry);
    head.facts = hx_arena_alloc(m->arena, (m->entry->n_facts + 1) * sizeof *head.facts);
    if (!head.facts)
        return;
    for (size_t i = 0; i < m->entry->n_facts; i++)
        if (route_wants_fact(t, m->entry->facts[i]))
            head.facts[head.n_facts++] = m->entry->facts[i];
    r->facts = facts_of(m, &head);
    put_value(m, r, &head, t->row->json);
}

/* Too large for a topic: the head alone, and says so. The whole entry is kept by the daemon. */
static void cut(struct making *m, struct record *r, bool json)
{
    hxp_entry head = head_of(m->entry);
    r->cut = "OVERSIZE";
    put_value(m, r, &head, json);
}

static struct record *make(struct making *m, const struct route_target *t)
{
    struct record *r = hx_arena_alloc(m->arena, sizeof *r);
    if (!r)
        return NULL;
    *r = m->common;
    r->topic = t->topic;
    if (t->row->only_facts)
        put_facts(m, r, t);
    else if (t->row->json)
        put_value(m, r, m->entry, true);
    else
        put_whole(m, r);
    if (r->size > m->rules->value_most)
        cut(m, r, t->row->json);
    return r;
}

static void put_common(struct making *m)
{
    const hxp_entry *e = m->entry;
    const char *number = case_text(e->case_number, m->arena);
    const char *sequence = sequence_text(e->lsn, m->arena);
    m->common = (struct record){.key = number ? number : RECORD_KEY_CITY,
                                .id = without_zeros(sequence),
                                .source = hx_arena_strdup(m->arena, m->rules->source),
                                .type = "cn.hongxin.entry.v1",
                                .sequence = sequence};
    if (wants(m->rules, RECORD_SUBJECT))
        m->common.subject = number;
    if (wants(m->rules, RECORD_TIME))
        m->common.time = time_text(e->t_rec, m->arena);
    if (wants(m->rules, RECORD_CAUSE))
        m->common.cause = hx_arena_strdup(m->arena, e->cause);
    if (wants(m->rules, RECORD_DATASCHEMA))
        m->common.schema = SCHEMA "Entry";
    m->common.facts = facts_of(m, e);
}

struct record *record_of_entry(const struct record_rules *rules, const hxp_entry *entry,
                               const ProtobufCBinaryData *bytes, const struct route_target *targets,
                               struct hx_arena *arena)
{
    struct making m = {.rules = rules, .entry = entry, .bytes = bytes, .arena = arena};
    struct record *first = NULL, **last = &first;
    if (targets)
        put_common(&m);
    for (const struct route_target *t = targets; t; t = t->next) {
        if (!(*last = make(&m, t)))
            break;
        last = &(*last)->next;
    }
    return first;
}

struct record *record_of_no_states(struct hx_arena *arena)
{
    struct record *r = hx_arena_alloc(arena, sizeof *r);
    if (r)
        *r = (struct record){.kind = RECORD_EMPTY_STATES};
    return r;
}

struct record record_of_tombstone(const char *key)
{
    return (struct record){
        .key = key, .id = key, .source = "/hongxin", .type = "cn.hongxin.case.v1"};
}

struct record *record_of_reset(const struct record_rules *rules, uint64_t oldest_lsn,
                               struct hx_arena *arena)
{
    struct record *r = hx_arena_alloc(arena, sizeof *r);
    Hongxin__V1__Reset reset = HONGXIN__V1__RESET__INIT;
    reset.oldest_lsn = oldest_lsn;
    if (!r)
        return NULL;
    const char *schema = "hongxin/v1/wire.proto#hongxin.v1.Reset";
    *r = (struct record){.kind = RECORD_RESET,
                         .id = hx_arena_printf(arena, "reset-%" PRIu64, oldest_lsn),
                         .source = hx_arena_strdup(arena, rules->source),
                         .type = "cn.hongxin.reset.v1",
                         .sequence = sequence_text(oldest_lsn ? oldest_lsn - 1 : 0, arena),
                         .content_type = "application/protobuf",
                         .schema = wants(rules, RECORD_DATASCHEMA) ? schema : NULL};
    r->value = pack(&reset.base, &r->size, arena);
    return r;
}

struct record *record_of_state(const struct record_rules *rules, const char *topic,
                               uint64_t case_number, const hxp_case_view *view,
                               struct hx_arena *arena)
{
    struct record *r = hx_arena_alloc(arena, sizeof *r);
    if (!r)
        return NULL;
    const char *number = case_text(case_number, arena);
    *r = (struct record){.topic = topic,
                         .key = number,
                         .subject = wants(rules, RECORD_SUBJECT) ? number : NULL,
                         .source = hx_arena_strdup(arena, rules->source),
                         .type = "cn.hongxin.case.v1",
                         .content_type = "application/protobuf",
                         .schema = wants(rules, RECORD_DATASCHEMA) ? SCHEMA "CaseView" : NULL};
    if (!view) {
        r->content_type = NULL; /* no data: a tombstone */
        r->id = hx_arena_printf(arena, "%s/closed", number);
        return r;
    }
    r->id = hx_arena_printf(arena, "%s/%" PRIu64, number, view->case_version);
    r->sequence = sequence_text(view->last_lsn, arena);
    r->value = pack(&view->base, &r->size, arena);
    return r;
}
