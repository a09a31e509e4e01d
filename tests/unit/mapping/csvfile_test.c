/* Rows of a table: encodings, quotes, and broken rows that must not spoil their neighbours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mapping/csvfile.h"
#include "unit/cli/scratch.h"

static struct csv_file *open_text(const char *text, const char *encoding)
{
    struct csv_file *f;
    char problem[256];
    const char *path = scratch_file("t.csv", text, strlen(text));

    assert_int_equal(csv_file_open(path, encoding, ',', &f, problem), 0);
    return f;
}

static void expect_row(struct csv_file *f, uint64_t line, const char *first, const char *second)
{
    static struct csv_row row;

    assert_int_equal(csv_file_next(f, &row), 0);
    assert_null(row.bad);
    assert_int_equal(row.line, line);
    assert_int_equal(row.n, 2);
    assert_string_equal(row.fields[0], first);
    assert_string_equal(row.fields[1], second);
}

static void expect_bad(struct csv_file *f, uint64_t line, const char *text)
{
    static struct csv_row row;

    assert_int_equal(csv_file_next(f, &row), 0);
    assert_non_null(row.bad);
    assert_int_equal(row.line, line);
    assert_int_equal(row.size, strlen(text));
    assert_memory_equal(row.text, text, row.size);
}

static void expect_end(struct csv_file *f)
{
    static struct csv_row row;

    assert_int_equal(csv_file_next(f, &row), HX_NOTFOUND);
    csv_file_close(f);
}

static void an_empty_table_ends_at_once(void **state)
{
    (void)state;
    expect_end(open_text("", "auto"));
    expect_end(open_text("", "UTF-8"));
}

static void fields_are_trimmed_and_unquoted(void **state)
{
    struct csv_file *f = open_text("a,b\r\n x ,\"y, \"\"z\"\"\"\r\n\r\nlast,line", "UTF-8");

    (void)state;
    expect_row(f, 1, "a", "b");
    expect_row(f, 2, "x", "y, \"z\"");
    expect_row(f, 4, "last", "line");
    expect_end(f);
}

static void a_field_may_hold_lines(void **state)
{
    struct csv_file *f = open_text("a,\"one\ntwo\nthree\"\nb,c\n", "UTF-8");

    (void)state;
    expect_row(f, 1, "a", "one\ntwo\nthree");
    expect_row(f, 4, "b", "c");
    expect_end(f);
}

static void an_open_quote_costs_one_line_only(void **state)
{
    struct csv_file *f = open_text("a,\"never closed\nb,c\nd,e\n", "UTF-8");

    (void)state;
    expect_bad(f, 1, "a,\"never closed");
    expect_row(f, 2, "b", "c");
    expect_row(f, 3, "d", "e");
    expect_end(f);
}

static void two_stray_quotes_do_not_swallow_what_is_between(void **state)
{
    struct csv_file *f = open_text("5\" pipe,x\nb,c\n6\" pipe,y\nd,e\n", "UTF-8");

    (void)state;
    expect_bad(f, 1, "5\" pipe,x");
    expect_row(f, 2, "b", "c");
    expect_bad(f, 3, "6\" pipe,y");
    expect_row(f, 4, "d", "e");
    expect_end(f);
}

static void gbk_is_found_and_read(void **state)
{
    /* 楼道,灯 in GBK, then a row whose second byte of a character is a comma's neighbour */
    struct csv_file *f = open_text("\xC2\xA5\xB5\xC0,\xB5\xC6\nb,\xB5\xE7\xCC\xDD\n", "auto");

    (void)state;
    expect_row(f, 1, "楼道", "灯");
    expect_row(f, 2, "b", "电梯");
    expect_end(f);
}

static void utf8_with_and_without_mark(void **state)
{
    struct csv_file *f = open_text("\xEF\xBB\xBF楼道,灯\n", "GBK");

    (void)state;
    expect_row(f, 1, "楼道", "灯");
    expect_end(f);
    f = open_text("楼道,灯\n", "auto");
    expect_row(f, 1, "楼道", "灯");
    expect_end(f);
}

static void bytes_outside_the_encoding_spoil_their_row_only(void **state)
{
    struct csv_file *f = open_text("a,b\nx,\xFF\xFE\nc,d\n", "UTF-8");
    static struct csv_row row;

    (void)state;
    expect_row(f, 1, "a", "b");
    assert_int_equal(csv_file_next(f, &row), 0);
    assert_string_equal(row.bad, "contains bytes that are not in the file's encoding");
    expect_row(f, 3, "c", "d");
    expect_end(f);
}

static void a_character_cut_by_a_chunk_is_put_together(void **state)
{
    size_t n = 70000;
    char *text = malloc(n + 32);
    struct csv_file *f;
    static struct csv_row row;

    (void)state;
    /* every offset of the three-byte character around the end of the first 64 KiB */
    for (size_t shift = 0; shift < 4; shift++) {
        memset(text, 'x', n);
        strcpy(text + 65536 - shift, "电,灯\nb,c\n");
        f = open_text(text, "UTF-8");
        assert_int_equal(csv_file_next(f, &row), 0);
        assert_null(row.bad);
        assert_string_equal(row.fields[1], "灯");
        expect_row(f, 2, "b", "c");
        expect_end(f);
    }
    free(text);
}

static void a_nul_byte_is_refused(void **state)
{
    struct csv_file *f;
    char problem[256];
    static struct csv_row row;

    (void)state;
    assert_int_equal(
        csv_file_open(scratch_file("n.csv", "a\0b,c\nd,e\n", 10), "UTF-8", ',', &f, problem), 0);
    assert_int_equal(csv_file_next(f, &row), 0);
    assert_string_equal(row.bad, "contains a NUL byte");
    expect_row(f, 2, "d", "e");
    expect_end(f);
}

static void unknown_encoding_and_missing_file_are_named(void **state)
{
    struct csv_file *f;
    char problem[256];

    (void)state;
    assert_int_equal(csv_file_open(scratch_file("u.csv", "a\n", 2), "KLINGON", ',', &f, problem),
                     HX_INVALID);
    assert_non_null(strstr(problem, "KLINGON"));
    assert_int_equal(csv_file_open(scratch_path("nowhere.csv"), "auto", ',', &f, problem),
                     HX_NOTFOUND);
    assert_non_null(strstr(problem, "nowhere.csv"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_table_ends_at_once),
        cmocka_unit_test(fields_are_trimmed_and_unquoted),
        cmocka_unit_test(a_field_may_hold_lines),
        cmocka_unit_test(an_open_quote_costs_one_line_only),
        cmocka_unit_test(two_stray_quotes_do_not_swallow_what_is_between),
        cmocka_unit_test(gbk_is_found_and_read),
        cmocka_unit_test(utf8_with_and_without_mark),
        cmocka_unit_test(bytes_outside_the_encoding_spoil_their_row_only),
        cmocka_unit_test(a_character_cut_by_a_chunk_is_put_together),
        cmocka_unit_test(a_nul_byte_is_refused),
        cmocka_unit_test(unknown_encoding_and_missing_file_are_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
