/* What a run leaves behind: rejects and the checkpoint. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/send/checkpoint.h"
#include "cli/send/reject.h"
#include "unit/cli/scratch.h"

static void rejects_hold_line_reason_and_row(void **state)
{
    struct reject_file f;
    const char *path = scratch_path("r.csv");
    struct stat st;
    char *text;

    (void)state;
    assert_int_equal(reject_init(&f, path, false), 0);
    assert_int_not_equal(access(path, F_OK), 0); /* nothing rejected: no file */
    assert_int_equal(reject_add(&f, 7, "the row \"x\"", "a,\"b\"", 5), 0);
    assert_int_equal(reject_fini(&f), 0);
    text = scratch_read(path);
    assert_string_equal(text, "line,reason,row\n7,\"the row \"\"x\"\"\",\"a,\"\"b\"\"\"\n");
    free(text);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 077, 0); /* a row may name a reporter */
}

static void a_resumed_run_keeps_earlier_rejects(void **state)
{
    struct reject_file f;
    const char *path = scratch_path("s.csv");
    char *text;

    (void)state;
    for (int run = 0; run < 2; run++) {
        assert_int_equal(reject_init(&f, path, run == 1), 0);
        assert_int_equal(reject_add(&f, (uint64_t)run + 2, "why", "x", 1), 0);
        assert_int_equal(reject_fini(&f), 0);
    }
    assert_int_equal(reject_init(&f, path, true), 0);
    assert_int_equal(reject_add(&f, 2, "why", "x", 1), 0); /* read again: not written again */
    assert_int_equal(reject_add(&f, 3, "why", "x", 1), 0);
    assert_int_equal(f.n, 2);
    assert_int_equal(reject_fini(&f), 0);
    text = scratch_read(path);
    assert_string_equal(text, "line,reason,row\n2,\"why\",\"x\"\n3,\"why\",\"x\"\n");
    free(text);
    assert_int_equal(reject_init(&f, path, false), 0); /* a fresh run does not */
    assert_int_not_equal(access(path, F_OK), 0);
    assert_int_equal(reject_fini(&f), 0);
}

static void a_checkpoint_survives_the_process(void **state)
{
    struct checkpoint c;
    char mark[CHECKPOINT_MARK];
    const char *path = scratch_path("c.progress");

    (void)state;
    assert_int_equal(checkpoint_open(&c, path), 0);
    assert_int_equal(c.rows, 0);
    checkpoint_mark("row", 3, mark);
    assert_int_equal(checkpoint_save(&c, 256, mark), 0);
    checkpoint_close(&c);

    assert_int_equal(checkpoint_open(&c, path), 0);
    assert_int_equal(c.rows, 256);
    assert_string_equal(c.mark, mark);
    checkpoint_done(&c);
    checkpoint_close(&c);
    assert_int_not_equal(access(path, F_OK), 0);
}

static void a_broken_checkpoint_counts_as_none(void **state)
{
    struct checkpoint c;

    (void)state;
    assert_int_equal(checkpoint_open(&c, scratch_file("d.progress", "hongxin-publish rows=12", 23)),
                     0);
    assert_int_equal(c.rows, 0);
    checkpoint_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rejects_hold_line_reason_and_row),
        cmocka_unit_test(a_resumed_run_keeps_earlier_rejects),
        cmocka_unit_test(a_checkpoint_survives_the_process),
        cmocka_unit_test(a_broken_checkpoint_counts_as_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
