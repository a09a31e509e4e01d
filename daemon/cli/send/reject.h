/* Rows that could not be published, kept for a person to mend and send again: a CSV file with the
 * line, the reason and the row as it stood (UTF-8). Created with the first reject. One thread. */
#ifndef CLI_REJECT_H
#define CLI_REJECT_H

#include "hongxin/error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct reject_file {
    char *path; /* owned; NULL = rejects are only counted */
    FILE *out;
    uint64_t n;
    bool append;    /* a run that was resumed keeps the rejects of the run before */
    uint64_t *kept; /* owned: their lines, ascending */
    size_t n_kept;
};

/* `append` goes on with the file of a run that was broken off. That run is read again from its
 * checkpoint, which lies before some of the rows it had rejected: they are counted and not written
 * twice. HX_NOMEM, or HX_IO when that file cannot be read; reject_fini() is called all the same. */
HX_CHECK int reject_init(struct reject_file *f, const char *path, bool append);

/* `text` is the row as it stands in the input, without its line end. HX_IO when it cannot be
 * written. */
HX_CHECK int reject_add(struct reject_file *f, uint64_t line, const char *reason, const char *text,
                        size_t size);

/* HX_IO when what was written did not reach the file. */
HX_CHECK int reject_fini(struct reject_file *f);

#endif
