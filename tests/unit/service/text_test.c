/* Which bytes are text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hongxin/schema.h"
#include "service/text.h"

static bool ok(const char *s)
{
    return text_is_utf8(s);
}

static void test_text_of_the_world(void **state)
{
    (void)state;
    assert_true(ok(""));
    assert_true(ok("P-07/li, at the gate of building 3"));
    assert_true(ok("电梯坏了，三号楼"));
    assert_true(ok("\xF0\x9F\x8F\xA0 home"));
    assert_true(ok("\xF4\x8F\xBF\xBF"));
}

static void test_what_is_not_utf8(void **state)
{
    (void)state;
    assert_false(ok("\x80"));
    assert_false(ok("abcdefgh\xC3"));             /* cut */
    assert_false(ok("\xC0\xAF"));                 /* overlong */
    assert_false(ok("\xE0\x80\xAF"));             /* overlong */
    assert_false(ok("\xF0\x80\x80\xAF"));         /* overlong */
    assert_false(ok("\xED\xA0\x80"));             /* surrogate */
    assert_false(ok("\xF4\x90\x80\x80"));         /* above U+10FFFF */
    assert_false(ok("\xF8\x88\x80\x80\x80"));     /* five bytes */
    assert_false(ok("\xB5\xE7\xCC\xDD\xBB\xB5")); /* GBK */
}

static void test_every_field_of_a_message(void **state)
{
    (void)state;
    Hongxin__V1__Filter filter = HONGXIN__V1__FILTER__INIT;
    Hongxin__V1__Hello hello = HONGXIN__V1__HELLO__INIT;
    hello.filter = &filter;
    hello.subscriber = "company:P-07";
    assert_true(text_all_utf8(&hello.base));
    filter.places = (char *[]){"S-02", "\xFF"};
    filter.n_places = 2;
    assert_false(text_all_utf8(&hello.base));
    filter.n_places = 1;
    assert_true(text_all_utf8(&hello.base));
    hello.subscriber = "\xFF";
    assert_false(text_all_utf8(&hello.base));
}

static void test_only_the_member_that_is_set(void **state)
{
    (void)state;
    hxp_request request = HONGXIN__V1__REQUEST__INIT;
    Hongxin__V1__CaseQuery q = HONGXIN__V1__CASE_QUERY__INIT;
    q.ref = "\xFF";
    request.ask_case = HONGXIN__V1__REQUEST__ASK_CASE_QUERY;
    request.case_query = &q;
    assert_false(text_all_utf8(&request.base));
    request.ask_case = HONGXIN__V1__REQUEST__ASK__NOT_SET;
    assert_true(text_all_utf8(&request.base));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_of_the_world),
        cmocka_unit_test(test_what_is_not_utf8),
        cmocka_unit_test(test_every_field_of_a_message),
        cmocka_unit_test(test_only_the_member_that_is_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
