/* Everything that is wrong with a city's files in one look, each with the lines of both sides. */
#include "config/city/city_load.h"
#include "folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SQUARE(id, west, east)                                                                     \
    "{\"type\":\"Feature\",\"properties\":{\"id\":\"" id "\"},\n"                                  \
    "\"geometry\":{\"type\":\"Polygon\",\"coordinates\":[[[" west ",36],[" east ",36],[" east      \
    ",36.01],[" west ",36.01],[" west ",36]]]}}"

static const struct folder_text right[] = {
    {"city.yaml", "version: test-1\ngrids: 2\nown-items: 1\nassisting-items: 1\n"},
    {"streets.csv", "id,name_zh,name_en,lon,lat\nS-01,一街道,One,114.4,36.1\n"},
    {"communities.csv", "id,street,name_zh,name_en,lon,lat\nC-01,S-01,一社区,One,114.4,36.1\n"},
    {"grids.csv", "id,community,name_zh,name_en,lon,lat\n"
                  "G-001,C-01,一,One,114.4,36.1\nG-002,C-01,二,Two,114.4,36.1\n"},
    {"companies.csv", "id,name_zh,name_en\nP-01,物业,One\n"},
    {"estates.csv", "id,grid,company,name_zh,name_en,lon,lat\n"
                    "E-01,G-001,P-01,一苑,One,114.4,36.1\nE-02,G-002,,二苑,Two,114.4,36.1\n"},
    {"buildings.csv", "id,estate,grid,name_zh,name_en,lon,lat\n"
                      "B-11,E-01,G-001,1号楼,One,114.41,36.11\nB-12,E-01,,2号楼,Two,114.4,36.1\n"},
    {"duty.csv", "role,area,order,person,name_zh,name_en\nduty,P-01,1,li,李,Li\n"
                 "city,desk,1,zhou,周,Zhou\n"},
    {"routing.csv", "id,place,class,category,source,part,holder,from,to\n"
                    "R-9,*,*,*,*,*,@place,,\n"},
    {"admission.csv", "code,kind,name_zh,name_en\n1,own,一,One\n2,assist,二,Two\n"},
    {"grids.geojson",
     "{\"type\": \"FeatureCollection\",\n\"features\": [\n" SQUARE(
         "G-001", "114.40", "114.41") ",\n" SQUARE("G-002", "114.41", "114.42") "]}\n"},
};

struct heard {
    char text[4096];
    size_t folder; /* bytes of its path, which is left out */
};

static void hear(void *ctx, const struct hx_problem *problem)
{
    struct heard *h = ctx;
    size_t n = strlen(h->text);
    snprintf(h->text + n, sizeof h->text - n, "%s\n", problem->text + h->folder + 1);
}

/* All that is told of the folder's city, with at most `most` faults. */
static void told(struct folder *f, size_t most, const char *wanted)
{
    static struct heard h;
    struct hx_city_texts texts;
    struct hx_city *city = NULL;
    struct hx_problem problem = {.text = ""};
    h = (struct heard){.folder = strlen(f->path)};
    const struct hx_problems tell = {hear, &h, most};
    assert_int_equal(hx_city_texts_read(f->path, NULL, &texts, &problem), HX_OK);
    assert_int_equal(hx_city_parse(&texts, &tell, &city, &problem), HX_CONFIG);
    assert_string_equal(h.text, wanted);
    assert_null(city);
    hx_city_texts_free(&texts);
}

static int setup(void **state)
{
    folder_setup(state);
    folder_fill(*state, right, sizeof right / sizeof *right);
    return 0;
}

static void with(struct folder *f, const char *name, const char *more)
{
    char whole[2048];
    snprintf(whole, sizeof whole, "%s%s", folder_text(right, name), more);
    (void)folder_write(f, name, whole);
}

static void faults_of_all_files_are_told_in_one_look(void **state)
{
    struct folder *f = *state;
    with(f, "grids.csv", "G-003,C-01,三,Three,114.4,36.1\n");
    with(f, "buildings.csv",
         "B-12,E-02,G-002,2号楼,Two,114.4,36.1\nB-13,E-99,,3号楼,Three,114.4,36.1\n");
    with(f, "duty.csv", "duty,P-01,2,li,李,Li\nchief,C-01,1,wu,吴,Wu\n");
    with(f, "routing.csv", "R-10,C-01,*,*,*,*,@place,,\nR-11,C-01,SMALL,*,*,*,@place,,\n");
    with(f, "admission.csv", "3,own,三,Three\n");
    told(f, 50,
         "grids.csv:4: 3 grids, but city.yaml:2 says 2\n"
         "buildings.csv:4: building B-12 is in grid G-002 here, but in grid G-001 at "
         "buildings.csv:3\n"
         "buildings.csv:5: unknown estate E-99\n"
         "duty.csv:5: unknown role \"chief\" (known: duty, manager, grid, community, dispatcher, "
         "street, city)\n"
         "routing.csv:4: row R-11 is never reached: row R-10 at routing.csv:3 takes all its cases\n"
         "admission.csv:4: 2 items of kind own, but city.yaml:3 says 1\n"
         "duty.csv:4: li is on duty as duty of P-01 already, at duty.csv:2\n");
}

/* A community that is refused takes its grids with it; nobody needs to read that, too. */
static void what_follows_from_a_fault_is_not_told(void **state)
{
    struct folder *f = *state;
    (void)folder_write(f, "communities.csv",
                       "id,street,name_zh,name_en,lon,lat\nC-01,S-09,一社区,One,114.4,36.1\n");
    with(f, "companies.csv", "P 2,物业,Two\n");
    told(f, 50,
         "communities.csv:2: unknown street S-09\n"
         "companies.csv:3: id \"P 2\": only ASCII letters, digits, '-', '_' and '.'\n");
}

/* A comma too many in one row, a column that is missing, a file that is not there: the rows beside
 * and the other files are looked at all the same. What stands on a lost file is not told. */
static void a_file_that_is_no_table_hides_no_other(void **state)
{
    struct folder *f = *state;
    with(f, "companies.csv", "P-02,物业,Two,x\nP-03,,\n");
    (void)folder_write(f, "estates.csv",
                       "id,grid,firm,name_zh,name_en,lon,lat\nE-01,G-001,P-01,一苑,One,1,1\n");
    with(f, "buildings.csv", "B-13,E-99,,3,3,114.4,36.1\nB-14,E-01\n");
    (void)folder_write(f, "admission.csv", "code,kind,name_zh,name_en\n1,\"own,一,One\n");
    told(f, 50,
         "companies.csv:3: 4 values, but the header has 3 columns\n"
         "companies.csv:4: name_zh and name_en are empty\n"
         "estates.csv:1: unknown column firm\n"
         "admission.csv:2: a quote is opened and never closed\n");
}

static void every_file_that_is_not_utf8_is_told(void **state)
{
    struct folder *f = *state;
    struct hx_city_texts texts;
    struct hx_problem problem = {.text = ""};
    struct heard h = {.folder = strlen(f->path)};
    const struct hx_problems tell = {hear, &h, 50};
    with(f, "companies.csv", "P-02,\xce\xef\xd2\xb5,Two\n");
    with(f, "duty.csv", "duty,P-01,2,wu,\xce\xe2,Wu\n");
    assert_int_equal(hx_city_texts_read(f->path, &tell, &texts, &problem), HX_CONFIG);
    assert_string_equal(h.text, "companies.csv:3: not UTF-8 (byte 0xCE)\n"
                                "duty.csv:4: not UTF-8 (byte 0xCE)\n");
}

static void every_border_is_looked_at(void **state)
{
    struct folder *f = *state;
    (void)folder_write(
        f, "grids.geojson",
        "{\"type\": \"FeatureCollection\",\n\"features\": [\n" SQUARE(
            "G-009", "114.40",
            "114.41") ",\n" SQUARE("G-001", "114.40",
                                   "114.41") ",\n" SQUARE("G-002", "114.405",
                                                          "114.42") ",\n" SQUARE("G-008", "114.41",
                                                                                 "114.42") "]}\n");
    told(f, 50,
         "grids.geojson:3: properties.id \"G-009\" is no grid of grids.csv\n"
         "grids.geojson:9: properties.id \"G-008\" is no grid of grids.csv\n"
         "grids.geojson:7: the border of G-002 overlaps that of G-001 at grids.geojson:5 by "
         "501273 m²\n");
}

static void no_more_are_told_than_was_asked_for(void **state)
{
    struct folder *f = *state;
    with(f, "buildings.csv",
         "B-13,E-97,,3,3,114.4,36.1\nB-14,E-98,,4,4,114.4,36.1\n"
         "B-15,E-99,,5,5,114.4,36.1\n");
    told(f, 2, "buildings.csv:4: unknown estate E-97\nbuildings.csv:5: unknown estate E-98\n");
}

/* An estate that nobody has, named by each of its buildings: one fault, not one for each. */
static void what_many_rows_name_is_told_once(void **state)
{
    struct folder *f = *state;
    with(f, "estates.csv",
         "E-03,G-001,P-77,三苑,Three,114.4,36.1\nE-04,G-001,P-77,四苑,Four,114.4,36.1\n");
    with(f, "buildings.csv",
         "B-13,E-98,,3,3,114.4,36.1\nB-14,E-99,,4,4,114.4,36.1\nB-15,E-98,,5,5,114.4,36.1\n"
         "B-16,E-98,,6,6,114.4,36.1\nB-17,E-03,,7,7,114.4,36.1\n");
    told(f, 50,
         "estates.csv:4: unknown company P-77, named by 2 rows, the last in line 5\n"
         "buildings.csv:4: unknown estate E-98, named by 3 rows, the last in line 7\n"
         "buildings.csv:5: unknown estate E-99\n");
}

/* The same task written in two ways. */
static void a_task_is_its_number(void **state)
{
    struct folder *f = *state;
    (void)folder_write(
        f, "admission.csv",
        "code,kind,name_zh,name_en\n001,own,一,One\n2,assist,二,Two\n1,own,一,One\n");
    told(f, 50,
         "admission.csv:4: 1 is there already, at admission.csv:2\n"
         "admission.csv:4: 2 items of kind own, but city.yaml:3 says 1\n");
}

static void every_clash_of_the_rota_is_told(void **state)
{
    struct folder *f = *state;
    with(f, "duty.csv", "duty,P-01,1,wu,吴,Wu\ncity,desk,2,zhou,周,Zhou\n");
    told(f, 50,
         "duty.csv:5: zhou is on duty as city of desk already, at duty.csv:3\n"
         "duty.csv:4: duty of P-01 has a person with order 1 already, at duty.csv:2\n");
}

/* A border that is wrong is told beside rows that are. */
static void a_border_and_a_row(void **state)
{
    struct folder *f = *state;
    with(f, "duty.csv", "duty,P-77,1,wu,吴,Wu\n");
    (void)folder_write(
        f, "grids.geojson",
        "{\"type\": \"FeatureCollection\",\n\"features\": [\n" SQUARE(
            "G-001", "114.40", "114.415") ",\n" SQUARE("G-002", "114.41", "114.42") "]}\n");
    told(f, 50,
         "duty.csv:4: role duty is for a company, unit, community or street, not for \"P-77\"\n"
         "grids.geojson:5: the border of G-002 overlaps that of G-001 at grids.geojson:3 by 501273 "
         "m²\n");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, folder_teardown)
    const struct CMUnitTest tests[] = {
        TEST(faults_of_all_files_are_told_in_one_look),
        TEST(what_follows_from_a_fault_is_not_told),
        TEST(no_more_are_told_than_was_asked_for),
        TEST(what_many_rows_name_is_told_once),
        TEST(a_task_is_its_number),
        TEST(every_clash_of_the_rota_is_told),
        TEST(a_border_and_a_row),
        TEST(a_file_that_is_no_table_hides_no_other),
        TEST(every_file_that_is_not_utf8_is_told),
        TEST(every_border_is_looked_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
