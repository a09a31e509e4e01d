/* hongxin watch: what is true now, then every entry as it is written, without a gap. */
#include "base/now.h"
#include "cli/ask/query.h"
#include "cli/operate/rules_file.h"
#include "cli/show/show.h"
#include "hongxin/fact.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Cases of the snapshot that are shown one by one; a city has more than a screen. */
enum { SNAPSHOT_SHOWN = 40, POLL_MS = 200 };

/* Each with a space before it. */
#define X(name) " " #name
static const char fact_words[] = HX_FACTS(X);
#undef X

static const struct cli_option options[] = {
    {"place", "ID", NULL, "only this street, community, grid, estate or building; several times"},
    {"holder", "ID", NULL, "only what this company or community holds"},
    {"class", "CLASS", "EMERGENCY SMALL SERIOUS COMPLEX SPECIAL", "only this class"},
    {"level", "LEVEL", "L0 L1 L2 L3 L4 L5", "only what was told at this level or higher"},
    {"facts", "LIST", fact_words + 1, "only these facts, e.g. BREACH,BREACH_MARK"},
    {"to", "RECEIVER", NULL, "only notices to this receiver, e.g. community:C-03"},
    {"from", "LSN", "now oldest", "begin with this entry of the journal; now (default) or oldest"},
    {"no-snapshot", NULL, NULL, "do not show first what is true now"},
    {"texts", NULL, NULL, "with the text that each receiver of a notice reads"},
    {"count", "N", "1 10 100", "end after so many entries"},
    {"for", "TIME", "10s 1min", "end after this time"},
    {NULL, NULL, NULL, NULL},
};

struct watch {
    const struct cli *cli;
    struct show show;
    struct rules_texts texts;
    const char *const *facts; /* NULL = all */
    uint64_t cases, entries, limit;
    bool welcomed, over;
    int code;
};

static void on_welcome(void *arg, const Hongxin__V1__Welcome *welcome)
{
    struct watch *w = arg;

    if (welcome->scale > 1 && !w->welcomed)
        fprintf(stderr,
                w->cli->zh ? "本系统时间加快 %u 倍：演示用\n"
                           : "this daemon runs on scaled time, %u-fold: a demonstration\n",
                welcome->scale);
    if (w->welcomed)
        fprintf(stderr,
                w->cli->zh ? "已重新连接，从第 %" PRIu64 " 条记录继续\n"
                           : "connected again, going on with entry %" PRIu64 "\n",
                welcome->next_lsn);
    w->welcomed = true;
}

static void tell_live(const struct watch *w)
{
    bool more = w->cases > SNAPSHOT_SHOWN;

    if (w->cli->zh)
        show_paint(&w->show, SHOW_DIM, "在办 %" PRIu64 " 件%s，以下为实时\n", w->cases,
                   more ? "（只列前面的）" : "");
    else
        show_paint(&w->show, SHOW_DIM, "%" PRIu64 " open cases%s; now live\n", w->cases,
                   more ? ", the first shown" : "");
}

static void on_snapshot(void *arg, const Hongxin__V1__Snapshot *snapshot)
{
    struct watch *w = arg;

    for (size_t i = 0; i < snapshot->n_cases; i++, w->cases++) {
        if (w->cli->json) {
            printf("{\"snapshot\":%" PRIu64 ",\"case\":", snapshot->lsn);
            query_write_json(w->cli, &snapshot->cases[i]->base, stdout);
            printf("}\n");
        } else if (w->cases < SNAPSHOT_SHOWN) {
            show_case_line(&w->show, snapshot->cases[i], hx_wall_ms());
        }
    }
    if (snapshot->last && !w->cli->json)
        tell_live(w);
    if (snapshot->last)
        w->cases = 0; /* a snapshot after a gap counts anew */
    fflush(stdout);
}

static void on_entry(void *arg, const hxp_entry *entry, const ProtobufCBinaryData *bytes)
{
    struct watch *w = arg;

    (void)bytes;
    if (w->over)
        return;
    if (w->cli->json)
        query_print_entry(w->cli, entry);
    else
        show_entry(&w->show, entry, w->facts);
    fflush(stdout);
    if (++w->entries == w->limit || ferror(stdout))
        w->over = true;
}

static void on_reset(void *arg, uint64_t oldest_lsn)
{
    struct watch *w = arg;

    fprintf(stderr,
            w->cli->zh ? "第 %" PRIu64 " 条以前的记录已不在，或日志已更换：有缺口，以下为当前状况\n"
                       : "entries before %" PRIu64
                         " are gone or the journal is another one: a gap, then what is true now\n",
            oldest_lsn);
}

static void on_problem(void *arg, const Hongxin__V1__Problem *problem)
{
    struct watch *w = arg;

    w->code = cli_fail(w->cli, CLI_USAGE, "%s: %s", problem->code, problem->message);
    if (strcmp(problem->code, "UNDECODABLE") != 0)
        w->over = true;
}

static int subscribe(struct watch *w, hx_client *client, const hxp_filter *filter)
{
    static const struct hx_feed_calls calls = {.welcome = on_welcome,
                                               .snapshot = on_snapshot,
                                               .entry = on_entry,
                                               .reset = on_reset,
                                               .problem = on_problem};
    struct hx_subscription s = {.filter = filter,
                                .from = HONGXIN__V1__HELLO__FROM__NOW,
                                .snapshot = !cli_has(w->cli, "no-snapshot"),
                                .calls = &calls,
                                .arg = w};
    const char *from = cli_get(w->cli, "from");
    int rc;

    if (from && !strcmp(from, "oldest")) {
        s.from = HONGXIN__V1__HELLO__FROM__OLDEST;
        s.snapshot = false; /* the whole past follows: it builds the present by itself */
    } else if (from && strcmp(from, "now") != 0) {
        rc = cli_get_number(w->cli, "from", 0, &s.from_lsn);
        if (rc)
            return rc;
        s.from = HONGXIN__V1__HELLO__FROM__LSN;
        s.snapshot = false;
    }
    rc = hx_subscribe(client, &s);
    return rc ? link_fail(w->cli, client, rc, "feed") : CLI_OK;
}

static int follow(struct watch *w, hx_client *client, int64_t end)
{
    int64_t begun = hx_mono_ms();
    bool up = true;

    while (!w->over && !cli_interrupted() && (!end || hx_mono_ms() < end)) {
        hx_client_poll(client, POLL_MS);
        if (!w->welcomed && hx_mono_ms() - begun > w->cli->timeout_ms)
            return link_fail(w->cli, client, HX_TIMEOUT, "feed");
        if (w->welcomed && up && !hx_client_is_up(client, HX_DOOR_FEED))
            fputs(w->cli->zh ? "连接中断，正在重试\n" : "connection lost; trying again\n", stderr);
        up = hx_client_is_up(client, HX_DOOR_FEED) || !w->welcomed;
    }
    return w->code;
}

static int run_with(struct watch *w, struct query_filter *filter)
{
    const struct cli *cli = w->cli;
    hx_client *client;
    int64_t length;
    int rc = cli_get_duration(cli, "for", 0, &length);

    if (!rc)
        rc = cli_get_number(cli, "count", 0, &w->limit);
    if (!rc)
        rc = link_open(cli, &client);
    if (rc)
        return rc;
    if (filter->filter.n_facts)
        w->facts = (const char *const *)filter->words[3];
    if (cli_has(cli, "texts"))
        rc = rules_texts_ask(cli, client, &w->texts);
    w->show.texts = w->texts.texts;
    if (!rc)
        rc = subscribe(w, client, &filter->filter);
    if (!rc)
        rc = follow(w, client, length ? hx_mono_ms() + length : 0);
    rules_texts_free(&w->texts);
    hx_client_close(client);
    return rc;
}

static int run(struct cli *cli)
{
    struct query_filter *filter = calloc(1, sizeof *filter);
    struct watch w = {.cli = cli};
    int rc;

    if (!filter)
        return cli_fail(cli, CLI_NEGATIVE, "out of memory");
    show_init(&w.show, cli, stdout);
    cli_catch_interrupts();
    rc = query_filter(cli, filter);
    if (!rc) {
        rc = run_with(&w, filter);
        query_filter_fini(filter);
    }
    free(filter);
    return rc;
}

const struct cli_command cli_watch = {
    .name = "watch",
    .summary = "watch live: what is true now, then every step, breach and escalation",
    .about =
        "First the open cases that match, then each entry of the journal as it is written: one "
        "line for\n"
        "the step of the life and its clocks, one for each breach with everybody who was told, one "
        "for\n"
        "each escalation. When the daemon restarts, the watch goes on behind the last entry seen,\n"
        "without a gap. Ctrl-C ends it. With --json each line is an entry, its event decoded.",
    .examples = "  hongxin watch\n      the whole city\n"
                "  hongxin watch --place C-03 --level L2\n      broken promises in a community\n"
                "  hongxin watch --holder P-07 --zh\n      one company, Chinese first\n"
                "  hongxin watch --from oldest --facts BREACH,BREACH_MARK --json --for 5s\n"
                "      all breaches so far, for a program\n",
    .options = options,
    .takes = CLI_FEED | CLI_SHOWS,
    .run = run,
};
