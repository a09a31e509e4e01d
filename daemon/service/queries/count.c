/* CountQuery: the counters of days and months, for the ids that the filter names. */
#include "hongxin/instant.h"
#include "service/state.h"

#include <stdio.h>
#include <string.h>

struct counts {
    struct service *s;
    const struct request *r;
    const Hongxin__V1__CountQuery *q;
    Hongxin__V1__Count **list;
    size_t n;
    bool failed, cut, judged; /* judged: each row by its id, since the filter names none of them */
};

enum { PERIODS_MAX = 62 };

static bool may_see(const struct counts *c, const char *id)
{
    return !c->judged || !c->r->who ||
           rights_area(c->s->lock.access, c->s->options.city, c->r->who, id);
}

static int add_count(void *ctx, const struct hx_tally *row)
{
    struct counts *c = ctx;
    struct hx_arena *arena = &c->s->arena;
    if (!may_see(c, row->id))
        return 0;
    if (c->n == LIMIT_COUNTS) {
        c->cut = true;
        return 1;
    }
    Hongxin__V1__Count *count = hx_arena_alloc(arena, sizeof *count);
    if (count) {
        hongxin__v1__count__init(count);
        count->dimension = hx_arena_strdup(arena, row->dimension);
        count->id = hx_arena_strdup(arena, row->id);
        count->what = hx_arena_printf(arena, "%s/%s", row->period, row->what);
        count->n = row->count;
    }
    c->failed = hx_arena_failed(arena);
    if (!c->failed)
        c->list[c->n++] = count;
    return c->failed;
}

static int ask(struct counts *c, const char *period, const char *dimension, const char *id)
{
    struct hx_tally_query q = {.period = period, .dimension = dimension, .id = id};
    return hx_store_tally(c->s->store, &q, add_count, c);
}

static const char *dimension_of(const struct service *s, const char *id)
{
    static const char *const names[] = {"street", "community", "grid"};
    const struct hx_place *place = hx_city_place(s->options.city, id);
    return place && place->kind <= HX_GRID ? names[place->kind] : NULL;
}

static bool is_empty(const hxp_filter *f)
{
    return !f || (!f->n_places && !f->n_holders);
}

/* Without ids: the whole city. Ids that are not counted are passed over. */
static int ask_period(struct counts *c, const char *period, const hxp_filter *f)
{
    int rc = HX_OK;
    bool some = !is_empty(f);
    if (!some && service_sees_filter(c->s, c->r, f))
        rc = ask(c, period, "city", NULL);
    for (size_t i = 0; some && rc == HX_OK && i < f->n_places; i++) {
        const char *dimension = dimension_of(c->s, f->places[i]);
        if (dimension)
            rc = ask(c, period, dimension, f->places[i]);
    }
    for (size_t i = 0; some && rc == HX_OK && i < f->n_holders; i++)
        rc = ask(c, period, "holder", f->holders[i]);
    c->judged = true;
    if (rc == HX_OK && c->q->holders)
        rc = ask(c, period, "holder", NULL);
    c->judged = false;
    return rc;
}

/* "2026-10-12" or "2026-10", as they are in the table. */
static bool is_period(const char *text)
{
    static const char form[] = "0000-00-00";
    size_t n = strlen(text);
    for (size_t i = 0; i < n && i < sizeof form - 1; i++)
        if (form[i] == '-' ? text[i] != '-' : text[i] < '0' || text[i] > '9')
            return false;
    return n == 7 || n == 10;
}

static bool are_periods(const Hongxin__V1__CountQuery *q)
{
    for (size_t i = 0; i < q->n_periods && i < PERIODS_MAX; i++)
        if (!is_period(q->periods[i]))
            return false;
    return q->n_periods <= PERIODS_MAX;
}

static int ask_named(struct counts *c)
{
    int rc = HX_OK;
    for (size_t i = 0; rc == HX_OK && i < c->q->n_periods; i++)
        rc = ask_period(c, c->q->periods[i], c->q->filter);
    return rc;
}

static int ask_all(struct counts *c, const hxp_filter *f)
{
    if (c->q->n_periods)
        return ask_named(c);
    char text[HX_INSTANT_TEXT], period[16];
    hx_instant_format(timebase_now(&c->s->time), HX_TALLY_OFFSET_MS / HX_MINUTE, text);
    snprintf(period, sizeof period, "%.10s", text);
    int rc = ask_period(c, period, f);
    period[7] = '\0';
    return rc == HX_OK ? ask_period(c, period, f) : rc;
}

void handle_count(struct service *s, const struct request *r)
{
    Hongxin__V1__CountAnswer a = HONGXIN__V1__COUNT_ANSWER__INIT;
    hxp_response answer = HONGXIN__V1__RESPONSE__INIT;
    const Hongxin__V1__CountQuery *q = r->message->count;
    struct counts c = {.s = s, .r = r, .q = q};
    if (!service_sees_filter(s, r, q->filter) && !(q->holders && is_empty(q->filter))) {
        service_deny(s, r);
        return;
    }
    const char *code = are_periods(q) ? service_filter_problem(s, q->filter) : "BAD_PERIOD";
    if (service_refused(s, r, code))
        return;
    c.list = hx_arena_alloc(&s->arena, LIMIT_COUNTS * sizeof *c.list);
    if (!c.list || ask_all(&c, q->filter) != HX_OK || c.failed) {
        service_problem(s, r, "STORE_TROUBLE", "try again");
        return;
    }
    a.counts = c.list;
    a.n_counts = c.n;
    a.cut = c.cut;
    a.lsn = hx_store_newest_lsn(s->store);
    answer.answer_case = HONGXIN__V1__RESPONSE__ANSWER_COUNT;
    answer.count = &a;
    service_answer(s, r, &answer);
}
