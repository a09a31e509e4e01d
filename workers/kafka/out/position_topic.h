/* Reading the position topic: who wrote last, and how far. Blocks for as long as the cluster takes.
 */
#ifndef KAFKA_POSITION_TOPIC_H
#define KAFKA_POSITION_TOPIC_H

#include "kafka/cluster/cluster.h"
#include "kafka/out/position.h"

/* The newest position under the key `id`, of a transaction that was committed; *p is zeroed when
 * there is none. HX_AGAIN: the cluster does not answer, the problem says why. HX_CONFIG with the
 * problem: the topic holds what is none, or is of another id. */
HX_CHECK int position_topic_read(const struct cluster_settings *cluster, const char *topic,
                                 const char *id, struct position *p, struct hx_problem *problem);

#endif
