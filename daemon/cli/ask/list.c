/* hongxin list: open cases, filtered, page by page until the limit. */
#include "base/now.h"
#include "cli/ask/query.h"
#include "cli/show/show.h"
#include "hongxin/limits.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define STATES                                                                                     \
    "RECEIVED DISPATCHED HELD ONSITE IN_WORK PLANNED RESOLVED CLOSED CLOSED_UNCONFIRMED "          \
    "WITHDRAWN MERGED REJECTED TRANSFERRED"

static const struct cli_option options[] = {
    {"state", "STATE", STATES, "in this state; several times, or with commas"},
    {"holder", "ID", NULL, "held by this company or community"},
    {"place", "ID", NULL, "in this street, community, grid, estate or building"},
    {"class", "CLASS", "EMERGENCY SMALL SERIOUS COMPLEX SPECIAL", "of this class"},
    {"level", "LEVEL", "L0 L1 L2 L3 L4 L5", "escalated to this level or higher"},
    {"due-within", "TIME", "10min 30min 1h 1d", "with a deadline within this time, or passed"},
    {"flag", "FLAG", "PAUSED SUPERVISED BREACHED MASS SAFETY REPEAT ARBITRATION SILENCED DRILL",
     "with this flag; several times, or with commas"},
    {"no-company", NULL, NULL, "only of estates that have no company"},
    {"closed", NULL, NULL, "closed cases too"},
    {"limit", "N", "20 100 1000", "at most so many (100; 0 = all)"},
    {NULL, NULL, NULL, NULL},
};

struct pages {
    const struct cli *cli;
    struct show show;
    Hongxin__V1__ListQuery query;
    struct query_filter filter;
    char *states[QUERY_WORDS], *flags[QUERY_WORDS];
    uint64_t limit, shown;
    bool cut;
};

static int prepare(struct pages *p)
{
    int64_t within;
    int rc = query_filter(p->cli, &p->filter);

    hongxin__v1__list_query__init(&p->query);
    if (!rc)
        rc = query_words(p->cli, "state", p->states, &p->query.n_states);
    if (!rc)
        rc = query_words(p->cli, "flag", p->flags, &p->query.n_flags);
    if (!rc)
        rc = cli_get_duration(p->cli, "due-within", 0, &within);
    if (!rc)
        rc = cli_get_number(p->cli, "limit", 100, &p->limit);
    if (rc)
        return rc;
    if (!p->limit)
        p->limit = UINT64_MAX;
    p->query.states = p->states;
    p->query.flags = p->flags;
    p->query.filter = &p->filter.filter;
    p->query.due_within_ms = (uint64_t)within;
    p->query.closed = cli_has(p->cli, "closed");
    p->query.no_company = cli_has(p->cli, "no-company");
    show_init(&p->show, p->cli, stdout);
    return CLI_OK;
}

static void print_page(struct pages *p, const Hongxin__V1__ListAnswer *a)
{
    for (size_t i = 0; i < a->n_cases && p->shown < p->limit; i++, p->shown++) {
        if (p->cli->json)
            query_print_json(p->cli, &a->cases[i]->base);
        else
            show_case_line(&p->show, a->cases[i], hx_wall_ms());
    }
}

/* Pages until there are enough: a page may be empty and still have a next one, because the daemon
 * looks at a bounded number of cases for each. */
static int walk(struct pages *p, hx_client *client)
{
    hxp_response *answer;
    int rc;

    do {
        uint64_t left = p->limit - p->shown;
        p->query.limit = left < HX_LIST_MAX ? (uint32_t)left : HX_LIST_MAX;
        rc = hx_ask_list(client, &p->query, &answer);
        if (rc)
            return link_fail(p->cli, client, rc, "list");
        print_page(p, answer->list);
        p->cut = answer->list->cut;
        p->query.after = answer->list->next;
        hx_response_free(answer);
    } while (p->cut && p->shown < p->limit);
    return CLI_OK;
}

static void print_total(const struct pages *p)
{
    if (p->cut)
        printf(p->cli->zh ? "已列 %" PRIu64 " 件，未列完；--limit 0 列出全部\n"
                          : "%" PRIu64 " cases; there are more: --limit 0 shows all\n",
               p->shown);
    else
        printf(p->cli->zh      ? "共 %" PRIu64 " 件\n"
               : p->shown == 1 ? "%" PRIu64 " case in all\n"
                               : "%" PRIu64 " cases in all\n",
               p->shown);
}

static int run(struct cli *cli)
{
    struct pages *p = calloc(1, sizeof *p);
    hx_client *client = NULL;
    int rc;

    if (!p)
        return cli_fail(cli, CLI_NEGATIVE, "out of memory");
    p->cli = cli;
    rc = prepare(p);
    if (!rc)
        rc = link_open(cli, &client);
    if (!rc)
        rc = walk(p, client);
    if (!rc && !cli->json)
        print_total(p);
    hx_client_close(client);
    query_filter_fini(&p->filter);
    for (size_t i = 0; i < QUERY_WORDS; i++) {
        free(p->states[i]);
        free(p->flags[i]);
    }
    free(p);
    return rc;
}

const struct cli_command cli_list = {
    .name = "list",
    .summary = "list cases by state, holder, place, class, level or due time",
    .about = "One line a case: number, state, class, holder, building, level told, next deadline "
             "and the\n"
             "time left. The last line says how many there are, and whether the list was cut.",
    .examples = "  hongxin list\n      open cases\n"
                "  hongxin list --holder P-07 --due-within 30min\n      what P-07 must do within "
                "half an hour\n"
                "  hongxin list --place C-03 --level L2\n      broken promises in a community\n"
                "  hongxin list --no-company\n      what communities hold because an estate has no "
                "company\n"
                "  hongxin list --closed --limit 0 --json\n      all cases, for a program\n",
    .options = options,
    .takes = CLI_FEED | CLI_SHOWS,
    .run = run,
};
