#include "service/intake/hold.h"

#include "base/log.h"
#include "engine/rules/rules.h"
#include "service/deadlines.h"
#include "service/feeds/digest.h"
#include "service/state.h"
#include <inttypes.h>
#include <sys/timex.h>

enum {
    HEARTBEAT_MS = 10 * 1000,
    DELIVER_PART = 10, /* of the time that peers have to send again: then the queue is read */
};

void hold_init(struct service *s)
{
    s->hold.seen = s->hold.beat = s->hold.beat_kept = timebase_boot();
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
    h->deliver_at = (struct hx_mono){mono_now().ms + (int64_t)resend / DELIVER_PART};
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
    if (!hx_store_alive_pending(s->store)) /* a clock that was set back: a later word stands */
        s->hold.beat_kept = s->hold.beat;
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
    if (rc == HX_OK && h->absent && h->drain)
        rc = digest_owe(s);
    if (rc == HX_OK && h->jumped)
        rc = hx_machine_step(m, h->from, h->to);
    if (rc == HX_OK && h->drained)
        rc = hx_machine_drained(m);
    if (rc == HX_OK && h->confirmed)
        rc = hx_machine_step_confirm(m);
    return rc;
}

/* Who was dispatched before we went down must have taken it within this time. */
static int64_t longest_hand_over(const struct service *s)
{
    const struct hx_rules *r = s->machine.rules;
    int kind = hx_rules_clock(r, "K_HANDOVER");
    int64_t longest = 0;
    for (int c = 0; kind > 0 && c < HX_RULES_CLASSES; c++)
        if (r->clocks[kind].budget_ms[c] > longest)
            longest = r->clocks[kind].budget_ms[c];
    return longest;
}

void hold_recorded(struct service *s)
{
    struct hold *h = &s->hold;
    h->beat_kept = h->beat;
    if (h->drained)
        hx_log(HX_LOG_INFO, "event=deadlines_go_on after=outage");
    if (h->confirmed)
        hx_log(HX_LOG_INFO, "event=deadlines_go_on after=clock_step");
    if (h->absent && h->drain) {
        h->deliver = true;
        h->deliver_upto = h->down_from + longest_hand_over(s);
        h->deliver_to = (struct hx_due_row){0};
    }
    h->deliver_from = h->deliver_to;
    h->deliver = h->deliver && !h->delivered && !h->drained;
    h->delivered = false;
    h->absent = h->drain = h->jumped = h->drained = h->confirmed = false;
}

void hold_undo(struct service *s)
{
    s->machine.dist = s->hold.before;
    s->machine.cut_short = s->counters.cut_short;
    s->hold.deliver_to = s->hold.deliver_from;
    s->hold.delivered = false;
}

bool hold_delivers(const struct service *s)
{
    return s->hold.deliver && s->machine.dist.draining && mono_now().ms >= s->hold.deliver_at.ms;
}

int hold_deliver(struct service *s)
{
    struct hold *h = &s->hold;
    size_t n = 0, max = s->options.limits->due_batch;
    struct hx_due_row *rows = hx_arena_alloc(&s->arena, max * sizeof *rows);
    if (!rows)
        return HX_NOMEM;
    hx_machine_set_time(&s->machine, timebase_now(&s->time));
    int rc = hx_store_due_list(s->store, &h->deliver_to, h->deliver_upto, max, rows, &n);
    for (size_t i = 0; rc == HX_OK && i < n; i++) {
        rc = hx_machine_redeliver(&s->machine, rows[i].case_number);
        if (rc == HX_NOTFOUND) /* a row without its case is dropped when it comes up */
            rc = HX_OK;
    }
    h->delivered = n < max;
    return rc;
}

int64_t hold_limit(const struct service *s)
{
    const struct hx_disturbance *d = &s->machine.dist;
    int64_t over = timebase_now(&s->time) - 1;
    if (d->draining || s->hold.drain)
        return INT64_MIN;
    return d->doubt && d->step_from < over ? d->step_from : over;
}
