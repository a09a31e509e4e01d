/* The profile of the traffic: traffic.yaml, and the rate that follows from it. Immutable once
 * loaded. */
#ifndef TRAFFIC_PROFILE_H
#define TRAFFIC_PROFILE_H

#include "cli/play/life.h"
#include "config/reading/problem.h"
#include <stddef.h>
#include <stdint.h>

enum { PROFILE_NAMES = 16 };

struct profile {
    double hours[24]; /* how busy each hour is; mean 1 */
    double burst;     /* at most so many times the mean, minute by minute */
    int repeated;
    size_t n_channels, n_kinds;
    const char *channels[PROFILE_NAMES];
    double channel_weights[PROFILE_NAMES];
    double classes[5]; /* in the order of life_classes */
    struct conduct_kind kinds[PROFILE_NAMES];
    void *file; /* owned: what the texts point into */
};

/* Reads and checks a file. HX_CONFIG with "file:line: …", HX_IO, HX_NOMEM. */
HX_CHECK int profile_load(const char *path, struct profile *p, struct hx_problem *problem);
void profile_free(struct profile *p);

/* Arrivals: a random stream whose rate follows the hours and, minute by minute, the bursts. */
struct arrivals {
    const struct profile *profile;
    double rate;    /* mean per second over a day */
    int hour;       /* the hour to pretend; -1 = that of the clock */
    int utc_offset; /* minutes */
    struct dice dice;
    int64_t minute; /* the minute that `factor` belongs to */
    double factor;
};

/* When the next complaint after `now` comes: milliseconds of the wall clock. */
int64_t arrivals_next(struct arrivals *a, int64_t now);

#endif
