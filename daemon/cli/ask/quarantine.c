/* hongxin quarantine: what was refused as INVALID, and what became of it. */
#include "base/now.h"
#include "cli/ask/query.h"
#include "cli/show/show.h"
#include "hongxin/limits.h"
#include <inttypes.h>
#include <stdlib.h>

static const struct cli_option options[] = {
    {"open", NULL, NULL, "only what has not come again"},
    {"limit", "N", "20 100 1000", "at most so many, the oldest first (0 = all)"},
    {NULL, NULL, NULL, NULL},
};

struct reading {
    const struct cli *cli;
    struct show show;
    Hongxin__V1__QuarantineQuery query;
    uint64_t limit, shown, open;
    bool more;
};

static void print_end(const struct reading *r, const Hongxin__V1__QuarantineRow *row)
{
    bool zh = r->cli->zh;
    char at[HX_INSTANT_TEXT];
    if (!row->closed_at) {
        show_paint(&r->show, SHOW_YELLOW, "%s", zh ? "未处理" : "open");
        return;
    }
    show_time(&r->show, row->closed_at, hx_wall_ms(), at);
    if (row->again)
        printf(zh ? "%s 再次被拒：第 %" PRIu64 " 条" : "refused again %s: %" PRIu64, at,
               row->again);
    else
        printf(zh ? "%s 已处理：记录 %" PRIu64 : "done %s: entry %" PRIu64, at, row->lsn);
}

static void print_foreign(const struct reading *r, const char *text, const char *end)
{
    show_foreign(&r->show, text);
    fputs(end, stdout);
}

static void print_row(struct reading *r, const Hongxin__V1__QuarantineRow *row)
{
    char at[HX_INSTANT_TEXT];
    if (r->cli->json) {
        query_print_json(r->cli, &row->base);
        return;
    }
    printf("%6" PRIu64 "  %.19s  ", row->number,
           hx_instant_format(row->at, r->cli->utc_offset, at));
    print_foreign(r, row->reason, "  ");
    if (*row->id) {
        print_foreign(r, row->source, " ");
        print_foreign(r, row->id, "  ");
    }
    print_end(r, row);
    putchar('\n');
}

static int walk(struct reading *r, hx_client *client)
{
    hxp_response *answer;
    do {
        uint64_t left = r->limit - r->shown;
        r->query.limit = left < HX_LIST_MAX ? (uint32_t)left : HX_LIST_MAX;
        int rc = hx_ask_quarantine(client, &r->query, &answer);
        if (rc)
            return link_fail(r->cli, client, rc, "the quarantine");
        const Hongxin__V1__QuarantineAnswer *a = answer->quarantine;
        for (size_t i = 0; i < a->n_rows; i++) {
            print_row(r, a->rows[i]);
            r->open += !a->rows[i]->closed_at;
        }
        r->shown += a->n_rows;
        r->query.after = a->next;
        r->more = a->next;
        hx_response_free(answer);
    } while (r->more && r->shown < r->limit);
    return CLI_OK;
}

static void print_total(const struct reading *r)
{
    printf(r->cli->zh ? "共 %" PRIu64 " 条，其中 %" PRIu64 " 条未处理%s\n"
                      : "%" PRIu64 " rows, %" PRIu64 " of them open%s\n",
           r->shown, r->open,
           !r->more     ? ""
           : r->cli->zh ? "；未列完：--limit 0 列出全部"
                        : "; there are more: --limit 0 shows all");
}

static int run(struct cli *cli)
{
    hx_client *client;
    struct reading r = {.cli = cli, .query = HONGXIN__V1__QUARANTINE_QUERY__INIT};
    int rc = cli_get_number(cli, "limit", 0, &r.limit);
    if (rc)
        return rc;
    if (!r.limit)
        r.limit = UINT64_MAX;
    r.query.open = cli_has(cli, "open");
    show_init(&r.show, cli, stdout);
    rc = link_open(cli, &client);
    if (rc)
        return rc;
    rc = walk(&r, client);
    if (!rc && !cli->json)
        print_total(&r);
    hx_client_close(client);
    return rc;
}

const struct cli_command cli_quarantine = {
    .name = "quarantine",
    .summary = "show what was refused as invalid, why, and what became of it",
    .about =
        "One line for each input that could not be taken, the oldest first: number, time, reason "
        "or what a door\n"
        "said of it, source and id when it is an event, and its end: open, done as an entry, or "
        "refused again\n"
        "as another row. What hongxin-kafka requeue brings back ends by itself. An input that came "
        "twice, because\n"
        "its answer was lost, is two rows; requeue ends the second, the first stays open. At most "
        "10,000 rows\n"
        "are kept.\n"
        "Needs a key for the whole city whose role has the right \"stats\".",
    .examples = "  hongxin quarantine --open\n      what still waits for somebody to mend it\n"
                "  hongxin quarantine --json\n      all that is kept, for a program\n",
    .options = options,
    .takes = CLI_FEED | CLI_SHOWS,
    .run = run,
};
