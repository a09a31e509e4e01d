/* What counts as UTF-8 at every door. */
#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void well_formed_text_is_taken_whole(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "plain\n",
        "三号楼漏水",
        "\xC2\x80",         /* U+0080 */
        "\xDF\xBF",         /* U+07FF */
        "\xE0\xA0\x80",     /* U+0800 */
        "\xED\x9F\xBF",     /* U+D7FF, the last before the surrogates */
        "\xEE\x80\x80",     /* U+E000, the first after them */
        "\xEF\xBF\xBF",     /* U+FFFF */
        "\xF0\x90\x80\x80", /* U+10000 */
        "\xF4\x8F\xBF\xBF", /* U+10FFFF, the last */
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_int_equal(hx_utf8_span(texts[i], strlen(texts[i])), strlen(texts[i]));
}

static void the_mark_of_windows_is_no_text(void **state)
{
    (void)state;
    assert_int_equal(hx_utf8_mark("\xEF\xBB\xBF楼", 6), 3);
    assert_int_equal(hx_utf8_mark("\xEF\xBB\xBF", 3), 3);
    assert_int_equal(hx_utf8_mark("\xEF\xBB\xBF", 2), 0);
    assert_int_equal(hx_utf8_mark("\xEF\xBB\xBE", 3), 0);
    assert_int_equal(hx_utf8_mark("", 0), 0);
}

static void text_is_taken_up_to_its_first_fault(void **state)
{
    (void)state;
    static const char *const faults[] = {
        "\x80",             /* begins in the middle */
        "\xC0\xAF",         /* "/" in two bytes */
        "\xC1\xBF",         /* overlong */
        "\xE0\x9F\xBF",     /* overlong */
        "\xED\xA0\x80",     /* a surrogate */
        "\xF0\x8F\xBF\xBF", /* overlong */
        "\xF4\x90\x80\x80", /* above U+10FFFF */
        "\xF5\x80\x80\x80", /* no lead byte */
        "\xE4\xB8",         /* cut off */
        "\xE4\xB8z",        /* cut off and gone on */
        "\xB2\xA1",         /* GBK */
        "\xFF",
    };
    char text[16];
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        memcpy(text, "ab", 2);
        memcpy(text + 2, faults[i], strlen(faults[i]));
        assert_int_equal(hx_utf8_span(text, 2 + strlen(faults[i])), 2);
    }
    assert_int_equal(hx_utf8_span("a\0b", 3), 1);
}

static void text_is_put_in_whole_characters(void **state)
{
    (void)state;
    char to[8];
    hx_utf8_put(to, sizeof to, "三号楼漏水");
    assert_string_equal(to, "三号");
    hx_utf8_put(to, sizeof to, "a三号");
    assert_string_equal(to, "a三号");
    hx_utf8_put(to, sizeof to, "ab三号");
    assert_string_equal(to, "ab三");
    hx_utf8_put(to, sizeof to, NULL);
    assert_string_equal(to, "");
    hx_utf8_put(to, 1, "三");
    assert_string_equal(to, "");
}

/* `text` as a line. */
static const char *line_of(const char *text)
{
    static char line[64];
    memcpy(line, text, strlen(text) + 1);
    line[hx_utf8_line(line, strlen(line))] = '\0';
    return line;
}

static void a_line_moves_no_cursor_and_has_no_half_characters(void **state)
{
    (void)state;
    assert_string_equal(line_of(""), "");
    assert_string_equal(line_of("三号楼 leaks\xC2\xA0!"), "三号楼 leaks\xC2\xA0!");
    assert_string_equal(line_of("a\nb\tc\x7F\x1B[2J"), "a?b?c??[2J");
    assert_string_equal(line_of("a\xC2\x9B"
                                "2Jb\xC2\x80"),
                        "a?2Jb?"); /* U+009B begins what ESC [ begins */
    assert_string_equal(line_of("a\xB2\xA1z"), "a??z");
    assert_string_equal(line_of("三\xE4\xB8"), "三");
    assert_string_equal(line_of("三\xF0\x9F\x9A"), "三");
    assert_string_equal(line_of("三\xE4z"), "三?z");
    assert_string_equal(line_of("\xE4"), "");
}

static void a_line_needs_no_nul(void **state)
{
    (void)state;
    char text[4] = {'a', '\0', '\n', (char)0xC2};
    assert_int_equal(hx_utf8_line(text, sizeof text), 3);
    assert_memory_equal(text, "a??", 3);
}

static void control_characters_are_told_from_the_others(void **state)
{
    (void)state;
    assert_int_equal(hx_utf8_control("\n"), 1);
    assert_int_equal(hx_utf8_control("\x7F"), 1);
    assert_int_equal(hx_utf8_control("\xC2\x80"), 2);
    assert_int_equal(hx_utf8_control("\xC2\x9F"), 2);
    assert_int_equal(hx_utf8_control("\xC2\xA0"), 0);
    assert_int_equal(hx_utf8_control("\xC2"), 0);
    assert_int_equal(hx_utf8_control("a"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(well_formed_text_is_taken_whole),
        cmocka_unit_test(the_mark_of_windows_is_no_text),
        cmocka_unit_test(text_is_taken_up_to_its_first_fault),
        cmocka_unit_test(text_is_put_in_whole_characters),
        cmocka_unit_test(a_line_moves_no_cursor_and_has_no_half_characters),
        cmocka_unit_test(a_line_needs_no_nul),
        cmocka_unit_test(control_characters_are_told_from_the_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
