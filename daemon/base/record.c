#include "base/record.h"

#include <endian.h>
#include <stdbool.h>
#include <string.h>

enum { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };

/* Bytes that are read, or of a text. */
struct reader {
    const uint8_t *p, *end;
};

/* ---- writing ------------------------------------------------------------------------------------
 *
 * Everything below takes the place `p` at which it writes and returns the new one; NULL, once there
 * is no room before `end`, goes through to the end. Kept in registers that way: bytes written
 * through a pointer could change a structure that is shared. */

enum { NUMBER_MAX = 12 }; /* a tag and a varint or 8 bytes */

static inline bool room(const uint8_t *p, const uint8_t *end, size_t n)
{
    return (size_t)(end - p) >= n;
}

/* The callers of the next three have made sure of the room. */
static inline uint8_t *put_varint(uint8_t *p, uint64_t v)
{
    for (; v >= 0x80; v >>= 7)
        *p++ = (uint8_t)(v | 0x80);
    *p++ = (uint8_t)v;
    return p;
}

static inline uint8_t *put_fixed64(uint8_t *p, uint64_t v)
{
    v = htole64(v);
    memcpy(p, &v, sizeof v);
    return p + sizeof v;
}

static inline uint8_t *put_tag(uint8_t *p, unsigned number, unsigned wire)
{
    return put_varint(p, number << 3 | wire);
}

static inline size_t varint_size(uint64_t v)
{
    return (size_t)(70 - __builtin_clzll(v | 1)) / 7;
}

static inline size_t tag_size(unsigned number)
{
    return number < 16 ? 1 : 2;
}

static inline uint8_t *put_number(uint8_t *p, const uint8_t *end, unsigned number, uint64_t v)
{
    if (v == 0)
        return p;
    if (!room(p, end, NUMBER_MAX) && !room(p, end, tag_size(number) + varint_size(v)))
        return NULL;
    return put_varint(put_tag(p, number, WIRE_VARINT), v);
}

static inline uint8_t *put_i64(uint8_t *p, const uint8_t *end, unsigned number, int64_t v)
{
    if (v == 0)
        return p;
    if (!room(p, end, tag_size(number) + sizeof v))
        return NULL;
    return put_fixed64(put_tag(p, number, WIRE_FIXED64), (uint64_t)v);
}

static uint8_t *put_bytes(uint8_t *p, const uint8_t *end, unsigned number, struct reader bytes)
{
    size_t n = (size_t)(bytes.end - bytes.p);
    if (!room(p, end, tag_size(number) + varint_size(n) + n))
        return NULL;
    p = put_varint(put_tag(p, number, WIRE_BYTES), n);
    memcpy(p, bytes.p, n);
    return p + n;
}

static uint8_t *put_text(uint8_t *p, const uint8_t *end, const struct hx_field *f,
                         const uint8_t *text)
{
    size_t n = strnlen((const char *)text, f->size);
    return put_bytes(p, end, f->number, (struct reader){text, text + n});
}

static uint8_t *put_record(uint8_t *p, const uint8_t *end, const struct hx_record *r,
                           const uint8_t *object);

/* The length goes before a nested structure, so that is written behind a gap of one byte and moved
 * if need be. */
static uint8_t *put_nested(uint8_t *p, const uint8_t *end, const struct hx_field *f,
                           const uint8_t *object)
{
    if (!room(p, end, tag_size(f->number) + 1))
        return NULL;
    p = put_tag(p, f->number, WIRE_BYTES);
    uint8_t *body = p + 1, *after = put_record(body, end, f->sub, object);
    if (!after)
        return NULL;
    size_t n = (size_t)(after - body), extra = varint_size(n) - 1;
    if (extra && !room(after, end, extra))
        return NULL;
    if (extra) /* rarely */
        memmove(body + extra, body, n);
    put_varint(p, n);
    return after + extra;
}

static uint8_t *put_i64s(uint8_t *p, const uint8_t *end, const struct hx_field *f, const int64_t *v)
{
    size_t n = f->size;
    while (n > 0 && v[n - 1] == 0)
        n--;
    if (n == 0)
        return p;
    if (!room(p, end, tag_size(f->number) + varint_size(n * 8) + n * 8))
        return NULL;
    p = put_varint(put_tag(p, f->number, WIRE_BYTES), n * 8);
    for (size_t i = 0; i < n; i++)
        p = put_fixed64(p, (uint64_t)v[i]);
    return p;
}

static uint8_t *put_list(uint8_t *p, const uint8_t *end, const struct hx_field *f,
                         const uint8_t *object)
{
    uint32_t n;
    memcpy(&n, object + f->count_offset, sizeof n);
    for (uint32_t i = 0; p && i < n && i < f->cap; i++) {
        if (f->type == HX_FIELD_TEXTS)
            p = put_text(p, end, f, object + f->offset + (size_t)i * f->size);
        else
            p = put_nested(p, end, f, object + f->offset + i * f->sub->size);
    }
    return p;
}

static inline uint8_t *put_field(uint8_t *p, const uint8_t *end, const struct hx_field *f,
                                 const uint8_t *object)
{
    const void *at = object + f->offset;
    switch (f->type) {
    case HX_FIELD_U8:
        return put_number(p, end, f->number, *(const uint8_t *)at);
    case HX_FIELD_U32:
        return put_number(p, end, f->number, *(const uint32_t *)at);
    case HX_FIELD_U64:
        return put_number(p, end, f->number, *(const uint64_t *)at);
    case HX_FIELD_I64:
        return put_i64(p, end, f->number, *(const int64_t *)at);
    case HX_FIELD_TEXT:
        return *(const char *)at ? put_text(p, end, f, at) : p;
    case HX_FIELD_I64S:
        return put_i64s(p, end, f, at);
    default:
        return put_list(p, end, f, object);
    }
}

static uint8_t *put_record(uint8_t *p, const uint8_t *end, const struct hx_record *r,
                           const uint8_t *object)
{
    for (size_t i = 0; p && i < r->n_fields; i++)
        p = put_field(p, end, &r->fields[i], object);
    return p;
}

size_t hx_record_pack(const struct hx_record *r, const void *object, uint8_t *buf, size_t cap)
{
    uint8_t *end = put_record(buf, buf + cap, r, object);
    return end ? (size_t)(end - buf) : 0;
}

/* ---- reading ------------------------------------------------------------------------------------
 *
 * Everything below takes the place `p` at which it reads and returns the one behind it; NULL, once
 * something is wrong, goes through to the end. */

static inline const uint8_t *get_varint(const uint8_t *p, const uint8_t *end, uint64_t *v)
{
    if (p < end && *p < 0x80) { /* most of them */
        *v = *p;
        return p + 1;
    }
    *v = 0;
    for (unsigned shift = 0; shift < 64 && p < end; shift += 7) {
        uint8_t b = *p++;
        *v |= (uint64_t)(b & 0x7f) << shift;
        if (!(b & 0x80))
            return p;
    }
    return NULL;
}

static inline const uint8_t *get_fixed64(const uint8_t *p, const uint8_t *end, uint64_t *v)
{
    if (end - p < 8)
        return NULL;
    memcpy(v, p, sizeof *v);
    *v = le64toh(*v);
    return p + sizeof *v;
}

static inline const uint8_t *get_span(const uint8_t *p, const uint8_t *end, struct reader *span)
{
    uint64_t n;
    p = get_varint(p, end, &n);
    if (!p || n > (uint64_t)(end - p))
        return NULL;
    *span = (struct reader){p, p + n};
    return p + n;
}

static const uint8_t *skip(const uint8_t *p, const uint8_t *end, unsigned wire)
{
    uint64_t v;
    struct reader span;
    switch (wire) {
    case WIRE_VARINT:
        return get_varint(p, end, &v);
    case WIRE_FIXED64:
        return get_fixed64(p, end, &v);
    case WIRE_BYTES:
        return get_span(p, end, &span);
    case WIRE_FIXED32:
        return end - p < 4 ? NULL : p + 4;
    default:
        return NULL;
    }
}

static bool get_text(struct reader span, char *out, size_t cap)
{
    size_t n = (size_t)(span.end - span.p);
    if (n >= cap)
        return false;
    memcpy(out, span.p, n);
    out[n] = '\0';
    return true;
}

static bool get_i64s(struct reader span, int64_t *out, size_t cap)
{
    for (size_t i = 0; span.p < span.end; i++) {
        uint64_t v;
        if (i == cap || !(span.p = get_fixed64(span.p, span.end, &v)))
            return false;
        out[i] = (int64_t)v;
    }
    return true;
}

static bool get_record(const struct hx_record *rec, struct reader r, uint8_t *object);

static bool get_element(const struct hx_field *f, struct reader span, uint8_t *object)
{
    uint32_t *count = (uint32_t *)(void *)(object + f->count_offset);
    if (*count >= f->cap)
        return false;
    uint32_t i = (*count)++;
    if (f->type == HX_FIELD_TEXTS)
        return get_text(span, (char *)object + f->offset + (size_t)i * f->size, f->size);
    uint8_t *element = object + f->offset + i * f->sub->size;
    memset(element, 0, f->sub->size);
    return get_record(f->sub, span, element);
}

static bool get_bytes(const struct hx_field *f, struct reader span, uint8_t *object)
{
    uint8_t *at = object + f->offset;
    if (f->type == HX_FIELD_TEXT)
        return get_text(span, (char *)at, f->size);
    if (f->type == HX_FIELD_I64S)
        return get_i64s(span, (int64_t *)(void *)at, f->size);
    return get_element(f, span, object);
}

static inline bool set_number(const struct hx_field *f, uint64_t v, void *at)
{
    if (f->type == HX_FIELD_U8)
        *(uint8_t *)at = (uint8_t)v;
    else if (f->type == HX_FIELD_U32)
        *(uint32_t *)at = (uint32_t)v;
    else
        *(uint64_t *)at = v;
    return v <= (f->type == HX_FIELD_U8    ? UINT8_MAX
                 : f->type == HX_FIELD_U32 ? UINT32_MAX
                                           : UINT64_MAX);
}

static inline unsigned wire_of(const struct hx_field *f)
{
    return f->type <= HX_FIELD_U64   ? WIRE_VARINT
           : f->type == HX_FIELD_I64 ? WIRE_FIXED64
                                     : WIRE_BYTES;
}

static inline const uint8_t *get_field(const uint8_t *p, const uint8_t *end,
                                       const struct hx_field *f, uint8_t *object)
{
    uint64_t v;
    struct reader span;
    if (f->type <= HX_FIELD_U64) {
        p = get_varint(p, end, &v);
        return p && set_number(f, v, object + f->offset) ? p : NULL;
    }
    if (f->type == HX_FIELD_I64) {
        p = get_fixed64(p, end, &v);
        if (p)
            memcpy(object + f->offset, &v, sizeof v);
        return p;
    }
    p = get_span(p, end, &span);
    return p && get_bytes(f, span, object) ? p : NULL;
}

/* Most tables have all their numbers, then the first look finds it; one that grew in another order
 * is searched through. NULL = not known here. */
static inline const struct hx_field *find_field(const struct hx_record *rec, uint64_t number)
{
    size_t guess = number < rec->n_fields ? number : rec->n_fields;
    for (size_t i = guess; i > 0; i--)
        if (rec->fields[i - 1].number == number)
            return &rec->fields[i - 1];
    for (size_t i = rec->n_fields; i > guess; i--)
        if (rec->fields[i - 1].number == number)
            return &rec->fields[i - 1];
    return NULL;
}

/* Only what may be read later is cleared: an element of a list is cleared when it is read. */
static void clear(const struct hx_record *rec, uint8_t *object)
{
    for (size_t i = 0; i < rec->n_fields; i++) {
        const struct hx_field *f = &rec->fields[i];
        void *at = object + f->offset;
        switch (f->type) {
        case HX_FIELD_U8:
        case HX_FIELD_TEXT:
            *(uint8_t *)at = 0;
            break;
        case HX_FIELD_U32:
            *(uint32_t *)at = 0;
            break;
        case HX_FIELD_U64:
        case HX_FIELD_I64:
            *(uint64_t *)at = 0;
            break;
        case HX_FIELD_I64S:
            memset(at, 0, (size_t)f->size * 8);
            break;
        default:
            memset(object + f->count_offset, 0, 4);
        }
    }
}

/* Into a structure that has been cleared. */
static bool get_record(const struct hx_record *rec, struct reader r, uint8_t *object)
{
    const uint8_t *p = r.p;
    while (p && p < r.end) {
        uint64_t tag;
        p = get_varint(p, r.end, &tag);
        if (!p)
            break;
        const struct hx_field *f = find_field(rec, tag >> 3);
        if (!f)
            p = skip(p, r.end, tag & 7);
        else
            p = wire_of(f) == (tag & 7) ? get_field(p, r.end, f, object) : NULL;
    }
    return p != NULL;
}

int hx_record_unpack(const struct hx_record *rec, const uint8_t *buf, size_t size, void *object)
{
    static const uint8_t none[1];
    clear(rec, object);
    return get_record(rec, size ? (struct reader){buf, buf + size} : (struct reader){none, none},
                      object)
               ? HX_OK
               : HX_CORRUPT;
}
