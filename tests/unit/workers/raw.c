#include "unit/workers/raw.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

int64_t raw_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void hello(void *arg, struct http_request *r)
{
    ((struct raw *)arg)->handled++;
    http_answer(r, 200, "text/plain", "hello", 5);
}

static void echo(void *arg, struct http_request *r)
{
    size_t size;
    const char *body = http_body(r, &size);
    ((struct raw *)arg)->handled++;
    http_answer(r, 200, "application/octet-stream", body, size);
}

static void later(void *arg, struct http_request *r)
{
    struct raw *t = arg;
    t->handled++;
    t->waiting = r;
}

static void read_json(void *arg, struct http_request *r)
{
    json_t *o = http_json(r);
    ((struct raw *)arg)->handled++;
    if (o)
        http_answer_json(r, 200, o);
}

static void thing(void *arg, struct http_request *r)
{
    char text[256];
    ((struct raw *)arg)->handled++;
    snprintf(text, sizeof text, "%s|%s|%s", http_param(r, 0), http_param(r, 1), http_client(r));
    http_answer(r, 200, "text/plain", text, strlen(text));
}

static const struct http_route routes[] = {
    {"GET", "/hello", hello, 0},
    {"POST", "/echo", echo, 0},
    {"POST", "/later", later, 0},
    {"POST", "/json", read_json, 0},
    {"GET", "/thing/{a}/part/{b}", thing, 0},
};

void raw_begin(struct raw *t)
{
    signal(SIGPIPE, SIG_IGN);
    *t = (struct raw){.base = event_base_new()};
    assert_non_null(t->base);
    http_limits_default(&t->limits);
    t->options = (struct http_options){.name = "test",
                                       .listen = "127.0.0.1:0",
                                       .limits = &t->limits,
                                       .routes = routes,
                                       .n_routes = sizeof routes / sizeof *routes,
                                       .arg = t};
}

void raw_open(struct raw *t)
{
    struct hx_problem problem = {""};
    int rc = http_server_open(t->base, &t->options, &t->server, &problem);
    if (rc)
        fail_msg("%s", problem.text);
}

void raw_close(struct raw *t)
{
    http_server_close(t->server);
    event_base_free(t->base);
}

int raw_connect(struct raw *t)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    to.sin_port = htons((uint16_t)atoi(strrchr(http_server_address(t->server), ':') + 1));
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

/* The server may have closed already, having seen enough. */
void raw_send(int fd, const void *bytes, size_t size)
{
    ssize_t n = send(fd, bytes, size, MSG_NOSIGNAL);
    (void)n;
}

void raw_turn(struct raw *t)
{
    struct timespec little = {0, 200000};
    event_base_loop(t->base, EVLOOP_NONBLOCK);
    nanosleep(&little, NULL); /* leaves the processor to others while a condition is waited for */
}

char *raw_read(struct raw *t, int fd, const char *until, bool *closed)
{
    size_t size = 0, room = 1 << 22;
    char *text = malloc(room + 1);
    int64_t end = raw_now() + 60000;
    assert_non_null(text);
    *closed = false;
    *text = '\0';
    while (!*closed && !(until && strstr(text, until))) {
        event_base_loop(t->base, EVLOOP_NONBLOCK);
        struct pollfd p = {.fd = fd, .events = POLLIN};
        if (poll(&p, 1, 1) == 1) {
            ssize_t n = recv(fd, text + size, room - size, 0);
            *closed = n <= 0;
            size += n > 0 ? (size_t)n : 0;
            text[size] = '\0';
        }
        if (raw_now() > end)
            fail_msg("no end after a minute: %s", text);
    }
    return text;
}

char *raw_talk(struct raw *t, const void *bytes, size_t size)
{
    bool closed;
    int fd = raw_connect(t);
    raw_send(fd, bytes, size);
    char *text = raw_read(t, fd, NULL, &closed);
    close(fd);
    return text;
}

int raw_status(const char *answer)
{
    return strncmp(answer, "HTTP/1.1 ", 9) == 0 ? atoi(answer + 9) : 0;
}
