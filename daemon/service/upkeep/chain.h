/* Check-points: what was committed is hashed, and now and then the hash becomes a signed entry
 * (store/chain.h).
 *
 * After so many entries, or so long after the first one that is in no check-point yet. After a
 * restart the segment that was begun is read again. Loop thread, but for chain_ahead(). */
#ifndef SERVICE_UPKEEP_CHAIN_H
#define SERVICE_UPKEEP_CHAIN_H

#include "hongxin/error.h"
#include "hongxin/instant.h"
#include "store/chain.h"
#include <stdbool.h>

struct service;
struct hx_stored;

struct chain {
    struct hx_chain now;            /* over what is committed */
    struct hx_chain soon;           /* … and what is being committed, up to … */
    uint64_t soon_upto;             /* … this entry; 0 = nothing */
    const struct hx_stored *coming; /* what chain_ahead() is to hash */
    size_t n_coming;
    struct hx_chain_key *key; /* in guarded memory */
    struct hx_mono since;     /* when the first entry of the segment was seen */
    uint64_t points;          /* made since the start */
    uint64_t point_lsn;       /* the entry of the last one: it alone is no reason for another */
};

/* From the last check-point, or the journal's beginning, up to the newest entry. Errors of the
 * store. */
HX_CHECK int chain_open(struct service *s);
void chain_close(struct chain *c);

/* Names what is going to be committed; then chain_ahead() hashes it, by the helper, while it is.
 * Nothing counts before chain_add(). */
void chain_coming(struct chain *c, const struct hx_stored *list, size_t n);
void chain_ahead(void *chain);

/* It was not committed. */
void chain_not_coming(struct chain *c);

/* What the last commit has appended; hashed now unless chain_ahead() has. */
void chain_add(struct service *s, const struct hx_stored *list, size_t n);

/* As the first entry of a batch: writes a check-point over all that is committed. */
HX_CHECK int chain_point(struct service *s);

/* True when chain_point() has something to write. */
bool chain_due(const struct service *s);

#endif
