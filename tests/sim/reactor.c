/* What the daemon's loop waits on, in virtual time: in place of daemon/service/doors/reactor.c. */
#include "service/doors/reactor.h"

#include "service/loop.h"
#include "service/state.h"
#include "sim/sim.h"
#include <signal.h>
#include <stdlib.h>

enum { NEVER = 0, CALL_US = 20 }; /* a callback takes so long at the least */

struct reactor {
    const struct reactor_calls *calls;
    void *ctx;
    int64_t at[REACTOR_N_TIMERS], period[REACTOR_N_TIMERS];
    int64_t wall_ms; /* INT64_MAX = not armed */
    bool clock_set, term, stop;
};

static struct reactor *running; /* NULL: no daemon is */
static int64_t engine_last;

/* ---- from outside ---- */

int64_t reactor_engine_now(void)
{
    if (running) {
        const struct loop *l = running->ctx;
        engine_last = timebase_now(&l->service->time);
    }
    return engine_last;
}

void reactor_end(void)
{
    if (running)
        running->term = true;
}

void reactor_set_clock(int64_t by_us)
{
    outage_begin();
    outage_jump();
    sim.wall_off_us += by_us;
    sim.counts.steps_of_clock++;
    if (running)
        running->clock_set = true;
    outage_end();
}

void reactor_away(int64_t us, bool machine)
{
    outage_begin();
    sim.counts.suspends++;
    sim_pass(sim.now_us + us);
    if (machine)
        net_lose();
    outage_end();
}

/* ---- what the loop calls ---- */

int reactor_open(struct reactor **out, const struct reactor_calls *calls, void *ctx)
{
    struct reactor *r = calloc(1, sizeof *r);
    *out = r;
    if (!r)
        return HX_NOMEM;
    r->calls = calls;
    r->ctx = ctx;
    r->wall_ms = INT64_MAX;
    for (size_t i = 0; i < REACTOR_N_TIMERS; i++)
        r->at[i] = INT64_MAX;
    return HX_OK;
}

void reactor_close(struct reactor *r)
{
    free(r);
}

int reactor_watch(struct reactor *r, int fd)
{
    (void)r;
    (void)fd;
    return HX_OK;
}

void reactor_after(struct reactor *r, enum reactor_timer timer, uint32_t ms)
{
    r->at[timer] = sim.now_us + ms * SIM_MS;
    r->period[timer] = NEVER;
}

int reactor_every(struct reactor *r, enum reactor_timer timer, uint32_t ms)
{
    reactor_after(r, timer, ms);
    r->period[timer] = ms * SIM_MS;
    return HX_OK;
}

bool reactor_pending(const struct reactor *r, enum reactor_timer timer)
{
    return r->at[timer] != INT64_MAX;
}

int reactor_at(struct reactor *r, struct hx_wall when)
{
    r->wall_ms = when.ms;
    return HX_OK;
}

int reactor_never(struct reactor *r)
{
    r->wall_ms = INT64_MAX;
    return HX_OK;
}

void reactor_stop(struct reactor *r)
{
    r->stop = true;
}

/* ---- running ---- */

static int64_t due_at(const struct reactor *r)
{
    return r->wall_ms == INT64_MAX ? INT64_MAX : r->wall_ms * SIM_MS - sim.wall_off_us;
}

static size_t first_timer(const struct reactor *r)
{
    size_t first = 0;
    for (size_t i = 1; i < REACTOR_N_TIMERS; i++)
        if (r->at[i] < r->at[first])
            first = i;
    return first;
}

/* The daemon's code runs only in these. */
static void call_door(struct reactor *r)
{
    sim.inside = true;
    r->calls->door(r->ctx);
    sim.inside = false;
}

static void call_due(struct reactor *r, bool clock_set)
{
    r->wall_ms = clock_set ? r->wall_ms : INT64_MAX;
    sim.inside = true;
    r->calls->due(r->ctx, clock_set);
    sim.inside = false;
}

static void ring(struct reactor *r, size_t timer)
{
    r->at[timer] = r->period[timer] ? sim.now_us + r->period[timer] : INT64_MAX;
    sim.inside = true;
    r->calls->timer[timer](r->ctx);
    sim.inside = false;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Waits for what comes next and lets it come: first what the world does, then letters, deadlines,
 * timers. */
static void step(struct reactor *r)
{
    size_t timer = first_timer(r);
    int64_t daemons = least(least(net_next(), due_at(r)), r->at[timer]);
    if (sim_next() <= daemons || sim_next() <= sim.now_us) {
        sim_happen();
        return;
    }
    if (daemons > sim.now_us)
        sim.now_us = daemons;
    sim.now_us += CALL_US;
    if (net_next() <= sim.now_us) {
        call_door(r);
    } else if (due_at(r) <= sim.now_us) {
        call_due(r, false);
    } else {
        ring(r, timer);
    }
}

int reactor_run(struct reactor *r)
{
    bool inside = sim_leave();
    running = r;
    outage_end();
    while (!r->stop && !sim.dead) {
        bool set = r->clock_set;
        r->clock_set = false;
        if (r->term)
            r->calls->signal(r->ctx, SIGTERM);
        else if (set)
            call_due(r, true);
        else
            step(r);
        (void)reactor_engine_now();
    }
    outage_begin();
    running = NULL;
    sim_enter(inside);
    return HX_OK;
}
