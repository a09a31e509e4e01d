/* The decision as messages: in the journal, and as the answer to whoever asks. */
#include "engine/routing/route_answer.h"
#include "base/text.h"
#include "engine/duty/stand_in.h"
#include "engine/duty/swap.h"
#include "engine/routing/route.h"

hxp_routing *hx_route_message(struct hx_arena *arena, const struct hx_city *city,
                              const struct hx_route *r)
{
    hxp_routing *m = hx_arena_alloc(arena, sizeof *m);
    if (!m)
        return NULL;
    hongxin__v1__routing__init(m);
    m->row = hx_text_field(r->row ? r->row->id : "");
    m->fallback = r->fallback;
    m->outside = r->outside;
    m->refused = hx_text_field(r->admitted == HX_ADMITTED_NOT ? r->community : "");
    m->assisting = hx_text_field(r->admitted == HX_ADMITTED_ASSIST ? r->community : "");
    m->exception = hx_text_field(r->exception ? r->exception->id : "");
    m->second = hx_text_field(r->second);
    m->registry = hx_text_field(hx_city_version(city));
    return m;
}

/* ---- line by line ---- */

enum { LINES_MAX = 2000, TOLD_MAX = 16 };

struct listing {
    struct hx_arena *arena;
    Hongxin__V1__RouteAnswer *answer;
};

static const char *const verdicts[] = {
    [HX_ROUTE_TAKEN] = "TAKEN",
    [HX_ROUTE_OTHER_CLASS] = "OTHER_CLASS",
    [HX_ROUTE_OTHER_CATEGORY] = "OTHER_CATEGORY",
    [HX_ROUTE_OTHER_SOURCE] = "OTHER_SOURCE",
    [HX_ROUTE_OTHER_HOUR] = "OTHER_HOUR",
    [HX_ROUTE_NOT_IN_FORCE] = "NOT_IN_FORCE",
    [HX_ROUTE_NOBODY] = "NOBODY",
};

static void on_row(void *ctx, const char *place, const struct hx_route_row *row,
                   enum hx_route_verdict verdict)
{
    struct listing *l = ctx;
    Hongxin__V1__RouteLine *line =
        l->answer->n_lines < LINES_MAX ? hx_arena_alloc(l->arena, sizeof *line) : NULL;
    if (!line)
        return;
    hongxin__v1__route_line__init(line);
    line->place = hx_text_field(place);
    if (row) {
        line->row = hx_text_field(row->id);
        line->line = (uint32_t)row->line;
        line->verdict = hx_text_field(verdicts[verdict]);
    }
    l->answer->lines[l->answer->n_lines++] = line;
}

static void fill_where(struct listing *l, const struct hx_city *city, const struct hx_place *p,
                       int64_t at)
{
    Hongxin__V1__Where *w = hx_arena_alloc(l->arena, sizeof *w);
    if (!w)
        return;
    hongxin__v1__where__init(w);
    w->street = hx_text_field(hx_place_above_at(p, HX_STREET, at));
    w->community = hx_text_field(hx_place_above_at(p, HX_COMMUNITY, at));
    w->grid = hx_text_field(hx_place_above_at(p, HX_GRID, at));
    w->estate = hx_text_field(hx_place_above_at(p, HX_ESTATE, at));
    w->building = hx_text_field(hx_place_above_at(p, HX_BUILDING, at));
    w->registry = hx_text_field(hx_city_version(city));
    l->answer->where = w;
}

/* Who is on duty for the holder at that instant, in the order in which they are asked. */
static void fill_told(struct listing *l, const struct hx_city *city, const char *holder,
                      const struct hx_route_when *when)
{
    const struct hx_rota *rota = hx_city_rota(city);
    struct hx_post post = {.role = "duty"};
    hx_text_put(post.area, sizeof post.area, holder);
    l->answer->told = hx_arena_alloc(l->arena, TOLD_MAX * sizeof *l->answer->told);
    if (!rota || !hx_post_stand_in(city, l->answer->at, &post))
        return;
    for (size_t i = 0; l->answer->told && i < TOLD_MAX; i++) {
        struct hx_on_duty d =
            when->machine ? hx_post_at(when->machine, &post, l->answer->at, i)
                          : hx_rota_at(rota, post.role, post.area, &when->duty, l->answer->at, i);
        if (!d.person)
            return;
        l->answer->told[l->answer->n_told++] = hx_text_field(d.person);
    }
}

Hongxin__V1__RouteAnswer *hx_route_answer(struct hx_arena *arena, const struct hx_city *city,
                                          const Hongxin__V1__RouteQuery *q,
                                          const struct hx_route_when *when)
{
    struct hx_route route;
    struct listing l = {.arena = arena, .answer = hx_arena_alloc(arena, sizeof *l.answer)};
    const struct hx_route_watch watch = {on_row, &l};
    struct hx_route_query query = {.place = q->place,
                                   .has_position = q->n_position == 2,
                                   .class_ = q->class_,
                                   .category = q->category,
                                   .source = q->source,
                                   .about = q->about,
                                   .at = q->at ? q->at : when->now};
    if (!l.answer)
        return NULL;
    hongxin__v1__route_answer__init(l.answer);
    l.answer->lines = hx_arena_alloc(arena, LINES_MAX * sizeof(void *));
    if (!l.answer->lines)
        return NULL;
    if (query.has_position) {
        query.lon = q->position[0];
        query.lat = q->position[1];
    }
    hx_city_route(city, &query, &watch, &route);
    l.answer->at = query.at;
    l.answer->holder = hx_text_field(route.holder);
    l.answer->holder_name_zh = hx_text_field(hx_city_name(city, route.holder, true));
    l.answer->holder_name_en = hx_text_field(hx_city_name(city, route.holder, false));
    l.answer->routing = hx_route_message(arena, city, &route);
    fill_where(&l, city, route.place, query.at);
    fill_told(&l, city, route.holder, when);
    return hx_arena_failed(arena) ? NULL : l.answer;
}

const char *hx_route_fault(const struct hx_city *city, const Hongxin__V1__RouteQuery *q)
{
    if (q->place[0] && !hx_city_place(city, q->place))
        return "UNKNOWN_PLACE";
    bool position = q->n_position == 2 && q->position[0] >= -180 && q->position[0] <= 180 &&
                    q->position[1] >= -90 && q->position[1] <= 90;
    return q->n_position == 0 || position ? NULL : "BAD_POSITION";
}
