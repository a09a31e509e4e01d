/* Which strangers may begin a handshake, who is not held up by them, and who is known after a
 * restart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/un.h>
#include <unistd.h>

#include "service/doors/known_file.h"
#include "service/doors/newcomers.h"

enum { RATE = 100, SECOND = 1000000 };

static struct newcomers n;
static int64_t now;

static int setup(void **state)
{
    (void)state;
    now = 5 * SECOND;
    newcomers_init(&n, RATE, 42);
    return 0;
}

static uint64_t address(const char *text)
{
    uint64_t number = newcomers_address_text(text, strlen(text));
    assert_true(number);
    return number;
}

/* How many of `tries` may come in, one right after another. */
static int come(uint64_t from, int tries)
{
    int in = 0;
    for (int i = 0; i < tries; i++)
        in += newcomers_take(&n, from, now);
    return in;
}

static void an_address_nobody_knows_gets_a_quarter(void **state)
{
    (void)state;
    uint64_t a = address("203.0.113.9");
    assert_int_equal(come(a, 1000), 2 * RATE); /* it may be an office that comes back */
    now += SECOND;
    assert_int_equal(come(a, 1000), RATE / 4);
}

static void one_strangers_flood_leaves_room_for_a_newcomer_elsewhere(void **state)
{
    (void)state;
    for (int s = 0; s < 10; s++, now += SECOND)
        come(address("203.0.113.9"), 1000);
    assert_int_equal(come(address("198.51.100.1"), 20), 20);
}

static void a_flood_from_everywhere_gets_no_more_than_the_rate(void **state)
{
    (void)state;
    int in = 0;
    for (int s = 0; s < 10; s++, now += SECOND)
        for (uint64_t a = 0; a < 5000; a++)
            in += newcomers_take(&n, (UINT64_C(1) << 32 | (a * 7919)), now);
    assert_in_range(in, 10 * RATE, 10 * RATE + 4 * RATE);
}

static void strangers_elsewhere_do_not_hold_up_an_address_we_know(void **state)
{
    (void)state;
    uint64_t desk = address("192.0.2.4");
    assert_true(newcomers_take(&n, desk, now));
    newcomers_known(&n, desk, now);
    for (uint64_t a = 0; a < 50000; a++)
        newcomers_take(&n, (UINT64_C(1) << 32 | (a * 7919)), now);
    assert_int_equal(come(desk, 50), 50);
}

static void strangers_at_an_address_we_know_get_the_rate(void **state)
{
    (void)state;
    uint64_t desk = address("192.0.2.4");
    newcomers_known(&n, desk, now);
    assert_int_equal(come(desk, 1000), 2 * RATE);
    now += SECOND;
    assert_int_equal(come(desk, 1000), RATE);
}

/* After a restart all come at once, and each that is let in makes room for the next. */
static void those_we_know_never_hold_up_one_another(void **state)
{
    (void)state;
    uint64_t desk = address("192.0.2.4");
    for (int i = 0; i < 10000; i++) {
        assert_true(newcomers_take(&n, desk, now));
        newcomers_known(&n, desk, now);
    }
    assert_int_equal(come(address("203.0.113.9"), 10), 10);
}

/* After a restart nobody is known: handshakes of whole offices are on their way at once before the
 * first of them has ended. */
static void offices_that_come_back_at_once_all_get_in(void **state)
{
    (void)state;
    enum { OFFICES = 5, DESKS = 60, ROUNDS = 6 };
    for (uint64_t round = 0; round < ROUNDS; round++) {
        for (uint64_t a = 1; a <= OFFICES; a++)
            assert_int_equal(come(round << 32 | a, DESKS), DESKS);
        for (uint64_t a = 1; a <= OFFICES; a++)
            for (int i = 0; i < DESKS; i++)
                newcomers_known(&n, round << 32 | a, now);
    }
}

static void the_first_that_ends_makes_room_for_the_rest_of_its_office(void **state)
{
    (void)state;
    uint64_t desk = address("192.0.2.4");
    assert_int_equal(come(desk, 1000), 2 * RATE);
    newcomers_known(&n, desk, now);
    assert_int_equal(come(desk, 1000), 2 * RATE);
    int elsewhere = 0;
    for (uint64_t a = 1; a <= 1000; a++)
        elsewhere += come(a, 1);
    assert_int_equal(elsewhere, 4 * RATE);
}

static void strangers_at_all_addresses_we_know_get_no_more_than_four_times_the_rate(void **state)
{
    (void)state;
    enum { OFFICES = 300 };
    int in = 0;
    for (uint64_t a = 1; a <= OFFICES; a++)
        newcomers_known(&n, a, now);
    for (int s = 0; s < 10; s++, now += SECOND)
        for (uint64_t a = 1; a <= OFFICES; a++)
            in += come(a, 300);
    assert_in_range(in, 4 * 10 * RATE, 4 * 12 * RATE);
}

static void the_first_of_a_known_address_costs_the_strangers_nothing(void **state)
{
    (void)state;
    for (uint64_t a = 0; a < 800; a++) {
        assert_true(newcomers_take(&n, UINT64_C(1) << 32 | a, now));
        newcomers_known(&n, UINT64_C(1) << 32 | a, now);
    }
    assert_int_equal(come(address("203.0.113.9"), 10), 10);
}

static void an_address_is_the_same_from_the_kernel_and_from_the_doorkeeper(void **state)
{
    (void)state;
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = 77};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = 78};
    inet_pton(AF_INET, "192.0.2.4", &v4.sin_addr);
    assert_true(newcomers_address((struct sockaddr *)&v4) == address("192.0.2.4"));
    inet_pton(AF_INET6, "::ffff:192.0.2.4", &v6.sin6_addr);
    assert_true(newcomers_address((struct sockaddr *)&v6) == address("192.0.2.4"));
    inet_pton(AF_INET6, "2001:db8:1:2:3::4", &v6.sin6_addr);
    assert_true(newcomers_address((struct sockaddr *)&v6) == address("2001:db8:1:2:ffff::1"));
    assert_true(address("2001:db8:1:2::1") != address("2001:db8:1:3::1"));
    assert_true(address("fe80::1%eth0") == address("fe80::2"));
    assert_true(address("::1") != address("0.0.0.1"));
}

static void no_network_of_ipv6_is_an_address_of_ipv4(void **state)
{
    (void)state;
    assert_true(address("2401:203:100::1") != address("36.1.2.3"));
    assert_true(address("2401:203:ffff:ffff::1") != address("36.1.2.3"));
    assert_true(address("203:2401:ffff:ffff::1") != address("36.1.2.3"));
    assert_true(address("3:201:0:1::1") != address("3.2.1.0"));
}

static void an_address_can_be_written_and_read(void **state)
{
    (void)state;
    static const char *const written[] = {"192.0.2.4", "255.255.255.255", "2001:db8:1:2::"};
    char text[NEWCOMERS_TEXT];
    for (size_t i = 0; i < sizeof written / sizeof *written; i++) {
        newcomers_address_write(address(written[i]), text);
        assert_string_equal(text, written[i]);
    }
    newcomers_address_write(address("::1"), text);
    assert_true(address(text) == address("::1"));
}

static void make_folder(char folder[64], char file[80])
{
    snprintf(folder, 64, "/tmp/newcomers_test.XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(file, 80, "%s/known", folder);
}

static void whom_we_know_is_known_after_a_restart(void **state)
{
    (void)state;
    char folder[64], file[80];
    const uint64_t ours[] = {address("192.0.2.4"), address("2001:db8:1:2::7")};
    make_folder(folder, file);
    assert_int_equal(known_file_load(file, &n, now), HX_OK); /* there is none yet */
    assert_int_equal(known_file_save(file, ours, 2), HX_OK);
    newcomers_init(&n, RATE, 43);
    assert_int_equal(known_file_load(file, &n, now), HX_OK);
    for (uint64_t a = 1; a < 5000; a++)
        come(a, 1);
    assert_int_equal(come(address("203.0.113.9"), 1), 0);
    assert_int_equal(come(ours[0], 50), 50);
    assert_int_equal(come(address("2001:db8:1:2::9"), 50), 50);
    unlink(file);
    rmdir(folder);
}

static void a_file_that_is_damaged_says_what_it_still_can(void **state)
{
    (void)state;
    char folder[64], file[80];
    make_folder(folder, file);
    FILE *f = fopen(file, "w");
    assert_non_null(f);
    for (int i = 0; i < 1000; i++)
        fputc(i % 251, f);
    fputs("\n\n# ours\n192.0.2.4\n300.1.1.1\n198.51.100.1", f);
    fclose(f);
    assert_int_equal(known_file_load(file, &n, now), HX_OK);
    for (uint64_t a = 1; a < 5000; a++)
        come(a, 1);
    assert_int_equal(come(address("192.0.2.4"), 50), 50);
    assert_int_equal(come(address("198.51.100.1"), 50), 50);
    unlink(file);
    assert_int_equal(known_file_save("/nonexistent/known", NULL, 0), HX_IO);
    rmdir(folder);
}

static void local_sockets_and_no_limit_let_everybody_in(void **state)
{
    (void)state;
    struct sockaddr_un local = {.sun_family = AF_UNIX};
    assert_true(newcomers_address((struct sockaddr *)&local) == 0);
    assert_int_equal(come(0, 10000), 10000);
    assert_true(newcomers_address_text("nonsense", 8) == 0);
    assert_true(newcomers_address_text("", 0) == 0);
    newcomers_init(&n, 0, 42);
    assert_int_equal(come(address("203.0.113.9"), 10000), 10000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_address_nobody_knows_gets_a_quarter, setup),
        cmocka_unit_test_setup(one_strangers_flood_leaves_room_for_a_newcomer_elsewhere, setup),
        cmocka_unit_test_setup(a_flood_from_everywhere_gets_no_more_than_the_rate, setup),
        cmocka_unit_test_setup(strangers_elsewhere_do_not_hold_up_an_address_we_know, setup),
        cmocka_unit_test_setup(strangers_at_an_address_we_know_get_the_rate, setup),
        cmocka_unit_test_setup(those_we_know_never_hold_up_one_another, setup),
        cmocka_unit_test_setup(offices_that_come_back_at_once_all_get_in, setup),
        cmocka_unit_test_setup(the_first_that_ends_makes_room_for_the_rest_of_its_office, setup),
        cmocka_unit_test_setup(
            strangers_at_all_addresses_we_know_get_no_more_than_four_times_the_rate, setup),
        cmocka_unit_test_setup(no_network_of_ipv6_is_an_address_of_ipv4, setup),
        cmocka_unit_test_setup(an_address_can_be_written_and_read, setup),
        cmocka_unit_test_setup(whom_we_know_is_known_after_a_restart, setup),
        cmocka_unit_test_setup(a_file_that_is_damaged_says_what_it_still_can, setup),
        cmocka_unit_test_setup(the_first_of_a_known_address_costs_the_strangers_nothing, setup),
        cmocka_unit_test_setup(an_address_is_the_same_from_the_kernel_and_from_the_doorkeeper,
                               setup),
        cmocka_unit_test_setup(local_sockets_and_no_limit_let_everybody_in, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
