#include "base/packing.h"

#include <stdlib.h>
#include <string.h>

enum { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };

/* By type: how it lies in memory, its wire type, the bytes of one element of a list. */
static const struct form {
    uint8_t kind, wire, element;
} forms[] = {
    [PROTOBUF_C_TYPE_STRING] = {PART_TEXT, WIRE_BYTES, sizeof(char *)},
    [PROTOBUF_C_TYPE_BYTES] = {PART_BYTES, WIRE_BYTES, sizeof(ProtobufCBinaryData)},
    [PROTOBUF_C_TYPE_MESSAGE] = {PART_MESSAGE, WIRE_BYTES, sizeof(void *)},
    [PROTOBUF_C_TYPE_BOOL] = {PART_BOOL, WIRE_VARINT, sizeof(protobuf_c_boolean)},
    [PROTOBUF_C_TYPE_ENUM] = {PART_INT32, WIRE_VARINT, 4},
    [PROTOBUF_C_TYPE_INT32] = {PART_INT32, WIRE_VARINT, 4},
    [PROTOBUF_C_TYPE_UINT32] = {PART_UINT32, WIRE_VARINT, 4},
    [PROTOBUF_C_TYPE_SINT32] = {PART_SINT32, WIRE_VARINT, 4},
    [PROTOBUF_C_TYPE_INT64] = {PART_64, WIRE_VARINT, 8},
    [PROTOBUF_C_TYPE_UINT64] = {PART_64, WIRE_VARINT, 8},
    [PROTOBUF_C_TYPE_SINT64] = {PART_SINT64, WIRE_VARINT, 8},
    [PROTOBUF_C_TYPE_FIXED32] = {PART_FIXED32, WIRE_FIXED32, 4},
    [PROTOBUF_C_TYPE_SFIXED32] = {PART_FIXED32, WIRE_FIXED32, 4},
    [PROTOBUF_C_TYPE_FLOAT] = {PART_FIXED32, WIRE_FIXED32, 4},
    [PROTOBUF_C_TYPE_FIXED64] = {PART_FIXED64, WIRE_FIXED64, 8},
    [PROTOBUF_C_TYPE_SFIXED64] = {PART_FIXED64, WIRE_FIXED64, 8},
    [PROTOBUF_C_TYPE_DOUBLE] = {PART_FIXED64, WIRE_FIXED64, 8},
};

static const struct shape *take_shape(struct hx_packing *p, const ProtobufCMessageDescriptor *kind);

static uint8_t place_of(const ProtobufCFieldDescriptor *f)
{
    if (f->label == PROTOBUF_C_LABEL_REPEATED)
        return f->flags & PROTOBUF_C_FIELD_FLAG_PACKED ? PLACE_PACKED : PLACE_LIST;
    return f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF ? PLACE_CHOICE : PLACE_SINGLE;
}

static uint8_t way_of(uint8_t kind, uint8_t place)
{
    static const uint8_t ways[] = {[PART_TEXT] = WAY_TEXT,
                                   [PART_FIXED64] = WAY_FIXED64,
                                   [PART_64] = WAY_64,
                                   [PART_UINT32] = WAY_UINT32,
                                   [PART_BOOL] = WAY_BOOL};
    return place == PLACE_SINGLE && kind < sizeof ways ? ways[kind] : WAY_OTHER;
}

static void set_tag(struct part *part, uint32_t tag)
{
    uint8_t bytes[sizeof part->tag];
    size_t n = 0;
    for (; tag >= 0x80; tag >>= 7)
        bytes[n++] = (uint8_t)(tag | 0x80);
    bytes[n++] = (uint8_t)tag;
    part->tag_size = (uint8_t)n;
    memcpy(part->tag + sizeof part->tag - n, bytes, n);
}

/* False without memory for what can stand inside. */
static bool fill_part(struct hx_packing *p, const ProtobufCFieldDescriptor *f, struct part *part)
{
    const struct form *form = &forms[f->type];
    uint8_t place = place_of(f);
    *part = (struct part){.id = f->id,
                          .offset = f->offset,
                          .quantifier = f->quantifier_offset,
                          .kind = form->kind,
                          .place = place,
                          .way = way_of(form->kind, place),
                          .element = form->element};
    part->wire = place == PLACE_PACKED ? WIRE_BYTES : form->wire;
    set_tag(part, f->id << 3 | part->wire);
    if (f->type != PROTOBUF_C_TYPE_MESSAGE)
        return true;
    part->shape = take_shape(p, f->descriptor);
    return part->shape != NULL;
}

static bool only_choice(const struct shape *s)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->parts[i].place != PLACE_CHOICE || s->parts[i].quantifier != s->parts->quantifier)
            return false;
    return s->n > 0;
}

/* Each kind has one shape, which may hold itself. */
static const struct shape *take_shape(struct hx_packing *p, const ProtobufCMessageDescriptor *kind)
{
    for (const struct shape *s = p->shapes; s; s = s->next)
        if (s->kind == kind)
            return s;
    struct shape *s = calloc(1, sizeof *s + kind->n_fields * sizeof *s->parts);
    if (!s)
        return NULL;
    s->kind = kind;
    s->n = kind->n_fields;
    s->next = p->shapes;
    p->shapes = s;
    for (size_t i = 0; i < s->n; i++)
        if (!fill_part(p, &kind->fields[i], &s->parts[i]))
            return NULL;
    s->choice = only_choice(s);
    return s;
}

struct hx_packing *hx_packing_new(const ProtobufCMessageDescriptor *kind)
{
    struct hx_packing *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    p->root = take_shape(p, kind);
    if (p->root)
        return p;
    hx_packing_free(p);
    return NULL;
}

void hx_packing_free(struct hx_packing *p)
{
    if (!p)
        return;
    while (p->shapes) {
        struct shape *s = p->shapes;
        p->shapes = s->next;
        free(s);
    }
    free(p);
}
