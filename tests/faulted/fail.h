/* A machine that fails at the n-th call: allocations of our own code, also out of an arena, which
 * asks the system only now and then; and every call of LMDB. In this process alone; the store's
 * file lies on a disk that nobody waits for.
 *
 * Only calls that come from this program's own text are counted, so that no library is made to fail
 * that cannot bear it (GEOS and ICU abort without memory); what LMDB itself does with a failing
 * disk or allocation is for tests/torture. */
#ifndef FAULTED_FAIL_H
#define FAULTED_FAIL_H

#include <stdbool.h>
#include <stdint.h>

/* X(name): one counter for each kind of call. */
#define FAIL_KINDS(X)                                                                              \
    X(allocation) X(arena) X(begin) X(commit) X(open) X(get) X(put) X(del) X(cursor) X(move) X(drop)

enum fail_kind {
#define X(name) FAIL_##name,
    FAIL_KINDS(X)
#undef X
        FAIL_N
};

/* The n-th call from now fails; 0: none, but they are counted. */
void fail_arm(uint64_t n);
/* The n-th call of this kind, and no other is counted. */
void fail_arm_only(enum fail_kind kind, uint64_t n);
/* No call fails any more; how many there were. */
uint64_t fail_disarm(void);
/* Whether one has failed since it was armed. */
bool fail_hit(void);

extern uint64_t fail_counts[FAIL_N]; /* faults so far, by kind */
extern const char *const fail_names[FAIL_N];

#endif
