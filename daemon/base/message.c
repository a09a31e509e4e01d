#include "base/message.h"

#include <endian.h>
#include <stdbool.h>
#include <string.h>

enum { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };
enum { NUMBER_MAX = HX_MESSAGE_SPARE }; /* at least a tag and a varint: 5 + 10 bytes */

struct writer {
    uint8_t *p, *start; /* p moves down */
    bool full;
};

static inline bool room(struct writer *w, size_t n)
{
    if ((size_t)(w->p - w->start) < n)
        w->full = true;
    return !w->full;
}

/* The callers have made sure of the room. */
static inline void put_varint(struct writer *w, uint64_t v)
{
    if (v < 0x80) {
        *--w->p = (uint8_t)v;
        return;
    }
    size_t n = (size_t)(70 - __builtin_clzll(v)) / 7;
    uint8_t *p = w->p -= n;
    for (; v >= 0x80; v >>= 7)
        *p++ = (uint8_t)(v | 0x80);
    *p = (uint8_t)v;
}

static inline void put_tag(struct writer *w, const ProtobufCFieldDescriptor *f, unsigned wire)
{
    put_varint(w, (uint64_t)f->id << 3 | wire);
}

static inline void put_fixed64(struct writer *w, uint64_t v)
{
    v = htole64(v);
    w->p -= sizeof v;
    memcpy(w->p, &v, sizeof v);
}

static void put_fixed32(struct writer *w, uint32_t v)
{
    v = htole32(v);
    w->p -= sizeof v;
    memcpy(w->p, &v, sizeof v);
}

static inline void put_bytes(struct writer *w, const ProtobufCFieldDescriptor *f, const void *bytes,
                             size_t n)
{
    if (!room(w, n + NUMBER_MAX))
        return;
    w->p -= n;
    memcpy(w->p, bytes, n);
    put_varint(w, n);
    put_tag(w, f, WIRE_BYTES);
}

static void put_message(struct writer *w, const ProtobufCMessage *m);

static void put_nested(struct writer *w, const ProtobufCFieldDescriptor *f,
                       const ProtobufCMessage *m)
{
    const uint8_t *end = w->p;
    put_message(w, m);
    if (!room(w, NUMBER_MAX))
        return;
    put_varint(w, (uint64_t)(end - w->p));
    put_tag(w, f, WIRE_BYTES);
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
static inline uint64_t load_number(ProtobufCType type, const void *at)
{
    switch (type) {
    case PROTOBUF_C_TYPE_BOOL:
        return *(const protobuf_c_boolean *)at != 0;
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_ENUM:
        return (uint64_t)(int64_t)(int32_t)load32(at);
    case PROTOBUF_C_TYPE_SINT32:
        return zigzag((int32_t)load32(at));
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_FLOAT:
        return load32(at);
    case PROTOBUF_C_TYPE_SINT64:
        return zigzag((int64_t)load64(at));
    default:
        return load64(at);
    }
}

static unsigned wire_of(ProtobufCType type)
{
    switch (type) {
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_FLOAT:
        return WIRE_FIXED32;
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
        return WIRE_FIXED64;
    default:
        return WIRE_VARINT;
    }
}

static void put_wire(struct writer *w, unsigned wire, uint64_t v)
{
    if (wire == WIRE_VARINT)
        put_varint(w, v);
    else if (wire == WIRE_FIXED64)
        put_fixed64(w, v);
    else
        put_fixed32(w, (uint32_t)v);
}

static inline void put_number(struct writer *w, const ProtobufCFieldDescriptor *f, const void *at,
                              bool even_zero)
{
    uint64_t v = load_number(f->type, at);
    if ((v == 0 && !even_zero) || !room(w, NUMBER_MAX))
        return;
    unsigned wire = wire_of(f->type);
    put_wire(w, wire, v);
    put_tag(w, f, wire);
}

/* A field that is there once, or not: nothing is written for an empty one unless it was chosen by a
 * oneof. */
static inline void put_single(struct writer *w, const ProtobufCFieldDescriptor *f, const void *at,
                              bool chosen)
{
    switch (f->type) {
    case PROTOBUF_C_TYPE_STRING: {
        const char *text = *(char *const *)at;
        if (text && (chosen || *text))
            put_bytes(w, f, text, strlen(text));
        break;
    }
    case PROTOBUF_C_TYPE_BYTES: {
        const ProtobufCBinaryData *b = at;
        if (chosen || b->len)
            put_bytes(w, f, b->data, b->len);
        break;
    }
    case PROTOBUF_C_TYPE_MESSAGE: {
        const ProtobufCMessage *m = *(ProtobufCMessage *const *)at;
        if (m)
            put_nested(w, f, m);
        break;
    }
    default:
        put_number(w, f, at, chosen);
    }
}

static size_t element_size(ProtobufCType type)
{
    switch (type) {
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_MESSAGE:
        return sizeof(void *);
    case PROTOBUF_C_TYPE_BYTES:
        return sizeof(ProtobufCBinaryData);
    case PROTOBUF_C_TYPE_BOOL:
        return sizeof(protobuf_c_boolean);
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
        return 8;
    default:
        return 4;
    }
}

/* Numbers of a list stand behind one tag and length. */
static void put_packed(struct writer *w, const ProtobufCFieldDescriptor *f, const uint8_t *list,
                       size_t n)
{
    size_t size = element_size(f->type);
    const uint8_t *end = w->p;
    while (n-- && room(w, NUMBER_MAX))
        put_wire(w, wire_of(f->type), load_number(f->type, list + n * size));
    if (!room(w, NUMBER_MAX))
        return;
    put_varint(w, (uint64_t)(end - w->p));
    put_tag(w, f, WIRE_BYTES);
}

static void put_list(struct writer *w, const ProtobufCFieldDescriptor *f, const uint8_t *base)
{
    size_t n = *(const size_t *)(const void *)(base + f->quantifier_offset);
    const uint8_t *list = *(uint8_t *const *)(const void *)(base + f->offset);
    if (!n)
        return;
    if (f->flags & PROTOBUF_C_FIELD_FLAG_PACKED) {
        put_packed(w, f, list, n);
        return;
    }
    size_t size = element_size(f->type);
    while (n-- && !w->full)
        put_single(w, f, list + n * size, true);
}

static void put_unknown(struct writer *w, const ProtobufCMessage *m)
{
    for (size_t i = m->n_unknown_fields; i-- > 0 && !w->full;) {
        const ProtobufCMessageUnknownField *u = &m->unknown_fields[i];
        if (!room(w, u->len + NUMBER_MAX))
            return;
        w->p -= u->len;
        memcpy(w->p, u->data, u->len);
        put_varint(w, (uint64_t)u->tag << 3 | u->wire_type);
    }
}

static void put_message(struct writer *w, const ProtobufCMessage *m)
{
    const ProtobufCMessageDescriptor *d = m->descriptor;
    const uint8_t *base = (const uint8_t *)m;
    if (m->n_unknown_fields)
        put_unknown(w, m);
    for (unsigned i = d->n_fields; i-- > 0 && !w->full;) {
        const ProtobufCFieldDescriptor *f = &d->fields[i];
        if (f->label == PROTOBUF_C_LABEL_REPEATED)
            put_list(w, f, base);
        else if (!(f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF))
            put_single(w, f, base + f->offset, false);
        else if (*(const uint32_t *)(const void *)(base + f->quantifier_offset) == f->id)
            put_single(w, f, base + f->offset, true);
    }
}

uint8_t *hx_message_pack(const ProtobufCMessage *message, uint8_t *start, uint8_t *end)
{
    struct writer w = {.full = false};
    w.p = end;
    w.start = start;
    put_message(&w, message);
    return w.full ? NULL : w.p;
}
