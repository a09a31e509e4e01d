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
    while (!ring_takes(r, size))
        ring_drop_first(r);
    char *text = malloc(1);
    assert_non_null(text);
    assert_true(ring_put(r, &(struct frame){.lsn = lsn, .text = text, .size = size}));
}

static void test_everything_behind_an_entry_is_found(void **state)
{
    struct rings all = {0};
    struct ring r;
    (void)state;
    ring_open(&r, &all);
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
    assert_int_equal(all.bytes, 0);
    assert_int_equal(all.n, 0);
}

static void test_the_oldest_go_and_it_is_known_which(void **state)
{
    struct rings all = {0};
    struct ring r;
    (void)state;
    ring_open(&r, &all);
    for (uint64_t i = 1; i <= RING_FRAMES + 300; i++)
        put(&r, i, 1);
    assert_int_equal(r.n, RING_FRAMES);
    assert_int_equal(r.complete_from, 300);
    assert_int_equal(ring_at(&r, 0)->lsn, 301);
    assert_int_equal(ring_at(&r, r.n - 1)->lsn, RING_FRAMES + 300);
    assert_int_equal(ring_after(&r, RING_FRAMES), RING_FRAMES - 300);
    ring_free(&r);
}

/* An entry for which there was no memory is missing, also when what came before it goes. */
static void test_a_gap_stays_known(void **state)
{
    struct rings all = {0};
    struct ring r;
    (void)state;
    ring_open(&r, &all);
    put(&r, 5, 1);
    put(&r, 6, 1);
    r.complete_from = 7;
    put(&r, 8, 1);
    ring_drop_first(&r);
    assert_int_equal(r.complete_from, 7);
    ring_drop_first(&r);
    assert_int_equal(r.complete_from, 7);
    ring_drop_first(&r);
    assert_int_equal(r.complete_from, 8);
    ring_free(&r);
}

/* So large that its place beside it fits, too. */
enum { PIECE = MIB - (int)sizeof(struct frame) };

static void test_one_alone_may_have_more_than_its_share(void **state)
{
    struct rings all = {.n = 39};
    struct ring r;
    (void)state;
    ring_open(&r, &all);
    for (uint64_t i = 1; i <= 100; i++)
        put(&r, i, PIECE);
    assert_int_equal(r.bytes, RING_BYTES);
    assert_false(ring_is_over(&r));
    put(&r, 101, RING_BYTES + 1); /* one that alone has more is told too */
    assert_int_equal(r.n, 1);
    put(&r, 102, 1);
    assert_int_equal(r.n, 1);
    ring_free(&r);
}

static void test_many_have_their_share(void **state)
{
    enum { RINGS = 40, SHARE = RINGS_BYTES / RINGS };
    struct rings all = {0};
    struct ring r[RINGS];
    (void)state;
    for (size_t i = 0; i < RINGS; i++)
        ring_open(&r[i], &all);
    for (size_t i = 0; i < RINGS; i++) /* the first four take all there is */
        for (uint64_t lsn = 1; lsn <= 64; lsn++)
            put(&r[i], lsn, PIECE);
    assert_int_equal(r[3].bytes, RING_BYTES);
    assert_true(r[RINGS - 1].bytes > SHARE - MIB && r[RINGS - 1].bytes <= SHARE);
    for (size_t i = 0; i < RINGS; i++)
        while (ring_is_over(&r[i]))
            ring_drop_first(&r[i]);
    assert_true(all.bytes <= RINGS_BYTES);
    assert_true(r[0].bytes > SHARE - MIB);
    for (size_t i = 0; i < RINGS; i++)
        ring_free(&r[i]);
    assert_int_equal(all.bytes, 0);
}

/* What a flood has made grow does not stay when its entries are gone. */
static void test_places_go_with_what_stood_there(void **state)
{
    struct rings all = {0};
    struct ring r;
    (void)state;
    ring_open(&r, &all);
    for (uint64_t i = 1; i <= RING_FRAMES; i++)
        put(&r, i, 1);
    assert_int_equal(r.room, RING_FRAMES);
    while (r.n > 1000)
        ring_drop_first(&r);
    assert_true(r.room <= 4 * r.n);
    for (size_t i = 0; i < r.n; i++)
        assert_int_equal(ring_at(&r, i)->lsn, RING_FRAMES - 999 + i);
    ring_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_everything_behind_an_entry_is_found),
        cmocka_unit_test(test_the_oldest_go_and_it_is_known_which),
        cmocka_unit_test(test_a_gap_stays_known),
        cmocka_unit_test(test_one_alone_may_have_more_than_its_share),
        cmocka_unit_test(test_many_have_their_share),
        cmocka_unit_test(test_places_go_with_what_stood_there),
    };
    return cmocka_run_group_tests_name("ring", tests, NULL, NULL);
}
