/* Objects to publish: field by field from text, and as messages. */
#include "mapping/record.h"
#include "hongxin/json.h"
#include "mapping/field.h"
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int record_path_known(const char *path)
{
    struct map_field f;

    return field_find(path, &f);
}

static json_t *read_bool(const char *text)
{
    bool yes;

    return field_read_bool(text, &yes) ? NULL : json_boolean(yes);
}

static json_t *read_whole(const char *text)
{
    uint64_t n;

    return field_read_whole(text, &n) ? NULL : json_integer((json_int_t)n);
}

static json_t *read_real(const char *text)
{
    double d;

    return field_read_real(text, &d) ? NULL : json_real(d);
}

/* The text as a JSON value of the field's type; NULL when it cannot be read. */
static json_t *read_value(const ProtobufCFieldDescriptor *field, const char *text)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_BOOL:
        return read_bool(text);
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_UINT64:
        return read_whole(text);
    case PROTOBUF_C_TYPE_DOUBLE:
        return read_real(text);
    default: /* text, instants and names of enums are text in JSON; hx_json_to_message checks them
              */
        return json_string(text);
    }
}

static json_t *part_of(json_t *object, const char *part)
{
    json_t *inner = json_object_get(object, part);

    if (!inner && !json_object_set_new(object, part, json_object()))
        inner = json_object_get(object, part);
    return inner;
}

/* "121.47,31.23" fills a repeated number with one text. */
static int append_all(json_t *list, const ProtobufCFieldDescriptor *field, const char *text)
{
    char piece[64];
    const char *p = text;

    if (field->type != PROTOBUF_C_TYPE_DOUBLE)
        return json_array_append_new(list, read_value(field, text)) ? HX_INVALID : HX_OK;
    while (*p) {
        size_t n = strcspn(p, ", ");
        if (n >= sizeof piece)
            return HX_INVALID;
        memcpy(piece, p, n);
        piece[n] = '\0';
        if (n && json_array_append_new(list, read_value(field, piece)))
            return HX_INVALID;
        p += n + (p[n] != '\0');
    }
    return HX_OK;
}

int record_set(json_t *object, const char *path, const char *text, char problem[RECORD_PROBLEM])
{
    static const char *const parts[] = {NULL, "data", "reporter"};
    struct map_field t;
    json_t *into = object, *list;
    int rc;

    if (field_find(path, &t)) {
        snprintf(problem, RECORD_PROBLEM, "there is no field \"%.64s\"", path);
        return HX_NOTFOUND;
    }
    if (t.part != FIELD_EVENT)
        into = part_of(object, parts[t.part]);
    if (t.is->label != PROTOBUF_C_LABEL_REPEATED) {
        rc = json_object_set_new(into, t.is->name, read_value(t.is, text)) ? HX_INVALID : HX_OK;
    } else {
        list = json_object_get(into, t.is->name);
        if (!list && !json_object_set_new(into, t.is->name, json_array()))
            list = json_object_get(into, t.is->name);
        rc = append_all(list, t.is, text);
    }
    if (rc)
        snprintf(problem, RECORD_PROBLEM, "%s cannot be read", path);
    return rc;
}

static int take_reporter(const json_t *object, struct record *out, char problem[RECORD_PROBLEM])
{
    const json_t *reporter = json_object_get(object, "reporter");
    char inner[HX_JSON_PROBLEM];
    ProtobufCMessage *m;

    out->reporter = NULL;
    if (!reporter)
        return HX_OK;
    if (hx_json_to_message(&hongxin__v1__reporter__descriptor, reporter, &m, inner)) {
        snprintf(problem, RECORD_PROBLEM, "reporter.%.200s", inner);
        return HX_INVALID;
    }
    out->reporter = (hxp_reporter *)m;
    return HX_OK;
}

static int take_event(const json_t *object, struct record *out, char problem[RECORD_PROBLEM])
{
    json_t *event = json_copy((json_t *)object); /* shallow: only the outer keys change */
    char inner[HX_JSON_PROBLEM];
    ProtobufCMessage *m = NULL;
    int rc;

    if (!event)
        return HX_NOMEM;
    json_object_del(event, "reporter");
    rc = hx_json_to_message(&hongxin__v1__event__descriptor, event, &m, inner);
    json_decref(event);
    if (rc) {
        snprintf(problem, RECORD_PROBLEM, "%.250s", inner);
        return rc;
    }
    out->event = (hxp_event *)m;
    return HX_OK;
}

int record_check(struct record *record, char problem[RECORD_PROBLEM])
{
    size_t n = strlen(record->event->id);

    if (!*record->event->type) {
        snprintf(problem, RECORD_PROBLEM, "type is missing: REPORTED, HELD, ARRIVED …");
        return HX_INVALID;
    }
    if (n >= sizeof record->id) {
        snprintf(problem, RECORD_PROBLEM, "id is longer than %zu bytes", sizeof record->id - 1);
        return HX_INVALID;
    }
    memcpy(record->id, record->event->id, n + 1);
    return HX_OK;
}

int record_from_json(const json_t *object, struct record *out, char problem[RECORD_PROBLEM])
{
    int rc;

    out->event = NULL;
    out->reporter = NULL;
    out->in_arena = false;
    problem[0] = '\0';
    if (!json_is_object(object)) {
        snprintf(problem, RECORD_PROBLEM, "not a JSON object");
        return HX_INVALID;
    }
    rc = take_event(object, out, problem);
    if (!rc)
        rc = take_reporter(object, out, problem);
    if (!rc)
        rc = record_check(out, problem);
    if (rc)
        record_fini(out);
    return rc;
}

void record_fini(struct record *record)
{
    if (record->event && !record->in_arena)
        hongxin__v1__event__free_unpacked(record->event, NULL);
    if (record->reporter && !record->in_arena)
        hongxin__v1__reporter__free_unpacked(record->reporter, NULL);
    record->event = NULL;
    record->reporter = NULL;
}

void record_new_id(int64_t now, char *out)
{
    uint8_t noise[5];

    randombytes_buf(noise, sizeof noise);
    snprintf(out, RECORD_ID_MAX, "%013" PRId64 "-%02x%02x%02x%02x%02x", now, noise[0], noise[1],
             noise[2], noise[3], noise[4]);
}

void record_stable_id(const char *prefix, uint64_t row, const char *text, size_t size, char *out)
{
    uint8_t digest[16];
    char hex[2 * sizeof digest + 1];

    crypto_generichash(digest, sizeof digest, (const uint8_t *)text, size, NULL, 0);
    sodium_bin2hex(hex, sizeof hex, digest, sizeof digest);
    snprintf(out, RECORD_ID_MAX, "%.40s:%" PRIu64 ":%s", prefix, row, hex);
}
