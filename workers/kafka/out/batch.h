/* What becomes one transaction: the records of some entries, in order, and how far they go. Made by
 * the loop, written by the sender; never by both at once. */
#ifndef KAFKA_BATCH_H
#define KAFKA_BATCH_H

#include "base/arena.h"
#include "kafka/out/position.h"
#include "kafka/out/record.h"
#include <stdbool.h>

struct batch {
    struct hx_arena arena;
    struct record *first, **last;
    size_t entries, records, bytes;
    int64_t oldest;           /* t_rec of its first entry; 0 = no entries */
    struct position position; /* what holds when it is committed; owner and time are the sender's */
};

static inline void batch_init(struct batch *b)
{
    *b = (struct batch){.first = NULL};
    hx_arena_init(&b->arena, 0);
    b->last = &b->first;
}

/* Empties it; the position stays. */
static inline void batch_clear(struct batch *b)
{
    const struct position p = b->position;
    struct hx_arena arena = b->arena;
    hx_arena_reset(&arena);
    *b = (struct batch){.arena = arena, .position = p};
    b->last = &b->first;
}

/* Appends records; NULL is none. */
static inline void batch_add(struct batch *b, struct record *r)
{
    *b->last = r;
    for (; r; r = r->next) {
        b->records++;
        b->bytes += r->size;
        b->last = &r->next;
    }
}

#endif
