#include "kafka/out/out.h"

#include "base/text.h"
#include "door/program.h"
#include "kafka/out/follow.h"
#include "kafka/settings.h"
#include <event2/event.h>
#include <stdlib.h>

enum { EXIT_TAKEN_OVER = 3 };

struct out {
    struct kafka_settings settings;
    struct event_base *base;
    struct link link;
    struct follow *follow;
    struct http_server *server;
};

static const char *health(void *arg)
{
    const struct out *o = arg;
    return follow_trouble(o->follow);
}

static void figures(void *arg, struct evbuffer *out)
{
    const struct out *o = arg;
    follow_figures(o->follow, out);
}

static void on_end(void *arg)
{
    const struct out *o = arg;
    event_base_loopbreak(o->base);
}

static int load(void *arg, const char *config, struct hx_problem *problem)
{
    struct out *o = arg;
    int rc = kafka_settings_load(config, &o->settings, problem);
    hx_log_level_set(o->settings.log_level);
    return rc ? rc : cluster_check(&o->settings.cluster, problem);
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
        rc = follow_open(base, o->link.client, &o->settings.cluster, &o->settings.out, &o->follow,
                         problem);
    if (!rc)
        rc = http_server_open(base, &options, &o->server, problem);
    if (o->follow)
        follow_on_end(o->follow, on_end, o);
    *server = o->server;
    return rc;
}

static const char *verdict(void *arg)
{
    const struct out *o = arg;
    return follow_why(o->follow);
}

static int exit_code(void *arg)
{
    const struct out *o = arg;
    return follow_end(o->follow) == SENDER_TAKEN_OVER ? EXIT_TAKEN_OVER : EXIT_FAILURE;
}

static void close_all(void *arg)
{
    struct out *o = arg;
    follow_close(o->follow);
    link_close(&o->link);
    http_server_close(o->server);
}

int out_main(int argc, char **argv)
{
    static struct out o;
    const struct program p = {
        .name = "hongxin-kafka out",
        .about = "The journal of hongxind becomes records of Kafka topics, each entry once and in "
                 "order for\n"
                 "whoever reads what is committed. docs/kafka.md describes it.\n"
                 "Exit code 3: another process writes under this id now; do not start again.\n",
        .config = "/etc/hongxin/kafka.yaml",
        .load = load,
        .open = open_all,
        .verdict = verdict,
        .exit_code = exit_code,
        .close = close_all,
        .arg = &o};
    return program_main(&p, argc, argv);
}
