/* hongxin apply: what a new calendar or policy would move, and putting it into force. */
#include "base/text.h"
#include "base/utf8.h"
#include "cli/ask/query.h"
#include "cli/show/show.h"
#include "config/city/city_texts.h"
#include "config/reading/file.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX = 1024 * 1024, PATIENCE_MS = 120 * 1000 };

static const struct cli_option options[] = {
    {"preview", NULL, NULL, "only say what would move; what is done without --ask and --agree"},
    {"ask", NULL, NULL, "ask for it, as the first of two persons; needs --by and --why"},
    {"agree", NULL, NULL, "agree to what another person has asked for; needs --by"},
    {"by", "WHO", NULL, "a named person of operator or city: operator/wang"},
    {"why", "TEXT", NULL, "with --ask: the reason, for the journal"},
    {"only-new", NULL, NULL, "with --ask: open cases keep their versions"},
    {NULL, NULL, NULL, NULL},
};

/* "14 cases rerouted, 3 posts with other people within seven days (of 912 open cases)" */
static void print_city_moves(const struct cli *cli, const Hongxin__V1__ApplyAnswer *a)
{
    printf(cli->zh ? "%" PRIu64 " 件改派，七日内 %" PRIu64 " 个岗位换人（在办 %" PRIu64 " 件）\n"
                   : "%" PRIu64 " cases rerouted, %" PRIu64
                     " posts with other people within seven days (of %" PRIu64 " open cases)\n",
           a->rerouted, a->posts, a->cases);
}

static void print_moves(const struct cli *cli, const Hongxin__V1__ApplyAnswer *a)
{
    char time[HX_INSTANT_TEXT];

    if (strcmp(a->kind, "city") == 0) {
        print_city_moves(cli, a);
        return;
    }
    printf(cli->zh ? "%" PRIu64 " 个时限推迟，%" PRIu64 " 个提前"
                   : "%" PRIu64 " deadlines later, %" PRIu64 " earlier",
           a->later, a->earlier);
    if (a->earliest) {
        hx_instant_format(a->earliest, cli->utc_offset, time);
        time[10] = ' ';
        printf(cli->zh ? "，最早 %.16s" : ", earliest %.16s", time);
    }
    printf(cli->zh ? "（在办 %" PRIu64 " 件）\n" : " (of %" PRIu64 " open cases)\n", a->cases);
}

static void print_state(const struct cli *cli, const Hongxin__V1__ApplyAnswer *a)
{
    printf("%s %s/%" PRIu32 "  %.12s…\n", a->kind, a->name, a->version, a->digest);
    print_moves(cli, a);
    if (!strcmp(a->state, "ASKED"))
        printf(cli->zh ? "%s 已提出；须另一人同意：hongxin apply … --agree --by …\n"
                       : "asked for by %s; another person must agree: hongxin apply … --agree --by "
                         "…\n",
               a->asked_by);
    else if (!strcmp(a->state, "IN_FORCE"))
        printf(cli->zh ? "已生效，日志 %" PRIu64 "%s\n" : "in force, entry %" PRIu64 "%s\n", a->lsn,
               a->only_new ? (cli->zh ? "，仅用于新时限" : ", for new clocks only")
                           : (cli->zh ? "，在办案件正在调整" : "; open cases are being moved"));
}

static int ask(struct cli *cli, const Hongxin__V1__Apply *apply)
{
    hx_client *client;
    hxp_response *answer;
    int rc;

    if (cli->timeout_ms < PATIENCE_MS)
        cli->timeout_ms = PATIENCE_MS; /* a preview looks at every open case */
    rc = link_open(cli, &client);
    if (rc)
        return rc;
    rc = hx_ask_apply(client, apply, &answer);
    if (rc) {
        rc = link_fail(cli, client, rc, apply->file);
    } else {
        if (cli->json)
            query_print_json(cli, &answer->apply->base);
        else
            print_state(cli, answer->apply);
        hx_response_free(answer);
    }
    hx_client_close(client);
    return rc;
}

/* Its last part, of a folder too: "city-2027" of "new/city-2027/". */
static const char *name_of(char *path)
{
    size_t n = strlen(path);
    while (n > 1 && path[n - 1] == '/')
        path[--n] = '\0';
    return hx_file_name(path);
}

static int fill(const struct cli *cli, Hongxin__V1__Apply *a)
{
    bool ask_it = cli_has(cli, "ask"), agree = cli_has(cli, "agree");
    const char *by = cli_get(cli, "by"), *why = cli_get(cli, "why");

    if (ask_it + agree + cli_has(cli, "preview") > 1)
        return cli_fail(cli, CLI_USAGE, "one of --preview, --ask and --agree");
    if ((ask_it || agree) && !by)
        return cli_fail(cli, CLI_USAGE, "who? --by operator/wang");
    if (ask_it && !why)
        return cli_fail(cli, CLI_USAGE, "why? --why \"notice of the State Council\"");
    a->step = ask_it  ? HONGXIN__V1__APPLY__STEP__ASK
              : agree ? HONGXIN__V1__APPLY__STEP__AGREE
                      : HONGXIN__V1__APPLY__STEP__PREVIEW;
    a->by = hx_text_field(by);
    a->why = hx_text_field(why);
    a->only_new = cli_has(cli, "only-new");
    return CLI_OK;
}

/* A life cycle, a calendar, the folder of a city, or one of its files. */
static int read_one(const char *path, char **text, size_t *size, struct hx_problem *problem)
{
    int rc = hx_city_bundle(path, text, size, problem);
    return rc == HX_NOTFOUND ? hx_file_read(path, FILE_MAX, text, size, problem) : rc;
}

/* Further files of a city join the bundle, without a head of their own. */
static int add_more(struct cli *cli, char **text, size_t *size)
{
    const size_t head = sizeof HX_CITY_BUNDLE - 1;
    struct hx_problem problem = {""};
    for (int i = 1; i < cli->n_operands; i++) {
        char *more, *grown;
        size_t n;
        if (read_one(cli->operands[i], &more, &n, &problem))
            return cli_fail(cli, CLI_USAGE, "%s", problem.text);
        bool both = hx_city_is_bundle(*text) && hx_city_is_bundle(more);
        grown = both ? realloc(*text, *size + n - head + 1) : NULL;
        if (grown) {
            memcpy(grown + *size, more + head, n - head + 1);
            *text = grown;
            *size += n - head;
        }
        free(more);
        if (!both)
            return cli_fail(cli, CLI_USAGE, "%s: only files of a city are applied together",
                            cli->operands[i]);
        if (!grown)
            return cli_fail(cli, CLI_USAGE, "%s: out of memory", cli->operands[i]);
    }
    return CLI_OK;
}

static int run(struct cli *cli)
{
    Hongxin__V1__Apply a = HONGXIN__V1__APPLY__INIT;
    struct hx_problem problem = {""};
    char *text;
    size_t size;
    int rc = fill(cli, &a);

    if (rc)
        return rc;
    if (!cli->n_operands)
        return cli_fail(cli, CLI_USAGE, "which file? hongxin apply china.ics");
    if (read_one(cli->operands[0], &text, &size, &problem))
        return cli_fail(cli, CLI_USAGE, "%s", problem.text);
    rc = add_more(cli, &text, &size);
    a.content = (ProtobufCBinaryData){size, (uint8_t *)text};
    a.file = hx_text_field(cli->n_operands > 1 ? "files" : name_of(cli->operands[0]));
    if (!rc)
        rc = ask(cli, &a);
    free(text);
    return rc;
}

const struct cli_command cli_apply = {
    .name = "apply",
    .summary = "say what a new calendar, policy or city would move, and put it into force",
    .operands = "FILE|FOLDER …",
    .about =
        "FILE is a table of holidays (iCalendar) or a life cycle (YAML) with a higher version "
        "than the one\n"
        "in force, or files of a city: its folder (places, borders, companies, routing, rota), or "
        "only those\n"
        "that change, such as routing.csv or duty.csv; they are judged with the others as a "
        "whole.\n"
        "Without further options nothing is changed: it is said which deadlines of open cases "
        "would move,\n"
        "which cases get another holder, which posts other people. Two persons put it into force: "
        "one asks,\n"
        "another agrees. From then on new clocks take it, and open cases are moved in small steps "
        "while\n"
        "everything goes on; what would become earlier gets a quarter of its budget from now.",
    .examples =
        "  hongxin apply china.ics --preview\n      14 deadlines later, 3 earlier, earliest "
        "…\n"
        "  hongxin apply china.ics --ask --by operator/wang --why \"notice for 2027\"\n"
        "      the first person\n"
        "  hongxin apply china.ics --agree --by city/li\n      the second: it is in force\n"
        "  hongxin apply routing.csv duty.csv --preview\n      14 cases rerouted, 3 posts with "
        "other people …\n",
    .options = options,
    .takes = CLI_FEED | CLI_SHOWS,
    .max_operands = 16,
    .run = run,
};
