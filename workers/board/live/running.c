/* GET /running and /pressure: the promises that run, from the model of the session's scope. */
#include "base/text.h"
#include "board/ask.h"
#include "board/live/scope.h"
#include "board/show/csv.h"
#include "hongxin/number.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CSV_ROWS = 50000, GROUPS_MAX = 4096 };

/* What rows are put together by, and the names of their places. */
static const char *const by_names[PLACE_COUNT + 1] = {BOARD_PLACES(PLACE_NAME), "holder"};

struct running {
    struct ask ask;
    struct running_filter {
        char place[64], holder[64], class[40], clock[48], level[4], only[8];
        bool by_overdue, overdue;
        uint64_t within;
    } filter;
    uint64_t limit;
    char cursor[100];
    bool csv;
    int by; /* pressure: which place; PLACE_COUNT: the holder */
    int64_t now;
};

/* ---- which rows ---- */

static bool is(const char *wanted, const char *own)
{
    return !*wanted || strcmp(wanted, own) == 0;
}

/* "none": it has none. */
static bool lies_in(const struct model_case *c, const char *place)
{
    if (strcmp(place, "none") == 0)
        return !*c->places[0];
    for (size_t i = 0; *place && i < PLACE_COUNT; i++)
        if (strcmp(c->places[i], place) == 0)
            return true;
    return !*place;
}

static bool overdue(const struct model_row *row, int64_t now)
{
    return !row->paused && row->deadline < now; /* at the deadline it is still met */
}

/* "fifth": in the last fifth of its time; "still": its clock stands; "": any. */
static bool is_in_part(const struct model_row *row, const char *only, int64_t now)
{
    if (strcmp(only, "still") == 0)
        return row->paused;
    if (strcmp(only, "fifth") == 0)
        return !row->paused && row->deadline >= now && row->budget_ms &&
               row->deadline - now <= (int64_t)(row->budget_ms / 5);
    return true;
}

static bool wanted(const struct running *q, const struct model_row *row)
{
    const struct running_filter *f = &q->filter;
    const struct model_case *c = row->of;
    if (f->by_overdue && overdue(row, q->now) != f->overdue)
        return false;
    if (f->within && (row->paused || row->deadline > q->now + (int64_t)f->within))
        return false;
    return is(f->holder, c->holder) && is(f->class, c->class) && is(f->clock, row->clock) &&
           strcmp(c->level, f->level) >= 0 && lies_in(c, f->place) &&
           is_in_part(row, f->only, q->now);
}

/* ---- a row ---- */

static json_t *where_json(const struct model_case *c)
{
    json_t *o = json_object();
    for (size_t i = 0; i < PLACE_COUNT; i++)
        if (*c->places[i])
            json_object_set_new(o, by_names[i], json_string(c->places[i]));
    return o;
}

static void set_text(json_t *o, const char *key, const char *text)
{
    if (*text)
        json_object_set_new(o, key, json_string(text));
}

static json_t *row_json(const struct running *q, const struct model_row *row)
{
    const struct model_case *c = row->of;
    const struct board *b = q->ask.board;
    char number[HX_NUMBER_TEXT];
    json_t *o = json_pack("{s:I, s:s, s:s, s:b}", "case_number", (json_int_t)c->number, "number",
                          hx_number_format(c->number, number), "clock", row->clock, "overdue",
                          overdue(row, q->now));
    ask_set_instant(b, o, "start", row->start);
    json_object_set_new(o, "budget_ms", json_integer((json_int_t)row->budget_ms));
    ask_set_instant(b, o, "deadline", row->deadline);
    if (row->paused)
        json_object_set_new(o, "paused", json_true());
    set_text(o, "level", c->level);
    set_text(o, "class", c->class);
    set_text(o, "category", c->category);
    set_text(o, "state", c->state);
    set_text(o, "holder", c->holder);
    json_object_set_new(o, "where", where_json(c));
    if (c->drill)
        json_object_set_new(o, "drill", json_true());
    json_object_set_new(o, "case_version", json_integer((json_int_t)c->version));
    return o;
}

/* ---- the list ---- */

/* "DEADLINE.CASE.CLOCK" of the last row of a page. */
static bool behind(const char *cursor, const struct model_row *row)
{
    char *end;
    if (!*cursor)
        return true;
    int64_t deadline = strtoll(cursor, &end, 10);
    if (row->deadline != deadline)
        return row->deadline > deadline;
    uint64_t number = *end == '.' ? strtoull(end + 1, &end, 10) : 0;
    if (row->of->number != number)
        return row->of->number > number;
    return strcmp(row->clock, *end == '.' ? end + 1 : "") > 0;
}

static void set_next(json_t *body, const struct model_row *row)
{
    json_object_set_new(
        body, "next",
        json_sprintf("%" PRId64 ".%" PRIu64 ".%s", row->deadline, row->of->number, row->clock));
}

static json_t *page(const struct running *q, struct scope *s)
{
    size_t n, total = 0, broken = 0, most = q->csv ? CSV_ROWS : q->limit;
    const struct model_row *last = NULL;
    bool cut = false;
    struct model_row *const *rows = model_rows(s->model, &n);
    json_t *items = json_array();
    for (size_t i = 0; i < n; i++) {
        if (!wanted(q, rows[i]))
            continue;
        total++;
        broken += overdue(rows[i], q->now);
        if (!behind(q->cursor, rows[i]))
            continue;
        if (json_array_size(items) < most) {
            json_array_append_new(items, row_json(q, rows[i]));
            last = rows[i];
        } else {
            cut = true;
        }
    }
    json_t *body = json_pack("{s:o, s:I, s:b, s:I, s:b, s:I}", "items", items, "total",
                             (json_int_t)total, "total_exact", 1, "overdue", (json_int_t)broken,
                             "cut", cut, "lsn", (json_int_t)s->seen_lsn);
    json_object_set_new(body, "now", ask_instant(q->ask.board, q->now));
    if (cut && last)
        set_next(body, last);
    return body;
}

static bool not_ready(struct running *q, const struct scope *s)
{
    if (s)
        return false;
    http_problem(q->ask.request, 503, "DAEMON_AWAY",
                 "the daemon has not told yet what runs; again in a second");
    ask_free(q);
    return true;
}

static void on_ready(void *arg, struct scope *s)
{
    static const struct csv_column columns[] = {
        {"deadline", "deadline", "截止", "Due", "time"},
        {"overdue", "overdue", "已超时", "Overdue", "yes"},
        {"number", "number", "案件", "Case", NULL},
        {"clock", "clock", "时限", "Promise", "clock"},
        {"level", "level", "级别", "Level", NULL},
        {"class", "class", "等级", "Class", "class"},
        {"state", "state", "状态", "State", "state"},
        {"holder", "holder", "承办单位编号", "Holder id", NULL},
        {NULL, "holder", "承办单位", "Holder", "place"},
        BOARD_PLACES(CSV_PLACE),
        {"start", "start", "起算", "Start", "time"},
        {"budget_ms", "budget_ms", "时长（分）", "Budget (min)", "minutes"},
    };
    static const struct csv_table table = {"running", columns, sizeof columns / sizeof *columns};
    struct running *q = arg;
    if (not_ready(q, s))
        return;
    json_t *body = page(q, s);
    if (!q->csv) {
        ask_answer(q, body);
        return;
    }
    csv_answer(q->ask.board, q->ask.request, &table, json_object_get(body, "items"));
    json_decref(body);
    ask_free(q);
}

static bool query_part(const struct http_request *r, char only[8])
{
    return query_word(r, "only", only, 8) &&
           (!*only || strcmp(only, "fifth") == 0 || strcmp(only, "still") == 0);
}

static bool take_filter(struct running *q, const struct http_request *r)
{
    struct running_filter *f = &q->filter;
    q->limit = 500;
    f->by_overdue = http_has_query(r, "overdue");
    return query_word(r, "place", f->place, sizeof f->place) &&
           query_word(r, "holder", f->holder, sizeof f->holder) &&
           query_word(r, "class", f->class, sizeof f->class) &&
           query_word(r, "clock", f->clock, sizeof f->clock) && query_level(r, f->level) &&
           query_bool(r, "overdue", &f->overdue) && query_span(r, "within", &f->within) &&
           query_number(r, "limit", 1, 2000, &q->limit) && query_part(r, f->only) &&
           query_word(r, "cursor", q->cursor, sizeof q->cursor) && query_csv(r, &q->csv);
}

static void begin(struct running *q, scope_fn *fn)
{
    struct scope *s = scopes_get(q->ask.board->scopes, q->ask.principal);
    q->now = board_now(q->ask.board);
    if (s)
        scope_when_ready(s, fn, q);
    else
        (void)not_ready(q, NULL);
}

static void list(struct board *board, struct http_request *r)
{
    struct running *q = ask_new(board, r, sizeof *q);
    if (!q)
        return;
    if (take_filter(q, r)) {
        begin(q, on_ready);
        return;
    }
    query_wrong(
        r, "limit is 1 to 2000, within a duration such as 30min, level L0 to L5, overdue true or "
           "false, only fifth or still, format json or csv, the others a word");
    ask_free(q);
}

void running_list(void *board, struct http_request *r)
{
    csv_begin(board, r, list);
}

/* ---- pressure ---- */

struct group {
    const char *id, *level;
    uint64_t running, overdue, soon, cases, last_case;
    int64_t first;
};

static struct group *group_of(struct group *groups, size_t *n, const char *id)
{
    for (size_t i = 0; i < *n; i++)
        if (groups[i].id == id) /* interned */
            return &groups[i];
    if (*n == GROUPS_MAX)
        return NULL;
    groups[*n] = (struct group){.id = id, .level = ""};
    return &groups[(*n)++];
}

static void add_row(struct group *g, const struct model_row *row, int64_t now)
{
    g->running++;
    g->overdue += overdue(row, now);
    g->soon += is_in_part(row, "fifth", now);
    if (!g->first || row->deadline < g->first)
        g->first = row->deadline;
    if (strcmp(row->of->level, g->level) > 0)
        g->level = row->of->level;
    bool counted = false; /* a case counts with its first row alone */
    for (const struct model_row *r = row->of->rows; r != row; r = r->next)
        counted = true;
    g->cases += !counted;
}

static json_t *group_json(const struct board *b, const struct group *g)
{
    json_t *o = json_pack("{s:s, s:I, s:I, s:I, s:I}", "id", g->id, "running",
                          (json_int_t)g->running, "overdue", (json_int_t)g->overdue, "soon",
                          (json_int_t)g->soon, "cases", (json_int_t)g->cases);
    set_text(o, "level", g->level);
    ask_set_instant(b, o, "first_deadline", g->first);
    return o;
}

static void on_pressure(void *arg, struct scope *s)
{
    struct running *q = arg;
    size_t n = 0, n_rows, total = 0;
    if (not_ready(q, s))
        return;
    struct group *groups = calloc(GROUPS_MAX, sizeof *groups);
    struct model_row *const *rows = model_rows(s->model, &n_rows);
    for (size_t i = 0; groups && i < n_rows; i++) {
        const struct model_case *c = rows[i]->of;
        if (!wanted(q, rows[i]))
            continue;
        struct group *g = group_of(groups, &n, q->by < PLACE_COUNT ? c->places[q->by] : c->holder);
        if (g)
            add_row(g, rows[i], q->now);
        total++;
    }
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, group_json(q->ask.board, &groups[i]));
    free(groups);
    json_t *body = json_pack("{s:s, s:o, s:I, s:b}", "by", by_names[q->by], "rows", list, "total",
                             (json_int_t)total, "total_exact", 1);
    json_object_set_new(body, "now", ask_instant(q->ask.board, q->now));
    ask_answer(q, body);
}

static bool take_by(const struct http_request *r, int *by)
{
    char text[16];
    *by = PLACE_grid;
    if (!query_word(r, "by", text, sizeof text))
        return false;
    if (!*text)
        return true;
    for (int i = 0; i <= PLACE_COUNT; i++)
        if ((i <= PLACE_grid || i == PLACE_COUNT) && strcmp(by_names[i], text) == 0) {
            *by = i;
            return true;
        }
    return false;
}

void running_pressure(void *arg, struct http_request *r)
{
    struct running *q = ask_new(arg, r, sizeof *q);
    if (!q)
        return;
    if (take_by(r, &q->by) && query_word(r, "place", q->filter.place, sizeof q->filter.place) &&
        query_word(r, "holder", q->filter.holder, sizeof q->filter.holder)) {
        begin(q, on_pressure);
        return;
    }
    query_wrong(r, "by is grid, community, street or holder; place and holder are words");
    ask_free(q);
}
