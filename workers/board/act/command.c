/* Each command asks who acts (for whom he may speak), looks at the case, and publishes one event
 * under his principal. When the case does not allow it, the case is looked at once more, so that
 * the answer can say what has happened meanwhile. */
#include "board/act/command.h"

#include "base/now.h"
#include "base/text.h"
#include "board/act/actor.h"
#include "board/act/verbs.h"
#include "board/ask.h"
#include "board/city/rules.h"
#include "board/show/page.h"
#include "door/event.h"
#include "door/reply.h"
#include "hongxin/instant.h"
#include "hongxin/json.h"
#include "hongxin/number.h"
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ID_MAX = 64, EVENT_ID = 180, SENT_MAX = 20000 };

struct command {
    struct board *board;
    command_fn *fn;
    void *arg;
    char user[USER_TEXT + 1], person[USER_TEXT + 1], principal[USER_TEXT + 1], role[USER_TEXT + 1];
    char verb[16], id[EVENT_ID];
    uint64_t number;
    int64_t skew_ms;
    json_t *body, *who, *areas;
    /* of an answer that the case does not allow */
    struct reply refusal;
    char code[48];
};

static void end(struct command *c, int status, const char *code, json_t *body)
{
    command_fn *fn = c->fn;
    void *arg = c->arg;
    char kept[48];
    hx_text_put(kept, sizeof kept, code);
    json_decref(c->body);
    json_decref(c->who);
    json_decref(c->areas);
    free(c);
    fn(arg, status, code ? kept : NULL, body);
}

static void fail(struct command *c, int status, const char *code, const char *text)
{
    end(c, status, code, http_problem_json(status, code, text));
}

static void fail_error(struct command *c, int err)
{
    struct reply r = reply_fail(err);
    end(c, r.status, r.code, r.body);
}

static void look_at(struct command *c, bool history, hx_answer_fn *fn)
{
    hxp_request q = HONGXIN__V1__REQUEST__INIT;
    Hongxin__V1__CaseQuery query = HONGXIN__V1__CASE_QUERY__INIT;
    query.case_number = c->number;
    query.history = history;
    q.ask_case = HONGXIN__V1__REQUEST__ASK_CASE_QUERY;
    q.case_query = &query;
    int rc = ask_for(c->board, c->principal, &q, fn, c);
    if (rc)
        fail_error(c, rc);
}

/* ---- a refusal ---- */

/* The newest entry that changed the case: who was faster. */
static json_t *last_of(const struct board *b, const Hongxin__V1__CaseAnswer *a)
{
    json_t *o = NULL;
    for (size_t i = a->n_history; i-- > 0 && !o;) {
        hxp_entry *e = hongxin__v1__entry__unpack(NULL, a->history[i].len, a->history[i].data);
        if (e && e->case_version == a->view->case_version &&
            (i == 0 || e->n_facts > 1 || !e->event.len)) {
            hxp_event *event = hongxin__v1__event__unpack(NULL, e->event.len, e->event.data);
            o = json_pack("{s:I, s:s, s:s}", "lsn", (json_int_t)e->lsn, "cause", e->cause, "by",
                          event && *event->by ? event->by : "");
            ask_set_instant(b, o, "t", e->t_rec);
            if (event)
                hongxin__v1__event__free_unpacked(event, NULL);
        }
        if (e)
            hongxin__v1__entry__free_unpacked(e, NULL);
    }
    return o;
}

static void add_decided(const struct command *c, const hxp_case_view *v, json_t *body)
{
    const Hongxin__V1__ReturnView *last = v->n_returns ? v->returns[v->n_returns - 1] : NULL;
    if (strcmp(c->verb, "return") != 0 || !last || !last->at)
        return;
    json_object_set_new(body, "decided", ask_json(c->board, &last->base));
    json_object_set_new(body, "detail", json_string("this return has been decided already"));
}

static void on_refused(void *arg, int err, const hxp_response *answer)
{
    struct command *c = arg;
    json_t *body = c->refusal.body;
    if (!err && answer->answer_case == HONGXIN__V1__RESPONSE__ANSWER_CASE_ANSWER) {
        const hxp_case_view *v = answer->case_answer->view;
        json_object_set_new(body, "case_version", json_integer((json_int_t)v->case_version));
        json_t *last = last_of(c->board, answer->case_answer);
        if (last)
            json_object_set_new(body, "last", last);
        add_decided(c, v, body);
    }
    end(c, c->refusal.status, c->code, body);
}

/* ---- publishing ---- */

static void on_reply(void *arg, int err, const hxp_reply *reply)
{
    struct command *c = arg;
    if (err) {
        fail_error(c, err);
        return;
    }
    struct reply r = reply_make(reply, 200, c->board->settings.utc_offset);
    if (r.status != 409 || !c->number) {
        end(c, r.status, r.code, r.body);
        return;
    }
    json_t *allowed = json_array();
    for (size_t i = 0; i < reply->n_allowed; i++)
        json_array_append_new(allowed, json_string(reply->allowed[i]));
    json_object_set_new(r.body, "allowed", allowed);
    c->refusal = r;
    hx_text_put(c->code, sizeof c->code, r.code);
    look_at(c, true, on_refused);
}

static void publish(struct command *c, const struct hx_item *item)
{
    struct board *b = c->board;
    struct hx_item own = *item;
    own.behalf = c->principal;
    int rc = hx_publish_start(b->link.client, &own, on_reply, c);
    if (rc)
        fail_error(c, rc);
    else
        b->commands++;
}

/* ---- the event ---- */

static const char *text_in(const json_t *o, const char *key)
{
    const char *text = json_string_value(json_object_get(o, key));
    return text ? text : "";
}

/* With an id of the browser's it is the same event however often it is sent. */
static bool make_id(struct command *c)
{
    const char *id = text_in(c->body, "id");
    size_t n = strlen(id);
    for (size_t i = 0; i < n; i++)
        if (id[i] < '!' || id[i] > '~')
            return false;
    if (n > ID_MAX)
        return false;
    if (n)
        snprintf(c->id, sizeof c->id, "%s:%s", c->user, id);
    else
        snprintf(c->id, sizeof c->id, "board-%" PRIx64 "-%08x-%" PRIx64, (uint64_t)hx_wall_ms(),
                 randombytes_random(), ++c->board->last_id);
    return true;
}

/* A clock that is wrong is put right; the same answer for the same id, or it would be another
 * event. */
static bool take_time(struct command *c, int64_t *out)
{
    json_t *sent = c->board->sent;
    const char *at = text_in(c->body, "at");
    int64_t t;
    *out = 0;
    if (!*at)
        return !json_object_get(c->body, "at");
    if (hx_instant_parse(at, &t) != HX_OK)
        return false;
    const json_t *before = json_object_get(sent, c->id);
    if (json_object_size(sent) > SENT_MAX)
        json_object_clear(sent);
    *out = before ? json_integer_value(before) : t - c->skew_ms;
    return before || json_object_set_new(sent, c->id, json_integer(*out)) == 0;
}

static bool take_actor(struct command *c, const struct verb_draft *d, const hxp_case_view *view,
                       char by[ACTOR_MAX])
{
    const json_t *event = rules_find(c->board->rules, "events", d->type);
    const struct actor_input in = {.who = c->who,
                                   .role = c->role,
                                   .areas = c->areas,
                                   .person = c->person,
                                   .by = json_object_get(event, "by"),
                                   .prefer = d->prefer,
                                   .view = view};
    const char *given = text_in(c->body, "by");
    if (!*given && actor_propose(&in, by))
        return true;
    if (*given && strlen(given) < ACTOR_MAX && actor_is_own(given, c->person)) {
        hx_text_put(by, ACTOR_MAX, given);
        return true;
    }
    fail(c, 403, "FOREIGN_PARTY", "there is no party for whom you may say this here");
    return false;
}

static void add_defaults(const struct command *c, struct verb_draft *d)
{
    if (strcmp(d->type, "SUPERVISED") == 0 && !json_object_get(d->data, "order"))
        json_object_set_new(
            d->data, "order",
            json_sprintf("DB-%.12s", strchr(c->id, ':') ? strchr(c->id, ':') + 1 : c->id));
    if (strcmp(d->type, "HELD") == 0)
        json_object_set_new(d->data, "person", json_string(c->person));
}

static void send_event(struct command *c, const struct verb_draft *d, const hxp_case_view *view)
{
    hxp_event e = HONGXIN__V1__EVENT__INIT;
    ProtobufCMessage *data = NULL;
    char by[ACTOR_MAX], problem[HX_JSON_PROBLEM] = "";
    if (!take_actor(c, d, view, by))
        return;
    if (hx_json_to_message(&hongxin__v1__data__descriptor, d->data, &data, problem) != HX_OK) {
        fail(c, 422, "BAD_DATA", problem);
        return;
    }
    e.id = c->id;
    e.source = *c->principal ? c->principal : hx_text_field("board");
    e.type = hx_text_field(d->type);
    e.case_number = c->number;
    e.by = by;
    e.data = (hxp_data *)data;
    e.confidential = e.data->confidential;
    e.if_version = (uint64_t)json_integer_value(json_object_get(c->body, "if_version"));
    e.proof = d->proof ? HONGXIN__V1__PROOF__ONSITE_CODE : HONGXIN__V1__PROOF__PROOF_UNSPECIFIED;
    if (take_time(c, &e.t_occ))
        publish(c, &(struct hx_item){.event = &e});
    else
        fail(c, 422, "BAD_TIME", "at is an instant in RFC 3339");
    protobuf_c_message_free_unpacked(data, NULL);
}

static void draft(struct command *c, const hxp_case_view *view)
{
    struct verb_draft d;
    const json_t *version = json_object_get(c->body, "if_version");
    if (version && (!json_is_integer(version) || json_integer_value(version) < 0)) {
        fail(c, 422, "BAD_BODY", "if_version is the case's version, a whole number");
        return;
    }
    if (!verb_draft(c->verb, c->body, view ? view->state : "", &d)) {
        fail(c, 422, "BAD_BODY", d.problem);
    } else {
        add_defaults(c, &d);
        send_event(c, &d, view);
    }
    json_decref(d.data);
}

/* Whoever acknowledges speaks for the post that was told, or that stood in: the newest such notice
 * of his says which. */
static void speak_for_receiver(struct command *c, const Hongxin__V1__CaseAnswer *a)
{
    const char *clock = text_in(c->body, "clock"), *level = text_in(c->body, "level");
    struct page p;
    if (json_object_get(c->body, "by") || page_open(&p, c->board, a) != HX_OK)
        return;
    for (size_t i = 0; i < p.n; i++)
        for (size_t f = 0; f < p.entries[i]->n_facts; f++) {
            const hxp_fact *fact = p.entries[i]->facts[f];
            if (fact->fact_case != HONGXIN__V1__FACT__FACT_NOTICE ||
                strcmp(fact->notice->clock, clock) != 0 || strcmp(fact->notice->level, level) != 0)
                continue;
            const char *own = page_own_post(c->who, fact->notice);
            if (own)
                json_object_set_new(
                    c->body, "by", json_sprintf("%.*s/%s", (int)strcspn(own, "/"), own, c->person));
        }
    page_close(&p);
}

static void on_view(void *arg, int err, const hxp_response *answer)
{
    struct command *c = arg;
    if (!err && answer->answer_case == HONGXIN__V1__RESPONSE__ANSWER_CASE_ANSWER &&
        strcmp(c->verb, "ack") == 0)
        speak_for_receiver(c, answer->case_answer);
    if (err || answer->answer_case != HONGXIN__V1__RESPONSE__ANSWER_CASE_ANSWER)
        fail_error(c, err ? err : HX_NOTFOUND);
    else
        draft(c, answer->case_answer->view);
}

static void on_who(void *arg, int err, const hxp_response *answer)
{
    struct command *c = arg;
    if (err || answer->answer_case != HONGXIN__V1__RESPONSE__ANSWER_WHO) {
        fail_error(c, err ? err : HX_INVALID);
        return;
    }
    c->who = ask_json(c->board, &answer->who->base);
    if (c->number)
        look_at(c, strcmp(c->verb, "ack") == 0, on_view);
    else
        draft(c, NULL);
}

static struct command *command_new(struct board *b, const struct session *s, command_fn *fn,
                                   void *arg)
{
    struct command *c = calloc(1, sizeof *c);
    if (!c) {
        fn(arg, 503, "NO_MEMORY", http_problem_json(503, "NO_MEMORY", "out of memory"));
        return NULL;
    }
    c->board = b;
    c->fn = fn;
    c->arg = arg;
    hx_text_put(c->user, sizeof c->user, s->user);
    hx_text_put(c->person, sizeof c->person, s->person);
    hx_text_put(c->principal, sizeof c->principal, s->principal);
    hx_text_put(c->role, sizeof c->role, s->role);
    c->areas = json_loads(s->areas ? s->areas : "[]", 0, NULL);
    return c;
}

void command_start(const struct command_input *in, command_fn *fn, void *arg)
{
    hxp_request q = HONGXIN__V1__REQUEST__INIT;
    Hongxin__V1__WhoQuery who = HONGXIN__V1__WHO_QUERY__INIT;
    struct command *c = command_new(in->board, in->session, fn, arg);
    if (!c)
        return;
    hx_text_put(c->verb, sizeof c->verb, in->verb);
    c->number = in->case_number;
    c->skew_ms = in->skew_ms;
    c->body = json_deep_copy(in->body);
    if (!make_id(c)) {
        fail(c, 422, "BAD_BODY", "id is at most 64 printable ASCII characters");
        return;
    }
    if (!rules_known(c->board->rules) || c->board->away) {
        fail(c, 503, "DAEMON_AWAY",
             "the daemon cannot be reached; send the same again in a second");
        return;
    }
    q.ask_case = HONGXIN__V1__REQUEST__ASK_WHO;
    q.who = &who;
    int rc = ask_for(c->board, c->principal, &q, on_who, c);
    if (rc)
        fail_error(c, rc);
}

void command_start_signed(struct board *b, const struct session *s, const void *bytes, size_t size,
                          command_fn *fn, void *arg)
{
    struct command *c = command_new(b, s, fn, arg);
    if (!c)
        return;
    hxp_event *e = event_read(bytes, size);
    if (!e)
        fail(c, 422, "UNDECODABLE", "event is not a serialized Event");
    else if (!actor_is_own(e->by, c->person))
        fail(c, 403, "FOREIGN_PARTY", "the event is signed in another one's name");
    else {
        c->number = e->case_number;
        publish(c, &(struct hx_item){.bytes = bytes, .size = size});
    }
    if (e)
        hongxin__v1__event__free_unpacked(e, NULL);
}
