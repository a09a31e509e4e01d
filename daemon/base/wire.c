#include "base/wire.h"

#include <endian.h>
#include <stddef.h>
#include <string.h>

/* A base-128 number; NULL when it does not end. */
static inline const uint8_t *varint(const uint8_t *p, const uint8_t *end, uint64_t *value)
{
    if (p < end && *p < 0x80) { /* most of them */
        *value = *p;
        return p + 1;
    }
    *value = 0;
    for (unsigned shift = 0; p < end && shift < 64; shift += 7) {
        *value |= (uint64_t)(*p & 0x7f) << shift;
        if (!(*p++ & 0x80))
            return p;
    }
    return NULL;
}

static const uint8_t *fixed(const uint8_t *p, const uint8_t *end, size_t n, uint64_t *value)
{
    *value = 0;
    if ((size_t)(end - p) < n)
        return NULL;
    memcpy(value, p, n);
    *value = le64toh(*value);
    return p + n;
}

const uint8_t *hx_wire_next(const uint8_t *p, const uint8_t *end, struct hx_wire_field *f)
{
    uint64_t tag;
    p = varint(p, end, &tag);
    if (!p)
        return NULL;
    f->number = tag >> 3;
    f->type = tag & 7;
    switch (f->type) {
    case HX_WIRE_VARINT:
        return varint(p, end, &f->value);
    case HX_WIRE_FIXED64:
        return fixed(p, end, 8, &f->value);
    case HX_WIRE_FIXED32:
        return fixed(p, end, 4, &f->value);
    case HX_WIRE_BYTES:
        p = varint(p, end, &f->value);
        return p && f->value <= (uint64_t)(end - p) ? p + f->value : NULL;
    default:
        return NULL;
    }
}
