/* The ring of recent entries: whatever it still has is whole, and in order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "service/feeds/tail.h"
#include <string.h>

static void append(struct tail *t, uint64_t lsn, size_t size)
{
    uint8_t bytes[256];
    memset(bytes, (int)(lsn & 0xff), sizeof bytes);
    const struct tail_entry e = {.lsn = lsn, .case_number = lsn * 10, .bytes = bytes, .size = size};
    live_tail_append(t, &e);
}

static void assert_whole(const struct tail *t, uint64_t lsn, size_t size)
{
    const struct tail_entry *e = live_tail_find(t, lsn);
    assert_non_null(e);
    assert_int_equal(e->lsn, lsn);
    assert_int_equal(e->case_number, lsn * 10);
    assert_int_equal(e->size, size);
    for (size_t i = 0; i < size; i++)
        assert_int_equal(e->bytes[i], lsn & 0xff);
}

static void test_finds_what_was_appended(void **state)
{
    (void)state;
    struct tail t;
    assert_int_equal(live_tail_init(&t, 1000, 16, 5), HX_OK);
    assert_null(live_tail_find(&t, 5));
    append(&t, 5, 100);
    append(&t, 6, 50);
    assert_null(live_tail_find(&t, 4));
    assert_whole(&t, 5, 100);
    assert_whole(&t, 6, 50);
    assert_null(live_tail_find(&t, 7));
    live_tail_fini(&t);
}

/* Sizes that never fit the ring evenly, many times round: what it has is never torn. */
static void test_oldest_go_first_and_nothing_is_torn(void **state)
{
    (void)state;
    struct tail t;
    assert_int_equal(live_tail_init(&t, 1000, 64, 1), HX_OK);
    for (uint64_t lsn = 1; lsn <= 2000; lsn++) {
        append(&t, lsn, 1 + lsn * 37 % 200);
        assert_int_equal(t.next, lsn + 1);
        assert_true(t.oldest <= lsn);
        for (uint64_t k = t.oldest; k <= lsn; k++)
            assert_whole(&t, k, 1 + k * 37 % 200);
        assert_null(live_tail_find(&t, t.oldest - 1));
    }
    assert_true(t.next - t.oldest >= 4);
    live_tail_fini(&t);
}

static void test_slots_bound_it_too(void **state)
{
    (void)state;
    struct tail t;
    assert_int_equal(live_tail_init(&t, 100000, 8, 1), HX_OK);
    for (uint64_t lsn = 1; lsn <= 100; lsn++)
        append(&t, lsn, 10);
    assert_int_equal(t.next - t.oldest, 8);
    assert_whole(&t, 93, 10);
    live_tail_fini(&t);
}

static void test_a_jump_begins_anew(void **state)
{
    (void)state;
    struct tail t;
    assert_int_equal(live_tail_init(&t, 1000, 16, 1), HX_OK);
    append(&t, 1, 10);
    append(&t, 7, 10);
    assert_null(live_tail_find(&t, 1));
    assert_whole(&t, 7, 10);
    live_tail_fini(&t);
}

static void test_an_entry_larger_than_the_ring_is_left_out(void **state)
{
    (void)state;
    struct tail t;
    assert_int_equal(live_tail_init(&t, 64, 16, 1), HX_OK);
    append(&t, 1, 10);
    append(&t, 2, 100);
    append(&t, 3, 10);
    assert_null(live_tail_find(&t, 1));
    assert_null(live_tail_find(&t, 2));
    assert_whole(&t, 3, 10);
    live_tail_fini(&t);
}

static void test_decoded_forms_are_forgotten(void **state)
{
    (void)state;
    struct tail t;
    hxp_entry decoded = HONGXIN__V1__ENTRY__INIT;
    const uint8_t byte = 1;
    struct tail_entry e = {.lsn = 1, .bytes = &byte, .size = 1, .decoded = &decoded};
    assert_int_equal(live_tail_init(&t, 64, 16, 1), HX_OK);
    for (; e.lsn <= 40; e.lsn++) { /* some have gone before they are forgotten */
        live_tail_append(&t, &e);
        assert_ptr_equal(live_tail_find(&t, e.lsn)->decoded, &decoded);
        if (e.lsn % 20 == 0)
            live_tail_undecode(&t);
    }
    for (uint64_t lsn = t.oldest; lsn < t.next; lsn++)
        assert_null(live_tail_find(&t, lsn)->decoded);
    live_tail_fini(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_finds_what_was_appended),
        cmocka_unit_test(test_oldest_go_first_and_nothing_is_torn),
        cmocka_unit_test(test_slots_bound_it_too),
        cmocka_unit_test(test_a_jump_begins_anew),
        cmocka_unit_test(test_an_entry_larger_than_the_ring_is_left_out),
        cmocka_unit_test(test_decoded_forms_are_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
