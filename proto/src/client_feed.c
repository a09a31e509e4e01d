/* The feed. Its state is where the subscription stands (`placed`, `seen`) and where this connection
 * stands (`number` of the Hello, `welcomed`). Whatever breaks the connection's state leads to one
 * thing: a new Hello that goes on behind `seen`. Responses that belong to an older Hello are
 * recognised by its number, or by coming before the Welcome, and are dropped. */
#include "client_internal.h"

#include <stdlib.h>
#include <string.h>

enum { CREDIT = 256 };

typedef Hongxin__V1__Hello hello_t;

/* ---- what is wanted ---- */

static Hongxin__V1__Filter *copy_filter(const Hongxin__V1__Filter *filter)
{
    uint8_t bytes[HX_FILTER_MAX];
    size_t size = hongxin__v1__filter__pack(filter, bytes);
    return hongxin__v1__filter__unpack(NULL, size, bytes);
}

static void forget_subscription(struct hx_feed *f)
{
    if (f->on) {
        free(f->hello.subscriber);
        free(f->behalf);
        if (f->hello.filter)
            hongxin__v1__filter__free_unpacked(f->hello.filter, NULL);
    }
    free(f->epoch);
    *f = (struct hx_feed){0};
}

static int keep_subscription(struct hx_feed *f, const struct hx_subscription *s)
{
    hongxin__v1__hello__init(&f->hello);
    f->hello.subscriber = strdup(s->subscriber ? s->subscriber : "");
    f->hello.filter = s->filter ? copy_filter(s->filter) : NULL;
    f->behalf = strdup(s->behalf ? s->behalf : "");
    f->hello.from = s->from;
    f->hello.from_lsn = s->from_lsn;
    f->hello.snapshot = s->snapshot;
    f->hello.credit = s->credit ? s->credit : CREDIT;
    f->calls = s->calls;
    f->arg = s->arg;
    f->snapshot_done = !s->snapshot;
    f->on = true;
    if (f->hello.subscriber && f->behalf && (f->hello.filter || !s->filter))
        return HX_OK;
    forget_subscription(f);
    return HX_NOMEM;
}

int hx_subscribe(hx_client *c, const struct hx_subscription *s)
{
    if (!c->feed_link.endpoint || !s->calls || s->credit > HX_CREDIT_MAX || c->closing)
        return HX_INVALID;
    if (s->filter && hongxin__v1__filter__get_packed_size(s->filter) > HX_FILTER_MAX)
        return HX_TOOBIG;
    struct hx_feed kept = {0};
    int err = keep_subscription(&kept, s);
    if (err)
        return err;
    forget_subscription(&c->feed);
    c->feed = kept;
    hx_client_wake(c);
    return HX_OK;
}

void hx_unsubscribe(hx_client *c)
{
    if (!c->feed.on)
        return;
    forget_subscription(&c->feed);
    hx_link_close(&c->feed_link);
    hx_client_wake(c); /* it is opened again in the next turn */
}

void hx_feed_fini(hx_client *c)
{
    forget_subscription(&c->feed);
    hx_scratch_fini(&c->scratch);
}

int hx_feed_ack(hx_client *c, uint64_t lsn)
{
    struct hx_feed *f = &c->feed;
    if (!f->on || !*f->hello.subscriber || !f->placed || lsn > f->seen)
        return HX_INVALID;
    if (lsn > f->ack_wanted) {
        f->ack_wanted = lsn;
        hx_client_wake(c);
    }
    return HX_OK;
}

void hx_feed_pause(hx_client *c, bool paused)
{
    if (c->feed.paused && !paused)
        hx_client_wake(c);
    c->feed.paused = paused;
}

bool hx_feed_settled(const hx_client *c)
{
    return !c->feed.on || c->feed.acked >= c->feed.ack_wanted;
}

/* ---- sending ---- */

static void say_hello(hx_client *c, int64_t now)
{
    struct hx_feed *f = &c->feed;
    hello_t hello = f->hello;
    hxp_request request = HONGXIN__V1__REQUEST__INIT;
    if (f->placed) {
        hello.from = HONGXIN__V1__HELLO__FROM__LSN;
        hello.from_lsn = f->seen + 1;
        hello.snapshot = 0;
    }
    request.request = ++c->last_number;
    request.behalf = f->behalf;
    request.ask_case = HONGXIN__V1__REQUEST__ASK_HELLO;
    request.hello = &hello;
    if (f->paused)
        hello.credit = 0; /* it is given when the feed may go on */
    if (hx_link_send_request(&c->feed_link, &request) != HX_OK)
        return;
    f->number = request.request;
    f->generation = c->feed_link.generation;
    f->welcomed = false;
    f->consumed = f->hello.credit - hello.credit;
    f->ack_sent = f->acked;
    f->said_at = now;
}

static void say_ack(hx_client *c)
{
    struct hx_feed *f = &c->feed;
    Hongxin__V1__Ack ack = HONGXIN__V1__ACK__INIT;
    hxp_request request = HONGXIN__V1__REQUEST__INIT;
    ack.lsn = f->ack_wanted;
    request.request = f->number;
    request.ask_case = HONGXIN__V1__REQUEST__ASK_ACK;
    request.ack = &ack;
    if (hx_link_send_request(&c->feed_link, &request) == HX_OK)
        f->ack_sent = ack.lsn;
}

/* Gives credit back; with nothing to give it is a sign of life, and finds out whether the daemon
 * still knows this feed. */
static void say_credit(hx_client *c, int64_t now)
{
    struct hx_feed *f = &c->feed;
    Hongxin__V1__Credit credit = HONGXIN__V1__CREDIT__INIT;
    hxp_request request = HONGXIN__V1__REQUEST__INIT;
    credit.add = f->paused ? 0 : f->consumed;
    request.request = f->number;
    request.ask_case = HONGXIN__V1__REQUEST__ASK_CREDIT;
    request.credit = &credit;
    if (hx_link_send_request(&c->feed_link, &request) != HX_OK)
        return;
    f->consumed -= credit.add;
    f->said_at = now;
}

static bool wants_hello(const hx_client *c, int64_t now)
{
    const struct hx_feed *f = &c->feed;
    if (now < f->not_before)
        return false;
    return f->number == 0 || f->generation != c->feed_link.generation ||
           (!f->welcomed && now >= f->said_at + c->resend_ms);
}

void hx_feed_tick(hx_client *c, int64_t now)
{
    struct hx_feed *f = &c->feed;
    if (!f->on || !c->feed_link.up)
        return;
    if (wants_hello(c, now))
        say_hello(c, now);
    if (!f->welcomed || f->number == 0)
        return;
    if (f->ack_wanted > f->ack_sent)
        say_ack(c);
    if ((!f->paused && f->consumed > f->hello.credit / 2) || now >= f->said_at + HX_ALIVE_MS)
        say_credit(c, now);
}

int64_t hx_feed_due(const hx_client *c)
{
    const struct hx_feed *f = &c->feed;
    if (!f->on || !c->feed_link.up || c->feed_link.stuck)
        return HX_NEVER;
    if (f->number == 0)
        return f->not_before;
    return f->said_at + (f->welcomed ? HX_ALIVE_MS : (int64_t)c->resend_ms);
}

/* ---- receiving ---- */

static void begin_anew(struct hx_feed *f)
{
    f->placed = false;
    f->snapshot_done = !f->hello.snapshot;
    f->hello.from = HONGXIN__V1__HELLO__FROM__OLDEST;
    f->ack_wanted = f->ack_sent = f->acked = 0;
    f->number = 0;
    f->welcomed = false;
}

static bool is_other_journal(const struct hx_feed *f, const char *epoch)
{
    return f->epoch && strcmp(f->epoch, epoch) != 0;
}

static void on_reset(struct hx_feed *f, uint64_t oldest_lsn)
{
    begin_anew(f);
    if (f->calls->reset)
        f->calls->reset(f->arg, oldest_lsn);
}

static void on_welcome(struct hx_feed *f, const Hongxin__V1__Welcome *welcome)
{
    bool other = is_other_journal(f, welcome->epoch);
    free(f->epoch);
    f->epoch = strdup(welcome->epoch);
    if (other) {
        on_reset(f, welcome->oldest_lsn);
        return;
    }
    f->welcomed = true;
    if (!f->placed)
        f->seen = welcome->next_lsn ? welcome->next_lsn - 1 : 0;
    f->placed = f->snapshot_done;
    f->acked = welcome->acked_lsn;
    f->ack_sent = f->acked;
    if (f->calls->welcome)
        f->calls->welcome(f->arg, welcome);
}

static void on_snapshot(struct hx_feed *f, const Hongxin__V1__Snapshot *snapshot)
{
    f->consumed++;
    f->snapshot_done = f->snapshot_done || snapshot->last;
    f->placed = f->snapshot_done;
    if (f->calls->snapshot)
        f->calls->snapshot(f->arg, snapshot);
}

static void report_bad_entry(const struct hx_feed *f)
{
    Hongxin__V1__Problem problem = HONGXIN__V1__PROBLEM__INIT;
    problem.code = (char *)"UNDECODABLE";
    problem.message = (char *)"an entry of the feed cannot be decoded; it was passed over";
    if (f->calls->problem)
        f->calls->problem(f->arg, &problem);
}

/* Each callback may end the feed or begin another: `still` tells. */
static bool still(const struct hx_feed *f, uint64_t number)
{
    return f->on && f->number == number;
}

static void on_entry(hx_client *c, const ProtobufCBinaryData *bytes)
{
    struct hx_feed *f = &c->feed;
    ProtobufCAllocator scratch = hx_scratch_allocator(&c->scratch);
    hx_scratch_reset(&c->scratch);
    const hxp_entry *entry = hongxin__v1__entry__unpack(&scratch, bytes->len, bytes->data);
    if (!entry) {
        report_bad_entry(f);
        return;
    }
    if (entry->lsn > f->seen) {
        f->seen = entry->lsn;
        if (f->calls->entry)
            f->calls->entry(f->arg, entry, bytes);
    }
}

static void on_entries(hx_client *c, const Hongxin__V1__Entries *entries)
{
    struct hx_feed *f = &c->feed;
    uint64_t number = f->number;
    f->consumed++;
    f->placed = f->snapshot_done = true; /* all pages of a snapshot come before the first entry */
    for (size_t i = 0; i < entries->n_entries && still(f, number); i++)
        on_entry(c, &entries->entries[i]);
    if (!still(f, number))
        return;
    if (entries->upto_lsn > f->seen)
        f->seen = entries->upto_lsn;
    if (f->calls->upto)
        f->calls->upto(f->arg, f->seen);
}

static void on_acked(struct hx_feed *f, uint64_t lsn)
{
    if (lsn <= f->acked)
        return;
    f->acked = lsn;
    if (f->calls->acked)
        f->calls->acked(f->arg, lsn);
}

/* A Welcome or a Reset that answers the Hello bears its number; what follows a Welcome comes on the
 * same connection, so all that comes before the Welcome is of an older feed. */
void hx_feed_response(hx_client *c, const hxp_response *r)
{
    struct hx_feed *f = &c->feed;
    bool answers = f->number != 0 && r->request == f->number;
    if (!f->on || (!f->welcomed && !answers))
        return;
    switch (r->answer_case) {
    case HONGXIN__V1__RESPONSE__ANSWER_WELCOME:
        if (answers && !f->welcomed)
            on_welcome(f, r->welcome);
        break;
    case HONGXIN__V1__RESPONSE__ANSWER_SNAPSHOT:
        on_snapshot(f, r->snapshot);
        break;
    case HONGXIN__V1__RESPONSE__ANSWER_ENTRIES:
        on_entries(c, r->entries);
        break;
    case HONGXIN__V1__RESPONSE__ANSWER_RESET:
        on_reset(f, r->reset->oldest_lsn);
        break;
    case HONGXIN__V1__RESPONSE__ANSWER_ACKED:
        on_acked(f, r->acked->lsn);
        break;
    default:
        break;
    }
}

static bool is_farewell(const char *code)
{
    return strcmp(code, "NO_FEED") == 0 || strcmp(code, "FEED_SILENT") == 0;
}

/* A problem with the number 0 is about the feed as a whole. Of a feed that stands, every problem
 * but TAKEN_OVER says that the daemon no longer has it (NO_FEED, FEED_SILENT); should it say
 * something else, the pause keeps the two from greeting each other without end. */
bool hx_feed_problem(hx_client *c, const Hongxin__V1__Problem *problem)
{
    struct hx_feed *f = &c->feed;
    bool ours =
        f->number != 0 && (problem->request == f->number || (problem->request == 0 && f->welcomed));
    if (!f->on || !ours)
        return false;
    bool later = hx_problem_is_later(problem, &f->not_before);
    bool lost = f->welcomed && strcmp(problem->code, "TAKEN_OVER") != 0;
    if (lost && !later && !is_farewell(problem->code))
        f->not_before = hx_client_now() + HX_RETRY_DEFAULT_MS;
    if (later || lost) {
        f->number = 0;
        f->welcomed = false;
        return true;
    }
    const struct hx_feed_calls *calls = f->calls;
    void *arg = f->arg;
    forget_subscription(f);
    if (calls->problem)
        calls->problem(arg, problem);
    return true;
}
