/* hongxin check: is the daemon well, or is the store whole? */
#include "cli/ask/query.h"
#include "cli/operate/doctor.h"
#include "cli/show/show.h"
#include <inttypes.h>
#include <string.h>

static const struct cli_option options[] = {
    {"store", "DIR", "@dir", "examine this store itself, as hongxin doctor does"},
    {"config", "DIR", "@dir", "with --store: configuration folder (HONGXIN_CONFIG)"},
    {NULL, NULL, NULL, NULL},
};

/* ---- the daemon ---- */

static double stat_of(const Hongxin__V1__StatsAnswer *a, const char *name)
{
    for (size_t i = 0; i < a->n_stats; i++)
        if (!strcmp(a->stats[i]->name, name) && !*a->stats[i]->labels)
            return a->stats[i]->value;
    return 0;
}

/* What is judged, for people; `what` names it in JSON in every language. */
static const char *in_words(const struct cli *cli, const char *what)
{
    static const struct {
        const char *en, *zh;
    } texts[] = {{"room for new complaints", "新诉求的存储余量"},
                 {"store takes commits", "存储可以提交"},
                 {"failed commits since the start", "启动以来失败的提交"},
                 {"inputs kept in quarantine", "隔离存放的输入"},
                 {"… of which are still open", "其中尚未处理的"},
                 {"entries the projections are behind", "投影落后的记录"},
                 {"clock steps since the start", "启动以来系统时钟跳变"},
                 {"open cases examined", "已检查的在办案件"},
                 {"open cases without a clock", "无时钟的在办案件"}};

    for (size_t i = 0; cli->zh && i < sizeof texts / sizeof *texts; i++)
        if (!strcmp(texts[i].en, what))
            return texts[i].zh;
    return what;
}

static void print_judgement(const struct cli *cli, const char *what, bool good, double value)
{
    const char *words = in_words(cli, what);
    int pad = 34 - show_width(words);
    struct show s;

    show_init(&s, cli, stdout);
    show_paint(&s, good ? SHOW_GREEN : SHOW_RED, "%-4s",
               good ? (cli->zh ? "好" : "ok") : (cli->zh ? "坏" : "BAD"));
    printf(" %s%*s %.0f\n", words, pad > 0 ? pad : 0, "", value);
}

static bool judge(const struct cli *cli, const char *what, bool good, double value)
{
    if (cli->json)
        printf("{\"check\":\"%s\",\"good\":%s,\"value\":%.0f}\n", what, good ? "true" : "false",
               value);
    else
        print_judgement(cli, what, good, value);
    return good;
}

static bool judge_stats(const struct cli *cli, const Hongxin__V1__StatsAnswer *a)
{
    bool good = true;

    good &= judge(cli, "room for new complaints", stat_of(a, "store_room") != 0,
                  stat_of(a, "store_room"));
    good &= judge(cli, "store takes commits", stat_of(a, "store_troubled") == 0,
                  stat_of(a, "store_troubled"));
    good &= judge(cli, "failed commits since the start", stat_of(a, "commits_failed") == 0,
                  stat_of(a, "commits_failed"));
    good &= judge(cli, "inputs kept in quarantine", true, stat_of(a, "quarantined"));
    good &= judge(cli, "… of which are still open", true, stat_of(a, "quarantine_open"));
    good &= judge(cli, "entries the projections are behind", stat_of(a, "projections_behind") < 1e6,
                  stat_of(a, "projections_behind"));
    good &= judge(cli, "clock steps since the start", stat_of(a, "clock_steps") == 0,
                  stat_of(a, "clock_steps"));
    return good;
}

/* R11: an open case whose next deadline has passed without being judged, or that has none. */
static int judge_deadlines(const struct cli *cli, hx_client *client, bool *good)
{
    Hongxin__V1__ListQuery q = HONGXIN__V1__LIST_QUERY__INIT;
    uint64_t seen = 0, without = 0;
    hxp_response *answer;
    int rc;

    do {
        q.limit = HX_LIST_MAX;
        if ((rc = hx_ask_list(client, &q, &answer)))
            return link_fail(cli, client, rc, "list");
        for (size_t i = 0; i < answer->list->n_cases; i++, seen++)
            without += answer->list->cases[i]->n_clocks == 0;
        q.after = answer->list->next;
        if (!answer->list->cut)
            q.after = 0;
        hx_response_free(answer);
    } while (q.after);
    judge(cli, "open cases examined", true, (double)seen);
    *good &= judge(cli, "open cases without a clock", without == 0, (double)without);
    return CLI_OK;
}

static int check_daemon(const struct cli *cli)
{
    hx_client *client;
    hxp_response *answer;
    bool good;
    int rc = link_open(cli, &client);

    if (rc)
        return rc;
    rc = hx_ask_stats(client, &answer);
    if (rc) {
        rc = link_fail(cli, client, rc, "figures");
        hx_client_close(client);
        return rc;
    }
    good = judge_stats(cli, answer->stats);
    hx_response_free(answer);
    rc = judge_deadlines(cli, client, &good);
    hx_client_close(client);
    return rc ? rc : good ? CLI_OK : CLI_NEGATIVE;
}

static int run(struct cli *cli)
{
    const char *store = cli_get(cli, "store");

    return store ? doctor_store(cli, store) : check_daemon(cli);
}

const struct cli_command cli_check = {
    .name = "check",
    .summary = "ask the daemon whether it is well, or examine a store for what must hold",
    .about = "Without --store the running daemon is asked: room, failed commits, quarantine, open "
             "cases\n"
             "without a clock. With --store it is hongxin doctor --store.",
    .examples = "  hongxin check\n      is the daemon well?\n"
                "  hongxin check --store /var/lib/hongxin/store --config /etc/hongxin\n"
                "      is the store whole?\n",
    .options = options,
    .takes = CLI_FEED | CLI_SHOWS,
    .run = run,
};
