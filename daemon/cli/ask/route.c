/* hongxin route: who gets a case, and why; from the daemon, or from the files. */
#include "base/now.h"
#include "base/text.h"
#include "cli/ask/query.h"
#include "cli/operate/rules_file.h"
#include "cli/show/show.h"
#include "config/city/city_load.h"
#include "engine/routing/route_answer.h"
#include "hongxin/instant.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct cli_option options[] = {
    {"at", "TIME", NULL, "at this instant (RFC 3339); without it, now"},
    {"place", "ID", NULL, "the building, estate, grid, community or street"},
    {"position", "LON,LAT", NULL, "instead of a place: degrees, WGS 84"},
    {"class", "CLASS", "EMERGENCY SMALL SERIOUS COMPLEX SPECIAL", "of this class"},
    {"category", "WORD", NULL, "of this kind, or the code of a task"},
    {"source", "WORD", NULL, "published by this source"},
    {"about", "PARTY", NULL, "a complaint about this party: holder:P-07"},
    {"config", "DIR", "@dir", "by the files of this folder, without a daemon"},
    {NULL, NULL, NULL, NULL},
};

/* ---- the question ---- */

struct question {
    Hongxin__V1__RouteQuery query;
    double position[2];
};

static char *given(const struct cli *cli, const char *name)
{
    return hx_text_field(cli_get(cli, name));
}

static bool read_position(const char *text, double out[2])
{
    char *end;
    out[0] = strtod(text, &end);
    if (end == text || *end != ',')
        return false;
    const char *second = end + 1;
    out[1] = strtod(second, &end);
    return end != second && *end == '\0';
}

static int prepare(const struct cli *cli, struct question *q)
{
    const char *at = cli_get(cli, "at"), *position = cli_get(cli, "position");
    hongxin__v1__route_query__init(&q->query);
    q->query.place = given(cli, "place");
    q->query.class_ = given(cli, "class");
    q->query.category = given(cli, "category");
    q->query.source = given(cli, "source");
    q->query.about = given(cli, "about");
    if (at && hx_instant_parse(at, &q->query.at))
        return cli_fail(cli, CLI_USAGE, "--at: %s is not an RFC 3339 time with an offset", at);
    if (!position)
        return CLI_OK;
    if (!read_position(position, q->position))
        return cli_fail(cli, CLI_USAGE, "--position: %s is not LON,LAT in degrees", position);
    q->query.position = q->position;
    q->query.n_position = 2;
    return CLI_OK;
}

/* ---- the answer ---- */

static const struct {
    const char *verdict, *en, *zh;
} verdicts[] = {
    {"TAKEN", "taken", "采用"},
    {"OTHER_CLASS", "for another class", "级别不符"},
    {"OTHER_CATEGORY", "for another category", "类别不符"},
    {"OTHER_SOURCE", "for another source", "来源不符"},
    {"OTHER_HOUR", "for other hours", "时段不符"},
    {"NOT_IN_FORCE", "not in force at this time", "当时未生效"},
    {"NOBODY", "its holder cannot be named here", "此处无该单位"},
};

static const char *say(const struct cli *cli, const char *en, const char *zh)
{
    return cli->zh ? zh : en;
}

static void print_line(const struct cli *cli, const Hongxin__V1__RouteLine *line)
{
    if (!*line->row) {
        printf("  %s\n", *line->place ? line->place : say(cli, "the whole city", "全市"));
        return;
    }
    for (size_t i = 0; i < sizeof verdicts / sizeof *verdicts; i++)
        if (strcmp(verdicts[i].verdict, line->verdict) == 0)
            printf("    routing.csv:%u %s: %s\n", (unsigned)line->line, line->row,
                   say(cli, verdicts[i].en, verdicts[i].zh));
}

static void print_checks(const struct cli *cli, const hxp_routing *r)
{
    if (r->outside)
        puts(say(cli, "the position lies in no grid", "该位置不在任何网格内"));
    if (r->fallback)
        puts(say(cli, "nobody fits: the city's fallback holder", "无对应单位：由兜底单位承办"));
    if (*r->refused)
        printf("NOT_ADMITTED %s: %s\n", r->refused,
               say(cli, "no task of this community; its street has it", "非准入事项，由街道承办"));
    if (*r->assisting)
        printf("%s: %s\n", r->assisting,
               say(cli, "only assists with this task; its street has it", "仅协办，由街道承办"));
    if (*r->exception)
        printf("%s %s\n", say(cli, "by exception", "依据例外"), r->exception);
    if (*r->second)
        printf("%s %s\n", say(cli, "second holder, because of the complaint:", "回避，共同承办："),
               r->second);
}

static void print_where(const struct cli *cli, const hxp_where *w)
{
    const char *const ids[] = {w->street, w->community, w->grid, w->estate, w->building};
    printf("%s", say(cli, "place", "位置"));
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        if (*ids[i])
            printf(" %s", ids[i]);
    printf("  (%s)\n", w->registry);
}

static void print_answer(const struct cli *cli, const Hongxin__V1__RouteAnswer *a)
{
    char at[HX_INSTANT_TEXT];
    if (cli->json) {
        query_print_json(cli, &a->base);
        return;
    }
    printf("%s %s\n", say(cli, "at", "时间"), hx_instant_format(a->at, cli->utc_offset, at));
    print_where(cli, a->where);
    for (size_t i = 0; i < a->n_lines; i++)
        print_line(cli, a->lines[i]);
    print_checks(cli, a->routing);
    printf("%s %s %s\n", say(cli, "holder", "承办单位"), a->holder,
           say(cli, a->holder_name_en, a->holder_name_zh));
    for (size_t i = 0; i < a->n_told; i++)
        printf("%s%s%s", i ? ", " : say(cli, "told ", "通知 "), a->told[i],
               i + 1 == a->n_told ? "\n" : "");
    if (!a->n_told)
        puts(say(cli, "nobody is on duty there: the level above is told at once",
                 "该单位此刻无人值守：立即通知上一级"));
}

/* ---- by the files ---- */

static int answer_by(const struct cli *cli, const struct hx_city *city,
                     const struct hx_rules *rules, const Hongxin__V1__RouteQuery *q)
{
    struct hx_arena arena;
    const struct hx_route_when when = {hx_wall_ms(), hx_rules_duty_days(rules, UINT64_MAX), NULL};
    const char *fault = hx_route_fault(city, q);
    if (!fault && *q->class_ && hx_rules_class(rules, q->class_) <= 0)
        fault = "UNKNOWN_CLASS";
    if (fault)
        return cli_fail(cli, CLI_NEGATIVE, "%s", fault);
    hx_arena_init(&arena, 0);
    const Hongxin__V1__RouteAnswer *a = hx_route_answer(&arena, city, q, &when);
    int rc = a ? CLI_OK : cli_fail(cli, CLI_NEGATIVE, "out of memory");
    if (a)
        print_answer(cli, a);
    hx_arena_fini(&arena);
    return rc;
}

static int by_files(const struct cli *cli, const char *folder, const Hongxin__V1__RouteQuery *q)
{
    char path[4096];
    struct hx_city *city = NULL;
    struct hx_problem problem = {""};
    snprintf(path, sizeof path, "%s/city", folder);
    if (hx_city_load(path, &city, &problem))
        return cli_fail(cli, CLI_USAGE, "%s", problem.text);
    struct hx_rules *rules = rules_file_load(folder);
    int rc = rules ? answer_by(cli, city, rules, q)
                   : cli_fail(cli, CLI_USAGE, "%s: its life cycle cannot be read", folder);
    rules_file_free(rules);
    hx_city_free(city);
    return rc;
}

static int by_daemon(struct cli *cli, const Hongxin__V1__RouteQuery *q)
{
    hx_client *client;
    hxp_response *answer;
    int rc = link_open(cli, &client);
    if (rc)
        return rc;
    rc = hx_ask_route(client, q, &answer);
    if (rc) {
        rc = link_fail(cli, client, rc, "route");
    } else {
        print_answer(cli, answer->route);
        hx_response_free(answer);
    }
    hx_client_close(client);
    return rc;
}

static int run(struct cli *cli)
{
    struct question q;
    const char *folder = cli_get(cli, "config");
    int rc = prepare(cli, &q);
    if (rc)
        return rc;
    return folder ? by_files(cli, folder, &q.query) : by_daemon(cli, &q.query);
}

const struct cli_command cli_route = {
    .name = "route",
    .summary = "say who gets a case, and why, for any instant",
    .about = "Asks the daemon, or with --config reads the files themselves, how the routing table "
             "decides about\n"
             "such a case. Prints every place that is looked at, from the building upwards, and "
             "every row of the\n"
             "table there with the reason why it was taken or not; then the checks, the holder and "
             "who is told.\n"
             "Nothing is changed.",
    .examples =
        "  hongxin route --place B-0417 --class SMALL\n      who gets it now?\n"
        "  hongxin route --at 2026-10-12T22:00:00+08:00 --place C-03 --category station "
        "--source kiosk\n"
        "      and at ten in the evening?\n"
        "  hongxin route --config config --position 114.452,36.096\n      by the files, for "
        "a position on the map\n",
    .options = options,
    .takes = CLI_FEED | CLI_SHOWS,
    .run = run,
};
