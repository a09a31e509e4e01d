/* Fields of a packed message one by one. */
#include "base/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* 1: 300, 2: bytes "ab", 3: fixed64 5, 4: fixed32 7, 16: 2^64 - 1 */
static const uint8_t message[] = {0x08, 0xAC, 0x02, 0x12, 2,    'a',  'b',  0x19, 5,    0,    0,
                                  0,    0,    0,    0,    0,    0x25, 7,    0,    0,    0,    0x80,
                                  0x01, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01};

static void every_field_is_read_in_its_order(void **state)
{
    static const struct hx_wire_field want[] = {{1, HX_WIRE_VARINT, 300},
                                                {2, HX_WIRE_BYTES, 2},
                                                {3, HX_WIRE_FIXED64, 5},
                                                {4, HX_WIRE_FIXED32, 7},
                                                {16, HX_WIRE_VARINT, UINT64_MAX}};
    const uint8_t *p = message, *end = message + sizeof message;
    struct hx_wire_field f;
    (void)state;
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        p = hx_wire_next(p, end, &f);
        assert_non_null(p);
        assert_int_equal(f.number, want[i].number);
        assert_int_equal(f.type, want[i].type);
        assert_int_equal(f.value, want[i].value);
        if (f.type == HX_WIRE_BYTES)
            assert_memory_equal(p - f.value, "ab", 2);
    }
    assert_ptr_equal(p, end);
}

/* Cut at any byte it either ends between two fields, or what is left of the last is none. */
static void a_field_that_does_not_end_is_none(void **state)
{
    static const size_t ends[] = {0, 3, 7, 16, 21, sizeof message};
    size_t next = 0;
    (void)state;
    for (size_t n = 0; n <= sizeof message; n++) {
        const uint8_t *p = message, *end = message + n;
        struct hx_wire_field f;
        while (p && p < end)
            p = hx_wire_next(p, end, &f);
        if (n == ends[next]) {
            assert_ptr_equal(p, end);
            next++;
        } else {
            assert_null(p);
        }
    }
}

static void what_is_no_field_is_none(void **state)
{
    static const uint8_t group[] = {0x0B, 0x0C}, endless[] = {0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
                                                              0x80, 0x80, 0x80, 0x80, 0x80, 0x01},
                         longer[] = {0x12, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
                                     0xFF, 0xFF, 0xFF, 0xFF, 0x01, 'a'};
    static const uint8_t wide[] = {0x08, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
                                   0xFF, 0xFF, 0xFF, 0xFF, 0x02}; /* 65 bits */
    struct hx_wire_field f;
    (void)state;
    assert_null(hx_wire_next(wide, wide + sizeof wide, &f));
    assert_null(hx_wire_next(group, group + sizeof group, &f));
    assert_null(hx_wire_next(endless, endless + sizeof endless, &f));
    assert_null(hx_wire_next(longer, longer + sizeof longer, &f));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_is_read_in_its_order),
        cmocka_unit_test(a_field_that_does_not_end_is_none),
        cmocka_unit_test(what_is_no_field_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
