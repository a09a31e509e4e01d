/* The load generator: publishes events over a real socket and says how long their answers took.
 *
 *   bench_load flood --endpoint E … --events N --items N --window N
 *       as many as the daemon takes: letters of N events, so many of them without an answer
 *   bench_load pace --endpoint E … --rate N --seconds N [--feed E]
 *       one event per letter at an even rate, whatever the answers do; with --feed also how long it
 *       takes until a subscriber has the entry
 *   bench_load first --endpoint E …
 *       says "waiting" once it is at the door; prints when its first event was accepted
 *   bench_load dead --feed E
 *       subscribes with all the credit there is and then reads nothing, until SIGTERM
 *
 * Everywhere: --key FILE --config FOLDER --what reports|lives|touch --tag WORD --open N. Letters
 * are made before the first is sent. Prints one line of JSON; times in microseconds. */
#include "base/text.h"
#include "bench/tool.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

enum { SILENCE_MS = 20000, FEED_CREDIT = 4096, FEED_MOST = 1 << 22 };

struct load {
    struct load_city city;
    struct load_door door, feed;
    struct lives lives;
    struct load_letter *letters;
    int64_t *sent_us, *answered_us; /* by letter */
    uint64_t *lsn;                  /* of its last event */
    size_t n_letters, items;
    uint64_t answers, accepted;
    int64_t *heard_us; /* when the subscriber had entry first_lsn + i */
    uint64_t first_lsn, heard;
    double cpu;
};

/* ---- letters ---- */

static void make_letters(struct load *l, uint64_t events, size_t items)
{
    struct load_post post = {0};
    struct life_event e;
    l->items = items;
    l->n_letters = (events + items - 1) / items;
    l->letters = calloc(l->n_letters, sizeof *l->letters);
    l->sent_us = calloc(l->n_letters, sizeof *l->sent_us);
    l->answered_us = calloc(l->n_letters, sizeof *l->answered_us);
    l->lsn = calloc(l->n_letters, sizeof *l->lsn);
    if (!l->letters || !l->sent_us || !l->answered_us || !l->lsn)
        tool_die("letters", HX_NOMEM);
    for (uint64_t n = 0, k = 0; k < l->n_letters; k++) {
        for (size_t i = 0; i < items && n < events; i++, n++) {
            lives_event(&l->lives, n, &e);
            tool_need("event", load_post_add(&post, &e.event));
        }
        tool_need("letter", load_post_finish(&post, k, &l->letters[k]));
    }
    load_post_fini(&post);
}

/* Events of a life name its case by the number that is counted here; reports alone may come from
 * several generators at once. */
static void on_reply(void *ctx, const struct load_reply *r)
{
    struct load *l = ctx;
    uint64_t complaint, n;
    if (r->request >= l->n_letters)
        return; /* the probe */
    n = r->request * l->items + r->index;
    l->answers++;
    l->lsn[r->request] = r->lsn;
    if (r->result != HONGXIN__V1__RESULT__ACCEPTED) {
        fprintf(stderr, "bench: event %" PRIu64 ": result %u %.*s\n", n, r->result,
                (int)r->code_size, r->code);
        exit(1);
    }
    l->accepted++;
    if (l->lives.kind == LIFE_WHOLE && lives_reports(&l->lives, n, &complaint) &&
        r->case_number != l->lives.first_case + complaint)
        tool_die("somebody else reports cases meanwhile", HX_MISMATCH);
}

/* ---- the number of the next case ---- */

static void on_probe(void *ctx, const struct load_reply *r)
{
    struct load *l = ctx;
    l->lives.first_case = r->case_number + 1;
    l->first_lsn = r->lsn + 1;
}

/* One complaint of its own; its answer tells the next case's number. */
static void probe(struct load *l)
{
    struct load_post post = {0};
    struct load_letter letter;
    struct life_event e;
    struct lives one = l->lives;
    char tag[40];
    one.kind = LIFE_REPORTS;
    snprintf(tag, sizeof tag, "probe-%s", l->lives.tag);
    one.tag = tag;
    lives_event(&one, 0, &e);
    tool_need("probe", load_post_add(&post, &e.event));
    tool_need("probe", load_post_finish(&post, UINT64_MAX, &letter));
    tool_need("send", load_door_send(&l->door, letter.bytes, letter.size));
    tool_need("answer", load_door_receive(&l->door, 120000, on_probe, l, NULL));
    load_letter_free(&letter);
    load_post_fini(&post);
}

static void send_letter(struct load *l, size_t i, int64_t when)
{
    l->sent_us[i] = when;
    tool_need("send", load_door_send(&l->door, l->letters[i].bytes, l->letters[i].size));
}

/* ---- figures ---- */

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void print_times(const char *name, int64_t *v, size_t n)
{
    static const struct {
        const char *name;
        double q;
    } quantiles[] = {{"p50", 0.5}, {"p99", 0.99}, {"p999", 0.999}, {"max", 1}};
    qsort(v, n, sizeof *v, by_value);
    for (size_t i = 0; n && i < sizeof quantiles / sizeof *quantiles; i++) {
        size_t at = (size_t)((double)n * quantiles[i].q);
        printf(", \"%s_%s\": %" PRId64, name, quantiles[i].name, v[at < n ? at : n - 1]);
    }
}

static void print_figures(struct load *l, double seconds)
{
    size_t bytes = 0;
    for (size_t i = 0; i < l->n_letters; i++) {
        l->answered_us[i] -= l->sent_us[i];
        bytes += l->letters[i].size;
    }
    printf("{\"events\": %" PRIu64 ", \"accepted\": %" PRIu64
           ", \"event_bytes\": %zu, \"seconds\": %.4f, \"per_second\": %.0f, \"cpu_us\": %.3f",
           l->answers, l->accepted, bytes / (l->answers ? l->answers : 1), seconds,
           (double)l->answers / seconds, l->cpu * 1e6 / (double)(l->answers ? l->answers : 1));
    print_times("answer", l->answered_us, l->n_letters);
}

/* ---- flood ---- */

static void run_flood(struct load *l, size_t window)
{
    size_t sent = 0, done = 0;
    double cpu = tool_cpu_seconds();
    int64_t begun = load_mono_us();
    while (done < l->n_letters) {
        for (; sent < l->n_letters && sent - done < window; sent++)
            send_letter(l, sent, load_mono_us());
        tool_need("answer", load_door_receive(&l->door, SILENCE_MS, on_reply, l, NULL));
        l->answered_us[done++] = load_mono_us(); /* answers come in the order of letters */
    }
    double seconds = (double)(load_mono_us() - begun) / 1e6;
    l->cpu = tool_cpu_seconds() - cpu;
    print_figures(l, seconds);
    puts("}");
}

/* ---- a subscriber ---- */

static void ask(struct load_door *d, const hxp_request *r)
{
    uint8_t buf[1024];
    if (hongxin__v1__request__get_packed_size(r) > sizeof buf)
        tool_die("request", HX_TOOBIG);
    tool_need("send", load_door_send(d, buf, hongxin__v1__request__pack(r, buf)));
}

static void say_hello(struct load_door *d, const char *name)
{
    Hongxin__V1__Hello hello = HONGXIN__V1__HELLO__INIT;
    hxp_request r = HONGXIN__V1__REQUEST__INIT;
    hello.subscriber = hx_text_field(name);
    hello.from = HONGXIN__V1__HELLO__FROM__NOW;
    hello.credit = FEED_CREDIT;
    r.ask_case = HONGXIN__V1__REQUEST__ASK_HELLO;
    r.hello = &hello;
    ask(d, &r);
}

static void give_credit(struct load_door *d, uint32_t add)
{
    Hongxin__V1__Credit credit = HONGXIN__V1__CREDIT__INIT;
    hxp_request r = HONGXIN__V1__REQUEST__INIT;
    credit.add = add;
    r.ask_case = HONGXIN__V1__REQUEST__ASK_CREDIT;
    r.credit = &credit;
    ask(d, &r);
}

static void hear_entry(struct load *l, const ProtobufCBinaryData *bytes, int64_t now)
{
    hxp_entry *e = hongxin__v1__entry__unpack(NULL, bytes->len, bytes->data);
    if (e && e->lsn >= l->first_lsn && e->lsn - l->first_lsn < FEED_MOST) {
        l->heard_us[e->lsn - l->first_lsn] = now;
        l->heard++;
    }
    hongxin__v1__entry__free_unpacked(e, NULL);
}

/* Reads what the feed has sent; returns the number of messages. */
static size_t read_feed(struct load *l)
{
    uint8_t *bytes;
    size_t size, n = 0;
    while (l->feed.socket && load_door_receive_raw(&l->feed, 0, &bytes, &size) == HX_OK) {
        int64_t now = load_mono_us();
        hxp_response *r = hongxin__v1__response__unpack(NULL, size, bytes);
        if (r && r->answer_case == HONGXIN__V1__RESPONSE__ANSWER_ENTRIES) {
            for (size_t i = 0; i < r->entries->n_entries; i++)
                hear_entry(l, &r->entries->entries[i], now);
            give_credit(&l->feed, 1);
        }
        hongxin__v1__response__free_unpacked(r, NULL);
        free(bytes);
        n++;
    }
    return n;
}

/* ---- pace ---- */

static int door_fd(const struct load_door *d)
{
    int fd = -1;
    size_t n = sizeof fd;
    if (d->socket)
        zmq_getsockopt(d->socket, ZMQ_FD, &fd, &n);
    return fd;
}

static void wait_until(const struct load *l, int64_t when)
{
    struct pollfd fds[2] = {{.fd = door_fd(&l->door), .events = POLLIN},
                            {.fd = door_fd(&l->feed), .events = POLLIN}};
    int64_t left = when - load_mono_us();
    struct timespec ts = {left / 1000000, left % 1000000 * 1000};
    if (left > 0)
        ppoll(fds, l->feed.socket ? 2 : 1, &ts, NULL);
}

/* Takes the answers that are there. */
static size_t take_answers(struct load *l, size_t done)
{
    while (done < l->n_letters && load_door_receive(&l->door, 0, on_reply, l, NULL) == HX_OK)
        l->answered_us[done++] = load_mono_us();
    return done;
}

static void print_feed(struct load *l)
{
    int64_t *delay = calloc(l->n_letters, sizeof *delay);
    size_t n = 0;
    for (size_t i = 0; delay && i < l->n_letters; i++) {
        uint64_t at = l->lsn[i] - l->first_lsn;
        if (at < FEED_MOST && l->heard_us[at])
            delay[n++] = l->heard_us[at] - l->sent_us[i];
    }
    printf(", \"heard\": %zu", n);
    if (delay)
        print_times("feed", delay, n);
    free(delay);
}

/* When the generator itself was late, the event counts from when it should have gone. */
static void run_pace(struct load *l, uint64_t rate)
{
    size_t sent = 0, done = 0;
    double cpu = tool_cpu_seconds();
    int64_t begun = load_mono_us(), last = begun;
    while (done < l->n_letters && load_mono_us() - last < SILENCE_MS * INT64_C(1000)) {
        int64_t next = begun + (int64_t)(sent * 1000000 / rate);
        if (sent < l->n_letters && next <= load_mono_us()) {
            send_letter(l, sent++, next);
            last = load_mono_us();
        }
        done = take_answers(l, done);
        if (read_feed(l) == 0)
            wait_until(l, sent < l->n_letters ? begun + (int64_t)(sent * 1000000 / rate)
                                              : load_mono_us() + 1000);
    }
    double seconds = (double)(load_mono_us() - begun) / 1e6;
    for (int i = 0; l->feed.socket && i < 200 && l->heard < l->n_letters; i++) {
        wait_until(l, load_mono_us() + 10000);
        read_feed(l);
    }
    l->cpu = tool_cpu_seconds() - cpu;
    if (done < l->n_letters)
        tool_die("events without an answer", HX_TIMEOUT);
    print_figures(l, seconds);
    if (l->feed.socket)
        print_feed(l);
    puts("}");
}

/* ---- the program ---- */

static const char *key_file; /* NULL = without keys */

static void open_door(struct load_door *d, const char *endpoint)
{
    tool_need(endpoint ? endpoint : "endpoint is missing",
              endpoint ? load_door_open_key(d, endpoint, key_file) : HX_INVALID);
}

static void run_dead(struct load *l, const char *endpoint)
{
    const int one = 1, small = 4096;
    open_door(&l->feed, endpoint);
    zmq_setsockopt(l->feed.socket, ZMQ_RCVHWM, &one, sizeof one);
    zmq_setsockopt(l->feed.socket, ZMQ_RCVBUF, &small, sizeof small);
    say_hello(&l->feed, "dead");
    pause();
}

static void subscribe(struct load *l, const char *endpoint)
{
    uint8_t *welcome;
    size_t size;
    open_door(&l->feed, endpoint);
    say_hello(&l->feed, "bench");
    tool_need("welcome", load_door_receive_raw(&l->feed, SILENCE_MS, &welcome, &size));
    free(welcome);
    l->heard_us = calloc(FEED_MOST, sizeof *l->heard_us);
    if (!l->heard_us)
        tool_die("feed", HX_NOMEM);
}

static void run(struct load *l, int argc, char **argv)
{
    const char *mode = argv[1], *feed = tool_option(argc - 1, argv + 1, "--feed", NULL);
    uint64_t rate = tool_number(argc - 1, argv + 1, "--rate", 1000);
    size_t items = tool_number(argc - 1, argv + 1, "--items", 1);
    uint64_t events = tool_number(argc - 1, argv + 1, "--events", 100000);
    if (strcmp(mode, "pace") == 0)
        events = rate * tool_number(argc - 1, argv + 1, "--seconds", 10);
    if (strcmp(mode, "first") == 0) {
        puts("waiting");
        fflush(stdout);
    }
    probe(l);
    if (strcmp(mode, "first") == 0) {
        printf("{\"first_us\": %" PRId64 "}\n", load_mono_us());
        return;
    }
    make_letters(l, events, items);
    if (strcmp(mode, "flood") == 0) {
        run_flood(l, tool_number(argc - 1, argv + 1, "--window", 64));
        return;
    }
    if (feed)
        subscribe(l, feed);
    run_pace(l, rate);
}

int main(int argc, char **argv)
{
    static struct load l;
    char config[4096];
    int kind = argc > 1 ? lives_kind(tool_option(argc - 1, argv + 1, "--what", "reports")) : -1;
    if (kind < 0)
        tool_die("usage: bench_load flood|pace|first|dead --endpoint E --config FOLDER …", 2);
    key_file = tool_option(argc - 1, argv + 1, "--key", NULL);
    if (strcmp(argv[1], "dead") == 0) {
        run_dead(&l, tool_option(argc - 1, argv + 1, "--feed", NULL));
        return 0;
    }
    snprintf(config, sizeof config, "%s/city",
             tool_option(argc - 1, argv + 1, "--config", "config"));
    tool_need(config, load_city_open(&l.city, config));
    l.lives = (struct lives){.city = &l.city,
                             .kind = (enum life_kind)kind,
                             .tag = tool_option(argc - 1, argv + 1, "--tag", "bench"),
                             .open_cases = tool_number(argc - 1, argv + 1, "--open", 0)};
    open_door(&l.door, tool_option(argc - 1, argv + 1, "--endpoint", NULL));
    run(&l, argc, argv);
    load_door_close(&l.feed);
    load_door_close(&l.door);
    load_city_close(&l.city);
    return 0;
}
