/* Looking into a packed protobuf message without unpacking it: field by field, as the bytes stand.
 * For who needs a number or two of a message, or its bytes without one field; whether it is a
 * message of its kind is not looked at. No memory; any thread. */
#ifndef BASE_WIRE_H
#define BASE_WIRE_H

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { HX_WIRE_VARINT = 0, HX_WIRE_FIXED64 = 1, HX_WIRE_BYTES = 2, HX_WIRE_FIXED32 = 5 };

/* A base-128 number at `p`, and what is behind it; NULL: it does not end, or has more than 64 bits.
 * Here, because messages are read with it number by number. */
static inline const uint8_t *hx_wire_number(const uint8_t *p, const uint8_t *end, uint64_t *value)
{
    if (p < end && *p < 0x80) { /* most of them */
        *value = *p;
        return p + 1;
    }
    *value = 0;
    for (unsigned shift = 0; p < end && shift < 64; shift += 7) {
        if (shift == 63 && *p > 1)
            return NULL;
        *value |= (uint64_t)(*p & 0x7f) << shift;
        if (!(*p++ & 0x80))
            return p;
    }
    return NULL;
}

/* The same of a number of n bytes, 4 or 8. */
static inline const uint8_t *hx_wire_fixed(const uint8_t *p, const uint8_t *end, size_t n,
                                           uint64_t *value)
{
    *value = 0;
    if ((size_t)(end - p) < n)
        return NULL;
    memcpy(value, p, n);
    *value = le64toh(*value);
    return p + n;
}

struct hx_wire_field {
    uint64_t number;
    unsigned type;  /* one of those above */
    uint64_t value; /* of a number; of bytes their size, and they end where the field does */
};

/* Reads the field at `p`, which is before `end`, and returns what is behind it; NULL: that is no
 * field, or it does not end. */
const uint8_t *hx_wire_next(const uint8_t *p, const uint8_t *end, struct hx_wire_field *f);

#endif
