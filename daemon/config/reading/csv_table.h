/* A CSV file as a table of named columns, whose rows remember their lines.
 *
 * UTF-8, comma, optional quotes, a header line; columns in any order. A byte order mark, CRLF and
 * empty lines are accepted, because spreadsheets write them. Blanks around unquoted values are
 * dropped. */
#ifndef CONFIG_CSV_TABLE_H
#define CONFIG_CSV_TABLE_H

#include "base/arena.h"
#include "config/reading/problem.h"
#include <stdbool.h>
#include <stddef.h>

enum {
    HX_CSV_FILE_MAX = 512 * 1024 * 1024, /* bytes of a file: a million buildings have 100 MiB */
    HX_CSV_COLUMNS_MAX = 32,             /* columns of a file, also of those that are ignored */
    HX_CSV_VALUE_MAX = 1024,             /* bytes of a value */
};

struct hx_csv_column {
    const char *name; /* NULL ends a list of columns */
    bool optional;    /* may be missing; then its values are "" */
};

struct hx_csv_row {
    size_t line;         /* where it begins; 1 is the header */
    const char **values; /* one per wanted column, in their order; never NULL */
    size_t odd;          /* how many values it has, where the header has another number; else 0 */
};

struct hx_csv_table {
    const char *path; /* as given, and its last part; owned by the table */
    const char *name;
    struct hx_csv_row *rows;
    size_t count;
    size_t columns; /* values of a row */
    size_t header;  /* columns of the file */
    size_t lines;   /* of the whole file */
    struct hx_arena arena;
};

/* Reads `path`. A column of the file that is not wanted is refused, except when its name begins
 * with "x_" (for the city's own notes). On error the table is empty, and `problem` says where and
 * what:
 * - HX_CONFIG: a column missing, unknown or twice; a row with too few or too many values; a value
 * that is too long; quotes that do not match; not UTF-8; too large
 * - HX_IO, HX_NOMEM
 * One thread at a time. */
HX_CHECK int hx_csv_read(const char *path, const struct hx_csv_column *wanted,
                         struct hx_csv_table *out, struct hx_problem *problem);

/* The same from a text that is there already; `path` is named in messages. A row with too few or
 * too many values is kept, and marked: the caller goes on to the next, or refuses it. */
HX_CHECK int hx_csv_parse(const char *path, const char *text, size_t size,
                          const struct hx_csv_column *wanted, struct hx_csv_table *out,
                          struct hx_problem *problem);

/* Also for a table that is zeroed or was not read. */
void hx_csv_free(struct hx_csv_table *table);

#endif
