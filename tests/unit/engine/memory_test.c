/* The backend in memory keeps the promises of the store: numbers, names, and who comes first. */
#include "engine/machine/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct hx_backend *ops;
static struct hx_case c;

static int setup(void **state)
{
    struct hx_memory *m;
    ops = hx_memory_backend();
    assert_int_equal(hx_memory_new(&m), HX_OK);
    *state = m;
    return 0;
}

static int teardown(void **state)
{
    hx_memory_free(*state);
    return 0;
}

static void save(struct hx_memory *m, uint64_t number, int64_t due)
{
    c = (struct hx_case){.number = number};
    assert_int_equal(ops->case_save(m, &c, due), HX_OK);
}

static void append(struct hx_memory *m, uint64_t lsn)
{
    hxp_entry e = HONGXIN__V1__ENTRY__INIT;
    e.lsn = lsn;
    e.cause = (char *)"TEST";
    assert_int_equal(ops->append(m, &e), HX_OK);
}

/* A replay that knows only some entries leaves gaps. */
static void numbers_only_grow_and_may_leap(void **state)
{
    static const uint64_t numbers[] = {1, 2, 7, 8, 30};
    struct hx_memory *m = *state;
    struct hx_arena arena;
    uint64_t number, lsn;
    hxp_entry *e;
    const uint8_t *bytes;
    size_t size;
    hx_arena_init(&arena, 0);
    assert_int_equal(ops->case_load(m, 1, &c), HX_NOTFOUND);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        assert_int_equal(hx_memory_number(m, 10 * numbers[i], numbers[i]), HX_OK);
        assert_int_equal(ops->case_number(m, &number), HX_OK);
        assert_int_equal(number, numbers[i]);
        save(m, number, INT64_MAX);
        assert_int_equal(ops->next_lsn(m, &lsn), HX_OK);
        assert_int_equal(lsn, 10 * numbers[i]);
        append(m, lsn);
    }
    assert_int_equal(hx_memory_number(m, 0, 30), HX_INVALID);
    assert_int_equal(hx_memory_number(m, 300, 0), HX_INVALID);
    assert_int_equal(hx_memory_number(m, 0, 0), HX_OK); /* one more than the newest */
    for (uint64_t n = 0; n <= 40; n++) {
        bool there = n == 1 || n == 2 || n == 7 || n == 8 || n == 30;
        assert_int_equal(ops->case_load(m, n, &c), there ? HX_OK : HX_NOTFOUND);
        assert_true(!there || c.number == n);
        assert_int_equal(ops->entry_load(m, 10 * n, &arena, &e), there ? HX_OK : HX_NOTFOUND);
        assert_true(!there || e->lsn == 10 * n);
        assert_int_equal(hx_memory_entry(m, 10 * n, &bytes, &size), there ? HX_OK : HX_NOTFOUND);
    }
    c = (struct hx_case){.number = 9}; /* nobody has taken this number */
    assert_int_equal(ops->case_save(m, &c, 1), HX_INVALID);
    assert_int_equal(hx_memory_newest_lsn(m), 300);
    hx_arena_fini(&arena);
}

/* A number that was taken, and no case yet. */
static void a_number_is_no_case(void **state)
{
    struct hx_memory *m = *state;
    uint64_t number;
    int64_t due;
    assert_int_equal(ops->case_number(m, &number), HX_OK);
    assert_int_equal(ops->case_load(m, number, &c), HX_NOTFOUND);
    assert_false(hx_memory_due(m, &due, &number));
    assert_null(hx_memory_label(m, 1));
}

static void the_first_that_is_due(void **state)
{
    struct hx_memory *m = *state;
    uint64_t number;
    int64_t due;
    for (int i = 0; i < 4; i++)
        assert_int_equal(ops->case_number(m, &number), HX_OK);
    save(m, 1, INT64_MAX);
    save(m, 2, 500);
    save(m, 3, 300);
    save(m, 4, 300);
    assert_true(hx_memory_due(m, &due, &number));
    assert_int_equal(due, 300);
    assert_int_equal(number, 3); /* a tie: the lower number */
    save(m, 3, INT64_MAX);
    assert_true(hx_memory_due(m, &due, &number));
    assert_int_equal(number, 4);
    save(m, 4, INT64_MAX);
    save(m, 2, INT64_MAX);
    assert_false(hx_memory_due(m, &due, &number));
}

/* More names than the index has at first. */
static void names_are_found_however_many_there_are(void **state)
{
    enum { MANY = 1000 };
    struct hx_memory *m = *state;
    struct hx_seen seen = {.lsn = 0};
    struct hx_source source = {.top = 0};
    char id[16];
    assert_int_equal(ops->seen_load(m, "a", "0", &seen), HX_NOTFOUND);
    for (unsigned i = 0; i < MANY; i++) {
        snprintf(id, sizeof id, "%u", i);
        seen.lsn = i + 1;
        source.top = i + 2;
        assert_int_equal(ops->seen_save(m, "a", id, &seen), HX_OK);
        assert_int_equal(ops->source_save(m, id, &source), HX_OK);
    }
    seen.lsn = 7777; /* the same name again: no second one */
    assert_int_equal(ops->seen_save(m, "a", "17", &seen), HX_OK);
    for (unsigned i = 0; i < MANY; i++) {
        snprintf(id, sizeof id, "%u", i);
        assert_int_equal(ops->seen_load(m, "a", id, &seen), HX_OK);
        assert_int_equal(seen.lsn, i == 17 ? 7777 : i + 1);
        assert_int_equal(ops->source_load(m, id, &source), HX_OK);
        assert_int_equal(source.top, i + 2);
    }
    assert_int_equal(ops->seen_load(m, "b", "17", &seen), HX_NOTFOUND);
    assert_int_equal(ops->source_load(m, "b", &source), HX_NOTFOUND);
}

static void references_are_everybodys_or_each_sources(void **state)
{
    struct hx_memory *m = *state;
    uint64_t number;
    assert_int_equal(ops->ref_save(m, "12345", "GD-1", 1), HX_OK);
    assert_int_equal(ops->ref_load(m, "kiosk", "GD-1", &number), HX_OK);
    assert_int_equal(number, 1);
    hx_memory_by_source(m);
    assert_int_equal(ops->ref_save(m, "12345", "GD-2", 2), HX_OK);
    assert_int_equal(ops->ref_load(m, "kiosk", "GD-2", &number), HX_NOTFOUND);
    assert_int_equal(ops->ref_load(m, "12345", "GD-2", &number), HX_OK);
    assert_int_equal(number, 2);
}

/* A label that has come to mean a later case names the earlier one no more. */
static void a_case_is_named_by_a_label_that_is_its_own(void **state)
{
    struct hx_memory *m = *state;
    uint64_t number;
    for (int i = 0; i < 2; i++)
        assert_int_equal(ops->case_number(m, &number), HX_OK);
    c = (struct hx_case){.number = 1, .ref = "A"};
    assert_int_equal(ops->case_save(m, &c, INT64_MAX), HX_OK);
    assert_int_equal(ops->ref_save(m, "s", "other", 1), HX_OK);
    assert_int_equal(ops->ref_save(m, "s", "A", 1), HX_OK);
    assert_string_equal(hx_memory_label(m, 1), "A");
    assert_int_equal(ops->ref_save(m, "s", "A", 2), HX_OK);
    assert_string_equal(hx_memory_label(m, 1), "other");
    assert_string_equal(hx_memory_label(m, 2), "A");
    assert_null(hx_memory_label(m, 3));
}

/* In the order of the source's numbers, and where these are the same in that of arrival. */
static void parked_events_come_in_their_sources_order(void **state)
{
    static const struct hx_parked events[] = {
        {.seq = 3, .lsn = 30}, {.seq = 1, .lsn = 31}, {.seq = 1, .lsn = 29}, {.seq = 2, .lsn = 28}};
    static const uint64_t order[] = {29, 31, 28, 30};
    struct hx_memory *m = *state;
    struct hx_parked p;
    assert_int_equal(ops->unpark(m, "s", "A", &p), HX_NOTFOUND);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(ops->park(m, "s", "A", &events[i]), HX_OK);
    assert_int_equal(ops->park(m, "s", "B", &events[1]), HX_OK);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(ops->unpark(m, "s", "A", &p), HX_OK);
        assert_int_equal(p.lsn, order[i]);
    }
    assert_int_equal(ops->unpark(m, "s", "A", &p), HX_NOTFOUND);
    assert_int_equal(ops->unpark(m, "s", "B", &p), HX_OK);
}

static void watches_come_in_one_order(void **state)
{
    static const struct hx_watch watches[] = {
        {.at = 5, .kind = 2, .source = "b", .number = 2},
        {.at = 5, .kind = 2, .source = "b"},
        {.at = 5, .kind = 2, .source = "a", .number = 9},
        {.at = 5, .kind = 1, .source = "z"},
        {.at = 4, .kind = 3, .source = "z"},
    };
    struct hx_memory *m = *state;
    struct hx_watch first;
    assert_int_equal(ops->watch_first(m, &first), HX_NOTFOUND);
    for (int twice = 0; twice < 2; twice++) /* the second time each is there */
        for (size_t i = 0; i < 5; i++)
            assert_int_equal(ops->watch_put(m, &watches[i]), HX_OK);
    for (size_t i = 5; i-- > 0;) {
        assert_int_equal(ops->watch_first(m, &first), HX_OK);
        assert_true(first.at == watches[i].at && first.kind == watches[i].kind);
        assert_true(strcmp(first.source, watches[i].source) == 0);
        assert_int_equal(first.number, watches[i].number);
        assert_int_equal(ops->watch_drop(m, &first), HX_OK);
        assert_int_equal(ops->watch_drop(m, &first), HX_OK); /* gone already */
    }
    assert_int_equal(ops->watch_first(m, &first), HX_NOTFOUND);
}

/* An entry that does not fit into what may be used is no damaged one. */
static void without_memory_nothing_is_damaged(void **state)
{
    struct hx_memory *m = *state;
    struct hx_arena arena;
    hxp_entry *e;
    append(m, 1);
    hx_arena_init(&arena, 8);
    assert_int_equal(ops->entry_load(m, 1, &arena, &e), HX_NOMEM);
    hx_arena_fini(&arena);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(numbers_only_grow_and_may_leap),
        T(a_number_is_no_case),
        T(the_first_that_is_due),
        T(names_are_found_however_many_there_are),
        T(references_are_everybodys_or_each_sources),
        T(a_case_is_named_by_a_label_that_is_its_own),
        T(parked_events_come_in_their_sources_order),
        T(watches_come_in_one_order),
        T(without_memory_nothing_is_damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
