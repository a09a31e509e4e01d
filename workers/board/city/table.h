/* CSV of the city's files as JSON (libcsv). Pure but for memory. */
#ifndef BOARD_TABLE_H
#define BOARD_TABLE_H

#include <jansson.h>
#include <stddef.h>

/* A list of objects by the names of the first line; empty cells are left out, lon and lat become
 * numbers. What cannot be read ends the list. */
json_t *table_json(const char *text, size_t size);

/* Only rows with a cell of exactly this value. */
json_t *table_rows(const char *text, size_t size, const char *cell);

#endif
