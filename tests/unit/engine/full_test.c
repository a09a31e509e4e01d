/* A case whose tables are full: what may give way does, and says so; what may not is answered
 * CASE_FULL and changes nothing. No life comes so far by itself, so each table is filled by hand.
 */
#include "base/text.h"
#include "engine/machine/memory.h"
#include "engine/step.h"
#include "hongxin/instant.h"
#include "property/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const int64_t NOW = WORLD_EVENING;
static const int64_t FAR = INT64_C(1891802800000);

static struct world w;
static struct hx_case c;

static void load(void)
{
    assert_int_equal(w.m.ops->case_load(w.memory, 1, &c), HX_OK);
}

static void save(void)
{
    assert_int_equal(w.m.ops->case_save(w.memory, &c, hx_case_due(w.m.rules, &c)), HX_OK);
}

static const hxp_reply *send(const char *type, const char *by, hxp_data *d)
{
    bool first = strcmp(type, "REPORTED") == 0;
    return world_send(
        &w, &(struct world_event){.type = type, .by = by, .case_number = first ? 0 : 1, .data = d});
}

static void taken(const hxp_reply *reply)
{
    if (reply->result != HONGXIN__V1__RESULT__ACCEPTED)
        fail_msg("%s: %s", reply->code, reply->message);
}

static int setup(void **state)
{
    hxp_data d = HONGXIN__V1__DATA__INIT;
    (void)state;
    world_open(&w, NOW);
    d.class_ = (char *)"SMALL";
    d.place = (char *)"B-0417";
    taken(send("REPORTED", "reporter", &d));
    taken(send("HELD", "holder:P-07/li", NULL));
    load();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    world_close(&w);
    return 0;
}

static uint8_t kind(const char *clock)
{
    return (uint8_t)hx_rules_clock(w.m.rules, clock);
}

/* Full, and nothing of it is over. */
static void is_refused(const hxp_reply *reply)
{
    struct hx_case before = c;
    assert_int_equal(reply->result, HONGXIN__V1__RESULT__INVALID);
    assert_string_equal(reply->code, "CASE_FULL");
    load();
    assert_int_equal(c.version, before.version);
}

/* Entries since the last call that hold such a fact. */
static size_t facts(Hongxin__V1__Fact__FactCase what, const hxp_fact **last)
{
    size_t n, found = 0;
    const hxp_entry *const *entries = hx_memory_take(w.memory, &n);
    for (size_t i = 0; i < n; i++)
        for (size_t f = 0; f < entries[i]->n_facts; f++)
            if (entries[i]->facts[f]->fact_case == what) {
                *last = entries[i]->facts[f];
                found++;
            }
    return found;
}

/* ---- whom it has told ---- */

static void fill_told(bool done)
{
    for (c.n_told = 0; c.n_told < HX_CASE_TOLD; c.n_told++)
        c.told[c.n_told] = (struct hx_told){.kind = kind("K_UPDATE"),
                                            .cycle = 1,
                                            .how = HX_NOTICE_REMINDER,
                                            .done = done,
                                            .at = NOW,
                                            .to = "holder:P-07"};
    save();
}

static void an_alarm_that_is_over_gives_way(void **state)
{
    const hxp_fact *f = NULL;
    (void)state;
    fill_told(true);
    world_wait(&w, NOW + 3 * HX_MINUTE + 1);
    assert_true(facts(HONGXIN__V1__FACT__FACT_NOTICE, &f) > 0);
    assert_string_equal(f->notice->clock, "K_ARRIVE");
    load();
    assert_int_equal(c.n_told, HX_CASE_TOLD);
    assert_int_equal(c.told[HX_CASE_TOLD - 1].kind, kind("K_ARRIVE"));
    assert_int_equal(w.m.cut_short, 0);
    assert_false(c.told[HX_CASE_TOLD - 1].done);
}

/* Whoever is told of a deadline is told, though nobody remembers it. */
static void where_none_is_over_the_next_is_told_all_the_same(void **state)
{
    const hxp_fact *f = NULL;
    (void)state;
    fill_told(false);
    world_wait(&w, NOW + 3 * HX_MINUTE + 1);
    assert_true(facts(HONGXIN__V1__FACT__FACT_NOTICE, &f) > 0);
    assert_string_equal(f->notice->clock, "K_ARRIVE");
    load();
    assert_int_equal(c.n_told, HX_CASE_TOLD);
    assert_int_equal(c.told[HX_CASE_TOLD - 1].kind, kind("K_UPDATE"));
    assert_true(w.m.cut_short > 0);
    assert_int_equal(w.m.cut_case, 1);
}

/* ---- notices on their way ---- */

static enum hx_reach down(void *ctx, const char *holder)
{
    (void)ctx;
    (void)holder;
    return HX_REACH_DOWN;
}

static void fill_sendings(const char *road)
{
    for (c.n_sendings = 0; c.n_sendings < HX_CASE_SENDINGS; c.n_sendings++) {
        struct hx_sending *x = &c.sendings[c.n_sendings];
        *x = (struct hx_sending){.how = HX_NOTICE_CASE, .cycle = 1, .notice = 1, .next = FAR};
        strcpy(x->to, "street:S-02");
        strcpy(x->road, road);
    }
}

static void the_oldest_notice_is_given_up_and_that_is_said(void **state)
{
    const hxp_fact *f = NULL;
    size_t n;
    (void)state;
    fill_sendings("feed");
    strcpy(c.sendings[0].to, "community:C-03");
    save();
    w.m.reach = down;
    hx_memory_take(w.memory, &n);
    hx_machine_set_time(&w.m, NOW + 3 * HX_MINUTE);
    assert_int_equal(hx_machine_due(&w.m, 1, INT64_MAX), HX_OK);
    assert_int_equal(facts(HONGXIN__V1__FACT__FACT_DELIVERY, &f), 1);
    assert_string_equal(f->delivery->result, "EXPIRED");
    assert_string_equal(f->delivery->error, "too many");
    assert_string_equal(f->delivery->to, "community:C-03");
    load();
    assert_int_equal(c.n_sendings, HX_CASE_SENDINGS);
    assert_string_equal(c.sendings[HX_CASE_SENDINGS - 1].to, "holder:P-07");
}

/* A life cycle that came into force meanwhile knows the road no more. */
static void a_road_that_is_gone_is_a_failure_and_the_next_is_tried(void **state)
{
    const hxp_fact *f = NULL;
    size_t n;
    (void)state;
    fill_sendings("pigeon");
    c.n_sendings = 1;
    c.sendings[0].next = NOW + HX_SECOND;
    save();
    hx_memory_take(w.memory, &n);
    w.m.dist = (struct hx_disturbance){.outage_from = NOW, .outage_to = NOW + 2 * HX_SECOND};
    hx_machine_set_time(&w.m, NOW + 3 * HX_SECOND); /* it fell due while we were down */
    assert_int_equal(hx_machine_due(&w.m, 1, INT64_MAX), HX_OK);
    const hxp_entry *const *entries = hx_memory_take(w.memory, &n);
    assert_int_equal(n, 1);
    for (size_t i = 0; i < entries[0]->n_facts && !f; i++)
        if (entries[0]->facts[i]->fact_case == HONGXIN__V1__FACT__FACT_DELIVERY)
            f = entries[0]->facts[i];
    assert_non_null(f);
    assert_string_equal(f->delivery->result, "FAILED");
    assert_string_equal(f->delivery->error, "no such road");
    load();
    for (uint32_t i = 0; i < c.n_sendings; i++)
        assert_string_not_equal(c.sendings[i].road, "pigeon");
}

/* ---- breaches, clocks ---- */

/* A deadline cannot be refused: that something of it found no room is counted. */
static void a_breach_too_many_by_time_is_counted(void **state)
{
    (void)state;
    for (c.n_breaches = 0; c.n_breaches < HX_CASE_BREACHES; c.n_breaches++)
        c.breaches[c.n_breaches] = (struct hx_breach){
            .kind = kind("K_SUPERVISE"), .cycle = 1, .deadline = NOW + c.n_breaches, .lsn = 1};
    save();
    world_wait(&w, NOW + 5 * HX_MINUTE + 1); /* K_ARRIVE has run out */
    load();
    assert_int_equal(c.n_breaches, HX_CASE_BREACHES);
    assert_int_equal(w.m.cut_short, 1);
    assert_int_equal(w.m.cut_case, 1);
}

static void a_breach_too_many_is_refused_as_a_whole(void **state)
{
    (void)state;
    for (c.n_breaches = 0; c.n_breaches < HX_CASE_BREACHES; c.n_breaches++)
        c.breaches[c.n_breaches] = (struct hx_breach){
            .kind = kind("K_SUPERVISE"), .cycle = 1, .deadline = NOW + c.n_breaches, .lsn = 1};
    save();
    hx_machine_set_time(&w.m, NOW + 5 * HX_MINUTE);
    assert_int_equal(hx_machine_due(&w.m, 1, INT64_MAX), HX_OK);
    load();
    hx_machine_set_time(&w.m, NOW + 6 * HX_MINUTE);
    is_refused(send("ARRIVED", "holder:P-07/li", NULL));
    assert_int_equal(c.n_breaches, HX_CASE_BREACHES);
    assert_int_equal(c.t_arrived, 0);
}

static void fill_clocks(enum hx_clock_state state)
{
    while (c.n_clocks < HX_CASE_CLOCKS)
        c.clocks[c.n_clocks++] = (struct hx_clock){.kind = kind("K_ASSIST"),
                                                   .state = (uint8_t)state,
                                                   .basis = HX_BASIS_DATE,
                                                   .cycle = 1,
                                                   .policy = w.m.rules->version,
                                                   .start = NOW,
                                                   .budget_ms = (uint64_t)(FAR - NOW),
                                                   .floor = FAR,
                                                   .deadline = FAR,
                                                   .unit = "U-1"};
    save();
}

static const hxp_reply *supervise(void)
{
    hxp_data d = HONGXIN__V1__DATA__INIT;
    d.why = (char *)"on the news";
    d.date = NOW + HX_DAY;
    return send("SUPERVISED", "city/he", &d);
}

static void a_clock_that_has_ended_gives_way(void **state)
{
    (void)state;
    fill_clocks(HX_CLOCK_STOPPED);
    taken(supervise());
    load();
    assert_int_equal(c.n_clocks, HX_CASE_CLOCKS);
    assert_int_equal(c.clocks[HX_CASE_CLOCKS - 1].kind, kind("K_SUPERVISE"));
    const struct hx_clock *arrive = NULL;
    for (uint32_t i = 0; i < c.n_clocks; i++)
        if (c.clocks[i].kind == kind("K_ARRIVE"))
            arrive = &c.clocks[i];
    assert_non_null(arrive);
    assert_int_equal(arrive->state, HX_CLOCK_RUNNING);
}

static void a_clock_too_many_is_refused(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < c.n_clocks; i++) /* the hand-over has ended */
        if (!hx_clock_live(&c.clocks[i]))
            c.clocks[i].state = HX_CLOCK_RUNNING, c.clocks[i].deadline = FAR;
    fill_clocks(HX_CLOCK_RUNNING);
    load();
    is_refused(supervise());
}

static enum hx_reach nobody(void *ctx, const char *holder)
{
    (void)ctx;
    (void)holder;
    return HX_REACH_OURS;
}

/* A dispatch is tried each half minute for as long as nobody at all can be reached, and each try is
 * a clock. Before, the table was full after twenty minutes: it was never tried again, and who took
 * the case was answered CASE_FULL. */
static void a_dispatch_is_tried_however_long_nobody_can_be_reached(void **state)
{
    hxp_data d = HONGXIN__V1__DATA__INIT;
    const hxp_fact *f = NULL;
    size_t n;
    (void)state;
    world_close(&w);
    world_open(&w, NOW);
    w.m.reach = nobody;
    d.class_ = (char *)"SMALL";
    d.place = (char *)"B-0417";
    taken(send("REPORTED", "reporter", &d));
    world_wait(&w, NOW + 3 * HX_HOUR);
    load();
    assert_int_equal(c.n_clocks, HX_CASE_CLOCKS);
    assert_int_equal(c.state, hx_rules_state(w.m.rules, "DISPATCHED"));
    hx_memory_take(w.memory, &n);
    w.m.reach = NULL;
    world_wait(&w, NOW + 3 * HX_HOUR + HX_SECOND);
    assert_true(facts(HONGXIN__V1__FACT__FACT_NOTICE, &f) > 0);
    assert_string_equal(f->notice->to, "holder:P-07");
    taken(send("HELD", "holder:P-07/li", NULL));
    load();
    assert_int_equal(c.state, hx_rules_state(w.m.rules, "HELD"));
}

/* ---- people ---- */

static void fill_with_reporters(void)
{
    for (; c.n_parties < HX_CASE_PARTIES; c.n_parties++) {
        c.parties[c.n_parties] = (struct hx_party){.t_occ = NOW};
        snprintf(c.parties[c.n_parties].ref, sizeof c.parties[0].ref, "N-%u", c.n_parties);
    }
    save();
}

static void a_reporter_too_many_is_refused(void **state)
{
    hxp_data d = HONGXIN__V1__DATA__INIT;
    (void)state;
    fill_with_reporters();
    d.party = (char *)"one more";
    is_refused(send("PARTY_ADDED", "dispatcher:C-03/zhao", &d));
    d.party = (char *)"N-7"; /* who is there already is another matter */
    assert_string_not_equal(send("PARTY_ADDED", "dispatcher:C-03/zhao", &d)->code, "CASE_FULL");
}

/* The other case has room for all of them, or there is no merge: the last ones were left out, and
 * nobody would have called them back. */
static void reporters_who_find_no_room_are_not_merged(void **state)
{
    hxp_data d = HONGXIN__V1__DATA__INIT;
    (void)state;
    d.class_ = (char *)"SMALL";
    d.place = (char *)"B-0417";
    taken(send("REPORTED", "reporter", &d));
    struct hx_case mine = c;
    c.number = 2; /* the same case once more, with room for one */
    for (; c.n_parties < HX_CASE_PARTIES - 1; c.n_parties++)
        c.parties[c.n_parties] = (struct hx_party){.t_occ = NOW};
    save();
    mine.n_parties = 2;
    snprintf(mine.parties[1].ref, sizeof mine.parties[1].ref, "another");
    c = mine;
    save();
    d = (hxp_data)HONGXIN__V1__DATA__INIT;
    d.into = (char *)"CL-2";
    is_refused(send("MERGED_INTO", "dispatcher:C-03/zhao", &d));
    c.n_parties = 1;
    save();
    taken(send("MERGED_INTO", "dispatcher:C-03/zhao", &d));
    load();
    assert_int_equal(c.merged_into, 2);
    assert_int_equal(w.m.ops->case_load(w.memory, 2, &c), HX_OK);
    assert_int_equal(c.n_parties, HX_CASE_PARTIES);
}

/* Who is there already needs no second place: a part was refused its own whole. He who has left the
 * whole, but not the part, is there again. */
static void a_part_of_a_full_case_is_merged_back(void **state)
{
    char *refs[] = {(char *)"a part"};
    hxp_data d = HONGXIN__V1__DATA__INIT;
    (void)state;
    fill_with_reporters();
    d.cases = refs;
    d.n_cases = 1;
    taken(send("SPLIT", "dispatcher:C-03/zhao", &d));
    load();
    c.parties[HX_CASE_PARTIES - 1].gone = 1;
    save();
    d = (hxp_data)HONGXIN__V1__DATA__INIT;
    d.into = (char *)"CL-1";
    taken(world_send(&w, &(struct world_event){.type = "MERGED_INTO",
                                               .by = "dispatcher:C-03/zhao",
                                               .case_number = 2,
                                               .data = &d}));
    load();
    assert_int_equal(c.n_parties, HX_CASE_PARTIES);
    assert_int_equal(c.parties[HX_CASE_PARTIES - 1].gone, 0);
}

static void silence_data(hxp_data *d, const char *clock)
{
    *d = (hxp_data)HONGXIN__V1__DATA__INIT;
    d->clock = hx_text_field(clock);
    d->level = (char *)"L0";
    d->until = NOW + HX_HOUR;
    d->why = (char *)"known";
}

static void a_silence_too_many_is_refused_and_one_that_is_there_is_changed(void **state)
{
    hxp_data d;
    (void)state;
    for (c.n_silences = 0; c.n_silences < HX_CASE_SILENCES; c.n_silences++)
        c.silences[c.n_silences] = (struct hx_silence){.kind = kind("K_ARRIVE"),
                                                       .level = (uint8_t)c.n_silences,
                                                       .cycle = 1,
                                                       .from = NOW,
                                                       .until = NOW + HX_HOUR,
                                                       .by = "city/he"};
    for (c.n_told = 0; c.n_told < 2; c.n_told++) /* only what was told is silenced */
        c.told[c.n_told] = (struct hx_told){.kind = kind(c.n_told ? "K_ARRIVE" : "K_RESOLVE"),
                                            .cycle = 1,
                                            .how = HX_NOTICE_REMINDER,
                                            .at = NOW,
                                            .to = "holder:P-07"};
    save();
    silence_data(&d, "K_RESOLVE");
    is_refused(send("SILENCED", "city/he", &d));
    silence_data(&d, "K_ARRIVE");
    d.until = NOW + 2 * HX_HOUR;
    taken(send("SILENCED", "city/he", &d));
    load();
    assert_int_equal(c.n_silences, HX_CASE_SILENCES);
    assert_int_equal(c.silences[0].until, NOW + 2 * HX_HOUR);
}

/* Reasons of life cycles that are gone, each used once: how often the next one was used finds no
 * room. */
static void a_reason_too_many_for_a_pause_is_refused(void **state)
{
    hxp_data d = HONGXIN__V1__DATA__INIT;
    char *calls[] = {(char *)"c-1", (char *)"c-2"};
    (void)state;
    d.reason = (char *)"NO_ENTRY"; /* may be used three times only, so it is counted */
    d.calls = calls;
    d.n_calls = 2;
    d.onsite_code = (char *)"QWER-TZXC";
    taken(send("WORK_STARTED", "holder:P-07/li", NULL));
    load();
    for (c.n_pauses = 0; c.n_pauses < HX_CASE_PAUSES; c.n_pauses++) {
        struct hx_pauses *p = &c.pauses[c.n_pauses];
        *p = (struct hx_pauses){.times = 1};
        snprintf(p->reason, sizeof p->reason, "R%u", c.n_pauses);
    }
    save();
    is_refused(send("PAUSED", "holder:P-07/li", &d));
    c.n_pauses--;
    save();
    taken(send("PAUSED", "holder:P-07/li", &d));
    load();
    assert_string_equal(c.pauses[HX_CASE_PAUSES - 1].reason, "NO_ENTRY");
    assert_int_equal(c.pauses[HX_CASE_PAUSES - 1].times, 1);
}

static void the_oldest_request_for_a_second_person_gives_way(void **state)
{
    hxp_data d = HONGXIN__V1__DATA__INIT;
    (void)state;
    for (c.n_proposals = 0; c.n_proposals < HX_CASE_PROPOSALS; c.n_proposals++)
        c.proposals[c.n_proposals] = (struct hx_proposal){
            .kind = kind("K_UPDATE"), .breach = 1000 + c.n_proposals, .asker = {.by = "city/he"}};
    save();
    d.clock = (char *)"K_RESOLVE";
    d.deadline = NOW + HX_DAY;
    d.why = (char *)"the wrong minute";
    taken(send("DEADLINE_MOVED", "city/he", &d));
    load();
    assert_int_equal(c.n_proposals, HX_CASE_PROPOSALS);
    assert_int_equal(c.proposals[0].breach, 1001);
    assert_int_equal(c.proposals[HX_CASE_PROPOSALS - 1].deadline, NOW + HX_DAY);
}

/* The journal has the first ones. */
static void only_the_newest_changes_of_the_holder_are_shown(void **state)
{
    hxp_data d = HONGXIN__V1__DATA__INIT;
    (void)state;
    for (c.n_passings = 0; c.n_passings < HX_CASE_PASSINGS; c.n_passings++) {
        struct hx_passing *p = &c.passings[c.n_passings];
        *p = (struct hx_passing){.from = "C-03", .to = "P-07", .at = NOW};
        snprintf(p->reason, sizeof p->reason, "%u", c.n_passings);
    }
    save();
    d.holder = (char *)"C-03";
    d.why = (char *)"agreed";
    taken(send("HOLDER_CHANGED", "city/he", &d));
    load();
    assert_int_equal(c.n_passings, HX_CASE_PASSINGS);
    assert_string_equal(c.passings[0].reason, "1");
    assert_string_equal(c.passings[HX_CASE_PASSINGS - 1].to, "C-03");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(an_alarm_that_is_over_gives_way),
        T(where_none_is_over_the_next_is_told_all_the_same),
        T(the_oldest_notice_is_given_up_and_that_is_said),
        T(a_road_that_is_gone_is_a_failure_and_the_next_is_tried),
        T(a_breach_too_many_by_time_is_counted),
        T(a_breach_too_many_is_refused_as_a_whole),
        T(a_clock_that_has_ended_gives_way),
        T(a_clock_too_many_is_refused),
        T(a_dispatch_is_tried_however_long_nobody_can_be_reached),
        T(a_reporter_too_many_is_refused),
        T(reporters_who_find_no_room_are_not_merged),
        T(a_part_of_a_full_case_is_merged_back),
        T(a_silence_too_many_is_refused_and_one_that_is_there_is_changed),
        T(a_reason_too_many_for_a_pause_is_refused),
        T(the_oldest_request_for_a_second_person_gives_way),
        T(only_the_newest_changes_of_the_holder_are_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
