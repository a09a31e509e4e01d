/* Questions, and what becomes of them when the door is away, busy or says no. */
#include "fake_door.h"

#include <sys/socket.h>
#include <unistd.h>

static hx_client *client_for(const struct fake *f, unsigned wait_ms)
{
    hx_client *c;
    const struct hx_client_options o = {.feed = f->endpoint, .wait_ms = wait_ms, .resend_ms = 50};
    assert_int_equal(hx_client_open(&o, &c), HX_OK);
    return c;
}

static void answer_each(struct fake *f, const hxp_request *request)
{
    hxp_response r = HONGXIN__V1__RESPONSE__INIT;
    Hongxin__V1__CaseAnswer a_case = HONGXIN__V1__CASE_ANSWER__INIT;
    hxp_case_view view = HONGXIN__V1__CASE_VIEW__INIT;
    Hongxin__V1__ListAnswer list = HONGXIN__V1__LIST_ANSWER__INIT;
    Hongxin__V1__CountAnswer count = HONGXIN__V1__COUNT_ANSWER__INIT;
    Hongxin__V1__StatsAnswer stats = HONGXIN__V1__STATS_ANSWER__INIT;
    Hongxin__V1__RulesAnswer rules = HONGXIN__V1__RULES_ANSWER__INIT;
    Hongxin__V1__Pong pong = HONGXIN__V1__PONG__INIT;
    r.request = request->request;
    switch (request->ask_case) {
    case HONGXIN__V1__REQUEST__ASK_CASE_QUERY:
        view.case_number = request->case_query->case_number;
        a_case.view = &view;
        r.answer_case = HONGXIN__V1__RESPONSE__ANSWER_CASE_ANSWER;
        r.case_answer = &a_case;
        break;
    case HONGXIN__V1__REQUEST__ASK_LIST:
        list.total = request->list->limit;
        r.answer_case = HONGXIN__V1__RESPONSE__ANSWER_LIST;
        r.list = &list;
        break;
    case HONGXIN__V1__REQUEST__ASK_COUNT:
        count.lsn = 5;
        r.answer_case = HONGXIN__V1__RESPONSE__ANSWER_COUNT;
        r.count = &count;
        break;
    case HONGXIN__V1__REQUEST__ASK_STATS:
        r.answer_case = HONGXIN__V1__RESPONSE__ANSWER_STATS;
        r.stats = &stats;
        break;
    case HONGXIN__V1__REQUEST__ASK_RULES:
        rules.version = request->rules->id;
        r.answer_case = HONGXIN__V1__RESPONSE__ANSWER_RULES;
        r.rules = &rules;
        break;
    case HONGXIN__V1__REQUEST__ASK_PING:
        assert_true(request->ping->request == request->request);
        pong.version = (char *)"0.1.0";
        r.answer_case = HONGXIN__V1__RESPONSE__ANSWER_PONG;
        r.pong = &pong;
        break;
    default:
        return;
    }
    fake_send(f, &r);
}

static void test_each_question_has_its_answer(void **state)
{
    (void)state;
    struct fake f;
    hxp_response *a;
    fake_open(&f, answer_each);
    hx_client *c = client_for(&f, 10000);
    fake_run(&f);
    Hongxin__V1__CaseQuery a_case = HONGXIN__V1__CASE_QUERY__INIT;
    a_case.case_number = 4711;
    assert_int_equal(hx_ask_case(c, &a_case, &a), HX_OK);
    assert_int_equal(a->case_answer->view->case_number, 4711);
    hx_response_free(a);
    Hongxin__V1__ListQuery list = HONGXIN__V1__LIST_QUERY__INIT;
    list.limit = 50;
    assert_int_equal(hx_ask_list(c, &list, &a), HX_OK);
    assert_int_equal(a->list->total, 50);
    hx_response_free(a);
    Hongxin__V1__CountQuery count = HONGXIN__V1__COUNT_QUERY__INIT;
    assert_int_equal(hx_ask_count(c, &count, &a), HX_OK);
    assert_int_equal(a->count->lsn, 5);
    hx_response_free(a);
    assert_int_equal(hx_ask_stats(c, &a), HX_OK);
    assert_non_null(a->stats);
    hx_response_free(a);
    Hongxin__V1__RulesQuery rules = HONGXIN__V1__RULES_QUERY__INIT;
    rules.id = (char *)"complaint";
    assert_int_equal(hx_ask_rules(c, &rules, &a), HX_OK);
    assert_string_equal(a->rules->version, "complaint");
    hx_response_free(a);
    assert_int_equal(hx_ping(c, HX_DOOR_FEED, &a), HX_OK);
    assert_string_equal(a->pong->version, "0.1.0");
    hx_response_free(a);
    assert_int_equal(hx_ping(c, HX_DOOR_INTAKE, &a), HX_INVALID); /* there is none */
    fake_join(&f);
    hx_client_close(c);
    fake_close(&f);
}

static void know_nothing(struct fake *f, const hxp_request *request)
{
    fake_problem(f, request->request, "NO_CASE", 0);
}

static void test_a_case_that_is_not_there(void **state)
{
    (void)state;
    struct fake f;
    hxp_response *a;
    Hongxin__V1__CaseQuery query = HONGXIN__V1__CASE_QUERY__INIT;
    fake_open(&f, know_nothing);
    hx_client *c = client_for(&f, 10000);
    fake_run(&f);
    assert_int_equal(hx_ask_case(c, &query, &a), HX_NOTFOUND);
    assert_null(a);
    assert_string_equal(hx_client_problem(c), "NO_CASE: told by the test");
    fake_join(&f);
    hx_client_close(c);
    fake_close(&f);
}

static void answer_the_third(struct fake *f, const hxp_request *request)
{
    if (f->requests == 1)
        fake_problem(f, request->request, "STORE_TROUBLE", 10);
    else if (f->requests == 3)
        answer_each(f, request);
}

static void test_a_question_is_asked_again(void **state)
{
    (void)state;
    struct fake f;
    hxp_response *a;
    fake_open(&f, answer_the_third);
    hx_client *c = client_for(&f, 10000);
    fake_run(&f);
    assert_int_equal(hx_ask_stats(c, &a), HX_OK);
    fake_join(&f);
    assert_int_equal(f.requests, 3);
    hx_response_free(a);
    hx_client_close(c);
    fake_close(&f);
}

static void answer_another(struct fake *f, const hxp_request *request)
{
    hxp_request other = *request;
    other.request = request->request + 100; /* a number nobody waits for */
    answer_each(f, &other);
}

static void test_waiting_for_an_answer_ends(void **state)
{
    (void)state;
    struct fake f;
    hxp_response *a;
    fake_open(&f, answer_another);
    hx_client *c = client_for(&f, 80);
    fake_run(&f);
    assert_int_equal(hx_ask_stats(c, &a), HX_TIMEOUT);
    assert_null(a);
    fake_join(&f);
    hx_client_close(c);
    fake_close(&f);
}

static void always_busy(struct fake *f, const hxp_request *request)
{
    fake_problem(f, request->request, "BUSY", 60000);
}

static void test_a_door_that_stays_busy_is_told_apart(void **state)
{
    (void)state;
    struct fake f;
    hxp_response *a;
    fake_open(&f, always_busy);
    hx_client *c = client_for(&f, 500);
    fake_run(&f);
    assert_int_equal(hx_ask_stats(c, &a), HX_AGAIN);
    fake_join(&f);
    hx_client_close(c);
    fake_close(&f);
}

static void answer_with_a_pong(struct fake *f, const hxp_request *request)
{
    hxp_response r = HONGXIN__V1__RESPONSE__INIT;
    Hongxin__V1__Pong pong = HONGXIN__V1__PONG__INIT;
    r.request = request->request;
    r.answer_case = HONGXIN__V1__RESPONSE__ANSWER_PONG;
    r.pong = &pong;
    fake_send(f, &r);
}

static void test_an_answer_of_another_kind_is_refused(void **state)
{
    (void)state;
    struct fake f;
    hxp_response *a;
    fake_open(&f, answer_with_a_pong);
    hx_client *c = client_for(&f, 10000);
    fake_run(&f);
    assert_int_equal(hx_ask_stats(c, &a), HX_INVALID);
    assert_null(a);
    fake_join(&f);
    hx_client_close(c);
    fake_close(&f);
}

struct heard {
    unsigned n;
    int err[8];
    uint64_t number[8];
};

static void hear(void *arg, int err, const hxp_response *answer)
{
    struct heard *h = arg;
    h->err[h->n] = err;
    if (answer)
        h->number[h->n] = answer->case_answer->view->case_number;
    h->n++;
}

static int ask_about(hx_client *c, uint64_t number, void *arg)
{
    hxp_request request = HONGXIN__V1__REQUEST__INIT;
    Hongxin__V1__CaseQuery query = HONGXIN__V1__CASE_QUERY__INIT;
    query.case_number = number;
    request.ask_case = HONGXIN__V1__REQUEST__ASK_CASE_QUERY;
    request.case_query = &query;
    return hx_ask_start(c, &request, hear, arg);
}

static void know_only_five(struct fake *f, const hxp_request *request)
{
    if (request->case_query->case_number == 5)
        answer_each(f, request);
    else
        fake_problem(f, request->request, "NO_CASE", 0);
}

static void test_many_questions_wait_at_once(void **state)
{
    (void)state;
    struct fake f;
    struct heard h = {0}, nobody = {0};
    fake_open(&f, know_only_five);
    hx_client *c = client_for(&f, 10000);
    assert_int_equal(ask_about(c, 5, &h), HX_OK);
    assert_int_equal(ask_about(c, 6, &nobody), HX_OK);
    assert_int_equal(ask_about(c, 7, &h), HX_OK);
    assert_int_equal(hx_ask_forget(c, hear, &nobody), 1);
    PUMP_UNTIL(c, &f, h.n == 2 && f.requests == 3);
    assert_int_equal(h.err[0], HX_OK);
    assert_int_equal(h.number[0], 5);
    assert_int_equal(h.err[1], HX_NOTFOUND);
    assert_int_equal(nobody.n, 0);
    hx_client_close(c);
    fake_close(&f);
}

static void stay_silent(struct fake *f, const hxp_request *request)
{
    (void)f;
    (void)request;
}

static void test_what_is_not_answered_is_told_at_the_end(void **state)
{
    (void)state;
    struct fake f;
    struct heard late = {0}, closed = {0};
    fake_open(&f, stay_silent);
    hx_client *c = client_for(&f, 200);
    assert_int_equal(ask_about(c, 5, &late), HX_OK);
    PUMP_UNTIL(c, &f, late.n == 1);
    assert_int_equal(late.err[0], HX_TIMEOUT);
    assert_int_equal(ask_about(c, 6, &closed), HX_OK);
    hx_client_close(c);
    assert_int_equal(closed.n, 1);
    assert_int_equal(closed.err[0], HX_CLOSED);
    fake_close(&f);
}

static void test_what_is_no_question_is_not_asked(void **state)
{
    (void)state;
    struct fake f;
    hxp_request request = HONGXIN__V1__REQUEST__INIT;
    fake_open(&f, stay_silent);
    hx_client *c = client_for(&f, 200);
    assert_int_equal(hx_ask_start(c, &request, hear, NULL), HX_INVALID);
    Hongxin__V1__Credit credit = HONGXIN__V1__CREDIT__INIT;
    request.ask_case = HONGXIN__V1__REQUEST__ASK_CREDIT;
    request.credit = &credit;
    assert_int_equal(hx_ask_start(c, &request, hear, NULL), HX_INVALID);
    hx_client_close(c);
    fake_close(&f);
}

/* As the daemon does it on strangers. */
static void hang_up_on_newcomers(int door)
{
    const struct linger at_once = {.l_onoff = 1};
    int fd = accept(door, NULL, NULL);
    if (fd < 0)
        return;
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(fd);
}

static void test_whoever_is_hung_up_on_is_not_refused(void **state)
{
    (void)state;
    struct fake f;
    struct heard heard = {0};
    fake_open(&f, answer_each);
    fake_stop(&f);
    int door = fake_listen_instead(&f);
    hx_client *c = client_for(&f, 60000);
    assert_int_equal(ask_about(c, 5, &heard), HX_OK);
    for (int64_t end = test_now() + 60000; strncmp(hx_client_problem(c), "HUNG_UP", 7) != 0;) {
        assert_true(test_now() < end);
        assert_true(strncmp(hx_client_problem(c), "DENIED", 6) != 0);
        hang_up_on_newcomers(door);
        (void)hx_client_poll(c, 2);
    }
    close(door);
    fake_start(&f);
    PUMP_UNTIL(c, &f, heard.n == 1);
    assert_int_equal(heard.err[0], HX_OK);
    hx_client_close(c);
    fake_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_question_has_its_answer),
        cmocka_unit_test(test_a_case_that_is_not_there),
        cmocka_unit_test(test_a_question_is_asked_again),
        cmocka_unit_test(test_waiting_for_an_answer_ends),
        cmocka_unit_test(test_a_door_that_stays_busy_is_told_apart),
        cmocka_unit_test(test_an_answer_of_another_kind_is_refused),
        cmocka_unit_test(test_many_questions_wait_at_once),
        cmocka_unit_test(test_what_is_not_answered_is_told_at_the_end),
        cmocka_unit_test(test_what_is_no_question_is_not_asked),
        cmocka_unit_test(test_whoever_is_hung_up_on_is_not_refused),
    };
    return cmocka_run_group_tests_name("client_ask", tests, NULL, NULL);
}
