/* Where a run stopped: how many rows of an input are done with, kept beside the input so that the
 * next run goes on there. Ids are stable, so a checkpoint that is lost or old costs time, never a
 * double complaint. One thread. */
#ifndef CLI_CHECKPOINT_H
#define CLI_CHECKPOINT_H

#include "hongxin/error.h"
#include <stddef.h>
#include <stdint.h>

enum { CHECKPOINT_MARK = 33 };

struct checkpoint {
    char *path; /* owned; NULL = none is kept */
    uint64_t rows;
    char mark[CHECKPOINT_MARK]; /* digest of the last row done with: is it still the same file? */
};

/* Reads the file when there is one; one that cannot be understood counts as none (rows = 0). */
HX_CHECK int checkpoint_open(struct checkpoint *c, const char *path);

/* Records that all rows up to `rows` are done with, whose last is `text`. Written beside and
 * renamed, so that a crash leaves the old or the new one. HX_IO. */
HX_CHECK int checkpoint_save(struct checkpoint *c, uint64_t rows, const char mark[CHECKPOINT_MARK]);

/* The digest of a row, for mark. */
void checkpoint_mark(const char *text, size_t size, char mark[CHECKPOINT_MARK]);

/* The whole input is done with: the file goes away. */
void checkpoint_done(struct checkpoint *c);
void checkpoint_close(struct checkpoint *c);

#endif
