/* The topic has one partition and one writer, so its newest record is the position. Records are
 * read from a little before the end; a transaction that was aborted leaves offsets without a
 * record, so when nothing is found there all of it is read, which compaction keeps short. */
#include "kafka/out/position_topic.h"

#include "kafka/cluster/topic_read.h"
#include <string.h>

enum { TAIL = 256 };

struct reading {
    const char *topic, *id;
    struct position *position;
    struct hx_problem *problem;
    bool found;
};

static int take(void *arg, const rd_kafka_message_t *m)
{
    struct reading *r = arg;
    size_t n = strlen(r->id);
    if (m->key_len != n || memcmp(m->key, r->id, n) != 0)
        return hx_problem_set(r->problem, "%s: offset %lld is of another id than %s", r->topic,
                              (long long)m->offset, r->id);
    if (position_read(m->payload, m->len, r->position) != HX_OK)
        return hx_problem_set(r->problem, "%s: offset %lld is no position of this version",
                              r->topic, (long long)m->offset);
    r->found = true;
    return HX_OK;
}

int position_topic_read(const struct cluster_settings *cluster, const char *topic, const char *id,
                        struct position *p, struct hx_problem *problem)
{
    struct reading r = {.topic = topic, .id = id, .position = p, .problem = problem};
    const struct topic_read what = {.cluster = cluster, .topic = topic, .fn = take, .arg = &r};
    *p = (struct position){.lsn = 0};
    int rc = topic_read(&what, 1, RD_KAFKA_OFFSET_TAIL(TAIL), problem);
    if (!rc && !r.found)
        rc = topic_read(&what, 1, RD_KAFKA_OFFSET_BEGINNING, problem);
    return rc;
}
