/* The due table: one row per case at or before its next mark. */
#include "unit/store/fixture.h"

#include <stdlib.h>

enum { MANY = 16 };

static uint64_t new_case(struct fx *fx, int64_t due)
{
    fx_put(fx, &(struct fx_entry){.cause = "REPORTED", .due = due});
    return fx->c.number;
}

static void save(struct fx *fx, uint64_t number, int64_t due)
{
    assert_int_equal(fx->ops->case_load(fx->st, number, &fx->c), HX_OK);
    assert_int_equal(fx->ops->case_save(fx->st, &fx->c, due), HX_OK);
}

static size_t rows_in_table(struct fx *fx)
{
    struct hx_store_stats s;
    assert_int_equal(hx_store_stats(fx->st, &s), HX_OK);
    return s.due;
}

static void first_rows_come_in_order_and_no_later_one(void **state)
{
    struct fx *fx = *state;
    struct hx_due_row rows[MANY];
    size_t n;
    fx_begin(fx);
    new_case(fx, FX_T0 + 300);
    new_case(fx, FX_T0 + 100);
    new_case(fx, FX_T0 + 200);
    new_case(fx, FX_T0 + 100);
    fx_commit(fx);
    fx_begin(fx);
    assert_int_equal(hx_store_due_take(fx->st, FX_T0 + 99, MANY, rows, &n), HX_OK);
    assert_int_equal(n, 0);
    assert_int_equal(hx_store_due_take(fx->st, FX_T0 + 200, 2, rows, &n), HX_OK);
    assert_int_equal(n, 2);
    assert_int_equal(rows[0].case_number, 2);
    assert_int_equal(rows[1].case_number, 4);
    assert_int_equal(hx_store_due_take(fx->st, FX_T0 + 200, MANY, rows, &n), HX_OK);
    assert_int_equal(n, 1);
    assert_int_equal(rows[0].case_number, 3);
    assert_int_equal(rows[0].due, FX_T0 + 200);
    hx_store_abort(fx->st);
    assert_int_equal(rows_in_table(fx), 4); /* an aborted take takes nothing */
}

static void later_mark_leaves_the_row_where_it_is(void **state)
{
    struct fx *fx = *state;
    struct hx_due_row rows[MANY];
    size_t n;
    fx_begin(fx);
    uint64_t number = new_case(fx, FX_T0 + 100);
    save(fx, number, FX_T0 + 500);
    assert_int_equal(fx->c.due_row, FX_T0 + 100);
    fx_commit(fx);
    assert_int_equal(rows_in_table(fx), 1);

    /* when it comes up too early the case only gets its next row */
    fx_begin(fx);
    assert_int_equal(hx_store_due_take(fx->st, FX_T0 + 100, MANY, rows, &n), HX_OK);
    assert_int_equal(n, 1);
    save(fx, number, FX_T0 + 500);
    assert_int_equal(fx->c.due_row, FX_T0 + 500);
    fx_commit(fx);
    assert_int_equal(rows_in_table(fx), 1);
    assert_int_equal(fx_problems(fx), 0);
}

static void earlier_mark_adds_a_row(void **state)
{
    struct fx *fx = *state;
    struct hx_due_row rows[MANY];
    size_t n;
    int64_t due;
    fx_begin(fx);
    uint64_t number = new_case(fx, FX_T0 + 500);
    save(fx, number, FX_T0 + 100);
    assert_int_equal(hx_store_due_first(fx->st, &due), HX_OK);
    assert_int_equal(due, FX_T0 + 100);
    fx_commit(fx);
    assert_int_equal(rows_in_table(fx), 2);

    /* the first comes up, its mark fires, the next one is where the old row still stands */
    fx_begin(fx);
    assert_int_equal(hx_store_due_take(fx->st, FX_T0 + 100, MANY, rows, &n), HX_OK);
    save(fx, number, FX_T0 + 500);
    fx_commit(fx);
    assert_int_equal(rows_in_table(fx), 1);

    /* nothing more to come: the row goes when it is up */
    fx_begin(fx);
    assert_int_equal(hx_store_due_take(fx->st, FX_T0 + 500, MANY, rows, &n), HX_OK);
    save(fx, number, INT64_MAX);
    assert_int_equal(fx->c.due_row, 0);
    fx_commit(fx);
    assert_int_equal(rows_in_table(fx), 0);
    assert_int_equal(hx_store_due_first(fx->st, &due), HX_NOTFOUND);
}

static void finished_case_keeps_its_row_until_it_comes_up(void **state)
{
    struct fx *fx = *state;
    fx_begin(fx);
    uint64_t number = new_case(fx, FX_T0 + 100);
    save(fx, number, INT64_MAX);
    assert_int_equal(fx->c.due_row, FX_T0 + 100);
    /* and it serves again if the case is reopened meanwhile */
    save(fx, number, FX_T0 + 900);
    assert_int_equal(fx->c.due_row, FX_T0 + 100);
    fx_commit(fx);
    assert_int_equal(rows_in_table(fx), 1);
}

static void row_at_the_taken_instant_of_another_case_stands(void **state)
{
    struct fx *fx = *state;
    struct hx_due_row rows[MANY];
    size_t n;
    fx_begin(fx);
    uint64_t one = new_case(fx, FX_T0 + 100), two = new_case(fx, FX_T0 + 100);
    fx_commit(fx);
    fx_begin(fx);
    assert_int_equal(hx_store_due_take(fx->st, FX_T0 + 100, 1, rows, &n), HX_OK);
    assert_int_equal(rows[0].case_number, one);
    save(fx, one, INT64_MAX);
    save(fx, two, FX_T0 + 700); /* an event for the other one in the same batch */
    assert_int_equal(fx->c.due_row, FX_T0 + 100);
    fx_commit(fx);
    assert_int_equal(rows_in_table(fx), 1);
}

/* Random life of many cases against a plain model: no case is ever without a row at or before its
 * next mark, and each row that comes up names a case that has one. */
static void no_mark_is_ever_forgotten(void **state)
{
    enum { CASES = 40, STEPS = 3000 };
    struct fx *fx = *state;
    int64_t next[CASES + 1], now = FX_T0;
    unsigned seed = 12345;
    fx_begin(fx);
    for (int i = 1; i <= CASES; i++) {
        next[i] = FX_T0 + 1000 * i;
        assert_int_equal(new_case(fx, next[i]), i);
    }
    for (int step = 0; step < STEPS; step++) {
        struct hx_due_row rows[MANY];
        size_t n;
        if (step % 7 == 0) {
            fx_commit(fx);
            fx_begin(fx);
        }
        now += rand_r(&seed) % 200;
        int i = 1 + rand_r(&seed) % CASES;
        next[i] = rand_r(&seed) % 5 ? now + rand_r(&seed) % 5000 : INT64_MAX;
        save(fx, (uint64_t)i, next[i]);
        do {
            assert_int_equal(hx_store_due_take(fx->st, now, MANY, rows, &n), HX_OK);
            for (size_t r = 0; r < n; r++) {
                uint64_t number = rows[r].case_number;
                if (next[number] <= now)
                    next[number] = INT64_MAX; /* fires */
                save(fx, number, next[number]);
            }
        } while (n == MANY);
        for (int j = 1; j <= CASES; j++)
            assert_true(next[j] > now); /* all that was due has fired */
    }
    fx_commit(fx);
    assert_int_equal(fx_problems(fx), 0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fx_setup, fx_teardown)
    const struct CMUnitTest tests[] = {
        T(first_rows_come_in_order_and_no_later_one),
        T(later_mark_leaves_the_row_where_it_is),
        T(earlier_mark_adds_a_row),
        T(finished_case_keeps_its_row_until_it_comes_up),
        T(row_at_the_taken_instant_of_another_case_stands),
        T(no_mark_is_ever_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
