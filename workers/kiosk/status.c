/* Where a case stands, for whoever has its number and its secret (H5), and taking it back. */
#include "base/text.h"
#include "door/reply.h"
#include "hongxin/number.h"
#include "kiosk/kiosk.h"

#include <stdlib.h>
#include <string.h>

enum { SECRET_MAX = 32, WHY_MAX = 1000 };

struct errand {
    struct kiosk *kiosk;
    struct http_request *request;
    json_t *body; /* owned */
    uint64_t case_number;
    const char *secret, *why; /* of the body */
    char id[KIOSK_ID_MAX];    /* of the withdrawal */
};

static void errand_free(struct errand *e)
{
    json_decref(e->body);
    free(e);
}

/* A number without its secret is worth nothing here, and a wrong pair says not which was wrong. */
static void refuse_secret(struct errand *e)
{
    e->kiosk->wrong_secrets++;
    http_count_failure(e->request);
    http_problem(e->request, 403, "SECRET_WRONG", "there is no case with this number and code");
}

/* NULL: the request is answered. */
static struct errand *begin(struct kiosk *k, struct http_request *request)
{
    const char *number;
    struct errand *e = kiosk_policy(k, request) ? calloc(1, sizeof *e) : NULL;
    if (!e)
        return NULL;
    *e = (struct errand){
        .kiosk = k, .request = request, .body = kiosk_json(request, KIOSK_BODY_MAX)};
    bool right = e->body && kiosk_text(request, e->body, "number", HX_NUMBER_TEXT, &number) &&
                 kiosk_text(request, e->body, "secret", SECRET_MAX, &e->secret);
    if (right && (hx_number_parse(number, &e->case_number) != HX_OK || !*e->secret)) {
        http_problem(request, 422, "BAD_NUMBER", "number is CL-17, secret the code beside it");
        right = false;
    }
    if (right)
        return e;
    errand_free(e);
    return NULL;
}

static bool is_wrong_secret(const struct errand *e, int err)
{
    return err == HX_INVALID && strncmp(hx_client_problem(e->kiosk->link.client), "SECRET_WRONG",
                                        sizeof "SECRET_WRONG" - 1) == 0;
}

/* ---- status ---- */

static json_t *clocks_of(const struct errand *e, const struct policy *p, const hxp_case_view *view)
{
    json_t *list = json_array();
    for (size_t i = 0; i < view->n_clocks; i++) {
        const hxp_clock_fact *c = view->clocks[i];
        if (!c->deadline || !policy_promises(p, c->clock))
            continue;
        json_t *o = policy_word(p, POLICY_CLOCKS, c->clock);
        json_object_set_new(o, "deadline", kiosk_instant(e->kiosk, c->deadline));
        json_object_set_new(o, "state", json_string(c->change));
        if (c->judged_case == HONGXIN__V1__CLOCK_FACT__JUDGED_MET)
            json_object_set_new(o, "met", json_boolean(c->met));
        json_array_append_new(list, o);
    }
    return list;
}

/* NULL: the request is answered. */
static const hxp_case_view *view_of(struct errand *e, int err, const hxp_response *response)
{
    bool told = !err && response->answer_case == HONGXIN__V1__RESPONSE__ANSWER_CASE_ANSWER;
    if (told && response->case_answer->view)
        return response->case_answer->view;
    if (is_wrong_secret(e, err))
        refuse_secret(e);
    else
        kiosk_failed(e->request, err ? err : HX_NOTFOUND);
    return NULL;
}

/* The asker's own call-back is the only one that he is told. */
static const Hongxin__V1__PartyView *asker_of(const hxp_case_view *view)
{
    return view->n_callbacks ? view->callbacks[0] : NULL;
}

static json_t *parts_of(const hxp_case_view *view)
{
    json_t *list = json_array();
    for (size_t i = 0; i < view->n_parts; i++)
        json_array_append_new(list, json_string(view->parts[i]));
    return list;
}

/* Under the number that he knows; `into` is the case that counts, when that is another one. */
static json_t *told(const struct errand *e, const hxp_case_view *view)
{
    const struct policy *p = e->kiosk->policy;
    const Hongxin__V1__PartyView *asker = asker_of(view);
    char number[HX_NUMBER_TEXT];
    hx_number_format(e->case_number, number);
    json_t *o = json_pack("{s:s, s:o, s:{s:s, s:s}, s:o, s:o, s:o}", "number", number, "state",
                          policy_word(p, POLICY_STATES, view->state), "holder", "zh",
                          view->holder_name_zh, "en", view->holder_name_en, "reported",
                          kiosk_instant(e->kiosk, view->t_report), "closed",
                          kiosk_instant(e->kiosk, view->t_closed), "clocks", clocks_of(e, p, view));
    if (view->case_number != e->case_number)
        json_object_set_new(o, "into", json_string(view->number));
    if (view->n_parts)
        json_object_set_new(o, "parts", parts_of(view));
    if (asker && strcmp(asker->callback, "GONE") == 0 && !view->t_closed)
        json_object_set_new(o, "left", json_true());
    return o;
}

static void on_case(void *arg, int err, const hxp_response *response)
{
    struct errand *e = arg;
    const hxp_case_view *view = view_of(e, err, response);
    if (view) {
        e->kiosk->questions++;
        http_answer_json(e->request, 200, told(e, view));
    }
    errand_free(e);
}

/* Asks for the case by number and secret. */
static void ask(struct errand *e, hx_answer_fn *fn)
{
    hxp_request ask = HONGXIN__V1__REQUEST__INIT;
    Hongxin__V1__CaseQuery query = HONGXIN__V1__CASE_QUERY__INIT;
    query.case_number = e->case_number;
    query.secret = hx_text_field(e->secret);
    ask.ask_case = HONGXIN__V1__REQUEST__ASK_CASE_QUERY;
    ask.case_query = &query;
    int rc = hx_ask_start(e->kiosk->link.client, &ask, fn, e);
    if (rc) {
        kiosk_failed(e->request, rc);
        errand_free(e);
    }
}

void status_take(void *kiosk, struct http_request *request)
{
    struct errand *e = begin(kiosk, request);
    if (e)
        ask(e, on_case);
}

/* ---- withdrawal ---- */

static void on_withdrawn(void *arg, int err, const hxp_reply *reply)
{
    struct errand *e = arg;
    if (err) {
        kiosk_failed(e->request, err);
    } else if (strcmp(reply->code, "SECRET_WRONG") == 0) {
        refuse_secret(e);
    } else if (!reply_is_taken(reply)) {
        kiosk_refused(e->request, reply);
    } else {
        e->kiosk->withdrawals++;
        http_answer_json(e->request, 200,
                         json_pack("{s:s, s:s, s:s}", "number", reply->number, "result", "ACCEPTED",
                                   "code", reply->code));
    }
    errand_free(e);
}

/* He withdraws for himself: as the party that his secret shows, and for nobody else. */
static void withdraw(struct errand *e, const Hongxin__V1__PartyView *asker)
{
    hxp_event event = HONGXIN__V1__EVENT__INIT;
    hxp_data data = HONGXIN__V1__DATA__INIT;
    hxp_reporter reporter = HONGXIN__V1__REPORTER__INIT;
    event.id = e->id;
    event.source = e->kiosk->settings.source;
    event.type = hx_text_field("WITHDRAW_ASKED");
    event.by = hx_text_field("reporter");
    event.case_number = e->case_number;
    event.data = &data;
    data.why = hx_text_field(e->why);
    data.party = hx_text_field(asker && *asker->ref ? asker->ref : "reporter");
    reporter.secret = hx_text_field(e->secret);
    const struct hx_item item = {.event = &event, .reporter = &reporter};
    int rc = hx_publish_start(e->kiosk->link.client, &item, on_withdrawn, e);
    if (rc) {
        kiosk_failed(e->request, rc);
        errand_free(e);
    }
}

static void on_known(void *arg, int err, const hxp_response *response)
{
    struct errand *e = arg;
    const hxp_case_view *view = view_of(e, err, response);
    if (view)
        withdraw(e, asker_of(view));
    else
        errand_free(e);
}

void withdraw_take(void *kiosk, struct http_request *request)
{
    char id[KIOSK_ID_MAX];
    struct errand *e = kiosk_id(request, "withdraw", id) ? begin(kiosk, request) : NULL;
    if (!e)
        return;
    memcpy(e->id, id, sizeof id);
    if (kiosk_text(request, e->body, "why", WHY_MAX, &e->why))
        ask(e, on_known);
    else
        errand_free(e);
}
