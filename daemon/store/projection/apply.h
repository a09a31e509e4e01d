/* Rows of the projections, from items of a tail: sorted, then written by one walking cursor. Used
 * by the projections' steps and by the check, which applies them to a store of its own. */
#ifndef STORE_APPLY_H
#define STORE_APPLY_H

#include "store/key.h"
#include "store/projection/tail.h"

/* Items [from, from + n) of a tail go into one table. */
struct apply {
    MDB_txn *txn;
    MDB_dbi dbi;
    struct tail *tail; /* only the order of its names is brought up to date */
    size_t from, n;
};

/* Errors as by store_error(). */
int apply_feed(const struct apply *a);
int apply_open(const struct apply *a);
int apply_tally(const struct apply *a);

/* Counters of the items, added up: what apply_tally() adds to its rows. */
struct tally_row {
    int32_t day;   /* month rows: 12 * year + month - 1 */
    uint8_t month; /* 1: a month's row */
    uint8_t dimension;
    uint32_t id, what; /* numbers of texts */
    uint64_t count;
};
struct tally_sum {
    struct tally_row *rows; /* hash table: count 0 = free */
    size_t n, slots;
};
int tally_sum(struct tally_sum *s, const struct tail *t, size_t from, size_t n);
void tally_sum_fini(struct tally_sum *s);

/* Key of `tally`: period NUL dimension NUL id NUL what. */
void tally_key(struct key *k, const struct tail *t, const struct tally_row *row);
extern const char *const tally_dimensions[];
enum { TALLY_CITY, TALLY_STREET, TALLY_COMMUNITY, TALLY_GRID, TALLY_HOLDER, TALLY_DIMENSIONS };

/* Rows as sorted keys with counts, for writing and for merging; one block, freed with free(). */
struct tally_key_count {
    struct key key;
    uint64_t count;
};
int tally_sorted(const struct tally_sum *s, const struct tail *t, struct tally_key_count **out);

#endif
