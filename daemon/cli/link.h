/* The command's connection to the daemon: opening it, and turning errors into words and exit codes.
 * Also the interrupt, which only programs may read. One thread. */
#ifndef CLI_LINK_H
#define CLI_LINK_H

#include "cli/command.h"
#include "hongxin/client.h"
#include "hongxin/instant.h"

/* Opens the doors that the command takes. CLI_OK, or the exit code after a message. */
HX_CHECK int link_open(const struct cli *cli, hx_client **out);

/* Says why a call of the library failed and returns the exit code: CLI_UNREACHABLE for no answer,
 * CLI_NEGATIVE otherwise. `what` is what was asked for ("case CL-17"). */
int link_fail(const struct cli *cli, const hx_client *client, int err, const char *what);

/* From now on SIGINT, SIGTERM and the end of the terminal (SIGHUP, unless it is ignored) only set
 * the flag that cli_interrupted() reads; the second one ends the process as usual. */
void cli_catch_interrupts(void);
bool cli_interrupted(void);

#endif
