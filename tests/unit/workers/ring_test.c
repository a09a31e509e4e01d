/* What is kept for pages that come back is all there, in its order, and no more than there may be.
 */
#include "board/live/ring.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

enum { MIB = 1 << 20 };

/* The ring goes by what a text says of its size. */
static void put(struct ring *r, uint64_t lsn, size_t size)
{
    while (ring_is_full(r, size))
        ring_drop_first(r);
    char *text = malloc(1);
    assert_non_null(text);
    ring_put(r, &(struct frame){.lsn = lsn, .text = text, .size = size});
}

static void test_everything_behind_an_entry_is_found(void **state)
{
    size_t all = 0;
    struct ring r = {.all = &all};
    (void)state;
    assert_int_equal(ring_after(&r, 0), 0);
    for (uint64_t i = 1; i <= 1000; i++)
        put(&r, 3 * i, 1);
    assert_int_equal(r.n, 1000);
    for (size_t i = 0; i < r.n; i++)
        assert_int_equal(ring_at(&r, i)->lsn, 3 * (i + 1));
    assert_int_equal(ring_after(&r, 0), 0);
    assert_int_equal(ring_after(&r, 3), 1);
    assert_int_equal(ring_after(&r, 4), 1);
    assert_int_equal(ring_after(&r, 2999), 999);
    assert_int_equal(ring_after(&r, 3000), 1000);
    ring_free(&r);
    assert_int_equal(all, 0);
}

static void test_the_oldest_go_and_it_is_known_which(void **state)
{
    size_t all = 0;
    struct ring r = {.all = &all};
    (void)state;
    for (uint64_t i = 1; i <= RING_FRAMES + 300; i++)
        put(&r, i, 1);
    assert_int_equal(r.n, RING_FRAMES);
    assert_int_equal(r.complete_from, 300);
    assert_int_equal(ring_at(&r, 0)->lsn, 301);
    assert_int_equal(ring_at(&r, r.n - 1)->lsn, RING_FRAMES + 300);
    assert_int_equal(ring_after(&r, RING_FRAMES), RING_FRAMES - 300);
    ring_free(&r);
}

static void test_one_alone_may_have_more_than_its_share(void **state)
{
    size_t all = 0;
    struct ring r = {.all = &all};
    (void)state;
    for (uint64_t i = 1; i <= 100; i++)
        put(&r, i, MIB);
    assert_int_equal(r.bytes, RING_BYTES);
    put(&r, 101, RING_BYTES + 1); /* one that alone has more is told too */
    assert_int_equal(r.n, 1);
    put(&r, 102, 1);
    assert_int_equal(r.bytes, 1);
    ring_free(&r);
}

static void test_many_have_their_share(void **state)
{
    enum { RINGS = 40 };
    size_t all = 0;
    struct ring r[RINGS] = {0};
    (void)state;
    for (size_t i = 0; i < RINGS; i++)
        r[i].all = &all;
    for (uint64_t lsn = 1; lsn <= 100; lsn++)
        for (size_t i = 0; i < RINGS; i++) {
            put(&r[i], lsn, MIB);
            assert_true(all <= RINGS_BYTES || r[i].bytes <= RING_SHARE);
        }
    assert_true(all <= RINGS_BYTES + RINGS * RING_SHARE);
    for (size_t i = 0; i < RINGS; i++)
        ring_free(&r[i]);
    assert_int_equal(all, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_everything_behind_an_entry_is_found),
        cmocka_unit_test(test_the_oldest_go_and_it_is_known_which),
        cmocka_unit_test(test_one_alone_may_have_more_than_its_share),
        cmocka_unit_test(test_many_have_their_share),
    };
    return cmocka_run_group_tests_name("ring", tests, NULL, NULL);
}
