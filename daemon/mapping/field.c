#include "mapping/field.h"

#include "hongxin/instant.h"
#include "hongxin/schema.h"
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

int field_find(const char *path, struct map_field *out)
{
    const ProtobufCMessageDescriptor *d = &hongxin__v1__event__descriptor;
    const char *name = path;

    out->part = FIELD_EVENT;
    if (!strncmp(path, "data.", 5)) {
        d = &hongxin__v1__data__descriptor;
        out->part = FIELD_DATA;
        name += 5;
    } else if (!strncmp(path, "reporter.", 9)) {
        d = &hongxin__v1__reporter__descriptor;
        out->part = FIELD_REPORTER;
        name += 9;
    }
    out->is = protobuf_c_message_descriptor_get_field_by_name(d, name);
    return out->is && out->is->type != PROTOBUF_C_TYPE_MESSAGE ? HX_OK : HX_NOTFOUND;
}

/* ---- text as a value ---- */

int field_read_bool(const char *text, bool *out)
{
    static const char *const yes[] = {"true", "yes", "1", "是"}, *const no[] = {"false", "no", "0",
                                                                                "否"};

    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        if (!strcmp(text, yes[i]) || !strcmp(text, no[i])) {
            *out = !strcmp(text, yes[i]);
            return HX_OK;
        }
    return HX_INVALID;
}

int field_read_whole(const char *text, uint64_t *out)
{
    char *end;
    uintmax_t n;

    errno = 0;
    n = strtoumax(text, &end, 10);
    *out = n;
    return errno || *end || !isdigit((unsigned char)*text) || n > INT64_MAX ? HX_INVALID : HX_OK;
}

int field_read_real(const char *text, double *out)
{
    char *end;

    *out = strtod(text, &end);
    return end == text || *end ? HX_INVALID : HX_OK;
}

/* ---- values into members ---- */

static size_t size_of(const ProtobufCFieldDescriptor *f)
{
    switch (f->type) {
    case PROTOBUF_C_TYPE_STRING:
        return sizeof(char *);
    case PROTOBUF_C_TYPE_BOOL:
        return sizeof(protobuf_c_boolean);
    case PROTOBUF_C_TYPE_UINT32:
        return sizeof(uint32_t);
    case PROTOBUF_C_TYPE_ENUM:
        return sizeof(int);
    case PROTOBUF_C_TYPE_BYTES:
        return 0;
    default:
        return sizeof(uint64_t);
    }
}

static int put_whole(const ProtobufCFieldDescriptor *f, void *at, const char *text)
{
    bool small = f->type == PROTOBUF_C_TYPE_UINT32;
    uint64_t n;
    if (field_read_whole(text, &n) || (small && n > UINT32_MAX))
        return HX_INVALID;
    if (small)
        *(uint32_t *)at = (uint32_t)n;
    else
        *(uint64_t *)at = n;
    return HX_OK;
}

static int put_enum(const ProtobufCFieldDescriptor *f, void *at, const char *text)
{
    const ProtobufCEnumValue *v = protobuf_c_enum_descriptor_get_value_by_name(f->descriptor, text);
    if (v)
        *(int *)at = v->value;
    return v ? HX_OK : HX_INVALID;
}

/* One value at its place. */
static int put_value(const ProtobufCFieldDescriptor *f, void *at, const char *text,
                     struct hx_arena *arena)
{
    bool yes = false;
    int rc;
    switch (f->type) {
    case PROTOBUF_C_TYPE_STRING:
        *(char **)at = hx_arena_strdup(arena, text);
        return *(char **)at ? HX_OK : HX_NOMEM;
    case PROTOBUF_C_TYPE_BOOL:
        rc = field_read_bool(text, &yes);
        *(protobuf_c_boolean *)at = yes;
        return rc;
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_UINT64:
        return put_whole(f, at, text);
    case PROTOBUF_C_TYPE_DOUBLE:
        return field_read_real(text, at);
    case PROTOBUF_C_TYPE_ENUM:
        return put_enum(f, at, text);
    case PROTOBUF_C_TYPE_SFIXED64:
        return hx_instant_parse(text, at);
    default:
        return HX_INVALID; /* bytes: nobody writes them into a table */
    }
}

/* One more value behind those that are there. */
static int append(const ProtobufCFieldDescriptor *f, char *message, const char *text,
                  struct hx_arena *arena)
{
    void **list = (void **)(void *)(message + f->offset);
    size_t *n = (size_t *)(void *)(message + f->quantifier_offset), size = size_of(f);
    char *more = hx_arena_alloc(arena, (*n + 1) * size);
    if (!more)
        return HX_NOMEM;
    if (*n)
        memcpy(more, *list, *n * size);
    int rc = put_value(f, more + *n * size, text, arena);
    if (rc)
        return rc;
    *list = more;
    ++*n;
    return HX_OK;
}

/* "121.47,31.23": each number by itself. */
static int append_numbers(const ProtobufCFieldDescriptor *f, char *message, const char *text,
                          struct hx_arena *arena)
{
    char piece[64];
    int rc = HX_OK;
    for (const char *p = text; !rc && *p;) {
        size_t n = strcspn(p, ", ");
        if (n >= sizeof piece)
            return HX_INVALID;
        memcpy(piece, p, n);
        piece[n] = '\0';
        if (n)
            rc = append(f, message, piece, arena);
        p += n + (p[n] != '\0');
    }
    return rc;
}

int field_put(const struct map_field *f, ProtobufCMessage *message, const char *text,
              struct hx_arena *arena)
{
    char *base = (char *)message;
    if (f->is->label != PROTOBUF_C_LABEL_REPEATED)
        return put_value(f->is, base + f->is->offset, text, arena);
    return f->is->type == PROTOBUF_C_TYPE_DOUBLE ? append_numbers(f->is, base, text, arena)
                                                 : append(f->is, base, text, arena);
}

int field_put_instant(const struct map_field *f, ProtobufCMessage *message, int64_t ms)
{
    if (f->is->type != PROTOBUF_C_TYPE_SFIXED64 || f->is->label == PROTOBUF_C_LABEL_REPEATED)
        return HX_INVALID;
    *(int64_t *)(void *)((char *)message + f->is->offset) = ms;
    return HX_OK;
}

const char *field_text(const struct map_field *f, const ProtobufCMessage *message)
{
    if (f->is->type != PROTOBUF_C_TYPE_STRING || f->is->label == PROTOBUF_C_LABEL_REPEATED)
        return "";
    return *(char *const *)(const void *)((const char *)message + f->is->offset);
}
