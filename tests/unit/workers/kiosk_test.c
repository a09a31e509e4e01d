/* Forms, headers of pictures, and what the policy says to residents. What reaches the daemon stands
 * in tests/integration/doors/test_kiosk*.py. */
#include "kiosk/form.h"
#include "kiosk/places.h"
#include "kiosk/policy.h"
#include "picture/picture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TYPE    "multipart/form-data; boundary=b"
#define TEXT(s) (s), sizeof(s) - 1
#define PART(s) "--b\r\nContent-Disposition: form-data; name=\"" s

/* ---- forms ---- */

static void test_parts_are_found_in_their_order(void **state)
{
    (void)state;
    struct form form;
    static const char body[] = PART("place\"\r\n\r\nB-0417\r\n") PART("text\"\r\n\r\n\r\n")
        PART("picture\"; filename=\"a.jpg\"\r\nContent-Type: "
             "image/jpeg\r\n\r\n\r\n--c\r\n\r\n--b--\r\n");
    assert_int_equal(form_read(TYPE, TEXT(body), &form), HX_OK);
    assert_int_equal(form.n, 3);
    assert_string_equal(form.parts[0].name, "place");
    assert_memory_equal(form.parts[0].bytes, "B-0417", 6);
    assert_false(form.parts[0].is_file);
    assert_int_equal(form.parts[1].size, 0);
    assert_true(form.parts[2].is_file);
    assert_int_equal(form.parts[2].size, 7); /* "\r\n--c\r\n": nothing that looks alike ends it */
}

static void test_a_form_without_parts_is_one(void **state)
{
    (void)state;
    struct form form;
    assert_int_equal(form_read("Multipart/Form-Data; boundary=\"a'()+_,-./:=?\"",
                               TEXT("--a'()+_,-./:=?--"), &form),
                     HX_OK);
    assert_int_equal(form.n, 0);
}

static void test_what_can_be_read_in_two_ways_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *type, *body;
    } bad[] = {
        {"multipart/form-data", "--b--"},
        {"multipart/form-data; boundary=", "--b--"},
        {"multipart/form-data; boundary=b c", "--b--"},
        {"multipart/form-data; boundary=\"b", "--b--"},
        {"multipart/form-data; boundary=b; boundary=c", "--b--"},
        {"multipart/mixed; boundary=b", "--b--"},
        {TYPE, ""},
        {TYPE, "before\r\n--b--"},
        {TYPE, "--b--after"},
        {TYPE, "--b--\r\n\r\n"},
        {TYPE, "--b\n"
               "Content-Disposition: form-data; name=\"a\"\n\nx\n--b--"},
        {TYPE, PART("a\"\r\n\r\nx")},
        {TYPE, PART("a\"\r\n\r\nx\r\n--b")},
        {TYPE, PART("a\r\n\r\nx\r\n--b--")},
        {TYPE, PART("\"\r\n\r\nx\r\n--b--")},
        {TYPE, PART("a\"\r\nContent-Disposition: form-data; name=\"c\"\r\n\r\nx\r\n--b--")},
        {TYPE, PART("a\"\r\nContent-Transfer-Encoding: base64\r\n\r\nx\r\n--b--")},
        {TYPE, "--b\r\n\r\nx\r\n--b--"},
    };
    struct form form;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (form_read(bad[i].type, bad[i].body, strlen(bad[i].body), &form) != HX_INVALID)
            fail_msg("taken: %s | %s", bad[i].type, bad[i].body);
}

static void test_so_many_parts_and_no_more(void **state)
{
    (void)state;
    static const char part[] = PART("a\"\r\n\r\nx\r\n");
    char body[(FORM_PARTS_MAX + 2) * sizeof part] = "";
    struct form form;
    for (int i = 0; i <= FORM_PARTS_MAX; i++)
        memcpy(body + strlen(body), part, sizeof part);
    memcpy(body + strlen(body), "--b--", 6);
    assert_int_equal(form_read(TYPE, body, strlen(body), &form), HX_TOOBIG);
    assert_int_equal(form_read(TYPE, body + sizeof part - 1, strlen(body) - sizeof part + 1, &form),
                     HX_OK);
    assert_int_equal(form.n, FORM_PARTS_MAX);
}

/* ---- pictures ---- */

static void test_the_size_is_known_from_the_header(void **state)
{
    (void)state;
    struct picture_head head;
    static const uint8_t jpeg[] = {0xff, 0xd8, 0xff, 0xe0, 0,    4,    'x',  'y',  0xff, 0xff,
                                   0xc2, 0,    8,    8,    0x12, 0x34, 0xab, 0xcd, 3};
    static const uint8_t png[] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\1\0\2\0\3\0\4\10\2\0\0\0";
    assert_int_equal(picture_look(jpeg, sizeof jpeg, &head), HX_OK);
    assert_true(head.kind == PICTURE_JPEG && head.height == 0x1234 && head.width == 0xabcd);
    assert_int_equal(picture_look(png, sizeof png - 1, &head), HX_OK);
    assert_true(head.kind == PICTURE_PNG && head.width == 0x10002 && head.height == 0x30004);
    for (size_t n = 0; n < sizeof jpeg - 2; n++)
        assert_int_equal(picture_look(jpeg, n, &head), HX_INVALID);
    for (size_t n = 0; n < sizeof png - 1; n++)
        assert_int_equal(picture_look(png, n, &head), HX_INVALID);
}

static void test_pixels_are_counted_without_running_over(void **state)
{
    (void)state;
    const struct picture_limits limits = {.pixels = 25000000, .edge = 2048};
    static const struct {
        uint32_t width, height;
        bool fits;
    } table[] = {{5000, 5000, true}, {5001, 5000, false},   {60000, 1, true},
                 {60001, 1, false},  {65536, 65536, false}, {INT32_MAX, INT32_MAX, false}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const struct picture_head head = {PICTURE_PNG, table[i].width, table[i].height, 1};
        assert_int_equal(picture_fits(&head, &limits), table[i].fits);
    }
}

/* A JPEG's head with an EXIF of one entry, in either order of bytes. */
static unsigned turn_of(const char *order, const char *entry, size_t size)
{
    uint8_t bytes[128] = {0xff, 0xd8, 0xff, 0xe1, 0, 0};
    static const uint8_t frame[] = {0xff, 0xc0, 0, 8, 8, 0, 1, 0, 1, 3};
    struct picture_head head;
    size_t n = 6;
    memcpy(bytes + n, "Exif\0", 6);
    memcpy(bytes + n + 6, order, 10); /* mark, where the folder is, how many entries */
    memcpy(bytes + n + 16, entry, size);
    n += 16 + size;
    bytes[5] = (uint8_t)(n - 4);
    memcpy(bytes + n, frame, sizeof frame);
    assert_int_equal(picture_look(bytes, n + sizeof frame, &head), HX_OK);
    return head.turn;
}

static void test_which_way_up(void **state)
{
    (void)state;
    static const char big[] = "MM\0*\0\0\0\10\0\1", little[] = "II*\0\10\0\0\0\1\0";
    assert_int_equal(turn_of(big, TEXT("\1\22\0\3\0\0\0\1\0\6\0\0")), 6);
    assert_int_equal(turn_of(little, TEXT("\22\1\3\0\1\0\0\0\10\0\0\0")), 8);
    assert_int_equal(turn_of(big, TEXT("\1\22\0\3\0\0\0\1\0\11\0\0")), 1); /* there is no ninth */
    assert_int_equal(turn_of(big, TEXT("\1\23\0\3\0\0\0\1\0\6\0\0")), 1);  /* another tag */
    assert_int_equal(turn_of(big, TEXT("\1\22\0\3\0\0\0\1")), 1);          /* cut off */
    assert_int_equal(turn_of("MM\0*\xff\xff\xff\xff\0\1", TEXT("\1\22\0\3\0\0\0\1\0\6\0\0")), 1);
}

/* ---- the policy ---- */

static const char life[] = "life-cycle: complaint\n"
                           "states:\n"
                           "  - {no: 1, name: HELD, zh: 已签收, en: Held}\n"
                           "clocks:\n"
                           "  - {no: 4, name: K_ARRIVE, zh: 到场时限, en: Arrival, promise: true}\n"
                           "  - {no: 3, name: K_HANDOVER, zh: 签收时限, en: Hand-over}\n"
                           "handover:\n"
                           "  - {category: fire, call: \"119\"}\n"
                           "categories:\n"
                           "  - {name: lift, zh: 电梯, en: Lift, class: SERIOUS}\n"
                           "  - {name: fire, zh: 火灾, en: Fire}\n";

static void test_what_the_policy_says_to_residents(void **state)
{
    (void)state;
    struct policy *p = malloc(sizeof *p);
    struct hx_problem problem = {""};
    assert_non_null(p);
    assert_int_equal(policy_read(life, "complaint/7", p, &problem), HX_OK);
    assert_string_equal(p->version, "complaint/7");
    assert_string_equal(policy_find(p, POLICY_CATEGORIES, "lift")->class, "SERIOUS");
    assert_string_equal(policy_find(p, POLICY_CATEGORIES, "lift")->call, "");
    assert_string_equal(policy_find(p, POLICY_CATEGORIES, "fire")->call, "119");
    assert_null(policy_find(p, POLICY_CATEGORIES, "water"));
    assert_true(policy_promises(p, "K_ARRIVE"));
    assert_false(policy_promises(p, "K_HANDOVER") || policy_promises(p, "K_NEW"));
    json_t *word = policy_word(p, POLICY_STATES, "HELD"),
           *new = policy_word(p, POLICY_STATES, "NEW");
    assert_string_equal(json_string_value(json_object_get(word, "zh")), "已签收");
    assert_string_equal(json_string_value(json_object_get(new, "en")),
                        "NEW"); /* better than nothing */
    json_decref(word);
    json_decref(new);
    assert_int_equal(policy_read("categories:\n  - {name: lift, zh: 电梯}\n", "x", p, &problem),
                     HX_CONFIG);
    free(p);
}

/* A table of a large city takes milliseconds for each search: who asks without a pause gets a share
 * of the door's time, and the next second gives new one. */
static void test_searches_have_a_share_of_the_time(void **state)
{
    (void)state;
    struct places_budget b = {0};
    int64_t now = 1000;
    int taken = 0;
    for (; places_may(&b, now); taken++) {
        places_took(&b, 10000);
        now += 10000;
    }
    assert_in_range(taken, 20, 26); /* 200 ms, and a fifth of what passed meanwhile */
    assert_false(places_may(&b, now + 1));
    assert_true(places_may(&b, now + 200000));
    places_took(&b, 30000000); /* one that took long is made up for … */
    assert_false(places_may(&b, now + 2000000));
    for (int i = 0; i < 200; i++)
        now += 1000000, (void)places_may(&b, now);
    assert_true(places_may(&b, now)); /* … and is over then */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts_are_found_in_their_order),
        cmocka_unit_test(test_a_form_without_parts_is_one),
        cmocka_unit_test(test_what_can_be_read_in_two_ways_is_refused),
        cmocka_unit_test(test_so_many_parts_and_no_more),
        cmocka_unit_test(test_the_size_is_known_from_the_header),
        cmocka_unit_test(test_pixels_are_counted_without_running_over),
        cmocka_unit_test(test_which_way_up),
        cmocka_unit_test(test_what_the_policy_says_to_residents),
        cmocka_unit_test(test_searches_have_a_share_of_the_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
