/* Single questions of the machine that no life asks: drills and real matters, who is two persons,
 * silences without end, a jump of the clock that is in doubt, and what explains a refusal. */
#include "base/text.h"
#include "engine/machine/memory.h"
#include "engine/words/words.h"
#include "hongxin/instant.h"
#include "property/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const int64_t NOW = WORLD_EVENING;

static struct world w;
static struct hx_case c;
static const char *principal; /* of what is sent */
static uint64_t number;       /* of its source */

static int setup(void **state)
{
    (void)state;
    world_open(&w, NOW);
    principal = NULL;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    world_close(&w);
    return 0;
}

static const hxp_reply *send(const char *type, const char *ref, const char *by, hxp_data *d)
{
    return world_send(
        &w,
        &(struct world_event){
            .type = type, .by = by, .ref = ref, .data = d, .seq = number, .principal = principal});
}

static void answered(const hxp_reply *reply, const char *code)
{
    if (strcmp(reply->code, code) != 0)
        fail_msg("%s: %s", reply->code, reply->message);
}

static hxp_data small(void)
{
    hxp_data d = HONGXIN__V1__DATA__INIT;
    d.class_ = (char *)"SMALL";
    d.place = (char *)"B-0417";
    return d;
}

static void load(uint64_t case_number)
{
    assert_int_equal(w.m.ops->case_load(w.memory, case_number, &c), HX_OK);
}

static void report_and_close(const char *ref)
{
    hxp_data d = small(), over = HONGXIN__V1__DATA__INIT;
    answered(send("REPORTED", ref, "reporter", &d), "");
    over.receipt = (char *)"R-1";
    answered(send("TRANSFERRED", ref, "city/he", &over), "");
}

/* A drill is no repeat of what was real, whoever says so, or whatever name it gives. */
static void a_drill_repeats_nothing_real(void **state)
{
    hxp_data d = small();
    (void)state;
    report_and_close("a");
    d.drill = true;
    d.repeat_of = (char *)"a";
    answered(send("REPORTED", "b", "city/he", &d), "DRILL_MIX");
    d.repeat_of = (char *)"nothing";
    answered(send("REPORTED", "b", "city/he", &d), "NO_CASE");
    d.repeat_of = (char *)"";
    const hxp_reply *reply = send("REPORTED", "a", "city/he", &d);
    answered(reply, "");
    load(reply->case_number);
    assert_int_equal(c.repeat_of, 0);
    d.drill = false;
    d.repeat_of = (char *)"a";
    answered(send("REPORTED", "e", "city/he", &d), "REPEAT_OF_OPEN"); /* it names the drill now */
}

static bool is_moved(void)
{
    bool moved = false;
    load(1);
    for (uint32_t i = 0; i < c.n_clocks; i++)
        moved |= c.clocks[i].kind == hx_rules_clock(w.m.rules, "K_RESOLVE") &&
                 c.clocks[i].deadline == NOW + HX_DAY;
    return moved;
}

/* One key is one person, whatever names it gives. */
static void who_holds_one_key_is_not_two_persons(void **state)
{
    hxp_data d = small(), move = HONGXIN__V1__DATA__INIT;
    (void)state;
    answered(send("REPORTED", "a", "reporter", &d), "");
    answered(send("HELD", "a", "holder:P-07/li", NULL), "");
    move.clock = (char *)"K_RESOLVE";
    move.deadline = NOW + HX_DAY;
    move.why = (char *)"the wrong minute";
    principal = "desk-1";
    answered(send("DEADLINE_MOVED", "a", "city/he", &move), "");
    (void)send("DEADLINE_MOVED", "a", "city/wu", &move); /* another name, the same key */
    assert_false(is_moved());
    principal = "desk-2";
    answered(send("DEADLINE_MOVED", "a", "city/wu", &move), "");
    assert_true(is_moved());
}

/* The nth of as many different ones as there are clocks, levels and areas. */
static void nth_silence(size_t n, hxp_data *d)
{
    static const char *const areas[] = {"C-03", "G-041", "S-02"};
    static char level[3] = "L0";
    int kind = 0;
    level[1] = (char)('0' + n / 3 % (HX_LEVEL_MAX + 1));
    for (size_t left = n / 3 / (HX_LEVEL_MAX + 1) + 1; left > 0;)
        left -= w.m.rules->clocks[++kind].name[0] != '\0';
    *d = (hxp_data)HONGXIN__V1__DATA__INIT;
    d->place = hx_text_field(areas[n % 3]);
    d->clock = hx_text_field(w.m.rules->clocks[kind].name);
    d->level = level;
    d->until = w.m.now + HX_HOUR;
    d->why = (char *)"known";
}

static void silences_of_areas_are_bounded(void **state)
{
    hxp_data d;
    size_t n = 0;
    (void)state;
    for (const char *code = ""; !*code; n++) {
        nth_silence(n, &d);
        code = send("SILENCED", "", "city/he", &d)->code;
        if (*code)
            assert_string_equal(code, "TOO_MANY_SILENCES");
    }
    assert_true(n > 8);
    hx_machine_set_time(&w.m, w.m.now + HX_HOUR + 1); /* they are over: there is room again */
    nth_silence(n, &d);
    answered(send("SILENCED", "", "city/he", &d), "");
}

/* What lies before a jump that is in doubt is judged, what lies in it is not (corner 14). */
static void marks_before_a_jump_in_doubt_are_judged_alone(void **state)
{
    hxp_data d = small();
    (void)state;
    answered(send("REPORTED", "a", "reporter", &d), "");
    answered(send("HELD", "a", "holder:P-07/li", NULL), "");
    w.m.dist = (struct hx_disturbance){
        .doubt = true, .step_from = NOW + 3 * HX_MINUTE + 30 * HX_SECOND, .step_to = NOW + HX_HOUR};
    hx_machine_set_time(&w.m, NOW + HX_HOUR);
    assert_int_equal(hx_machine_due(&w.m, 1, INT64_MAX), HX_OK);
    load(1);
    assert_int_equal(c.n_told, 1); /* the reminder at three minutes */
    assert_int_equal(c.told[0].level, 0);
    assert_int_equal(c.n_breaches, 0);
    w.m.dist.doubt = false;
    assert_int_equal(hx_machine_due(&w.m, 1, INT64_MAX), HX_OK);
    load(1);
    assert_true(c.n_breaches > 0);
}

/* A city without a rota has nobody who could swap, whatever the life cycle allows. */
static void without_a_rota_nobody_swaps(void **state)
{
    hxp_data d = HONGXIN__V1__DATA__INIT;
    (void)state;
    d.give_from = NOW + HX_DAY;
    d.give_to = NOW + 2 * HX_DAY;
    answered(send("SWAP_OFFERED", "", "holder:P-07/li", &d), "NO_SWAPS");
    answered(send("SWAP_OFFERED", "", "unit:U-1/li", &d), "BAD_ROLE");
}

/* A source's row has eight places: what is skipped beyond is not watched for, and all is taken. */
static void gaps_beyond_the_eighth_are_not_watched(void **state)
{
    static const uint64_t numbers[] = {1, 20, 40};
    struct hx_watch watch;
    hxp_data d = small();
    size_t gaps = 0;
    (void)state;
    answered(send("REPORTED", "a", "reporter", &d), "");
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        number = numbers[i];
        answered(send("COMMENT", "a", "reporter", NULL), "");
    }
    number = 0;
    while (w.m.ops->watch_first(w.memory, &watch) == HX_OK) {
        gaps += watch.kind == HX_WATCH_NUMBER;
        assert_int_equal(w.m.ops->watch_drop(w.memory, &watch), HX_OK);
    }
    assert_int_equal(gaps, 8);
}

static int damaged; /* what the journal answers for each entry */

static int load_damaged(void *backend, uint64_t lsn, struct hx_arena *arena, hxp_entry **e)
{
    int rc = hx_memory_backend()->entry_load(backend, lsn, arena, e);
    if (!rc && !damaged) /* the entry can be read, its event cannot */
        (*e)->event = (ProtobufCBinaryData){.len = 2, .data = (uint8_t *)"\xff\xff"};
    return damaged ? damaged : rc;
}

/* It came before its case, and cannot be read any more: its case is reported all the same, and its
 * source is told. Before, the report failed as often as it was sent, with all that came with it. */
static void a_damaged_event_that_waited_keeps_no_report(void **state)
{
    static const int errors[] = {HX_NOTFOUND, HX_CORRUPT, HX_OK};
    (void)state;
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        struct hx_backend ops = *hx_memory_backend();
        hxp_data d = small();
        size_t n;
        if (i) {
            teardown(NULL);
            setup(NULL);
        }
        damaged = errors[i];
        ops.entry_load = load_damaged;
        w.m.ops = &ops;
        answered(send("HELD", "a", "holder:P-07/li", NULL), "PARKED");
        answered(send("REPORTED", "a", "reporter", &d), "");
        load(1);
        assert_int_equal(c.state, hx_rules_state(w.m.rules, "DISPATCHED"));
        (void)hx_memory_take(w.memory, &n);
        hx_machine_set_time(&w.m, NOW + HX_DAY);
        assert_int_equal(hx_machine_watch(&w.m, INT64_MAX), HX_OK);
        const hxp_entry *const *entries = hx_memory_take(w.memory, &n);
        assert_int_equal(n, 1);
        assert_string_equal(entries[0]->facts[0]->alarm->code, "DEAD_LETTER");
        w.m.ops = hx_memory_backend();
    }
}

struct seen_rows {
    size_t taken, refused;
    const char *word;
};

static void see(void *ctx, const struct hx_transition *row, const struct hx_word *refused)
{
    struct seen_rows *s = ctx;
    assert_non_null(row);
    *(refused ? &s->refused : &s->taken) += 1;
    s->word = refused ? refused->name : s->word;
}

/* Whoever asks why is told each row that was tried, and the guard that kept it. */
static void each_row_that_is_tried_is_told(void **state)
{
    struct seen_rows rows = {0};
    hxp_data d = small();
    (void)state;
    w.m.row = see;
    w.m.row_ctx = &rows;
    answered(send("REPORTED", "a", "reporter", &d), "");
    assert_true(rows.taken >= 2); /* received, and classed at once */
    rows = (struct seen_rows){0};
    answered(send("HELD", "a", "holder:P-11/sun", NULL), "NOT_HOLDER");
    assert_int_equal(rows.taken, 0);
    assert_true(rows.refused >= 1);
    assert_string_equal(rows.word, "by_holder");
}

/* The newest open cases of the same place and matter, and no other. */
static void likely_duplicates_are_of_the_same_place_and_matter(void **state)
{
    uint64_t numbers[HX_SIMILAR_MAX];
    hxp_data d = small();
    (void)state;
    d.category = (char *)"lift";
    for (int i = 0; i < HX_SIMILAR_MAX + 3; i++)
        answered(send("REPORTED", "", "reporter", &d), "");
    d.category = (char *)"noise";
    answered(send("REPORTED", "", "reporter", &d), "");
    d.drill = true;
    d.category = (char *)"lift";
    answered(send("REPORTED", "", "city/he", &d), "");
    load(1);
    assert_int_equal(hx_memory_similar(&w.m, &c, numbers), HX_SIMILAR_MAX);
    assert_int_equal(numbers[0], HX_SIMILAR_MAX + 3);
    load(HX_SIMILAR_MAX + 4); /* the only one about noise */
    assert_int_equal(hx_memory_similar(&w.m, &c, numbers), 0);
    assert_int_equal(hx_memory_cases(w.memory), HX_SIMILAR_MAX + 5);
}

/* As in a life cycle without the longest pause: then the first clock that stands still knows it. */
static void what_begins_in_a_pause_stands_still_since_its_begin(void **state)
{
    static struct hx_rules rules;
    hxp_data d = small(), pause = HONGXIN__V1__DATA__INIT, complex = HONGXIN__V1__DATA__INIT;
    (void)state;
    rules = *world_rules();
    rules.clocks[hx_rules_clock(&rules, "K_PAUSE_MAX")].name[0] = 'X';
    w.m.rules = &rules;
    pause.reason = (char *)"PARTS";
    pause.order = (char *)"o";
    pause.until = NOW + 30 * HX_MINUTE;
    d.class_ = (char *)"SERIOUS";
    complex.class_ = (char *)"COMPLEX";
    complex.why = (char *)"x";
    answered(send("REPORTED", "a", "reporter", &d), "");
    answered(send("HELD", "a", "holder:P-07/li", NULL), "");
    answered(send("PROGRESS", "a", "holder:P-07/li", NULL), "");
    world_wait(&w, NOW + 5 * HX_MINUTE);
    answered(send("PAUSED", "a", "holder:P-07/li", &pause), "");
    world_wait(&w, NOW + 20 * HX_MINUTE);
    answered(send("CLASS_SET", "a", "city/desk/tan", &complex), "");
    load(1);
    const struct hx_clock *update = hx_clock_find(&c, hx_rules_clock(&rules, "K_UPDATE"));
    assert_non_null(update);
    assert_int_equal(update->state, HX_CLOCK_PAUSED);
    assert_int_equal(update->paused_at, NOW + 5 * HX_MINUTE);
}

/* A record from before quiet hours were kept: they are those of its last move. */
static void an_old_clock_keeps_its_quiet_hours_when_it_is_paused(void **state)
{
    hxp_data d = small(), pause = HONGXIN__V1__DATA__INIT;
    (void)state;
    pause.reason = (char *)"PARTS";
    pause.order = (char *)"o";
    pause.until = NOW + 30 * HX_MINUTE;
    answered(send("REPORTED", "a", "reporter", &d), "");
    answered(send("HELD", "a", "holder:P-07/li", NULL), "");
    answered(send("PROGRESS", "a", "holder:P-07/li", NULL), "");
    load(1);
    struct hx_clock *resolve = hx_clock_find(&c, hx_rules_clock(w.m.rules, "K_RESOLVE"));
    assert_non_null(resolve);
    uint64_t moved_by = resolve->moved_by;
    resolve->quiet_at = 0;
    assert_int_equal(w.m.ops->case_save(w.memory, &c, hx_case_due(w.m.rules, &c)), HX_OK);
    answered(send("PAUSED", "a", "holder:P-07/li", &pause), "");
    load(1);
    resolve = hx_clock_find(&c, hx_rules_clock(w.m.rules, "K_RESOLVE"));
    assert_int_equal(resolve->state, HX_CLOCK_PAUSED);
    assert_int_equal(resolve->quiet_at, moved_by);
    assert_true(resolve->moved_by > moved_by);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(a_drill_repeats_nothing_real),
        T(without_a_rota_nobody_swaps),
        T(gaps_beyond_the_eighth_are_not_watched),

        T(who_holds_one_key_is_not_two_persons),
        T(silences_of_areas_are_bounded),
        T(marks_before_a_jump_in_doubt_are_judged_alone),
        T(a_damaged_event_that_waited_keeps_no_report),
        T(each_row_that_is_tried_is_told),
        T(likely_duplicates_are_of_the_same_place_and_matter),
        T(what_begins_in_a_pause_stands_still_since_its_begin),
        T(an_old_clock_keeps_its_quiet_hours_when_it_is_paused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
