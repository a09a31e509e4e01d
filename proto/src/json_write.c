/* Message to JSON. Every step returns a new value or NULL for short memory; json_object_set_new()
 * and json_array_append_new() take a NULL value as their own failure, so one check per level is
 * enough. */
#include "hongxin/fact.h"
#include "hongxin/instant.h"
#include "hongxin/json.h"
#include "json_internal.h"

#include <math.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

struct style {
    int offset; /* minutes east */
    unsigned flags;
};

static json_t *object(const ProtobufCMessage *message, const struct style *style);

/* Length of the well-formed UTF-8 sequence at p, 0 when there is none. */
static size_t sequence(const unsigned char *p, size_t left)
{
    static const struct {
        unsigned char lead, mask;
        uint32_t least;
    } forms[] = {{0x00, 0x80, 0}, {0xc0, 0xe0, 0x80}, {0xe0, 0xf0, 0x800}, {0xf0, 0xf8, 0x10000}};
    for (size_t n = 0; n < 4 && n < left; n++) {
        if ((p[0] & forms[n].mask) != forms[n].lead)
            continue;
        uint32_t code = p[0] & (unsigned char)~forms[n].mask;
        for (size_t i = 1; i <= n; i++) {
            if ((p[i] & 0xc0) != 0x80)
                return 0;
            code = code << 6 | (p[i] & 0x3f);
        }
        bool surrogate = code >= 0xd800 && code <= 0xdfff;
        return code < forms[n].least || code > 0x10ffff || surrogate ? 0 : n + 1;
    }
    return 0;
}

/* Text from outside that is not UTF-8, with U+FFFD for each bad byte. */
static json_t *repaired(const char *text)
{
    size_t left = strlen(text), n = 0;
    char *out = malloc(left * 3 + 1);
    if (!out)
        return NULL;
    for (const unsigned char *p = (const unsigned char *)text; left > 0;) {
        size_t take = sequence(p, left);
        memcpy(out + n, take ? (const char *)p : "\xef\xbf\xbd", take ? take : 3);
        n += take ? take : 3;
        p += take ? take : 1;
        left -= take ? take : 1;
    }
    json_t *value = json_stringn(out, n);
    free(out);
    return value;
}

static json_t *string(const char *text)
{
    json_t *value = json_string(text);
    return value ? value : repaired(text);
}

static json_t *base64(const ProtobufCBinaryData *bytes)
{
    size_t size = sodium_base64_encoded_len(bytes->len, sodium_base64_VARIANT_ORIGINAL);
    char *text = malloc(size);
    if (!text)
        return NULL;
    sodium_bin2base64(text, size, bytes->data, bytes->len, sodium_base64_VARIANT_ORIGINAL);
    json_t *value = json_string(text);
    free(text);
    return value;
}

static json_t *instant(int64_t ms, const struct style *style)
{
    char text[HX_INSTANT_TEXT];
    if (ms < HX_INSTANT_MIN || ms > HX_INSTANT_MAX)
        return json_integer(ms);
    return json_string(hx_instant_format(ms, style->offset, text));
}

static json_t *unsigned64(uint64_t n)
{
    return n > INT64_MAX ? json_sprintf("%llu", (unsigned long long)n)
                         : json_integer((json_int_t)n);
}

static json_t *enumeration(const ProtobufCEnumDescriptor *type, int number)
{
    const ProtobufCEnumValue *value = protobuf_c_enum_descriptor_get_value(type, number);
    return value ? json_string(value->name) : json_integer(number);
}

static json_t *real(double d)
{
    return isfinite(d) ? json_real(d) : json_null();
}

/* One value of a field; `at` points to the member or to one element of its array. */
static json_t *value_of(const ProtobufCFieldDescriptor *field, const void *at,
                        const struct style *style)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_SFIXED64:
        return instant(*(const int64_t *)at, style);
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
        return json_integer(*(const int64_t *)at);
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        return unsigned64(*(const uint64_t *)at);
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
        return json_integer(*(const int32_t *)at);
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        return json_integer(*(const uint32_t *)at);
    case PROTOBUF_C_TYPE_FLOAT:
        return real((double)*(const float *)at);
    case PROTOBUF_C_TYPE_DOUBLE:
        return real(*(const double *)at);
    case PROTOBUF_C_TYPE_BOOL:
        return json_boolean(*(const protobuf_c_boolean *)at);
    case PROTOBUF_C_TYPE_ENUM:
        return enumeration(field->descriptor, *(const int *)at);
    case PROTOBUF_C_TYPE_STRING:
        return string(*(char *const *)at);
    case PROTOBUF_C_TYPE_BYTES:
        return base64(at);
    case PROTOBUF_C_TYPE_MESSAGE:
        return object(*(const ProtobufCMessage *const *)at, style);
    }
    return json_null();
}

size_t hx_json_element_size(ProtobufCType type)
{
    switch (type) {
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        return sizeof(int64_t);
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        return sizeof(int32_t);
    case PROTOBUF_C_TYPE_FLOAT:
        return sizeof(float);
    case PROTOBUF_C_TYPE_DOUBLE:
        return sizeof(double);
    case PROTOBUF_C_TYPE_BOOL:
        return sizeof(protobuf_c_boolean);
    case PROTOBUF_C_TYPE_ENUM:
        return sizeof(int);
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_MESSAGE:
        return sizeof(void *);
    case PROTOBUF_C_TYPE_BYTES:
        return sizeof(ProtobufCBinaryData);
    }
    return 0;
}

static json_t *list(const ProtobufCFieldDescriptor *field, const char *first, size_t n,
                    const struct style *style)
{
    json_t *array = json_array();
    size_t step = hx_json_element_size(field->type);
    for (size_t i = 0; array && i < n; i++) {
        if (json_array_append_new(array, value_of(field, first + i * step, style)) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static bool enum_is_unspecified(const ProtobufCEnumDescriptor *type, int number)
{
    static const char ending[] = "_UNSPECIFIED";
    const ProtobufCEnumValue *value = protobuf_c_enum_descriptor_get_value(type, number);
    size_t n = value ? strlen(value->name) : 0;
    return number == 0 && n >= sizeof ending - 1 &&
           strcmp(value->name + n - (sizeof ending - 1), ending) == 0;
}

static bool all_zero(const void *at, size_t size)
{
    static const char zero[sizeof(int64_t)];
    return memcmp(at, zero, size) == 0;
}

/* A single field that says nothing and is not written. */
static bool is_absent(const ProtobufCFieldDescriptor *field, const void *at, unsigned flags)
{
    const char *text;
    switch (field->type) {
    case PROTOBUF_C_TYPE_STRING:
        text = *(char *const *)at;
        return !text || !*text;
    case PROTOBUF_C_TYPE_BYTES:
        return ((const ProtobufCBinaryData *)at)->len == 0;
    case PROTOBUF_C_TYPE_MESSAGE:
        return !*(void *const *)at;
    case PROTOBUF_C_TYPE_SFIXED64:
        return *(const int64_t *)at == 0;
    case PROTOBUF_C_TYPE_ENUM:
        return enum_is_unspecified(field->descriptor, *(const int *)at);
    default:
        return (flags & HX_JSON_SPARSE) && all_zero(at, hx_json_element_size(field->type));
    }
}

/* Writes one field into `out` unless it is absent or the key is there already. */
static bool add_field(json_t *out, const ProtobufCMessage *message,
                      const ProtobufCFieldDescriptor *field, const struct style *style)
{
    const char *base = (const char *)message;
    const char *at = base + field->offset;
    json_t *value;
    if (json_object_get(out, field->name)) /* taken by the head of a fact line */
        return true;
    if (field->label == PROTOBUF_C_LABEL_REPEATED) {
        size_t n = *(const size_t *)(base + field->quantifier_offset);
        if (n == 0)
            return true;
        value = list(field, *(char *const *)at, n, style);
    } else if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) {
        if (*(const uint32_t *)(base + field->quantifier_offset) != field->id)
            return true;
        value = value_of(field, at, style);
    } else {
        if (is_absent(field, at, style->flags))
            return true;
        value = value_of(field, at, style);
    }
    return json_object_set_new_nocheck(out, field->name, value) == 0;
}

static bool add_fields(json_t *out, const ProtobufCMessage *message, const struct style *style)
{
    for (unsigned i = 0; i < message->descriptor->n_fields; i++)
        if (!add_field(out, message, &message->descriptor->fields[i], style))
            return false;
    return true;
}

static json_t *object(const ProtobufCMessage *message, const struct style *style)
{
    json_t *out = json_object();
    if (out && !add_fields(out, message, style)) {
        json_decref(out);
        return NULL;
    }
    return out;
}

json_t *hx_json_from_message(const ProtobufCMessage *message, int utc_offset_minutes,
                             unsigned flags)
{
    const struct style style = {utc_offset_minutes, flags};
    return object(message, &style);
}

static bool add_case(json_t *out, const hxp_entry *entry, const char *label)
{
    return !label || (json_object_set_new(out, "case", string(label)) == 0 &&
                      json_object_set_new(out, "cycle", json_integer(entry->cycle)) == 0);
}

static bool add_drill(json_t *out, const hxp_entry *entry)
{
    return !entry->drill || json_object_set_new(out, "drill", json_true()) == 0;
}

/* Where the wall clock was put back, both values (R13, corner 15). */
static bool add_wall(json_t *out, const hxp_entry *entry, const struct style *style)
{
    return !entry->t_wall || json_object_set_new(out, "t_wall", instant(entry->t_wall, style)) == 0;
}

json_t *hx_json_fact_line(const hxp_entry *entry, const hxp_fact *fact, const char *label,
                          int utc_offset_minutes)
{
    const struct style style = {utc_offset_minutes, 0};
    const ProtobufCMessage *inside = hx_fact_message(fact);
    json_t *out = inside ? json_object() : NULL;
    if (!out)
        return NULL;
    if (json_object_set_new(out, "t", instant(entry->t_rec, &style)) == 0 &&
        add_wall(out, entry, &style) &&
        json_object_set_new(out, "lsn", unsigned64(entry->lsn)) == 0 &&
        json_object_set_new(out, "fact", json_string(hx_fact_name(fact))) == 0 &&
        add_case(out, entry, label) && add_drill(out, entry) && add_fields(out, inside, &style))
        return out;
    json_decref(out);
    return NULL;
}
