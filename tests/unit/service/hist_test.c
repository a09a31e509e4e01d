/* Distributions and counted codes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "service/counters.h"
#include <stdio.h>

static void test_empty_is_zero(void **state)
{
    (void)state;
    struct hist h = {0};
    assert_int_equal(hist_quantile(&h, 0.5), 0);
}

static void test_quantiles_are_right_within_an_eighth(void **state)
{
    (void)state;
    struct hist h = {0};
    for (int i = 1; i <= 100000; i++)
        hist_add(&h, i);
    assert_in_range(hist_quantile(&h, 0.5), 50000, 56250);
    assert_in_range(hist_quantile(&h, 0.99), 99000, 100000);
    assert_int_equal(hist_quantile(&h, 1), 100000);
    assert_int_equal(h.count, 100000);
}

static void test_small_values_are_exact(void **state)
{
    (void)state;
    struct hist h = {0};
    for (int i = 0; i < 10; i++)
        hist_add(&h, 3);
    hist_add(&h, 9);
    assert_int_equal(hist_quantile(&h, 0.5), 3);
    assert_int_equal(hist_quantile(&h, 1), 9);
}

static void test_extremes_stay_inside(void **state)
{
    (void)state;
    struct hist h = {0};
    hist_add(&h, -5);
    hist_add(&h, INT64_MAX);
    assert_int_equal(hist_quantile(&h, 0.5), 0);
    assert_int_equal(hist_quantile(&h, 1), INT64_MAX);
}

static void test_codes_beyond_the_table_are_counted_together(void **state)
{
    (void)state;
    static struct counters c;
    char code[16];
    for (int i = 0; i < 2 * COUNTED_CODES; i++) {
        snprintf(code, sizeof code, "CODE_%d", i);
        counters_code(&c, code);
    }
    counters_code(&c, "CODE_0");
    assert_int_equal(c.codes[0].n, 2);
    assert_string_equal(c.codes[COUNTED_CODES - 1].code, "OTHER");
    assert_int_equal(c.codes[COUNTED_CODES - 1].n, COUNTED_CODES + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty_is_zero),
        cmocka_unit_test(test_quantiles_are_right_within_an_eighth),
        cmocka_unit_test(test_small_values_are_exact),
        cmocka_unit_test(test_extremes_stay_inside),
        cmocka_unit_test(test_codes_beyond_the_table_are_counted_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
