/* What the daemon would say to a row, without a daemon: the same machine, life cycle, calendars and
 * city, on memory, each row by itself. For `import --dry-run`. One thread. */
#ifndef CLI_REHEARSE_H
#define CLI_REHEARSE_H

#include "cli/command.h"
#include "mapping/record.h"
#include <stdio.h>

struct rehearsal; /* opaque */

/* Reads life cycle and city of a configuration folder. CLI_OK, or the exit code after a message. */
HX_CHECK int rehearse_open(const struct cli *cli, const char *folder, struct rehearsal **out);
void rehearse_close(struct rehearsal *r); /* NULL is allowed */

/* HX_OK: it would be taken, and is counted; HX_INVALID with the daemon's reason; HX_NOMEM. */
HX_CHECK int rehearse_row(void *rehearsal, const struct record *record,
                          char problem[RECORD_PROBLEM]);

/* In which states the cases would stand, and how many promises were broken. */
void rehearse_print(const struct rehearsal *r, bool zh, FILE *out);

#endif
