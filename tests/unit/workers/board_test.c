/* What of the board needs no daemon: one-time codes, lock-out, in whose name somebody acts, what a
 * request becomes, the rows of running promises. */
#include "base/text.h"
#include "board/act/actor.h"
#include "board/act/verbs.h"
#include "board/city/table.h"
#include "board/live/model.h"
#include "board/sign/tries.h"
#include "board/sign/users.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static json_t *json(const char *text)
{
    json_t *o = json_loads(text, 0, NULL);
    assert_non_null(o);
    return o;
}

static void one_time_codes_are_those_of_rfc_6238(void **state)
{
    static const char key[] = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"; /* its test key, SHA-1 */
    int64_t step = 0;
    (void)state;
    assert_true(totp_right(key, "287082", 59000, &step));
    assert_int_equal(step, 1);
    assert_true(totp_right(key, "081804", INT64_C(1111111109000), NULL));
    assert_true(totp_right(key, "287082", 59000 + 30000, NULL)); /* a step late */
    assert_false(totp_right(key, "287082", 59000 + 90000, NULL));
    assert_false(totp_right(key, "287083", 59000, NULL));
    assert_false(totp_right(key, "28708", 59000, NULL));
    assert_false(totp_right("not base32!", "287082", 59000, NULL));
}

static void who_tries_too_often_waits_longer_each_time(void **state)
{
    struct tries *t = tries_new();
    int64_t now = 1000;
    (void)state;
    for (int i = 0; i < TRIES_ADDRESS; i++) {
        assert_int_equal(tries_wait(t, "li", "a", now), 0);
        tries_wrong(t, "li", "a", now);
    }
    assert_int_equal(tries_wait(t, "li", "a", now), TRIES_WAIT_MS);
    assert_int_equal(tries_wait(t, "li", "b", now), 0);
    assert_int_equal(tries_wait(t, "wu", "a", now), 0);
    now += TRIES_WAIT_MS;
    assert_int_equal(tries_wait(t, "li", "a", now), 0);
    tries_wrong(t, "li", "a", now);
    assert_int_equal(tries_wait(t, "li", "a", now), 2 * TRIES_WAIT_MS);
    tries_right(t, "li", "a");
    assert_int_equal(tries_wait(t, "li", "a", now), 0);
    for (int i = 0; i < TRIES_NAME; i++) {
        char address[8] = {(char)('A' + i % 26), (char)('A' + i / 26)};
        tries_wrong(t, "wu", address, now);
    }
    assert_true(tries_wait(t, "wu", "anywhere", now) > 0);
    tries_free(t);
}

static const char *proposed(const char *who, const char *prefer, const hxp_case_view *view)
{
    static char out[ACTOR_MAX];
    json_t *w = json(who), *none = json_array();
    const struct actor_input in = {
        .who = w, .role = "", .areas = none, .person = "li", .prefer = prefer, .view = view};
    bool some = actor_propose(&in, out);
    json_decref(w);
    json_decref(none);
    return some ? out : "";
}

static void people_act_for_the_area_of_the_case(void **state)
{
    hxp_case_view v = HONGXIN__V1__CASE_VIEW__INIT;
    hxp_where w = HONGXIN__V1__WHERE__INIT;
    (void)state;
    w.street = (char *)"S-02";
    w.community = (char *)"C-03";
    v.where = &w;
    v.holder = (char *)"P-07";
    assert_string_equal(
        proposed("{\"enforced\":true,\"claims\":[\"holder\",\"manager\"],\"areas\":[\"P-07\"]}",
                 NULL, &v),
        "holder:P-07/li");
    assert_string_equal(
        proposed("{\"enforced\":true,\"claims\":[\"street\",\"holder\"],\"areas\":[\"S-02\"]}",
                 "street city", &v),
        "street:S-02/li");
    assert_string_equal(
        proposed("{\"enforced\":true,\"claims\":[\"city\",\"street\"],\"areas\":[\"city\"]}",
                 "city street", &v),
        "city/li"); /* an order of the city is not its street's */
    assert_string_equal(
        proposed("{\"enforced\":true,\"claims\":[\"city\",\"street\"],\"areas\":[\"city\"]}",
                 "street city", &v),
        "street:S-02/li");
    assert_string_equal(
        proposed("{\"enforced\":true,\"claims\":[\"city\",\"street\"],\"areas\":[\"S-02\"]}",
                 "city street", &v),
        "street:S-02/li");
    assert_string_equal(
        proposed(
            "{\"enforced\":true,\"claims\":[\"reporter\",\"dispatcher\"],\"areas\":[\"city\"]}",
            "dispatcher", &v),
        "dispatcher/li");
    assert_string_equal(
        proposed("{\"enforced\":true,\"claims\":[\"holder\"],\"areas\":[\"P-08\",\"P-09\"]}", NULL,
                 &v),
        "holder:P-08/li");
    assert_string_equal(
        proposed("{\"enforced\":true,\"claims\":[],\"areas\":[\"city\"]}", NULL, &v), "");
    assert_true(actor_is_own("holder:P-07/li", "li"));
    assert_false(actor_is_own("holder:P-07/li2", "li"));
    assert_false(actor_is_own("holder:P-07", "li"));
    assert_false(actor_is_own("/li", "li"));
}

static void requests_become_events(void **state)
{
    static const struct {
        const char *verb, *body, *state, *type; /* type NULL: refused */
    } rows[] = {
        {"acts", "{\"act\":\"COMING\"}", "DISPATCHED", "HELD"},
        {"acts", "{\"act\":\"HELP\",\"text\":\"x\"}", "HELD", "COMMENT"},
        {"acts", "{\"act\":\"HELP\",\"unit\":\"U-3\"}", "HELD", "ASSIST_ASKED"},
        {"acts", "{\"act\":\"PROGRESS\"}", "HELD", NULL},
        {"acts", "{\"act\":5}", "HELD", NULL},
        {"route", "{\"holder\":\"P-07\"}", "RECEIVED", "ROUTED"},
        {"route", "{\"holder\":\"P-07\"}", "HELD", "HOLDER_CHANGED"},
        {"class", "{\"class\":\"SMALL\"}", "HELD", "CLASS_SET"},
        {"class", "{\"refuse\":true}", "HELD", "CLASS_REFUSED"},
        {"class", "{}", "HELD", NULL},
        {"return", "{\"decision\":\"ACCEPT\"}", "HELD", NULL},
        {"return", "{\"decision\":\"REFUSE\"}", "HELD", "RETURN_REFUSED"},
        {"events", "{\"type\":\"PAUSED\",\"data\":{\"reason\":\"PARTS\"}}", "HELD", "PAUSED"},
        {"events", "{\"type\":\"PAUSED\",\"data\":[]}", "HELD", NULL},
        {"nothing", "{}", "HELD", NULL}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct verb_draft d;
        json_t *body = json(rows[i].body);
        bool right = verb_draft(rows[i].verb, body, rows[i].state, &d);
        assert_int_equal(right, rows[i].type != NULL);
        if (right)
            assert_string_equal(d.type, rows[i].type);
        else
            assert_true(*d.problem);
        json_decref(d.data);
        json_decref(body);
    }
}

static bool promise(void *arg, const char *clock)
{
    (void)arg;
    return strcmp(clock, "K_TRIAGE") != 0;
}

static void take(struct model *m, uint64_t number, uint64_t version, const char *change,
                 int64_t deadline)
{
    hxp_entry e = HONGXIN__V1__ENTRY__INIT;
    hxp_fact f = HONGXIN__V1__FACT__INIT, *facts[] = {&f};
    hxp_clock_fact k = HONGXIN__V1__CLOCK_FACT__INIT;
    k.clock = (char *)"K_ARRIVE";
    k.change = hx_text_field(change);
    k.deadline = deadline;
    f.fact_case = HONGXIN__V1__FACT__FACT_CLOCK;
    f.clock = &k;
    e.case_number = number;
    e.case_version = version;
    e.open = true;
    e.facts = facts;
    e.n_facts = 1;
    assert_true(model_take_entry(m, &e));
}

static void running_promises_follow_the_entries(void **state)
{
    struct model *m = model_new(promise, NULL);
    size_t n;
    (void)state;
    for (uint64_t i = 1; i <= 1000; i++)
        take(m, i, 1, "START", (int64_t)(5000 - i));
    struct model_row *const *rows = model_rows(m, &n);
    assert_int_equal(n, 1000);
    assert_int_equal(rows[0]->of->number, 1000);
    take(m, 1000, 1, "STOP", 0); /* old: it is known already */
    (void)model_rows(m, &n);
    assert_int_equal(n, 1000);
    take(m, 1000, 2, "STOP", 0);
    take(m, 7, 2, "MOVE", 1);
    take(m, 8, 2, "PAUSE", 4992);
    rows = model_rows(m, &n);
    assert_int_equal(n, 999);
    assert_int_equal(rows[0]->of->number, 7);
    for (uint64_t i = 1; i <= 1000; i += 2)
        model_forget(m, i);
    (void)model_rows(m, &n);
    assert_int_equal(n, 499);
    assert_int_equal(model_cases(m), 500);
    hxp_entry unknown = HONGXIN__V1__ENTRY__INIT;
    unknown.case_number = 77777;
    unknown.case_version = 4;
    unknown.prev_lsn = 9;
    unknown.open = true;
    assert_false(model_take_entry(m, &unknown)); /* it has to be asked for */
    model_free(m);
}

static void tables_become_objects(void **state)
{
    static const char text[] =
        "\xEF\xBB\xBFid,name_en,lon\r\nG-1,\"a, b\",114.5\r\n\r\nG-2,,x\r\nG-3,broken\"";
    json_t *all = table_json(text, sizeof text - 1),
           *one = table_rows(text, sizeof text - 1, "G-2");
    (void)state;
    assert_string_equal(json_string_value(json_object_get(json_array_get(all, 0), "name_en")),
                        "a, b");
    assert_true(json_is_real(json_object_get(json_array_get(all, 0), "lon")));
    assert_int_equal(json_array_size(one), 1);
    json_decref(all);
    json_decref(one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_time_codes_are_those_of_rfc_6238),
        cmocka_unit_test(who_tries_too_often_waits_longer_each_time),
        cmocka_unit_test(people_act_for_the_area_of_the_case),
        cmocka_unit_test(requests_become_events),
        cmocka_unit_test(running_promises_follow_the_entries),
        cmocka_unit_test(tables_become_objects),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
