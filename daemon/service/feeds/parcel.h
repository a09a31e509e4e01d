/* Entries of the journal on their way to one receiver: filtered and masked by his rights, as much
 * as fits into one message. Feeds are made of parcels, and so is the answer to an EntriesQuery.
 * Memory is the turn's; one thread. */
#ifndef SERVICE_FEEDS_PARCEL_H
#define SERVICE_FEEDS_PARCEL_H

#include "service/feeds/feed.h"
#include "service/limits.h"
#include "service/locks/mask.h"

/* Looking at an entry costs one unit; sixteen when it has to be decoded or read for it. */
enum { COST_SEEN = 1, COST_READ = 16 };

/* One Entries message in the making. */
struct parcel {
    struct service *s;
    struct feed *feed;
    struct mask_rule mask;
    ProtobufCBinaryData entries[LIMIT_ENTRIES];
    size_t n, bytes;
    size_t most;   /* entries; 0: as many as fit */
    uint64_t next; /* the entry to look at next */
    size_t cost;
    bool failed;
};

/* For what this feed may see, from its next entry on. `p` is zeroed. */
void parcel_begin(struct parcel *p, struct service *s, struct feed *feed);

/* Looks at entries, from memory or from the journal, until the message is full or the budget is
 * used up; `next` tells how far it has got. `failed`: out of memory, or the store does not answer.
 */
void parcel_gather(struct parcel *p, size_t budget);

#endif
