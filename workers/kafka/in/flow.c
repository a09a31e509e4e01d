#include "kafka/in/flow.h"

#include "base/log.h"
#include "base/text.h"
#include "hongxin/instant.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    ROUND_BYTES = 900 * 1024, /* one message of libhongxin holds 1 MiB */
    LATER_MS = 1000,          /* when nobody says when */
    LATER_MOST_MS = 30000,
    TROUBLE_TOLD_MS = 10000,
    REASON_MAX = 120, /* what the daemon keeps of it */
    HEADERS_MAX = 64,
};

enum fate { WAITING, DONE, LATER };

struct entry {
    struct entry *next;
    struct flow *flow;
    struct lane *lane;
    rd_kafka_message_t *record;
    struct envelope_event event;
    char unreadable[REASON_MAX];           /* "": an event */
    char reason[TALLY_WORD_MAX], why[160]; /* it is to be a dead letter; "" = not */
    int64_t refused_at;                    /* when it was told "later" first; 0 = never */
    enum fate fate;
    bool judged;   /* the daemon has refused it for good: only the dead letter is missing */
    bool in_grave; /* a dead letter under way: it is needed until that is told of */
    bool dropped;  /* … though nobody asks for it any more */
};

static int64_t now_ms(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * INT64_C(1000) + ts.tv_nsec / 1000000;
}

/* ---- lists ---- */

static size_t weight(const struct entry *e)
{
    return (*e->unreadable ? 0 : e->event.size) + 64;
}

static void list_init(struct entries *l)
{
    *l = (struct entries){.last = &l->first};
}

static void list_append(struct entries *l, struct entry *e)
{
    if (!l->last)
        list_init(l);
    e->next = NULL;
    *l->last = e;
    l->last = &e->next;
    l->n++;
    l->bytes += weight(e);
}

static struct entry *list_take(struct entries *l)
{
    struct entry *e = l->first;
    if (!e)
        return NULL;
    l->first = e->next;
    if (!l->first)
        l->last = &l->first;
    l->n--;
    l->bytes -= weight(e);
    return e;
}

/* All of `more` behind `l`; it is empty then. */
static void list_join(struct entries *l, struct entries *more)
{
    for (struct entry *e; (e = list_take(more)) != NULL;)
        list_append(l, e);
}

static void entry_free(struct entry *e)
{
    envelope_event_free(&e->event);
    if (e->record)
        rd_kafka_message_destroy(e->record);
    free(e);
}

/* ---- reading ---- */

static size_t read_headers(const rd_kafka_message_t *m, struct envelope_header *out)
{
    rd_kafka_headers_t *headers;
    size_t n = 0;
    if (rd_kafka_message_headers(m, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return 0;
    while (n < HEADERS_MAX && rd_kafka_header_get_all(headers, n, &out[n].name, &out[n].value,
                                                      &out[n].size) == RD_KAFKA_RESP_ERR_NO_ERROR)
        n++;
    return n;
}

/* There is no event in it: the daemon is told so, then it is a dead letter. */
static void mark(struct entry *e, const char *reason)
{
    snprintf(e->unreadable, sizeof e->unreadable, "%.20s kafka %d/%lld %.50s", reason,
             (int)e->lane->partition, (long long)e->record->offset, e->lane->topic->name);
    hx_text_put(e->reason, sizeof e->reason, reason);
}

static void read_record(struct entry *e)
{
    struct envelope_header headers[HEADERS_MAX];
    const struct envelope in = {.value = e->record->payload,
                                .size = e->record->len,
                                .headers = headers,
                                .n_headers = read_headers(e->record, headers),
                                .format = e->lane->topic->format,
                                .source = e->lane->topic->source};
    enum envelope_reason reason = envelope_read(&in, &e->event);
    if (reason)
        mark(e, envelope_reason_name(reason));
}

void flow_init(struct flow *f)
{
    list_init(&f->round);
    list_init(&f->ahead);
    f->most = f->settings->batch;
}

bool flow_has_room(const struct flow *f)
{
    return f->ahead.n < f->settings->batch && f->ahead.bytes < ROUND_BYTES;
}

void flow_take(struct flow *f, struct lane *lane, rd_kafka_message_t *message)
{
    struct entry *e = calloc(1, sizeof *e);
    if (!e) {
        hx_log(HX_LOG_ERROR, "event=no_memory");
        abort(); /* the next start reads it again */
    }
    e->flow = f;
    e->lane = lane;
    e->record = message;
    lane->last = message->offset;
    f->records++;
    read_record(e);
    list_append(lane->held.n ? &lane->held : &f->ahead, e);
}

/* ---- answers ---- */

static void settle(struct entry *e, enum fate fate)
{
    struct flow *f = e->flow;
    e->fate = fate;
    if (--f->waiting == 0 && f->wake)
        f->wake(f->arg);
}

static void put_off(struct entry *e, int64_t ms)
{
    int64_t now = now_ms(), at = now + (ms < LATER_MOST_MS ? ms : LATER_MOST_MS);
    if (at > e->lane->retry_at)
        e->lane->retry_at = at;
    if (!e->refused_at)
        e->refused_at = now;
    e->flow->later++;
    settle(e, LATER);
}

/* Told at most once in ten seconds: it is not about one record. */
static void trouble(struct flow *f, const char *what, const char *why)
{
    int64_t now = now_ms();
    if (f->trouble_told_at && now - f->trouble_told_at < TROUBLE_TOLD_MS)
        return;
    f->trouble_told_at = now;
    hx_log(HX_LOG_WARN, "event=daemon_refuses what=%s \"%s\"", what, why);
}

static void tell_dead(const struct entry *e, uint64_t n)
{
    if (n <= 10 || n % 1000 == 0) /* the topic holds them all, the figures count them */
        hx_log(HX_LOG_WARN,
               "event=dead_letter topic=%s partition=%d offset=%lld reason=%s of_this_reason=%llu",
               e->lane->topic->name, (int)e->lane->partition, (long long)e->record->offset,
               e->reason, (unsigned long long)n);
}

static void bury(struct entry *e)
{
    e->judged = true;
    rd_kafka_resp_err_t err = 0;
    if (!*e->flow->dead->topic) {
        tell_dead(e, tally_add(&e->flow->reasons, e->reason));
        settle(e, DONE);
        return;
    }
    err = dead_send(e->flow->dead, e->record, e->reason, e->why, e);
    e->in_grave = !err;
    if (err == RD_KAFKA_RESP_ERR__QUEUE_FULL)
        put_off(e, 100);
    else if (err)
        flow_buried(e, err);
}

void flow_buried(void *tag, rd_kafka_resp_err_t err)
{
    struct entry *e = tag;
    e->in_grave = false;
    if (e->dropped) {
        entry_free(e);
        return;
    }
    if (err) {
        hx_log(HX_LOG_WARN, "event=dead_letter_not_kept name=%s \"%s\"", rd_kafka_err2name(err),
               rd_kafka_err2str(err));
        put_off(e, LATER_MS);
        return;
    }
    tell_dead(e, tally_add(&e->flow->reasons, e->reason));
    settle(e, DONE);
}

/* Which record has to come later for its own sake: because a case is not known that may never come.
 */
static bool is_its_own_fault(const hxp_reply *reply)
{
    return strcmp(reply->code, "CASE_UNKNOWN") == 0;
}

static void judge_later(struct entry *e, const hxp_reply *reply)
{
    struct flow *f = e->flow;
    if (is_its_own_fault(reply) && e->refused_at &&
        now_ms() - e->refused_at > f->settings->patience_ms) {
        hx_text_put(e->reason, sizeof e->reason, reply->code);
        bury(e);
        return;
    }
    trouble(f, *reply->code ? reply->code : "RETRY_AFTER", reply->message);
    put_off(e, reply->retry_after_ms ? (int64_t)reply->retry_after_ms : LATER_MS);
}

static void on_reply(void *arg, int err, const hxp_reply *reply)
{
    struct entry *e = arg;
    struct flow *f = e->flow;
    if (err == HX_CLOSED)
        return; /* the end: read again at the next start */
    if (err) {
        trouble(f, hx_errname(err), hx_client_problem(f->client));
        if (err == HX_TOOBIG && f->most > 1)
            f->most /= 2; /* the daemon is set to smaller messages */
        put_off(e, 5 * LATER_MS);
        return;
    }
    const ProtobufCEnumValue *name =
        protobuf_c_enum_descriptor_get_value(&hongxin__v1__result__descriptor, (int)reply->result);
    const char *word = name ? name->name : "other";
    tally_add(&f->answers, word);
    switch (reply->result) {
    case HONGXIN__V1__RESULT__RETRY_AFTER:
        judge_later(e, reply);
        break;
    case HONGXIN__V1__RESULT__INVALID:
    case HONGXIN__V1__RESULT__CONFLICT:
        if (!*e->reason) {
            hx_text_put(e->reason, sizeof e->reason, *reply->code ? reply->code : word);
            hx_text_put(e->why, sizeof e->why, reply->message);
        }
        bury(e);
        break;
    default:
        settle(e, DONE);
    }
}

/* ---- rounds ---- */

/* Its place in front of what is held already: it was read before. */
static void hold_again(struct entries *later)
{
    struct lane *lane;
    struct entries rest;
    while (later->first) {
        lane = later->first->lane;
        rest = (struct entries){0};
        struct entries own = {0}, others = {0};
        for (struct entry *e; (e = list_take(later)) != NULL;)
            list_append(e->lane == lane ? &own : &others, e);
        list_join(&rest, &lane->held);
        list_join(&lane->held, &own);
        list_join(&lane->held, &rest);
        list_join(later, &others);
    }
}

/* What was read behind something that is held must not overtake it. */
static void hold_back(struct flow *f)
{
    struct entries all = {0};
    list_join(&all, &f->ahead);
    for (struct entry *e; (e = list_take(&all)) != NULL;)
        list_append(e->lane->held.n ? &e->lane->held : &f->ahead, e);
}

/* The lane's offset follows; past a record that is held it does not go. */
static void advance(struct lane *lane, int64_t offset)
{
    if (offset >= lane->done)
        lane->done = offset + 1;
    lane->offset = lane->held.n ? lane->held.first->record->offset : lane->done;
}

void flow_finish(struct flow *f)
{
    struct entries later = {0}, done = {0};
    if (f->waiting || !f->round.n)
        return;
    for (struct entry *e; (e = list_take(&f->round)) != NULL;)
        list_append(e->fate == LATER ? &later : &done, e);
    bool some = later.n > 0;
    hold_again(&later);
    for (struct entry *e; (e = list_take(&done)) != NULL; entry_free(e))
        advance(e->lane, e->record->offset);
    if (some)
        hold_back(f);
}

static int start(struct flow *f, struct entry *e)
{
    struct hx_item item = {
        .bytes = e->event.bytes, .size = e->event.size, .reporter = e->event.reporter};
    if (*e->unreadable)
        item = (struct hx_item){.unreadable = e->unreadable};
    return hx_publish_start(f->client, &item, on_reply, e);
}

/* False: no more goes into this round. */
static bool launch(struct flow *f, struct entries *from)
{
    struct entry *e = from->first;
    if (!e || f->round.n >= f->most || (f->round.n && f->round.bytes + weight(e) > ROUND_BYTES))
        return false;
    e->fate = WAITING;
    int err = e->judged ? HX_OK : start(f, e);
    if (err == HX_TOOBIG) {
        size_t before = weight(e);
        mark(e, "OVERSIZE"); /* the reporter is larger than the door takes */
        from->bytes -= before - weight(e);
        err = start(f, e);
    }
    if (err)
        return false; /* no memory, or too much is under way: at the next turn */
    list_append(&f->round, list_take(from));
    f->waiting++;
    if (e->judged)
        bury(e);
    return true;
}

bool flow_step(struct flow *f, struct lane *lanes, int64_t now)
{
    flow_finish(f);
    if (f->round.n)
        return false;
    for (struct lane *l = lanes; l; l = l->next)
        while (l->held.n && l->retry_at <= now && launch(f, &l->held)) {
        }
    while (launch(f, &f->ahead)) {
    }
    return f->round.n > 0;
}

bool flow_is_busy(const struct flow *f)
{
    return f->waiting > 0;
}

int64_t flow_oldest(const struct flow *f, const struct lane *lanes)
{
    int64_t oldest = 0;
    const struct entry *firsts[2] = {f->round.first, f->ahead.first};
    for (size_t i = 0; i < 2; i++) {
        int64_t at = firsts[i] ? rd_kafka_message_timestamp(firsts[i]->record, NULL) : 0;
        oldest = at > 0 && (!oldest || at < oldest) ? at : oldest;
    }
    for (; lanes; lanes = lanes->next) {
        const struct entry *e = lanes->held.first;
        int64_t at = e ? rd_kafka_message_timestamp(e->record, NULL) : 0;
        oldest = at > 0 && (!oldest || at < oldest) ? at : oldest;
    }
    return oldest;
}

/* ---- the end ---- */

static void drop(struct flow *f, struct entries *l)
{
    for (struct entry *e; (e = list_take(l)) != NULL;) {
        (void)hx_publish_forget(f->client, on_reply, e);
        e->dropped = true;
        if (!e->in_grave)
            entry_free(e);
        else
            rd_kafka_message_destroy(e->record), e->record = NULL;
    }
}

void flow_drop(struct flow *f, struct lane *lanes)
{
    drop(f, &f->round);
    drop(f, &f->ahead);
    for (; lanes; lanes = lanes->next)
        drop(f, &lanes->held);
    f->waiting = 0;
}
