#include "service/text.h"

#include "base/utf8.h"
#include <stdint.h>
#include <string.h>

bool text_is_utf8(const char *s)
{
    size_t n = strlen(s);
    return hx_utf8_span(s, n) == n;
}

/* ---- events in events ---- */

enum { EVENT_DATA = 16, DATA_HISTORY = 52, EVENTS_MOST = 2, WIRE_BYTES = 2 };

/* A base-128 number; false at the end of the bytes. */
static bool take_number(const uint8_t **p, const uint8_t *end, uint64_t *n)
{
    *n = 0;
    for (int shift = 0; *p < end && shift < 64; shift += 7) {
        uint8_t byte = *(*p)++;
        *n |= (uint64_t)(byte & 127) << shift;
        if (!(byte & 128))
            return true;
    }
    return false;
}

/* Steps over one field: its number, and its bytes when it has a length. False: no more fields. */
static bool take_field(const uint8_t **p, const uint8_t *end, uint64_t *field, size_t *size)
{
    static const uint8_t fixed[8] = {[1] = 8, [5] = 4};
    uint64_t key, n = 0;
    if (!take_number(p, end, &key))
        return false;
    unsigned wire = key & 7;
    if ((wire == 0 || wire == WIRE_BYTES) && !take_number(p, end, &n))
        return false;
    *field = wire == WIRE_BYTES ? key >> 3 : 0;
    *size = wire == WIRE_BYTES ? n : fixed[wire];
    return *size <= (size_t)(end - *p);
}

/* `level` counts events and their data: 0 the event, 1 its data, 2 an event of its history … */
static bool flat(const uint8_t *p, const uint8_t *end, int level)
{
    uint64_t field, inner = level % 2 ? DATA_HISTORY : EVENT_DATA;
    size_t size;
    if (level == 2 * EVENTS_MOST)
        return false;
    for (; take_field(&p, end, &field, &size); p += size)
        if (field == inner && !flat(p, p + size, level + 1))
            return false;
    return true;
}

bool text_event_flat(const uint8_t *bytes, size_t size)
{
    return !size || flat(bytes, bytes + size, 0);
}

/* ---- texts ---- */

static bool string_ok(const char *s)
{
    return !s || s == (const char *)protobuf_c_empty_string || text_is_utf8(s);
}

static bool value_ok(const ProtobufCFieldDescriptor *f, const void *value, text_test *ok)
{
    if (f->type == PROTOBUF_C_TYPE_STRING)
        return ok(*(char *const *)value);
    const ProtobufCMessage *inner = *(ProtobufCMessage *const *)value;
    return !inner || text_all(inner, ok);
}

static bool field_ok(const ProtobufCMessage *m, const ProtobufCFieldDescriptor *f, text_test *ok)
{
    const char *member = (const char *)m + f->offset;
    if (f->label != PROTOBUF_C_LABEL_REPEATED)
        return value_ok(f, member, ok);
    size_t n = *(const size_t *)((const char *)m + f->quantifier_offset);
    char *const *list = *(char *const *const *)member;
    for (size_t i = 0; i < n; i++)
        if (!value_ok(f, &list[i], ok))
            return false;
    return true;
}

/* A member of a oneof holds its value only when the oneof says so. */
static bool is_set(const ProtobufCMessage *m, const ProtobufCFieldDescriptor *f)
{
    if (!(f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF))
        return true;
    return *(const uint32_t *)((const char *)m + f->quantifier_offset) == f->id;
}

/* A text that is not there, a message that is not there, a list of nothing: most fields of most
 * messages. */
static bool is_empty(const ProtobufCMessage *m, const ProtobufCFieldDescriptor *f)
{
    const char *member = (const char *)m + f->offset;
    if (f->label == PROTOBUF_C_LABEL_REPEATED)
        return *(const size_t *)((const char *)m + f->quantifier_offset) == 0;
    const void *value = *(const void *const *)member;
    return !value || value == protobuf_c_empty_string;
}

bool text_all(const ProtobufCMessage *m, text_test *ok)
{
    const ProtobufCMessageDescriptor *d = m->descriptor;
    for (unsigned i = 0; i < d->n_fields; i++) {
        const ProtobufCFieldDescriptor *f = &d->fields[i];
        bool text = f->type == PROTOBUF_C_TYPE_STRING || f->type == PROTOBUF_C_TYPE_MESSAGE;
        if (text && !is_empty(m, f) && is_set(m, f) && !field_ok(m, f, ok))
            return false;
    }
    return true;
}

bool text_all_utf8(const ProtobufCMessage *m)
{
    return text_all(m, string_ok);
}
