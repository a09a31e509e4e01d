#include "board/live/scope.h"

#include "base/log.h"
#include "base/now.h"
#include "base/text.h"
#include "board/ask.h"
#include "board/city/rules.h"
#include "hongxin/instant.h"
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

enum { READY_MS = 10000 };

struct scope_wait {
    TAILQ_ENTRY(scope_wait) link;
    scope_fn *fn;
    void *arg;
    int64_t until;
};

/* ---- what comes ---- */

void frame_tag(struct frame *f, const hxp_entry *e)
{
    *f = (struct frame){.lsn = e->lsn,
                        .case_number = e->case_number,
                        .holder = intern(e->holder),
                        .holder_before = intern(e->holder_before)};
    model_places(e->where, f->places);
}

/* More may have come at once than there is room for: then no page has it yet. */
static void drop_first(struct scope *s)
{
    if (ring_at(&s->ring, 0)->lsn > s->round.sent)
        round_whole(s);
    ring_drop_first(&s->ring);
}

static void put_frame(struct scope *s, const hxp_entry *e)
{
    struct frame f;
    struct ring *r = &s->ring;
    frame_tag(&f, e);
    f.text = frame_text(s, e, &f.size);
    while (f.text && !ring_takes(r, f.size))
        drop_first(s);
    if (f.text && ring_put(r, &f))
        return;
    free(f.text); /* no memory: whoever misses it asks the journal */
    r->complete_from = f.lsn;
}

/* ---- the model ---- */

static bool is_promise(void *arg, const char *clock)
{
    const struct board *b = arg;
    return rules_promise(b->rules, clock);
}

struct looking *looking_new(struct board *b, const char *principal, uint64_t number)
{
    struct looking *l = calloc(1, sizeof *l);
    if (!l)
        return NULL;
    l->board = b;
    l->number = number;
    hx_text_put(l->principal, sizeof l->principal, principal);
    return l;
}

struct scope *looking_scope(const struct looking *l)
{
    return l->board->scopes ? scopes_find(l->board->scopes, l->principal) : NULL;
}

static void on_case(void *arg, int err, const hxp_response *answer)
{
    struct looking *l = arg;
    struct scope *s = looking_scope(l);
    if (s && !err && answer->answer_case == HONGXIN__V1__RESPONSE__ANSWER_CASE_ANSWER)
        model_take_view(s->model, answer->case_answer->view);
    else if (s && err == HX_NOTFOUND)
        model_forget(s->model, l->number);
    free(l);
}

static void look_at_case(const struct scope *s, uint64_t number)
{
    hxp_request q = HONGXIN__V1__REQUEST__INIT;
    Hongxin__V1__CaseQuery query = HONGXIN__V1__CASE_QUERY__INIT;
    struct looking *l = looking_new(s->board, s->principal, number);
    if (!l)
        return;
    query.case_number = number;
    q.ask_case = HONGXIN__V1__REQUEST__ASK_CASE_QUERY;
    q.case_query = &query;
    if (ask_for(s->board, s->principal, &q, on_case, l) != HX_OK)
        free(l);
}

/* ---- waiting ---- */

void scope_when_ready(struct scope *s, scope_fn *fn, void *arg)
{
    s->used_at = hx_mono_ms();
    if (s->ready) {
        fn(arg, s);
        return;
    }
    struct scope_wait *w = calloc(1, sizeof *w);
    if (!w) {
        fn(arg, NULL);
        return;
    }
    w->fn = fn;
    w->arg = arg;
    w->until = hx_mono_ms() + READY_MS;
    TAILQ_INSERT_TAIL(&s->waits, w, link);
}

/* Those whose time is over, or all. */
static void wake(struct scope *s, struct scope *with, int64_t upto)
{
    struct scope_wait *w, *next;
    for (w = TAILQ_FIRST(&s->waits); w; w = next) {
        next = TAILQ_NEXT(w, link);
        if (w->until > upto)
            continue;
        TAILQ_REMOVE(&s->waits, w, link);
        w->fn(w->arg, with);
        free(w);
    }
}

/* ---- the feed ---- */

static void follow(struct scope *s);

/* Pages keep their place, and wait for the next welcome. */
static void forget(struct scope *s)
{
    ring_clear(&s->ring);
    round_forget(s);
    told_forget(&s->told);
    model_clear(s->model);
    s->welcomed = s->ready = false;
    stream_reset(s);
}

/* A feed that is cut off before its snapshot is whole begins with another one, and with what comes
 * after that: pages ask the journal for what lies between. */
static void on_welcome(void *arg, const Hongxin__V1__Welcome *w)
{
    struct scope *s = arg;
    if (s->welcomed && w->next_lsn > s->seen_lsn + 1)
        forget(s);
    hx_text_put(s->epoch, sizeof s->epoch, w->epoch);
    s->oldest_lsn = w->oldest_lsn;
    s->scale = w->scale;
    s->board->scale = w->scale;
    if (!s->welcomed) {
        s->seen_lsn = s->round.sent = s->ring.complete_from = w->newest_lsn;
        s->welcomed = true;
        stream_welcome(s);
    }
}

/* What one of its pages contains already does not follow it: of the entries between the greeting
 * and its last page no more than some come, and those for the model alone. */
static void skip_to(struct scope *s, uint64_t lsn)
{
    if (lsn <= s->seen_lsn)
        return;
    s->seen_lsn = s->ring.complete_from = lsn;
    round_soon(s); /* its pages ask the journal */
}

static void on_snapshot(void *arg, const Hongxin__V1__Snapshot *page)
{
    struct scope *s = arg;
    for (size_t i = 0; i < page->n_cases; i++)
        model_take_view(s->model, page->cases[i]);
    if (page->last) {
        skip_to(s, page->lsn);
        s->ready = true;
        wake(s, s, INT64_MAX);
    }
}

static bool has_rules(const hxp_entry *e)
{
    for (size_t i = 0; i < e->n_facts; i++)
        if (e->facts[i]->fact_case == HONGXIN__V1__FACT__FACT_RULES)
            return true;
    return false;
}

static void on_entry(void *arg, const hxp_entry *e, const ProtobufCBinaryData *bytes)
{
    struct scope *s = arg;
    (void)bytes;
    if (e->lsn > s->seen_lsn) {
        put_frame(s, e);
        s->seen_lsn = e->lsn;
        round_soon(s);
    }
    if (!model_take_entry(s->model, e))
        look_at_case(s, e->case_number);
    if (has_rules(e))
        rules_forget(s->board);
}

static void on_upto(void *arg, uint64_t lsn)
{
    struct scope *s = arg;
    if (lsn > s->seen_lsn)
        s->seen_lsn = lsn;
}

/* The journal is another one, or what we had missed is gone. */
static void on_reset(void *arg, uint64_t oldest)
{
    struct scope *s = arg;
    hx_log(HX_LOG_WARN, "event=feed_reset principal=\"%s\"", s->principal);
    s->oldest_lsn = oldest;
    forget(s);
    follow(s);
}

static void on_problem(void *arg, const Hongxin__V1__Problem *problem)
{
    struct scope *s = arg;
    if (strcmp(problem->code, "DENIED") == 0)
        s->denied = true; /* told in the next tick: the feed is inside a callback */
    else
        hx_log(HX_LOG_WARN, "event=feed_problem code=%s", problem->code);
}

static const struct hx_feed_calls calls = {.welcome = on_welcome,
                                           .snapshot = on_snapshot,
                                           .entry = on_entry,
                                           .upto = on_upto,
                                           .reset = on_reset,
                                           .problem = on_problem};

static void follow(struct scope *s)
{
    const struct hx_subscription sub = {.from = HONGXIN__V1__HELLO__FROM__NOW,
                                        .snapshot = true,
                                        .behalf = s->principal,
                                        .calls = &calls,
                                        .arg = s};
    if (hx_subscribe(s->client, &sub) != HX_OK)
        hx_log(HX_LOG_ERROR, "event=feed_not_opened principal=\"%s\"", s->principal);
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
    struct scope *s = arg;
    (void)fd;
    (void)what;
    (void)hx_client_poll(s->client, 0);
}

/* ---- life ---- */

void scope_free(struct scope *s)
{
    wake(s, NULL, INT64_MAX);
    stream_end_all(s, NULL, NULL);
    if (s->readable)
        event_free(s->readable);
    round_close(s);
    hx_client_close(s->client);
    ring_free(&s->ring);
    told_forget(&s->told);
    model_free(s->model);
    free(s);
}

static bool open_client(struct scope *s)
{
    struct board *b = s->board;
    const struct link_settings *d = &b->settings.daemon;
    const struct hx_client_options o = {
        .feed = d->feed, .key_file = *d->key_file ? d->key_file : NULL, .beside = b->link.client};
    if (hx_client_open(&o, &s->client) != HX_OK)
        return false;
    s->readable = event_new(b->base, hx_client_fd(s->client), EV_READ | EV_PERSIST, on_readable, s);
    return s->readable && event_add(s->readable, NULL) == 0;
}

struct scope *scope_new(struct board *b, const char *principal, struct rings *rings)
{
    struct scope *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->board = b;
    hx_text_put(s->principal, sizeof s->principal, principal);
    TAILQ_INIT(&s->waits);
    LIST_INIT(&s->streams);
    s->used_at = hx_mono_ms();
    ring_open(&s->ring, rings);
    s->model = model_new(is_promise, b);
    if (!s->model || !round_open(s) || !open_client(s)) {
        scope_free(s);
        return NULL;
    }
    if (rules_known(b->rules)) {
        follow(s);
        (void)hx_client_poll(s->client, 0);
    }
    return s;
}

void scope_tick(struct scope *s)
{
    int64_t now = hx_mono_ms();
    struct board *b = s->board;
    if (s->n_streams || !TAILQ_EMPTY(&s->waits))
        s->used_at = now;
    if (!s->welcomed && rules_known(b->rules) && hx_client_is_up(s->client, HX_DOOR_FEED) &&
        b->ticks % 3 == 0)
        follow(s); /* it was opened before the rules were there, or could not be */
    wake(s, NULL, now);
    while (ring_is_over(&s->ring))
        drop_first(s);
    if (b->ticks % (uint64_t)(b->settings.heartbeat_ms / 1000) == 0)
        round_beat(s);
}
