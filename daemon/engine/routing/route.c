/* The decision: up the tree, row by row, then the two checks. */
#include "engine/routing/route.h"
#include "engine/routing/route_internal.h"
#include "hongxin/instant.h"

#include <string.h>

bool hx_is_task(const char *category)
{
    size_t n = strspn(category, "0123456789");
    return n > 0 && n < HX_ROUTE_WORD_MAX && category[n] == '\0';
}

const char *hx_task_code(const char *category)
{
    size_t n = hx_is_task(category) ? strspn(category, "0") : 0;
    return n && !category[n] ? category + n - 1 : category + n;
}

bool city_minute_in(const struct hx_day_part *part, int minute)
{
    if (part->begin < part->end)
        return minute >= part->begin && minute < part->end;
    return minute >= part->begin || minute < part->end;
}

bool hx_day_part_holds(const struct hx_day_part *part, int utc_offset, int64_t at)
{
    int64_t local = at + utc_offset * (int64_t)HX_MINUTE;
    int64_t in_day = ((local % HX_DAY) + HX_DAY) % HX_DAY;
    return city_minute_in(part, (int)(in_day / HX_MINUTE));
}

/* ---- one row ---- */

struct search {
    const struct hx_city *city;
    const struct hx_route_query *q;
    const char *category; /* as rows and lists have it */
    int64_t placed_at;
    const struct hx_place *place; /* of the case; NULL = none */
};

static bool fits_word(const char *wanted, const char *given)
{
    return !*wanted || strcmp(wanted, given) == 0;
}

/* The company that manages the estate now: it may have been replaced since the case was placed. */
static const char *company_of(const struct search *s)
{
    const char *estate = hx_place_above_at(s->place, HX_ESTATE, s->placed_at);
    return *estate ? hx_city_estate_company(s->city, estate, s->q->at) : "";
}

static const char *holder_of(const struct search *s, const struct hx_route_row *row)
{
    const char *community = hx_place_above_at(s->place, HX_COMMUNITY, s->placed_at);
    const char *street = hx_place_above_at(s->place, HX_STREET, s->placed_at);
    const char *company = company_of(s);
    switch (row->target) {
    case HX_ROUTE_COMPANY:
        return company;
    case HX_ROUTE_COMMUNITY:
        return community;
    case HX_ROUTE_STREET:
        return street;
    case HX_ROUTE_HOLDER:
        return hx_city_holder_known(s->city, row->holder, s->q->at) ? row->holder : "";
    case HX_ROUTE_PLACE:
        break;
    }
    return *company ? company : *community ? community : street;
}

static enum hx_route_verdict judge(const struct search *s, const struct hx_route_row *row)
{
    const struct hx_route_query *q = s->q;
    if (!hx_period_holds(row->from, row->to, q->at))
        return HX_ROUTE_NOT_IN_FORCE;
    if (!fits_word(row->class_, q->class_))
        return HX_ROUTE_OTHER_CLASS;
    if (!fits_word(row->category, s->category))
        return HX_ROUTE_OTHER_CATEGORY;
    if (!fits_word(row->source, q->source))
        return HX_ROUTE_OTHER_SOURCE;
    if (row->part && !hx_day_part_holds(row->part, s->city->utc_offset, q->at))
        return HX_ROUTE_OTHER_HOUR;
    return *holder_of(s, row) ? HX_ROUTE_TAKEN : HX_ROUTE_NOBODY;
}

static const struct hx_route_row *row_of(const struct search *s, const char *place,
                                         const struct hx_route_watch *watch)
{
    const struct hx_routing *r = s->city->routing;
    const struct route_list *list = r ? city_table_get(&r->places, place) : NULL;
    if (watch)
        watch->row(watch->ctx, place, NULL, HX_ROUTE_TAKEN);
    for (const struct route_node *n = list ? list->first : NULL; n; n = n->next) {
        enum hx_route_verdict verdict = judge(s, &n->row);
        if (watch)
            watch->row(watch->ctx, place, &n->row, verdict);
        if (verdict == HX_ROUTE_TAKEN)
            return &n->row;
    }
    return NULL;
}

/* Up the tree, then the whole city. */
static const struct hx_route_row *find_row(const struct search *s,
                                           const struct hx_route_watch *watch)
{
    for (const struct hx_place *p = s->place; p; p = hx_place_at(p->parent, s->placed_at)) {
        const struct hx_route_row *row = row_of(s, p->id, watch);
        if (row)
            return row;
    }
    return row_of(s, "", watch);
}

/* ---- the two checks ---- */

static const struct hx_exception *find_exception(const struct hx_routing *r, const char *code,
                                                 const char *community, int64_t at)
{
    for (const struct exception_node *n = r->exception_list; n; n = n->next) {
        const struct hx_exception *e = &n->exception;
        if (strcmp(e->code, code) == 0 && strcmp(e->community, community) == 0 &&
            hx_period_holds(e->from, e->to, at))
            return e;
    }
    return NULL;
}

static enum hx_admitted admit(const struct search *s, const char *community,
                              const struct hx_exception **exception)
{
    const struct hx_routing *r = s->city->routing;
    if (!r || !r->admissions.used || !hx_is_task(s->category))
        return HX_ADMITTED_NA;
    const struct hx_admission *item = city_table_get(&r->admissions, s->category);
    bool listed = item && hx_period_holds(item->from, item->to, s->q->at);
    if (listed && item->own)
        return HX_ADMITTED_OWN;
    *exception = find_exception(r, s->category, community, s->q->at);
    if (*exception)
        return HX_ADMITTED_EXCEPTION;
    return listed ? HX_ADMITTED_ASSIST : HX_ADMITTED_NOT;
}

/* S34: what a community need not take goes to its street. */
static void check_admission(const struct search *s, struct hx_route *out)
{
    const struct hx_place *p = hx_place_at(hx_city_place(s->city, out->holder), s->q->at);
    if (!p || p->kind != HX_COMMUNITY)
        return;
    out->admitted = admit(s, p->id, &out->exception);
    if (out->admitted != HX_ADMITTED_NOT && out->admitted != HX_ADMITTED_ASSIST)
        return;
    out->community = p->id;
    out->holder = hx_place_above_at(p, HX_STREET, s->q->at);
}

/* Whether `about` names this id, with one of these roles or with none. */
static bool names(const char *about, const char *const *roles, const char *id)
{
    size_t n = strcspn(about, ":");
    const char *party = about[n] ? about + n + 1 : about;
    if (!about[n] && *id && strcmp(about, id) == 0)
        return true;
    for (; *roles; roles++)
        if (strlen(*roles) == n && strncmp(about, *roles, n) == 0)
            return !about[n] || !*party || (*id && strcmp(party, id) == 0);
    return false;
}

const char *hx_route_second(const char *about, const char *holder, const char *community,
                            const char *street)
{
    static const char *const dispatcher[] = {"dispatcher", NULL};
    static const char *const holders[] = {"holder", "manager", "company", NULL};
    static const char *const communities[] = {"community", NULL};
    if (!about || !*about)
        return "";
    bool itself = names(about, communities, community); /* its people dispatch */
    if (!itself && !names(about, dispatcher, community) && !names(about, holders, holder))
        return "";
    return itself || !*community || strcmp(holder, community) == 0 ? street : community;
}

/* Corner 29: never only to the party complained of. */
static void check_conflict(const struct search *s, struct hx_route *out)
{
    out->second = hx_route_second(s->q->about, out->holder,
                                  hx_place_above_at(s->place, HX_COMMUNITY, s->placed_at),
                                  hx_place_above_at(s->place, HX_STREET, s->placed_at));
}

/* ---- answers ---- */

static struct search begin(const struct hx_city *city, const struct hx_route_query *q,
                           struct hx_route *out)
{
    struct search s = {.city = city,
                       .q = q,
                       .category = hx_task_code(q->category),
                       .placed_at = q->placed_at ? q->placed_at : q->at};
    const struct hx_place *p = NULL;
    *out = (struct hx_route){.holder = "", .community = "", .second = ""};
    if (q->place && *q->place)
        p = hx_city_place(city, q->place);
    else if (q->has_position) {
        p = hx_city_locate(city, q->lon, q->lat, s.placed_at);
        out->outside = !p;
    }
    s.place = out->place = hx_place_at(p, s.placed_at);
    return s;
}

/* Nobody fits: the city's fallback holder, or its first street (C3). */
static const char *fallback(const struct hx_city *city)
{
    size_t at = 0;
    if (city->routing && city->routing->fallback[0])
        return city->routing->fallback;
    const struct hx_place *street = hx_city_next(city, HX_STREET, &at);
    return street ? street->id : "";
}

void hx_city_route(const struct hx_city *city, const struct hx_route_query *q,
                   const struct hx_route_watch *watch, struct hx_route *out)
{
    static const struct hx_route_row by_place = {.target = HX_ROUTE_PLACE};
    struct search s = begin(city, q, out);
    bool table = city->routing && city->routing->places.used;
    out->row = table ? find_row(&s, watch) : NULL;
    out->holder = out->row ? holder_of(&s, out->row) : table ? "" : holder_of(&s, &by_place);
    if (!*out->holder) {
        out->fallback = true;
        out->holder = fallback(city);
    }
    check_admission(&s, out);
    check_conflict(&s, out);
}

void hx_city_route_named(const struct hx_city *city, const struct hx_route_query *q,
                         const char *holder, struct hx_route *out)
{
    struct search s = begin(city, q, out);
    out->holder = holder;
    check_admission(&s, out);
    check_conflict(&s, out);
}
