/* Lists as tables for spreadsheets: UTF-8 with a byte order mark, CRLF. A cell that a spreadsheet
 * would take for a formula gets an apostrophe in front. */
#ifndef BOARD_CSV_H
#define BOARD_CSV_H

#include "http/http.h"
#include <jansson.h>

/* One column: its heading and where it is in a row, "breach.deadline". */
struct csv_column {
    const char *name, *path;
};

/* Answers with the rows of `list` as a file of this name. Borrows `list`. */
void csv_answer(struct http_request *r, const char *name, const struct csv_column *columns,
                size_t n, const json_t *list);

#endif
