/* Records: what is packed comes back; what is damaged or unknown is refused or skipped. */
#include "base/record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

struct part {
    uint64_t n;
    char name[8];
};

struct whole {
    uint8_t small;
    uint32_t medium;
    uint64_t large;
    int64_t when;
    char text[6];
    int64_t sums[3];
    uint32_t n_parts;
    struct part parts[2];
    uint32_t n_words;
    char words[2][4];
};

static const struct hx_field part_fields[] = {
    {1, HX_FIELD_U64, 0, 0, offsetof(struct part, n), 0, NULL},
    {2, HX_FIELD_TEXT, 8, 0, offsetof(struct part, name), 0, NULL},
};
static const struct hx_record part_record = {part_fields, 2, sizeof(struct part)};

static const struct hx_field whole_fields[] = {
    {1, HX_FIELD_U8, 0, 0, offsetof(struct whole, small), 0, NULL},
    {2, HX_FIELD_U32, 0, 0, offsetof(struct whole, medium), 0, NULL},
    {3, HX_FIELD_U64, 0, 0, offsetof(struct whole, large), 0, NULL},
    {4, HX_FIELD_I64, 0, 0, offsetof(struct whole, when), 0, NULL},
    {5, HX_FIELD_TEXT, 6, 0, offsetof(struct whole, text), 0, NULL},
    {6, HX_FIELD_I64S, 3, 0, offsetof(struct whole, sums), 0, NULL},
    {7, HX_FIELD_LIST, 0, 2, offsetof(struct whole, parts), offsetof(struct whole, n_parts),
     &part_record},
    {20, HX_FIELD_TEXTS, 4, 2, offsetof(struct whole, words), offsetof(struct whole, n_words),
     NULL},
};
static const struct hx_record whole_record = {whole_fields, 8, sizeof(struct whole)};

static struct whole sample(void)
{
    return (struct whole){
        .small = 200,
        .medium = UINT32_MAX,
        .large = UINT64_MAX,
        .when = -5,
        .text = "abcde",
        .sums = {0, INT64_MAX, 7},
        .n_parts = 2,
        .parts = {{300, "one"}, {0, "two"}},
        .n_words = 2,
        .words = {"xyz", ""},
    };
}

static void comes_back_as_it_was(void **state)
{
    (void)state;
    struct whole in = sample(), out;
    uint8_t buf[256];
    memset(&out, 0xee, sizeof out);
    size_t n = hx_record_pack(&whole_record, &in, buf, sizeof buf);
    assert_true(n > 0);
    assert_int_equal(hx_record_unpack(&whole_record, buf, n, &out), HX_OK);
    assert_int_equal(out.small, 200);
    assert_int_equal(out.medium, UINT32_MAX);
    assert_true(out.large == UINT64_MAX);
    assert_int_equal(out.when, -5);
    assert_string_equal(out.text, "abcde");
    assert_true(out.sums[0] == 0 && out.sums[1] == INT64_MAX && out.sums[2] == 7);
    assert_int_equal(out.n_parts, 2);
    assert_int_equal(out.parts[0].n, 300);
    assert_int_equal(out.parts[1].n, 0);
    assert_string_equal(out.parts[1].name, "two");
    assert_int_equal(out.n_words, 2);
    assert_string_equal(out.words[0], "xyz");
    assert_string_equal(out.words[1], "");
}

static void an_empty_one_takes_no_bytes(void **state)
{
    (void)state;
    struct whole in = {0}, out = sample();
    uint8_t buf[16];
    assert_int_equal(hx_record_pack(&whole_record, &in, buf, sizeof buf), 0);
    assert_int_equal(hx_record_unpack(&whole_record, buf, 0, &out), HX_OK);
    assert_int_equal(out.n_parts, 0);
    assert_int_equal(out.when, 0);
    assert_string_equal(out.text, "");
}

static void too_small_a_buffer_is_said(void **state)
{
    (void)state;
    struct whole in = sample();
    uint8_t buf[256];
    size_t n = hx_record_pack(&whole_record, &in, buf, sizeof buf);
    for (size_t cap = 0; cap < n; cap++)
        assert_int_equal(hx_record_pack(&whole_record, &in, buf, cap), 0);
    assert_int_equal(hx_record_pack(&whole_record, &in, buf, n), n);
}

static void a_cut_record_is_refused_or_shorter(void **state)
{
    (void)state;
    struct whole in = sample(), out;
    uint8_t buf[256];
    size_t n = hx_record_pack(&whole_record, &in, buf, sizeof buf);
    size_t refused = 0;
    for (size_t cut = 0; cut < n; cut++) {
        int rc = hx_record_unpack(&whole_record, buf, cut, &out);
        assert_true(rc == HX_OK || rc == HX_CORRUPT);
        refused += rc == HX_CORRUPT;
        assert_true(out.n_parts <= 2 && out.n_words <= 2);
    }
    assert_true(refused > n / 2);
}

static void unknown_fields_are_skipped(void **state)
{
    (void)state;
    /* field 9 varint, field 10 fixed64, field 11 bytes, field 12 fixed32, then the known field 2 =
     * 7 */
    static const uint8_t buf[] = {9 << 3,      0x96, 1, 10 << 3 | 1, 1,           2,      3,   4,
                                  5,           6,    7, 8,           11 << 3 | 2, 2,      'h', 'i',
                                  12 << 3 | 5, 1,    2, 3,           4,           2 << 3, 7};
    struct whole out;
    assert_int_equal(hx_record_unpack(&whole_record, buf, sizeof buf, &out), HX_OK);
    assert_int_equal(out.medium, 7);
}

static void what_does_not_fit_is_refused(void **state)
{
    (void)state;
    static const uint8_t long_text[] = {5 << 3 | 2, 6, 'a', 'b', 'c', 'd', 'e', 'f'};
    static const uint8_t big_number[] = {1 << 3, 0x80, 2};
    static const uint8_t wrong_wire[] = {2 << 3 | 2, 1, 0};
    static const uint8_t three_parts[] = {7 << 3 | 2, 0, 7 << 3 | 2, 0, 7 << 3 | 2, 0};
    struct whole out;
    assert_int_equal(hx_record_unpack(&whole_record, long_text, sizeof long_text, &out),
                     HX_CORRUPT);
    assert_int_equal(hx_record_unpack(&whole_record, big_number, sizeof big_number, &out),
                     HX_CORRUPT);
    assert_int_equal(hx_record_unpack(&whole_record, wrong_wire, sizeof wrong_wire, &out),
                     HX_CORRUPT);
    assert_int_equal(hx_record_unpack(&whole_record, three_parts, sizeof three_parts, &out),
                     HX_CORRUPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comes_back_as_it_was),
        cmocka_unit_test(an_empty_one_takes_no_bytes),
        cmocka_unit_test(too_small_a_buffer_is_said),
        cmocka_unit_test(a_cut_record_is_refused_or_shorter),
        cmocka_unit_test(unknown_fields_are_skipped),
        cmocka_unit_test(what_does_not_fit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
