/* The newest entries of a scope as they are sent, for its pages: those that keep up share one text,
 * and one that comes back after a short break, or is behind in a flood, is sent from here what it
 * has missed. What lies further back is asked of the journal, which costs the daemon more than the
 * feed did: so a ring may grow as long as all rings of a board together have room. Where they have
 * not, it grows up to an equal share; what is above that goes when its owner looks (ring_is_over),
 * and when all have looked they have no more than RINGS_BYTES. One thread. */
#ifndef BOARD_RING_H
#define BOARD_RING_H

#include "board/live/told.h"

enum {
    RING_FRAMES = 32768,     /* at the most */
    RING_BYTES = 64 << 20,   /* of texts and of what is kept beside them, at the most */
    RINGS_BYTES = 256 << 20, /* of all rings; above it each has its share */
};

/* What all rings of a board have together. */
struct rings {
    size_t n, bytes;
};

struct ring {
    struct frame *frames; /* `room` places: four times as many as are needed at the most, or few */
    size_t room, first, n, bytes;
    struct rings *all;      /* borrowed */
    uint64_t complete_from; /* what came after this entry is in the ring, as far as it has come */
};

void ring_open(struct ring *r, struct rings *all);
void ring_clear(struct ring *r);
void ring_free(struct ring *r);

/* The i-th oldest. */
const struct frame *ring_at(const struct ring *r, size_t i);
/* Which is the first one behind that entry; `n` when there is none. */
size_t ring_after(const struct ring *r, uint64_t lsn);

/* Whether a text of that size has a place while the oldest stays. An empty ring takes any. */
bool ring_takes(const struct ring *r, size_t size);
/* Whether the oldest has to go, because all together have too much and this one more than its
 * share. */
bool ring_is_over(const struct ring *r);
void ring_drop_first(struct ring *r);
/* Takes the text over. False: no memory. */
bool ring_put(struct ring *r, const struct frame *frame);

#endif
