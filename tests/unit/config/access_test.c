/* The registry of principals: what it refuses, with lines. */
#include "config/access/access.h"
#include "folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HEAD "principal,role,areas,sources,tenant,public_key,state\n"
#define K1   "1111111111111111111111111111111111111111111111111111111111111111"
#define K2   "2222222222222222222222222222222222222222222222222222222222222222"

static struct hx_access *load(struct folder *f, const char *text, struct hx_problem *problem)
{
    struct hx_access *access = NULL;
    const char *path = folder_write(f, "principals.csv", text);
    int rc = hx_access_load(path, HX_SOURCE_DIR "/config/roles.yaml", NULL, &access, problem);
    assert_true((rc == HX_OK) == (access != NULL));
    return access;
}

static void refused(struct folder *f, const char *text, const char *expected)
{
    struct hx_problem problem = {""};
    assert_null(load(f, text, &problem));
    const char *name = strstr(problem.text, "principals.csv");
    assert_string_equal(name ? name : problem.text, expected);
}

static void rows_become_principals(void **state)
{
    struct hx_problem problem = {""};
    uint8_t key[HX_PUBLIC_KEY];
    struct hx_access *a =
        load(*state,
             HEAD "desk,company,P-07 P-08,,," K1 ",revoked\ndesk,company,P-07 P-08,,," K2
                  ",active\nboard,supervisor,city,*,,"
                  "3333333333333333333333333333333333333333333333333333333333333333,active\n",
             &problem);
    assert_non_null(a);
    memset(key, 0x11, sizeof key);
    assert_false(hx_access_key(a, key)->active);
    memset(key, 0x22, sizeof key);
    const struct hx_principal *desk = hx_access_key(a, key)->principal,
                              *board = hx_access_find(a, "board");
    assert_true(hx_access_key(a, key)->active && desk->active);
    assert_true(hx_principal_bit(desk, hx_access_area(a, "P-08")) && !desk->city);
    assert_true(hx_principal_bit(desk, hx_access_source(a, "desk")));
    assert_int_equal(hx_access_area(a, "desk"), -1); /* a source is no area */
    assert_int_equal(hx_access_area(a, "P-09"), -1);
    assert_true(board->city && board->any_source && hx_principal_has(board, HX_RIGHT_stream));
    assert_false(hx_principal_has(desk, HX_RIGHT_identity));
    hx_access_free(a);
}

static void faults_are_named_with_their_lines(void **state)
{
    struct folder *f = *state;
    refused(f, HEAD "d,company,P-07,,," K1 ",active\nd,company,P-08,,," K2 ",active\n",
            "principals.csv:3: d has areas \"P-08\" here, but \"P-07\" at line 2");
    refused(f, HEAD "d,company,P-07,,," K1 ",active\ne,company,P-07,,," K1 ",active\n",
            "principals.csv:3: this key is there already, at line 2");
    refused(f, HEAD "d,boss,P-07,,," K1 ",active\n", "principals.csv:2: unknown role \"boss\"");
    refused(f, HEAD "d,company,,,," K1 ",active\n",
            "principals.csv:2: d has no area: ids, or \"city\"");
    refused(f, HEAD "d,company,P 07/,,," K1 ",active\n",
            "principals.csv:2: \"07/\" is no id of an area");
    refused(f, HEAD "d,company,P-07,,,11,active\n",
            "principals.csv:2: a public key is 64 digits 0-9 a-f");
    refused(f, HEAD "d,company,P-07,,," K1 ",maybe\n",
            "principals.csv:2: state is active or revoked, not \"maybe\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(rows_become_principals, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(faults_are_named_with_their_lines, folder_setup,
                                        folder_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
