/* Where a case lies and who gets it: the place of a report, the default route, a named holder, the
 * admission list and the conflict check. The decision itself is in route.c. */
#include "base/text.h"
#include "engine/words/words.h"

#include <string.h>

/* ---- guards ---- */

static bool place_known(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    const char *id = s->data->place;
    return !id[0] || hx_place_at(hx_city_place(s->m->city, id), s->t_rcv) != NULL;
}

static bool has_place(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return s->c->street[0] != '\0';
}

/* A position outside every grid is no place, but a dispatcher would know no better: the root of the
 * routing table takes it at once. */
static bool place_or_position(const struct hx_step *s, const struct hx_call *call)
{
    return has_place(s, call) || s->data->n_position == 2;
}

/* A company, another unit, a community or a street that is in force. */
static bool holder_known(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return hx_city_holder_known(s->m->city, s->data->holder, s->t_eff);
}

bool hx_admitted(const struct hx_step *s, const char *holder)
{
    struct hx_route route;
    struct hx_route_query q = {
        .place = "", .category = s->c->category, .about = "", .at = s->t_eff};
    hx_city_route_named(s->m->city, &q, holder, &route);
    return route.admitted != HX_ADMITTED_NOT && route.admitted != HX_ADMITTED_ASSIST;
}

static bool admitted(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return hx_admitted(s, s->data->holder);
}

static bool holder_same(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return strcmp(s->data->holder, s->c->holder) == 0;
}

/* ---- the place of a report ---- */

/* By the tree of the moment of the report; a border that moves later leaves the case where it is
 * (S9). */
void hx_place_case(struct hx_step *s)
{
    struct hx_case *c = s->c;
    const hxp_data *d = s->data;
    const struct hx_place *p = NULL;
    int64_t at = s->t_rcv;
    hx_text_put(c->registry, sizeof c->registry, hx_city_version(s->m->city));
    if (d->place[0])
        p = hx_city_place(s->m->city, d->place);
    else if (d->n_position == 2)
        p = hx_city_locate(s->m->city, d->position[0], d->position[1], at);
    if (!p)
        return;
    hx_text_put(c->street, sizeof c->street, hx_place_above_at(p, HX_STREET, at));
    hx_text_put(c->community, sizeof c->community, hx_place_above_at(p, HX_COMMUNITY, at));
    hx_text_put(c->grid, sizeof c->grid, hx_place_above_at(p, HX_GRID, at));
    hx_text_put(c->estate, sizeof c->estate, hx_place_above_at(p, HX_ESTATE, at));
    hx_text_put(c->building, sizeof c->building, hx_place_above_at(p, HX_BUILDING, at));
}

/* ---- routes ---- */

static const char *lowest_place(const struct hx_case *c)
{
    const char *const ids[] = {c->building, c->estate, c->grid, c->community, c->street};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        if (ids[i][0])
            return ids[i];
    return "";
}

struct hx_route_query hx_route_query(const struct hx_rules *r, const struct hx_case *c, int64_t at)
{
    return (struct hx_route_query){.place = lowest_place(c),
                                   .class_ = r->classes[c->class_no].name,
                                   .category = c->category,
                                   .source = c->source,
                                   .about = c->about,
                                   .at = at,
                                   .placed_at = c->t_report};
}

static struct hx_route_query query(const struct hx_step *s)
{
    bool report = strcmp(hx_step_came(s)->type, "REPORTED") == 0;
    struct hx_route_query q = hx_route_query(s->rules, s->c, s->t_eff);
    q.has_position = report && s->data->n_position == 2;
    if (q.has_position) {
        q.lon = s->data->position[0];
        q.lat = s->data->position[1];
    }
    return q;
}

/* What is out of the ordinary is said aloud (C3, S34). */
static void record(struct hx_step *s)
{
    const struct hx_route *r = &s->route;
    if (r->outside)
        hx_fact_alarm(s, "OUTSIDE_GRIDS", "the position lies in no grid");
    if (r->fallback)
        hx_fact_alarm(s, "ROUTE_FALLBACK",
                      r->place ? "nobody fits this place" : "the place is not known");
    if (r->admitted == HX_ADMITTED_NOT) {
        s->mark = "NOT_ADMITTED";
        hx_fact_alarm(
            s, s->mark,
            hx_arena_printf(s->arena, "task %s is not for %s", s->c->category, r->community));
    }
}

/* Who is complained of is not told the reporter, and somebody stands beside it: the community, or
 * the street when it is the community itself (corner 29). */
static void guard_reporter(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    struct hx_case *c = s->c;
    const char *second = hx_route_second(c->about, c->holder, c->community, c->street);
    if (second[0])
        hx_flag_set(s, HX_FLAG_CONFIDENTIAL, true);
    hx_text_put(c->second, sizeof c->second, second);
}

void hx_tell_second(struct hx_step *s)
{
    const struct hx_case *c = s->c;
    const char *role = strcmp(c->second, c->street) == 0 ? "street" : "community";
    if (c->second[0])
        hx_tell(s, hx_rules_receiver(s->rules, role), "second holder: the first is complained of");
}

static void take_route(struct hx_step *s)
{
    s->routed = true;
    record(s);
    hx_set_holder(s, s->route.holder);
    if (s->route.admitted == HX_ADMITTED_ASSIST)
        hx_ask_unit(s, s->route.community);
}

void hx_route_case(struct hx_step *s)
{
    struct hx_route_query q = query(s);
    hx_city_route(s->m->city, &q, NULL, &s->route);
    take_route(s);
}

const char *hx_route_of(struct hx_step *s)
{
    struct hx_route_query q = query(s);
    hx_city_route(s->m->city, &q, NULL, &s->route);
    s->routed = true;
    return s->route.holder;
}

static void route_default(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    hx_route_case(s);
}

static void route_named(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    struct hx_route_query q = query(s);
    hx_city_route_named(s->m->city, &q, s->data->holder, &s->route);
    take_route(s);
}

const struct hx_word hx_words_route[] = {
    HX_GUARD("place_known", HX_ARG_NONE, place_known, "UNKNOWN_PLACE", HX_INVALID_EVENT,
             "the place exists"),
    HX_CASE_GUARD("has_place", HX_ARG_NONE, has_place, "NO_PLACE", HX_NOT_ALLOWED,
                  "the case has a place"),
    HX_GUARD("place_or_position", HX_ARG_NONE, place_or_position, "NO_PLACE", HX_NOT_ALLOWED,
             "the case has a place, or its report a position"),
    HX_GUARD("holder_known", HX_ARG_NONE, holder_known, "UNKNOWN_HOLDER", HX_NOT_ALLOWED,
             "the holder exists: a company, another unit, a community or a street"),
    HX_GUARD("admitted", HX_ARG_NONE, admitted, "NOT_ADMITTED", HX_NOT_ALLOWED,
             "a community gets only tasks that are its own, or by an exception"),
    HX_GUARD("holder_same", HX_ARG_NONE, holder_same, "OTHER_HOLDER", HX_NOT_ALLOWED,
             "it is the present holder"),
    HX_EFFECT("route_default", HX_ARG_NONE, route_default, "the holder by the routing table"),
    HX_EFFECT("route_named", HX_ARG_NONE, route_named,
              "the holder named by the event, if the admission list lets it"),
    HX_EFFECT("guard_reporter", HX_ARG_NONE, guard_reporter,
              "who is complained of is not told the reporter and gets a second holder beside it"),
    HX_WORDS_END,
};
