#include "config/reading/csv_table.h"
#include "base/grown.h"
#include "base/utf8.h"
#include "config/reading/file.h"

#include <csv.h>
#include <stdlib.h>
#include <string.h>

/* libcsv calls back for each value and each end of a row, and counts no lines. So it is fed line by
 * line, and a row belongs to the line that was being fed when its first byte came. */
struct reader {
    struct hx_csv_table *table;
    const struct hx_csv_column *wanted;
    size_t n_wanted;
    struct hx_problem *problem;
    size_t line; /* being fed */

    const char *values[HX_CSV_COLUMNS_MAX]; /* of the row being read */
    size_t n_values;
    size_t began; /* line of the row being read; 0 = between rows */

    size_t place[HX_CSV_COLUMNS_MAX]; /* column of the file → wanted column, or n_wanted: ignored */
    size_t n_columns;                 /* 0 = header not read yet */
    size_t room;
    int err; /* sticky: the callbacks cannot stop libcsv */
};

static int fault(struct reader *r, const char *what, const char *name)
{
    return hx_problem_set(r->problem, "%s:%zu: %s%s%s", r->table->path, r->began, what,
                          name ? " " : "", name ? name : "");
}

static void on_value(void *value, size_t size, void *ctx)
{
    struct reader *r = ctx;
    if (r->err)
        return;
    if (r->n_values == HX_CSV_COLUMNS_MAX) {
        r->err = fault(r, "more than 32 values", NULL);
    } else if (size > HX_CSV_VALUE_MAX) {
        r->err = fault(r, "a value is longer than 1024 bytes", NULL);
    } else {
        char *kept = hx_arena_strndup(&r->table->arena, size ? value : "", size);
        r->values[r->n_values++] = kept;
        r->err = kept ? HX_OK : HX_NOMEM;
    }
}

static size_t wanted_index(const struct reader *r, const char *name)
{
    size_t i = 0;
    while (i < r->n_wanted && strcmp(r->wanted[i].name, name) != 0)
        i++;
    return i;
}

static int map_header(struct reader *r)
{
    bool seen[HX_CSV_COLUMNS_MAX] = {false};
    for (size_t i = 0; i < r->n_values; i++) {
        size_t w = wanted_index(r, r->values[i]);
        r->place[i] = w;
        if (w == r->n_wanted && strncmp(r->values[i], "x_", 2) != 0)
            return fault(r, "unknown column", r->values[i]);
        if (w < r->n_wanted && seen[w])
            return fault(r, "column twice:", r->values[i]);
        if (w < r->n_wanted)
            seen[w] = true;
    }
    for (size_t w = 0; w < r->n_wanted; w++) {
        if (!seen[w] && !r->wanted[w].optional)
            return fault(r, "missing column", r->wanted[w].name);
    }
    r->n_columns = r->n_values;
    return HX_OK;
}

static int keep_row(struct reader *r)
{
    struct hx_csv_table *t = r->table;
    size_t odd = r->n_values == r->n_columns ? 0 : r->n_values;
    struct hx_csv_row *rows = hx_grown(t->rows, t->count, &r->room, sizeof *rows);
    if (!rows)
        return HX_NOMEM;
    t->rows = rows;
    const char **values = hx_arena_alloc(&t->arena, r->n_wanted * sizeof *values);
    if (!values)
        return HX_NOMEM;
    for (size_t w = 0; w < r->n_wanted; w++)
        values[w] = "";
    for (size_t i = 0; i < r->n_values && i < r->n_columns; i++) {
        if (r->place[i] < r->n_wanted)
            values[r->place[i]] = r->values[i];
    }
    t->rows[t->count++] = (struct hx_csv_row){.line = r->began, .values = values, .odd = odd};
    return HX_OK;
}

static void on_row(int end, void *ctx)
{
    (void)end;
    struct reader *r = ctx;
    if (!r->err)
        r->err = r->n_columns ? keep_row(r) : map_header(r);
    r->n_values = 0;
    r->began = 0;
}

static bool blank(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (!strchr(" \t\r\n", text[i]))
            return false;
    }
    return true;
}

static int feed(struct reader *r, struct csv_parser *parser, const char *text, size_t size)
{
    for (size_t at = 0; at < size && !r->err;) {
        const char *newline = memchr(text + at, '\n', size - at);
        size_t n = newline ? (size_t)(newline - (text + at)) + 1 : size - at;
        r->line++;
        if (!r->began && !blank(text + at, n))
            r->began = r->line;
        if (csv_parse(parser, text + at, n, on_value, on_row, r) != n && !r->err)
            return csv_error(parser) == CSV_ENOMEM ? HX_NOMEM
                                                   : fault(r, "quotes do not match", NULL);
        at += n;
    }
    if (!r->err && csv_fini(parser, on_value, on_row, r) != 0 && !r->err)
        return fault(r, "a quote is opened and never closed", NULL);
    return r->err;
}

static int parse(struct reader *r, const char *text, size_t size)
{
    struct csv_parser parser;
    size_t mark = hx_utf8_mark(text, size);
    if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI) != 0)
        return HX_NOMEM;
    int err = feed(r, &parser, text + mark, size - mark);
    csv_free(&parser);
    r->table->lines = r->line;
    r->table->header = r->n_columns;
    if (!err && !r->n_columns)
        err = hx_problem_set(r->problem, "%s:1: no header line", r->table->path);
    return err;
}

int hx_csv_parse(const char *path, const char *text, size_t size,
                 const struct hx_csv_column *wanted, struct hx_csv_table *out,
                 struct hx_problem *problem)
{
    struct reader r = {.table = out, .wanted = wanted, .problem = problem};
    *out = (struct hx_csv_table){0};
    hx_arena_init(&out->arena, 0);
    while (wanted[r.n_wanted].name)
        r.n_wanted++;
    out->columns = r.n_wanted;
    out->path = hx_arena_strdup(&out->arena, path);
    int err = HX_NOMEM;
    if (out->path) {
        out->name = hx_file_name(out->path);
        err = parse(&r, text, size);
    }
    if (err == HX_NOMEM)
        (void)hx_problem_set(problem, "%s: out of memory", path);
    if (err)
        hx_csv_free(out);
    return err;
}

static int refuse_odd(struct hx_csv_table *t, struct hx_problem *problem)
{
    for (size_t i = 0; i < t->count; i++) {
        if (!t->rows[i].odd)
            continue;
        int err = hx_problem_set(problem, "%s:%zu: %zu values, but the header has %zu columns",
                                 t->path, t->rows[i].line, t->rows[i].odd, t->header);
        hx_csv_free(t);
        return err;
    }
    return HX_OK;
}

int hx_csv_read(const char *path, const struct hx_csv_column *wanted, struct hx_csv_table *out,
                struct hx_problem *problem)
{
    char *text;
    size_t size;
    *out = (struct hx_csv_table){0};
    int err = hx_file_read(path, HX_CSV_FILE_MAX, &text, &size, problem);
    if (err)
        return err;
    err = hx_csv_parse(path, text, size, wanted, out, problem);
    free(text);
    return err ? err : refuse_odd(out, problem);
}

void hx_csv_free(struct hx_csv_table *table)
{
    free(table->rows);
    hx_arena_fini(&table->arena);
    *table = (struct hx_csv_table){0};
}
