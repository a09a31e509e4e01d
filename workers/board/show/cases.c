/* Lists of cases, and who would get one. */
#include "base/text.h"
#include "board/ask.h"
#include "board/city/city.h"
#include "board/city/duty.h"
#include "board/show/csv.h"
#include "board/show/page.h"
#include "hongxin/limits.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS = 16, CSV_PAGES = 100 };

/* ---- lists ---- */

struct list {
    struct ask ask;
    struct list_text {
        char state[301], place[64], holder[64], class[40], level[4], flag[301], cursor[40];
    } text;
    uint64_t limit, due_within, after;
    bool closed, no_company, csv;
    json_t *rows; /* of all pages of a table */
    unsigned pages;
};

static void list_free(struct ask *a)
{
    json_decref(((struct list *)a)->rows);
}

static void ask_page(struct list *l);

static json_t *views(const struct board *b, const Hongxin__V1__ListAnswer *a)
{
    json_t *items = json_array();
    for (size_t i = 0; i < a->n_cases; i++)
        json_array_append_new(items, ask_json(b, &a->cases[i]->base));
    return items;
}

#define PLACE(id, zh, en)                                                                          \
    {                                                                                              \
        .name = #id, .path = "where." #id                                                          \
    }

static void answer_csv(struct list *l)
{
    static const struct csv_column columns[] = {
        {.name = "number", .path = "number"},
        {.name = "state", .path = "state"},
        {.name = "class", .path = "class"},
        {.name = "category", .path = "category"},
        {.name = "holder", .path = "holder"},
        {.name = "holder_zh", .path = "holder_name_zh"},
        {.name = "holder_en", .path = "holder_name_en"},
        BOARD_PLACES(PLACE),
        {.name = "level", .path = "level"},
        {.name = "next_clock", .path = "next_clock"},
        {.name = "next_deadline", .path = "next_deadline"},
        {.name = "reported", .path = "t_report"},
        {.name = "closed", .path = "t_closed"},
        {.name = "cycle", .path = "cycle"},
        {.name = "flags", .path = "flags"},
    };
    static const struct csv_table table = {"cases", columns, sizeof columns / sizeof *columns};
    csv_answer(l->ask.board, l->ask.request, &table, l->rows);
    ask_free(l);
}

static json_t *silences(const struct board *b, const Hongxin__V1__ListAnswer *a)
{
    json_t *list = json_array();
    for (size_t i = 0; i < a->n_silences; i++)
        json_array_append_new(list, ask_json(b, &a->silences[i]->base));
    return list;
}

static void on_list(void *arg, int err, const hxp_response *answer)
{
    struct list *l = arg;
    if (!ask_got(l, err, answer, HONGXIN__V1__RESPONSE__ANSWER_LIST))
        return;
    const Hongxin__V1__ListAnswer *a = answer->list;
    json_t *items = views(l->ask.board, a);
    if (l->csv) {
        json_array_extend(l->rows, items);
        json_decref(items);
        l->after = a->next;
        if (a->cut && ++l->pages < CSV_PAGES)
            ask_page(l);
        else
            answer_csv(l);
        return;
    }
    bool first = l->after == 0;
    json_t *body = json_pack("{s:o, s:I, s:b, s:b}", "items", items, "total", (json_int_t)a->total,
                             "total_exact", a->counted || (!first && !a->cut), "cut", a->cut);
    if (a->n_silences)
        json_object_set_new(body, "silences", silences(l->ask.board, a));
    if (a->cut)
        json_object_set_new(body, "next", json_sprintf("%" PRIu64, a->next));
    json_object_set_new(body, "now", ask_instant(l->ask.board, board_now(l->ask.board)));
    ask_answer(l, body);
}

static size_t one(char *text, char **list)
{
    list[0] = text;
    return *text ? 1 : 0;
}

static void ask_page(struct list *l)
{
    hxp_request q = HONGXIN__V1__REQUEST__INIT;
    Hongxin__V1__ListQuery query = HONGXIN__V1__LIST_QUERY__INIT;
    Hongxin__V1__Filter filter = HONGXIN__V1__FILTER__INIT;
    struct list_text t = l->text; /* cut in place */
    char *states[WORDS], *flags[WORDS], *places[1], *holders[1], *classes[1];
    query.states = states;
    query.n_states = query_split(t.state, states, WORDS);
    query.flags = flags;
    query.n_flags = query_split(t.flag, flags, WORDS);
    filter.places = places;
    filter.n_places = one(t.place, places);
    filter.holders = holders;
    filter.n_holders = one(t.holder, holders);
    filter.classes = classes;
    filter.n_classes = one(t.class, classes);
    filter.min_level = t.level;
    query.filter = &filter;
    query.due_within_ms = l->due_within;
    query.closed = l->closed;
    query.no_company = l->no_company;
    query.limit = (uint32_t)l->limit;
    query.after = l->after;
    query.count = !l->csv;
    q.ask_case = HONGXIN__V1__REQUEST__ASK_LIST;
    q.list = &query;
    ask_start(l, &q, on_list);
}

static bool take_list(struct list *l, const struct http_request *r)
{
    struct list_text *t = &l->text;
    l->limit = 100;
    return query_word(r, "state", t->state, sizeof t->state) &&
           query_word(r, "place", t->place, sizeof t->place) &&
           query_word(r, "holder", t->holder, sizeof t->holder) &&
           query_word(r, "class", t->class, sizeof t->class) && query_level(r, t->level) &&
           query_word(r, "flag", t->flag, sizeof t->flag) &&
           query_span(r, "due_within", &l->due_within) && query_bool(r, "closed", &l->closed) &&
           query_bool(r, "no_company", &l->no_company) &&
           query_number(r, "limit", 1, HX_LIST_MAX, &l->limit) &&
           query_number(r, "cursor", 0, INT64_MAX, &l->after) && query_csv(r, &l->csv);
}

void cases_list(void *arg, struct http_request *r)
{
    struct list *l = ask_new(arg, r, sizeof *l);
    if (!l)
        return;
    l->ask.free = list_free;
    if (!take_list(l, r)) {
        query_wrong(
            r, "limit is 1 to 500, cursor what `next` was, due_within a duration such as 30min, "
               "level L0 to L5, closed and no_company true or false, format json or csv, the "
               "others words");
        ask_free(l);
        return;
    }
    if (l->csv) {
        l->rows = json_array();
        l->limit = HX_LIST_MAX;
    }
    ask_page(l);
}

/* ---- one case: what the others here begin with ---- */

struct about {
    struct ask ask;
    uint64_t number;
    char class[40];
};

static struct about *about_new(void *board, struct http_request *r)
{
    uint64_t number;
    if (!query_case(r, &number))
        return NULL;
    struct about *a = ask_new(board, r, sizeof *a);
    if (a)
        a->number = number;
    return a;
}

/* ---- route ---- */

static void on_route(void *arg, int err, const hxp_response *answer)
{
    struct about *a = arg;
    size_t i;
    json_t *person;
    if (!ask_got(a, err, answer, HONGXIN__V1__RESPONSE__ANSWER_ROUTE))
        return;
    json_t *body = ask_json(a->ask.board, &answer->route->base), *told = json_object();
    json_array_foreach (json_object_get(body, "told"), i, person)
        json_object_set_new(told, json_string_value(person), json_true());
    json_object_set_new(body, "persons", city_persons(a->ask.board, told));
    json_decref(told);
    ask_answer(a, body);
}

static void on_view_route(void *arg, int err, const hxp_response *answer)
{
    struct about *a = arg;
    hxp_request q = HONGXIN__V1__REQUEST__INIT;
    Hongxin__V1__RouteQuery query = HONGXIN__V1__ROUTE_QUERY__INIT;
    if (!ask_got(a, err, answer, HONGXIN__V1__RESPONSE__ANSWER_CASE_ANSWER))
        return;
    const hxp_case_view *v = answer->case_answer->view;
    query.place = hx_text_field(page_place(v->where));
    query.class_ = *a->class ? a->class : v->class_;
    query.category = v->category;
    q.ask_case = HONGXIN__V1__REQUEST__ASK_ROUTE;
    q.route = &query;
    ask_start(a, &q, on_route);
}

void route_ask_case(struct board *b, struct http_request *r)
{
    struct about *a = about_new(b, r);
    if (a && query_word(r, "class", a->class, sizeof a->class)) {
        ask_case(a, a->number, false, on_view_route);
    } else if (a) {
        query_wrong(r, "class is a word");
        ask_free(a);
    }
}

void route_ask_place(struct board *b, struct http_request *r)
{
    hxp_request q = HONGXIN__V1__REQUEST__INIT;
    Hongxin__V1__RouteQuery query = HONGXIN__V1__ROUTE_QUERY__INIT;
    char place[64], class[40], category[64];
    struct about *a = ask_new(b, r, sizeof *a);
    if (!a)
        return;
    if (!query_word(r, "place", place, sizeof place) || !*place ||
        !query_word(r, "class", class, sizeof class) ||
        !query_word(r, "category", category, sizeof category)) {
        query_wrong(r, "place is required; place, class and category are words");
        ask_free(a);
        return;
    }
    query.place = place;
    query.class_ = class;
    query.category = category;
    q.ask_case = HONGXIN__V1__REQUEST__ASK_ROUTE;
    q.route = &query;
    ask_start(a, &q, on_route);
}
