#include "base/log.h"
#include "base/now.h"
#include "base/text.h"
#include "kafka/out/sender_internal.h"
#include <time.h>

enum {
    RETRY_MS = 100,   /* grows with each attempt … */
    RETRY_MOST = 2000 /* … to this */
};

/* ---- what an error demands ---- */

static bool is_fence(rd_kafka_resp_err_t err)
{
    return err == RD_KAFKA_RESP_ERR__FENCED || err == RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH ||
           err == RD_KAFKA_RESP_ERR_PRODUCER_FENCED;
}

enum transaction_result sender_fatal(struct sender *s)
{
    char text[256];
    rd_kafka_resp_err_t err = rd_kafka_fatal_error(s->client.rk, text, sizeof text);
    if (!err)
        return TX_OK;
    s->cause = rd_kafka_err2name(err);
    return is_fence(err) ? TX_FENCED : TX_FATAL;
}

enum transaction_result sender_judge(struct sender *s, rd_kafka_error_t *error)
{
    if (!error)
        return TX_OK;
    rd_kafka_resp_err_t err = rd_kafka_error_code(error);
    enum transaction_result r = TX_FATAL;
    if (rd_kafka_error_is_fatal(error) || is_fence(err))
        r = is_fence(err) ? TX_FENCED : sender_fatal(s);
    else if (rd_kafka_error_txn_requires_abort(error))
        r = TX_ABORT;
    else if (rd_kafka_error_is_retriable(error))
        r = TX_RETRY;
    client_note(&s->client, err, rd_kafka_error_string(error));
    s->cause = rd_kafka_err2name(err);
    rd_kafka_error_destroy(error);
    return r == TX_OK ? TX_FATAL : r;
}

/* ---- the steps of a transaction ---- */

/* Topics are looked for before it begins: that may take long, and a transaction may not. */
static enum transaction_result step_begin(void *arg)
{
    struct sender *s = arg;
    enum transaction_result found = sender_find_topics(s);
    return found ? found : sender_judge(s, rd_kafka_begin_transaction(s->client.rk));
}

static enum transaction_result step_produce(void *arg)
{
    return sender_produce(arg);
}

static enum transaction_result step_commit(void *arg)
{
    struct sender *s = arg;
    return sender_judge(s, rd_kafka_commit_transaction(s->client.rk, SENDER_CALL_MS));
}

static enum transaction_result step_abort(void *arg)
{
    struct sender *s = arg;
    hx_log(HX_LOG_WARN, "event=kafka_transaction_aborted why=%s", s->cause ? s->cause : "");
    s->aborted_for = s->cause;
    enum transaction_result result =
        sender_judge(s, rd_kafka_abort_transaction(s->client.rk, SENDER_CALL_MS));
    if (result == TX_OK)
        topics_forget(&s->topics); /* it may have been about one of them */
    return result;
}

bool sender_pause(struct sender *s, unsigned attempt)
{
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

static bool step_pause(void *arg, unsigned attempt)
{
    return sender_pause(arg, attempt);
}

enum transaction_result sender_transact(struct sender *s, struct batch *batch)
{
    const struct transaction_steps steps = {.begin = step_begin,
                                            .produce = step_produce,
                                            .commit = step_commit,
                                            .abort = step_abort,
                                            .pause = step_pause,
                                            .arg = s};
    int64_t began = hx_mono_us();
    s->batch = batch;
    enum transaction_result result = transaction_run(&steps, &s->counts);
    s->batch = NULL;
    if (result != TX_OK)
        return result;
    s->aborted_for = NULL;
    s->commit_us += (uint64_t)(hx_mono_us() - began);
    if (batch) {
        s->records += batch->records;
        s->bytes += batch->bytes;
        s->position = batch->position;
    }
    return TX_OK;
}
