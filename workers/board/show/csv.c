#include "board/show/csv.h"

#include <event2/buffer.h>
#include <stdio.h>
#include <string.h>

static const json_t *at(const json_t *row, const char *path)
{
    char part[64];
    while (row && *path) {
        size_t n = strcspn(path, ".");
        snprintf(part, sizeof part, "%.*s", (int)n, path);
        row = json_object_get(row, part);
        path += n + (path[n] == '.');
    }
    return row;
}

static void put_text(struct evbuffer *out, const char *text)
{
    evbuffer_add(out, "\"", 1);
    if (*text && strchr("=+-@\t\r", *text))
        evbuffer_add(out, "'", 1);
    for (; *text; text++)
        evbuffer_add(out, *text == '"' ? "\"\"" : text, *text == '"' ? 2 : 1);
    evbuffer_add(out, "\"", 1);
}

static void put_value(struct evbuffer *out, const json_t *v)
{
    size_t i;
    json_t *item;
    if (json_is_string(v)) {
        put_text(out, json_string_value(v));
    } else if (json_is_integer(v)) {
        evbuffer_add_printf(out, "%lld", (long long)json_integer_value(v));
    } else if (json_is_boolean(v)) {
        evbuffer_add_printf(out, "%s", json_is_true(v) ? "true" : "false");
    } else if (json_is_array(v)) {
        char text[512] = "";
        json_array_foreach(v, i, item) if (json_is_string(item) &&
                                           strlen(text) + strlen(json_string_value(item)) + 2 <
                                               sizeof text)
            snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i ? " " : "",
                     json_string_value(item));
        put_text(out, text);
    }
}

void csv_answer(struct http_request *r, const char *name, const struct csv_column *columns,
                size_t n, const json_t *list)
{
    struct evbuffer *out = evbuffer_new();
    char disposition[96];
    size_t i;
    json_t *row;
    if (!out) {
        http_problem(r, 503, "NO_MEMORY", "out of memory");
        return;
    }
    evbuffer_add(out, "\xEF\xBB\xBF", 3);
    for (size_t c = 0; c < n; c++)
        evbuffer_add_printf(out, "%s%s", c ? "," : "", columns[c].name);
    json_array_foreach(list, i, row)
    {
        evbuffer_add(out, "\r\n", 2);
        for (size_t c = 0; c < n; c++) {
            if (c)
                evbuffer_add(out, ",", 1);
            put_value(out, at(row, columns[c].path));
        }
    }
    evbuffer_add(out, "\r\n", 2);
    snprintf(disposition, sizeof disposition, "attachment; filename=\"%s.csv\"", name);
    http_set_header(r, "Content-Disposition", disposition);
    size_t size = evbuffer_get_length(out);
    http_answer(r, 200, "text/csv; charset=utf-8", evbuffer_pullup(out, -1), size);
    evbuffer_free(out);
}
