/* New versions of life cycles, calendars and the city while the daemon runs (corners 22 and 23).
 *
 * Anybody may ask what a file would move; it comes into force when one named person has asked for
 * it and another has agreed. Looking at all open cases and moving them is done in small steps
 * between other work, so that intake goes on; where the move stands is written with each step, and
 * a new process goes on from there. Loop thread only. */
#ifndef SERVICE_ACTS_APPLY_H
#define SERVICE_ACTS_APPLY_H

#include "config/access/access.h"
#include "config/versions/versions.h"
#include "service/doors/door.h"

#include <stdbool.h>
#include <stdint.h>

struct service;

/* A question on its way: one at a time. */
struct apply_question {
    struct door *door;
    struct peer peer;
    uint64_t number;
    struct hx_version *x; /* owned; NULL = nobody asks */
    bool ask, agree;      /* neither: a preview */
    bool only_new;        /* open cases keep their version */
    char by[HX_PERSON_MAX];
    char principal[HX_PRINCIPAL_MAX]; /* whose key; "" without keys */
    char why[256];
    struct hx_moves moves; /* so far */
    uint64_t after;        /* the last case that was looked at */
};

/* Open cases being moved. */
struct apply_move {
    const struct hx_version *x; /* in the versions; NULL = none */
    uint64_t next, staged;      /* case from which on to look; after the open transaction */
    bool in_batch;              /* the open transaction holds moved cases */
    size_t step;                /* cases in one step; one after trouble */
    bool keep_holders;          /* a city for new cases: only dates are looked up */
    struct hx_moves moves;
};

struct apply {
    struct apply_question question;
    struct apply_move move;
};

/* Each turn, outside a transaction, before anything is taken: a step of a preview, and what two
 * persons have agreed comes into force. */
void apply_turn(struct service *s);

/* In the batch of a turn: moves some open cases. */
void apply_move_some(struct service *s);
/* That batch is on disk, or nothing of it has happened. */
void apply_committed(struct service *s);
void apply_failed(struct service *s);

/* Whether there is more to do at once. */
bool apply_busy(const struct service *s);

/* At the start: the move of open cases to this version was cut off. */
void apply_resume(struct service *s, const hxp_rules_version *row);

/* The journal entry that says that x comes into force, inside a transaction. *lsn = its number. */
HX_CHECK int apply_tell(struct service *s, const struct hx_version *x, const hxp_rules_version *row,
                        uint64_t *lsn);

void apply_fini(struct service *s);

#endif
