/* Who speaks, for which post, and whether a complaint is about him: tables of what is written. */
#include "base/text.h"
#include "engine/duty/swap.h"
#include "engine/routing/route_answer.h"
#include "engine/words/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define EACH(list) (size_t i = 0; i < sizeof(list) / sizeof *(list); i++)
#define FIFTY      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define LONG       FIFTY FIFTY FIFTY FIFTY FIFTY FIFTY

static void who_speaks(void **unused)
{
    static const struct {
        const char *by;
        int role;
        const char *area, *person;
    } list[] = {
        {NULL, HX_ROLE_NONE, "", ""},
        {"", HX_ROLE_NONE, "", ""},
        {"reporter", HX_ROLE_reporter, "", ""},
        {"mayor", -1, "", ""},
        {"holder:P-07", HX_ROLE_holder, "P-07", ""},
        {"holder:P-07/li", HX_ROLE_holder, "P-07", "li"},
        {"callback/chen", HX_ROLE_callback, "", "chen"},
        {"city/property/sun", HX_ROLE_city, "", "sun"},
        {"city/property", HX_ROLE_city, "", ""}, /* the post alone */
        {"city/sun", HX_ROLE_city, "", "sun"},
        {"city/proper/sun", HX_ROLE_city, "", "proper/sun"},
        {"city:X/property", HX_ROLE_city, "X", "property"},
    };
    (void)unused;
    for
        EACH(list)
        {
            struct hx_actor a;
            assert_true(hx_actor_parse(list[i].by, &a));
            assert_int_equal(a.role, list[i].role);
            assert_string_equal(a.area, list[i].area);
            assert_string_equal(a.person, list[i].person);
        }
}

static void names_that_are_too_long_are_nobodys(void **unused)
{
    struct hx_actor a;
    struct hx_post p;
    (void)unused;
    assert_false(hx_actor_parse("holder:" LONG, &a));
    assert_false(hx_actor_parse("holder:P-07/" LONG, &a));
    assert_false(hx_post_of(LONG, &p));
    assert_false(hx_post_of("holder:" LONG, &p));
    assert_false(hx_post_same("holder:" LONG, "holder:P-07"));
    assert_false(hx_post_same("holder:P-07", "holder:" LONG));
    assert_false(hx_post_same(NULL, "holder:P-07"));
    assert_false(hx_post_same("holder:P-07", NULL));
}

static void the_same_post(void **unused)
{
    static const struct {
        const char *a, *b;
        bool same;
    } list[] = {
        {"holder:P-07", "duty:P-07/li", true},  {"holder:P-07", "holder:P-11", false},
        {"holder:P-07", "manager:P-07", false}, {"callback", "city/callback", true},
        {"city/desk", "city/callback", false},
    };
    (void)unused;
    for
        EACH(list)
    assert_int_equal(hx_post_same(list[i].a, list[i].b), list[i].same);
}

static void who_is_complained_of(void **unused)
{
    static const struct {
        const char *about;
        int role;
        const char *area;
        bool is;
    } list[] = {
        {"holder:P-07", HX_ROLE_holder, "P-07", true},
        {"holder:P-07", HX_ROLE_holder, "P-11", false},
        {"holder:P-07", HX_ROLE_manager, "P-07", true},
        {"holder:P-07", HX_ROLE_manager, "P-11", false},
        {"holder:P-07", HX_ROLE_street, "P-07", false},
        {"holder", HX_ROLE_holder, "P-11", true}, /* everybody who has it */
        {"holder", HX_ROLE_dispatcher, "C-03", false},
        {"community:C-03", HX_ROLE_community, "C-03", true},
        {"community:C-03", HX_ROLE_dispatcher, "C-03", true},
        {"community:C-03", HX_ROLE_dispatcher, "C-04", false},
        {"dispatcher:C-03", HX_ROLE_dispatcher, "C-03", true},
        {"dispatcher:C-03", HX_ROLE_community, "C-03", false},
        {"P-07", HX_ROLE_holder, "P-07", true}, /* whoever speaks for it */
        {"P-07", HX_ROLE_manager, "P-07", true},
        {"P-07", HX_ROLE_holder, "P-11", false},
        {"P-07", HX_ROLE_callback, "", false},
    };
    static struct hx_case c;
    (void)unused;
    for
        EACH(list)
        {
            snprintf(c.about, sizeof c.about, "%s", list[i].about);
            if (hx_is_about(&c, list[i].role, list[i].area) != list[i].is)
                fail_msg("about %s: %d %s", list[i].about, list[i].role, list[i].area);
        }
}

static void each_flag_has_a_number_of_its_own(void **unused)
{
    static const char *const names[] = {
#define X(flag, bit) #flag,
        HX_FLAGS(X)
#undef X
    };
    int all = 0;
    (void)unused;
    for
        EACH(names)
        {
            int flag = hx_flag_number(names[i]);
            assert_true(flag > 0);
            assert_int_equal(flag & (flag - 1), 0);
            assert_int_equal(all & flag, 0);
            all |= flag;
        }
    assert_int_equal(hx_flag_number("SUNNY"), 0);
}

static void questions_that_cannot_be_answered(void **unused)
{
    static const struct {
        const char *place;
        size_t n;
        double position[3];
        const char *code;
    } list[] = {
        {"", 0, {0}, NULL},
        {"", 2, {114.5, 36.6}, NULL},
        {"", 2, {-180, -90}, NULL},
        {"", 1, {114.5}, "BAD_POSITION"},
        {"", 3, {114.5, 36.6, 1}, "BAD_POSITION"},
        {"", 2, {180.1, 36.6}, "BAD_POSITION"},
        {"", 2, {-180.1, 36.6}, "BAD_POSITION"},
        {"", 2, {114.5, 90.1}, "BAD_POSITION"},
        {"", 2, {114.5, -90.1}, "BAD_POSITION"},
        {"B-99", 0, {0}, "UNKNOWN_PLACE"},
    };
    struct hx_city *city;
    (void)unused;
    assert_int_equal(hx_city_new(&city), HX_OK);
    for
        EACH(list)
        {
            Hongxin__V1__RouteQuery q = HONGXIN__V1__ROUTE_QUERY__INIT;
            q.place = hx_text_field(list[i].place);
            q.position = (double *)(uintptr_t)list[i].position;
            q.n_position = list[i].n;
            const char *code = hx_route_fault(city, &q);
            if (!code != !list[i].code || (code && strcmp(code, list[i].code) != 0))
                fail_msg("question %zu: %s", i, code ? code : "answered");
        }
    hx_city_free(city);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_speaks),
        cmocka_unit_test(names_that_are_too_long_are_nobodys),
        cmocka_unit_test(the_same_post),
        cmocka_unit_test(who_is_complained_of),
        cmocka_unit_test(each_flag_has_a_number_of_its_own),
        cmocka_unit_test(questions_that_cannot_be_answered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
