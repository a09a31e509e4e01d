#include "service/loop.h"

#include "base/log.h"
#include "service/deadlines.h"
#include "service/housekeeping.h"
#include "service/state.h"
#include "service/turn.h"
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

enum {
    SAFETY_MS = 250,
    MINUTE_S = 60,
    PUT_OFF = 25, /* times project_ms: longer no work puts off what waits for quiet */
};

static const struct timeval at_once = {0, 0};

/* ---- the next deadline ---- */

static void set_timer(struct loop *l, int64_t due)
{
    struct itimerspec when = {0};
    l->armed_for = due;
    if (due != INT64_MAX) {
        int64_t wall = timebase_wall_of(&l->service->time, due).ms;
        if (wall < 1)
            wall = 1; /* all zero would disarm */
        when.it_value.tv_sec = wall / 1000;
        when.it_value.tv_nsec = wall % 1000 * 1000000;
    }
    if (timerfd_settime(l->timer, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &when, NULL) != 0)
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
    const struct timeval later = {ms / 1000, (suseconds_t)(ms % 1000) * 1000};
    int64_t now = mono_now().ms;
    bool pending = evtimer_pending(l->soon, NULL);
    if (!pending)
        l->soon_since = now;
    if (!pending || (worked && now - l->soon_since < PUT_OFF * (int64_t)ms))
        evtimer_add(l->soon, &later);
}

static void turn(struct loop *l, bool flush)
{
    struct turn_result r = turn_run(l->service, flush);
    if (r.failed) {
        l->failed = true;
        event_base_loopbreak(l->base);
        return;
    }
    if (r.more && !l->more)
        evtimer_add(l->again, &at_once);
    l->more |= r.more;
    if (r.soon)
        arm_soon(l, r.worked, r.rest);
    arm(l);
}

static void on_door(evutil_socket_t fd, short what, void *loop)
{
    (void)fd;
    (void)what;
    turn(loop, false);
}

static void on_again(evutil_socket_t fd, short what, void *loop)
{
    struct loop *l = loop;
    (void)fd;
    (void)what;
    l->more = false;
    turn(l, false);
}

static void on_soon(evutil_socket_t fd, short what, void *loop)
{
    (void)fd;
    (void)what;
    turn(loop, true);
}

static void on_due(evutil_socket_t fd, short what, void *loop)
{
    struct loop *l = loop;
    uint64_t times;
    (void)what;
    if (read(fd, &times, sizeof times) < 0 && errno == ECANCELED)
        hx_log(HX_LOG_WARN, "event=clock_set"); /* the turn looks how far */
    l->armed_for = INT64_MIN;
    turn(l, false);
}

/* A message may only wait while the descriptor says so. One that waits behind a silent descriptor
 * is an edge that was missed: never to happen, but cheap to look for. */
static void on_safety(evutil_socket_t fd, short what, void *loop)
{
    struct loop *l = loop;
    struct service *s = l->service;
    (void)fd;
    (void)what;
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

static void on_audit(evutil_socket_t fd, short what, void *loop)
{
    struct loop *l = loop;
    struct service *s = l->service;
    (void)fd;
    (void)what;
    uint32_t ms = audit_step(s);
    const struct timeval later = {0, (suseconds_t)ms * 1000};
    if (ms)
        evtimer_add(l->audit, &later);
    if (s->audit.n_suspects)
        turn(l, false);
}

static void on_second(evutil_socket_t fd, short what, void *loop)
{
    struct loop *l = loop;
    (void)fd;
    (void)what;
    if (l->watchdog.on && audit_alive(l->service))
        sd_notify(0, "WATCHDOG=1");
    if (!evtimer_pending(l->audit, NULL))
        on_audit(-1, 0, l);
    feeds_tick(l->service);
    hx_arena_reset(&l->service->arena);
    hold_heartbeat(l->service);
    if (l->seconds++ % MINUTE_S == 0) /* also soon after the start */
        keep_house(l->service);
    l->armed_for = INT64_MIN; /* what was held back may go on, the clock may have been set */
    turn(l, hx_store_alive_pending(l->service->store));
}

static void on_signal(evutil_socket_t signal, short what, void *loop)
{
    struct loop *l = loop;
    (void)what;
    if (signal == SIGHUP) {
        hx_log(HX_LOG_WARN, "event=reload_ignored \"rules are read at the start\"");
        return;
    }
    hx_log(HX_LOG_INFO, "event=stopping signal=%d", (int)signal);
    l->stopping = true;
    event_base_loopbreak(l->base);
}

/* ---- life ---- */

static bool add_doors(struct loop *l)
{
    struct service *s = l->service;
    for (size_t i = 0; i < s->n_doors; i++) {
        l->doors[i] = event_new(l->base, door_fd(&s->doors[i]), EV_READ | EV_PERSIST, on_door, l);
        if (!l->doors[i] || event_add(l->doors[i], NULL) != 0)
            return false;
    }
    return true;
}

static bool add_periodic(struct loop *l, struct event **ev, event_callback_fn fn, int ms)
{
    const struct timeval period = {ms / 1000, ms % 1000 * 1000};
    *ev = event_new(l->base, -1, EV_PERSIST, fn, l);
    return *ev && event_add(*ev, &period) == 0;
}

static bool add_timers(struct loop *l)
{
    l->timer = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
    if (l->timer < 0)
        return false;
    l->due = event_new(l->base, l->timer, EV_READ | EV_PERSIST, on_due, l);
    l->again = evtimer_new(l->base, on_again, l);
    l->soon = evtimer_new(l->base, on_soon, l);
    l->audit = evtimer_new(l->base, on_audit, l);
    return l->due && event_add(l->due, NULL) == 0 && l->again && l->soon && l->audit &&
           add_periodic(l, &l->safety, on_safety, SAFETY_MS) &&
           add_periodic(l, &l->second, on_second, 1000);
}

static bool add_signals(struct loop *l)
{
    static const int numbers[LOOP_SIGNALS] = {SIGTERM, SIGINT, SIGHUP};
    for (size_t i = 0; i < LOOP_SIGNALS; i++) {
        l->signals[i] = evsignal_new(l->base, numbers[i], on_signal, l);
        if (!l->signals[i] || event_add(l->signals[i], NULL) != 0)
            return false;
    }
    return true;
}

int loop_open(struct loop *l, struct service *s)
{
    *l = (struct loop){.service = s, .timer = -1, .armed_for = INT64_MIN};
    l->base = event_base_new();
    if (l->base && add_signals(l) && add_timers(l) && add_doors(l))
        return HX_OK;
    hx_log_errno(HX_LOG_ERROR, "event=loop_failed");
    loop_close(l);
    return HX_IO;
}

/* What has been received is applied, committed and answered before the doors close. */
static void finish(struct loop *l)
{
    enum { LAST_TURNS = 64 };
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
    if (!l->failed && event_base_dispatch(l->base) < 0)
        l->failed = true;
    sd_notify(0, "STOPPING=1");
    if (l->stopping)
        finish(l);
    return l->failed ? HX_IO : HX_OK;
}

static void event_drop(struct event *ev)
{
    if (ev)
        event_free(ev);
}

void loop_close(struct loop *l)
{
    for (size_t i = 0; i < LOOP_DOORS; i++)
        event_drop(l->doors[i]);
    for (size_t i = 0; i < LOOP_SIGNALS; i++)
        event_drop(l->signals[i]);
    event_drop(l->due);
    event_drop(l->again);
    event_drop(l->soon);
    event_drop(l->safety);
    event_drop(l->audit);
    event_drop(l->second);
    if (l->timer >= 0)
        close(l->timer);
    if (l->base)
        event_base_free(l->base);
    *l = (struct loop){.timer = -1};
}
