/* Open cases move to a version that has come into force (corners 22 and 23): in small steps between
 * other work, each in the batch of a turn. Where the move stands is written with each step, and a
 * new process goes on from there. Loop thread only. */
#ifndef SERVICE_ACTS_MOVING_H
#define SERVICE_ACTS_MOVING_H

#include "config/versions/versions.h"
#include "hongxin/schema.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct service;

struct moving {
    const struct hx_version *x; /* in the versions; NULL = none */
    uint64_t next, staged;      /* case from which on to look; after the open transaction */
    bool in_batch;              /* the open transaction holds moved cases */
    size_t step;                /* cases in one step; one after trouble */
    bool keep_holders;          /* a city for new cases: only dates are looked up */
    struct hx_moves moves;
};

/* From this case on. */
void moving_begin(struct service *s, const struct hx_version *x, uint64_t next, bool keep_holders);

/* At the start: a move to this version was cut off. */
void moving_resume(struct service *s, const hxp_rules_version *row);

/* In the batch of a turn: moves some open cases. */
void moving_some(struct service *s);
/* That batch is on disk, or nothing of it has happened. */
void moving_committed(struct service *s);
void moving_failed(struct service *s);

#endif
