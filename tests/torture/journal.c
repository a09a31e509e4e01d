/* The journal, entry by entry: as it stands, and made again. */
#include "engine/machine_internal.h"
#include "hongxin/json.h"
#include "torture/replay.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

uint64_t text_hash(uint64_t h, const char *text)
{
    if (!h)
        h = UINT64_C(14695981039346656037);
    do
        h = (h ^ (unsigned char)*text) * UINT64_C(1099511628211);
    while (*text++);
    return h;
}

static uint64_t number_hash(uint64_t h, uint64_t v)
{
    for (int i = 0; i < 8; i++, v >>= 8)
        h = (h ^ (v & 0xff)) * UINT64_C(1099511628211);
    return h;
}

static int keep_hash(struct hashes *h, uint64_t hash)
{
    if (h->n == h->cap) {
        size_t cap = h->cap ? 2 * h->cap : 4096;
        uint64_t *list = realloc(h->list, cap * sizeof *list);
        if (!list)
            return HX_NOMEM;
        h->list = list;
        h->cap = cap;
    }
    h->list[h->n++] = hash;
    return HX_OK;
}

/* Room for [index] in an array of `size` bytes each; what is new is zero. */
static int make_room(void **array, size_t *cap, size_t index, size_t size)
{
    if (index < *cap)
        return HX_OK;
    size_t n = 2 * index + 1024;
    char *p = realloc(*array, n * size);
    if (!p)
        return HX_NOMEM;
    memset(p + *cap * size, 0, (n - *cap) * size);
    *array = p;
    *cap = n;
    return HX_OK;
}

int replay_init(struct replay *r)
{
    int rc = hx_memory_new(&r->memory);
    hx_arena_init(&r->arena, 0);
    hx_arena_init(&r->stored, 0);
    r->machine = (struct hx_machine){.rules = r->rules,
                                     .city = r->city,
                                     .ops = hx_memory_backend(),
                                     .backend = r->memory,
                                     .arena = &r->arena};
    return rc;
}

void replay_fini(struct replay *r)
{
    hx_memory_free(r->memory);
    hx_arena_fini(&r->arena);
    hx_arena_fini(&r->stored);
    free(r->kept);
    free(r->chains);
    free(r->events.list);
    free(r->told.list);
}

/* ---- as it stands
 * -------------------------------------------------------------------------------- */

static int check_chain(struct replay *r, const hxp_entry *e)
{
    int rc = make_room((void **)&r->chains, &r->chains_cap, e->case_number, sizeof *r->chains);
    if (rc || !e->case_number)
        return rc;
    if (r->chains[e->case_number] != e->prev_lsn)
        fault(r, "LSN %" PRIu64 ": case %" PRIu64 " goes on from %" PRIu64 ", not from %" PRIu64,
              e->lsn, e->case_number, r->chains[e->case_number], e->prev_lsn);
    r->chains[e->case_number] = e->lsn;
    return HX_OK;
}

static int keep_fact(struct replay *r, const hxp_entry *e, const hxp_fact *f)
{
    uint64_t h = number_hash(text_hash(0, "told"), e->case_number);
    h = number_hash(h, e->cycle);
    if (f->fact_case == HONGXIN__V1__FACT__FACT_BREACH) {
        h = number_hash(text_hash(h, f->breach->clock), (uint64_t)f->breach->deadline);
        return keep_hash(&r->told, h);
    }
    if (f->fact_case != HONGXIN__V1__FACT__FACT_NOTICE || e->event.len)
        return HX_OK; /* what an event brings about may well be told again */
    h = text_hash(text_hash(h, f->notice->clock), f->notice->level);
    h = text_hash(text_hash(h, f->notice->kind), f->notice->to);
    h = number_hash(number_hash(h, (uint64_t)f->notice->deadline), (uint64_t)f->notice->t_due);
    return keep_hash(&r->told, h);
}

static int keep_event(struct replay *r, const hxp_entry *e)
{
    struct kept *k = &r->kept[e->lsn];
    k->case_number = e->case_number;
    if (!e->event.len) {
        r->fired += e->case_number != 0;
        return HX_OK;
    }
    ProtobufCAllocator memory = hx_arena_allocator(&r->stored);
    const hxp_event *event = hongxin__v1__event__unpack(&memory, e->event.len, e->event.data);
    if (!event)
        return HX_CORRUPT;
    k->event = text_hash(0, event->id);
    return keep_hash(&r->events, text_hash(k->event, event->source));
}

static int look_at(struct replay *r, const hxp_entry *e)
{
    int rc = make_room((void **)&r->kept, &r->kept_cap, e->lsn, sizeof *r->kept);
    if (!rc)
        rc = check_chain(r, e);
    if (!rc)
        rc = keep_event(r, e);
    for (size_t i = 0; i < e->n_facts && !rc; i++)
        rc = keep_fact(r, e, e->facts[i]);
    if (e->t_rec < r->t_rec)
        fault(r, "LSN %" PRIu64 ": time runs backwards", e->lsn);
    r->t_rec = e->t_rec;
    return rc;
}

/* ---- made again
 * ----------------------------------------------------------------------------------- */

/* The machine's time is the recorded one. */
static void set_time(struct replay *r, const hxp_entry *e)
{
    struct hx_machine *m = &r->machine;
    m->now = e->t_rec;
    m->scale = e->scale;
    m->wall = e->t_wall ? e->t_wall : e->t_rec;
}

static int again_event(struct replay *r, const hxp_entry *e)
{
    const hxp_reply *reply;
    ProtobufCAllocator memory = hx_arena_allocator(&r->arena);
    uint8_t *bytes = hx_arena_memdup(&r->arena, e->event.data, e->event.len);
    struct hx_arrival in = {.bytes = bytes, .size = e->event.len, .t_rcv = e->t_rcv};
    in.event = bytes ? hongxin__v1__event__unpack(&memory, in.size, bytes) : NULL;
    return bytes ? hx_machine_event(&r->machine, &in, &reply) : HX_NOMEM;
}

/* The next mark of the case; its due time is in the rules, not in the entry. */
static int again_mark(struct replay *r, const hxp_entry *e)
{
    struct hx_machine *m = &r->machine;
    int rc = m->ops->case_load(m->backend, e->case_number, &m->work);
    if (rc)
        return rc;
    int64_t due = hx_case_due(m->rules, &m->work);
    r->late += due >= m->outage_from && due <= m->outage_to;
    return due == INT64_MAX ? HX_NOTFOUND : hx_machine_catch_up(m, &m->work, due + 1);
}

/* An entry about no case and without an event: the daemon speaks of itself. */
static int again_alarm(struct replay *r, const hxp_entry *e)
{
    struct hx_machine *m = &r->machine;
    if (strcmp(e->cause, "OUTAGE") == 0)
        return hx_machine_outage(m, e->t_eff - e->facts[0]->alarm->step_ms, e->t_eff);
    return hx_machine_watch(m);
}

static int again(struct replay *r, const hxp_entry *e)
{
    if (e->event.len)
        return again_event(r, e);
    return e->case_number ? again_mark(r, e) : again_alarm(r, e);
}

static int make_again(struct replay *r, const hxp_entry *e)
{
    hx_arena_reset(&r->arena);
    set_time(r, e);
    int rc = again(r, e);
    r->made = hx_memory_take(r->memory, &r->n_made);
    r->next_made = 0;
    return rc == HX_NOTFOUND ? HX_OK : rc;
}

static void show(const char *what, const hxp_entry *e)
{
    json_t *json = hx_json_from_message(&e->base, 0, HX_JSON_SPARSE);
    char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
    printf("%s: %s\n", what, text ? text : "?");
    free(text);
    json_decref(json);
}

static int compare(struct replay *r, const hxp_entry *e, const uint8_t *bytes, size_t size)
{
    if (r->next_made == r->n_made) {
        fault(r, "LSN %" PRIu64 ": the replay makes no entry", e->lsn);
        show("stored", e);
        return HX_CORRUPT; /* from here on nothing would fit */
    }
    const hxp_entry *made = r->made[r->next_made++];
    size_t n = hongxin__v1__entry__get_packed_size(made);
    uint8_t *packed = hx_arena_alloc(&r->stored, n);
    if (!packed)
        return HX_NOMEM;
    hongxin__v1__entry__pack(made, packed);
    if (n == size && memcmp(packed, bytes, n) == 0)
        return HX_OK;
    fault(r, "LSN %" PRIu64 ": the replay makes another entry", e->lsn);
    if (r->faults == 1) {
        show("stored", e);
        show("made", made);
    }
    return HX_OK;
}

int replay_entry(void *replay, uint64_t lsn, const uint8_t *bytes, size_t size)
{
    struct replay *r = replay;
    hx_arena_reset(&r->stored);
    ProtobufCAllocator memory = hx_arena_allocator(&r->stored);
    const hxp_entry *e = hongxin__v1__entry__unpack(&memory, size, bytes);
    if (!e || e->lsn != lsn || lsn != r->entries + 1) {
        fault(r, "LSN %" PRIu64 ": follows %" PRIu64 ", or cannot be decoded", lsn, r->entries);
        return HX_CORRUPT;
    }
    r->entries = lsn;
    int rc = look_at(r, e);
    if (!rc && r->next_made == r->n_made)
        rc = make_again(r, e);
    return rc ? rc : compare(r, e, bytes, size);
}
