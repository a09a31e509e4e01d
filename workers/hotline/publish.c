#include "hotline/publish.h"

#include "door/reply.h"
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- one event on its way ---- */

struct flight {
    struct hotline *hotline;
    outcome_fn *fn;
    void *arg;
    bool derived;
    char *id, *source, *ref; /* of a report that may turn out to be an update; or NULL */
    uint8_t *said;           /* what it says now: hongxin.v1.Data */
    size_t said_size;
};

static void flight_free(struct flight *f)
{
    free(f->id);
    free(f->source);
    free(f->ref);
    free(f->said);
    free(f);
}

static void on_outcome(void *arg, int err, const hxp_reply *reply);

/* What is new is said once for each content: the id follows from it. */
static int start_update(struct flight *f)
{
    hxp_event event = HONGXIN__V1__EVENT__INIT;
    hxp_data *data = hongxin__v1__data__unpack(NULL, f->said_size, f->said);
    uint8_t digest[12];
    char hex[2 * sizeof digest + 1], id[DRAFT_ID + 40];
    if (!data)
        return HX_NOMEM;
    crypto_generichash(digest, sizeof digest, f->said, f->said_size, NULL, 0);
    sodium_bin2hex(hex, sizeof hex, digest, sizeof digest);
    snprintf(id, sizeof id, "%s:%s", f->id, hex);
    event.id = id;
    event.source = f->source;
    event.type = (char *)"COMMENT";
    event.by = (char *)"reporter";
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

/* Its reference has a case already: as another text under the same id, or as a second report. */
static bool is_known(const struct flight *f, const hxp_reply *reply)
{
    return f->ref && ((f->derived && reply->result == HONGXIN__V1__RESULT__CONFLICT) ||
                      (reply->result == HONGXIN__V1__RESULT__NOT_ALLOWED && reply->case_number));
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
    f->said_size = hongxin__v1__data__get_packed_size(&said);
    f->said = malloc(f->said_size + 1);
    if (f->said)
        hongxin__v1__data__pack(&said, f->said);
    return f->said != NULL;
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
    int rc = hx_publish_start(h->link.client, &item, on_outcome, f);
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
    if (reply.status == 503)
        http_set_header(r, "Retry-After", "1");
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
