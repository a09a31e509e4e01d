#include "service/upkeep/housekeeping.h"

#include "base/log.h"
#include "service/acts/in_force.h"
#include "service/state.h"

enum { PARKED_STEP = 10000, PRUNE_STEP = 20000 };

static int drop_parked(struct service *s)
{
    size_t n = 0;
    int64_t before = timebase_now(&s->time) - HX_DAY;
    int rc = hx_store_begin(s->store);
    if (rc != HX_OK)
        return rc;
    rc = hx_store_parked_drop(s->store, before, PARKED_STEP, &n);
    if (rc != HX_OK || n == 0) {
        hx_store_abort(s->store);
        return rc;
    }
    hx_log(HX_LOG_INFO, "event=parked_dropped events=%zu", n);
    return hx_store_commit(s->store);
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
        rc = in_force_look(s);
    return rc == HX_OK ? prune(s) : rc;
}
