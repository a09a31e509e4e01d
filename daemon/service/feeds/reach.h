/* Which receivers can be reached, and how far each is. A receiver is known once a subscriber of its
 * name ("company:P-07", "company:P-07/desk-2", "community:C-03", "city") has said HELLO; before
 * that it counts as reachable. A bridge ("road:voice") is reachable only while it is connected. One
 * thread. */
#ifndef SERVICE_FEEDS_REACH_H
#define SERVICE_FEEDS_REACH_H

#include "engine/machine/machine.h"
#include <stddef.h>
#include <stdint.h>

struct reach {
    struct reach_receiver *list; /* sorted by name */
    size_t n, cap, down;
};

void reach_init(struct reach *r);
void reach_fini(struct reach *r);

/* A subscriber came or was lost. Names of others than receivers are ignored, and so are new ones
 * beyond LIMIT_RECEIVERS. */
void reach_up(struct reach *r, const char *subscriber);
void reach_down(struct reach *r, const char *subscriber);
/* Its cursor: everything up to this entry has been acknowledged. */
void reach_acked(struct reach *r, const char *subscriber, uint64_t lsn);

/* For struct hx_machine; ctx is the struct reach. Down while all its subscribers are lost; when all
 * of several known receivers are down the fault is ours (corner 18). */
enum hx_reach reach_of(void *ctx, const char *id);
/* The same, or HX_REACH_FETCHED when one of its subscribers has acknowledged this entry; and
 * HX_REACH_UNKNOWN for one that has not said HELLO since the start. */
enum hx_reach reach_fetched(void *ctx, const char *id, uint64_t lsn);

#endif
