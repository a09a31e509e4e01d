/* A whole input published: rows of a table or lines of JSON, several on their way at once, with the
 * rejected ones in a file, a checkpoint from which a broken run goes on, and progress. For
 * `publish` and `import`; the options that they share are read here: --map, --encoding, --reject,
 * --checkpoint, --from-start, --dry-run, --source. One thread. */
#ifndef CLI_MANY_H
#define CLI_MANY_H

#include "cli/command.h"
#include "mapping/record.h"

struct many_options {
    const char *path;   /* "-" = standard input */
    bool table;         /* a table; otherwise JSON Lines */
    const char *source; /* of rows that name none and without --source */
    /* Sees each row before it is published, or instead of it: HX_OK, HX_INVALID with why it is
     * rejected, HX_NOMEM. NULL = all may pass. */
    int (*judge)(void *arg, const struct record *record, char problem[RECORD_PROBLEM]);
    void *judge_arg;
};

/* CLI_OK: every row was taken; CLI_NEGATIVE: some were rejected, or the run was interrupted;
 * CLI_USAGE: the input or its mapping is wrong as a whole; CLI_UNREACHABLE. */
HX_CHECK int many_run(const struct cli *cli, const struct many_options *options);

#endif
