/* Publishing against a door that answers late, in pieces, or refuses. */
#include "publishing.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- the simple call ---- */

static void check_first_complaint(struct fake *f, const hxp_request *request)
{
    const Hongxin__V1__Publish *publish = request->publish;
    assert_true(request->request != 0 && publish->request == request->request);
    assert_int_equal(publish->n_items, 1);
    assert_string_equal(publish->items[0]->reporter->name, "王五");
    hxp_event *event = hongxin__v1__event__unpack(NULL, publish->items[0]->event.len,
                                                  publish->items[0]->event.data);
    assert_string_equal(event->type, "REPORTED");
    hongxin__v1__event__free_unpacked(event, NULL);
    fake_accept_all(f, request);
}

static void test_one_event_is_published_and_answered(void **state)
{
    (void)state;
    struct fake f;
    hxp_reply *reply;
    hxp_event event = publishing_event((char *)"e-1");
    hxp_reporter reporter = HONGXIN__V1__REPORTER__INIT;
    reporter.name = (char *)"王五";
    fake_open(&f, check_first_complaint);
    hx_client *c = publishing_client(&f, (struct hx_client_options){0});
    fake_run(&f);
    assert_int_equal(hx_publish(c, &event, &reporter, &reply), HX_OK);
    fake_join(&f);
    assert_string_equal(reply->id, "e-1");
    assert_int_equal(reply->result, HONGXIN__V1__RESULT__ACCEPTED);
    hx_reply_free(reply);
    hx_client_close(c);
    fake_close(&f);
}

static void test_waiting_ends_without_an_answer(void **state)
{
    (void)state;
    struct fake f;
    hxp_reply *reply;
    hxp_event event = publishing_event((char *)"e-1");
    fake_open(&f, fake_say_nothing);
    hx_client *c = publishing_client(&f, (struct hx_client_options){.wait_ms = 50});
    assert_int_equal(hx_publish(c, &event, NULL, &reply), HX_TIMEOUT);
    assert_null(reply);
    assert_int_equal(hx_publish_pending(c), 1); /* it is still tried */
    hx_client_close(c);
    fake_close(&f);
}

static void retry_for_ever(struct fake *f, const hxp_request *request)
{
    fake_reply_all(f, request, HONGXIN__V1__RESULT__RETRY_AFTER);
}

static void test_a_daemon_that_takes_nothing_is_told_apart(void **state)
{
    (void)state;
    struct fake f;
    hxp_reply *reply;
    hxp_event event = publishing_event((char *)"e-1");
    fake_open(&f, retry_for_ever);
    hx_client *c = publishing_client(&f, (struct hx_client_options){.wait_ms = 700});
    fake_run(&f);
    assert_int_equal(hx_publish(c, &event, NULL, &reply), HX_AGAIN);
    fake_join(&f);
    hx_client_close(c);
    fake_close(&f);
}

/* ---- later ---- */

/* The second of three is told to come again; alone, it is taken. */
static void postpone_the_second(struct fake *f, const hxp_request *request)
{
    hxp_reply reply[3] = {HONGXIN__V1__REPLY__INIT, HONGXIN__V1__REPLY__INIT,
                          HONGXIN__V1__REPLY__INIT};
    hxp_reply *list[3] = {&reply[0], &reply[1], &reply[2]};
    Hongxin__V1__Replies replies = HONGXIN__V1__REPLIES__INIT;
    hxp_response response = HONGXIN__V1__RESPONSE__INIT;
    if (f->requests > 1) {
        assert_int_equal(request->publish->n_items, 1);
        fake_accept_all(f, request);
        return;
    }
    for (int i = 0; i < 3; i++)
        reply[i].result = HONGXIN__V1__RESULT__ACCEPTED;
    reply[1].result = HONGXIN__V1__RESULT__RETRY_AFTER;
    reply[1].retry_after_ms = 80;
    replies.request = request->request;
    replies.n_replies = 3;
    replies.replies = list;
    response.answer_case = HONGXIN__V1__RESPONSE__ANSWER_REPLIES;
    response.replies = &replies;
    fake_send(f, &response);
}

static void test_retry_after_is_honoured(void **state)
{
    (void)state;
    struct fake f;
    struct seen seen = {0}, second = {0};
    fake_open(&f, postpone_the_second);
    hx_client *c = publishing_client(&f, (struct hx_client_options){0});
    publishing_start(c, "e-1", &seen);
    publishing_start(c, "e-2", &second);
    publishing_start(c, "e-3", &seen);
    PUMP_UNTIL(c, &f, seen.calls == 2);
    assert_int_equal(second.calls, 0);
    assert_int_equal(hx_publish_pending(c), 1);
    PUMP_UNTIL(c, &f, second.calls == 1);
    assert_string_equal(second.last_id, "e-2");
    assert_true(second.last_at - seen.last_at >= 79);
    assert_int_equal(hx_publish_pending(c), 0);
    hx_client_close(c);
    fake_close(&f);
}

/* A caller with an order of its own hears of it, and nothing is sent again. */
static void test_retry_after_is_handed_back(void **state)
{
    (void)state;
    struct fake f;
    struct seen seen = {0}, second = {0};
    fake_open(&f, postpone_the_second);
    hx_client *c = publishing_client(&f, (struct hx_client_options){.hand_back = true});
    publishing_start(c, "e-1", &seen);
    publishing_start(c, "e-2", &second);
    publishing_start(c, "e-3", &seen);
    PUMP_UNTIL(c, &f, seen.calls == 2 && second.calls == 1);
    assert_int_equal(second.accepted + second.failed, 0);
    assert_int_equal(hx_publish_pending(c), 0);
    assert_int_equal(f.requests, 1);
    hx_client_close(c);
    fake_close(&f);
}

static void expect_unreadable(struct fake *f, const hxp_request *request)
{
    const Hongxin__V1__Item *item = request->publish->items[0];
    assert_string_equal(item->unreadable, "NOT_JSON kafka topic/0/7");
    assert_int_equal(item->event.len, 0);
    fake_reply_all(f, request, HONGXIN__V1__RESULT__INVALID);
}

static void test_what_cannot_be_read_travels_with_its_reason(void **state)
{
    (void)state;
    struct fake f;
    struct seen seen = {0};
    fake_open(&f, expect_unreadable);
    hx_client *c = publishing_client(&f, (struct hx_client_options){0});
    const struct hx_item item = {.unreadable = "NOT_JSON kafka topic/0/7"};
    assert_int_equal(hx_publish_start(c, &item, publishing_answered, &seen), HX_OK);
    PUMP_UNTIL(c, &f, seen.calls == 1);
    hx_client_close(c);
    fake_close(&f);
}

static void busy_once(struct fake *f, const hxp_request *request)
{
    if (f->requests == 1)
        fake_problem(f, request->request, "BUSY", 20);
    else
        fake_accept_all(f, request);
}

static void test_a_busy_daemon_is_asked_again(void **state)
{
    (void)state;
    struct fake f;
    struct seen seen = {0};
    fake_open(&f, busy_once);
    hx_client *c = publishing_client(&f, (struct hx_client_options){0});
    publishing_start(c, "e-1", &seen);
    PUMP_UNTIL(c, &f, seen.calls == 1);
    assert_int_equal(seen.accepted, 1);
    assert_int_equal(f.requests, 2);
    hx_client_close(c);
    fake_close(&f);
}

static void refuse(struct fake *f, const hxp_request *request)
{
    fake_problem(f, request->request, "OVERSIZE", 0);
}

static void test_a_refused_message_fails_each_of_its_events(void **state)
{
    (void)state;
    struct fake f;
    struct seen seen = {0};
    fake_open(&f, refuse);
    hx_client *c = publishing_client(&f, (struct hx_client_options){0});
    publishing_start(c, "e-1", &seen);
    publishing_start(c, "e-2", &seen);
    PUMP_UNTIL(c, &f, seen.calls == 2);
    assert_int_equal(seen.failed, 2);
    assert_int_equal(seen.last_err, HX_TOOBIG);
    assert_string_equal(hx_client_problem(c), "OVERSIZE: told by the test");
    assert_int_equal(hx_publish_pending(c), 0);
    hx_client_close(c);
    fake_close(&f);
}

/* ---- answers in pieces ---- */

static void answer_backwards(struct fake *f, const hxp_request *request)
{
    for (size_t i = request->publish->n_items; i-- > 0;) {
        hxp_reply reply = HONGXIN__V1__REPLY__INIT, *list[] = {&reply};
        Hongxin__V1__Replies replies = HONGXIN__V1__REPLIES__INIT;
        hxp_response response = HONGXIN__V1__RESPONSE__INIT;
        reply.id = (char *)(i == 0 ? "first" : "later");
        reply.result = HONGXIN__V1__RESULT__ACCEPTED;
        replies.request = request->request;
        replies.first = (uint32_t)i;
        replies.n_replies = 1;
        replies.replies = list;
        response.answer_case = HONGXIN__V1__RESPONSE__ANSWER_REPLIES;
        response.replies = &replies;
        fake_send(f, &response);
        fake_send(f, &response); /* and twice */
        replies.first = 1000000; /* and one that nobody asked for */
        fake_send(f, &response);
    }
}

static void test_answers_come_in_pieces(void **state)
{
    (void)state;
    struct fake f;
    struct seen first = {0}, later = {0};
    fake_open(&f, answer_backwards);
    hx_client *c = publishing_client(&f, (struct hx_client_options){0});
    publishing_start(c, "e-1", &first);
    publishing_start(c, "e-2", &later);
    publishing_start(c, "e-3", &later);
    PUMP_UNTIL(c, &f, first.calls == 1);
    assert_int_equal(later.calls, 2);
    assert_string_equal(first.last_id, "first");
    assert_string_equal(later.last_id, "later");
    hx_client_close(c);
    fake_close(&f);
}

/* ---- what is refused here ---- */

static void test_what_is_too_large_never_leaves(void **state)
{
    (void)state;
    struct fake f;
    struct seen seen = {0};
    static char large[HX_EVENT_MAX + 1];
    memset(large, 'x', sizeof large - 1);
    fake_open(&f, fake_accept_all);
    hx_client *c = publishing_client(&f, (struct hx_client_options){0});
    hxp_event event = publishing_event((char *)"e-1");
    hxp_data data = HONGXIN__V1__DATA__INIT;
    hxp_reporter reporter = HONGXIN__V1__REPORTER__INIT;
    event.data = &data;
    data.text = large;
    struct hx_item item = {.event = &event};
    assert_int_equal(hx_publish_start(c, &item, publishing_answered, &seen), HX_TOOBIG);
    item = (struct hx_item){.bytes = large, .size = HX_EVENT_MAX + 1};
    assert_int_equal(hx_publish_start(c, &item, publishing_answered, &seen), HX_TOOBIG);
    data.text = (char *)"";
    large[HX_REPORTER_MAX] = '\0';
    reporter.other = large;
    item = (struct hx_item){.event = &event, .reporter = &reporter};
    assert_int_equal(hx_publish_start(c, &item, publishing_answered, &seen), HX_TOOBIG);
    large[HX_REPORTER_MAX] = 'x';
    publishing_start(c, "e-2", &seen); /* and the connection is as good as before */
    PUMP_UNTIL(c, &f, seen.calls == 1);
    assert_string_equal(seen.last_id, "e-2");
    assert_int_equal(f.undecoded, 0);
    hx_client_close(c);
    fake_close(&f);
}

/* Many events of the largest size: the library divides them over messages below the limit. */
static void test_large_events_are_divided_over_messages(void **state)
{
    (void)state;
    struct fake f;
    struct seen seen = {0};
    static char text[HX_EVENT_MAX - 100];
    memset(text, 'x', sizeof text - 1);
    fake_open(&f, fake_accept_all);
    hx_client *c = publishing_client(&f, (struct hx_client_options){.batch = HX_ITEMS_MAX});
    for (int i = 0; i < 40; i++) {
        hxp_event event = publishing_event((char *)"e");
        hxp_data data = HONGXIN__V1__DATA__INIT;
        event.data = &data;
        data.text = text;
        assert_int_equal(
            hx_publish_start(c, &(struct hx_item){.event = &event}, publishing_answered, &seen),
            HX_OK);
    }
    PUMP_UNTIL(c, &f, seen.accepted == 40);
    assert_true(f.requests >= 10);
    hx_client_close(c);
    fake_close(&f);
}

static void test_mistakes_of_the_caller_are_named(void **state)
{
    (void)state;
    hx_client *c;
    struct seen seen = {0};
    hxp_event no_id = publishing_event((char *)""), no_source = publishing_event((char *)"e-1");
    no_source.source = (char *)"";
    assert_int_equal(hx_client_open(&(struct hx_client_options){0}, &c), HX_INVALID);
    assert_null(c);
    assert_int_equal(hx_client_open(&(struct hx_client_options){.intake = "udp://1.2.3.4:5"}, &c),
                     HX_INVALID);
    assert_int_equal(hx_client_open(&(struct hx_client_options){.intake = "tcp://nonsense"}, &c),
                     HX_INVALID);
    assert_int_equal(
        hx_client_open(&(struct hx_client_options){.intake = "tcp://127.0.0.1:1", .batch = 4097},
                       &c),
        HX_INVALID);
    assert_int_equal(hx_client_open(&(struct hx_client_options){.feed = "tcp://127.0.0.1:1"}, &c),
                     HX_OK);
    struct hx_item item = {.bytes = "", .size = 0};
    assert_int_equal(hx_publish_start(c, &item, publishing_answered, &seen), HX_INVALID);
    hx_client_close(c);
    assert_int_equal(hx_client_open(&(struct hx_client_options){.intake = "tcp://127.0.0.1:1"}, &c),
                     HX_OK);
    item = (struct hx_item){.event = &no_id};
    assert_int_equal(hx_publish_start(c, &item, publishing_answered, &seen), HX_INVALID);
    item = (struct hx_item){.event = &no_source};
    assert_int_equal(hx_publish_start(c, &item, publishing_answered, &seen), HX_INVALID);
    hx_client_close(c);
    hx_client_close(NULL);
}

static void test_the_window_is_bounded(void **state)
{
    (void)state;
    struct fake f;
    struct seen seen = {0};
    fake_open(&f, fake_accept_all);
    hx_client *c = publishing_client(&f, (struct hx_client_options){.window = 2});
    hxp_event event = publishing_event((char *)"e-3");
    publishing_start(c, "e-1", &seen);
    publishing_start(c, "e-2", &seen);
    assert_int_equal(
        hx_publish_start(c, &(struct hx_item){.event = &event}, publishing_answered, &seen),
        HX_AGAIN);
    PUMP_UNTIL(c, &f, seen.calls == 2);
    publishing_start(c, "e-3", &seen);
    hx_client_close(c);
    fake_close(&f);
}

/* ---- the end ---- */

static void start_another(void *arg, int err, const hxp_reply *reply)
{
    hx_client *c = *(hx_client **)arg;
    hxp_event event = publishing_event((char *)"e-9");
    (void)reply;
    assert_int_equal(err, HX_CLOSED);
    assert_int_equal(hx_publish_start(c, &(struct hx_item){.event = &event}, start_another, arg),
                     HX_CLOSED);
    assert_int_equal(hx_client_poll(c, 0), HX_BUSY);
    hx_client_close(c);
}

static void test_closing_tells_everybody(void **state)
{
    (void)state;
    struct fake f;
    struct seen seen = {0};
    fake_open(&f, fake_say_nothing);
    hx_client *c = publishing_client(&f, (struct hx_client_options){.batch = 1});
    hxp_event event = publishing_event((char *)"e-0");
    publishing_start(c, "e-1", &seen);
    PUMP_UNTIL(c, &f, f.requests == 1);
    publishing_start(c, "e-2", &seen); /* never sent */
    assert_int_equal(hx_publish_start(c, &(struct hx_item){.event = &event}, start_another, &c),
                     HX_OK);
    assert_int_equal(hx_client_flush(c, 20), HX_TIMEOUT);
    hx_client_close(c);
    assert_int_equal(seen.calls, 2);
    assert_int_equal(seen.last_err, HX_CLOSED);
    fake_close(&f);
}

static void test_forgotten_events_call_nobody(void **state)
{
    (void)state;
    struct fake f;
    struct seen seen = {0}, other = {0};
    fake_open(&f, fake_accept_all);
    hx_client *c = publishing_client(&f, (struct hx_client_options){0});
    publishing_start(c, "e-1", &seen);
    publishing_start(c, "e-2", &other);
    assert_int_equal(hx_publish_forget(c, publishing_answered, &seen), 1);
    PUMP_UNTIL(c, &f, hx_publish_pending(c) == 0);
    assert_int_equal(seen.calls, 0);
    assert_int_equal(other.calls, 1);
    hx_client_close(c);
    fake_close(&f);
}

/* ---- a loop of one's own ---- */

/* Only the descriptor tells when to poll; the door answers in its own thread. A lost edge would
 * stop it. */
static void test_an_event_loop_with_the_descriptor_alone(void **state)
{
    (void)state;
    enum { EVENTS = 20000 };
    struct fake f;
    struct seen seen = {0};
    unsigned started = 0;
    fake_open(&f, fake_accept_all);
    hx_client *c = publishing_client(&f, (struct hx_client_options){.window = 300, .batch = 16});
    fake_run(&f);
    int64_t end = test_now() + 300000;
    while (seen.calls < EVENTS && test_now() < end) {
        char id[16];
        snprintf(id, sizeof id, "e-%u", started);
        hxp_event event = publishing_event(id);
        if (started < EVENTS && hx_publish_start(c, &(struct hx_item){.event = &event},
                                                 publishing_answered, &seen) == HX_OK) {
            started++;
            continue;
        }
        struct pollfd p = {.fd = hx_client_fd(c), .events = POLLIN};
        assert_int_equal(poll(&p, 1, 60000), 1);
        (void)hx_client_poll(c, 0);
    }
    fake_join(&f);
    assert_int_equal(seen.accepted, EVENTS);
    assert_string_equal(seen.last_id, "e-19999");
    hx_client_close(c);
    fake_close(&f);
}

static void talk_nonsense(struct fake *f, const hxp_request *request)
{
    fake_send_frames(f, (const char *const[]){"hongxin/1"}, 1);
    fake_send_frames(f, (const char *const[]){"hongxin/9", "x"}, 2);
    fake_send_frames(f, (const char *const[]){"hongxin/1", "\xff\xff\xff"}, 2);
    fake_send_frames(f, (const char *const[]){"hongxin/1", "", "x"}, 3);
    fake_send_frames(f, (const char *const[]){"hongxin/1", ""}, 2);
    fake_accept_all(f, request);
}

static void test_nonsense_is_passed_over(void **state)
{
    (void)state;
    struct fake f;
    struct seen seen = {0};
    fake_open(&f, talk_nonsense);
    hx_client *c = publishing_client(&f, (struct hx_client_options){0});
    publishing_start(c, "e-1", &seen);
    PUMP_UNTIL(c, &f, seen.accepted == 1);
    hx_client_close(c);
    fake_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_event_is_published_and_answered),
        cmocka_unit_test(test_waiting_ends_without_an_answer),
        cmocka_unit_test(test_a_daemon_that_takes_nothing_is_told_apart),
        cmocka_unit_test(test_retry_after_is_honoured),
        cmocka_unit_test(test_retry_after_is_handed_back),
        cmocka_unit_test(test_what_cannot_be_read_travels_with_its_reason),
        cmocka_unit_test(test_a_busy_daemon_is_asked_again),
        cmocka_unit_test(test_a_refused_message_fails_each_of_its_events),
        cmocka_unit_test(test_answers_come_in_pieces),
        cmocka_unit_test(test_what_is_too_large_never_leaves),
        cmocka_unit_test(test_large_events_are_divided_over_messages),
        cmocka_unit_test(test_mistakes_of_the_caller_are_named),
        cmocka_unit_test(test_the_window_is_bounded),
        cmocka_unit_test(test_closing_tells_everybody),
        cmocka_unit_test(test_forgotten_events_call_nobody),
        cmocka_unit_test(test_an_event_loop_with_the_descriptor_alone),
        cmocka_unit_test(test_nonsense_is_passed_over),
    };
    return cmocka_run_group_tests_name("client_publish", tests, NULL, NULL);
}
