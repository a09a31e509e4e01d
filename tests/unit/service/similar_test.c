/* Likely duplicates: found while they are open, forgotten afterwards, whatever the store holds. */
#include "base/text.h"
#include "service/intake/similar.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* ---- a store of three open cases, the second of which is damaged ---- */

static bool damaged;

int hx_store_case(struct hx_store *st, uint64_t number, struct hx_case *c)
{
    (void)st;
    memset(c, 0, sizeof *c);
    c->number = number;
    strcpy(c->building, "B-1");
    strcpy(c->category, "WATER");
    return damaged && number == 2 ? HX_CORRUPT : HX_OK;
}

int hx_store_open_cases(struct hx_store *st, const char *id, uint64_t after, size_t max,
                        int (*fn)(void *ctx, uint64_t number), void *ctx)
{
    (void)st;
    (void)id;
    (void)after;
    (void)max;
    for (uint64_t n = 1; n <= 3 && fn(ctx, n) == 0; n++)
        ;
    return HX_OK;
}

static struct similar s;
static struct hx_case scratch;

static int setup(void **state)
{
    (void)state;
    return similar_init(&s, NULL, &scratch);
}

static int teardown(void **state)
{
    (void)state;
    similar_fini(&s);
    damaged = false;
    return 0;
}

static size_t found(const char *place, uint64_t numbers[HX_SIMILAR_MAX])
{
    return similar_find(&s, place, "WATER", 0, numbers);
}

static void becomes(uint64_t number, const char *place, bool open)
{
    hxp_entry e = HONGXIN__V1__ENTRY__INIT;
    hxp_where w = HONGXIN__V1__WHERE__INIT;
    w.building = hx_text_field(place);
    e.where = &w;
    e.category = (char *)"WATER";
    e.case_number = number;
    e.open = open;
    similar_entry(&s, &e);
}

static void open_cases_of_one_place_are_found_the_newest_first(void **state)
{
    uint64_t numbers[HX_SIMILAR_MAX];
    (void)state;
    assert_int_equal(found("B-1", numbers), 3);
    assert_int_equal(numbers[0], 3);
    becomes(3, "B-1", false);
    assert_int_equal(found("B-1", numbers), 2);
    assert_int_equal(found("B-2", numbers), 0);
}

static void a_damaged_case_keeps_nobody_from_serving(void **state)
{
    uint64_t numbers[HX_SIMILAR_MAX];
    (void)state;
    similar_fini(&s);
    damaged = true;
    assert_int_equal(similar_init(&s, NULL, &scratch), HX_OK);
    assert_int_equal(found("B-1", numbers), 2);
}

static void what_is_closed_takes_no_room(void **state)
{
    enum { MANY = 100 * 1000, OPEN = 10 };
    uint64_t numbers[HX_SIMILAR_MAX];
    char place[16];
    size_t before = s.size;
    (void)state;
    for (uint64_t n = 10; n < MANY; n++) {
        snprintf(place, sizeof place, "B-%" PRIu64, n);
        becomes(n, place, true);
        if (n >= 10 + OPEN) {
            snprintf(place, sizeof place, "B-%" PRIu64, n - OPEN);
            becomes(n - OPEN, place, false);
        }
    }
    assert_int_equal(s.size, before);
    assert_int_equal(found(place, numbers), 0);
    snprintf(place, sizeof place, "B-%d", MANY - 1);
    assert_int_equal(found(place, numbers), 1);
    assert_int_equal(numbers[0], MANY - 1);
    assert_int_equal(found("B-1", numbers), 3);
}

static void many_open_places_are_all_kept(void **state)
{
    enum { MANY = 5000 };
    uint64_t numbers[HX_SIMILAR_MAX];
    char place[16];
    (void)state;
    for (uint64_t n = 10; n < MANY; n++) {
        snprintf(place, sizeof place, "B-%" PRIu64, n);
        becomes(n, place, true);
    }
    for (uint64_t n = 10; n < MANY; n++) {
        snprintf(place, sizeof place, "B-%" PRIu64, n);
        assert_int_equal(found(place, numbers), 1);
        assert_int_equal(numbers[0], n);
    }
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(open_cases_of_one_place_are_found_the_newest_first),
        T(a_damaged_case_keeps_nobody_from_serving),
        T(what_is_closed_takes_no_room),
        T(many_open_places_are_all_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
