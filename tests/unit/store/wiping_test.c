/* What is left in memory of the store's keys, and of a key that was read from its file. */
#include "hongxin/key.h"
#include "unit/scan.h"
#include "unit/store/fixture.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <unistd.h>

static void the_keys_of_a_closed_store_are_nowhere(void **state)
{
    struct fx *fx = *state;
    uint8_t person[HX_PERSON_PLAIN_MAX];
    size_t size = 0;
    const struct scan key = scan_for(fx->key), salt = scan_for(hx_store_salt(fx->st));
    fx_begin(fx);
    assert_int_equal(hx_store_person_save(fx->st, 7, 0, (const uint8_t *)"Wang", 5), HX_OK);
    fx_commit(fx);
    assert_int_equal(hx_store_person_load(fx->st, 7, 0, person, sizeof person, &size), HX_OK);
    assert_true(scan_finds(&key));
    assert_true(scan_finds(&salt));
    fx_close(fx);
    sodium_memzero(fx->key, sizeof fx->key); /* the caller's own */
    assert_false(scan_finds(&key));
    assert_false(scan_finds(&salt));
}

/* The file is written without a copy of the key in memory. */
static void write_key(const char *path, const struct scan *secret)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "name desk\npublic ", 17), 17);
    for (int i = 0; i < 40; i++)
        assert_int_equal(write(fd, "p", 1), 1);
    assert_int_equal(write(fd, "\nsecret ", 8), 8);
    for (size_t i = 0; i < SCAN_SIZE; i++) {
        const char c = (char)~secret->inverted[i];
        assert_int_equal(write(fd, &c, 1), 1);
    }
    assert_int_equal(write(fd, "endofkey\n", 9), 9);
    assert_int_equal(close(fd), 0);
}

static void a_key_that_was_read_is_nowhere_once_it_is_wiped(void **state)
{
    struct fx *fx = *state;
    char path[200];
    struct hx_key key;
    struct scan secret;
    for (size_t i = 0; i < SCAN_SIZE; i++)
        secret.inverted[i] = (uint8_t) ~(unsigned)('A' + randombytes_uniform(26));
    snprintf(path, sizeof path, "%s/desk.key", fx->dir);
    write_key(path, &secret);
    assert_false(scan_finds(&secret));
    assert_int_equal(hx_key_load(path, &key), HX_OK);
    assert_true(scan_finds(&secret));
    hx_key_wipe(&key);
    assert_false(scan_finds(&secret));
    assert_int_equal(unlink(path), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_keys_of_a_closed_store_are_nowhere, fx_setup,
                                        fx_teardown),
        cmocka_unit_test_setup_teardown(a_key_that_was_read_is_nowhere_once_it_is_wiped, fx_setup,
                                        fx_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
