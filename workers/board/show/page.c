#include "board/show/page.h"

#include "board/ask.h"
#include "board/city/rules.h"
#include "board/places.h"
#include "hongxin/number.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- decoding ---- */

int page_open(struct page *p, const struct board *b, const Hongxin__V1__CaseAnswer *a)
{
    *p = (struct page){.board = b, .view = a->view};
    p->entries = calloc(a->n_history + 1, sizeof(hxp_entry *));
    p->events = calloc(a->n_history + 1, sizeof(hxp_event *));
    if (!p->entries || !p->events) {
        page_close(p);
        return HX_NOMEM;
    }
    for (size_t i = 0; i < a->n_history; i++) {
        hxp_entry *e = hongxin__v1__entry__unpack(NULL, a->history[i].len, a->history[i].data);
        if (!e)
            continue;
        p->entries[p->n] = e;
        if (e->event.len)
            p->events[p->n] = hongxin__v1__event__unpack(NULL, e->event.len, e->event.data);
        p->n++;
    }
    return HX_OK;
}

void page_close(struct page *p)
{
    for (size_t i = 0; p->entries && p->events && i < p->n; i++) {
        hongxin__v1__entry__free_unpacked(p->entries[i], NULL);
        if (p->events[i])
            hongxin__v1__event__free_unpacked(p->events[i], NULL);
    }
    free(p->entries);
    free(p->events);
    *p = (struct page){0};
}

static void set_text(json_t *o, const char *key, const char *text)
{
    if (text && *text)
        json_object_set_new(o, key, json_string(text));
}

static void set_number(json_t *o, const char *key, uint64_t n)
{
    if (n)
        json_object_set_new(o, key, json_integer((json_int_t)n));
}

/* ---- what was reported ---- */

const char *page_place(const hxp_where *w)
{
    if (!w)
        return "";
#define ID(id, zh, en) w->id
    const char *const ids[PLACE_COUNT] = {BOARD_PLACES(ID)};
#undef ID
    for (size_t i = PLACE_COUNT; i-- > 0;)
        if (*ids[i])
            return ids[i];
    return "";
}

static void add_data(json_t *o, const hxp_data *d)
{
    set_text(o, "text", d->text);
    set_text(o, "category", d->category);
    set_text(o, "place", d->place);
    set_text(o, "about", d->about);
    if (d->safety)
        json_object_set_new(o, "safety", json_true());
    if (d->n_position == 2)
        json_object_set_new(o, "position", json_pack("[f, f]", d->position[0], d->position[1]));
}

json_t *page_report(const struct page *p)
{
    json_t *o = json_object();
    for (size_t i = 0; i < p->n; i++) {
        const hxp_event *e = p->events[i];
        if (!e || (strcmp(p->entries[i]->cause, "REPORTED") != 0 &&
                   strcmp(p->entries[i]->cause, "PARTED") != 0))
            continue;
        set_text(o, "source", e->source);
        ask_set_instant(p->board, o, "t_occ", e->t_occ);
        if (e->confidential || (e->data && e->data->confidential))
            json_object_set_new(o, "confidential", json_true());
        if (e->data)
            add_data(o, e->data);
        break;
    }
    return o;
}

json_t *page_history(const struct page *p)
{
    json_t *list = json_array();
    for (size_t i = 0; i < p->n; i++)
        json_array_append_new(list, ask_entry(p->board, p->entries[i]));
    return list;
}

/* ---- deadlines ---- */

static bool has_sum(const hxp_clock_fact *k)
{
    return k->deadline && strcmp(k->basis, "DATE") != 0 && strcmp(k->basis, "MOVED") != 0 &&
           strcmp(k->basis, "OUTAGE") != 0;
}

json_t *page_move(const struct board *b, const hxp_entry *e, const hxp_event *event,
                  const hxp_clock_fact *k, int64_t before)
{
    json_t *o = json_pack("{s:I, s:s}", "lsn", (json_int_t)e->lsn, "change", k->change);
    ask_set_instant(b, o, "t", e->t_eff ? e->t_eff : e->t_rec);
    set_text(o, "cause", e->cause);
    set_text(o, "by", event ? event->by : "");
    ask_set_instant(b, o, "before", before);
    ask_set_instant(b, o, "after", k->deadline);
    ask_set_instant(b, o, "start", k->start);
    set_number(o, "budget_ms", k->budget_ms);
    set_number(o, "paused_ms", k->paused_ms);
    set_text(o, "calendar", k->calendar);
    set_text(o, "basis", k->basis);
    set_text(o, "policy", k->policy);
    ask_set_instant(b, o, "floor", k->floor);
    if (has_sum(k)) {
        int64_t sum = k->start + (int64_t)(k->budget_ms + k->paused_ms);
        ask_set_instant(b, o, "sum", sum);
        if (k->deadline != sum && k->deadline != k->floor)
            json_object_set_new(o, "calendar_ms", json_integer(k->deadline - sum));
    }
    if (k->judged_case == HONGXIN__V1__CLOCK_FACT__JUDGED_MET)
        json_object_set_new(o, "met", json_boolean(k->met));
    return o;
}

/* The object of this clock and cycle, made when it is the first time. */
static json_t *deadline_of(json_t *list, const char *clock, uint32_t cycle)
{
    size_t i;
    json_t *o;
    json_array_foreach (list, i, o)
        if (strcmp(json_string_value(json_object_get(o, "clock")), clock) == 0 &&
            json_integer_value(json_object_get(o, "cycle")) == cycle)
            return o;
    o = json_pack("{s:s, s:I, s:[]}", "clock", clock, "cycle", (json_int_t)cycle, "moves");
    json_array_append_new(list, o);
    return o;
}

/* Milliseconds of the last `after`, kept beside the list while it is made. */
static int64_t last_of(const json_t *o)
{
    return json_integer_value(json_object_get(o, "_last"));
}

static void add_entry(const struct page *p, size_t i, json_t *list)
{
    const hxp_entry *e = p->entries[i];
    for (size_t f = 0; f < e->n_facts; f++) {
        if (e->facts[f]->fact_case != HONGXIN__V1__FACT__FACT_CLOCK)
            continue;
        const hxp_clock_fact *k = e->facts[f]->clock;
        json_t *o = deadline_of(list, k->clock, k->cycle ? k->cycle : e->cycle);
        json_array_append_new(json_object_get(o, "moves"),
                              page_move(p->board, e, p->events[i], k, last_of(o)));
        json_object_set_new(o, "_last", json_integer(k->deadline));
    }
}

static json_t *marks_json(const Hongxin__V1__BreachView *v)
{
    json_t *marks = json_array();
    for (size_t i = 0; i < v->n_marks; i++)
        json_array_append_new(marks, json_string(v->marks[i]));
    return marks;
}

static void add_view(const struct page *p, json_t *list)
{
    const hxp_case_view *v = p->view;
    for (size_t i = 0; i < v->n_clocks; i++)
        json_object_set_new(deadline_of(list, v->clocks[i]->clock, v->clocks[i]->cycle), "now",
                            ask_json(p->board, &v->clocks[i]->base));
    for (size_t i = 0; i < v->n_breaches; i++) {
        json_t *o = deadline_of(list, v->breaches[i]->breach->clock, v->breaches[i]->cycle);
        json_object_set_new(o, "breach", ask_json(p->board, &v->breaches[i]->breach->base));
        json_object_set_new(o, "marks", marks_json(v->breaches[i]));
    }
}

json_t *page_deadlines(const struct page *p)
{
    json_t *list = json_array(), *o;
    size_t i;
    for (i = 0; i < p->n; i++)
        add_entry(p, i, list);
    add_view(p, list);
    json_array_foreach (list, i, o)
        json_object_del(o, "_last");
    return list;
}

/* ---- notices ---- */

static bool contains(const json_t *list, const char *word, size_t n)
{
    size_t i;
    json_t *item;
    json_array_foreach (list, i, item)
        if (strlen(json_string_value(item)) == n && memcmp(json_string_value(item), word, n) == 0)
            return true;
    return false;
}

/* Whether he may write this post as the `by` of an event: what the daemon asks of his claims and
 * areas when the event comes. Whether that post was told is the life cycle's question. */
static bool may_claim(const json_t *who, const char *post)
{
    size_t role = strcspn(post, ":/");
    if (!json_is_true(json_object_get(who, "enforced")))
        return true;
    if (!contains(json_object_get(who, "claims"), post, role))
        return false;
    const json_t *areas = json_object_get(who, "areas");
    if (post[role] != ':' || contains(areas, "city", 4))
        return true;
    const char *area = post + role + 1;
    return contains(areas, area, strcspn(area, "/"));
}

const char *page_own_post(const json_t *who, const hxp_notice_fact *f)
{
    if (may_claim(who, f->to))
        return f->to;
    return *f->stand_in && may_claim(who, f->stand_in) ? f->stand_in : NULL;
}

json_t *page_notice(const struct board *b, const hxp_entry *e, size_t index,
                    const hxp_notice_fact *f)
{
    char number[HX_NUMBER_TEXT];
    json_t *o = json_pack("{s:I, s:I, s:s, s:s}", "lsn", (json_int_t)e->lsn, "index",
                          (json_int_t)index, "kind", f->kind, "to", f->to);
    ask_set_instant(b, o, "t", e->t_rec);
    set_number(o, "case_number", e->case_number);
    if (e->case_number)
        set_text(o, "number", hx_number_format(e->case_number, number));
    const char *const texts[][2] = {
        {"clock", f->clock},   {"level", f->level},           {"stand_in", f->stand_in},
        {"person", f->person}, {"instead_of", f->instead_of}, {"road", f->road},
        {"held", f->held},     {"expects", f->expects},       {"undelivered", f->undelivered},
        {"why", f->why},       {"holder", f->holder}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        set_text(o, texts[i][0], texts[i][1]);
    ask_set_instant(b, o, "deadline", f->deadline);
    if (f->drill)
        json_object_set_new(o, "drill", json_true());
    return o;
}

/* An acknowledgement is for all that was told of its clock and level so far. */
static void acknowledge(const struct page *p, size_t i, json_t *list)
{
    const hxp_data *d = p->events[i]->data;
    size_t j;
    json_t *o;
    json_array_foreach (list, j, o) {
        const char *clock = json_string_value(json_object_get(o, "clock"));
        const char *level = json_string_value(json_object_get(o, "level"));
        if (!clock || !level || json_object_get(o, "acked_by") || strcmp(clock, d->clock) != 0 ||
            strcmp(level, d->level) != 0)
            continue;
        set_text(o, "acked_by", p->events[i]->by);
        ask_set_instant(p->board, o, "acked_at", p->entries[i]->t_eff);
        json_object_del(o, "can_ack");
    }
}

static void deliver(const struct page *p, const hxp_entry *e, const hxp_delivery_fact *f,
                    json_t *list)
{
    size_t j;
    json_t *o;
    json_array_foreach (list, j, o) {
        if ((uint64_t)json_integer_value(json_object_get(o, "lsn")) != f->notice ||
            strcmp(json_string_value(json_object_get(o, "to")), f->to) != 0)
            continue;
        json_t *d = ask_json(p->board, &f->base);
        json_object_del(d, "again");
        json_object_set_new(d, "lsn", json_integer((json_int_t)e->lsn));
        ask_set_instant(p->board, d, "t", e->t_rec);
        if (!json_object_get(o, "deliveries"))
            json_object_set_new(o, "deliveries", json_array());
        json_array_append_new(json_object_get(o, "deliveries"), d);
    }
}

static void add_notice(const struct page *p, const hxp_entry *e, size_t index,
                       const hxp_notice_fact *f, json_t *list)
{
    json_t *o = page_notice(p->board, e, index, f);
    bool asks = strcmp(f->kind, "REMINDER") == 0 || strcmp(f->kind, "WARNING") == 0 ||
                strcmp(f->kind, "BREACH") == 0;
    if (asks && !p->view->t_closed && *f->clock && *f->level && page_own_post(p->who, f))
        json_object_set_new(o, "can_ack", json_true());
    json_array_append_new(list, o);
}

json_t *page_notices(const struct page *p)
{
    json_t *list = json_array();
    for (size_t i = 0; i < p->n; i++) {
        const hxp_entry *e = p->entries[i];
        size_t index = 0;
        for (size_t f = 0; f < e->n_facts; f++) {
            if (e->facts[f]->fact_case == HONGXIN__V1__FACT__FACT_NOTICE)
                add_notice(p, e, index++, e->facts[f]->notice, list);
            else if (e->facts[f]->fact_case == HONGXIN__V1__FACT__FACT_DELIVERY)
                deliver(p, e, e->facts[f]->delivery, list);
        }
        if (p->events[i] && p->events[i]->data && strcmp(e->cause, "NOTICE_ACKED") == 0 &&
            e->n_facts && e->facts[0]->fact_case == HONGXIN__V1__FACT__FACT_REPLY &&
            e->facts[0]->reply->result == HONGXIN__V1__RESULT__ACCEPTED)
            acknowledge(p, i, list);
    }
    return list;
}

/* ---- the way it went ---- */

json_t *page_routes(const struct page *p)
{
    json_t *list = json_array();
    const char *holder = "";
    for (size_t i = 0; i < p->n; i++) {
        const hxp_entry *e = p->entries[i];
        if (!e->routing && strcmp(e->holder, holder) == 0)
            continue;
        json_t *o = json_pack("{s:I}", "lsn", (json_int_t)e->lsn);
        ask_set_instant(p->board, o, "t", e->t_rec);
        set_text(o, "cause", e->cause);
        set_text(o, "by", p->events[i] ? p->events[i]->by : "");
        set_text(o, "holder_before", holder);
        set_text(o, "holder", e->holder);
        if (e->routing)
            json_object_set_new(o, "routing", ask_json(p->board, &e->routing->base));
        json_array_append_new(list, o);
        holder = e->holder;
    }
    return list;
}

/* ---- what could come next ---- */

static bool may_say(const struct page *p, const json_t *event)
{
    const json_t *by = json_object_get(event, "by"), *claims = json_object_get(p->who, "claims");
    size_t i;
    json_t *party;
    if (json_is_true(json_object_get(event, "internal")) || json_object_get(event, "about"))
        return false;
    if (!json_array_size(by) || !json_is_true(json_object_get(p->who, "enforced")))
        return true;
    json_array_foreach (by, i, party)
        if (contains(claims, json_string_value(party), strlen(json_string_value(party))))
            return true;
    return false;
}

static bool from_here(const struct page *p, const json_t *transition)
{
    const json_t *from = json_object_get(transition, "from");
    const char *state = p->view->state;
    const json_t *row = rules_find(p->board->rules, "states", state);
    const char *kind = json_string_value(json_object_get(row, "kind"));
    return contains(from, state, strlen(state)) ||
           (kind && strcmp(kind, "open") == 0 && contains(from, "OPEN", 4));
}

json_t *page_allowed(const struct page *p)
{
    json_t *list = json_array(), *transition;
    const json_t *life = rules_life_cycle_json(p->board->rules);
    size_t i;
    if (!contains(json_object_get(p->who, "rights"), "publish", 7) &&
        json_is_true(json_object_get(p->who, "enforced")))
        return list;
    json_array_foreach (json_object_get(json_object_get(life, "rules"), "transitions"), i,
                        transition) {
        const char *on = json_string_value(json_object_get(transition, "on"));
        if (on && !contains(list, on, strlen(on)) && from_here(p, transition) &&
            may_say(p, rules_find(p->board->rules, "events", on)))
            json_array_append_new(list, json_string(on));
    }
    return list;
}
