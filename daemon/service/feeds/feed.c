#include "service/feeds/feed.h"

#include "base/log.h"
#include "base/text.h"
#include "service/state.h"
#include "service/text.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

int feeds_init(struct feeds *f, size_t most)
{
    *f = (struct feeds){.cap = most};
    f->list = calloc(most ? most : 1, sizeof *f->list);
    return f->list ? HX_OK : HX_NOMEM;
}

static void feed_free(struct feed *feed)
{
    filter_free(feed->filter);
    free(feed->pages);
    free(feed);
}

void feeds_fini(struct feeds *f)
{
    for (size_t i = 0; i < f->n; i++)
        feed_free(f->list[i]);
    free(f->list);
    *f = (struct feeds){0};
}

static struct feed *find(struct feeds *f, const struct door *door, const struct peer *peer)
{
    for (size_t i = 0; i < f->n; i++)
        if (f->list[i]->door == door && !f->list[i]->lost && peer_equal(&f->list[i]->peer, peer))
            return f->list[i];
    return NULL;
}

static struct feed *find_name(struct feeds *f, const char *name)
{
    for (size_t i = 0; *name && i < f->n; i++)
        if (!f->list[i]->lost && strcmp(f->list[i]->name, name) == 0)
            return f->list[i];
    return NULL;
}

void feeds_heard(struct feeds *f, const struct door *door, const struct peer *peer)
{
    struct feed *feed = f->n ? find(f, door, peer) : NULL;
    if (feed)
        feed->heard_at = mono_now();
}

void feed_end(struct service *s, struct feed *feed, const char *why)
{
    if (feed->lost)
        return;
    feed->lost = true;
    s->counters.feeds_lost++;
    reach_down(&s->reach, feed->name);
    hx_log(HX_LOG_INFO, "event=feed_closed feed=%" PRIu64 " subscriber=\"%s\" why=%s next=%" PRIu64,
           feed->number, feed->name, why, feed->next_lsn);
}

bool feed_send(struct service *s, struct feed *feed, hxp_response *message)
{
    int rc = door_send(feed->door, &feed->peer, message);
    if (rc == HX_OK) {
        feed->credit--;
        s->counters.feed_messages++;
        return true;
    }
    feed_end(s, feed, rc == HX_AGAIN ? "QUEUE_FULL" : hx_errname(rc));
    return false;
}

/* Tells the subscriber that its feed has ended. */
static void dismiss(struct service *s, struct feed *feed, const char *code, const char *message)
{
    const struct request r = {.door = feed->door, .peer = &feed->peer};
    feed_end(s, feed, code);
    service_problem(s, &r, code, message);
}

static void sweep(struct feeds *f)
{
    size_t kept = 0;
    for (size_t i = 0; i < f->n; i++) {
        if (f->list[i]->lost)
            feed_free(f->list[i]);
        else
            f->list[kept++] = f->list[i];
    }
    f->n = kept;
}

/* Stopped, or without a processor, we have heard nobody: that time is no silence of theirs. What
 * they have said meanwhile may still be on its way through ZeroMQ. */
static void forgive(struct feeds *f, int64_t now)
{
    int64_t away = f->looked_at.ms ? now - f->looked_at.ms : 0;
    for (size_t i = 0; away > HX_ALIVE_MS && i < f->n; i++) {
        struct hx_mono *heard = &f->list[i]->heard_at;
        heard->ms = heard->ms + away < now ? heard->ms + away : now;
    }
    f->looked_at.ms = now;
}

void feeds_tick(struct service *s)
{
    int64_t now = mono_now().ms;
    forgive(&s->feeds, now);
    for (size_t i = 0; i < s->feeds.n; i++) {
        struct feed *feed = s->feeds.list[i];
        if (!feed->lost && now - feed->heard_at.ms > HX_QUIET_MS)
            dismiss(s, feed, "FEED_SILENT", "nothing was heard from you for 15 s: say HELLO again");
        feed_progress(s, feed);
    }
    sweep(&s->feeds);
}

uint64_t feeds_lag(const struct feeds *f, uint64_t newest)
{
    uint64_t lag = 0;
    for (size_t i = 0; i < f->n; i++) {
        uint64_t next = f->list[i]->next_lsn;
        if (next <= newest && newest - next + 1 > lag)
            lag = newest - next + 1;
    }
    return lag;
}

/* By the registry in force, which gives the feed its principal anew. */
static bool still_permitted(const struct service *s, struct feed *feed)
{
    const struct hx_principal *key = s->lock.on ? lock_who(&s->lock, feed->user) : NULL;
    bool known = key || !s->lock.on;
    if (!lock_behalf(&s->lock, key, feed->behalf, &feed->who) || !known)
        return false;
    if (!feed->who)
        return true;
    return hx_principal_has(feed->who, HX_RIGHT_follow) &&
           (!key || hx_principal_has(key, HX_RIGHT_follow)) &&
           rights_subscriber(s->lock.access, feed->who, feed->name);
}

void feeds_relock(struct service *s)
{
    for (size_t i = 0; i < s->feeds.n; i++) {
        struct feed *feed = s->feeds.list[i];
        if (!feed->lost && !still_permitted(s, feed))
            dismiss(s, feed, "DENIED", "not permitted");
    }
    sweep(&s->feeds);
}

/* Feeds of one tenant, and how many it may have. */
static bool too_many_feeds(const struct service *s, const struct request *r)
{
    const struct hx_tenant *t = r->who ? hx_access_tenant(s->lock.access, r->who->tenant) : NULL;
    size_t n = 0;
    for (size_t i = 0; t && i < s->feeds.n; i++)
        n += !s->feeds.list[i]->lost && s->feeds.list[i]->who &&
             s->feeds.list[i]->who->tenant == r->who->tenant;
    return t && t->feeds && n >= t->feeds;
}

/* ---- HELLO ---- */

static const char *judge_hello(const struct service *s, const struct request *r)
{
    const Hongxin__V1__Hello *hello = r->message->hello;
    if (!text_all_utf8(&hello->base))
        return "BAD_UTF8";
    if (strlen(hello->subscriber) >= HX_SUBSCRIBER_MAX)
        return "NAME_TOO_LONG";
    if (s->feeds.n >= s->feeds.cap || too_many_feeds(s, r))
        return "TOO_MANY_SUBSCRIBERS";
    if (hello->from > HONGXIN__V1__HELLO__FROM__OLDEST)
        return "BAD_FROM";
    return service_filter_problem(s, hello->filter);
}

/* Where the entries begin. A snapshot replaces what lies before it unless history was asked for. */
static int place(struct service *s, struct feed *feed, const Hongxin__V1__Hello *hello)
{
    uint64_t newest = hx_store_newest_lsn(s->store);
    int rc = HX_NOTFOUND;
    if (feed->name[0])
        rc = hx_store_cursor_load(s->store, feed->name, &feed->acked_lsn);
    if (rc != HX_OK && rc != HX_NOTFOUND)
        return rc;
    bool known = rc == HX_OK;
    feed->history = true;
    feed->next_lsn = newest + 1;
    if (hello->from == HONGXIN__V1__HELLO__FROM__RESUME && known)
        feed->next_lsn = feed->acked_lsn + 1;
    else if (hello->from == HONGXIN__V1__HELLO__FROM__LSN)
        feed->next_lsn = hello->from_lsn ? hello->from_lsn : 1;
    else if (hello->from == HONGXIN__V1__HELLO__FROM__OLDEST)
        feed->next_lsn = hx_store_oldest_lsn(s->store);
    else
        feed->history = false;
    feed->told_lsn = feed->next_lsn - 1;
    return HX_OK;
}

static uint32_t most_credit(const struct service *s, uint64_t wanted)
{
    uint64_t most = s->options.limits->feed_credit;
    return (uint32_t)(wanted < most ? wanted : most);
}

static struct feed *feed_new(struct service *s, const struct request *r)
{
    const Hongxin__V1__Hello *hello = r->message->hello;
    struct feed *feed = calloc(1, sizeof *feed);
    if (!feed)
        return NULL;
    feed->door = r->door;
    feed->peer = *r->peer;
    feed->who = r->who;
    if (r->user)
        strncpy(feed->user, r->user, sizeof feed->user - 1);
    hx_text_put(feed->behalf, sizeof feed->behalf, r->message->behalf);
    feed->number = ++s->feeds.opened;
    feed->credit = most_credit(s, hello->credit);
    feed->snapshot = hello->snapshot;
    feed->heard_at = feed->told_at = mono_now();
    strncpy(feed->name, hello->subscriber, sizeof feed->name - 1);
    if (filter_copy(hello->filter, &feed->filter) == HX_OK && place(s, feed, hello) == HX_OK)
        return feed;
    feed_free(feed);
    return NULL;
}

static void welcome(struct service *s, const struct request *r, const struct feed *feed)
{
    Hongxin__V1__Welcome w = HONGXIN__V1__WELCOME__INIT;
    hxp_response answer = HONGXIN__V1__RESPONSE__INIT;
    w.feed = feed->number;
    w.next_lsn = feed->next_lsn;
    w.oldest_lsn = hx_store_oldest_lsn(s->store);
    w.newest_lsn = hx_store_newest_lsn(s->store);
    w.acked_lsn = feed->acked_lsn;
    w.epoch = hx_text_field(hx_store_epoch(s->store));
    w.scale = s->time.scale > 1 ? s->time.scale : 0;
    answer.answer_case = HONGXIN__V1__RESPONSE__ANSWER_WELCOME;
    answer.welcome = &w;
    service_answer(s, r, &answer);
}

/* A new HELLO of the same connection, or of the same name from another one (its client has come
 * back before we missed it), replaces the feed before. */
static void replace(struct service *s, const struct request *r)
{
    struct feed *before = find(&s->feeds, r->door, r->peer);
    if (before)
        feed_end(s, before, "NEW_HELLO");
    before = find_name(&s->feeds, r->message->hello->subscriber);
    if (before)
        dismiss(s, before, "TAKEN_OVER", "another connection has taken this subscriber's name");
    sweep(&s->feeds);
}

void handle_hello(struct service *s, const struct request *r)
{
    if (r->who && !rights_subscriber(s->lock.access, r->who, r->message->hello->subscriber)) {
        service_deny(s, r);
        return;
    }
    replace(s, r);
    if (service_refused(s, r, judge_hello(s, r)))
        return;
    struct feed *feed = feed_new(s, r);
    if (!feed) {
        service_problem(s, r, "STORE_TROUBLE", "try again");
        return;
    }
    s->feeds.list[s->feeds.n++] = feed;
    s->counters.feeds_opened++;
    reach_up(&s->reach, feed->name);
    reach_acked(&s->reach, feed->name, feed->acked_lsn);
    hx_log(HX_LOG_INFO, "event=feed_opened feed=%" PRIu64 " subscriber=\"%s\" next=%" PRIu64,
           feed->number, feed->name, feed->next_lsn);
    welcome(s, r, feed);
}

/* ---- CREDIT, ACK ---- */

static struct feed *expect_feed(struct service *s, const struct request *r)
{
    struct feed *feed = find(&s->feeds, r->door, r->peer);
    if (feed && r->user && strcmp(feed->user, r->user) != 0)
        feed = NULL; /* a routing id proves nothing: a feed belongs to the key that said HELLO */
    if (!feed)
        service_problem(s, r, "NO_FEED", "say HELLO first");
    return feed;
}

void handle_credit(struct service *s, const struct request *r)
{
    struct feed *feed = expect_feed(s, r);
    if (!feed)
        return;
    uint64_t sum = (uint64_t)feed->credit + r->message->credit->add;
    feed->credit = most_credit(s, sum);
}

void handle_ack(struct service *s, const struct request *r)
{
    struct feed *feed = expect_feed(s, r);
    uint64_t lsn = r->message->ack->lsn;
    if (!feed)
        return;
    if (lsn >= feed->next_lsn)
        lsn = feed->next_lsn - 1; /* nobody can be done with what was not sent */
    if (lsn > feed->acked_lsn)
        feed->acked_lsn = lsn;
    reach_acked(&s->reach, feed->name, feed->acked_lsn);
    if (feed->name[0] && hx_store_cursor_save(s->store, feed->name, feed->acked_lsn) != HX_OK)
        return; /* not acknowledged: the subscriber says it again */
    feed->ack_waits = true;
    if (!s->feeds.acks_wait)
        s->feeds.acks_since = mono_now();
    s->feeds.acks_wait = true;
}

void feeds_acked(struct service *s)
{
    if (!s->feeds.acks_wait || hx_store_cursors_pending(s->store))
        return;
    s->feeds.acks_wait = false;
    for (size_t i = 0; i < s->feeds.n; i++) {
        struct feed *feed = s->feeds.list[i];
        if (!feed->ack_waits)
            continue;
        Hongxin__V1__Acked acked = HONGXIN__V1__ACKED__INIT;
        hxp_response answer = HONGXIN__V1__RESPONSE__INIT;
        acked.lsn = feed->acked_lsn;
        answer.answer_case = HONGXIN__V1__RESPONSE__ANSWER_ACKED;
        answer.acked = &acked;
        feed->ack_waits = false;
        if (door_send(feed->door, &feed->peer, &answer) != HX_OK)
            feed_end(s, feed, "UNREACHABLE");
    }
}
