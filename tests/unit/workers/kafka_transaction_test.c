/* What each kind of error leads to: the calls, in order, against a producer that fails as told. */
#include "kafka/out/transaction.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* `script`: what the calls return one after another, a letter each: o k, r etry, a bort, f enced,
 * x fatal; "ok" for all behind its end. `calls` collects them: b p c a, and w for a pause. */
struct fake {
    const char *script;
    char calls[64];
    unsigned pauses_left;
};

static enum transaction_result call(struct fake *f, char name)
{
    char c = *f->script ? *f->script++ : 'o';
    f->calls[strlen(f->calls)] = name;
    return c == 'r'   ? TX_RETRY
           : c == 'a' ? TX_ABORT
           : c == 'f' ? TX_FENCED
           : c == 'x' ? TX_FATAL
                      : TX_OK;
}

static enum transaction_result begin(void *arg)
{
    return call(arg, 'b');
}
static enum transaction_result produce(void *arg)
{
    return call(arg, 'p');
}
static enum transaction_result commit(void *arg)
{
    return call(arg, 'c');
}
static enum transaction_result abort_it(void *arg)
{
    return call(arg, 'a');
}
static bool pause_it(void *arg, unsigned attempt)
{
    struct fake *f = arg;
    assert_true(attempt > 0);
    f->calls[strlen(f->calls)] = 'w';
    return f->pauses_left-- > 0;
}

static enum transaction_result play(const char *script, unsigned pauses, char calls[64],
                                    struct transaction_counts *counts)
{
    struct fake f = {.script = script, .pauses_left = pauses};
    const struct transaction_steps steps = {begin, produce, commit, abort_it, pause_it, &f};
    *counts = (struct transaction_counts){.committed = 0};
    enum transaction_result result = transaction_run(&steps, counts);
    memcpy(calls, f.calls, sizeof f.calls);
    return result;
}

static void test_each_error_leads_where_it_must(void **state)
{
    (void)state;
    static const struct {
        const char *script, *calls;
        enum transaction_result result;
        unsigned committed, aborted;
    } rows[] = {
        {"ooo", "bpc", TX_OK, 1, 0},
        {"oorro", "bpcwcwc", TX_OK, 1, 0}, /* a commit that timed out goes on */
        {"rooo", "bwbpc", TX_OK, 1, 0},
        {"ooaooo", "bpcawbpc", TX_OK, 1, 1}, /* aborted, and everything once more */
        {"oaoooo", "bpawbpc", TX_OK, 1, 1},  /* nothing is committed without its records */
        {"aoooo", "bawbpc", TX_OK, 1, 1},
        {"ooarroooo", "bpcawawawbpc", TX_OK, 1, 1}, /* an abort is insisted on, too */
        {"ooaaoooo", "bpcawbpc", TX_OK, 1, 0},
        {"oof", "bpc", TX_FENCED, 0, 0},
        {"of", "bp", TX_FENCED, 0, 0},
        {"oox", "bpc", TX_FATAL, 0, 0},
        {"ooaf", "bpca", TX_FENCED, 0, 0},
        {"ooax", "bpca", TX_FATAL, 0, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct transaction_counts counts;
        char calls[64];
        assert_int_equal(play(rows[i].script, 99, calls, &counts), rows[i].result);
        assert_string_equal(calls, rows[i].calls);
        assert_int_equal(counts.committed, rows[i].committed);
        assert_int_equal(counts.aborted, rows[i].aborted);
    }
}

static void test_the_end_of_the_program_is_heard(void **state)
{
    (void)state;
    struct transaction_counts counts;
    char calls[64];
    assert_int_equal(play("rrrr", 1, calls, &counts), TX_ABORT);
    assert_string_equal(calls, "bwbw");
    assert_int_equal(play("oorrr", 1, calls, &counts), TX_ABORT);
    assert_string_equal(calls, "bpcwcw");
    assert_int_equal(play("ooao", 0, calls, &counts), TX_ABORT);
    assert_string_equal(calls, "bpcaw");
    assert_int_equal(counts.committed, 0);
}

static void test_errors_are_counted_by_what_they_demand(void **state)
{
    (void)state;
    struct transaction_counts counts;
    char calls[64];
    assert_int_equal(play("oorraoooox", 99, calls, &counts), TX_OK);
    assert_int_equal(counts.errors[TX_RETRY], 2);
    assert_int_equal(counts.errors[TX_ABORT], 1);
    assert_int_equal(counts.errors[TX_FATAL], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_error_leads_where_it_must),
        cmocka_unit_test(test_the_end_of_the_program_is_heard),
        cmocka_unit_test(test_errors_are_counted_by_what_they_demand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
