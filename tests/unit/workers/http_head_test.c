/* Heads, targets, queries and chunk lines. */
#include "http/gzip.h"
#include "http/head.h"
#include "http/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static bool parse(const char *text, char *buffer, struct http_head *head)
{
    struct http_fault fault;
    size_t n = strlen(text);
    memcpy(buffer, text, n + 1);
    return http_head_parse(buffer, n, 64, head, &fault);
}

static void test_a_head_is_read(void **state)
{
    (void)state;
    char buffer[512];
    struct http_head head;
    assert_true(parse("POST /v1/complaints?x=1 HTTP/1.1\r\nHost: city.example:443\r\n"
                      "Content-length:  12 \r\nX-Empty:\r\nConnection: Keep-Alive, CLOSE\r\n\r\n",
                      buffer, &head));
    assert_string_equal(head.method, "POST");
    assert_string_equal(head.target, "/v1/complaints?x=1");
    assert_int_equal(head.length, 12);
    assert_false(head.chunked);
    assert_false(head.keep_alive);
    assert_string_equal(http_head_get(&head, "x-empty"), "");
    assert_null(http_head_get(&head, "X-Other"));
}

static void test_who_stays_connected(void **state)
{
    (void)state;
    static const struct {
        const char *version, *connection;
        bool stays;
    } table[] = {{"1.1", "", true},
                 {"1.1", "Connection: close\r\n", false},
                 {"1.1", "Connection: closed\r\n", true},
                 {"1.0", "", false},
                 {"1.0", "Connection: keep-alive\r\n", true}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        char text[128], buffer[128];
        struct http_head head;
        snprintf(text, sizeof text, "GET / HTTP/%s\r\nHost: a\r\n%s\r\n", table[i].version,
                 table[i].connection);
        assert_true(parse(text, buffer, &head));
        assert_int_equal(head.keep_alive, table[i].stays);
    }
}

static void test_the_end_of_a_head_is_found_once_it_is_there(void **state)
{
    (void)state;
    static const char text[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\nrest";
    size_t seen = 0, end = sizeof text - 1 - 4;
    for (size_t n = 1; n < end; n++)
        assert_int_equal(http_head_end(text, n, &seen), 0);
    assert_int_equal(http_head_end(text, end, &seen), end);
}

static void test_paths(void **state)
{
    (void)state;
    char path[64] = "/thing/%E7%BA%A2%20x/y?a=1&b=2", *query;
    assert_true(http_path_decode(path, &query));
    assert_string_equal(path, "/thing/红 x/y");
    static const char *const bad[] = {"/a%2Fb", "/a/../b", "/a/.", "/%5Cb", "/a%0Ab", "/%ff"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        snprintf(path, sizeof path, "%s", bad[i]);
        if (http_path_decode(path, &query))
            fail_msg("%s was taken", bad[i]);
    }
}

static void test_queries(void **state)
{
    (void)state;
    char out[16];
    const char query[] = "ref=WO%2B1+2&state=&refx=no&long=12345678901234567890";
    assert_true(http_query_get(query, "ref", out, sizeof out));
    assert_string_equal(out, "WO+1 2");
    assert_true(http_query_get(query, "state", out, sizeof out));
    assert_string_equal(out, "");
    assert_false(http_query_get(query, "none", out, sizeof out));
    assert_false(http_query_get(query, "long", out, sizeof out));
    assert_false(http_query_get("a=%0a", "a", out, sizeof out));
}

static void test_depth_is_counted_outside_of_texts(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool within;
    } table[] = {{"{\"a\":[{}]}", true},   {"[[[[]]]]", false},       {"{\"a\":\"[[[[[[\"}", true},
                 {"\"\\\"[[[[[[\"", true}, {"[1],[2],[3],[4]", true}, {"]]]][[[[", false}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        assert_int_equal(http_json_within(table[i].text, strlen(table[i].text), 3),
                         table[i].within);
}

static void test_trees_are_written_as_jansson_reads_them(void **state)
{
    static const char *const texts[] = {
        "{}", "[]", "{\"a\":[1,-2,9007199254740993,1.5,true,false,null,\"\"],\"b\":{\"c\":{}}}",
        "{\"\xe5\x8d\x95 \\\"q\\\"\":\"a\\\\b\\n\\t\\u0001\xf0\x9f\x94\xa5/\"}"};
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        json_t *tree = json_loads(texts[i], 0, NULL), *back;
        size_t size = 0;
        char *text = http_json_text(tree, &size);
        assert_non_null(text);
        assert_int_equal(strlen(text), size);
        assert_string_equal(text, texts[i]);
        back = json_loadb(text, size, 0, NULL);
        assert_true(json_equal(tree, back));
        json_decref(back);
        json_decref(tree);
        free(text);
    }
}

/* Wherever it stands in a long text. */
static void test_what_needs_an_escape_has_one(void **state)
{
    static const char needy[] = {'"', '\\', 0x01, 0x1f, '\n'}, fine[] = {' ', '!', '#', 0x7f};
    (void)state;
    for (size_t i = 0; i < 21 * (sizeof needy + sizeof fine); i++) {
        char given[22] = "\xe5\x8d\x95 [] xxxxxxxxxxxxxx";
        size_t at = i % 21, kind = i / 21, size = 0;
        given[at] = kind < sizeof needy ? needy[kind] : fine[kind - sizeof needy];
        json_t *tree = json_pack("[o]", json_stringn_nocheck(given, 21));
        char *text = http_json_text(tree, &size);
        assert_non_null(text);
        for (size_t k = 0; k < size; k++)
            assert_true((unsigned char)text[k] >= ' ');
        assert_int_equal(strchr(text, '\\') != NULL, kind < sizeof needy);
        if (at > 2) { /* else it is no UTF-8 */
            json_t *back = json_loadb(text, size, 0, NULL);
            assert_true(json_equal(tree, back));
            json_decref(back);
        }
        json_decref(tree);
        free(text);
    }
}

static void test_who_takes_gzip(void **state)
{
    static const char *const takes[] = {"gzip", "br, gzip", "gzip;q=1", "gzip ; q=0.5, br",
                                        "gzip; q=0.001"};
    static const char *const refuses[] = {
        "", "br", "gzip;q=0", "gzip; q=0", "gzip ;\tq=0", "gzip; q=0.000, br", "gzip ; Q=0.0"};
    (void)state;
    for (size_t i = 0; i < sizeof takes / sizeof *takes; i++)
        assert_true(http_takes_gzip(takes[i]));
    for (size_t i = 0; i < sizeof refuses / sizeof *refuses; i++)
        assert_false(http_takes_gzip(refuses[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_head_is_read),
        cmocka_unit_test(test_who_stays_connected),
        cmocka_unit_test(test_the_end_of_a_head_is_found_once_it_is_there),
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_queries),
        cmocka_unit_test(test_depth_is_counted_outside_of_texts),
        cmocka_unit_test(test_trees_are_written_as_jansson_reads_them),
        cmocka_unit_test(test_what_needs_an_escape_has_one),
        cmocka_unit_test(test_who_takes_gzip),
    };
    return cmocka_run_group_tests_name("http_head", tests, NULL, NULL);
}
