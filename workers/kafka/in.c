#include "kafka/in.h"

#include "base/text.h"
#include "door/program.h"
#include "kafka/client.h"
#include "kafka/settings.h"
#include <event2/event.h>

struct in {
    struct kafka_settings settings;
    struct event_base *base;
    struct link link;
    struct client consumer;
    struct event *tick;
    struct http_server *server;
};

static const char *health(void *arg)
{
    const struct in *in = arg;
    if (!hx_client_is_up(in->link.client, HX_DOOR_INTAKE))
        return "the daemon cannot be reached";
    return in->consumer.statistics.brokers_up ? NULL : "no broker can be reached";
}

static void figures(void *arg, struct evbuffer *out)
{
    const struct in *in = arg;
    const struct client *clients[] = {&in->consumer};
    client_figures(clients, 1, out);
}

/* librdkafka's callbacks run in here. */
static void on_tick(evutil_socket_t fd, short what, void *arg)
{
    struct in *in = arg;
    (void)fd;
    (void)what;
    rd_kafka_poll(in->consumer.rk, 0);
    if (client_fatal(&in->consumer))
        event_base_loopbreak(in->base);
}

static int load(void *arg, const char *config, struct hx_problem *problem)
{
    struct in *in = arg;
    int rc = kafka_settings_load(config, &in->settings, problem);
    hx_log_level_set(in->settings.log_level);
    return rc ? rc : cluster_check(&in->settings.cluster, problem);
}

static int open_consumer(struct in *in, struct hx_problem *problem)
{
    const struct timeval often = {0, 100000};
    rd_kafka_conf_t *conf;
    int rc = cluster_conf(&in->settings.cluster, &conf, problem);
    if (!rc)
        rc = client_open(&in->consumer, RD_KAFKA_CONSUMER, conf, "in", problem);
    if (rc)
        return rc;
    in->tick = event_new(in->base, -1, EV_PERSIST, on_tick, in);
    return in->tick && event_add(in->tick, &often) == 0 ? HX_OK : HX_NOMEM;
}

static int open_all(void *arg, struct event_base *base, struct http_server **server,
                    struct hx_problem *problem)
{
    struct in *in = arg;
    const struct http_options options = {.name = "kafka-in",
                                         .listen = in->settings.in.listen,
                                         .limits = &in->settings.limits,
                                         .health = health,
                                         .figures = figures,
                                         .arg = in};
    struct link_settings daemon = in->settings.daemon;
    if (*in->settings.in.key_file)
        hx_text_put(daemon.key_file, sizeof daemon.key_file, in->settings.in.key_file);
    in->base = base;
    int rc = link_open(&in->link, base, &daemon, problem);
    if (!rc)
        rc = open_consumer(in, problem);
    if (!rc)
        rc = http_server_open(base, &options, &in->server, problem);
    *server = in->server;
    return rc;
}

static const char *verdict(void *arg)
{
    const struct in *in = arg;
    return client_fatal(&in->consumer);
}

static void close_all(void *arg)
{
    struct in *in = arg;
    if (in->tick)
        event_free(in->tick);
    client_close(&in->consumer);
    if (in->link.client)
        link_close(&in->link);
    http_server_close(in->server);
}

int in_main(int argc, char **argv)
{
    static struct in in;
    const struct program p = {
        .name = "hongxin-kafka in",
        .about = "Records of Kafka topics become events of hongxind. docs/kafka.md describes "
                 "it.\n",
        .config = "/etc/hongxin/kafka.yaml",
        .load = load,
        .open = open_all,
        .verdict = verdict,
        .close = close_all,
        .arg = &in};
    return program_main(&p, argc, argv);
}
