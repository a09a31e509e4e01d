#include "kafka/cluster/topic_read.h"

#include "kafka/cluster/client.h"

enum { PATIENCE_MS = 5000, POLL_MS = 100 };

struct reading {
    const struct topic_read *what;
    struct client client;
    rd_kafka_topic_t *topic;
    int idle_ms;
    int64_t until; /* the partition's end when its first record came; -1 = none has come */
    bool end;
};

/* Told with the records; nobody is asked. */
static int64_t known_end(const struct reading *r, int partition)
{
    int64_t oldest, end;
    rd_kafka_resp_err_t err =
        rd_kafka_get_watermark_offsets(r->client.rk, r->what->topic, partition, &oldest, &end);
    return !err && end >= 0 ? end : -1;
}

static int step(struct reading *r, int partition)
{
    int rc = HX_OK;
    rd_kafka_poll(r->client.rk, 0);
    rd_kafka_message_t *m = rd_kafka_consume(r->topic, partition, POLL_MS);
    if (!m) {
        r->idle_ms += POLL_MS;
        return r->idle_ms < PATIENCE_MS ? HX_OK : HX_AGAIN;
    }
    r->idle_ms = 0;
    if (!m->err) {
        if (r->until < 0)
            r->until = known_end(r, partition);
        rc = r->what->fn(r->what->arg, m);
        r->end = r->until >= 0 && m->offset + 1 >= r->until;
    } else if (m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        r->end = true;
    } else {
        client_note(&r->client, m->err, rd_kafka_message_errstr(m));
        rc = HX_AGAIN;
    }
    rd_kafka_message_destroy(m);
    return rc;
}

/* The end is what the partition says itself: librdkafka 2.0.2, asked for it, waits without end for
 * a leader that has died. It says so when no more comes; where somebody writes all the time that
 * never happens, and what was the end at the beginning counts: behind it may stand an offset of a
 * transaction, then the first record behind that is the last one. */
static int read_partition(struct reading *r, int partition, int64_t offset)
{
    int rc = HX_OK;
    r->end = false;
    r->until = -1;
    r->idle_ms = 0;
    if (rd_kafka_consume_start(r->topic, partition, offset) != 0)
        return HX_AGAIN;
    while (!rc && !r->end)
        rc = step(r, partition);
    rd_kafka_consume_stop(r->topic, partition);
    return rc;
}

static int open_client(struct reading *r, struct hx_problem *problem)
{
    static const char *const rows[][2] = {{"isolation.level", "read_committed"},
                                          {"enable.partition.eof", "true"},
                                          {"fetch.wait.max.ms", "10"}, /* the end is told soon */
                                          {"auto.offset.reset", "earliest"}};
    rd_kafka_conf_t *conf;
    int rc = cluster_conf(r->what->cluster, &conf, problem);
    if (rc)
        return rc;
    for (size_t i = 0; !rc && i < sizeof rows / sizeof *rows; i++)
        rc = cluster_set(conf, rows[i][0], rows[i][1], problem);
    if (!rc)
        return client_open(&r->client, RD_KAFKA_CONSUMER, conf, "read", problem);
    rd_kafka_conf_destroy(conf);
    return rc;
}

/* librdkafka looks for a place only once it knows who leads the partition; who asks it before waits
 * for half a second. When nobody answers the reading itself will say so. */
static void find_leaders(const struct reading *r)
{
    const struct rd_kafka_metadata *found = NULL;
    if (rd_kafka_metadata(r->client.rk, 0, r->topic, &found, PATIENCE_MS) ==
        RD_KAFKA_RESP_ERR_NO_ERROR)
        rd_kafka_metadata_destroy(found);
}

int topic_read(const struct topic_read *what, int n, int64_t offset, struct hx_problem *problem)
{
    struct reading r = {.what = what};
    int rc = open_client(&r, problem);
    if (!rc && !(r.topic = rd_kafka_topic_new(r.client.rk, what->topic, NULL)))
        rc = HX_NOMEM;
    if (!rc)
        find_leaders(&r);
    for (int partition = 0; !rc && partition < n; partition++)
        rc = read_partition(&r, partition, offset);
    if (rc == HX_AGAIN)
        (void)hx_problem_set(problem, "%s cannot be read now", what->topic);
    if (r.topic)
        rd_kafka_topic_destroy(r.topic);
    client_close(&r.client);
    return rc;
}
