#include "kafka/out/follow_internal.h"

#include "base/log.h"
#include "base/now.h"
#include "base/text.h"
#include "http/figures.h"
#include <event2/event.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TICK_MS = 1000 };

void follow_finish(struct follow *f, enum sender_end end, const char *why)
{
    if (f->end)
        return;
    f->end = end;
    hx_text_put(f->why, sizeof f->why, why);
    if (f->following)
        hx_unsubscribe(f->client);
    f->following = false;
    if (f->ended)
        f->ended(f->arg);
}

/* ---- the senders ---- */

/* Everything up to here stands in its topics. */
static uint64_t committed_upto(const struct follow *f)
{
    uint64_t lsn = f->writers[FAST].committed.lsn;
    for (size_t i = 1; i < f->n; i++)
        if (f->writers[i].committed.lsn < lsn)
            lsn = f->writers[i].committed.lsn;
    return lsn;
}

static int open_sender(struct follow *f, size_t i, struct hx_problem *problem);

/* The slow rows were the first writer's until now, are the slow one's, or are again the first
 * one's. In the slow sender's thread; the loop does nothing before it is ready. */
static bool adopt(void *arg, struct position *p, const char **why)
{
    const struct writer *w = arg;
    const struct follow *f = w->arg;
    const struct position *one = &f->writers[FAST].committed;
    *why = "PACE_CHANGED: rows have another pace, and the two writers stand at different entries: "
           "start once with the routes as they were, end it in order, then change them";
    switch (position_beside(one, p, f->slow)) {
    case BESIDE_OWN:
        return true;
    case BESIDE_FIRST:
        *p = *one;
        p->states = 0;
        *p->slow = '\0';
        return true;
    case BESIDE_APART:
        break;
    }
    return false;
}

static void begin(struct follow *f)
{
    const struct position *p = &follow_first(f)->at;
    f->told_upto = p->states ? p->states : UINT64_MAX;
    for (size_t i = 0; i < f->n; i++)
        hx_log(HX_LOG_INFO, "event=kafka_out_begins id=%s epoch=%s lsn=%" PRIu64 " states=%" PRIu64,
               f->writers[i].settings->sender.id, f->writers[i].at.epoch, f->writers[i].at.lsn,
               f->writers[i].at.states);
    follow_subscribe(f);
}

/* The first one is ready; a second one is needed for slow rows, or to see how far they got. */
static void open_slow(struct follow *f)
{
    struct hx_problem problem = {"NOMEM"};
    if (open_sender(f, SLOW, &problem) != HX_OK)
        follow_finish(f, SENDER_BROKEN, problem.text);
}

static void on_ready(void *arg, const struct position *p)
{
    struct writer *w = arg;
    struct follow *f = w->arg;
    writer_begin(w, p);
    if (w == follow_first(f) && (*f->slow || *p->slow)) {
        open_slow(f);
        return;
    }
    f->n = *f->slow ? WRITERS : 1;
    begin(f);
}

static void on_committed(void *arg, struct batch *b)
{
    struct writer *w = arg;
    struct follow *f = w->arg;
    writer_committed(w, b);
    if (f->following && hx_feed_ack(f->client, committed_upto(f)) != HX_OK)
        hx_log(HX_LOG_DEBUG, "event=kafka_out_no_ack"); /* the feed does not stand: next time */
    follow_pause(f);
    follow_go_on(f);
    follow_work(f);
}

static void on_end(void *arg, enum sender_end end, const char *why)
{
    const struct writer *w = arg;
    follow_finish(w->arg, end, why);
}

static const struct sender_calls sender_calls = {
    .ready = on_ready, .committed = on_committed, .ended = on_end};

static int open_sender(struct follow *f, size_t i, struct hx_problem *problem)
{
    struct writer *w = &f->writers[i];
    const struct sender_options options = {.role = i == FAST ? "out" : "out-slow",
                                           .owner = f->owner,
                                           .first = &f->settings->fast.sender,
                                           .adopt = i == FAST ? NULL : adopt,
                                           .cluster = f->cluster,
                                           .settings = &w->settings->sender,
                                           .routes = &w->settings->routes,
                                           .calls = &sender_calls,
                                           .arg = w};
    return sender_open(f->base, &options, &w->sender, problem);
}

/* ---- once a second ---- */

static void on_pong(void *arg, int err, const hxp_response *response)
{
    struct follow *f = arg;
    if (err != HX_OK || response->answer_case != HONGXIN__V1__RESPONSE__ANSWER_PONG)
        return;
    if (response->pong->newest_lsn > f->newest)
        f->newest = response->pong->newest_lsn;
    sender_clock(follow_first(f)->sender, response->pong->now);
}

/* How far the journal is, also when nothing of it comes. */
static void ask_newest(struct follow *f)
{
    hxp_request request = HONGXIN__V1__REQUEST__INIT;
    Hongxin__V1__Ping ping = HONGXIN__V1__PING__INIT;
    request.ask_case = HONGXIN__V1__REQUEST__ASK_PING;
    request.ping = &ping;
    (void)hx_ask_forget(f->client, on_pong, f);
    if (hx_ask_start(f->client, &request, on_pong, f) != HX_OK)
        hx_log(HX_LOG_DEBUG, "event=kafka_out_no_ping");
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
    struct follow *f = arg;
    (void)fd;
    (void)what;
    if (f->end)
        return;
    ask_newest(f);
    if (!f->following && f->follow_at && hx_mono_ms() >= f->follow_at && !follow_first(f)->prove)
        follow_subscribe(f);
    follow_go_on(f);
    follow_work(f);
}

/* ---- for whoever looks at it ---- */

const char *follow_trouble(struct follow *f)
{
    if (!hx_client_is_up(f->client, HX_DOOR_FEED))
        return "the daemon cannot be reached";
    if (*f->refused)
        return f->refused;
    *f->trouble = '\0';
    for (size_t i = 0; i < WRITERS && f->writers[i].sender && !*f->trouble; i++)
        sender_trouble(f->writers[i].sender, f->trouble);
    return *f->trouble ? f->trouble : NULL;
}

static uint64_t oldest_age(const struct follow *f)
{
    int64_t oldest = 0, now = hx_wall_ms();
    for (size_t i = 0; i < f->n; i++) {
        int64_t t = writer_oldest(&f->writers[i]);
        oldest = t && (!oldest || t < oldest) ? t : oldest;
    }
    return oldest && now > oldest ? (uint64_t)(now - oldest) : 0;
}

void follow_figures(struct follow *f, struct evbuffer *out)
{
    const uint64_t lsn = committed_upto(f);
    struct sender *senders[SENDERS_MOST];
    size_t n = 0;
    const struct {
        const char *name, *type, *help;
        uint64_t n;
    } rows[] = {
        {"kafka_out_lag_entries", "gauge", "Entries of the journal that are not in topics yet.",
         f->newest > lsn ? f->newest - lsn : 0},
        {"kafka_out_position", "gauge", "The newest entry that is in its topics.", lsn},
        {"kafka_out_oldest_unsent_milliseconds", "gauge",
         "Age of the oldest entry that was read and is not committed.", oldest_age(f)},
        {"kafka_out_entries_total", "counter", "Entries read.", f->entries},
        {"kafka_out_states_waiting", "gauge", "Cases whose new state is to be written.",
         f->states.waiting},
        {"kafka_out_resets_total", "counter", "Journals that were other ones, or had a gap.",
         f->resets},
        {"kafka_out_cut_total", "counter", "Records too large for a topic: only their head.",
         f->cut},
        {"kafka_out_unnamed_total", "counter", "Records whose id makes no name of a topic.",
         f->lost},
        {"kafka_out_undecodable_total", "counter", "Entries that could not be read.",
         f->undecodable},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        figures_head(out, rows[i].name, rows[i].type, rows[i].help);
        figures_line(out, rows[i].name, "", rows[i].n);
    }
    for (size_t i = 0; i < WRITERS; i++)
        if (f->writers[i].sender)
            senders[n++] = f->writers[i].sender;
    sender_figures(senders, n, out);
}

enum sender_end follow_end(const struct follow *f)
{
    return f->end;
}

const char *follow_why(const struct follow *f)
{
    return f->end ? f->why : NULL;
}

void follow_on_end(struct follow *f, void (*ended)(void *arg), void *arg)
{
    f->ended = ended;
    f->arg = arg;
}

/* ---- opening and closing ---- */

static void on_due(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    follow_work(arg);
}

int follow_open(struct event_base *base, hx_client *client, const struct cluster_settings *cluster,
                const struct out_settings *settings, struct follow **out,
                struct hx_problem *problem)
{
    const struct timeval often = {TICK_MS / 1000, 0};
    struct follow *f = calloc(1, sizeof *f);
    *out = NULL;
    if (!f)
        return HX_NOMEM;
    f->settings = settings;
    f->cluster = cluster;
    f->base = base;
    f->client = client;
    f->rules.utc_offset = settings->utc_offset;
    f->rules.attributes = settings->attributes;
    f->rules.value_most = (size_t)settings->fast.sender.topics.record_most - SENDER_OVERHEAD;
    states_init(&f->states, client, follow_told, f);
    sender_owner(f->owner);
    routes_name(&settings->slow.routes, f->slow);
    f->tick = event_new(base, -1, EV_PERSIST, on_tick, f);
    int rc = f->tick && event_add(f->tick, &often) == 0 ? HX_OK : HX_NOMEM;
    if (!rc)
        rc = writer_init(&f->writers[FAST], base, &settings->fast, on_due, f);
    if (!rc)
        rc = writer_init(&f->writers[SLOW], base, &settings->slow, on_due, f);
    if (!rc)
        rc = open_sender(f, FAST, problem);
    if (rc)
        follow_close(f);
    else
        *out = f;
    return rc;
}

/* All that was gathered is committed, and in the order that rows which get another writer need. */
static void end_writers(struct follow *f)
{
    writer_end(&f->writers[FAST], true);
    if (!follow_handed_over(f))
        writer_wait(&f->writers[FAST]);
    writer_end(&f->writers[SLOW], follow_handed_over(f));
}

void follow_close(struct follow *f)
{
    if (!f)
        return;
    if (f->following)
        hx_unsubscribe(f->client);
    (void)hx_ask_forget(f->client, on_pong, f);
    if (f->n)
        follow_put_positions(f); /* before it is forgotten which states are still to be written */
    states_clear(&f->states);
    end_writers(f);
    for (size_t i = 0; i < WRITERS; i++)
        writer_fini(&f->writers[i]);
    if (f->tick)
        event_free(f->tick);
    free(f);
}
