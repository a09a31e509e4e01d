#include "engine/machine/replay.h"

#include "base/grown.h"
#include "base/message.h"
#include "base/wire.h"
#include "engine/duty/swap.h"
#include "engine/machine/apply.h"
#include "engine/machine/machine_internal.h"
#include "engine/notice/calm.h"
#include "hongxin/instant.h"

#include <stdlib.h>
#include <string.h>

struct stored {
    const hxp_entry *entry;
    const uint8_t *bytes;
    size_t size;
};

struct hx_replay {
    struct hx_replay_options o;
    struct hx_machine machine;
    struct hx_arena arena;   /* the machine's, and of the entries made */
    struct hx_arena waiting; /* of the group */
    struct hx_packing *packing;

    /* entries of one transaction: an event and what it brought about; or a single one */
    struct stored *group;
    size_t n_group, group_cap;
    const hxp_entry **made;
    size_t n_made, made_cap;
    size_t asked; /* answers about receivers given for the entry being made */
    bool no_memory;
    uint64_t count, differences;
};

/* ---- what the machine asks and tells ---- */

static void on_append(void *ctx, const hxp_entry *e)
{
    struct hx_replay *r = ctx;
    r->asked = 0;
    const hxp_entry **made = hx_grown(r->made, r->n_made, &r->made_cap, sizeof(*made));
    if (!made) {
        r->no_memory = true;
        return;
    }
    r->made = made;
    r->made[r->n_made++] = e;
}

static const hxp_entry *stored_entry(void *ctx)
{
    const struct hx_replay *r = ctx;
    return r->n_made < r->n_group ? r->group[r->n_made].entry : NULL;
}

/* As the entry says that is being made. */
static enum hx_reach reach(void *ctx, const char *holder)
{
    struct hx_replay *r = ctx;
    (void)holder;
    const hxp_entry *e = stored_entry(r);
    size_t i = r->asked++;
    return e && i < e->n_reach ? (enum hx_reach)e->reach[i] : HX_REACH_UP;
}

static enum hx_reach fetched(void *ctx, const char *id, uint64_t lsn)
{
    (void)lsn;
    return reach(ctx, id);
}

/* ---- making an entry again ---- */

static int again_event(struct hx_replay *r, const hxp_entry *e)
{
    const hxp_reply *reply;
    ProtobufCAllocator memory = hx_arena_allocator(&r->waiting);
    struct hx_arrival in = {.bytes = e->event.data,
                            .size = e->event.len,
                            .reporter_digest = e->reporter_digest.data,
                            .reporter_digest_size = e->reporter_digest.len,
                            .t_rcv = e->t_rcv,
                            .parked_lsn = e->parked_lsn,
                            .own_secret = e->own_secret,
                            .proof_mark = e->proof_mark,
                            .principal = e->principal};
    in.event = hongxin__v1__event__unpack(&memory, in.size, in.bytes);
    return hx_machine_event(&r->machine, &in, &reply);
}

static const hxp_alarm_fact *alarm_of(const hxp_entry *e)
{
    bool alarm = e->n_facts && e->facts[0]->fact_case == HONGXIN__V1__FACT__FACT_ALARM;
    return alarm ? e->facts[0]->alarm : NULL;
}

static int again_disturbance(struct hx_replay *r, const hxp_alarm_fact *a)
{
    const Hongxin__V1__Disturbance *d = a->disturbance;
    struct hx_disturbance dist = {.outage_from = d->outage_from,
                                  .outage_to = d->outage_to,
                                  .step_from = d->step_from,
                                  .step_to = d->step_to,
                                  .doubt = d->doubt,
                                  .draining = d->draining};
    return hx_machine_disturb(&r->machine, &dist, a);
}

/* A version was applied to this case (corner 23). */
static int again_applied(struct hx_replay *r, const hxp_entry *e)
{
    struct hx_change change;
    struct hx_moves moves = {0};
    return hx_change_at(r->machine.rules, e->lsn, &change)
               ? hx_machine_apply(&r->machine, e->case_number, &change, &moves)
               : HX_NOTFOUND;
}

/* What came from outside the journal and is only told by it: versions, and what they lack. */
static bool only_told(const hxp_entry *e)
{
    return strcmp(e->cause, "RULES_IN_FORCE") == 0 || strcmp(e->cause, "CALENDAR_MISSING") == 0 ||
           strcmp(e->cause, "DIGEST") == 0 || strcmp(e->cause, HX_CALM_CAUSE) == 0;
}

static int again_told(struct hx_replay *r, const hxp_entry *e)
{
    if (e->n_facts != 1)
        return HX_NOTFOUND;
    if (strcmp(e->cause, HX_CALM_CAUSE) == 0)
        return hx_calm_again(&r->machine, e->facts[0], e->t_eff);
    return hx_machine_entry(&r->machine, e->facts[0], e->cause, e->t_eff);
}

/* A new version of the city gave this case to another holder. */
static bool is_reroute(const hxp_entry *e)
{
    return e->case_number && !e->t_due && strcmp(e->cause, "HOLDER_CHANGED") == 0;
}

static int again(struct hx_replay *r, const hxp_entry *e)
{
    const hxp_alarm_fact *a = alarm_of(e);
    uint64_t lsn;
    if (e->event.len)
        return again_event(r, e);
    if (is_reroute(e))
        return hx_machine_reroute(&r->machine, e->case_number);
    if (e->case_number && !e->t_due && a)
        return hx_machine_case_alarm(&r->machine, e->case_number, a->code);
    if (strcmp(e->cause, "CALENDAR_APPLIED") == 0)
        return again_applied(r, e);
    if (only_told(e))
        return again_told(r, e);
    if (e->case_number)
        return e->t_due ? hx_machine_mark(&r->machine, e->case_number,
                                          e->t_until ? e->t_until : e->t_due)
                        : HX_NOTFOUND;
    if (e->n_facts && e->facts[0]->fact_case == HONGXIN__V1__FACT__FACT_AUDIT)
        return hx_machine_act(&r->machine, e->facts[0]->audit, &lsn);
    if (e->n_facts && e->facts[0]->fact_case == HONGXIN__V1__FACT__FACT_CHECK_POINT)
        return hx_machine_check_point(&r->machine, e->facts[0]->check_point, &lsn);
    if (!a)
        return hx_swap_lapse_again(&r->machine, e);
    if (strcmp(a->code, "SOURCE_SILENT") == 0 || strcmp(a->code, "SOURCE_BACK") == 0)
        return hx_machine_source_alarm(&r->machine, a->code, a->source);
    if (hx_is_rota_alarm(a))
        return hx_machine_rota_alarm(&r->machine, e->facts[0]->alarm);
    return a->disturbance ? again_disturbance(r, a) : hx_machine_watch_one(&r->machine);
}

static void set_time(struct hx_machine *m, const hxp_entry *e)
{
    m->now = e->t_rec;
    m->wall = e->t_wall ? e->t_wall : e->t_rec;
    m->scale = e->scale;
}

/* ---- comparing ---- */

/* Without memory nothing is said to differ. */
static bool same(struct hx_replay *r, const struct stored *s, const hxp_entry *made)
{
    const size_t room = s->size + HX_MESSAGE_SPARE;
    uint8_t *start = hx_arena_alloc(&r->waiting, room);
    r->no_memory |= !start;
    if (!start)
        return true;
    uint8_t *end = start + room;
    const uint8_t *p = hx_message_pack(r->packing, &made->base, start, end);
    return p && (size_t)(end - p) == s->size && memcmp(p, s->bytes, s->size) == 0;
}

static void compare(struct hx_replay *r)
{
    for (size_t i = 0; i < r->n_group || i < r->n_made; i++) {
        const struct stored *s = i < r->n_group ? &r->group[i] : NULL;
        const hxp_entry *made = i < r->n_made ? r->made[i] : NULL;
        r->count += s != NULL;
        if (s && made && same(r, s, made))
            continue;
        r->differences++;
        if (r->o.differs)
            r->o.differs(r->o.ctx, s ? s->entry : NULL, made);
    }
}

static bool no_memory(const struct hx_replay *r)
{
    return r->no_memory || hx_arena_failed(&r->arena) || hx_arena_failed(&r->waiting);
}

static int run(struct hx_replay *r)
{
    int rc = HX_OK;
    if (!r->n_group)
        return HX_OK;
    const hxp_entry *e = r->group[0].entry;
    uint64_t begins = 0; /* the first case that begins here; parts of a split follow it */
    for (size_t i = 0; i < r->n_group && !begins; i++)
        if (!r->group[i].entry->prev_lsn)
            begins = r->group[i].entry->case_number;
    r->n_made = r->asked = 0;
    set_time(&r->machine, e);
    r->machine.rules = hx_rules_in_force(r->o.rules, e->lsn);
    r->machine.city = hx_city_in_force(r->o.city, e->lsn);
    if (r->o.number)
        rc = r->o.number(r->machine.backend, e->lsn, begins);
    if (!rc)
        rc = again(r, e);
    if (rc == HX_NOTFOUND)
        rc = HX_OK; /* nothing was made: said by the comparison */
    if (!rc && no_memory(r))
        rc = HX_NOMEM;
    if (!rc)
        compare(r);
    if (!rc && no_memory(r))
        rc = HX_NOMEM;
    r->n_group = 0;
    hx_arena_reset(&r->waiting);
    hx_arena_reset(&r->arena);
    return rc == HX_INVALID ? HX_CORRUPT : rc;
}

/* ---- the journal comes in ---- */

static struct stored *new_stored(struct hx_replay *r)
{
    struct stored *group = hx_grown(r->group, r->n_group, &r->group_cap, sizeof *group);
    if (!group)
        return NULL;
    r->group = group;
    return &r->group[r->n_group];
}

/* An entry of a damaged journal may say any instant; arithmetic is done with those that exist. */
static bool instants_exist(const hxp_entry *e)
{
    const int64_t t[] = {e->t_rcv, e->t_rec, e->t_wall, e->t_eff, e->t_due, e->t_until};
    for (size_t i = 0; i < sizeof t / sizeof *t; i++)
        if (t[i] < 0 || t[i] > HX_INSTANT_MAX)
            return false;
    return true;
}

static int wait_for_more(struct hx_replay *r, const uint8_t *bytes, size_t size)
{
    struct stored *s = new_stored(r);
    uint8_t *copy = s ? hx_arena_memdup(&r->waiting, bytes, size) : NULL;
    if (!copy)
        return HX_NOMEM;
    *s = (struct stored){.bytes = copy, .size = size};
    s->entry = (hxp_entry *)hx_message_unpack(r->packing, &r->waiting, copy, size);
    if (!s->entry)
        return hx_arena_failed(&r->waiting) ? HX_NOMEM : HX_CORRUPT;
    if (!instants_exist(s->entry))
        return HX_CORRUPT;
    r->n_group++;
    return HX_OK;
}

/* The entry that brought this one about; 0 when there is none, or it cannot be read. */
static uint64_t cause_of(const uint8_t *bytes, size_t size)
{
    enum { CAUSED_BY = 63 };
    const uint8_t *end = bytes + size;
    struct hx_wire_field f;
    uint64_t lsn = 0;
    while (bytes && bytes < end) {
        bytes = hx_wire_next(bytes, end, &f);
        if (bytes && f.number == CAUSED_BY && f.type == HX_WIRE_VARINT)
            lsn = f.value;
    }
    return bytes ? lsn : 0;
}

int hx_replay_entry(struct hx_replay *r, const uint8_t *bytes, size_t size)
{
    int rc = HX_OK;
    const uint64_t cause = cause_of(bytes, size);
    if (r->n_group && (!cause || cause != r->group[0].entry->lsn))
        rc = run(r); /* the new one begins the next group */
    return rc ? rc : wait_for_more(r, bytes, size);
}

int hx_replay_finish(struct hx_replay *r)
{
    return run(r);
}

uint64_t hx_replay_count(const struct hx_replay *r)
{
    return r->count;
}

uint64_t hx_replay_differences(const struct hx_replay *r)
{
    return r->differences;
}

/* ---- life ---- */

int hx_replay_new(const struct hx_replay_options *o, struct hx_replay **out)
{
    struct hx_replay *r = calloc(1, sizeof *r);
    if (!r)
        return HX_NOMEM;
    r->o = *o;
    r->packing = hx_packing_new(&hongxin__v1__entry__descriptor);
    if (!r->packing) {
        free(r);
        return HX_NOMEM;
    }
    hx_arena_init(&r->arena, 0);
    hx_arena_init(&r->waiting, 0);
    r->machine = (struct hx_machine){.rules = o->rules,
                                     .city = o->city,
                                     .ops = o->ops,
                                     .backend = o->backend,
                                     .arena = &r->arena,
                                     .reach = reach,
                                     .fetched = fetched,
                                     .reach_ctx = r,
                                     .again = stored_entry,
                                     .again_ctx = r,
                                     .appended = on_append,
                                     .appended_ctx = r};
    *out = r;
    return HX_OK;
}

void hx_replay_free(struct hx_replay *r)
{
    if (!r)
        return;
    hx_arena_fini(&r->arena);
    hx_arena_fini(&r->waiting);
    hx_packing_free(r->packing);
    free(r->group);
    free(r->made);
    free(r);
}
