/* The table of subcommands, in the order in which help shows them. */
#include "cli/command.h"
#include <string.h>

const struct cli_command *const cli_commands[] = {
    &cli_publish, &cli_import,      &cli_watch,    &cli_case,  &cli_explain,    &cli_told,
    &cli_list,    &cli_due,         &cli_silence,  &cli_stats, &cli_check,      &cli_quarantine,
    &cli_doctor,  &cli_export,      &cli_key,      &cli_audit, &cli_identity,   &cli_erase,
    &cli_hold,    &cli_trace,       &cli_verify,   &cli_rules, &cli_apply,      &cli_route,
    &cli_number,  &cli_onsite_code, &cli_simulate, &cli_demo,  &cli_completion, NULL,
};

const struct cli_command *cli_command_find(const char *name)
{
    for (size_t i = 0; cli_commands[i]; i++)
        if (!strcmp(cli_commands[i]->name, name))
            return cli_commands[i];
    return NULL;
}
