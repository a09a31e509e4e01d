/* Fills a topic with what bench_load would send: events of the same lives, one record each, spread
 * over the partitions by complaint.
 *
 *   bench_kafka --brokers B --topic T --partitions N --events N --what reports --tag WORD
 *
 * Prints one line of JSON when the broker has them all: how many, how many a second, and the
 * processor time of each. */
#include "bench/tool.h"

#include <inttypes.h>
#include <librdkafka/rdkafka.h>
#include <stdio.h>

enum { EVENT_MOST = 4096, FLUSH_MS = 120000 };

static rd_kafka_t *producer(const char *brokers)
{
    char why[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    const char *const settings[][2] = {{"bootstrap.servers", brokers},
                                       {"linger.ms", "20"},
                                       {"acks", "all"},
                                       {"compression.type", "lz4"}};
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        if (rd_kafka_conf_set(conf, settings[i][0], settings[i][1], why, sizeof why) !=
            RD_KAFKA_CONF_OK)
            tool_die(why, 1);
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
    if (!rk)
        tool_die(why, 1);
    return rk;
}

static void produce(rd_kafka_t *rk, const char *topic, int32_t partition, const uint8_t *bytes,
                    size_t size)
{
    static const char type[] = "application/protobuf";
    rd_kafka_resp_err_t err;
    while ((err = rd_kafka_producev(rk, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(partition),
                                    RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                                    RD_KAFKA_V_VALUE((void *)(uintptr_t)bytes, size),
                                    RD_KAFKA_V_HEADER("content-type", type, sizeof type - 1),
                                    RD_KAFKA_V_END)) == RD_KAFKA_RESP_ERR__QUEUE_FULL)
        rd_kafka_poll(rk, 10);
    if (err)
        tool_die(rd_kafka_err2str(err), 1);
}

int main(int argc, char **argv)
{
    struct load_city city;
    struct life_event event;
    uint8_t bytes[EVENT_MOST];
    const char *topic = tool_option(argc, argv, "--topic", "hongxin.in");
    uint64_t n = tool_number(argc, argv, "--events", 100000);
    uint64_t partitions = tool_number(argc, argv, "--partitions", 4);
    char folder[4096];
    snprintf(folder, sizeof folder, "%s/city", tool_option(argc, argv, "--config", "config"));
    tool_need("city", load_city_open(&city, folder));
    struct lives lives = {
        .city = &city,
        .kind = (enum life_kind)lives_kind(tool_option(argc, argv, "--what", "reports")),
        .tag = tool_option(argc, argv, "--tag", "k"),
        .first_case = 1};
    int64_t began = load_mono_us();
    double cpu = tool_cpu_seconds();
    rd_kafka_t *rk = producer(tool_option(argc, argv, "--brokers", "127.0.0.1:9092"));
    for (uint64_t i = 0; i < n; i++) {
        lives_event(&lives, i, &event);
        size_t size = load_event_pack(&event.event, bytes, sizeof bytes);
        if (!size)
            tool_die("event", HX_TOOBIG);
        produce(rk, topic, (int32_t)(i % LIFE_GROUP % partitions), bytes, size);
        if (i % 1000 == 0)
            rd_kafka_poll(rk, 0);
    }
    if (rd_kafka_flush(rk, FLUSH_MS) != RD_KAFKA_RESP_ERR_NO_ERROR)
        tool_die("the broker did not take them all", 1);
    printf("{\"events\": %" PRIu64 ", \"per_second\": %.0f, \"cpu_us\": %.2f}\n", n,
           (double)n * 1e6 / (double)(load_mono_us() - began),
           (tool_cpu_seconds() - cpu) * 1e6 / (double)n);
    rd_kafka_destroy(rk);
    load_city_close(&city);
    return 0;
}
