/* Rows of roads.csv: by which roads people are reached, and in which order. Whether the life cycle
 * knows a road is asked when both are there (hx_city_fits). */
#include "base/text.h"
#include "config/city/city_internal.h"
#include "engine/routing/roads.h"
#include "engine/rules/rules.h"

#include <stdlib.h>
#include <string.h>

/* "*" stands for any. */
static int read_id(const struct city_row *at, size_t column, const char *what, char id[HX_ID_MAX])
{
    const char *text = at->row->values[column];
    if (strcmp(text, "*") == 0)
        return HX_OK;
    int err = city_check_id(at, what, text);
    if (!err)
        hx_text_put(id, HX_ID_MAX, text);
    return err;
}

static int check_sense(const struct city_row *at, const struct hx_road *r)
{
    if (r->person[0] && !city_is_person(at->loader, r->person))
        return city_fault(at, "%s is not in duty.csv", r->person);
    if (r->person[0] && !r->role[0] != !r->area[0])
        return city_fault(at, "a row for %s names a post (role and area), or * for both",
                          r->person);
    if (r->role[0] && r->area[0] && strcmp(r->role, "unit") != 0 &&
        strcmp(r->role, "reporter") != 0)
        return city_check_post(at, r->role, r->area);
    return HX_OK;
}

static int add_road(const struct city_row *at)
{
    struct hx_road r = {.line = (unsigned)at->row->line};
    int err = read_id(at, ROAD_ROLE, "role", r.role);
    if (!err)
        err = read_id(at, ROAD_AREA, "area", r.area);
    if (!err)
        err = read_id(at, ROAD_PERSON, "person", r.person);
    if (!err)
        err = city_check_id(at, "road", at->row->values[ROAD_ROAD]);
    if (!err)
        err = city_order(at, ROAD_ORDER, &r.order);
    if (!err)
        err = check_sense(at, &r);
    if (err)
        return err;
    hx_text_put(r.road, sizeof r.road, at->row->values[ROAD_ROAD]);
    return hx_roads_add(at->loader->roads, &r);
}

static int clash_fault(const struct city_loader *l, int rc, const struct hx_road *const clash[2])
{
    const struct hx_csv_table *t = &l->files[ROADS];
    const struct hx_csv_row *row = t->rows;
    while (row->line != clash[1]->line)
        row++;
    const struct city_row at = {.loader = l, .file = ROADS, .row = row};
    if (rc == HX_TOOBIG)
        return city_fault(&at, "more than %d roads for one receiver", HX_ROADS_MAX);
    return city_fault(&at, "the same receiver has this order or this road already, at %s:%u",
                      t->name, clash[0]->line);
}

int city_add_roads(const struct city_loader *l)
{
    const struct hx_road *clash[2];
    int err = city_each(l, ROADS, add_road);
    if (err)
        return err;
    err = hx_roads_seal(l->roads, clash);
    if (err == HX_EXISTS || err == HX_TOOBIG)
        err = clash_fault(l, err, clash);
    return city_whole(l, ROADS, err);
}

int city_check_roads(const char *dir, const struct hx_city *city, const struct hx_rules *rules,
                     struct hx_problem *problem)
{
    const struct hx_roads *roads = hx_city_roads(city);
    const struct hx_road *r;
    size_t at = 0;
    while (roads && (r = hx_roads_next(roads, &at)))
        if (!hx_rules_road(rules, r->road))
            return hx_problem_set(problem, "%s/roads.csv:%u: the life cycle knows no road %s", dir,
                                  r->line, r->road);
    return HX_OK;
}
