#include "mapping/object.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* NULL: no text, number or boolean. */
static const char *text_of(const json_t *value, char number[OBJECT_NUMBER])
{
    switch (json_typeof(value)) {
    case JSON_STRING: /* a NUL in it would hide the rest */
        return strlen(json_string_value(value)) == json_string_length(value)
                   ? json_string_value(value)
                   : NULL;
    case JSON_INTEGER:
        snprintf(number, OBJECT_NUMBER, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        return number;
    case JSON_REAL:
        snprintf(number, OBJECT_NUMBER, "%.15g", json_real_value(value));
        return number;
    case JSON_TRUE:
        return "true";
    case JSON_FALSE:
        return "false";
    case JSON_NULL:
        return "";
    default:
        return NULL;
    }
}

static int take(struct object_row *out, const char *key, const json_t *value)
{
    size_t n = out->heading.n;

    if (n == CSV_FIELDS_MAX)
        return HX_INVALID;
    out->heading.fields[n] = key;
    out->row.fields[n] = text_of(value, out->numbers[n]);
    out->heading.n = out->row.n = n + 1;
    return out->row.fields[n] ? HX_OK : HX_INVALID;
}

static int take_inner(struct object_row *out, const char *outer, const json_t *object)
{
    const char *key;
    json_t *value;
    int rc = HX_OK;

    json_object_foreach ((json_t *)object, key, value) {
        char *joined = out->keys + out->keys_used;
        size_t room = sizeof out->keys - out->keys_used;
        int size = snprintf(joined, room, "%s.%s", outer, key);
        if (rc || size < 0 || (size_t)size >= room)
            return HX_INVALID;
        out->keys_used += (size_t)size + 1;
        rc = take(out, joined, value);
    }
    return rc;
}

int object_row(const json_t *object, struct object_row *out)
{
    const char *key;
    json_t *value;
    int rc = json_is_object(object) ? HX_OK : HX_INVALID;

    out->heading.n = out->row.n = 0;
    out->heading.bad = out->row.bad = NULL;
    out->keys_used = 0;
    json_object_foreach ((json_t *)object, key, value) {
        if (!rc)
            rc = json_is_object(value) ? take_inner(out, key, value) : take(out, key, value);
    }
    return rc;
}
