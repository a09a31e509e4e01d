/* After an outage of ours each receiver gets one digest (corner 17): how many notices were late
 * because of it, and which. Kept from entries that are on disk, so that a digest never tells of
 * what did not happen, and written when everything that fell due meanwhile has been judged. One
 * thread.
 */
#ifndef ENGINE_NOTICE_DIGEST_H
#define ENGINE_NOTICE_DIGEST_H

#include "engine/notice/calm.h"

enum {
    HX_DIGEST_RECEIVERS = 1024, /* further ones have their single notices only */
    HX_DIGEST_ITEMS = 16384,    /* notices that are named; further ones are only counted */
};

struct hx_digest {
    size_t n;
    struct hx_digest_line {
        char to[HX_PERSON_MAX];
        uint32_t notices;
        uint32_t first, last; /* of its items: index + 1; 0 = none */
    } lines[HX_DIGEST_RECEIVERS];
    uint16_t slots[2 * HX_DIGEST_RECEIVERS]; /* index by name: line + 1; 0 = free */
    size_t n_items;
    struct hx_digest_item {
        struct hx_held_notice notice;
        uint32_t next; /* of the same receiver: index + 1; 0 = the last */
    } items[HX_DIGEST_ITEMS];
};

/* Counts the late notices of a committed entry; a committed digest ends the count. */
void hx_digest_add(struct hx_digest *d, const hxp_entry *e);

/* Whether there is something to tell, and it may be told now. `owed`: an end of the count must be
 * written, also when nothing was counted. */
bool hx_digest_due(const struct hx_digest *d, const struct hx_machine *m, bool owed);

/* One entry for each receiver, at the machine's time. Errors of the backend; HX_NOMEM. */
HX_CHECK int hx_machine_digest(struct hx_machine *m, const struct hx_digest *d);

#endif
