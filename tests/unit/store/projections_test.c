/* feed, open and tally: the tail and the rows say the same, a rebuild says the same again. */
#include "unit/store/fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Five complaints; 2 changes its holder, 3 and 4 end, 4 is reopened. */
static void tell_story(struct fx *fx)
{
    static const char *const grids[] = {"G-1", "G-2", "G-1", "G-2", "G-1"};
    fx_begin(fx);
    for (int i = 0; i < 5; i++)
        fx_put(fx, &(struct fx_entry){.cause = "REPORTED",
                                      .to = "DISPATCHED",
                                      .holder = "P-1",
                                      .grid = grids[i],
                                      .audience = {"P-1", "city"},
                                      .due = fx->now + 1000});
    fx_commit(fx);
    fx_begin(fx);
    fx_put(fx, &(struct fx_entry){.number = 2,
                                  .cause = "HOLDER_CHANGED",
                                  .holder = "P-2",
                                  .grid = "G-2",
                                  .audience = {"P-1", "P-2"}});
    fx_put(fx, &(struct fx_entry){.number = 3,
                                  .cause = "CALLBACK_OK",
                                  .to = "CLOSED",
                                  .closed = true,
                                  .holder = "P-1",
                                  .grid = "G-1",
                                  .kept = "K_PROMISE",
                                  .audience = {"P-1"}});
    fx_put(fx, &(struct fx_entry){.number = 4,
                                  .cause = "MERGED_INTO",
                                  .to = "CLOSED",
                                  .closed = true,
                                  .holder = "P-1",
                                  .grid = "G-2"});
    fx_put(fx, &(struct fx_entry){.number = 4,
                                  .cause = "REOPENED",
                                  .to = "DISPATCHED",
                                  .holder = "P-3",
                                  .grid = "G-2",
                                  .audience = {"P-3"}});
    fx_put(fx, &(struct fx_entry){.number = 1,
                                  .cause = "K_ARRIVE/L2",
                                  .holder = "P-1",
                                  .grid = "G-1",
                                  .broken = "K_ARRIVE",
                                  .broken_by = "P-9",
                                  .audience = {"P-1", "C-1"}});
    fx_commit(fx);
}

static void expect_story(struct fx *fx)
{
    assert_string_equal(fx_open_cases(fx, NULL), "1,2,4,5");
    assert_string_equal(fx_open_cases(fx, "G-1"), "1,5");
    assert_string_equal(fx_open_cases(fx, "S-2"), "2,4");
    assert_string_equal(fx_open_cases(fx, "E-2"), "2,4");
    assert_string_equal(fx_open_cases(fx, "P-1"), "1,5");
    assert_string_equal(fx_open_cases(fx, "P-2"), "2");
    assert_string_equal(fx_open_cases(fx, "holder:P-3"), "4");
    assert_string_equal(fx_open_cases(fx, "place:P-3"), "");
    assert_string_equal(fx_open_cases(fx, "nobody"), "");
    assert_string_equal(fx_audience(fx, "P-1", 0), "1,2,3,4,5,6,7,10");
    assert_string_equal(fx_audience(fx, "P-1", 4), "4,5,6,7,10");
    assert_string_equal(fx_audience(fx, "P-2", 0), "6");
    assert_string_equal(fx_audience(fx, "P", 0), "");
    assert_string_equal(fx_audience(fx, "C-1", 11), "");
    assert_int_equal(fx_count(fx, "2026-09-21", "city", "", "reported"), 5);
    assert_int_equal(fx_count(fx, "2026-09", "city", NULL, "reported"), 5);
    assert_int_equal(fx_count(fx, "2026-09-21", "grid", "G-1", "reported"), 3);
    assert_int_equal(fx_count(fx, "2026-09-21", "holder", "P-1", "kept:K_PROMISE"), 1);
    assert_int_equal(fx_count(fx, "2026-09", "holder", "P-9", "broken:K_ARRIVE"), 1);
    assert_int_equal(fx_count(fx, "2026-09", "holder", "P-1", "broken:K_ARRIVE"), 0);
    assert_int_equal(fx_count(fx, "2026-09-21", "street", "S-2", "closed:CLOSED"), 1);
    assert_int_equal(fx_count(fx, "2026-09-21", "city", "", "reopened"), 1);
    assert_int_equal(fx_count(fx, "2026-09-22", NULL, NULL, "reported"), 0);
}

static void the_tail_answers_before_any_step(void **state)
{
    struct fx *fx = *state;
    tell_story(fx);
    assert_int_equal(hx_store_project_behind(fx->st), 10);
    expect_story(fx);
}

/* Corner 32: what is proven late counts when it happened. */
static void a_fact_counts_on_the_day_of_its_effective_time(void **state)
{
    struct fx *fx = *state;
    tell_story(fx);
    assert_int_equal(hx_store_begin(fx->st), HX_OK);
    fx_put(fx, &(struct fx_entry){.number = 1,
                                  .cause = "ARRIVED",
                                  .holder = "P-1",
                                  .grid = "G-1",
                                  .kept = "K_ARRIVE",
                                  .eff = fx->now - INT64_C(31) * 24 * 3600 * 1000});
    fx_commit(fx);
    assert_int_equal(fx_count(fx, "2026-08", "holder", "P-1", "kept:K_ARRIVE"), 1);
    fx_project(fx);
    assert_int_equal(fx_count(fx, "2026-08", "holder", "P-1", "kept:K_ARRIVE"), 1);
    assert_int_equal(fx_count(fx, "2026-09", "holder", "P-1", "kept:K_ARRIVE"), 0);
}

static void a_half_done_projection_answers_the_same(void **state)
{
    struct fx *fx = *state;
    size_t done;
    tell_story(fx);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(hx_store_project(fx->st, 1, &done), HX_OK);
        assert_int_equal(done, 1);
        expect_story(fx);
    }
    assert_int_equal(hx_store_project(fx->st, 1, &done), HX_OK);
    assert_int_equal(done, 0);
    assert_int_equal(fx_problems(fx), 0);
}

static void steps_of_any_size_lead_to_the_same(void **state)
{
    struct fx *fx = *state;
    size_t done;
    tell_story(fx);
    assert_int_equal(hx_store_project(fx->st, 7, &done), HX_OK);
    assert_int_equal(done, 7);
    expect_story(fx);
    fx_reopen(fx);
    assert_int_equal(hx_store_project_behind(fx->st), 3);
    expect_story(fx);
    fx_project(fx);
    expect_story(fx);
    assert_int_equal(fx_problems(fx), 0);
}

static void an_open_transaction_shows_nothing(void **state)
{
    struct fx *fx = *state;
    tell_story(fx);
    fx_begin(fx);
    fx_report(fx, 77);
    fx_put(fx, &(struct fx_entry){
                   .number = 1, .cause = "WITHDRAWN", .to = "WITHDRAWN", .closed = true});
    expect_story(fx);
    assert_int_equal(hx_store_newest_lsn(fx->st), 10);
    hx_store_abort(fx->st);
    expect_story(fx);
    fx_project(fx);
    expect_story(fx);
}

static void rebuild_serves_the_old_rows_meanwhile(void **state)
{
    struct fx *fx = *state;
    static const char *const names[] = {"feed", "open", "tally"};
    size_t done;
    tell_story(fx);
    fx_project(fx);
    assert_int_equal(hx_store_rebuild(fx->st, "due"), HX_NOTFOUND);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(hx_store_rebuild(fx->st, names[i]), HX_OK);
        assert_true(hx_store_rebuilding(fx->st));
        while (hx_store_rebuilding(fx->st)) {
            assert_int_equal(hx_store_project(fx->st, 3, &done), HX_OK);
            expect_story(fx);
        }
    }
    assert_int_equal(fx_problems(fx), 0);
}

static void rebuild_goes_on_after_a_restart_and_under_load(void **state)
{
    struct fx *fx = *state;
    size_t done;
    tell_story(fx);
    fx_project(fx);
    assert_int_equal(hx_store_rebuild(fx->st, "open"), HX_OK);
    assert_int_equal(hx_store_project(fx->st, 4, &done), HX_OK);
    fx_reopen(fx);
    assert_true(hx_store_rebuilding(fx->st));
    fx_begin(fx);
    fx_put(fx, &(struct fx_entry){.number = 5,
                                  .cause = "CALLBACK_OK",
                                  .to = "CLOSED",
                                  .closed = true,
                                  .holder = "P-1",
                                  .grid = "G-1"});
    fx_commit(fx);
    assert_string_equal(fx_open_cases(fx, NULL), "1,2,4");
    fx_project(fx);
    assert_string_equal(fx_open_cases(fx, NULL), "1,2,4");
    assert_string_equal(fx_open_cases(fx, "P-1"), "1");
    assert_int_equal(fx_problems(fx), 0);
}

struct rows {
    char text[2048];
};

static int list_tally(void *ctx, const struct hx_tally *row)
{
    struct rows *r = ctx;
    size_t n = strlen(r->text);
    snprintf(r->text + n, sizeof r->text - n, "%s/%s/%s=%u\n", row->dimension, row->id, row->what,
             (unsigned)row->count);
    return 0;
}

static void counters_of_tail_and_rows_are_added_in_order(void **state)
{
    struct fx *fx = *state;
    struct rows before = {""}, after = {""};
    size_t done;
    const struct hx_tally_query q = {.period = "2026-09"}, wrong = {.dimension = "city"};
    tell_story(fx);
    assert_int_equal(hx_store_tally(fx->st, &q, list_tally, &before), HX_OK);
    assert_int_equal(hx_store_project(fx->st, 7, &done), HX_OK);
    assert_int_equal(hx_store_tally(fx->st, &q, list_tally, &after), HX_OK);
    assert_string_equal(before.text, after.text);
    assert_non_null(strstr(after.text, "city//closed:CLOSED=2\ncity//kept:K_PROMISE=1\n"));
    assert_int_equal(hx_store_tally(fx->st, &wrong, list_tally, &after), HX_INVALID);
}

static void a_day_begins_at_midnight_in_china(void **state)
{
    struct fx *fx = *state;
    fx->now = INT64_C(1790006399999); /* 2026-09-21T23:59:59.999+08:00 */
    fx_begin(fx);
    fx_report(fx, 1);
    fx->now++;
    fx_report(fx, 2);
    fx_commit(fx);
    assert_int_equal(fx_count(fx, "2026-09-21", "city", "", "reported"), 1);
    assert_int_equal(fx_count(fx, "2026-09-22", "city", "", "reported"), 1);
    assert_int_equal(fx_count(fx, "2026-09", "city", "", "reported"), 2);
}

struct nested {
    struct fx *fx;
    size_t n;
};

static int read_case(void *ctx, uint64_t number)
{
    struct nested *x = ctx;
    struct hx_case c;
    assert_int_equal(hx_store_case(x->fx->st, number, &c), HX_OK);
    assert_int_equal(c.number, number);
    x->n++;
    return 0;
}

static void walk_all(struct fx *fx)
{
    struct nested x = {.fx = fx};
    assert_int_equal(hx_store_open_cases(fx->st, NULL, 0, SIZE_MAX, read_case, &x), HX_OK);
    assert_int_equal(x.n, 9500);
    x.n = 0;
    assert_int_equal(hx_store_audience(fx->st, "city", 0, SIZE_MAX, read_case, &x), HX_OK);
    assert_int_equal(x.n, 9500);
    x.n = 0;
    assert_int_equal(hx_store_audience(fx->st, "city", 4090, 20, read_case, &x), HX_OK);
    assert_int_equal(x.n, 20);
    x.n = 0;
    assert_int_equal(hx_store_open_cases(fx->st, "G-1", 3000, SIZE_MAX, read_case, &x), HX_OK);
    assert_int_equal(x.n, 3250);
}

static void callbacks_may_read_and_long_walks_end(void **state)
{
    struct fx *fx = *state;
    size_t done;
    fx_begin(fx);
    for (unsigned i = 0; i < 9500; i++)
        fx_report(fx, i);
    fx_commit(fx);
    walk_all(fx);
    assert_int_equal(hx_store_project(fx->st, 6000, &done), HX_OK);
    walk_all(fx);
    fx_project(fx);
    walk_all(fx);
    assert_int_equal(fx_problems(fx), 0);
}

/* Random lives, steps, restarts and rebuilds; then the rows must equal a rebuild, and the list of
 * open cases the cases' own flags. */
static void random_lives_equal_a_rebuild(void **state)
{
    enum { CASES = 60, STEPS = 1500 };
    struct fx *fx = *state;
    static const char *const holders[] = {"P-1", "P-2", "C-1", "C-2"};
    bool open[CASES + 1] = {false};
    unsigned seed = 777;
    size_t done;
    for (int step = 0; step < STEPS; step++) {
        int i = 1 + rand_r(&seed) % CASES, h = rand_r(&seed) % 4;
        struct hx_store_stats s;
        assert_int_equal(hx_store_stats(fx->st, &s), HX_OK);
        bool is_new = s.cases < CASES;
        i = is_new ? (int)s.cases + 1 : i;
        bool will_open = is_new || rand_r(&seed) % 3;
        fx->now += rand_r(&seed) % HX_HOUR;
        fx_begin(fx);
        fx_put(fx, &(struct fx_entry){.number = is_new ? 0 : (uint64_t)i,
                                      .cause = "STEP",
                                      .to = is_new || open[i] != will_open ? "X" : NULL,
                                      .closed = !will_open,
                                      .holder = holders[h],
                                      .grid = i % 2 ? "G-1" : "G-2",
                                      .audience = {holders[h], "city"}});
        fx_commit(fx);
        open[i] = will_open;
        if (step % 31 == 0)
            assert_int_equal(hx_store_project(fx->st, rand_r(&seed) % 40, &done), HX_OK);
        if (step % 400 == 399)
            assert_int_equal(hx_store_rebuild(fx->st, step % 800 == 399 ? "open" : "tally"), HX_OK);
        if (step % 500 == 499)
            fx_reopen(fx);
    }
    char want[1024] = "";
    for (int i = 1; i <= CASES; i++) {
        size_t n = strlen(want);
        if (open[i])
            snprintf(want + n, sizeof want - n, "%s%d", n ? "," : "", i);
    }
    assert_string_equal(fx_open_cases(fx, NULL), want);
    fx_project(fx);
    assert_string_equal(fx_open_cases(fx, NULL), want);
    assert_int_equal(fx_problems(fx), 0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fx_setup, fx_teardown)
    const struct CMUnitTest tests[] = {
        T(the_tail_answers_before_any_step),
        T(a_fact_counts_on_the_day_of_its_effective_time),
        T(a_half_done_projection_answers_the_same),
        T(steps_of_any_size_lead_to_the_same),
        T(an_open_transaction_shows_nothing),
        T(rebuild_serves_the_old_rows_meanwhile),
        T(rebuild_goes_on_after_a_restart_and_under_load),
        T(counters_of_tail_and_rows_are_added_in_order),
        T(a_day_begins_at_midnight_in_china),
        T(callbacks_may_read_and_long_walks_end),
        T(random_lives_equal_a_rebuild),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
