/* The table of registered devices. */
#include "config/access/devices.h"
#include "folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define KEY "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF"

static void a_device_is_found_by_its_id(void **state)
{
    struct folder *f = *state;
    struct hx_devices *d;
    struct hx_problem problem;
    const char *path = folder_write(
        f, "devices.csv", "holder,id,public_key\nP-07,pad-7," KEY "\nP-11,pad-1," KEY "\n");
    assert_int_equal(hx_devices_load(path, &d, &problem), HX_OK);
    const struct hx_device *pad = hx_device_find(d, "pad-7");
    assert_non_null(pad);
    assert_string_equal(pad->holder, "P-07");
    assert_int_equal(pad->key[1], 0x11);
    assert_int_equal(pad->key[31], 0xff);
    assert_null(hx_device_find(d, "pad-9"));
    assert_null(hx_device_find(d, ""));
    hx_devices_free(d);
}

static void refused(struct folder *f, const char *rows, const char *why)
{
    struct hx_devices *d;
    struct hx_problem problem;
    char text[512];
    snprintf(text, sizeof text, "id,holder,public_key\n%s", rows);
    assert_int_equal(hx_devices_load(folder_write(f, "devices.csv", text), &d, &problem),
                     HX_CONFIG);
    assert_null(d);
    assert_non_null(strstr(problem.text, why));
}

static void what_is_wrong_is_named_with_its_line(void **state)
{
    refused(*state, "pad-7,P-07,0011\n", ":2: public_key must be 64 hexadecimal digits");
    refused(*state, "pad-7,P-07," KEY "\n,P-07," KEY "\n", ":3: id must have");
    refused(*state, "pad-7,," KEY "\n", ":2: holder must have");
    refused(*state, "pad-7,P-07," KEY "\npad-7,P-11," KEY "\n", "device pad-7 stands here twice");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_device_is_found_by_its_id, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(what_is_wrong_is_named_with_its_line, folder_setup,
                                        folder_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
