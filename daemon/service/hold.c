#include "service/hold.h"

#include "base/log.h"
#include "service/deadlines.h"
#include "service/state.h"
#include <inttypes.h>
#include <sys/timex.h>

enum { HEARTBEAT_MS = 10 * 1000 };

void hold_init(struct service *s)
{
    s->hold.seen = s->hold.beat = timebase_boot();
}

/* What is in the queue is read before anybody is accused: a turn at the least. */
void hold_away(struct service *s, int64_t from, int64_t to)
{
    struct hold *h = &s->hold;
    uint64_t resend = s->options.limits->resend_ms;
    int64_t due;
    h->absent = true;
    h->down_from = from;
    h->down_to = to;
    if (hx_store_due_first(s->store, &due) != HX_OK || due > to)
        return;
    h->drain = true;
    h->drain_until = (struct hx_mono){mono_now().ms + (int64_t)resend};
    hx_log(HX_LOG_INFO, "event=deadlines_held why=outage for_ms=%" PRIu64, resend);
}

/* Between two turns lie seconds: the process was stopped or the machine slept. That is an outage of
 * ours like any other, and no step of the clock (corner 16). */
static void look_for_absence(struct service *s)
{
    int64_t boot = timebase_boot(), away = boot - s->hold.seen;
    s->hold.seen = boot;
    if (s->time.scale > 1 || away < (int64_t)s->options.limits->absent_ms)
        return;
    int64_t now = timebase_now(&s->time);
    hx_log(HX_LOG_WARN, "event=absent for_ms=%" PRId64, away);
    s->counters.absences++;
    hold_away(s, now - away, now);
}

void hold_heartbeat(struct service *s)
{
    if (timebase_boot() - s->hold.beat < HEARTBEAT_MS || batch_paused(s))
        return;
    s->hold.beat = timebase_boot();
    hx_store_alive_save(s->store, timebase_now(&s->time));
}

static bool clock_synchronised(void)
{
    struct timex t = {0};
    return adjtimex(&t) >= 0 && !(t.status & STA_UNSYNC);
}

static void look_at_clock(struct service *s)
{
    int64_t by;
    if (!timebase_stepped(&s->time, &by) || s->time.scale > 1)
        return;
    int64_t now = timebase_now(&s->time);
    hx_log(HX_LOG_WARN, "event=clock_step by_ms=%" PRId64, by);
    s->counters.clock_steps++;
    s->hold.jumped = true;
    s->hold.from = now - by;
    s->hold.to = now;
    s->hold.doubt_until = (struct hx_mono){mono_now().ms + (int64_t)s->options.limits->doubt_ms};
}

void hold_turn(struct service *s)
{
    const struct hx_disturbance *d = &s->machine.dist;
    struct hold *h = &s->hold;
    look_for_absence(s);
    look_at_clock(s);
    h->drained |= d->draining && mono_now().ms >= h->drain_until.ms;
    h->confirmed |=
        d->doubt && (mono_now().ms >= h->doubt_until.ms || clock_synchronised()) && !h->jumped;
}

bool hold_waits(const struct service *s)
{
    const struct hold *h = &s->hold;
    return h->absent || h->jumped || h->drained || h->confirmed;
}

int hold_record(struct service *s)
{
    struct hx_machine *m = &s->machine;
    const struct hold *h = &s->hold;
    int rc = HX_OK;
    s->hold.before = m->dist;
    if (!hold_waits(s))
        return HX_OK;
    hx_machine_set_time(m, timebase_now(&s->time));
    if (h->absent)
        rc = hx_machine_outage(m, h->down_from, h->down_to, h->drain);
    if (rc == HX_OK && h->jumped)
        rc = hx_machine_step(m, h->from, h->to);
    if (rc == HX_OK && h->drained)
        rc = hx_machine_drained(m);
    if (rc == HX_OK && h->confirmed)
        rc = hx_machine_step_confirm(m);
    return rc;
}

void hold_recorded(struct service *s)
{
    struct hold *h = &s->hold;
    if (h->drained)
        hx_log(HX_LOG_INFO, "event=deadlines_go_on after=outage");
    if (h->confirmed)
        hx_log(HX_LOG_INFO, "event=deadlines_go_on after=clock_step");
    h->absent = h->drain = h->jumped = h->drained = h->confirmed = false;
}

void hold_undo(struct service *s)
{
    s->machine.dist = s->hold.before;
}

int64_t hold_limit(const struct service *s)
{
    const struct hx_disturbance *d = &s->machine.dist;
    int64_t now = timebase_now(&s->time);
    if (d->draining || s->hold.drain)
        return INT64_MIN;
    return d->doubt && d->step_from < now ? d->step_from : now;
}
