#include "kafka/in/dead.h"

#include "base/log.h"
#include "kafka/in/letter.h"
#include <stdio.h>
#include <string.h>

enum { ADMIN_MS = 60000, FLUSH_MS = 1000 };

/* ---- records ---- */

static void add(rd_kafka_headers_t *headers, const char *name, const char *value)
{
    (void)rd_kafka_header_add(headers, name, -1, value, -1);
}

static void add_number(rd_kafka_headers_t *headers, const char *name, int64_t n)
{
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)n);
    add(headers, name, text);
}

/* Its own headers first, without any that look like ours: they would speak for the letter. */
static rd_kafka_headers_t *headers_of(const rd_kafka_message_t *record,
                                      const struct dead_reason *why)
{
    rd_kafka_headers_t *all = letter_headers(record);
    add(all, LETTER_REASON, why->reason);
    if (*why->text)
        add(all, LETTER_TEXT, why->text);
    if (*why->kept)
        add(all, LETTER_KEPT, why->kept);
    add(all, LETTER_TOPIC, rd_kafka_topic_name(record->rkt));
    add_number(all, LETTER_PARTITION, record->partition);
    add_number(all, LETTER_OFFSET, record->offset);
    if (record->len > DEAD_VALUE_MAX)
        add_number(all, LETTER_SIZE, (int64_t)record->len);
    return all;
}

rd_kafka_resp_err_t dead_send(struct dead *d, const rd_kafka_message_t *record,
                              const struct dead_reason *why, void *tag)
{
    rd_kafka_headers_t *headers = headers_of(record, why);
    size_t size = record->len > DEAD_VALUE_MAX ? DEAD_VALUE_CUT : record->len;
    rd_kafka_resp_err_t err = rd_kafka_producev(
        d->producer.rk, RD_KAFKA_V_TOPIC(d->topic), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
        RD_KAFKA_V_KEY(record->key, record->key_len), RD_KAFKA_V_VALUE(record->payload, size),
        RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_OPAQUE(tag), RD_KAFKA_V_END);
    if (err)
        rd_kafka_headers_destroy(headers);
    return err;
}

/* Where the broker dates records it tells its clock with each that is delivered. */
static void tell_clock(struct client *c, const rd_kafka_message_t *delivered)
{
    rd_kafka_timestamp_type_t type;
    int64_t theirs = rd_kafka_message_timestamp(delivered, &type);
    if (!delivered->err && type == RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME)
        client_clock(c, "broker", theirs);
}

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
    struct client *c = opaque;
    struct dead *d = c->arg;
    (void)rk;
    if (message->err && message->err != RD_KAFKA_RESP_ERR__PURGE_QUEUE &&
        message->err != RD_KAFKA_RESP_ERR__PURGE_INFLIGHT)
        client_note(c, message->err, NULL); /* its own text would be the value */
    if (!message->err)
        d->sent++;
    tell_clock(c, message);
    d->told(message->_private, message->err);
}

void dead_poll(struct dead *d)
{
    if (d->producer.rk)
        while (rd_kafka_poll(d->producer.rk, 0) > 0) {
        }
}

/* ---- the topic ---- */

/* In a thread of librdkafka. That the topic is there already is what we want. */
static void on_event(rd_kafka_t *rk, rd_kafka_event_t *event, void *opaque)
{
    const struct client *c = opaque;
    const struct dead *d = c->arg;
    const rd_kafka_CreateTopics_result_t *result = rd_kafka_event_CreateTopics_result(event);
    size_t n = 0;
    const rd_kafka_topic_result_t **topics =
        result ? rd_kafka_CreateTopics_result_topics(result, &n) : NULL;
    rd_kafka_resp_err_t err = rd_kafka_event_error(event);
    (void)rk;
    if (n)
        err = rd_kafka_topic_result_error(topics[0]);
    if (err && err != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
        hx_log(HX_LOG_WARN, "event=topic_not_made topic=%s name=%s \"%s\"", d->topic,
               rd_kafka_err2name(err), rd_kafka_err2str(err));
    rd_kafka_event_destroy(event);
}

static void make_topic(struct dead *d)
{
    char why[128];
    rd_kafka_NewTopic_t *topic = rd_kafka_NewTopic_new(d->topic, 1, -1, why, sizeof why);
    rd_kafka_AdminOptions_t *options =
        rd_kafka_AdminOptions_new(d->producer.rk, RD_KAFKA_ADMIN_OP_CREATETOPICS);
    rd_kafka_queue_t *queue = rd_kafka_queue_get_background(d->producer.rk);
    if (topic && options && queue) {
        (void)rd_kafka_NewTopic_set_config(topic, "retention.ms", "2592000000");
        /* The broker's clock counts: with ours far behind, retention would take letters at once. */
        (void)rd_kafka_NewTopic_set_config(topic, "message.timestamp.type", "LogAppendTime");
        (void)rd_kafka_AdminOptions_set_request_timeout(options, ADMIN_MS, why, sizeof why);
        rd_kafka_CreateTopics(d->producer.rk, &topic, 1, options, queue);
    }
    if (topic)
        rd_kafka_NewTopic_destroy(topic);
    if (options)
        rd_kafka_AdminOptions_destroy(options);
    if (queue)
        rd_kafka_queue_destroy(queue);
}

/* ---- life ---- */

static int configure(const struct cluster_settings *cluster, rd_kafka_conf_t **conf,
                     struct hx_problem *problem)
{
    int rc = cluster_conf(cluster, conf, problem);
    /* Not idempotent: that needs a right of its own, without which librdkafka ends; and a letter
     * that stands there twice is known by its headers. */
    if (!rc)
        rc = cluster_set(*conf, "acks", "all", problem);
    if (!rc)
        rc = cluster_set(*conf, "linger.ms", "5", problem);
    if (rc && *conf)
        rd_kafka_conf_destroy(*conf);
    return rc;
}

int dead_open(struct dead *d, const struct cluster_settings *cluster, const char *topic,
              dead_fn *told, struct hx_problem *problem)
{
    rd_kafka_conf_t *conf;
    d->topic = topic;
    d->told = told;
    d->producer.arg = d;
    if (!*topic)
        return HX_OK;
    int rc = configure(cluster, &conf, problem);
    if (rc)
        return rc;
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    rd_kafka_conf_set_background_event_cb(conf, on_event);
    rc = client_open(&d->producer, RD_KAFKA_PRODUCER, conf, "dead", problem);
    if (!rc)
        make_topic(d);
    return rc;
}

void dead_close(struct dead *d)
{
    if (d->producer.rk) {
        (void)rd_kafka_purge(d->producer.rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
        (void)rd_kafka_flush(d->producer.rk, FLUSH_MS);
    }
    client_close(&d->producer);
}
