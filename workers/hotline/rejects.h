/* What was not taken of a table, for a person: a list of line, reason and row (it may name a
 * reporter: mode 0600). A list has its name only when it is whole and on disk. */
#ifndef HOTLINE_REJECTS_H
#define HOTLINE_REJECTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct rejects_row {
    uint64_t line;
    const char *text; /* without a NUL */
    size_t size;
};

/* Begins the list `part` with the first row (*list NULL). False: it cannot be made. */
bool rejects_add(FILE **list, const char *part, const struct rejects_row *row, const char *reason);

/* Gives the list its name and closes it; *list is NULL then. False: not all of it could be kept. */
bool rejects_finish(FILE **list, const char *part, const char *whole);

/* Why a table was refused as a whole, in a file of its own. */
void rejects_reason(const char *path, const char *reason);

#endif
