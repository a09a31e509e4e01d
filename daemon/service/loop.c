#include "service/loop.h"

#include "base/log.h"
#include "service/acts/act.h"
#include "service/deadlines.h"
#include "service/doors/crowd.h"
#include "service/state.h"
#include "service/turn.h"
#include "service/upkeep/housekeeping.h"
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <systemd/sd-daemon.h>

enum {
    SAFETY_MS = 250,
    SECOND_MS = 1000,
    MINUTE_S = 60,
    PUT_OFF = 25, /* times project_ms: longer no work puts off what waits for quiet */
};

/* ---- the next deadline ---- */

static void set_timer(struct loop *l, int64_t due)
{
    l->armed_for = due;
    /* when its millisecond is over */
    int rc = due == INT64_MAX
                 ? reactor_never(l->reactor)
                 : reactor_at(l->reactor, timebase_wall_of(&l->service->time, due + 1));
    if (rc != HX_OK)
        hx_log_errno(HX_LOG_ERROR, "event=timer_failed due=%" PRId64, due);
}

/* While the store is left alone, or when there is more to do at once, the next turn arms. */
static void arm(struct loop *l)
{
    if (l->more || batch_paused(l->service))
        return;
    int64_t due = deadlines_first(l->service);
    if (due != l->armed_for)
        set_timer(l, due);
}

/* ---- turns ---- */

/* A quiet moment: so long without work. A projection in the middle of steady traffic would hold up
 * the events behind it, so work puts it off, but not for ever. */
static void arm_soon(struct loop *l, bool worked, bool rest)
{
    uint32_t ms = rest ? 1 : (uint32_t)l->service->options.limits->project_ms;
    int64_t now = mono_now().ms;
    bool pending = reactor_pending(l->reactor, REACTOR_SOON);
    if (!pending)
        l->soon_since = now;
    if (!pending || (worked && now - l->soon_since < PUT_OFF * (int64_t)ms))
        reactor_after(l->reactor, REACTOR_SOON, ms);
}

static void turn(struct loop *l, bool flush)
{
    struct turn_result r = turn_run(l->service, flush);
    if (r.failed) {
        l->failed = true;
        reactor_stop(l->reactor);
        return;
    }
    if (r.more && !l->more)
        reactor_after(l->reactor, REACTOR_AGAIN, 0);
    l->more |= r.more;
    if (r.soon)
        arm_soon(l, r.worked, r.rest);
    arm(l);
}

static void on_door(void *loop)
{
    turn(loop, false);
}

static void on_again(void *loop)
{
    struct loop *l = loop;
    l->more = false;
    turn(l, false);
}

static void on_soon(void *loop)
{
    turn(loop, true);
}

static void on_due(void *loop, bool clock_set)
{
    struct loop *l = loop;
    if (clock_set)
        hx_log(HX_LOG_WARN, "event=clock_set"); /* the turn looks how far */
    l->armed_for = INT64_MIN;
    turn(l, false);
}

/* A message may only wait while the descriptor says so. One that waits behind a silent descriptor
 * is an edge that was missed: never to happen, but cheap to look for. One that comes just between
 * the two looks is counted as well, and must be served: the second look has swallowed its edge. */
static void on_safety(void *loop)
{
    struct loop *l = loop;
    struct service *s = l->service;
    publisher_turn(&s->publisher);
    for (size_t i = 0; i < s->n_doors && !l->more; i++) {
        struct pollfd door = {.fd = door_fd(&s->doors[i]), .events = POLLIN};
        if (poll(&door, 1, 0) == 0 && door_ready(&s->doors[i])) {
            s->counters.pump_rescues++;
            turn(l, false);
            return;
        }
    }
}

/* ---- each second ---- */

/* What wants doing now and then, outside a turn's transaction. */
static void keep_house(struct service *s)
{
    int rc = hx_store_tick(s->store);
    if (rc == HX_OK && !batch_paused(s))
        rc = housekeeping_run(s);
    if (rc != HX_OK)
        hx_log(HX_LOG_ERROR, "event=housekeeping_failed error=%s", hx_errname(rc));
}

static void on_audit(void *loop)
{
    struct loop *l = loop;
    struct service *s = l->service;
    uint32_t ms = audit_step(s);
    if (ms)
        reactor_after(l->reactor, REACTOR_AUDIT, ms);
    if (s->audit.n_suspects)
        turn(l, false);
}

static void on_second(void *loop)
{
    struct loop *l = loop;
    if (l->watchdog.on && audit_alive(l->service))
        sd_notify(0, "WATCHDOG=1");
    if (!reactor_pending(l->reactor, REACTOR_AUDIT))
        on_audit(l);
    feeds_tick(l->service);
    hx_arena_reset(&l->service->arena);
    hold_heartbeat(l->service);
    crowd_say();
    retention_look(l->service);       /* what it finds is written by the turn below */
    if (l->seconds++ % MINUTE_S == 0) /* also soon after the start */
        keep_house(l->service);
    l->armed_for = INT64_MIN; /* what was held back may go on, the clock may have been set */
    turn(l, hx_store_alive_pending(l->service->store));
}

static void on_signal(void *loop, int number)
{
    struct loop *l = loop;
    if (number == SIGHUP) {
        hx_log(HX_LOG_WARN, "event=reload_ignored \"rules are read at the start\"");
        return;
    }
    hx_log(HX_LOG_INFO, "event=stopping signal=%d", number);
    l->stopping = true;
    reactor_stop(l->reactor);
}

/* ---- life ---- */

static const struct reactor_calls calls = {
    .door = on_door,
    .timer =
        {
#define X(name, function) [REACTOR_##name] = on_##function,
            REACTOR_TIMERS(X)
#undef X
        },
    .due = on_due,
    .signal = on_signal,
};

static int watch_doors(struct loop *l)
{
    struct service *s = l->service;
    int rc = HX_OK;
    for (size_t i = 0; rc == HX_OK && i < s->n_doors; i++)
        rc = reactor_watch(l->reactor, door_fd(&s->doors[i]));
    return rc;
}

int loop_open(struct loop *l, struct service *s)
{
    *l = (struct loop){.service = s, .armed_for = INT64_MIN};
    int rc = reactor_open(&l->reactor, &calls, l);
    if (rc == HX_OK)
        rc = watch_doors(l);
    if (rc == HX_OK)
        rc = reactor_every(l->reactor, REACTOR_SAFETY, SAFETY_MS);
    if (rc == HX_OK)
        rc = reactor_every(l->reactor, REACTOR_SECOND, SECOND_MS);
    if (rc == HX_OK)
        return HX_OK;
    hx_log_errno(HX_LOG_ERROR, "event=loop_failed");
    loop_close(l);
    return rc;
}

/* What has been received is applied, committed and answered before the doors close. */
static void finish(struct loop *l)
{
    enum { LAST_TURNS = 64 };
    act_life_begin(l->service, "DAEMON_STOPPED");
    for (int i = 0; i < LAST_TURNS && !l->failed; i++) {
        struct turn_result r = turn_run(l->service, true);
        l->failed = r.failed;
        if (!r.worked)
            break;
    }
}

int loop_run(struct loop *l)
{
    l->watchdog.on = sd_watchdog_enabled(0, &l->watchdog.usec) > 0;
    turn(l, true); /* what fell due while we were away; what came before the first edge */
    sd_notify(0, "READY=1\nSTATUS=serving");
    if (!l->failed && reactor_run(l->reactor) != HX_OK)
        l->failed = true;
    sd_notify(0, "STOPPING=1");
    if (l->stopping)
        finish(l);
    return l->failed ? HX_IO : HX_OK;
}

void loop_close(struct loop *l)
{
    reactor_close(l->reactor);
    *l = (struct loop){0};
}
