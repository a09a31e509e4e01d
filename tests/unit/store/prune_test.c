/* Entries of old closed cases go; what stands in numbers and counters stays. */
#include "unit/store/fixture.h"

static void close_case(struct fx *fx, uint64_t number)
{
    fx_put(fx, &(struct fx_entry){.number = number,
                                  .cause = "CALLBACK_OK",
                                  .to = "CLOSED",
                                  .closed = true,
                                  .kept = "K_PROMISE",
                                  .audience = {"P-1", "city"}});
}

static void old_closed_cases_are_pruned_and_stay_counted(void **state)
{
    struct fx *fx = *state;
    struct hx_seen seen;
    size_t done;
    int64_t t = fx->now;
    fx_begin(fx);
    for (unsigned i = 1; i <= 6; i++) /* LSN 1 … 6, ids ev-1 … ev-6 */
        fx_report(fx, i);
    close_case(fx, 1); /* 7 */
    close_case(fx, 3); /* 8 */
    fx->now = t + HX_DAY;
    close_case(fx, 5); /* 9 */
    fx_report(fx, 10); /* 10: case 7 */
    fx_commit(fx);
    assert_int_equal(hx_store_prune(fx->st, t + HX_HOUR, 100, &done), HX_OK);
    assert_int_equal(done, 0); /* nothing is projected yet */
    fx_project(fx);
    assert_int_equal(hx_store_prune(fx->st, t + HX_HOUR, 100, &done), HX_OK);
    assert_int_equal(done, 4); /* cases 1 and 3; 5 ended later, the others are open */
    assert_int_equal(hx_store_oldest_lsn(fx->st), 9);
    assert_string_equal(fx_audience(fx, "city", 0), "2,4,5,6,9,10");
    assert_int_equal(fx_count(fx, "2026-09", "city", "", "reported"), 7);
    assert_int_equal(fx_count(fx, "2026-09", "city", "", "kept:K_PROMISE"), 3);
    fx_begin(fx);
    assert_int_equal(fx->ops->seen_load(fx->st, "hotline", "ev-00000001", &seen), HX_NOTFOUND);
    assert_int_equal(fx->ops->seen_load(fx->st, "hotline", "ev-00000002", &seen), HX_OK);
    hx_store_abort(fx->st);
    assert_int_equal(hx_store_case(fx->st, 1, &fx->c), HX_OK);
    assert_int_equal(fx_problems(fx), 0);

    /* counters survive a rebuild although the entries are gone */
    assert_int_equal(hx_store_rebuild(fx->st, "tally"), HX_OK);
    assert_int_equal(hx_store_prune(fx->st, t + HX_HOUR, 100, &done), HX_AGAIN);
    fx_project(fx);
    assert_int_equal(fx_count(fx, "2026-09", "city", "", "reported"), 7);
    assert_int_equal(fx_problems(fx), 0);
    fx_reopen(fx);
    assert_int_equal(hx_store_oldest_lsn(fx->st), 9);
}

static void numbers_go_on_after_everything_is_pruned(void **state)
{
    struct fx *fx = *state;
    size_t done;
    fx_begin(fx);
    fx_report(fx, 1);
    close_case(fx, 1);
    fx_report(fx, 3);
    close_case(fx, 2);
    fx_commit(fx);
    fx_project(fx);
    assert_int_equal(hx_store_prune(fx->st, INT64_MAX, 100, &done), HX_OK);
    assert_int_equal(done, 2); /* the newest entry stays, and with it its case */
    fx_reopen(fx);
    assert_int_equal(hx_store_newest_lsn(fx->st), 4);
    assert_int_equal(hx_store_last_now(fx->st), fx->now);
    fx_begin(fx);
    fx_report(fx, 5);
    fx_commit(fx);
    assert_int_equal(hx_store_newest_lsn(fx->st), 5);
    assert_int_equal(fx_problems(fx), 0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fx_setup, fx_teardown)
    const struct CMUnitTest tests[] = {
        T(old_closed_cases_are_pruned_and_stay_counted),
        T(numbers_go_on_after_everything_is_pruned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
