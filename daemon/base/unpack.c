#include "base/message.h"

#include "base/packing.h"
#include "base/wire.h"
#include <string.h>

/* Everything below takes the place `p` at which it reads and returns the one behind it. NULL goes
 * through to the end and means: not written as we write it, or no memory. */

/* A tag, or a length. Whoever writes one with more bytes than it can need is read by protobuf-c,
 * which refuses him. */
static inline const uint8_t *get_head(const uint8_t *p, const uint8_t *end, uint64_t *n)
{
    enum { HEAD_MAX = 5 };
    const uint8_t *behind = hx_wire_number(p, end, n);
    return behind && behind - p <= HEAD_MAX ? behind : NULL;
}

static inline const uint8_t *get_size(const uint8_t *p, const uint8_t *end, size_t *size)
{
    uint64_t n;
    p = get_head(p, end, &n);
    if (!p || n > (uint64_t)(end - p))
        return NULL;
    *size = (size_t)n;
    return p;
}

static inline int64_t unzigzag(uint64_t v)
{
    return (int64_t)(v >> 1 ^ (~(v & 1) + 1));
}

/* One number as it lies in memory. */
static inline void store_number(enum part_kind kind, void *at, uint64_t v)
{
    uint32_t small = (uint32_t)v;
    switch (kind) {
    case PART_BOOL:
        *(protobuf_c_boolean *)at = v != 0;
        return;
    case PART_SINT32:
        small = (uint32_t)unzigzag(small);
        break;
    case PART_SINT64:
        v = (uint64_t)unzigzag(v);
        break;
    default:
        break;
    }
    if (kind == PART_64 || kind == PART_SINT64 || kind == PART_FIXED64)
        memcpy(at, &v, sizeof v);
    else
        memcpy(at, &small, sizeof small);
}

static inline const uint8_t *get_number(const uint8_t *p, const uint8_t *end, enum part_kind kind,
                                        void *at)
{
    uint64_t v = 0;
    if (kind == PART_FIXED64 || kind == PART_FIXED32)
        p = hx_wire_fixed(p, end, kind == PART_FIXED64 ? 8 : 4, &v);
    else
        p = hx_wire_number(p, end, &v);
    if (p)
        store_number(kind, at, v);
    return p;
}

static const uint8_t *get_message(const uint8_t *p, const uint8_t *end, const struct shape *s,
                                  struct hx_arena *a, ProtobufCMessage **out);

static const uint8_t *get_text(const uint8_t *p, const uint8_t *end, struct hx_arena *a, char **at)
{
    size_t n;
    p = get_size(p, end, &n);
    *at = p ? hx_arena_strndup(a, (const char *)p, n) : NULL;
    return *at ? p + n : NULL;
}

static const uint8_t *get_bytes(const uint8_t *p, const uint8_t *end, struct hx_arena *a,
                                ProtobufCBinaryData *at)
{
    size_t n;
    p = get_size(p, end, &n);
    *at = (ProtobufCBinaryData){0};
    if (!p || !n)
        return p;
    at->len = n;
    at->data = hx_arena_memdup(a, p, n);
    return at->data ? p + n : NULL;
}

/* The value of one field, or of one element of a list. */
static const uint8_t *get_value(const uint8_t *p, const uint8_t *end, const struct part *f,
                                struct hx_arena *a, void *at)
{
    size_t n;
    switch (f->kind) {
    case PART_TEXT:
        return get_text(p, end, a, at);
    case PART_BYTES:
        return get_bytes(p, end, a, at);
    case PART_MESSAGE:
        p = get_size(p, end, &n);
        return p ? get_message(p, p + n, f->shape, a, at) : NULL;
    default:
        return get_number(p, end, f->kind, at);
    }
}

/* Whether this part's tag stands at `p`. */
static inline bool tag_stands(const uint8_t *p, const uint8_t *end, const struct part *f)
{
    const uint8_t *tag = f->tag + sizeof f->tag - f->tag_size;
    return (size_t)(end - p) >= f->tag_size && *p == *tag && memcmp(p, tag, f->tag_size) == 0;
}

/* From behind a tag on: how many fields in a row have the same. Most lists are one row. */
static size_t count_row(const uint8_t *p, const uint8_t *end, const struct part *f)
{
    size_t n = 1, size;
    for (p = get_size(p, end, &size); p && tag_stands(p + size, end, f); n++)
        p = get_size(p + size + f->tag_size, end, &size);
    return p ? n : 0;
}

static const uint8_t *get_list(const uint8_t *p, const uint8_t *end, const struct part *f,
                               struct hx_arena *a, uint8_t *base)
{
    size_t *const count = (size_t *)(void *)(base + f->quantifier);
    size_t n = f->kind <= PART_MESSAGE && !*count ? count_row(p, end, f) : 0;
    uint8_t *list = n ? hx_arena_take(a, n * f->element) : NULL;
    if (!list)
        return NULL;
    for (size_t i = 0; p && i < n; i++)
        p = get_value(i ? p + f->tag_size : p, end, f, a, list + i * f->element);
    *count = n;
    *(void **)(void *)(base + f->offset) = list;
    return p;
}

static size_t count_packed(const uint8_t *p, const uint8_t *end, enum part_kind kind)
{
    size_t n = 0;
    if (kind == PART_FIXED64 || kind == PART_FIXED32)
        return (size_t)(end - p) / (kind == PART_FIXED64 ? 8 : 4);
    for (; p < end; p++)
        n += *p < 0x80;
    return n;
}

static const uint8_t *get_packed(const uint8_t *p, const uint8_t *end, const struct part *f,
                                 struct hx_arena *a, uint8_t *base)
{
    size_t *const count = (size_t *)(void *)(base + f->quantifier);
    size_t size, n;
    p = get_size(p, end, &size);
    n = p && !*count ? count_packed(p, p + size, f->kind) : 0;
    uint8_t *list = n ? hx_arena_take(a, n * f->element) : NULL;
    if (!list)
        return NULL;
    const uint8_t *behind = p + size;
    for (size_t i = 0; p && i < n; i++)
        p = get_number(p, behind, f->kind, list + i * f->element);
    *count = n;
    *(void **)(void *)(base + f->offset) = list;
    return p == behind ? p : NULL;
}

static const uint8_t *get_field(const uint8_t *p, const uint8_t *end, const struct part *f,
                                struct hx_arena *a, uint8_t *base)
{
    void *at = base + f->offset;
    uint32_t *which = (uint32_t *)(void *)(base + f->quantifier);
    switch (f->place) {
    case PLACE_SINGLE:
        if (f->kind == PART_MESSAGE && *(ProtobufCMessage **)at)
            return NULL; /* two of them are merged */
        return get_value(p, end, f, a, at);
    case PLACE_CHOICE:
        if (*which)
            return NULL;
        *which = f->id;
        return get_value(p, end, f, a, at);
    case PLACE_LIST:
        return get_list(p, end, f, a, base);
    default:
        return get_packed(p, end, f, a, base);
    }
}

/* The part with this number: mostly the ids are 1, 2, 3 …, or it comes behind `f`. NULL: none. */
static const struct part *find_part(const struct shape *s, const struct part *f, uint64_t number)
{
    const struct part *end = s->parts + s->n;
    if (number - 1 < s->n && s->parts[number - 1].id == number)
        return &s->parts[number - 1];
    if (f < end && f->id > number)
        f = s->parts;
    while (f < end && f->id < number)
        f++;
    return f < end && f->id == number ? f : NULL;
}

static const uint8_t *get_message(const uint8_t *p, const uint8_t *end, const struct shape *s,
                                  struct hx_arena *a, ProtobufCMessage **out)
{
    const struct part *f = s->parts;
    uint8_t *base = hx_arena_take(a, s->kind->sizeof_message);
    uint64_t tag;
    *out = (ProtobufCMessage *)(void *)base;
    if (!base)
        return NULL;
    s->kind->message_init(*out);
    while (p && p < end) {
        p = get_head(p, end, &tag);
        const struct part *next = p ? find_part(s, f, tag >> 3) : NULL;
        if (!next || next->wire != (tag & 7))
            return NULL;
        f = next;
        p = get_field(p, end, f, a, base);
    }
    return p;
}

/* *library: it was left to protobuf-c. */
static ProtobufCMessage *unpack(const struct hx_packing *packing, struct hx_arena *arena,
                                ProtobufCBinaryData bytes, bool *library)
{
    const struct hx_arena_mark mark = hx_arena_mark(arena);
    const uint8_t *p = bytes.len ? bytes.data : (const uint8_t *)"";
    ProtobufCMessage *m;
    *library = false;
    if (get_message(p, p + bytes.len, packing->root, arena, &m))
        return m;
    if (hx_arena_failed(arena))
        return NULL;
    hx_arena_back(arena, &mark);
    *library = true;
    ProtobufCAllocator memory = hx_arena_allocator(arena);
    return protobuf_c_message_unpack(packing->root->kind, &memory, bytes.len, p);
}

ProtobufCMessage *hx_message_unpack(const struct hx_packing *packing, struct hx_arena *arena,
                                    const void *bytes, size_t size)
{
    const ProtobufCBinaryData all = {size, (uint8_t *)(uintptr_t)bytes};
    bool library;
    return unpack(packing, arena, all, &library);
}

/* ---- what strangers send ---- */

static bool is_numbered(const struct shape *s, const ProtobufCMessage *m);

/* The same of the messages in one field. */
static bool part_is_numbered(const struct part *f, const ProtobufCMessage *m)
{
    const uint8_t *base = (const uint8_t *)m;
    const void *at = base + f->offset, *quantifier = base + f->quantifier;
    size_t n = 1;
    if (f->kind != PART_MESSAGE ||
        (f->place == PLACE_CHOICE && *(const uint32_t *)quantifier != f->id))
        return true;
    if (f->place == PLACE_LIST) {
        n = *(const size_t *)quantifier;
        at = *(const void *const *)at;
    }
    ProtobufCMessage *const *inner = at;
    for (size_t i = 0; i < n; i++)
        if (inner[i] && !is_numbered(f->shape, inner[i]))
            return false;
    return true;
}

/* False when a field somewhere in it has the number 0. protobuf-c reads that when the tag has more
 * bytes than it needs, and writes it with one, which it would not read; others never read it. */
static bool is_numbered(const struct shape *s, const ProtobufCMessage *m)
{
    for (size_t i = 0; i < m->n_unknown_fields; i++)
        if (!m->unknown_fields[i].tag)
            return false;
    for (size_t i = 0; i < s->n; i++)
        if (!part_is_numbered(&s->parts[i], m))
            return false;
    return true;
}

int hx_message_unpack_bounded(const struct hx_packing *packing, struct hx_arena *a,
                              ProtobufCBinaryData bytes, ProtobufCMessage **out)
{
    const struct hx_arena_mark mark = hx_arena_mark(a);
    const size_t own = a->limit, most = a->total + HX_UNPACK_SPARE + HX_UNPACK_FACTOR * bytes.len;
    const bool bounded = !own || most < own, failed = a->failed, over = a->over;
    bool library;
    a->limit = bounded ? most : own;
    a->failed = a->over = false;
    *out = unpack(packing, a, bytes, &library);
    if (*out && library && !is_numbered(packing->root, *out))
        *out = NULL;
    a->limit = own;
    const bool too_big = a->over && bounded, no_memory = a->failed && !too_big;
    a->failed = failed || no_memory;
    a->over = over || (no_memory && a->over);
    if (*out)
        return HX_OK;
    hx_arena_back(a, &mark);
    return too_big ? HX_TOOBIG : no_memory ? HX_NOMEM : HX_CORRUPT;
}
