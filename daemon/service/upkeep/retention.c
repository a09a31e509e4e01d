#include "service/upkeep/retention.h"

#include "base/grown.h"
#include "base/log.h"
#include "config/retention.h"
#include "service/acts/act.h"
#include "service/queries/parts.h"
#include "service/state.h"
#include <inttypes.h>

enum { STEP = 500 };

static const int64_t between_rounds = HX_HOUR;

/* A case and those that have its reporters, too: into which it was merged, and its parts. */
struct family {
    uint64_t *cases;
    size_t n, cap;
};

static int add_case(struct family *f, uint64_t number)
{
    for (size_t i = 0; i < f->n; i++)
        if (f->cases[i] == number)
            return HX_OK;
    uint64_t *cases = hx_grown(f->cases, f->n, &f->cap, sizeof *cases);
    if (!cases)
        return HX_NOMEM;
    f->cases = cases;
    f->cases[f->n++] = number;
    return HX_OK;
}

static int add_part(void *ctx, const struct hx_case *part)
{
    return add_case(ctx, part->number);
}

/* When the last one of them is over its time; the family grows on the way. INT64_MAX: it cannot be
 * known now. */
static int64_t latest_of(struct service *s, struct family *f)
{
    int64_t due = 0;
    for (size_t i = 0; i < f->n; i++) {
        const struct parts_walk parts = {f->cases[i], SIZE_MAX, add_part, f};
        if (hx_store_case(s->store, f->cases[i], &s->past) != HX_OK)
            return INT64_MAX;
        int64_t own = hx_retention_due(s->options.retention, s->machine.rules, &s->past);
        due = own > due ? own : due;
        if (own > timebase_now(&s->time)) /* the journal need not be asked */
            return due;
        int rc = s->past.merged_into ? add_case(f, s->past.merged_into) : HX_OK;
        if (rc || parts_each(s, &parts) != HX_OK)
            return INT64_MAX;
    }
    return due;
}

/* When the identities of this case are to go. They are kept with the case that was reported, and
 * are needed as long as one lives into which it was merged, or a part of it: its reporters are
 * called back about that one, too. */
static int64_t due_of(struct service *s, uint64_t number)
{
    struct family f = {0};
    int64_t due = add_case(&f, number) == HX_OK ? latest_of(s, &f) : INT64_MAX;
    free(f.cases);
    return due;
}

static int look_at(void *ctx, uint64_t number, bool held)
{
    struct service *s = ctx;
    struct retention *r = &s->retention;
    r->after = number;
    if (due_of(s, number) > timebase_now(&s->time))
        return 0;
    if (held)
        r->held_so_far++;
    else
        r->due[r->n_due++] = number;
    return r->n_due == RETENTION_AT_ONCE;
}

static void end_round(struct service *s)
{
    struct retention *r = &s->retention;
    r->running = false;
    r->rounds++;
    r->held = r->held_so_far;
    r->next_round = timebase_now(&s->time) + between_rounds;
}

void retention_look(struct service *s)
{
    struct retention *r = &s->retention;
    bool more = false;
    if (!s->options.retention || batch_paused(s))
        return;
    if (!r->running) {
        if (timebase_now(&s->time) < r->next_round)
            return;
        r->running = true;
        r->after = r->held_so_far = 0;
    }
    r->n_due = 0; /* what was not written is found again in the next round */
    int rc = hx_store_persons(s->store, r->after, STEP, look_at, s, &more);
    if (rc != HX_OK)
        hx_log(HX_LOG_ERROR, "event=retention_failed error=%s", hx_errname(rc));
    if (rc != HX_OK || !more)
        end_round(s);
}

static int expire(struct service *s, uint64_t number)
{
    uint32_t n = 0;
    int rc = hx_store_case(s->store, number, &s->past);
    if (rc == HX_OK)
        rc = hx_store_person_erase_case(s->store, number, &n);
    if (rc != HX_OK || n == 0)
        return rc == HX_DENIED || rc == HX_NOTFOUND ? HX_OK : rc;
    const struct hx_retention_class *c = hx_retention_of(s->options.retention, &s->past);
    const struct act act = {
        .act = "IDENTITY_EXPIRED",
        .by = "",
        .person = "",
        .about = hx_arena_printf(&s->arena, "%" PRIu64, number),
        .reason = hx_arena_printf(&s->arena, "kept for %" PRId64 " days", c->keep_ms / HX_DAY),
        .detail = c->name};
    s->retention.expired += n;
    return hx_arena_failed(&s->arena) ? HX_NOMEM : act_write(s, &act, NULL);
}

int retention_write(struct service *s)
{
    struct retention *r = &s->retention;
    int rc = HX_OK;
    hx_machine_set_time(&s->machine, timebase_now(&s->time));
    for (size_t i = 0; rc == HX_OK && i < r->n_due; i++)
        rc = expire(s, r->due[i]);
    if (rc == HX_OK)
        hx_log(HX_LOG_INFO, "event=identities_expired cases=%zu", r->n_due);
    r->n_due = 0;
    return rc;
}
