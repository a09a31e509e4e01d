/* hongxin: the command line of the daemon. Finds the subcommand in the table and runs it. */
#include "cli/command.h"
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Large because of its list of options; one command runs per process. */
static struct cli the_cli;

static int run_command(const struct cli_command *command, int argc, char **argv)
{
    bool help = false;
    int rc;

    if (command->takes & CLI_RAW) {
        if (argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
            cli_help(command);
            return CLI_OK;
        }
        return command->run_raw(argc, argv);
    }
    rc = cli_parse(&the_cli, command, argc, argv, &help);
    if (help) {
        cli_help(command);
        return CLI_OK;
    }
    return rc ? rc : command->run(&the_cli);
}

static int unknown(const char *name)
{
    if (*name == '-') {
        fprintf(stderr, "hongxin: options follow the command: hongxin COMMAND %s …\n", name);
        return CLI_USAGE;
    }
    fprintf(stderr, "hongxin: there is no command \"%s\". These are:\n", name);
    for (size_t i = 0; cli_commands[i]; i++)
        fprintf(stderr, "  %-11s %s\n", cli_commands[i]->name, cli_commands[i]->summary);
    return CLI_USAGE;
}

static int finish(int code)
{
    /* A full disk or a closed pipe must not look like success. */
    if (fflush(stdout) && code == CLI_OK)
        return CLI_NEGATIVE;
    return code;
}

int main(int argc, char **argv)
{
    const struct cli_command *command;
    const char *name = argc > 1 ? argv[1] : "help";

    setlocale(LC_CTYPE, "C.UTF-8");
    if (!strcmp(name, "--version")) {
        printf("hongxin %s\n", HX_VERSION);
        return finish(CLI_OK);
    }
    if (!strcmp(name, "help") || !strcmp(name, "--help") || !strcmp(name, "-h")) {
        command = argc > 2 ? cli_command_find(argv[2]) : NULL;
        if (argc > 2 && !command)
            return unknown(argv[2]);
        if (command)
            cli_help(command);
        else
            cli_help_all();
        return finish(argc > 1 ? CLI_OK : CLI_USAGE);
    }
    command = cli_command_find(name);
    return command ? finish(run_command(command, argc - 1, argv + 1)) : unknown(name);
}
