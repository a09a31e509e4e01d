/* hongxin rules: the files that the daemon runs with. */
#include "cli/query.h"
#include <stdio.h>
#include <string.h>

static const struct cli_option options[] = {
    {"version", "N", NULL, "of a life cycle or calendar: not the one in force, but this one"},
    {NULL, NULL, NULL, NULL},
};

static int run(struct cli *cli)
{
    Hongxin__V1__RulesQuery q = HONGXIN__V1__RULES_QUERY__INIT;
    hx_client *client;
    hxp_response *answer;
    uint64_t version;
    int rc = cli_get_number(cli, "version", 0, &version);

    if (!rc)
        rc = link_open(cli, &client);
    if (rc)
        return rc;
    q.kind = cli->n_operands > 0 ? cli->operands[0] : (char *)(uintptr_t) "life-cycle";
    q.version = (uint32_t)version;
    q.id = cli->n_operands > 1 ? cli->operands[1] : (char *)(uintptr_t) "complaint";
    rc = hx_ask_rules(client, &q, &answer);
    if (rc) {
        rc = link_fail(cli, client, rc,
                       "such rules; kinds are life-cycle, calendar, city and texts");
    } else {
        if (cli->json)
            query_print_json(cli, &answer->rules->base);
        else
            fwrite(answer->rules->content.data, 1, answer->rules->content.len, stdout);
        hx_response_free(answer);
    }
    hx_client_close(client);
    return rc;
}

const struct cli_command cli_rules = {
    .name = "rules",
    .summary = "print a rules file as the daemon has it",
    .operands = "[KIND [ID]]",
    .options = options,
    .about = "KIND is life-cycle, calendar, city or texts; ID is the file's name without its "
             "ending. Without\n"
             "operands: the life cycle of a complaint.",
    .examples = "  hongxin rules\n      states, clocks, ladders and transitions of a complaint\n"
                "  hongxin rules city companies\n      the companies of the city\n"
                "  hongxin rules texts notices\n      what people read, in Chinese and English\n",
    .takes = CLI_FEED,
    .max_operands = 2,
    .run = run,
};
