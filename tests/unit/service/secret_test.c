/* The secret of a case: what the daemon gives once, and people write in their own way. */
#include "service/locks/secret.h"

#include <ctype.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct secret_key *key_of(uint8_t first)
{
    const uint8_t salt[32] = {first, 7};
    struct secret_key *key = NULL;
    assert_int_equal(secret_key_new(salt, &key), HX_OK);
    return key;
}

static void the_same_case_has_the_same_secret_in_every_life(void **state)
{
    (void)state;
    char once[SECRET_TEXT], again[SECRET_TEXT];
    struct secret_key *key = key_of(1);
    secret_of(key, 4711, once);
    secret_key_free(key);
    key = key_of(1);
    secret_of(key, 4711, again);
    assert_string_equal(once, again);
    assert_int_equal(strlen(once), 11);
    assert_int_equal(once[5], '-');
    assert_int_equal(strspn(once, "0123456789ABCDEFGHJKMNPQRSTVWXYZ-"), 11);
    secret_key_free(key);
}

static void another_case_or_another_store_has_another(void **state)
{
    (void)state;
    char one[SECRET_TEXT], other[SECRET_TEXT];
    struct secret_key *key = key_of(1), *elsewhere = key_of(2);
    secret_of(key, 4711, one);
    for (uint64_t number = 1; number < 4711; number++) {
        secret_of(key, number, other);
        assert_string_not_equal(one, other);
        assert_false(secret_fits(key, number, one));
    }
    secret_of(elsewhere, 4711, other);
    assert_string_not_equal(one, other);
    assert_true(secret_fits(key, 4711, one));
    assert_false(secret_fits(elsewhere, 4711, one));
    secret_key_free(key);
    secret_key_free(elsewhere);
}

/* Small letters, no hyphen, blanks, O for 0 and l for 1. */
static void is_read_as_people_write_it(void **state)
{
    (void)state;
    char text[SECRET_TEXT], written[2 * SECRET_TEXT], *to = written;
    struct secret_key *key = key_of(3);
    secret_of(key, 17, text);
    for (const char *c = text; *c; c++) {
        *to++ = *c == '0' ? 'o' : *c == '1' ? 'l' : *c == '-' ? ' ' : (char)tolower(*c);
        *to++ = ' ';
    }
    *to = '\0';
    assert_true(secret_fits(key, 17, written));
    text[10] = text[10] == 'A' ? 'B' : 'A';
    assert_false(secret_fits(key, 17, text));
    text[10] = '\0';
    assert_false(secret_fits(key, 17, text));
    assert_false(secret_fits(key, 17, ""));
    secret_key_free(key);
}

static int begin(void **state)
{
    (void)state;
    return sodium_init() < 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_case_has_the_same_secret_in_every_life),
        cmocka_unit_test(another_case_or_another_store_has_another),
        cmocka_unit_test(is_read_as_people_write_it),
    };
    return cmocka_run_group_tests(tests, begin, NULL);
}
