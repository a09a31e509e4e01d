/* Help: what the table says, for people. */
#include "cli/show/show.h"
#include <stdio.h>
#include <string.h>

#define EXIT_CODES                                                                                 \
    "0 done or yes; 1 refused, not found or a check failed; 2 wrong command line or\n"             \
    "input; 3 the daemon could not be reached or did not answer in time.\n"

void cli_help_all(void)
{
    printf("hongxin %s: keeps a city's promise, on site in 5 minutes, small things solved in 40\n"
           "红心物业54321: 5 分钟到场、小问题 40 分钟、严重 3 小时、复杂 2 天、特殊 1 天出方案\n\n"
           "usage: hongxin COMMAND [OPTIONS]\n\n",
           HX_VERSION);
    for (size_t i = 0; cli_commands[i]; i++)
        printf("  %-11s %s\n", cli_commands[i]->name, cli_commands[i]->summary);
    printf("\nA first complaint, with a daemon started by deploy/run:\n"
           "  hongxin watch &\n"
           "  hongxin publish --type REPORTED --class SMALL --place B-0417 --text \"no light on "
           "the stairs\"\n"
           "  hongxin list --limit 5\n"
           "  hongxin explain 1\n\n"
           "hongxin COMMAND --help teaches one command. Tab completion: . <(hongxin completion "
           "bash)\n\nExit codes: %s",
           EXIT_CODES);
}

static void print_option(const struct cli_option *o)
{
    char head[64];

    snprintf(head, sizeof head, "--%s%s%s", o->name, o->arg ? " " : "", o->arg ? o->arg : "");
    int columns = show_width(head); /* "±" is two bytes */
    if (columns > 24)
        printf("  %s\n  %24s %s\n", head, "", o->help);
    else
        printf("  %s%*s %s\n", head, 24 - columns, "", o->help);
}

void cli_help(const struct cli_command *command)
{
    const char *program = cli_program(command);

    printf("%s%s: %s\n\nusage: %s%s [OPTIONS]%s%s\n\n%s\n", program, command->name,
           command->summary, program, command->name, command->operands ? " " : "",
           command->operands ? command->operands : "", command->about);
    if (command->options && command->options->name)
        printf("\nOptions:\n");
    for (const struct cli_option *o = command->options; o && o->name; o++)
        print_option(o);
    if (!(command->takes & CLI_RAW)) {
        printf("\nCommon options:\n");
        for (const struct cli_option *o = cli_common_options; o->name; o++)
            if (cli_takes(command, o))
                print_option(o);
    }
    if (command->exit_codes)
        printf("\nExamples:\n%s\nExit codes: %s\n", command->examples, command->exit_codes);
    else
        printf("\nExamples:\n%s\nExit codes: %s", command->examples, EXIT_CODES);
}
