#include "service/text.h"

#include <stdint.h>
#include <string.h>

static bool continuation(unsigned char c)
{
    return (c & 0xC0) == 0x80;
}

/* Length of the well-formed sequence at s (a byte >= 0x80, n bytes left); 0 when there is none. */
static size_t sequence(const unsigned char *s, size_t n)
{
    unsigned char c = s[0];
    if (c >= 0xC2 && c <= 0xDF)
        return n >= 2 && continuation(s[1]) ? 2 : 0;
    if (c >= 0xE0 && c <= 0xEF) {
        if (n < 3 || !continuation(s[1]) || !continuation(s[2]))
            return 0;
        return (c == 0xE0 && s[1] < 0xA0) || (c == 0xED && s[1] > 0x9F) ? 0 : 3;
    }
    if (c >= 0xF0 && c <= 0xF4) {
        if (n < 4 || !continuation(s[1]) || !continuation(s[2]) || !continuation(s[3]))
            return 0;
        return (c == 0xF0 && s[1] < 0x90) || (c == 0xF4 && s[1] > 0x8F) ? 0 : 4;
    }
    return 0;
}

bool text_is_utf8(const char *text, size_t n)
{
    const unsigned char *s = (const unsigned char *)text;
    size_t i = 0;
    while (i < n) {
        uint64_t eight;
        if (n - i >= 8 && (memcpy(&eight, s + i, 8), (eight & UINT64_C(0x8080808080808080)) == 0)) {
            i += 8;
        } else if (s[i] < 0x80) {
            i++;
        } else {
            size_t more = sequence(s + i, n - i);
            if (!more)
                return false;
            i += more;
        }
    }
    return true;
}

static bool string_ok(const char *s)
{
    return !s || s == (const char *)protobuf_c_empty_string || text_is_utf8(s, strlen(s));
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
