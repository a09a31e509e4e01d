#include "kafka/out.h"

#include "base/text.h"
#include "door/program.h"
#include "kafka/client.h"
#include "kafka/settings.h"
#include <event2/event.h>

struct out {
    struct kafka_settings settings;
    struct event_base *base;
    struct link link;
    struct client producer;
    struct event *tick;
    struct http_server *server;
};

static const char *health(void *arg)
{
    const struct out *o = arg;
    if (!hx_client_is_up(o->link.client, HX_DOOR_FEED))
        return "the daemon cannot be reached";
    return o->producer.statistics.brokers_up ? NULL : "no broker can be reached";
}

static void figures(void *arg, struct evbuffer *out)
{
    const struct out *o = arg;
    const struct client *clients[] = {&o->producer};
    client_figures(clients, 1, out);
}

/* librdkafka's callbacks run in here. */
static void on_tick(evutil_socket_t fd, short what, void *arg)
{
    struct out *o = arg;
    (void)fd;
    (void)what;
    rd_kafka_poll(o->producer.rk, 0);
    if (client_fatal(&o->producer))
        event_base_loopbreak(o->base);
}

static int load(void *arg, const char *config, struct hx_problem *problem)
{
    struct out *o = arg;
    int rc = kafka_settings_load(config, &o->settings, problem);
    hx_log_level_set(o->settings.log_level);
    return rc ? rc : cluster_check(&o->settings.cluster, problem);
}

static int open_producer(struct out *o, struct hx_problem *problem)
{
    const struct timeval often = {0, 100000};
    rd_kafka_conf_t *conf;
    int rc = cluster_conf(&o->settings.cluster, &conf, problem);
    if (!rc)
        rc = client_open(&o->producer, RD_KAFKA_PRODUCER, conf, "out", problem);
    if (rc)
        return rc;
    o->tick = event_new(o->base, -1, EV_PERSIST, on_tick, o);
    return o->tick && event_add(o->tick, &often) == 0 ? HX_OK : HX_NOMEM;
}

static int open_all(void *arg, struct event_base *base, struct http_server **server,
                    struct hx_problem *problem)
{
    struct out *o = arg;
    const struct http_options options = {.name = "kafka-out",
                                         .listen = o->settings.out.listen,
                                         .limits = &o->settings.limits,
                                         .health = health,
                                         .figures = figures,
                                         .arg = o};
    struct link_settings daemon = o->settings.daemon;
    if (*o->settings.out.key_file)
        hx_text_put(daemon.key_file, sizeof daemon.key_file, o->settings.out.key_file);
    o->base = base;
    int rc = link_open(&o->link, base, &daemon, problem);
    if (!rc)
        rc = open_producer(o, problem);
    if (!rc)
        rc = http_server_open(base, &options, &o->server, problem);
    *server = o->server;
    return rc;
}

static const char *verdict(void *arg)
{
    const struct out *o = arg;
    return client_fatal(&o->producer);
}

static void close_all(void *arg)
{
    struct out *o = arg;
    if (o->tick)
        event_free(o->tick);
    client_close(&o->producer);
    if (o->link.client)
        link_close(&o->link);
    http_server_close(o->server);
}

int out_main(int argc, char **argv)
{
    static struct out o;
    const struct program p = {
        .name = "hongxin-kafka out",
        .about = "The journal of hongxind becomes records of Kafka topics. docs/kafka.md describes "
                 "it.\n",
        .config = "/etc/hongxin/kafka.yaml",
        .load = load,
        .open = open_all,
        .verdict = verdict,
        .close = close_all,
        .arg = &o};
    return program_main(&p, argc, argv);
}
