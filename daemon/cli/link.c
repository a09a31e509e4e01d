/* Connection, clocks, interrupts. */
#include "cli/link.h"

#include "cli/show/says.h"
#include "cli/show/why.h"
#include <signal.h>
#include <string.h>

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
    (void)number;
    interrupted = 1;
}

void cli_catch_interrupts(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND}, before;

    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    if (sigaction(SIGHUP, NULL, &before) == 0 && before.sa_handler != SIG_IGN) /* not nohup's */
        sigaction(SIGHUP, &action, NULL);
}

bool cli_interrupted(void)
{
    return interrupted != 0;
}

static int key_refused(const struct cli *cli, int rc)
{
    const char *why = rc == HX_DENIED ? "others may read it: it must have mode 0600"
                      : rc == HX_NOTFOUND
                          ? "there is no such file"
                          : "it is no key file, or has no `server` line; or an endpoint is wrong";
    return cli_fail(cli, CLI_USAGE, "key %s: %s", cli->key, says(cli, why));
}

int link_open(const struct cli *cli, hx_client **out)
{
    struct hx_client_options o = {.wait_ms = (unsigned)cli->timeout_ms, .key_file = cli->key};
    int rc;

    if (cli->command->takes & CLI_INTAKE)
        o.intake = cli->endpoint;
    if (cli->command->takes & CLI_FEED)
        o.feed = cli->feed_endpoint;
    rc = hx_client_open(&o, out);
    if (cli->key && (rc == HX_DENIED || rc == HX_NOTFOUND || rc == HX_INVALID))
        return key_refused(cli, rc);
    if (rc == HX_INVALID)
        return cli_fail(cli, CLI_USAGE,
                        "%s or %s is not an endpoint: tcp://host:port or ipc://path",
                        o.intake ? o.intake : "-", o.feed ? o.feed : "-");
    if (rc)
        return cli_fail(cli, CLI_NEGATIVE, "cannot set up a connection: %s", hx_strerror(rc));
    return CLI_OK;
}

int link_fail(const struct cli *cli, const hx_client *client, int err, const char *what)
{
    char why[512];
    const char *said = hx_client_problem(client);
    const char *problem = why_problem(cli, said, why, sizeof why);
    what = says(cli, what);
    bool feed = cli->command->takes & CLI_FEED;

    if (err == HX_DENIED || (err == HX_TIMEOUT && !strncmp(said, "DENIED", 6)))
        return cli_fail(cli, CLI_NEGATIVE, "%s: not permitted%s%s", what, *problem ? "; " : "",
                        problem);
    if (err == HX_TIMEOUT)
        return cli_fail(
            cli, CLI_UNREACHABLE,
            "no answer from %s within %g s. Is hongxind running there? deploy/run starts one%s%s",
            feed ? cli->feed_endpoint : cli->endpoint, (double)cli->timeout_ms / 1000,
            *problem ? says(cli, "; last problem ") : "", problem);
    if (err == HX_AGAIN)
        return cli_fail(cli, CLI_UNREACHABLE, "the daemon takes nothing now: %s", problem);
    if (err == HX_NOTFOUND || !strncmp(said, "NO_CASE", 7) || !strncmp(said, "NO_RULES", 8))
        return cli_fail(cli, CLI_NEGATIVE, "there is no %s", what);
    if (!strncmp(said, "UNKNOWN_", 8)) /* a word of the command line that means nothing */
        return cli_fail(cli, CLI_USAGE, "%s", problem);
    if (err == HX_INVALID && *problem) /* which says more than the error does */
        return cli_fail(cli, CLI_NEGATIVE, "%s: %s", what, problem);
    return cli_fail(cli, CLI_NEGATIVE, "%s: %s%s%s", what, hx_strerror(err), *problem ? "; " : "",
                    problem);
}
