/* Questions: any number at a time, in the order in which they were asked. A question changes
 * nothing, so it is sent again on a new connection or when no answer comes. The calls that wait are
 * one question and a loop around hx_client_poll(). */
#include "client_internal.h"

#include <stdlib.h>
#include <string.h>

struct hx_question {
    struct hx_question *next;
    struct hx_link *link;
    uint64_t number;
    hx_answer_fn *fn;
    void *arg;
    unsigned generation, attempts;
    int64_t sent_at, not_before, until;
    size_t size;
    uint8_t bytes[]; /* the serialized Request */
};

/* ---- asking, and asking again ---- */

static bool is_due(const hx_client *c, const struct hx_question *q, int64_t now)
{
    if (now < q->not_before)
        return false;
    return q->attempts == 0 || q->generation != q->link->generation ||
           now >= hx_resend_at(c, q->sent_at, q->attempts);
}

/* Takes the question out of the list and tells; the answer is the caller's. */
static void conclude(hx_client *c, struct hx_question *q, int err, const hxp_response *answer)
{
    struct hx_question **at = &c->questions;
    while (*at != q)
        at = &(*at)->next;
    *at = q->next;
    if (!q->next)
        c->last_question = at;
    if (q->fn)
        q->fn(q->arg, err, answer);
    free(q);
}

static int send_question(struct hx_question *q, int64_t now)
{
    int err = hx_link_send(q->link, &(struct hx_outbound){.head = q->bytes, .head_size = q->size});
    if (err)
        return err;
    q->attempts++;
    q->generation = q->link->generation;
    q->sent_at = now;
    return HX_OK;
}

void hx_question_tick(hx_client *c, int64_t now)
{
    struct hx_question *next;
    for (struct hx_question *q = c->questions; q; q = next) {
        next = q->next;
        int err = is_due(c, q, now) ? send_question(q, now) : HX_OK;
        if (err && err != HX_AGAIN)
            conclude(c, q, err, NULL);
        else if (now >= q->until) /* the daemon that said "later" is there, but takes nothing */
            conclude(c, q, q->attempts == 0 && q->not_before ? HX_AGAIN : HX_TIMEOUT, NULL);
    }
}

static int64_t due_of(const hx_client *c, const struct hx_question *q)
{
    if (!q->link->up || q->link->stuck)
        return q->until;
    int64_t due = q->attempts == 0 ? 0 : hx_resend_at(c, q->sent_at, q->attempts);
    due = due > q->not_before ? due : q->not_before;
    return due < q->until ? due : q->until;
}

int64_t hx_question_due(const hx_client *c)
{
    int64_t due = HX_NEVER;
    for (const struct hx_question *q = c->questions; q; q = q->next) {
        int64_t own = due_of(c, q);
        due = own < due ? own : due;
    }
    return due;
}

static struct hx_question *find(const hx_client *c, uint64_t number)
{
    struct hx_question *q = c->questions;
    while (q && q->number != number)
        q = q->next;
    return q;
}

void hx_question_answer(hx_client *c, const hxp_response *response)
{
    uint64_t number = response->request;
    if (number == 0 && response->answer_case == HONGXIN__V1__RESPONSE__ANSWER_PONG)
        number = response->pong->request;
    struct hx_question *q = number ? find(c, number) : NULL;
    if (q)
        conclude(c, q, HX_OK, response);
}

bool hx_question_problem(hx_client *c, const Hongxin__V1__Problem *problem)
{
    struct hx_question *q = problem->request ? find(c, problem->request) : NULL;
    if (!q)
        return false;
    if (hx_problem_is_later(problem, &q->not_before))
        q->attempts = 0;
    else
        conclude(c, q, hx_problem_error(problem), NULL);
    return true;
}

void hx_question_fini(hx_client *c)
{
    while (c->questions)
        conclude(c, c->questions, HX_CLOSED, NULL);
}

/* ---- the calls ---- */

/* Both doors answer questions; the feed door leaves the intake to those who publish. */
static struct hx_link *any_link(hx_client *c)
{
    return c->feed_link.endpoint ? &c->feed_link : &c->intake;
}

static int ask_on(hx_client *c, struct hx_link *link, hxp_request *request,
                  const struct hx_waiter *w)
{
    if (c->closing)
        return HX_CLOSED;
    if (!link->endpoint)
        return HX_INVALID;
    request->request = ++c->last_number;
    size_t size = hongxin__v1__request__get_packed_size(request);
    if (size > HX_MESSAGE_MAX)
        return HX_TOOBIG;
    struct hx_question *q = calloc(1, sizeof *q + size);
    if (!q)
        return HX_NOMEM;
    q->link = link;
    q->number = request->request;
    q->fn = w->fn;
    q->arg = w->arg;
    q->until = hx_client_now() + c->wait_ms;
    q->size = hongxin__v1__request__pack(request, q->bytes);
    *c->last_question = q;
    c->last_question = &q->next;
    hx_client_wake(c);
    return HX_OK;
}

int hx_ask_start(hx_client *c, hxp_request *request, hx_answer_fn *fn, void *arg)
{
    if (request->ask_case == HONGXIN__V1__REQUEST__ASK__NOT_SET ||
        request->ask_case == HONGXIN__V1__REQUEST__ASK_PUBLISH ||
        request->ask_case == HONGXIN__V1__REQUEST__ASK_HELLO ||
        request->ask_case == HONGXIN__V1__REQUEST__ASK_CREDIT ||
        request->ask_case == HONGXIN__V1__REQUEST__ASK_ACK)
        return HX_INVALID;
    return ask_on(c, any_link(c), request, &(struct hx_waiter){fn, arg});
}

size_t hx_ask_forget(hx_client *c, hx_answer_fn *fn, const void *arg)
{
    size_t n = 0;
    for (struct hx_question *q = c->questions; q; q = q->next)
        if (q->fn == fn && q->arg == arg) {
            q->fn = NULL;
            n++;
        }
    return n;
}

/* ---- one question, and waiting for it ---- */

struct waiting {
    hx_client *client;
    int kind; /* of the answer */
    hxp_response *answer;
    int err;
    bool done;
};

/* The answer has to outlive the callback: it is read once more from its bytes. */
static hxp_response *copy_of(const hxp_response *answer)
{
    size_t size = hongxin__v1__response__get_packed_size(answer);
    uint8_t *bytes = malloc(size ? size : 1);
    hxp_response *copy = NULL;
    if (bytes) {
        hongxin__v1__response__pack(answer, bytes);
        copy = hongxin__v1__response__unpack(NULL, size, bytes);
    }
    free(bytes);
    return copy;
}

static void on_answer(void *arg, int err, const hxp_response *answer)
{
    struct waiting *w = arg;
    w->done = true;
    w->err = err;
    if (err)
        return;
    if ((int)answer->answer_case != w->kind) {
        hx_client_note(w->client,
                       "UNKNOWN_MESSAGE: the answer is of another kind than the question");
        w->err = HX_INVALID;
        return;
    }
    w->answer = copy_of(answer);
    w->err = w->answer ? HX_OK : HX_NOMEM;
}

struct inquiry {
    struct hx_link *link;
    hxp_request *request;
    int kind; /* of the answer */
};

static int ask(hx_client *c, const struct inquiry *i, hxp_response **answer)
{
    struct waiting w = {.client = c, .kind = i->kind};
    *answer = NULL;
    if (c->busy)
        return HX_BUSY;
    int err = ask_on(c, i->link, i->request, &(struct hx_waiter){on_answer, &w});
    if (err)
        return err;
    int64_t until = hx_client_now() + c->wait_ms, left;
    while (!w.done) {
        left = until - hx_client_now();
        (void)hx_client_poll(c, left > 0 ? (int)left : 0);
    }
    *answer = w.answer;
    return w.err;
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

int hx_ask_due(hx_client *c, const Hongxin__V1__DueQuery *query, hxp_response **answer)
{
    hxp_request request = HONGXIN__V1__REQUEST__INIT;
    request.ask_case = HONGXIN__V1__REQUEST__ASK_DUE;
    request.due = (Hongxin__V1__DueQuery *)query;
    return ask(c, &(struct inquiry){any_link(c), &request, HONGXIN__V1__RESPONSE__ANSWER_DUE},
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

int hx_ask_quarantine(hx_client *c, const Hongxin__V1__QuarantineQuery *query,
                      hxp_response **answer)
{
    hxp_request request = HONGXIN__V1__REQUEST__INIT;
    request.ask_case = HONGXIN__V1__REQUEST__ASK_QUARANTINE;
    request.quarantine = (Hongxin__V1__QuarantineQuery *)query;
    return ask(c,
               &(struct inquiry){any_link(c), &request, HONGXIN__V1__RESPONSE__ANSWER_QUARANTINE},
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
