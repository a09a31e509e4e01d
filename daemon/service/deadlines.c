#include "service/deadlines.h"

#include "base/log.h"
#include "service/state.h"
#include <inttypes.h>

enum { RINGS = 4 }; /* digests and alarms of one turn */

/* The first row; INT64_MAX when there is none. Rows that cannot be read are due long since: who
 * judges them meets the error in a transaction, says so, and in the end gives up. */
static int64_t first_row(struct service *s)
{
    int64_t due;
    int rc = hx_store_due_first(s->store, &due);
    return rc == HX_OK ? due : rc == HX_NOTFOUND ? INT64_MAX : 0;
}

int64_t deadlines_first(struct service *s)
{
    int64_t watch = hx_machine_watch_due(&s->machine), limit = hold_limit(s);
    int64_t due = limit == INT64_MIN ? INT64_MAX : first_row(s);
    if (s->machine.dist.doubt && due > limit)
        due = INT64_MAX; /* looked at again when the doubt is over */
    return due < watch ? due : watch;
}

/* The millisecond that runs is not over: an event that is read in it goes before a deadline that it
 * ends (R3, R4). What is judged now is judged at the end of the last one. */
static int64_t set_time(struct service *s)
{
    int64_t now = timebase_now(&s->time);
    if (s->machine.wall != now)
        hx_machine_set_time(&s->machine, now - 1);
    return now;
}

static int judge_row(struct service *s, const struct hx_due_row *row, int64_t now)
{
    int rc = hx_machine_due(&s->machine, row->case_number, now);
    if (rc != HX_NOTFOUND)
        return rc;
    s->counters.stale_due++;
    return HX_OK;
}

/* Takes up to `max` rows away and judges them. */
static int judge(struct service *s, size_t max)
{
    struct batch *b = &s->batch;
    b->due = hx_arena_alloc(&s->arena, max * sizeof *b->due);
    if (!b->due)
        return HX_NOMEM;
    int64_t now = set_time(s);
    int rc = hx_store_due_take(s->store, hold_limit(s), max, b->due, &b->n_due);
    for (size_t i = 0; rc == HX_OK && i < b->n_due; i++)
        rc = judge_row(s, &b->due[i], now);
    return rc;
}

/* What else is awaited and due now. A digest of notices may be long: the rest comes with the next
 * turn, so that nobody waits for all of them. */
static int ring_some(struct service *s)
{
    int rc = HX_OK;
    int64_t now = set_time(s);
    for (int i = 0; i < RINGS && rc == HX_OK && hx_machine_watch_due(&s->machine) < now; i++)
        rc = hx_machine_watch_one(&s->machine);
    return rc == HX_NOTFOUND ? HX_OK : rc;
}

void deadlines_judge(struct service *s)
{
    struct batch *b = &s->batch;
    if (b->error || batch_paused(s))
        return;
    bool delivers = hold_delivers(s);
    if (!hold_waits(s) && !delivers && deadlines_first(s) >= timebase_now(&s->time))
        return;
    if (batch_begin(s) != HX_OK)
        return;
    if (delivers)
        b->error = hold_deliver(s);
    if (b->error == HX_OK)
        b->error = judge(s, s->options.limits->due_batch);
    if (b->error == HX_OK)
        b->error = ring_some(s);
}

void deadlines_committed(struct service *s)
{
    struct batch *b = &s->batch;
    int64_t now = timebase_now_us(&s->time);
    for (size_t i = 0; i < b->n_due; i++)
        counters_lateness(&s->counters, (now - b->due[i].due * 1000) / s->time.scale);
    s->counters.fired += b->n_due;
    b->n_due = 0;
}

/* Takes the row of a case that cannot be judged. */
static int drop_first(struct service *s)
{
    struct hx_due_row row;
    size_t n;
    int rc = hx_store_begin(s->store);
    if (rc != HX_OK)
        return rc;
    rc = hx_store_due_take(s->store, hold_limit(s), 1, &row, &n);
    if (rc != HX_OK) {
        hx_store_abort(s->store);
        return rc;
    }
    if (n)
        hx_log(HX_LOG_ERROR, "event=case_without_deadline case=%" PRIu64, row.case_number);
    return hx_store_commit(s->store);
}

static int judge_alone(struct service *s)
{
    int rc = hx_store_begin(s->store);
    if (rc != HX_OK)
        return rc;
    rc = hold_record(s);
    if (rc == HX_OK)
        rc = judge(s, 1);
    if (rc == HX_OK)
        rc = hx_store_commit(s->store);
    else
        hx_store_abort(s->store);
    if (rc != HX_OK) {
        hold_undo(s);
    } else {
        hold_recorded(s);
        deadlines_committed(s);
        batch_show(s);
    }
    return rc;
}

int deadlines_alone(struct service *s, size_t rows)
{
    for (size_t i = 0; i < rows; i++) {
        int rc = judge_alone(s);
        if (rc != HX_OK && !batch_trouble(rc))
            rc = drop_first(s);
        if (rc != HX_OK)
            return rc;
    }
    return HX_OK;
}
