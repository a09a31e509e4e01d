/* Loading a city: what it becomes, and every refusal with its lines. */
#include "config/city/city_load.h"
#include "engine/duty/rota.h"
#include "folder.h"
#include "hongxin/instant.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* A right city, as small as one can be that has everything. */
static const struct folder_text right[] = {
    {"city.yaml", "# a city\nversion: test-1\ngrids: 2\n"},
    {"streets.csv", "id,name_zh,name_en,lon,lat\nS-01,一街道,One,114.4,36.1\n"},
    {"communities.csv", "id,street,name_zh,name_en,lon,lat\nC-01,S-01,一社区,One,114.4,36.1\n"},
    {"grids.csv", "id,community,name_zh,name_en,lon,lat\n"
                  "G-001,C-01,一,One,114.4,36.1\nG-002,C-01,二,Two,114.4,36.1\n"},
    {"companies.csv", "id,name_zh,name_en\nP-01,物业,One\n"},
    {"estates.csv", "id,grid,company,name_zh,name_en,lon,lat\n"
                    "E-01,G-001,P-01,一苑,One,114.4,36.1\nE-02,G-002,,二苑,Two,114.4,36.1\n"},
    {"buildings.csv", "id,estate,grid,name_zh,name_en,lon,lat\n"
                      "B-11,E-01,G-001,1号楼,One,114.41,36.11\nB-12,E-01,,2号楼,Two,114.4,36.1\n"},
    {"duty.csv", "role,area,order,person,name_zh,name_en\n"
                 "duty,P-01,2,qian,钱,Qian\nduty,P-01,1,li,李,Li\ngrid,G-001,1,sun,孙,Sun\n"
                 "city,desk,1,zhou,周,Zhou\n"},
};

static int setup(void **state)
{
    folder_setup(state);
    folder_fill(*state, right, sizeof right / sizeof *right);
    return 0;
}

static struct hx_city *load(struct folder *f)
{
    struct hx_city *city = NULL;
    struct hx_problem problem = {.text = ""};
    int err = hx_city_load(f->path, &city, &problem);
    if (err)
        fail_msg("refused: %s", problem.text);
    return city;
}

/* The city is refused with exactly this text, which stands after the folder's path. */
static void refused(struct folder *f, int code, const char *text)
{
    struct hx_city *city = NULL;
    struct hx_problem problem = {.text = ""};
    char expected[sizeof problem.text];
    snprintf(expected, sizeof expected, "%s/%s", f->path, text);
    assert_int_equal(hx_city_load(f->path, &city, &problem), code);
    assert_string_equal(problem.text, expected);
    assert_null(city);
}

/* With `more` lines after the right ones. */
static void refused_with(struct folder *f, const char *name, const char *more, const char *text)
{
    char whole[2048];
    snprintf(whole, sizeof whole, "%s%s", folder_text(right, name), more);
    (void)folder_write(f, name, whole);
    refused(f, HX_CONFIG, text);
    (void)folder_write(f, name, folder_text(right, name));
}

/* With another text altogether. */
static void refused_as(struct folder *f, const char *name, const char *whole, const char *text)
{
    (void)folder_write(f, name, whole);
    refused(f, HX_CONFIG, text);
    (void)folder_write(f, name, folder_text(right, name));
}

/* In UTC+8, where no day is a holiday. */
static void on_duty(const struct hx_city *city, const char *role, const char *area, const char *at,
                    const char *person)
{
    static const struct hx_zone zone = {.offset_ms = 8 * 3600 * 1000};
    static const struct hx_calendar_rule cal = {
        .kind = HX_CALENDAR_DAYS, .week = HX_WEEK_WORKING, .zone = &zone};
    int64_t t = 0;
    assert_int_equal(hx_instant_parse(at, &t), HX_OK);
    const struct hx_days days = {&cal, hx_table_version(cal.table, 0)};
    struct hx_on_duty d = hx_rota_at(hx_city_rota(city), role, area, &days, t, 0);
    assert_string_equal(d.person ? d.person : "nobody", person);
}

static void a_right_city_is_loaded(void **state)
{
    struct hx_city *city = load(*state);
    assert_string_equal(hx_city_version(city), "test-1");
    assert_int_equal(hx_city_count(city, HX_GRID), 2);
    const struct hx_place *b = hx_city_place(city, "B-11");
    assert_string_equal(b->name_zh, "1号楼");
    assert_true(b->lon > 114.409 && b->lon < 114.411 && b->lat > 36.109 && b->lat < 36.111);
    assert_string_equal(hx_place_above(b, HX_STREET), "S-01");
    assert_string_equal(hx_place_holder(b), "P-01");
    assert_string_equal(hx_place_holder(hx_city_place(city, "E-02")), "C-01");
    on_duty(city, "duty", "P-01", "2026-10-12T19:00:00+08:00", "li");
    hx_city_free(city);
}

static void the_sample_city_is_loaded(void **state)
{
    (void)state;
    struct hx_city *city = NULL;
    struct hx_problem problem = {.text = ""};
    int err = hx_city_load(HX_SOURCE_DIR "/config/city", &city, &problem);
    assert_string_equal(problem.text, "");
    assert_int_equal(err, HX_OK);
    assert_int_equal(hx_city_count(city, HX_GRID), 138);
    assert_int_equal(hx_city_count(city, HX_BUILDING), 6000);
    const struct hx_place *b = hx_city_place(city, "B-0417");
    assert_string_equal(hx_place_above(b, HX_GRID), "G-041");
    assert_string_equal(hx_place_above(b, HX_COMMUNITY), "C-03");
    assert_string_equal(hx_place_above(b, HX_STREET), "S-02");
    assert_string_equal(hx_place_holder(b), "P-07");
    assert_string_equal(hx_place_holder(hx_city_place(city, "B-0500")), "P-11");
    b = hx_city_place(city, "B-0770");
    assert_string_equal(hx_place_above(b, HX_ESTATE), "E-77");
    assert_string_equal(hx_place_holder(b), hx_place_above(b, HX_COMMUNITY));
    on_duty(city, "manager", "P-07", "2026-10-12T19:00:00+08:00", "zhao");
    hx_city_free(city);
}

/* What a spreadsheet writes: byte order mark, CRLF, quotes, empty lines, columns in another order,
 * own notes. */
static void spreadsheet_files_are_read(void **state)
{
    (void)folder_write(*state, "companies.csv",
                       "\xEF\xBB\xBFname_en,x_note,id,name_zh\r\n\r\n"
                       "\"One, Ltd.\",\"two\r\nlines\",P-01,物业\r\n,,P-02,另一\r\n\r\n");
    struct hx_city *city = load(*state);
    assert_string_equal(hx_city_company(city, "P-01")->name_en, "One, Ltd.");
    assert_string_equal(hx_city_company(city, "P-02")->name_en,
                        "另一"); /* stands in for the missing one */
    hx_city_free(city);
}

static void wrong_number_of_grids_is_refused(void **state)
{
    refused_as(*state, "city.yaml", "# a city\nversion: test-1\ngrids: 138\n",
               "grids.csv:3: 2 grids, but city.yaml:3 says 138");
    refused_with(*state, "grids.csv", "G-003,C-01,三,Three,114.4,36.1\n",
                 "grids.csv:4: 3 grids, but city.yaml:3 says 2");
}

static void building_in_two_grids_is_refused(void **state)
{
    refused_with(*state, "buildings.csv", "B-12,E-02,G-002,2号楼,Two,114.4,36.1\n",
                 "buildings.csv:4: building B-12 is in grid G-002 here, but in grid G-001 at "
                 "buildings.csv:3");
    refused_with(*state, "buildings.csv", "B-12,E-02,,2号楼,Two,114.4,36.1\n",
                 "buildings.csv:4: building B-12 is in grid G-002 here, but in grid G-001 at "
                 "buildings.csv:3");
    refused_with(*state, "buildings.csv", "B-13,E-02,G-001,2号楼,Two,114.4,36.1\n",
                 "buildings.csv:4: building B-13 is in grid G-001 here, but its estate E-02 is in "
                 "grid G-002 at estates.csv:3");
}

static void ids_used_twice_are_refused(void **state)
{
    refused_with(*state, "buildings.csv", "\nB-11,E-01,,1号楼,One,114.4,36.1\n",
                 "buildings.csv:5: B-11 is there already, at buildings.csv:2");
    refused_with(*state, "grids.csv", "G-001,C-01,一,One,114.4,36.1\n",
                 "grids.csv:4: G-001 is there already, at grids.csv:2");
    refused_with(*state, "companies.csv", "S-01,物业,One\n",
                 "companies.csv:3: S-01 is there already, at streets.csv:2");
    refused_with(*state, "estates.csv", "P-01,G-001,,一苑,One,114.4,36.1\n",
                 "estates.csv:4: P-01 is there already, at companies.csv:2");
}

static void unknown_parents_and_companies_are_refused(void **state)
{
    refused_with(*state, "communities.csv", "C-02,S-09,二社区,Two,114.4,36.1\n",
                 "communities.csv:3: unknown street S-09");
    refused_with(*state, "buildings.csv", "B-13,E-99,,3号楼,Three,114.4,36.1\n",
                 "buildings.csv:4: unknown estate E-99");
    refused_with(*state, "buildings.csv", "B-13,,,3号楼,Three,114.4,36.1\n",
                 "buildings.csv:4: building B-13 has no estate");
    refused_with(*state, "buildings.csv", "B-13,G-001,,3号楼,Three,114.4,36.1\n",
                 "buildings.csv:4: G-001 is no estate: at grids.csv:2 it is defined as grid");
    refused_with(*state, "estates.csv", "E-03,G-001,P-99,三苑,Three,114.4,36.1\n",
                 "estates.csv:4: unknown company P-99");
}

static void bad_ids_names_and_positions_are_refused(void **state)
{
    refused_with(*state, "companies.csv", "P-1234567890123456789012,物业,One\n",
                 "companies.csv:3: id \"P-1234567890123456789012\" is longer than 23 bytes");
    refused_with(*state, "companies.csv", "P/02,物业,One\n",
                 "companies.csv:3: id \"P/02\": only ASCII letters, digits, '-', '_' and '.'");
    refused_with(*state, "companies.csv", ",物业,One\n", "companies.csv:3: id is empty");
    refused_with(*state, "companies.csv", "P-02,,\n",
                 "companies.csv:3: name_zh and name_en are empty");
    refused_with(*state, "streets.csv", "S-02,二街道,Two,181,36.1\n",
                 "streets.csv:3: lon: 181 is not a number of degrees from -180 to 180");
    refused_with(*state, "streets.csv", "S-02,二街道,Two,114,36.1N\n",
                 "streets.csv:3: lat: 36.1N is not a number of degrees from -90 to 90");
    refused_with(*state, "streets.csv", "S-02,二街道,Two,,36.1\n",
                 "streets.csv:3: lon: \"\" is not a number of degrees from -180 to 180");
}

static void bad_tables_are_refused(void **state)
{
    refused_as(*state, "companies.csv", "id,name_zh\nP-01,物业\n",
               "companies.csv:1: missing column name_en");
    refused_as(*state, "companies.csv", "id,name_zh,name_en,phone\nP-01,物业,One,1\n",
               "companies.csv:1: unknown column phone");
    refused_as(*state, "companies.csv", "id,name_zh,name_en,id\nP-01,物业,One,1\n",
               "companies.csv:1: column twice: id");
    refused_as(*state, "companies.csv", "", "companies.csv:1: no header line");
    refused_with(*state, "companies.csv", "P-02,物业\n",
                 "companies.csv:3: 2 values, but the header has 3 columns");
    refused_with(*state, "companies.csv", "P-02,物业,One,more\n",
                 "companies.csv:3: 4 values, but the header has 3 columns");
    refused_with(*state, "companies.csv", "P-02,\"物业,One\nP-03,物业,Two\n",
                 "companies.csv:3: a quote is opened and never closed");
    refused_with(*state, "companies.csv", "P-02,\"物\"业,One\n",
                 "companies.csv:3: quotes do not match");
    refused_with(*state, "companies.csv", "P-02,\xCE\xEF\xD2\xB5,One\n", /* GBK */
                 "companies.csv:3: not UTF-8 (byte 0xCE)");
}

static void a_rota_knows_days_parts_dates_and_leaves(void **state)
{
    struct folder *f = *state;
    (void)folder_write(f, "day-parts.csv",
                       "name,name_zh,name_en,begin,end\nEVENING4,晚,Evening,18:00,22:00\n"
                       "REST,其余,Rest,22:00,18:00\n");
    (void)folder_write(f, "duty.csv",
                       "role,area,order,person,name_zh,name_en,days,part,from,to\n"
                       "duty,P-01,1,li,李,Li,workday,EVENING4,,\n"
                       "duty,P-01,1,qian,钱,Qian,restday,EVENING4,,2026-10-31\n"
                       "duty,P-01,2,sun,孙,Sun,,REST,,\n"
                       "city,desk,1,zhou,周,Zhou,,,,\n"
                       "city,desk,2,wu,吴,Wu,,,,\n");
    (void)folder_write(f, "leave.csv",
                       "person,from,to,substitute\nzhou,2026-10-12,2026-10-12,\n"
                       "sun,2026-10-13T00:00:00+08:00,2026-10-13T09:00:00+08:00,wu\n");
    struct hx_city *city = load(f);
    on_duty(city, "duty", "P-01", "2026-10-12T21:59:59+08:00", "li");
    on_duty(city, "duty", "P-01", "2026-10-12T22:00:00+08:00", "sun");
    on_duty(city, "duty", "P-01", "2026-10-17T19:00:00+08:00", "qian");
    on_duty(city, "duty", "P-01", "2026-11-01T19:00:00+08:00", "nobody");
    on_duty(city, "duty", "P-01", "2026-10-13T08:00:00+08:00", "wu");
    on_duty(city, "city", "desk", "2026-10-12T23:59:59+08:00", "wu");
    on_duty(city, "city", "desk", "2026-10-13T00:00:00+08:00", "zhou");
    hx_city_free(city);
}

static void a_bad_rota_is_refused(void **state)
{
    static const char head[] = "role,area,order,person,name_zh,name_en,days,part\n"
                               "city,desk,1,zhou,周,Zhou,,\n";
    char text[512];
    struct folder *f = *state;
    (void)folder_write(f, "day-parts.csv",
                       "name,name_zh,name_en,begin,end\nEVENING4,晚,Evening,18:00,22:00\n"
                       "LATE,深夜,Late,21:00,23:00\n");
    snprintf(text, sizeof text, "%sduty,P-01,1,li,李,Li,feast,\n", head);
    refused_as(f, "duty.csv", text,
               "duty.csv:3: days: unknown word \"feast\" (known: mon … sun, workday, restday, "
               "weekend, holiday, makeup)");
    snprintf(text, sizeof text, "%sduty,P-01,1,li,李,Li,,DAWN\n", head);
    refused_as(f, "duty.csv", text, "duty.csv:3: part: DAWN is not in day-parts.csv");
    snprintf(text, sizeof text, "%sduty,P-01,1,li,李,Li,,EVENING4\nduty,P-01,2,li,李,Li,,LATE\n",
             head);
    refused_as(f, "duty.csv", text,
               "duty.csv:4: li is on duty as duty of P-01 already, at duty.csv:3");
    (void)folder_write(f, "leave.csv", "person,from,to\nnobody,2026-10-12,2026-10-12\n");
    refused(f, HX_CONFIG, "leave.csv:2: nobody is not in duty.csv");
    (void)folder_write(f, "leave.csv", "person,from,to\nli,,2026-10-12\n");
    refused(f, HX_CONFIG, "leave.csv:2: a leave has a first and a last day");
    (void)folder_write(f, "leave.csv", "person,from,to,substitute\nli,2026-10-12,2026-10-12,li\n");
    refused(f, HX_CONFIG, "leave.csv:2: li stands in for itself");
}

static void bad_roads_are_refused(void **state)
{
    static const struct {
        const char *rows, *text;
    } bad[] = {
        {"duty,P-99,*,1,feed\n",
         "roads.csv:2: role duty is for a company, unit, community or street, not for \"P-99\""},
        {"*,*,wu,1,feed\n", "roads.csv:2: wu is not in duty.csv"},
        {"duty,*,li,1,feed\n",
         "roads.csv:2: a row for li names a post (role and area), or * for both"},
        {"*,*,*,0,feed\n", "roads.csv:2: order \"0\" is not a number from 1 to 1000"},
        {"*,*,*,1,\n", "roads.csv:2: road is empty"},
        {"*,*,*,1,feed\n*,*,*,1,sms\n",
         "roads.csv:3: the same receiver has this order or this road already, at roads.csv:2"},
        {"*,*,*,1,a\n*,*,*,2,b\n*,*,*,3,c\n*,*,*,4,d\n*,*,*,5,e\n*,*,*,6,f\n*,*,*,7,g\n",
         "roads.csv:8: more than 6 roads for one receiver"},
    };
    char text[256];
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        snprintf(text, sizeof text, "role,area,person,order,road\n%s", bad[i].rows);
        (void)folder_write(*state, "roads.csv", text);
        refused(*state, HX_CONFIG, bad[i].text);
    }
}

static void bad_duty_is_refused(void **state)
{
    refused_with(*state, "duty.csv", "duty,P-01,3,li,李,Li\n",
                 "duty.csv:6: li is on duty as duty of P-01 already, at duty.csv:3");
    refused_with(*state, "duty.csv", "duty,P-01,2,wu,吴,Wu\n",
                 "duty.csv:6: duty of P-01 has a person with order 2 already, at duty.csv:2");
    refused_with(*state, "duty.csv", "street,S-01,1,li,李四,Li Si\n",
                 "duty.csv:6: li has another name here than at duty.csv:3");
    refused_with(
        *state, "duty.csv", "duty,P-99,1,wu,吴,Wu\n",
        "duty.csv:6: role duty is for a company, unit, community or street, not for \"P-99\"");
    refused_with(*state, "duty.csv", "grid,C-01,1,wu,吴,Wu\n",
                 "duty.csv:6: role grid is for a grid, not for \"C-01\"");
    refused_with(*state, "duty.csv", "chief,C-01,1,wu,吴,Wu\n",
                 "duty.csv:6: unknown role \"chief\" (known: duty, manager, grid, community, "
                 "dispatcher, street, city)");
    refused_with(*state, "duty.csv", "street,S-01,0,wu,吴,Wu\n",
                 "duty.csv:6: order \"0\" is not a number from 1 to 1000");
    refused_with(*state, "duty.csv", "street,S-01,1,w u,吴,Wu\n",
                 "duty.csv:6: person \"w u\": only ASCII letters, digits, '-', '_' and '.'");
    refused_as(*state, "duty.csv", "role,area,order,person,name_zh,name_en\nduty,P-01,1,li,李,Li\n",
               "duty.csv:2: nobody has role city, area desk: it is the last stop of every ladder");
}

static void bad_heads_are_refused(void **state)
{
    refused_as(*state, "city.yaml", "version: test-1\ngrids: many\n",
               "city.yaml:2: grids: Invalid uint64_t value: 'many'");
    refused_as(*state, "city.yaml", "version: test-1\n\ngird: 2\n",
               "city.yaml:3: Unexpected key: gird");
    refused_as(*state, "city.yaml", "version: test-1\ngrids: 2\nversion: test-2\n",
               "city.yaml:3: Mapping field already seen: version");
    refused_as(*state, "city.yaml", "version: test-1\n",
               "city.yaml:1: Missing required mapping field: grids");
    refused_as(*state, "city.yaml", "", "city.yaml:1: the file is empty");
    refused_as(*state, "city.yaml", "version: a\ngrids: 2\n---\nversion: b\n",
               "city.yaml:3: a second document");
    refused_as(*state, "city.yaml", "version: \"a\ngrids: 2\n",
               "city.yaml:3: found unexpected end of stream, while scanning a quoted scalar");
}

static void a_missing_file_is_refused(void **state)
{
    struct folder *f = *state;
    assert_int_equal(unlink(folder_path(f, "grids.csv")), 0);
    refused(f, HX_IO, "grids.csv: No such file or directory");
    assert_int_equal(unlink(folder_path(f, "city.yaml")), 0);
    refused(f, HX_IO, "city.yaml: No such file or directory");
}

static void a_problem_is_one_clean_line(void **state)
{
    (void)state;
    struct hx_problem problem;
    assert_int_equal(hx_problem_set(&problem, "a\nb\tc%c", 0x7f), HX_CONFIG);
    assert_string_equal(problem.text, "a?b?c?");
    char long_text[600];
    for (size_t i = 0; i + 3 < sizeof long_text; i += 3)
        memcpy(long_text + i, "楼", 4);
    assert_int_equal(hx_problem_set(&problem, "%s", long_text), HX_CONFIG);
    assert_int_equal(strlen(problem.text), 510); /* 170 whole characters */
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, folder_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_right_city_is_loaded),
        TEST(the_sample_city_is_loaded),
        TEST(spreadsheet_files_are_read),
        TEST(wrong_number_of_grids_is_refused),
        TEST(building_in_two_grids_is_refused),
        TEST(ids_used_twice_are_refused),
        TEST(unknown_parents_and_companies_are_refused),
        TEST(bad_ids_names_and_positions_are_refused),
        TEST(bad_tables_are_refused),
        TEST(bad_roads_are_refused),
        TEST(bad_duty_is_refused),
        TEST(a_rota_knows_days_parts_dates_and_leaves),
        TEST(a_bad_rota_is_refused),
        TEST(bad_heads_are_refused),
        TEST(a_missing_file_is_refused),
        TEST(a_problem_is_one_clean_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
