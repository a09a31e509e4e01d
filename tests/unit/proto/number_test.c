/* Case numbers as people see and type them. */
#include "hongxin/number.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void test_prints_partition_only_when_there_are_several(void **state)
{
    (void)state;
    char text[HX_NUMBER_TEXT];
    assert_string_equal(hx_number_format(hx_number_make(0, 4711), text), "CL-4711");
    assert_string_equal(hx_number_format(hx_number_make(3, 4711), text), "CL-3-4711");
    assert_string_equal(hx_number_format((UINT64_C(1) << 53) - 1, text), "CL-8191-1099511627775");
}

static void test_takes_a_number_apart(void **state)
{
    (void)state;
    uint64_t n = hx_number_make(HX_NUMBER_PARTITION_MAX, HX_NUMBER_SEQUENCE_MAX);
    assert_true(n == (UINT64_C(1) << 53) - 1);
    n = hx_number_make(7, 12);
    assert_int_equal(hx_number_partition(n), 7);
    assert_int_equal(hx_number_sequence(n), 12);
}

static void test_reads_what_it_prints(void **state)
{
    (void)state;
    const uint64_t numbers[] = {1, 4711, HX_NUMBER_SEQUENCE_MAX, hx_number_make(1, 1),
                                hx_number_make(HX_NUMBER_PARTITION_MAX, HX_NUMBER_SEQUENCE_MAX)};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        char text[HX_NUMBER_TEXT];
        uint64_t back = 0;
        assert_int_equal(hx_number_parse(hx_number_format(numbers[i], text), &back), HX_OK);
        assert_true(back == numbers[i]);
    }
}

static void test_reads_what_people_type(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t number;
    } table[] = {
        {"cl-12", 12},
        {"CL-0012", 12},
        {"12", 12},
        {"CL-0-12", 12},
        {"3298534883340", UINT64_C(3) << 40 | 12},
        {"9007199254740991", (UINT64_C(1) << 53) - 1},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        uint64_t n = 0;
        assert_int_equal(hx_number_parse(table[i].text, &n), HX_OK);
        assert_true(n == table[i].number);
    }
}

static void test_refuses_what_is_no_number(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "CL",
                                      "CL-",
                                      "CL-0",
                                      "0",
                                      "CL-x",
                                      "CL-1 ",
                                      " CL-1",
                                      "CL-1-",
                                      "CL-1-0",
                                      "CL--1",
                                      "-1",
                                      "+1",
                                      "1.0",
                                      "1e3",
                                      "CL-8192-1",
                                      "CL-1099511627776",
                                      "CL-1-1099511627776",
                                      "1099511627776",
                                      "9007199254740992",
                                      "99999999999999999999999",
                                      "CL-1-2-3"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        uint64_t n = 99;
        if (hx_number_parse(bad[i], &n) != HX_INVALID)
            fail_msg("\"%s\" was read as a case number", bad[i]);
        assert_int_equal(n, 99);
    }
    uint64_t n;
    assert_int_equal(hx_number_parse(NULL, &n), HX_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_prints_partition_only_when_there_are_several),
        cmocka_unit_test(test_takes_a_number_apart),
        cmocka_unit_test(test_reads_what_it_prints),
        cmocka_unit_test(test_reads_what_people_type),
        cmocka_unit_test(test_refuses_what_is_no_number),
    };
    return cmocka_run_group_tests_name("number", tests, NULL, NULL);
}
