/* The city's files as the pages get them: rows by the names of the first line. */
#include "board/city/table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static void assert_table(json_t *table, const char *wanted)
{
    json_t *w = json_loads(wanted, 0, NULL);
    assert_non_null(w);
    if (!json_equal(table, w))
        fail_msg("%s", json_dumps(table, JSON_COMPACT));
    json_decref(table);
    json_decref(w);
}

static json_t *of(const char *text)
{
    return table_json(text, strlen(text));
}

static void test_rows_are_named_by_the_first_line(void **state)
{
    (void)state;
    assert_table(
        of("id,name_en\nP-01,\"Heyuan Property Service Co., Ltd.\"\nP-02,\"a \"\"b\"\"\"\n"),
        "[{\"id\": \"P-01\", \"name_en\": \"Heyuan Property Service Co., Ltd.\"},"
        " {\"id\": \"P-02\", \"name_en\": \"a \\\"b\\\"\"}]");
    assert_table(of("\xEF\xBB\xBFid,name_zh\r\nS-01,\xE6\x9F\xB3\r\n"),
                 "[{\"id\": \"S-01\", \"name_zh\": \"\xE6\x9F\xB3\"}]");
    assert_table(of("id\nlast without an end"), "[{\"id\": \"last without an end\"}]");
}

static void test_an_empty_cell_is_left_out_and_a_position_is_a_number(void **state)
{
    (void)state;
    assert_table(of("id,from,lon,lat\nE-01,,114.5,36\nE-02,x,,east\n"),
                 "[{\"id\": \"E-01\", \"lon\": 114.5, \"lat\": 36.0},"
                 " {\"id\": \"E-02\", \"from\": \"x\", \"lat\": \"east\"}]");
}

static void test_cells_without_a_heading_and_empty_lines_are_nothing(void **state)
{
    (void)state;
    assert_table(of("id\nA,more,still more\n\nB\n"), "[{\"id\": \"A\"}, {\"id\": \"B\"}]");
    assert_table(of(""), "[]");
    assert_table(of("id,name\n"), "[]");
}

static void test_rows_are_found_by_a_cell(void **state)
{
    static const char text[] = "id,estate,grid\nB-1,E-1,G-1\nB-2,E-2,G-1\nB-3,E-1,G-2\n";
    (void)state;
    assert_table(table_rows(text, sizeof text - 1, "E-1"),
                 "[{\"id\": \"B-1\", \"estate\": \"E-1\", \"grid\": \"G-1\"},"
                 " {\"id\": \"B-3\", \"estate\": \"E-1\", \"grid\": \"G-2\"}]");
    assert_table(table_rows(text, sizeof text - 1, "E-"), "[]");
    assert_table(table_rows(text, sizeof text - 1, "id"), "[]"); /* the first line is no row */
}

static void test_what_cannot_be_read_ends_the_list(void **state)
{
    (void)state;
    assert_table(of("id,name\nA,a\nB,x\"y\nC,c\n"), "[{\"id\": \"A\", \"name\": \"a\"}]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_are_named_by_the_first_line),
        cmocka_unit_test(test_an_empty_cell_is_left_out_and_a_position_is_a_number),
        cmocka_unit_test(test_cells_without_a_heading_and_empty_lines_are_nothing),
        cmocka_unit_test(test_rows_are_found_by_a_cell),
        cmocka_unit_test(test_what_cannot_be_read_ends_the_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
