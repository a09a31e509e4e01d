/* GET /breaches: what broke on some days, each with its arithmetic. Read from the journal, so that
 * the list is what the counters of those days count. */
#include "base/text.h"
#include "board/show/csv.h"
#include "board/show/page.h"
#include "board/show/stretch.h"
#include "hongxin/instant.h"
#include "hongxin/number.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DAYS_MAX = 31, CSV_ROWS = 50000 };

struct breaches {
    struct stretch stretch;
    char place[64], holder[64], class[40], clock[48], cursor[40];
    uint64_t limit;
    bool csv;
    int64_t end; /* breaches of before; marks also of later */
    json_t *all; /* oldest first */
    /* of the page */
    json_t *answer, *page; /* page: its items, borrowed */
    size_t waiting;
};

static void breaches_free(struct ask *a)
{
    struct breaches *b = (struct breaches *)a;
    json_decref(b->all);
    json_decref(b->answer);
}

static const char *text_of(const json_t *o, const char *key)
{
    const char *text = json_string_value(json_object_get(o, key));
    return text ? text : "";
}

/* ---- reading ---- */

static void add_breach(struct breaches *b, const hxp_entry *e, const hxp_breach_fact *f)
{
    char number[HX_NUMBER_TEXT];
    const struct board *board = b->stretch.ask.board;
    if (e->drill || e->t_rec >= b->end || (*b->clock && strcmp(b->clock, f->clock) != 0) ||
        (*b->holder && strcmp(b->holder, *f->holder ? f->holder : e->holder) != 0))
        return;
    json_t *o = json_pack("{s:I, s:I, s:s, s:I, s:s, s:o, s:[]}", "lsn", (json_int_t)e->lsn,
                          "case_number", (json_int_t)e->case_number, "number",
                          hx_number_format(e->case_number, number), "cycle", (json_int_t)e->cycle,
                          "class", e->class_, "breach", ask_json(board, &f->base), "marks");
    ask_set_instant(board, o, "t", e->t_rec);
    if (e->where)
        json_object_set_new(o, "where", ask_json(board, &e->where->base));
    json_array_append_new(b->all, o);
}

/* The breach that it is about: the newest of this clock and deadline. */
static void add_mark(const struct breaches *b, const hxp_entry *e, const hxp_breach_mark_fact *f)
{
    for (size_t i = json_array_size(b->all); i-- > 0;) {
        json_t *o = json_array_get(b->all, i);
        if ((uint64_t)json_integer_value(json_object_get(o, "case_number")) != e->case_number ||
            strcmp(text_of(json_object_get(o, "breach"), "clock"), f->clock) != 0)
            continue;
        json_array_append_new(json_object_get(o, "marks"), json_string(f->mark));
        return;
    }
}

static void forget(struct stretch *s)
{
    json_array_clear(((struct breaches *)s)->all);
}

static void take_entry(struct stretch *s, const hxp_entry *e)
{
    struct breaches *b = (struct breaches *)s;
    for (size_t i = 0; i < e->n_facts; i++) {
        if (e->facts[i]->fact_case == HONGXIN__V1__FACT__FACT_BREACH)
            add_breach(b, e, e->facts[i]->breach);
        else if (e->facts[i]->fact_case == HONGXIN__V1__FACT__FACT_BREACH_MARK)
            add_mark(b, e, e->facts[i]->breach_mark);
    }
}

/* ---- the arithmetic of a page: as the case has it ---- */

struct sum {
    struct breaches *breaches;
    json_t *row; /* borrowed from the page */
};

static void finish(struct breaches *b)
{
    static const struct csv_column columns[] = {
        {"time", "t", "记录", "Recorded", "time"},
        {"number", "number", "案件", "Case", NULL},
        {"clock", "breach.clock", "时限", "Promise", "clock"},
        {"deadline", "breach.deadline", "截止", "Was due", "time"},
        {"holder", "breach.holder", "承办单位编号", "Holder id", NULL},
        {NULL, "breach.holder", "承办单位", "Holder", "place"},
        {"class", "class", "等级", "Class", "class"},
        {"noticed", "breach.t_noticed", "通知", "Noticed", "time"},
        {"delay", "breach.delay", "延迟原因", "Delay", "delay"},
        {"marks", "marks", "标记", "Marks", "mark"},
        BOARD_AREAS(CSV_PLACE),
        {"start", "arithmetic.start", "起算", "Start", "time"},
        {"budget_ms", "arithmetic.budget_ms", "时长（分）", "Budget (min)", "minutes"},
        {"paused_ms", "arithmetic.paused_ms", "暂停（分）", "Paused (min)", "minutes"},
        {"basis", "arithmetic.basis", NULL, NULL, NULL},
    };
    static const struct csv_table table = {"breaches", columns, sizeof columns / sizeof *columns};
    if (b->csv) {
        csv_answer(b->stretch.ask.board, b->stretch.ask.request, &table, b->page);
        ask_free(b);
        return;
    }
    ask_answer(b, json_incref(b->answer));
}

static void on_case(void *arg, int err, const hxp_response *answer)
{
    struct sum *s = arg;
    struct breaches *b = s->breaches;
    const json_t *breach = json_object_get(s->row, "breach");
    const hxp_case_view *v =
        !err && answer->answer_case == HONGXIN__V1__RESPONSE__ANSWER_CASE_ANSWER
            ? answer->case_answer->view
            : NULL;
    hxp_entry none = HONGXIN__V1__ENTRY__INIT;
    for (size_t i = 0; v && i < v->n_clocks; i++) {
        const hxp_clock_fact *k = v->clocks[i];
        if (strcmp(k->clock, text_of(breach, "clock")) != 0 ||
            k->cycle != (uint32_t)json_integer_value(json_object_get(s->row, "cycle")))
            continue;
        none.lsn = k->moved_by;
        json_object_set_new(s->row, "arithmetic",
                            page_move(b->stretch.ask.board, &none, NULL, k, 0));
    }
    free(s);
    if (--b->waiting == 0)
        finish(b);
}

static bool ask_sum(struct breaches *b, json_t *row)
{
    hxp_request q = HONGXIN__V1__REQUEST__INIT;
    Hongxin__V1__CaseQuery query = HONGXIN__V1__CASE_QUERY__INIT;
    struct sum *s = malloc(sizeof *s);
    if (!s)
        return false;
    *s = (struct sum){b, row};
    query.case_number = (uint64_t)json_integer_value(json_object_get(row, "case_number"));
    q.ask_case = HONGXIN__V1__REQUEST__ASK_CASE_QUERY;
    q.case_query = &query;
    if (ask_for(b->stretch.ask.board, b->stretch.ask.principal, &q, on_case, s) == HX_OK)
        return true;
    free(s);
    return false;
}

/* ---- the page ---- */

static void make_page(struct breaches *b)
{
    b->answer = stretch_page(&b->stretch, b->all, b->cursor, b->csv ? CSV_ROWS : b->limit);
    b->page = json_object_get(b->answer, "items");
}

static void end(struct stretch *s)
{
    struct breaches *b = (struct breaches *)s;
    size_t i;
    json_t *row;
    make_page(b);
    b->waiting = 1;
    if (!b->csv || json_array_size(b->page) <= 500)
        json_array_foreach (b->page, i, row)
            b->waiting += ask_sum(b, row);
    if (--b->waiting == 0)
        finish(b);
}

/* ---- what is asked ---- */

static bool day_begin(const struct board *b, const char *day, int64_t *out)
{
    char text[48];
    int minutes = b->settings.utc_offset, absolute = minutes < 0 ? -minutes : minutes;
    snprintf(text, sizeof text, "%sT00:00:00%c%02d:%02d", day, minutes < 0 ? '-' : '+',
             absolute / 60, absolute % 60);
    return hx_instant_parse(text, out) == HX_OK;
}

static bool take_days(struct breaches *b, const struct http_request *r)
{
    const struct board *board = b->stretch.ask.board;
    char from[12], until[12], now[HX_INSTANT_TEXT];
    hx_instant_format(board_now(board), board->settings.utc_offset, now);
    snprintf(from, sizeof from, "%.10s", now);
    snprintf(until, sizeof until, "%.10s", now);
    if (!query_day(r, "from", from) || !query_day(r, "until", until) ||
        !day_begin(board, from, &b->stretch.since) || !day_begin(board, until, &b->end))
        return false;
    b->end += HX_DAY;
    return b->end > b->stretch.since && b->end - b->stretch.since <= DAYS_MAX * HX_DAY;
}

static size_t one(char *text, char **list)
{
    list[0] = text;
    return *text ? 1 : 0;
}

static bool take(struct breaches *b, const struct http_request *r)
{
    b->limit = 100;
    return take_days(b, r) && query_word(r, "place", b->place, sizeof b->place) &&
           query_word(r, "holder", b->holder, sizeof b->holder) &&
           query_word(r, "class", b->class, sizeof b->class) &&
           query_word(r, "clock", b->clock, sizeof b->clock) &&
           query_number(r, "limit", 1, 500, &b->limit) &&
           query_word(r, "cursor", b->cursor, sizeof b->cursor) &&
           strspn(b->cursor, "0123456789") == strlen(b->cursor) && query_csv(r, &b->csv);
}

static void list(struct board *board, struct http_request *r)
{
    struct breaches *b = ask_new(board, r, sizeof *b);
    if (!b)
        return;
    struct stretch *s = &b->stretch;
    s->ask.free = breaches_free;
    if (!take(b, r)) {
        query_wrong(r, "from and until are days such as 2026-10-12, at most 31 of them; limit is 1 "
                       "to 500, format json or csv, "
                       "the others words");
        ask_free(b);
        return;
    }
    b->all = json_array();
    s->facts[s->n_facts++] = hx_text_field("BREACH");
    s->facts[s->n_facts++] = hx_text_field("BREACH_MARK");
    s->n_places = one(b->place, s->places);
    s->n_classes = one(b->class, s->classes);
    s->upto = b->end;
    s->entry = take_entry;
    s->anew = forget;
    s->end = end;
    stretch_read(s);
}

void breaches_list(void *board, struct http_request *r)
{
    csv_begin(board, r, list);
}
