/* Retention (J7): identities of cases that have been over for long enough are erased by themselves
 * (config/retention.h), except under a legal hold.
 *
 * A round walks the table of identities in small steps, an hour after the one before; nothing about
 * it is stored, so a restart begins anew and finds what is left. Each erasure and its entry
 * (IDENTITY_EXPIRED, with the class) are one transaction. Loop thread only. */
#ifndef SERVICE_UPKEEP_RETENTION_H
#define SERVICE_UPKEEP_RETENTION_H

#include "hongxin/error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct service;

enum { RETENTION_AT_ONCE = 64 };

struct retention {
    uint64_t after;                  /* cases up to this one were looked at in this round */
    int64_t next_round;              /* engine time */
    bool running;                    /* a round goes on */
    uint64_t due[RETENTION_AT_ONCE]; /* cases whose identities are to go in the next turn */
    size_t n_due;
    uint64_t rounds, expired, held; /* held: in the last round, over their time but kept */
    uint64_t held_so_far;
};

/* Once a second: the next step of a round; what it finds is for retention_write(). */
void retention_look(struct service *s);

/* In the batch of a turn. */
HX_CHECK int retention_write(struct service *s);

#endif
