/* JSON to message. A message under construction is always one that
 * protobuf_c_message_free_unpacked() can free: a member is stored before what it points to is
 * filled, and an array's count grows with each element. */
#include "hongxin/instant.h"
#include "hongxin/json.h"
#include "json_internal.h"

#include <errno.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where we are, for problem texts: a chain of keys from the innermost outwards. */
struct path {
    const struct path *outer;
    const char *key;
    long index; /* in a list, -1 otherwise */
};

struct reader {
    char *problem;
};

static int read_object(struct reader *r, const struct path *path, const json_t *object,
                       ProtobufCMessage *message);

/* A key comes from outside: it is shortened, and control characters and quotes are not repeated. */
static void append_key(char *text, const char *key)
{
    size_t n = strlen(text), take = strnlen(key, 60);
    while (take > 0 && ((unsigned char)key[take] & 0xc0) == 0x80)
        take--; /* not inside a character */
    for (size_t i = 0; i < take && n < HX_JSON_PROBLEM - 1; i++) {
        unsigned char c = (unsigned char)key[i];
        text[n++] = c < 0x20 || c == 0x7f || c == '"' ? '?' : (char)c;
    }
    text[n] = '\0';
}

static void append_path(char *text, const struct path *path)
{
    if (!path)
        return;
    append_path(text, path->outer);
    if (path->index >= 0) {
        size_t n = strlen(text);
        snprintf(text + n, HX_JSON_PROBLEM - n, "[%ld]", path->index);
        return;
    }
    size_t end = strlen(text);
    if (end > 0 && end < HX_JSON_PROBLEM - 1)
        memcpy(text + end, ".", 2);
    append_key(text, *path->key ? path->key : "an empty key");
}

HX_PRINTF(3, 4)
static int refuse(struct reader *r, const struct path *path, const char *format, ...)
{
    r->problem[0] = '\0';
    append_path(r->problem, path);
    size_t n = strlen(r->problem);
    if (n > 0)
        n += (size_t)snprintf(r->problem + n, HX_JSON_PROBLEM - n, ": ");
    if (n < HX_JSON_PROBLEM) {
        va_list args;
        va_start(args, format);
        vsnprintf(r->problem + n, HX_JSON_PROBLEM - n, format, args);
        va_end(args);
    }
    return HX_INVALID;
}

static int no_memory(struct reader *r)
{
    snprintf(r->problem, HX_JSON_PROBLEM, "%s", hx_strerror(HX_NOMEM));
    return HX_NOMEM;
}

/* The text of a string value, refused when it is another type or holds a NUL byte. */
static int text_of(struct reader *r, const struct path *path, const json_t *value,
                   const char **text)
{
    if (!json_is_string(value))
        return refuse(r, path, "must be text");
    *text = json_string_value(value);
    if (strlen(*text) != json_string_length(value))
        return refuse(r, path, "must not hold a NUL byte");
    return HX_OK;
}

static int read_string(struct reader *r, const struct path *path, const json_t *value, char **out)
{
    const char *text = NULL;
    int err = text_of(r, path, value, &text);
    if (err)
        return err;
    char *copy = strdup(text);
    if (!copy)
        return no_memory(r);
    *out = copy;
    return HX_OK;
}

static int read_bytes(struct reader *r, const struct path *path, const json_t *value,
                      ProtobufCBinaryData *out)
{
    const char *text = NULL;
    int err = text_of(r, path, value, &text);
    if (err || !*text)
        return err;
    size_t size = strlen(text) / 4 * 3 + 3;
    uint8_t *data = malloc(size);
    if (!data)
        return no_memory(r);
    if (sodium_base642bin(data, size, text, strlen(text), NULL, &out->len, NULL,
                          sodium_base64_VARIANT_ORIGINAL) != 0) {
        free(data);
        out->len = 0;
        return refuse(r, path, "must be base64");
    }
    out->data = data;
    return HX_OK;
}

static int read_instant(struct reader *r, const struct path *path, const json_t *value,
                        int64_t *out)
{
    const char *text = NULL;
    int err = text_of(r, path, value, &text);
    if (err)
        return err;
    if (hx_instant_parse(text, out) != HX_OK)
        return refuse(r, path,
                      "must be an instant such as 2026-10-12T19:00:00.000+08:00, 2000 to 2199");
    return HX_OK;
}

/* Whole numbers: [least, most] for signed types. */
static int read_signed(struct reader *r, const struct path *path, const json_t *value,
                       int64_t bounds[2], int64_t *out)
{
    int64_t n;
    if (json_is_integer(value)) {
        n = json_integer_value(value);
    } else {
        const char *text = json_string_value(value);
        char *end = NULL;
        errno = 0;
        n = text && *text && strspn(text, "-0123456789") == strlen(text) ? strtoll(text, &end, 10)
                                                                         : 0;
        if (!end || *end || errno)
            return refuse(r, path, "must be a whole number");
    }
    if (n < bounds[0] || n > bounds[1])
        return refuse(r, path, "must be from %lld to %lld", (long long)bounds[0],
                      (long long)bounds[1]);
    *out = n;
    return HX_OK;
}

static int read_unsigned(struct reader *r, const struct path *path, const json_t *value,
                         uint64_t *out)
{
    if (json_is_integer(value) && json_integer_value(value) >= 0) {
        *out = (uint64_t)json_integer_value(value);
        return HX_OK;
    }
    const char *text = json_string_value(value);
    char *end = NULL;
    errno = 0;
    uint64_t n =
        text && *text && strspn(text, "0123456789") == strlen(text) ? strtoull(text, &end, 10) : 0;
    if (!end || *end || errno)
        return refuse(r, path, "must be a whole number, 0 or more");
    *out = n;
    return HX_OK;
}

static int read_int64(struct reader *r, const struct path *path, const json_t *value, void *at)
{
    return read_signed(r, path, value, (int64_t[]){INT64_MIN, INT64_MAX}, at);
}

static int read_int32(struct reader *r, const struct path *path, const json_t *value, void *at)
{
    int64_t n;
    if (!json_is_integer(value))
        return refuse(r, path, "must be a whole number");
    int err = read_signed(r, path, value, (int64_t[]){INT32_MIN, INT32_MAX}, &n);
    if (!err)
        *(int32_t *)at = (int32_t)n;
    return err;
}

static int read_uint32(struct reader *r, const struct path *path, const json_t *value, void *at)
{
    int64_t n;
    if (!json_is_integer(value))
        return refuse(r, path, "must be a whole number, 0 or more");
    int err = read_signed(r, path, value, (int64_t[]){0, UINT32_MAX}, &n);
    if (!err)
        *(uint32_t *)at = (uint32_t)n;
    return err;
}

static int read_enum(struct reader *r, const struct path *path, const json_t *value,
                     const ProtobufCEnumDescriptor *type, int *out)
{
    const char *text = NULL;
    char names[160] = "";
    int err = text_of(r, path, value, &text);
    if (err)
        return err;
    const ProtobufCEnumValue *found = protobuf_c_enum_descriptor_get_value_by_name(type, text);
    if (found) {
        *out = found->value;
        return HX_OK;
    }
    for (unsigned i = 0, n = 0; i < type->n_values && n < sizeof names; i++)
        n += (unsigned)snprintf(names + n, sizeof names - n, "%s%s", i ? ", " : "",
                                type->values[i].name);
    return refuse(r, path, "must be one of %s", names);
}

static int read_real(struct reader *r, const struct path *path, const json_t *value, double *out)
{
    if (!json_is_number(value))
        return refuse(r, path, "must be a number");
    *out = json_number_value(value);
    return HX_OK;
}

static int read_float(struct reader *r, const struct path *path, const json_t *value, float *out)
{
    double wide = 0;
    int err = read_real(r, path, value, &wide);
    *out = (float)wide;
    return err;
}

static int read_bool(struct reader *r, const struct path *path, const json_t *value,
                     protobuf_c_boolean *out)
{
    if (!json_is_boolean(value))
        return refuse(r, path, "must be true or false");
    *out = json_is_true(value);
    return HX_OK;
}

static ProtobufCMessage *message_new(const ProtobufCMessageDescriptor *type)
{
    ProtobufCMessage *message = malloc(type->sizeof_message);
    if (message)
        protobuf_c_message_init(type, message);
    return message;
}

static int read_message(struct reader *r, const struct path *path, const json_t *value,
                        const ProtobufCFieldDescriptor *field, void *at)
{
    if (!json_is_object(value))
        return refuse(r, path, "must be an object");
    ProtobufCMessage *message = message_new(field->descriptor);
    if (!message)
        return no_memory(r);
    *(ProtobufCMessage **)at = message;
    return read_object(r, path, value, message);
}

struct slot {
    const ProtobufCFieldDescriptor *field;
    void *at;
};

static int read_value(struct reader *r, const struct path *path, const json_t *value,
                      struct slot slot)
{
    switch (slot.field->type) {
    case PROTOBUF_C_TYPE_SFIXED64:
        return read_instant(r, path, value, slot.at);
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
        return read_int64(r, path, value, slot.at);
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        return read_unsigned(r, path, value, slot.at);
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
        return read_int32(r, path, value, slot.at);
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        return read_uint32(r, path, value, slot.at);
    case PROTOBUF_C_TYPE_FLOAT:
        return read_float(r, path, value, slot.at);
    case PROTOBUF_C_TYPE_DOUBLE:
        return read_real(r, path, value, slot.at);
    case PROTOBUF_C_TYPE_BOOL:
        return read_bool(r, path, value, slot.at);
    case PROTOBUF_C_TYPE_ENUM:
        return read_enum(r, path, value, slot.field->descriptor, slot.at);
    case PROTOBUF_C_TYPE_STRING:
        return read_string(r, path, value, slot.at);
    case PROTOBUF_C_TYPE_BYTES:
        return read_bytes(r, path, value, slot.at);
    case PROTOBUF_C_TYPE_MESSAGE:
        return read_message(r, path, value, slot.field, slot.at);
    }
    return refuse(r, path, "has a type this version cannot read");
}

static int read_list(struct reader *r, const struct path *path, const json_t *value,
                     struct slot slot, size_t *count)
{
    size_t n = json_array_size(value), step = hx_json_element_size(slot.field->type);
    if (!json_is_array(value))
        return refuse(r, path, "must be a list");
    if (n == 0)
        return HX_OK;
    char *elements = calloc(n, step);
    if (!elements)
        return no_memory(r);
    *(void **)slot.at = elements;
    for (size_t i = 0; i < n; i++) {
        struct path inner = {path, NULL, (long)i};
        ++*count; /* an element that is still zero can be freed */
        int err = read_value(r, &inner, json_array_get(value, i),
                             (struct slot){slot.field, elements + i * step});
        if (err)
            return err;
    }
    return HX_OK;
}

static int read_field(struct reader *r, const struct path *path, const json_t *value,
                      ProtobufCMessage *message)
{
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field_by_name(message->descriptor, path->key);
    if (!field)
        return refuse(r, path, "unknown key");
    char *base = (char *)message;
    void *quantifier = base + field->quantifier_offset;
    struct slot slot = {field, base + field->offset};
    if (field->label == PROTOBUF_C_LABEL_REPEATED)
        return read_list(r, path, value, slot, quantifier);
    if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) {
        if (*(uint32_t *)quantifier != 0)
            return refuse(r, path, "excludes another key that is given beside it");
        *(uint32_t *)quantifier = field->id;
    }
    return read_value(r, path, value, slot);
}

static int read_object(struct reader *r, const struct path *path, const json_t *object,
                       ProtobufCMessage *message)
{
    const char *key;
    json_t *value;
    json_object_foreach ((json_t *)object, key, value) {
        struct path inner = {path, key, -1};
        int err = read_field(r, &inner, value, message);
        if (err)
            return err;
    }
    return HX_OK;
}

int hx_json_to_message(const ProtobufCMessageDescriptor *descriptor, const json_t *object,
                       ProtobufCMessage **out, char problem[HX_JSON_PROBLEM])
{
    struct reader r = {problem};
    *out = NULL;
    problem[0] = '\0';
    if (!json_is_object(object))
        return refuse(&r, NULL, "must be an object");
    ProtobufCMessage *message = message_new(descriptor);
    if (!message)
        return no_memory(&r);
    int err = read_object(&r, NULL, object, message);
    if (err) {
        protobuf_c_message_free_unpacked(message, NULL);
        return err;
    }
    *out = message;
    return HX_OK;
}
