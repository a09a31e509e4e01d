/* grids.geojson: the borders of the grids, and which grid a position lies in.
 *
 * Borders are polygons in degrees (WGS 84), as every map tool writes them. Each is valid by itself,
 * no two of one moment overlap by more than a square metre (neighbours are drawn apart by
 * rounding), and every grid has one at every moment at which it is in force. Gaps are allowed:
 * rivers and fields belong to no grid.
 *
 * A position on a border belongs to the grid with the lowest id, so that everybody finds the same.
 * Candidates come from a tree of rectangles; each is then asked exactly. GEOS keeps what it
 * prepares inside its own structures, so questions come from one thread at a time. */
#include "base/grown.h"
#include "config/city/city_internal.h"
#include "config/reading/file.h"

#include <geos_c.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NODE_CAPACITY = 10 };

static const double overlap_m2 = 1, degree_m = 111320;

struct area { /* the border of a grid for a time */
    const char *id;
    GEOSGeometry *shape;
    const GEOSPreparedGeometry *prepared;
    int64_t from, to;
    size_t line;
};

struct borders {
    GEOSContextHandle_t geos;
    GEOSSTRtree *tree;
    struct area *areas;
    size_t n, room;
};

/* ---- questions ---- */

struct question {
    const struct borders *b;
    GEOSGeometry *point;
    int64_t at;
    const char *lowest;
};

static void consider(void *item, void *ctx)
{
    const struct area *a = item;
    struct question *q = ctx;
    if (hx_period_holds(a->from, a->to, q->at) && (!q->lowest || strcmp(a->id, q->lowest) < 0) &&
        GEOSPreparedIntersects_r(q->b->geos, a->prepared, q->point) == 1)
        q->lowest = a->id;
}

static const char *locate(void *ctx, double lon, double lat, int64_t at)
{
    const struct borders *b = ctx;
    struct question q = {.b = b, .at = at};
    q.point = GEOSGeom_createPointFromXY_r(b->geos, lon, lat);
    if (q.point)
        GEOSSTRtree_query_r(b->geos, b->tree, q.point, consider, &q);
    GEOSGeom_destroy_r(b->geos, q.point);
    return q.lowest;
}

static void release(void *ctx)
{
    struct borders *b = ctx;
    for (size_t i = 0; i < b->n; i++) {
        GEOSPreparedGeom_destroy_r(b->geos, b->areas[i].prepared);
        GEOSGeom_destroy_r(b->geos, b->areas[i].shape);
    }
    if (b->tree)
        GEOSSTRtree_destroy_r(b->geos, b->tree);
    GEOS_finish_r(b->geos);
    free(b->areas);
    free(b);
}

/* ---- one feature ---- */

struct reading {
    const struct city_loader *l;
    struct borders *b;
    struct city_row row; /* of the feature: its line */
    bool no_memory;
};

static GEOSGeometry *ring_of(struct reading *r, const json_t *points)
{
    size_t n = json_array_size(points);
    GEOSCoordSequence *seq = n >= 4 ? GEOSCoordSeq_create_r(r->b->geos, (unsigned)n, 2) : NULL;
    for (size_t i = 0; seq && i < n; i++) {
        const json_t *p = json_array_get(points, i);
        const json_t *lon = json_array_get(p, 0), *lat = json_array_get(p, 1);
        if (!json_is_number(lon) || !json_is_number(lat) || fabs(json_number_value(lon)) > 180 ||
            fabs(json_number_value(lat)) > 90) {
            GEOSCoordSeq_destroy_r(r->b->geos, seq);
            return NULL;
        }
        GEOSCoordSeq_setXY_r(r->b->geos, seq, (unsigned)i, json_number_value(lon),
                             json_number_value(lat));
    }
    return seq ? GEOSGeom_createLinearRing_r(r->b->geos, seq) : NULL; /* NULL: not closed */
}

/* Room for so many shapes. */
static GEOSGeometry **shapes(struct reading *r, size_t n)
{
    GEOSGeometry **list = calloc(n, sizeof(GEOSGeometry *));
    r->no_memory |= !list;
    return list;
}

static GEOSGeometry *polygon_of(struct reading *r, const json_t *rings)
{
    size_t n = json_array_size(rings), made = 0;
    GEOSGeometry *shell = ring_of(r, json_array_get(rings, 0));
    GEOSGeometry **holes = shell ? shapes(r, n) : NULL;
    while (holes && made + 1 < n && (holes[made] = ring_of(r, json_array_get(rings, made + 1))))
        made++;
    GEOSGeometry *polygon = NULL;
    if (holes && made + 1 == n)
        polygon = GEOSGeom_createPolygon_r(r->b->geos, shell, holes, (unsigned)made);
    for (size_t i = 0; !polygon && i < made; i++)
        GEOSGeom_destroy_r(r->b->geos, holes[i]);
    if (!polygon)
        GEOSGeom_destroy_r(r->b->geos, shell);
    free((void *)holes);
    return polygon;
}

static GEOSGeometry *polygons_of(struct reading *r, const json_t *list)
{
    size_t n = json_array_size(list), made = 0;
    GEOSGeometry **parts = shapes(r, n + 1), *all = NULL;
    while (parts && made < n && (parts[made] = polygon_of(r, json_array_get(list, made))))
        made++;
    if (parts && n && made == n)
        all = GEOSGeom_createCollection_r(r->b->geos, GEOS_MULTIPOLYGON, parts, (unsigned)n);
    for (size_t i = 0; !all && i < made; i++)
        GEOSGeom_destroy_r(r->b->geos, parts[i]);
    free((void *)parts);
    return all;
}

static GEOSGeometry *shape_of(struct reading *r, const json_t *feature)
{
    const json_t *geometry = json_object_get(feature, "geometry");
    const char *type = json_string_value(json_object_get(geometry, "type"));
    const json_t *coordinates = json_object_get(geometry, "coordinates");
    if (type && strcmp(type, "Polygon") == 0)
        return polygon_of(r, coordinates);
    return type && strcmp(type, "MultiPolygon") == 0 ? polygons_of(r, coordinates) : NULL;
}

static int check_valid(struct reading *r, const struct area *a)
{
    char *reason = NULL;
    GEOSGeometry *where = NULL;
    double x = 0, y = 0;
    bool valid = GEOSisValidDetail_r(r->b->geos, a->shape, 0, &reason, &where) == 1;
    if (!valid && where) {
        GEOSGeomGetX_r(r->b->geos, where, &x);
        GEOSGeomGetY_r(r->b->geos, where, &y);
    }
    int err = valid ? HX_OK
                    : city_fault(&r->row, "the border of %s is not simple at %.6f, %.6f: %s", a->id,
                                 x, y, reason ? reason : "it cannot be judged");
    GEOSGeom_destroy_r(r->b->geos, where);
    GEOSFree_r(r->b->geos, reason);
    return err;
}

static struct area *new_area(struct borders *b)
{
    struct area *areas = hx_grown(b->areas, b->n, &b->room, sizeof *areas);
    if (!areas)
        return NULL;
    b->areas = areas;
    b->areas[b->n] = (struct area){0};
    return &b->areas[b->n];
}

static const char *property(const json_t *feature, const char *name)
{
    const char *text =
        json_string_value(json_object_get(json_object_get(feature, "properties"), name));
    return text ? text : "";
}

static int add_feature(struct reading *r, const json_t *feature)
{
    const char *id = property(feature, "id");
    const char *dates[] = {property(feature, "from"), property(feature, "to")};
    const struct hx_csv_row row = {.line = r->row.row->line, .values = dates};
    const struct city_row at = {.loader = r->l, .file = BORDERS, .row = &row};
    const struct hx_place *grid = hx_city_place(r->l->city, id);
    if (!grid || grid->kind != HX_GRID)
        return city_fault(&at, "properties.id \"%.40s\" is no grid of grids.csv", id);
    struct area *a = new_area(r->b);
    if (!a)
        return HX_NOMEM;
    int err = city_period(&at, 0, &a->from, &a->to);
    if (err)
        return err;
    a->id = grid->id;
    a->line = row.line;
    a->shape = shape_of(r, feature);
    if (!a->shape && r->no_memory)
        return HX_NOMEM;
    if (!a->shape)
        return city_fault(&at, "the border of %s is no Polygon or MultiPolygon of closed rings",
                          id);
    a->prepared = GEOSPrepare_r(r->b->geos, a->shape);
    r->b->n++;
    return a->prepared ? check_valid(r, a) : HX_NOMEM;
}

/* ---- the file ---- */

struct text {
    const char *at, *end;
    size_t line;
};

static void skip(struct text *t, const char *which)
{
    while (t->at < t->end && *t->at && strchr(which, *t->at)) {
        t->line += *t->at == '\n';
        t->at++;
    }
}

/* The next JSON value; NULL with the problem set. */
static json_t *value(struct text *t, const struct city_loader *l)
{
    json_error_t error;
    json_t *v =
        json_loadb(t->at, (size_t)(t->end - t->at),
                   JSON_DECODE_ANY | JSON_DISABLE_EOF_CHECK | JSON_REJECT_DUPLICATES, &error);
    if (!v) {
        (void)hx_problem_set(l->problem, "%s:%zu: %s", l->files[BORDERS].path,
                             t->line + (size_t)(error.line > 0 ? error.line - 1 : 0),
                             *error.text ? error.text : "out of memory");
        return NULL;
    }
    for (const char *end = t->at + error.position; t->at < end; t->at++)
        t->line += *t->at == '\n';
    return v;
}

static int read_features(struct reading *r, struct text *t)
{
    struct hx_csv_row row = {0};
    skip(t, " \t\r\n[");
    while (t->at < t->end && *t->at != ']') {
        row.line = t->line;
        r->row = (struct city_row){.loader = r->l, .file = BORDERS, .row = &row};
        json_t *feature = value(t, r->l);
        int err = feature ? city_whole(r->l, BORDERS, add_feature(r, feature)) : HX_CONFIG;
        json_decref(feature);
        if (err)
            return err;
        skip(t, " \t\r\n,");
    }
    return HX_OK;
}

/* A FeatureCollection: its features one by one, each with its line; the rest is passed over. */
static int read_text(struct reading *r, struct text t)
{
    skip(&t, " \t\r\n");
    if (t.at == t.end || *t.at != '{')
        return hx_problem_set(r->l->problem, "%s:1: no FeatureCollection",
                              r->l->files[BORDERS].path);
    for (t.at++;;) {
        skip(&t, " \t\r\n,");
        if (t.at == t.end || *t.at != '"')
            break;
        json_t *key = value(&t, r->l);
        if (!key)
            return HX_CONFIG;
        bool features = json_is_string(key) && strcmp(json_string_value(key), "features") == 0;
        json_decref(key);
        skip(&t, " \t\r\n:");
        if (features && *t.at == '[')
            return read_features(r, &t);
        json_t *other = value(&t, r->l);
        if (!other)
            return HX_CONFIG;
        json_decref(other);
    }
    return hx_problem_set(r->l->problem, "%s:%zu: no list of features", r->l->files[BORDERS].path,
                          t.line);
}

/* ---- the whole ---- */

static bool same_time(const struct area *a, const struct area *b)
{
    return (!a->to || !b->from || b->from < a->to) && (!b->to || !a->from || a->from < b->to);
}

static double overlap(const struct borders *b, const struct area *x, const struct area *y)
{
    double square = 0, lat = 0;
    if (GEOSPreparedIntersects_r(b->geos, x->prepared, y->shape) != 1 ||
        GEOSTouches_r(b->geos, x->shape, y->shape) == 1)
        return 0;
    GEOSGeometry *common = GEOSIntersection_r(b->geos, x->shape, y->shape);
    if (common && GEOSArea_r(b->geos, common, &square) && square > 0)
        GEOSGeom_getYMin_r(b->geos, common, &lat);
    GEOSGeom_destroy_r(b->geos, common);
    return square * degree_m * degree_m * cos(lat * acos(-1) / 180);
}

struct pairs {
    const struct city_loader *l;
    const struct borders *b;
    const struct area *mine;
    int err;
};

static void compare(void *item, void *ctx)
{
    const struct area *other = item;
    struct pairs *p = ctx;
    if (p->err || other <= p->mine || !same_time(p->mine, other))
        return;
    const struct hx_csv_row row = {.line = other->line};
    const struct city_row at = {.loader = p->l, .file = BORDERS, .row = &row};
    const char *file = p->l->files[BORDERS].name;
    if (strcmp(other->id, p->mine->id) == 0) {
        p->err = city_whole(p->l, BORDERS,
                            city_fault(&at, "%s has another border for the same time at %s:%zu",
                                       other->id, file, p->mine->line));
        return;
    }
    double square = overlap(p->b, p->mine, other);
    if (square > overlap_m2)
        p->err =
            city_whole(p->l, BORDERS,
                       city_fault(&at, "the border of %s overlaps that of %s at %s:%zu by %.0f m²",
                                  other->id, p->mine->id, file, p->mine->line, square));
}

static const struct area *border_at(const struct borders *b, const char *id, int64_t t)
{
    for (size_t i = 0; i < b->n; i++)
        if (b->areas[i].id == id && hx_period_holds(b->areas[i].from, b->areas[i].to, t))
            return &b->areas[i];
    return NULL;
}

/* Every grid has a border whenever it is in force: its borders are walked like the periods of a
 * place. */
static int check_grid(const struct reading *r, const struct hx_place *grid, size_t lines)
{
    char where[64], date[48];
    for (const struct hx_place *g = grid; g; g = g->later) {
        int64_t at = g->from ? g->from : INT64_MIN;
        for (bool more = true; more;) {
            const struct area *a = border_at(r->b, grid->id, at);
            if (!a)
                return hx_problem_set(r->l->problem, "%s:%zu: grid %s (%s) has no border%s%s",
                                      r->l->files[BORDERS].path, lines, grid->id,
                                      city_defined_at(r->l, grid->id, where),
                                      at == INT64_MIN ? "" : " from ",
                                      at == INT64_MIN ? "" : city_date(r->l, at, date));
            at = a->to;
            more = at && (!g->to || at < g->to);
        }
    }
    return HX_OK;
}

static int check_whole(const struct reading *r, size_t lines)
{
    struct pairs p = {.l = r->l, .b = r->b};
    bool whole = city_sound(r->l, BORDERS, BORDERS); /* else its grid has none, and that was told */
    for (size_t i = 0; i < r->b->n && !p.err; i++) {
        p.mine = &r->b->areas[i];
        GEOSSTRtree_query_r(r->b->geos, r->b->tree, p.mine->shape, compare, &p);
    }
    size_t at = 0;
    for (const struct hx_place *g; whole && !p.err && (g = hx_city_next(r->l->city, HX_GRID, &at));)
        p.err = city_whole(r->l, BORDERS, check_grid(r, g, lines));
    return p.err;
}

static int plant(struct borders *b)
{
    b->tree = GEOSSTRtree_create_r(b->geos, NODE_CAPACITY);
    for (size_t i = 0; b->tree && i < b->n; i++)
        GEOSSTRtree_insert_r(b->geos, b->tree, b->areas[i].shape, &b->areas[i]);
    return b->tree ? HX_OK : HX_NOMEM;
}

static int read_file(struct reading *r)
{
    const struct hx_city_text *t = &r->l->texts->list[BORDERS];
    size_t lines = 1;
    for (size_t i = 0; i + 1 < t->size; i++)
        lines += t->text[i] == '\n';
    int err = read_text(r, (struct text){.at = t->text, .end = t->text + t->size, .line = 1});
    if (!err)
        err = plant(r->b);
    return err ? err : check_whole(r, lines);
}

int city_add_borders(const struct city_loader *l)
{
    struct reading r = {.l = l, .b = calloc(1, sizeof *r.b)};
    if (!r.b)
        return HX_NOMEM;
    r.b->geos = GEOS_init_r();
    if (!r.b->geos) {
        free(r.b);
        return HX_NOMEM;
    }
    int err = read_file(&r);
    if (err)
        release(r.b);
    else
        hx_city_set_borders(l->city, &(struct hx_borders){locate, release, r.b});
    return err;
}
