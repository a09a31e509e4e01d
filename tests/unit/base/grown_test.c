/* A list that grows keeps what it has, and is moved only when it is full. */
#include "base/grown.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void a_list_grows_and_keeps_what_it_has(void **state)
{
    (void)state;
    unsigned *list = NULL;
    size_t cap = 0;
    for (unsigned n = 0; n < 1000; n++) {
        unsigned *grown = hx_grown(list, n, &cap, sizeof *list);
        assert_non_null(grown);
        list = grown;
        assert_true(cap > n);
        list[n] = n;
    }
    for (unsigned n = 0; n < 1000; n++)
        assert_int_equal(list[n], n);
    free(list);
}

static void a_list_with_room_stays_where_it_is(void **state)
{
    (void)state;
    size_t cap = 0;
    unsigned *list = hx_grown(NULL, 0, &cap, sizeof *list);
    assert_non_null(list);
    assert_int_equal(cap, HX_GROWN_FIRST);
    for (size_t n = 0; n < HX_GROWN_FIRST; n++)
        assert_ptr_equal(hx_grown(list, n, &cap, sizeof *list), list);
    assert_int_equal(cap, HX_GROWN_FIRST);
    free(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_grows_and_keeps_what_it_has),
        cmocka_unit_test(a_list_with_room_stays_where_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
