/* POST /kiosk/v1/reports: anonymous, or with a way to be called back. */
#include "kiosk/report.h"

#include "base/text.h"
#include "door/reply.h"
#include "kiosk/form.h"
#include <stdlib.h>
#include <string.h>

enum { PHONE_DIGITS_MIN = 5, PHONE_DIGITS_MAX = 15 };

/* ---- reading ---- */

static bool refuse(struct report *r, const char *code, const char *text)
{
    http_problem(r->request, 422, code, "%s", text);
    return false;
}

static bool knows_keys(struct report *r)
{
    static const char *const keys[] = {"category", "place", "position",     "text",
                                       "phone",    "name",  "confidential", NULL};
    const char *key;
    json_t *value;
    json_object_foreach (r->body, key, value) {
        size_t i = 0;
        while (keys[i] && strcmp(keys[i], key) != 0)
            i++;
        if (!keys[i])
            return refuse(r, "UNKNOWN_FIELD",
                          "fields are category, place, position, text, phone, name, confidential");
    }
    return true;
}

static bool take_texts(struct report *r)
{
    const struct {
        const char *key;
        size_t most;
        const char **to;
    } table[] = {{"category", POLICY_NAME_MAX - 1, &r->category},
                 {"place", REPORT_WORD_MAX, &r->place},
                 {"text", REPORT_TEXT_MAX, &r->text},
                 {"phone", 40, &r->phone},
                 {"name", REPORT_WORD_MAX, &r->name}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (!kiosk_text(r->request, r->body, table[i].key, table[i].most, table[i].to))
            return false;
    return true;
}

/* Digits, with what people write between them. */
static bool is_phone(const char *phone)
{
    size_t digits = 0;
    for (const char *p = phone; *p; p++) {
        if (*p >= '0' && *p <= '9')
            digits++;
        else if (!strchr(" -()", *p) && (*p != '+' || p != phone))
            return false;
    }
    return digits >= PHONE_DIGITS_MIN && digits <= PHONE_DIGITS_MAX;
}

static bool take_position(struct report *r)
{
    const json_t *list = json_object_get(r->body, "position");
    if (!list)
        return true;
    for (size_t i = 0; i < 2; i++) {
        const json_t *n = json_array_get(list, i);
        if (json_array_size(list) != 2 || !json_is_number(n))
            return refuse(r, "BAD_FIELD", "position is [longitude, latitude]");
        r->position[i] = json_number_value(n);
    }
    r->has_position = true;
    return true;
}

static bool take_category(struct report *r, const struct policy *policy)
{
    const struct policy_row *row = policy_find(policy, POLICY_CATEGORIES, r->category);
    if (!row)
        return refuse(r, *r->category ? "UNKNOWN_CATEGORY" : "NO_CATEGORY",
                      "a category is one of those that /kiosk/v1/categories names");
    hx_text_put(r->class, sizeof r->class, row->class);
    hx_text_put(r->call, sizeof r->call, row->call);
    return true;
}

bool report_read(struct report *r, const struct policy *policy)
{
    const json_t *confidential = json_object_get(r->body, "confidential");
    if (!knows_keys(r) || !take_texts(r) || !take_position(r) || !take_category(r, policy))
        return false;
    if (confidential && !json_is_boolean(confidential))
        return refuse(r, "BAD_FIELD", "confidential is true or false");
    r->confidential = json_is_true(confidential);
    if (*r->phone && !is_phone(r->phone))
        return refuse(r, "BAD_PHONE", "phone is a telephone number, or left out");
    if (!*r->place && !r->has_position)
        return refuse(r, "NO_PLACE", "place is the number of a building; or position");
    return true;
}

/* ---- answering ---- */

static void answer(struct report *r, const hxp_reply *reply)
{
    json_t *body = kiosk_ticket(r->kiosk, reply);
    bool again = reply->result == HONGXIN__V1__RESULT__DUPLICATE;
    if (*r->call) { /* also of one that is sent again */
        json_object_set_new(body, "result", json_string("REJECTED"));
        json_object_set_new(body, "call", json_string(r->call));
    }
    if (again)
        http_set_header(r->request, "Idempotency-Replayed", "true");
    http_answer_json(r->request, again || *r->call ? 200 : 201, body);
}

static void on_reply(void *arg, int err, const hxp_reply *reply)
{
    struct report *r = arg;
    if (err) {
        kiosk_failed(r->request, err);
    } else if (!reply_is_taken(reply)) {
        pictures_drop(r);
        kiosk_refused(r->request, reply);
    } else {
        r->kiosk->reports++;
        pictures_settle(r);
        answer(r, reply);
    }
    report_free(r);
}

/* ---- publishing ---- */

void report_publish(struct report *r)
{
    hxp_event event = HONGXIN__V1__EVENT__INIT;
    hxp_data data = HONGXIN__V1__DATA__INIT;
    hxp_reporter reporter = HONGXIN__V1__REPORTER__INIT;
    char *evidence[PICTURES_MAX];
    event.id = r->id;
    event.source = r->kiosk->settings.source;
    event.type = hx_text_field("REPORTED");
    event.by = hx_text_field("reporter");
    event.confidential = r->confidential;
    event.data = &data;
    data.class_ = r->class;
    data.category = hx_text_field(r->category);
    data.place = hx_text_field(r->place);
    data.text = hx_text_field(r->text);
    data.position = r->position;
    data.n_position = r->has_position ? 2 : 0;
    data.evidence = evidence;
    data.n_evidence = r->n_pictures;
    for (size_t i = 0; i < r->n_pictures; i++)
        evidence[i] = r->pictures[i].evidence;
    reporter.phone = hx_text_field(r->phone);
    reporter.name = hx_text_field(r->name);
    const struct hx_item item = {.event = &event,
                                 .reporter = *r->phone || *r->name ? &reporter : NULL};
    int rc = hx_publish_start(r->kiosk->link.client, &item, on_reply, r);
    if (rc) {
        kiosk_failed(r->request, rc);
        report_free(r);
    }
}

void report_free(struct report *r)
{
    TAILQ_REMOVE(&r->kiosk->under_way, r, link);
    json_decref(r->body);
    free(r);
}

void report_take(void *kiosk, struct http_request *request)
{
    struct kiosk *k = kiosk;
    const struct policy *policy = kiosk_policy(k, request);
    char id[KIOSK_ID_MAX];
    if (!policy || !kiosk_id(request, "report", id))
        return;
    struct report *r = calloc(1, sizeof *r);
    if (!r) {
        kiosk_failed(request, HX_NOMEM);
        return;
    }
    *r = (struct report){.kiosk = k, .request = request};
    hx_text_put(r->id, sizeof r->id, id);
    TAILQ_INSERT_TAIL(&k->under_way, r, link);
    r->body = form_is(http_get_header(request, "Content-Type", NULL))
                  ? report_form(r)
                  : kiosk_json(request, KIOSK_BODY_MAX);
    if (!r->body || !report_read(r, policy))
        report_free(r);
    else
        pictures_make(r);
}
