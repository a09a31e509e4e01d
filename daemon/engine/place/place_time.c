/* Questions to the place registry, most of them about an instant: borders move and companies are
 * replaced at a date, and a case keeps what was true when it began. */
#include "engine/place/place_internal.h"

#include <string.h>

const struct hx_place *hx_city_place(const struct hx_city *city, const char *id)
{
    return city_table_get(&city->places, id);
}

const struct hx_company *hx_city_company(const struct hx_city *city, const char *id)
{
    return city_table_get(&city->companies, id);
}

const struct hx_company *hx_city_unit(const struct hx_city *city, const char *id)
{
    return city_table_get(&city->units, id);
}

bool hx_period_holds(int64_t from, int64_t to, int64_t at)
{
    return (!from || at >= from) && (!to || at < to);
}

/* ---- places at an instant ---- */

const struct hx_place *hx_place_at(const struct hx_place *place, int64_t at)
{
    while (place && !hx_period_holds(place->from, place->to, at))
        place = place->later;
    return place;
}

/* An instant of the last period of a place. */
static int64_t at_last(const struct hx_place *place)
{
    while (place && place->later)
        place = place->later;
    return place && place->to ? place->to - 1 : INT64_MAX;
}

const char *hx_place_above_at(const struct hx_place *place, enum hx_place_kind kind, int64_t at)
{
    const struct hx_place *p = hx_place_at(place, at);
    while (p && p->kind != kind)
        p = hx_place_at(p->parent, at);
    return p ? p->id : "";
}

const char *hx_place_above(const struct hx_place *place, enum hx_place_kind kind)
{
    return hx_place_above_at(place, kind, at_last(place));
}

const char *hx_place_holder_at(const struct hx_place *place, int64_t at)
{
    for (const struct hx_place *p = hx_place_at(place, at); p; p = hx_place_at(p->parent, at)) {
        if (p->kind == HX_ESTATE && p->company[0])
            return p->company;
        if (p->kind == HX_COMMUNITY || p->kind == HX_STREET)
            return p->id;
    }
    return "";
}

const char *hx_place_holder(const struct hx_place *place)
{
    return hx_place_holder_at(place, at_last(place));
}

/* ---- companies of estates ---- */

static const char *company_at(const struct hx_place *estate, int64_t at)
{
    const struct hx_place *p = hx_place_at(estate, at);
    return p ? p->company : "";
}

const char *hx_city_estate_company(const struct hx_city *city, const char *estate, int64_t at)
{
    return company_at(hx_city_place(city, estate), at);
}

/* The community holds for want of a company. */
static bool stands_in(const struct hx_place *estate, const char *holder)
{
    return !*estate->company && strcmp(hx_place_holder_at(estate, estate->from), holder) == 0;
}

int64_t hx_city_company_ends(const struct hx_city *city, const char *estate, const char *holder,
                             int64_t after)
{
    const struct hx_place *first = *estate && *holder ? hx_city_place(city, estate) : NULL;
    for (const struct hx_place *p = first; p; p = p->later)
        if (p->to > after && (strcmp(p->company, holder) == 0 || stands_in(p, holder)) &&
            strcmp(company_at(first, p->to), p->company) != 0)
            return p->to;
    return INT64_MAX;
}

bool hx_city_holder_known(const struct hx_city *city, const char *id, int64_t at)
{
    const struct hx_company *c = hx_city_company(city, id);
    const struct hx_place *p = c ? NULL : hx_place_at(hx_city_place(city, id), at);
    if (!c && !p)
        c = hx_city_unit(city, id);
    if (c)
        return hx_period_holds(c->from, c->to, at);
    return p && (p->kind == HX_COMMUNITY || p->kind == HX_STREET);
}

const char *hx_city_name(const struct hx_city *city, const char *id, bool zh)
{
    const struct hx_company *c = hx_city_company(city, id);
    const struct hx_place *p = c ? NULL : hx_city_place(city, id);
    if (!c && !p)
        c = hx_city_unit(city, id);
    if (p)
        return zh ? p->name_zh : p->name_en;
    return c ? zh ? c->name_zh : c->name_en : NULL;
}

/* ---- positions ---- */

void hx_city_set_borders(struct hx_city *city, const struct hx_borders *borders)
{
    city->borders = *borders;
}

/* The estate of the nearest building, when that stands in the same grid. */
static const struct hx_place *estate_near(const struct hx_city *city, const struct hx_place *grid,
                                          const double position[2], int64_t at)
{
    const struct hx_place *b = city_nearest(city, position, at);
    if (!b || strcmp(hx_place_above_at(b, HX_GRID, at), grid->id) != 0)
        return NULL;
    return hx_city_place(city, hx_place_above_at(b, HX_ESTATE, at));
}

const struct hx_place *hx_city_locate(const struct hx_city *city, double lon, double lat,
                                      int64_t at)
{
    const struct hx_borders *b = &city->borders;
    const struct hx_place *grid =
        b->locate ? hx_city_place(city, b->locate(b->ctx, lon, lat, at)) : NULL;
    const struct hx_place *estate =
        grid ? estate_near(city, grid, (const double[]){lon, lat}, at) : NULL;
    return estate ? estate : grid;
}

void hx_city_set_utc_offset(struct hx_city *city, int minutes)
{
    city->utc_offset = minutes;
}

int hx_city_utc_offset(const struct hx_city *city)
{
    return city->utc_offset;
}

/* ---- walks and version ---- */

static const void *vector_next(const struct city_vector *v, size_t *at)
{
    return *at < v->count ? v->items[(*at)++] : NULL;
}

const struct hx_place *hx_city_next(const struct hx_city *city, enum hx_place_kind kind, size_t *at)
{
    return (unsigned)kind < HX_PLACE_KINDS ? vector_next(&city->by_kind[kind], at) : NULL;
}

const struct hx_company *hx_city_next_company(const struct hx_city *city, size_t *at)
{
    return vector_next(&city->company_order, at);
}

size_t hx_city_count(const struct hx_city *city, enum hx_place_kind kind)
{
    return (unsigned)kind < HX_PLACE_KINDS ? city->by_kind[kind].count : 0;
}

void hx_city_set_version(struct hx_city *city, const char *version)
{
    size_t n = strnlen(version, sizeof city->version - 1);
    memcpy(city->version, version, n);
    city->version[n] = '\0';
}

const char *hx_city_version(const struct hx_city *city)
{
    return city->version;
}

void hx_city_set_number(struct hx_city *city, uint32_t number)
{
    city->number = number;
}

uint32_t hx_city_number(const struct hx_city *city)
{
    return city ? city->number : 0;
}
