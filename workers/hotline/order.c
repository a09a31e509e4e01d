/* Work orders (工单) in the city's own words: the mapping file says what they mean. The keys of the
 * object are to it what the headings of a table are to `hongxin publish --csv`. */
#include "hotline/order.h"

#include "base/text.h"
#include "hotline/publish.h"

#include "door/reply.h"
#include "hongxin/code.h"
#include "mapping/object.h"
#include <stdio.h>
#include <stdlib.h>

struct order {
    struct hotline *hotline;
    struct http_request *request;
};

/* The usual form of these interfaces: success, code, message, and our answer as data. */
static void answer(struct http_request *r, struct reply reply)
{
    const char *detail = json_string_value(json_object_get(reply.body, "detail"));
    json_t *data = reply.code ? json_object_get(reply.body, "reply") : reply.body;
    char message[512] = "";
    if (reply.code)
        hx_code_line(reply.code, detail, message, sizeof message);
    json_t *o = json_pack("{s:b, s:s, s:s, s:O*}", "success", !reply.code, "code",
                          reply.code ? reply.code : "ACCEPTED", "message", message, "data", data);
    json_decref(reply.body);
    http_answer_json(r, reply.status, o);
}

static void on_order(void *arg, int err, const hxp_reply *reply)
{
    struct order *o = arg;
    answer(o->request,
           err ? reply_fail(err) : reply_make(reply, 200, o->hotline->settings.utc_offset));
    free(o);
}

static void refuse(struct http_request *r, const char *code, const char *text)
{
    answer(r, (struct reply){422, http_problem_json(422, code, text), code});
}

static int map(const struct mapping *m, const struct object_row *o, struct map_target *target,
               char problem[MAPPING_PROBLEM])
{
    struct map_binding binding;
    char inner[RECORD_PROBLEM] = "";
    int rc = mapping_bind(m, &o->heading, &binding, problem);
    if (rc)
        return rc;
    rc = mapping_apply(&binding, &o->row, target, inner);
    mapping_unbind(&binding);
    if (rc)
        snprintf(problem, MAPPING_PROBLEM, "%s", inner);
    return rc;
}

int order_read(const struct mapping *m, const json_t *body, struct map_target *target,
               char problem[MAPPING_PROBLEM])
{
    struct object_row *o = calloc(1, sizeof *o);
    int rc = HX_INVALID;
    target->record = (struct record){0};
    if (!o)
        return HX_NOMEM;
    if (object_row(body, o) == HX_OK)
        rc = map(m, o, target, problem);
    else
        snprintf(problem, MAPPING_PROBLEM,
                 "an order is an object of at most %d texts, numbers, booleans and objects of them",
                 CSV_FIELDS_MAX);
    free(o);
    return rc;
}

/* The source is the client's, whatever the mapping says. */
static void start(struct hotline *h, struct http_request *r, const struct client *client,
                  const struct record *record)
{
    struct order *o = malloc(sizeof *o);
    hxp_event event = *record->event;
    event.source = hx_text_field(client->source);
    if (!o) {
        answer(r, reply_fail(HX_NOMEM));
        return;
    }
    *o = (struct order){h, r};
    const struct launch l = {&event, record->reporter, *event.case_ref != '\0'};
    int rc = client_claims(client, event.by) ? publish_start(h, &l, on_order, o) : HX_DENIED;
    if (rc) {
        free(o);
        answer(r, reply_fail(rc));
    }
}

void publish_order(void *arg, struct http_request *r)
{
    struct hotline *h = arg;
    const struct client *client = hotline_client(h, r);
    json_t *body = client && !publish_is_away(h, r) ? http_json(r) : NULL;
    char problem[MAPPING_PROBLEM] = "";
    struct hx_arena arena;
    struct map_target target = {.arena = &arena};
    if (!body)
        return;
    hx_arena_init(&arena, 0);
    int rc = order_read(h->mapping, body, &target, problem);
    if (rc == HX_NOMEM)
        answer(r, reply_fail(rc));
    else if (rc)
        refuse(r, "BAD_ORDER", problem);
    else
        start(h, r, client, &target.record);
    hx_arena_fini(&arena);
    json_decref(body);
}
