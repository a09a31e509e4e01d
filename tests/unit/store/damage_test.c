/* Rows that are not as the store wrote them: whoever examines it, or works on, is told which. */
#include "base/text.h"
#include "store/impl.h"
#include "store/key.h"
#include "store/projection/tail.h"
#include "unit/store/fixture.h"

#include <dirent.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- Examining ---- */

static char found[8][200];
static size_t n_found;

static void keep(void *ctx, const struct hx_finding *f)
{
    (void)ctx;
    if (n_found < sizeof found / sizeof *found)
        snprintf(found[n_found++], sizeof found[0], "%s: %s", f->table, f->text);
}

/* That the doctor says this, beside what follows from it. */
static void doctor_says(struct fx *fx, const char *what)
{
    const struct hx_check_options options = {.report = keep};
    struct hx_check_result r;
    n_found = 0;
    fx_reopen(fx);
    assert_int_equal(hx_store_check(fx->st, &options, &r), HX_OK);
    for (size_t i = 0; i < n_found; i++)
        if (strcmp(found[i], what) == 0)
            return;
    fail_msg("not said: %s; but: %s", what, n_found ? found[0] : "nothing");
}

static void three_cases(struct fx *fx)
{
    fx_begin(fx);
    for (unsigned n = 0; n < 3; n++)
        fx_report(fx, n);
    fx_put(fx, &(struct fx_entry){.number = 2, .cause = "HELD", .holder = "P-3"});
    fx_commit(fx);
    fx_project(fx);
    assert_int_equal(fx_problems(fx), 0);
}

/* An entry as it would be packed, in place of another. */
static void write_entry(struct fx *fx, uint64_t at, uint64_t lsn, uint64_t prev, int64_t t_rec)
{
    uint8_t key[8], bytes[256];
    hxp_entry e = HONGXIN__V1__ENTRY__INIT;
    e.lsn = lsn;
    e.case_number = 2;
    e.prev_lsn = prev;
    e.t_rec = t_rec;
    size_t size = hongxin__v1__entry__pack(&e, bytes);
    fx_raw_row(fx, "journal", fx_number_key(key, at), bytes, size);
}

/* How many names stand in the folder for what is temporary. */
static void look(void *ctx, const struct hx_finding *f)
{
    const char *folder = getenv("TMPDIR");
    DIR *dir = opendir(folder ? folder : "");
    (void)ctx;
    (void)f;
    assert_non_null(dir);
    n_found++;
    for (struct dirent *e; (e = readdir(dir));)
        if (e->d_name[0] != '.')
            fail_msg("%s would be left behind", e->d_name);
    closedir(dir);
}

static void a_doctor_that_is_killed_leaves_nothing_behind(void **state)
{
    struct fx *fx = *state;
    const struct hx_check_options options = {.report = look};
    const char *before = getenv("TMPDIR");
    char *kept = before ? strdup(before) : NULL, folder[] = "/tmp/hx-temporary-XXXXXX";
    struct hx_check_result r;
    three_cases(fx);
    write_entry(fx, 2, 1, 0, fx->now);
    fx_reopen(fx);
    assert_non_null(mkdtemp(folder));
    setenv("TMPDIR", folder, 1);
    n_found = 0;
    assert_int_equal(hx_store_check(fx->st, &options, &r), HX_OK);
    assert_true(n_found > 0);
    assert_int_equal(rmdir(folder), 0);
    if (kept)
        setenv("TMPDIR", kept, 1);
    else
        unsetenv("TMPDIR");
    free(kept);
}

static void an_entry_in_anothers_place_is_found(void **state)
{
    struct fx *fx = *state;
    three_cases(fx);
    write_entry(fx, 2, 1, 0, fx->now);
    doctor_says(fx, "journal: entry 2 says it is 1");
}

static void an_entry_that_follows_a_later_one_is_found(void **state)
{
    struct fx *fx = *state;
    three_cases(fx);
    write_entry(fx, 2, 2, 3, fx->now);
    doctor_says(fx, "journal: entry 2 follows a later one");
}

static void time_that_runs_backwards_is_found(void **state)
{
    struct fx *fx = *state;
    three_cases(fx);
    write_entry(fx, 2, 2, 0, fx->now - 1);
    doctor_says(fx, "journal: time runs backwards at entry 2");
}

static void a_chain_without_its_beginning_is_found(void **state)
{
    struct fx *fx = *state;
    three_cases(fx);
    write_entry(fx, 4, 4, 0, fx->now);
    doctor_says(fx, "case: chain of case 2 does not end at its first entry");
}

static void a_case_ahead_of_the_journal_is_found(void **state)
{
    struct fx *fx = *state;
    uint8_t key[8];
    three_cases(fx);
    fx_raw_row(fx, "journal", fx_number_key(key, 4), NULL, 0);
    doctor_says(fx, "case: case 2 is ahead of the journal");
}

/* Where the sizes of its value and of its key stand, from the latter on. */
enum { VALUE_SIZE = -4, KEY_SIZE = 0 };

/* The head of LMDB's node before the key of the journal: its size, low and high; flags; the key's
 * size. One of the sizes becomes another. Old copies of its page are changed with it. */
static void spoil_entry(struct fx *fx, uint64_t lsn, int which, const char to[2])
{
    static uint8_t bytes[4 << 20];
    uint8_t node[12] = {8, 0};
    char path[160];
    size_t spoilt = 0;
    be64_put(node + 2, lsn);
    node[10] = 8; /* lsn, the first field of the entry */
    node[11] = (uint8_t)lsn;
    fx_close(fx);
    snprintf(path, sizeof path, "%s/data.mdb", fx->dir);
    FILE *f = fopen(path, "r+b");
    assert_non_null(f);
    size_t n = fread(bytes, 1, sizeof bytes, f);
    for (size_t i = 4; i + sizeof node <= n; i++)
        if (memcmp(bytes + i, node, sizeof node) == 0) {
            memcpy(bytes + i + which, to, 2);
            spoilt++;
        }
    assert_true(spoilt > 0);
    rewind(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static void not_followed(struct fx *fx, int which, const char to[2])
{
    const struct hx_check_options options = {.report = keep};
    struct hx_check_result r;
    three_cases(fx);
    spoil_entry(fx, 2, which, to);
    fx_reopen(fx);
    n_found = 0;
    assert_int_equal(hx_store_check(fx->st, &options, &r), HX_CORRUPT);
    assert_int_equal(r.entries, 1);
}

static void a_row_of_a_size_that_none_has_is_not_followed(void **state)
{
    not_followed(*state, VALUE_SIZE, "\xff\xff");
}

/* The doctor said so of one and the same row for ever. */
static void a_key_without_a_byte_is_not_followed(void **state)
{
    not_followed(*state, KEY_SIZE, "\0");
}

/* Before all of them, and between the second and the third. */
static void a_key_that_no_entry_has_is_found_and_hides_no_entry(void **state)
{
    struct fx *fx = *state;
    three_cases(fx);
    fx_raw_row(fx, "journal", (MDB_val){9, (char[]){0, 0, 0, 0, 0, 0, 0, 2, 0}}, "odd", 3);
    fx_raw_row(fx, "journal", (MDB_val){3, (char[]){0, 0, 0}}, "odd", 3);
    doctor_says(fx, "journal: a row cannot be decoded: its key has 9 bytes");
    doctor_says(fx, "journal: a row cannot be decoded: its key has 3 bytes");
    assert_int_equal(hx_store_rebuild(fx->st, "open"), HX_OK);
    fx_project(fx);
    assert_int_equal(fx_problems(fx), 2);
}

static void a_short_row_of_seen_is_found(void **state)
{
    struct fx *fx = *state;
    three_cases(fx);
    fx_raw_row(fx, "seen", (MDB_val){19, (char[]){"hotline\0ev-00000001"}}, "short", 5);
    doctor_says(fx, "seen: a row has 5 bytes");
}

/* ---- Working on ---- */

static void a_damaged_watch_does_not_hide_the_others(void **state)
{
    struct fx *fx = *state;
    uint8_t key[8];
    struct hx_watch first,
        good = {.at = fx->now, .kind = 1, .source = "hotline", .ref = "GD-1", .number = 7};
    fx_begin(fx);
    assert_int_equal(fx->ops->watch_put(fx->st, &good), HX_OK);
    fx_commit(fx);
    fx_raw_row(fx, "watch", fx_number_key(key, 1), "GD-2", 5);
    fx_reopen(fx);
    assert_int_equal(fx->ops->watch_first(fx->st, &first), HX_NOTFOUND); /* who only looks */
    fx_begin(fx);
    assert_int_equal(fx->ops->watch_first(fx->st, &first), HX_OK);
    fx_commit(fx);
    assert_string_equal(first.ref, "GD-1");
    assert_int_equal(first.number, 7);
    assert_int_equal(fx_quarantined(fx), 1);
    assert_int_equal(fx->ops->watch_first(fx->st, &first), HX_OK);
    assert_int_equal(fx_problems(fx), 0);
}

/* Numbers go on where they were, whatever lies behind the last row; before, no case could be saved
 * any more, and the first number was given again. */
static void rows_under_keys_that_are_none_stop_no_numbers(void **state)
{
    struct fx *fx = *state;
    const MDB_val odd = {20, (char[]){"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
                                      "\xff\xff\xff\xff\xff\xff\xff\xff"}};
    three_cases(fx);
    fx_begin(fx);
    assert_int_equal(fx->ops->quarantine(fx->st, (const uint8_t *)"bad", 3, "A"), HX_OK);
    fx_commit(fx);
    fx_raw_row(fx, "case", odd, "odd", 3);
    fx_raw_row(fx, "quarantine", odd, "odd", 3);
    fx_reopen(fx);
    fx_begin(fx);
    assert_int_equal(fx_report(fx, 7), 4);
    assert_int_equal(fx_report(fx, 8), 5);
    fx_put(fx, &(struct fx_entry){.number = 4, .cause = "HELD", .holder = "P-3"});
    assert_int_equal(hx_store_quarantine_next(fx->st), 2);
    assert_int_equal(fx->ops->quarantine(fx->st, (const uint8_t *)"bad", 3, "B"), HX_OK);
    fx_commit(fx);
    assert_int_equal(hx_store_newest_lsn(fx->st), 7);
    assert_int_equal(fx_problems(fx), 1); /* the row itself */
}

static void damaged_references_and_sources_are_set_aside(void **state)
{
    struct fx *fx = *state;
    struct hx_source source;
    uint64_t number;
    fx_raw_row(fx, "ref", (MDB_val){12, (char[]){"hotline\0GD-1"}}, "short", 5);
    fx_raw_row(fx, "source", (MDB_val){8, (char[]){"kiosk-1"}}, "short", 5);
    fx_reopen(fx);
    const struct hx_backend *asked = hx_store_committed();
    assert_int_equal(asked->source_load(fx->st, "kiosk-1", &source), HX_CORRUPT);
    assert_int_equal(hx_store_ref(fx->st, "hotline", "GD-1", &number), HX_CORRUPT);
    fx_begin(fx);
    assert_int_equal(fx->ops->ref_load(fx->st, "hotline", "GD-1", &number), HX_NOTFOUND);
    assert_int_equal(fx->ops->source_load(fx->st, "kiosk-1", &source), HX_NOTFOUND);
    fx_commit(fx);
    assert_int_equal(fx_quarantined(fx), 2);
    assert_int_equal(hx_store_ref(fx->st, "hotline", "GD-1", &number), HX_NOTFOUND);
}

static int count_subscriber(void *names, const char *subscriber, uint64_t lsn)
{
    (void)lsn;
    strcat(names, subscriber);
    return 0;
}

static void a_damaged_position_hides_no_other(void **state)
{
    struct fx *fx = *state;
    char names[64] = "";
    uint64_t lsn;
    assert_int_equal(hx_store_cursor_save(fx->st, "P-09", 7), HX_OK);
    fx_begin(fx);
    fx_commit(fx);
    fx_raw_row(fx, "cursor", (MDB_val){5, (char[]){"+P-07"}}, "short", 5);
    fx_raw_row(fx, "meta", fx_text_key("chain"), "short", 5);
    fx_reopen(fx);
    assert_int_equal(hx_store_cursor_load(fx->st, "P-07", &lsn), HX_CORRUPT);
    assert_int_equal(hx_store_cursors(fx->st, count_subscriber, names), HX_OK);
    assert_non_null(strstr(names, "P-09"));
    assert_int_equal(hx_store_chain_load(fx->st, &lsn), HX_CORRUPT);
}

static int last_person(void *ctx, uint64_t case_number, bool held)
{
    (void)held;
    *(uint64_t *)ctx = case_number;
    return 0;
}

static void a_damaged_identity_is_never_shown(void **state)
{
    struct fx *fx = *state;
    uint8_t key[12] = {0}, buf[HX_PERSON_PLAIN_MAX];
    uint64_t last = 0;
    size_t size;
    bool more;
    assert_false(hx_store_person_kept(fx->st, 7));
    key[7] = 7; /* case 7, party 0 */
    fx_raw_row(fx, "person", (MDB_val){12, key}, "short", 5);
    fx_reopen(fx);
    assert_true(hx_store_person_kept(fx->st, 7));
    assert_false(hx_store_person_kept(fx->st, 6));
    assert_int_equal(hx_store_person_load(fx->st, 7, 0, buf, sizeof buf, &size), HX_CORRUPT);
    assert_int_equal(hx_store_persons(fx->st, 0, 10, last_person, &last, &more), HX_OK);
    assert_int_equal(last, 7);
}

/* Otherwise those behind it would be kept for ever. */
static void a_damaged_identity_hides_no_other(void **state)
{
    struct fx *fx = *state;
    uint64_t last = 0;
    bool more;
    fx_begin(fx);
    assert_int_equal(hx_store_person_save(fx->st, 1, 0, (const uint8_t *)"Wang", 4), HX_OK);
    assert_int_equal(hx_store_person_save(fx->st, 9, 0, (const uint8_t *)"Zhao", 4), HX_OK);
    fx_commit(fx);
    fx_raw_row(fx, "person", (MDB_val){3, (char[]){0, 0, 0}}, "short", 5);
    fx_raw_row(fx, "person", (MDB_val){9, (char[]){"\0\0\0\0\0\0\0\5x"}}, "short", 5);
    fx_reopen(fx);
    assert_int_equal(hx_store_persons(fx->st, 0, 10, last_person, &last, &more), HX_OK);
    assert_int_equal(last, 9);
    assert_false(more);
    fx_raw_row(fx, "person", (MDB_val){12, (char[]){"\0\0\0\0\0\0\0\5\xff\xff\xff\xff"}}, "x", 1);
    fx_reopen(fx);
    assert_int_equal(hx_store_persons(fx->st, 5, 10, last_person, &last, &more), HX_OK);
    assert_int_equal(last, 9); /* a party that none has is met once */
    assert_false(more);
}

static int no_version(void *ctx, const hxp_rules_version *v, const uint8_t *text, size_t size)
{
    (void)ctx;
    (void)v;
    (void)text;
    (void)size;
    return 0;
}

static void a_version_without_its_text_is_found(void **state)
{
    struct fx *fx = *state;
    hxp_rules_version v = HONGXIN__V1__RULES_VERSION__INIT;
    v.kind = hx_text_field("life-cycle");
    v.name = hx_text_field("complaint");
    v.version = 1;
    fx_begin(fx);
    assert_int_equal(hx_store_rules_save(fx->st, &v, NULL, 0), HX_OK);
    fx_commit(fx);
    assert_int_equal(hx_store_rules(fx->st, no_version, NULL), HX_CORRUPT);
    fx_begin(fx);
    assert_int_equal(hx_store_rules_save(fx->st, &v, "text", 4), HX_OK);
    fx_commit(fx);
    assert_int_equal(hx_store_rules(fx->st, no_version, NULL), HX_OK);
    v.name = hx_text_field("");
    fx_begin(fx);
    assert_int_equal(hx_store_rules_save(fx->st, &v, "text", 4), HX_INVALID);
    assert_int_equal(hx_store_commit(fx->st), HX_INVALID);
}

static void damaged_due_row(struct fx *fx, const char *bytes, size_t size)
{
    fx_raw_row(fx, "due", (MDB_val){size, (void *)(uintptr_t)bytes}, "", 0);
}

/* Two rows that are none, one before and one between those of cases 1 and 2. */
static void two_damaged_due_rows(struct fx *fx)
{
    uint8_t between[8];
    fx_begin(fx);
    fx_put(fx, &(struct fx_entry){.cause = "REPORTED", .due = fx->now + 100});
    fx_put(fx, &(struct fx_entry){.cause = "REPORTED", .due = fx->now + 300});
    fx_commit(fx);
    be64_put(between, (uint64_t)fx->now + 200);
    damaged_due_row(fx, "\0\0\1", 3);
    damaged_due_row(fx, (const char *)between, sizeof between);
    fx_reopen(fx);
}

static void a_damaged_due_row_does_not_hide_the_others(void **state)
{
    struct fx *fx = *state;
    struct hx_due_row rows[4];
    const int64_t late = fx->now + 1000;
    int64_t due;
    size_t n;
    const int64_t first = fx->now + 100;
    two_damaged_due_rows(fx);
    assert_int_equal(hx_store_due_first(fx->st, &due), HX_OK); /* who only looks */
    assert_int_equal(due, first);
    assert_int_equal(hx_store_due_rows(fx->st, &(struct hx_due_row){0}, late, 4, rows, &n), HX_OK);
    assert_int_equal(n, 2);
    assert_int_equal(rows[1].case_number, 2);
    fx_begin(fx);
    assert_int_equal(hx_store_due_list(fx->st, &(struct hx_due_row){0}, late, 4, rows, &n), HX_OK);
    assert_int_equal(n, 2);
    assert_int_equal(hx_store_due_take(fx->st, late, 4, rows, &n), HX_OK);
    assert_int_equal(n, 2);
    assert_int_equal(rows[0].case_number, 1);
    assert_int_equal(rows[1].case_number, 2);
    assert_int_equal(hx_store_due_first(fx->st, &due), HX_NOTFOUND);
    fx_commit(fx);
    assert_int_equal(fx_quarantined(fx), 2);
}

static void a_damaged_due_row_is_found(void **state)
{
    struct fx *fx = *state;
    two_damaged_due_rows(fx);
    doctor_says(fx, "due: a row cannot be decoded: its key has 3 bytes");
    doctor_says(fx, "due: a row cannot be decoded: its key has 8 bytes");
}

/* ---- Names of the tail ---- */

static void say_name(char text[64], unsigned n)
{
    snprintf(text, 64, "holder-of-a-rather-long-name-%u", n);
}

static void names_keep_their_numbers_however_many_come(void **unused)
{
    enum { MANY = 5000 };
    struct names s;
    char text[64];
    int err = HX_OK;
    (void)unused;
    assert_int_equal(names_init(&s), HX_OK);
    assert_int_equal(names_take(&s, "", &err), 0);
    for (unsigned n = 1; n <= MANY; n++) {
        say_name(text, n);
        assert_int_equal(names_take(&s, text, &err), n);
    }
    for (unsigned n = 1; n <= MANY; n++) {
        say_name(text, n);
        assert_int_equal(names_find(&s, text), n);
        assert_int_equal(names_take(&s, text, &err), n);
        assert_string_equal(names_text(&s, n), text);
    }
    names_clear(&s);
    assert_int_equal(names_find(&s, text), 0);
    assert_int_equal(names_take(&s, text, &err), 1);
    assert_int_equal(err, HX_OK);
    names_fini(&s);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fx_setup, fx_teardown)
    const struct CMUnitTest tests[] = {
        T(a_doctor_that_is_killed_leaves_nothing_behind),
        T(an_entry_in_anothers_place_is_found),
        T(an_entry_that_follows_a_later_one_is_found),
        T(time_that_runs_backwards_is_found),
        T(a_chain_without_its_beginning_is_found),
        T(a_case_ahead_of_the_journal_is_found),
        T(a_key_that_no_entry_has_is_found_and_hides_no_entry),
        T(a_short_row_of_seen_is_found),
        T(a_row_of_a_size_that_none_has_is_not_followed),
        T(a_key_without_a_byte_is_not_followed),
        T(a_damaged_watch_does_not_hide_the_others),
        T(rows_under_keys_that_are_none_stop_no_numbers),
        T(damaged_references_and_sources_are_set_aside),
        T(a_damaged_position_hides_no_other),
        T(a_damaged_identity_is_never_shown),
        T(a_damaged_identity_hides_no_other),
        T(a_version_without_its_text_is_found),
        T(a_damaged_due_row_does_not_hide_the_others),
        T(a_damaged_due_row_is_found),
        cmocka_unit_test(names_keep_their_numbers_however_many_come),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
