/* The topics that `out` writes to: made when they are missing, looked at before they are used. A
 * topic is known until forget() is called, which whoever got an error about a topic does: then it
 * is looked for again. One thread: the sender's. */
#ifndef KAFKA_TOPICS_H
#define KAFKA_TOPICS_H

#include "config/reading/yaml_doc.h"
#include "kafka/cluster/client.h"
#include "kafka/out/route.h"

/* Section `topics` of `out`: how topics are made; and what is asked of those that are there. */
struct topics_settings {
    bool create;           /* create: make what is missing [true] */
    int64_t partitions;    /* partitions: of topics of entries [1]; one keeps the whole order */
    int64_t replicas;      /* replicas: copies of each partition; -1: the broker's default [-1] */
    int64_t least_in_sync; /* min_insync_replicas; 0: the broker's default [0] */
    int64_t retention_ms;  /* retention: of topics of entries; 0 = for ever [7d] */
    int64_t record_most;   /* max_record: bytes of a record [1000000] */
};
void topics_settings_read(struct yaml_doc *doc, yaml_node_t *map, struct topics_settings *s);

enum topic_kind {
    TOPIC_ENTRIES,  /* cleanup.policy=delete */
    TOPIC_STATES,   /* compacted: the newest record of each key is kept */
    TOPIC_POSITION, /* compacted, one partition, small segments */
};

struct topic {
    char name[ROUTE_TOPIC];
    enum topic_kind kind;
    rd_kafka_topic_t *handle;
    int partitions;
};

enum { TOPICS_SLOTS = 8192, TOPICS_MOST = 4096, TOPICS_TROUBLE = 320 };

struct topics {
    struct client *client;
    const struct topics_settings *settings;
    struct topic *all;
    size_t n, cap;
    char trouble[TOPICS_TROUBLE]; /* what was wrong last: "TOPIC_DENIED hongxin.cases"; "" = nothing
                                   */
    uint32_t slots[TOPICS_SLOTS]; /* by the hash of a name: place in `all`, from 1; 0 = empty */
};

void topics_init(struct topics *t, struct client *client, const struct topics_settings *settings);
void topics_fini(struct topics *t);

/* The topic, made if need be. HX_AGAIN: not now (no broker, not made yet); HX_DENIED: no right to
 * it; HX_NOTFOUND: missing, and not to be made; HX_CONFIG: there, but its max.message.bytes or
 * cleanup.policy is not what it has to be; HX_TOOBIG: more than
 * TOPICS_MOST; HX_NOMEM. What is wrong is logged and counted. */
HX_CHECK int topics_need(struct topics *t, const char *name, enum topic_kind kind,
                         struct topic **out);

/* Makes those topics of entries that the cluster does not have, all in one request: one by one
 * takes long when there are many. Names that are known are passed over; what goes wrong shows in
 * topics_need(). */
enum { TOPICS_AT_ONCE = 128 };
void topics_make(struct topics *t, const char *const names[], size_t n);

/* The place of a topic that is known, from 1; 0: it is not. It holds until topics_forget(). */
size_t topics_place(struct topics *t, const char *name);
struct topic *topics_at(const struct topics *t, size_t place);

/* Everything is looked for again. */
void topics_forget(struct topics *t);

/* Calls `fn` for each topic of the cluster whose name some row may have made, with the number of
 * partitions that it has now; what fn returns ends it. HX_AGAIN: the cluster does not answer. */
HX_CHECK int topics_of_routes(struct topics *t, const struct routes *routes,
                              int (*fn)(void *arg, const char *name, int partitions), void *arg);

#endif
