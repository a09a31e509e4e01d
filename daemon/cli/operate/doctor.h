/* Examining a store with the rules it was written with. One thread. */
#ifndef CLI_DOCTOR_H
#define CLI_DOCTOR_H

#include "cli/command.h"
#include "store/store.h"

/* Opens the store of a folder for reading, beside the daemon or without it, reports every finding
 * and a line that sums up. CLI_OK: nothing wrong; CLI_NEGATIVE: findings; CLI_USAGE: it could not
 * be examined. The options --config, --rules, --city and --key of the command are looked at. */
HX_CHECK int doctor_store(const struct cli *cli, const char *folder);

/* The journal of the running daemon, over its feed. CLI_OK with *result, or the exit code after a
 * message: also for a pruned journal, which a feed does not show whole. */
HX_CHECK int doctor_feed(const struct cli *cli, const struct hx_check_options *options,
                         struct hx_check_result *result);

#endif
