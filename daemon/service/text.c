#include "service/text.h"

#include "base/utf8.h"
#include <stdint.h>
#include <string.h>

bool text_is_utf8(const char *s)
{
    size_t n = strlen(s);
    return hx_utf8_span(s, n) == n;
}

static bool string_ok(const char *s)
{
    return !s || s == (const char *)protobuf_c_empty_string || text_is_utf8(s);
}

static bool value_ok(const ProtobufCFieldDescriptor *f, const void *value)
{
    if (f->type == PROTOBUF_C_TYPE_STRING)
        return string_ok(*(char *const *)value);
    const ProtobufCMessage *inner = *(ProtobufCMessage *const *)value;
    return !inner || text_all_utf8(inner);
}

static bool field_ok(const ProtobufCMessage *m, const ProtobufCFieldDescriptor *f)
{
    const char *member = (const char *)m + f->offset;
    if (f->label != PROTOBUF_C_LABEL_REPEATED)
        return value_ok(f, member);
    size_t n = *(const size_t *)((const char *)m + f->quantifier_offset);
    char *const *list = *(char *const *const *)member;
    for (size_t i = 0; i < n; i++)
        if (!value_ok(f, &list[i]))
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

bool text_all_utf8(const ProtobufCMessage *m)
{
    const ProtobufCMessageDescriptor *d = m->descriptor;
    for (unsigned i = 0; i < d->n_fields; i++) {
        const ProtobufCFieldDescriptor *f = &d->fields[i];
        bool text = f->type == PROTOBUF_C_TYPE_STRING || f->type == PROTOBUF_C_TYPE_MESSAGE;
        if (text && is_set(m, f) && !field_ok(m, f))
            return false;
    }
    return true;
}
