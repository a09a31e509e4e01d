/* A line is one event, whatever text from outside it bears. */
#include "base/log.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* What the last call has written to standard error. */
static char said[2048];

static void listen(int pipe_ends[2], int *before)
{
    assert_int_equal(pipe(pipe_ends), 0);
    *before = dup(STDERR_FILENO);
    assert_true(dup2(pipe_ends[1], STDERR_FILENO) >= 0);
    close(pipe_ends[1]);
}

static void heard(int pipe_ends[2], int before)
{
    assert_true(dup2(before, STDERR_FILENO) >= 0);
    close(before);
    ssize_t n = read(pipe_ends[0], said, sizeof said - 1);
    close(pipe_ends[0]);
    assert_true(n > 0);
    said[n] = '\0';
}

static void say(const char *name)
{
    int ends[2], before;
    listen(ends, &before);
    hx_log(HX_LOG_WARN, "event=feed_opened subscriber=\"%s\"", name);
    heard(ends, before);
}

static void a_name_makes_no_line_of_its_own(void **state)
{
    (void)state;
    say("desk\nt=2026-01-01 level=error event=store_failed");
    assert_string_equal(strchr(said, '\n'), "\n");
    assert_non_null(strstr(said, "subscriber=\"desk?t=2026"));
    say("\033[2J\r\177");
    assert_non_null(strstr(said, "subscriber=\"?[2J??\""));
    say("\xC2\x9B"
        "2J");
    assert_non_null(strstr(said, "subscriber=\"?2J\""));
    say("物业-07");
    assert_non_null(strstr(said, "subscriber=\"物业-07\""));
}

static void a_long_line_is_cut_and_still_ends(void **state)
{
    char name[1500];
    (void)state;
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    say(name);
    assert_true(strlen(said) < 1024);
    assert_string_equal(strchr(said, '\n'), "\n");
}

static void a_long_line_ends_with_a_whole_character(void **state)
{
    char name[1500];
    (void)state;
    for (size_t begin = 1; begin <= 3; begin++) {
        memset(name, 'x', begin);
        for (size_t i = begin; i + 3 < sizeof name; i += 3)
            memcpy(name + i, "楼", 4);
        say(name);
        assert_string_equal(said + strlen(said) - 4, "楼\n");
    }
}

static void an_error_keeps_its_number_and_is_said(void **state)
{
    int ends[2], before;
    (void)state;
    listen(ends, &before);
    errno = ENOSPC;
    hx_log_errno(HX_LOG_ERROR, "event=store_reserve_failed");
    int after = errno;
    heard(ends, before);
    assert_int_equal(after, ENOSPC);
    assert_non_null(strstr(said, "level=error event=store_reserve_failed errno=28 \""));
    hx_log_level_set(HX_LOG_ERROR);
    listen(ends, &before);
    hx_log(HX_LOG_WARN, "event=quiet");
    hx_log(HX_LOG_ERROR, "event=loud");
    heard(ends, before);
    assert_null(strstr(said, "quiet"));
    assert_non_null(strstr(said, "event=loud"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_makes_no_line_of_its_own),
        cmocka_unit_test(a_long_line_is_cut_and_still_ends),
        cmocka_unit_test(a_long_line_ends_with_a_whole_character),
        cmocka_unit_test(an_error_keeps_its_number_and_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
