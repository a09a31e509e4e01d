/* Identities: readable with the key, for their own case, and nowhere in the file. */
#include "unit/store/fixture.h"

#include <fcntl.h>
#include <lmdb.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char plain[] = "Wang Xiaoming 13800138000 building 7 flat 1203";

static void save(struct fx *fx, uint64_t number, uint32_t party)
{
    assert_int_equal(
        hx_store_person_save(fx->st, number, party, (const uint8_t *)plain, sizeof plain), HX_OK);
}

static void an_identity_comes_back(void **state)
{
    struct fx *fx = *state;
    uint8_t buf[HX_PERSON_PLAIN_MAX];
    size_t size = 0;
    fx_begin(fx);
    save(fx, 7, 0);
    save(fx, 7, 1);
    fx_commit(fx);
    fx_reopen(fx);
    assert_int_equal(hx_store_person_load(fx->st, 7, 0, buf, sizeof buf, &size), HX_OK);
    assert_int_equal(size, sizeof plain);
    assert_memory_equal(buf, plain, sizeof plain);
    assert_int_equal(hx_store_person_load(fx->st, 7, 0, buf, 10, &size), HX_TOOBIG);
    assert_int_equal(hx_store_person_load(fx->st, 8, 0, buf, sizeof buf, &size), HX_NOTFOUND);
    fx_begin(fx);
    assert_int_equal(hx_store_person_erase(fx->st, 7, 0), HX_OK);
    assert_int_equal(hx_store_person_erase(fx->st, 7, 0), HX_NOTFOUND);
    fx_commit(fx);
    assert_int_equal(hx_store_person_load(fx->st, 7, 0, buf, sizeof buf, &size), HX_NOTFOUND);
    assert_int_equal(hx_store_person_load(fx->st, 7, 1, buf, sizeof buf, &size), HX_OK);
}

static bool file_contains(const struct fx *fx, const void *needle, size_t n)
{
    char path[256];
    struct stat sb;
    snprintf(path, sizeof path, "%s/data.mdb", fx->dir);
    int fd = open(path, O_RDONLY);
    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &sb), 0);
    void *map = mmap(NULL, (size_t)sb.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    assert_ptr_not_equal(map, MAP_FAILED);
    bool found = memmem(map, (size_t)sb.st_size, needle, n) != NULL;
    munmap(map, (size_t)sb.st_size);
    close(fd);
    return found;
}

static void no_plain_byte_reaches_the_file(void **state)
{
    struct fx *fx = *state;
    fx_begin(fx);
    for (unsigned i = 0; i < 200; i++) {
        uint64_t number = fx_report(fx, i);
        save(fx, number, 0);
    }
    fx_put(fx, &(struct fx_entry){.number = 3, .cause = "NOTE", .text = "a marker in the journal"});
    fx_commit(fx);
    fx_begin(fx); /* overwritten rows leave their old pages behind */
    for (unsigned i = 1; i <= 200; i += 3)
        save(fx, i, 0);
    fx_commit(fx);
    fx_close(fx);
    assert_true(file_contains(fx, "a marker in the journal", 23)); /* the scan does find things */
    assert_false(file_contains(fx, "Wang Xiaoming", 13));
    assert_false(file_contains(fx, "13800138000", 11));
    assert_false(file_contains(fx, "flat 1203", 9));
    assert_false(file_contains(fx, fx->key, sizeof fx->key));
    assert_int_equal(fx_try_open(fx), HX_OK);
}

/* Changes a stored row behind the store's back. */
static void move_row(struct fx *fx, uint8_t from_case, uint8_t to_case)
{
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi dbi;
    uint8_t a[12] = {0}, b[12] = {0};
    a[7] = from_case;
    b[7] = to_case;
    MDB_val from = {sizeof a, a}, to = {sizeof b, b}, value;
    fx_close(fx);
    assert_int_equal(mdb_env_create(&env), 0);
    assert_int_equal(mdb_env_set_maxdbs(env, 32), 0);
    assert_int_equal(mdb_env_open(env, fx->dir, 0, 0600), 0);
    assert_int_equal(mdb_txn_begin(env, NULL, 0, &txn), 0);
    assert_int_equal(mdb_dbi_open(txn, "person", 0, &dbi), 0);
    assert_int_equal(mdb_get(txn, dbi, &from, &value), 0);
    uint8_t copy[512];
    size_t size = value.mv_size;
    memcpy(copy, value.mv_data, size);
    value = (MDB_val){size, copy};
    assert_int_equal(mdb_put(txn, dbi, &to, &value, 0), 0);
    copy[size - 1] ^= 1;
    assert_int_equal(mdb_put(txn, dbi, &from, &value, 0), 0);
    assert_int_equal(mdb_txn_commit(txn), 0);
    mdb_env_close(env);
    fx_reopen(fx);
}

static void a_moved_or_changed_row_is_refused(void **state)
{
    struct fx *fx = *state;
    uint8_t buf[HX_PERSON_PLAIN_MAX];
    size_t size;
    fx_begin(fx);
    save(fx, 7, 0);
    fx_commit(fx);
    move_row(fx, 7, 8);
    assert_int_equal(hx_store_person_load(fx->st, 8, 0, buf, sizeof buf, &size), HX_CORRUPT);
    assert_int_equal(hx_store_person_load(fx->st, 7, 0, buf, sizeof buf, &size), HX_CORRUPT);
}

static void without_a_key_nothing_is_kept(void **state)
{
    struct fx *fx = *state;
    uint8_t buf[64];
    size_t size;
    fx->options.identity_key = NULL;
    fx_reopen(fx);
    fx_begin(fx);
    assert_int_equal(hx_store_person_save(fx->st, 1, 0, (const uint8_t *)plain, sizeof plain),
                     HX_DENIED);
    fx_report(fx, 1); /* and the batch goes on */
    fx_commit(fx);
    assert_int_equal(hx_store_person_load(fx->st, 1, 0, buf, sizeof buf, &size), HX_DENIED);
}

static void another_key_is_refused_at_start(void **state)
{
    struct fx *fx = *state;
    fx_close(fx);
    fx->key[0] ^= 1;
    assert_int_equal(fx_try_open(fx), HX_MISMATCH);
    assert_non_null(strstr(fx->problem, "identity key"));
    assert_non_null(strstr(fx->problem, fx->dir));
    assert_null(fx->st);
}

static void limits_are_named(void **state)
{
    struct fx *fx = *state;
    static uint8_t big[HX_PERSON_PLAIN_MAX + 1];
    uint8_t buf[HX_PERSON_PLAIN_MAX];
    size_t size;
    assert_int_equal(hx_store_person_save(fx->st, 1, 0, big, 1), HX_INVALID); /* no transaction */
    fx_begin(fx);
    assert_int_equal(hx_store_person_save(fx->st, 1, 0, big, sizeof big), HX_TOOBIG);
    assert_int_equal(hx_store_person_save(fx->st, 1, 0, big, sizeof big - 1), HX_OK);
    fx_commit(fx);
    assert_int_equal(hx_store_person_load(fx->st, 1, 0, buf, sizeof buf, &size), HX_OK);
    assert_int_equal(size, sizeof buf);
}

/* Killed at any moment while the identity key is changed, any number of times: each identity is
 * there, and in the end the former key opens nothing. */
static void the_key_is_changed_through_any_kill(void **state)
{
    struct fx *fx = *state;
    uint8_t new_key[HX_IDENTITY_KEY_SIZE], old_key[HX_IDENTITY_KEY_SIZE], buf[HX_PERSON_PLAIN_MAX];
    uint8_t salt[HX_IDENTITY_KEY_SIZE];
    size_t size;
    memcpy(salt, hx_store_salt(fx->st), sizeof salt);
    memcpy(old_key, fx->key, sizeof old_key);
    memset(new_key, 0xa7, sizeof new_key);
    fx_begin(fx);
    for (uint64_t n = 1; n <= 3500; n++)
        save(fx, n, 0);
    fx_commit(fx);
    fx_close(fx);
    fx->options.identity_key = new_key;
    fx->options.previous_key = old_key;
    for (int round = 0; round < 8; round++) {
        pid_t child = fork();
        if (child == 0)
            _exit(fx_try_open(fx) == HX_OK ? 0 : 1);
        usleep((useconds_t)(round * 700));
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
    }
    fx_reopen(fx);
    assert_memory_equal(hx_store_salt(fx->st), salt, sizeof salt);
    for (uint64_t n = 1; n <= 3500; n++)
        assert_int_equal(hx_store_person_load(fx->st, n, 0, buf, sizeof buf, &size), HX_OK);
    fx_close(fx);
    fx->options.previous_key = NULL;
    fx->options.identity_key = old_key;
    assert_int_equal(fx_try_open(fx), HX_MISMATCH);
    fx->options.identity_key = new_key;
    fx_reopen(fx);
    assert_memory_equal(hx_store_salt(fx->st), salt, sizeof salt);
}

/* ---- in quarantine ---- */

static void refuse(struct fx *fx, const char *text, const char *reason)
{
    assert_int_equal(fx->ops->quarantine(fx->st, (const uint8_t *)text, strlen(text), reason),
                     HX_OK);
}

struct shown {
    char text[256];
};

static int show(void *ctx, const struct hx_quarantined *row)
{
    struct shown *s = ctx;
    size_t n = strlen(s->text);
    snprintf(s->text + n, sizeof s->text - n, "%d %s [%.*s] ", (int)row->number, row->reason,
             (int)row->size, row->size ? (const char *)row->bytes : "");
    return 0;
}

static void quarantine_says(struct fx *fx, const char *expected)
{
    struct shown s = {""};
    assert_int_equal(hx_store_quarantined(fx->st, 0, show, &s), HX_OK);
    assert_string_equal(s.text, expected);
}

static void what_names_somebody_is_emptied_and_nothing_else(void **state)
{
    struct fx *fx = *state;
    static const char *const texts[] = {"13800138000", "Wang Xiaoming"};
    uint32_t rows = 0;
    fx_begin(fx);
    refuse(fx, "call 13800138000 please", "NO_PLACE");
    refuse(fx, "somebody else", "13800138000?");
    refuse(fx, "", "EMPTY");
    refuse(fx, "Mr Wang Xiaoming", "BAD_TIME");
    fx_commit(fx);
    fx_begin(fx);
    assert_int_equal(hx_store_quarantine_wipe(fx->st, texts, 2, &rows), HX_OK);
    fx_commit(fx);
    assert_int_equal(rows, 2);
    fx_reopen(fx);
    quarantine_says(fx, "1 NO_PLACE [] 2 13800138000? [somebody else] 3 EMPTY [] 4 BAD_TIME [] ");
}

static void what_was_refused_is_not_kept_for_ever(void **state)
{
    struct fx *fx = *state;
    size_t n = 0;
    fx_begin(fx);
    fx_report(fx, 1);
    refuse(fx, "old", "A");
    refuse(fx, "old too", "B");
    fx_commit(fx);
    int64_t then = hx_store_last_now(fx->st);
    fx->now += 1000;
    fx_begin(fx);
    fx_report(fx, 2);
    refuse(fx, "new", "C");
    fx_commit(fx);
    fx_begin(fx);
    assert_int_equal(hx_store_quarantine_drop(fx->st, then, 10, &n), HX_OK);
    assert_int_equal(n, 0); /* none is older */
    assert_int_equal(hx_store_quarantine_drop(fx->st, then + 1, 1, &n), HX_OK);
    assert_int_equal(n, 1);
    assert_int_equal(hx_store_quarantine_drop(fx->st, then + 1, 10, &n), HX_OK);
    assert_int_equal(n, 1);
    fx_commit(fx);
    fx_reopen(fx);
    quarantine_says(fx, "3 C [new] ");
    fx_begin(fx);
    assert_int_equal(hx_store_quarantine_drop(fx->st, INT64_MAX, 10, &n), HX_OK);
    assert_int_equal(n, 1);
    assert_int_equal(hx_store_quarantine_drop(fx->st, INT64_MAX, 10, &n), HX_OK);
    assert_int_equal(n, 0);
    fx_commit(fx);
}

static void a_done_row_is_kept_as_long_as_an_open_one(void **state)
{
    struct fx *fx = *state;
    const struct hx_row_end taken = {.lsn = 1};
    size_t n = 0;
    fx_begin(fx);
    fx_report(fx, 1);
    refuse(fx, "mended", "A");
    refuse(fx, "waits", "B");
    fx_commit(fx);
    int64_t then = hx_store_last_now(fx->st);
    const struct hx_row_name first = {1, then};
    fx_begin(fx);
    assert_int_equal(hx_store_quarantine_close(fx->st, &first, &taken), HX_OK);
    assert_int_equal(hx_store_quarantine_drop(fx->st, then, 10, &n), HX_OK);
    assert_int_equal(n, 0);
    fx_commit(fx);
    quarantine_says(fx, "1 A [mended] 2 B [waits] ");
    fx_begin(fx);
    assert_int_equal(hx_store_quarantine_drop(fx->st, then + 1, 10, &n), HX_OK);
    assert_int_equal(n, 2);
    fx_commit(fx);
    quarantine_says(fx, "");
}

static int keep_end(void *ctx, const struct hx_quarantined *row)
{
    struct hx_quarantined *out = ctx;
    *out = *row;
    out->reason = NULL; /* borrowed */
    return 1;
}

static uint64_t open_rows(struct fx *fx)
{
    struct hx_store_stats stats;
    assert_int_equal(hx_store_stats(fx->st, &stats), HX_OK);
    return stats.quarantine_open;
}

static void a_done_row_that_is_emptied_stays_done(void **state)
{
    struct fx *fx = *state;
    static const char *const texts[] = {"13800138000"};
    char reason[120 + 1];
    struct hx_quarantined before, after;
    const struct hx_row_end taken = {.lsn = 1};
    uint32_t rows = 0;
    size_t n = 0;
    memset(reason, 'R', sizeof reason - 1); /* the longest */
    reason[sizeof reason - 1] = 0;
    fx_begin(fx);
    fx_report(fx, 1);
    refuse(fx, "call 13800138000 please", reason);
    refuse(fx, "waits", "B");
    fx_commit(fx);
    const struct hx_row_name first = {1, hx_store_last_now(fx->st)};
    fx_begin(fx);
    assert_int_equal(hx_store_quarantine_close(fx->st, &first, &taken), HX_OK);
    fx_commit(fx);
    assert_int_equal(hx_store_quarantined(fx->st, 0, keep_end, &before), HX_OK);
    fx_begin(fx);
    assert_int_equal(hx_store_quarantine_wipe(fx->st, texts, 1, &rows), HX_OK);
    fx_commit(fx);
    assert_int_equal(rows, 1);
    fx_reopen(fx);
    assert_int_equal(hx_store_quarantined(fx->st, 0, keep_end, &after), HX_OK);
    assert_int_equal(after.at, before.at);
    assert_int_equal(after.closed_at, before.closed_at);
    assert_int_equal(after.lsn, 1);
    assert_int_equal(open_rows(fx), 1);
    char expected[sizeof reason + 32];
    snprintf(expected, sizeof expected, "1 %s [] 2 B [waits] ", reason);
    quarantine_says(fx, expected);
    fx_begin(fx);
    assert_int_equal(hx_store_quarantine_drop(fx->st, INT64_MAX, 10, &n), HX_OK);
    fx_commit(fx);
    assert_int_equal(n, 2);
    assert_int_equal(open_rows(fx), 0);
}

static void behind_the_last_number_nothing_lies(void **state)
{
    struct fx *fx = *state;
    struct hx_quarantined row = {.number = 0};
    fx_begin(fx);
    refuse(fx, "bad", "A");
    fx_commit(fx);
    assert_int_equal(hx_store_quarantined(fx->st, UINT64_MAX, keep_end, &row), HX_OK);
    assert_int_equal(row.number, 0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fx_setup, fx_teardown)
    const struct CMUnitTest tests[] = {
        T(an_identity_comes_back),
        T(no_plain_byte_reaches_the_file),
        T(a_moved_or_changed_row_is_refused),
        T(without_a_key_nothing_is_kept),
        T(another_key_is_refused_at_start),
        T(limits_are_named),
        T(the_key_is_changed_through_any_kill),
        T(what_names_somebody_is_emptied_and_nothing_else),
        T(what_was_refused_is_not_kept_for_ever),
        T(a_done_row_is_kept_as_long_as_an_open_one),
        T(a_done_row_that_is_emptied_stays_done),
        T(behind_the_last_number_nothing_lies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
