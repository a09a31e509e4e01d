/* Inside of packing: what base/message.c and base/unpack.c need to know of a kind of message, in
 * few cache lines. For these two and base/packing.c only. */
#ifndef BASE_PACKING_H
#define BASE_PACKING_H

#include "base/message.h"
#include <stdbool.h>

/* How the value of a field lies in memory and on the wire. */
enum part_kind {
    PART_TEXT,
    PART_BYTES,
    PART_MESSAGE,
    PART_BOOL,
    PART_INT32, /* enums too */
    PART_UINT32,
    PART_SINT32,
    PART_64, /* int64 and uint64 */
    PART_SINT64,
    PART_FIXED32, /* float too */
    PART_FIXED64, /* double too */
};

/* Where it stands in its message. */
enum part_place {
    PLACE_SINGLE,
    PLACE_CHOICE, /* of a oneof */
    PLACE_LIST,
    PLACE_PACKED, /* a list of numbers behind one tag */
};

/* The commonest of both together, which are written without a call. */
enum part_way {
    WAY_OTHER,
    WAY_TEXT,
    WAY_FIXED64,
    WAY_64,
    WAY_UINT32,
    WAY_BOOL,
};

struct part {
    const struct shape *shape; /* of a message */
    uint8_t tag[5];   /* number and wire type as they are written, at the end of these bytes … */
    uint8_t tag_size; /* … of which so many count */
    uint8_t wire;     /* that type */
    uint32_t id;
    uint32_t offset, quantifier;
    uint8_t kind, place; /* enum part_kind, enum part_place */
    uint8_t way;         /* enum part_way */
    uint8_t element;     /* bytes of one element of a list */
};

struct shape {
    const ProtobufCMessageDescriptor *kind;
    struct shape *next; /* of the same packing */
    bool choice;        /* nothing but the members of one oneof */
    size_t n;
    struct part parts[]; /* by number, ascending */
};

struct hx_packing {
    const struct shape *root;
    struct shape *shapes; /* all of them, owned */
};

#endif
