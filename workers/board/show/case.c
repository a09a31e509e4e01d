/* GET /cases/{case}: first who asks, then the case with its history. */
#include "board/ask.h"
#include "board/show/page.h"
#include "hongxin/instant.h"
#include <stdio.h>

struct one_case {
    struct ask ask;
    uint64_t number;
    int64_t at;
    json_t *who;
};

static void one_free(struct ask *a)
{
    json_decref(((struct one_case *)a)->who);
}

static json_t *body_of(const struct board *b, const Hongxin__V1__CaseAnswer *a,
                       const struct page *p)
{
    json_t *o =
        json_pack("{s:o, s:o, s:o, s:b, s:o, s:o, s:o, s:o}", "case", ask_json(b, &a->view->base),
                  "report", page_report(p), "history", page_history(p), "history_cut", a->cut,
                  "deadlines", page_deadlines(p), "notices", page_notices(p), "routes",
                  page_routes(p), "allowed", page_allowed(p));
    if (o)
        json_object_set_new(o, "now", ask_instant(b, board_now(b)));
    return o;
}

static void on_case(void *arg, int err, const hxp_response *answer)
{
    struct one_case *c = arg;
    struct page p;
    if (!ask_got(c, err, answer, HONGXIN__V1__RESPONSE__ANSWER_CASE_ANSWER))
        return;
    if (page_open(&p, c->ask.board, answer->case_answer) != HX_OK) {
        ask_fail(c, HX_NOMEM);
        return;
    }
    p.who = c->who;
    json_t *body = body_of(c->ask.board, answer->case_answer, &p);
    page_close(&p);
    ask_answer(c, body);
}

static void on_who(void *arg, int err, const hxp_response *answer)
{
    struct one_case *c = arg;
    hxp_request q = HONGXIN__V1__REQUEST__INIT;
    Hongxin__V1__CaseQuery query = HONGXIN__V1__CASE_QUERY__INIT;
    if (!ask_got(c, err, answer, HONGXIN__V1__RESPONSE__ANSWER_WHO))
        return;
    c->who = ask_json(c->ask.board, &answer->who->base);
    query.case_number = c->number;
    query.history = true;
    query.at = c->at;
    q.ask_case = HONGXIN__V1__REQUEST__ASK_CASE_QUERY;
    q.case_query = &query;
    ask_start(c, &q, on_case);
}

void cases_page(void *arg, struct http_request *r)
{
    char at[48];
    uint64_t number;
    int64_t instant = 0;
    if (!query_case(r, &number))
        return;
    if (!query_word(r, "at", at, sizeof at) || (*at && hx_instant_parse(at, &instant) != HX_OK)) {
        query_wrong(r, "at is an instant such as 2026-10-12T19:40:20+08:00");
        return;
    }
    struct one_case *c = ask_new(arg, r, sizeof *c);
    if (!c)
        return;
    c->ask.free = one_free;
    c->number = number;
    c->at = instant;
    ask_who(c, on_who);
}
