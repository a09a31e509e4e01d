/* The machine around a step: ids, unknown cases, time that never runs backwards, and errors of its
 * backend. */
#include "base/text.h"
#include "config/life_cycle/life_cycle.h"
#include "engine/duty/rota.h"
#include "engine/machine/machine.h"
#include "engine/machine/memory.h"
#include "hongxin/instant.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const int64_t NOW = INT64_C(1791802800000);

struct world {
    struct hx_rules *rules;
    struct hx_city *city;
    struct hx_memory *memory;
    struct hx_arena arena;
    struct hx_machine m;
    uint8_t bytes[1024];
    bool ahead; /* events are looked at before their turn */
};

static void add(struct hx_city *city, enum hx_place_kind kind, const char *id, const char *parent)
{
    struct hx_place p = {.kind = kind, .name_zh = "", .name_en = ""};
    strcpy(p.id, id);
    if (kind == HX_ESTATE)
        strcpy(p.company, "P-07");
    assert_int_equal(hx_city_add_place(city, &p, parent), HX_OK);
}

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    struct hx_problem problem;
    assert_non_null(w);
    assert_int_equal(
        hx_life_cycle_load(HX_SOURCE_DIR "/config/life-cycles/complaint.yaml", &w->rules, &problem),
        HX_OK);
    assert_int_equal(hx_city_new(&w->city), HX_OK);
    struct hx_company company = {.id = "P-07", .name_zh = "", .name_en = ""};
    assert_int_equal(hx_city_add_company(w->city, &company), HX_OK);
    add(w->city, HX_STREET, "S-02", NULL);
    add(w->city, HX_COMMUNITY, "C-03", "S-02");
    add(w->city, HX_GRID, "G-041", "C-03");
    add(w->city, HX_ESTATE, "E-1", "G-041");
    add(w->city, HX_BUILDING, "B-0417", "E-1");
    assert_int_equal(hx_memory_new(&w->memory), HX_OK);
    hx_arena_init(&w->arena, 0);
    w->m = (struct hx_machine){.rules = w->rules,
                               .city = w->city,
                               .ops = hx_memory_backend(),
                               .backend = w->memory,
                               .arena = &w->arena};
    hx_machine_set_time(&w->m, NOW);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    hx_memory_free(w->memory);
    hx_arena_fini(&w->arena);
    hx_city_free(w->city);
    hx_life_cycle_free(w->rules);
    free(w);
    return 0;
}

static const hxp_reply *send(struct world *w, hxp_event *e)
{
    const hxp_reply *reply = NULL;
    size_t n = hongxin__v1__event__pack(e, w->bytes);
    struct hx_arrival in = {.bytes = w->bytes, .size = n, .event = e, .t_rcv = w->m.now};
    struct hx_glance glance;
    hx_event_glance(e, (ProtobufCBinaryData){n, w->bytes}, &glance);
    in.glance = w->ahead ? &glance : NULL;
    assert_int_equal(hx_machine_event(&w->m, &in, &reply), HX_OK);
    assert_non_null(reply);
    return reply;
}

static hxp_event event(const char *id, const char *type, const char *by)
{
    hxp_event e = HONGXIN__V1__EVENT__INIT;
    e.id = hx_text_field(id);
    e.source = (char *)"test";
    e.type = hx_text_field(type);
    e.by = hx_text_field(by);
    return e;
}

static const hxp_reply *report(struct world *w, const char *id)
{
    hxp_event e = event(id, "REPORTED", "reporter");
    hxp_data d = HONGXIN__V1__DATA__INIT;
    d.class_ = (char *)"SMALL";
    d.place = (char *)"B-0417";
    e.data = &d;
    return send(w, &e);
}

static void the_same_bytes_get_the_first_answer_again(void **state)
{
    struct world *w = *state;
    const hxp_reply *first = report(w, "a");
    uint64_t lsn = first->lsn;
    assert_int_equal(first->result, HONGXIN__V1__RESULT__ACCEPTED);
    const hxp_reply *second = report(w, "a");
    assert_int_equal(second->result, HONGXIN__V1__RESULT__DUPLICATE);
    assert_int_equal(second->lsn, lsn);
    assert_int_equal(second->case_number, first->case_number);
    assert_int_equal(second->n_promises, first->n_promises);
    assert_int_equal(first->was, 0);
    assert_int_equal(second->was, HONGXIN__V1__RESULT__ACCEPTED);
    assert_int_equal(hx_memory_cases(w->memory), 1);
}

/* Whoever had no answer must not take a repetition for done. */
static void what_was_refused_is_said_to_be_so_again(void **state)
{
    struct world *w = *state;
    hxp_event stranger = event("b", "HELD", "holder:P-11/he");
    stranger.case_number = report(w, "a")->case_number;
    const hxp_reply *first = send(w, &stranger), *second = send(w, &stranger);
    assert_int_equal(first->result, HONGXIN__V1__RESULT__NOT_ALLOWED);
    assert_int_equal(second->result, HONGXIN__V1__RESULT__DUPLICATE);
    assert_int_equal(second->was, HONGXIN__V1__RESULT__NOT_ALLOWED);
    assert_string_equal(second->code, first->code);
}

/* Whether a helper has looked at an event before or not: the same answers, and the same digest. */
static void what_was_looked_at_ahead_is_answered_alike(void **state)
{
    struct world *w = *state;
    const hxp_reply *first = report(w, "a");
    w->ahead = true;
    const hxp_reply *second = report(w, "a");
    assert_int_equal(second->result, HONGXIN__V1__RESULT__DUPLICATE);
    assert_int_equal(second->lsn, first->lsn);
    hxp_event past = event("", "HELD", "holder:P-07/li"), *history[] = {&past};
    hxp_event e = event("b", "REPORTED", "reporter");
    hxp_data d = HONGXIN__V1__DATA__INIT, bad = HONGXIN__V1__DATA__INIT;
    d.class_ = (char *)"SMALL";
    d.place = (char *)"B-0417";
    d.history = history;
    d.n_history = 1;
    e.data = &d;
    e.t_occ = NOW - 2 * HX_HOUR;
    past.t_occ = NOW - HX_HOUR;
    bad.text = (char *)"\xc0\xaf";
    static const char *const reasons[] = {"BAD_UTF8", "NO_TYPE", "BAD_ROLE", NULL};
    for (int i = 0; i < 8; i++) {
        w->ahead = i % 2;
        past.data = i / 2 == 0 ? &bad : NULL;
        past.type = (char *)(i / 2 == 1 ? "" : "HELD");
        past.by = (char *)(i / 2 == 2 ? "nobody" : "holder:P-07/li");
        e.id = (char *)(i % 2 ? "ahead" : "in turn");
        const hxp_reply *r = send(w, &e);
        if (!reasons[i / 2]) {
            assert_int_equal(r->result, HONGXIN__V1__RESULT__ACCEPTED);
            continue;
        }
        assert_string_equal(r->code, "IMPORT_EVENT");
        assert_non_null(strstr(r->message, reasons[i / 2]));
    }
}

static void the_same_id_with_other_bytes_is_a_conflict(void **state)
{
    struct world *w = *state;
    report(w, "a");
    hxp_event e = event("a", "REPORTED", "reporter");
    const hxp_reply *r = send(w, &e);
    assert_int_equal(r->result, HONGXIN__V1__RESULT__CONFLICT);
    assert_non_null(strstr(r->message, "first digest"));
    assert_int_equal(hx_memory_cases(w->memory), 1);
}

static void a_case_that_does_not_exist_is_named(void **state)
{
    struct world *w = *state;
    hxp_event e = event("b", "HELD", "holder:P-07/li");
    e.case_number = 99;
    const hxp_reply *r = send(w, &e);
    assert_int_equal(r->result, HONGXIN__V1__RESULT__INVALID);
    assert_string_equal(r->code, "NO_CASE");
}

/* R10: checked at every closing; a damaged case is told, not closed in silence. */
static void seconds_that_do_not_add_up_are_an_alarm(void **state)
{
    struct world *w = *state;
    struct hx_case c;
    size_t n, alarms = 0;
    report(w, "a");
    assert_int_equal(hx_memory_backend()->case_load(w->memory, 1, &c), HX_OK);
    c.owner_ms[HX_OWNER_HOLDER] += 5;
    assert_int_equal(hx_memory_backend()->case_save(w->memory, &c, NOW + HX_MINUTE), HX_OK);
    hxp_event e = event("b", "TRANSFERRED", "city/he");
    hxp_data d = HONGXIN__V1__DATA__INIT;
    d.receipt = (char *)"R-1";
    e.case_number = 1;
    e.data = &d;
    assert_int_equal(send(w, &e)->result, HONGXIN__V1__RESULT__ACCEPTED);
    const hxp_entry *const *entries = hx_memory_take(w->memory, &n);
    const hxp_entry *last = entries[n - 1];
    for (size_t i = 0; i < last->n_facts; i++)
        if (last->facts[i]->fact_case == HONGXIN__V1__FACT__FACT_ALARM) {
            assert_string_equal(last->facts[i]->alarm->code, "SECONDS_OFF");
            assert_string_equal(last->facts[i]->alarm->about, "+5 ms");
            alarms++;
        }
    assert_int_equal(alarms, 1);
}

static void what_is_refused_is_not_offered(void **state)
{
    struct world *w = *state;
    report(w, "a");
    hxp_event e = event("b", "HELD", "holder:P-11/sun"); /* another person could send it */
    e.case_number = 1;
    const hxp_reply *r = send(w, &e);
    assert_string_equal(r->code, "NOT_HOLDER");
    assert_true(r->n_allowed > 0);
    for (size_t i = 0; i < r->n_allowed; i++)
        assert_string_not_equal(r->allowed[i], "HELD");
}

/* Corner 34: by effective time, whoever is read first. */
static void the_earlier_receipt_is_the_one_on_record(void **state)
{
    struct world *w = *state;
    struct hx_case c;
    report(w, "a");
    hx_machine_set_time(&w->m, NOW + HX_MINUTE);
    assert_int_equal(hx_machine_due(&w->m, 1, INT64_MAX), HX_OK);
    hxp_event late = event("b", "HELD", "holder:P-07/zhou");
    late.case_number = 1;
    assert_int_equal(send(w, &late)->result, HONGXIN__V1__RESULT__ACCEPTED);
    hxp_event early = event("c", "HELD", "holder:P-07/li");
    early.case_number = 1;
    early.proof = HONGXIN__V1__PROOF__DEVICE_SIGNED;
    early.t_occ = NOW + 10 * HX_SECOND;
    assert_int_equal(send(w, &early)->result, HONGXIN__V1__RESULT__ACCEPTED);
    assert_int_equal(hx_memory_backend()->case_load(w->memory, 1, &c), HX_OK);
    assert_string_equal(c.person, "holder:P-07/li");
    assert_int_equal(c.t_held, NOW + 30 * HX_SECOND); /* the start does not move */
}

static void a_stale_version_is_refused(void **state)
{
    struct world *w = *state;
    uint64_t number = report(w, "a")->case_number;
    hxp_event e = event("b", "HELD", "holder:P-07/li");
    e.case_number = number;
    e.if_version = 99;
    const hxp_reply *r = send(w, &e);
    assert_int_equal(r->result, HONGXIN__V1__RESULT__NOT_ALLOWED);
    assert_string_equal(r->code, "STALE_VERSION");
    e.id = (char *)"c";
    e.if_version = 1;
    assert_int_equal(send(w, &e)->result, HONGXIN__V1__RESULT__ACCEPTED);
}

static void time_never_runs_backwards(void **state)
{
    struct world *w = *state;
    hx_machine_set_time(&w->m, NOW - HX_HOUR);
    assert_int_equal(w->m.now, NOW);
    assert_int_equal(w->m.wall, NOW - HX_HOUR);
    report(w, "a");
    size_t n;
    const hxp_entry *const *entries = hx_memory_take(w->memory, &n);
    assert_int_equal(n, 1);
    assert_int_equal(entries[0]->t_rec, NOW);
    assert_int_equal(entries[0]->t_wall, NOW - HX_HOUR);
}

/* A deadline is judged before an event that was received after it, however late the timer is. */
static void a_late_timer_does_not_help_a_late_arrival(void **state)
{
    struct world *w = *state;
    uint64_t number = report(w, "a")->case_number;
    hxp_event held = event("b", "HELD", "holder:P-07/li");
    held.case_number = number;
    send(w, &held);
    hx_machine_set_time(&w->m, NOW + 5 * HX_MINUTE + 1);
    hxp_event arrived = event("c", "ARRIVED", "holder:P-07/li");
    arrived.case_number = number;
    assert_int_equal(send(w, &arrived)->result, HONGXIN__V1__RESULT__ACCEPTED);
    struct hx_case *c = malloc(sizeof *c);
    assert_non_null(c);
    assert_int_equal(w->m.ops->case_load(w->memory, number, c), HX_OK);
    assert_int_equal(c->n_breaches, 1);
    assert_int_equal(c->breaches[0].deadline, NOW + 5 * HX_MINUTE);
    free(c);
}

static int failing_append(void *b, const hxp_entry *e)
{
    (void)b;
    (void)e;
    return HX_FULL;
}

static void an_error_of_the_backend_is_passed_on(void **state)
{
    struct world *w = *state;
    struct hx_backend ops = *hx_memory_backend();
    ops.append = failing_append;
    w->m.ops = &ops;
    hxp_event e = event("a", "REPORTED", "reporter");
    const hxp_reply *reply;
    size_t n = hongxin__v1__event__pack(&e, w->bytes);
    struct hx_arrival in = {.bytes = w->bytes, .size = n, .event = &e, .t_rcv = NOW};
    assert_int_equal(hx_machine_event(&w->m, &in, &reply), HX_FULL);
}

/* As FORMAT.md says: rows of numbers stand in the order in which they are counted. */
static void counted_numbers_stand_in_their_order(void **state)
{
    (void)state;
    struct hx_counted of_device, of_source, last;
    hx_counted_name(&of_device, HX_COUNTER_DEVICE, "KIOSK-1", 9);
    hx_counted_name(&of_source, HX_COUNTER_SOURCE, "KIOSK-1", 42);
    hx_counted_name(&last, HX_COUNTER_SOURCE, "KIOSK-1", UINT64_MAX);
    assert_string_equal(of_device.source, "\x01KIOSK-1");
    assert_string_equal(of_device.id, "00000000000000000009");
    assert_string_equal(of_source.source, "\x02KIOSK-1");
    assert_string_equal(of_source.id, "00000000000000000042");
    assert_string_equal(last.id, "18446744073709551615");
}

/* Wherever the memory of a turn ends while a level is told that names those who were told before:
 * it is an error, and the same level is told once there is enough. */
static void a_level_without_memory_is_told_later(void **state)
{
    enum { STEP = 8 };
    struct world *w = *state;
    hxp_event held = event("b", "HELD", "holder:P-07/li");
    int rc = HX_NOMEM, tries = 0;
    size_t n;
    held.case_number = report(w, "a")->case_number;
    send(w, &held);
    for (int minute = 3; minute < 5; minute++) { /* a reminder and a warning */
        hx_machine_set_time(&w->m, NOW + minute * HX_MINUTE);
        assert_int_equal(hx_machine_due(&w->m, held.case_number, INT64_MAX), HX_OK);
    }
    hx_memory_take(w->memory, &n);
    hx_machine_set_time(&w->m, NOW + 5 * HX_MINUTE);
    for (size_t limit = STEP; rc == HX_NOMEM; limit += STEP, tries++) {
        hx_arena_fini(&w->arena);
        hx_arena_init(&w->arena, limit);
        rc = hx_machine_due(&w->m, held.case_number, INT64_MAX);
    }
    assert_int_equal(rc, HX_OK);
    assert_true(tries > 1);
    const hxp_entry *const *entries = hx_memory_take(w->memory, &n);
    for (size_t i = 0; i < entries[n - 1]->n_facts; i++)
        if (entries[n - 1]->facts[i]->fact_case == HONGXIN__V1__FACT__FACT_NOTICE)
            assert_int_equal(entries[n - 1]->facts[i]->notice->n_told, 2);
}

/* A case that has told as often as it can remember: two notices are acknowledged until the same
 * instant, and all before them are over. */
static void full_of_told(struct world *w, uint64_t number, int64_t until)
{
    struct hx_case *c = &w->m.work;
    assert_int_equal(w->m.ops->case_load(w->m.backend, number, c), HX_OK);
    c->n_told = HX_CASE_TOLD;
    for (uint32_t i = 0; i < c->n_told; i++) {
        struct hx_told *t = &c->told[i];
        *t = (struct hx_told){.cycle = 1, .level = 1, .how = HX_NOTICE_WARNING, .at = NOW};
        t->kind = (uint8_t)hx_rules_clock(w->rules, i % 2 ? "K_ARRIVE" : "K_RESOLVE");
        t->done = i < HX_CASE_TOLD - 2;
        t->acked = !t->done;
        t->ack_until = t->done ? 0 : until;
        strcpy(t->to, "manager:P-07");
        strcpy(t->acked_by, "manager:P-07/zhao");
    }
    assert_int_equal(w->m.ops->case_save(w->m.backend, c, until), HX_OK);
}

/* Both come back, though nobody is on duty any more: whoever is told above takes the room of those
 * that are over. */
static void what_comes_back_together_is_not_lost(void **state)
{
    struct world *w = *state;
    struct hx_rota *rota;
    hxp_event held = event("b", "HELD", "holder:P-07/li");
    const int64_t until = NOW + HX_MINUTE;
    size_t n, back = 0;
    assert_int_equal(hx_rota_new(&rota), HX_OK);
    assert_int_equal(hx_rota_seal(rota, (const struct hx_shift *[2]){NULL, NULL}), HX_OK);
    hx_city_set_rota(w->city, rota);
    held.case_number = report(w, "a")->case_number;
    send(w, &held);
    full_of_told(w, held.case_number, until);
    hx_memory_take(w->memory, &n);
    hx_machine_set_time(&w->m, until);
    assert_int_equal(hx_machine_due(&w->m, held.case_number, INT64_MAX), HX_OK);
    const hxp_entry *const *entries = hx_memory_take(w->memory, &n);
    for (size_t e = 0; e < n; e++)
        for (size_t i = 0; i < entries[e]->n_facts; i++) {
            const hxp_fact *f = entries[e]->facts[i];
            back += f->fact_case == HONGXIN__V1__FACT__FACT_NOTICE &&
                    strncmp(f->notice->why, "acknowledged", 12) == 0;
        }
    assert_int_equal(back, 2);
}

static void undecodable_bytes_are_answered(void **state)
{
    struct world *w = *state;
    const hxp_reply *reply;
    struct hx_arrival in = {.bytes = (const uint8_t *)"\xff", .size = 1, .t_rcv = NOW};
    assert_int_equal(hx_machine_event(&w->m, &in, &reply), HX_OK);
    assert_int_equal(reply->result, HONGXIN__V1__RESULT__INVALID);
    assert_string_equal(reply->code, "UNDECODABLE");
}

#define WORLD(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD(the_same_bytes_get_the_first_answer_again),
        WORLD(what_was_refused_is_said_to_be_so_again),
        WORLD(what_was_looked_at_ahead_is_answered_alike),
        WORLD(the_same_id_with_other_bytes_is_a_conflict),
        WORLD(a_case_that_does_not_exist_is_named),
        WORLD(what_is_refused_is_not_offered),
        WORLD(seconds_that_do_not_add_up_are_an_alarm),
        WORLD(the_earlier_receipt_is_the_one_on_record),
        WORLD(a_stale_version_is_refused),
        WORLD(time_never_runs_backwards),
        WORLD(a_late_timer_does_not_help_a_late_arrival),
        WORLD(an_error_of_the_backend_is_passed_on),
        cmocka_unit_test(counted_numbers_stand_in_their_order),
        WORLD(a_level_without_memory_is_told_later),
        WORLD(what_comes_back_together_is_not_lost),
        WORLD(undecodable_bytes_are_answered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
