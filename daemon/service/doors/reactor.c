#include "service/doors/reactor.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { SIGNALS = 3 };

struct reactor {
    const struct reactor_calls *calls; /* borrowed */
    void *ctx;
    struct event_base *base;
    struct event *doors[REACTOR_DOORS];
    size_t n_doors;
    struct event *timers[REACTOR_N_TIMERS];
    struct event *signals[SIGNALS];
    struct event *due;
    int wall; /* timerfd, CLOCK_REALTIME */
};

static struct timeval interval(uint32_t ms)
{
    return (struct timeval){ms / 1000, (suseconds_t)(ms % 1000) * 1000};
}

/* ---- what libevent calls ---- */

static void on_door(evutil_socket_t fd, short what, void *reactor)
{
    struct reactor *r = reactor;
    (void)fd;
    (void)what;
    r->calls->door(r->ctx);
}

#define X(name, function)                                                                          \
    static void on_##function(evutil_socket_t fd, short what, void *reactor)                       \
    {                                                                                              \
        struct reactor *r = reactor;                                                               \
        (void)fd;                                                                                  \
        (void)what;                                                                                \
        r->calls->timer[REACTOR_##name](r->ctx);                                                   \
    }
REACTOR_TIMERS(X)
#undef X

static const event_callback_fn timer_calls[REACTOR_N_TIMERS] = {
#define X(name, function) [REACTOR_##name] = on_##function,
    REACTOR_TIMERS(X)
#undef X
};

static void on_due(evutil_socket_t fd, short what, void *reactor)
{
    struct reactor *r = reactor;
    uint64_t times;
    (void)what;
    r->calls->due(r->ctx, read(fd, &times, sizeof times) < 0 && errno == ECANCELED);
}

static void on_signal(evutil_socket_t signal, short what, void *reactor)
{
    struct reactor *r = reactor;
    (void)what;
    r->calls->signal(r->ctx, (int)signal);
}

/* ---- life ---- */

static bool add(struct event *ev)
{
    return ev && event_add(ev, NULL) == 0;
}

static bool add_signals(struct reactor *r)
{
    static const int numbers[SIGNALS] = {SIGTERM, SIGINT, SIGHUP};
    for (size_t i = 0; i < SIGNALS; i++) {
        r->signals[i] = evsignal_new(r->base, numbers[i], on_signal, r);
        if (!add(r->signals[i]))
            return false;
    }
    return true;
}

static bool add_wall(struct reactor *r)
{
    r->wall = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
    if (r->wall < 0)
        return false;
    r->due = event_new(r->base, r->wall, EV_READ | EV_PERSIST, on_due, r);
    return add(r->due);
}

static bool make_timers(struct reactor *r)
{
    for (size_t i = 0; i < REACTOR_N_TIMERS; i++) {
        r->timers[i] = evtimer_new(r->base, timer_calls[i], r);
        if (!r->timers[i])
            return false;
    }
    return true;
}

int reactor_open(struct reactor **out, const struct reactor_calls *calls, void *ctx)
{
    struct reactor *r = calloc(1, sizeof *r);
    *out = NULL;
    if (!r)
        return HX_NOMEM;
    *r = (struct reactor){.calls = calls, .ctx = ctx, .wall = -1, .base = event_base_new()};
    if (!r->base || !add_signals(r) || !add_wall(r) || !make_timers(r)) {
        reactor_close(r);
        return HX_IO;
    }
    *out = r;
    return HX_OK;
}

static void drop(struct event *ev)
{
    if (ev)
        event_free(ev);
}

void reactor_close(struct reactor *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < r->n_doors; i++)
        drop(r->doors[i]);
    for (size_t i = 0; i < REACTOR_N_TIMERS; i++)
        drop(r->timers[i]);
    for (size_t i = 0; i < SIGNALS; i++)
        drop(r->signals[i]);
    drop(r->due);
    if (r->wall >= 0)
        close(r->wall);
    if (r->base)
        event_base_free(r->base);
    free(r);
}

int reactor_watch(struct reactor *r, int fd)
{
    if (r->n_doors == REACTOR_DOORS)
        return HX_INVALID;
    struct event *ev = event_new(r->base, fd, EV_READ | EV_PERSIST, on_door, r);
    if (!add(ev)) {
        drop(ev);
        return HX_IO;
    }
    r->doors[r->n_doors++] = ev;
    return HX_OK;
}

/* ---- timers ---- */

void reactor_after(struct reactor *r, enum reactor_timer timer, uint32_t ms)
{
    const struct timeval later = interval(ms);
    evtimer_add(r->timers[timer], &later);
}

int reactor_every(struct reactor *r, enum reactor_timer timer, uint32_t ms)
{
    const struct timeval period = interval(ms);
    if (event_assign(r->timers[timer], r->base, -1, EV_PERSIST, timer_calls[timer], r) != 0)
        return HX_IO;
    return event_add(r->timers[timer], &period) == 0 ? HX_OK : HX_IO;
}

bool reactor_pending(const struct reactor *r, enum reactor_timer timer)
{
    return evtimer_pending(r->timers[timer], NULL);
}

static int set_wall(struct reactor *r, const struct itimerspec *when)
{
    return timerfd_settime(r->wall, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, when, NULL) == 0
               ? HX_OK
               : HX_IO;
}

int reactor_at(struct reactor *r, struct hx_wall when)
{
    int64_t ms = when.ms < 1 ? 1 : when.ms; /* all zero would disarm */
    return set_wall(
        r, &(struct itimerspec){.it_value = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}});
}

int reactor_never(struct reactor *r)
{
    return set_wall(r, &(struct itimerspec){0});
}

/* ---- running ---- */

int reactor_run(struct reactor *r)
{
    return event_base_dispatch(r->base) < 0 ? HX_IO : HX_OK;
}

void reactor_stop(struct reactor *r)
{
    event_base_loopbreak(r->base);
}
