/* Sets of numbers in rows: the codec alone, and against a plain array. */
#include "store/projection/set.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
/* after those above */
#include <cmocka.h>

static void few_are_a_list_and_many_a_bitmap(void **state)
{
    (void)state;
    struct set_block b = {{0}}, back;
    uint8_t bytes[SET_BYTES];
    assert_int_equal(set_encode(&b, bytes), 0);
    set_change(&b, 5, true);
    set_change(&b, SET_BLOCK - 1, true);
    assert_int_equal(set_encode(&b, bytes), 4);
    assert_memory_equal(bytes, "\x00\x05\x0f\xff", 4);
    for (uint64_t i = 0; i < 254; i++)
        set_change(&b, 2 * i, true);
    set_change(&b, 5, false);
    assert_int_equal(set_encode(&b, bytes), 2 * SET_LIST_MAX);
    assert_true(set_decode(&back, val_of(bytes, 2 * SET_LIST_MAX)));
    assert_memory_equal(&b, &back, sizeof b);
    set_change(&b, 7, true);
    assert_int_equal(set_encode(&b, bytes), SET_BYTES);
    assert_true(set_decode(&back, val_of(bytes, SET_BYTES)));
    assert_memory_equal(&b, &back, sizeof b);
    assert_int_equal(bytes[0], 0xD5); /* 0, 2, 4, 6, 7: bit i of byte j is 8 j + i */
}

static void damaged_rows_are_noticed(void **state)
{
    (void)state;
    struct set_block b, empty = {{0}};
    static const struct {
        size_t size;
        const char *bytes;
    } bad[] = {{1, "x"}, {4, "\x00\x05\x00\x05"}, {4, "\x00\x05\x00\x04"}, {2, "\x10\x00"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(set_decode(&b, val_of(bad[i].bytes, bad[i].size)));
        assert_memory_equal(&b, &empty, sizeof b);
    }
    static const uint8_t long_row[2 * SET_LIST_MAX + 4];
    assert_false(set_decode(&b, val_of(long_row, sizeof long_row)));
}

static void walking_finds_each_number_once(void **state)
{
    (void)state;
    enum { ROUNDS = 200 };
    unsigned seed = 5;
    for (int round = 0; round < ROUNDS; round++) {
        struct set_block b = {{0}}, back;
        bool in[SET_BLOCK] = {false};
        uint8_t bytes[SET_BYTES];
        int changes = rand_r(&seed) % 1500;
        for (int i = 0; i < changes; i++) {
            unsigned n = (unsigned)rand_r(&seed) % SET_BLOCK;
            bool add = rand_r(&seed) % 4;
            set_change(&b, n, add);
            in[n] = add;
        }
        size_t size = set_encode(&b, bytes);
        assert_true(set_decode(&back, val_of(bytes, size)));
        unsigned at = set_next(&back, 0);
        for (unsigned n = 0; n < SET_BLOCK; n++) {
            assert_int_equal(at == n, in[n]);
            if (at == n)
                at = set_next(&back, n + 1);
        }
        assert_int_equal(at, SET_BLOCK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_are_a_list_and_many_a_bitmap),
        cmocka_unit_test(damaged_rows_are_noticed),
        cmocka_unit_test(walking_finds_each_number_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
