#include "kafka/in/flow.h"

#include "base/log.h"
#include "base/now.h"
#include "base/text.h"
#include "hongxin/instant.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ROUND_BYTES = 900 * 1024, /* one message of libhongxin holds 1 MiB */
    LATER_MS = 1000,          /* when nobody says when */
    LATER_MOST_MS = 30000,
    TROUBLE_TOLD_MS = 10000,
    AHEAD_BATCHES = 8, /* so much is read before it can be sent: the broker gives partition by
                          partition, and each of some should have its round under way */
};

void flow_init(struct flow *f)
{
    f->most = f->settings->batch;
}

/* What is held does not count: its partition is paused, and the others go on. */
static void hold(struct flow *f, struct lane *l, bool held)
{
    if (held && !l->held) {
        f->ahead -= l->queue.n;
        f->ahead_bytes -= l->queue.bytes;
    } else if (!held && l->held) {
        f->ahead += l->queue.n;
        f->ahead_bytes += l->queue.bytes;
    }
    l->held = held;
}

bool flow_has_room(const struct flow *f)
{
    return f->ahead < AHEAD_BATCHES * f->settings->batch &&
           f->ahead_bytes < AHEAD_BATCHES * (size_t)ROUND_BYTES;
}

void flow_take(struct flow *f, struct lane *lane, rd_kafka_message_t *message)
{
    struct entry *e = entry_read(f, lane, message);
    lane->last = message->offset;
    f->records++;
    entries_append(&lane->queue, e);
    if (!lane->held) {
        f->ahead++;
        f->ahead_bytes += entry_weight(e);
    }
}

/* ---- answers ---- */

static void settle(struct entry *e, enum fate fate)
{
    struct flow *f = e->flow;
    e->fate = fate;
    f->under_way--;
    if (--e->lane->waiting == 0 && f->wake)
        f->wake(f->arg);
}

static void put_off(struct entry *e, int64_t ms)
{
    int64_t now = hx_mono_ms(), at = now + (ms < LATER_MOST_MS ? ms : LATER_MOST_MS);
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
    int64_t now = hx_mono_ms();
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
               e->fault->reason, (unsigned long long)n);
}

static void bury(struct entry *e)
{
    e->judged = true;
    rd_kafka_resp_err_t err = 0;
    if (!*e->flow->dead->topic) {
        tell_dead(e, tally_add(&e->flow->reasons, e->fault->reason));
        settle(e, DONE);
        return;
    }
    const struct dead_reason why = {e->fault->reason, e->fault->why, e->fault->kept};
    err = dead_send(e->flow->dead, e->record, &why, e);
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
    tell_dead(e, tally_add(&e->flow->reasons, e->fault->reason));
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
        hx_mono_ms() - e->refused_at > f->settings->patience_ms) {
        hx_text_put(entry_fault(e)->reason, sizeof e->fault->reason, reply->code);
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
        if (!e->fault) {
            hx_text_put(entry_fault(e)->reason, sizeof e->fault->reason,
                        *reply->code ? reply->code : word);
            hx_text_put(e->fault->why, sizeof e->fault->why, reply->message);
        }
        hx_text_put(e->fault->kept, sizeof e->fault->kept, reply->kept);
        bury(e);
        break;
    case HONGXIN__V1__RESULT__NOT_ALLOWED: /* in the journal: no letter brings it back */
        tally_add(&f->refused, *reply->code ? reply->code : word);
        settle(e, DONE);
        break;
    default:
        settle(e, DONE);
    }
}

/* ---- rounds ---- */

/* A topic that was made anew counts from 0 again: what was read of the old one moves nothing in it.
 */
static bool counts(const struct entry *e)
{
    return e->generation == e->lane->generation;
}

/* The lane's offset follows; past a record that is held it does not go. */
static void advance(struct lane *lane, const struct entry *e)
{
    const struct entry *held = lane->held ? lane->queue.first : NULL;
    if (!counts(e))
        return;
    if (e->record->offset >= lane->done)
        lane->done = e->record->offset + 1;
    lane->offset = held && counts(held) ? held->record->offset : lane->done;
}

/* What comes later goes back to its place, before all that was read behind it. */
static void finish(struct flow *f, struct lane *l)
{
    struct entries later = {0}, done = {0};
    if (l->waiting || !l->round.n)
        return;
    for (struct entry *e; (e = entries_take(&l->round)) != NULL;)
        entries_append(e->fate == LATER ? &later : &done, e);
    hold(f, l, true); /* the queue is not counted while it changes */
    entries_join(&later, &l->queue);
    l->queue = later;
    hold(f, l, l->queue.first && l->queue.first->fate == LATER);
    for (struct entry *e; (e = entries_take(&done)) != NULL; entry_free(e))
        advance(l, e);
}

void flow_finish(struct flow *f, struct lane *lanes)
{
    for (; lanes; lanes = lanes->next)
        finish(f, lanes);
}

static int start(struct flow *f, struct entry *e)
{
    struct hx_item item = {
        .bytes = e->event.bytes, .size = e->event.size, .reporter = e->event.reporter};
    if (entry_is_unreadable(e))
        item = (struct hx_item){.unreadable = e->fault->unreadable};
    item.closes = e->closes;
    return hx_publish_start(f->client, &item, on_reply, e);
}

/* A daemon that is set to smaller messages gets one of them at a time. */
static bool is_enough(const struct flow *f, const struct lane *l)
{
    size_t n = f->most < f->settings->batch ? f->under_way : l->round.n;
    return n >= f->most;
}

/* False: no more goes into this round. */
static bool launch(struct flow *f, struct lane *l)
{
    struct entry *e = l->queue.first;
    if (!e || is_enough(f, l) || (l->round.n && l->round.bytes + entry_weight(e) > ROUND_BYTES))
        return false;
    e->fate = WAITING;
    int err = e->judged ? HX_OK : start(f, e);
    if (err == HX_TOOBIG) {
        size_t before = entry_weight(e);
        entry_mark(e, "OVERSIZE"); /* the reporter is larger than the door takes */
        l->queue.bytes -= before - entry_weight(e);
        err = start(f, e);
    }
    if (err)
        return false; /* no memory, or too much is under way: at the next turn */
    entries_append(&l->round, entries_take(&l->queue));
    l->waiting++;
    f->under_way++;
    if (e->judged)
        bury(e);
    return true;
}

/* Its message is closed behind it, so that all of a round travels in one. */
static bool begin(struct flow *f, struct lane *l, int64_t now)
{
    bool held = l->held;
    if (l->round.n || (held && l->retry_at > now))
        return false;
    hold(f, l, true);
    while (launch(f, l)) {
    }
    hold(f, l, held);
    if (l->round.n)
        (void)hx_client_poll(f->client, 0);
    return l->round.n > 0;
}

bool flow_step(struct flow *f, struct lane *lanes, int64_t now)
{
    bool begun = false;
    flow_finish(f, lanes);
    for (struct lane *l = lanes; l; l = l->next)
        begun |= begin(f, l, now);
    return begun;
}

bool flow_is_busy(const struct flow *f)
{
    return f->under_way > 0;
}

static void take_older(int64_t *oldest, const struct entry *e)
{
    int64_t at = e ? rd_kafka_message_timestamp(e->record, NULL) : 0;
    if (at > 0 && (!*oldest || at < *oldest))
        *oldest = at;
}

int64_t flow_oldest(const struct lane *lanes)
{
    int64_t oldest = 0;
    for (; lanes; lanes = lanes->next) {
        take_older(&oldest, lanes->round.first);
        take_older(&oldest, lanes->queue.first);
    }
    return oldest;
}

/* ---- the end ---- */

static void drop(struct flow *f, struct entries *l)
{
    for (struct entry *e; (e = entries_take(l)) != NULL;) {
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
    for (; lanes; lanes = lanes->next) {
        hold(f, lanes, true); /* no longer counted */
        drop(f, &lanes->round);
        drop(f, &lanes->queue);
        lanes->waiting = 0;
    }
    f->under_way = 0;
}
