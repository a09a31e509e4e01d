/* The only reader of clocks. Everything below the service takes time as an argument.
 *
 * Engine time is the wall clock, except in a demo store, where it runs `scale` times as fast from
 * the moment of the start on (or from the newest entry, when that is later: time never runs
 * backwards over a restart). */
#ifndef SERVICE_TIMEBASE_H
#define SERVICE_TIMEBASE_H

#include "hongxin/instant.h"
#include <stdbool.h>
#include <stdint.h>

struct timebase {
    int64_t wall_us;   /* where both scales meet … */
    int64_t engine_us; /* … on the engine's */
    uint32_t scale;    /* 1 = real time */
    int64_t offset_ms; /* real-time clock minus boot clock, when last looked at */
    int64_t unsure_ms; /* by how much that may be wrong: the first look of a starved process */
};

/* `last_now` is the newest instant of the store; for a new one the instant to begin with on scaled
 * time, 0 = now. scale 0 counts as 1. */
void timebase_init(struct timebase *t, uint32_t scale, int64_t last_now);

/* Engine time now, in milliseconds and in microseconds. */
int64_t timebase_now(const struct timebase *t);
int64_t timebase_now_us(const struct timebase *t);

/* The wall clock's instant at which engine time reaches `engine`, rounded up. */
struct hx_wall timebase_wall_of(const struct timebase *t, int64_t engine);

/* True when the wall clock was stepped since the last look: by *by_ms, positive = forward. The boot
 * clock counts while the machine sleeps, so a suspended machine is no step (corner 16); nor is one
 * so starved that both clocks cannot be read in one moment: it is looked at again, and what the
 * first look took for the offset is no step either. */
bool timebase_stepped(struct timebase *t, int64_t *by_ms);

/* Milliseconds of the boot clock: it goes on while the machine sleeps or the process is stopped. */
int64_t timebase_boot(void);

/* For waits inside the process. */
struct hx_mono mono_now(void);
int64_t mono_now_us(void);

#endif
