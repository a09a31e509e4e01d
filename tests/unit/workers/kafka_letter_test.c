/* Dead letters, made of records whose own headers look like those of letters. No broker: a record
 * that is purged from the queue comes back as it was. */
#include "kafka/in/dead.h"
#include "kafka/in/letter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

typedef void look_fn(const rd_kafka_message_t *m);

static struct dead dead = {.topic = "dead"};
static look_fn *look;
static int looked;

static void on_back(rd_kafka_t *rk, const rd_kafka_message_t *m, void *opaque)
{
    (void)rk;
    (void)opaque;
    look_fn *now = look;
    look = NULL;
    if (now)
        now(m);
}

/* Gives what was produced to `fn`. */
static void take_back(look_fn *fn)
{
    look = fn;
    assert_int_equal(rd_kafka_purge(dead.producer.rk, RD_KAFKA_PURGE_F_QUEUE), 0);
    for (int i = 0; look && i < 100; i++)
        rd_kafka_poll(dead.producer.rk, 100);
    assert_null(look);
}

static void produce(const char *a, const char *b)
{
    assert_int_equal(rd_kafka_producev(dead.producer.rk, RD_KAFKA_V_TOPIC("reports"),
                                       RD_KAFKA_V_HEADER(a, "0/4711", -1),
                                       RD_KAFKA_V_HEADER(b, "MINE", -1), RD_KAFKA_V_END),
                     0);
}

static void send_letter(const rd_kafka_message_t *m)
{
    static const struct dead_reason why = {"UNKNOWN_PLACE", "", "17/1760234400000"};
    assert_int_equal(dead_send(&dead, m, &why, NULL), 0);
}

static void is_a_letter_alone(const rd_kafka_message_t *m)
{
    int32_t partition;
    int64_t offset;
    const void *value;
    size_t size;
    rd_kafka_headers_t *headers;
    assert_false(letter_read_note(m, &partition, &offset));
    assert_int_equal(rd_kafka_message_headers(m, &headers), 0);
    assert_int_equal(rd_kafka_header_get_last(headers, "own", &value, &size), 0);
    assert_int_equal(rd_kafka_header_get_last(headers, LETTER_REASON, &value, &size), 0);
    assert_string_equal(value, "UNKNOWN_PLACE");
    assert_int_not_equal(rd_kafka_header_get_last(headers, LETTER_REQUEUED, &value, &size), 0);
    looked++;
}

static void test_a_record_with_a_note_in_it_is_a_letter_and_no_note(void **state)
{
    (void)state;
    looked = 0;
    produce(LETTER_REQUEUED, "own");
    take_back(send_letter);
    take_back(is_a_letter_alone);
    assert_int_equal(looked, 1);
}

static size_t how_many(rd_kafka_headers_t *headers, const char *wanted)
{
    const char *name;
    const void *value;
    size_t size, n = 0;
    for (size_t i = 0; !rd_kafka_header_get_all(headers, i, &name, &value, &size); i++)
        n += strcmp(name, wanted) == 0;
    return n;
}

static void goes_back_with_the_row_it_was(const rd_kafka_message_t *m)
{
    const void *value;
    size_t size;
    struct letter l = {.kept = "17/1760234400000"};
    rd_kafka_headers_t *headers = letter_headers_back(m, &l);
    assert_int_equal(rd_kafka_header_get_last(headers, LETTER_CLOSES, &value, &size), 0);
    assert_string_equal(value, "17/1760234400000");
    assert_int_equal(how_many(headers, LETTER_CLOSES), 1);
    assert_int_equal(how_many(headers, LETTER_KEPT), 0);
    assert_int_equal(how_many(headers, "own"), 1);
    rd_kafka_headers_destroy(headers);
    l.kept[0] = '\0';
    headers = letter_headers_back(m, &l);
    assert_int_equal(how_many(headers, LETTER_CLOSES), 0);
    rd_kafka_headers_destroy(headers);
    looked++;
}

/* Refused and brought back once more it names the newest row alone. */
static void test_what_goes_back_names_one_row(void **state)
{
    (void)state;
    looked = 0;
    produce(LETTER_CLOSES, "own");
    take_back(send_letter);
    take_back(goes_back_with_the_row_it_was);
    assert_int_equal(looked, 1);
}

static void is_no_note(const rd_kafka_message_t *m)
{
    int32_t partition;
    int64_t offset;
    assert_false(letter_read_note(m, &partition, &offset));
    looked++;
}

static void is_a_note(const rd_kafka_message_t *m)
{
    int32_t partition;
    int64_t offset;
    assert_true(letter_read_note(m, &partition, &offset));
    assert_int_equal(partition, 0);
    assert_int_equal(offset, 4711);
    looked++;
}

static void test_what_has_a_reason_is_no_note(void **state)
{
    (void)state;
    looked = 0;
    produce(LETTER_REQUEUED, LETTER_REASON);
    take_back(is_no_note);
    produce(LETTER_REQUEUED, "own");
    take_back(is_a_note);
    assert_int_equal(looked, 2);
}

static int make_producer(void **state)
{
    char why[128];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    (void)state;
    rd_kafka_conf_set_dr_msg_cb(conf, on_back);
    dead.producer.rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
    return dead.producer.rk ? 0 : -1;
}

static int drop_producer(void **state)
{
    (void)state;
    rd_kafka_destroy(dead.producer.rk);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_record_with_a_note_in_it_is_a_letter_and_no_note),
        cmocka_unit_test(test_what_goes_back_names_one_row),
        cmocka_unit_test(test_what_has_a_reason_is_no_note),
    };
    return cmocka_run_group_tests(tests, make_producer, drop_producer);
}
