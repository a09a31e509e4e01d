#include "engine/machine/asof.h"
#include "engine/machine/memory.h"
#include "engine/machine/replay.h"

#include <stdlib.h>
#include <string.h>

struct part { /* one entry that is needed */
    uint64_t lsn;
    const uint8_t *bytes;
    size_t size;
    const hxp_entry *entry;
};

struct asof {
    const struct hx_asof_journal *j;
    struct hx_arena arena;
    struct part *parts; /* in the order found, then by LSN */
    size_t n;
};

static int load(struct asof *a, uint64_t lsn, struct part *p)
{
    ProtobufCAllocator memory = hx_arena_allocator(&a->arena);
    *p = (struct part){.lsn = lsn};
    int rc = a->j->entry(a->j->ctx, lsn, &a->arena, &p->bytes, &p->size);
    if (rc)
        return rc;
    p->entry = hongxin__v1__entry__unpack(&memory, p->size, p->bytes);
    return p->entry ? HX_OK : hx_arena_failed(&a->arena) ? HX_NOMEM : HX_CORRUPT;
}

/* The entry before it in its case; 0 = it is the first. A damaged chain must not go in circles. */
static int before(const struct part *p, uint64_t *lsn)
{
    bool back = p->entry->prev_lsn < p->lsn;
    *lsn = back ? p->entry->prev_lsn : 0;
    return back ? HX_OK : HX_CORRUPT;
}

static bool known(const struct asof *a, uint64_t lsn)
{
    for (size_t i = a->n; i-- > 0;)
        if (a->parts[i].lsn == lsn)
            return true;
    return false;
}

/* An entry that is gone was pruned: what stands on it cannot be told. */
static int need(struct asof *a, uint64_t lsn)
{
    if (!lsn || known(a, lsn))
        return HX_OK;
    if (a->n == HX_ASOF_ENTRIES)
        return HX_TOOBIG;
    int rc = load(a, lsn, &a->parts[a->n]);
    if (rc)
        return rc == HX_NOTFOUND ? HX_CORRUPT : rc;
    a->n++;
    return HX_OK;
}

/* What the event brought about in the same transaction follows it at once. */
static int need_followers(struct asof *a, uint64_t head)
{
    struct part p;
    int rc = HX_OK;
    for (uint64_t lsn = head + 1; !rc; lsn++) {
        rc = load(a, lsn, &p);
        if (rc || p.entry->caused_by != head)
            return rc == HX_NOTFOUND ? HX_OK : rc;
        rc = need(a, lsn);
    }
    return rc;
}

/* The state in which another case was when entry `looked` did so. */
static int need_case(struct asof *a, uint64_t number, uint64_t looked)
{
    struct part p;
    uint64_t lsn;
    int rc = a->j->newest(a->j->ctx, number, &lsn);
    while (!rc && lsn >= looked) {
        rc = load(a, lsn, &p);
        if (!rc)
            rc = before(&p, &lsn);
    }
    if (rc)
        return rc == HX_NOTFOUND ? HX_CORRUPT : rc;
    return need(a, lsn);
}

/* Everything that entry [i] stands on. */
static int need_all_of(struct asof *a, size_t i)
{
    const hxp_entry *e = a->parts[i].entry;
    uint64_t head = e->caused_by ? e->caused_by : e->lsn;
    int rc = need(a, e->prev_lsn);
    if (!rc)
        rc = need(a, e->caused_by);
    if (!rc)
        rc = need(a, e->parked_lsn);
    if (!rc)
        rc = need(a, e->disturbance);
    if (!rc && (e->event.len || e->caused_by))
        rc = need_followers(a, head);
    for (size_t k = 0; k < e->n_with_cases && !rc; k++)
        rc = need_case(a, e->with_cases[k], head);
    for (size_t k = 0; k < e->n_with_swaps && !rc; k++)
        rc = need(a, e->with_swaps[k]);
    return rc;
}

static int by_lsn(const void *a, const void *b)
{
    uint64_t x = ((const struct part *)a)->lsn, y = ((const struct part *)b)->lsn;
    return x < y ? -1 : x > y;
}

/* What was decided must be decided again; an answer's wording may depend on more than was read. */
static void on_difference(void *ctx, const hxp_entry *stored, const hxp_entry *made)
{
    bool *differs = ctx;
    *differs |=
        stored &&
        (!made || strcmp(stored->state, made->state) != 0 ||
         stored->case_version != made->case_version || strcmp(stored->holder, made->holder) != 0 ||
         strcmp(stored->class_, made->class_) != 0 || strcmp(stored->cause, made->cause) != 0);
}

static int number(void *memory, uint64_t lsn, uint64_t case_number)
{
    return hx_memory_number(memory, lsn, case_number);
}

/* Replays the parts up to `lsn` and what that entry brought about. */
static int again(struct asof *a, struct hx_replay *r, uint64_t lsn)
{
    int rc = HX_OK;
    for (size_t i = 0; i < a->n && !rc; i++) {
        const hxp_entry *e = a->parts[i].entry;
        if (e->lsn <= lsn || (e->caused_by && e->caused_by <= lsn))
            rc = hx_replay_entry(r, a->parts[i].bytes, a->parts[i].size);
    }
    return rc ? rc : hx_replay_finish(r);
}

static int judge(struct asof *a, const struct hx_rules *rules, const struct hx_city *city,
                 uint64_t lsn, struct hx_case *c)
{
    uint64_t number_wanted = a->parts[0].entry->case_number;
    struct hx_memory *memory = NULL;
    struct hx_replay *r = NULL;
    bool differs = false;
    int rc = hx_memory_new(&memory);
    if (rc)
        return rc;
    if (!a->j->by_label)
        hx_memory_by_source(memory);
    const struct hx_replay_options o = {.rules = rules,
                                        .city = city,
                                        .ops = hx_memory_backend(),
                                        .backend = memory,
                                        .number = number,
                                        .differs = on_difference,
                                        .ctx = &differs};
    qsort(a->parts, a->n, sizeof *a->parts, by_lsn);
    rc = hx_replay_new(&o, &r);
    if (!rc)
        rc = again(a, r, lsn);
    if (!rc)
        rc = o.ops->case_load(memory, number_wanted, c);
    if (!rc && (differs || c->last_lsn < lsn))
        rc = HX_MISMATCH;
    hx_replay_free(r);
    hx_memory_free(memory);
    return rc == HX_NOTFOUND || rc == HX_CORRUPT ? HX_MISMATCH : rc;
}

int hx_asof(const struct hx_asof_journal *j, const struct hx_rules *rules,
            const struct hx_city *city, uint64_t lsn, struct hx_case *c)
{
    struct asof a = {.j = j, .parts = calloc(HX_ASOF_ENTRIES, sizeof *a.parts)};
    if (!a.parts)
        return HX_NOMEM;
    hx_arena_init(&a.arena, 0);
    int rc = need(&a, lsn);
    for (size_t i = 0; i < a.n && !rc; i++)
        rc = need_all_of(&a, i);
    if (!rc)
        rc = judge(&a, rules, city, lsn, c);
    hx_arena_fini(&a.arena);
    free(a.parts);
    return rc;
}

int hx_asof_find(const struct hx_asof_journal *j, uint64_t case_number, int64_t at, uint64_t *lsn)
{
    struct asof a = {.j = j};
    struct part p;
    int rc = j->newest(j->ctx, case_number, lsn);
    hx_arena_init(&a.arena, 0);
    while (!rc) {
        rc = load(&a, *lsn, &p);
        if (rc == HX_NOTFOUND)
            rc = HX_CORRUPT;
        if (rc || p.entry->t_rec <= at)
            break;
        rc = before(&p, lsn);
        if (!rc && !*lsn)
            rc = HX_NOTFOUND;
        hx_arena_reset(&a.arena);
    }
    hx_arena_fini(&a.arena);
    return rc;
}
