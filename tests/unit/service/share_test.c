/* Who is served when, and who has to come back: one that floods delays nobody. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "service/doors/share.h"

/* A message of `size` bytes whose problem field tells whose it is. */
static int add(struct share *s, uint64_t source, const char *mark, size_t size)
{
    struct inbound in;
    inbound_init(&in);
    zmq_msg_close(&in.body);
    zmq_msg_init_size(&in.body, size);
    in.problem = mark;
    int rc = share_add(s, source, NULL, &in);
    inbound_fini(&in);
    return rc;
}

static const char *next(struct share *s)
{
    struct share_item *item = share_next(s);
    const char *mark = item ? item->in.problem : NULL;
    if (item)
        share_done(s, item);
    return mark;
}

static void one_source_is_served_in_its_order(void **state)
{
    (void)state;
    struct share s;
    share_init(&s, 100, 1 << 20);
    static const char *const marks[] = {"a", "b", "c"};
    for (int i = 0; i < 3; i++)
        assert_int_equal(add(&s, 7, marks[i], 100000), HX_OK);
    for (int i = 0; i < 3; i++)
        assert_string_equal(next(&s), marks[i]);
    assert_null(next(&s));
    assert_int_equal(s.n + s.lines + s.cost, 0);
    share_fini(&s);
}

static void a_flood_delays_the_others_by_one_round(void **state)
{
    (void)state;
    struct share s;
    share_init(&s, 5000, 1 << 30);
    for (int i = 0; i < 4000; i++)
        assert_int_equal(add(&s, 1, "flood", 60000), HX_OK);
    assert_string_equal(next(&s), "flood");
    for (int i = 0; i < 3; i++)
        assert_int_equal(add(&s, 2, "quiet", 200), HX_OK);
    int floods = 0;
    for (int quiet = 0; quiet < 3;) {
        const char *mark = next(&s);
        quiet += *mark == 'q';
        floods += *mark == 'f';
    }
    assert_true(floods <= 2);
    share_fini(&s);
}

/* 64 connections of one source are one source: its share is that of the other one, in bytes. */
static void shares_are_equal_in_bytes_whatever_the_messages(void **state)
{
    (void)state;
    struct share s;
    size_t bytes[3] = {0};
    share_init(&s, 100000, 1 << 30);
    for (int i = 0; i < 200; i++)
        assert_int_equal(add(&s, 1, "1", 200000), HX_OK);
    for (int i = 0; i < 40000; i++)
        assert_int_equal(add(&s, 2, "2", 1000), HX_OK);
    while (bytes[1] + bytes[2] < 40000000) {
        int who = *next(&s) - '0';
        bytes[who] += (who == 1 ? 200000 : 1000) + SHARE_MESSAGE;
    }
    assert_in_range(bytes[1], 19000000, 21000000);
    share_fini(&s);
}

/* Whether the look is what is served. */
static void assert_served_as_seen(struct share *s, size_t wanted)
{
    struct share_item *seen[64];
    size_t n = share_look(s, seen, 64), before = s->n;
    assert_int_equal(n, wanted);
    assert_int_equal(s->n, before);
    for (size_t i = 0; i < n; i++) {
        struct share_item *item = share_next(s);
        assert_ptr_equal(item, seen[i]);
        share_done(s, item);
    }
}

static void a_look_sees_what_is_next(void **state)
{
    (void)state;
    struct share s;
    struct share_item *seen[8];
    share_init(&s, 100, 1 << 20);
    assert_int_equal(share_look(&s, seen, 8), 0);
    for (int i = 0; i < 12; i++)
        assert_int_equal(add(&s, 1, "flood", 15 * 1024), HX_OK);
    assert_int_equal(share_look(&s, seen, 8), 8);
    assert_served_as_seen(&s, 12);
    for (int i = 0; i < 12; i++)
        assert_int_equal(add(&s, 1, "flood", 15 * 1024), HX_OK);
    assert_int_equal(add(&s, 2, "quiet", 10), HX_OK);
    assert_int_equal(add(&s, 3, "large", 100 * 1024), HX_OK);
    assert_served_as_seen(&s, 4 + 1);
    assert_string_equal(next(&s), "flood");
    assert_served_as_seen(&s, 3 + 1);
    share_fini(&s);
}

static void a_full_line_says_when_to_come_back(void **state)
{
    (void)state;
    struct share s;
    share_init(&s, 10, 5000);
    assert_int_equal(add(&s, 1, "large", 100000), HX_OK); /* one always finds room */
    assert_int_equal(add(&s, 1, "more", 10), HX_FULL);
    for (int i = 0; i < 10; i++)
        assert_int_equal(add(&s, 2, "small", 10), HX_OK);
    assert_int_equal(add(&s, 2, "one more", 10), HX_FULL);
    assert_int_equal(add(&s, 3, "another's", 10), HX_OK);
    assert_int_equal(s.refused, 2);
    for (int i = 0; i < 1000; i++)
        share_served(&s, 1000, 100000); /* 10 bytes in a millisecond */
    assert_in_range(share_wait_ms(&s, 1), 100256 / 2 * 3 / 10 - 1, 100256 / 2 * 3 / 10 + 1);
    assert_int_equal(share_wait_ms(&s, 99), 50);
    while (next(&s))
        ;
    assert_int_equal(add(&s, 2, "again", 10), HX_OK);
    share_fini(&s);
}

static void a_principal_is_one_source_by_all_its_connections(void **state)
{
    (void)state;
    const struct peer a = {.size = 5, .id = {0, 1, 2, 3, 4}},
                      b = {.size = 5, .id = {0, 1, 2, 3, 5}};
    assert_true(share_source("desk", &a) == share_source("desk", &b));
    assert_true(share_source("desk", &a) != share_source("desk2", &a));
    assert_true(share_source(NULL, &a) != share_source(NULL, &b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_source_is_served_in_its_order),
        cmocka_unit_test(a_flood_delays_the_others_by_one_round),
        cmocka_unit_test(shares_are_equal_in_bytes_whatever_the_messages),
        cmocka_unit_test(a_look_sees_what_is_next),
        cmocka_unit_test(a_full_line_says_when_to_come_back),
        cmocka_unit_test(a_principal_is_one_source_by_all_its_connections),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
