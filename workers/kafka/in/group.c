#include "kafka/in/group.h"

#include "base/log.h"
#include "base/now.h"
#include <stdlib.h>
#include <string.h>

enum {
    COMMIT_MS = 200,
    BROKER_MS = 10000, /* an answer that is waited for */
    DRAIN_MS = 5000,   /* what is under way may take so long when partitions go */
    FULL_MS = 1000,    /* after so long without room partitions are paused, to stay in the group */
};

static const struct in_topic *topic_of(const struct group *g, const char *name)
{
    for (size_t i = 0; i < g->settings->n_topics; i++)
        if (strcmp(g->settings->topics[i].name, name) == 0)
            return &g->settings->topics[i];
    return NULL;
}

static struct lane *lane_of(const struct group *g, const char *topic, int32_t partition)
{
    for (struct lane *l = g->lanes; l; l = l->next)
        if (l->partition == partition && strcmp(l->topic->name, topic) == 0)
            return l;
    return NULL;
}

/* ---- offsets ---- */

static rd_kafka_topic_partition_list_t *to_tell(const struct group *g)
{
    rd_kafka_topic_partition_list_t *list = NULL;
    for (struct lane *l = g->lanes; l; l = l->next) {
        if (l->offset < 0 || l->offset == l->committed)
            continue;
        if (!list)
            list = rd_kafka_topic_partition_list_new(8);
        rd_kafka_topic_partition_list_add(list, l->topic->name, l->partition)->offset = l->offset;
        l->committed = l->offset;
    }
    return list;
}

static void tell(struct group *g, bool wait)
{
    rd_kafka_topic_partition_list_t *list = to_tell(g);
    if (!list)
        return;
    rd_kafka_resp_err_t err = rd_kafka_commit(g->consumer.rk, list, !wait);
    if (err)
        client_note(&g->consumer, err, "offsets were not told");
    rd_kafka_topic_partition_list_destroy(list);
}

/* What did not arrive is told again. */
static void on_told(rd_kafka_t *rk, rd_kafka_resp_err_t err, rd_kafka_topic_partition_list_t *list,
                    void *opaque)
{
    struct client *c = opaque;
    struct group *g = c->arg;
    (void)rk;
    g->commits++;
    for (int i = 0; list && i < list->cnt; i++) {
        const rd_kafka_topic_partition_t *p = &list->elems[i];
        struct lane *l = lane_of(g, p->topic, p->partition);
        rd_kafka_resp_err_t why = err ? err : p->err;
        if (!why || !l)
            continue;
        l->committed = -1;
        g->commits_failed++;
        client_note(c, why, "offsets were not told");
    }
}

/* ---- partitions come and go ---- */

/* A partition without an offset is new to the group: it is read from its beginning. Where that
 * cannot be asked now, librdkafka asks itself. */
static void find_offsets(struct group *g, rd_kafka_topic_partition_list_t *list)
{
    rd_kafka_resp_err_t err = rd_kafka_committed(g->consumer.rk, list, BROKER_MS);
    for (int i = 0; i < list->cnt; i++) {
        rd_kafka_topic_partition_t *p = &list->elems[i];
        if (err || p->err)
            p->offset = RD_KAFKA_OFFSET_INVALID;
        else if (p->offset < 0)
            p->offset = RD_KAFKA_OFFSET_BEGINNING;
        p->err = RD_KAFKA_RESP_ERR_NO_ERROR;
    }
}

static void add_lanes(struct group *g, const rd_kafka_topic_partition_list_t *list)
{
    for (int i = 0; i < list->cnt; i++) {
        const rd_kafka_topic_partition_t *p = &list->elems[i];
        struct lane *l = calloc(1, sizeof *l);
        if (!l || !topic_of(g, p->topic))
            abort(); /* no memory; the next start goes on from the same offsets */
        *l = (struct lane){.next = g->lanes,
                           .topic = topic_of(g, p->topic),
                           .partition = p->partition,
                           .offset = p->offset < 0 ? -1 : p->offset,
                           .wanted = -1,
                           .done = -1,
                           .last = -1};
        l->committed = l->offset;
        g->lanes = l;
        hx_log(HX_LOG_INFO, "event=partition_given topic=%s partition=%d offset=%lld", p->topic,
               (int)p->partition, (long long)p->offset);
    }
}

static void drain(struct group *g)
{
    int64_t until = hx_mono_ms() + DRAIN_MS;
    while (flow_is_busy(g->flow) && hx_mono_ms() < until) {
        (void)hx_client_poll(g->flow->client, 20);
        dead_poll(g->flow->dead);
    }
    flow_finish(g->flow, g->lanes);
}

static void drop_lanes(struct group *g)
{
    flow_drop(g->flow, g->lanes);
    for (struct lane *l; (l = g->lanes) != NULL; free(l))
        g->lanes = l->next;
}

/* librdkafka keeps a pause over an assignment, where no lane knows of it any more. */
static void let_go(struct group *g)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(8);
    for (struct lane *l = g->lanes; l; l = l->next) {
        if (l->paused)
            rd_kafka_topic_partition_list_add(list, l->topic->name, l->partition);
        l->paused = false;
    }
    if (list->cnt)
        rd_kafka_resume_partitions(g->consumer.rk, list);
    rd_kafka_topic_partition_list_destroy(list);
}

/* All of them go, as it is with eager assignment. What is under way gets its answers; if they do
 * not come, or the partitions are somebody else's already, it is read again there and absorbed by
 * its ids. */
static void give_up(struct group *g, bool lost)
{
    if (!g->lanes)
        return;
    let_go(g);
    if (!lost) {
        drain(g);
        tell(g, true);
    }
    hx_log(HX_LOG_INFO, "event=partitions_taken lost=%d unfinished=%zu", lost,
           g->flow->under_way + g->flow->ahead);
    drop_lanes(g);
}

static void on_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t err,
                         rd_kafka_topic_partition_list_t *list, void *opaque)
{
    struct client *c = opaque;
    struct group *g = c->arg;
    g->rebalances++;
    if (err == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        let_go(g);
        drop_lanes(g);
        find_offsets(g, list);
        add_lanes(g, list);
        err = rd_kafka_assign(rk, list);
    } else {
        give_up(g, rd_kafka_assignment_lost(rk) || err != RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS);
        err = rd_kafka_assign(rk, NULL);
    }
    if (err)
        client_note(c, err, "partitions could not be taken over");
}

/* ---- reading ---- */

/* Each lane behind what was read of it. A partition whose offset was wrong has stopped for good;
 * seeking does not start it again (2.0.2). */
static void assign_again(struct group *g)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(8);
    let_go(g);
    for (struct lane *l = g->lanes; l; l = l->next) {
        int64_t at = l->last >= 0 ? l->last + 1 : l->offset;
        rd_kafka_topic_partition_list_add(list, l->topic->name, l->partition)->offset =
            at >= 0 ? at : RD_KAFKA_OFFSET_BEGINNING;
    }
    rd_kafka_resp_err_t err = rd_kafka_assign(g->consumer.rk, list);
    if (err)
        client_note(&g->consumer, err, "partitions could not be taken over");
    rd_kafka_topic_partition_list_destroy(list);
}

/* The broker has deleted what we had not read, or the partition is a new one under an old name. It
 * goes on with the oldest record there is, which then says how many are missing: librdkafka 2.0.2,
 * asked for that offset, waits without end for a leader that has died. */
static void mend_gap(struct group *g, const rd_kafka_message_t *m)
{
    const char *topic = m->rkt ? rd_kafka_topic_name(m->rkt) : "";
    struct lane *l = lane_of(g, topic, m->partition);
    if (!l)
        return;
    l->wanted = l->last >= 0 ? l->last + 1 : l->offset; /* what is under way was read */
    g->gaps++;
    hx_log(
        HX_LOG_ERROR,
        "event=records_missing topic=%s partition=%d wanted=%lld \"deleted before they were read, "
        "or the topic was made anew\"",
        topic, (int)m->partition, (long long)l->wanted);
    l->offset = l->committed = -1;
    l->done = -1;
    l->last = -1;
    l->generation++;
    assign_again(g);
}

static void measure_gap(struct group *g, struct lane *l, int64_t oldest)
{
    int64_t lost = l->wanted >= 0 && oldest > l->wanted ? oldest - l->wanted : 0;
    if (lost)
        hx_log(HX_LOG_ERROR,
               "event=records_lost topic=%s partition=%d wanted=%lld oldest=%lld lost=%lld",
               l->topic->name, (int)l->partition, (long long)l->wanted, (long long)oldest,
               (long long)lost);
    g->lost += (uint64_t)lost;
    l->wanted = -1;
}

static void on_fault(struct group *g, const rd_kafka_message_t *m)
{
    if (m->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET)
        mend_gap(g, m);
    else
        client_note(&g->consumer, m->err, rd_kafka_message_errstr(m));
}

/* Pauses what is to rest, or lets go on what is not. */
static void steer(struct group *g, bool on)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(8);
    for (struct lane *l = g->lanes; l; l = l->next) {
        bool stuck = g->full_since && hx_mono_ms() - g->full_since >= FULL_MS;
        bool wanted = stuck || l->held;
        if (wanted != on || l->paused == on)
            continue;
        l->paused = on;
        rd_kafka_topic_partition_list_add(list, l->topic->name, l->partition);
    }
    if (list->cnt && on)
        rd_kafka_pause_partitions(g->consumer.rk, list);
    else if (list->cnt)
        rd_kafka_resume_partitions(g->consumer.rk, list);
    rd_kafka_topic_partition_list_destroy(list);
}

void group_poll(struct group *g, int64_t now)
{
    bool full = !flow_has_room(g->flow);
    if (!full)
        g->full_since = 0;
    else if (!g->full_since)
        g->full_since = now;
    g->more = full;
    if (full && now - g->full_since < FULL_MS)
        return; /* its callbacks can wait so long */
    if (full)
        steer(g, true); /* what is fetched already is given back by this, and fetched again */
    while (full || flow_has_room(g->flow)) {
        rd_kafka_message_t *m = rd_kafka_consumer_poll(g->consumer.rk, 0);
        if (!m)
            return;
        struct lane *l = m->err ? NULL : lane_of(g, rd_kafka_topic_name(m->rkt), m->partition);
        if (m->err)
            on_fault(g, m);
        if (l && l->wanted >= 0)
            measure_gap(g, l, m->offset);
        if (l)
            flow_take(g->flow, l, m);
        else
            rd_kafka_message_destroy(m);
        if (l && l->held && !l->paused)
            steer(g, true); /* what is fetched of it already is given back */
    }
    g->more = true;
}

void group_steer(struct group *g, int64_t now)
{
    steer(g, true);
    steer(g, false);
    if (now < g->commit_at)
        return;
    g->commit_at = now + COMMIT_MS;
    tell(g, false);
}

/* ---- life ---- */

static int configure(struct group *g, const struct cluster_settings *cluster,
                     rd_kafka_conf_t **conf, struct hx_problem *problem)
{
    const char *const fixed[][2] = {
        {"group.id", g->settings->group},           {"group.instance.id", g->settings->instance},
        {"partition.assignment.strategy", "range"}, {"enable.auto.commit", "false"},
        {"enable.auto.offset.store", "false"},      {"auto.offset.reset", "error"},
        {"isolation.level", "read_committed"},      {"enable.partition.eof", "false"}};
    /* Unless the operator says otherwise. */
    static const char *const usual[][2] = {{"topic.metadata.refresh.interval.ms", "10000"},
                                           {"queued.max.messages.kbytes", "32768"},
                                           /* of a partition, before the next one's come */
                                           {"fetch.message.max.bytes", "524288"},
                                           {"fetch.wait.max.ms", "100"}};
    int rc = cluster_conf(cluster, conf, problem);
    for (size_t i = 0; !rc && i < sizeof usual / sizeof *usual; i++)
        if (!cluster_names(cluster, usual[i][0]))
            rc = cluster_set(*conf, usual[i][0], usual[i][1], problem);
    for (size_t i = 0; !rc && i < sizeof fixed / sizeof *fixed; i++)
        rc = cluster_set(*conf, fixed[i][0], fixed[i][1], problem);
    if (rc && *conf) {
        rd_kafka_conf_destroy(*conf);
        *conf = NULL;
    }
    return rc;
}

static int subscribe(struct group *g, struct hx_problem *problem)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(8);
    for (size_t i = 0; i < g->settings->n_topics; i++)
        rd_kafka_topic_partition_list_add(list, g->settings->topics[i].name, RD_KAFKA_PARTITION_UA);
    rd_kafka_resp_err_t err = rd_kafka_subscribe(g->consumer.rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    return err ? hx_problem_set(problem, "kafka: %s", rd_kafka_err2str(err)) : HX_OK;
}

int group_open(struct group *g, const struct cluster_settings *cluster, struct hx_problem *problem)
{
    rd_kafka_conf_t *conf;
    int rc = configure(g, cluster, &conf, problem);
    if (rc)
        return rc;
    rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
    rd_kafka_conf_set_offset_commit_cb(conf, on_told);
    g->consumer.arg = g;
    rc = client_open(&g->consumer, RD_KAFKA_CONSUMER, conf, "in", problem);
    if (rc)
        return rc;
    (void)rd_kafka_poll_set_consumer(g->consumer.rk);
    return subscribe(g, problem);
}

void group_close(struct group *g)
{
    if (!g->consumer.rk)
        return;
    (void)rd_kafka_consumer_close(g->consumer.rk); /* takes the partitions from us */
    drop_lanes(g);
    client_leave(&g->consumer);
}
