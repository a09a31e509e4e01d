/* Messages that wait are read by the helper while the loop commits, answers and projects: unpacked,
 * and the events of a Publish with them, of which it finds out what is true whatever the time and
 * the rules. What a source has sent is judged by nobody here.
 *
 * What was read belongs to the turn that follows; a message that is not served in it is read again
 * by the turn that does, like one that nobody has read before, and like what found no room: so much
 * is read as a batch holds, of at most EARLY_MESSAGES and 4 MiB, into at most 16 MiB. A turn never
 * waits for more than the event, or the unpacking of the message, that is being read. Loop thread
 * only. */
#ifndef SERVICE_INTAKE_EARLY_H
#define SERVICE_INTAKE_EARLY_H

#include "base/arena.h"
#include "engine/machine/machine.h"
#include "hongxin/schema.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hx_packing;
struct inbound;
struct service;

/* An event of a Publish. */
struct early_event {
    hxp_event *event; /* NULL: was not read */
    bool masked;      /* mask_written_back() */
    struct hx_glance glance;
};

/* A message. */
struct early {
    hxp_request *message;
    struct early_event *events; /* one for each item; NULL when it is no Publish */
};

enum { EARLY_MESSAGES = 4096 };

struct early_reader {
    struct hx_packing *requests, *events; /* how they are written; owned */
    struct hx_arena arenas[2];            /* of the turn that runs, and of the next one */
    uint64_t round;                       /* counts the readings */
    uint64_t served; /* the one of the turn that runs; 0 = none: what others read is gone */
    uint64_t piece;  /* of the helper; 0 = none is under way */
    struct share_item *items[EARLY_MESSAGES];
    size_t n, most;     /* messages to read, events of the next batch */
    atomic_bool enough; /* the loop comes */
};

/* HX_NOMEM; early_fini in any case. */
HX_CHECK int early_init(struct early_reader *e);
void early_fini(struct early_reader *e);

/* Hands what waits to the helper, once in a turn. The lines are the helper's until early_wait(). */
void early_begin(struct service *s);

/* At the begin of a turn: ends the reading. What the helper has not begun is left. */
void early_wait(struct service *s);

/* At the end of a turn: forgets what was read for it. */
void early_over(struct service *s);

/* What is known of the message; NULL: nothing. Valid until the turn is over. */
const struct early *early_of(const struct service *s, const struct inbound *in);

/* The event in these bytes, in the arena. HX_CORRUPT: it cannot be decoded; HX_TOOBIG: it has more
 * parts than its size allows (hx_message_unpack_bounded); HX_NOMEM. NULL with any of them. The
 * reader is only looked at: any thread. */
HX_CHECK int early_decode(const struct early_reader *e, struct hx_arena *arena,
                          const Hongxin__V1__Item *item, hxp_event **event);

/* The message in these bytes; the same. */
HX_CHECK int early_unpack(const struct early_reader *e, struct hx_arena *arena,
                          const struct inbound *in, hxp_request **message);

#endif
