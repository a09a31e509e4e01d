#include "base/wire.h"

const uint8_t *hx_wire_next(const uint8_t *p, const uint8_t *end, struct hx_wire_field *f)
{
    uint64_t tag;
    p = hx_wire_number(p, end, &tag);
    if (!p)
        return NULL;
    f->number = tag >> 3;
    f->type = tag & 7;
    switch (f->type) {
    case HX_WIRE_VARINT:
        return hx_wire_number(p, end, &f->value);
    case HX_WIRE_FIXED64:
        return hx_wire_fixed(p, end, 8, &f->value);
    case HX_WIRE_FIXED32:
        return hx_wire_fixed(p, end, 4, &f->value);
    case HX_WIRE_BYTES:
        p = hx_wire_number(p, end, &f->value);
        return p && f->value <= (uint64_t)(end - p) ? p + f->value : NULL;
    default:
        return NULL;
    }
}
