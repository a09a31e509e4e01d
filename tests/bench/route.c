/* Routing: how long a registry takes to load, and one decision to make.
 *
 *   bench_route --dir FOLDER [--grids N] [--buildings N] [--reports N]   a city made from a seed
 *   bench_route --city FOLDER [--reports N]                              a city that is there
 *
 * The made city is a lattice of square grids, 10 to a community and 100 to a street, with estates
 * of 20 buildings and a company for every 50 estates, and a routing table of 1,000 rows. Reports
 * come at random from a seed, half by place and half by position. Prints a line of JSON. */
#include "engine/routing/route.h"
#include "bench/tool.h"
#include "config/city/city_load.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

enum { ESTATE = 20, ROUTES = 1000, ESTATES_OF_COMPANY = 50 };

static const double west = 100, south = 30, cell = 0.002;

struct made {
    const char *dir;
    uint64_t grids, buildings, side;
};

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static uint64_t draw(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9E3779B97F4A7C15));
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

/* ---- the made city ---- */

static FILE *begin(const struct made *m, const char *name, const char *header)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", m->dir, name);
    FILE *f = fopen(path, "w");
    if (!f)
        tool_die(path, HX_IO);
    fputs(header, f);
    return f;
}

static void end(FILE *f)
{
    if (fclose(f))
        tool_die("write", HX_IO);
}

static void middle(const struct made *m, uint64_t grid, double *lon, double *lat)
{
    *lon = west + ((double)(grid % m->side) + 0.5) * cell;
    *lat = south + (floor((double)grid / (double)m->side) + 0.5) * cell;
}

static void make_areas(const struct made *m)
{
    FILE *s = begin(m, "streets.csv", "id,name_zh,name_en,lon,lat\n");
    FILE *c = begin(m, "communities.csv", "id,street,name_zh,name_en,lon,lat\n");
    FILE *g = begin(m, "grids.csv", "id,community,name_zh,name_en,lon,lat\n");
    for (uint64_t i = 0; i < m->grids; i++) {
        double lon, lat;
        middle(m, i, &lon, &lat);
        if (i % 100 == 0)
            fprintf(s, "S-%05" PRIu64 ",街道,Street,%f,%f\n", i / 100, lon, lat);
        if (i % 10 == 0)
            fprintf(c, "C-%05" PRIu64 ",S-%05" PRIu64 ",社区,Community,%f,%f\n", i / 10, i / 100,
                    lon, lat);
        fprintf(g, "G-%06" PRIu64 ",C-%05" PRIu64 ",网格,Grid,%f,%f\n", i, i / 10, lon, lat);
    }
    end(s);
    end(c);
    end(g);
}

static void make_homes(const struct made *m)
{
    uint64_t estates = (m->buildings + ESTATE - 1) / ESTATE;
    FILE *p = begin(m, "companies.csv", "id,name_zh,name_en\n");
    FILE *e = begin(m, "estates.csv", "id,grid,company,name_zh,name_en,lon,lat,from,to\n");
    FILE *b = begin(m, "buildings.csv", "id,estate,grid,name_zh,name_en,lon,lat\n");
    for (uint64_t i = 0; i < estates; i++) {
        double lon, lat;
        uint64_t grid = i % m->grids, company = i / ESTATES_OF_COMPANY;
        middle(m, grid, &lon, &lat);
        if (i % ESTATES_OF_COMPANY == 0)
            fprintf(p, "P-%05" PRIu64 ",物业,Company\n", company);
        fprintf(e,
                "E-%06" PRIu64 ",G-%06" PRIu64 ",P-%05" PRIu64 ",小区%" PRIu64 ",Estate %" PRIu64
                ",%f,%f,,\n",
                i, grid, company, i, i, lon, lat);
    }
    for (uint64_t i = 0; i < m->buildings; i++) {
        double lon, lat;
        uint64_t estate = i / ESTATE, grid = estate % m->grids;
        middle(m, grid, &lon, &lat);
        fprintf(b,
                "B-%07" PRIu64 ",E-%06" PRIu64 ",G-%06" PRIu64 ",%" PRIu64 "号楼,Building %" PRIu64
                ",%f,%f\n",
                i, estate, grid, i, i, lon, lat);
    }
    end(p);
    end(e);
    end(b);
}

static void make_rules(const struct made *m)
{
    FILE *y = begin(m, "city.yaml", "version: bench\n");
    fprintf(y, "grids: %" PRIu64 "\n", m->grids);
    end(y);
    end(begin(m, "duty.csv", "role,area,order,person,name_zh,name_en\ncity,desk,1,zhou,周,Zhou\n"));
    end(begin(m, "day-parts.csv",
              "name,name_zh,name_en,begin,end\nEVENING4,晚间,Evening,18:00,22:00\n"));
    FILE *r = begin(m, "routing.csv", "id,place,class,category,source,part,holder\n");
    for (uint64_t i = 0; i < ROUTES; i++)
        fprintf(r, "R-%04" PRIu64 ",G-%06" PRIu64 ",*,kind-%" PRIu64 ",*,EVENING4,@street\n", i,
                i % m->grids, i);
    fputs("R-9999,*,*,*,*,*,@place\n", r);
    end(r);
}

static void corner(FILE *f, const struct made *m, uint64_t grid, int x, int y)
{
    double column = (double)(grid % m->side) + x;
    double row = floor((double)grid / (double)m->side) + y;
    fprintf(f, "[%.6f,%.6f]%s", west + column * cell, south + row * cell, x || y ? "," : "");
}

static void make_borders(const struct made *m)
{
    FILE *f = begin(m, "grids.geojson", "{\"type\":\"FeatureCollection\",\"features\":[\n");
    for (uint64_t i = 0; i < m->grids; i++) {
        fprintf(f, "%s{\"type\":\"Feature\",\"properties\":{\"id\":\"G-%06" PRIu64 "\"},",
                i ? ",\n" : "", i);
        fputs("\"geometry\":{\"type\":\"Polygon\",\"coordinates\":[[", f);
        fprintf(f, "[%.6f,%.6f],", west + (double)(i % m->side) * cell,
                south + floor((double)i / (double)m->side) * cell);
        corner(f, m, i, 1, 0);
        corner(f, m, i, 1, 1);
        corner(f, m, i, 0, 1);
        corner(f, m, i, 0, 0);
        fputs("]]}}", f);
    }
    fputs("\n]}\n", f);
    end(f);
}

static void make(const struct made *m)
{
    mkdir(m->dir, 0777);
    make_areas(m);
    make_homes(m);
    make_rules(m);
    make_borders(m);
}

/* ---- figures ---- */

struct reports {
    const struct hx_city *city;
    const struct hx_place **buildings;
    size_t n;
    uint64_t chance, held, found;
};

static void ask(struct reports *r, bool by_position)
{
    const struct hx_place *b = r->buildings[draw(&r->chance) % r->n];
    struct hx_route route;
    struct hx_route_query q = {.place = by_position ? "" : b->id,
                               .has_position = by_position,
                               .lon = b->lon,
                               .lat = b->lat,
                               .class_ = "SMALL",
                               .category = "lift",
                               .source = "bench",
                               .about = "",
                               .at = INT64_C(1791889200000)};
    hx_city_route(r->city, &q, NULL, &route);
    r->held += route.holder[0] != '\0' && !route.fallback;
}

static double each_us(struct reports *r, uint64_t n, bool by_position)
{
    double start = seconds();
    for (uint64_t i = 0; i < n; i++)
        ask(r, by_position);
    return (seconds() - start) * 1e6 / (double)n;
}

/* The yardstick: a building is looked up by its id, and nothing else. */
static double look_us(struct reports *r, uint64_t n)
{
    double start = seconds();
    for (uint64_t i = 0; i < n; i++) {
        const struct hx_place *b = r->buildings[draw(&r->chance) % r->n];
        r->found += hx_city_place(r->city, b->id) == b;
    }
    return (seconds() - start) * 1e6 / (double)n;
}

static void measure(const char *dir, uint64_t n)
{
    struct hx_city *city = NULL;
    struct hx_problem problem = {""};
    struct rusage usage;
    double start = seconds();
    if (hx_city_load(dir, &city, &problem))
        tool_die(problem.text, HX_CONFIG);
    double load = seconds() - start;
    struct reports r = {.city = city, .chance = 54321};
    size_t at = 0, count = hx_city_count(city, HX_BUILDING);
    r.buildings = calloc(count + 1, sizeof(void *));
    if (!r.buildings)
        tool_die("memory", HX_NOMEM);
    while (r.n < count)
        r.buildings[r.n++] = hx_city_next(city, HX_BUILDING, &at);
    double place = each_us(&r, n, false), position = each_us(&r, n, true), look = look_us(&r, n);
    getrusage(RUSAGE_SELF, &usage);
    printf("{\"grids\": %zu, \"buildings\": %zu, \"load_s\": %.2f, \"peak_mib\": %ld, "
           "\"place_us\": %.3f, \"position_us\": %.3f, \"look_us\": %.3f, \"reports\": %" PRIu64
           ", \"held\": %" PRIu64 ", \"found\": %" PRIu64 "}\n",
           hx_city_count(city, HX_GRID), count, load, usage.ru_maxrss / 1024, place, position, look,
           2 * n, r.held, r.found);
    free((void *)r.buildings);
    hx_city_free(city);
}

int main(int argc, char **argv)
{
    struct made m = {.dir = tool_option(argc, argv, "--dir", NULL),
                     .grids = tool_number(argc, argv, "--grids", 10000),
                     .buildings = tool_number(argc, argv, "--buildings", 1000000)};
    const char *city = tool_option(argc, argv, "--city", NULL);
    if (!city && !m.dir)
        tool_die("--dir or --city is needed", HX_INVALID);
    m.side = (uint64_t)ceil(sqrt((double)m.grids));
    if (!city)
        make(&m);
    measure(city ? city : m.dir, tool_number(argc, argv, "--reports", 200000));
    return 0;
}
