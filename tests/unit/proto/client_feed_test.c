/* A feed against a door that breaks off, prunes, forgets and refuses. */
#include "fake_door.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* What a subscriber was told, and what the door has heard. */
struct feed_test {
    struct fake door;
    hx_client *client;
    /* told */
    unsigned welcomes, pages, entries, resets, problems;
    uint64_t last_lsn, upto, acked, oldest;
    bool in_order;
    char problem[32];
    void (*at_entry)(struct feed_test *t, uint64_t lsn);
    /* heard */
    unsigned hellos, credits, acks;
    uint64_t hello_number, credit_sum, ack_lsn, from_lsn;
    Hongxin__V1__Hello__From from;
    bool snapshot;
    char subscriber[32], place[32];
    /* what the door is to do */
    void (*on_hello)(struct feed_test *t);
};

static void on_welcome(void *arg, const Hongxin__V1__Welcome *welcome)
{
    struct feed_test *t = arg;
    assert_true(welcome->next_lsn > 0);
    t->welcomes++;
}

static void on_snapshot(void *arg, const Hongxin__V1__Snapshot *snapshot)
{
    struct feed_test *t = arg;
    assert_int_equal(snapshot->lsn, 9);
    t->pages++;
}

static void on_entry(void *arg, const hxp_entry *entry, const ProtobufCBinaryData *bytes)
{
    struct feed_test *t = arg;
    assert_true(bytes->len > 0);
    t->in_order = t->in_order && (t->entries == 0 || entry->lsn == t->last_lsn + 1);
    t->last_lsn = entry->lsn;
    t->entries++;
    if (t->at_entry)
        t->at_entry(t, entry->lsn);
}

static void on_upto(void *arg, uint64_t lsn)
{
    ((struct feed_test *)arg)->upto = lsn;
}

static void on_acked(void *arg, uint64_t lsn)
{
    ((struct feed_test *)arg)->acked = lsn;
}

static void on_reset(void *arg, uint64_t oldest_lsn)
{
    struct feed_test *t = arg;
    t->resets++;
    t->oldest = oldest_lsn;
    t->entries = 0;
}

static void on_problem(void *arg, const Hongxin__V1__Problem *problem)
{
    struct feed_test *t = arg;
    t->problems++;
    snprintf(t->problem, sizeof t->problem, "%s", problem->code);
}

static const struct hx_feed_calls calls = {on_welcome, on_snapshot, on_entry,  on_upto,
                                           on_acked,   on_reset,    on_problem};

static void hear_hello(struct feed_test *t, const hxp_request *request)
{
    const Hongxin__V1__Hello *hello = request->hello;
    t->hellos++;
    t->hello_number = request->request;
    t->from = hello->from;
    t->from_lsn = hello->from_lsn;
    t->snapshot = hello->snapshot;
    t->credit_sum = hello->credit;
    snprintf(t->subscriber, sizeof t->subscriber, "%s", hello->subscriber);
    if (hello->filter)
        snprintf(t->place, sizeof t->place, "%s", hello->filter->places[0]);
    if (t->on_hello)
        t->on_hello(t);
}

static void hear(struct fake *f, const hxp_request *request)
{
    struct feed_test *t = f->arg;
    switch (request->ask_case) {
    case HONGXIN__V1__REQUEST__ASK_HELLO:
        hear_hello(t, request);
        break;
    case HONGXIN__V1__REQUEST__ASK_CREDIT:
        t->credits++;
        t->credit_sum += request->credit->add;
        assert_true(request->request == t->hello_number);
        break;
    case HONGXIN__V1__REQUEST__ASK_ACK:
        t->acks++;
        t->ack_lsn = request->ack->lsn;
        break;
    default:
        fail_msg("request %d is not for a feed", (int)request->ask_case);
    }
}

static void welcome_at_next(struct feed_test *t)
{
    uint64_t next = t->from == HONGXIN__V1__HELLO__FROM__LSN ? t->from_lsn : 10;
    fake_welcome(&t->door, t->hello_number, next, "epoch-1");
}

static void open_feed(struct feed_test *t, struct hx_subscription s)
{
    memset(t, 0, sizeof *t);
    t->in_order = true;
    t->on_hello = welcome_at_next;
    fake_open(&t->door, hear);
    t->door.arg = t;
    const struct hx_client_options o = {.feed = t->door.endpoint, .resend_ms = 250};
    assert_int_equal(hx_client_open(&o, &t->client), HX_OK);
    s.calls = &calls;
    s.arg = t;
    s.subscriber = s.subscriber ? s.subscriber : "company:P-07";
    assert_int_equal(hx_subscribe(t->client, &s), HX_OK);
}

static void close_feed(struct feed_test *t)
{
    hx_client_close(t->client);
    fake_close(&t->door);
}

#define UNTIL(t, condition) PUMP_UNTIL((t)->client, &(t)->door, condition)

static void test_entries_arrive_in_order(void **state)
{
    (void)state;
    struct feed_test t;
    char *places[] = {(char *)"S-02"};
    Hongxin__V1__Filter filter = HONGXIN__V1__FILTER__INIT;
    filter.n_places = 1;
    filter.places = places;
    open_feed(&t, (struct hx_subscription){.filter = &filter});
    UNTIL(&t, t.welcomes == 1);
    assert_int_equal(t.from, HONGXIN__V1__HELLO__FROM__RESUME);
    assert_string_equal(t.subscriber, "company:P-07");
    assert_string_equal(t.place, "S-02");
    fake_entries(&t.door, 10, 14, 20);
    UNTIL(&t, t.upto == 20);
    assert_int_equal(t.entries, 5);
    assert_int_equal(t.last_lsn, 14);
    fake_entries(&t.door, 1, 0, 30); /* nothing matched, but the feed went on */
    UNTIL(&t, t.upto == 30);
    close_feed(&t);
}

static void test_credit_is_given_back_as_it_is_used(void **state)
{
    (void)state;
    struct feed_test t;
    open_feed(&t, (struct hx_subscription){.credit = 4});
    UNTIL(&t, t.welcomes == 1);
    assert_int_equal(t.credit_sum, 4);
    for (uint64_t lsn = 10, sent = 1; lsn < 50; lsn++, sent++) {
        UNTIL(&t, t.credit_sum >= sent); /* never more than was granted */
        fake_entries(&t.door, lsn, lsn, lsn);
    }
    UNTIL(&t, t.last_lsn == 49);
    assert_true(t.credits >= 9 && t.credits <= 20); /* several at a time, not one by one */
    assert_true(t.in_order);
    close_feed(&t);
}

static void test_a_paused_feed_grants_no_credit(void **state)
{
    (void)state;
    struct feed_test t;
    open_feed(&t, (struct hx_subscription){.credit = 4});
    UNTIL(&t, t.welcomes == 1);
    hx_feed_pause(t.client, true);
    for (uint64_t lsn = 10; lsn < 14; lsn++)
        fake_entries(&t.door, lsn, lsn, lsn);
    UNTIL(&t, t.last_lsn == 13); /* what was on its way still comes */
    fake_restart(&t.door);
    UNTIL(&t, t.welcomes == 2); /* still paused on the new connection */
    assert_int_equal(t.credit_sum, 0);
    assert_int_equal(t.from_lsn, 14);
    hx_feed_pause(t.client, false);
    UNTIL(&t, t.credit_sum == 4);
    fake_entries(&t.door, 14, 14, 14);
    UNTIL(&t, t.last_lsn == 14);
    assert_true(t.in_order);
    close_feed(&t);
}

static void test_acknowledgements_are_cumulative_and_confirmed(void **state)
{
    (void)state;
    struct feed_test t;
    open_feed(&t, (struct hx_subscription){0});
    UNTIL(&t, t.welcomes == 1);
    assert_int_equal(hx_feed_ack(t.client, 10), HX_INVALID); /* not seen yet */
    fake_entries(&t.door, 10, 19, 19);
    UNTIL(&t, t.upto == 19);
    for (uint64_t lsn = 10; lsn <= 19; lsn++)
        assert_int_equal(hx_feed_ack(t.client, lsn), HX_OK);
    assert_int_equal(hx_feed_ack(t.client, 12), HX_OK);
    UNTIL(&t, t.acks == 1);
    assert_int_equal(t.ack_lsn, 19);
    assert_int_equal(hx_client_flush(t.client, 10), HX_TIMEOUT);
    hxp_response response = HONGXIN__V1__RESPONSE__INIT;
    Hongxin__V1__Acked acked = HONGXIN__V1__ACKED__INIT;
    acked.lsn = 19;
    response.answer_case = HONGXIN__V1__RESPONSE__ANSWER_ACKED;
    response.acked = &acked;
    fake_send(&t.door, &response);
    UNTIL(&t, t.acked == 19);
    assert_int_equal(hx_client_flush(t.client, 10), HX_OK);
    assert_int_equal(t.acks, 1);
    close_feed(&t);
}

static void test_a_feed_without_a_name_has_nothing_to_acknowledge(void **state)
{
    (void)state;
    struct feed_test t;
    open_feed(&t, (struct hx_subscription){.subscriber = ""});
    UNTIL(&t, t.welcomes == 1);
    fake_entries(&t.door, 10, 10, 10);
    UNTIL(&t, t.entries == 1);
    assert_int_equal(hx_feed_ack(t.client, 10), HX_INVALID);
    close_feed(&t);
}

static void test_a_broken_connection_goes_on_behind_the_last_entry(void **state)
{
    (void)state;
    struct feed_test t;
    open_feed(&t, (struct hx_subscription){0});
    UNTIL(&t, t.welcomes == 1);
    fake_entries(&t.door, 10, 14, 16);
    UNTIL(&t, t.upto == 16);
    assert_int_equal(hx_feed_ack(t.client, 14), HX_OK);
    UNTIL(&t, t.acks == 1); /* the door dies before it has written the cursor */
    fake_restart(&t.door);
    UNTIL(&t, t.welcomes == 2);
    assert_int_equal(t.from, HONGXIN__V1__HELLO__FROM__LSN);
    assert_int_equal(t.from_lsn, 17);
    UNTIL(&t, t.acks == 2); /* so it is told again */
    assert_int_equal(t.ack_lsn, 14);
    fake_entries(&t.door, 15, 18, 18); /* two of them were seen, or passed, before */
    UNTIL(&t, t.upto == 18);
    assert_int_equal(t.entries, 7);
    assert_int_equal(t.last_lsn, 18);
    close_feed(&t);
}

static void test_a_break_before_any_entry_goes_on_where_it_began(void **state)
{
    (void)state;
    struct feed_test t;
    open_feed(&t, (struct hx_subscription){.from = HONGXIN__V1__HELLO__FROM__NOW});
    UNTIL(&t, t.welcomes == 1);
    assert_int_equal(t.from, HONGXIN__V1__HELLO__FROM__NOW);
    fake_restart(&t.door);
    UNTIL(&t, t.welcomes == 2);
    assert_int_equal(t.from, HONGXIN__V1__HELLO__FROM__LSN);
    assert_int_equal(t.from_lsn, 10); /* not "now": nothing may be missed in between */
    close_feed(&t);
}

static void send_page(struct feed_test *t, bool last)
{
    Hongxin__V1__Snapshot page = HONGXIN__V1__SNAPSHOT__INIT;
    hxp_response response = HONGXIN__V1__RESPONSE__INIT;
    page.lsn = 9;
    page.last = last;
    response.answer_case = HONGXIN__V1__RESPONSE__ANSWER_SNAPSHOT;
    response.snapshot = &page;
    fake_send(&t->door, &response);
}

/* A daemon that is killed while a client shakes its hand. */
static void hang_up(int listener)
{
    char greeting[64];
    int fd = accept(listener, NULL, NULL);
    if (fd < 0)
        return;
    (void)!read(fd, greeting, 1);
    close(fd);
}

/* As a program with a loop of its own has it: a turn only when the descriptor says so. */
static void wait_for_turn(hx_client *client)
{
    struct pollfd fd = {.fd = hx_client_fd(client), .events = POLLIN};
    if (poll(&fd, 1, 2) > 0)
        (void)hx_client_poll(client, 0);
}

static void test_a_hand_shake_that_breaks_off_is_tried_again(void **state)
{
    (void)state;
    struct feed_test t;
    open_feed(&t, (struct hx_subscription){0});
    UNTIL(&t, t.welcomes == 1);
    fake_stop(&t.door);
    int listener = fake_listen_instead(&t.door);
    int64_t end = test_now() + 60000;
    while (strncmp(hx_client_problem(t.client), "HUNG_UP", 7) != 0 && test_now() < end) {
        wait_for_turn(t.client);
        hang_up(listener);
    }
    close(listener);
    fake_start(&t.door);
    while (t.welcomes < 2 && test_now() < end) {
        wait_for_turn(t.client);
        fake_step(&t.door);
    }
    assert_int_equal(t.welcomes, 2);
    close_feed(&t);
}

static void test_an_unfinished_snapshot_begins_anew(void **state)
{
    (void)state;
    struct feed_test t;
    open_feed(&t, (struct hx_subscription){.snapshot = true});
    UNTIL(&t, t.welcomes == 1);
    assert_true(t.snapshot);
    send_page(&t, false);
    UNTIL(&t, t.pages == 1);
    fake_restart(&t.door);
    UNTIL(&t, t.welcomes == 2);
    assert_true(t.snapshot && t.from == HONGXIN__V1__HELLO__FROM__RESUME);
    send_page(&t, false);
    send_page(&t, true);
    UNTIL(&t, t.pages == 3);
    fake_restart(&t.door);
    UNTIL(&t, t.welcomes == 3);
    assert_true(!t.snapshot && t.from == HONGXIN__V1__HELLO__FROM__LSN && t.from_lsn == 10);
    close_feed(&t);
}

static void stay_silent(struct feed_test *t)
{
    (void)t;
}

static void test_hello_is_repeated_until_it_is_answered(void **state)
{
    (void)state;
    struct feed_test t;
    open_feed(&t, (struct hx_subscription){0});
    t.on_hello = stay_silent;
    UNTIL(&t, t.hellos == 2);
    uint64_t stale = t.hello_number;
    UNTIL(&t, t.hellos == 3);
    fake_welcome(&t.door, stale, 10, "epoch-1"); /* of a Hello that no longer counts */
    fake_entries(&t.door, 10, 12, 12);
    fake_welcome(&t.door, t.hello_number, 20, "epoch-1");
    fake_entries(&t.door, 20, 22, 22);
    UNTIL(&t, t.last_lsn == 22);
    assert_int_equal(t.entries, 3);
    assert_int_equal(t.welcomes, 1);
    close_feed(&t);
}

static void test_a_door_that_forgot_the_feed_is_greeted_again(void **state)
{
    (void)state;
    struct feed_test t;
    open_feed(&t, (struct hx_subscription){0});
    UNTIL(&t, t.welcomes == 1);
    fake_entries(&t.door, 10, 12, 12);
    UNTIL(&t, t.upto == 12);
    fake_problem(&t.door, t.hello_number, "NO_FEED", 0);
    UNTIL(&t, t.welcomes == 2);
    assert_int_equal(t.from_lsn, 13);
    fake_problem(&t.door, t.hello_number - 1, "NO_FEED", 0); /* late: of the feed before */
    fake_entries(&t.door, 13, 13, 13);
    UNTIL(&t, t.upto == 13);
    assert_int_equal(t.hellos, 2);
    close_feed(&t);
}

static void send_reset(struct feed_test *t, uint64_t number, uint64_t oldest)
{
    Hongxin__V1__Reset reset = HONGXIN__V1__RESET__INIT;
    hxp_response response = HONGXIN__V1__RESPONSE__INIT;
    reset.oldest_lsn = oldest;
    response.request = number;
    response.answer_case = HONGXIN__V1__RESPONSE__ANSWER_RESET;
    response.reset = &reset;
    fake_send(&t->door, &response);
}

static void reset_first(struct feed_test *t)
{
    if (t->from == HONGXIN__V1__HELLO__FROM__OLDEST)
        fake_welcome(&t->door, t->hello_number, 500, "epoch-1");
    else
        send_reset(t, t->hello_number, 500);
}

static void test_pruned_entries_are_told_and_the_feed_goes_on(void **state)
{
    (void)state;
    struct feed_test t;
    open_feed(&t, (struct hx_subscription){
                      .from = HONGXIN__V1__HELLO__FROM__LSN, .from_lsn = 3, .snapshot = true});
    t.on_hello = reset_first;
    UNTIL(&t, t.welcomes == 1);
    assert_int_equal(t.resets, 1);
    assert_int_equal(t.oldest, 500);
    assert_true(t.snapshot);
    fake_entries(&t.door, 500, 503, 503);
    UNTIL(&t, t.upto == 503);
    assert_int_equal(t.entries, 4);
    close_feed(&t);
}

static void test_another_journal_is_a_reset(void **state)
{
    (void)state;
    struct feed_test t;
    open_feed(&t, (struct hx_subscription){0});
    UNTIL(&t, t.welcomes == 1);
    fake_entries(&t.door, 10, 12, 12);
    UNTIL(&t, t.upto == 12);
    t.on_hello = stay_silent;
    fake_restart(&t.door);
    UNTIL(&t, t.hellos == 2);
    fake_welcome(&t.door, t.hello_number, 13, "epoch-2");
    UNTIL(&t, t.resets == 1);
    UNTIL(&t, t.hellos == 3);
    assert_int_equal(t.from, HONGXIN__V1__HELLO__FROM__OLDEST);
    fake_welcome(&t.door, t.hello_number, 1, "epoch-2");
    fake_entries(&t.door, 1, 4, 4);
    UNTIL(&t, t.upto == 4);
    assert_int_equal(t.entries, 4);
    close_feed(&t);
}

static void refuse_filter(struct feed_test *t)
{
    fake_problem(&t->door, t->hello_number, "BAD_FACT", 0);
}

static void test_a_refused_subscription_is_over(void **state)
{
    (void)state;
    struct feed_test t;
    open_feed(&t, (struct hx_subscription){0});
    t.on_hello = refuse_filter;
    UNTIL(&t, t.problems == 1);
    assert_string_equal(t.problem, "BAD_FACT");
    assert_int_equal(hx_feed_ack(t.client, 1), HX_INVALID);
    close_feed(&t);
}

static void test_a_name_taken_over_ends_the_feed(void **state)
{
    (void)state;
    struct feed_test t;
    open_feed(&t, (struct hx_subscription){0});
    UNTIL(&t, t.welcomes == 1);
    fake_problem(&t.door, 0, "FEED_SILENT", 0);
    UNTIL(&t, t.welcomes == 2);
    fake_problem(&t.door, 0, "TAKEN_OVER", 0);
    UNTIL(&t, t.problems == 1);
    assert_string_equal(t.problem, "TAKEN_OVER");
    assert_int_equal(t.hellos, 2); /* two programs of one name do not fight */
    close_feed(&t);
}

static void test_an_entry_that_cannot_be_decoded_is_passed_over(void **state)
{
    (void)state;
    struct feed_test t;
    open_feed(&t, (struct hx_subscription){0});
    UNTIL(&t, t.welcomes == 1);
    Hongxin__V1__Entries entries = HONGXIN__V1__ENTRIES__INIT;
    hxp_response response = HONGXIN__V1__RESPONSE__INIT;
    ProtobufCBinaryData bad = {.len = 2, .data = (uint8_t *)"\xff\xff"};
    entries.n_entries = 1;
    entries.entries = &bad;
    entries.upto_lsn = 10;
    response.answer_case = HONGXIN__V1__RESPONSE__ANSWER_ENTRIES;
    response.entries = &entries;
    fake_send(&t.door, &response);
    UNTIL(&t, t.upto == 10);
    assert_int_equal(t.problems, 1);
    assert_string_equal(t.problem, "UNDECODABLE");
    fake_entries(&t.door, 11, 11, 11);
    UNTIL(&t, t.last_lsn == 11);
    close_feed(&t);
}

static void unsubscribe_at_11(struct feed_test *t, uint64_t lsn)
{
    if (lsn == 11)
        hx_unsubscribe(t->client);
}

static void test_a_feed_can_end_inside_a_callback(void **state)
{
    (void)state;
    struct feed_test t;
    open_feed(&t, (struct hx_subscription){0});
    t.at_entry = unsubscribe_at_11;
    UNTIL(&t, t.welcomes == 1);
    fake_entries(&t.door, 10, 20, 20);
    fake_entries(&t.door, 21, 22, 22);
    UNTIL(&t, t.entries == 2);
    struct hx_subscription s = {.subscriber = "again", .calls = &calls, .arg = &t};
    assert_int_equal(hx_subscribe(t.client, &s), HX_OK);
    UNTIL(&t, t.welcomes == 2);
    assert_int_equal(t.entries, 2);
    assert_int_equal(t.upto, 0);
    assert_string_equal(t.subscriber, "again");
    close_feed(&t);
}

static void test_mistakes_of_the_caller_are_named(void **state)
{
    (void)state;
    struct feed_test t;
    static char large[HX_FILTER_MAX + 1];
    char *places[] = {large};
    Hongxin__V1__Filter filter = HONGXIN__V1__FILTER__INIT;
    memset(large, 'x', HX_FILTER_MAX);
    filter.n_places = 1;
    filter.places = places;
    open_feed(&t, (struct hx_subscription){0});
    struct hx_subscription s = {.calls = &calls, .filter = &filter};
    assert_int_equal(hx_subscribe(t.client, &s), HX_TOOBIG);
    s = (struct hx_subscription){.calls = &calls, .credit = HX_CREDIT_MAX + 1};
    assert_int_equal(hx_subscribe(t.client, &s), HX_INVALID);
    s = (struct hx_subscription){0};
    assert_int_equal(hx_subscribe(t.client, &s), HX_INVALID);
    UNTIL(&t, t.welcomes == 1); /* the subscription that stood is untouched */
    close_feed(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_entries_arrive_in_order),
        cmocka_unit_test(test_credit_is_given_back_as_it_is_used),
        cmocka_unit_test(test_a_paused_feed_grants_no_credit),
        cmocka_unit_test(test_acknowledgements_are_cumulative_and_confirmed),
        cmocka_unit_test(test_a_feed_without_a_name_has_nothing_to_acknowledge),
        cmocka_unit_test(test_a_broken_connection_goes_on_behind_the_last_entry),
        cmocka_unit_test(test_a_break_before_any_entry_goes_on_where_it_began),
        cmocka_unit_test(test_a_hand_shake_that_breaks_off_is_tried_again),
        cmocka_unit_test(test_an_unfinished_snapshot_begins_anew),
        cmocka_unit_test(test_hello_is_repeated_until_it_is_answered),
        cmocka_unit_test(test_a_door_that_forgot_the_feed_is_greeted_again),
        cmocka_unit_test(test_pruned_entries_are_told_and_the_feed_goes_on),
        cmocka_unit_test(test_another_journal_is_a_reset),
        cmocka_unit_test(test_a_refused_subscription_is_over),
        cmocka_unit_test(test_a_name_taken_over_ends_the_feed),
        cmocka_unit_test(test_an_entry_that_cannot_be_decoded_is_passed_over),
        cmocka_unit_test(test_a_feed_can_end_inside_a_callback),
        cmocka_unit_test(test_mistakes_of_the_caller_are_named),
    };
    return cmocka_run_group_tests_name("client_feed", tests, NULL, NULL);
}
