/* The second pair of hands: what is given is done, in order, and is done when it was waited for. */
#include "service/helper.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* after those above */
#include <cmocka.h>

enum { PIECES = 100 };

struct notes {
    int written[PIECES];
    int n;
};

struct piece {
    struct notes *to;
    int number;
};

static void write_down(void *ctx)
{
    struct piece *p = ctx;
    p->to->written[p->to->n++] = p->number;
}

static void pieces_are_done_in_order(void **state)
{
    (void)state;
    struct helper *h;
    struct notes notes = {.n = 0};
    struct piece pieces[PIECES];
    uint64_t last = 0;
    assert_int_equal(helper_open(&h), HX_OK);
    for (int i = 0; i < PIECES; i++) {
        pieces[i] = (struct piece){&notes, i};
        last = helper_give(h, write_down, &pieces[i]);
    }
    helper_wait(h, last);
    assert_int_equal(notes.n, PIECES);
    for (int i = 0; i < PIECES; i++)
        assert_int_equal(notes.written[i], i);
    helper_close(h);
}

static void one_piece_can_be_waited_for_while_more_follow(void **state)
{
    (void)state;
    struct helper *h;
    struct notes first = {.n = 0}, second = {.n = 0};
    struct piece a = {&first, 1}, b = {&second, 2};
    assert_int_equal(helper_open(&h), HX_OK);
    helper_wait(h, 0);
    uint64_t one = helper_give(h, write_down, &a);
    uint64_t two = helper_give(h, write_down, &b);
    helper_wait(h, one);
    assert_int_equal(first.n, 1);
    helper_wait(h, two);
    assert_int_equal(second.n, 1);
    helper_wait(h, one);
    helper_close(h);
}

static void what_was_given_is_done_before_the_end(void **state)
{
    (void)state;
    struct helper *h;
    struct notes notes = {.n = 0};
    struct piece a = {&notes, 1}, b = {&notes, 2};
    assert_int_equal(helper_open(&h), HX_OK);
    (void)helper_give(h, write_down, &a);
    (void)helper_give(h, write_down, &b);
    helper_close(h);
    assert_int_equal(notes.n, 2);
    helper_close(NULL);
}

/* Holds the helper up until the test lets it go. */
static void wait_there(void *barrier)
{
    pthread_barrier_wait(barrier);
    pthread_barrier_wait(barrier);
}

static void what_nobody_has_begun_can_be_taken_back(void **state)
{
    (void)state;
    struct helper *h;
    struct notes notes = {.n = 0};
    struct piece a = {&notes, 1}, b = {&notes, 2};
    pthread_barrier_t barrier;
    pthread_barrier_init(&barrier, NULL, 2);
    assert_int_equal(helper_open(&h), HX_OK);
    (void)helper_give(h, wait_there, &barrier);
    pthread_barrier_wait(&barrier); /* it has begun that one */
    assert_true(helper_cancel(h, helper_give(h, write_down, &a)));
    uint64_t second = helper_give(h, write_down, &b);
    pthread_barrier_wait(&barrier);
    helper_wait(h, second);
    assert_int_equal(notes.n, 1);
    assert_int_equal(notes.written[0], 2);
    assert_false(helper_cancel(h, second));
    helper_close(h);
    pthread_barrier_destroy(&barrier);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_done_in_order),
        cmocka_unit_test(one_piece_can_be_waited_for_while_more_follow),
        cmocka_unit_test(what_nobody_has_begun_can_be_taken_back),
        cmocka_unit_test(what_was_given_is_done_before_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
