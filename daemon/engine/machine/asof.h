/* As of: what was known of one case when a given entry was the newest of its own.
 *
 * The case's entries are put through a machine in memory again, together with what they stood on:
 * entries of cases that were looked at, events that waited for the case, swaps of duty by which
 * somebody was asked, the outages and jumps of the clock that were in force. Pure: the journal is
 * read through a function. One thread. */
#ifndef ENGINE_MACHINE_ASOF_H
#define ENGINE_MACHINE_ASOF_H

#include "engine/machine/machine.h"

enum { HX_ASOF_ENTRIES = 4096 }; /* looked at for one answer, at most */

struct hx_asof_journal {
    /* The entry's bytes, allocated in the arena. HX_NOTFOUND: pruned, or never written. */
    int (*entry)(void *ctx, uint64_t lsn, struct hx_arena *arena, const uint8_t **bytes,
                 size_t *size);
    /* LSN of the newest entry of a case. HX_NOTFOUND: no such case. */
    int (*newest)(void *ctx, uint64_t case_number, uint64_t *lsn);
    void *ctx;
    bool by_label; /* references belong to nobody, as in a scenario (memory.h) */
};

/* The newest entry of the case that was written at or before `at`. HX_NOTFOUND: there is no such
 * case, or it was not reported yet; HX_CORRUPT: its entries of that time are pruned. */
HX_CHECK int hx_asof_find(const struct hx_asof_journal *j, uint64_t case_number, int64_t at,
                          uint64_t *lsn);

/* The case as it stood after entry `lsn`, one of its own. HX_CORRUPT: entries it stands on are
 * pruned. HX_TOOBIG: more than HX_ASOF_ENTRIES. HX_MISMATCH: these rules judge otherwise than those
 * that were in force then. */
HX_CHECK int hx_asof(const struct hx_asof_journal *j, const struct hx_rules *rules,
                     const struct hx_city *city, uint64_t lsn, struct hx_case *c);

#endif
