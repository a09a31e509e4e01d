/* What pages that are behind share takes no more memory than it may, however long one stays behind.
 */
#include "board/live/told.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static const struct frame *keep(struct told *t, uint64_t lsn, size_t size)
{
    char *text = malloc(size);
    assert_non_null(text);
    memset(text, 'x', size);
    return told_keep(t, &(struct frame){.lsn = lsn, .text = text, .size = size});
}

static void test_what_was_told_is_found_until_it_is_forgotten(void **state)
{
    struct told t = {0};
    (void)state;
    assert_null(told_find(&t, 7));
    const struct frame *kept = keep(&t, 7, 100);
    assert_non_null(kept);
    assert_ptr_equal(told_find(&t, 7), kept);
    assert_null(told_find(&t, 7 + TOLD_FRAMES));
    assert_non_null(keep(&t, 7 + TOLD_FRAMES, 50)); /* in its place */
    assert_null(told_find(&t, 7));
    assert_int_equal(t.bytes, 50);
    told_forget(&t);
    assert_null(told_find(&t, 7 + TOLD_FRAMES));
    assert_int_equal(t.bytes, 0);
}

static void test_large_entries_have_a_bound_together(void **state)
{
    enum { LARGE = 300 << 10 };
    struct told t = {0};
    (void)state;
    for (uint64_t lsn = 1; lsn <= 200; lsn++) {
        assert_non_null(keep(&t, lsn, LARGE));
        assert_true(t.bytes <= TOLD_BYTES);
        size_t kept = 0;
        for (uint64_t i = 1; i <= lsn; i++)
            kept += told_find(&t, i) ? LARGE : 0;
        assert_int_equal(kept, t.bytes);
        assert_non_null(told_find(&t, lsn));
    }
    told_forget(&t);
}

static void test_one_that_alone_has_more_is_told_too(void **state)
{
    struct told t = {0};
    (void)state;
    assert_non_null(keep(&t, 1, 10));
    assert_non_null(keep(&t, 2, TOLD_BYTES + 1));
    assert_null(told_find(&t, 1));
    assert_non_null(keep(&t, 3, 10));
    assert_null(told_find(&t, 2));
    assert_int_equal(t.bytes, 10);
    told_forget(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_told_is_found_until_it_is_forgotten),
        cmocka_unit_test(test_large_entries_have_a_bound_together),
        cmocka_unit_test(test_one_that_alone_has_more_is_told_too),
    };
    return cmocka_run_group_tests_name("told", tests, NULL, NULL);
}
