/* The state of a proof; see replay.c. */
#ifndef TORTURE_REPLAY_H
#define TORTURE_REPLAY_H

#include "base/arena.h"
#include "engine/memory.h"
#include "torture/disk.h"

struct kept {       /* one entry */
    uint64_t event; /* hash of its event's id; 0 = a mark fired */
    uint64_t case_number;
};

struct hashes {
    uint64_t *list;
    size_t n, cap;
};

struct replay {
    /* the store, and the rules it was made with */
    struct disk disk;
    struct hx_rules *rules;
    struct hx_city *city;

    /* the machine that does it all again */
    struct hx_machine machine;
    struct hx_memory *memory;
    struct hx_arena arena;  /* of the machine, until its entries are compared */
    struct hx_arena stored; /* of the entry being looked at */
    const hxp_entry *const *made;
    size_t n_made, next_made;

    /* seen so far */
    uint64_t entries; /* the newest LSN */
    int64_t t_rec;
    struct kept *kept; /* by LSN */
    size_t kept_cap;
    uint64_t *chains; /* by case: LSN of its newest entry */
    size_t chains_cap;
    struct hashes events, told;
    size_t fired, late, cases, pending, acknowledged, refused, faults;
    int64_t until;
};

HX_CHECK int replay_init(struct replay *r);
void replay_fini(struct replay *r);

/* For disk_walk(): looks at one entry of the journal and lets the machine make it again. */
int replay_entry(void *replay, uint64_t lsn, const uint8_t *bytes, size_t size);

void fault(struct replay *r, const char *fmt, ...) HX_PRINTF(2, 3);

/* FNV-1a, going on from `h` (0 = new). */
uint64_t text_hash(uint64_t h, const char *text);

#endif
