/* The arena: zeroed memory, limits, and what a reset gives back. */
#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void hands_out_zeroed_aligned_memory(void **state)
{
    (void)state;
    struct hx_arena a;
    hx_arena_init(&a, 0);
    for (size_t size = 1; size < 200000; size = size * 3 + 1) {
        unsigned char *p = hx_arena_alloc(&a, size);
        assert_non_null(p);
        assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(p[i], 0);
        memset(p, 0xff, size);
    }
    hx_arena_fini(&a);
}

static void memory_is_zeroed_again_after_a_reset(void **state)
{
    (void)state;
    struct hx_arena a;
    hx_arena_init(&a, 0);
    memset(hx_arena_alloc(&a, 1000), 0xff, 1000);
    hx_arena_reset(&a);
    const unsigned char *p = hx_arena_alloc(&a, 1000);
    for (size_t i = 0; i < 1000; i++)
        assert_int_equal(p[i], 0);
    hx_arena_fini(&a);
}

static void says_when_the_limit_is_reached(void **state)
{
    (void)state;
    struct hx_arena a;
    hx_arena_init(&a, 4096);
    assert_non_null(hx_arena_alloc(&a, 4000));
    assert_false(hx_arena_failed(&a));
    assert_null(hx_arena_alloc(&a, 4000));
    assert_true(hx_arena_failed(&a));
    hx_arena_reset(&a);
    assert_false(hx_arena_failed(&a));
    assert_non_null(hx_arena_alloc(&a, 4000));
    hx_arena_fini(&a);
}

static void goes_back_to_a_mark(void **state)
{
    (void)state;
    struct hx_arena a;
    hx_arena_init(&a, 1000 * 1000);
    char *kept = hx_arena_strdup(&a, "kept");
    const struct hx_arena_mark mark = hx_arena_mark(&a);
    for (int i = 0; i < 1000; i++) { /* far more than the limit, one after the other */
        assert_non_null(hx_arena_alloc(&a, 100));
        assert_non_null(hx_arena_alloc(&a, 500000));
        hx_arena_back(&a, &mark);
    }
    assert_string_equal(kept, "kept");
    const unsigned char *p = hx_arena_alloc(&a, 1000);
    for (size_t i = 0; i < 1000; i++)
        assert_int_equal(p[i], 0);
    assert_string_equal(kept, "kept");
    hx_arena_fini(&a);
}

static void copies_text(void **state)
{
    (void)state;
    struct hx_arena a;
    hx_arena_init(&a, 0);
    assert_string_equal(hx_arena_strndup(&a, "holder:P-07/li", 11), "holder:P-07");
    assert_string_equal(hx_arena_printf(&a, "%s-%d", "CL", 17), "CL-17");
    assert_string_equal(
        hx_arena_join(&a, (const char *const[]){"workdays", "@", "china", "/", "1", NULL}),
        "workdays@china/1");
    assert_string_equal(hx_arena_join(&a, (const char *const[]){NULL}), "");
    assert_null(hx_arena_strdup(&a, NULL));
    hx_arena_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hands_out_zeroed_aligned_memory),
        cmocka_unit_test(memory_is_zeroed_again_after_a_reset),
        cmocka_unit_test(says_when_the_limit_is_reached),
        cmocka_unit_test(goes_back_to_a_mark),
        cmocka_unit_test(copies_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
