/* Who may open a store, and what it must be like: others are refused by name, and it stays as it
 * is. */
#include "hongxin/number.h"
#include "store/impl.h"
#include "unit/store/fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void refused(struct fx *fx, int err, const char *why)
{
    assert_int_equal(fx_try_open(fx), err);
    assert_null(fx->st);
    if (!strstr(fx->problem, why))
        fail_msg("\"%s\" does not say \"%s\"", fx->problem, why);
}

static void a_second_owner_is_refused_by_name(void **state)
{
    struct fx *fx = *state;
    int status;
    fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct hx_store *second;
        char problem[HX_STORE_PROBLEM_MAX];
        int err = hx_store_open(&fx->options, &second, problem);
        _exit(err == HX_BUSY && strstr(problem, fx->dir) && strstr(problem, "pid ") ? 0 : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    fx_begin(fx); /* the owner is not disturbed */
    fx_report(fx, 1);
    fx_commit(fx);
}

static void what_the_store_was_made_with_must_match(void **state)
{
    struct fx *fx = *state;
    fx_close(fx);
    fx->options.scale = 60;
    assert_int_equal(fx_try_open(fx), HX_MISMATCH);
    assert_non_null(strstr(fx->problem, "scale"));
    fx->options.scale = 0;
    fx->options.partition = 1;
    assert_int_equal(fx_try_open(fx), HX_MISMATCH);
    fx->options.partition = HX_NUMBER_PARTITION_MAX + 1;
    assert_int_equal(fx_try_open(fx), HX_INVALID);
    fx->options.partition = 0;
    fx->options.scale = 1;
    assert_int_equal(fx_try_open(fx), HX_OK);
}

static void another_format_is_refused_untouched(void **state)
{
    struct fx *fx = *state;
    struct fx_raw r;
    fx_raw_begin(fx, &r);
    fx_raw_put(&r, "meta", (MDB_val){6, (char[]){"format"}}, "\0\0\0\0\0\0\0\2", 8);
    fx_raw_end(&r);
    assert_int_equal(fx_try_open(fx), HX_BADVERSION);
    assert_non_null(strstr(fx->problem, "format 2"));
    assert_int_equal(fx_try_open(fx), HX_BADVERSION); /* and the lock was given back */
}

static void a_file_that_is_no_store_is_refused(void **state)
{
    struct fx *fx = *state;
    char path[256];
    fx_close(fx);
    snprintf(path, sizeof path, "%s/data.mdb", fx->dir);
    int fd = open(path, O_WRONLY | O_TRUNC);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(write(fd, "0123456789abcdef", 16), 16);
    close(fd);
    assert_int_equal(fx_try_open(fx), HX_CORRUPT);
    assert_null(fx->st);
    assert_int_equal(truncate(path, 0), 0);
}

/* A file that ends before the last page of which both its heads know (of LMDB: the head of a page,
 * and where a head of the store has that number). */
static void a_file_that_ends_too_early_is_refused(void **state)
{
    enum { PAGE = 4096, PAGE_HEAD = 16, LAST_PAGE = 4 + 4 + 8 + 8 + 2 * 48 };
    struct fx *fx = *state;
    char path[256];
    fx_close(fx);
    snprintf(path, sizeof path, "%s/data.mdb", fx->dir);
    int fd = open(path, O_WRONLY);
    const uint64_t last = 1000000;
    for (int i = 0; i < 2; i++)
        assert_int_equal(pwrite(fd, &last, sizeof last, i * PAGE + PAGE_HEAD + LAST_PAGE), 8);
    close(fd);
    refused(fx, HX_CORRUPT, "data.mdb was cut off, ");
    assert_int_equal(truncate(path, 0), 0);
}

static void readonly_sees_the_newest_beside_the_owner(void **state)
{
    struct fx *fx = *state;
    int to[2], from[2], status;
    char byte = 0;
    fx_close(fx); /* an environment must not be carried over fork */
    assert_int_equal(pipe(to) | pipe(from), 0);
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) { /* the child is the daemon */
        struct fx own = *fx;
        own.st = NULL;
        byte = read(to[0], &byte, 1) == 1 && fx_try_open(&own) == HX_OK ? 'o' : 'x';
        for (int i = 0; i < 2 && byte == 'o'; i++) {
            fx_begin(&own);
            fx_report(&own, (unsigned)i);
            fx_commit(&own);
            if (write(from[1], &byte, 1) != 1 || read(to[0], &byte, 1) != 1)
                break;
        }
        hx_store_close(own.st);
        _exit(byte == 'o' ? 0 : 1);
    }
    close(from[1]); /* so that a dead child is noticed */
    assert_int_equal(write(to[1], "o", 1), 1);
    assert_int_equal(read(from[0], &byte, 1), 1);
    fx->options.readonly = true;
    fx_reopen(fx);
    assert_int_equal(hx_store_begin(fx->st), HX_INVALID);
    assert_string_equal(fx_open_cases(fx, NULL), "1");
    assert_int_equal(write(to[1], "o", 1), 1);
    assert_int_equal(read(from[0], &byte, 1), 1);
    assert_string_equal(fx_open_cases(fx, NULL), "1,2");
    assert_int_equal(hx_store_newest_lsn(fx->st), 2);
    assert_int_equal(fx_problems(fx), 0);
    assert_int_equal(write(to[1], "o", 1), 1);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    close(to[0]);
    close(to[1]);
    close(from[0]);
}

static void a_row_of_meta_that_is_short_is_named(void **unused)
{
    static const char *const rows[] = {"format", "partition", "scale", "epoch",  "identity",
                                       "salt",   "next_case", "alive", "digest", "oldest"};
    (void)unused;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        void *state;
        char why[64];
        fx_setup(&state);
        fx_raw_row(state, "meta", fx_text_key(rows[i]), "short", 5);
        snprintf(why, sizeof why, "meta row %s has 5 bytes", rows[i]);
        refused(state, HX_CORRUPT, why);
        fx_teardown(&state);
    }
}

/* Whoever has it open meanwhile, and only looks, finds out when it looks again. */
static void who_only_looks_does_not_go_on_over_a_damaged_number(void **state)
{
    struct fx *fx = *state;
    struct fx_raw r;
    int64_t due;
    fx_begin(fx);
    fx_report(fx, 1);
    fx_commit(fx);
    fx_close(fx);
    fx->options.readonly = true;
    assert_int_equal(fx_try_open(fx), HX_OK);
    struct hx_store *reader = fx->st;
    fx->st = NULL;
    fx_raw_begin(fx, &r);
    fx_raw_put(&r, "meta", fx_text_key("oldest"), "short", 5);
    fx_raw_end(&r);
    assert_int_equal(hx_store_due_first(reader, &due), HX_CORRUPT);
    hx_store_close(reader);
    fx->options.readonly = false;
}

static void a_row_of_meta_that_is_gone_is_named(void **unused)
{
    static const char *const rows[] = {"format", "partition", "scale"};
    (void)unused;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        void *state;
        char why[64];
        fx_setup(&state);
        fx_raw_row(state, "meta", fx_text_key(rows[i]), NULL, 0);
        snprintf(why, sizeof why, "meta row %s is missing", rows[i]);
        refused(state, HX_CORRUPT, why);
        fx_teardown(&state);
    }
}

static void whoever_only_looks_is_told_what_is_missing(void **state)
{
    struct fx *fx = *state;
    fx_raw_row(fx, "meta", fx_text_key("partition"), NULL, 0);
    fx->options.as_made = true;
    refused(fx, HX_CORRUPT, "meta row partition is missing");
}

static void a_salt_under_another_key_is_refused(void **state)
{
    struct fx *fx = *state;
    uint8_t other[STORE_SALT_ROW] = {1, 2, 3};
    fx_raw_row(fx, "meta", fx_text_key("salt"), other, sizeof other);
    refused(fx, HX_CORRUPT, "salt is under another identity key");
}

static void somebody_elses_tables_are_refused(void **state)
{
    struct fx *fx = *state;
    struct fx_raw r;
    MDB_dbi dbi;
    fx_close(fx);
    fx_remove(fx->dir);
    assert_int_equal(mkdir(fx->dir, 0700), 0);
    fx->options.as_made = true;
    refused(fx, HX_NOTFOUND, "holds nothing yet");
    fx_raw_begin(fx, &r);
    assert_int_equal(mdb_dbi_open(r.txn, "weather", MDB_CREATE, &dbi), 0);
    fx_raw_end(&r);
    refused(fx, HX_BADVERSION, "was not made by hongxin");
}

/* Nothing could be appended behind it: the store says so at once, and keeps what it has. */
static void a_journal_that_ends_in_no_number_is_refused(void **state)
{
    struct fx *fx = *state;
    fx_begin(fx);
    fx_report(fx, 1);
    fx_commit(fx);
    fx_raw_row(fx, "journal", (MDB_val){9, (char[]){"\1\1\1\1\1\1\1\1\1"}}, "", 0);
    refused(fx, HX_CORRUPT, "newest entry");
}

static void what_lmdb_says_has_a_name_for_people(void **unused)
{
    static const struct {
        int said, named;
    } list[] = {
        {MDB_SUCCESS, HX_OK},
        {MDB_NOTFOUND, HX_NOTFOUND},
        {ENOENT, HX_NOTFOUND},
        {MDB_KEYEXIST, HX_EXISTS},
        {MDB_MAP_FULL, HX_FULL},
        {ENOSPC, HX_FULL},
        {EDQUOT, HX_FULL},
        {EFBIG, HX_FULL},
        {ENOMEM, HX_NOMEM},
        {MDB_CORRUPTED, HX_CORRUPT},
        {MDB_PAGE_NOTFOUND, HX_CORRUPT},
        {MDB_INVALID, HX_CORRUPT},
        {MDB_INCOMPATIBLE, HX_CORRUPT},
        {MDB_VERSION_MISMATCH, HX_BADVERSION},
        {MDB_BAD_VALSIZE, HX_TOOBIG},
        {MDB_TXN_FULL, HX_TOOBIG},
        {MDB_READERS_FULL, HX_BUSY},
        {EBUSY, HX_BUSY},
        {EACCES, HX_DENIED},
        {EROFS, HX_DENIED},
        {MDB_PANIC, HX_IO},
    };
    (void)unused;
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        assert_int_equal(store_error(list[i].said, false), list[i].named);
    assert_int_equal(store_error(EIO, false), HX_IO);
    assert_int_equal(store_error(EIO, true), HX_FULL); /* a short write */
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fx_setup, fx_teardown)
    const struct CMUnitTest tests[] = {
        T(a_second_owner_is_refused_by_name),
        T(what_the_store_was_made_with_must_match),
        T(another_format_is_refused_untouched),
        T(a_file_that_is_no_store_is_refused),
        T(a_file_that_ends_too_early_is_refused),
        T(readonly_sees_the_newest_beside_the_owner),
        cmocka_unit_test(a_row_of_meta_that_is_short_is_named),
        T(who_only_looks_does_not_go_on_over_a_damaged_number),
        cmocka_unit_test(a_row_of_meta_that_is_gone_is_named),
        T(whoever_only_looks_is_told_what_is_missing),
        T(a_salt_under_another_key_is_refused),
        T(somebody_elses_tables_are_refused),
        T(a_journal_that_ends_in_no_number_is_refused),
        cmocka_unit_test(what_lmdb_says_has_a_name_for_people),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
