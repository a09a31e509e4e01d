/* Bodies as JSON, within limits. */
#include "http/json.h"
#include "base/utf8.h"
#include "http/internal.h"

#include <string.h>
#include <strings.h>

bool http_json_within(const char *text, size_t size, unsigned depth)
{
    unsigned level = 0;
    bool inside = false;
    for (size_t i = 0; i < size; i++) {
        char c = text[i];
        if (inside && c == '\\')
            i++;
        else if (c == '"')
            inside = !inside;
        else if (!inside && (c == '{' || c == '['))
            level++;
        else if (!inside && (c == '}' || c == ']') && level > 0)
            level--;
        if (level > depth)
            return false;
    }
    return true;
}

/* "application/json", with or without a charset of UTF-8. */
static bool is_json_type(const char *type)
{
    static const char want[] = "application/json";
    if (strncasecmp(type, want, sizeof want - 1) != 0)
        return false;
    const char *more = type + sizeof want - 1;
    more += strspn(more, " \t");
    return !*more || (*more == ';' && (!strcasestr(more, "charset") || strcasestr(more, "utf-8")));
}

/* It is JSON, but holds what no text of ours may hold. */
static bool is_nul(const json_error_t *error)
{
    enum json_error_code code = json_error_code(error);
    return code == json_error_null_character || code == json_error_null_byte_in_key;
}

json_t *http_json(struct http_request *r)
{
    size_t size;
    const char *text = http_body(r, &size);
    json_error_t error;
    if (!is_json_type(http_get_header(r, "Content-Type", NULL))) {
        http_problem(r, 415, "NOT_JSON", "Content-Type must be application/json, in UTF-8");
        return NULL;
    }
    if (!http_json_within(text, size, (unsigned)r->server->limits.json_depth)) {
        http_problem(r, 400, "JSON_TOO_DEEP", "JSON may be nested %u deep",
                     (unsigned)r->server->limits.json_depth);
        return NULL;
    }
    json_t *value = json_loadb(text, size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (!value && is_nul(&error)) {
        http_problem(r, 422, "NUL_IN_TEXT", "a text holds a NUL: line %d, column %d", error.line,
                     error.column);
        return NULL;
    }
    if (!value) {
        http_problem(r, 400, "BAD_JSON", "not JSON: line %d, column %d", error.line, error.column);
        return NULL;
    }
    if (!json_is_object(value)) {
        json_decref(value);
        http_problem(r, 400, "JSON_NOT_AN_OBJECT", "a JSON object is expected");
        return NULL;
    }
    return value;
}
