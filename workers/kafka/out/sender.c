#include "kafka/out/sender.h"

#include "base/log.h"
#include "base/text.h"
#include "hongxin/instant.h"
#include "http/figures.h"
#include "kafka/cluster/topic_read.h"
#include "kafka/out/position_topic.h"
#include <event2/event.h>
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum {
    CALL_MS = 5000,    /* one call of librdkafka; then it is made again */
    IDLE_MS = 500,     /* between looks at librdkafka's callbacks */
    RETRY_MS = 100,    /* grows with each attempt … */
    RETRY_MOST = 2000, /* … to this */
    SERVE_EACH = 256,  /* records between two looks at callbacks */
    WHO_TRIES = 6      /* a successor needs a moment to write its name */
};

struct sender {
    /* of the caller */
    const struct cluster_settings *cluster;
    const struct sender_settings *settings;
    const struct routes *routes;
    const struct sender_calls *calls;
    void *arg;
    struct event *told;
    int fd;
    /* the thread's own */
    struct client client;
    struct topics topics;
    struct position position; /* as of the last commit */
    char owner[POSITION_OWNER];
    struct batch *batch; /* of the transaction */
    struct transaction_counts counts;
    uint64_t records, bytes, commit_us;
    const char *cause;       /* why the last step did not succeed */
    const char *aborted_for; /* why the last transaction was aborted; NULL = none was */
    /* between the two, under the lock */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool started, stopping, ready, ready_told;
    struct batch *job, *done;
    enum sender_end end;
    char why[400];
    char trouble[SENDER_TROUBLE];
    struct shown {
        struct transaction_counts counts;
        uint64_t records, bytes, commit_us;
    } shown;
};

static int64_t now_us(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void tell_loop(const struct sender *s)
{
    uint64_t one = 1;
    if (write(s->fd, &one, sizeof one) < 0)
        hx_log_errno(HX_LOG_ERROR, "event=kafka_out_deaf");
}

/* ---- what an error demands ---- */

static bool is_fence(rd_kafka_resp_err_t err)
{
    return err == RD_KAFKA_RESP_ERR__FENCED || err == RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH ||
           err == RD_KAFKA_RESP_ERR_PRODUCER_FENCED;
}

static enum transaction_result fatal_of(struct sender *s)
{
    char text[256];
    rd_kafka_resp_err_t err = rd_kafka_fatal_error(s->client.rk, text, sizeof text);
    if (!err)
        return TX_OK;
    s->cause = rd_kafka_err2name(err);
    return is_fence(err) ? TX_FENCED : TX_FATAL;
}

/* Takes the error. */
static enum transaction_result judge(struct sender *s, rd_kafka_error_t *error)
{
    if (!error)
        return TX_OK;
    rd_kafka_resp_err_t err = rd_kafka_error_code(error);
    enum transaction_result r = TX_FATAL;
    if (rd_kafka_error_is_fatal(error) || is_fence(err))
        r = is_fence(err) ? TX_FENCED : fatal_of(s);
    else if (rd_kafka_error_txn_requires_abort(error))
        r = TX_ABORT;
    else if (rd_kafka_error_is_retriable(error))
        r = TX_RETRY;
    client_note(&s->client, err, rd_kafka_error_string(error));
    s->cause = rd_kafka_err2name(err);
    rd_kafka_error_destroy(error);
    return r == TX_OK ? TX_FATAL : r;
}

/* ---- records ---- */

static rd_kafka_headers_t *headers_of(const struct record *r)
{
    struct record_header list[RECORD_HEADERS_MAX];
    size_t n = record_headers(r, list);
    rd_kafka_headers_t *headers = rd_kafka_headers_new(n);
    for (size_t i = 0; headers && i < n; i++)
        (void)rd_kafka_header_add(headers, list[i].name, -1, list[i].value, -1);
    return headers;
}

/* Memory of the batch is lent to librdkafka: the batch stays until the transaction's end. */
static rd_kafka_resp_err_t put(const struct sender *s, const struct topic *topic, int32_t partition,
                               const struct record *r, int flags)
{
    rd_kafka_headers_t *headers = headers_of(r);
    rd_kafka_resp_err_t err = RD_KAFKA_RESP_ERR__QUEUE_FULL;
    while (err == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
        err = rd_kafka_producev(
            s->client.rk, RD_KAFKA_V_RKT(topic->handle), RD_KAFKA_V_PARTITION(partition),
            RD_KAFKA_V_KEY(r->key, r->key ? strlen(r->key) : 0),
            RD_KAFKA_V_VALUE((void *)(uintptr_t)r->value, r->size), RD_KAFKA_V_HEADERS(headers),
            RD_KAFKA_V_MSGFLAGS(flags), RD_KAFKA_V_END);
        if (err == RD_KAFKA_RESP_ERR__QUEUE_FULL)
            rd_kafka_poll(s->client.rk, 10);
    }
    if (err)
        rd_kafka_headers_destroy(headers);
    return err;
}

static enum transaction_result produced(struct sender *s, const struct topic *topic,
                                        rd_kafka_resp_err_t err)
{
    enum transaction_result fatal = err ? fatal_of(s) : TX_OK;
    if (!err)
        return TX_OK;
    client_note(&s->client, err, topic->name);
    s->cause = rd_kafka_err2name(err);
    return fatal ? fatal : TX_ABORT;
}

static enum transaction_result produce_one(struct sender *s, const struct topic *topic,
                                           int32_t partition, const struct record *r)
{
    return produced(s, topic, put(s, topic, partition, r, 0));
}

/* Of a record whose memory does not last. */
static enum transaction_result produce_copy(struct sender *s, const struct topic *topic,
                                            int32_t partition, const struct record *r)
{
    return produced(s, topic, put(s, topic, partition, r, RD_KAFKA_MSG_F_COPY));
}

/* A reset stands in every partition of every topic of entries. */
struct broadcast {
    struct sender *sender;
    const struct record *record;
    enum transaction_result result;
};

static int reset_topic(void *arg, const char *name)
{
    struct broadcast *b = arg;
    struct topic *topic;
    if (topics_need(&b->sender->topics, name, TOPIC_ENTRIES, &topic) != HX_OK)
        b->result = TX_ABORT;
    for (int p = 0; b->result == TX_OK && p < topic->partitions; p++)
        b->result = produce_one(b->sender, topic, p, b->record);
    return b->result ? HX_AGAIN : HX_OK;
}

static enum transaction_result produce_reset(struct sender *s, const struct record *r)
{
    struct broadcast b = {.sender = s, .record = r};
    int rc = topics_of_routes(&s->topics, s->routes, reset_topic, &b);
    return rc ? b.result ? b.result : TX_ABORT : TX_OK;
}

/* Every case that the topic of states holds gets a tombstone, in the transaction that begins it
 * anew. */
struct emptying {
    struct sender *sender;
    struct topic *topic;
    enum transaction_result result;
};

static int empty_key(void *arg, const rd_kafka_message_t *m)
{
    struct emptying *e = arg;
    char *key = m->key_len && m->len ? hx_text_dup(m->key, m->key_len) : NULL;
    if (key) {
        const struct record r = record_of_tombstone(key);
        e->result = produce_copy(e->sender, e->topic, m->partition, &r);
    }
    free(key);
    return e->result ? HX_AGAIN : HX_OK;
}

static enum transaction_result produce_no_states(struct sender *s)
{
    struct hx_problem problem = {""};
    struct emptying e = {.sender = s};
    if (topics_need(&s->topics, s->settings->states, TOPIC_STATES, &e.topic) != HX_OK)
        return TX_ABORT;
    const struct topic_read what = {
        .cluster = s->cluster, .topic = s->settings->states, .fn = empty_key, .arg = &e};
    int rc = topic_read(&what, e.topic->partitions, RD_KAFKA_OFFSET_BEGINNING, &problem);
    if (rc)
        hx_log(HX_LOG_WARN, "event=kafka_out_states \"%s\"", problem.text);
    return rc ? e.result ? e.result : TX_ABORT : TX_OK;
}

static enum topic_kind kind_of(const struct sender *s, const char *topic)
{
    return strcmp(topic, s->settings->states) == 0 ? TOPIC_STATES : TOPIC_ENTRIES;
}

static enum transaction_result produce_record(struct sender *s, const struct record *r)
{
    struct topic *topic;
    if (r->kind == RECORD_RESET)
        return produce_reset(s, r);
    if (r->kind == RECORD_EMPTY_STATES)
        return produce_no_states(s);
    if (topics_need(&s->topics, r->topic, kind_of(s, r->topic), &topic) != HX_OK)
        return TX_ABORT;
    return produce_one(s, topic, RD_KAFKA_PARTITION_UA, r);
}

static enum transaction_result produce_position(struct sender *s)
{
    char text[POSITION_TEXT];
    struct topic *topic;
    struct position *p = s->batch ? &s->batch->position : &s->position;
    hx_text_put(p->owner, sizeof p->owner, s->owner);
    p->at = now_us(CLOCK_REALTIME) / 1000;
    size_t size = position_write(p, text);
    if (topics_need(&s->topics, s->settings->positions, TOPIC_POSITION, &topic) != HX_OK)
        return TX_ABORT;
    rd_kafka_resp_err_t err = rd_kafka_producev(
        s->client.rk, RD_KAFKA_V_RKT(topic->handle), RD_KAFKA_V_PARTITION(0),
        RD_KAFKA_V_KEY(s->settings->id, strlen(s->settings->id)), RD_KAFKA_V_VALUE(text, size),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY | RD_KAFKA_MSG_F_BLOCK), RD_KAFKA_V_END);
    return produced(s, topic, err);
}

/* ---- the steps of a transaction ---- */

static bool has_name(const char *const names[], size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

/* All new topics of a batch at once. */
static void make_new_topics(struct sender *s)
{
    const char *names[TOPICS_AT_ONCE];
    size_t n = 0;
    for (const struct record *r = s->batch ? s->batch->first : NULL; r && n < TOPICS_AT_ONCE;
         r = r->next)
        if (r->kind == RECORD_ONE && !topics_is_known(&s->topics, r->topic) &&
            kind_of(s, r->topic) == TOPIC_ENTRIES && !has_name(names, n, r->topic))
            names[n++] = r->topic;
    topics_make(&s->topics, names, n);
}

/* Topics are looked for before it begins: that may take long, and a transaction may not. */
static enum transaction_result step_begin(void *arg)
{
    struct sender *s = arg;
    struct topic *topic;
    make_new_topics(s);
    for (const struct record *r = s->batch ? s->batch->first : NULL; r; r = r->next)
        if (r->kind == RECORD_ONE &&
            topics_need(&s->topics, r->topic, kind_of(s, r->topic), &topic) != HX_OK) {
            s->cause = s->topics.trouble;
            return TX_RETRY;
        }
    return judge(s, rd_kafka_begin_transaction(s->client.rk));
}

static enum transaction_result step_produce(void *arg)
{
    struct sender *s = arg;
    enum transaction_result result = TX_OK;
    unsigned n = 0;
    for (const struct record *r = s->batch ? s->batch->first : NULL; r && !result; r = r->next) {
        result = produce_record(s, r);
        if (++n % SERVE_EACH == 0)
            rd_kafka_poll(s->client.rk, 0);
    }
    return result ? result : produce_position(s);
}

static enum transaction_result step_commit(void *arg)
{
    struct sender *s = arg;
    return judge(s, rd_kafka_commit_transaction(s->client.rk, CALL_MS));
}

static enum transaction_result step_abort(void *arg)
{
    struct sender *s = arg;
    hx_log(HX_LOG_WARN, "event=kafka_transaction_aborted why=%s", s->cause ? s->cause : "");
    s->aborted_for = s->cause;
    enum transaction_result result = judge(s, rd_kafka_abort_transaction(s->client.rk, CALL_MS));
    if (result == TX_OK)
        topics_forget(&s->topics); /* it may have been about one of them */
    return result;
}

/* Waits a little, longer with each attempt; false: the program ends. */
static bool step_pause(void *arg, unsigned attempt)
{
    struct sender *s = arg;
    struct timespec until;
    int64_t ms = attempt < RETRY_MOST / RETRY_MS ? RETRY_MS * attempt : RETRY_MOST;
    rd_kafka_poll(s->client.rk, 0);
    clock_gettime(CLOCK_MONOTONIC, &until);
    int64_t ns = until.tv_nsec + ms % 1000 * 1000000;
    until.tv_sec += ms / 1000 + ns / 1000000000;
    until.tv_nsec = ns % 1000000000;
    pthread_mutex_lock(&s->lock);
    hx_text_put(s->trouble, sizeof s->trouble,
                s->cause && *s->cause && s->client.statistics.brokers_up
                    ? s->cause
                    : "no broker can be reached");
    while (!s->stopping && pthread_cond_timedwait(&s->wake, &s->lock, &until) == 0) {
    }
    bool go_on = !s->stopping;
    pthread_mutex_unlock(&s->lock);
    return go_on;
}

static enum transaction_result transact(struct sender *s, struct batch *batch)
{
    const struct transaction_steps steps = {.begin = step_begin,
                                            .produce = step_produce,
                                            .commit = step_commit,
                                            .abort = step_abort,
                                            .pause = step_pause,
                                            .arg = s};
    int64_t began = now_us(CLOCK_MONOTONIC);
    s->batch = batch;
    enum transaction_result result = transaction_run(&steps, &s->counts);
    s->batch = NULL;
    if (result != TX_OK)
        return result;
    s->aborted_for = NULL;
    s->commit_us += (uint64_t)(now_us(CLOCK_MONOTONIC) - began);
    if (batch) {
        s->records += batch->records;
        s->bytes += batch->bytes;
        s->position = batch->position;
    }
    return TX_OK;
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
        int rc =
            position_topic_read(s->cluster, s->settings->positions, s->settings->id, &p, &problem);
        if (rc == HX_OK && *p.owner && strcmp(p.owner, s->owner) != 0) {
            snprintf(why, sizeof why,
                     "FENCED: another process (%.32s) writes as %s now; this one ends", p.owner,
                     s->settings->id);
            end(s, SENDER_TAKEN_OVER, why);
            return;
        }
        if (!step_pause(s, 5))
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
        if (!step_pause(s, n))
            return false;
    return true;
}

static bool take_over(struct sender *s)
{
    enum transaction_result result;
    for (unsigned n = 1;; n++) {
        result = judge(s, rd_kafka_init_transactions(s->client.rk, CALL_MS));
        if (result == TX_OK)
            return true;
        if (result != TX_RETRY && result != TX_ABORT)
            break;
        if (!step_pause(s, n))
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
        if (rc == HX_CONFIG || !step_pause(s, n))
            return false;
    }
    return true;
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
    if (!find_positions(s) || !take_over(s) || !read_position(s))
        return false;
    enum transaction_result result = transact(s, NULL); /* under our name */
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
        enum transaction_result result = job ? transact(s, job) : TX_OK;
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

void sender_trouble(struct sender *s, char out[SENDER_TROUBLE])
{
    pthread_mutex_lock(&s->lock);
    hx_text_put(out, SENDER_TROUBLE, s->trouble);
    pthread_mutex_unlock(&s->lock);
}

/* ---- figures ---- */

static void count(struct evbuffer *out, const char *name, const char *help, uint64_t n)
{
    figures_head(out, name, "counter", help);
    figures_line(out, name, "", n);
}

void sender_figures(struct sender *s, struct evbuffer *out)
{
    static const char *const demands[TX_RESULTS] = {"", "retry", "abort", "fenced", "fatal"};
    const struct client *client = &s->client;
    char labels[48];
    pthread_mutex_lock(&s->lock);
    const struct shown f = s->shown;
    pthread_mutex_unlock(&s->lock);
    client_figures(&client, 1, out);
    count(out, "kafka_out_records_total", "Records of committed transactions.", f.records);
    count(out, "kafka_out_bytes_total", "Bytes of their values.", f.bytes);
    figures_head(out, "kafka_out_transactions_total", "counter", "Transactions by their end.");
    figures_line(out, "kafka_out_transactions_total", "end=\"committed\"", f.counts.committed);
    figures_line(out, "kafka_out_transactions_total", "end=\"aborted\"", f.counts.aborted);
    count(out, "kafka_out_transaction_microseconds_total", "Time spent on committed ones.",
          f.commit_us);
    figures_head(out, "kafka_out_transaction_errors_total", "counter",
                 "Errors of transactions by what they demanded.");
    for (int i = TX_RETRY; i < TX_RESULTS; i++) {
        snprintf(labels, sizeof labels, "demands=\"%s\"", demands[i]);
        figures_line(out, "kafka_out_transaction_errors_total", labels, f.counts.errors[i]);
    }
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
        {"linger.ms", "2"},                /* a commit waits for it */
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
    return client_open(&s->client, RD_KAFKA_PRODUCER, conf, "out", problem);
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
        (void)pthread_setname_np(s->thread, "sender");
    return s->started ? HX_OK : HX_NOMEM;
}

int sender_open(struct event_base *base, const struct sender_options *options, struct sender **out,
                struct hx_problem *problem)
{
    uint8_t owner[(POSITION_OWNER - 1) / 2];
    struct sender *s = calloc(1, sizeof *s);
    *out = NULL;
    if (!s)
        return HX_NOMEM;
    s->cluster = options->cluster;
    s->settings = options->settings;
    s->routes = options->routes;
    s->calls = options->calls;
    s->arg = options->arg;
    s->fd = -1;
    hx_text_put(s->trouble, sizeof s->trouble, "STARTING");
    randombytes_buf(owner, sizeof owner);
    sodium_bin2hex(s->owner, sizeof s->owner, owner, sizeof owner);
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

void sender_close(struct sender *s)
{
    if (!s)
        return;
    if (s->started) {
        pthread_mutex_lock(&s->lock);
        s->stopping = true;
        pthread_cond_signal(&s->wake);
        pthread_mutex_unlock(&s->lock);
        pthread_join(s->thread, NULL);
    }
    topics_fini(&s->topics);
    client_close(&s->client);
    if (s->told)
        event_free(s->told);
    if (s->fd >= 0)
        close(s->fd);
    free(s);
}
