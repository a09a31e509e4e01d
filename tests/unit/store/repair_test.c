/* Putting right what can be put right, and leaving alone what nobody knows. */
#include "simulate/simulate.h"
#include "store/key.h"
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

static void repair(struct fx *fx)
{
    struct hx_check_result r;
    struct hx_problem why = {""};
    struct hx_check_options o = {.rules = hx_versions_rules(versions), .report = hear};
    assert_int_equal(hx_versions_city(versions, &o.city, &why), HX_OK);
    assert_int_equal(hx_store_repair(fx->st, &o, false, &r), HX_OK);
}

static MDB_val number_key(uint8_t bytes[8], uint64_t n)
{
    be64_put(bytes, n);
    return (MDB_val){8, bytes};
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
        fx_raw_row(fx, "journal", number_key(key, lsn), NULL, 0);
    be64_put(oldest, 1000);
    fx_raw_row(fx, "meta", (MDB_val){6, (char[]){"oldest"}}, oldest, sizeof oldest);
    fx_raw_row(fx, "case", number_key(key, 2), old, size);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_row_that_says_it_is_another_case_takes_nobodys_place,
                                        fx_setup, fx_teardown),
    };
    return cmocka_run_group_tests(tests, load_rules, free_rules);
}
