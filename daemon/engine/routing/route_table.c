/* Building the routing table: rows by place, day parts, the admission list and its exceptions. */
#include "base/grown.h"
#include "engine/place/place_internal.h"
#include "engine/routing/route_internal.h"

#include <stdlib.h>
#include <string.h>

enum { DAY_MINUTES = 24 * 60 };

struct hx_routing *city_routing(struct hx_city *city)
{
    if (!city->routing)
        city->routing = calloc(1, sizeof *city->routing);
    return city->routing;
}

void city_routing_free(struct hx_routing *r)
{
    if (!r)
        return;
    free(r->parts.slots);
    free(r->places.slots);
    free(r->admissions.slots);
    free(r->exceptions.slots);
    free(r->ids.slots);
    free(r->rows);
    free(r);
}

static bool period_sound(int64_t from, int64_t to)
{
    return !from || !to || from < to;
}

/* ---- day parts ---- */

int hx_city_add_day_part(struct hx_city *city, const struct hx_day_part *part)
{
    struct hx_routing *r = city_routing(city);
    if (!hx_id_valid(part->name) || part->begin == part->end || part->begin < 0 || part->end < 0 ||
        part->begin >= DAY_MINUTES || part->end > DAY_MINUTES)
        return HX_INVALID;
    if (!r || city_table_reserve(&r->parts))
        return HX_NOMEM;
    if (city_table_get(&r->parts, part->name))
        return HX_EXISTS;
    struct hx_day_part *kept = hx_arena_memdup(&city->arena, part, sizeof *part);
    if (!kept || city_keep_names(city, &kept->name_zh, &kept->name_en))
        return HX_NOMEM;
    city_table_put(&r->parts, kept->name);
    return HX_OK;
}

const struct hx_day_part *hx_city_day_part(const struct hx_city *city, const char *name)
{
    return city->routing ? city_table_get(&city->routing->parts, name) : NULL;
}

/* ---- rows ---- */

static const struct route_node *first_of(const struct hx_routing *r, const char *place)
{
    const struct route_list *list = r ? city_table_get(&r->places, place) : NULL;
    return list ? list->first : NULL;
}

/* The list of a place's rows, made when there is none. */
static int list_of(struct hx_city *city, const char *place, struct route_list **out)
{
    struct hx_routing *r = city->routing;
    *out = (struct route_list *)(uintptr_t)city_table_get(&r->places, place);
    if (*out)
        return HX_OK;
    struct route_list *fresh = hx_arena_alloc(&city->arena, sizeof *fresh);
    if (!fresh || city_table_reserve(&r->places))
        return HX_NOMEM;
    memcpy(fresh->key, place, strlen(place) + 1);
    city_table_put(&r->places, fresh->key);
    *out = fresh;
    return HX_OK;
}

static bool can_hold(const struct hx_city *city, const char *id)
{
    const struct hx_place *p = hx_city_place(city, id);
    return hx_city_company(city, id) || hx_city_unit(city, id) ||
           (p && (p->kind == HX_COMMUNITY || p->kind == HX_STREET));
}

static int check_row(const struct hx_city *city, const struct hx_route_row *row)
{
    if (!hx_id_valid(row->id) || !period_sound(row->from, row->to))
        return HX_INVALID;
    if (row->place[0] && !hx_city_place(city, row->place))
        return HX_NOTFOUND;
    return row->target == HX_ROUTE_HOLDER && !can_hold(city, row->holder) ? HX_NOTFOUND : HX_OK;
}

/* Appends to the list of all rows, which keeps the order of the table. */
static int keep_row(struct hx_routing *r, const struct hx_route_row *row)
{
    const struct hx_route_row **rows = hx_grown((void *)r->rows, r->n_rows, &r->room, sizeof *rows);
    if (!rows)
        return HX_NOMEM;
    r->rows = rows;
    r->rows[r->n_rows++] = row;
    city_table_put(&r->ids, row->id);
    return HX_OK;
}

int hx_city_add_route(struct hx_city *city, const struct hx_route_row *row)
{
    struct route_list *list;
    int err = check_row(city, row);
    if (err)
        return err;
    struct hx_routing *r = city_routing(city);
    if (!r || city_table_reserve(&r->ids))
        return HX_NOMEM;
    if (city_table_get(&r->ids, row->id))
        return HX_EXISTS;
    err = list_of(city, row->place, &list);
    struct route_node *kept = err ? NULL : hx_arena_alloc(&city->arena, sizeof *kept);
    if (!kept)
        return HX_NOMEM;
    kept->row = *row;
    if (keep_row(r, &kept->row))
        return HX_NOMEM;
    if (list->last)
        list->last->next = kept;
    else
        list->first = kept;
    list->last = kept;
    return HX_OK;
}

static bool covers_word(const char *wide, const char *narrow)
{
    return !*wide || strcmp(wide, narrow) == 0;
}

static bool covers_period(const struct hx_route_row *wide, const struct hx_route_row *narrow)
{
    bool from = !wide->from || (narrow->from && wide->from <= narrow->from);
    bool to = !wide->to || (narrow->to && narrow->to <= wide->to);
    return from && to;
}

/* Every minute of the narrow part lies in the wide one. */
static bool covers_part(const struct hx_day_part *wide, const struct hx_day_part *narrow)
{
    if (!wide || wide == narrow)
        return true;
    if (!narrow)
        return false;
    int length = (narrow->end - narrow->begin + DAY_MINUTES) % DAY_MINUTES;
    for (int i = 0; i < (length ? length : DAY_MINUTES); i++)
        if (!city_minute_in(wide, (narrow->begin + i) % DAY_MINUTES))
            return false;
    return true;
}

/* A row that names somebody for every case that is looked up at its place. A report without a place
 * reaches only the rows of the whole city, where only a named holder is sure. */
static bool always_names(const struct hx_route_row *row)
{
    if (row->target == HX_ROUTE_HOLDER)
        return true;
    return row->place[0] && (row->target == HX_ROUTE_PLACE || row->target == HX_ROUTE_STREET);
}

static bool covers(const struct hx_route_row *wide, const struct hx_route_row *narrow)
{
    return covers_word(wide->class_, narrow->class_) &&
           covers_word(wide->category, narrow->category) &&
           covers_word(wide->source, narrow->source) && covers_part(wide->part, narrow->part) &&
           covers_period(wide, narrow);
}

const struct hx_route_row *hx_city_shadow(const struct hx_city *city,
                                          const struct hx_route_row *row)
{
    for (const struct route_node *n = first_of(city->routing, row->place); n; n = n->next) {
        const struct hx_route_row *w = &n->row;
        if (strcmp(w->id, row->id) == 0)
            return NULL;
        if ((always_names(w) || w->target == row->target) && covers(w, row))
            return w;
    }
    return NULL;
}

bool hx_city_catches_all(const struct hx_city *city)
{
    static const struct hx_route_row all = {.id = "*"};
    for (const struct route_node *n = first_of(city->routing, ""); n; n = n->next)
        if ((n->row.target == HX_ROUTE_PLACE || n->row.target == HX_ROUTE_HOLDER) &&
            covers(&n->row, &all))
            return true;
    return false;
}

const struct hx_route_row *hx_city_next_route(const struct hx_city *city, size_t *at)
{
    const struct hx_routing *r = city->routing;
    return r && *at < r->n_rows ? r->rows[(*at)++] : NULL;
}

/* ---- the admission list ---- */

int hx_city_add_admission(struct hx_city *city, const struct hx_admission *item)
{
    struct hx_routing *r = city_routing(city);
    if (!hx_is_task(item->code) || !period_sound(item->from, item->to))
        return HX_INVALID;
    if (!r || city_table_reserve(&r->admissions))
        return HX_NOMEM;
    if (city_table_get(&r->admissions, item->code))
        return HX_EXISTS;
    struct hx_admission *kept = hx_arena_memdup(&city->arena, item, sizeof *item);
    if (!kept || city_keep_names(city, &kept->name_zh, &kept->name_en))
        return HX_NOMEM;
    city_table_put(&r->admissions, kept->code);
    return HX_OK;
}

int hx_city_add_exception(struct hx_city *city, const struct hx_exception *e)
{
    const struct hx_place *p = hx_city_place(city, e->community);
    struct hx_routing *r = city_routing(city);
    if (!hx_id_valid(e->id) || !hx_is_task(e->code) || !period_sound(e->from, e->to))
        return HX_INVALID;
    if (!p || p->kind != HX_COMMUNITY)
        return HX_NOTFOUND;
    if (!r || city_table_reserve(&r->exceptions))
        return HX_NOMEM;
    if (city_table_get(&r->exceptions, e->id))
        return HX_EXISTS;
    struct exception_node *kept = hx_arena_alloc(&city->arena, sizeof *kept);
    if (!kept)
        return HX_NOMEM;
    kept->exception = *e;
    kept->next = r->exception_list;
    r->exception_list = kept;
    city_table_put(&r->exceptions, kept->exception.id);
    return HX_OK;
}

int hx_city_set_fallback(struct hx_city *city, const char *holder)
{
    struct hx_routing *r = city_routing(city);
    if (!r)
        return HX_NOMEM;
    if (!hx_id_valid(holder) || !can_hold(city, holder))
        return HX_NOTFOUND;
    memcpy(r->fallback, holder, strlen(holder) + 1);
    return HX_OK;
}
