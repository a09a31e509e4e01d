#include "board/city/table.h"
#include "base/utf8.h"

#include <csv.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 32 };

struct table {
    json_t *rows, *row;
    char *columns[COLUMNS];
    size_t n_columns, at;
    const char *cell; /* NULL: all rows */
    int head, found;
};

static json_t *value_of(const char *column, const char *text, size_t size)
{
    char *end;
    if (strcmp(column, "lon") != 0 && strcmp(column, "lat") != 0)
        return json_stringn(text, size);
    double n = strtod(text, &end);
    return end == text + size && size ? json_real(n) : json_stringn(text, size);
}

static void on_cell(void *bytes, size_t size, void *arg)
{
    struct table *t = arg;
    char text[1025];
    if (t->at >= COLUMNS || size >= sizeof text)
        return;
    if (size)
        memcpy(text, bytes, size);
    text[size] = '\0';
    if (t->head) {
        t->columns[t->n_columns++] = strdup(text);
    } else if (t->at < t->n_columns && t->columns[t->at] && size) {
        t->found |= t->cell && strcmp(t->cell, text) == 0;
        json_object_set_new(t->row, t->columns[t->at], value_of(t->columns[t->at], text, size));
    }
    t->at++;
}

static void on_row(int end, void *arg)
{
    struct table *t = arg;
    (void)end;
    if (!t->head && (t->found || !t->cell) && json_object_size(t->row))
        json_array_append(t->rows, t->row);
    json_decref(t->row);
    t->row = json_object();
    t->head = t->found = 0;
    t->at = 0;
}

json_t *table_rows(const char *text, size_t size, const char *cell)
{
    struct table t = {.rows = json_array(), .row = json_object(), .cell = cell, .head = 1};
    struct csv_parser parser;
    size_t mark = hx_utf8_mark(text, size);
    text += mark;
    size -= mark;
    if (csv_init(&parser, CSV_STRICT) == 0) {
        if (csv_parse(&parser, text, size, on_cell, on_row, &t) == size)
            csv_fini(&parser, on_cell, on_row, &t);
        csv_free(&parser);
    }
    for (size_t i = 0; i < t.n_columns; i++)
        free(t.columns[i]);
    json_decref(t.row);
    return t.rows;
}

json_t *table_json(const char *text, size_t size)
{
    return table_rows(text, size, NULL);
}
