/* hongxin onsite-code: what a building shows now, to prove that somebody was there. */
#include "base/now.h"
#include "base/text.h"
#include "cli/ask/query.h"
#include "cli/show/show.h"
#include <stdio.h>

static const struct cli_option options[] = {
    {"building", "ID", NULL, "the building, or a wider place for a matter without one"},
    {NULL, NULL, NULL, NULL},
};

static void print_code(const struct cli *cli, const Hongxin__V1__OnsiteCodeAnswer *a)
{
    struct show s;
    char until[HX_INSTANT_TEXT];

    if (cli->json) {
        query_print_json(cli, &a->base);
        return;
    }
    show_init(&s, cli, stdout);
    printf("%s\n", a->code);
    fprintf(stderr, cli->zh ? "%s 有效至 %s\n" : "%s, good until %s\n", a->place,
            show_time(&s, a->until, hx_wall_ms(), until));
}

static int run(struct cli *cli)
{
    Hongxin__V1__OnsiteCodeQuery q = HONGXIN__V1__ONSITE_CODE_QUERY__INIT;
    const char *building = cli_get(cli, "building");
    hx_client *client;
    hxp_response *answer;

    if (!building)
        return cli_fail(cli, CLI_USAGE, "which building? --building B-0417");
    int rc = link_open(cli, &client);
    if (rc)
        return rc;
    q.place = hx_text_field(building);
    rc = hx_ask_onsite_code(client, &q, &answer);
    if (rc) {
        rc = link_fail(cli, client, rc, "on-site code");
    } else {
        print_code(cli, answer->onsite_code);
        hx_response_free(answer);
    }
    hx_client_close(client);
    return rc;
}

const struct cli_command cli_onsite_code = {
    .name = "onsite-code",
    .summary = "print the code that a building shows now",
    .about = "The code proves that somebody stood there: it belongs to the building and to the "
             "minute, and\n"
             "the daemon checks it against the time that the event claims. Its text alone goes to "
             "standard\n"
             "output, so that a display or a command can use it.",
    .examples =
        "  hongxin onsite-code --building B-0417\n      for the display in the hall\n"
        "  hongxin publish --type ARRIVED --case CL-17 --by holder:P-07/li --proof ONSITE_CODE \\\n"
        "      --data onsite_code=$(hongxin onsite-code --building B-0417)\n"
        "      an arrival with its proof\n",
    .options = options,
    .takes = CLI_FEED | CLI_SHOWS,
    .run = run,
};
