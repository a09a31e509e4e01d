#include "base/message.h"

#include "base/packing.h"
#include <endian.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Everything below takes the place `p` in front of which it writes and returns the new one; NULL,
 * once there is no room in front of `start`, goes through to the end. Kept in registers that way:
 * bytes written through a pointer could change a structure that is shared. */

enum { NUMBER_MAX = HX_MESSAGE_SPARE }; /* at least a tag and a varint: 5 + 10 bytes */

static inline bool room(const uint8_t *p, const uint8_t *start, size_t n)
{
    return (size_t)(p - start) >= n;
}

/* The callers of the next four have made sure of the room. */
static inline uint8_t *put_varint(uint8_t *p, uint64_t v)
{
    if (v < 0x80) {
        *--p = (uint8_t)v;
        return p;
    }
    size_t n = (size_t)(70 - __builtin_clzll(v)) / 7;
    uint8_t *q = p -= n;
    for (; v >= 0x80; v >>= 7)
        *q++ = (uint8_t)(v | 0x80);
    *q = (uint8_t)v;
    return p;
}

static inline uint8_t *put_fixed64(uint8_t *p, uint64_t v)
{
    v = htole64(v);
    return memcpy(p - sizeof v, &v, sizeof v);
}

static inline uint8_t *put_fixed32(uint8_t *p, uint32_t v)
{
    v = htole32(v);
    return memcpy(p - sizeof v, &v, sizeof v);
}

static inline uint8_t *put_wire(uint8_t *p, enum part_kind kind, uint64_t v)
{
    if (kind == PART_FIXED64)
        return put_fixed64(p, v);
    if (kind == PART_FIXED32)
        return put_fixed32(p, (uint32_t)v);
    return put_varint(p, v);
}

/* The tag's bytes lie at the end of a word that is written whole: what it overwrites in front of p
 * has not been written yet. */
static inline uint8_t *put_tag(uint8_t *p, const struct part *f)
{
    memcpy(p - sizeof f->tag, f->tag, sizeof f->tag);
    return p - f->tag_size;
}

/* Most texts are ids and names of a few bytes: two overlapping moves instead of a call. */
static inline void copy(uint8_t *to, const uint8_t *from, size_t n)
{
    uint64_t head, tail;
    uint32_t head4, tail4;
    if (n > 16) {
        memcpy(to, from, n);
    } else if (n >= 8) {
        memcpy(&head, from, 8);
        memcpy(&tail, from + n - 8, 8);
        memcpy(to, &head, 8);
        memcpy(to + n - 8, &tail, 8);
    } else if (n >= 4) {
        memcpy(&head4, from, 4);
        memcpy(&tail4, from + n - 4, 4);
        memcpy(to, &head4, 4);
        memcpy(to + n - 4, &tail4, 4);
    } else if (n) {
        to[0] = from[0];
        to[n / 2] = from[n / 2];
        to[n - 1] = from[n - 1];
    }
}

static inline uint8_t *put_bytes(uint8_t *p, const uint8_t *start, const struct part *f,
                                 ProtobufCBinaryData b)
{
    if (!room(p, start, b.len + NUMBER_MAX))
        return NULL;
    p -= b.len;
    copy(p, b.data, b.len);
    return put_tag(put_varint(p, b.len), f);
}

static uint8_t *put_message(uint8_t *p, const uint8_t *start, const struct shape *s,
                            const ProtobufCMessage *m);

/* What lies between p and `end` gets its length and its tag. */
static inline uint8_t *put_head(uint8_t *p, const uint8_t *start, const struct part *f,
                                const uint8_t *end)
{
    if (!p || !room(p, start, NUMBER_MAX))
        return NULL;
    return put_tag(put_varint(p, (uint64_t)(end - p)), f);
}

static inline uint64_t zigzag(int64_t v)
{
    return (uint64_t)v << 1 ^ (uint64_t)(v >> 63);
}

static inline uint32_t load32(const void *at)
{
    uint32_t v;
    memcpy(&v, at, sizeof v);
    return v;
}

static inline uint64_t load64(const void *at)
{
    uint64_t v;
    memcpy(&v, at, sizeof v);
    return v;
}

/* One number as the wire has it. */
static inline uint64_t load_number(enum part_kind kind, const void *at)
{
    switch (kind) {
    case PART_BOOL:
        return *(const protobuf_c_boolean *)at != 0;
    case PART_INT32:
        return (uint64_t)(int64_t)(int32_t)load32(at);
    case PART_SINT32:
        return zigzag((int32_t)load32(at));
    case PART_UINT32:
    case PART_FIXED32:
        return load32(at);
    case PART_SINT64:
        return zigzag((int64_t)load64(at));
    default:
        return load64(at);
    }
}

/* The commonest field by far, so it has a way of its own: a text that stands alone. */
static inline uint8_t *put_text(uint8_t *p, const uint8_t *start, const struct part *f, char *text)
{
    if (!text || text == protobuf_c_empty_string || !*text)
        return p;
    return put_bytes(p, start, f, (ProtobufCBinaryData){strlen(text), (uint8_t *)text});
}

/* A field that is there once, or not: nothing is written for an empty one unless it was chosen by a
 * oneof or stands in a list. */
static uint8_t *put_single(uint8_t *p, const uint8_t *start, const struct part *f, const void *at,
                           bool chosen)
{
    switch (f->kind) {
    case PART_TEXT: {
        char *text = *(char *const *)at;
        if (!chosen || !text)
            return put_text(p, start, f, text);
        return put_bytes(p, start, f, (ProtobufCBinaryData){strlen(text), (uint8_t *)text});
    }
    case PART_BYTES: {
        const ProtobufCBinaryData *b = at;
        return chosen || b->len ? put_bytes(p, start, f, *b) : p;
    }
    case PART_MESSAGE: {
        const ProtobufCMessage *m = *(ProtobufCMessage *const *)at;
        return m ? put_head(put_message(p, start, f->shape, m), start, f, p) : p;
    }
    default: {
        uint64_t v = load_number(f->kind, at);
        if (v == 0 && !chosen)
            return p;
        if (!room(p, start, NUMBER_MAX))
            return NULL;
        return put_tag(put_wire(p, f->kind, v), f);
    }
    }
}

/* Numbers of a list stand behind one tag and length. */
static uint8_t *put_packed(uint8_t *p, const uint8_t *start, const struct part *f,
                           const uint8_t *base)
{
    size_t n = *(const size_t *)(const void *)(base + f->quantifier);
    const uint8_t *list = *(uint8_t *const *)(const void *)(base + f->offset), *end = p;
    if (!n)
        return p;
    while (p && n--)
        p = room(p, start, NUMBER_MAX)
                ? put_wire(p, f->kind, load_number(f->kind, list + n * f->element))
                : NULL;
    return put_head(p, start, f, end);
}

static uint8_t *put_list(uint8_t *p, const uint8_t *start, const struct part *f,
                         const uint8_t *base)
{
    size_t n = *(const size_t *)(const void *)(base + f->quantifier);
    const uint8_t *list = *(uint8_t *const *)(const void *)(base + f->offset);
    while (p && n--)
        p = put_single(p, start, f, list + n * f->element, true);
    return p;
}

static uint8_t *put_unknown(uint8_t *p, const uint8_t *start, const ProtobufCMessage *m)
{
    for (size_t i = m->n_unknown_fields; p && i-- > 0;) {
        const ProtobufCMessageUnknownField *u = &m->unknown_fields[i];
        if (!room(p, start, u->len + NUMBER_MAX))
            return NULL;
        p = memcpy(p - u->len, u->data, u->len);
        p = put_varint(p, (uint64_t)u->tag << 3 | u->wire_type);
    }
    return p;
}

static inline uint32_t chosen_id(const uint8_t *base, const struct part *f)
{
    return load32(base + f->quantifier);
}

/* The one part of a message that is nothing but a oneof; NULL when none is chosen. Ids mostly are
 * 1, 2, 3 …, so the first look finds it. */
static const struct part *chosen_part(const struct shape *s, const uint8_t *base)
{
    uint32_t id = chosen_id(base, s->parts);
    size_t i = id < s->n ? id : s->n;
    while (i > 0 && s->parts[i - 1].id > id)
        i--;
    return i > 0 && s->parts[i - 1].id == id ? &s->parts[i - 1] : NULL;
}

static uint8_t *put_other(uint8_t *p, const uint8_t *start, const struct part *f,
                          const uint8_t *base)
{
    switch (f->place) {
    case PLACE_SINGLE:
        return put_single(p, start, f, base + f->offset, false);
    case PLACE_LIST:
        return put_list(p, start, f, base);
    case PLACE_PACKED:
        return put_packed(p, start, f, base);
    default:
        return chosen_id(base, f) == f->id ? put_single(p, start, f, base + f->offset, true) : p;
    }
}

/* A number that stands alone, which most of the others are. */
static inline uint8_t *put_number(uint8_t *p, const uint8_t *start, const struct part *f,
                                  uint64_t v)
{
    if (v == 0)
        return p;
    if (!room(p, start, NUMBER_MAX))
        return NULL;
    return put_tag(f->way == WAY_FIXED64 ? put_fixed64(p, v) : put_varint(p, v), f);
}

static uint8_t *put_message(uint8_t *p, const uint8_t *start, const struct shape *s,
                            const ProtobufCMessage *m)
{
    const uint8_t *base = (const uint8_t *)m;
    if (m->n_unknown_fields)
        p = put_unknown(p, start, m);
    if (s->choice) {
        const struct part *f = chosen_part(s, base);
        return p && f ? put_single(p, start, f, base + f->offset, true) : p;
    }
    for (const struct part *f = s->parts + s->n; p && f-- > s->parts;) {
        const void *at = base + f->offset;
        switch (f->way) {
        case WAY_TEXT:
            p = put_text(p, start, f, *(char *const *)at);
            break;
        case WAY_FIXED64:
        case WAY_64:
            p = put_number(p, start, f, load64(at));
            break;
        case WAY_UINT32:
            p = put_number(p, start, f, load32(at));
            break;
        case WAY_BOOL:
            p = put_number(p, start, f, *(const protobuf_c_boolean *)at != 0);
            break;
        default:
            p = put_other(p, start, f, base);
        }
    }
    return p;
}

uint8_t *hx_message_pack(const struct hx_packing *packing, const ProtobufCMessage *message,
                         uint8_t *start, uint8_t *end)
{
    return put_message(end, start, packing->root, message);
}

uint8_t *hx_message_bytes(const ProtobufCMessage *message, size_t *size)
{
    *size = protobuf_c_message_get_packed_size(message);
    uint8_t *bytes = malloc(*size + 1); /* an empty message is no error */
    if (bytes)
        protobuf_c_message_pack(message, bytes);
    return bytes;
}
