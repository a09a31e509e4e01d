/* Inside libhongxin. A client is made of two doors (client_door.c) and of three users of them:
 * publishing (client_publish.c; one event and its answer: client_publish_wait.c), the feed
 * (client_feed.c) and the questions that wait for their answers (client_ask.c). client.c drives
 * them: each user has
 *
 *   …_tick(client, now)   sends what is to be sent, again if need be
 *   …_due(client)         when tick has something to do next without anything arriving
 *
 * and takes the responses that belong to it. All numbers of requests come from one counter, so a
 * Problem finds its owner by number. Times are of the monotonic clock. */
#ifndef HONGXIN_CLIENT_INTERNAL_H
#define HONGXIN_CLIENT_INTERNAL_H

#include "hongxin/client.h"
#include "hongxin/key.h"

#define HX_HIDDEN __attribute__((visibility("hidden")))
#define HX_NEVER  INT64_MAX

enum {
    HX_RESEND_CAP_MS = 30000,   /* the time between two attempts does not grow further */
    HX_RETRY_CAP_MS = 60000,    /* a longer RETRY_AFTER is shortened */
    HX_RETRY_DEFAULT_MS = 1000, /* RETRY_AFTER that names no time */
    HX_TURN_MESSAGES = 256,     /* taken from one door before the other has its turn */
};

/* ---- doors ---- */

/* One DEALER connection with its monitor. */
struct hx_link {
    void *context;
    void *socket, *monitor;
    char *endpoint;           /* NULL: not used, the rest is empty */
    const struct hx_key *key; /* the client's; NULL: no encryption */
    unsigned number;
    int linger_ms;
    int epoll;          /* borrowed: its descriptors are registered there */
    bool up;            /* the handshake is done */
    int64_t not_before; /* after a refusal: when the connection is tried anew; 0 = at once */
    bool refused; /* the last handshake failed: the daemon does not know our key, or we not its */
    unsigned hung_up;    /* connections in a row that the other side ended before the handshake */
    bool stuck;          /* a message could not be sent: wait for room */
    unsigned generation; /* connections there have been */
    uint64_t garbage;    /* messages that were not understood */
};

/* A serialized Request: `head` and `body` follow each other in the second frame. */
struct hx_outbound {
    const void *head;
    size_t head_size;
    const void *body;
    size_t body_size;
};

HX_HIDDEN HX_CHECK int hx_link_open(struct hx_link *link);
HX_HIDDEN void hx_link_close(struct hx_link *link);

/* HX_OK; HX_AGAIN: no connection or no room (`stuck` is set); HX_TOOBIG: above HX_MESSAGE_MAX,
 * which ZeroMQ would lose without a word. */
HX_HIDDEN HX_CHECK int hx_link_send(struct hx_link *link, const struct hx_outbound *message);
HX_HIDDEN HX_CHECK int hx_link_send_request(struct hx_link *link, const hxp_request *request);

/* Brings `up` and `generation` up to date. */
HX_HIDDEN void hx_link_watch(struct hx_link *link);

/* True when a call on the link has something to do now. */
HX_HIDDEN bool hx_link_ready(const struct hx_link *link);

/* ---- publishing ---- */

struct hx_batch;
struct hx_publisher {
    struct hx_batch *first, *last; /* sealed, in order of their numbers */
    struct hx_batch *filling;
    size_t pending, pending_bytes;
    bool told_retry; /* the last answer was RETRY_AFTER or BUSY */
    /* The daemon takes the messages of a connection in order. What was sent behind one that is
     * answered is on its way, however long the queue; what was sent before it is lost. */
    uint64_t sends, answered; /* messages sent; the latest of them that was answered */
    int64_t heard_at;         /* of the last answer */
};

HX_HIDDEN void hx_publisher_tick(hx_client *c, int64_t now);
HX_HIDDEN int64_t hx_publisher_due(const hx_client *c);
HX_HIDDEN void hx_publisher_replies(hx_client *c, const Hongxin__V1__Replies *replies);
HX_HIDDEN bool hx_publisher_problem(hx_client *c, const Hongxin__V1__Problem *problem);
HX_HIDDEN void hx_publisher_fini(hx_client *c);

/* ---- a Publish by hand: client_wire.c ---- */

enum {
    HX_ITEM_OVERHEAD = 24, /* tags and lengths around one event and its reporter */
    HX_PUBLISH_HEAD = 64,  /* what stands before the items, but for the principal's name */
};

struct hx_item_sizes {
    size_t event, reporter, unreadable, closes, item; /* the item without its own tag and length */
};

/* HX_INVALID: nothing to send, or an event without id or source; HX_TOOBIG. */
HX_HIDDEN HX_CHECK int hx_item_measure(const struct hx_item *item, struct hx_item_sizes *s);
/* Writes the item with its tag and length, at most s->item + HX_ITEM_OVERHEAD bytes; their number.
 */
HX_HIDDEN size_t hx_item_write(uint8_t *to, const struct hx_item *item,
                               const struct hx_item_sizes *s);
/* Writes the Request up to its items, which are `body` bytes; returns how many. */
HX_HIDDEN size_t hx_publish_head(uint8_t *to, uint64_t number, const char *behalf, size_t body);

/* ---- the feed ---- */

struct hx_feed {
    /* what is wanted; own copies */
    bool on;
    Hongxin__V1__Hello hello;
    char *behalf;
    const struct hx_feed_calls *calls;
    void *arg;
    /* this connection */
    unsigned generation;
    uint64_t number; /* of the Hello; 0: to be sent */
    bool welcomed;
    uint32_t consumed; /* messages not yet given back as credit */
    int64_t said_at;   /* the daemon last heard us */
    int64_t not_before;
    /* the subscription's life */
    char *epoch;
    bool placed;        /* `seen` tells where to go on */
    bool snapshot_done; /* … or none was asked for */
    bool paused;        /* no credit is given back */
    uint64_t seen;      /* everything up to here was given to the caller */
    uint64_t ack_wanted, ack_sent, acked;
};

/* Memory of a response while it is handled, of one entry while it is told; see client_scratch.c. */
struct hx_scratch_block;
struct hx_scratch {
    struct hx_scratch_block *blocks; /* newest first */
};
HX_HIDDEN ProtobufCAllocator hx_scratch_allocator(struct hx_scratch *s);
HX_HIDDEN void hx_scratch_reset(struct hx_scratch *s); /* all that was taken is given back */
HX_HIDDEN void hx_scratch_fini(struct hx_scratch *s);

/* The next message, NULL when there is none. It lives in the scratch until that is reset. */
HX_HIDDEN hxp_response *hx_link_receive(struct hx_link *link, struct hx_scratch *s);

HX_HIDDEN void hx_feed_tick(hx_client *c, int64_t now);
HX_HIDDEN int64_t hx_feed_due(const hx_client *c);
HX_HIDDEN void hx_feed_response(hx_client *c, const hxp_response *response);
HX_HIDDEN bool hx_feed_problem(hx_client *c, const Hongxin__V1__Problem *problem);
HX_HIDDEN bool hx_feed_settled(const hx_client *c);
HX_HIDDEN void hx_feed_fini(hx_client *c);

/* ---- questions ---- */

struct hx_question;
struct hx_waiter {
    hx_answer_fn *fn;
    void *arg;
};

HX_HIDDEN void hx_question_tick(hx_client *c, int64_t now);
HX_HIDDEN int64_t hx_question_due(const hx_client *c);
HX_HIDDEN void hx_question_answer(hx_client *c, const hxp_response *response);
HX_HIDDEN bool hx_question_problem(hx_client *c, const Hongxin__V1__Problem *problem);
HX_HIDDEN void hx_question_fini(hx_client *c);

/* ---- the client ---- */

struct hx_client {
    void *context;
    bool shared; /* … belongs to another client */
    struct hx_link intake, feed_link;
    struct hx_key *key;     /* kept for connections that are made anew; NULL: none */
    int epoll, wake, timer; /* descriptors behind hx_client_fd() */
    unsigned window, batch, wait_ms, resend_ms;
    bool hand_back; /* RETRY_AFTER is the caller's to honour */
    uint64_t last_number;
    bool busy; /* inside hx_client_poll() */
    bool closing;
    char problem[8192]; /* a refused file has many faults */
    struct hx_publisher publisher;
    struct hx_feed feed;
    struct hx_scratch response;                     /* … that is being handled */
    struct hx_scratch scratch;                      /* of the entry that is being told */
    struct hx_question *questions, **last_question; /* in the order of asking */
};

HX_HIDDEN int64_t hx_client_now(void);

/* Makes hx_client_fd() readable: something is to be done that no socket tells. */
HX_HIDDEN void hx_client_wake(const hx_client *c);

/* What is answered by hx_client_problem(). */
HX_HIDDEN HX_PRINTF(2, 3) void hx_client_note(hx_client *c, const char *format, ...);

/* True when the daemon says "later": then *not_before is set. */
HX_HIDDEN bool hx_problem_is_later(const Hongxin__V1__Problem *problem, int64_t *not_before);
HX_HIDDEN int hx_problem_error(const Hongxin__V1__Problem *problem);

/* When a message sent at `sent_at` is to be sent again. */
HX_HIDDEN int64_t hx_resend_at(const hx_client *c, int64_t sent_at, unsigned attempts);

#endif
