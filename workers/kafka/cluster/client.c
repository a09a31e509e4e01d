#include "kafka/cluster/client.h"

#include "base/log.h"
#include "base/now.h"
#include "base/text.h"
#include "http/figures.h"
#include <jansson.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
    TELL_MS = 10000,
    SYSLOG_WARNING = 4,
    LEAVE_S = 3,
    CLOCK_FAR_MS = 60000,
    CLOCK_TELL_MS = 600000,
};

/* ---- errors ---- */

static const struct {
    rd_kafka_resp_err_t err;
    enum client_error class;
} classes[] = {
    {RD_KAFKA_RESP_ERR__TRANSPORT, CLIENT_ERROR_TRANSPORT},
    {RD_KAFKA_RESP_ERR__RESOLVE, CLIENT_ERROR_TRANSPORT},
    {RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, CLIENT_ERROR_TRANSPORT},
    {RD_KAFKA_RESP_ERR__TIMED_OUT, CLIENT_ERROR_TRANSPORT},
    {RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE, CLIENT_ERROR_TRANSPORT},
    {RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, CLIENT_ERROR_TRANSPORT},
    {RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, CLIENT_ERROR_TRANSPORT},
    {RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, CLIENT_ERROR_TRANSPORT},
    {RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, CLIENT_ERROR_TRANSPORT},
    {RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, CLIENT_ERROR_TRANSPORT},
    {RD_KAFKA_RESP_ERR_NOT_COORDINATOR, CLIENT_ERROR_TRANSPORT},
    {RD_KAFKA_RESP_ERR__WAIT_COORD, CLIENT_ERROR_TRANSPORT},
    {RD_KAFKA_RESP_ERR__SSL, CLIENT_ERROR_AUTHENTICATION},
    {RD_KAFKA_RESP_ERR__AUTHENTICATION, CLIENT_ERROR_AUTHENTICATION},
    {RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED, CLIENT_ERROR_AUTHENTICATION},
    {RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM, CLIENT_ERROR_AUTHENTICATION},
    {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, CLIENT_ERROR_AUTHORIZATION},
    {RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, CLIENT_ERROR_AUTHORIZATION},
    {RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, CLIENT_ERROR_AUTHORIZATION},
    {RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED, CLIENT_ERROR_AUTHORIZATION},
    {RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, CLIENT_ERROR_TOPIC},
    {RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, CLIENT_ERROR_TOPIC},
    {RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, CLIENT_ERROR_TOPIC},
    {RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION, CLIENT_ERROR_TOPIC},
    {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, CLIENT_ERROR_SIZE},
    {RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE, CLIENT_ERROR_SIZE},
    {RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR, CLIENT_ERROR_STORAGE},
    {RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, CLIENT_ERROR_STORAGE},
    {RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND, CLIENT_ERROR_STORAGE},
    {RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION, CLIENT_ERROR_GROUP},
    {RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID, CLIENT_ERROR_GROUP},
    {RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS, CLIENT_ERROR_GROUP},
    {RD_KAFKA_RESP_ERR__ASSIGNMENT_LOST, CLIENT_ERROR_GROUP},
    {RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED, CLIENT_ERROR_GROUP},
    {RD_KAFKA_RESP_ERR__FATAL, CLIENT_ERROR_FATAL},
    {RD_KAFKA_RESP_ERR__FENCED, CLIENT_ERROR_FATAL},
    {RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID, CLIENT_ERROR_FATAL},
};

enum client_error client_error_class(rd_kafka_resp_err_t err)
{
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
        if (classes[i].err == err)
            return classes[i].class;
    return CLIENT_ERROR_OTHER;
}

const char *client_error_name(enum client_error error)
{
    static const char *const names[] = {
#define X(name, text) text,
        CLIENT_ERRORS(X)
#undef X
    };
    return names[error];
}

static const char *meaning(rd_kafka_resp_err_t err)
{
    switch (err) {
    case RD_KAFKA_RESP_ERR__FENCED:
    case RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID:
    case RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH:
        return "FENCED: another instance with the same id has taken over";
    default:
        return "FATAL: librdkafka cannot go on";
    }
}

/* librdkafka says _FATAL and keeps the error behind it; a call may name that error itself. */
static void keep_fatal(struct client *c, rd_kafka_resp_err_t err, const char *text)
{
    char more[256] = "";
    rd_kafka_resp_err_t behind = c->rk ? rd_kafka_fatal_error(c->rk, more, sizeof more) : 0;
    if (c->is_fatal)
        return;
    err = behind ? behind : err;
    snprintf(c->fatal, sizeof c->fatal, "%s (%s: %.200s)", meaning(err), rd_kafka_err2name(err),
             *more  ? more
             : text ? text
                    : rd_kafka_err2str(err));
    c->is_fatal = true;
}

void client_note(struct client *c, rd_kafka_resp_err_t err, const char *text)
{
    enum client_error class = client_error_class(err);
    int64_t now = hx_mono_ms();
    c->errors[class]++;
    if (class == CLIENT_ERROR_FATAL)
        keep_fatal(c, err, text);
    if (c->told_at[class] && now - c->told_at[class] < TELL_MS) {
        c->untold[class]++;
        return;
    }
    hx_log(HX_LOG_WARN, "event=kafka_error role=%s class=%s name=%s untold=%llu \"%s\"", c->role,
           client_error_name(class), rd_kafka_err2name(err), (unsigned long long)c->untold[class],
           text ? text : rd_kafka_err2str(err));
    c->told_at[class] = now;
    c->untold[class] = 0;
}

void client_clock(struct client *c, const char *whose, int64_t theirs)
{
    int64_t apart = hx_wall_ms() - theirs, now = hx_mono_ms();
    if (theirs <= 0)
        return;
    c->clock_apart = (uint64_t)(apart < 0 ? -apart : apart);
    if (c->clock_apart < CLOCK_FAR_MS ||
        (c->clock_told_at && now - c->clock_told_at < CLOCK_TELL_MS))
        return;
    c->clock_told_at = now;
    hx_log(
        HX_LOG_WARN,
        "event=clock_far_off role=%s apart_ms=%lld \"this machine's clock or the %s's is wrong\"",
        c->role, (long long)apart, whose);
}

const char *client_fatal(const struct client *c)
{
    return c->is_fatal ? c->fatal : NULL;
}

static void on_error(rd_kafka_t *rk, int err, const char *reason, void *opaque)
{
    (void)rk;
    client_note(opaque, (rd_kafka_resp_err_t)err, reason);
}

/* Failures arrive as errors too, and are told there. */
static void on_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
    const struct client *c = rd_kafka_opaque(rk);
    bool told = strcmp(facility, "FAIL") == 0 || strcmp(facility, "ERROR") == 0;
    hx_log(level <= SYSLOG_WARNING && !told ? HX_LOG_WARN : HX_LOG_DEBUG,
           "event=librdkafka role=%s what=%s \"%s\"", c->role, facility, text);
}

/* ---- statistics ---- */

static uint64_t whole(const json_t *object, const char *key)
{
    json_int_t n = json_integer_value(json_object_get(object, key));
    return n > 0 ? (uint64_t)n : 0;
}

static void count_brokers(struct client *c, json_t *brokers)
{
    uint64_t up = 0, slowest = 0;
    const char *name;
    json_t *broker;
    json_object_foreach (brokers, name, broker) {
        const char *state = json_string_value(json_object_get(broker, "state"));
        uint64_t rtt = whole(json_object_get(broker, "rtt"), "p99");
        if (whole(broker, "nodeid") > 0 && state && strcmp(state, "UP") == 0)
            up++;
        slowest = rtt > slowest ? rtt : slowest;
    }
    c->statistics.brokers_up = up;
    c->statistics.rtt_us = slowest;
}

/* Partition -1 is librdkafka's own; a lag of -1 is not known yet. */
static void count_lag(struct client *c, json_t *topics)
{
    uint64_t lag = 0;
    const char *name, *number;
    json_t *topic, *partition;
    json_object_foreach (topics, name, topic) {
        json_object_foreach (json_object_get(topic, "partitions"), number, partition)
            lag += whole(partition, "consumer_lag");
    }
    c->statistics.lag = lag;
}

static int on_statistics(rd_kafka_t *rk, char *json, size_t size, void *opaque)
{
    struct client *c = opaque;
    json_t *all = json_loadb(json, size, 0, NULL);
    (void)rk;
    c->statistics.sent = whole(all, "txmsgs");
    c->statistics.received = whole(all, "rxmsgs");
    c->statistics.sent_bytes = whole(all, "txmsg_bytes");
    c->statistics.received_bytes = whole(all, "rxmsg_bytes");
    c->statistics.queued = whole(all, "msg_cnt");
    count_brokers(c, json_object_get(all, "brokers"));
    count_lag(c, json_object_get(all, "topics"));
    json_decref(all);
    return 0; /* the text is librdkafka's to free */
}

static const struct figure {
    const char *name, *type, *help;
    size_t at; /* an _Atomic uint64_t of the statistics */
} figures[] = {
#define AT(member) offsetof(struct client_statistics, member)
    {"kafka_brokers_up", "gauge", "Brokers that we are connected to.", AT(brokers_up)},
    {"kafka_sent_total", "counter", "Records sent.", AT(sent)},
    {"kafka_received_total", "counter", "Records received.", AT(received)},
    {"kafka_sent_bytes_total", "counter", "Bytes of records sent.", AT(sent_bytes)},
    {"kafka_received_bytes_total", "counter", "Bytes of records received.", AT(received_bytes)},
    {"kafka_queued", "gauge", "Records that wait to be sent.", AT(queued)},
    {"kafka_lag", "gauge", "Records behind the committed offsets, of all partitions.", AT(lag)},
    {"kafka_round_trip_microseconds", "gauge", "The slowest broker's, 99 of 100.", AT(rtt_us)},
#undef AT
};

static void write_errors(const struct client *c, struct evbuffer *out)
{
    char labels[96];
    for (size_t i = 0; i < CLIENT_ERRORS_COUNT; i++) {
        snprintf(labels, sizeof labels, "role=\"%s\",class=\"%s\"", c->role,
                 client_error_name((enum client_error)i));
        figures_line(out, "kafka_errors_total", labels, c->errors[i]);
    }
}

void client_figures(const struct client *const *clients, size_t n, struct evbuffer *out)
{
    char labels[96];
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++) {
        const struct figure *f = &figures[i];
        figures_head(out, f->name, f->type, f->help);
        for (size_t k = 0; k < n; k++) {
            const char *statistics = (const char *)&clients[k]->statistics;
            snprintf(labels, sizeof labels, "role=\"%s\"", clients[k]->role);
            figures_line(out, f->name, labels, *(const _Atomic uint64_t *)(statistics + f->at));
        }
    }
    figures_head(out, "kafka_clock_apart_milliseconds", "gauge",
                 "Between this machine's clock and the daemon's (out) or the broker's (dead).");
    for (size_t k = 0; k < n; k++) {
        snprintf(labels, sizeof labels, "role=\"%s\"", clients[k]->role);
        figures_line(out, "kafka_clock_apart_milliseconds", labels, clients[k]->clock_apart);
    }
    figures_head(out, "kafka_errors_total", "counter", "Errors by class.");
    for (size_t k = 0; k < n; k++)
        write_errors(clients[k], out);
}

/* ---- life ---- */

int client_open(struct client *c, rd_kafka_type_t type, rd_kafka_conf_t *conf, const char *role,
                struct hx_problem *problem)
{
    char why[256];
    c->role = role;
    rd_kafka_conf_set_opaque(conf, c);
    rd_kafka_conf_set_error_cb(conf, on_error);
    rd_kafka_conf_set_log_cb(conf, on_log);
    rd_kafka_conf_set_stats_cb(conf, on_statistics);
    c->rk = rd_kafka_new(type, conf, why, sizeof why);
    if (c->rk) { /* tokens are fetched in a thread of its own; an error: there are none to fetch */
        rd_kafka_error_t *error = rd_kafka_sasl_background_callbacks_enable(c->rk);
        if (error)
            rd_kafka_error_destroy(error);
        return HX_OK;
    }
    rd_kafka_conf_destroy(conf);
    return hx_problem_set(problem, "kafka: %s", why);
}

static void *destroy(void *rk)
{
    rd_kafka_destroy(rk);
    return NULL;
}

void client_leave(struct client *c)
{
    struct timespec until;
    pthread_t thread;
    if (!c->rk || pthread_create(&thread, NULL, destroy, c->rk) != 0) {
        client_close(c);
        return;
    }
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += LEAVE_S;
    if (pthread_clockjoin_np(thread, NULL, CLOCK_MONOTONIC, &until) != 0) {
        hx_log(HX_LOG_WARN, "event=librdkafka_does_not_end role=%s", c->role);
        pthread_detach(thread);
    }
    c->rk = NULL;
}

void client_close(struct client *c)
{
    if (c->rk)
        rd_kafka_destroy(c->rk);
    c->rk = NULL;
}
