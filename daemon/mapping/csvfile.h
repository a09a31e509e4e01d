/* A table of text read row by row: any encoding that iconv knows, quoted fields over several lines,
 * and one broken row never spoils the next.
 *
 * The reader splits the input into rows itself (a row ends at a line end outside quotes) and has
 * libcsv split each row into fields. A row whose quotes do not close, or that libcsv refuses, is
 * handed out as bad together with its own text, and reading goes on with the very next line. */
#ifndef MAPPING_CSVFILE_H
#define MAPPING_CSVFILE_H

#include "hongxin/error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Limits of one row: what a hotline's export never reaches, and a quote that never closes does. */
enum { CSV_FIELDS_MAX = 256, CSV_ROW_BYTES_MAX = 256 * 1024, CSV_ROW_LINES_MAX = 100 };

struct csv_row {
    uint64_t row;  /* 1, 2, 3 …; the heading is 0 */
    uint64_t line; /* line of the file where it starts, 1 = first */
    size_t n;
    const char *fields[CSV_FIELDS_MAX]; /* UTF-8, trimmed of blanks; valid until the next row */
    const char *text;                   /* the row as it stands in the file, in UTF-8 */
    size_t size;
    const char *bad; /* NULL, or what is wrong with it: static text */
};

struct csv_file; /* opaque */

/* Opens a file, or standard input for "-". `encoding` is a name that iconv knows, or "auto": UTF-8
 * when the file begins with a byte order mark or all of its first 64 KiB is UTF-8, GB18030 (which
 * holds GBK and GB2312) otherwise. Errors: HX_NOTFOUND, HX_IO, HX_INVALID (encoding not known),
 * HX_AGAIN (the machine has no descriptor for it now), HX_NOMEM, with `problem` saying so. */
HX_CHECK int csv_file_open(const char *path, const char *encoding, char delimiter,
                           struct csv_file **out, char problem[256]);
void csv_file_close(struct csv_file *f);

/* A converter is a file of its own, which is looked for once: whoever holds it opens tables of this
 * encoding later, whatever the machine has left then. HX_INVALID: it is not known here. */
HX_CHECK int csv_converter_hold(const char *encoding, void **out);
void csv_converter_release(void *held); /* NULL is allowed */

/* The next row; the heading first. HX_NOTFOUND at the end; HX_IO; HX_NOMEM. Empty lines are passed
 * over. */
HX_CHECK int csv_file_next(struct csv_file *f, struct csv_row *row);

/* Bytes read so far, and in all (0 when that is not known), for progress. */
void csv_file_progress(const struct csv_file *f, uint64_t *at, uint64_t *size);

#endif
