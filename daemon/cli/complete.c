/* Tab completion and the manual page, written from the table of commands. */
#include "cli/command.h"
#include <stdio.h>
#include <string.h>

static const struct cli_option completion_options[] = {{NULL, NULL, NULL, NULL}};

static void print_commands(void)
{
    for (size_t i = 0; cli_commands[i]; i++)
        printf("%s ", cli_commands[i]->name);
}

static void print_names(const struct cli_command *c)
{
    for (const struct cli_option *o = c->options; o && o->name; o++)
        printf(" --%s", o->name);
    if (c->takes & CLI_RAW)
        return;
    for (const struct cli_option *o = cli_common_options; o->name; o++)
        if (cli_takes(c, o))
            printf(" --%s", o->name);
}

static void print_value_case(const char *command, const struct cli_option *o)
{
    if (!o->arg || !o->words)
        return;
    printf("    %s:--%s) ", command, o->name);
    if (!strcmp(o->words, "@file"))
        printf("_hongxin_files -f ;;\n");
    else if (!strcmp(o->words, "@dir"))
        printf("_hongxin_files -d ;;\n");
    else
        printf("_hongxin_words '%s' ;;\n", o->words);
}

void cli_print_completion(void)
{
    printf("# Tab completion of hongxin for bash. Made by `hongxin completion bash`; do not edit.\n"
           "_hongxin_words() { COMPREPLY=($(compgen -W \"$1\" -- \"$cur\")); }\n"
           "_hongxin_files() { compopt -o filenames; COMPREPLY=($(compgen \"$1\" -- \"$cur\")); }\n"
           "_hongxin() {\n"
           "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} "
           "cmd=${COMP_WORDS[1]}\n"
           "  # tcp:// is split at its colons\n"
           "  COMPREPLY=()\n"
           "  if [ \"$COMP_CWORD\" -eq 1 ]; then _hongxin_words '");
    print_commands();
    printf("help --version'; return; fi\n  case $cmd:$prev in\n");
    for (size_t i = 0; cli_commands[i]; i++)
        for (const struct cli_option *o = cli_commands[i]->options; o && o->name; o++)
            print_value_case(cli_commands[i]->name, o);
    for (const struct cli_option *o = cli_common_options; o->name; o++)
        print_value_case("*", o);
    printf("    *) case $cmd in\n");
    for (size_t i = 0; cli_commands[i]; i++) {
        const struct cli_command *c = cli_commands[i];
        printf("      %s) _hongxin_words '", c->name);
        print_names(c);
        if (c->operands && !strcmp(c->operands, "bash|man"))
            printf(" bash man");
        printf("'");
        if (c->operands && strstr(c->operands, "FILE"))
            printf("; [[ $cur == -* ]] || _hongxin_files -f");
        printf(" ;;\n");
    }
    printf("      help) _hongxin_words '");
    print_commands();
    printf("' ;;\n    esac ;;\n  esac\n}\ncomplete -F _hongxin hongxin\n");
}

/* Text for roff: a backslash, and a dot or quote at the start of a line, mean something to it. */
static void roff(const char *text)
{
    for (const char *p = text; *p; p++) {
        if ((p == text || p[-1] == '\n') && (*p == '.' || *p == '\''))
            printf("\\&");
        if (*p == '\\')
            printf("\\e");
        else if (*p == '-')
            printf("\\-");
        else
            putchar(*p);
    }
}

static void manual_option(const struct cli_option *o)
{
    printf(".TP\n.B ");
    roff("--");
    roff(o->name);
    if (o->arg) {
        printf("\n.RI \" ");
        roff(o->arg);
        printf("\"");
    }
    printf("\n");
    roff(o->help);
    printf("\n");
}

static void manual_command(const struct cli_command *c)
{
    printf(".SS hongxin %s\n.PP\n.B ", c->name);
    roff(c->summary);
    printf(".\n.PP\n.nf\n");
    roff(c->about);
    printf("\n.fi\n");
    for (const struct cli_option *o = c->options; o && o->name; o++)
        manual_option(o);
    printf(".PP\nExamples:\n.PP\n.nf\n");
    roff(c->examples);
    printf(".fi\n");
}

void cli_print_manual(void)
{
    printf(
        ".\\\" Made by `hongxin completion man`; do not edit.\n"
        ".TH HONGXIN 1 \"\" \"hongxin " HX_VERSION "\" \"User commands\"\n"
        ".SH NAME\nhongxin \\- publish, watch and explain property complaints and their deadlines\n"
        ".SH SYNOPSIS\n.B hongxin\n.I COMMAND\n.RI [ OPTIONS ]\n"
        ".SH DESCRIPTION\nTalks to\n.BR hongxind (8),\n"
        "the daemon that keeps a city's promise of service: somebody on site within 5 minutes, "
        "small\n"
        "problems solved in 40 minutes, serious ones in 3 hours, complex ones in 2 days, and for\n"
        "special ones a plan within 1 day.\n.SH COMMANDS\n");
    for (size_t i = 0; cli_commands[i]; i++)
        manual_command(cli_commands[i]);
    printf(".SH COMMON OPTIONS\nTaken by every command that can use them.\n");
    for (const struct cli_option *o = cli_common_options; o->name; o++)
        manual_option(o);
    printf(".SH EXIT STATUS\n"
           ".TP\n.B 0\ndone, or the answer is yes\n"
           ".TP\n.B 1\nrefused, not found, or a check failed\n"
           ".TP\n.B 2\nthe command line or the input is wrong\n"
           ".TP\n.B 3\nthe daemon could not be reached, or did not answer in time\n"
           ".SH ENVIRONMENT\n"
           ".TP\n.B HONGXIN_ENDPOINT\nwhere the daemon takes events\n"
           ".TP\n.B HONGXIN_FEED\nwhere it answers questions and serves feeds\n"
           ".TP\n.B HONGXIN_KEY\na key file: who we are\n"
           ".TP\n.B HONGXIN_CONFIG\nthe configuration folder, where a command needs one\n"
           ".TP\n.B NO_COLOR\nno colour, unless\n.B \\-\\-color always\nis given\n"
           ".SH SEE ALSO\n.BR hongxind (8)\n");
}

static int run(struct cli *cli)
{
    const char *what = cli->n_operands ? cli->operands[0] : "bash";

    if (!strcmp(what, "bash"))
        cli_print_completion();
    else if (!strcmp(what, "man"))
        cli_print_manual();
    else
        return cli_fail(cli, CLI_USAGE, "\"%s\" is not bash or man", what);
    return CLI_OK;
}

const struct cli_command cli_completion = {
    .name = "completion",
    .summary = "print tab completion for bash, or the manual page",
    .operands = "bash|man",
    .about = "Both are made from the same table that the program itself reads.",
    .examples = "  . <(hongxin completion bash)\n      tab completion in this shell\n"
                "  hongxin completion man | man -l -\n      the manual page\n",
    .options = completion_options,
    .max_operands = 1,
    .run = run,
};
