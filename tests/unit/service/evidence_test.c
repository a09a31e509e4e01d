/* Proofs: codes of buildings against values made by another program, and what a device signs. */
#include "base/text.h"
#include "engine/onsite.h"
#include "service/intake/evidence.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MINUTE = 60000 };
#define NOON INT64_C(1791802800000)

static const struct hx_onsite *codes(void)
{
    static uint8_t key[HX_ONSITE_KEY_SIZE];
    static struct hx_onsite onsite = {.key = key, .window_ms = MINUTE};
    for (size_t i = 0; i < sizeof key; i++)
        key[i] = (uint8_t)i;
    return &onsite;
}

static void a_code_is_what_others_compute(void **state)
{
    char code[HX_ONSITE_CODE_TEXT];
    (void)state;
    hx_onsite_code(codes(), "B-0417", NOON + MINUTE - 1, code);
    assert_string_equal(code, "6DSD-RVVX");
    hx_onsite_code(codes(), "B-0417", NOON + MINUTE, code);
    assert_string_equal(code, "7E4K-ZZTF");
    hx_onsite_code(codes(), "E-77", NOON, code);
    assert_string_equal(code, "WETG-015N");
}

static void a_code_is_good_in_its_minute_and_the_next(void **state)
{
    const struct hx_onsite *o = codes();
    (void)state;
    assert_false(hx_onsite_good(o, "B-0417", NOON - 1, "6DSD-RVVX"));
    assert_true(hx_onsite_good(o, "B-0417", hx_onsite_from(o, NOON), "6DSD-RVVX"));
    assert_true(hx_onsite_good(o, "B-0417", hx_onsite_until(o, NOON), "6DSD-RVVX"));
    assert_false(hx_onsite_good(o, "B-0417", hx_onsite_until(o, NOON) + 1, "6DSD-RVVX"));
    assert_true(hx_onsite_good(o, "B-0417", NOON, "6dsdrvvx"));
    assert_false(hx_onsite_good(o, "E-77", NOON, "6DSD-RVVX"));
    assert_false(hx_onsite_good(o, "", NOON, "6DSD-RVVX"));
    assert_false(hx_onsite_good(o, "B-0417", NOON, "6DSD-RVV"));
    assert_false(hx_onsite_good(o, "B-0417", NOON, "6DSD-RVVX0"));
}

static void only_the_form_makes_a_code(void **state)
{
    (void)state;
    assert_true(hx_onsite_form("6DSD-RVVX"));
    assert_false(hx_onsite_form("6DSDRVVX"));
    assert_false(hx_onsite_form("6DSD-RVVU")); /* no letter of the alphabet */
    assert_false(hx_onsite_form(""));
}

static void a_device_signs_everything_but_its_signature(void **state)
{
    hxp_event e = HONGXIN__V1__EVENT__INIT;
    hxp_data d = HONGXIN__V1__DATA__INIT;
    uint8_t with[256], without[256], part[256], signature[64] = {1};
    (void)state;
    e.id = hx_text_field("e-1");
    e.t_occ = NOON;
    e.device_seq = 300;
    d.text = hx_text_field("tap closed");
    e.data = &d;
    size_t short_size = hongxin__v1__event__pack(&e, without);
    e.device_signature = (ProtobufCBinaryData){sizeof signature, signature};
    size_t size = hongxin__v1__event__pack(&e, with);
    assert_int_equal(evidence_signed_part(with, size, part), short_size);
    assert_memory_equal(part, without, short_size);
}

static void what_is_no_message_is_not_signed(void **state)
{
    static const uint8_t cut[] = {0x0a, 0x05, 'a'}, endless[] = {0x80, 0x80}, group[] = {0x0b};
    uint8_t part[16];
    (void)state;
    assert_int_equal(evidence_signed_part(cut, sizeof cut, part), 0);
    assert_int_equal(evidence_signed_part(endless, sizeof endless, part), 0);
    assert_int_equal(evidence_signed_part(group, sizeof group, part), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_code_is_what_others_compute),
        cmocka_unit_test(a_code_is_good_in_its_minute_and_the_next),
        cmocka_unit_test(only_the_form_makes_a_code),
        cmocka_unit_test(a_device_signs_everything_but_its_signature),
        cmocka_unit_test(what_is_no_message_is_not_signed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
