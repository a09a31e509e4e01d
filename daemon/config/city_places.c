/* Rows of places and companies: every way in which they can be wrong, told with the lines. */
#include "config/city_internal.h"

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

/* The grid that a row of buildings.csv claims: its own column, else its estate's; "" when unknown.
 */
static const char *claimed_grid(const struct city_row *at)
{
    const char *grid = at->row->values[COL_EXTRA];
    const struct hx_place *estate = hx_city_place(at->loader->city, at->row->values[COL_PARENT]);
    return *grid || !estate ? grid : hx_place_above(estate, HX_GRID);
}

/* An id that is there already. S9: a building in two grids is told as such. */
static int already_there(const struct city_row *at, const struct hx_place *other)
{
    char where[64];
    const char *id = at->row->values[COL_ID];
    city_defined_at(at->loader, id, where);
    if (other && other->kind == HX_BUILDING && at->file == BUILDINGS) {
        const char *grid = claimed_grid(at), *before = hx_place_above(other, HX_GRID);
        if (*grid && strcmp(grid, before) != 0)
            return city_fault(at, "building %s is in grid %s here, but in grid %s at %s", id, grid,
                              before, where);
    }
    return city_fault(at, "%s is there already, at %s", id, where);
}

static int check_new(const struct city_row *at)
{
    const char *id = at->row->values[COL_ID];
    int err = city_check_id(at, "id", id);
    if (err)
        return err;
    const struct hx_place *other = hx_city_place(at->loader->city, id);
    return other || hx_city_company(at->loader->city, id) ? already_there(at, other) : HX_OK;
}

static int check_parent(const struct city_row *at, enum hx_place_kind kind)
{
    char where[64];
    if (kind == HX_STREET)
        return HX_OK;
    const char *wanted = kind_names[kind - 1], *id = at->row->values[COL_PARENT];
    const struct hx_place *parent = hx_city_place(at->loader->city, id);
    if (!*id)
        return city_fault(at, "%s %s has no %s", kind_names[kind], at->row->values[COL_ID], wanted);
    if (!parent)
        return city_fault(at, "unknown %s %s", wanted, id);
    if (parent->kind != kind - 1)
        return city_fault(at, "%s is no %s: at %s it is defined as %s", id, wanted,
                          city_defined_at(at->loader, id, where), kind_names[parent->kind]);
    return HX_OK;
}

/* The grid column of a building is there to be compared with its estate's. */
static int check_grid(const struct city_row *at)
{
    char where[64];
    const char *estate = at->row->values[COL_PARENT], *grid = at->row->values[COL_EXTRA];
    const char *right = hx_place_above(hx_city_place(at->loader->city, estate), HX_GRID);
    if (!*grid || strcmp(grid, right) == 0)
        return HX_OK;
    return city_fault(at, "building %s is in grid %s here, but its estate %s is in grid %s at %s",
                      at->row->values[COL_ID], grid, estate, right,
                      city_defined_at(at->loader, estate, where));
}

static int check_company(const struct city_row *at)
{
    const char *id = at->row->values[COL_EXTRA];
    if (!*id || hx_city_company(at->loader->city, id))
        return HX_OK;
    return city_fault(at, "unknown company %s", id);
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

static int check_extra(const struct city_row *at)
{
    if (at->file == ESTATES)
        return check_company(at);
    return at->file == BUILDINGS ? check_grid(at) : HX_OK;
}

static int add_place(const struct city_row *at)
{
    struct hx_place place = {.kind = kind_of(at->file)};
    const char **values = at->row->values;
    int err = check_new(at);
    if (!err)
        err = check_parent(at, place.kind);
    if (!err)
        err = check_extra(at);
    if (!err)
        err = city_names(at, COL_ZH, &place.name_zh, &place.name_en);
    if (!err)
        err = read_degrees(at, COL_LON, 180, &place.lon);
    if (!err)
        err = read_degrees(at, COL_LAT, 90, &place.lat);
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
    const struct hx_csv_table *t = &l->files[file];
    int err = HX_OK;
    for (size_t i = 0; i < t->count && !err; i++)
        err = add_place(&(struct city_row){.loader = l, .file = file, .row = &t->rows[i]});
    return err;
}

static int add_company(const struct city_row *at)
{
    struct hx_company company = {.id = ""};
    int err = check_new(at);
    if (!err)
        err = city_names(at, COL_ZH, &company.name_zh, &company.name_en);
    if (err)
        return err;
    memcpy(company.id, at->row->values[COL_ID], strlen(at->row->values[COL_ID]) + 1);
    return hx_city_add_company(at->loader->city, &company);
}

int city_add_companies(const struct city_loader *l)
{
    const struct hx_csv_table *t = &l->files[COMPANIES];
    int err = HX_OK;
    for (size_t i = 0; i < t->count && !err; i++)
        err = add_company(&(struct city_row){.loader = l, .file = COMPANIES, .row = &t->rows[i]});
    return err;
}
