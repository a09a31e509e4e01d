/* What goes wrong: errors inside a batch, full maps, damaged records, sudden death. */
#include "unit/store/fixture.h"

#include <lmdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- Sealed ---- */

static void a_sealed_batch_can_be_looked_at_and_not_be_changed(void **state)
{
    struct fx *fx = *state;
    const struct hx_stored *rows;
    uint64_t number;
    assert_int_equal(hx_store_seal(fx->st), HX_INVALID);
    fx_begin(fx);
    fx_report(fx, 1);
    assert_int_equal(hx_store_batch(fx->st, &rows), 0);
    assert_int_equal(hx_store_seal(fx->st), HX_OK);
    assert_int_equal(hx_store_seal(fx->st), HX_OK);
    assert_int_equal(hx_store_batch(fx->st, &rows), 1);
    assert_int_equal(rows[0].lsn, 1);
    assert_int_equal(fx->ops->case_number(fx->st, &number), HX_INVALID);
    assert_int_equal(hx_store_chain_save(fx->st, 1), HX_INVALID);
    assert_int_equal(hx_store_commit(fx->st), HX_OK);
    assert_int_equal(hx_store_newest_lsn(fx->st), 1);
    fx_begin(fx);
    fx_report(fx, 2);
    assert_int_equal(hx_store_seal(fx->st), HX_OK);
    hx_store_abort(fx->st);
    assert_int_equal(hx_store_newest_lsn(fx->st), 1);
}

/* ---- Stickiness ---- */

static void an_error_stays_until_the_batch_is_given_up(void **state)
{
    struct fx *fx = *state;
    struct hx_seen seen = {0};
    hxp_entry wrong = HONGXIN__V1__ENTRY__INIT;
    const struct hx_stored *rows;
    uint64_t number;
    fx_begin(fx);
    fx_report(fx, 1);
    wrong.lsn = 17; /* not the next number */
    assert_int_equal(fx->ops->append(fx->st, &wrong), HX_INVALID);
    assert_int_equal(fx->ops->seen_load(fx->st, "a", "b", &seen), HX_INVALID);
    assert_int_equal(fx->ops->seen_save(fx->st, "a", "b", &seen), HX_INVALID);
    assert_int_equal(fx->ops->case_number(fx->st, &number), HX_INVALID);
    assert_int_equal(hx_store_commit(fx->st), HX_INVALID);
    assert_int_equal(hx_store_batch(fx->st, &rows), 0);
    assert_int_equal(hx_store_newest_lsn(fx->st), 0);
    assert_string_equal(fx_open_cases(fx, NULL), "");
    fx_begin(fx);
    assert_int_equal(fx_report(fx, 1), 1);
    fx_commit(fx);
}

static void calls_in_the_wrong_state_are_refused(void **state)
{
    struct fx *fx = *state;
    struct hx_case c = {.number = 1};
    size_t n;
    assert_int_equal(hx_store_commit(fx->st), HX_INVALID);
    assert_int_equal(fx->ops->case_save(fx->st, &c, 1), HX_INVALID);
    fx_begin(fx);
    assert_int_equal(hx_store_begin(fx->st), HX_INVALID);
    assert_int_equal(hx_store_project(fx->st, 0, &n), HX_INVALID);
    assert_int_equal(hx_store_prune(fx->st, 0, 1, &n), HX_INVALID);
    assert_int_equal(hx_store_rebuild(fx->st, "open"), HX_INVALID);
    assert_int_equal(hx_store_tick(fx->st), HX_INVALID);
    fx_commit(fx);
}

/* ---- Room ---- */

static void a_full_map_refuses_first_and_loses_nothing(void **state)
{
    struct fx *fx = *state;
    unsigned n = 0, refused_at = 0;
    int err = HX_OK;
    fx_close(fx);
    fx->options.map_bytes = 2 << 20;
    fx_reopen(fx);
    while (!err && n < 100000) {
        fx_begin(fx);
        if (!refused_at && !hx_store_room(fx->st))
            refused_at = n;
        for (unsigned i = 0; i < 10 && !err; i++) {
            struct hx_seen seen = {.lsn = 1};
            char id[600];
            snprintf(id, sizeof id, "%0400u", n * 10 + i);
            err = fx->ops->seen_save(fx->st, "hotline", id, &seen);
        }
        int end = hx_store_commit(fx->st);
        assert_int_equal(end, err ? err : end);
        err = end;
        n += err ? 0 : 1;
    }
    assert_int_equal(err, HX_FULL);
    assert_true(refused_at > 0 && refused_at < n); /* said so before it was too late */
    assert_false(hx_store_room(fx->st));
    struct hx_store_stats s;
    assert_int_equal(hx_store_stats(fx->st, &s), HX_OK);
    assert_int_equal(s.seen, n * 10);
    assert_int_equal(s.failed_commits, 1);

    fx->options.map_bytes = 8 << 20; /* a larger map, and all is there */
    fx_reopen(fx);
    assert_true(hx_store_room(fx->st));
    assert_int_equal(hx_store_stats(fx->st, &s), HX_OK);
    assert_int_equal(s.seen, n * 10);
    fx_begin(fx);
    fx_report(fx, 1);
    fx_commit(fx);
}

static void timers_go_on_when_reports_are_refused(void **state)
{
    struct fx *fx = *state;
    unsigned n = 0;
    fx_close(fx);
    fx->options.map_bytes = 4 << 20;
    fx_reopen(fx);
    do {
        fx_begin(fx);
        for (int i = 0; i < 20 && hx_store_room(fx->st); i++)
            fx_report(fx, n++);
        fx_commit(fx);
    } while (hx_store_room(fx->st));
    /* every case gets one more entry and a new due row: the remaining life of what was accepted */
    for (unsigned i = 1; i <= n; i += 20) {
        struct hx_due_row rows[20];
        size_t taken;
        fx_begin(fx);
        assert_int_equal(hx_store_due_take(fx->st, fx->now + HX_HOUR, 20, rows, &taken), HX_OK);
        assert_true(taken > 0);
        for (size_t j = 0; j < taken; j++) {
            assert_int_equal(fx->ops->case_load(fx->st, rows[j].case_number, &fx->c), HX_OK);
            assert_int_equal(fx->ops->case_save(fx->st, &fx->c, fx->now + HX_DAY), HX_OK);
        }
        fx_commit(fx);
    }
    assert_int_equal(fx_problems(fx), 0);
}

static void a_small_disk_refuses_reports(void **state)
{
    struct fx *fx = *state;
    fx_close(fx);
    fx->options.reserve_bytes = UINT64_MAX / 2; /* no disk has so much */
    fx_reopen(fx);
    assert_false(hx_store_room(fx->st));
    assert_int_equal(hx_store_tick(fx->st), HX_OK);
    assert_false(hx_store_room(fx->st));
    fx_begin(fx); /* but writes go on */
    fx_report(fx, 1);
    fx_commit(fx);
}

/* A limit on the file's size is a disk that is full, for this process. */
static void limit_file(const struct fx *fx, bool limited)
{
    char path[256];
    struct stat sb;
    struct rlimit r;
    snprintf(path, sizeof path, "%s/data.mdb", fx->dir);
    assert_int_equal(stat(path, &sb), 0);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &r), 0);
    r.rlim_cur = limited ? (rlim_t)64 * 1024 : r.rlim_max;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &r), 0);
}

static void a_failed_commit_is_undone_and_said_and_got_over(void **state)
{
    struct fx *fx = *state;
    const struct hx_stored *rows;
    uint64_t lsn;
    fx_begin(fx);
    for (unsigned i = 0; i < 1000; i++)
        fx_report(fx, i);
    fx_commit(fx);
    assert_int_equal(hx_store_cursor_save(fx->st, "P-1", 7), HX_OK);
    limit_file(fx, true);
    for (int again = 0; again < 2; again++) {
        fx_begin(fx);
        for (unsigned i = 1000; i < 1500; i++)
            fx_report(fx, i);
        assert_int_equal(hx_store_seal(fx->st), HX_OK);
        assert_int_equal(hx_store_batch(fx->st, &rows), 500);
        size_t size = rows[499].size;
        uint8_t *newest = malloc(size);
        assert_non_null(newest);
        memcpy(newest, rows[499].bytes, size);
        assert_int_equal(hx_store_commit(fx->st), HX_FULL);
        assert_int_equal(rows[499].size, size); /* whoever still reads them may */
        assert_int_equal(memcmp(rows[499].bytes, newest, size), 0);
        free(newest);
        assert_int_equal(hx_store_batch(fx->st, &rows), 0);
        assert_int_equal(hx_store_newest_lsn(fx->st), 1000);
        assert_int_equal(hx_store_project_behind(fx->st), 1000);
        assert_false(hx_store_room(fx->st)); /* no new complaint until a write gets through */
        assert_int_equal(hx_store_tick(fx->st), HX_FULL);
        assert_false(hx_store_room(fx->st));
    }
    limit_file(fx, false);
    assert_int_equal(hx_store_tick(fx->st), HX_OK); /* tries a small write */
    assert_true(hx_store_room(fx->st));
    assert_int_equal(hx_store_cursor_load(fx->st, "P-1", &lsn), HX_OK);
    fx_begin(fx);
    assert_int_equal(fx_report(fx, 1000), 1001);
    fx_commit(fx);
    fx_project(fx);
    assert_int_equal(fx_problems(fx), 0);
}

/* ---- Damaged records ---- */

static void a_damaged_case_goes_to_quarantine(void **state)
{
    struct fx *fx = *state;
    struct fx_raw r;
    uint8_t bytes[8];
    struct hx_due_row rows[4];
    size_t n;
    fx_begin(fx);
    for (unsigned i = 0; i < 3; i++)
        fx_report(fx, i);
    fx_commit(fx);
    fx_raw_begin(fx, &r);
    fx_raw_put(&r, "case", fx_number_key(bytes, 3), "\xff\xff\xff garbage", 11);
    fx_raw_end(&r);
    fx_reopen(fx);
    assert_int_equal(hx_store_case(fx->st, 3, &fx->c), HX_CORRUPT);
    assert_true(fx_problems(fx) > 0);
    fx_begin(fx); /* its timer comes up: the others go on */
    assert_int_equal(hx_store_due_take(fx->st, fx->now + HX_HOUR, 4, rows, &n), HX_OK);
    assert_int_equal(n, 3);
    assert_int_equal(fx->ops->case_load(fx->st, 3, &fx->c), HX_NOTFOUND);
    assert_int_equal(fx->ops->case_load(fx->st, 2, &fx->c), HX_OK);
    fx_commit(fx);
    assert_int_equal(fx_quarantined(fx), 1);
    fx_reopen(fx);
    fx_begin(fx);
    assert_int_equal(fx_report(fx, 9), 4); /* number 3 is not given twice */
    fx_commit(fx);
}

static void a_damaged_seen_row_goes_to_quarantine(void **state)
{
    struct fx *fx = *state;
    struct fx_raw r;
    struct hx_seen seen;
    fx_begin(fx);
    fx_report(fx, 1);
    fx_commit(fx);
    fx_raw_begin(fx, &r);
    fx_raw_put(&r, "seen", (MDB_val){19, (char[]){"hotline\0ev-00000001"}}, "short", 5);
    fx_raw_end(&r);
    fx_reopen(fx);
    fx_begin(fx);
    assert_int_equal(fx->ops->seen_load(fx->st, "hotline", "ev-00000001", &seen), HX_NOTFOUND);
    fx_commit(fx);
    assert_int_equal(fx_quarantined(fx), 1);
}

static void a_damaged_entry_stops_nobody(void **state)
{
    struct fx *fx = *state;
    struct fx_raw r;
    uint8_t bytes[8];
    hxp_entry *e;
    fx_begin(fx);
    for (unsigned i = 0; i < 3; i++)
        fx_report(fx, i);
    fx_commit(fx);
    fx_raw_begin(fx, &r);
    fx_raw_put(&r, "journal", fx_number_key(bytes, 2), "\xff\xff garbage", 10);
    fx_raw_end(&r);
    fx_reopen(fx);
    assert_string_equal(fx_open_cases(fx, NULL), "1,3"); /* the rest is projected */
    fx_begin(fx);
    assert_int_equal(fx->ops->entry_load(fx->st, 2, &fx->arena, &e), HX_NOTFOUND);
    assert_int_equal(fx->ops->entry_load(fx->st, 3, &fx->arena, &e), HX_OK);
    assert_int_equal(e->case_number, 3);
    fx_commit(fx);
    assert_int_equal(fx_quarantined(fx), 1);
    assert_true(fx_problems(fx) > 0);
}

/* ---- Check finds what it should ---- */

static void delete_row(struct fx *fx, const char *table, int n)
{
    struct fx_raw r;
    MDB_dbi dbi;
    MDB_val key, value;
    MDB_cursor *cur;
    fx_raw_begin(fx, &r);
    assert_int_equal(mdb_dbi_open(r.txn, table, 0, &dbi), 0);
    assert_int_equal(mdb_cursor_open(r.txn, dbi, &cur), 0);
    for (int i = 0; i < n; i++)
        assert_int_equal(mdb_cursor_get(cur, &key, &value, MDB_NEXT), 0);
    assert_int_equal(mdb_cursor_del(cur, 0), 0);
    fx_raw_end(&r);
    fx_reopen(fx);
}

static void check_misses_every_row_that_is_gone(void **unused)
{
    static const char *const tables[] = {"tally", "open", "feed", "due", "journal", "case"};
    (void)unused;
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        void *state;
        fx_setup(&state);
        struct fx *fx = state;
        fx_begin(fx);
        for (unsigned n = 0; n < 9; n++)
            fx_report(fx, n);
        fx_put(fx, &(struct fx_entry){.number = 2, .cause = "HELD", .holder = "P-3"});
        fx_commit(fx);
        fx_project(fx);
        assert_int_equal(fx_problems(fx), 0);
        delete_row(fx, tables[i], 3);
        assert_true(fx_problems(fx) > 0);
        fx_teardown(&state);
    }
}

/* ---- Sudden death ---- */

/* The child commits batches and tells each commit through a pipe until it is killed. */
static void write_until_killed(struct fx *fx, int told)
{
    for (unsigned n = 0;; n++) {
        size_t done;
        fx_begin(fx);
        for (unsigned i = 0; i < 5; i++)
            fx_report(fx, 5 * n + i);
        fx_commit(fx);
        uint64_t lsn = hx_store_newest_lsn(fx->st);
        if (write(told, &lsn, sizeof lsn) != sizeof lsn)
            _exit(1);
        if (n % 3 == 0 && hx_store_project(fx->st, 4, &done))
            _exit(1);
    }
}

static void after_kill_9_all_committed_is_there(void **state)
{
    struct fx *fx = *state;
    unsigned seed = 42;
    for (int round = 0; round < 12; round++) {
        int told[2], status;
        uint64_t lsn, last = 0;
        fx_close(fx);
        assert_int_equal(pipe(told), 0);
        fflush(NULL);
        pid_t pid = fork();
        if (pid == 0) {
            fx_reopen(fx);
            write_until_killed(fx, told[1]);
        }
        close(told[1]);
        int kill_after = 1 + rand_r(&seed) % 30; /* commits; the moment within is the kernel's */
        while (read(told[0], &lsn, sizeof lsn) == sizeof lsn) {
            last = lsn;
            if (kill_after-- == 0)
                kill(pid, SIGKILL);
        }
        close(told[0]);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status));
        fx_reopen(fx);
        assert_true(hx_store_newest_lsn(fx->st) >= last);
        assert_int_equal(hx_store_newest_lsn(fx->st) % 5, 0); /* no half batch */
        assert_int_equal(fx_problems(fx), 0);
    }
}

static int count_cursor(void *ctx, const char *name, uint64_t lsn)
{
    size_t *n = ctx;
    assert_true(strcmp(name, "P-07") == 0 ? lsn == 5 : strcmp(name, "wall") == 0 && lsn == 9);
    ++*n;
    return 0;
}

static void a_cursor_that_nobody_can_have_hides_no_other(void **state)
{
    struct fx *fx = *state;
    struct fx_raw r;
    char name[201];
    size_t n = 0;
    memset(name, 'a', sizeof name);
    name[0] = '+';
    assert_int_equal(hx_store_cursor_save(fx->st, "P-07", 5), HX_OK);
    assert_int_equal(hx_store_cursor_save(fx->st, "wall", 9), HX_OK);
    fx_reopen(fx);
    fx_raw_begin(fx, &r);
    fx_raw_put(&r, "cursor", (MDB_val){1, name}, "\0\0\0\0\0\0\0\1", 8);
    fx_raw_put(&r, "cursor", (MDB_val){sizeof name, name}, "\0\0\0\0\0\0\0\1", 8);
    fx_raw_put(&r, "cursor", (MDB_val){3, (char[]){"+b"}}, "\0\0\0\0\0\0\0\1", 8);
    fx_raw_put(&r, "cursor", (MDB_val){2, (char[]){"+c"}}, "short", 5);
    fx_raw_end(&r);
    fx_reopen(fx);
    assert_int_equal(hx_store_cursors(fx->st, count_cursor, &n), HX_OK);
    assert_int_equal(n, 2);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fx_setup, fx_teardown)
    const struct CMUnitTest tests[] = {
        T(a_sealed_batch_can_be_looked_at_and_not_be_changed),
        T(an_error_stays_until_the_batch_is_given_up),
        T(calls_in_the_wrong_state_are_refused),
        T(a_full_map_refuses_first_and_loses_nothing),
        T(timers_go_on_when_reports_are_refused),
        T(a_small_disk_refuses_reports),
        T(a_failed_commit_is_undone_and_said_and_got_over),
        T(a_damaged_case_goes_to_quarantine),
        T(a_cursor_that_nobody_can_have_hides_no_other),
        T(a_damaged_seen_row_goes_to_quarantine),
        T(a_damaged_entry_stops_nobody),
        cmocka_unit_test(check_misses_every_row_that_is_gone),
        T(after_kill_9_all_committed_is_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
