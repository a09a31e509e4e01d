#include "service/upkeep/housekeeping.h"

#include "base/log.h"
#include "service/acts/in_force.h"
#include "service/state.h"

enum { PARKED_STEP = 10000, QUARANTINE_STEP = 1000, PRUNE_STEP = 20000 };

typedef int drop_fn(struct hx_store *st, int64_t before, size_t max, size_t *n);

/* Up to `max` rows that are older than so many days, in a transaction of their own. */
static int drop_old(struct service *s, drop_fn *drop, uint64_t days, size_t max, size_t *n)
{
    int64_t before = timebase_now(&s->time) - (int64_t)days * HX_DAY;
    *n = 0;
    int rc = hx_store_begin(s->store);
    if (rc != HX_OK)
        return rc;
    rc = drop(s->store, before, max, n);
    if (rc != HX_OK || *n == 0) {
        hx_store_abort(s->store);
        return rc;
    }
    return hx_store_commit(s->store);
}

static int drop_parked(struct service *s)
{
    size_t n;
    int rc = drop_old(s, hx_store_parked_drop, 1, PARKED_STEP, &n);
    if (n)
        hx_log(HX_LOG_INFO, "event=parked_dropped events=%zu", n);
    return rc;
}

/* It may hold what nobody can find by looking for it: no name stands longer than this. */
static int drop_quarantined(struct service *s)
{
    size_t n;
    uint64_t days = s->options.quarantine_keep_days;
    int rc = days ? drop_old(s, hx_store_quarantine_drop, days, QUARANTINE_STEP, &n) : HX_OK;
    if (days && n)
        hx_log(HX_LOG_INFO, "event=quarantine_dropped events=%zu", n);
    return rc;
}

static int prune(struct service *s)
{
    size_t n = 0;
    if (!s->options.journal_keep_days)
        return HX_OK;
    int64_t before = timebase_now(&s->time) - (int64_t)s->options.journal_keep_days * HX_DAY;
    int rc = hx_store_prune(s->store, before, PRUNE_STEP, &n);
    if (n)
        hx_log(HX_LOG_INFO, "event=journal_pruned entries=%zu", n);
    return rc == HX_AGAIN ? HX_OK : rc;
}

int housekeeping_run(struct service *s)
{
    int rc = drop_parked(s);
    if (rc == HX_OK)
        rc = drop_quarantined(s);
    if (rc == HX_OK)
        rc = in_force_look(s);
    return rc == HX_OK ? prune(s) : rc;
}
