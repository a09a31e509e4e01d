/* After an outage of ours each receiver gets one digest (corner 17): how many notices were late
 * because of it. Counted from entries that are on disk, so that a digest never tells of what did
 * not happen, and written when everything that fell due meanwhile has been judged. One thread. */
#ifndef ENGINE_DIGEST_H
#define ENGINE_DIGEST_H

#include "engine/machine.h"

enum { HX_DIGEST_RECEIVERS = 1024 }; /* further ones have their single notices only */

struct hx_digest {
    size_t n;
    struct hx_digest_line {
        char to[HX_PERSON_MAX];
        uint32_t notices;
    } lines[HX_DIGEST_RECEIVERS];
    uint16_t slots[2 * HX_DIGEST_RECEIVERS]; /* index by name: line + 1; 0 = free */
};

/* Counts the late notices of a committed entry; a committed digest ends the count. */
void hx_digest_add(struct hx_digest *d, const hxp_entry *e);

/* Whether there is something to tell, and it may be told now. */
bool hx_digest_due(const struct hx_digest *d, const struct hx_machine *m);

/* One entry for each receiver, at the machine's time. Errors of the backend; HX_NOMEM. */
HX_CHECK int hx_machine_digest(struct hx_machine *m, const struct hx_digest *d);

#endif
