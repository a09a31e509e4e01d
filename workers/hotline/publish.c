#include "hotline/publish.h"

#include "base/message.h"
#include "base/text.h"
#include "door/reply.h"
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EVENT_ID = 128 }; /* bytes of an event's id at most */

/* `base` and what follows from the content, as an id. A base for which there is no room stands
 * there by its digest. */
static void id_of(const char *base, const void *content, size_t size, char id[EVENT_ID + 1])
{
    uint8_t digest[12];
    char said[2 * sizeof digest + 1], shorter[2 * sizeof digest + 1];
    crypto_generichash(digest, sizeof digest, content, size, NULL, 0);
    sodium_bin2hex(said, sizeof said, digest, sizeof digest);
    crypto_generichash(digest, sizeof digest, (const uint8_t *)base, strlen(base), NULL, 0);
    sodium_bin2hex(shorter, sizeof shorter, digest, sizeof digest);
    bool fits = strlen(base) + strlen(said) + 2 <= EVENT_ID;
    snprintf(id, EVENT_ID + 1, "%s:%s", fits ? base : shorter, said);
}

/* ---- one event on its way ---- */

struct flight {
    struct hotline *hotline;
    outcome_fn *fn;
    void *arg;
    bool derived;
    char *id, *source, *ref; /* of a report that may turn out to be an update; or NULL */
    uint8_t *said;           /* what it says now: hongxin.v1.Data */
    size_t said_size;
    uint8_t *event, *reporter; /* of a derived report, while it is looked for; or NULL */
    size_t event_size, reporter_size;
};

static void flight_free(struct flight *f)
{
    free(f->id);
    free(f->source);
    free(f->ref);
    free(f->said);
    free(f->event);
    if (f->reporter)
        sodium_memzero(f->reporter, f->reporter_size);
    free(f->reporter);
    free(f);
}

static void on_outcome(void *arg, int err, const hxp_reply *reply);

/* What is new is said once for each content: the id follows from it. */
static int start_update(struct flight *f)
{
    hxp_event event = HONGXIN__V1__EVENT__INIT;
    hxp_data *data = hongxin__v1__data__unpack(NULL, f->said_size, f->said);
    char id[EVENT_ID + 1];
    if (!data)
        return HX_NOMEM;
    id_of(f->id, f->said, f->said_size, id);
    event.id = id;
    event.source = f->source;
    event.type = hx_text_field("COMMENT");
    event.by = hx_text_field("reporter");
    event.case_ref = f->ref;
    event.data = data;
    f->hotline->updates++;
    int rc = hx_publish_start(f->hotline->link.client, &(struct hx_item){.event = &event},
                              on_outcome, f);
    hongxin__v1__data__free_unpacked(data, NULL);
    free(f->ref); /* once only */
    f->ref = NULL;
    return rc;
}

/* Its reference has a case already: as another text under the same id, or as a second report, which
 * it was when it was sent before and we died before the update was made, too. */
static bool is_known(const struct flight *f, const hxp_reply *reply)
{
    bool other = f->derived && reply->result == HONGXIN__V1__RESULT__CONFLICT;
    return f->ref && (other || (reply_is_refused(reply) && reply->case_number));
}

static void on_outcome(void *arg, int err, const hxp_reply *reply)
{
    struct flight *f = arg;
    if (!err && is_known(f, reply)) {
        err = start_update(f);
        if (!err)
            return;
        reply = NULL;
    }
    f->hotline->answered++;
    f->fn(f->arg, err, err ? NULL : reply);
    flight_free(f);
}

static bool keep(char **to, const char *from)
{
    *to = strdup(from ? from : "");
    return *to != NULL;
}

/* What an update would tell: the words, and how serious, what kind and where it is said to be now.
 * A comment moves no deadline; a dispatcher reads it and decides. */
static bool keep_said(struct flight *f, const hxp_data *data)
{
    static const hxp_data empty = HONGXIN__V1__DATA__INIT;
    hxp_data said = HONGXIN__V1__DATA__INIT;
    if (!data)
        data = &empty;
    said.text = data->text;
    said.class_ = data->class_;
    said.category = data->category;
    said.place = data->place;
    f->said = hx_message_bytes(&said.base, &f->said_size);
    return f->said != NULL;
}

/* ---- is it known, and as what? ---- */

static int send_report(struct flight *f)
{
    hxp_event *event = hongxin__v1__event__unpack(NULL, f->event_size, f->event);
    hxp_reporter *reporter =
        f->reporter ? hongxin__v1__reporter__unpack(NULL, f->reporter_size, f->reporter) : NULL;
    int rc = HX_NOMEM;
    if (event && (reporter || !f->reporter))
        rc = hx_publish_start(f->hotline->link.client,
                              &(struct hx_item){.event = event, .reporter = reporter}, on_outcome,
                              f);
    if (reporter)
        hongxin__v1__reporter__free_unpacked(reporter, NULL);
    if (event)
        hongxin__v1__event__free_unpacked(event, NULL);
    return rc;
}

/* The event that our report would repeat is shown whole in this entry, and says something else. */
static bool says_otherwise(const struct flight *f, ProtobufCBinaryData bytes)
{
    hxp_entry *e = hongxin__v1__entry__unpack(NULL, bytes.len, bytes.data);
    hxp_event *before =
        e && !e->n_masked ? hongxin__v1__event__unpack(NULL, e->event.len, e->event.data) : NULL;
    bool other = false;
    if (before && strcmp(before->id, f->id) == 0 && strcmp(before->source, f->source) == 0) {
        size_t size;
        uint8_t *again = hx_message_bytes(&before->base, &size);
        other = again && (size != f->event_size || memcmp(again, f->event, size) != 0);
        free(again);
    }
    if (before)
        hongxin__v1__event__free_unpacked(before, NULL);
    if (e)
        hongxin__v1__entry__free_unpacked(e, NULL);
    return other;
}

/* What has changed is told at once as what is new: under an id that stands for something else the
 * daemon would have to raise an alarm. Without an answer, or when the report is not shown to us,
 * the daemon decides which of both it is. */
static void on_looked(void *arg, int err, const hxp_response *response)
{
    struct flight *f = arg;
    const Hongxin__V1__CaseAnswer *answer =
        !err && response->answer_case == HONGXIN__V1__RESPONSE__ANSWER_CASE_ANSWER
            ? response->case_answer
            : NULL;
    bool other = false;
    for (size_t i = 0; answer && i < answer->n_history && !other; i++)
        other = says_otherwise(f, answer->history[i]);
    int rc = err == HX_CLOSED ? err : other ? start_update(f) : send_report(f);
    if (rc)
        on_outcome(f, rc, NULL);
}

static int look(struct flight *f, const struct launch *l)
{
    hxp_request request = HONGXIN__V1__REQUEST__INIT;
    Hongxin__V1__CaseQuery query = HONGXIN__V1__CASE_QUERY__INIT;
    f->event = hx_message_bytes(&l->event->base, &f->event_size);
    if (l->reporter)
        f->reporter = hx_message_bytes(&l->reporter->base, &f->reporter_size);
    if (!f->event || (l->reporter && !f->reporter))
        return HX_NOMEM;
    query.ref = f->ref;
    query.source = f->source;
    query.history = true;
    request.ask_case = HONGXIN__V1__REQUEST__ASK_CASE_QUERY;
    request.case_query = &query;
    return hx_ask_start(f->hotline->link.client, &request, on_looked, f);
}

int publish_start(struct hotline *h, const struct launch *l, outcome_fn *fn, void *arg)
{
    const hxp_event *e = l->event;
    struct flight *f = calloc(1, sizeof *f);
    if (!f)
        return HX_NOMEM;
    *f = (struct flight){.hotline = h, .fn = fn, .arg = arg, .derived = l->derived};
    bool report = strcmp(e->type, "REPORTED") == 0 && *e->case_ref;
    if (report && (!keep(&f->id, e->id) || !keep(&f->source, e->source) ||
                   !keep(&f->ref, e->case_ref) || !keep_said(f, e->data))) {
        flight_free(f);
        return HX_NOMEM;
    }
    const struct hx_item item = {.event = e, .reporter = l->reporter};
    int rc =
        report && l->derived ? look(f, l) : hx_publish_start(h->link.client, &item, on_outcome, f);
    if (rc)
        flight_free(f);
    else
        h->published++;
    return rc;
}

/* ---- single requests ---- */

struct single {
    struct hotline *hotline;
    struct http_request *request;
    int fresh;
};

static void answer_reply(struct http_request *r, struct reply reply)
{
    if (reply.code)
        http_answer_problem(r, reply.status, reply.code, reply.body);
    else
        http_answer_json(r, reply.status, reply.body);
}

static void on_single(void *arg, int err, const hxp_reply *reply)
{
    struct single *s = arg;
    struct http_request *r = s->request;
    if (!err && reply->result == HONGXIN__V1__RESULT__DUPLICATE)
        http_set_header(r, "Idempotency-Replayed", "true");
    answer_reply(r, err ? reply_fail(err)
                        : reply_make(reply, s->fresh, s->hotline->settings.utc_offset));
    free(s);
}

bool publish_is_away(struct hotline *h, struct http_request *r)
{
    if (hx_client_is_up(h->link.client, HX_DOOR_INTAKE))
        return false;
    http_set_header(r, "Retry-After", "2");
    http_problem(r, 503, "DAEMON_AWAY", "the daemon cannot be reached; nothing was sent");
    return true;
}

static void publish_body(struct hotline *h, struct http_request *r, const struct draft_input *in)
{
    struct draft d;
    struct single *s = malloc(sizeof *s);
    int rc = draft_make(in, &d);
    if (!s) {
        answer_reply(r, reply_fail(HX_NOMEM));
    } else if (rc) {
        http_problem(r, d.status, d.code, "%s", d.problem);
    } else {
        *s = (struct single){h, r, in->operation->on_case ? 200 : 201};
        rc = publish_start(h, &(struct launch){&d.event, d.reporter, d.derived}, on_single, s);
        if (rc)
            answer_reply(r, reply_fail(rc));
    }
    if (rc)
        free(s);
    draft_free(&d);
}

void publish_one(struct hotline *h, struct http_request *r, const char *word, const char *about)
{
    const struct client *client = hotline_client(h, r);
    bool several;
    if (!client || publish_is_away(h, r))
        return;
    const char *key = http_get_header(r, "Idempotency-Key", &several);
    if (several) {
        http_problem(r, 400, "BAD_KEY", "one Idempotency-Key");
        return;
    }
    json_t *body = http_json(r);
    if (!body)
        return;
    publish_body(h, r,
                 &(struct draft_input){.operation = operation_find(word),
                                       .client = client,
                                       .about = about,
                                       .key = key,
                                       .body = body});
    json_decref(body);
}

/* ---- batches ---- */

struct batch {
    struct hotline *hotline;
    struct http_request *request;
    json_t *body, *replies; /* owned */
    size_t open;            /* parts without an answer, and one for the beginning */
};

struct part {
    struct batch *batch;
    size_t index;
    int fresh;
};

static void part_done(struct batch *b, size_t index, int status, json_t *body)
{
    json_t *o = json_pack("{s:i, s:o*}", "status", status, "body", body);
    json_array_set_new(b->replies, index, o ? o : json_null());
}

static void batch_release(struct batch *b)
{
    if (--b->open > 0)
        return;
    http_answer_json(b->request, 200, json_pack("{s:O}", "replies", b->replies));
    json_decref(b->body);
    json_decref(b->replies);
    free(b);
}

static void on_part(void *arg, int err, const hxp_reply *reply)
{
    struct part *p = arg;
    struct reply r =
        err ? reply_fail(err) : reply_make(reply, p->fresh, p->batch->hotline->settings.utc_offset);
    part_done(p->batch, p->index, r.status, r.body);
    batch_release(p->batch);
    free(p);
}

static void start_part(struct batch *b, const struct client *client, size_t index)
{
    json_t *item = json_array_get(json_object_get(b->body, "items"), index);
    const char *word = json_string_value(json_object_get(item, "op"));
    const struct operation *operation = operation_find(word ? word : "report");
    struct draft d = {
        .status = 422, .code = "BAD_ITEM", .problem = "an item is an object with an `op`"};
    struct part *p = operation && json_is_object(item) ? malloc(sizeof *p) : NULL;
    int rc = HX_INVALID;
    if (p) {
        *p = (struct part){b, index, operation->on_case ? 200 : 201};
        rc = draft_make(
            &(struct draft_input){
                .operation = operation, .client = client, .key = "", .part = true, .body = item},
            &d);
    }
    const struct launch l = {&d.event, d.reporter, d.derived};
    int failed = rc ? HX_OK : publish_start(b->hotline, &l, on_part, p);
    if (failed) {
        struct reply r = reply_fail(failed);
        part_done(b, index, r.status, r.body);
    } else if (rc) {
        part_done(b, index, d.status, http_problem_json(d.status, d.code, d.problem));
    } else {
        b->open++;
        p = NULL;
    }
    free(p);
    draft_free(&d);
}

static bool is_batch(const struct hotline *h, struct http_request *r, const json_t *body)
{
    const json_t *items = json_object_get(body, "items");
    if (!json_is_array(items) || json_object_size(body) != 1 || json_array_size(items) == 0)
        http_problem(r, 422, "BAD_BATCH", "a batch is {\"items\": [ … ]} with at least one");
    else if (json_array_size(items) > h->settings.batch_items)
        http_problem(r, 413, "TOO_MANY_ITEMS", "a batch has at most %u items",
                     (unsigned)h->settings.batch_items);
    else
        return true;
    return false;
}

void publish_batch(void *arg, struct http_request *r)
{
    struct hotline *h = arg;
    const struct client *client = hotline_client(h, r);
    json_t *body = client && !publish_is_away(h, r) ? http_json(r) : NULL;
    if (!body)
        return;
    if (!is_batch(h, r, body)) {
        json_decref(body);
        return;
    }
    struct batch *b = malloc(sizeof *b);
    if (!b) {
        json_decref(body);
        answer_reply(r, reply_fail(HX_NOMEM));
        return;
    }
    *b = (struct batch){h, r, body, json_array(), 1};
    size_t n = json_array_size(json_object_get(body, "items"));
    for (size_t i = 0; i < n; i++)
        json_array_append_new(b->replies, json_null());
    for (size_t i = 0; i < n; i++)
        start_part(b, client, i);
    batch_release(b);
}
