/* Entries that another thread packs while the batch goes on. */
#include "fixture.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* One piece at a time, each by a thread of its own. */
struct help {
    pthread_t thread;
    bool running;
    uint64_t given;
    void (*work)(void *arg);
    void *arg;
};

static void *run(void *ctx)
{
    struct help *h = ctx;
    h->work(h->arg);
    return NULL;
}

static void wait_for(void *ctx, uint64_t piece)
{
    struct help *h = ctx;
    assert_true(piece <= h->given);
    if (h->running)
        assert_int_equal(pthread_join(h->thread, NULL), 0);
    h->running = false;
}

static uint64_t give(void *ctx, void (*work)(void *arg), void *arg)
{
    struct help *h = ctx;
    wait_for(h, h->given);
    h->work = work;
    h->arg = arg;
    assert_int_equal(pthread_create(&h->thread, NULL, run, h), 0);
    h->running = true;
    return ++h->given;
}

static struct help help;

static int setup(void **state)
{
    help = (struct help){0};
    int rc = fx_setup(state);
    if (!rc)
        hx_store_helped(((struct fx *)*state)->st, &(struct hx_store_help){give, wait_for, &help});
    return rc;
}

static void report_many(struct fx *fx, unsigned from, unsigned upto)
{
    for (unsigned i = from; i < upto; i++)
        fx_report(fx, i);
}

/* The cause of the entry, which names it here; "" = there is none. */
static const char *cause_of(struct fx *fx, uint64_t lsn)
{
    hxp_entry *e;
    int rc = fx->ops->entry_load(fx->st, lsn, &fx->arena, &e);
    return rc == HX_NOTFOUND ? "" : rc ? hx_errname(rc) : e->lsn == lsn ? e->cause : "another";
}

static void what_is_packed_meanwhile_is_what_was_appended(void **state)
{
    struct fx *fx = *state;
    const struct hx_stored *rows;
    fx_begin(fx);
    report_many(fx, 0, 3000); /* the rows move twice */
    assert_int_equal(help.given, 3000 / 64);
    assert_int_equal(hx_store_seal(fx->st), HX_OK);
    assert_false(help.running);
    assert_int_equal(hx_store_batch(fx->st, &rows), 3000);
    for (size_t i = 0; i < 3000; i++) {
        uint8_t want[4096];
        assert_int_equal(rows[i].lsn, i + 1);
        assert_int_equal(rows[i].entry->lsn, i + 1);
        assert_int_equal(hongxin__v1__entry__pack(rows[i].entry, want), rows[i].size);
        assert_memory_equal(rows[i].bytes, want, rows[i].size);
    }
    fx_commit(fx);
    fx_begin(fx);
    for (uint64_t lsn = 1; lsn <= 3000; lsn += 7)
        assert_string_equal(cause_of(fx, lsn), "REPORTED");
    fx_commit(fx);
}

static void an_entry_of_the_open_batch_can_be_read(void **state)
{
    struct fx *fx = *state;
    fx_begin(fx);
    report_many(fx, 0, 70);
    assert_string_equal(cause_of(fx, 3), "REPORTED");
    assert_string_equal(cause_of(fx, 70), "REPORTED");
    assert_string_equal(cause_of(fx, 71), "");
    report_many(fx, 70, 200);
    assert_string_equal(cause_of(fx, 200), "REPORTED");
    fx_commit(fx);
    assert_int_equal(hx_store_newest_lsn(fx->st), 200);
    assert_string_equal(cause_of(fx, 150), "REPORTED");
}

/* Whose facts may stand anywhere: they are gone when the batch ends. */
static void what_is_about_no_case_is_packed_at_once(void **state)
{
    struct fx *fx = *state;
    char cause[] = "DAEMON_STARTED";
    hxp_entry e = HONGXIN__V1__ENTRY__INIT;
    fx_begin(fx);
    report_many(fx, 0, 10);
    assert_int_equal(fx->ops->next_lsn(fx->st, &e.lsn), HX_OK);
    e.cause = cause;
    assert_int_equal(fx->ops->append(fx->st, &e), HX_OK);
    memset(cause, 'x', sizeof cause - 1);
    report_many(fx, 10, 100);
    fx_commit(fx);
    assert_string_equal(cause_of(fx, 10), "REPORTED");
    assert_string_equal(cause_of(fx, 11), "DAEMON_STARTED");
    assert_string_equal(cause_of(fx, 101), "REPORTED");
}

static void what_cannot_be_packed_is_told_by_the_seal(void **state)
{
    enum { MUCH = 40 * 1024 * 1024 };
    struct fx *fx = *state;
    const struct hx_stored *rows;
    hxp_entry e = HONGXIN__V1__ENTRY__INIT;
    uint8_t *bytes = calloc(1, MUCH);
    assert_non_null(bytes);
    fx_begin(fx);
    assert_int_equal(fx->ops->next_lsn(fx->st, &e.lsn), HX_OK);
    assert_int_equal(fx->ops->case_number(fx->st, &e.case_number), HX_OK);
    e.event = (ProtobufCBinaryData){MUCH, bytes};
    assert_int_equal(fx->ops->append(fx->st, &e), HX_OK);
    report_many(fx, 0, 100);
    assert_int_equal(hx_store_seal(fx->st), HX_TOOBIG);
    assert_int_equal(hx_store_commit(fx->st), HX_TOOBIG);
    free(bytes);
    assert_int_equal(hx_store_batch(fx->st, &rows), 0);
    assert_int_equal(hx_store_newest_lsn(fx->st), 0);
    fx_begin(fx);
    report_many(fx, 0, 100);
    fx_commit(fx);
    assert_int_equal(hx_store_newest_lsn(fx->st), 100);
}

static void who_gives_up_has_the_entries_back(void **state)
{
    struct fx *fx = *state;
    fx_begin(fx);
    report_many(fx, 0, 128);
    hx_store_abort(fx->st);
    assert_false(help.running);
    assert_int_equal(hx_store_newest_lsn(fx->st), 0);
    fx_begin(fx);
    report_many(fx, 0, 65);
    hx_store_helped(fx->st, NULL); /* by itself from here on */
    assert_false(help.running);
    report_many(fx, 65, 70);
    fx_commit(fx);
    assert_int_equal(help.given, 3);
    assert_int_equal(hx_store_newest_lsn(fx->st), 70);
    assert_string_equal(cause_of(fx, 70), "REPORTED");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_packed_meanwhile_is_what_was_appended, setup,
                                        fx_teardown),
        cmocka_unit_test_setup_teardown(an_entry_of_the_open_batch_can_be_read, setup, fx_teardown),
        cmocka_unit_test_setup_teardown(what_is_about_no_case_is_packed_at_once, setup,
                                        fx_teardown),
        cmocka_unit_test_setup_teardown(what_cannot_be_packed_is_told_by_the_seal, setup,
                                        fx_teardown),
        cmocka_unit_test_setup_teardown(who_gives_up_has_the_entries_back, setup, fx_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
