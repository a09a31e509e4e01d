/* Structured mode of CloudEvents: attributes and data in one value. */
#include "base/text.h"
#include "hongxin/instant.h"
#include "hongxin/limits.h"
#include "kafka/cloudevents.pb-c.h"
#include "kafka/in/envelope_internal.h"
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STRUCTURED_MAX = 3 * HX_EVENT_MAX }; /* base64 and attributes around an event */

/* What it was read from goes: what of it is the event stays. */
static enum envelope_reason keep_own(struct envelope_event *out, enum envelope_reason reason)
{
    if (reason || out->owned || out->item)
        return reason;
    out->owned = malloc(out->size ? out->size : 1);
    if (!out->owned)
        return ENVELOPE_NO_MEMORY;
    memcpy(out->owned, out->bytes, out->size);
    out->bytes = out->owned;
    return ENVELOPE_GOOD;
}

/* ---- JSON ---- */

static enum envelope_reason read_base64(const struct envelope *in, const struct attributes *a,
                                        const char *text, struct envelope_event *out)
{
    size_t size = strlen(text), n = 0;
    uint8_t *bytes = malloc(size + 1);
    if (!bytes)
        return ENVELOPE_NO_MEMORY;
    enum envelope_reason reason = ENVELOPE_BAD_CLOUDEVENT;
    if (sodium_base642bin(bytes, size, text, size, NULL, &n, NULL,
                          sodium_base64_VARIANT_ORIGINAL) == 0)
        reason = n ? content_read(in, a, bytes, n, out) : ENVELOPE_EMPTY;
    if (out->bytes == bytes)
        out->owned = bytes;
    else
        free(bytes);
    return reason;
}

static enum envelope_reason read_attributes(const json_t *object, struct attributes *a)
{
    enum envelope_reason reason = ENVELOPE_GOOD;
    const char *key;
    json_t *value;
    json_object_foreach ((json_t *)(uintptr_t)object, key, value) {
        char *place = attribute_place(a, key);
        if (!place || reason)
            continue;
        if (!json_is_string(value))
            return ENVELOPE_BAD_CLOUDEVENT;
        reason = attribute_put(place, json_string_value(value), json_string_length(value));
    }
    return reason;
}

static enum envelope_reason read_object(const struct envelope *in, const json_t *object,
                                        struct envelope_event *out)
{
    struct attributes a = {.id = ""};
    json_t *data = json_object_get(object, "data");
    const json_t *coded = json_object_get(object, "data_base64");
    enum envelope_reason reason = read_attributes(object, &a);
    if (!reason)
        reason = attributes_check(&a);
    if (reason)
        return reason;
    if (!data == !coded)
        return data ? ENVELOPE_BAD_CLOUDEVENT : ENVELOPE_EMPTY;
    if (coded)
        return json_is_string(coded) ? read_base64(in, &a, json_string_value(coded), out)
                                     : ENVELOPE_BAD_CLOUDEVENT;
    if (!json_is_string(data))
        return content_json(in, &a, data, out);
    if (!*a.content_type)
        hx_text_put(a.content_type, sizeof a.content_type, "application/json");
    return keep_own(out,
                    content_read(in, &a, json_string_value(data), json_string_length(data), out));
}

static enum envelope_reason read_json(const struct envelope *in, struct envelope_event *out)
{
    json_t *object = json_loadb(in->value, in->size, JSON_REJECT_DUPLICATES, NULL);
    if (!object)
        return ENVELOPE_NOT_JSON;
    enum envelope_reason reason =
        json_is_object(object) ? read_object(in, object, out) : ENVELOPE_BAD_CLOUDEVENT;
    json_decref(object);
    return reason;
}

/* ---- protobuf ---- */

typedef Io__Cloudevents__V1__CloudEvent cloud_event;
typedef Io__Cloudevents__V1__Attribute attribute;

static enum envelope_reason put(struct attributes *a, const char *name, const char *text)
{
    char *place = attribute_place(a, name);
    return place ? attribute_put(place, text, strlen(text)) : ENVELOPE_GOOD;
}

static enum envelope_reason put_value(struct attributes *a, const char *name, const attribute *v)
{
    char text[HX_INSTANT_TEXT];
    switch (v ? v->attr_case : IO__CLOUDEVENTS__V1__ATTRIBUTE__ATTR__NOT_SET) {
    case IO__CLOUDEVENTS__V1__ATTRIBUTE__ATTR_CE_STRING:
        return put(a, name, v->ce_string);
    case IO__CLOUDEVENTS__V1__ATTRIBUTE__ATTR_CE_URI:
        return put(a, name, v->ce_uri);
    case IO__CLOUDEVENTS__V1__ATTRIBUTE__ATTR_CE_URI_REF:
        return put(a, name, v->ce_uri_ref);
    case IO__CLOUDEVENTS__V1__ATTRIBUTE__ATTR_CE_TIMESTAMP:
        if (v->ce_timestamp->seconds < HX_INSTANT_MIN / HX_SECOND ||
            v->ce_timestamp->seconds > HX_INSTANT_MAX / HX_SECOND || v->ce_timestamp->nanos < 0 ||
            v->ce_timestamp->nanos > 999999999)
            return ENVELOPE_BAD_CLOUDEVENT;
        hx_instant_format(v->ce_timestamp->seconds * HX_SECOND + v->ce_timestamp->nanos / 1000000,
                          0, text);
        return put(a, name, text);
    default:
        return ENVELOPE_GOOD; /* none of those that we read */
    }
}

static enum envelope_reason read_all(const cloud_event *e, struct attributes *a)
{
    enum envelope_reason reason = put(a, "id", e->id);
    if (!reason)
        reason = put(a, "source", e->source);
    if (!reason)
        reason = put(a, "specversion", e->spec_version);
    if (!reason)
        reason = put(a, "type", e->type);
    for (size_t i = 0; i < e->n_attributes && !reason; i++)
        reason = put_value(a, e->attributes[i]->key, e->attributes[i]->value);
    return reason ? reason : attributes_check(a);
}

static enum envelope_reason read_any(const struct envelope *in, struct attributes *a,
                                     const Io__Cloudevents__V1__Any *any,
                                     struct envelope_event *out)
{
    const char *slash = strrchr(any->type_url, '/');
    const char *name = slash ? slash + 1 : any->type_url;
    if (strcmp(name, "hongxin.v1.Event") != 0 && strcmp(name, "hongxin.v1.Item") != 0)
        return ENVELOPE_UNKNOWN_SCHEMA;
    snprintf(a->content_type, sizeof a->content_type, "application/protobuf; messageType=%.16s",
             name);
    return any->value.len ? content_read(in, a, any->value.data, any->value.len, out)
                          : ENVELOPE_EMPTY;
}

static enum envelope_reason read_data(const struct envelope *in, struct attributes *a,
                                      const cloud_event *e, struct envelope_event *out)
{
    switch (e->data_case) {
    case IO__CLOUDEVENTS__V1__CLOUD_EVENT__DATA_BINARY_DATA:
        return e->binary_data.len
                   ? content_read(in, a, e->binary_data.data, e->binary_data.len, out)
                   : ENVELOPE_EMPTY;
    case IO__CLOUDEVENTS__V1__CLOUD_EVENT__DATA_TEXT_DATA:
        if (!*a->content_type)
            hx_text_put(a->content_type, sizeof a->content_type, "application/json");
        return *e->text_data ? content_read(in, a, e->text_data, strlen(e->text_data), out)
                             : ENVELOPE_EMPTY;
    case IO__CLOUDEVENTS__V1__CLOUD_EVENT__DATA_PROTO_DATA:
        return read_any(in, a, e->proto_data, out);
    default:
        return ENVELOPE_EMPTY;
    }
}

static enum envelope_reason read_protobuf(const struct envelope *in, struct envelope_event *out)
{
    struct attributes a = {.id = ""};
    cloud_event *e = io__cloudevents__v1__cloud_event__unpack(NULL, in->size, in->value);
    if (!e)
        return ENVELOPE_BAD_CLOUDEVENT;
    enum envelope_reason reason = read_all(e, &a);
    if (!reason)
        reason = keep_own(out, read_data(in, &a, e, out));
    io__cloudevents__v1__cloud_event__free_unpacked(e, NULL);
    return reason;
}

enum envelope_reason structured_read(const struct envelope *in, const char *content_type,
                                     struct envelope_event *out)
{
    if (in->size > STRUCTURED_MAX)
        return ENVELOPE_OVERSIZE;
    if (media_is(content_type, "application/cloudevents+json"))
        return read_json(in, out);
    if (media_is(content_type, "application/cloudevents+protobuf"))
        return read_protobuf(in, out);
    return ENVELOPE_WRONG_CONTENT_TYPE;
}
