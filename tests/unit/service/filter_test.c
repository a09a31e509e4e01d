/* Which entries and cases a subscriber's filter lets through. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"
#include "hongxin/fact.h"
#include "service/feeds/filter.h"

#define LIST(field, ...)                                                                           \
    .n_##field = sizeof((char *[]){__VA_ARGS__}) / sizeof(char *), .field = (char *[])             \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }

/* A breach of level L2 at grid G-041, told to the community, held by P-07. */
static hxp_entry *breach(void)
{
    static hxp_where where;
    static Hongxin__V1__NoticeFact notice;
    static hxp_fact facts[2];
    static hxp_fact *list[] = {&facts[0], &facts[1]};
    static char *audience[] = {"company:P-07"};
    static hxp_entry e;
    hongxin__v1__where__init(&where);
    where.street = "S-02";
    where.community = "C-03";
    where.grid = "G-041";
    hongxin__v1__notice_fact__init(&notice);
    notice.to = "community:C-03/wang";
    hongxin__v1__fact__init(&facts[0]);
    facts[0].fact_case = HONGXIN__V1__FACT__FACT_BREACH;
    hongxin__v1__fact__init(&facts[1]);
    facts[1].fact_case = HONGXIN__V1__FACT__FACT_NOTICE;
    facts[1].notice = &notice;
    hongxin__v1__entry__init(&e);
    e.where = &where;
    e.facts = list;
    e.n_facts = 2;
    e.audience = audience;
    e.n_audience = 1;
    e.holder = "P-11";
    e.holder_before = "P-07";
    e.class_ = "SMALL";
    e.level = "L2";
    return &e;
}

static bool passes(hxp_filter f)
{
    f.base.descriptor = &hongxin__v1__filter__descriptor;
    if (!f.min_level)
        f.min_level = "";
    return filter_matches_entry(&f, breach());
}

static void test_no_filter_passes_all(void **state)
{
    (void)state;
    hxp_filter f = HONGXIN__V1__FILTER__INIT;
    assert_true(filter_matches_entry(NULL, breach()));
    assert_true(filter_matches_entry(&f, breach()));
}

static void test_places(void **state)
{
    (void)state;
    assert_true(passes((hxp_filter){LIST(places, "S-02")}));
    assert_true(passes((hxp_filter){LIST(places, "S-09", "G-041")}));
    assert_false(passes((hxp_filter){LIST(places, "G-042")}));
    assert_false(passes((hxp_filter){LIST(places, "")}));
}

static void test_holder_before_and_after_a_change(void **state)
{
    (void)state;
    assert_true(passes((hxp_filter){LIST(holders, "P-07")}));
    assert_true(passes((hxp_filter){LIST(holders, "P-11")}));
    assert_false(passes((hxp_filter){LIST(holders, "P-12")}));
}

static void test_facts_levels_classes(void **state)
{
    (void)state;
    assert_true(passes((hxp_filter){LIST(facts, "STATE", "BREACH")}));
    assert_false(passes((hxp_filter){LIST(facts, "STATE")}));
    assert_true(passes((hxp_filter){.min_level = "L2"}));
    assert_false(passes((hxp_filter){.min_level = "L3"}));
    assert_true(passes((hxp_filter){LIST(classes, "SMALL")}));
    assert_false(passes((hxp_filter){LIST(classes, "SERIOUS")}));
}

static void test_receivers_by_notice_and_by_audience(void **state)
{
    (void)state;
    assert_true(passes((hxp_filter){LIST(to, "community:C-03")}));
    assert_true(passes((hxp_filter){LIST(to, "community:C-03/wang")}));
    assert_true(passes((hxp_filter){LIST(to, "company:P-07")}));
    assert_false(passes((hxp_filter){LIST(to, "community:C-0")}));
    assert_false(passes((hxp_filter){LIST(to, "company:P-11")}));
}

static void test_every_list_must_match(void **state)
{
    (void)state;
    assert_true(passes((hxp_filter){LIST(places, "S-02"), LIST(holders, "P-07")}));
    assert_false(passes((hxp_filter){LIST(places, "S-02"), LIST(holders, "P-12")}));
}

static void test_problems_are_named(void **state)
{
    (void)state;
    hxp_filter f = HONGXIN__V1__FILTER__INIT;
    assert_null(filter_problem(NULL));
    assert_null(filter_problem(&f));
    f.min_level = "L6";
    assert_string_equal(filter_problem(&f), "BAD_LEVEL");
    f.min_level = "";
    f.facts = (char *[]){"STATES"};
    f.n_facts = 1;
    assert_string_equal(filter_problem(&f), "BAD_FACT");
}

/* Such as a bridge asks for, and what has been added to the schema since. */
static void test_every_fact_of_the_schema_can_be_asked_for(void **state)
{
    (void)state;
    const ProtobufCMessageDescriptor *d = &hongxin__v1__fact__descriptor;
    for (unsigned i = 0; i < d->n_fields; i++) {
        const hxp_fact fact = {.fact_case = (Hongxin__V1__Fact__FactCase)d->fields[i].id};
        hxp_filter f = HONGXIN__V1__FILTER__INIT;
        f.facts = (char *[]){hx_text_field("NOTICE"), hx_text_field(hx_fact_name(&fact))};
        f.n_facts = 2;
        assert_string_not_equal(f.facts[1], "");
        assert_null(filter_problem(&f));
    }
}

static void test_names_that_nobody_has_are_named(void **state)
{
    (void)state;
    struct hx_city *city;
    static struct hx_rules rules = {.classes = {[1] = {.name = "SMALL"}}};
    assert_int_equal(hx_city_new(&city), HX_OK);
    assert_int_equal(
        hx_city_add_company(
            city, &(struct hx_company){.id = "P-07", .name_zh = "物业", .name_en = "Company"}),
        HX_OK);
    assert_int_equal(hx_city_add_place(city,
                                       &(struct hx_place){.id = "S-02",
                                                          .kind = HX_STREET,
                                                          .name_zh = "街道",
                                                          .name_en = "Street"},
                                       NULL),
                     HX_OK);
    hxp_filter right = {LIST(places, "S-02"), LIST(holders, "S-02"), LIST(classes, "SMALL")};
    assert_null(filter_unknown(NULL, city, &rules));
    assert_null(filter_unknown(&right, city, &rules));
    hxp_filter place = {LIST(places, "P-07")}, holder = {LIST(holders, "P-99")},
               class = {LIST(classes, "HUGE")};
    assert_string_equal(filter_unknown(&place, city, &rules), "UNKNOWN_PLACE");
    assert_string_equal(filter_unknown(&holder, city, &rules), "UNKNOWN_HOLDER");
    assert_string_equal(filter_unknown(&class, city, &rules), "UNKNOWN_CLASS");
    hx_city_free(city);
}

static void test_copy_outlives_the_original(void **state)
{
    (void)state;
    char place[] = "S-02";
    hxp_filter f = HONGXIN__V1__FILTER__INIT, *copy;
    f.places = (char *[]){place};
    f.n_places = 1;
    assert_int_equal(filter_copy(&f, &copy), HX_OK);
    place[3] = '9';
    assert_true(filter_matches_entry(copy, breach()));
    filter_free(copy);
}

static void test_a_filter_that_asks_nothing_is_none(void **state)
{
    (void)state;
    hxp_filter f = HONGXIN__V1__FILTER__INIT, *copy;
    assert_int_equal(filter_copy(&f, &copy), HX_OK);
    assert_null(copy);
}

static void test_cases_by_area_of_the_receiver(void **state)
{
    (void)state;
    hxp_case_view c = HONGXIN__V1__CASE_VIEW__INIT;
    c.holder = "P-07";
    c.where = breach()->where;
    c.level = "L1";
    hxp_filter f = HONGXIN__V1__FILTER__INIT;
    f.to = (char *[]){"company:P-07/li"};
    f.n_to = 1;
    assert_true(filter_matches_case(&f, &c));
    f.to = (char *[]){"street:S-02"};
    assert_true(filter_matches_case(&f, &c));
    f.to = (char *[]){"company:P-08"};
    assert_false(filter_matches_case(&f, &c));
    f.n_to = 0;
    f.min_level = "L2";
    assert_false(filter_matches_case(&f, &c));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_filter_passes_all),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_holder_before_and_after_a_change),
        cmocka_unit_test(test_facts_levels_classes),
        cmocka_unit_test(test_receivers_by_notice_and_by_audience),
        cmocka_unit_test(test_every_list_must_match),
        cmocka_unit_test(test_problems_are_named),
        cmocka_unit_test(test_every_fact_of_the_schema_can_be_asked_for),
        cmocka_unit_test(test_names_that_nobody_has_are_named),
        cmocka_unit_test(test_copy_outlives_the_original),
        cmocka_unit_test(test_a_filter_that_asks_nothing_is_none),
        cmocka_unit_test(test_cases_by_area_of_the_receiver),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
