/* The registry of principals (principals.csv) as `hongxin key` edits it. It is written beside and
 * renamed, so that the daemon, which looks at it in the beginning of each turn, sees the old one or
 * the new one. The rest of the file stays as it is. */
#ifndef CLI_OPERATE_REGISTRY_H
#define CLI_OPERATE_REGISTRY_H

#include "cli/command.h"

#include <stddef.h>

enum {
    REGISTRY_COLUMNS = 7, /* principal, role, areas, sources, tenant, public_key, state */
    REGISTRY_BYTES = 4 * 1024 * 1024, /* as much as the daemon reads */
};

/* The registry in memory, and the lock that keeps two of us apart. */
struct registry {
    const char *path; /* borrowed */
    int lock;
    char *text; /* owned; NULL: no memory */
};

/* An exit code; what is wrong has been told. One that is missing is an empty one;
 * one of REGISTRY_BYTES or more is refused. */
int registry_open(const struct cli *cli, const char *registry, struct registry *r);
void registry_close(struct registry *r);

/* Writes the text with `more` behind it. One wrong row, and the daemon keeps the registry before
 * it, whoever is revoked from then on: so what it would refuse is not written. In one that it
 * refuses already the change is made and the fault told.
 *
 * *renamed: the new one stands in its place, and the daemon obeys it. With an exit code other than
 * CLI_OK as well it is not certain that it outlives a cut of power. */
int registry_write(const struct cli *cli, const struct registry *r, const char *more,
                   bool *renamed);

/* Calls back for each row with its columns (cut in a copy) and where its line begins; stops at
 * non-zero. */
typedef int registry_row_fn(void *arg, char *columns[REGISTRY_COLUMNS], size_t at);
int registry_rows(const char *text, registry_row_fn *fn, void *arg);

#endif
