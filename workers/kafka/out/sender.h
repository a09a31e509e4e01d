/* The sender: a thread of its own around a transactional producer, because its calls block. It
 * takes one batch at a time and holds it until its transaction is committed.
 *
 * There may be a second one beside it, for the rows that are slow: it begins when the first one is
 * ready, so whoever owns the first one's position owns both.
 *
 * At its start it makes sure of the position topic, calls init_transactions (which ends what a
 * predecessor of the same id has left open, and fences him), reads the position, and writes it
 * again under its own name: from then on whoever reads the topic knows who owns the id. */
#ifndef KAFKA_SENDER_H
#define KAFKA_SENDER_H

#include "kafka/cluster/cluster.h"
#include "kafka/out/batch.h"
#include "kafka/out/topics.h"
#include "kafka/out/transaction.h"

struct event_base;
struct evbuffer;
struct sender; /* opaque */

enum {
    SENDER_ID = 64,
    SENDER_TROUBLE = TOPICS_TROUBLE,
    SENDER_OVERHEAD = 4096 /* what headers, key and batch add to a value, at most */
};

struct sender_settings {
    char id[SENDER_ID];          /* id: of this writer; "hongxin-out-ID" at the broker */
    char positions[ROUTE_TOPIC]; /* positions: the position topic */
    char states[ROUTE_TOPIC];    /* states: the topic of the states of cases; "" = none */
    char compression[16];        /* compression: none, lz4, zstd, snappy, gzip */
    int64_t timeout_ms;          /* transaction.timeout: then the broker ends one that hangs */
    struct topics_settings topics;
};

enum sender_end {
    SENDER_RUNS,
    SENDER_TAKEN_OVER, /* another process writes under this id: do not start again by yourself */
    SENDER_EXPIRED,    /* the broker ended our transaction (we were away too long): start again */
    SENDER_BROKEN      /* librdkafka can do nothing more: start again */
};

/* Called in the loop, after sender_open() has returned. */
struct sender_calls {
    void (*ready)(void *arg, const struct position *p); /* batches may be sent */
    void (*committed)(void *arg, struct batch *b);      /* the batch is the caller's again */
    void (*ended)(void *arg, enum sender_end end, const char *why);
};

/* Makes the name of this process in a position. */
void sender_owner(char out[POSITION_OWNER]);

/* All of it is kept, not copied. */
struct sender_options {
    const char *role;  /* in log and figures: "out", "out-slow" */
    const char *owner; /* of sender_owner() */
    /* Whose position says who owns both; NULL: its own. */
    const struct sender_settings *first;
    /* Called in the sender's thread with the position that was read, before it is written again;
     * may move it. NULL: it stays as it is. False: it cannot begin, *why says so. */
    bool (*adopt)(void *arg, struct position *p, const char **why);

    const struct cluster_settings *cluster;
    const struct sender_settings *settings;
    const struct routes *routes; /* whose topics get a reset */
    const struct sender_calls *calls;
    void *arg; /* of the calls */
};

/* Starts. HX_CONFIG with the problem, HX_NOMEM. */
HX_CHECK int sender_open(struct event_base *base, const struct sender_options *options,
                         struct sender **out, struct hx_problem *problem);

/* It is to end: what is being committed is committed if that takes no longer than a moment, and
 * `last` (NULL: none) behind it. Does not wait. */
void sender_end(struct sender *s, struct batch *last);
/* Waits for its end; the position that it has read or committed last. */
const struct position *sender_wait(struct sender *s);
/* The same, and forgets it. No call comes any more. NULL is allowed. */
void sender_close(struct sender *s);

/* Hands over a batch: until `committed` it is the sender's. Only when none is there. */
void sender_send(struct sender *s, struct batch *b);
bool sender_busy(const struct sender *s);

const char *sender_role(const struct sender *s);

/* Why nothing is written just now: "TOPIC_DENIED hongxin.cases"; "" when all is well. */
void sender_trouble(struct sender *s, char out[SENDER_TROUBLE]);

/* The daemon's wall clock says this now; 0 = not known. Thread of the loop. */
void sender_clock(struct sender *s, int64_t daemon);

/* Of all of them together; what librdkafka says by role. At most SENDERS_MOST. */
enum { SENDERS_MOST = 2 };
void sender_figures(struct sender *const senders[], size_t n, struct evbuffer *out);

#endif
