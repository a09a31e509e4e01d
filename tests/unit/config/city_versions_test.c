/* Cities as versions: what changes over what was, as a whole; what the past was; what is refused.
 */
#include "config/city/city_load.h"
#include "config/versions/versions.h"
#include "engine/duty/rota.h"
#include "folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct folder_text right[] = {
    {"city.yaml", "version: test-1\ngrids: 1\n"},
    {"streets.csv", "id,name_zh,name_en,lon,lat\nS-01,一街道,One,114.4,36.1\n"},
    {"communities.csv", "id,street,name_zh,name_en,lon,lat\nC-01,S-01,一社区,One,114.4,36.1\n"},
    {"grids.csv", "id,community,name_zh,name_en,lon,lat\nG-001,C-01,一,One,114.4,36.1\n"},
    {"companies.csv", "id,name_zh,name_en\nP-01,物业,One\nP-02,物业,Two\n"},
    {"estates.csv", "id,grid,company,name_zh,name_en,lon,lat\n"
                    "E-01,G-001,P-01,一苑,One,114.4,36.1\n"},
    {"buildings.csv", "id,estate,name_zh,name_en,lon,lat\nB-11,E-01,1号楼,One,114.41,36.11\n"},
    {"duty.csv", "role,area,order,person,name_zh,name_en\nduty,P-01,1,li,李,Li\n"
                 "city,desk,1,zhou,周,Zhou\n"},
};

struct world {
    struct folder *folder;
    struct hx_versions *v;
};

/* Version 1: the folder. */
static int setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    struct hx_problem problem = {""};
    struct hx_version *x = NULL;
    folder_setup((void **)&w->folder);
    folder_fill(w->folder, right, sizeof right / sizeof *right);
    assert_int_equal(hx_versions_new(&w->v), HX_OK);
    assert_int_equal(hx_version_load(w->v, w->folder->path, &x, &problem), HX_OK);
    assert_int_equal(hx_versions_put(w->v, x, &problem), HX_OK);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    hx_versions_free(w->v);
    folder_teardown((void **)&w->folder);
    free(w);
    return 0;
}

/* A file of the city as it is to become. */
static int read(struct world *w, const char *name, const char *text, struct hx_version **x,
                struct hx_problem *problem)
{
    char bundle[2048];
    snprintf(bundle, sizeof bundle, HX_CITY_BUNDLE "== %s %zu\n%s\n", name, strlen(text), text);
    int rc = hx_version_read(w->v, name, bundle, strlen(bundle), x, problem);
    return rc ? rc : hx_version_follows(w->v, *x, 0, problem);
}

static const struct hx_city *put(struct world *w, const char *name, const char *text, uint64_t lsn)
{
    struct hx_problem problem = {""};
    struct hx_version *x = NULL;
    const struct hx_city *city = NULL;
    if (read(w, name, text, &x, &problem))
        fail_msg("refused: %s", problem.text);
    assert_int_equal(hx_versions_put(w->v, x, &problem), HX_OK);
    hx_version_came(w->v, x, lsn, true);
    assert_int_equal(hx_versions_city(w->v, &city, &problem), HX_OK);
    return city;
}

static void refused(struct world *w, const char *name, const char *text, const char *wanted)
{
    struct hx_problem problem = {""};
    struct hx_version *x = NULL;
    assert_int_equal(read(w, name, text, &x, &problem), HX_CONFIG);
    assert_string_equal(problem.text, wanted);
    assert_null(x);
}

#define ROTA "role,area,order,person,name_zh,name_en\ncity,desk,1,zhou,周,Zhou\n"
#define ESTATE(company)                                                                            \
    "id,grid,company,name_zh,name_en,lon,lat\nE-01,G-001," company ",一苑,One,114.4,36.1\n"

static void one_file_over_the_others(void **state)
{
    struct world *w = *state;
    const struct hx_city *city = put(w, "duty.csv", ROTA "duty,P-01,1,wang,王,Wang\n", 40);
    assert_string_equal(hx_rota_first(hx_city_rota(city), "duty", "P-01")->person, "wang");
    assert_string_equal(hx_place_holder(hx_city_place(city, "B-11")), "P-01");
    assert_string_equal(hx_city_version(city), "test-1/2"); /* city.yaml is as it was */
    city = put(w, "city.yaml", "version: test-2\ngrids: 1\n", 50);
    assert_string_equal(hx_city_version(city), "test-2");
    assert_string_equal(hx_rota_first(hx_city_rota(city), "duty", "P-01")->person, "wang");
    assert_int_equal(hx_versions_find(w->v, "city", "city", 0)->number, 3);
}

/* An entry is made again by the city by which it was made (R14). */
static void the_past_has_its_own_city(void **state)
{
    struct world *w = *state;
    struct hx_problem problem = {""};
    put(w, "estates.csv", ESTATE("P-02"), 40);
    const struct hx_city *now = put(w, "estates.csv", ESTATE(""), 60);
    assert_int_equal(hx_versions_past(w->v, 0, &problem), HX_OK);
    static const struct {
        uint64_t lsn;
        const char *holder;
    } cases[] = {{1, "P-01"},  {40, "P-01"}, {41, "P-02"},
                 {60, "P-02"}, {61, "C-01"}, {1000, "C-01"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct hx_city *then = hx_city_in_force(now, cases[i].lsn);
        assert_string_equal(hx_place_holder(hx_city_place(then, "B-11")), cases[i].holder);
    }
}

static void the_same_again_is_in_force_already(void **state)
{
    struct world *w = *state;
    struct hx_problem problem = {""};
    struct hx_version *x = NULL;
    assert_int_equal(read(w, "duty.csv", folder_text(right, "duty.csv"), &x, &problem), HX_EXISTS);
    hx_version_free(x);
    assert_int_equal(hx_version_load(w->v, w->folder->path, &x, &problem), HX_OK);
    assert_int_equal(hx_version_follows(w->v, x, 0, &problem), HX_EXISTS);
    assert_ptr_equal(hx_versions_same_city(w->v, x), hx_versions_find(w->v, "city", "city", 1));
    hx_version_free(x);
}

/* What stays is the other side of a contradiction. */
static void refused_as_a_whole_with_both_lines(void **state)
{
    struct world *w = *state;
    refused(w, "grids.csv",
            "id,community,name_zh,name_en,lon,lat\nG-001,C-01,一,One,114.4,36.1\n"
            "G-002,C-01,二,Two,114.4,36.1\n",
            "grids.csv:3: 2 grids, but city.yaml:2 says 1");
}

static void refused_where_the_other_file_stays(void **state)
{
    struct world *w = *state;
    char wanted[256];
    snprintf(wanted, sizeof wanted, "%s/estates.csv:2: unknown company P-01", w->folder->path);
    refused(w, "companies.csv", "id,name_zh,name_en\nP-02,物业,Two\n", wanted);
    refused(w, "duty.csv", ROTA "duty,P-01,1,li,李,Li\nduty,P-01,2,li,李,Li\n",
            "duty.csv:4: li is on duty as duty of P-01 already, at duty.csv:3");
    refused(w, "routing.csv",
            "id,place,class,category,source,part,holder,from,to\nR-1,*,*,*,*,*,@place,,\n"
            "R-2,C-01,SMALL,*,*,*,P-02,,\nR-3,C-01,SMALL,x,*,*,P-01,,\n",
            "routing.csv:4: row R-3 is never reached: row R-2 at routing.csv:3 takes all its "
            "cases");
    refused(w, "notes.csv", "id\n", "notes.csv: a city has no file notes.csv");
    refused(w, "duty.csv", "role\xCE\n", "duty.csv:1: not UTF-8 (byte 0xCE)");
    const struct hx_city *city = NULL;
    struct hx_problem problem = {""};
    assert_int_equal(hx_versions_city(w->v, &city, &problem), HX_OK);
    assert_string_equal(hx_city_version(city), "test-1");
}

/* A file that is gone: the rota moves into a calendar. */
static void a_file_may_go(void **state)
{
    static const char text[] = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20261001\n"
                               "RRULE:FREQ=DAILY\nSUMMARY:周\nX-HONGXIN-ROLE:city\n"
                               "X-HONGXIN-AREA:desk\nX-HONGXIN-PERSON:zhou\nEND:VEVENT\n"
                               "END:VCALENDAR\n";
    struct world *w = *state;
    char bundle[2048];
    struct hx_problem problem = {""};
    struct hx_version *x = NULL;
    const struct hx_city *city = NULL;
    snprintf(bundle, sizeof bundle, HX_CITY_BUNDLE "== duty.csv -\n== duty.ics %zu\n%s\n",
             strlen(text), text);
    assert_int_equal(hx_version_read(w->v, "files", bundle, strlen(bundle), &x, &problem), HX_OK);
    assert_int_equal(hx_versions_put(w->v, x, &problem), HX_OK);
    assert_int_equal(hx_versions_city(w->v, &city, &problem), HX_OK);
    assert_true(hx_rota_knows(hx_city_rota(city), "city", "desk"));
    assert_false(hx_rota_knows(hx_city_rota(city), "duty", "P-01"));
}

/* However a bundle is broken, it is refused and nothing is read behind its end. */
static void broken_bundles_are_refused(void **state)
{
    static const char *const texts[] = {
        HX_CITY_BUNDLE "== duty.csv 100\nrole\n",
        HX_CITY_BUNDLE "== duty.csv\nrole\n",
        HX_CITY_BUNDLE "== duty.csv 4\nrole,area\n",
        HX_CITY_BUNDLE "== duty.csv 99999999999999999999\nrole\n",
        HX_CITY_BUNDLE "== duty.csv -4\nrole\n",
        HX_CITY_BUNDLE "duty.csv 4\nrole\n",
        HX_CITY_BUNDLE "==",
        HX_CITY_BUNDLE "== duty.csv 4x\nrole\n",
    };
    struct world *w = *state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct hx_problem problem = {""};
        struct hx_version *x = NULL;
        assert_int_equal(hx_version_read(w->v, "files", texts[i], strlen(texts[i]), &x, &problem),
                         HX_CONFIG);
        assert_string_equal(problem.text, "files: not a bundle of a city's files");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(one_file_over_the_others),           T(the_past_has_its_own_city),
        T(the_same_again_is_in_force_already), T(refused_as_a_whole_with_both_lines),
        T(refused_where_the_other_file_stays), T(a_file_may_go),
        T(broken_bundles_are_refused),
#undef T
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
