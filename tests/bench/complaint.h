/* Complaints for the benches of the store: what the engine hands over for one new report, with the
 * sizes of real ones (a case of some 450 bytes, an entry of some 1,000). */
#ifndef BENCH_COMPLAINT_H
#define BENCH_COMPLAINT_H

#include "base/arena.h"
#include "store/store.h"

#define BENCH_T0 INT64_C(1795000000000)

/* One template serves many complaints: it stays in the processor's cache, as in the daemon, where
 * the engine has just made it. */
struct complaint {
    struct hx_case c;
    hxp_entry *entry;
    struct hx_seen seen;
    char id[32];
};

struct complaint *complaint_make(struct hx_arena *arena); /* NULL without memory */

/* Makes the template the n-th complaint, in a place of its own. */
void complaint_number(struct complaint *t, uint64_t n, int64_t now);

/* Due time of a report's next mark: 60 % of the first budget. */
int64_t complaint_due(const struct complaint *t);

#endif
