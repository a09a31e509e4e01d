/* Command lines: getopt_long over the table of the command. */
#include "cli/show/says.h"
#include "hongxin/instant.h"
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Longest list: the options of a command and the common ones. */
enum { OPTIONS_MAX = 64, FIRST_OPTION = 256 };

#define DEFAULT_ENDPOINT      "tcp://127.0.0.1:54321"
#define DEFAULT_FEED_ENDPOINT "tcp://127.0.0.1:54322"
#define DEFAULT_TIMEOUT_MS    (10 * HX_SECOND)

const struct cli_option cli_common_options[] = {
    {"endpoint", "ENDPOINT", "tcp://127.0.0.1:54321",
     "the daemon's door for events (HONGXIN_ENDPOINT; tcp://127.0.0.1:54321)"},
    {"feed-endpoint", "ENDPOINT", "tcp://127.0.0.1:54322",
     "its door for questions and feeds (HONGXIN_FEED; the port behind --endpoint)"},
    {"key", "FILE", "@file",
     "who we are: a key file of `hongxin key new` (HONGXIN_KEY names a file; none)"},
    {"timeout", "TIME", "5s 10s 30s 1min", "how long to wait for an answer (10s)"},
    {"zh", NULL, NULL, "Chinese first; otherwise English with the Chinese terms beside it"},
    {"utc-offset", "±HH:MM", "+08:00 +00:00", "the offset in which times are shown (+08:00)"},
    {"color", "WHEN", "auto always never", "colour: auto (on a terminal), always or never"},
    {"json", NULL, NULL, "JSON instead of text, one object a line"},
    {"help", NULL, NULL, "this text"},
    {NULL, NULL, NULL, NULL},
};

bool cli_takes(const struct cli_command *command, const struct cli_option *common)
{
    static const unsigned group[] = {CLI_INTAKE | CLI_FEED,
                                     CLI_FEED,
                                     CLI_INTAKE | CLI_FEED,
                                     CLI_INTAKE | CLI_FEED,
                                     0,
                                     CLI_SHOWS,
                                     CLI_SHOWS,
                                     0,
                                     0};
    unsigned needs = group[common - cli_common_options];

    return !needs || (command->takes & needs);
}

static size_t collect(const struct cli_command *command, const struct cli_option **list)
{
    size_t n = 0;

    for (const struct cli_option *o = command->options; o && o->name && n < OPTIONS_MAX; o++)
        list[n++] = o;
    for (const struct cli_option *o = cli_common_options; o->name && n < OPTIONS_MAX; o++)
        if (cli_takes(command, o))
            list[n++] = o;
    return n;
}

const char *cli_program(const struct cli_command *command)
{
    return strncmp(command->name, "hongxin", 7) == 0 ? "" : "hongxin ";
}

int cli_fail(const struct cli *cli, enum cli_exit code, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    fflush(stdout);
    fprintf(stderr, "%s%s: ", cli_program(cli->command), cli->command->name);
    vfprintf(stderr, says(cli, fmt), ap);
    fputc('\n', stderr);
    va_end(ap);
    return code;
}

const char *cli_get(const struct cli *cli, const char *name)
{
    const char *value = NULL;

    for (size_t i = 0; i < cli->n_given; i++)
        if (!strcmp(cli->given[i].option->name, name))
            value = cli->given[i].value ? cli->given[i].value : "";
    return value;
}

bool cli_has(const struct cli *cli, const char *name)
{
    return cli_get(cli, name) != NULL;
}

const char *cli_next(const struct cli *cli, const char *name, size_t *at)
{
    while (*at < cli->n_given) {
        const struct cli_given *g = &cli->given[(*at)++];
        if (!strcmp(g->option->name, name))
            return g->value ? g->value : "";
    }
    return NULL;
}

int cli_get_duration(const struct cli *cli, const char *name, int64_t unless, int64_t *ms)
{
    const char *text = cli_get(cli, name);

    *ms = unless;
    if (!text)
        return CLI_OK;
    if (hx_duration_parse(text, ms) || *ms < 0)
        return cli_fail(cli, CLI_USAGE,
                        "--%s: \"%s\" is not a duration such as 30s, 30min or 1h30min", name, text);
    return CLI_OK;
}

int cli_get_number(const struct cli *cli, const char *name, uint64_t unless, uint64_t *n)
{
    const char *text = cli_get(cli, name);
    char *end;

    *n = unless;
    if (!text)
        return CLI_OK;
    errno = 0;
    *n = strtoull(text, &end, 10);
    if (errno || end == text || *end || *text < '0' || *text > '9')
        return cli_fail(cli, CLI_USAGE, "--%s: \"%s\" is not a whole number", name, text);
    return CLI_OK;
}

const char *cli_config_folder(const struct cli *cli)
{
    const char *folder = cli_get(cli, "config");

    if (!folder)
        folder = getenv("HONGXIN_CONFIG");
    if (folder && *folder)
        return folder;
    return access("config/city", R_OK) == 0 ? "config" : HX_DEFAULT_CONFIG;
}

static int read_offset(struct cli *cli)
{
    const char *text = cli_get(cli, "utc-offset");

    cli->utc_offset = 8 * 60;
    if (text && hx_offset_parse(text, &cli->utc_offset))
        return cli_fail(cli, CLI_USAGE, "--utc-offset: \"%s\" is not an offset such as +08:00",
                        text);
    return CLI_OK;
}

static int read_colour(struct cli *cli)
{
    const char *when = cli_get(cli, "color");

    if (!when || !strcmp(when, "auto"))
        cli->colour = isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
    else if (!strcmp(when, "always") || !strcmp(when, "never"))
        cli->colour = *when == 'a';
    else
        return cli_fail(cli, CLI_USAGE, "--color: \"%s\" is not auto, always or never", when);
    return CLI_OK;
}

static const char *endpoint_of(const struct cli *cli, const char *option, const char *variable,
                               const char *unless)
{
    const char *value = cli_get(cli, option);

    if (!value)
        value = getenv(variable);
    return value && *value ? value : unless;
}

/* The feed door that belongs to an intake door: the next port. Kept for the life of the process;
 * NULL when the door has no port. */
static const char *next_port(const char *endpoint)
{
    static char made[256];
    const char *colon = strrchr(endpoint, ':');
    long port = colon ? strtol(colon + 1, NULL, 10) : 0;

    if (strncmp(endpoint, "tcp://", 6) != 0 || port < 1 || port > 65534)
        return NULL;
    snprintf(made, sizeof made, "%.*s:%ld", (int)(colon - endpoint), endpoint, port + 1);
    return made;
}

/* What was typed wins over what the environment says: --feed-endpoint, the port behind --endpoint,
 * HONGXIN_FEED, the port behind HONGXIN_ENDPOINT. Behind a door without a port stands that door
 * itself, never the usual one of another daemon. */
static const char *feed_of(const struct cli *cli)
{
    const char *next = next_port(cli->endpoint);
    const char *unless = next ? next : cli->endpoint;

    if (cli_has(cli, "endpoint") && !cli_has(cli, "feed-endpoint"))
        return unless;
    return endpoint_of(cli, "feed-endpoint", "HONGXIN_FEED", unless);
}

/* The file of one's key; NULL: none. */
static const char *key_of(const struct cli *cli)
{
    const char *given = cli_get(cli, "key"), *env = getenv("HONGXIN_KEY");

    if (given || !env)
        return given;
    return *env ? env : NULL;
}

/* The options that several commands have in common. */
static int read_common(struct cli *cli)
{
    int rc;

    cli->json = cli_has(cli, "json");
    cli->zh = cli_has(cli, "zh");
    cli->endpoint = endpoint_of(cli, "endpoint", "HONGXIN_ENDPOINT", DEFAULT_ENDPOINT);
    cli->feed_endpoint = feed_of(cli);
    cli->key = key_of(cli);
    rc = cli_get_duration(cli, "timeout", DEFAULT_TIMEOUT_MS, &cli->timeout_ms);
    if (!rc)
        rc = read_offset(cli);
    return rc ? rc : read_colour(cli);
}

static int take(struct cli *cli, const struct cli_option *option, const char *value)
{
    if (cli->n_given == CLI_GIVEN_MAX)
        return cli_fail(cli, CLI_USAGE, "more than %d options", CLI_GIVEN_MAX);
    cli->given[cli->n_given++] = (struct cli_given){option, value};
    return CLI_OK;
}

static int scan(struct cli *cli, int argc, char **argv)
{
    const struct cli_option *list[OPTIONS_MAX];
    struct option longs[OPTIONS_MAX + 1] = {{0}};
    size_t n = collect(cli->command, list);
    int found, rc = CLI_OK;

    for (size_t i = 0; i < n; i++)
        longs[i] = (struct option){list[i]->name, list[i]->arg ? required_argument : no_argument,
                                   NULL, FIRST_OPTION + (int)i};
    optind = 0; /* glibc: start over, a process may read several command lines */
    opterr = 0;
    while (!rc && (found = getopt_long(argc, argv, ":h", longs, NULL)) != -1) {
        if (found == 'h')
            rc = take(cli, &cli_common_options[8], NULL);
        else if (found == ':')
            rc = cli_fail(cli, CLI_USAGE, "%s needs a value", argv[optind - 1]);
        else if (found == '?')
            rc = cli_fail(cli, CLI_USAGE, "unknown or ambiguous option %s; see hongxin %s --help",
                          argv[optind - 1], cli->command->name);
        else
            rc = take(cli, list[found - FIRST_OPTION], optarg);
    }
    cli->operands = argv + optind;
    cli->n_operands = argc - optind;
    return rc;
}

int cli_parse(struct cli *cli, const struct cli_command *command, int argc, char **argv, bool *help)
{
    int rc;

    *cli = (struct cli){.command = command};
    for (int i = 1; i < argc; i++)
        cli->zh |= !strcmp(argv[i], "--zh"); /* also for what is wrong with the command line */
    rc = scan(cli, argc, argv);
    *help = cli_has(cli, "help");
    if (rc || *help)
        return rc;
    if (cli->n_operands > command->max_operands)
        return cli_fail(cli, CLI_USAGE, "\"%s\" was not expected; see hongxin %s --help",
                        cli->operands[command->max_operands], command->name);
    return read_common(cli);
}
