/* A door: one bound ROUTER socket that speaks hongxin/1 (PROTOCOL.md): a message is the frames
 * "hongxin/1" and one protobuf message.
 *
 * The descriptor of a ZeroMQ socket is edge-triggered and any call on the socket may swallow the
 * edge. The rule that follows from it: after whatever was done with a door, ask door_ready() before
 * going back to wait.
 *
 * Routing ids are claims of the peer and prove nothing. One thread. */
#ifndef SERVICE_DOORS_DOOR_H
#define SERVICE_DOORS_DOOR_H

#include "hongxin/error.h"
#include "hongxin/key.h"
#include "hongxin/schema.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <zmq.h>

enum door_kind { DOOR_INTAKE = 1, DOOR_FEED = 2, DOOR_ANY = DOOR_INTAKE | DOOR_FEED };

struct door {
    void *socket;
    const char *name; /* for the log */
    enum door_kind kind;
    char endpoint[256];         /* as bound: with the port that was free */
    struct hx_packing *packing; /* of answers */
    uint8_t *scratch;           /* where answers are packed; grows to the largest one */
    size_t scratch_size;
    size_t pulled, pulled_bytes; /* messages taken for the next turn already */
    /* counted */
    uint64_t received, sent, unreachable, full;
};

/* A connection on a door, as the socket names it. */
struct peer {
    uint8_t size;
    uint8_t id[255];
};

struct early;

/* One message that came in. `body` stays valid until the next door_receive(). */
struct inbound {
    struct peer peer;
    const char *user; /* whose key: User-Id of the last frame (lock.h); NULL without keys. Valid as
                         long as `body` */
    bool named;       /* the peer has chosen its routing id itself */
    zmq_msg_t body;
    const char *problem;       /* code for the answer when the frames were wrong; else NULL */
    const struct early *early; /* what was read of it before its turn: early_of() */
    uint64_t early_round;
};

struct door_options {
    const char *name;
    enum door_kind kind;
    const char *endpoint;
    int64_t message_bytes;    /* larger frames close the connection */
    int queue;                /* messages kept for one peer, each way */
    const struct hx_key *key; /* the daemon's; NULL: no encryption, nobody is asked */
};

/* Makes any socket a CURVE server whose peers the doorkeeper of this domain admits (zap.h). False
 * when that cannot be had: then it must not be bound. */
HX_CHECK bool door_lock(void *socket, const struct hx_key *key, const char *domain);

/* Binds. HX_IO with the reason in the log; HX_BUSY when the address is in use. */
HX_CHECK int door_open(struct door *d, void *zmq, const struct door_options *options);

/* Closes; what is still queued for peers has been sent or is given up after the context's linger.
 */
void door_close(struct door *d);

/* The descriptor to wait for. */
int door_fd(const struct door *d);

/* True when a message waits. */
bool door_ready(struct door *d);

/* Takes one message. HX_OK, HX_AGAIN (none), HX_IO. The inbound must have been through
 * inbound_init(). */
HX_CHECK int door_receive(struct door *d, struct inbound *in);
void inbound_init(struct inbound *in);
void inbound_fini(struct inbound *in);

/* What `from` holds goes to `to`, which need not be initialised; `from` can be used again. */
void inbound_move(struct inbound *to, struct inbound *from);

/* Packs and queues a message; never waits. HX_CLOSED: the peer is gone. HX_AGAIN: its queue is
 * full. HX_NOMEM. Each is counted. */
HX_CHECK int door_send(struct door *d, const struct peer *to, const hxp_response *response);

/* The same in two steps; sending uses up what was packed. Packing touches nothing of the door but
 * where answers are packed, so that the helper may do it while the loop leaves the door alone. */
HX_CHECK int door_pack(struct door *d, const hxp_response *response, zmq_msg_t *packed);
HX_CHECK int door_send_packed(struct door *d, const struct peer *to, zmq_msg_t *packed);

/* Overwrites where answers are packed: the last one held what must not stay. */
void door_forget(struct door *d);

bool peer_equal(const struct peer *a, const struct peer *b);

/* True for an endpoint that only this machine can reach. */
bool endpoint_local(const char *endpoint);

#endif
