/* Both clocks are read one after the other: what passes between two readings is no step. */
#include "service/timebase.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include <cmocka.h>

/* In microseconds. A reading stands still for `stall` first, as many times as are left. */
static int64_t now, step, stall, stalls;
static bool wall_only; /* it stands still before the wall clock is read, and at no other time */

int clock_gettime(clockid_t id, struct timespec *ts)
{
    if (stalls > 0 && (id == CLOCK_REALTIME || !wall_only)) {
        stalls--;
        now += stall;
    }
    int64_t us = now + (id == CLOCK_REALTIME ? 1790000000000000 + step : 0);
    *ts = (struct timespec){us / 1000000, us % 1000000 * 1000};
    return 0;
}

static struct timebase begin(void)
{
    struct timebase t;
    now = 5000000;
    step = stalls = 0;
    stall = 400000;
    timebase_init(&t, 1, 0);
    return t;
}

static void a_wall_clock_that_is_set_has_stepped_once(void **state)
{
    struct timebase t = begin();
    int64_t by;
    (void)state;
    assert_false(timebase_stepped(&t, &by));
    step = -3000000;
    assert_true(timebase_stepped(&t, &by));
    assert_int_equal(by, -3000);
    assert_false(timebase_stepped(&t, &by));
    step += 200000; /* slewed */
    assert_false(timebase_stepped(&t, &by));
}

static void standing_still_between_two_readings_is_no_step(void **state)
{
    int64_t by;
    (void)state;
    for (int64_t n = 1; n < 40; n++) {
        struct timebase t = begin();
        stalls = n;
        assert_false(timebase_stepped(&t, &by));
        stalls = 0;
        assert_false(timebase_stepped(&t, &by));
    }
}

static void a_step_that_could_not_be_seen_is_seen_later(void **state)
{
    struct timebase t = begin();
    int64_t by;
    (void)state;
    step = 7000000;
    stalls = 1000;
    assert_false(timebase_stepped(&t, &by));
    stalls = 0;
    assert_true(timebase_stepped(&t, &by));
    assert_int_equal(by, 7000);
}

static void a_first_look_that_was_starved_is_no_step(void **state)
{
    struct timebase t = begin();
    int64_t by;
    (void)state;
    stall = 800000;
    stalls = 1000;
    wall_only = true;
    timebase_init(&t, 1, 0); /* half of what lay between the readings: 400 ms off */
    wall_only = false;
    stalls = 0;
    assert_false(timebase_stepped(&t, &by));
    step = 3000000;
    assert_true(timebase_stepped(&t, &by));
    assert_int_equal(by, 3000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wall_clock_that_is_set_has_stepped_once),
        cmocka_unit_test(standing_still_between_two_readings_is_no_step),
        cmocka_unit_test(a_step_that_could_not_be_seen_is_seen_later),
        cmocka_unit_test(a_first_look_that_was_starved_is_no_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
