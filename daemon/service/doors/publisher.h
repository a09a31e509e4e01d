/* The PUB door: the whole city for simple tools. Each message is three frames: topic
 * "S-02/C-03/G-041/STATE", the LSN as decimal text, and the serialized Entry; one message per kind
 * of fact in an entry. What a subscriber does not take in time is dropped: the LSN shows the gap,
 * the feed fills it. Entries without a place have "-/-/-". */
#ifndef SERVICE_DOORS_PUBLISHER_H
#define SERVICE_DOORS_PUBLISHER_H

#include "hongxin/error.h"
#include "hongxin/key.h"
#include "service/feeds/tail.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct publisher {
    void *socket;             /* NULL = no PUB door */
    void *zmq;                /* borrowed */
    const struct hx_key *key; /* borrowed; NULL: no encryption */
    size_t subscriptions;
    uint64_t sent;
    char endpoint[256];
};

/* Binds; endpoint NULL or empty = no door; with a key only those may connect who may see the whole
 * city (4.3.4 cannot filter by peer). HX_BUSY: address in use. HX_IO. */
HX_CHECK int publisher_open(struct publisher *p, void *zmq, const char *endpoint,
                            const struct hx_key *key);

/* Cuts everybody off and listens again at the same address: who still may comes back by itself. */
HX_CHECK int publisher_reopen(struct publisher *p);
void publisher_close(struct publisher *p);

/* Looks who has subscribed; to be called once per turn. Nothing is sent while nobody has. */
void publisher_turn(struct publisher *p);

/* Whether anybody has subscribed. */
bool publisher_heard(const struct publisher *p);

/* Publishes an entry whose decoded form is there. */
void publisher_send(struct publisher *p, const struct tail_entry *entry);

#endif
