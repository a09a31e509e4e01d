/* Dates, borders, routes and lists of a city: what they become, and every refusal with the lines of
 * both sides. */
#include "config/city/city_load.h"
#include "engine/duty/rota.h"
#include "engine/routing/route.h"
#include "folder.h"
#include "hongxin/instant.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HEAD "version: test-1\ngrids: 2\nfallback: S-01\nown-items: 1\nassisting-items: 1\n"
#define SQUARE(id, west, east, dates)                                                              \
    "{\"type\":\"Feature\",\"properties\":{\"id\":\"" id "\"" dates "},\n"                         \
    "\"geometry\":{\"type\":\"Polygon\",\"coordinates\":[[[" west ",36],[" east ",36],[" east      \
    ",36.01],[" west ",36.01],[" west ",36]]]}}"
#define MAP(features) "{\"type\": \"FeatureCollection\",\n\"features\": [\n" features "]}\n"

static const struct folder_text right[] = {
    {"city.yaml", HEAD},
    {"streets.csv", "id,name_zh,name_en,lon,lat\nS-01,一街道,One,114.4,36.1\n"},
    {"communities.csv", "id,street,name_zh,name_en,lon,lat\nC-01,S-01,一社区,One,114.4,36.1\n"},
    {"grids.csv", "id,community,name_zh,name_en,lon,lat,from,to\n"
                  "G-001,C-01,一,One,114.4,36.1,,\nG-002,C-01,二,Two,114.4,36.1,,\n"},
    {"companies.csv", "id,name_zh,name_en,from,to\nP-01,物业,One,,\nP-02,物业,Two,2026-01-01,\n"},
    {"units.csv", "id,kind,name_zh,name_en\nU-1,utility,供水,Water\n"},
    {"estates.csv", "id,grid,company,name_zh,name_en,lon,lat,from,to\n"
                    "E-01,G-001,P-01,一苑,One,114.4,36.1,,2026-10-31\n"
                    "E-01,G-002,P-02,一苑,One,114.4,36.1,2026-11-01,\n"},
    {"buildings.csv", "id,estate,grid,name_zh,name_en,lon,lat\nB-11,E-01,G-001,1号楼,One,114,36\n"},
    {"duty.csv", "role,area,order,person,name_zh,name_en\ncity,desk,1,zhou,周,Zhou\n"
                 "duty,U-1,1,li,李,Li\n"},
    {"day-parts.csv", "name,name_zh,name_en,begin,end\nEVENING4,晚间,Evening,18:00,22:00\n"
                      "NIGHT,夜间,Night,22:00,06:00\n"},
    {"routing.csv", "id,place,class,category,source,part,holder,from,to\n"
                    "R-1,C-01,SMALL,*,*,EVENING4,U-1,,2026-12-31\nR-9,*,*,*,*,*,@place,,\n"},
    {"admission.csv", "code,kind,name_zh,name_en\n1,own,一,One\n2,assist,二,Two\n"},
    {"exceptions.csv", "id,code,community,from,to,asked_by,approved_by\n"
                       "X-1,88,C-01,,2026-10-31,wang,zhao\n"},
    {"grids.geojson",
     MAP(SQUARE("G-001", "114.40", "114.41", "") ",\n" SQUARE("G-002", "114.41", "114.42", ""))},
};

static int setup(void **state)
{
    folder_setup(state);
    folder_fill(*state, right, sizeof right / sizeof *right);
    return 0;
}

/* With this text the city is refused, and says `wanted` after the folder's path. */
static void refused_as(struct folder *f, const char *name, const char *whole, const char *wanted)
{
    struct hx_city *city = NULL;
    struct hx_problem problem = {.text = ""};
    char expected[sizeof problem.text];
    (void)folder_write(f, name, whole);
    snprintf(expected, sizeof expected, "%s/%s", f->path, wanted);
    assert_int_equal(hx_city_load(f->path, &city, &problem), HX_CONFIG);
    assert_string_equal(problem.text, expected);
    assert_null(city);
    (void)folder_write(f, name, folder_text(right, name));
}

static void refused_with(struct folder *f, const char *name, const char *more, const char *wanted)
{
    char whole[2048];
    snprintf(whole, sizeof whole, "%s%s", folder_text(right, name), more);
    refused_as(f, name, whole, wanted);
}

static int64_t at(const char *text)
{
    int64_t ms;
    assert_int_equal(hx_instant_parse(text, &ms), HX_OK);
    return ms;
}

static void a_right_city_routes(void **state)
{
    struct folder *f = *state;
    struct hx_city *city = NULL;
    struct hx_problem problem = {.text = ""};
    struct hx_route r;
    int err = hx_city_load(f->path, &city, &problem);
    assert_string_equal(problem.text, "");
    assert_int_equal(err, HX_OK);
    const struct hx_place *b = hx_city_place(city, "B-11");
    /* a day in `to` is the last one: it ends with its midnight, in the city's time */
    assert_string_equal(hx_place_holder_at(b, at("2026-10-31T23:59:59.999+08:00")), "P-01");
    assert_string_equal(hx_place_holder_at(b, at("2026-11-01T00:00:00+08:00")), "P-02");
    struct hx_route_query q = {
        .place = "B-11", .class_ = "SMALL", .category = "", .source = "", .about = ""};
    q.at = at("2026-12-31T21:59:59+08:00");
    hx_city_route(city, &q, NULL, &r);
    assert_string_equal(r.holder, "U-1");
    assert_int_equal(r.row->line, 2);
    q.at = at("2027-01-01T21:59:59+08:00");
    hx_city_route(city, &q, NULL, &r);
    assert_string_equal(r.holder, "P-02");
    assert_string_equal(hx_rota_first(hx_city_rota(city), "duty", "U-1")->person, "li");
    hx_city_free(city);
}

static void located(struct hx_city *city, double lon, double lat, const char *grid)
{
    const struct hx_place *p = hx_city_locate(city, lon, lat, at("2026-10-12T10:00:00+08:00"));
    if (!grid)
        assert_null(p);
    else
        assert_string_equal(p->id, grid);
}

static void a_position_lies_in_one_grid_or_in_none(void **state)
{
    struct folder *f = *state;
    struct hx_city *city = NULL;
    struct hx_problem problem = {.text = ""};
    assert_int_equal(hx_city_load(f->path, &city, &problem), HX_OK);
    located(city, 114.405, 36.005, "G-001");
    located(city, 114.415, 36.005, "G-002");
    located(city, 114.41, 36.005, "G-001"); /* the common border: the lowest id */
    located(city, 114.415, 36.01, "G-002");
    located(city, 114.5, 36.005, NULL);
    located(city, -114.405, -36.005, NULL);
    hx_city_free(city);
}

static void dates_that_contradict_are_refused(void **state)
{
    refused_with(*state, "estates.csv", "E-01,G-002,P-02,一苑,One,114.4,36.1,2026-12-01,\n",
                 "estates.csv:4: E-01 has two rows for the same time: the other is at "
                 "estates.csv:3 (rows of one id stand in the order of their dates)");
    refused_with(*state, "estates.csv", "E-02,G-002,P-02,二苑,Two,114.4,36.1,,\n",
                 "estates.csv:4: company P-02 manages E-02 for longer than it is in force at "
                 "companies.csv:3");
    refused_with(*state, "estates.csv", "E-02,G-002,,二苑,Two,114.4,36.1,2026-11-02,2026-11-01\n",
                 "estates.csv:4: it ends (2026-11-01) before it begins (2026-11-02)");
    refused_with(*state, "estates.csv", "E-02,G-002,,二苑,Two,114.4,36.1,2026-02-30,\n",
                 "estates.csv:4: from: \"2026-02-30\" is neither a day (2026-11-01) nor an instant "
                 "(RFC 3339)");
    refused_as(*state, "estates.csv",
               "id,grid,company,name_zh,name_en,lon,lat,from,to\n"
               "E-01,G-001,P-01,一苑,One,114.4,36.1,,2026-10-31\n",
               "buildings.csv:2: on 2026-11-01 the estate of B-11 is not in force: E-01 at "
               "estates.csv:2");
}

static void another_number_of_grids_at_any_moment_is_refused(void **state)
{
    refused_with(*state, "grids.csv", "G-003,C-01,三,Three,114.4,36.1,2026-11-01,\n",
                 "grids.csv:4: 3 grids from 2026-11-01 on, but city.yaml:2 says 2");
    refused_as(*state, "grids.csv",
               "id,community,name_zh,name_en,lon,lat,from,to\n"
               "G-001,C-01,一,One,114.4,36.1,,\nG-002,C-01,二,Two,114.4,36.1,,2027-03-31\n",
               "grids.csv:3: 1 grids from 2027-04-01 on, but city.yaml:2 says 2");
}

static void bad_borders_are_refused(void **state)
{
    refused_as(*state, "grids.geojson",
               MAP(SQUARE("G-001", "114.40", "114.41", "") ",\n" SQUARE("G-002", "114.405",
                                                                        "114.415", "")),
               "grids.geojson:5: the border of G-002 overlaps that of G-001 at grids.geojson:3 by "
               "501273 m²");
    refused_as(
        *state, "grids.geojson",
        MAP(SQUARE("G-001", "114.40", "114.41", "") ",\n" SQUARE("G-001", "114.41", "114.42", "")),
        "grids.geojson:5: G-001 has another border for the same time at grids.geojson:3");
    refused_as(*state, "grids.geojson", MAP(SQUARE("G-001", "114.40", "114.41", "")),
               "grids.geojson:4: grid G-002 (grids.csv:3) has no border");
    refused_as(*state, "grids.geojson", MAP(SQUARE("G-009", "114.40", "114.41", "")),
               "grids.geojson:3: properties.id \"G-009\" is no grid of grids.csv");
    refused_as(*state, "grids.geojson",
               MAP(SQUARE("G-001", "114.40", "114.41", "") ",\n" SQUARE("G-002", "114.41", "114.42",
                                                                        ",\"to\":\"2026-10-31\"")),
               "grids.geojson:6: grid G-002 (grids.csv:3) has no border from 2026-11-01");
    refused_as(*state, "grids.geojson",
               MAP("{\"type\":\"Feature\",\"properties\":{\"id\":\"G-001\"},\"geometry\":{\"type\":"
                   "\"Polygon\",\"coordinates\":[[[114.4,36],[114.5,36.1],[114.5,36],[114.4,36.1],"
                   "[114.4,36]]]}}"),
               "grids.geojson:3: the border of G-001 is not simple at 114.450000, 36.050000: "
               "Self-intersection");
    refused_as(
        *state, "grids.geojson",
        MAP("{\"type\":\"Feature\",\"properties\":{\"id\":\"G-001\"},\"geometry\":{\"type\":"
            "\"Polygon\",\"coordinates\":[[[114.4,36],[114.5,36.1],[114.5,36]]]}}"),
        "grids.geojson:3: the border of G-001 is no Polygon or MultiPolygon of closed rings");
    refused_as(*state, "grids.geojson", "{\"type\": \"FeatureCollection\"}\n",
               "grids.geojson:1: no list of features");
    refused_as(*state, "grids.geojson", "[]\n", "grids.geojson:1: no FeatureCollection");
}

static void bad_routes_are_refused(void **state)
{
    refused_with(
        *state, "routing.csv",
        "R-10,G-001,SMALL,*,*,*,U-1,,\nR-11,G-001,SMALL,lift,*,NIGHT,U-1,,\n",
        "routing.csv:5: row R-11 is never reached: row R-10 at routing.csv:4 takes all its "
        "cases");
    refused_with(*state, "routing.csv", "R-9,G-001,*,*,*,*,U-1,,\n",
                 "routing.csv:4: R-9 is there already, at routing.csv:3");
    refused_with(*state, "routing.csv", "R-10,G-009,*,*,*,*,U-1,,\n",
                 "routing.csv:4: unknown place G-009");
    refused_with(*state, "routing.csv", "R-10,G-001,*,*,*,*,U-9,,\n",
                 "routing.csv:4: unknown holder U-9: no company, unit, community or street");
    refused_with(*state, "routing.csv", "R-10,G-001,*,*,*,*,@grid,,\n",
                 "routing.csv:4: @grid is none of @place, @company, @community, @street");
    refused_with(*state, "routing.csv", "R-10,G-001,*,*,*,NOON,U-1,,\n",
                 "routing.csv:4: unknown part of the day \"NOON\": day-parts.csv has no such");
    refused_with(*state, "routing.csv", "R-10,G-001,,*,*,*,U-1,,\n",
                 "routing.csv:4: class is empty: write * for any");
    refused_as(*state, "routing.csv",
               "id,place,class,category,source,part,holder\nR-1,*,*,*,*,EVENING4,@place\n",
               "routing.csv:2: no row catches everything: one must have * from place to part, no "
               "dates, and the holder @place or an id");
    refused_with(*state, "day-parts.csv", "DAY,日间,Day,06:00,25:00\n",
                 "day-parts.csv:4: \"25:00\" is no time of day (18:00)");
    refused_as(*state, "city.yaml",
               "version: test-1\ngrids: 2\nfallback: U-9\nown-items: 1\nassisting-items: 1\n",
               "city.yaml:3: fallback: U-9 is no company, unit, community or street");
}

static void bad_lists_are_refused(void **state)
{
    refused_with(*state, "admission.csv", "3,own,三,Three\n",
                 "admission.csv:4: 2 items of kind own, but city.yaml:4 says 1");
    refused_with(*state, "admission.csv", "2,own,三,Three\n",
                 "admission.csv:4: 2 is there already, at admission.csv:3");
    refused_with(*state, "admission.csv", "3b,own,三,Three\n",
                 "admission.csv:4: code \"3b\": digits only");
    refused_with(*state, "exceptions.csv", "X-2,88,C-01,,,wang,zhao\n",
                 "exceptions.csv:3: an exception has an end: `to` is empty");
    refused_with(*state, "exceptions.csv", "X-2,88,C-01,,2026-12-31,wang,wang\n",
                 "exceptions.csv:3: an exception is asked by one person and approved by another");
    refused_with(*state, "exceptions.csv",
                 "X-2,88,C-01,,2026-12-31,street:S-01/wang,city/desk/wang\n",
                 "exceptions.csv:3: an exception is asked by one person and approved by another");
    refused_with(*state, "exceptions.csv", "X-2,88,S-01,,2026-12-31,wang,zhao\n",
                 "exceptions.csv:3: unknown community S-01");
    refused_with(*state, "units.csv", "P-01,utility,供电,Power\n",
                 "units.csv:3: P-01 is there already, at companies.csv:2");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, folder_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_right_city_routes),
        TEST(a_position_lies_in_one_grid_or_in_none),
        TEST(dates_that_contradict_are_refused),
        TEST(another_number_of_grids_at_any_moment_is_refused),
        TEST(bad_borders_are_refused),
        TEST(bad_routes_are_refused),
        TEST(bad_lists_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
