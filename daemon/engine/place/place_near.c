/* Buildings by position: squares as wide as the distance that counts, in the order of their rows,
 * so that whoever looks for the nearest building reads three short runs. */
#include "engine/place/place_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double degree_m = 111320, pole = 85;

struct near_cell {
    int32_t y, x;
    const struct hx_place *building;
};

struct city_near {
    double metres;
    double height, width; /* of a square, in degrees */
    struct near_cell *cells;
    size_t n;
};

static double width_of_degree(double lat)
{
    return degree_m * cos(lat * acos(-1) / 180);
}

static int32_t number(double degrees, double size)
{
    return (int32_t)floor(degrees / size);
}

static int compare(const void *a, const void *b)
{
    const struct near_cell *p = a, *q = b;
    if (p->y != q->y)
        return p->y < q->y ? -1 : 1;
    return (p->x > q->x) - (p->x < q->x);
}

/* Squares are as wide as they must be where a degree is shortest. */
static double highest(const struct city_vector *buildings)
{
    double most = 0;
    for (size_t i = 0; i < buildings->count; i++) {
        double lat = fabs(((const struct hx_place *)buildings->items[i])->lat);
        most = lat > most && lat <= pole ? lat : most;
    }
    return most;
}

int hx_city_set_nearest(struct hx_city *city, unsigned metres)
{
    const struct city_vector *buildings = &city->by_kind[HX_BUILDING];
    if (!metres || !buildings->count)
        return HX_OK;
    struct city_near *near = calloc(1, sizeof *near);
    if (near)
        near->cells = calloc(buildings->count, sizeof *near->cells);
    city_near_free(city->near);
    city->near = near;
    if (!near || !near->cells)
        return HX_NOMEM;
    near->metres = metres;
    near->height = metres / degree_m;
    near->width = metres / width_of_degree(highest(buildings));
    for (size_t i = 0; i < buildings->count; i++) {
        const struct hx_place *b = buildings->items[i];
        if (fabs(b->lat) <= pole)
            near->cells[near->n++] =
                (struct near_cell){number(b->lat, near->height), number(b->lon, near->width), b};
    }
    qsort(near->cells, near->n, sizeof *near->cells, compare);
    return HX_OK;
}

void city_near_free(struct city_near *near)
{
    if (near)
        free(near->cells);
    free(near);
}

/* The first square at or behind this one. */
static size_t first(const struct city_near *near, int32_t y, int32_t x)
{
    const struct near_cell wanted = {y, x, NULL};
    size_t low = 0, high = near->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare(&near->cells[middle], &wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static double distance(const struct hx_place *b, const double position[2])
{
    return hypot((b->lon - position[0]) * width_of_degree(position[1]),
                 (b->lat - position[1]) * degree_m);
}

struct best {
    const struct hx_place *building;
    double metres;
};

/* Of two that are as near, the one with the lower id, so that everybody finds the same. */
static void consider(struct best *best, const struct hx_place *b, const double position[2],
                     int64_t at)
{
    double d = distance(b, position);
    bool nearer = d < best->metres ||
                  (best->building && d <= best->metres && strcmp(b->id, best->building->id) < 0);
    if ((nearer || (!best->building && d <= best->metres)) && hx_place_at(b, at))
        *best = (struct best){b, d};
}

const struct hx_place *city_nearest(const struct hx_city *city, const double position[2],
                                    int64_t at)
{
    const struct city_near *near = city->near;
    if (!near)
        return NULL;
    struct best best = {NULL, near->metres};
    int32_t y = number(position[1], near->height), x = number(position[0], near->width);
    for (int32_t row = y - 1; row <= y + 1; row++)
        for (size_t i = first(near, row, x - 1);
             i < near->n && near->cells[i].y == row && near->cells[i].x <= x + 1; i++)
            consider(&best, near->cells[i].building, position, at);
    return best.building;
}
