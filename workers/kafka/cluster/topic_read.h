/* Reading what was committed to a topic, from some offset to its end as it is when the reading
 * begins; a record or two written meanwhile may be among it. Blocks for as long as the cluster
 * takes, but not for as long as others write. */
#ifndef KAFKA_TOPIC_READ_H
#define KAFKA_TOPIC_READ_H

#include "kafka/cluster/cluster.h"

/* What an error returned by it is, ends the reading. The message is borrowed. */
typedef int topic_read_fn(void *arg, const rd_kafka_message_t *m);

struct topic_read {
    const struct cluster_settings *cluster;
    const char *topic;
    topic_read_fn *fn;
    void *arg;
};

/* All partitions 0 … n-1, one after another; of each from `offset` (or RD_KAFKA_OFFSET_BEGINNING,
 * RD_KAFKA_OFFSET_TAIL(n)). HX_AGAIN with the problem: the cluster does not answer. HX_CONFIG with
 * the problem; what fn returns. */
HX_CHECK int topic_read(const struct topic_read *r, int n, int64_t offset,
                        struct hx_problem *problem);

#endif
