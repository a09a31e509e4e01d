/* What an erased person has left outside of the table of identities: an event that was refused is
 * kept in quarantine as it came, and a name or number may have stood in a wrong field of it.
 *
 * What is known of somebody who is erased is looked for there, as it is written in the identity,
 * and the rows that hold it lose their bytes, in the transaction of the erasure. What cannot be
 * found so (another spelling, another encoding, somebody who was never known) goes with its row
 * after store.quarantine_keep_days. Loop thread only. */
#ifndef SERVICE_ACTS_SCRUB_H
#define SERVICE_ACTS_SCRUB_H

#include "hongxin/error.h"
#include <stddef.h>
#include <stdint.h>

struct service;

enum {
    SCRUB_AT_ONCE = 32, /* different texts for which the quarantine is gone through once */
    SCRUB_LEAST = 4     /* bytes; a shorter text stands in everything */
};

struct scrub {
    struct service *s;
    char *texts[SCRUB_AT_ONCE + 4]; /* in the arena, wiped when they have been looked for */
    size_t n;
    uint32_t rows;       /* that have lost their bytes */
    uint32_t unsearched; /* identities that cannot be read, so that nothing was looked for */
};

/* The identity of this party has been erased in the transaction that runs; what is committed still
 * has it. Without one: nothing. One that cannot be read is counted and logged, and the erasure goes
 * on: it is gone in any case. HX_IO, HX_NOMEM. */
HX_CHECK int scrub_add(struct scrub *scrub, uint64_t case_number, uint32_t party);

/* Looks for the rest. Inside the transaction, in any case, so that no text stays in memory. */
HX_CHECK int scrub_end(struct scrub *scrub);

#endif
