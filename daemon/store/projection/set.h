/* Sets of numbers (cases, LSNs) as rows: the projections' lists.
 *
 * A list such as "open cases of grid G-041" is a sparse set of growing numbers. One row holds those
 * of a block of 4,096 neighbours: 16 bits each while they are few, a bitmap of 512 bytes when they
 * are many. Against one row per number this takes a tenth of the space and writes one row where
 * thousands were written; and the content alone decides the bytes, so a rebuild gives the same
 * rows.
 *
 * Key: prefix of the list, block number BE64. Value: offsets within the block as BE16, ascending,
 * at most 255 of them; else the bitmap, bit i of byte j being offset 8 j + i. */
#ifndef STORE_SET_H
#define STORE_SET_H

#include "store/key.h"

#include <stdbool.h>

enum {
    SET_SHIFT = 12,
    SET_BLOCK = 1 << SET_SHIFT,
    SET_BYTES = SET_BLOCK / 8, /* largest value: the bitmap */
    SET_LIST_MAX = SET_BYTES / 2 - 1,
};

struct set_block {
    uint64_t bits[SET_BLOCK / 64];
};

/* False: not a value that set_encode() writes. The block is empty then. */
bool set_decode(struct set_block *b, MDB_val value);

/* Bytes written; 0 = the block is empty and its row should go. */
size_t set_encode(const struct set_block *b, uint8_t out[SET_BYTES]);

static inline void set_change(struct set_block *b, uint64_t number, bool add)
{
    unsigned i = number & (SET_BLOCK - 1);
    uint64_t bit = UINT64_C(1) << (i & 63);
    b->bits[i >> 6] = add ? b->bits[i >> 6] | bit : b->bits[i >> 6] & ~bit;
}

/* The first offset of at least `from` that is in the block; SET_BLOCK = none. */
unsigned set_next(const struct set_block *b, unsigned from);

/* One change of one list. */
struct set_op {
    uint64_t number;
    uint32_t sequence; /* of several changes of one number the last one counts */
    bool add;
};

/* Applies changes to the list with this prefix; sorts them first if need be. LMDB's code. */
int set_apply(MDB_cursor *cur, struct key *prefix, struct set_op *ops, size_t n);

#endif
