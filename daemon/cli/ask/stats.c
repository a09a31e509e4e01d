/* hongxin stats: the daemon's own figures, and the counters of today and this month. */
#include "cli/ask/query.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct cli_option options[] = {
    {"place", "ID", NULL, "counters of this street, community or grid instead of the city"},
    {"holder", "ID", NULL, "counters of this company"},
    {NULL, NULL, NULL, NULL},
};

static void print_stats(const struct cli *cli, const Hongxin__V1__StatsAnswer *a)
{
    for (size_t i = 0; i < a->n_stats; i++) {
        const Hongxin__V1__Stat *s = a->stats[i];
        char value[40];
        if (cli->json) {
            query_print_figure(cli, &s->base);
            continue;
        }
        if (s->value == (double)(int64_t)s->value)
            snprintf(value, sizeof value, "%" PRId64, (int64_t)s->value);
        else
            snprintf(value, sizeof value, "%.3f", s->value);
        printf("%-24s %-22s %16s\n", s->name, s->labels, value);
    }
}

static void print_counts(const struct cli *cli, const Hongxin__V1__CountAnswer *a)
{
    if (a->n_counts && !cli->json)
        printf(cli->zh ? "统计至第 %" PRIu64 " 条记录：\n" : "counted up to entry %" PRIu64 ":\n",
               a->lsn);
    for (size_t i = 0; i < a->n_counts; i++) {
        const Hongxin__V1__Count *c = a->counts[i];
        if (cli->json)
            query_print_json(cli, &c->base);
        else
            printf("%-10s %-10s %-36s %9" PRIu64 "\n", c->dimension, c->id, c->what, c->n);
    }
}

static int ask(const struct cli *cli, hx_client *client, struct query_filter *filter)
{
    Hongxin__V1__CountQuery q = HONGXIN__V1__COUNT_QUERY__INIT;
    hxp_response *answer;
    int rc = CLI_OK;

    q.filter = &filter->filter;
    if (!filter->filter.n_places && !filter->filter.n_holders) {
        if ((rc = hx_ask_stats(client, &answer)))
            return link_fail(cli, client, rc, "figures");
        print_stats(cli, answer->stats);
        hx_response_free(answer);
    }
    if ((rc = hx_ask_count(client, &q, &answer)))
        return link_fail(cli, client, rc, "counters");
    print_counts(cli, answer->count);
    hx_response_free(answer);
    return CLI_OK;
}

static int run(struct cli *cli)
{
    struct query_filter *filter = calloc(1, sizeof *filter);
    hx_client *client = NULL;
    int rc = filter ? query_filter(cli, filter) : CLI_NEGATIVE;

    if (!rc)
        rc = link_open(cli, &client);
    if (!rc)
        rc = ask(cli, client, filter);
    hx_client_close(client);
    if (filter)
        query_filter_fini(filter);
    free(filter);
    return rc;
}

const struct cli_command cli_stats = {
    .name = "stats",
    .summary = "show the daemon's figures and the counters of today and this month",
    .about = "Figures since the daemon's start (events, commits, lateness of deadlines, size of "
             "the store),\n"
             "then the counters of the city. With --place or --holder only their counters.",
    .examples = "  hongxin stats\n      everything\n"
                "  hongxin stats --holder P-07\n      promises kept and broken by P-07, today and "
                "this month\n",
    .options = options,
    .takes = CLI_FEED | CLI_SHOWS,
    .run = run,
};
