#include "service/intake/batch.h"

#include "base/log.h"
#include "service/acts/moving.h"
#include "service/deadlines.h"
#include "service/intake/intake.h"
#include "service/intake/kept.h"
#include "service/locks/mask.h"
#include "service/state.h"
#include <inttypes.h>

enum {
    SHARED_BATCH = 1024,             /* events of a batch while several sources wait */
    JOB_BYTES = 128 * 1024 * 1024,   /* what a message's events become at the most … */
    AGAIN_BYTES = 192 * 1024 * 1024, /* … and those of a batch that is done again: of a turn */
    PAUSE_FIRST_MS = 250,
    PAUSE_MOST_MS = 5000,
    GIVE_UP_AFTER = 20, /* failed attempts in a row with an error that a new process may not have */
};

size_t batch_most(const struct service *s)
{
    size_t most = s->options.limits->batch_items;
    return s->share.lines > 1 && most > SHARED_BATCH ? SHARED_BATCH : most;
}

void batch_reset(struct batch *b)
{
    *b = (struct batch){.troubled = b->troubled,
                        .failures = b->failures,
                        .pause_ms = b->pause_ms,
                        .retry_at = b->retry_at};
    b->last = &b->first;
}

bool batch_paused(const struct service *s)
{
    return s->batch.troubled && mono_now().ms < s->batch.retry_at.ms;
}

int batch_begin(struct service *s)
{
    struct batch *b = &s->batch;
    if (b->error || b->open)
        return b->error;
    b->error = hx_store_begin(s->store);
    b->open = b->error == HX_OK;
    if (b->open)
        b->error = hold_record(s);
    return b->error;
}

bool batch_trouble(int err)
{
    return err == HX_FULL || err == HX_IO || err == HX_NOMEM || err == HX_CORRUPT;
}

static void put_off_item(struct service *s, struct batch_job *job, size_t i, const char *code)
{
    job->replies[i] = intake_refusal(s, HONGXIN__V1__RESULT__RETRY_AFTER, code,
                                     "nothing is lost: send the event again");
    intake_name(s, job->publish->items[i], job->replies[i]);
}

static void put_off(struct service *s, struct batch_job *job)
{
    for (size_t i = 0; i < job->publish->n_items; i++)
        put_off_item(s, job, i, "STORE_TROUBLE");
}

/* Told when there is room for this message. */
static void too_much(struct service *s, struct batch_job *job)
{
    for (size_t i = 0; i < job->publish->n_items; i++) {
        job->replies[i] = intake_refusal(s, HONGXIN__V1__RESULT__RETRY_AFTER, job->refusal,
                                         "more events than may wait, or than may be sent a second");
        if (job->replies[i])
            job->replies[i]->retry_after_ms = job->wait_ms;
        intake_name(s, job->publish->items[i], job->replies[i]);
    }
}

/* What is refused is kept, and what was refused before says what became of it. */
static int judge_item(struct service *s, struct batch_job *job, size_t i)
{
    uint64_t before = hx_store_quarantine_next(s->store);
    hx_store_quarantine_time(s->store, job->t_now);
    int rc = intake_apply(s, job, i, &job->replies[i]);
    if (rc != HX_OK || !job->replies[i])
        return rc;
    return kept_settle(s, job->publish->items[i], before, job->replies[i]);
}

/* What one message becomes in memory ends somewhere, whatever its events bring. What others of the
 * turn have brought is not held against it. */
static int apply_item(struct service *s, struct batch_job *job, size_t i)
{
    if (s->arena.total < s->batch.room_until)
        return judge_item(s, job, i);
    put_off_item(s, job, i, "TOO_MUCH_AT_ONCE");
    return HX_OK;
}

static void apply_all(struct service *s, struct batch_job *job)
{
    struct batch *b = &s->batch;
    if (batch_begin(s) != HX_OK)
        return;
    b->room_until = s->arena.total + JOB_BYTES;
    for (size_t i = 0; i < job->publish->n_items && !b->error; i++)
        b->error = apply_item(s, job, i);
}

void batch_add(struct service *s, struct batch_job *job)
{
    struct batch *b = &s->batch;
    if (!b->first)
        b->begun_us = mono_now_us();
    *b->last = job;
    b->last = &job->next;
    b->items += job->publish->n_items;
    if (job->wait_ms)
        too_much(s, job);
    else if (batch_paused(s))
        put_off(s, job);
    else
        apply_all(s, job);
}

/* The city-wide door sends all the same: what nobody who may connect is withheld. */
static void publish_shown(struct service *s, const struct mask_rule *rule,
                          const struct tail_entry *e)
{
    struct mask_entry shown = {.bytes = e->bytes, .size = e->size, .decoded = e->decoded};
    if (!mask_entry(s, rule, &shown))
        return;
    struct tail_entry out = *e;
    out.bytes = shown.bytes;
    out.size = shown.size;
    out.decoded = shown.decoded;
    publisher_send(&s->publisher, &out);
}

static void count_facts(struct batch *b)
{
    b->counted = (struct counted_facts){0};
    for (size_t i = 0; i < b->n_entries; i++)
        counters_entry(&b->counted, b->entries[i].entry);
    b->is_counted = true;
}

static void say_cut_short(struct service *s)
{
    const struct hx_machine *m = &s->machine;
    if (m->cut_short != s->counters.cut_short)
        hx_log(HX_LOG_WARN, "event=case_full case=%" PRIu64 " entries=%" PRIu64, m->cut_case,
               m->cut_short - s->counters.cut_short);
    s->counters.cut_short = m->cut_short;
}

void batch_show(struct service *s)
{
    const struct hx_stored *list;
    size_t n = hx_store_batch(s->store, &list);
    bool heard = publisher_heard(&s->publisher);
    const struct mask_rule rule = heard ? mask_rule_stream(s->lock.access) : (struct mask_rule){0};
    for (size_t i = 0; i < n; i++) {
        struct tail_entry e = {.lsn = list[i].lsn,
                               .case_number = list[i].entry->case_number,
                               .bytes = list[i].bytes,
                               .size = list[i].size,
                               .decoded = list[i].entry};
        if (s->feeds.n) /* else nobody reads it; a feed that comes begins with the journal */
            live_tail_append(&s->tail, &e);
        similar_entry(&s->similar, list[i].entry);
        hx_digest_add(&s->digest, list[i].entry);
        if (heard)
            publish_shown(s, &rule, &e);
    }
    chain_add(s, list, n);
    s->batch.entries = list;
    s->batch.n_entries = n;
    if (!s->batch.is_counted)
        count_facts(&s->batch);
    s->batch.is_counted = false;
    counters_facts(&s->counters, &s->batch.counted);
    say_cut_short(s);
    s->counters.entries += n;
}

/* ---- answers ---- */

static int pack_answer(struct batch_job *job)
{
    Hongxin__V1__Replies replies = HONGXIN__V1__REPLIES__INIT;
    hxp_response answer = HONGXIN__V1__RESPONSE__INIT;
    replies.request = job->request;
    replies.n_replies = job->publish->n_items;
    replies.replies = job->replies;
    answer.request = job->number;
    answer.answer_case = HONGXIN__V1__RESPONSE__ANSWER_REPLIES;
    answer.replies = &replies;
    for (size_t i = 0; i < replies.n_replies; i++)
        if (!job->replies[i])
            return HX_NOMEM; /* not even for a refusal: the source hears nothing and sends again */
    return door_pack(job->door, &answer, &job->packed);
}

/* By the helper: nobody is shown them before the commit, and nothing counts before. The store is
 * the loop's, which may have to undo the batch meanwhile. */
static void get_ready(void *batch)
{
    struct batch *b = batch;
    for (struct batch_job *job = b->first; job; job = job->next)
        job->is_packed = job->is_packed || pack_answer(job) == HX_OK;
    count_facts(b);
}

/* They are others now, and the entries were none. */
static void drop_answers(struct batch *b)
{
    b->is_counted = false;
    for (struct batch_job *job = b->first; job; job = job->next) {
        if (job->is_packed)
            zmq_msg_close(&job->packed);
        job->is_packed = false;
    }
}

static void send_replies(struct service *s, struct batch_job *job)
{
    int rc = job->is_packed ? HX_OK : pack_answer(job);
    job->is_packed = false;
    for (size_t i = 0; i < job->publish->n_items && rc == HX_OK; i++)
        counters_reply(&s->counters, job->replies[i]);
    if (rc == HX_OK)
        rc = door_send_packed(job->door, job->peer, &job->packed);
    if (rc != HX_OK)
        s->counters.replies_lost++;
}

static void send_all(struct service *s)
{
    const struct batch *b = &s->batch;
    for (struct batch_job *job = b->first; job; job = job->next)
        send_replies(s, job);
    if (b->first) {
        hist_add(&s->counters.batch_items, (int64_t)b->items);
        hist_add(&s->counters.intake_us, mono_now_us() - b->begun_us);
    }
}

/* ---- committing ---- */

/* Of many entries the helper works out the chain while they are written, packs their answers,
 * counts what they hold, and reads what waits. For few that would take longer than doing it. */
static int commit_with_help(struct service *s)
{
    uint64_t helped = 0;
    int rc = hx_store_seal(s->store);
    if (rc == HX_OK && hx_store_batch_size(s->store) >= BATCH_HELPED) {
        struct batch *b = &s->batch;
        b->n_entries = hx_store_batch(s->store, &b->entries);
        chain_coming(&s->chain, b->entries, b->n_entries);
        helper_give(s->helper, chain_ahead, &s->chain);
        helped = helper_give(s->helper, get_ready, b);
        early_begin(s);
    }
    rc = hx_store_commit(s->store);
    helper_wait(s->helper, helped);
    if (rc != HX_OK) {
        chain_not_coming(&s->chain);
        drop_answers(&s->batch);
    }
    return rc;
}

/* What was written beside events counts from now on, or is written again by another turn: nothing
 * of a batch that failed is true, and it is not done again with the events. */
static void settle_own(struct service *s, bool committed)
{
    if (committed && s->batch.life)
        s->life = NULL;
    s->batch.life = false;
    silence_settle(&s->silence, committed);
}

static int commit(struct service *s)
{
    struct batch *b = &s->batch;
    int64_t before = mono_now_us();
    int rc = b->error;
    if (rc)
        hx_store_abort(s->store);
    else
        rc = commit_with_help(s);
    b->open = false;
    b->error = rc;
    settle_own(s, rc == HX_OK);
    if (rc) {
        hold_undo(s);
        moving_failed(s);
        s->counters.failed_commits++;
        return rc;
    }
    s->counters.commits++;
    hist_add(&s->counters.commit_us, mono_now_us() - before);
    hold_recorded(s);
    deadlines_committed(s);
    moving_committed(s);
    batch_show(s);
    return HX_OK;
}

static void enter_trouble(struct service *s, int err)
{
    struct batch *b = &s->batch;
    b->pause_ms = b->troubled ? 2 * b->pause_ms : PAUSE_FIRST_MS;
    if (b->pause_ms > PAUSE_MOST_MS)
        b->pause_ms = PAUSE_MOST_MS;
    b->retry_at = (struct hx_mono){mono_now().ms + b->pause_ms};
    b->failures = err == HX_IO || err == HX_CORRUPT ? b->failures + 1 : 0;
    hx_log(HX_LOG_ERROR, "event=store_failed error=%s events=%zu retry_ms=%" PRId64 " \"%s\"",
           hx_errname(err), b->items, b->pause_ms, hx_strerror(err));
    b->troubled = true;
}

static void leave_trouble(struct service *s)
{
    if (!s->batch.troubled)
        return;
    hx_log(HX_LOG_WARN, "event=store_recovered");
    s->batch.troubled = false;
    s->batch.failures = 0;
    s->batch.pause_ms = 0;
}

/* Keeps the bad event; its own transaction. */
static int keep_aside(struct service *s, const hxp_item *item, int why)
{
    const struct hx_machine *m = &s->machine;
    int rc = hx_store_begin(s->store);
    if (rc != HX_OK)
        return rc;
    rc = m->ops->quarantine(m->backend, item->event.data, item->event.len, hx_errname(why));
    if (rc == HX_OK)
        return hx_store_commit(s->store);
    hx_store_abort(s->store);
    return rc;
}

/* It is answered as bad when it is kept, not before. */
static int set_aside(struct service *s, struct batch_job *job, size_t i, int why)
{
    const hxp_item *item = job->publish->items[i];
    int rc = keep_aside(s, item, why);
    hx_log(HX_LOG_ERROR, "event=event_set_aside error=%s bytes=%zu kept=%d", hx_errname(why),
           item->event.len, rc == HX_OK);
    if (rc != HX_OK) {
        s->counters.failed_commits++;
        put_off_item(s, job, i, "STORE_TROUBLE");
        return batch_trouble(rc) ? rc : HX_OK;
    }
    job->replies[i] = intake_refusal(s, HONGXIN__V1__RESULT__INVALID, "INTERNAL",
                                     "the event could not be applied and was set aside");
    intake_name(s, item, job->replies[i]);
    return HX_OK;
}

static int apply_alone(struct service *s, struct batch_job *job, size_t i)
{
    struct batch *b = &s->batch;
    b->error = HX_OK;
    if (batch_begin(s) != HX_OK)
        return b->error;
    b->error = apply_item(s, job, i);
    int rc = commit(s);
    return rc == HX_OK || batch_trouble(rc) ? rc : set_aside(s, job, i, rc);
}

/* The batch again, each event by itself. Its first attempt is not held against it. */
static int isolate(struct service *s)
{
    size_t rows = s->batch.n_due;
    s->batch.n_due = 0;
    s->batch.room_until = s->arena.total + AGAIN_BYTES;
    s->counters.isolated++;
    for (struct batch_job *job = s->batch.first; job; job = job->next) {
        for (size_t i = 0; !job->wait_ms && i < job->publish->n_items; i++) {
            int rc = apply_alone(s, job, i);
            if (rc != HX_OK)
                return rc;
        }
    }
    return deadlines_alone(s, rows);
}

bool batch_settle(struct service *s)
{
    struct batch *b = &s->batch;
    bool tried = b->open || b->error;
    int rc = b->open ? commit(s) : b->error;
    if (rc != HX_OK && !batch_trouble(rc)) {
        rc = isolate(s);
        drop_answers(b); /* packed with an event that brought many entries */
    }
    if (rc != HX_OK) {
        enter_trouble(s, rc);
        for (struct batch_job *job = b->first; job; job = job->next)
            put_off(s, job);
    } else if (tried) {
        leave_trouble(s);
    }
    send_all(s);
    return b->failures < GIVE_UP_AFTER && !hx_store_broken(s->store);
}
