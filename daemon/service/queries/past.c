#include "service/queries/past.h"

#include "engine/machine/asof.h"
#include "service/state.h"

struct entry_read {
    struct hx_arena *arena;
    uint64_t wanted;
    const uint8_t *bytes;
    size_t size;
};

static int take_entry(void *ctx, uint64_t lsn, const uint8_t *bytes, size_t size)
{
    struct entry_read *r = ctx;
    if (lsn == r->wanted)
        r->bytes = hx_arena_memdup(r->arena, bytes, size);
    r->size = size;
    return 1;
}

/* The journal as it is looked into for one answer. */
struct past_journal {
    struct service *s;
    bool pruned; /* an entry is not there any more that once was */
};

static int entry_of(void *ctx, uint64_t lsn, struct hx_arena *arena, const uint8_t **bytes,
                    size_t *size)
{
    struct past_journal *j = ctx;
    struct service *s = j->s;
    struct entry_read r = {.arena = arena, .wanted = lsn};
    int rc = hx_store_entries(s->store, lsn, 1, SIZE_MAX, take_entry, &r);
    if (rc)
        return rc;
    *bytes = r.bytes;
    *size = r.size;
    j->pruned |= !r.bytes && lsn <= hx_store_newest_lsn(s->store);
    return r.bytes ? HX_OK : hx_arena_failed(arena) ? HX_NOMEM : HX_NOTFOUND;
}

static int newest_of(void *ctx, uint64_t number, uint64_t *lsn)
{
    struct service *s = ((struct past_journal *)ctx)->s;
    int rc = hx_store_case(s->store, number, &s->past);
    *lsn = s->past.last_lsn;
    return rc;
}

/* The machine with its time at `at` and the city of then: what it knows beside the case is the
 * present. */
static hxp_case_view *view_at(struct service *s, int64_t at, uint64_t lsn)
{
    struct hx_machine *m = &s->machine;
    const struct hx_city *city = m->city;
    int64_t now = m->now;
    m->now = at;
    m->city = hx_city_in_force(city, lsn);
    hxp_case_view *view = hx_case_view(m, &s->scratch);
    m->now = now;
    m->city = city;
    return view;
}

/* What was needed and is not there makes a gap, which the engine cannot tell from damage. */
static const char *problem_of(int rc, bool pruned)
{
    switch (rc) {
    case HX_NOTFOUND:
        return "NOT_YET";
    case HX_CORRUPT:
        return pruned ? "PRUNED" : "STORE_TROUBLE";
    case HX_MISMATCH:
        return "OTHER_RULES";
    case HX_TOOBIG:
        return "TOO_LARGE";
    default:
        return "STORE_TROUBLE";
    }
}

hxp_case_view *past_view(struct service *s, int64_t at, const char **problem)
{
    struct past_journal journal = {.s = s};
    const struct hx_asof_journal j = {.entry = entry_of, .newest = newest_of, .ctx = &journal};
    const struct hx_machine *m = &s->machine;
    hxp_case_view *view = NULL;
    struct hx_problem why = {""};
    uint64_t lsn;
    *problem = "IN_FUTURE";
    if (at > timebase_now(&s->time))
        return NULL;
    int rc = hx_asof_find(&j, s->scratch.number, at, &lsn);
    if (!rc) /* by the cities of then, which nobody has looked into since the start */
        rc = hx_versions_past(s->options.versions, s->scratch.first_lsn, &why);
    if (!rc)
        rc = hx_asof(&j, m->rules, m->city, lsn, &s->scratch);
    if (!rc && !(view = view_at(s, at, lsn)))
        rc = HX_NOMEM;
    *problem = rc ? problem_of(rc, journal.pruned) : NULL;
    return view;
}
