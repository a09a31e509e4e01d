/* Values: protobuf and JSON. */
#include "base/message.h"
#include "hongxin/limits.h"
#include "kafka/in/envelope_internal.h"
#include "mapping/record.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    JSON_MAX = 2 * HX_EVENT_MAX, /* an event as JSON is larger than in protobuf */
    FIELD_ID = 1,
    FIELD_SOURCE = 2,
    FIELD_TYPE = 4,
    FIELD_T_OCC = 7,
    FIELD_T_SRC = 8,
};

/* ---- protobuf, without unpacking: the daemon does that, and the bytes stay as they are ---- */

struct scan {
    const uint8_t *at, *end;
    const char *source;
    size_t source_size;
    bool has_id, has_source, has_type, has_time;
};

static bool varint(struct scan *s, uint64_t *v)
{
    *v = 0;
    for (unsigned shift = 0; shift < 64 && s->at < s->end; shift += 7) {
        uint8_t byte = *s->at++;
        *v |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return true;
    }
    return false;
}

static void note_text(struct scan *s, uint64_t field, size_t size)
{
    if (field == FIELD_ID)
        s->has_id = size > 0;
    if (field == FIELD_TYPE)
        s->has_type = size > 0;
    if (field != FIELD_SOURCE)
        return;
    s->has_source = size > 0;
    s->source = (const char *)s->at;
    s->source_size = size;
}

static bool skip(struct scan *s, uint64_t tag)
{
    uint64_t n = 0;
    switch (tag & 7) {
    case 0:
        return varint(s, &n);
    case 1:
        n = 8;
        s->has_time |= tag >> 3 == FIELD_T_OCC || tag >> 3 == FIELD_T_SRC;
        break;
    case 2:
        if (!varint(s, &n) || n > (uint64_t)(s->end - s->at))
            return false;
        note_text(s, tag >> 3, (size_t)n);
        break;
    case 5:
        n = 4;
        break;
    default:
        return false;
    }
    if (n > (uint64_t)(s->end - s->at))
        return false;
    s->at += n;
    return true;
}

/* False: malformed. */
static bool scan_event(struct scan *s, const void *bytes, size_t size)
{
    uint64_t tag;
    *s = (struct scan){.at = bytes, .end = (const uint8_t *)bytes + size};
    while (s->at < s->end)
        if (!varint(s, &tag) || !skip(s, tag))
            return false;
    return true;
}

/* "cn.city.REPORTED.v1" is REPORTED. */
static const char *word_of(const char *type, size_t *size)
{
    size_t n = strlen(type);
    const char *dot = strrchr(type, '.');
    if (dot && dot[1] == 'v' && dot[2] && strspn(dot + 2, "0123456789") == strlen(dot + 2))
        n = (size_t)(dot - type);
    size_t at = n;
    while (at && type[at - 1] != '.')
        at--;
    *size = n - at;
    return type + at;
}

static uint8_t *put_text(uint8_t *p, unsigned field, const char *text, size_t size)
{
    *p++ = (uint8_t)(field << 3 | 2);
    if (size >= 0x80)
        *p++ = (uint8_t)(size | 0x80);
    *p++ = (uint8_t)(size >= 0x80 ? size >> 7 : size);
    memcpy(p, text, size);
    return p + size;
}

static uint8_t *put_instant(uint8_t *p, unsigned field, int64_t ms)
{
    uint64_t v = (uint64_t)ms;
    *p++ = (uint8_t)(field << 3 | 1);
    for (int i = 0; i < 8; i++)
        *p++ = (uint8_t)(v >> 8 * i);
    return p;
}

/* Messages that stand one behind the other are merged by whoever reads them: what is missing is
 * written behind. */
static enum envelope_reason complete(const struct attributes *a, const struct scan *s,
                                     struct envelope_event *out)
{
    size_t n;
    const char *word = word_of(a->type, &n);
    bool id = !s->has_id && *a->id, source = !s->has_source && *a->source,
         type = !s->has_type && n > 0, time = !s->has_time && a->t_occ;
    if (!id && !source && !type && !time)
        return ENVELOPE_GOOD;
    uint8_t *made = malloc(out->size + 4 * ((size_t)ATTRIBUTE_MAX + 3)), *p = made;
    if (!made)
        return ENVELOPE_NO_MEMORY;
    memcpy(p, out->bytes, out->size);
    p += out->size;
    if (id)
        p = put_text(p, FIELD_ID, a->id, strlen(a->id));
    if (source)
        p = put_text(p, FIELD_SOURCE, a->source, strlen(a->source));
    if (type)
        p = put_text(p, FIELD_TYPE, word, n);
    if (time)
        p = put_instant(p, FIELD_T_OCC, a->t_occ);
    out->owned = made;
    out->bytes = made;
    out->size = (size_t)(p - made);
    return ENVELOPE_GOOD;
}

static bool is_topics(const struct envelope *in, const char *source, size_t size)
{
    return !*in->source || (strlen(in->source) == size && memcmp(in->source, source, size) == 0);
}

static enum envelope_reason judge(const struct envelope *in, struct envelope_event *out)
{
    struct scan s;
    if (out->size > HX_EVENT_MAX)
        return ENVELOPE_OVERSIZE;
    if (!scan_event(&s, out->bytes, out->size))
        return ENVELOPE_GOOD; /* the daemon says what is wrong, and keeps it */
    return is_topics(in, s.source ? s.source : "", s.source_size) ? ENVELOPE_GOOD
                                                                  : ENVELOPE_FOREIGN_SOURCE;
}

static enum envelope_reason read_event(const struct envelope *in, const struct attributes *a,
                                       struct envelope_event *out)
{
    struct scan s;
    if (out->size && *out->bytes == 0)
        return ENVELOPE_UNKNOWN_SCHEMA; /* a schema registry's frame; no message begins so */
    enum envelope_reason reason = ENVELOPE_GOOD;
    if (scan_event(&s, out->bytes, out->size))
        reason = complete(a, &s, out);
    return reason ? reason : judge(in, out);
}

static enum envelope_reason read_item(const struct envelope *in, const struct attributes *a,
                                      const void *value, size_t size, struct envelope_event *out)
{
    out->item = hongxin__v1__item__unpack(NULL, size, value);
    if (!out->item)
        return ENVELOPE_UNKNOWN_SCHEMA;
    out->bytes = out->item->event.data;
    out->size = out->item->event.len;
    out->reporter = out->item->reporter;
    return out->size ? read_event(in, a, out) : ENVELOPE_EMPTY;
}

/* ---- JSON ---- */

static int fill(json_t *object, const char *key, const char *text, size_t size)
{
    if (!size || json_object_get(object, key))
        return 0;
    return json_object_set_new(object, key, json_stringn(text, size));
}

static int fill_all(const struct attributes *a, json_t *object)
{
    size_t n;
    const char *word = word_of(a->type, &n);
    bool dated = json_object_get(object, "t_occ") || json_object_get(object, "t_src");
    return fill(object, "id", a->id, strlen(a->id)) |
           fill(object, "source", a->source, strlen(a->source)) | fill(object, "type", word, n) |
           (dated ? 0 : fill(object, "t_occ", a->time, strlen(a->time)));
}

enum envelope_reason content_json(const struct envelope *in, const struct attributes *a,
                                  json_t *object, struct envelope_event *out)
{
    struct record record;
    char problem[RECORD_PROBLEM];
    if (json_is_object(object) && fill_all(a, object) != 0)
        return ENVELOPE_NO_MEMORY;
    int rc = record_from_json(object, &record, problem);
    if (rc)
        return rc == HX_NOMEM ? ENVELOPE_NO_MEMORY : ENVELOPE_NOT_AN_EVENT;
    out->owned = hx_message_bytes(&record.event->base, &out->size);
    out->bytes = out->owned;
    out->reporter = record.reporter;
    record.reporter = NULL;
    record_fini(&record);
    return out->owned ? judge(in, out) : ENVELOPE_NO_MEMORY;
}

static enum envelope_reason read_json(const struct envelope *in, const struct attributes *a,
                                      const void *value, size_t size, struct envelope_event *out)
{
    if (size > JSON_MAX)
        return ENVELOPE_OVERSIZE;
    json_t *object = json_loadb(value, size, JSON_REJECT_DUPLICATES, NULL);
    if (!object)
        return ENVELOPE_NOT_JSON;
    enum envelope_reason reason = content_json(in, a, object, out);
    json_decref(object);
    return reason;
}

/* ---- by content type ---- */

/* The message that a type names: "hongxin.v1.Event" behind the last slash, blank or sign. */
static bool names(const char *text, const char *message)
{
    size_t n = strlen(text), m = strlen(message);
    while (n && strchr("\"; ", text[n - 1]))
        n--;
    return n >= m && strncmp(text + n - m, message, m) == 0 &&
           (n == m || strchr("=/#\" ", text[n - m - 1]));
}

static bool is_protobuf(const char *type)
{
    return media_is(type, "application/protobuf") || media_is(type, "application/x-protobuf") ||
           media_is(type, "application/vnd.google.protobuf");
}

static enum envelope_reason read_protobuf(const struct envelope *in, const struct attributes *a,
                                          const void *value, size_t size,
                                          struct envelope_event *out)
{
    const char *parameter = strchr(a->content_type, '=');
    if (size > HX_EVENT_MAX + HX_REPORTER_MAX)
        return ENVELOPE_OVERSIZE;
    if (parameter && names(parameter, "hongxin.v1.Item"))
        return read_item(in, a, value, size, out);
    if (parameter && !names(parameter, "hongxin.v1.Event"))
        return ENVELOPE_UNKNOWN_SCHEMA;
    out->bytes = value;
    out->size = size;
    return read_event(in, a, out);
}

static bool is_our_schema(const char *schema)
{
    return !*schema || names(schema, "hongxin.v1.Event") || names(schema, "hongxin.v1.Item") ||
           names(schema, "event.proto");
}

enum envelope_reason content_read(const struct envelope *in, const struct attributes *a,
                                  const void *value, size_t size, struct envelope_event *out)
{
    const char *type = a->content_type;
    bool untold = !*type || media_is(type, "application/octet-stream");
    if (!is_our_schema(a->dataschema))
        return ENVELOPE_UNKNOWN_SCHEMA;
    if (untold ? in->format == ENVELOPE_PROTOBUF : is_protobuf(type))
        return read_protobuf(in, a, value, size, out);
    if (untold || media_is(type, "application/json") || media_is(type, "text/json") ||
        media_ends(type, "+json"))
        return read_json(in, a, value, size, out);
    return ENVELOPE_WRONG_CONTENT_TYPE;
}
