#include "door/outbox.h"
#include "base/now.h"

#include "base/log.h"
#include "base/text.h"
#include "door/settings.h"
#include "hongxin/instant.h"
#include <event2/event.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

enum { QUEUE_MOST = 1024, AT_ONCE = 16 };

struct slot {
    STAILQ_ENTRY(slot) link;
    struct outbox_item item; /* told to others: must be found again from it */
    enum { WAITS, UNDER_WAY, DONE } state;
    int64_t began, not_before; /* monotonic ms */
    max_align_t own[];
};

struct outbox {
    const struct outbox_settings *settings;
    const struct outbox_calls *calls;
    void *arg;
    hx_client *client;
    struct event *timer;
    STAILQ_HEAD(slots, slot) queue;
    size_t under_way;
    uint64_t seen, acked; /* entries of the feed; acknowledged */
    bool following, working;
    char epoch[64];
    struct outbox_counts counts;
};

static void work(struct outbox *o);

static struct slot *slot_of(struct outbox_item *item)
{
    return (struct slot *)(void *)((char *)item - offsetof(struct slot, item));
}

/* ---- configuration ---- */

void outbox_settings_read(struct yaml_doc *doc, yaml_node_t *map, const char *subscriber,
                          struct outbox_settings *s)
{
    settings_text(doc, map, "subscriber", subscriber, s->subscriber, sizeof s->subscriber);
    s->retry_ms = settings_duration(doc, map, "retry", OUTBOX_RANGE(HX_SECOND));
    s->retry_most_ms = settings_duration(doc, map, "retry_most", OUTBOX_RANGE(5 * HX_MINUTE));
    s->give_up_ms = settings_duration(doc, map, "give_up", OUTBOX_RANGE(3 * HX_DAY));
}

/* ---- the queue ---- */

/* Everything before the first that is not done may be acknowledged. */
static void settle(struct outbox *o)
{
    struct slot *s;
    while ((s = STAILQ_FIRST(&o->queue)) != NULL && s->state == DONE) {
        STAILQ_REMOVE_HEAD(&o->queue, link);
        o->counts.waiting--;
        free(s);
    }
    uint64_t upto = s ? s->item.lsn - 1 : o->seen;
    if (o->following && upto > o->acked && hx_feed_ack(o->client, upto) == HX_OK)
        o->acked = upto;
}

static bool is_first_of_its_case(const struct outbox *o, const struct slot *s)
{
    const struct slot *x;
    STAILQ_FOREACH(x, &o->queue, link)
    {
        if (x == s)
            return true;
        if (x->item.case_number == s->item.case_number && x->state != DONE)
            return false;
    }
    return true;
}

static int64_t wait_of(const struct outbox *o, const struct slot *s, enum outbox_result result)
{
    int64_t most = (int64_t)o->settings->retry_most_ms, wait = (int64_t)o->settings->retry_ms;
    for (unsigned n = 1; n < s->item.attempts && wait < most; n++)
        wait *= 2;
    return result == OUTBOX_MUCH_LATER || wait > most ? most : wait;
}

static void put_off(struct outbox *o, struct slot *s, enum outbox_result result)
{
    int64_t now = hx_mono_ms();
    o->counts.failures++;
    if (now - s->began > (int64_t)o->settings->give_up_ms) {
        o->counts.given_up++;
        s->state = DONE;
        hx_log(HX_LOG_ERROR, "event=%s_given_up lsn=%" PRIu64 " number=%s", o->calls->name,
               s->item.lsn, s->item.number);
        return;
    }
    s->not_before = now + wait_of(o, s, result);
    s->state = WAITS;
}

void outbox_done(struct outbox *o, struct outbox_item *item, enum outbox_result result, int status,
                 const char *why)
{
    struct slot *s = slot_of(item);
    o->under_way--;
    item->attempts++;
    if (result != OUTBOX_TAKEN && result != OUTBOX_PASSED)
        hx_log(HX_LOG_WARN, "event=%s_failed lsn=%" PRIu64 " attempt=%u status=%d \"%s\"",
               o->calls->name, item->lsn, item->attempts, status, why);
    if (result == OUTBOX_LATER || result == OUTBOX_MUCH_LATER) {
        put_off(o, s, result);
    } else {
        s->state = DONE;
        o->counts.taken += result == OUTBOX_TAKEN;
        o->counts.dropped += result == OUTBOX_DROPPED;
    }
    if (!o->working) /* otherwise work() is on it */
        work(o);
}

static int follow(struct outbox *o);

/* Begins what may begin; when the next waits for its time, in *next. */
static void begin_all(struct outbox *o, int64_t now, int64_t *next)
{
    struct slot *s;
    STAILQ_FOREACH(s, &o->queue, link)
    {
        if (o->under_way >= AT_ONCE)
            return;
        if (s->state != WAITS)
            continue;
        if (s->not_before > now) { /* tried before, so it is the first of its case */
            *next = s->not_before < *next ? s->not_before : *next;
        } else if (is_first_of_its_case(o, s)) {
            s->state = UNDER_WAY;
            o->under_way++;
            o->calls->begin(o->arg, &s->item);
            if (s->state == WAITS)
                *next = s->not_before < *next ? s->not_before : *next;
        }
    }
}

static void work(struct outbox *o)
{
    int64_t now = hx_mono_ms(), next = INT64_MAX;
    o->working = true;
    begin_all(o, now, &next);
    o->working = false;
    settle(o);
    if (!o->following && o->counts.waiting < QUEUE_MOST / 2)
        (void)follow(o);
    if (next != INT64_MAX) {
        int64_t ms = next > now ? next - now : 0;
        const struct timeval later = {ms / 1000, ms % 1000 * 1000};
        evtimer_add(o->timer, &later);
    }
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    work(arg);
}

/* ---- the feed ---- */

bool outbox_is_refused(const hxp_entry *entry)
{
    return entry->n_facts > 0 && entry->facts[0]->fact_case == HONGXIN__V1__FACT__FACT_REPLY &&
           entry->facts[0]->reply->result != HONGXIN__V1__RESULT__ACCEPTED;
}

const char *outbox_entered(const hxp_entry *entry)
{
    const char *state = "";
    for (size_t f = 0; f < entry->n_facts; f++)
        if (entry->facts[f]->fact_case == HONGXIN__V1__FACT__FACT_STATE)
            state = entry->facts[f]->state->to;
    return state;
}

static void stop_following(struct outbox *o)
{
    hx_unsubscribe(o->client);
    o->following = false;
}

static void take_entry(struct outbox *o, const hxp_entry *entry, const void *what, struct slot *s)
{
    s->item = (struct outbox_item){.lsn = entry->lsn,
                                   .case_number = entry->case_number,
                                   .case_version = entry->case_version,
                                   .t_rec = entry->t_rec,
                                   .what = what,
                                   .own = s->own};
    s->began = hx_mono_ms();
    hx_number_format(entry->case_number, s->item.number);
    hx_text_put(s->item.state, sizeof s->item.state, entry->state);
    hx_text_put(s->item.holder, sizeof s->item.holder, entry->holder);
    hx_text_put(s->item.cause, sizeof s->item.cause, entry->cause);
    STAILQ_INSERT_TAIL(&o->queue, s, link);
    if (++o->counts.waiting >= QUEUE_MOST)
        stop_following(o);
    work(o);
}

static void on_entry(void *arg, const hxp_entry *entry, const ProtobufCBinaryData *bytes)
{
    struct outbox *o = arg;
    const void *what =
        entry->case_number && !outbox_is_refused(entry) ? o->calls->wanted(o->arg, entry) : NULL;
    struct slot *s = what ? calloc(1, sizeof *s + o->calls->own_size) : NULL;
    (void)bytes;
    if (what && !s) { /* not taken: it comes again when there is memory */
        stop_following(o);
        return;
    }
    o->seen = entry->lsn;
    if (what)
        take_entry(o, entry, what, s);
}

static void on_upto(void *arg, uint64_t lsn)
{
    struct outbox *o = arg;
    o->seen = lsn > o->seen ? lsn : o->seen;
    settle(o);
}

static void on_welcome(void *arg, const Hongxin__V1__Welcome *welcome)
{
    struct outbox *o = arg;
    hx_text_put(o->epoch, sizeof o->epoch, welcome->epoch);
    if (o->seen)
        return;
    o->seen = welcome->next_lsn - 1;
    o->acked = welcome->acked_lsn;
    settle(o); /* the place is kept from the first moment on */
}

static void on_problem(void *arg, const Hongxin__V1__Problem *problem)
{
    const struct outbox *o = arg;
    hx_log(HX_LOG_ERROR, "event=%s_feed_refused code=%s", o->calls->name, problem->code);
}

static const struct hx_feed_calls feed_calls = {
    .welcome = on_welcome, .entry = on_entry, .upto = on_upto, .problem = on_problem};

static int follow(struct outbox *o)
{
    const struct hx_subscription s = {.subscriber = o->settings->subscriber,
                                      .from = o->seen ? HONGXIN__V1__HELLO__FROM__LSN
                                                      : HONGXIN__V1__HELLO__FROM__RESUME,
                                      .from_lsn = o->seen + 1,
                                      .calls = &feed_calls,
                                      .arg = o};
    int rc = hx_subscribe(o->client, &s);
    o->following = rc == HX_OK;
    return rc;
}

/* ---- life ---- */

int outbox_open(struct event_base *base, hx_client *client, const struct outbox_settings *settings,
                const struct outbox_calls *calls, void *arg, struct outbox **out)
{
    struct outbox *o = calloc(1, sizeof *o);
    *out = NULL;
    if (!o)
        return HX_NOMEM;
    o->settings = settings;
    o->calls = calls;
    o->arg = arg;
    o->client = client;
    STAILQ_INIT(&o->queue);
    o->timer = evtimer_new(base, on_timer, o);
    int rc = o->timer ? follow(o) : HX_NOMEM;
    if (rc) {
        outbox_close(o);
        return rc;
    }
    *out = o;
    return HX_OK;
}

void outbox_close(struct outbox *o)
{
    struct slot *s;
    if (!o)
        return;
    if (o->following)
        hx_unsubscribe(o->client);
    while ((s = STAILQ_FIRST(&o->queue)) != NULL) {
        STAILQ_REMOVE_HEAD(&o->queue, link);
        if (s->state == UNDER_WAY)
            o->calls->forget(o->arg, &s->item);
        free(s);
    }
    if (o->timer)
        event_free(o->timer);
    free(o);
}

void outbox_id(const struct outbox *o, const struct outbox_item *item, char *out, size_t size)
{
    snprintf(out, size, "%s-%" PRIu64, o->epoch, item->lsn);
}

struct outbox_counts outbox_counts(const struct outbox *o)
{
    return o ? o->counts : (struct outbox_counts){0};
}
