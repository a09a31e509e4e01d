#include "base/record.h"

#include <endian.h>
#include <string.h>

enum { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };

/* ---- writing: sticky, one check at the end
 * ------------------------------------------------------- */

struct writer {
    uint8_t *p, *end;
    int full;
};

/* Room is asked for once per field; the single puts do not look again. */

static int room(struct writer *w, size_t n)
{
    if ((size_t)(w->end - w->p) < n)
        w->full = 1;
    return !w->full;
}

static size_t varint_size(uint64_t v)
{
    return (size_t)(70 - __builtin_clzll(v | 1)) / 7;
}

static size_t tag_size(unsigned number)
{
    return number < 16 ? 1 : 2;
}

static void put_varint(struct writer *w, uint64_t v)
{
    uint8_t *p = w->p;
    for (; v >= 0x80; v >>= 7)
        *p++ = (uint8_t)(v | 0x80);
    *p++ = (uint8_t)v;
    w->p = p;
}

static void put_fixed64(struct writer *w, uint64_t v)
{
    v = htole64(v);
    memcpy(w->p, &v, sizeof v);
    w->p += sizeof v;
}

static void put_tag(struct writer *w, unsigned number, unsigned wire)
{
    put_varint(w, number << 3 | wire);
}

static void put_bytes(struct writer *w, unsigned number, const void *src, size_t n)
{
    if (!room(w, tag_size(number) + varint_size(n) + n))
        return;
    put_tag(w, number, WIRE_BYTES);
    put_varint(w, n);
    memcpy(w->p, src, n);
    w->p += n;
}

static void put_record(struct writer *w, const struct hx_record *r, const uint8_t *object);

/* A nested structure: its length goes before it, so it is written behind a gap of one byte and
 * moved if need be. */
static void put_nested(struct writer *w, unsigned number, const struct hx_record *r,
                       const uint8_t *object)
{
    if (!room(w, tag_size(number) + 1))
        return;
    put_tag(w, number, WIRE_BYTES);
    uint8_t *length_at = w->p++;
    uint8_t *body = w->p;
    put_record(w, r, object);
    if (w->full)
        return;
    size_t n = (size_t)(w->p - body);
    if (n < 0x80) { /* nearly always: the gap of one byte was right */
        *length_at = (uint8_t)n;
        return;
    }
    uint8_t head[10];
    struct writer h = {head, head + sizeof head, 0};
    put_varint(&h, n);
    size_t extra = (size_t)(h.p - head) - 1;
    if (!room(w, extra))
        return;
    memmove(body + extra, body, n);
    memcpy(length_at, head, extra + 1);
    w->p += extra;
}

static void put_i64s(struct writer *w, const struct hx_field *f, const int64_t *v)
{
    size_t n = f->size;
    while (n > 0 && v[n - 1] == 0)
        n--;
    if (n == 0 || !room(w, tag_size(f->number) + varint_size(n * 8) + n * 8))
        return;
    put_tag(w, f->number, WIRE_BYTES);
    put_varint(w, n * 8);
    for (size_t i = 0; i < n; i++)
        put_fixed64(w, (uint64_t)v[i]);
}

static void put_number(struct writer *w, const struct hx_field *f, uint64_t v)
{
    if (v == 0 || !room(w, tag_size(f->number) + varint_size(v)))
        return;
    put_tag(w, f->number, WIRE_VARINT);
    put_varint(w, v);
}

static void put_list(struct writer *w, const struct hx_field *f, const uint8_t *object)
{
    uint32_t n;
    memcpy(&n, object + f->count_offset, sizeof n);
    for (uint32_t i = 0; i < n && i < f->cap; i++) {
        if (f->type == HX_FIELD_TEXTS) {
            const char *text = (const char *)object + f->offset + (size_t)i * f->size;
            put_bytes(w, f->number, text, strnlen(text, f->size));
        } else {
            put_nested(w, f->number, f->sub, object + f->offset + i * f->sub->size);
        }
    }
}

static void put_field(struct writer *w, const struct hx_field *f, const uint8_t *object)
{
    const uint8_t *at = object + f->offset;
    switch (f->type) {
    case HX_FIELD_U8:
        put_number(w, f, *at);
        break;
    case HX_FIELD_U32:
        put_number(w, f, *(const uint32_t *)(const void *)at);
        break;
    case HX_FIELD_U64:
        put_number(w, f, *(const uint64_t *)(const void *)at);
        break;
    case HX_FIELD_I64: {
        int64_t v = *(const int64_t *)(const void *)at;
        if (v != 0 && room(w, tag_size(f->number) + sizeof v)) {
            put_tag(w, f->number, WIRE_FIXED64);
            put_fixed64(w, (uint64_t)v);
        }
        break;
    }
    case HX_FIELD_TEXT:
        if (*at)
            put_bytes(w, f->number, at, strnlen((const char *)at, f->size));
        break;
    case HX_FIELD_I64S:
        put_i64s(w, f, (const int64_t *)(const void *)at);
        break;
    default:
        put_list(w, f, object);
    }
}

static void put_record(struct writer *w, const struct hx_record *r, const uint8_t *object)
{
    for (size_t i = 0; i < r->n_fields && !w->full; i++)
        put_field(w, &r->fields[i], object);
}

size_t hx_record_pack(const struct hx_record *r, const void *object, uint8_t *buf, size_t cap)
{
    struct writer w = {buf, buf + cap, 0};
    put_record(&w, r, object);
    return w.full ? 0 : (size_t)(w.p - buf);
}

/* ---- reading
 * ------------------------------------------------------------------------------------- */

struct reader {
    const uint8_t *p, *end;
};

static int get_varint(struct reader *r, uint64_t *v)
{
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

static int get_fixed64(struct reader *r, uint64_t *v)
{
    if (r->end - r->p < 8)
        return HX_CORRUPT;
    *v = 0;
    for (int i = 0; i < 8; i++)
        *v |= (uint64_t)*r->p++ << (8 * i);
    return HX_OK;
}

static int get_span(struct reader *r, struct reader *span)
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

static int get_element(const struct hx_field *f, struct reader *span, uint8_t *object)
{
    uint32_t *count = (uint32_t *)(void *)(object + f->count_offset);
    if (*count >= f->cap)
        return HX_CORRUPT;
    uint32_t i = (*count)++;
    if (f->type == HX_FIELD_TEXTS)
        return get_text(span, (char *)object + f->offset + (size_t)i * f->size, f->size);
    return hx_record_unpack(f->sub, span->p, (size_t)(span->end - span->p),
                            object + f->offset + i * f->sub->size);
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
    static const size_t sizes[] = {[HX_FIELD_U8] = 1,
                                   [HX_FIELD_U32] = 4,
                                   [HX_FIELD_U64] = 8,
                                   [HX_FIELD_I64] = 8,
                                   [HX_FIELD_TEXT] = 1};
    for (size_t i = 0; i < rec->n_fields; i++) {
        const struct hx_field *f = &rec->fields[i];
        if (f->type <= HX_FIELD_TEXT)
            memset(object + f->offset, 0, sizes[f->type]);
        else if (f->type == HX_FIELD_I64S)
            memset(object + f->offset, 0, (size_t)f->size * 8);
        else
            memset(object + f->count_offset, 0, 4);
    }
}

int hx_record_unpack(const struct hx_record *rec, const uint8_t *buf, size_t size, void *object)
{
    clear(rec, object);
    struct reader r = {buf, size ? buf + size : buf};
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
