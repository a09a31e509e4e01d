#include "base/log.h"
#include "base/now.h"
#include "base/text.h"
#include "kafka/cluster/topic_read.h"
#include "kafka/out/sender_internal.h"
#include <stdlib.h>
#include <string.h>

enum { SERVE_EACH = 256 /* records between two looks at callbacks */ };

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
    enum transaction_result fatal = err ? sender_fatal(s) : TX_OK;
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

static int reset_topic(void *arg, const char *name, int partitions)
{
    struct broadcast *b = arg;
    struct topic *topic;
    if (topics_need(&b->sender->topics, name, TOPIC_ENTRIES, &topic) != HX_OK)
        b->result = TX_ABORT;
    for (int p = 0; b->result == TX_OK && p < partitions; p++)
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
    if (r->kind == RECORD_RESET)
        return produce_reset(s, r);
    if (r->kind == RECORD_EMPTY_STATES)
        return produce_no_states(s);
    return produce_one(s, topics_at(&s->topics, r->place), RD_KAFKA_PARTITION_UA, r);
}

static enum transaction_result produce_position(struct sender *s)
{
    char text[POSITION_TEXT];
    struct topic *topic;
    struct position *p = s->batch ? &s->batch->position : &s->position;
    hx_text_put(p->owner, sizeof p->owner, s->owner);
    p->at = hx_wall_ms();
    size_t size = position_write(p, text);
    if (topics_need(&s->topics, s->settings->positions, TOPIC_POSITION, &topic) != HX_OK)
        return TX_ABORT;
    rd_kafka_resp_err_t err = rd_kafka_producev(
        s->client.rk, RD_KAFKA_V_RKT(topic->handle), RD_KAFKA_V_PARTITION(0),
        RD_KAFKA_V_KEY(s->settings->id, strlen(s->settings->id)), RD_KAFKA_V_VALUE(text, size),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY | RD_KAFKA_MSG_F_BLOCK), RD_KAFKA_V_END);
    return produced(s, topic, err);
}

/* ---- a batch ---- */

static bool has_name(const char *const names[], size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

/* Where each record goes; those whose topic is not known have the place 0. */
static size_t find_places(struct sender *s)
{
    size_t unknown = 0;
    for (struct record *r = s->batch ? s->batch->first : NULL; r; r = r->next) {
        r->place = r->kind == RECORD_ONE ? topics_place(&s->topics, r->topic) : 0;
        unknown += r->kind == RECORD_ONE && !r->place;
    }
    return unknown;
}

/* All new topics of a batch at once. */
static void make_new_topics(struct sender *s)
{
    const char *names[TOPICS_AT_ONCE];
    size_t n = 0;
    for (const struct record *r = s->batch->first; r && n < TOPICS_AT_ONCE; r = r->next)
        if (r->kind == RECORD_ONE && !r->place && kind_of(s, r->topic) == TOPIC_ENTRIES &&
            !has_name(names, n, r->topic))
            names[n++] = r->topic;
    topics_make(&s->topics, names, n);
}

enum transaction_result sender_find_topics(struct sender *s)
{
    struct topic *topic;
    if (!find_places(s))
        return TX_OK;
    make_new_topics(s);
    for (const struct record *r = s->batch->first; r; r = r->next)
        if (r->kind == RECORD_ONE && !r->place &&
            topics_need(&s->topics, r->topic, kind_of(s, r->topic), &topic) != HX_OK) {
            s->cause = s->topics.trouble;
            return TX_RETRY;
        }
    (void)find_places(s);
    return TX_OK;
}

enum transaction_result sender_produce(struct sender *s)
{
    enum transaction_result result = TX_OK;
    unsigned n = 0;
    for (const struct record *r = s->batch ? s->batch->first : NULL; r && !result; r = r->next) {
        result = produce_record(s, r);
        if (++n % SERVE_EACH == 0)
            rd_kafka_poll(s->client.rk, 0);
    }
    return result ? result : produce_position(s);
}
