/* What librdkafka's own errors demand of a transaction: they are injected into its mock cluster,
 * which shows how errors are classed and nothing of what a broker keeps. */
#include "base/log.h"
#include "kafka/out/sender_internal.h"

#include <librdkafka/rdkafka_mock.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { CALL_MS = 30000, PAUSE_MS = 20, PAUSES = 500 };
enum { PRODUCE = 0, ADD_PARTITIONS = 24, END = 26 }; /* requests of Kafka's protocol */

static struct sender s;
static int commit_ms; /* of the first commit of a test */

static enum transaction_result begin(void *arg)
{
    (void)arg;
    return sender_judge(&s, rd_kafka_begin_transaction(s.client.rk));
}

static enum transaction_result produce(void *arg)
{
    (void)arg;
    rd_kafka_resp_err_t err =
        rd_kafka_producev(s.client.rk, RD_KAFKA_V_TOPIC("cases"), RD_KAFKA_V_PARTITION(0),
                          RD_KAFKA_V_VALUE((void *)(uintptr_t) "x", 1), RD_KAFKA_V_END);
    return err ? TX_ABORT : TX_OK;
}

static enum transaction_result commit(void *arg)
{
    int ms = commit_ms;
    (void)arg;
    commit_ms = CALL_MS;
    return sender_judge(&s, rd_kafka_commit_transaction(s.client.rk, ms));
}

static enum transaction_result give_up(void *arg)
{
    (void)arg;
    return sender_judge(&s, rd_kafka_abort_transaction(s.client.rk, CALL_MS));
}

static bool wait_a_little(void *arg, unsigned attempt)
{
    (void)arg;
    rd_kafka_poll(s.client.rk, PAUSE_MS);
    return attempt < PAUSES;
}

static const struct transaction_steps steps = {
    .begin = begin, .produce = produce, .commit = commit, .abort = give_up, .pause = wait_a_little};

static void open_producer(void)
{
    static const char *const settings[][2] = {{"transactional.id", "t"},
                                              {"test.mock.num.brokers", "1"},
                                              {"retry.backoff.ms", "5"},
                                              {"linger.ms", "1"}};
    struct hx_problem problem = {""};
    char why[200];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        assert_int_equal(rd_kafka_conf_set(conf, settings[i][0], settings[i][1], why, sizeof why),
                         0);
    s = (struct sender){.role = "out"};
    assert_int_equal(client_open(&s.client, RD_KAFKA_PRODUCER, conf, "out", &problem), HX_OK);
    assert_int_equal(sender_judge(&s, rd_kafka_init_transactions(s.client.rk, CALL_MS)), TX_OK);
    commit_ms = CALL_MS;
}

static void test_each_error_is_answered_with_what_it_demands(void **state)
{
    (void)state;
    static const struct {
        int16_t request;
        rd_kafka_resp_err_t err;
        enum transaction_result result;
        uint64_t aborted;
    } rows[] = {/* tried again by librdkafka itself */
                {ADD_PARTITIONS, RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS, TX_OK, 0},
                {PRODUCE, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, TX_OK, 0},
                {END, RD_KAFKA_RESP_ERR_NOT_COORDINATOR, TX_OK, 0},
                /* everything again */
                {ADD_PARTITIONS, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, TX_OK, 1},
                /* another writes under this id */
                {PRODUCE, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, TX_FENCED, 0},
                {END, RD_KAFKA_RESP_ERR_PRODUCER_FENCED, TX_FENCED, 0},
                /* the process has to begin anew */
                {END, RD_KAFKA_RESP_ERR_INVALID_TXN_STATE, TX_FATAL, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct transaction_counts counts = {0};
        if (!s.client.rk)
            open_producer();
        rd_kafka_mock_push_request_errors(rd_kafka_handle_mock_cluster(s.client.rk),
                                          rows[i].request, 1, rows[i].err);
        if (transaction_run(&steps, &counts) != rows[i].result ||
            counts.aborted != rows[i].aborted || counts.committed != (rows[i].result == TX_OK))
            fail_msg("%s: %s", rd_kafka_err2name(rows[i].err), s.cause);
        if (rows[i].result != TX_OK) /* otherwise nothing of it is left: it goes on */
            client_close(&s.client);
    }
}

static void test_a_commit_that_takes_too_long_goes_on_where_it_was(void **state)
{
    (void)state;
    struct transaction_counts counts = {0};
    open_producer();
    rd_kafka_mock_broker_set_rtt(rd_kafka_handle_mock_cluster(s.client.rk), 1, 60);
    commit_ms = 5;
    assert_int_equal(transaction_run(&steps, &counts), TX_OK);
    assert_int_equal(counts.committed, 1);
    assert_int_equal(counts.aborted, 0);
    assert_true(counts.errors[TX_RETRY] > 0);
    client_close(&s.client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_error_is_answered_with_what_it_demands),
        cmocka_unit_test(test_a_commit_that_takes_too_long_goes_on_where_it_was),
    };
    hx_log_level_set(HX_LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
