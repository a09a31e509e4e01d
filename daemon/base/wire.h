/* Looking into a packed protobuf message without unpacking it: field by field, as the bytes stand.
 * For who needs a number or two of a message, or its bytes without one field; whether it is a
 * message of its kind is not looked at. No memory; any thread. */
#ifndef BASE_WIRE_H
#define BASE_WIRE_H

#include <stdint.h>

enum { HX_WIRE_VARINT = 0, HX_WIRE_FIXED64 = 1, HX_WIRE_BYTES = 2, HX_WIRE_FIXED32 = 5 };

struct hx_wire_field {
    uint64_t number;
    unsigned type;  /* one of those above */
    uint64_t value; /* of a number; of bytes their size, and they end where the field does */
};

/* Reads the field at `p`, which is before `end`, and returns what is behind it; NULL: that is no
 * field, or it does not end. */
const uint8_t *hx_wire_next(const uint8_t *p, const uint8_t *end, struct hx_wire_field *f);

#endif
