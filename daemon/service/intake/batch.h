/* One batch: everything that shares a transaction, and the answers that wait for its commit.
 *
 * When the transaction fails because of the store (no room, input or output) every event of the
 * batch is answered RETRY_AFTER and nothing is acknowledged. When it fails because of one event or
 * one case, the batch is done again, each event in a transaction of its own, so that the bad one is
 * alone. */
#ifndef SERVICE_INTAKE_BATCH_H
#define SERVICE_INTAKE_BATCH_H

#include "hongxin/instant.h"
#include "hongxin/schema.h"
#include "service/counters.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <zmq.h>

struct door;
struct early_event;
struct hx_principal;
struct hx_due_row;
struct hx_stored;
struct peer;
struct service;

/* One Publish in work; in the turn's arena. */
struct batch_job {
    struct batch_job *next;
    struct door *door;
    const struct peer *peer;
    uint64_t number, request;
    const Hongxin__V1__Publish *publish;
    const struct early_event *events; /* of its items, when they were read before; else NULL */
    hxp_reply **replies;              /* one per item */
    zmq_msg_t packed;                 /* the answer, when … */
    bool is_packed;                   /* … the helper has packed it while the batch is written */
    int64_t t_wall, t_now;            /* wall clock and machine's time when our door read it */
    const struct hx_principal *who;   /* whose key; NULL without keys */
    uint64_t wait_ms;                 /* above 0: it has sent too much, nothing is applied … */
    const char *refusal;              /* … OVER_QUOTA: its organisation; FAIR_SHARE: it alone */
};

struct batch {
    /* of the turn */
    bool open; /* a transaction runs */
    int error; /* the first error of it */
    struct batch_job *first, **last;
    bool life; /* what the daemon says of itself is in it */
    size_t items;
    size_t room_until;      /* of the turn's arena: no event is taken beyond it */
    int64_t begun_us;       /* monotonic; when the first event was read */
    struct hx_due_row *due; /* deadlines judged in it; in the arena */
    size_t n_due;
    const struct hx_stored *entries; /* the sealed ones; the store's, until its next begin */
    size_t n_entries;
    struct counted_facts counted; /* of them, when … */
    bool is_counted;              /* … the helper has counted them while they were written */

    /* while the store takes nothing */
    bool troubled;
    int failures; /* in a row, of a kind that only a new process may get rid of */
    int64_t pause_ms;
    struct hx_mono retry_at;
};

/* Entries of a batch, at the least, with which the helper helps. */
enum { BATCH_HELPED = 64 };

/* Events that a batch may hold: while several sources wait, none of them waits for a whole batch of
 * the others. */
size_t batch_most(const struct service *s);

/* Ready for a turn. */
void batch_reset(struct batch *b);

/* Begins the transaction when none runs. Its error otherwise: the batch has failed. */
HX_CHECK int batch_begin(struct service *s);

/* True while the store is left alone after a failure. */
bool batch_paused(const struct service *s);

/* Adds a Publish and applies its events. */
void batch_add(struct service *s, struct batch_job *job);

/* Commits, and only then answers; hands what was written to the tail and to the PUB door. Returns
 * false when durability can no longer be promised: the daemon must end. */
bool batch_settle(struct service *s);

/* Hands what the last commit has written to the tail and the PUB door. */
void batch_show(struct service *s);

/* True for an error of the store as a whole, whatever the event: no room, input or output, memory.
 */
bool batch_trouble(int err);

#endif
