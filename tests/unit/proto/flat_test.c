/* Events in events. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hongxin/flat.h"
#include <string.h>

/* data (16) with a history (52) of one event, twice */
static const uint8_t deep[] = {0x82, 0x01, 0x09, 0xa2, 0x03, 0x06,
                               0x82, 0x01, 0x03, 0xa2, 0x03, 0x00};

static void an_import_holds_what_was_before(void **state)
{
    (void)state;
    assert_true(hx_event_is_flat(deep + 6, sizeof deep - 6));
    assert_true(hx_event_is_flat("\x0a\x01x", 3));
    assert_true(hx_event_is_flat(NULL, 0));
}

static void what_was_before_holds_nothing(void **state)
{
    (void)state;
    assert_false(hx_event_is_flat(deep, sizeof deep));
}

/* A second field of the same number is put to the first one. */
static void every_field_is_looked_at(void **state)
{
    (void)state;
    uint8_t twice[6 + sizeof deep];
    memcpy(twice, deep + 6, 6);
    memcpy(twice + 6, deep, sizeof deep);
    assert_false(hx_event_is_flat(twice, sizeof twice));
}

static void what_is_no_event_is_left_to_the_unpacking(void **state)
{
    (void)state;
    static const uint8_t open_end[] = {0x82, 0x01, 0x7f, 0xa2}, group[] = {0x83, 0x01};
    assert_true(hx_event_is_flat(open_end, sizeof open_end));
    assert_true(hx_event_is_flat(group, sizeof group));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_import_holds_what_was_before),
        cmocka_unit_test(what_was_before_holds_nothing),
        cmocka_unit_test(every_field_is_looked_at),
        cmocka_unit_test(what_is_no_event_is_left_to_the_unpacking),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
