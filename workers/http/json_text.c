/* JSON trees of our own as text. Jansson's writer guards each container against loops, which a tree
 * that was made from a message cannot have; that guard was a third of what an answer cost. */
#include "http/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 1024, SCALAR_ROOM = 64 };

struct text {
    char *bytes;
    size_t n, room;
    bool failed;
};

/* Room for `more` bytes and a NUL. */
static bool reserve(struct text *t, size_t more)
{
    size_t room = t->room;
    if (t->n + more + 1 <= room)
        return !t->failed;
    while (t->n + more + 1 > room)
        room *= 2;
    char *bigger = realloc(t->bytes, room);
    if (!bigger) {
        t->failed = true;
        return false;
    }
    t->bytes = bigger;
    t->room = room;
    return true;
}

static void put(struct text *t, const char *bytes, size_t n)
{
    if (!reserve(t, n))
        return;
    memcpy(t->bytes + t->n, bytes, n);
    t->n += n;
}

/* None of eight bytes is below a blank, a quotation mark or a backslash; some that are none may be
 * taken for one. */
static bool all_plain(const char *p)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t v, quote, slash;
    memcpy(&v, p, sizeof v);
    quote = v ^ ones * '"';
    slash = v ^ ones * '\\';
    uint64_t found =
        ((v - ones * ' ') & ~v) | ((quote - ones) & ~quote) | ((slash - ones) & ~slash);
    return (found & ones * 0x80) == 0;
}

/* The bytes of a string that need no escape, from here on. */
static size_t plain(const char *p, size_t left)
{
    size_t n = 0;
    while (left - n >= 8 && all_plain(p + n))
        n += 8;
    while (n < left && (unsigned char)p[n] >= 0x20 && p[n] != '"' && p[n] != '\\')
        n++;
    return n;
}

static void put_escape(struct text *t, char c)
{
    static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
    const char *known = strchr(from, c);
    char out[8];
    int n = known && c ? snprintf(out, sizeof out, "\\%c", to[known - from])
                       : snprintf(out, sizeof out, "\\u%04X", (unsigned)(unsigned char)c);
    put(t, out, (size_t)n);
}

static void put_string(struct text *t, const char *p, size_t left)
{
    put(t, "\"", 1);
    while (left) {
        size_t n = plain(p, left);
        put(t, p, n);
        if (n < left)
            put_escape(t, p[n++]);
        p += n;
        left -= n;
    }
    put(t, "\"", 1);
}

static void put_value(struct text *t, const json_t *value);

static void put_object(struct text *t, const json_t *object)
{
    const char *separator = "{";
    for (void *at = json_object_iter((json_t *)object); at;
         at = json_object_iter_next((json_t *)object, at)) {
        const char *key = json_object_iter_key(at);
        put(t, separator, 1);
        put_string(t, key, strlen(key));
        put(t, ":", 1);
        put_value(t, json_object_iter_value(at));
        separator = ",";
    }
    if (*separator == '{')
        put(t, "{", 1);
    put(t, "}", 1);
}

static void put_array(struct text *t, const json_t *array)
{
    size_t n = json_array_size(array);
    put(t, "[", 1);
    for (size_t i = 0; i < n; i++) {
        if (i)
            put(t, ",", 1);
        put_value(t, json_array_get(array, i));
    }
    put(t, "]", 1);
}

static void put_scalar(struct text *t, const json_t *value)
{
    char out[SCALAR_ROOM];
    size_t n =
        json_is_integer(value)
            ? (size_t)snprintf(out, sizeof out, "%" JSON_INTEGER_FORMAT, json_integer_value(value))
            : json_dumpb(value, out, sizeof out, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
    put(t, out, n < sizeof out ? n : 0);
}

static void put_value(struct text *t, const json_t *value)
{
    if (json_is_object(value))
        put_object(t, value);
    else if (json_is_array(value))
        put_array(t, value);
    else if (json_is_string(value))
        put_string(t, json_string_value(value), json_string_length(value));
    else
        put_scalar(t, value);
}

char *http_json_text(const json_t *value, size_t *size)
{
    struct text t = {.bytes = malloc(FIRST_ROOM), .room = FIRST_ROOM};
    if (!t.bytes)
        return NULL;
    put_value(&t, value);
    if (t.failed) {
        free(t.bytes);
        return NULL;
    }
    t.bytes[t.n] = '\0';
    *size = t.n;
    return t.bytes;
}
