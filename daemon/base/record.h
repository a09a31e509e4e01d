/* Records: plain C structures in the protobuf wire format, written and read by a table.
 *
 * One line of the table says which member is which field. Zero values are left out; fields that the
 * table does not know are skipped, so that an older program reads what a newer one wrote. Numbers
 * are never reused. The same bytes can be read with any protobuf library and the schema in
 * store/FORMAT.md.
 *
 * The table form exists because the case is packed and unpacked on every event: it costs a third of
 * the generated code's time and needs no memory of its own. Pure; any thread. */
#ifndef BASE_RECORD_H
#define BASE_RECORD_H

#include "hongxin/error.h"
#include <stddef.h>
#include <stdint.h>

enum hx_field_type {
    HX_FIELD_U8,    /* uint8_t, varint */
    HX_FIELD_U32,   /* uint32_t, varint */
    HX_FIELD_U64,   /* uint64_t, varint */
    HX_FIELD_I64,   /* int64_t, sfixed64: instants and signed durations */
    HX_FIELD_TEXT,  /* char[size], NUL-terminated, length-delimited */
    HX_FIELD_I64S,  /* int64_t[size], packed sfixed64 */
    HX_FIELD_TEXTS, /* char[n][size] with a uint32_t count */
    HX_FIELD_LIST,  /* struct[n] with a uint32_t count */
};

struct hx_record;

struct hx_field {
    uint16_t number;             /* protobuf field number, 1 … 2047 */
    uint8_t type;                /* enum hx_field_type */
    uint16_t size;               /* bytes of a text, elements of I64S */
    uint16_t cap;                /* most elements of a list */
    uint32_t offset;             /* of the member */
    uint32_t count_offset;       /* of the uint32_t count of a list */
    const struct hx_record *sub; /* of a list of structures */
};

struct hx_record {
    const struct hx_field *fields; /* best in ascending order: found at once */
    size_t n_fields;
    size_t size; /* sizeof the structure */
};

/* Bytes written, or 0 when they do not fit into cap. */
size_t hx_record_pack(const struct hx_record *r, const void *object, uint8_t *buf, size_t cap);

/* Fills *object: members that are not stored become zero or empty, elements beyond a list's count
 * stay as they were. HX_CORRUPT for malformed bytes, a text or list longer than its member. */
HX_CHECK int hx_record_unpack(const struct hx_record *r, const uint8_t *buf, size_t size,
                              void *object);

#endif
