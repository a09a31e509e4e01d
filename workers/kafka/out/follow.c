#include "kafka/out/follow.h"

#include "base/log.h"
#include "base/now.h"
#include "base/text.h"
#include "http/figures.h"
#include "kafka/out/states.h"
#include <event2/event.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    CREDIT = 64,          /* messages of up to 512 entries */
    BYTES_MOST = 8388608, /* of values in one batch */
    QUESTIONS = 64,       /* about states, on their way */
    BEHIND = 20000,       /* so far behind states wait: many entries become one of them */
    TICK_MS = 1000,
    RETRY_MS = 5000 /* a feed that was refused is asked for again */
};

struct follow {
    const struct out_settings *settings;
    hx_client *client;
    struct sender *sender;
    struct states states;
    struct batch batches[2], *fill;
    struct record_rules rules;
    struct event *due, *tick;
    void (*ended)(void *arg);
    void *arg;
    /* where we are */
    struct position at;        /* what the entries gathered so far lead to */
    struct position committed; /* what the sender has written */
    bool following, fresh;     /* fresh: no position was found */
    bool reset, paused, prove; /* prove: a transaction has to show that we still own the id */
    uint64_t told_upto;        /* states of a snapshot hold what entries up to here say */
    int64_t sent_at, follow_at;
    /* figures */
    uint64_t entries, resets, cut, lost, undecodable, newest;
    char refused[64], trouble[SENDER_TROUBLE];
    enum sender_end end;
    char why[400];
};

static void finish(struct follow *f, enum sender_end end, const char *why)
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

/* ---- batches ---- */

static bool is_full(const struct follow *f)
{
    return f->fill->entries >= (size_t)f->settings->entries_most || f->fill->bytes >= BYTES_MOST;
}

static void pause_or_not(struct follow *f)
{
    bool full = is_full(f);
    if (full != f->paused)
        hx_feed_pause(f->client, full);
    f->paused = full;
}

/* Whether a transaction is worth it: records, or a position that has moved without any. */
static bool has_work(const struct follow *f, int64_t now)
{
    if (f->fill->records || f->prove)
        return true;
    bool moved = f->at.lsn != f->committed.lsn || f->at.states != f->committed.states ||
                 strcmp(f->at.epoch, f->committed.epoch) != 0;
    return moved && now - f->sent_at >= TICK_MS;
}

static void send_fill(struct follow *f, int64_t now)
{
    struct batch *b = f->fill;
    f->at.states = f->told_upto == UINT64_MAX ? 0 : states_upto(&f->states, f->at.lsn);
    b->position = f->at;
    f->fill = b == &f->batches[0] ? &f->batches[1] : &f->batches[0];
    f->sent_at = now;
    f->prove = false;
    sender_send(f->sender, b);
    pause_or_not(f);
}

static void work(struct follow *f)
{
    int64_t now = hx_mono_ms(), wait = f->sent_at + f->settings->every_ms - now;
    if (f->end || sender_busy(f->sender) || !has_work(f, now))
        return;
    if (wait <= 0 || is_full(f)) {
        send_fill(f, now);
        return;
    }
    const struct timeval later = {wait / 1000, wait % 1000 * 1000};
    evtimer_add(f->due, &later);
}

static void on_due(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    work(arg);
}

static void add(struct follow *f, struct record *r)
{
    for (const struct record *x = r; x; x = x->next)
        f->cut += x->cut != NULL;
    batch_add(f->fill, r);
    if (hx_arena_failed(&f->fill->arena))
        finish(f, SENDER_BROKEN, "NOMEM: no memory for what is to be written");
}

/* ---- states ---- */

static bool keeps_states(const struct follow *f)
{
    return *f->settings->sender.states != '\0';
}

static void on_state(void *arg, uint64_t case_number, const hxp_case_view *view)
{
    struct follow *f = arg;
    add(f,
        record_of_state(&f->rules, f->settings->sender.states, case_number, view, &f->fill->arena));
}

static void on_told(void *arg, uint64_t case_number, const hxp_case_view *view)
{
    on_state(arg, case_number, view);
    work(arg);
}

static void go_on_with_states(struct follow *f)
{
    bool behind = f->newest > f->at.lsn + BEHIND;
    if (keeps_states(f) && f->following && !behind && !f->paused)
        states_work(&f->states, QUESTIONS);
}

/* ---- the feed ---- */

static void subscribe(struct follow *f);

static void mark_state(struct follow *f, const hxp_entry *entry)
{
    if (!keeps_states(f) || !entry->case_number || entry->lsn <= f->told_upto)
        return;
    if (states_mark(&f->states, entry->case_number, entry->lsn, entry->open) != HX_OK)
        finish(f, SENDER_BROKEN, "NOMEM: no memory for what is to be written");
}

static void on_entry(void *arg, const hxp_entry *entry, const ProtobufCBinaryData *bytes)
{
    struct follow *f = arg;
    struct batch *b = f->fill;
    if (f->end)
        return;
    mark_state(f, entry);
    if (entry->lsn <= f->at.lsn) /* read again for the sake of states */
        return;
    const struct route_target *targets =
        routes_match(&f->settings->routes, entry, &b->arena, &f->lost);
    add(f, record_of_entry(&f->rules, entry, bytes, targets, &b->arena));
    b->oldest = b->oldest ? b->oldest : entry->t_rec;
    b->entries++;
    f->entries++;
    f->at.lsn = entry->lsn;
    pause_or_not(f);
}

static void on_upto(void *arg, uint64_t lsn)
{
    struct follow *f = arg;
    if (lsn > f->at.lsn)
        f->at.lsn = lsn;
    if (f->at.lsn > f->newest)
        f->newest = f->at.lsn;
    go_on_with_states(f);
    work(f);
}

static void on_snapshot(void *arg, const Hongxin__V1__Snapshot *snapshot)
{
    struct follow *f = arg;
    for (size_t i = 0; i < snapshot->n_cases && !f->end; i++)
        on_state(f, snapshot->cases[i]->case_number, snapshot->cases[i]);
    if (f->told_upto == UINT64_MAX && snapshot->last)
        f->told_upto = snapshot->lsn;
    pause_or_not(f);
    work(f);
}

static void name_source(struct follow *f)
{
    char again[24] = "";
    if (f->at.resets)
        snprintf(again, sizeof again, "/%" PRIu64, f->at.resets);
    snprintf(f->rules.source, sizeof f->rules.source, "%s/%s%s", f->settings->source, f->at.epoch,
             again);
}

/* The journal is another one, or has a gap: readers are told, and it begins with its oldest entry.
 */
static void begin_anew(struct follow *f)
{
    states_clear(&f->states);
    f->reset = true;
    f->told_upto = UINT64_MAX; /* until the snapshot is complete */
    subscribe(f);
}

static void put_reset(struct follow *f, const Hongxin__V1__Welcome *welcome)
{
    f->at.lsn = welcome->next_lsn ? welcome->next_lsn - 1 : 0;
    f->at.states = 0;
    f->reset = false;
    f->resets++;
    hx_log(HX_LOG_WARN, "event=kafka_out_reset epoch=%s oldest=%" PRIu64, f->at.epoch,
           welcome->next_lsn);
    add(f, record_of_reset(&f->rules, welcome->next_lsn, &f->fill->arena));
}

static void on_welcome(void *arg, const Hongxin__V1__Welcome *welcome)
{
    struct follow *f = arg;
    enum position_verdict verdict =
        f->fresh ? POSITION_GOES_ON : position_judge(&f->at, welcome->epoch, welcome->newest_lsn);
    f->newest = welcome->newest_lsn;
    *f->refused = '\0';
    if (!f->reset && verdict != POSITION_GOES_ON) {
        f->at.resets = verdict == POSITION_WENT_BACK ? f->at.resets + 1 : 0;
        begin_anew(f);
        return;
    }
    hx_text_put(f->at.epoch, sizeof f->at.epoch, welcome->epoch);
    name_source(f);
    if (f->reset)
        put_reset(f, welcome);
    if (keeps_states(f) && f->told_upto == UINT64_MAX)
        add(f, record_of_no_states(&f->fill->arena)); /* a snapshot follows */
    if (f->fresh)
        f->at.lsn = welcome->next_lsn ? welcome->next_lsn - 1 : 0;
    f->fresh = false;
    work(f);
}

static void on_reset(void *arg, uint64_t oldest_lsn)
{
    (void)oldest_lsn;
    begin_anew(arg);
}

static void on_problem(void *arg, const Hongxin__V1__Problem *problem)
{
    struct follow *f = arg;
    if (strcmp(problem->code, "UNDECODABLE") == 0) {
        f->undecodable++;
        hx_log(HX_LOG_ERROR, "event=kafka_out_undecodable after=%" PRIu64, f->at.lsn);
        return;
    }
    hx_log(HX_LOG_ERROR, "event=kafka_out_feed_refused code=%s \"%s\"", problem->code,
           problem->message);
    hx_text_put(f->refused, sizeof f->refused, problem->code);
    f->following = false;
    f->prove = strcmp(problem->code, "TAKEN_OVER") == 0;
    f->follow_at = hx_mono_ms() + (f->prove ? TICK_MS : RETRY_MS);
    work(f);
}

static const struct hx_feed_calls calls = {.welcome = on_welcome,
                                           .snapshot = on_snapshot,
                                           .entry = on_entry,
                                           .upto = on_upto,
                                           .reset = on_reset,
                                           .problem = on_problem};

static void set_list(const struct route_words *words, char *list[], char ***out, size_t *n)
{
    for (size_t i = 0; i < words->n; i++)
        list[i] = hx_text_field(words->all[i]);
    *out = list;
    *n = words->n;
}

static void set_from(const struct follow *f, struct hx_subscription *s)
{
    uint64_t lsn = f->at.lsn;
    if (keeps_states(f) && f->at.states && f->at.states < lsn)
        lsn = f->at.states;
    s->from = HONGXIN__V1__HELLO__FROM__LSN;
    s->from_lsn = lsn + 1;
    if (f->reset || (f->fresh && !f->settings->from_now))
        s->from = HONGXIN__V1__HELLO__FROM__OLDEST;
    else if (f->fresh)
        s->from = HONGXIN__V1__HELLO__FROM__NOW;
    s->snapshot = keeps_states(f) && f->told_upto == UINT64_MAX;
}

static void subscribe(struct follow *f)
{
    char *places[ROUTE_WORDS_MAX], *holders[ROUTE_WORDS_MAX], *classes[ROUTE_WORDS_MAX];
    Hongxin__V1__Filter filter = HONGXIN__V1__FILTER__INIT;
    struct hx_subscription s = {
        .subscriber = f->settings->subscriber, .credit = CREDIT, .calls = &calls, .arg = f};
    set_list(&f->settings->places, places, &filter.places, &filter.n_places);
    set_list(&f->settings->holders, holders, &filter.holders, &filter.n_holders);
    set_list(&f->settings->classes, classes, &filter.classes, &filter.n_classes);
    if (filter.n_places || filter.n_holders || filter.n_classes)
        s.filter = &filter;
    set_from(f, &s);
    int rc = hx_subscribe(f->client, &s);
    f->following = rc == HX_OK;
    f->follow_at = hx_mono_ms() + RETRY_MS;
    if (rc)
        hx_log(HX_LOG_ERROR, "event=kafka_out_feed_refused code=%s", hx_errname(rc));
    if (f->paused)
        hx_feed_pause(f->client, true);
}

/* ---- the sender ---- */

static void on_ready(void *arg, const struct position *p)
{
    struct follow *f = arg;
    f->at = f->committed = *p;
    f->fresh = *p->epoch == '\0';
    f->told_upto = p->states ? p->states : UINT64_MAX;
    hx_log(HX_LOG_INFO, "event=kafka_out_begins id=%s epoch=%s lsn=%" PRIu64 " states=%" PRIu64,
           f->settings->sender.id, p->epoch, p->lsn, p->states);
    subscribe(f);
}

static void on_committed(void *arg, struct batch *b)
{
    struct follow *f = arg;
    f->committed = b->position;
    batch_clear(b);
    if (f->following && hx_feed_ack(f->client, f->committed.lsn) != HX_OK)
        hx_log(HX_LOG_DEBUG, "event=kafka_out_no_ack"); /* the feed does not stand: next time */
    pause_or_not(f);
    go_on_with_states(f);
    work(f);
}

static void on_end(void *arg, enum sender_end end, const char *why)
{
    finish(arg, end, why);
}

static const struct sender_calls sender_calls = {
    .ready = on_ready, .committed = on_committed, .ended = on_end};

/* ---- once a second ---- */

static void on_pong(void *arg, int err, const hxp_response *response)
{
    struct follow *f = arg;
    if (err == HX_OK && response->answer_case == HONGXIN__V1__RESPONSE__ANSWER_PONG &&
        response->pong->newest_lsn > f->newest)
        f->newest = response->pong->newest_lsn;
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
    if (!f->following && f->follow_at && hx_mono_ms() >= f->follow_at && !f->prove)
        subscribe(f);
    go_on_with_states(f);
    work(f);
}

/* ---- for whoever looks at it ---- */

const char *follow_trouble(struct follow *f)
{
    if (!hx_client_is_up(f->client, HX_DOOR_FEED))
        return "the daemon cannot be reached";
    if (*f->refused)
        return f->refused;
    sender_trouble(f->sender, f->trouble);
    return *f->trouble ? f->trouble : NULL;
}

static uint64_t oldest_age(const struct follow *f)
{
    int64_t oldest = 0, now = hx_wall_ms();
    for (size_t i = 0; i < 2; i++) {
        int64_t t = f->batches[i].oldest;
        oldest = t && (!oldest || t < oldest) ? t : oldest;
    }
    return oldest && now > oldest ? (uint64_t)(now - oldest) : 0;
}

void follow_figures(struct follow *f, struct evbuffer *out)
{
    const uint64_t lsn = f->committed.lsn;
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
    sender_figures(f->sender, out);
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

int follow_open(struct event_base *base, hx_client *client, const struct cluster_settings *cluster,
                const struct out_settings *settings, struct follow **out,
                struct hx_problem *problem)
{
    const struct timeval often = {TICK_MS / 1000, 0};
    struct follow *f = calloc(1, sizeof *f);
    const struct sender_options options = {.cluster = cluster,
                                           .settings = &settings->sender,
                                           .routes = &settings->routes,
                                           .calls = &sender_calls,
                                           .arg = f};
    *out = NULL;
    if (!f)
        return HX_NOMEM;
    f->settings = settings;
    f->client = client;
    f->rules.utc_offset = settings->utc_offset;
    f->rules.attributes = settings->attributes;
    f->rules.value_most = (size_t)settings->sender.topics.record_most - SENDER_OVERHEAD;
    states_init(&f->states, client, on_told, f);
    batch_init(&f->batches[0]);
    batch_init(&f->batches[1]);
    f->fill = &f->batches[0];
    f->due = evtimer_new(base, on_due, f);
    f->tick = event_new(base, -1, EV_PERSIST, on_tick, f);
    int rc = f->due && f->tick && event_add(f->tick, &often) == 0 ? HX_OK : HX_NOMEM;
    if (!rc)
        rc = sender_open(base, &options, &f->sender, problem);
    if (rc)
        follow_close(f);
    else
        *out = f;
    return rc;
}

void follow_close(struct follow *f)
{
    if (!f)
        return;
    if (f->following)
        hx_unsubscribe(f->client);
    (void)hx_ask_forget(f->client, on_pong, f);
    states_clear(&f->states);
    sender_close(f->sender);
    if (f->due)
        event_free(f->due);
    if (f->tick)
        event_free(f->tick);
    hx_arena_fini(&f->batches[0].arena);
    hx_arena_fini(&f->batches[1].arena);
    free(f);
}
