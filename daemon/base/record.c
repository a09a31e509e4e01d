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

/* ---- reading
 * ------------------------------------------------------------------------------------- */

static inline int get_varint(struct reader *r, uint64_t *v)
{
    if (r->p < r->end && *r->p < 0x80) { /* most of them */
        *v = *r->p++;
        return HX_OK;
    }
    *v = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        if (r->p == r->end)
            return HX_CORRUPT;
        uint8_t b = *r->p++;
        *v |= (uint64_t)(b & 0x7f) << shift;
        if (!(b & 0x80))
            return HX_OK;
    }
    return HX_CORRUPT;
}

static inline int get_fixed64(struct reader *r, uint64_t *v)
{
    if (r->end - r->p < 8)
        return HX_CORRUPT;
    memcpy(v, r->p, sizeof *v);
    *v = le64toh(*v);
    r->p += sizeof *v;
    return HX_OK;
}

static inline int get_span(struct reader *r, struct reader *span)
{
    uint64_t n;
    if (get_varint(r, &n) || n > (uint64_t)(r->end - r->p))
        return HX_CORRUPT;
    *span = (struct reader){r->p, r->p + n};
    r->p += n;
    return HX_OK;
}

static int skip(struct reader *r, unsigned wire)
{
    uint64_t v;
    struct reader span;
    switch (wire) {
    case WIRE_VARINT:
        return get_varint(r, &v);
    case WIRE_FIXED64:
        return get_fixed64(r, &v);
    case WIRE_BYTES:
        return get_span(r, &span);
    case WIRE_FIXED32:
        if (r->end - r->p < 4)
            return HX_CORRUPT;
        r->p += 4;
        return HX_OK;
    default:
        return HX_CORRUPT;
    }
}

static int get_text(const struct reader *span, char *out, size_t cap)
{
    size_t n = (size_t)(span->end - span->p);
    if (n >= cap)
        return HX_CORRUPT;
    memcpy(out, span->p, n);
    out[n] = '\0';
    return HX_OK;
}

static int get_i64s(struct reader *span, int64_t *out, size_t cap)
{
    for (size_t i = 0; span->p < span->end; i++) {
        uint64_t v;
        if (i == cap || get_fixed64(span, &v))
            return HX_CORRUPT;
        out[i] = (int64_t)v;
    }
    return HX_OK;
}

static int get_record(const struct hx_record *rec, struct reader r, uint8_t *object);

static int get_element(const struct hx_field *f, struct reader *span, uint8_t *object)
{
    uint32_t *count = (uint32_t *)(void *)(object + f->count_offset);
    if (*count >= f->cap)
        return HX_CORRUPT;
    uint32_t i = (*count)++;
    if (f->type == HX_FIELD_TEXTS)
        return get_text(span, (char *)object + f->offset + (size_t)i * f->size, f->size);
    uint8_t *element = object + f->offset + i * f->sub->size;
    memset(element, 0, f->sub->size);
    return get_record(f->sub, *span, element);
}

static int get_varint_field(const struct hx_field *f, struct reader *r, uint8_t *at)
{
    uint64_t v;
    if (get_varint(r, &v))
        return HX_CORRUPT;
    if (f->type == HX_FIELD_U8) {
        if (v > UINT8_MAX)
            return HX_CORRUPT;
        *at = (uint8_t)v;
    } else if (f->type == HX_FIELD_U32) {
        if (v > UINT32_MAX)
            return HX_CORRUPT;
        *(uint32_t *)(void *)at = (uint32_t)v;
    } else {
        *(uint64_t *)(void *)at = v;
    }
    return HX_OK;
}

static int get_field(const struct hx_field *f, unsigned wire, struct reader *r, uint8_t *object)
{
    uint8_t *at = object + f->offset;
    if (f->type <= HX_FIELD_U64)
        return wire == WIRE_VARINT ? get_varint_field(f, r, at) : HX_CORRUPT;
    if (f->type == HX_FIELD_I64) {
        uint64_t v;
        if (wire != WIRE_FIXED64 || get_fixed64(r, &v))
            return HX_CORRUPT;
        *(int64_t *)(void *)at = (int64_t)v;
        return HX_OK;
    }
    struct reader span;
    if (wire != WIRE_BYTES || get_span(r, &span))
        return HX_CORRUPT;
    if (f->type == HX_FIELD_TEXT)
        return get_text(&span, (char *)at, f->size);
    if (f->type == HX_FIELD_I64S)
        return get_i64s(&span, (int64_t *)(void *)at, f->size);
    return get_element(f, &span, object);
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
static int get_record(const struct hx_record *rec, struct reader r, uint8_t *object)
{
    size_t at = 0; /* fields come in order, so the search rarely moves */
    while (r.p < r.end) {
        uint64_t tag;
        if (get_varint(&r, &tag))
            return HX_CORRUPT;
        uint64_t number = tag >> 3;
        if (at >= rec->n_fields || rec->fields[at].number > number)
            at = 0;
        while (at < rec->n_fields && rec->fields[at].number < number)
            at++;
        int rc = at < rec->n_fields && rec->fields[at].number == number
                     ? get_field(&rec->fields[at], tag & 7, &r, object)
                     : skip(&r, tag & 7);
        if (rc)
            return rc;
    }
    return HX_OK;
}

int hx_record_unpack(const struct hx_record *rec, const uint8_t *buf, size_t size, void *object)
{
    clear(rec, object);
    return get_record(rec, (struct reader){buf, size ? buf + size : buf}, object);
}
