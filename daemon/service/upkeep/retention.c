#include "service/upkeep/retention.h"

#include "base/log.h"
#include "config/retention.h"
#include "service/acts/act.h"
#include "service/state.h"
#include <inttypes.h>

enum { STEP = 500, MERGES = 8 };

static const int64_t between_rounds = HX_HOUR;

/* When the identities of this case are to go. Those of a case that was merged into another are
 * needed as long as that one lives: its reporters are called back under their own numbers. */
static int64_t due_of(struct service *s, uint64_t number)
{
    const struct hx_retention *r = s->options.retention;
    const struct hx_rules *rules = s->machine.rules;
    int64_t due = 0;
    for (int i = 0; number && i < MERGES; i++) {
        if (hx_store_case(s->store, number, &s->past) != HX_OK)
            return INT64_MAX;
        int64_t own = hx_retention_due(r, rules, &s->past);
        due = own > due ? own : due;
        number = s->past.merged_into;
    }
    return number ? INT64_MAX : due;
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
