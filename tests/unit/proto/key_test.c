/* Key files: written for their owner alone, refused when others may read them. */
#include "hongxin/key.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define Z "0123456789012345678901234567890123456789"

static char folder[] = "/tmp/hx-key-XXXXXX", path[64];
static const struct hx_key sample = {
    .name = "desk", .public_key = Z, .secret_key = Z, .server_key = Z};

static int setup(void **state)
{
    (void)state;
    snprintf(path, sizeof path, "%s/desk.key", mkdtemp(folder));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder);
}

static void a_key_comes_back_and_is_not_overwritten(void **state)
{
    struct hx_key key;
    struct stat st;
    (void)state;
    assert_int_equal(hx_key_save(path, &sample), HX_OK);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(hx_key_load(path, &key), HX_OK);
    assert_memory_equal(&key, &sample, sizeof key);
    assert_int_equal(hx_key_save(path, &sample), HX_EXISTS);
}

static void what_others_may_read_is_refused_and_wiped(void **state)
{
    struct hx_key key = sample;
    static const struct hx_key nothing;
    (void)state;
    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(hx_key_load(path, &key), HX_DENIED);
    assert_memory_equal(&key, &nothing, sizeof key);
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(hx_key_load(folder, &key), HX_DENIED);
    assert_int_equal(hx_key_load("/nowhere/desk.key", &key), HX_NOTFOUND);
}

static void a_service_managers_credentials_are_taken(void **state)
{
    struct hx_key key;
    (void)state;
    unsetenv("CREDENTIALS_DIRECTORY");
    assert_int_equal(hx_key_load("credential:desk.key", &key), HX_DENIED);
    setenv("CREDENTIALS_DIRECTORY", folder, 1);
    assert_int_equal(chmod(path, 0440), 0); /* as its access list shows */
    assert_int_equal(hx_key_load("credential:desk.key", &key), HX_OK);
    assert_int_equal(hx_key_load("credential:../x", &key), HX_DENIED);
    assert_int_equal(chmod(path, 0444), 0);
    assert_int_equal(hx_key_load("credential:desk.key", &key), HX_DENIED);
    assert_int_equal(chmod(path, 0600), 0);
}

static void broken_files_are_refused(void **state)
{
    static const char *const texts[] = {"", "public " Z "\n", "public x\nsecret y\n", "nonsense\n",
                                        "public " Z "9\nsecret " Z "\n"};
    struct hx_key key;
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        FILE *f = fopen(path, "w");
        assert_non_null(f);
        fputs(texts[i], f);
        fclose(f);
        assert_int_equal(hx_key_load(path, &key), HX_INVALID);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_comes_back_and_is_not_overwritten),
        cmocka_unit_test(what_others_may_read_is_refused_and_wiped),
        cmocka_unit_test(a_service_managers_credentials_are_taken),
        cmocka_unit_test(broken_files_are_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
