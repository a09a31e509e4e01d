/* The doorkeeper's judgement: keys in force, roles, and questions of any shape. */
#include "service/locks/zap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct hx_access *access_now;
static uint8_t desk[HX_PUBLIC_KEY], board[HX_PUBLIC_KEY], gone[HX_PUBLIC_KEY];

static void hex(const uint8_t *key, char out[65])
{
    for (int i = 0; i < HX_PUBLIC_KEY; i++)
        snprintf(out + 2 * i, 3, "%02x", key[i]);
}

static int setup(void **state)
{
    char path[] = "/tmp/hx-zap-XXXXXX", a[65], b[65], c[65];
    struct hx_problem problem = {""};
    (void)state;
    memset(desk, 0x11, sizeof desk);
    memset(board, 0x22, sizeof board);
    memset(gone, 0x33, sizeof gone);
    hex(desk, a);
    hex(board, b);
    hex(gone, c);
    int fd = mkstemp(path);
    FILE *f = fdopen(fd, "w");
    fprintf(f,
            "principal,role,areas,sources,tenant,public_key,state\ndesk,company,P-07,,,%s,active\n"
            "board,supervisor,city,,,%s,active\ngone,company,P-07,,,%s,revoked\n",
            a, b, c);
    fclose(f);
    int rc = hx_access_load(path, HX_SOURCE_DIR "/config/roles.yaml", NULL, &access_now, &problem);
    unlink(path);
    if (rc)
        fail_msg("%s", problem.text);
    return rc;
}

static int teardown(void **state)
{
    (void)state;
    hx_access_free(access_now);
    return 0;
}

static struct zap_verdict ask(const char *domain, const char *mechanism, const uint8_t *key,
                              size_t size)
{
    const struct zap_frame q[] = {{"1.0", 3},      {"7", 1},       {domain, strlen(domain)},
                                  {"10.0.0.1", 8}, {"claimed", 7}, {mechanism, strlen(mechanism)},
                                  {key, size}};
    return zap_judge(access_now, q, 7);
}

static void keys_in_force_are_admitted_by_name_of_the_key(void **state)
{
    char text[65];
    (void)state;
    hex(desk, text);
    struct zap_verdict v = ask("hongxin", "CURVE", desk, sizeof desk);
    assert_string_equal(v.status, "200");
    assert_string_equal(v.user, text);
}

static void all_others_get_the_same_answer(void **state)
{
    uint8_t unknown[HX_PUBLIC_KEY] = {9};
    (void)state;
    const struct zap_verdict refused[] = {ask("hongxin", "CURVE", unknown, sizeof unknown),
                                          ask("hongxin", "CURVE", gone, sizeof gone),
                                          ask("hongxin", "NULL", desk, sizeof desk),
                                          ask("hongxin", "PLAIN", desk, sizeof desk),
                                          ask("hongxin", "CURVE", desk, sizeof desk - 1),
                                          ask("", "CURVE", desk, sizeof desk),
                                          ask("hongxin.stream", "CURVE", desk, sizeof desk)};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        assert_string_equal(refused[i].status, "400");
        assert_string_equal(refused[i].text, "refused");
        assert_string_equal(refused[i].user, "");
    }
}

static void the_stream_is_for_who_may_see_the_whole_city(void **state)
{
    (void)state;
    assert_string_equal(ask("hongxin.stream", "CURVE", board, sizeof board).status, "200");
}

/* Any number of frames with any bytes: never admitted, never a crash. */
static void questions_of_any_shape_are_refused(void **state)
{
    uint8_t bytes[64];
    (void)state;
    srand(7);
    for (int round = 0; round < 100000; round++) {
        struct zap_frame q[ZAP_FRAMES];
        size_t n = (size_t)rand() % (ZAP_FRAMES + 1);
        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = (uint8_t)rand();
        for (size_t i = 0; i < n; i++)
            q[i] = (struct zap_frame){bytes, (size_t)rand() % sizeof bytes};
        if (n && rand() % 2)
            q[0] = (struct zap_frame){"1.0", 3};
        if (n > 5 && rand() % 2)
            q[5] = (struct zap_frame){"CURVE", 5};
        struct zap_verdict v = zap_judge(access_now, q, n);
        assert_true(v.status[0] != '2' && !v.user[0]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_in_force_are_admitted_by_name_of_the_key),
        cmocka_unit_test(all_others_get_the_same_answer),
        cmocka_unit_test(the_stream_is_for_who_may_see_the_whole_city),
        cmocka_unit_test(questions_of_any_shape_are_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
