/* Fixed members and short texts without a format. */
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void put_cuts_what_does_not_fit(void **state)
{
    (void)state;
    char to[5];
    hx_text_put(to, sizeof to, "P-07/li");
    assert_string_equal(to, "P-07");
    hx_text_put(to, sizeof to, NULL);
    assert_string_equal(to, "");
}

static void parts_are_put_one_behind_the_other(void **state)
{
    (void)state;
    char to[12], *end = to + sizeof to;
    char *at = hx_text_add(hx_text_add(to, end, "road:"), end, "voice");
    assert_string_equal(to, "road:voice");
    assert_ptr_equal(at, to + 10);
    at = hx_text_add(at, end, "mail");
    assert_string_equal(to, "road:voicem");
    assert_ptr_equal(hx_text_add(at, end, "more"), at);
    assert_string_equal(to, "road:voicem");
}

static void digits_of_any_number(void **state)
{
    (void)state;
    char room[HX_DIGITS];
    assert_string_equal(hx_text_digits(0, room), "0");
    assert_string_equal(hx_text_digits(1070, room), "1070");
    assert_string_equal(hx_text_digits(UINT64_MAX, room), "18446744073709551615");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(put_cuts_what_does_not_fit),
        cmocka_unit_test(parts_are_put_one_behind_the_other),
        cmocka_unit_test(digits_of_any_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
