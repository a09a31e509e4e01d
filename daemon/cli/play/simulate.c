/* hongxin simulate: the table's entry; the simulator itself is daemon/simulate. */
#include "simulate/simulate.h"
#include "cli/command.h"

static const struct cli_option options[] = {
    {"config", "DIR", "@dir", "configuration folder (HONGXIN_CONFIG, or the one installed)"},
    {"prove", NULL, NULL, "put the journal through a fresh machine: the same must come of it"},
    {"rows", "FILE", "@file", "write which rows of the life cycle were taken, and what refused"},
    {"until", "TIME", NULL, "run to this instant, RFC 3339"},
    {"texts", NULL, NULL, "add to every notice its text in English and Chinese"},
    {"json", NULL, NULL, "what is printed in any case"},
    {NULL, NULL, NULL, NULL},
};

const struct cli_command cli_simulate = {
    .name = "simulate",
    .summary = "run a scenario under a virtual clock: every fact that follows",
    .operands = "[FILE]",
    .about = "The same engine, rules, calendars and routing as the daemon, without a daemon. JSON "
             "Lines in\n"
             "(standard input without a file), one fact a line out. Two runs are byte-identical.",
    .examples =
        "  echo "
        "'{\"rcv\":\"2026-10-12T19:00:00+08:00\",\"event\":\"REPORTED\",\"case\":\"A\",\"by\":"
        "\"reporter\",'\\\n"
        "  '\"data\":{\"class\":\"SMALL\",\"place\":\"B-0417\"}}' | hongxin simulate --config "
        "config\n"
        "      what becomes of one complaint that nobody answers\n"
        "  hongxin simulate --config config SCENARIO.jsonl\n      what becomes of an evening\n",
    .options = options,
    .exit_codes = "0 done; 2 wrong command line, rules, city or scenario.",
    .takes = CLI_RAW,
    .run_raw = hx_simulate_main,
};
