/* CountQuery: the counters of today and of this month, for the ids that the filter names. */
#include "service/state.h"

#include <stdio.h>
#include <string.h>

struct counts {
    struct service *s;
    Hongxin__V1__Count **list;
    size_t n;
    bool failed;
};

static int add_count(void *ctx, const struct hx_tally *row)
{
    struct counts *c = ctx;
    struct hx_arena *arena = &c->s->arena;
    if (c->n == LIMIT_COUNTS)
        return 1;
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

/* Without ids: the whole city. Ids that are not counted are passed over. */
static int ask_period(struct counts *c, const char *period, const hxp_filter *f)
{
    int rc = HX_OK;
    if (!f || (!f->n_places && !f->n_holders))
        return ask(c, period, "city", NULL);
    for (size_t i = 0; rc == HX_OK && i < f->n_places; i++) {
        const char *dimension = dimension_of(c->s, f->places[i]);
        if (dimension)
            rc = ask(c, period, dimension, f->places[i]);
    }
    for (size_t i = 0; rc == HX_OK && i < f->n_holders; i++)
        rc = ask(c, period, "holder", f->holders[i]);
    return rc;
}

static int ask_all(struct counts *c, const hxp_filter *f)
{
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
    struct counts c = {.s = s};
    if (!service_sees_filter(s, r, r->message->count->filter)) {
        service_deny(s, r);
        return;
    }
    const char *code = service_filter_problem(s, r->message->count->filter);
    if (code) {
        service_problem(s, r, code, filter_text(code));
        return;
    }
    c.list = hx_arena_alloc(&s->arena, LIMIT_COUNTS * sizeof *c.list);
    if (!c.list || ask_all(&c, r->message->count->filter) != HX_OK || c.failed) {
        service_problem(s, r, "STORE_TROUBLE", "try again");
        return;
    }
    a.counts = c.list;
    a.n_counts = c.n;
    a.lsn = hx_store_newest_lsn(s->store);
    answer.answer_case = HONGXIN__V1__RESPONSE__ANSWER_COUNT;
    answer.count = &a;
    service_answer(s, r, &answer);
}
