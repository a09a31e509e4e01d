#include "service/hold.h"

#include "base/log.h"
#include "service/deadlines.h"
#include "service/state.h"
#include <inttypes.h>
#include <sys/timex.h>

enum { DOUBT_MS = 60 * 1000 };

void hold_start(struct service *s)
{
    uint64_t resend = s->options.limits->resend_ms;
    int64_t due;
    s->hold.absent = s->machine.outage_to != 0;
    if (!s->machine.outage_to || hx_store_due_first(s->store, &due) != HX_OK)
        return;
    if (due > s->machine.outage_to || resend == 0)
        return;
    s->machine.draining = true;
    s->hold.drain_until = (struct hx_mono){mono_now().ms + (int64_t)resend};
    hx_log(HX_LOG_INFO, "event=deadlines_held why=outage for_ms=%" PRIu64, resend);
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
    s->hold.doubt_until = (struct hx_mono){mono_now().ms + DOUBT_MS};
}

void hold_turn(struct service *s)
{
    struct hx_machine *m = &s->machine;
    look_at_clock(s);
    if (m->draining && mono_now().ms >= s->hold.drain_until.ms) {
        m->draining = false;
        hx_log(HX_LOG_INFO, "event=deadlines_go_on after=outage");
    }
    if (m->doubt && (mono_now().ms >= s->hold.doubt_until.ms || clock_synchronised())) {
        hx_machine_step_confirm(m);
        hx_log(HX_LOG_INFO, "event=deadlines_go_on after=clock_step");
    }
}

int hold_record(struct service *s)
{
    if (!s->hold.jumped)
        return HX_OK;
    s->hold.jumped = false;
    hx_machine_set_time(&s->machine, timebase_now(&s->time));
    return hx_machine_step(&s->machine, s->hold.from, s->hold.to);
}

int hold_record_outage(struct service *s)
{
    struct hx_machine *m = &s->machine;
    return s->hold.absent ? hx_machine_outage(m, m->outage_from, m->outage_to) : HX_OK;
}

void hold_recorded(struct service *s)
{
    s->hold.absent = false;
}

int64_t hold_limit(const struct service *s)
{
    const struct hx_machine *m = &s->machine;
    int64_t now = timebase_now(&s->time);
    if (m->draining)
        return INT64_MIN;
    return m->doubt && m->step_from < now ? m->step_from : now;
}
