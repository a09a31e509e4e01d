/* Feeds: subscribers, what each wants, how far each is, and how much each may be sent.
 *
 * A feed is one position in the journal that moves forward as credit allows. Whether the next entry
 * comes from memory (tail) or from the journal makes no difference to anybody but the clock: a
 * reader that lags is served in bounded portions per turn, the others meanwhile.
 *
 * A snapshot is made in pages while the city goes on. Each page is true as of its own LSN, and the
 * entries that follow leave out exactly what a page contained already: no gap, no double. */
#ifndef SERVICE_FEEDS_FEED_H
#define SERVICE_FEEDS_FEED_H

#include "hongxin/instant.h"
#include "service/doors/door.h"
#include "service/feeds/filter.h"
#include "service/locks/zap.h"
#include "store/store.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct service;

/* Cases up to this number are as of this LSN. */
struct feed_page {
    uint64_t upto_case, lsn;
};

struct feed {
    struct door *door;
    struct peer peer;
    uint64_t number;
    char name[HX_SUBSCRIBER_MAX];   /* "" = keeps no cursor */
    const struct hx_principal *who; /* NULL: there are no keys */
    char user[ZAP_USER];            /* its key */
    char behalf[HX_PRINCIPAL_MAX];  /* the principal for whom that key asks; "" = its own */
    hxp_filter *filter;             /* owned; NULL = everything */

    uint32_t credit;
    uint64_t next_lsn;  /* the next entry to look at */
    uint64_t told_lsn;  /* the subscriber knows that nothing is missing up to here */
    uint64_t acked_lsn; /* its cursor */
    bool ack_waits;     /* the cursor is not on disk yet */
    bool lost;          /* goes at the end of the turn */
    struct hx_mono heard_at, told_at;

    bool snapshot;       /* pages are still to come */
    bool history;        /* entries before the snapshot are wanted too, so nothing is left out */
    uint64_t after_case; /* pages so far end here */
    struct feed_page *pages;
    size_t n_pages, cap_pages;
};

struct feeds {
    struct feed **list;
    size_t n, cap;
    size_t turn;               /* who is served first rotates */
    uint64_t opened;           /* numbers given so far */
    bool acks_wait;            /* some feed's cursor is not on disk yet … */
    struct hx_mono acks_since; /* … for so long */
    struct hx_mono looked_at;  /* when the last tick was */
};

/* Room for so many subscribers. HX_NOMEM. */
HX_CHECK int feeds_init(struct feeds *f, size_t most);
void feeds_fini(struct feeds *f);

/* Whatever a peer says shows that it lives. */
void feeds_heard(struct feeds *f, const struct door *door, const struct peer *peer);

/* Sends what credit allows, a bounded portion. Returns true when there is more to do at once. */
bool feeds_push(struct service *s);

/* Tells those whose cursor has reached the disk. */
void feeds_acked(struct service *s);

/* Once a second: drops who has been silent for HX_QUIET_MS. When it was not called for longer than
 * HX_ALIVE_MS, that time does not count. */
void feeds_tick(struct service *s);

/* Entries that the slowest feed has before it. */
uint64_t feeds_lag(const struct feeds *f, uint64_t newest);

/* Another registry is in force: feeds of keys that are not any more, or whose name their principal
 * may not bear any more, end at once; the others go on with the rights they have now. */
void feeds_relock(struct service *s);

/* One step of a feed's snapshot; false when the feed has to wait for credit or is lost. */
bool snapshot_step(struct service *s, struct feed *feed);

/* True when a page of the snapshot contained what this entry says. */
bool snapshot_contains(const struct feed *feed, uint64_t case_number, uint64_t lsn);

/* Sends a message on a feed; marks the feed lost when its subscriber cannot be reached. */
bool feed_send(struct service *s, struct feed *feed, hxp_response *message);

/* Says how far the feed is when that is not known yet and nothing else is to be said. */
void feed_progress(struct service *s, struct feed *feed);

/* Ends a feed: it goes with the next tick, and its receiver may be unreachable from now on. */
void feed_end(struct service *s, struct feed *feed, const char *why);

#endif
