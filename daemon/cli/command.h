/* The `hongxin` command is one table of subcommands. Help, tab completion and the manual page are
 * written from the same table (help.c, complete.c), so they cannot say anything else than what the
 * program does.
 *
 * A subcommand gets a struct cli with its options already checked against its own list, writes what
 * was asked for to standard output and everything else to standard error, and returns the exit
 * code. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "hongxin/error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Exit codes, the same for every subcommand. */
enum cli_exit {
    CLI_OK = 0,          /* done, or the answer is yes */
    CLI_NEGATIVE = 1,    /* understood, but refused, not found, or a check failed */
    CLI_USAGE = 2,       /* the command line or the input is wrong */
    CLI_UNREACHABLE = 3, /* the daemon could not be reached, or did not answer in time */
};

/* One option. `words` serves tab completion: words to choose from separated by spaces, or @file or
 * @dir; NULL = anything. An option without `arg` is a switch. */
struct cli_option {
    const char *name;
    const char *arg;
    const char *words;
    const char *help;
};

struct cli;

enum {
    CLI_INTAKE = 1, /* publishes: takes --endpoint, --key and --timeout */
    CLI_FEED = 2,   /* asks or follows the journal: takes --feed-endpoint, --key and --timeout */
    CLI_SHOWS = 4,  /* prints for people: takes --utc-offset and --color */
    CLI_RAW = 8,    /* takes its whole command line itself */
};

struct cli_command {
    const char *name;
    const char *summary;    /* one line, without a full stop */
    const char *operands;   /* "N", "[FILE]" …; NULL = none */
    const char *about;      /* paragraphs for --help */
    const char *examples;   /* lines "command\n    what it does"; they work against deploy/run */
    const char *exit_codes; /* when they are not those of enum cli_exit; NULL = they are */
    const struct cli_option *options; /* ends with name NULL; NULL = none */
    unsigned takes;                   /* CLI_INTAKE … */
    int max_operands;
    int (*run)(struct cli *cli);
    int (*run_raw)(int argc, char **argv); /* with CLI_RAW */
};

struct cli_given {
    const struct cli_option *option;
    const char *value; /* NULL for a switch */
};

enum { CLI_GIVEN_MAX = 128 }; /* options on one command line */

struct cli {
    const struct cli_command *command;
    char **operands; /* borrowed from argv */
    int n_operands;
    const char *endpoint, *feed_endpoint;
    const char *key; /* key file; NULL = none */
    int64_t timeout_ms;
    int utc_offset; /* minutes east, for every instant that is printed */
    bool json, zh, colour;
    size_t n_given;
    struct cli_given given[CLI_GIVEN_MAX];
};

/* The table; ends with NULL. */
extern const struct cli_command *const cli_commands[];
const struct cli_command *cli_command_find(const char *name);

/* Options that belong to groups of commands; each list ends with name NULL. */
extern const struct cli_option cli_common_options[];

/* True when the command takes this common option. */
bool cli_takes(const struct cli_command *command, const struct cli_option *common);

/* Reads the command line of `command` (argv[0] is its name) into *cli. Returns CLI_OK, or the exit
 * code to end with after a message on standard error; *help is set when help was asked for. */
HX_CHECK int cli_parse(struct cli *cli, const struct cli_command *command, int argc, char **argv,
                       bool *help);

/* What was given for an option of this command: last value, or NULL. */
const char *cli_get(const struct cli *cli, const char *name);
bool cli_has(const struct cli *cli, const char *name);

/* The same option given several times: *at starts at 0; NULL ends. */
const char *cli_next(const struct cli *cli, const char *name, size_t *at);

/* A duration ("30min") or whole number given for an option; `unless` when it was not given.
 * CLI_USAGE after a message when it cannot be read. */
HX_CHECK int cli_get_duration(const struct cli *cli, const char *name, int64_t unless, int64_t *ms);
HX_CHECK int cli_get_number(const struct cli *cli, const char *name, uint64_t unless, uint64_t *n);

/* "hongxin " in front of a subcommand, "" for a program of its own (hongxin-traffic). */
const char *cli_program(const struct cli_command *command);

/* The configuration folder: --config, HONGXIN_CONFIG, ./config, or the one compiled in. */
const char *cli_config_folder(const struct cli *cli);

/* "hongxin publish: …" on standard error; returns `code`, so that a command can end with it. */
int cli_fail(const struct cli *cli, enum cli_exit code, const char *fmt, ...) HX_PRINTF(3, 4);

/* help.c: what `hongxin`, `hongxin help` and `hongxin COMMAND --help` print. */
void cli_help_all(void);
void cli_help(const struct cli_command *command);

/* complete.c */
void cli_print_completion(void);
void cli_print_manual(void);

/* Each subcommand lives in the file of its name. */
extern const struct cli_command cli_publish, cli_import, cli_watch, cli_case, cli_explain, cli_told,
    cli_list, cli_stats, cli_check, cli_doctor, cli_export, cli_rules, cli_apply, cli_route,
    cli_number, cli_onsite_code, cli_demo, cli_simulate, cli_completion, cli_key, cli_audit,
    cli_identity, cli_erase, cli_hold, cli_trace, cli_verify, cli_silence, cli_due, cli_quarantine;

#endif
