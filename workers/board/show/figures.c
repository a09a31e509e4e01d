/* GET /figures: the daemon's counters of days and months; GET /health: is it well? */
#include "base/now.h"
#include "base/text.h"
#include "board/ask.h"
#include "board/show/csv.h"
#include "hongxin/instant.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DAYS_MAX = 62, IDS = 200 };

struct figures {
    struct ask ask;
    char place[1001], holder[1001], month[12], today[12];
    char days[DAYS_MAX][12];
    size_t n_days;
    bool csv;
};

/* "2026-10-12/broken:K_ARRIVE" */
static json_t *row_json(const Hongxin__V1__Count *c)
{
    const char *slash = strchr(c->what, '/'), *what = slash ? slash + 1 : c->what;
    const char *colon = strchr(what, ':');
    int verb = colon ? (int)(colon - what) : (int)strlen(what);
    json_t *o = json_pack("{s:o, s:s, s:s, s:o, s:I}", "period",
                          json_sprintf("%.*s", slash ? (int)(slash - c->what) : 0, c->what),
                          "dimension", c->dimension, "id", c->id, "what",
                          json_sprintf("%.*s", verb, what), "n", (json_int_t)c->n);
    if (colon)
        json_object_set_new(o,
                            strncmp(colon + 1, "K_", 2) == 0   ? "clock"
                            : strncmp(what, "closed:", 7) == 0 ? "state"
                                                               : "about",
                            json_string(colon + 1));
    return o;
}

static void on_count(void *arg, int err, const hxp_response *answer)
{
    static const struct csv_column columns[] = {
        {"period", "period", "日期", "Day", NULL},
        {"dimension", "dimension", "范围", "By", "dimension"},
        {"id", "id", "编号", "Id", NULL},
        {NULL, "id", "名称", "Name", "place"},
        {"what", "what", "统计", "Count", "count"},
        {"clock", "clock", "时限", "Promise", "clock"},
        {"state", "state", "状态", "State", "state"},
        {"about", "about", "准入例外", "Exception", NULL},
        {"n", "n", "数量", "Number", NULL},
    };
    static const struct csv_table table = {"figures", columns, sizeof columns / sizeof *columns};
    struct figures *f = arg;
    if (!ask_got(f, err, answer, HONGXIN__V1__RESPONSE__ANSWER_COUNT))
        return;
    const Hongxin__V1__CountAnswer *a = answer->count;
    json_t *rows = json_array();
    for (size_t i = 0; i < a->n_counts; i++)
        json_array_append_new(rows, row_json(a->counts[i]));
    if (f->csv) {
        csv_answer(f->ask.board, f->ask.request, &table, rows);
        json_decref(rows);
        ask_free(f);
        return;
    }
    ask_answer(f, json_pack("{s:s, s:I, s:b, s:o}", "today", f->today, "lsn", (json_int_t)a->lsn,
                            "cut", a->cut, "rows", rows));
}

static int64_t day_number(const char *day)
{
    long y = strtol(day, NULL, 10), m = strtol(day + 5, NULL, 10), d = strtol(day + 8, NULL, 10);
    return hx_days_from_civil(y, (unsigned)m, (unsigned)d);
}

static bool take_days(struct figures *f, const struct http_request *r)
{
    char from[12], until[12], now[HX_INSTANT_TEXT];
    const struct board *b = f->ask.board;
    hx_instant_format(board_now(b), b->settings.utc_offset, now);
    snprintf(f->today, sizeof f->today, "%.10s", now);
    hx_text_put(from, sizeof from, f->today);
    hx_text_put(until, sizeof until, f->today);
    if (!query_day(r, "from", from) || !query_day(r, "until", until))
        return false;
    int64_t first = day_number(from), last = day_number(until);
    if (last < first || last - first >= DAYS_MAX)
        return false;
    for (int64_t d = first; d <= last; d++) {
        int64_t y;
        unsigned m, day;
        hx_civil_from_days(d, &y, &m, &day);
        snprintf(f->days[f->n_days++], 12, "%04d-%02u-%02u", (int)(y % 10000), m, day);
    }
    return true;
}

static bool take_month(struct figures *f, const struct http_request *r)
{
    if (!query_word(r, "month", f->month, 8))
        return false;
    if (!*f->month)
        return take_days(f, r);
    for (size_t i = 0; i < 7; i++)
        if (i == 4 ? f->month[i] != '-' : f->month[i] < '0' || f->month[i] > '9')
            return false;
    char now[HX_INSTANT_TEXT];
    hx_instant_format(board_now(f->ask.board), f->ask.board->settings.utc_offset, now);
    snprintf(f->today, sizeof f->today, "%.10s", now);
    hx_text_put(f->days[f->n_days++], 12, f->month);
    return true;
}

static void ask_figures(struct figures *f)
{
    hxp_request q = HONGXIN__V1__REQUEST__INIT;
    Hongxin__V1__CountQuery query = HONGXIN__V1__COUNT_QUERY__INIT;
    Hongxin__V1__Filter filter = HONGXIN__V1__FILTER__INIT;
    char *places[IDS], *holders[IDS], *periods[DAYS_MAX];
    filter.places = places;
    filter.n_places = query_split(f->place, places, IDS);
    filter.holders = holders;
    query.holders = strcmp(f->holder, "*") == 0;
    filter.n_holders = query.holders ? 0 : query_split(f->holder, holders, IDS);
    query.filter = &filter;
    for (size_t i = 0; i < f->n_days; i++)
        periods[i] = f->days[i];
    query.periods = periods;
    query.n_periods = f->n_days;
    q.ask_case = HONGXIN__V1__REQUEST__ASK_COUNT;
    q.count = &query;
    ask_start(f, &q, on_count);
}

static void list(struct board *board, struct http_request *r)
{
    struct figures *f = ask_new(board, r, sizeof *f);
    if (!f)
        return;
    if (take_month(f, r) && query_word(r, "place", f->place, sizeof f->place) &&
        query_word(r, "holder", f->holder, sizeof f->holder) && query_csv(r, &f->csv)) {
        ask_figures(f);
        return;
    }
    query_wrong(r, "from and until are days such as 2026-10-12, at most 62 of them; month is "
                   "2026-10; place and holder are "
                   "ids with commas between; format json or csv");
    ask_free(f);
}

void figures_list(void *board, struct http_request *r)
{
    csv_begin(board, r, list);
}

/* ---- health ---- */

static double stat_of(const Hongxin__V1__StatsAnswer *a, const char *name, const char *labels)
{
    for (size_t i = 0; i < a->n_stats; i++)
        if (strcmp(a->stats[i]->name, name) == 0 && strcmp(a->stats[i]->labels, labels) == 0)
            return a->stats[i]->value;
    return 0;
}

static json_t *health_json(const struct board *b, const char *status)
{
    json_t *o = json_pack("{s:s, s:I}", "status", status, "behind_ms",
                          (json_int_t)(b->told_at ? hx_mono_ms() - b->told_at : 0));
    json_object_set_new(o, "now", ask_instant(b, board_now(b)));
    if (b->scale > 1)
        json_object_set_new(o, "scale", json_integer(b->scale));
    return o;
}

static void add_stats(json_t *o, const Hongxin__V1__StatsAnswer *a)
{
    static const char name[] = "deadline_lateness_us";
    json_t *all = json_object();
    char key[200];
    for (size_t i = 0; i < a->n_stats; i++) {
        const Hongxin__V1__Stat *s = a->stats[i];
        snprintf(key, sizeof key, *s->labels ? "%s{%s}" : "%s%s", s->name, s->labels);
        json_object_set_new(all, key, json_real(s->value));
    }
    json_object_set_new(o, "figures", all);
    json_object_set_new(o, "newest_lsn", json_integer((json_int_t)stat_of(a, "newest_lsn", "")));
    json_object_set_new(o, "overdue_ms", json_real(stat_of(a, "deadline_overdue_ms", "")));
    json_object_set_new(o, "lateness_ms",
                        json_pack("{s:f, s:f, s:f, s:I}", "p50",
                                  stat_of(a, name, "quantile=0.5") / 1000, "p99",
                                  stat_of(a, name, "quantile=0.99") / 1000, "max",
                                  stat_of(a, name, "quantile=1") / 1000, "count",
                                  (json_int_t)stat_of(a, name, "count")));
}

static void on_pong(void *arg, int err, const hxp_response *answer)
{
    struct ask *a = arg;
    bool there = !err && answer->answer_case == HONGXIN__V1__RESPONSE__ANSWER_PONG;
    json_t *o = health_json(a->board, there ? "ok" : "away");
    if (there) {
        json_object_set_new(o, "newest_lsn", json_integer((json_int_t)answer->pong->newest_lsn));
        json_object_set_new(o, "version", json_string(answer->pong->version));
    }
    ask_answer(a, o);
}

/* Figures are not for everybody; that the daemon lives is. */
static void ask_ping(struct ask *a)
{
    hxp_request q = HONGXIN__V1__REQUEST__INIT;
    Hongxin__V1__Ping ping = HONGXIN__V1__PING__INIT;
    q.ask_case = HONGXIN__V1__REQUEST__ASK_PING;
    q.ping = &ping;
    if (ask_for(a->board, "", &q, on_pong, a) != HX_OK)
        ask_answer(a, health_json(a->board, "away"));
}

static void on_stats(void *arg, int err, const hxp_response *answer)
{
    struct ask *a = arg;
    if (err || answer->answer_case != HONGXIN__V1__RESPONSE__ANSWER_STATS) {
        ask_ping(a);
        return;
    }
    bool troubled = stat_of(answer->stats, "store_troubled", "") > 0;
    json_t *o = health_json(a->board, troubled ? "troubled" : "ok");
    add_stats(o, answer->stats);
    ask_answer(a, o);
}

void health_show(void *board, struct http_request *r)
{
    hxp_request q = HONGXIN__V1__REQUEST__INIT;
    Hongxin__V1__StatsQuery stats = HONGXIN__V1__STATS_QUERY__INIT;
    struct ask *a = ask_new(board, r, sizeof *a);
    if (!a)
        return;
    if (a->board->away) {
        ask_answer(a, health_json(a->board, "away"));
        return;
    }
    q.ask_case = HONGXIN__V1__REQUEST__ASK_STATS;
    q.stats = &stats;
    if (ask_for(a->board, a->principal, &q, on_stats, a) != HX_OK)
        ask_answer(a, health_json(a->board, "away"));
}
