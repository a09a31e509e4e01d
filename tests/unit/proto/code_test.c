/* One table of words for refusals: every code that PROTOCOL.md lists has its words, once. */
#include "hongxin/code.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define PAGE_PATH HX_SOURCE_DIR "/proto/PROTOCOL.md"

/* Its message is what people need, each fault of a file with its line: no words stand for it. */
static bool has_words(const char *code)
{
    return strcmp(code, "RULES_REFUSED") == 0 || hx_code_find(code);
}

/* Codes that the first cell of a row names: "| `NOT_YET`, `IN_FUTURE` | …". */
static int check_row(const char *row)
{
    char code[64];
    const char *end = row + 1 + strcspn(row + 1, "|");
    int n = 0;
    for (const char *at = row; (at = strchr(at, '`')) && at < end; at += strlen(code) + 2) {
        if (sscanf(at, "`%63[A-Z_0-9]", code) != 1 || at[strlen(code) + 1] != '`')
            break; /* the heading */
        if (!has_words(code))
            fail_msg("%s has no words in proto/src/code.c", code);
        n++;
    }
    return n;
}

/* Codes of the table between <!-- LIST --> and <!-- end LIST -->; how many there are. */
static int check_list(FILE *page, const char *list)
{
    char line[4096], begin[64], end[64];
    int n = 0;
    bool inside = false;
    snprintf(begin, sizeof begin, "<!-- %s -->", list);
    snprintf(end, sizeof end, "<!-- end %s -->", list);
    rewind(page);
    while (fgets(line, sizeof line, page) && strncmp(line, end, strlen(end)) != 0) {
        if (inside && line[0] == '|')
            n += check_row(line);
        inside |= strncmp(line, begin, strlen(begin)) == 0;
    }
    return n;
}

static void every_refusal_of_the_page_has_words(void **state)
{
    (void)state;
    FILE *page = fopen(PAGE_PATH, "r");
    assert_non_null(page);
    assert_true(check_list(page, "refusal-codes") > 60);
    assert_true(check_list(page, "invalid-codes") > 1);
    assert_true(check_list(page, "problem-codes") > 40);
    fclose(page);
}

static void each_code_stands_once_in_both_languages(void **state)
{
    size_t n;
    const struct hx_code *all = hx_code_all(&n);
    (void)state;
    for (size_t i = 0; i < n; i++) {
        assert_true(*all[i].zh && *all[i].en);
        assert_ptr_equal(hx_code_find(all[i].name), &all[i]);
    }
    assert_null(hx_code_find("NO_SUCH_CODE"));
    assert_null(hx_code_find(NULL));
}

static void a_line_says_the_code_once(void **state)
{
    char out[128];
    (void)state;
    assert_string_equal(hx_code_line("NO_CASE", "NO_CASE", out, sizeof out),
                        "NO_CASE 没有这个案件");
    assert_string_equal(hx_code_line("NO_CASE", "NO_CASE: field into", out, sizeof out),
                        "NO_CASE 没有这个案件: field into");
    assert_string_equal(
        hx_code_line("NO_CASE", "X is not allowed in Y: NO_CASE: field into", out, sizeof out),
        "NO_CASE 没有这个案件: field into");
    assert_string_equal(hx_code_line("NO_CASE", "NO_CASES: none", out, sizeof out),
                        "NO_CASE 没有这个案件: NO_CASES: none");
    assert_string_equal(hx_code_line("NO_CASE", "there is none", out, sizeof out),
                        "NO_CASE 没有这个案件: there is none");
    assert_string_equal(hx_code_line("NEW_ONE", "NEW_ONE: x", out, sizeof out), "NEW_ONE: x");
    assert_string_equal(hx_code_line("", "only words", out, sizeof out), "only words");
    assert_string_equal(hx_code_line(NULL, NULL, out, sizeof out), "");
}

static void a_line_that_is_too_long_ends_with_a_whole_letter(void **state)
{
    char out[16];
    (void)state;
    for (size_t size = 10; size <= sizeof out; size++) {
        hx_code_line("NO_CASE", NULL, out, size);
        assert_true(strlen(out) < size);
        assert_int_equal((strlen(out) - strlen("NO_CASE ")) % strlen("没"), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_refusal_of_the_page_has_words),
        cmocka_unit_test(each_code_stands_once_in_both_languages),
        cmocka_unit_test(a_line_says_the_code_once),
        cmocka_unit_test(a_line_that_is_too_long_ends_with_a_whole_letter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
