/* Questions that no life of the sample city comes to: who answers where the rota is silent, what
 * was true of a place outside its time, whose seconds a merge costs. */
#include "engine/place/place.h"
#include "engine/step.h"
#include "property/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct hx_case c;

static void merged_by(const char *by, const char *holder)
{
    const struct hx_rules *r = world_rules();
    memset(&c, 0, sizeof c);
    c.state = (uint8_t)hx_rules_state(r, "MERGED");
    c.merged_into = 2;
    strcpy(c.merge_asker.by, by);
    strcpy(c.holder, holder);
}

static void a_merge_costs_the_seconds_of_whoever_merged(void **state)
{
    const struct hx_rules *r = world_rules();
    (void)state;
    merged_by("community:C-03/ma", "C-03"); /* it holds the case itself */
    assert_int_equal(hx_owner_now(r, &c), HX_OWNER_HOLDER);
    merged_by("community:C-03/ma", "P-07");
    assert_int_equal(hx_owner_now(r, &c), HX_OWNER_DISPATCHER);
    merged_by("street:S-02/wang", "P-07");
    assert_int_equal(hx_owner_now(r, &c), HX_OWNER_ARBITER);
}

static void who_names_a_post_of_the_city_speaks_for_it_and_for_himself(void **state)
{
    (void)state;
    assert_true(hx_post_speaks("city/desk/he", "city/he", ""));
    assert_false(hx_post_speaks("city/desk/he", "city/sun", ""));
    assert_false(hx_post_speaks("city/desk/he", "city/property", ""));
    assert_true(hx_post_speaks("city/he", "city/property", ""));
    assert_true(hx_post_speaks("street:S-02/lin", "street:S-02/wang", ""));
    assert_false(hx_post_speaks("street:S-03/lin", "street:S-02/wang", ""));
    assert_true(hx_post_speaks("city/property/sun", "manager:S-02", "city/property"));
}

static void nobody_stands_in_where_no_rota_names_anybody(void **state)
{
    const struct hx_place street = {.kind = HX_STREET, .id = "S-02", .name_zh = "", .name_en = ""};
    const struct hx_place community = {
        .kind = HX_COMMUNITY, .id = "C-03", .name_zh = "", .name_en = ""};
    struct hx_post duty = {.role = "duty", .area = "C-03"};
    struct hx_city *city;
    struct hx_rota *rota;
    (void)state;
    assert_int_equal(hx_city_new(&city), HX_OK);
    assert_int_equal(hx_city_add_place(city, &street, NULL), HX_OK);
    assert_int_equal(hx_city_add_place(city, &community, "S-02"), HX_OK);
    assert_int_equal(hx_rota_new(&rota), HX_OK);
    hx_city_set_rota(city, rota);
    assert_false(hx_post_stand_in(city, 0, &duty));
    assert_string_equal(duty.role, "duty");
    struct hx_post nowhere = {.role = "duty", .area = "C-99"};
    assert_false(hx_post_stand_in(city, 0, &nowhere));
    hx_city_free(city);
}

/* A period and the one after it; the last one ends, too. */
static void a_place_has_no_holder_outside_its_time(void **state)
{
    struct hx_place later = {
        .kind = HX_ESTATE, .id = "E-9", .company = "P-11", .from = 100, .to = 200};
    struct hx_place first = {.kind = HX_ESTATE, .id = "E-9", .company = "P-07", .to = 100};
    (void)state;
    first.later = &later;
    assert_string_equal(hx_place_holder_at(&first, 99), "P-07");
    assert_string_equal(hx_place_holder_at(&first, 100), "P-11");
    assert_string_equal(hx_place_holder_at(&first, 200), "");
    assert_string_equal(hx_place_holder(&first), "P-11"); /* the last that is known */
}

static void the_first_cycle_began_with_the_case(void **state)
{
    (void)state;
    memset(&c, 0, sizeof c);
    c.t0 = 1234;
    assert_int_equal(hx_cycle_began(world_rules(), &c, 1), 1234);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_merge_costs_the_seconds_of_whoever_merged),
        cmocka_unit_test(who_names_a_post_of_the_city_speaks_for_it_and_for_himself),
        cmocka_unit_test(nobody_stands_in_where_no_rota_names_anybody),
        cmocka_unit_test(a_place_has_no_holder_outside_its_time),
        cmocka_unit_test(the_first_cycle_began_with_the_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
