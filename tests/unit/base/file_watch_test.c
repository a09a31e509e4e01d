/* When a file is to be read anew: whoever was struck off in it must not stay in force. */
#include "base/file_watch.h"
#include "hongxin/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char path[] = "/tmp/hongxin-watch-XXXXXX";

static int set_up(void **state)
{
    (void)state;
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int tear_down(void **state)
{
    (void)state;
    return unlink(path);
}

static void append(const char *text)
{
    FILE *f = fopen(path, "a");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static void test_a_change_is_seen_until_it_is_looked_at(void **state)
{
    struct hx_file_watch w = {.path = path};
    (void)state;
    assert_true(hx_file_changed(&w));
    hx_file_look(&w);
    assert_false(hx_file_changed(&w));
    append("one more line\n");
    assert_true(hx_file_changed(&w));
    hx_file_look(&w);
    assert_false(hx_file_changed(&w));
}

static void test_what_could_not_be_read_for_now_is_read_again(void **state)
{
    const int passing[] = {HX_IO, HX_NOMEM};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct hx_file_watch w = {.path = path};
        hx_file_look(&w);
        hx_file_judged(&w, passing[i]);
        assert_false(hx_file_changed(&w)); /* not in every turn */
        assert_true(w.again_ms > 0);
        w.again_ms = 1; /* the second is over */
        assert_true(hx_file_changed(&w));
        hx_file_look(&w);
        hx_file_judged(&w, HX_OK);
        assert_false(hx_file_changed(&w));
    }
}

static void test_what_is_wrong_waits_for_a_change(void **state)
{
    struct hx_file_watch w = {.path = path};
    (void)state;
    hx_file_look(&w);
    hx_file_judged(&w, HX_CONFIG);
    assert_int_equal(w.again_ms, 0);
    assert_false(hx_file_changed(&w));
}

static void test_a_file_that_is_gone_is_no_change(void **state)
{
    struct hx_file_watch w = {.path = "/tmp/hongxin-watch/none"};
    (void)state;
    hx_file_look(&w);
    hx_file_judged(&w, HX_IO);
    w.again_ms = 1;
    assert_false(hx_file_changed(&w));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_change_is_seen_until_it_is_looked_at),
        cmocka_unit_test(test_what_could_not_be_read_for_now_is_read_again),
        cmocka_unit_test(test_what_is_wrong_waits_for_a_change),
        cmocka_unit_test(test_a_file_that_is_gone_is_no_change),
    };
    return cmocka_run_group_tests_name("file_watch", tests, set_up, tear_down);
}
