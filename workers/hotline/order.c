/* Work orders (工单) in the city's own words: the mapping file says what they mean. The keys of the
 * object are to it what the headings of a table are to `hongxin publish --csv`. */
#include "hotline/order.h"

#include "hotline/publish.h"

#include "hotline/reply.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct order {
    struct hotline *hotline;
    struct http_request *request;
};

/* The usual form of these interfaces: success, code, message, and our answer as data. */
static void answer(struct http_request *r, struct reply reply)
{
    const json_t *detail = json_object_get(reply.body, "detail");
    json_t *data = reply.code ? json_object_get(reply.body, "reply") : reply.body;
    json_t *o = json_pack("{s:b, s:s, s:s, s:O*}", "success", !reply.code, "code",
                          reply.code ? reply.code : "ACCEPTED", "message",
                          detail ? json_string_value(detail) : "", "data", data);
    json_decref(reply.body);
    if (reply.status == 503)
        http_set_header(r, "Retry-After", "1");
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

/* ---- the object as a row ---- */

enum { NUMBER_TEXT = 32 };

struct table {
    struct csv_row heading, row;
    char numbers[CSV_FIELDS_MAX][NUMBER_TEXT];
};

static const char *text_of(const json_t *value, char number[NUMBER_TEXT])
{
    switch (json_typeof(value)) {
    case JSON_STRING:
        return json_string_value(value);
    case JSON_INTEGER:
        snprintf(number, NUMBER_TEXT, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        return number;
    case JSON_REAL:
        snprintf(number, NUMBER_TEXT, "%.15g", json_real_value(value));
        return number;
    case JSON_TRUE:
        return "true";
    case JSON_FALSE:
        return "false";
    case JSON_NULL:
        return "";
    default:
        return NULL;
    }
}

static bool fill(struct table *t, const json_t *body)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)body, key, value)
    {
        size_t n = t->heading.n;
        if (n == CSV_FIELDS_MAX)
            return false;
        t->heading.fields[n] = key;
        t->row.fields[n] = text_of(value, t->numbers[n]);
        if (!t->row.fields[n])
            return false;
        t->heading.n = ++t->row.n;
    }
    return true;
}

static int map(const struct mapping *m, const struct table *t, struct record *record,
               char problem[MAPPING_PROBLEM])
{
    struct map_binding binding;
    json_t *object = NULL;
    char inner[RECORD_PROBLEM] = "";
    int rc = mapping_bind(m, &t->heading, &binding, problem);
    if (rc)
        return rc;
    rc = mapping_apply(&binding, &t->row, &object, inner);
    mapping_unbind(&binding);
    if (!rc)
        rc = record_from_json(object, record, inner);
    json_decref(object);
    snprintf(problem, MAPPING_PROBLEM, "%s", inner);
    return rc;
}

int order_read(const struct mapping *m, const json_t *body, struct record *record,
               char problem[MAPPING_PROBLEM])
{
    struct table *t = calloc(1, sizeof *t);
    int rc = HX_INVALID;
    *record = (struct record){0};
    if (!t)
        return HX_NOMEM;
    if (fill(t, body))
        rc = map(m, t, record, problem);
    else
        snprintf(problem, MAPPING_PROBLEM,
                 "an order is an object of at most %d texts, numbers and booleans", CSV_FIELDS_MAX);
    free(t);
    return rc;
}

/* The source is the client's, whatever the mapping says. */
static void start(struct hotline *h, struct http_request *r, const struct client *client,
                  struct record *record)
{
    struct order *o = malloc(sizeof *o);
    hxp_event event = *record->event;
    event.source = (char *)client->source;
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
    struct record record;
    if (!body)
        return;
    int rc = order_read(h->mapping, body, &record, problem);
    if (rc == HX_NOMEM)
        answer(r, reply_fail(rc));
    else if (rc)
        refuse(r, "BAD_ORDER", problem);
    else
        start(h, r, client, &record);
    record_fini(&record);
    json_decref(body);
}
