/* Messages that wait are read by the helper while the loop commits, answers and projects: unpacked,
 * and the events of a Publish with them. What a source has sent is judged by nobody here.
 *
 * What was read belongs to the turn that follows; a message that is not served in it is read again
 * by the turn that does, like one that nobody has read before. Loop thread only. */
#ifndef SERVICE_INTAKE_EARLY_H
#define SERVICE_INTAKE_EARLY_H

#include "base/arena.h"
#include "hongxin/schema.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct inbound;
struct service;

/* An event of a Publish. */
struct early_event {
    hxp_event *event; /* NULL: was not read */
    bool masked;      /* mask_written_back() */
};

/* A message. */
struct early {
    hxp_request *message;
    struct early_event *events; /* one for each item; NULL when it is no Publish */
};

struct early_reader {
    struct hx_arena arenas[2]; /* of the turn that runs, and of the next one */
    uint64_t round;            /* counts the readings: what is of another one is gone */
    uint64_t piece;            /* of the helper; 0 = none is under way */
    struct share_item **items;
    size_t n, room;
};

void early_init(struct early_reader *e);
void early_fini(struct early_reader *e);

/* Hands what waits to the helper, once in a turn. The lines are the helper's until early_wait(). */
void early_begin(struct service *s);

/* At the begin of a turn. */
void early_wait(struct service *s);

/* What is known of the message; NULL: nothing. Valid until the turn is over. */
const struct early *early_of(const struct service *s, const struct inbound *in);

/* The event in these bytes, in the arena; NULL: cannot be decoded. */
hxp_event *early_decode(struct hx_arena *arena, const Hongxin__V1__Item *item);

#endif
