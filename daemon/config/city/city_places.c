/* Rows of places and companies: every way in which they can be wrong, told with the lines. */
#include "config/city/city_internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const kind_names[HX_PLACE_KINDS] = {
    [HX_STREET] = "street", [HX_COMMUNITY] = "community", [HX_GRID] = "grid",
    [HX_ESTATE] = "estate", [HX_BUILDING] = "building",
};

static enum hx_place_kind kind_of(enum city_file file)
{
    switch (file) {
    case STREETS:
        return HX_STREET;
    case COMMUNITIES:
        return HX_COMMUNITY;
    case GRIDS:
        return HX_GRID;
    case ESTATES:
        return HX_ESTATE;
    default:
        return HX_BUILDING;
    }
}

/* An instant at which a row is in force: its begin, or the begin of all time. */
static int64_t begin_of(int64_t from)
{
    return from ? from : INT64_MIN;
}

/* The grid that a row of buildings.csv claims: its own column, else its estate's; "" when unknown.
 */
static const char *claimed_grid(const struct city_row *at, int64_t from)
{
    const char *grid = at->row->values[COL_EXTRA];
    const struct hx_place *estate = hx_city_place(at->loader->city, at->row->values[COL_PARENT]);
    return *grid || !estate ? grid : hx_place_above_at(estate, HX_GRID, begin_of(from));
}

/* The line of the period of a place that began last; there is one. */
static const char *last_line(const struct city_row *at, const char *id, char text[64])
{
    const struct hx_csv_table *t = &at->loader->files[at->file];
    for (const struct hx_csv_row *r = at->row; r > t->rows; r--)
        if (strcmp(r[-1].values[COL_ID], id) == 0) {
            snprintf(text, 64, "%s:%zu", t->name, r[-1].line);
            return text;
        }
    return city_defined_at(at->loader, id, text);
}

/* A row for an id that has one already. S9: a building in two grids is told as such. */
static int already_there(const struct city_row *at, const struct hx_place *other,
                         const struct hx_place *now)
{
    char where[64];
    const char *id = at->row->values[COL_ID];
    last_line(at, id, where);
    if (other && other->kind == now->kind && (now->from || now->to || other->from || other->to))
        return city_fault(at,
                          "%s has two rows for the same time: the other is at %s (rows of one "
                          "id stand in the order of their dates)",
                          id, where);
    if (other && other->kind == HX_BUILDING && at->file == BUILDINGS) {
        const char *grid = claimed_grid(at, now->from);
        const char *before = hx_place_above_at(other, HX_GRID, begin_of(other->from));
        if (*grid && strcmp(grid, before) != 0)
            return city_fault(at, "building %s is in grid %s here, but in grid %s at %s", id, grid,
                              before, where);
    }
    return city_fault(at, "%s is there already, at %s", id, where);
}

/* `now` has the row's kind and period. */
static int check_new(const struct city_row *at, const struct hx_place *now)
{
    const char *id = at->row->values[COL_ID];
    const struct hx_city *city = at->loader->city;
    int err = city_check_id(at, "id", id);
    if (err)
        return err;
    const struct hx_place *other = hx_city_place(city, id), *last = other;
    while (last && last->later)
        last = last->later;
    bool follows =
        last && last->kind == now->kind && last->to && now->from && last->to <= now->from;
    bool taken = last || hx_city_company(city, id) || hx_city_unit(city, id);
    return taken && !follows ? already_there(at, last, now) : HX_OK;
}

static int check_parent(const struct city_row *at, const struct hx_place *now)
{
    char where[64], date[48];
    enum hx_place_kind kind = now->kind;
    int64_t gap;
    if (kind == HX_STREET)
        return HX_OK;
    const char *wanted = kind_names[kind - 1], *id = at->row->values[COL_PARENT];
    const struct hx_place *parent = hx_city_place(at->loader->city, id);
    if (!*id)
        return city_fault(at, "%s %s has no %s", kind_names[kind], at->row->values[COL_ID], wanted);
    if (!parent)
        return city_unknown(at, wanted, COL_PARENT);
    if (parent->kind != kind - 1)
        return city_fault(at, "%s is no %s: at %s it is defined as %s", id, wanted,
                          city_defined_at(at->loader, id, where), kind_names[parent->kind]);
    if (city_covered(parent, now->from, now->to, &gap))
        return HX_OK;
    city_defined_at(at->loader, id, where);
    city_once(at, id);
    if (gap == INT64_MIN)
        return city_fault(at, "%s has no begin here, but its %s %s has one at %s",
                          at->row->values[COL_ID], wanted, id, where);
    return city_fault(at, "on %s the %s of %s is not in force: %s at %s",
                      city_date(at->loader, gap, date), wanted, at->row->values[COL_ID], id, where);
}

/* The grid column of a building is there to be compared with its estate's. */
static int check_grid(const struct city_row *at, const struct hx_place *now)
{
    char where[64];
    const char *estate = at->row->values[COL_PARENT], *grid = at->row->values[COL_EXTRA];
    const char *right =
        hx_place_above_at(hx_city_place(at->loader->city, estate), HX_GRID, begin_of(now->from));
    if (!*grid || strcmp(grid, right) == 0)
        return HX_OK;
    return city_fault(at, "building %s is in grid %s here, but its estate %s is in grid %s at %s",
                      at->row->values[COL_ID], grid, estate, right,
                      city_defined_at(at->loader, estate, where));
}

static int check_company(const struct city_row *at, const struct hx_place *now)
{
    char where[64];
    const char *id = at->row->values[COL_EXTRA];
    const struct hx_company *company = hx_city_company(at->loader->city, id);
    if (*id && !company)
        return city_unknown(at, "company", COL_EXTRA);
    if (!*id || ((!company->from || (now->from && company->from <= now->from)) &&
                 (!company->to || (now->to && now->to <= company->to))))
        return HX_OK;
    return city_fault(at, "company %s manages %s for longer than it is in force at %s", id,
                      at->row->values[COL_ID], city_defined_at(at->loader, id, where));
}

static int read_degrees(const struct city_row *at, size_t column, double limit, double *out)
{
    const char *text = at->row->values[column];
    char *end;
    *out = strtod(text, &end);
    if (end == text || *end || !isfinite(*out) || fabs(*out) > limit)
        return city_fault(at, "%s: %s is not a number of degrees from -%.0f to %.0f",
                          column == COL_LON ? "lon" : "lat", *text ? text : "\"\"", limit, limit);
    return HX_OK;
}

static int check_extra(const struct city_row *at, const struct hx_place *now)
{
    if (at->file == ESTATES)
        return check_company(at, now);
    return at->file == BUILDINGS ? check_grid(at, now) : HX_OK;
}

static int read_place(const struct city_row *at, struct hx_place *place)
{
    int err = city_period(at, COL_FROM, &place->from, &place->to);
    if (!err)
        err = check_new(at, place);
    if (!err)
        err = check_parent(at, place);
    if (!err)
        err = check_extra(at, place);
    if (!err)
        err = city_names(at, COL_ZH, &place->name_zh, &place->name_en);
    if (!err)
        err = read_degrees(at, COL_LON, 180, &place->lon);
    return err ? err : read_degrees(at, COL_LAT, 90, &place->lat);
}

static int add_place(const struct city_row *at)
{
    struct hx_place place = {.kind = kind_of(at->file)};
    const char **values = at->row->values;
    int err = read_place(at, &place);
    if (err)
        return err;
    memcpy(place.id, values[COL_ID], strlen(values[COL_ID]) + 1);
    if (at->file == ESTATES)
        memcpy(place.company, values[COL_EXTRA], strlen(values[COL_EXTRA]) + 1);
    return hx_city_add_place(at->loader->city, &place,
                             place.kind == HX_STREET ? NULL : values[COL_PARENT]);
}

int city_add_places(const struct city_loader *l, enum city_file file)
{
    return city_each(l, file, add_place);
}

static int read_company(const struct city_row *at, struct hx_company *company)
{
    char where[64];
    const char *id = at->row->values[COL_ID];
    const struct hx_city *city = at->loader->city;
    int err = city_check_id(at, "id", id);
    if (!err && (hx_city_place(city, id) || hx_city_company(city, id) || hx_city_unit(city, id)))
        err = city_fault(at, "%s is there already, at %s", id,
                         city_defined_at(at->loader, id, where));
    if (!err)
        err = city_names(at, COL_ZH, &company->name_zh, &company->name_en);
    if (!err)
        err = city_period(at, FIRM_FROM, &company->from, &company->to);
    if (!err)
        memcpy(company->id, id, strlen(id) + 1);
    return err;
}

static int add_company(const struct city_row *at)
{
    struct hx_company company = {.id = ""};
    int err = read_company(at, &company);
    return err ? err : hx_city_add_company(at->loader->city, &company);
}

int city_add_companies(const struct city_loader *l)
{
    return city_each(l, COMPANIES, add_company);
}

static int add_unit(const struct city_row *at)
{
    struct hx_company unit = {.id = ""};
    const char *kind = at->row->values[UNIT_KIND];
    int err = read_company(at, &unit);
    if (!err)
        err = city_check_id(at, "kind", kind);
    if (err)
        return err;
    memcpy(unit.kind, kind, strlen(kind) + 1);
    return hx_city_add_unit(at->loader->city, &unit);
}

int city_add_units(const struct city_loader *l)
{
    return city_each(l, UNITS, add_unit);
}
