/* Queues: what waits for somebody, the shortest time first. Each is a list of the daemon; beside a
 * case stands what was reported. So it does beside those that resemble one, the newest first. */
#include "base/text.h"
#include "board/ask.h"
#include "board/show/page.h"
#include <stdlib.h>
#include <string.h>

enum { ITEMS = 200, REPORTS = 60, WORDS = 24 };

/* What each queue is made of. */
struct queue {
    const char *state; /* NULL: any */
    const char *flags[3];
    const char *clocks[3]; /* the first that runs is the one that presses; none: the next promise */
    bool mine;             /* only what areas of the session hold */
};

static const struct queue triage = {.state = "RECEIVED", .clocks = {"K_TRIAGE"}};
static const struct queue returns = {.flags = {"RETURN_ASKED", "ARBITRATION"},
                                     .clocks = {"K_RETURN", "K_ARBITRATE"}};
static const struct queue orders = {.flags = {"SUPERVISED"}, .clocks = {"K_SUPERVISE"}};
static const struct queue inbox = {.mine = true};
static const struct queue similar = {0};

struct item {
    struct work *work;
    uint64_t number;
    int64_t deadline;
    json_t *json;
};

struct work {
    struct ask ask;
    const struct queue *queue;
    char place[64], holder[64];
    json_t *areas;  /* of an inbox */
    uint64_t about; /* of those that resemble it */
    struct item items[ITEMS];
    size_t n, waiting;
    uint64_t total;
    bool exact, cut;
};

static void work_free(struct ask *a)
{
    struct work *w = (struct work *)a;
    for (size_t i = 0; i < w->n; i++)
        json_decref(w->items[i].json);
    json_decref(w->areas);
}

/* ---- the answer ---- */

static int compare(const void *a, const void *b)
{
    const struct item *x = a, *y = b;
    int64_t dx = x->deadline ? x->deadline : INT64_MAX, dy = y->deadline ? y->deadline : INT64_MAX;
    return dx < dy ? -1 : dx > dy ? 1 : x->number < y->number ? -1 : x->number > y->number;
}

static void answer(struct work *w)
{
    json_t *items = json_array();
    for (size_t i = 0; i < w->n; i++)
        json_array_append(items, w->items[i].json);
    json_t *body = json_pack("{s:o, s:I, s:b, s:b}", "items", items, "total", (json_int_t)w->total,
                             "total_exact", w->exact, "cut", w->cut);
    json_object_set_new(body, "now", ask_instant(w->ask.board, board_now(w->ask.board)));
    ask_answer(w, body);
}

static void on_report(void *arg, int err, const hxp_response *response)
{
    struct item *item = arg;
    struct work *w = item->work;
    struct page p;
    if (!err && response->answer_case == HONGXIN__V1__RESPONSE__ANSWER_CASE_ANSWER &&
        page_open(&p, w->ask.board, response->case_answer) == HX_OK) {
        json_object_set_new(item->json, "report", page_report(&p));
        page_close(&p);
    }
    if (--w->waiting == 0)
        answer(w);
}

static bool ask_report(struct work *w, struct item *item)
{
    hxp_request q = HONGXIN__V1__REQUEST__INIT;
    Hongxin__V1__CaseQuery query = HONGXIN__V1__CASE_QUERY__INIT;
    query.case_number = item->number;
    query.history = true;
    q.ask_case = HONGXIN__V1__REQUEST__ASK_CASE_QUERY;
    q.case_query = &query;
    return ask_for(w->ask.board, w->ask.principal, &q, on_report, item) == HX_OK;
}

static void ask_reports(struct work *w)
{
    w->waiting = 1; /* ours: nothing is answered before all are asked */
    for (size_t i = 0; i < w->n && i < REPORTS; i++)
        w->waiting += ask_report(w, &w->items[i]);
    if (--w->waiting == 0)
        answer(w);
}

/* ---- the list ---- */

static const hxp_clock_fact *running(const hxp_case_view *v, const char *clock)
{
    for (size_t i = 0; i < v->n_clocks; i++)
        if (strcmp(v->clocks[i]->clock, clock) == 0 && strcmp(v->clocks[i]->change, "RUNNING") == 0)
            return v->clocks[i];
    return NULL;
}

static void set_clock(const struct work *w, struct item *item, const char *clock, int64_t deadline)
{
    if (!*clock)
        return;
    item->deadline = deadline;
    json_object_set_new(item->json, "clock", json_string(clock));
    ask_set_instant(w->ask.board, item->json, "deadline", deadline);
}

static void add_item(struct work *w, const hxp_case_view *v)
{
    struct item *item = &w->items[w->n];
    const struct queue *q = w->queue;
    const hxp_clock_fact *k = NULL;
    *item = (struct item){.work = w, .number = v->case_number};
    item->json = json_pack("{s:o}", "case", ask_json(w->ask.board, &v->base));
    if (!item->json)
        return;
    w->n++;
    for (size_t i = 0; i < 3 && q->clocks[i] && !k; i++)
        k = running(v, q->clocks[i]);
    if (k)
        set_clock(w, item, k->clock, k->deadline);
    else if (!q->clocks[0])
        set_clock(w, item, v->next_clock, v->next_deadline);
    if (q == &returns && v->n_returns)
        json_object_set_new(item->json, "return",
                            ask_json(w->ask.board, &v->returns[v->n_returns - 1]->base));
    if (q == &orders && v->order)
        json_object_set_new(item->json, "order", ask_json(w->ask.board, &v->order->base));
}

static void on_list(void *arg, int err, const hxp_response *response)
{
    struct work *w = arg;
    if (!ask_got(w, err, response, HONGXIN__V1__RESPONSE__ANSWER_LIST))
        return;
    const Hongxin__V1__ListAnswer *a = response->list;
    for (size_t i = 0; i < a->n_cases && w->n < ITEMS; i++)
        add_item(w, a->cases[i]);
    w->total = a->total;
    w->exact = a->counted;
    w->cut = a->cut;
    qsort(w->items, w->n, sizeof *w->items, compare);
    ask_reports(w);
}

static size_t holders_of(const struct work *w, char **out)
{
    size_t i, n = 0;
    json_t *area;
    if (*w->holder) {
        out[0] = hx_text_field(w->holder);
        return 1;
    }
    json_array_foreach (w->areas, i, area) {
        const char *name = json_string_value(area);
        if (name && strcmp(name, "city") != 0 && n < WORDS)
            out[n++] = hx_text_field(name);
    }
    return n;
}

static void ask_list(struct work *w)
{
    hxp_request q = HONGXIN__V1__REQUEST__INIT;
    Hongxin__V1__ListQuery query = HONGXIN__V1__LIST_QUERY__INIT;
    Hongxin__V1__Filter filter = HONGXIN__V1__FILTER__INIT;
    char *holders[WORDS], *places[1] = {w->place}, *states[1], *flags[3];
    filter.places = places;
    filter.n_places = *w->place ? 1 : 0;
    filter.holders = holders;
    filter.n_holders = holders_of(w, holders);
    query.filter = &filter;
    states[0] = hx_text_field(w->queue->state);
    query.states = states;
    query.n_states = w->queue->state ? 1 : 0;
    query.flags = flags;
    for (; query.n_flags < 3 && w->queue->flags[query.n_flags]; query.n_flags++)
        flags[query.n_flags] = hx_text_field(w->queue->flags[query.n_flags]);
    query.limit = ITEMS;
    query.count = true;
    q.ask_case = HONGXIN__V1__REQUEST__ASK_LIST;
    q.list = &query;
    ask_start(w, &q, on_list);
}

static void on_who(void *arg, int err, const hxp_response *response)
{
    struct work *w = arg;
    if (!ask_got(w, err, response, HONGXIN__V1__RESPONSE__ANSWER_WHO))
        return;
    if (response->who->enforced) {
        json_t *who = ask_json(w->ask.board, &response->who->base);
        json_decref(w->areas);
        w->areas = json_incref(json_object_get(who, "areas"));
        json_decref(who);
    }
    ask_list(w);
}

static void begin(void *board, struct http_request *r, const struct queue *queue)
{
    struct work *w = ask_new(board, r, sizeof *w);
    if (!w)
        return;
    w->ask.free = work_free;
    w->queue = queue;
    if (!query_word(r, "place", w->place, sizeof w->place) ||
        !query_word(r, "holder", w->holder, sizeof w->holder)) {
        query_wrong(r, "place and holder are words");
        ask_free(w);
        return;
    }
    if (!queue->mine) {
        ask_list(w);
        return;
    }
    const struct session *s = gate_look(board, r);
    w->areas = json_loads(s && s->areas ? s->areas : "[]", 0, NULL);
    ask_who(w, on_who);
}

void work_triage(void *board, struct http_request *r)
{
    begin(board, r, &triage);
}

void work_returns(void *board, struct http_request *r)
{
    begin(board, r, &returns);
}

void work_orders(void *board, struct http_request *r)
{
    begin(board, r, &orders);
}

void work_inbox(void *board, struct http_request *r)
{
    begin(board, r, &inbox);
}

/* ---- those that resemble a case ---- */

static void on_similar(void *arg, int err, const hxp_response *response)
{
    struct work *w = arg;
    if (!ask_got(w, err, response, HONGXIN__V1__RESPONSE__ANSWER_SIMILAR))
        return;
    const Hongxin__V1__SimilarAnswer *a = response->similar;
    for (size_t i = 0; i < a->n_cases && w->n < ITEMS; i++)
        if (a->cases[i]->case_number != w->about)
            add_item(w, a->cases[i]);
    w->total = w->n;
    ask_reports(w);
}

static void on_about(void *arg, int err, const hxp_response *response)
{
    struct work *w = arg;
    hxp_request q = HONGXIN__V1__REQUEST__INIT;
    Hongxin__V1__SimilarQuery query = HONGXIN__V1__SIMILAR_QUERY__INIT;
    if (!ask_got(w, err, response, HONGXIN__V1__RESPONSE__ANSWER_CASE_ANSWER))
        return;
    const hxp_case_view *v = response->case_answer->view;
    query.place = hx_text_field(page_place(v->where));
    query.category = v->category;
    w->exact = true;
    if (!*query.place) {
        answer(w);
        return;
    }
    q.ask_case = HONGXIN__V1__REQUEST__ASK_SIMILAR;
    q.similar = &query;
    ask_start(w, &q, on_similar);
}

void cases_similar(void *board, struct http_request *r)
{
    uint64_t number;
    if (!query_case(r, &number))
        return;
    struct work *w = ask_new(board, r, sizeof *w);
    if (!w)
        return;
    w->ask.free = work_free;
    w->queue = &similar;
    w->about = number;
    ask_case(w, number, false, on_about);
}
