/* Dead letters: records that cannot be taken go to a topic of their own, as they are, with headers
 * that say why and where they lay. One thread: that of the loop. */
#ifndef KAFKA_DEAD_H
#define KAFKA_DEAD_H

#include "kafka/cluster/client.h"
#include "kafka/cluster/cluster.h"

/* What became of it: 0 when it is on the broker's disks (acks=all). */
typedef void dead_fn(void *tag, rd_kafka_resp_err_t err);

struct dead {
    struct client producer; /* role "dead" */
    const char *topic;      /* "": there is none, the rest is empty */
    dead_fn *told;
    uint64_t sent;
};

enum {
    DEAD_VALUE_MAX = 512 * 1024, /* a larger value is cut … */
    DEAD_VALUE_CUT = 64 * 1024,  /* … to this, and its size stands in a header */
};

/* Connects, and makes the topic unless it is there (one partition, kept for 30 days by the broker's
 * clock). `topic` is kept. Errors as of client_open(). */
HX_CHECK int dead_open(struct dead *d, const struct cluster_settings *cluster, const char *topic,
                       dead_fn *told, struct hx_problem *problem);
/* What is under way is given up, and told of with an error. Also of one that was never opened. */
void dead_close(struct dead *d);

struct dead_reason {
    const char *reason;
    const char *text; /* for people; may be "" */
    const char *kept; /* its row in the daemon's quarantine; may be "" */
};

/* Sends a copy of the record; `told` is called by dead_poll() later. The error of librdkafka when
 * it cannot be started now. */
rd_kafka_resp_err_t dead_send(struct dead *d, const rd_kafka_message_t *record,
                              const struct dead_reason *why, void *tag);

/* Does what is due; here `told` is called. */
void dead_poll(struct dead *d);

#endif
