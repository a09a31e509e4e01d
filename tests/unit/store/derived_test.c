/* Rows of the projections, of the quarantine and of the journal that are not as we wrote them, or
 * lie where few do: whoever reads goes on, and nothing is taken for what it is not. */
#include "store/impl.h"
#include "store/key.h"
#include "unit/store/fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static void three_cases(struct fx *fx)
{
    fx_begin(fx);
    for (unsigned n = 0; n < 3; n++)
        fx_report(fx, n);
    fx_commit(fx);
    fx_project(fx);
}

static MDB_val text_key(const char *bytes, size_t size)
{
    return val_of(bytes, size);
}

/* ---- counts ---- */

static void a_count_under_a_key_that_is_cut_is_no_count(void **state)
{
    static const char cut[] = "2026-09\0city", no_what[] = "2026-09\0grid\0";
    static const uint8_t seven[8] = {0, 0, 0, 0, 0, 0, 0, 7};
    struct fx *fx = *state;
    char longest[KEY_MAX];
    three_cases(fx);
    memset(longest, 'x', sizeof longest);
    memcpy(longest, "2026-09\0city\0\0", 14);
    fx_raw_row(fx, "tally", text_key(cut, sizeof cut - 1), seven, 8);
    fx_raw_row(fx, "tally", text_key(no_what, sizeof no_what - 1), seven, 8);
    fx_raw_row(fx, "tally", text_key(longest, sizeof longest), seven, 8);
    fx_raw_row(fx, "tally", text_key("2026-09\0grid\0G-1\0short", 22), "x", 1);
    fx_reopen(fx);
    assert_int_equal(fx_count(fx, "2026-09", "city", "", "reported"), 3);
    assert_int_equal(fx_count(fx, "2026-09", "grid", NULL, "reported"), 3);
    assert_true(fx_problems(fx) > 0);
    assert_int_equal(hx_store_rebuild(fx->st, "tally"), HX_OK);
    fx_project(fx);
    assert_int_equal(fx_problems(fx), 0);
    assert_int_equal(fx_count(fx, "2026-09", "city", "", "reported"), 3);
}

/* More kinds of counters than the doctor adds up, and one of a name that none has: it says nothing
 * of them rather than something wrong. */
static void counters_without_end_are_not_added_up(void **state)
{
    static const uint8_t seven[8] = {0, 0, 0, 0, 0, 0, 0, 7};
    struct fx *fx = *state;
    struct fx_raw r;
    char key[200];
    three_cases(fx);
    fx_raw_begin(fx, &r);
    for (int i = 0; i < 600; i++) {
        int n = snprintf(key, sizeof key, "2020-01%cgrid%cG-1%cwhat-%03d", 0, 0, 0, i);
        fx_raw_put(&r, "tally", text_key(key, (size_t)n), seven, 8);
    }
    int n = snprintf(key, sizeof key, "2020-02%cgrid%cG-1%c%080d", 0, 0, 0, 1);
    fx_raw_put(&r, "tally", text_key(key, (size_t)n), seven, 8);
    fx_raw_end(&r);
    fx_reopen(fx);
    assert_true(fx_problems(fx) > 0); /* the first of them, and that nothing of it is a rebuild */
}

static int stop_at_once(void *ctx, const struct hx_tally *row)
{
    assert_true(row->count > 0);
    return ++*(int *)ctx;
}

static void whoever_has_seen_enough_counts_stops(void **state)
{
    struct fx *fx = *state;
    const struct hx_tally_query all = {.period = "2026-09"};
    int rows = 0;
    three_cases(fx);
    assert_int_equal(hx_store_tally(fx->st, &all, stop_at_once, &rows), HX_OK);
    assert_int_equal(rows, 1); /* a row that is stored */
    fx_begin(fx);
    fx_put(fx, &(struct fx_entry){.cause = "REPORTED", .to = "RECEIVED", .holder = "A-first"});
    fx_commit(fx);
    rows = 0; /* one of the tail, before the first that is stored */
    const struct hx_tally_query holders = {.period = "2026-09", .dimension = "holder"};
    assert_int_equal(hx_store_tally(fx->st, &holders, stop_at_once, &rows), HX_OK);
    assert_int_equal(rows, 1);
}

/* Who broke it is not said: whoever had the case. And a name longer than a key has room for. */
static void a_breach_of_nobody_is_the_holders(void **state)
{
    struct fx *fx = *state;
    char name[200];
    memset(name, 'P', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    fx_begin(fx);
    fx_put(fx, &(struct fx_entry){.cause = "REPORTED", .to = "RECEIVED", .holder = "P-1"});
    fx_put(fx, &(struct fx_entry){.number = 1, .cause = "K_ARRIVE/L2", .broken = "K_ARRIVE"});
    fx_put(fx, &(struct fx_entry){
                   .number = 1, .cause = "K_PLAN/L2", .broken = "K_PLAN", .broken_by = name});
    fx_commit(fx);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(fx_count(fx, "2026-09", "holder", "P-1", "broken:K_ARRIVE"), 1);
        assert_int_equal(fx_count(fx, "2026-09", "holder", name, "broken:K_PLAN"), 1);
        fx_project(fx);
    }
}

/* ---- lists ---- */

static void feed_row(struct fx_raw *r, const char *audience, uint64_t block)
{
    struct key k;
    key_text(&k, audience);
    key_add64(&k, block);
    fx_raw_put(r, "feed", key_val(&k), "\0\1", 2); /* the second number of the block */
}

static int count_lsn(void *ctx, uint64_t lsn)
{
    assert_int_equal(lsn % 4096, 1);
    ++*(size_t *)ctx;
    return 0;
}

/* More rows than are read with one snapshot, also where another read goes on around. */
static void a_long_feed_is_read_in_parts(void **state)
{
    enum { BLOCKS = 250 };
    struct fx *fx = *state;
    struct fx_raw r;
    fx_raw_begin(fx, &r);
    for (uint64_t block = 1; block <= BLOCKS; block++)
        feed_row(&r, "P-9", block);
    fx_raw_end(&r);
    fx_reopen(fx);
    for (int nested = 0; nested < 2; nested++) {
        size_t n = 0;
        if (nested)
            assert_int_equal(store_read_begin(fx->st), HX_OK);
        assert_int_equal(hx_store_audience(fx->st, "P-9", 0, SIZE_MAX, count_lsn, &n), HX_OK);
        assert_int_equal(n, BLOCKS);
        if (nested)
            store_read_end(fx->st);
    }
}

static void open_row(struct fx_raw *r, uint64_t block, const void *value, size_t size)
{
    struct key k;
    key_open(&k, 'a', "");
    key_add64(&k, block);
    fx_raw_put(r, "open", key_val(&k), value, size);
}

static int count_number(void *ctx, uint64_t number)
{
    (void)number;
    ++*(size_t *)ctx;
    return 0;
}

/* Open cases with large gaps between their numbers, and more than are read at once. */
static void open_cases_far_apart_are_all_listed(void **state)
{
    static uint8_t all[512];
    struct fx *fx = *state;
    struct fx_raw r;
    memset(all, 0xFF, sizeof all); /* every number of the block */
    fx_raw_begin(fx, &r);
    open_row(&r, 3, "\0\7", 2);
    open_row(&r, 900, all, sizeof all);
    fx_raw_end(&r);
    fx_reopen(fx);
    for (int nested = 0; nested < 2; nested++) {
        size_t n = 0;
        if (nested)
            assert_int_equal(store_read_begin(fx->st), HX_OK);
        assert_int_equal(hx_store_open_cases(fx->st, NULL, 0, 10000, count_number, &n), HX_OK);
        assert_int_equal(n, 1 + 4096);
        if (nested)
            store_read_end(fx->st);
    }
}

static void a_damaged_row_of_a_list_is_found_and_rebuilt(void **state)
{
    struct fx *fx = *state;
    struct key k;
    three_cases(fx);
    key_text(&k, "P-1");
    key_add64(&k, 0);
    fx_raw_row(fx, "feed", key_val(&k), "odd", 3);
    fx_reopen(fx);
    assert_string_equal(fx_audience(fx, "P-1", 0), "");
    assert_true(fx_problems(fx) > 0);
    fx_begin(fx);
    fx_put(fx, &(struct fx_entry){.number = 1, .cause = "NOTE", .audience = {"P-1"}});
    fx_commit(fx);
    fx_project(fx); /* the row is written over with what is known */
    assert_string_equal(fx_audience(fx, "P-1", 0), "4");
    assert_int_equal(hx_store_rebuild(fx->st, "feed"), HX_OK);
    fx_project(fx);
    assert_string_equal(fx_audience(fx, "P-1", 0), "1,4");
    assert_int_equal(fx_problems(fx), 0);
}

/* After damage that was repaired by hand one may be ahead: what it has is not counted again. */
static void a_projection_that_is_ahead_counts_nothing_twice(void **state)
{
    struct fx *fx = *state;
    uint8_t row[18] = {0};
    three_cases(fx);
    fx_begin(fx);
    for (unsigned n = 3; n < 6; n++)
        fx_report(fx, n);
    fx_commit(fx);
    be64_put(row, 5); /* of 6 */
    fx_raw_row(fx, "cursor", val_of("=tally", 6), row, sizeof row);
    fx_reopen(fx);
    fx_project(fx);
    assert_int_equal(fx_count(fx, "2026-09", "city", "", "reported"), 3 + 1);
    assert_string_equal(fx_open_cases(fx, NULL), "1,2,3,4,5,6");
}

/* ---- journal, cursors ---- */

static void what_cannot_be_decoded_is_not_there_for_who_only_looks(void **state)
{
    struct fx *fx = *state;
    uint8_t key[8];
    hxp_entry *e;
    three_cases(fx);
    be64_put(key, 2);
    fx_raw_row(fx, "journal", val_of(key, 8), "\xff\xff garbage", 10);
    fx_reopen(fx);
    assert_int_equal(fx->ops->entry_load(fx->st, 2, &fx->arena, &e), HX_NOTFOUND);
    assert_int_equal(hx_store_committed()->entry_load(fx->st, 2, &fx->arena, &e), HX_CORRUPT);
    assert_int_equal(hx_store_committed()->entry_load(fx->st, 99, &fx->arena, &e), HX_NOTFOUND);
    assert_int_equal(hx_store_committed()->entry_load(fx->st, 3, &fx->arena, &e), HX_OK);
}

static int first_only(void *ctx, const char *name, uint64_t lsn)
{
    (void)lsn;
    snprintf(ctx, 8, "%s", name);
    return 1;
}

static void whoever_has_seen_enough_subscribers_stops(void **state)
{
    struct fx *fx = *state;
    char name[8] = "";
    assert_int_equal(hx_store_cursor_save(fx->st, "P-1", 1), HX_OK);
    assert_int_equal(hx_store_cursor_save(fx->st, "P-2", 2), HX_OK);
    fx_begin(fx);
    fx_commit(fx);
    assert_int_equal(hx_store_cursors(fx->st, first_only, name), HX_OK);
    assert_string_equal(name, "P-1");
}

/* An event that cannot be read any more has no name that could be forgotten: its entry goes. */
static void an_old_entry_without_a_readable_event_is_pruned(void **state)
{
    struct fx *fx = *state;
    hxp_entry e = HONGXIN__V1__ENTRY__INIT;
    size_t done;
    e.lsn = 1;
    e.cause = (char *)"TEST";
    e.t_rec = FX_T0;
    e.event.data = (uint8_t *)"\xff\xff";
    e.event.len = 2;
    fx_begin(fx);
    assert_int_equal(fx->ops->append(fx->st, &e), HX_OK);
    e.lsn = 2;
    assert_int_equal(fx->ops->append(fx->st, &e), HX_OK);
    fx_commit(fx);
    fx_project(fx);
    assert_int_equal(hx_store_prune(fx->st, INT64_MAX, 10, &done), HX_OK);
    assert_int_equal(done, 1);
    assert_int_equal(hx_store_oldest_lsn(fx->st), 2);
}

/* ---- quarantine ---- */

/* A reason longer than any of ours, as a damaged row may have: who is named in it is forgotten all
 * the same; before, the row stayed as it was. */
static void what_names_somebody_is_emptied_whatever_its_reason(void **state)
{
    static const char *const texts[] = {"13800138000"};
    struct fx *fx = *state;
    char row[300] = {0};
    uint8_t key[8];
    uint32_t rows = 0;
    struct fx_raw r;
    MDB_val value;
    MDB_dbi dbi;
    memset(row + 8, 'R', 200);
    memcpy(row + 209, "13800138000", 11);
    be64_put(key, 1);
    fx_raw_row(fx, "quarantine", val_of(key, 8), row, 220);
    fx_reopen(fx);
    fx_begin(fx);
    assert_int_equal(hx_store_quarantine_wipe(fx->st, texts, 1, &rows), HX_OK);
    fx_commit(fx);
    assert_int_equal(rows, 1);
    fx_raw_begin(fx, &r);
    MDB_val k = val_of(key, 8);
    assert_int_equal(mdb_dbi_open(r.txn, "quarantine", 0, &dbi), 0);
    assert_int_equal(mdb_get(r.txn, dbi, &k, &value), 0);
    assert_null(memmem(value.mv_data, value.mv_size, "13800138000", 11));
    fx_raw_end(&r);
}

static void a_gap_in_the_quarantine_keeps_nobody_out(void **state)
{
    struct fx *fx = *state;
    struct hx_store_stats s;
    uint8_t key[8];
    fx_begin(fx);
    for (int i = 0; i < HX_QUARANTINE_MAX; i++)
        assert_int_equal(fx->ops->quarantine(fx->st, (const uint8_t *)"bad", 3, "A"), HX_OK);
    fx_commit(fx);
    be64_put(key, 2);
    fx_raw_row(fx, "quarantine", val_of(key, 8), NULL, 0);
    fx_reopen(fx);
    fx_begin(fx);
    for (int i = 0; i < 3; i++) /* number 1 goes, 2 is gone already, 3 goes */
        assert_int_equal(fx->ops->quarantine(fx->st, (const uint8_t *)"bad", 3, "B"), HX_OK);
    fx_commit(fx);
    assert_int_equal(hx_store_stats(fx->st, &s), HX_OK);
    assert_int_equal(s.quarantined, HX_QUARANTINE_MAX);
    assert_int_equal(s.quarantine_open, HX_QUARANTINE_MAX);
}

/* ---- the machine around it ---- */

/* Whoever moves the folder takes nothing from who has it open. */
static void a_folder_that_was_moved_is_written_to_all_the_same(void **state)
{
    struct fx *fx = *state;
    char moved[160];
    snprintf(moved, sizeof moved, "%s-moved", fx->dir);
    assert_int_equal(rename(fx->dir, moved), 0);
    assert_int_equal(hx_store_tick(fx->st), HX_OK);
    assert_true(hx_store_room(fx->st));
    fx_begin(fx);
    fx_report(fx, 1);
    fx_commit(fx);
    assert_int_equal(rename(moved, fx->dir), 0);
    fx_reopen(fx);
    assert_string_equal(fx_open_cases(fx, NULL), "1");
}

static blkcnt_t blocks(const struct fx *fx)
{
    struct stat sb;
    char path[160];
    snprintf(path, sizeof path, "%s/data.mdb", fx->dir);
    assert_int_equal(stat(path, &sb), 0);
    return sb.st_blocks;
}

/* As a copy is that leaves out what is empty. */
static bool punch_the_reserve(struct fx *fx)
{
    struct stat sb;
    char path[160];
    snprintf(path, sizeof path, "%s/data.mdb", fx->dir);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &sb), 0);
    bool done = fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, sb.st_size - (1 << 20),
                          1 << 20) == 0;
    close(fd);
    return done;
}

static void a_reserve_of_holes_is_none(void **state)
{
    struct fx *fx = *state;
    blkcnt_t before = blocks(fx);
    fx_close(fx);
    if (!punch_the_reserve(fx))
        skip(); /* a file system without holes */
    assert_true(blocks(fx) < before);
    fx_reopen(fx);
    assert_true(blocks(fx) >= before);
}

/* The reserve for the timers cannot be made: the store is opened and says so. */
static void a_reserve_that_cannot_be_made_stops_nobody(void **state)
{
    struct fx *fx = *state;
    struct rlimit r;
    fx_close(fx);
    fx->options.reserve_bytes = 16 << 20;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &r), 0);
    const struct rlimit small = {4 << 20, r.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    fx_reopen(fx);
    assert_int_equal(hx_store_tick(fx->st), HX_OK);
    fx_begin(fx);
    fx_report(fx, 1);
    fx_commit(fx);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &r), 0);
}

static void nobody_examines_in_the_middle_of_a_batch(void **state)
{
    struct fx *fx = *state;
    struct hx_check_result result;
    const struct hx_check_options o = {.rules = NULL};
    assert_int_equal(hx_store_repair(fx->st, &o, true, &result), HX_INVALID); /* without rules */
    fx_begin(fx);
    assert_int_equal(hx_store_check(fx->st, &o, &result), HX_INVALID);
    assert_int_equal(hx_store_repair(fx->st, &o, true, &result), HX_INVALID);
    fx_commit(fx);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fx_setup, fx_teardown)
    const struct CMUnitTest tests[] = {
        T(a_count_under_a_key_that_is_cut_is_no_count),
        T(counters_without_end_are_not_added_up),
        T(whoever_has_seen_enough_counts_stops),
        T(a_breach_of_nobody_is_the_holders),
        T(a_long_feed_is_read_in_parts),
        T(open_cases_far_apart_are_all_listed),
        T(a_damaged_row_of_a_list_is_found_and_rebuilt),
        T(a_projection_that_is_ahead_counts_nothing_twice),
        T(what_cannot_be_decoded_is_not_there_for_who_only_looks),
        T(whoever_has_seen_enough_subscribers_stops),
        T(an_old_entry_without_a_readable_event_is_pruned),
        T(what_names_somebody_is_emptied_whatever_its_reason),
        T(a_gap_in_the_quarantine_keeps_nobody_out),
        T(a_folder_that_was_moved_is_written_to_all_the_same),
        T(a_reserve_of_holes_is_none),
        T(a_reserve_that_cannot_be_made_stops_nobody),
        T(nobody_examines_in_the_middle_of_a_batch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
