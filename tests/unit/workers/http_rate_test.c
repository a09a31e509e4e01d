/* Token buckets. */
#include "http/rate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static void test_a_burst_and_then_the_rate(void **state)
{
    (void)state;
    struct http_rates *r = http_rates_new(10, 1000, 3);
    for (int i = 0; i < 3; i++)
        assert_int_equal(http_rates_take(r, "a", 1000), 0);
    assert_int_equal(http_rates_take(r, "a", 1000), 100);
    assert_int_equal(http_rates_take(r, "b", 1000), 0); /* another one's own */
    assert_int_equal(http_rates_take(r, "a", 1099), 1);
    assert_int_equal(http_rates_look(r, "a", 1100), 0);
    assert_int_equal(http_rates_take(r, "a", 1100), 0);
    assert_int_equal(http_rates_take(r, "a", 1100), 100);
    http_rates_free(r);
}

static void test_nothing_is_saved_beyond_the_burst(void **state)
{
    (void)state;
    struct http_rates *r = http_rates_new(1000, 1000, 2);
    assert_int_equal(http_rates_take(r, "a", 0), 0);
    for (int i = 0; i < 2; i++)
        assert_int_equal(http_rates_take(r, "a", INT64_MAX / 2), 0);
    assert_int_not_equal(http_rates_take(r, "a", INT64_MAX / 2), 0);
    http_rates_free(r);
}

static void test_a_flood_of_names_leaves_the_busy_ones_alone(void **state)
{
    (void)state;
    struct http_rates *r = http_rates_new(1, 1000, 1);
    char name[32];
    unsigned limited = 0;
    for (int i = 0; i < 20000; i++) {
        snprintf(name, sizeof name, "10.0.%d.%d", i / 256, i % 256);
        (void)http_rates_take(r, name, i);
        limited += http_rates_take(r, "192.0.2.7", i) > 0;
    }
    assert_true(limited > 19900);
    http_rates_free(r);
}

static void test_a_network_of_ipv6_is_one_client(void **state)
{
    (void)state;
    static const char *const same[] = {"2001:db8::7:1", "2001:DB8:0:0:8000::2",
                                       "2001:db8::ffff:ffff:ffff:ffff", "2001:db8::7%eth0"};
    struct http_rates *r = http_rates_new(1, 1000, 1);
    assert_int_equal(http_rates_take(r, "2001:db8::1", 0), 0);
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        assert_int_equal(http_rates_take(r, same[i], 0), 1000);
    assert_int_equal(http_rates_take(r, "2001:db8:0:1::1", 0), 0); /* the next network */
    assert_int_equal(http_rates_take(r, "::ffff:192.0.2.7", 0), 0);
    assert_int_equal(http_rates_take(r, "192.0.2.7", 0), 1000);
    assert_int_equal(http_rates_take(r, "::ffff:192.0.2.8", 0), 0); /* another one */
    assert_int_equal(http_rates_take(r, "local:1", 0), 0);          /* no address */
    http_rates_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_burst_and_then_the_rate),
        cmocka_unit_test(test_nothing_is_saved_beyond_the_burst),
        cmocka_unit_test(test_a_flood_of_names_leaves_the_busy_ones_alone),
        cmocka_unit_test(test_a_network_of_ipv6_is_one_client),
    };
    return cmocka_run_group_tests_name("http_rate", tests, NULL, NULL);
}
