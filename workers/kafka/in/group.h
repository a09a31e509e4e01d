/* The consumer group: which partitions are ours, reading them, and the offsets that the broker is
 * told. A static member with eager assignment, which is what librdkafka 2.0.2 does without known
 * faults: a restart within the session's time changes nothing for the others. One thread: that of
 * the loop. */
#ifndef KAFKA_GROUP_H
#define KAFKA_GROUP_H

#include "kafka/cluster/client.h"
#include "kafka/cluster/cluster.h"
#include "kafka/in/flow.h"

struct group {
    struct client consumer; /* role "in" */
    const struct in_settings *settings;
    struct flow *flow;
    struct lane *lanes;
    int64_t full_since;  /* the flow has had no room since then; 0 = it has */
    int64_t commit_at;   /* when the broker is told offsets again */
    bool more;           /* there may be more to read, but there was no room */
    uint64_t rebalances; /* partitions were given or taken */
    uint64_t gaps, lost; /* records that the broker had deleted unread: times, and how many */
    uint64_t commits, commits_failed;
};

/* Joins by itself as soon as a broker is there. Errors as of client_open(). */
HX_CHECK int group_open(struct group *g, const struct cluster_settings *cluster,
                        struct hx_problem *problem);
/* Ends what is under way within some seconds, tells the offsets and leaves the partitions as they
 * are. Also of one that was never opened. */
void group_close(struct group *g);

/* Reads until the flow has no room or there is nothing; in here partitions come and go. */
void group_poll(struct group *g, int64_t now);
/* Pauses and resumes partitions as the flow asks, and tells offsets now and then. */
void group_steer(struct group *g, int64_t now);

#endif
