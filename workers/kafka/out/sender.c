#include "base/log.h"
#include "base/text.h"
#include "kafka/out/position_topic.h"
#include "kafka/out/sender_internal.h"
#include <event2/event.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum {
    IDLE_MS = 500, /* between looks at librdkafka's callbacks */
    WHO_TRIES = 6  /* a successor needs a moment to write its name */
};

static void tell_loop(const struct sender *s)
{
    uint64_t one = 1;
    if (write(s->fd, &one, sizeof one) < 0)
        hx_log_errno(HX_LOG_ERROR, "event=kafka_out_deaf");
}

/* ---- the thread's life ---- */

static void end(struct sender *s, enum sender_end how, const char *why)
{
    pthread_mutex_lock(&s->lock);
    s->end = how;
    hx_text_put(s->why, sizeof s->why, why);
    pthread_mutex_unlock(&s->lock);
    tell_loop(s);
}

/* Fenced: by a successor, or by the broker because our transaction hung? The topic knows. */
static void end_fenced(struct sender *s)
{
    struct position p;
    struct hx_problem problem = {""};
    char why[400];
    for (unsigned i = 1; i <= WHO_TRIES; i++) {
        int rc = position_topic_read(s->cluster, s->first->positions, s->first->id, &p, &problem);
        if (rc == HX_OK && *p.owner && strcmp(p.owner, s->owner) != 0) {
            snprintf(why, sizeof why,
                     "FENCED: another process (%.32s) writes as %s now; this one ends", p.owner,
                     s->first->id);
            end(s, SENDER_TAKEN_OVER, why);
            return;
        }
        if (!sender_pause(s, 5))
            break;
    }
    end(s, SENDER_EXPIRED, "TRANSACTION_EXPIRED: we were away for longer than transaction.timeout");
}

static void end_with(struct sender *s, enum transaction_result result)
{
    char why[400];
    if (result == TX_FENCED) {
        end_fenced(s);
    } else if (result == TX_FATAL) {
        const char *fatal = client_fatal(&s->client);
        snprintf(why, sizeof why, "%s%s%s",
                 fatal      ? fatal
                 : s->cause ? s->cause
                            : "FATAL",
                 s->aborted_for ? ", while a transaction was aborted for " : "",
                 s->aborted_for ? s->aborted_for : "");
        end(s, SENDER_BROKEN, why);
    }
}

static bool find_positions(struct sender *s)
{
    struct topic *topic;
    s->cause = "UNREACHABLE";
    for (unsigned n = 1; topics_need(&s->topics, s->settings->positions, TOPIC_POSITION, &topic);
         n++)
        if (!sender_pause(s, n))
            return false;
    return true;
}

static bool take_over(struct sender *s)
{
    enum transaction_result result;
    for (unsigned n = 1;; n++) {
        result = sender_judge(s, rd_kafka_init_transactions(s->client.rk, SENDER_CALL_MS));
        if (result == TX_OK)
            return true;
        if (result != TX_RETRY && result != TX_ABORT)
            break;
        if (!sender_pause(s, n))
            return false;
    }
    end_with(s, result);
    return false;
}

static bool read_position(struct sender *s)
{
    struct hx_problem problem = {""};
    int rc;
    for (unsigned n = 1;
         (rc = position_topic_read(s->cluster, s->settings->positions, s->settings->id,
                                   &s->position, &problem)) != HX_OK;
         n++) {
        hx_log(HX_LOG_WARN, "event=kafka_out_position \"%s\"", problem.text);
        if (rc == HX_CONFIG)
            end(s, SENDER_BROKEN, problem.text);
        if (rc == HX_CONFIG || !sender_pause(s, n))
            return false;
    }
    return true;
}

static bool adopt_position(struct sender *s)
{
    const char *why = "";
    if (!s->adopt || s->adopt(s->arg, &s->position, &why))
        return true;
    end(s, SENDER_BROKEN, why);
    return false;
}

/* Readers may wait for topics that get their first record much later. */
static void make_topics(struct sender *s)
{
    struct topic *topic;
    for (size_t i = 0; i < s->routes->n; i++)
        if (s->routes->all[i].part == PART_NONE &&
            topics_need(&s->topics, s->routes->all[i].topic, TOPIC_ENTRIES, &topic) != HX_OK)
            hx_log(HX_LOG_WARN, "event=kafka_topic_later topic=%s", s->routes->all[i].topic);
}

static bool prepare(struct sender *s)
{
    if (!find_positions(s) || !take_over(s) || !read_position(s) || !adopt_position(s))
        return false;
    enum transaction_result result = sender_transact(s, NULL); /* under our name */
    if (result != TX_OK) {
        end_with(s, result);
        return false;
    }
    make_topics(s);
    pthread_mutex_lock(&s->lock);
    s->ready = true;
    *s->trouble = '\0';
    pthread_mutex_unlock(&s->lock);
    tell_loop(s);
    return true;
}

static struct batch *wait_job(struct sender *s)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += IDLE_MS * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&s->lock);
    while (!s->job && !s->stopping && pthread_cond_timedwait(&s->wake, &s->lock, &until) == 0) {
    }
    if (!s->job && s->stopping) {
        s->job = s->last;
        s->last = NULL;
    }
    struct batch *job = s->job;
    pthread_mutex_unlock(&s->lock);
    return job;
}

static void give_back(struct sender *s, struct batch *batch)
{
    pthread_mutex_lock(&s->lock);
    s->job = NULL;
    s->done = batch;
    *s->trouble = '\0';
    s->shown = (struct shown){
        .counts = s->counts, .records = s->records, .bytes = s->bytes, .commit_us = s->commit_us};
    pthread_mutex_unlock(&s->lock);
    tell_loop(s);
}

static bool stopping(struct sender *s)
{
    pthread_mutex_lock(&s->lock);
    bool is = s->stopping;
    pthread_mutex_unlock(&s->lock);
    return is;
}

static void *run(void *arg)
{
    struct sender *s = arg;
    bool on = prepare(s);
    while (on) {
        struct batch *job = wait_job(s);
        rd_kafka_poll(s->client.rk, 0);
        if (!job && stopping(s))
            break;
        enum transaction_result result = job ? sender_transact(s, job) : TX_OK;
        if (result != TX_OK) {
            end_with(s, result);
            break;
        }
        if (job)
            give_back(s, job);
    }
    return NULL;
}

/* ---- the loop's side ---- */

static void on_told(evutil_socket_t fd, short what, void *arg)
{
    struct sender *s = arg;
    uint64_t n;
    (void)what;
    if (read(fd, &n, sizeof n) < 0)
        return;
    pthread_mutex_lock(&s->lock);
    struct batch *done = s->done;
    bool ready = s->ready && !s->ready_told;
    enum sender_end how = s->end;
    s->done = NULL;
    s->ready_told = s->ready;
    pthread_mutex_unlock(&s->lock);
    if (ready)
        s->calls->ready(s->arg, &s->position);
    if (done)
        s->calls->committed(s->arg, done);
    if (how)
        s->calls->ended(s->arg, how, s->why);
}

void sender_send(struct sender *s, struct batch *b)
{
    pthread_mutex_lock(&s->lock);
    s->job = b;
    pthread_cond_signal(&s->wake);
    pthread_mutex_unlock(&s->lock);
}

bool sender_busy(const struct sender *s)
{
    struct sender *locked = (struct sender *)(uintptr_t)s;
    pthread_mutex_lock(&locked->lock);
    bool busy = !s->ready || s->job || s->done;
    pthread_mutex_unlock(&locked->lock);
    return busy;
}

const char *sender_role(const struct sender *s)
{
    return s->role;
}

void sender_clock(struct sender *s, int64_t daemon)
{
    client_clock(&s->client, "daemon", daemon);
}

void sender_trouble(struct sender *s, char out[SENDER_TROUBLE])
{
    pthread_mutex_lock(&s->lock);
    hx_text_put(out, SENDER_TROUBLE, s->trouble);
    pthread_mutex_unlock(&s->lock);
}

/* ---- opening and closing ---- */

static int complete(const struct sender_settings *s, rd_kafka_conf_t *conf,
                    struct hx_problem *problem)
{
    char id[SENDER_ID + 16], timeout[24], most[24], message[24];
    const int64_t batch = s->topics.record_most - SENDER_OVERHEAD / 4;
    snprintf(id, sizeof id, "hongxin-out-%s", s->id);
    snprintf(timeout, sizeof timeout, "%lld", (long long)s->timeout_ms);
    snprintf(message, sizeof message, "%lld", (long long)s->timeout_ms * 4 / 5);
    snprintf(most, sizeof most, "%lld", (long long)batch);
    const struct {
        const char *name, *value;
    } rows[] = {
        {"transactional.id", id}, /* implies idempotence and acks=all */
        {"transaction.timeout.ms", timeout},
        {"message.timeout.ms", message},
        {"message.max.bytes", most},
        {"batch.size", most}, /* the broker measures batches, not records */
        {"compression.type", s->compression},
        {"partitioner", "murmur2_random"}, /* as the Java clients do */
        {"linger.ms", "50"},               /* a commit does not wait for it */
        {"retry.backoff.ms", "5"},         /* decides the rate of small transactions */
        {"queue.buffering.max.messages", "200000"},
        {"queue.buffering.max.kbytes", "131072"},
        {"delivery.report.only.error", "true"},
        {"reconnect.backoff.max.ms", "1000"}, /* a transaction does not last ten seconds more */
    };
    int rc = HX_OK;
    for (size_t i = 0; !rc && i < sizeof rows / sizeof *rows; i++)
        rc = cluster_set(conf, rows[i].name, rows[i].value, problem);
    return rc;
}

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *m, void *opaque)
{
    struct client *client = opaque;
    (void)rk;
    if (m->err && m->err != RD_KAFKA_RESP_ERR__PURGE_QUEUE &&
        m->err != RD_KAFKA_RESP_ERR__PURGE_INFLIGHT)
        client_note(client, m->err, rd_kafka_topic_name(m->rkt));
}

static int open_client(struct sender *s, struct hx_problem *problem)
{
    rd_kafka_conf_t *conf;
    int rc = cluster_conf(s->cluster, &conf, problem);
    if (rc)
        return rc;
    rc = complete(s->settings, conf, problem);
    if (rc) {
        rd_kafka_conf_destroy(conf);
        return rc;
    }
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    return client_open(&s->client, RD_KAFKA_PRODUCER, conf, s->role, problem);
}

static int open_thread(struct sender *s, struct event_base *base)
{
    pthread_condattr_t monotonic;
    pthread_mutex_init(&s->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&s->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    s->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    s->told = s->fd >= 0 ? event_new(base, s->fd, EV_READ | EV_PERSIST, on_told, s) : NULL;
    if (!s->told || event_add(s->told, NULL) != 0)
        return HX_NOMEM;
    s->started = pthread_create(&s->thread, NULL, run, s) == 0;
    if (s->started)
        (void)pthread_setname_np(s->thread, s->role);
    return s->started ? HX_OK : HX_NOMEM;
}

void sender_owner(char out[POSITION_OWNER])
{
    uint8_t bytes[(POSITION_OWNER - 1) / 2];
    randombytes_buf(bytes, sizeof bytes);
    sodium_bin2hex(out, POSITION_OWNER, bytes, sizeof bytes);
}

int sender_open(struct event_base *base, const struct sender_options *options, struct sender **out,
                struct hx_problem *problem)
{
    struct sender *s = calloc(1, sizeof *s);
    *out = NULL;
    if (!s)
        return HX_NOMEM;
    s->cluster = options->cluster;
    s->settings = options->settings;
    s->routes = options->routes;
    s->calls = options->calls;
    s->arg = options->arg;
    s->role = options->role;
    s->owner = options->owner;
    s->first = options->first ? options->first : options->settings;
    s->adopt = options->adopt;
    s->fd = -1;
    hx_text_put(s->trouble, sizeof s->trouble, "STARTING");
    int rc = open_client(s, problem);
    topics_init(&s->topics, &s->client, &s->settings->topics);
    if (!rc)
        rc = open_thread(s, base);
    if (rc)
        sender_close(s);
    else
        *out = s;
    return rc;
}

void sender_end(struct sender *s, struct batch *last)
{
    pthread_mutex_lock(&s->lock);
    s->last = s->ready ? last : NULL;
    s->stopping = true;
    pthread_cond_signal(&s->wake);
    pthread_mutex_unlock(&s->lock);
}

const struct position *sender_wait(struct sender *s)
{
    if (s->started && !stopping(s))
        sender_end(s, NULL);
    if (s->started)
        pthread_join(s->thread, NULL);
    s->started = false;
    return &s->position;
}

void sender_close(struct sender *s)
{
    if (!s)
        return;
    (void)sender_wait(s);
    topics_fini(&s->topics);
    client_close(&s->client);
    if (s->told)
        event_free(s->told);
    if (s->fd >= 0)
        close(s->fd);
    free(s);
}
