/* Chance, agendas, lives and arrivals: what the demonstration and the traffic are made of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bench/traffic/profile.h"
#include "cli/play/agenda.h"
#include "cli/play/life.h"
#include "hongxin/instant.h"

#define MONDAY INT64_C(1791763200000) /* 2026-10-12T08:00:00+08:00 */

static void the_same_seed_gives_the_same_chance(void **state)
{
    struct dice a = dice_make(7, 1), b = dice_make(7, 1), c = dice_make(7, 2);
    int same = 0;

    (void)state;
    for (int i = 0; i < 100; i++) {
        uint64_t x = dice_next(&a);
        assert_true(x == dice_next(&b));
        same += x == dice_next(&c);
    }
    assert_int_equal(same, 0);
}

static void bursts_have_mean_one_and_a_limit(void **state)
{
    struct dice d = dice_make(1, 1);
    double sum = 0, most = 0;
    int n = 1000000;

    (void)state;
    for (int i = 0; i < n; i++) {
        double x = dice_burst(&d, 25);
        sum += x;
        most = x > most ? x : most;
    }
    assert_true(sum / n > 0.97 && sum / n < 1.03);
    assert_true(most <= 25.0001 && most > 24);
}

static void an_agenda_gives_the_earliest_first(void **state)
{
    struct agenda a = {0};
    struct dice d = dice_make(3, 1);
    static int things[1000];
    int64_t last = -1;
    int *what, n = 0;

    (void)state;
    for (int i = 0; i < 1000; i++) {
        things[i] = (int)dice_between(&d, 0, 99);
        assert_int_equal(agenda_put(&a, things[i], &things[i]), 0);
    }
    assert_null(agenda_take(&a, -1));
    while ((what = agenda_take(&a, 100))) {
        assert_true(*what >= last);
        if (*what == last)
            assert_true(what > &things[0]); /* of one instant: as they came in */
        last = *what;
        n++;
    }
    assert_int_equal(n, 1000);
    assert_true(agenda_first(&a) == INT64_MAX);
    agenda_fini(&a);
}

static const struct hx_place building = {
    .id = "B-0417", .kind = HX_BUILDING, .name_zh = "", .name_en = ""};

static struct life make_life(uint64_t serial, const char *class_name, struct conduct conduct)
{
    return (struct life){.serial = serial,
                         .dice = dice_make(9, serial),
                         .place = &building,
                         .holder = "P-07",
                         .class_name = class_name,
                         .channel = "hotline-12345",
                         .person = "holder:P-07/li",
                         .conduct = conduct,
                         .cycle = 1};
}

/* Plays a life and writes its events as "REPORTED HELD …"; *total is its length. */
static void play(struct life *life, char *names, size_t size, int64_t *total)
{
    char problem[RECORD_PROBLEM];
    struct record record;
    int64_t delay;

    *names = '\0';
    *total = 0;
    for (int i = 0; life->next != LIFE_OVER && i < 60; i++) {
        json_t *object = life_event(life, MONDAY, MONDAY);
        if (record_from_json(object, &record, problem))
            fail_msg("%s", problem);
        strncat(names, record.event->type, size - strlen(names) - 2);
        strcat(names, " ");
        record_fini(&record);
        json_decref(object);
        life_advance(life, &delay);
        assert_true(delay >= 0);
        *total += delay;
    }
}

static void a_good_company_keeps_the_promise(void **state)
{
    char names[1024];
    int64_t total;

    (void)state;
    for (uint64_t i = 0; i < 200; i++) {
        struct life life = make_life(i, "SMALL", (struct conduct){.proves = 1000});
        play(&life, names, sizeof names, &total);
        assert_non_null(strstr(names, "REPORTED HELD ARRIVED WORK_STARTED RESOLVED CALLBACK_"));
        assert_null(strstr(names, "CALLBACK_BAD"));
        assert_true(total < 40 * HX_MINUTE + 10 * 40 * HX_MINUTE);
    }
}

static void a_life_that_is_botched_has_three_cycles_at_most(void **state)
{
    struct life life = make_life(1, "SERIOUS", (struct conduct){.botches = 1000});
    char names[1024];
    int64_t total;
    int bad = 0;

    (void)state;
    play(&life, names, sizeof names, &total);
    for (const char *p = names; (p = strstr(p, "CALLBACK_BAD")); p++)
        bad++;
    assert_int_equal(bad, 3);
    assert_int_equal(life.next, LIFE_OVER);
}

static void a_special_one_gets_a_plan(void **state)
{
    struct life life = make_life(1, "SPECIAL", (struct conduct){0});
    char names[1024];
    int64_t total;

    (void)state;
    play(&life, names, sizeof names, &total);
    assert_string_equal(names, "REPORTED HELD ARRIVED PLAN_PROPOSED PLAN_DELIVERED ");
}

static struct profile profile;

static int load(void **state)
{
    struct hx_problem problem = {""};

    (void)state;
    if (profile_load(HX_SOURCE_DIR "/tests/bench/traffic/traffic.yaml", &profile, &problem))
        fail_msg("%s", problem.text);
    return 0;
}

static int unload(void **state)
{
    (void)state;
    profile_free(&profile);
    return 0;
}

static void arrivals_keep_the_rate_and_follow_the_day(void **state)
{
    struct arrivals a = {
        .profile = &profile, .rate = 1, .hour = -1, .utc_offset = 480, .dice = dice_make(5, 2)};
    const int days = 20;
    int64_t now = MONDAY, begun = now;
    double by_hour[24] = {0}, n = 0;

    (void)state;
    for (; now < begun + days * HX_DAY; n++) {
        int64_t next = arrivals_next(&a, now);
        assert_true(next >= now);
        now = next;
        by_hour[(now / HX_HOUR + 8) % 24]++;
    }
    assert_true(n > 0.9 * days * 86400 && n < 1.1 * days * 86400);
    assert_true(by_hour[19] > 4 * by_hour[23]); /* the evening bump */
    assert_true(by_hour[11] > 10 * by_hour[3]); /* nobody complains at night */
}

static void mistakes_in_a_profile_are_named(void **state)
{
    struct profile p;
    struct hx_problem problem = {""};

    (void)state;
    assert_int_equal(profile_load("/nowhere.yaml", &p, &problem), HX_IO);
    assert_non_null(strstr(problem.text, "nowhere.yaml"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_seed_gives_the_same_chance),
        cmocka_unit_test(bursts_have_mean_one_and_a_limit),
        cmocka_unit_test(an_agenda_gives_the_earliest_first),
        cmocka_unit_test(a_good_company_keeps_the_promise),
        cmocka_unit_test(a_life_that_is_botched_has_three_cycles_at_most),
        cmocka_unit_test(a_special_one_gets_a_plan),
        cmocka_unit_test(arrivals_keep_the_rate_and_follow_the_day),
        cmocka_unit_test(mistakes_in_a_profile_are_named),
    };

    return cmocka_run_group_tests(tests, load, unload);
}
