#include "hotline/draft.h"

#include "base/text.h"
#include "base/utf8.h"
#include "hongxin/instant.h"
#include "hongxin/json.h"
#include "hongxin/number.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* What any operation takes beside its fields of Data. */
static const char common[] = " happened_at sent_at proof by ";
/* … and what a part of a batch says, because there is no path and no header for it. */
static const char of_part[] = " key op case ";

static const struct operation operations[] = {
    {"report", "REPORTED", "reporter",
     " ref confidential reporter class category place position text about safety repeat_of "
     "new_facts ",
     false},
    {"update", "COMMENT", "reporter", " text evidence ", true},
    {"cancel", "WITHDRAW_ASKED", "reporter", " text why reason party ", true},
    {"callback", NULL, "callback", " result rating text party person ", true},
    {"supervise", "SUPERVISED", NULL, " text date why order ", true},
    {"event", NULL, NULL,
     " type class category place position text about safety ref party holder why steps date person "
     "bearer reason until calls onsite_code order warning procedure act evidence rating into cases "
     "unit clock level deadline receipt dispute if_version reporter ",
     true},
};

const struct operation *operation_find(const char *word)
{
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++)
        if (strcmp(operations[i].word, word) == 0)
            return &operations[i];
    return NULL;
}

HX_PRINTF(4, 5)
static int refuse(struct draft *d, int status, const char *code, const char *format, ...)
{
    va_list args;
    d->status = status;
    hx_text_put(d->code, sizeof d->code, code);
    va_start(args, format);
    vsnprintf(d->problem, sizeof d->problem, format, args);
    va_end(args);
    return HX_INVALID;
}

/* `words` has a blank in front of each and behind the last. */
static bool is_listed(const char *words, const char *word)
{
    size_t n = strlen(word);
    if (n == 0 || strchr(word, ' '))
        return false;
    for (const char *p = words; (p = strstr(p, word)) != NULL; p++)
        if (p > words && p[-1] == ' ' && p[n] == ' ')
            return true;
    return false;
}

/* ---- single fields ---- */

/* A text of the body; NULL when it is not there. HX_INVALID when it is no text, or an empty one. */
static int text_of(const struct draft_input *in, const char *key, struct draft *d, char **out)
{
    const json_t *value = json_object_get(in->body, key);
    if (!value)
        return HX_OK;
    if (!json_is_string(value) || json_string_length(value) == 0)
        return refuse(d, 422, "BAD_FIELD", "%s is a text", key);
    *out = (char *)json_string_value(value);
    return HX_OK;
}

static int instant_of(const struct draft_input *in, const char *key, struct draft *d, int64_t *out)
{
    char *text = NULL;
    int rc = text_of(in, key, d, &text);
    if (rc || !text)
        return rc;
    if (hx_instant_parse(text, out) != HX_OK)
        return refuse(d, 422, "BAD_TIME", "%s is a time with its offset: 2026-10-12T19:00:00+08:00",
                      key);
    return HX_OK;
}

static int proof_of(const struct draft_input *in, struct draft *d)
{
    char *text = NULL;
    int rc = text_of(in, "proof", d, &text);
    const ProtobufCEnumValue *value =
        text ? protobuf_c_enum_descriptor_get_value_by_name(&hongxin__v1__proof__descriptor, text)
             : NULL;
    if (rc || !text)
        return rc;
    if (!value || !value->value)
        return refuse(d, 422, "BAD_FIELD",
                      "proof is CLAIM, CALL_RECORD, SYSTEM, DEVICE_SIGNED or ONSITE_CODE");
    d->event.proof = (Hongxin__V1__Proof)value->value;
    return HX_OK;
}

static int by_of(const struct draft_input *in, struct draft *d)
{
    char *by = (char *)in->operation->by;
    int rc = text_of(in, "by", d, &by);
    if (rc)
        return rc;
    if (!by)
        return refuse(d, 422, "MISSING_FIELD", "by is missing: who says so, e.g. street:S-02/wang");
    if (!client_claims(in->client, by))
        return refuse(d, 403, "NO_CLAIM", "this client may not speak for that role");
    d->event.by = by;
    return HX_OK;
}

static int bool_of(const struct draft_input *in, const char *key, struct draft *d, bool *out)
{
    const json_t *value = json_object_get(in->body, key);
    if (value && !json_is_boolean(value))
        return refuse(d, 422, "BAD_FIELD", "%s is true or false", key);
    *out = json_is_true(value);
    return HX_OK;
}

static int type_of(const struct draft_input *in, struct draft *d)
{
    static const char *const table[][2] = {
        {"OK", "CALLBACK_OK"}, {"BAD", "CALLBACK_BAD"}, {"NO_ANSWER", "CALLBACK_NO_ANSWER"}};
    bool callback = strcmp(in->operation->word, "callback") == 0;
    char *text = (char *)in->operation->type;
    int rc = text ? HX_OK : text_of(in, callback ? "result" : "type", d, &text);
    if (rc)
        return rc;
    for (size_t i = 0; callback && text && i < 3; i++)
        if (strcmp(text, table[i][0]) == 0) {
            d->event.type = hx_text_field(table[i][1]);
            return HX_OK;
        }
    if (!text || callback)
        return refuse(d, 422, "MISSING_FIELD",
                      callback ? "result is OK, BAD or NO_ANSWER"
                               : "type is missing: HELD, ARRIVED …");
    d->event.type = text;
    return HX_OK;
}

/* ---- groups ---- */

/* Every key is one that the operation takes. */
static int check_keys(const struct draft_input *in, struct draft *d)
{
    const char *key;
    json_t *value;
    json_object_foreach ((json_t *)in->body, key, value) {
        if (!is_listed(common, key) && !is_listed(in->operation->data, key) &&
            !(in->part && is_listed(of_part, key)))
            return refuse(d, 422, "UNKNOWN_FIELD", "a field is not known here; known are%s%s",
                          common + 0, in->operation->data + 1);
    }
    return HX_OK;
}

/* 0 is none in the protocol: whoever writes it here means a rating that there is not. */
static int check_rating(const struct draft_input *in, struct draft *d)
{
    const json_t *rating = json_object_get(in->body, "rating");
    if (json_is_integer(rating) && json_integer_value(rating) == 0)
        return refuse(d, 422, "BAD_RATING", "rating is 1 to 5, or left out");
    return HX_OK;
}

static int take_data(const struct draft_input *in, struct draft *d)
{
    static const char not_data[] = " confidential reporter result type if_version ";
    char inner[HX_JSON_PROBLEM];
    json_t *data = json_object(), *value;
    const char *key;
    int rc = data ? HX_OK : HX_NOMEM;
    json_object_foreach ((json_t *)in->body, key, value) {
        if (!rc && !is_listed(common, key) && !is_listed(of_part, key) && !is_listed(not_data, key))
            rc = json_object_set(data, key, value) ? HX_NOMEM : HX_OK;
    }
    if (!rc)
        rc = hx_json_to_message(&hongxin__v1__data__descriptor, data, &d->data, inner);
    json_decref(data);
    if (rc == HX_INVALID)
        return refuse(d, 422, "BAD_FIELD", "%s", inner);
    if (rc)
        return refuse(d, 503, "NO_MEMORY", "out of memory");
    d->event.data = (hxp_data *)d->data;
    return HX_OK;
}

static int take_reporter(const struct draft_input *in, struct draft *d)
{
    const json_t *reporter = json_object_get(in->body, "reporter");
    char inner[HX_JSON_PROBLEM];
    ProtobufCMessage *m = NULL;
    if (!reporter)
        return HX_OK;
    int rc = hx_json_to_message(&hongxin__v1__reporter__descriptor, reporter, &m, inner);
    d->reporter = (hxp_reporter *)m;
    return rc ? refuse(d, 422, "BAD_FIELD", "reporter.%s", inner) : HX_OK;
}

static int take_case(const struct draft_input *in, struct draft *d)
{
    char *about = (char *)in->about;
    int rc = in->part ? text_of(in, "case", d, &about) : HX_OK;
    if (rc || !in->operation->on_case)
        return rc ? rc
                  : (about ? refuse(d, 422, "UNKNOWN_FIELD", "a report has no case yet") : HX_OK);
    if (!about)
        return refuse(d, 422, "MISSING_FIELD", "case is missing: CL-17 or ref:WO-0042");
    if (strncmp(about, "ref:", 4) == 0 && about[4])
        d->event.case_ref = about + 4;
    else if (hx_number_parse(about, &d->event.case_number) != HX_OK)
        return refuse(d, 422, "BAD_CASE", "a case is CL-17, its number, or ref:WO-0042");
    return HX_OK;
}

/* ASCII without control characters: it stands in logs of both sides. */
static bool is_key(const char *key)
{
    size_t n = strlen(key);
    for (const char *p = key; *p; p++)
        if (*p <= ' ' || *p >= 0x7f)
            return false;
    return n <= 100;
}

static int take_id(const struct draft_input *in, struct draft *d)
{
    char *key = (char *)in->key, *ref = NULL;
    int rc = in->part ? text_of(in, "key", d, &key) : HX_OK;
    if (!rc && strcmp(in->operation->word, "report") == 0)
        rc = text_of(in, "ref", d, &ref);
    if (rc)
        return rc;
    if (*key && !is_key(key))
        return refuse(d, 422, "BAD_KEY", "an idempotency key is 1 to 100 visible ASCII characters");
    if (ref && strlen(ref) > 100)
        return refuse(d, 422, "TOO_LONG", "ref is longer than 100 bytes");
    if (!*key && !ref)
        return refuse(d, 422, "NO_KEY",
                      "an Idempotency-Key is needed, so that sending it again does not double it");
    d->derived = !*key;
    snprintf(d->id, sizeof d->id, "%s:%s%s%s", in->operation->word,
             *key ? "key:" : "ref:", *key ? key : ref, "");
    d->event.id = d->id;
    if (ref)
        d->event.case_ref = ref;
    return HX_OK;
}

static int take_version(const struct draft_input *in, struct draft *d)
{
    const json_t *value = json_object_get(in->body, "if_version");
    if (!value)
        return HX_OK;
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return refuse(d, 422, "BAD_FIELD", "if_version is a number");
    d->event.if_version = (uint64_t)json_integer_value(value);
    return HX_OK;
}

int draft_make(const struct draft_input *in, struct draft *d)
{
    bool confidential = false;
    *d = (struct draft){.event = HONGXIN__V1__EVENT__INIT};
    d->event.source = hx_text_field(in->client->source);
    int rc = check_keys(in, d);
    if (!rc)
        rc = type_of(in, d);
    if (!rc)
        rc = by_of(in, d);
    if (!rc)
        rc = instant_of(in, "happened_at", d, &d->event.t_occ);
    if (!rc)
        rc = instant_of(in, "sent_at", d, &d->event.t_src);
    if (!rc)
        rc = proof_of(in, d);
    if (!rc)
        rc = bool_of(in, "confidential", d, &confidential);
    if (!rc)
        rc = take_version(in, d);
    if (!rc)
        rc = take_case(in, d);
    if (!rc)
        rc = take_id(in, d);
    if (!rc)
        rc = take_reporter(in, d);
    if (!rc)
        rc = check_rating(in, d);
    d->event.confidential = confidential;
    return rc ? rc : take_data(in, d);
}

void draft_free(struct draft *d)
{
    if (d->data)
        protobuf_c_message_free_unpacked(d->data, NULL);
    if (d->reporter)
        hongxin__v1__reporter__free_unpacked(d->reporter, NULL);
    d->data = NULL;
    d->reporter = NULL;
}
