/* The newest journal entries in memory, for readers that are nearly up to date: they touch no
 * table. A ring of fixed size; the oldest entries go first. One thread. */
#ifndef SERVICE_FEEDS_TAIL_H
#define SERVICE_FEEDS_TAIL_H

#include "hongxin/error.h"
#include "hongxin/schema.h"
#include "service/locks/rights.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tail_entry {
    uint64_t lsn;
    uint64_t case_number;
    const uint8_t *bytes; /* inside the ring */
    size_t size;
    const hxp_entry *decoded; /* until live_tail_undecode, else NULL */
};

/* What an entry is known by to the rights (rights.h), worked out once when somebody asks. */
struct tail_tags {
    uint64_t lsn; /* 0 = not yet */
    struct rights_tags tags;
};

struct tail {
    uint8_t *ring;
    size_t cap, at; /* bytes; where the next entry goes */
    struct tail_entry *index;
    struct tail_tags *tags; /* as many as slots; made when first asked for */
    size_t slots;
    uint64_t oldest, next; /* LSNs: oldest … next - 1 are here */
    uint64_t decoded_from; /* the first that may be decoded; 0 = none is */
};

/* `bytes` of ring and so many slots; the first entry will have the number next_lsn. HX_NOMEM. */
HX_CHECK int live_tail_init(struct tail *t, size_t bytes, size_t slots, uint64_t next_lsn);
void live_tail_fini(struct tail *t);

/* Copies an entry. Numbers must follow each other: after a jump the tail begins anew. An entry
 * larger than the ring is left out, and the tail begins after it. */
void live_tail_append(struct tail *t, const struct tail_entry *entry);

/* NULL when it is not here (any more). */
const struct tail_entry *live_tail_find(const struct tail *t, uint64_t lsn);

/* The place for the tags of an entry that is here; their lsn tells whether they are set. NULL
 * without memory. */
struct tail_tags *live_tail_tags(struct tail *t, uint64_t lsn);

/* The numbers of areas have changed: no tags are set any more. */
void live_tail_untag(struct tail *t);

/* Forgets all decoded forms: their memory goes away. To be called before that, whoever appended
 * them, in a turn or between two. */
void live_tail_undecode(struct tail *t);

#endif
