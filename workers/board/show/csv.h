/* Lists as tables for spreadsheets: UTF-8 with a byte order mark, CRLF. A cell that a spreadsheet
 * would take for a formula gets an apostrophe in front.
 *
 * Without `language` in the query a table is for programs: names of columns and ids as the API has
 * them. With it (zh, en) it is for people: headings and values as the pages call them, times by the
 * clock of the city. */
#ifndef BOARD_CSV_H
#define BOARD_CSV_H

#include "board/city/city.h"
#include "board/places.h"
#include <jansson.h>

/* One column: its heading for programs (NULL: only people have it) and where it is in a row,
 * "breach.deadline". Then its headings for people (NULL: only programs have it), and what it holds:
 * names of a kind of words ("clock", "place"), "time", "minutes", "yes"; NULL: it is shown as it
 * is. */
struct csv_column {
    const char *name, *path, *zh, *en, *kind;
};

/* An element of BOARD_PLACES as a column of a row with a where. */
#define CSV_PLACE(id, zh, en)                                                                      \
    {                                                                                              \
#id, "where." #id, zh, en, "place"                                                         \
    }

struct csv_table {
    const char *name; /* of the file */
    const struct csv_column *columns;
    size_t n;
};

/* Answers with the rows of `list`. Borrows it. */
void csv_answer(const struct board *b, struct http_request *r, const struct csv_table *table,
                const json_t *list);

/* Calls back at once; when a table for people is asked for, as soon as the names of the city are
 * there. A wrong language is answered. */
void csv_begin(struct board *b, struct http_request *r, city_fn *then);

#endif
