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
