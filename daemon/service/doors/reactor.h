/* What the loop waits on: doors, timers, the wall clock, signals. Here and nowhere else is
 * libevent; the simulation of the whole daemon (tests/sim) links another one that runs on virtual
 * time.
 *
 * Each callback runs by itself, in the thread of reactor_run(). */
#ifndef SERVICE_DOORS_REACTOR_H
#define SERVICE_DOORS_REACTOR_H

#include "hongxin/error.h"
#include "hongxin/instant.h"
#include <stdbool.h>
#include <stdint.h>

struct reactor; /* opaque */

/* X(name, function) */
#define REACTOR_TIMERS(X)                                                                          \
    X(AGAIN, again)   /* there is more to do; others first */                                      \
    X(SOON, soon)     /* something small is to be done in a moment: acks, projections */           \
    X(SAFETY, safety) /* looks whether an edge of a door was missed */                             \
    X(AUDIT, audit)   /* the next step of the self-audit, while a round goes on */                 \
    X(SECOND, second) /* each second: feeds, clock, service manager */

enum reactor_timer {
#define X(name, function) REACTOR_##name,
    REACTOR_TIMERS(X)
#undef X
        REACTOR_N_TIMERS
};

/* Whom to call, with `ctx` of reactor_open(). */
struct reactor_calls {
    void (*door)(void *ctx); /* a watched descriptor has become readable */
    void (*timer[REACTOR_N_TIMERS])(void *ctx);
    void (*due)(void *ctx, bool clock_set); /* the instant of reactor_at() has come, or the wall
                                               clock was set */
    void (*signal)(void *ctx, int number);  /* SIGTERM, SIGINT, SIGHUP */
};

/* `calls` is borrowed. HX_IO, HX_NOMEM: *out is NULL. */
HX_CHECK int reactor_open(struct reactor **out, const struct reactor_calls *calls, void *ctx);

/* NULL is allowed. Watched descriptors stay open. */
void reactor_close(struct reactor *r);

/* Waits for a door's descriptor too, until the close. At most REACTOR_DOORS. */
enum { REACTOR_DOORS = 2 };
HX_CHECK int reactor_watch(struct reactor *r, int fd);

/* One call after so many milliseconds; one that was pending is moved. 0: after the others. */
void reactor_after(struct reactor *r, enum reactor_timer timer, uint32_t ms);

/* A call each so many milliseconds. */
HX_CHECK int reactor_every(struct reactor *r, enum reactor_timer timer, uint32_t ms);

bool reactor_pending(const struct reactor *r, enum reactor_timer timer);

/* One call of `due` when the wall clock shows this instant; the one before is forgotten. An instant
 * that has passed: at once. Whoever sets the clock causes a call as well. */
HX_CHECK int reactor_at(struct reactor *r, struct hx_wall when);

/* … never: only when the clock is set. */
HX_CHECK int reactor_never(struct reactor *r);

/* Calls until reactor_stop(); HX_IO when it cannot wait any more. */
HX_CHECK int reactor_run(struct reactor *r);

/* Ends the run after the present callback. */
void reactor_stop(struct reactor *r);

#endif
