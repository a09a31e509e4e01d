/* The newest entries of a scope as they are sent, for its pages: those that keep up share one text,
 * and one that comes back after a short break, or was cut in a flood, is sent from here what it has
 * missed. What lies further back is asked of the journal, which costs the daemon more than the feed
 * did: so a ring may grow as long as all rings of a board together have room. One thread. */
#ifndef BOARD_RING_H
#define BOARD_RING_H

#include "board/live/told.h"

enum {
    RING_FRAMES = 32768,     /* at the most */
    RING_BYTES = 64 << 20,   /* of text, at the most … */
    RING_SHARE = 8 << 20,    /* … and what each may have, whatever the others have */
    RINGS_BYTES = 256 << 20, /* of all rings; above it each has its share */
};

struct ring {
    struct frame *frames; /* `room` places */
    size_t room, first, n, bytes;
    size_t *all;            /* bytes of all rings; borrowed */
    uint64_t complete_from; /* what came after this entry is in the ring, as far as it has come */
};

/* The i-th oldest. */
const struct frame *ring_at(const struct ring *r, size_t i);
/* Which is the first one behind that entry; `n` when there is none. */
size_t ring_after(const struct ring *r, uint64_t lsn);

/* Whether one of that size has no place unless the oldest goes. */
bool ring_is_full(struct ring *r, size_t size);
void ring_drop_first(struct ring *r);
/* Takes the text over; there has to be a place. */
void ring_put(struct ring *r, const struct frame *frame);

void ring_clear(struct ring *r);
void ring_free(struct ring *r);

#endif
