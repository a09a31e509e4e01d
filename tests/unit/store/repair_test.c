/* Putting right what can be put right, and leaving alone what nobody knows. */
#include "base/text.h"
#include "simulate/simulate.h"
#include "store/key.h"
#include "store/versions.h"
#include "unit/store/fixture.h"

#include <string.h>

static struct hx_versions *versions;

static int load_rules(void **state)
{
    struct hx_problem why = {""};
    (void)state;
    return simulate_config(HX_SOURCE_DIR "/config", &versions, &why);
}

static int free_rules(void **state)
{
    (void)state;
    hx_versions_free(versions);
    return 0;
}

static void hear(void *ctx, const struct hx_finding *f)
{
    (void)ctx;
    (void)f;
}

static struct hx_check_options reported_to(hx_check_fn *report)
{
    struct hx_problem why = {""};
    struct hx_check_options o = {.rules = hx_versions_rules(versions), .report = report};
    assert_int_equal(hx_versions_city(versions, &o.city, &why), HX_OK);
    return o;
}

static void repair(struct fx *fx)
{
    struct hx_check_result r;
    struct hx_check_options o = reported_to(hear);
    assert_int_equal(hx_store_repair(fx->st, &o, false, &r), HX_OK);
}

/* Case 1 as it was before it was held, without a due row, under the number of case 2; the journal
 * of both is pruned, so that nothing says what should be there. */
static void put_a_row_in_anothers_place(struct fx *fx)
{
    uint8_t key[8], oldest[8], old[HX_CASE_PACKED_MAX];
    fx_begin(fx);
    fx_report(fx, 1);
    fx->c.due_row = 0;
    size_t size = hx_case_pack(&fx->c, old, sizeof old);
    fx_report(fx, 2);
    fx_put(fx, &(struct fx_entry){.number = 1, .cause = "HELD", .holder = "P-3"});
    fx_commit(fx);
    fx_project(fx);
    for (uint64_t lsn = 1; lsn <= 3; lsn++)
        fx_raw_row(fx, "journal", fx_number_key(key, lsn), NULL, 0);
    be64_put(oldest, 1000);
    fx_raw_row(fx, "meta", (MDB_val){6, (char[]){"oldest"}}, oldest, sizeof oldest);
    fx_raw_row(fx, "case", fx_number_key(key, 2), old, size);
    fx_reopen(fx);
}

static void a_row_that_says_it_is_another_case_takes_nobodys_place(void **state)
{
    struct fx *fx = *state;
    put_a_row_in_anothers_place(fx);
    repair(fx);
    assert_int_equal(hx_store_case(fx->st, 1, &fx->c), HX_OK);
    assert_int_equal(fx->c.version, 2);
    assert_string_equal(fx->c.holder, "P-3");
}

static size_t rows_of_seen(struct fx *fx)
{
    struct hx_store_stats s;
    assert_int_equal(hx_store_stats(fx->st, &s), HX_OK);
    return s.seen;
}

/* What stands on entries that were pruned is left as it is; what cannot be read stands on nothing.
 */
static void a_repair_of_a_pruned_store_takes_only_what_cannot_be_read(void **state)
{
    struct fx *fx = *state;
    uint8_t key[8];
    put_a_row_in_anothers_place(fx);
    fx_raw_row(fx, "case", fx_number_key(key, 2), "garbage", 7);
    fx_reopen(fx);
    assert_int_equal(hx_store_case(fx->st, 2, &fx->c), HX_CORRUPT);
    repair(fx);
    assert_int_equal(hx_store_case(fx->st, 2, &fx->c), HX_NOTFOUND);
    assert_int_equal(hx_store_case(fx->st, 1, &fx->c), HX_OK);
    assert_int_equal(fx->c.version, 2);
    assert_int_equal(rows_of_seen(fx), 2);
}

static size_t n_found;

static void count(void *ctx, const struct hx_finding *f)
{
    (void)ctx;
    n_found += strcmp(f->table, "journal") == 0 && f->invariant == 6;
}

/* A journal that no machine made differs in every entry: the first fifty are told. */
static void differences_without_end_are_not_all_told(void **state)
{
    struct fx *fx = *state;
    struct hx_check_result r;
    struct hx_check_options o = reported_to(count);
    fx_begin(fx);
    for (unsigned n = 0; n < 120; n++)
        fx_report(fx, n);
    fx_commit(fx);
    n_found = 0;
    assert_int_equal(hx_store_check(fx->st, &o, &r), HX_OK);
    assert_true(n_found >= 50 && n_found < 60);
    hx_journal_check_free(NULL);
}

static bool has_stopped;

static void look_for_end(void *ctx, const struct hx_finding *f)
{
    (void)ctx;
    has_stopped |= strstr(f->text, "the replay cannot go on") != NULL;
}

/* Nothing follows from such a journal that could be written. */
static void a_journal_that_no_machine_can_read_is_said_and_repairs_nothing(void **state)
{
    struct fx *fx = *state;
    uint8_t key[8];
    struct hx_check_result r;
    struct hx_check_options o = reported_to(look_for_end);
    fx_begin(fx);
    fx_report(fx, 1);
    fx_report(fx, 2);
    fx_report(fx, 3);
    fx_commit(fx);
    fx_raw_row(fx, "journal", fx_number_key(key, 2), "\xff\xff", 2);
    fx_reopen(fx);
    has_stopped = false;
    assert_int_equal(hx_store_check(fx->st, &o, &r), HX_OK);
    assert_true(has_stopped);
    assert_int_equal(hx_store_repair(fx->st, &o, false, &r), HX_CORRUPT);
    assert_int_equal(hx_store_case(fx->st, 3, &fx->c), HX_OK);
}

struct text {
    uint8_t bytes[4096];
    size_t size;
};

static int first_entry(void *ctx, uint64_t lsn, const uint8_t *bytes, size_t size)
{
    struct text *t = ctx;
    assert_int_equal(lsn, 1);
    assert_true(size <= sizeof t->bytes);
    memcpy(t->bytes, bytes, size);
    t->size = size;
    return HX_OK;
}

/* The first one once more: its number is not that of a last one. What came last is put through the
 * machine only when it is known that nothing follows. */
static void a_last_entry_that_no_machine_can_make_is_said_too(void **state)
{
    struct fx *fx = *state;
    uint8_t key[8];
    struct text first;
    struct hx_check_result r;
    struct hx_check_options o = reported_to(look_for_end);
    fx_begin(fx);
    fx_report(fx, 1);
    fx_report(fx, 2);
    fx_commit(fx);
    assert_int_equal(hx_store_entries(fx->st, 1, 1, SIZE_MAX, first_entry, &first), HX_OK);
    fx_raw_row(fx, "journal", fx_number_key(key, 2), first.bytes, first.size);
    fx_reopen(fx);
    has_stopped = false;
    assert_int_equal(hx_store_check(fx->st, &o, &r), HX_OK);
    assert_true(has_stopped);
}

/* A version that one person asked for is kept, and judges nothing. */
static void a_version_that_is_only_asked_for_is_not_in_force(void **state)
{
    struct fx *fx = *state;
    struct hx_versions *v;
    struct hx_problem why = {""};
    hxp_rules_version row = HONGXIN__V1__RULES_VERSION__INIT;
    static const char text[] = "never read";
    row.kind = hx_text_field("life-cycle");
    row.name = hx_text_field("complaint");
    row.version = 7;
    row.state = HONGXIN__V1__RULES_VERSION__STATE__ASKED;
    fx_begin(fx);
    assert_int_equal(hx_store_rules_save(fx->st, &row, text, sizeof text), HX_OK);
    fx_commit(fx);
    assert_int_equal(hx_versions_new(&v), HX_OK);
    assert_int_equal(hx_store_versions(fx->st, v, &why), HX_OK);
    assert_null(hx_versions_at(v, 0));
    row.state = HONGXIN__V1__RULES_VERSION__STATE__IN_FORCE;
    fx_begin(fx);
    assert_int_equal(hx_store_rules_save(fx->st, &row, text, sizeof text), HX_OK);
    fx_commit(fx);
    assert_int_not_equal(hx_store_versions(fx->st, v, &why), HX_OK);
    assert_non_null(strstr(why.text, "the store's version 7 of life-cycle complaint: "));
    hx_versions_free(v);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fx_setup, fx_teardown)
    const struct CMUnitTest tests[] = {
        T(a_row_that_says_it_is_another_case_takes_nobodys_place),
        T(a_repair_of_a_pruned_store_takes_only_what_cannot_be_read),
        T(differences_without_end_are_not_all_told),
        T(a_journal_that_no_machine_can_read_is_said_and_repairs_nothing),
        T(a_last_entry_that_no_machine_can_make_is_said_too),
        T(a_version_that_is_only_asked_for_is_not_in_force),
    };
    return cmocka_run_group_tests(tests, load_rules, free_rules);
}
