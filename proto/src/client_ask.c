/* Questions. One at a time, because the caller waits for it. A question changes nothing, so it is
 * sent again on a new connection or when no answer comes. */
#include "client_internal.h"

#include <string.h>

void hx_question_tick(hx_client *c, int64_t now)
{
    struct hx_question *q = &c->question;
    if (!q->request || q->answer || q->err || now < q->not_before)
        return;
    bool again = q->attempts == 0 || q->generation != q->link->generation ||
                 now >= hx_resend_at(c, q->sent_at, q->attempts);
    if (!again)
        return;
    int err = hx_link_send_request(q->link, q->request);
    if (err == HX_AGAIN)
        return;
    q->err = err;
    q->attempts++;
    q->generation = q->link->generation;
    q->sent_at = now;
}

int64_t hx_question_due(const hx_client *c)
{
    const struct hx_question *q = &c->question;
    if (!q->request || q->answer || q->err)
        return HX_NEVER;
    if (!q->link->up || q->link->stuck)
        return HX_NEVER;
    int64_t due = q->attempts == 0 ? q->not_before : hx_resend_at(c, q->sent_at, q->attempts);
    return due > q->not_before ? due : q->not_before;
}

bool hx_question_answer(hx_client *c, hxp_response *response)
{
    struct hx_question *q = &c->question;
    uint64_t number = response->request;
    if (number == 0 && response->answer_case == HONGXIN__V1__RESPONSE__ANSWER_PONG)
        number = response->pong->request;
    if (!q->request || q->answer || number != q->request->request)
        return false;
    q->answer = response;
    return true;
}

bool hx_question_problem(hx_client *c, const Hongxin__V1__Problem *problem)
{
    struct hx_question *q = &c->question;
    if (!q->request || problem->request != q->request->request)
        return false;
    if (hx_problem_is_later(problem, &q->not_before))
        q->attempts = 0;
    else
        q->err = hx_problem_error(problem);
    return true;
}

/* The answer must be of the kind that was asked for. */
static int judge(hx_client *c, int kind, hxp_response **answer)
{
    struct hx_question *q = &c->question;
    if (q->err)
        return q->err;
    if (!q->answer)
        return q->attempts == 0 && q->not_before > 0 ? HX_AGAIN : HX_TIMEOUT;
    if ((int)q->answer->answer_case != kind) {
        hx_client_note(c, "UNKNOWN_MESSAGE: the answer is of another kind than the question");
        return HX_INVALID;
    }
    *answer = q->answer;
    q->answer = NULL;
    return HX_OK;
}

struct inquiry {
    struct hx_link *link;
    hxp_request *request;
    int kind; /* of the answer */
};

/* Both doors answer questions; the feed door leaves the intake to those who publish. */
static struct hx_link *any_link(hx_client *c)
{
    return c->feed_link.endpoint ? &c->feed_link : &c->intake;
}

static int ask(hx_client *c, const struct inquiry *i, hxp_response **answer)
{
    *answer = NULL;
    if (c->busy)
        return HX_BUSY;
    if (!i->link->endpoint)
        return HX_INVALID;
    int64_t until = hx_client_now() + c->wait_ms, left;
    i->request->request = ++c->last_number;
    c->question = (struct hx_question){.request = i->request, .link = i->link};
    while (!c->question.answer && !c->question.err && (left = until - hx_client_now()) > 0)
        (void)hx_client_poll(c, (int)left);
    int err = judge(c, i->kind, answer);
    hx_response_free(c->question.answer);
    c->question = (struct hx_question){0};
    return err;
}

int hx_ask_case(hx_client *c, const Hongxin__V1__CaseQuery *query, hxp_response **answer)
{
    hxp_request request = HONGXIN__V1__REQUEST__INIT;
    request.ask_case = HONGXIN__V1__REQUEST__ASK_CASE_QUERY;
    request.case_query = (Hongxin__V1__CaseQuery *)query;
    return ask(c,
               &(struct inquiry){any_link(c), &request, HONGXIN__V1__RESPONSE__ANSWER_CASE_ANSWER},
               answer);
}

int hx_ask_list(hx_client *c, const Hongxin__V1__ListQuery *query, hxp_response **answer)
{
    hxp_request request = HONGXIN__V1__REQUEST__INIT;
    request.ask_case = HONGXIN__V1__REQUEST__ASK_LIST;
    request.list = (Hongxin__V1__ListQuery *)query;
    return ask(c, &(struct inquiry){any_link(c), &request, HONGXIN__V1__RESPONSE__ANSWER_LIST},
               answer);
}

int hx_ask_count(hx_client *c, const Hongxin__V1__CountQuery *query, hxp_response **answer)
{
    hxp_request request = HONGXIN__V1__REQUEST__INIT;
    request.ask_case = HONGXIN__V1__REQUEST__ASK_COUNT;
    request.count = (Hongxin__V1__CountQuery *)query;
    return ask(c, &(struct inquiry){any_link(c), &request, HONGXIN__V1__RESPONSE__ANSWER_COUNT},
               answer);
}

int hx_ask_similar(hx_client *c, const Hongxin__V1__SimilarQuery *query, hxp_response **answer)
{
    hxp_request request = HONGXIN__V1__REQUEST__INIT;
    request.ask_case = HONGXIN__V1__REQUEST__ASK_SIMILAR;
    request.similar = (Hongxin__V1__SimilarQuery *)query;
    return ask(c, &(struct inquiry){any_link(c), &request, HONGXIN__V1__RESPONSE__ANSWER_SIMILAR},
               answer);
}

int hx_ask_rules(hx_client *c, const Hongxin__V1__RulesQuery *query, hxp_response **answer)
{
    hxp_request request = HONGXIN__V1__REQUEST__INIT;
    request.ask_case = HONGXIN__V1__REQUEST__ASK_RULES;
    request.rules = (Hongxin__V1__RulesQuery *)query;
    return ask(c, &(struct inquiry){any_link(c), &request, HONGXIN__V1__RESPONSE__ANSWER_RULES},
               answer);
}

int hx_ask_route(hx_client *c, const Hongxin__V1__RouteQuery *query, hxp_response **answer)
{
    hxp_request request = HONGXIN__V1__REQUEST__INIT;
    request.ask_case = HONGXIN__V1__REQUEST__ASK_ROUTE;
    request.route = (Hongxin__V1__RouteQuery *)query;
    return ask(c, &(struct inquiry){any_link(c), &request, HONGXIN__V1__RESPONSE__ANSWER_ROUTE},
               answer);
}

int hx_ask_apply(hx_client *c, const Hongxin__V1__Apply *apply, hxp_response **answer)
{
    hxp_request request = HONGXIN__V1__REQUEST__INIT;
    request.ask_case = HONGXIN__V1__REQUEST__ASK_APPLY;
    request.apply = (Hongxin__V1__Apply *)apply;
    return ask(c, &(struct inquiry){any_link(c), &request, HONGXIN__V1__RESPONSE__ANSWER_APPLY},
               answer);
}

int hx_ask_onsite_code(hx_client *c, const Hongxin__V1__OnsiteCodeQuery *query,
                       hxp_response **answer)
{
    hxp_request request = HONGXIN__V1__REQUEST__INIT;
    request.ask_case = HONGXIN__V1__REQUEST__ASK_ONSITE_CODE;
    request.onsite_code = (Hongxin__V1__OnsiteCodeQuery *)query;
    return ask(c,
               &(struct inquiry){any_link(c), &request, HONGXIN__V1__RESPONSE__ANSWER_ONSITE_CODE},
               answer);
}

int hx_ask_identity(hx_client *c, const Hongxin__V1__IdentityQuery *query, hxp_response **answer)
{
    hxp_request request = HONGXIN__V1__REQUEST__INIT;
    request.ask_case = HONGXIN__V1__REQUEST__ASK_IDENTITY;
    request.identity = (Hongxin__V1__IdentityQuery *)query;
    return ask(c, &(struct inquiry){any_link(c), &request, HONGXIN__V1__RESPONSE__ANSWER_IDENTITY},
               answer);
}

int hx_ask_identity_act(hx_client *c, const Hongxin__V1__IdentityAct *act, hxp_response **answer)
{
    hxp_request request = HONGXIN__V1__REQUEST__INIT;
    request.ask_case = HONGXIN__V1__REQUEST__ASK_IDENTITY_ACT;
    request.identity_act = (Hongxin__V1__IdentityAct *)act;
    return ask(
        c, &(struct inquiry){any_link(c), &request, HONGXIN__V1__RESPONSE__ANSWER_IDENTITY_ACTED},
        answer);
}

int hx_ask_trace(hx_client *c, const Hongxin__V1__TraceQuery *query, hxp_response **answer)
{
    hxp_request request = HONGXIN__V1__REQUEST__INIT;
    request.ask_case = HONGXIN__V1__REQUEST__ASK_TRACE;
    request.trace = (Hongxin__V1__TraceQuery *)query;
    return ask(c, &(struct inquiry){any_link(c), &request, HONGXIN__V1__RESPONSE__ANSWER_TRACE},
               answer);
}

int hx_ask_stats(hx_client *c, hxp_response **answer)
{
    hxp_request request = HONGXIN__V1__REQUEST__INIT;
    Hongxin__V1__StatsQuery query = HONGXIN__V1__STATS_QUERY__INIT;
    request.ask_case = HONGXIN__V1__REQUEST__ASK_STATS;
    request.stats = &query;
    return ask(c, &(struct inquiry){any_link(c), &request, HONGXIN__V1__RESPONSE__ANSWER_STATS},
               answer);
}

int hx_ping(hx_client *c, enum hx_door door, hxp_response **answer)
{
    hxp_request request = HONGXIN__V1__REQUEST__INIT;
    Hongxin__V1__Ping ping = HONGXIN__V1__PING__INIT;
    struct hx_link *link = door == HX_DOOR_INTAKE ? &c->intake : &c->feed_link;
    ping.request = c->last_number + 1; /* as ask() will number the request */
    request.ask_case = HONGXIN__V1__REQUEST__ASK_PING;
    request.ping = &ping;
    return ask(c, &(struct inquiry){link, &request, HONGXIN__V1__RESPONSE__ANSWER_PONG}, answer);
}
