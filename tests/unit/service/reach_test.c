/* Which holders can be reached (corner 18). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "service/feeds/reach.h"

static struct reach r;

static int setup(void **state)
{
    (void)state;
    reach_init(&r);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    reach_fini(&r);
    return 0;
}

static void test_never_seen_is_up(void **state)
{
    (void)state;
    assert_int_equal(reach_of(&r, "P-07"), HX_REACH_UP);
    reach_up(&r, "company:P-11");
    assert_int_equal(reach_of(&r, "P-07"), HX_REACH_UP);
}

static void test_lost_is_down_until_it_comes_back(void **state)
{
    (void)state;
    reach_up(&r, "company:P-07");
    reach_up(&r, "company:P-11");
    reach_down(&r, "company:P-07");
    assert_int_equal(reach_of(&r, "P-07"), HX_REACH_DOWN);
    assert_int_equal(reach_of(&r, "P-11"), HX_REACH_UP);
    reach_up(&r, "company:P-07");
    assert_int_equal(reach_of(&r, "P-07"), HX_REACH_UP);
}

static void test_one_desk_is_enough(void **state)
{
    (void)state;
    reach_up(&r, "company:P-11");
    reach_up(&r, "company:P-07/desk-1");
    reach_up(&r, "company:P-07/desk-2");
    reach_down(&r, "company:P-07/desk-1");
    assert_int_equal(reach_of(&r, "P-07"), HX_REACH_UP);
    reach_down(&r, "company:P-07/desk-2");
    assert_int_equal(reach_of(&r, "P-07"), HX_REACH_DOWN);
}

static void test_all_lost_at_once_is_our_fault(void **state)
{
    (void)state;
    reach_up(&r, "company:P-07");
    reach_up(&r, "community:C-03");
    reach_down(&r, "company:P-07");
    reach_down(&r, "community:C-03");
    assert_int_equal(reach_of(&r, "P-07"), HX_REACH_OURS);
    assert_int_equal(reach_of(&r, "P-99"), HX_REACH_OURS);
}

static void test_a_single_known_holder_is_its_own_fault(void **state)
{
    (void)state;
    reach_up(&r, "company:P-07");
    reach_down(&r, "company:P-07");
    assert_int_equal(reach_of(&r, "P-07"), HX_REACH_DOWN);
    assert_int_equal(reach_of(&r, "P-11"), HX_REACH_UP);
}

static void test_supervisors_are_no_holders(void **state)
{
    (void)state;
    reach_up(&r, "supervisor:S-02");
    reach_up(&r, "");
    reach_up(&r, "company:");
    reach_up(&r, "company:a-name-much-longer-than-any-id-may-be");
    assert_int_equal(r.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_never_seen_is_up, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lost_is_down_until_it_comes_back, setup, teardown),
        cmocka_unit_test_setup_teardown(test_one_desk_is_enough, setup, teardown),
        cmocka_unit_test_setup_teardown(test_all_lost_at_once_is_our_fault, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_single_known_holder_is_its_own_fault, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_supervisors_are_no_holders, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
