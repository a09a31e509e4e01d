#include "kafka/in/in.h"

#include "base/log.h"
#include "base/now.h"
#include "base/text.h"
#include "door/program.h"
#include "http/figures.h"
#include "kafka/in/group.h"
#include "kafka/settings.h"
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum { TICK_US = 50000, EXIT_TAKEN_OVER = 3 };

struct in {
    struct kafka_settings settings;
    struct event_base *base;
    struct link link;
    struct group group;
    struct dead dead;
    struct flow flow;
    /* What is told by librdkafka's threads, and by the flow: all of it makes a turn. */
    int fds[2];
    struct event *told[2], *tick, *turn;
    struct http_server *server;
};

/* ---- turns ---- */

/* As long as there is something to read and the daemon has answered. */
static void turn(struct in *in)
{
    bool begun = true;
    while (begun && !client_fatal(&in->group.consumer)) {
        int64_t now = hx_mono_ms();
        dead_poll(&in->dead);
        group_poll(&in->group, now);
        begun = flow_step(&in->flow, in->group.lanes, now);
    }
    group_steer(&in->group, hx_mono_ms());
    if (client_fatal(&in->group.consumer) || client_fatal(&in->dead.producer))
        event_base_loopbreak(in->base);
}

static void on_turn(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    turn(arg);
}

static void on_told(evutil_socket_t fd, short what, void *arg)
{
    uint64_t n;
    (void)what;
    (void)!read(fd, &n, sizeof n);
    turn(arg);
}

static void wake(void *arg)
{
    struct in *in = arg;
    event_active(in->turn, EV_TIMEOUT, 0);
}

/* librdkafka writes to a descriptor of ours when a queue that was empty has something. */
static int watch(struct in *in, int i, rd_kafka_queue_t *queue)
{
    static const uint64_t one = 1;
    in->fds[i] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (in->fds[i] < 0 || !queue)
        return HX_IO;
    rd_kafka_queue_io_event_enable(queue, in->fds[i], &one, sizeof one);
    rd_kafka_queue_destroy(queue);
    in->told[i] = event_new(in->base, in->fds[i], EV_READ | EV_PERSIST, on_told, in);
    return in->told[i] && event_add(in->told[i], NULL) == 0 ? HX_OK : HX_NOMEM;
}

/* ---- how it is ---- */

static const char *health(void *arg)
{
    const struct in *in = arg;
    if (!hx_client_is_up(in->link.client, HX_DOOR_INTAKE))
        return "the daemon cannot be reached";
    return in->group.consumer.statistics.brokers_up ? NULL : "no broker can be reached";
}

static void write_numbers(const struct in *in, struct evbuffer *out)
{
    int64_t oldest = flow_oldest(in->group.lanes), lanes = 0, held = 0, paused = 0, open = 0;
    for (const struct lane *l = in->group.lanes; l; l = l->next, lanes++) {
        held += l->held ? (int64_t)l->queue.n : 0;
        open += (int64_t)(l->round.n + l->queue.n);
        paused += l->paused;
    }
    int64_t age = oldest ? hx_wall_ms() - oldest : 0;
    const struct {
        const char *name, *type, *help;
        uint64_t n;
    } rows[] = {
        {"kafka_in_records_total", "counter", "Records read.", in->flow.records},
        {"kafka_in_later_total", "counter", "Records that the daemon wanted later.",
         in->flow.later},
        {"kafka_in_dead_letters_total", "counter", "Records in the topic of dead letters.",
         in->dead.sent},
        {"kafka_in_partitions", "gauge", "Partitions that are ours.", (uint64_t)lanes},
        {"kafka_in_paused", "gauge", "… of which nothing is read now.", (uint64_t)paused},
        {"kafka_in_held", "gauge", "Records held, to be sent later.", (uint64_t)held},
        {"kafka_in_under_way", "gauge", "Records read and not yet done.", (uint64_t)open},
        {"kafka_in_oldest_milliseconds", "gauge", "Age of the oldest record that is not done.",
         age > 0 ? (uint64_t)age : 0},
        {"kafka_in_rebalances_total", "counter", "Partitions were given or taken.",
         in->group.rebalances},
        {"kafka_in_gaps_total", "counter", "Records were missing: deleted before they were read.",
         in->group.gaps},
        {"kafka_in_lost_total", "counter", "How many they were.", in->group.lost},
        {"kafka_in_commits_total", "counter", "Offsets told to the broker.", in->group.commits},
        {"kafka_in_commits_failed_total", "counter", "… that it did not take.",
         in->group.commits_failed},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        figures_head(out, rows[i].name, rows[i].type, rows[i].help);
        figures_line(out, rows[i].name, "", rows[i].n);
    }
}

static void figures(void *arg, struct evbuffer *out)
{
    const struct in *in = arg;
    const struct client *clients[] = {&in->group.consumer, &in->dead.producer};
    client_figures(clients, *in->dead.topic ? 2 : 1, out);
    write_numbers(in, out);
    tally_write(&in->flow.answers, "kafka_in_answers_total", "result", "Answers of the daemon.",
                out);
    tally_write(&in->flow.refused, "kafka_in_refused_total", "code",
                "Events kept with their case, which does not allow them.", out);
    tally_write(&in->flow.reasons, "kafka_in_dead_total", "reason", "Dead letters by reason.", out);
}

static const char *verdict(void *arg)
{
    const struct in *in = arg;
    const char *why = client_fatal(&in->group.consumer);
    return why ? why : client_fatal(&in->dead.producer);
}

static int exit_code(void *arg)
{
    const char *why = verdict(arg);
    return why && strncmp(why, "FENCED", 6) == 0 ? EXIT_TAKEN_OVER : EXIT_FAILURE;
}

/* ---- life ---- */

static int load(void *arg, const char *config, struct hx_problem *problem)
{
    struct in *in = arg;
    int rc = kafka_settings_load(config, &in->settings, problem);
    hx_log_level_set(in->settings.log_level);
    return rc ? rc : cluster_check(&in->settings.cluster, problem);
}

static int open_daemon(struct in *in, struct hx_problem *problem)
{
    struct link_settings daemon = in->settings.daemon;
    if (*in->settings.in.key_file)
        hx_text_put(daemon.key_file, sizeof daemon.key_file, in->settings.in.key_file);
    daemon.batch = (unsigned)in->settings.in.batch;
    daemon.window = 4 * daemon.batch;
    daemon.hand_back = true;
    int rc = link_open(&in->link, in->base, &daemon, problem);
    in->flow = (struct flow){.settings = &in->settings.in,
                             .client = in->link.client,
                             .dead = &in->dead,
                             .wake = wake,
                             .arg = in};
    flow_init(&in->flow);
    return rc;
}

static int open_cluster(struct in *in, struct hx_problem *problem)
{
    in->group.settings = &in->settings.in;
    in->group.flow = &in->flow;
    int rc = dead_open(&in->dead, &in->settings.cluster, in->settings.in.dead_letters, flow_buried,
                       problem);
    if (!rc)
        rc = group_open(&in->group, &in->settings.cluster, problem);
    if (!rc)
        rc = watch(in, 0, rd_kafka_queue_get_consumer(in->group.consumer.rk));
    if (!rc && in->dead.producer.rk)
        rc = watch(in, 1, rd_kafka_queue_get_main(in->dead.producer.rk));
    return rc;
}

static int open_events(struct in *in)
{
    const struct timeval often = {0, TICK_US};
    in->turn = event_new(in->base, -1, 0, on_turn, in);
    in->tick = event_new(in->base, -1, EV_PERSIST, on_turn, in);
    return in->turn && in->tick && event_add(in->tick, &often) == 0 ? HX_OK : HX_NOMEM;
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
    in->base = base;
    int rc = open_daemon(in, problem);
    if (!rc)
        rc = open_events(in);
    if (!rc)
        rc = open_cluster(in, problem);
    if (!rc)
        rc = http_server_open(base, &options, &in->server, problem);
    *server = in->server;
    return rc;
}

static void close_all(void *arg)
{
    struct in *in = arg;
    group_close(&in->group); /* needs the daemon for what is under way */
    dead_close(&in->dead);
    for (size_t i = 0; i < 2; i++) {
        if (in->told[i])
            event_free(in->told[i]);
        if (in->fds[i] > 0)
            close(in->fds[i]);
    }
    if (in->tick)
        event_free(in->tick);
    if (in->turn)
        event_free(in->turn);
    link_close(&in->link);
    http_server_close(in->server);
}

int in_main(int argc, char **argv)
{
    static struct in in;
    const struct program p = {
        .name = "hongxin-kafka in",
        .about = "Records of Kafka topics become events of hongxind: the offset moves when it has "
                 "them on\ndisk. docs/kafka.md describes it.\n",
        .config = "/etc/hongxin/kafka.yaml",
        .load = load,
        .open = open_all,
        .verdict = verdict,
        .exit_code = exit_code,
        .close = close_all,
        .arg = &in};
    return program_main(&p, argc, argv);
}
