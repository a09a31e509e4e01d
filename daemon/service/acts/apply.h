/* New versions of life cycles, calendars and the city while the daemon runs (corners 22 and 23).
 *
 * Anybody may ask what a file would move; it comes into force when one named person has asked for
 * it and another has agreed. Looking at all open cases is done in small steps between other work,
 * so that intake goes on; then they are moved (moving.h). Loop thread only. */
#ifndef SERVICE_ACTS_APPLY_H
#define SERVICE_ACTS_APPLY_H

#include "config/access/access.h"
#include "config/versions/versions.h"
#include "service/acts/moving.h"
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

struct apply {
    struct apply_question question;
    struct moving move;
};

/* Each turn, outside a transaction, before anything is taken: a step of a preview, and what two
 * persons have agreed comes into force. */
void apply_turn(struct service *s);

/* Whether there is more to do at once. */
bool apply_busy(const struct service *s);

/* The journal entry that says that x comes into force, inside a transaction. *lsn = its number. */
HX_CHECK int apply_tell(struct service *s, const struct hx_version *x, const hxp_rules_version *row,
                        uint64_t *lsn);

void apply_fini(struct service *s);

#endif
