/* Publishing when answers are lost or late, and when the daemon was gone: what is sent again, and
 * what is not. */
#include "publishing.h"

static void lose_the_first(struct fake *f, const hxp_request *request)
{
    uint64_t *number = f->arg;
    if (f->requests == 1)
        *number = request->request;
    else
        fake_accept_all(f, request);
    assert_true(*number == request->request); /* the same message again */
}

static void test_a_lost_answer_leads_to_sending_again(void **state)
{
    (void)state;
    struct fake f;
    struct seen seen = {0};
    uint64_t number = 0;
    fake_open(&f, lose_the_first);
    f.arg = &number;
    hx_client *c = publishing_client(&f, (struct hx_client_options){.resend_ms = 50});
    publishing_start(c, "e-1", &seen);
    PUMP_UNTIL(c, &f, seen.calls == 1);
    assert_int_equal(seen.accepted, 1);
    assert_int_equal(f.requests, 2);
    hx_client_close(c);
    fake_close(&f);
}

static void test_a_late_second_answer_changes_nothing(void **state)
{
    (void)state;
    struct fake f;
    struct seen seen = {0};
    fake_open(&f, fake_say_nothing);
    hx_client *c = publishing_client(&f, (struct hx_client_options){.resend_ms = 30});
    publishing_start(c, "e-1", &seen);
    PUMP_UNTIL(c, &f, f.requests == 2);
    f.serve = fake_accept_all;
    PUMP_UNTIL(c, &f, seen.calls == 1);
    unsigned before = f.requests;
    publishing_start(c, "e-2", &seen);
    PUMP_UNTIL(c, &f, seen.calls == 2);
    assert_true(f.requests > before);
    assert_string_equal(seen.last_id, "e-2");
    hx_client_close(c);
    fake_close(&f);
}

static void answer_one(struct fake *f, uint64_t number)
{
    hxp_reply reply = HONGXIN__V1__REPLY__INIT, *list[] = {&reply};
    Hongxin__V1__Replies replies = HONGXIN__V1__REPLIES__INIT;
    hxp_response response = HONGXIN__V1__RESPONSE__INIT;
    reply.result = HONGXIN__V1__RESULT__ACCEPTED;
    replies.request = number;
    replies.n_replies = 1;
    replies.replies = list;
    response.answer_case = HONGXIN__V1__RESPONSE__ANSWER_REPLIES;
    response.replies = &replies;
    fake_send(f, &response);
}

static void keep_the_number(struct fake *f, const hxp_request *request)
{
    uint64_t *numbers = f->arg;
    if (f->requests <= 3)
        numbers[f->requests - 1] = request->request;
}

static void pump_for(hx_client *c, struct fake *f, int64_t ms)
{
    for (int64_t end = test_now() + ms; test_now() < end; fake_step(f))
        (void)hx_client_poll(c, 2);
}

/* Three messages, of which the daemon answers `answered` after 200 ms; 200 ms later, which is more
 * than the 300 ms after which a lost one is sent again: how many it has got. 0: the machine was too
 * slow to tell. */
static unsigned sent_beside(size_t answered)
{
    struct fake f;
    struct seen seen = {0};
    uint64_t numbers[3] = {0};
    fake_open(&f, keep_the_number);
    f.arg = numbers;
    hx_client *c = publishing_client(&f, (struct hx_client_options){.resend_ms = 300, .batch = 1});
    PUMP_UNTIL(c, &f, hx_client_is_up(c, HX_DOOR_INTAKE));
    int64_t began = test_now();
    for (int i = 0; i < 3; i++)
        publishing_start(c, "e", &seen);
    PUMP_UNTIL(c, &f, f.requests == 3);
    pump_for(c, &f, 200);
    answer_one(&f, numbers[answered]);
    int64_t said = test_now();
    PUMP_UNTIL(c, &f, seen.calls == 1);
    bool in_time = test_now() - began < 290; /* it was heard before anything was sent again */
    pump_for(c, &f, began + 400 - test_now());
    unsigned got = f.requests;
    in_time = in_time && test_now() - said < 290;
    hx_client_close(c);
    fake_close(&f);
    return in_time ? got : 0;
}

/* Sending everything again while the daemon works through its queue would double its work. */
static void test_a_daemon_that_is_slow_is_not_sent_everything_again(void **state)
{
    (void)state;
    unsigned got = 0;
    for (int i = 0; i < 50 && got == 0; i++)
        got = sent_beside(0);
    assert_int_equal(got, 3);
}

static void test_what_the_daemon_has_passed_over_is_sent_again(void **state)
{
    (void)state;
    unsigned got = 0;
    for (int i = 0; i < 50 && got == 0; i++)
        got = sent_beside(1);
    assert_int_equal(got, 4); /* the first; the third is waited for */
}

static void test_a_restart_of_the_daemon_loses_nothing(void **state)
{
    (void)state;
    struct fake f;
    struct seen seen = {0};
    fake_open(&f, fake_say_nothing);
    hx_client *c =
        publishing_client(&f, (struct hx_client_options){.resend_ms = 600000, .batch = 2});
    publishing_start(c, "e-1", &seen);
    publishing_start(c, "e-2", &seen);
    publishing_start(c, "e-3", &seen);
    PUMP_UNTIL(c, &f, f.requests == 2);
    fake_restart(&f);
    f.serve = fake_accept_all;
    PUMP_UNTIL(c, &f, seen.calls == 3);
    assert_int_equal(seen.accepted, 3);
    assert_string_equal(seen.last_id, "e-3");
    assert_int_equal(f.requests, 4);
    hx_client_close(c);
    fake_close(&f);
}

static void test_events_wait_for_a_daemon_that_is_not_there_yet(void **state)
{
    (void)state;
    struct fake f;
    struct seen seen = {0};
    char endpoint[64];
    fake_open(&f, fake_accept_all);
    memcpy(endpoint, f.endpoint, sizeof endpoint);
    hx_client *c = publishing_client(&f, (struct hx_client_options){0});
    fake_close(&f);
    publishing_start(c, "e-1", &seen);
    assert_int_equal(hx_client_poll(c, 20), 0);
    assert_false(hx_client_is_up(c, HX_DOOR_INTAKE));
    fake_open(&f, fake_accept_all);
    memcpy(f.endpoint, endpoint, sizeof endpoint);
    fake_restart(&f);
    PUMP_UNTIL(c, &f, seen.accepted == 1);
    assert_true(hx_client_is_up(c, HX_DOOR_INTAKE));
    hx_client_close(c);
    fake_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_lost_answer_leads_to_sending_again),
        cmocka_unit_test(test_a_late_second_answer_changes_nothing),
        cmocka_unit_test(test_a_daemon_that_is_slow_is_not_sent_everything_again),
        cmocka_unit_test(test_what_the_daemon_has_passed_over_is_sent_again),
        cmocka_unit_test(test_a_restart_of_the_daemon_loses_nothing),
        cmocka_unit_test(test_events_wait_for_a_daemon_that_is_not_there_yet),
    };
    return cmocka_run_group_tests_name("client_resend", tests, NULL, NULL);
}
