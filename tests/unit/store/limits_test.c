/* Where something ends: what is too large, too many, or can be neither made nor opened. Each has
 * its name, and leaves what is there as it is. */
#include "hongxin/number.h"
#include "store/impl.h"
#include "store/key.h"
#include "store/projection/tail.h"
#include "unit/store/fixture.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- opening ---- */

static void says(struct fx *fx, int err, const char *why)
{
    assert_int_equal(fx_try_open(fx), err);
    if (!strstr(fx->problem, why))
        fail_msg("\"%s\" does not say \"%s\"", fx->problem, why);
}

static void a_folder_that_cannot_be_made_is_named(void **state)
{
    struct fx *fx = *state;
    const struct hx_store_options options = fx->options;
    char path[160];
    fx_close(fx);
    snprintf(path, sizeof path, "%s/not/there", fx->dir);
    fx->options.path = path;
    says(fx, HX_NOTFOUND, "cannot make the folder");
    fx->options.path = "";
    says(fx, HX_INVALID, hx_strerror(HX_INVALID));
    fx->options.path = NULL;
    says(fx, HX_INVALID, hx_strerror(HX_INVALID));
    fx->options = options;
    fx_reopen(fx);
}

static void a_lock_that_is_no_file_is_named(void **state)
{
    struct fx *fx = *state;
    char path[160];
    fx_close(fx);
    snprintf(path, sizeof path, "%s/owner.lock", fx->dir);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_true(fx_try_open(fx) != HX_OK);
    assert_non_null(strstr(fx->problem, "owner.lock"));
    assert_int_equal(rmdir(path), 0);
    fx_reopen(fx);
}

static void a_position_of_a_projection_that_is_short_is_refused(void **state)
{
    struct fx *fx = *state;
    fx_raw_row(fx, "cursor", (MDB_val){5, (char[]){"=open"}}, "short", 5);
    says(fx, HX_CORRUPT, "a cursor");
}

/* Who died while it read: its place is given to others. */
static void a_reader_that_was_killed_is_cleared(void **state)
{
    struct fx *fx = *state;
    struct hx_store_stats stats;
    int ready[2];
    char byte;
    fx_begin(fx);
    fx_report(fx, 1);
    fx_commit(fx);
    assert_int_equal(pipe(ready), 0);
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        struct hx_store *st;
        char problem[HX_STORE_PROBLEM_MAX];
        struct hx_store_options o = fx->options;
        o.readonly = true;
        if (hx_store_open(&o, &st, problem) || store_read_begin(st) || write(ready[1], "r", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_int_equal(hx_store_tick(fx->st), HX_OK);
    assert_int_equal(hx_store_stats(fx->st, &stats), HX_OK);
    int dead = 0;
    assert_int_equal(mdb_reader_check(fx->st->env, &dead), 0);
    assert_int_equal(dead, 0);
}

/* ---- numbers ---- */

static void the_last_number_of_a_case_is_the_last(void **state)
{
    struct fx *fx = *state;
    uint64_t number;
    uint8_t bytes[8];
    be64_put(bytes, HX_NUMBER_SEQUENCE_MAX);
    fx_raw_row(fx, "meta", val_of("next_case", 9), bytes, sizeof bytes);
    fx_reopen(fx);
    fx_begin(fx);
    assert_int_equal(fx->ops->case_number(fx->st, &number), HX_OK);
    assert_int_equal(hx_number_sequence(number), HX_NUMBER_SEQUENCE_MAX);
    assert_int_equal(fx->ops->case_number(fx->st, &number), HX_FULL);
    assert_int_equal(hx_store_commit(fx->st), HX_FULL);
}

/* ---- sizes ---- */

static hxp_entry entry(uint64_t lsn)
{
    hxp_entry e = HONGXIN__V1__ENTRY__INIT;
    e.lsn = lsn;
    e.cause = (char *)"TEST";
    e.t_rec = FX_T0;
    return e;
}

static void an_entry_that_is_too_large_is_refused(void **state)
{
    enum { SIZE = 40 << 20 };
    struct fx *fx = *state;
    hxp_entry e = entry(1);
    e.event.data = calloc(1, SIZE);
    assert_non_null(e.event.data);
    e.event.len = SIZE;
    fx_begin(fx);
    assert_int_equal(fx->ops->append(fx->st, &e), HX_TOOBIG);
    assert_int_equal(hx_store_commit(fx->st), HX_TOOBIG);
    e.event.len = 2 << 20; /* larger than what a batch has room for at first */
    fx_begin(fx);
    assert_int_equal(fx->ops->append(fx->st, &e), HX_OK);
    fx_commit(fx);
    assert_int_equal(hx_store_newest_lsn(fx->st), 1);
    free(e.event.data);
}

static void an_entry_for_too_many_is_refused(void **state)
{
    enum { MANY = UINT16_MAX + 1 };
    struct fx *fx = *state;
    hxp_entry e = entry(1);
    e.audience = calloc(MANY, sizeof *e.audience);
    assert_non_null(e.audience);
    for (size_t i = 0; i < MANY; i++)
        e.audience[i] = (char *)"P-1";
    e.n_audience = MANY;
    fx_begin(fx);
    assert_int_equal(fx->ops->append(fx->st, &e), HX_TOOBIG);
    hx_store_abort(fx->st);
    e.n_audience = MANY - 1; /* more than the tail has room for at first */
    fx_begin(fx);
    assert_int_equal(fx->ops->append(fx->st, &e), HX_OK);
    fx_commit(fx);
    assert_string_equal(fx_audience(fx, "P-1", 0), "1");
    free(e.audience);
}

static int look(void *ctx, const struct hx_quarantined *row)
{
    *(size_t *)ctx = row->size;
    return 0;
}

/* What was refused is kept up to a size; the reason, too. */
static void what_is_kept_aside_is_cut(void **state)
{
    static uint8_t large[100 * 1024];
    struct fx *fx = *state;
    char reason[200];
    size_t size = 0;
    memset(reason, 'R', sizeof reason - 1);
    reason[sizeof reason - 1] = '\0';
    fx_begin(fx);
    assert_int_equal(fx->ops->quarantine(fx->st, large, sizeof large, reason), HX_OK);
    fx_commit(fx);
    assert_int_equal(hx_store_quarantined(fx->st, 0, look, &size), HX_OK);
    assert_int_equal(size, 64 * 1024);
}

/* ---- keys ---- */

static void the_next_key_there_can_be(void **unused)
{
    struct key k;
    uint8_t longest[KEY_MAX];
    (void)unused;
    key_after(&k, val_of("ab", 2));
    assert_int_equal(k.size, 3);
    assert_memory_equal(k.bytes, "ab\0", 3);
    memset(longest, 1, sizeof longest); /* nothing can be put behind it */
    key_after(&k, val_of(longest, sizeof longest));
    assert_int_equal(k.size, KEY_MAX);
    assert_int_equal(k.bytes[KEY_MAX - 1], 2);
    longest[KEY_MAX - 1] = longest[KEY_MAX - 2] = 0xFF;
    key_after(&k, val_of(longest, sizeof longest));
    assert_int_equal(k.size, KEY_MAX - 2);
    assert_int_equal(k.bytes[KEY_MAX - 3], 2);
    memset(longest, 0xFF, sizeof longest); /* the very last one */
    key_after(&k, val_of(longest, sizeof longest));
    assert_int_equal(k.size, 0);
}

/* ---- the tail ---- */

/* A city has fewer names; a table that has grown beyond starts anew once it is empty. */
static void names_of_a_tail_that_is_empty_are_forgotten(void **unused)
{
    enum { MANY = 70000 };
    struct tail t;
    char cause[] = "TEST", holder[24];
    (void)unused;
    assert_int_equal(tail_init(&t), HX_OK);
    for (unsigned i = 1; i <= MANY; i++) {
        hxp_entry e = HONGXIN__V1__ENTRY__INIT;
        snprintf(holder, sizeof holder, "P-%u", i);
        e.lsn = i;
        e.case_number = i;
        e.cause = cause;
        e.holder = holder;
        assert_int_equal(tail_add(&t, &e), HX_OK);
    }
    assert_true(names_find(&t.names, "P-1") > 0);
    tail_drop(&t, MANY - 1);
    assert_int_equal(t.n, 1);
    assert_true(names_find(&t.names, "P-1") > 0);
    tail_drop(&t, 1);
    assert_int_equal(t.n, 0);
    assert_int_equal(names_find(&t.names, "P-1"), 0);
    tail_fini(&t);
}

/* ---- while something else goes on ---- */

static void nothing_is_written_by_who_only_looks(void **state)
{
    struct fx *fx = *state;
    size_t n;
    fx_begin(fx);
    fx_report(fx, 1);
    fx_commit(fx);
    fx->options.readonly = true;
    fx_reopen(fx);
    assert_int_equal(hx_store_project(fx->st, 0, &n), HX_INVALID);
    assert_int_equal(hx_store_rebuild(fx->st, "open"), HX_INVALID);
    assert_int_equal(hx_store_prune(fx->st, INT64_MAX, 9, &n), HX_INVALID);
    assert_int_equal(hx_store_cursor_save(fx->st, "P-1", 1), HX_INVALID);
    assert_int_equal(hx_store_seal(fx->st), HX_INVALID);
    assert_int_equal(hx_store_person_hold(fx->st, 1, true), HX_INVALID);
    assert_int_equal(hx_store_person_forget(fx->st, 1, 0), HX_INVALID);
    assert_int_equal(hx_store_tick(fx->st), HX_OK);
}

static void names_that_are_none_are_refused(void **state)
{
    struct fx *fx = *state;
    char name[300];
    uint64_t lsn;
    const struct hx_tally_query no_period = {.period = NULL},
                                no_dimension = {.period = "2026", .id = "P-1"};
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_int_equal(hx_store_cursor_save(fx->st, "", 1), HX_INVALID);
    assert_int_equal(hx_store_cursor_save(fx->st, name, 1), HX_INVALID);
    assert_int_equal(hx_store_cursor_load(fx->st, "", &lsn), HX_INVALID);
    assert_int_equal(hx_store_rebuild(fx->st, "weather"), HX_NOTFOUND);
    assert_int_equal(hx_store_tally(fx->st, &no_period, NULL, NULL), HX_INVALID);
    assert_int_equal(hx_store_tally(fx->st, &no_dimension, NULL, NULL), HX_INVALID);
}

/* Two events of the same row: whoever holds a person holds all of the case. */
static void a_hold_keeps_a_person_from_being_forgotten(void **state)
{
    struct fx *fx = *state;
    uint32_t n;
    fx_begin(fx);
    assert_int_equal(hx_store_person_save(fx->st, 7, 0, (const uint8_t *)"Wang", 4), HX_OK);
    assert_int_equal(hx_store_person_hold(fx->st, 7, true), HX_OK);
    assert_int_equal(hx_store_person_forget(fx->st, 7, 0), HX_DENIED);
    assert_int_equal(hx_store_person_erase_case(fx->st, 7, &n), HX_DENIED);
    assert_int_equal(hx_store_person_hold(fx->st, 7, false), HX_OK);
    assert_int_equal(hx_store_person_hold(fx->st, 7, false), HX_OK); /* there is none */
    assert_int_equal(hx_store_person_erase_case(fx->st, 7, &n), HX_OK);
    assert_int_equal(n, 1);
    assert_int_equal(hx_store_person_forget(fx->st, 7, 0), HX_NOTFOUND);
    fx_commit(fx);
}

struct seen_persons {
    uint64_t numbers[8];
    size_t n, most;
};

static int see(void *ctx, uint64_t number, bool held)
{
    struct seen_persons *s = ctx;
    assert_int_equal(held, number == 3);
    s->numbers[s->n++] = number;
    return s->n == s->most;
}

static void persons_are_listed_a_few_at_a_time(void **state)
{
    struct fx *fx = *state;
    struct seen_persons s = {.most = 8};
    bool more;
    fx_begin(fx);
    for (uint64_t n = 1; n <= 4; n++)
        for (uint32_t party = 0; party < 2; party++)
            assert_int_equal(hx_store_person_save(fx->st, n, party, (const uint8_t *)"W", 1),
                             HX_OK);
    assert_int_equal(hx_store_person_hold(fx->st, 3, true), HX_OK);
    fx_commit(fx);
    assert_int_equal(hx_store_persons(fx->st, 0, 3, see, &s, &more), HX_OK);
    assert_int_equal(s.n, 3);
    assert_true(more);
    assert_int_equal(hx_store_persons(fx->st, 3, 3, see, &s, &more), HX_OK);
    assert_int_equal(s.n, 4);
    assert_int_equal(s.numbers[3], 4);
    assert_false(more);
    s = (struct seen_persons){.most = 2}; /* who has enough */
    assert_int_equal(hx_store_persons(fx->st, 0, 8, see, &s, &more), HX_OK);
    assert_int_equal(s.n, 2);
    assert_true(more);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fx_setup, fx_teardown)
    const struct CMUnitTest tests[] = {
        T(a_folder_that_cannot_be_made_is_named),
        T(a_lock_that_is_no_file_is_named),
        T(a_position_of_a_projection_that_is_short_is_refused),
        T(a_reader_that_was_killed_is_cleared),
        T(the_last_number_of_a_case_is_the_last),
        T(an_entry_that_is_too_large_is_refused),
        T(an_entry_for_too_many_is_refused),
        T(what_is_kept_aside_is_cut),
        cmocka_unit_test(the_next_key_there_can_be),
        cmocka_unit_test(names_of_a_tail_that_is_empty_are_forgotten),
        T(nothing_is_written_by_who_only_looks),
        T(names_that_are_none_are_refused),
        T(a_hold_keeps_a_person_from_being_forgotten),
        T(persons_are_listed_a_few_at_a_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
