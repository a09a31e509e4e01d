/* Which holders can be reached. A holder is known once a subscriber of its name ("company:P-07",
 * "company:P-07/desk-2", "community:C-03") has said HELLO; before that it counts as reachable. One
 * thread. */
#ifndef SERVICE_REACH_H
#define SERVICE_REACH_H

#include "engine/machine.h"
#include <stddef.h>
#include <stdint.h>

struct reach {
    struct reach_receiver *list; /* sorted by name */
    size_t n, cap, down;
};

void reach_init(struct reach *r);
void reach_fini(struct reach *r);

/* A subscriber came or was lost. Names of others than holders are ignored, and so are new ones
 * beyond LIMIT_RECEIVERS. */
void reach_up(struct reach *r, const char *subscriber);
void reach_down(struct reach *r, const char *subscriber);

/* For struct hx_machine; ctx is the struct reach. Down while all its subscribers are lost; when all
 * of several known holders are down the fault is ours (corner 18). */
enum hx_reach reach_of(void *ctx, const char *holder);

#endif
