#include "service/timebase.h"

#include <time.h>

/* A clock that is being slewed moves by 0.5 ms/s at most; a difference above this is a step. */
enum { STEP_MS = 250 };

/* Readings of two clocks so close together count as one moment; how often that is tried. */
enum { NEAR_US = 20 * 1000, TRIES = 8 };

static int64_t read_us(clockid_t id)
{
    struct timespec ts;
    clock_gettime(id, &ts);
    return ts.tv_sec * INT64_C(1000000) + ts.tv_nsec / 1000;
}

/* How far the wall clock is from the boot clock. A process that is starved may stand still between
 * two readings, so the wall clock is read between two of the boot clock. Returns by how many
 * milliseconds *ms may be wrong: those two lay as far apart at best. */
static int64_t offset_ms(int64_t *ms)
{
    int64_t least = INT64_MAX;
    for (int i = 0; i < TRIES && least > NEAR_US; i++) {
        int64_t before = read_us(CLOCK_BOOTTIME), wall = read_us(CLOCK_REALTIME);
        int64_t between = read_us(CLOCK_BOOTTIME) - before;
        if (between >= least)
            continue;
        least = between;
        *ms = (wall - before - between / 2) / 1000;
    }
    return least / 1000;
}

void timebase_init(struct timebase *t, uint32_t scale, int64_t last_now)
{
    int64_t wall = read_us(CLOCK_REALTIME);
    *t = (struct timebase){.wall_us = wall, .engine_us = wall, .scale = scale ? scale : 1};
    if (t->scale > 1 && last_now * 1000 > wall)
        t->engine_us = last_now * 1000;
    t->unsure_ms = offset_ms(&t->offset_ms);
}

int64_t timebase_now_us(const struct timebase *t)
{
    int64_t wall = read_us(CLOCK_REALTIME);
    return t->scale == 1 ? wall : t->engine_us + (wall - t->wall_us) * t->scale;
}

int64_t timebase_now(const struct timebase *t)
{
    return timebase_now_us(t) / 1000;
}

struct hx_wall timebase_wall_of(const struct timebase *t, int64_t engine)
{
    if (t->scale == 1)
        return (struct hx_wall){engine};
    int64_t us = t->wall_us + (engine * 1000 - t->engine_us + t->scale - 1) / t->scale;
    return (struct hx_wall){us / 1000 + (us % 1000 > 0)};
}

bool timebase_stepped(struct timebase *t, int64_t *by_ms)
{
    int64_t now = 0, least = STEP_MS + t->unsure_ms;
    *by_ms = 0;
    if (offset_ms(&now) > NEAR_US / 1000)
        return false; /* the next look sees it, too */
    *by_ms = now - t->offset_ms;
    t->offset_ms = now;
    t->unsure_ms = 0;
    return *by_ms > least || *by_ms < -least;
}

int64_t timebase_boot(void)
{
    return read_us(CLOCK_BOOTTIME) / 1000;
}

int64_t mono_now_us(void)
{
    return read_us(CLOCK_MONOTONIC);
}

struct hx_mono mono_now(void)
{
    return (struct hx_mono){mono_now_us() / 1000};
}
