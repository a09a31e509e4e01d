#include "hotline/query.h"

#include "base/text.h"
#include "door/reply.h"
#include "hongxin/instant.h"
#include "hongxin/json.h"
#include "hongxin/number.h"
#include "hotline/publish.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct question {
    struct hotline *hotline;
    struct http_request *request;
};

static json_t *as_json(const struct hotline *h, const ProtobufCMessage *m)
{
    return hx_json_from_message(m, h->settings.utc_offset, HX_JSON_SPARSE);
}

static void ask(struct hotline *h, struct http_request *r, hxp_request *request, hx_answer_fn *fn)
{
    struct question *q = malloc(sizeof *q);
    int rc = q ? HX_OK : HX_NOMEM;
    if (q) {
        *q = (struct question){h, r};
        rc = hx_ask_start(h->link.client, request, fn, q);
    }
    if (rc) {
        struct reply reply = reply_fail(rc);
        free(q);
        http_answer_problem(r, reply.status, reply.code, reply.body);
    }
}

/* The error that the daemon named, or its problem's code when it has one ("UNKNOWN_PLACE"). */
static void fail(struct question *q, int err)
{
    struct reply reply = reply_fail(err);
    const char *said = hx_client_problem(q->hotline->link.client), *colon = strchr(said, ':');
    char code[40];
    if (err == HX_INVALID && colon && colon - said < (long)sizeof code) {
        json_decref(reply.body);
        snprintf(code, sizeof code, "%.*s", (int)(colon - said), said);
        http_problem(q->request, 422, code, "the daemon knows no such word");
    } else {
        http_answer_problem(q->request, reply.status, reply.code, reply.body);
    }
    free(q);
}

static bool take_bool(const struct http_request *r, const char *name, protobuf_c_boolean *out)
{
    char text[8];
    if (!http_has_query(r, name))
        return true;
    if (!http_query(r, name, text, sizeof text))
        return false;
    *out = strcmp(text, "true") == 0;
    return *out || strcmp(text, "false") == 0;
}

/* ---- one case ---- */

/* What a source wrote is not shown again: it may say more than this client should read. */
static json_t *history_of(const struct hotline *h, const Hongxin__V1__CaseAnswer *answer)
{
    json_t *list = json_array();
    for (size_t i = 0; i < answer->n_history; i++) {
        hxp_entry *entry =
            hongxin__v1__entry__unpack(NULL, answer->history[i].len, answer->history[i].data);
        if (!entry)
            continue;
        free(entry->event.data);
        entry->event = (ProtobufCBinaryData){0};
        json_array_append_new(list, as_json(h, &entry->base));
        hongxin__v1__entry__free_unpacked(entry, NULL);
    }
    return list;
}

static void on_case(void *arg, int err, const hxp_response *response)
{
    struct question *q = arg;
    if (err || response->answer_case != HONGXIN__V1__RESPONSE__ANSWER_CASE_ANSWER ||
        !response->case_answer->view) {
        fail(q, err ? err : HX_NOTFOUND);
        return;
    }
    const Hongxin__V1__CaseAnswer *answer = response->case_answer;
    json_t *body = as_json(q->hotline, &answer->view->base);
    if (answer->n_history > 0) {
        json_object_set_new(body, "history", history_of(q->hotline, answer));
        json_object_set_new(body, "history_cut", json_boolean(answer->cut));
    }
    http_answer_json(q->request, 200, body);
    free(q);
}

void query_case(void *arg, struct http_request *r)
{
    struct hotline *h = arg;
    const struct client *client = hotline_client(h, r);
    const char *about = http_param(r, 0);
    hxp_request request = HONGXIN__V1__REQUEST__INIT;
    Hongxin__V1__CaseQuery query = HONGXIN__V1__CASE_QUERY__INIT;
    if (!client || publish_is_away(h, r))
        return;
    if (strncmp(about, "ref:", 4) == 0) {
        query.ref = (char *)about + 4;
        query.source = hx_text_field(client->source);
    } else if (hx_number_parse(about, &query.case_number) != HX_OK) {
        http_problem(r, 404, "NO_CASE", "a case is CL-17, its number, or ref:WO-0042");
        return;
    }
    if (!take_bool(r, "history", &query.history)) {
        http_problem(r, 400, "BAD_QUERY", "history is true or false");
        return;
    }
    request.ask_case = HONGXIN__V1__REQUEST__ASK_CASE_QUERY;
    request.case_query = &query;
    ask(h, r, &request, on_case);
}

/* ---- lists ---- */

static void on_list(void *arg, int err, const hxp_response *response)
{
    struct question *q = arg;
    if (err || response->answer_case != HONGXIN__V1__RESPONSE__ANSWER_LIST) {
        fail(q, err ? err : HX_INVALID);
        return;
    }
    const Hongxin__V1__ListAnswer *answer = response->list;
    json_t *cases = json_array();
    for (size_t i = 0; i < answer->n_cases; i++)
        json_array_append_new(cases, as_json(q->hotline, &answer->cases[i]->base));
    json_t *body = json_pack("{s:o, s:b}", "cases", cases, "cut", answer->cut);
    if (answer->cut)
        json_object_set_new(body, "next", json_integer((json_int_t)answer->next));
    if (answer->counted)
        json_object_set_new(body, "total", json_integer((json_int_t)answer->total));
    http_answer_json(q->request, 200, body);
    free(q);
}

struct list_text {
    char state[64], place[64], holder[64], class[32];
    char *states[1], *places[1], *holders[1], *classes[1];
};

/* One value of the query as a list with one element. False: it is there, but empty or no word. */
static bool take(const struct http_request *r, const char *name, char *text, size_t size,
                 char *list[1], size_t *n)
{
    if (!http_has_query(r, name))
        return true;
    list[0] = text;
    *n = 1;
    return http_query(r, name, text, size) && *text;
}

static bool take_number(const struct http_request *r, const char *name, uint64_t most,
                        uint64_t *out)
{
    char text[24], *end;
    if (!http_has_query(r, name))
        return true;
    if (!http_query(r, name, text, sizeof text))
        return false;
    *out = strtoull(text, &end, 10);
    return *text >= '0' && *text <= '9' && !*end && *out <= most;
}

static bool take_duration(const struct http_request *r, const char *name, uint64_t *out)
{
    char text[32];
    int64_t ms;
    if (!http_has_query(r, name))
        return true;
    if (!http_query(r, name, text, sizeof text) || hx_duration_parse(text, &ms) != HX_OK)
        return false;
    *out = (uint64_t)ms;
    return true;
}

static bool read_list(const struct http_request *r, struct list_text *t,
                      Hongxin__V1__ListQuery *query, Hongxin__V1__Filter *filter)
{
    uint64_t limit = 100;
    query->states = t->states;
    filter->places = t->places;
    filter->holders = t->holders;
    filter->classes = t->classes;
    query->filter = filter;
    bool right = take(r, "state", t->state, sizeof t->state, t->states, &query->n_states) &&
                 take(r, "place", t->place, sizeof t->place, t->places, &filter->n_places) &&
                 take(r, "holder", t->holder, sizeof t->holder, t->holders, &filter->n_holders) &&
                 take(r, "class", t->class, sizeof t->class, t->classes, &filter->n_classes) &&
                 take_bool(r, "closed", &query->closed) &&
                 take_number(r, "limit", HX_LIST_MAX, &limit) && limit > 0 &&
                 take_number(r, "after", INT64_MAX, &query->after) &&
                 take_duration(r, "due_within", &query->due_within_ms);
    query->limit = (uint32_t)limit;
    return right;
}

void query_list(void *arg, struct http_request *r)
{
    struct hotline *h = arg;
    hxp_request request = HONGXIN__V1__REQUEST__INIT;
    Hongxin__V1__ListQuery query = HONGXIN__V1__LIST_QUERY__INIT;
    Hongxin__V1__Filter filter = HONGXIN__V1__FILTER__INIT;
    struct list_text text = {0};
    if (!hotline_client(h, r) || publish_is_away(h, r))
        return;
    if (!read_list(r, &text, &query, &filter)) {
        http_problem(r, 400, "BAD_QUERY",
                     "limit is 1 to %d, after a case number, due_within a duration such as 30min, "
                     "closed true or false, the others a word",
                     HX_LIST_MAX);
        return;
    }
    request.ask_case = HONGXIN__V1__REQUEST__ASK_LIST;
    request.list = &query;
    ask(h, r, &request, on_list);
}
