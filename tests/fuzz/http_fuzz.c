/* Bytes from a network into the HTTP server, through a real socket: whatever comes, the connection
 * ends, nothing of it stays, and a handler sees only what was framed without doubt. */
#include "base/log.h"
#include "fuzz.h"
#include "http/internal.h"

#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void look(void *arg, struct http_request *r)
{
    size_t size;
    const char *body = http_body(r, &size);
    char text[64];
    (void)arg;
    if (strlen(http_path(r)) == 0 || *http_path(r) != '/' || body[size] != '\0')
        abort();
    (void)http_query(r, "ref", text, sizeof text);
    json_t *o = http_json(r);
    if (o)
        http_answer_json(r, 200, o);
}

static const struct http_route routes[] = {
    {"GET", "/a/{b}", look, 0}, {"POST", "/a/{b}/c/{d}", look, 0}, {"POST", "/*", look, 0}};

static struct http_server *server_of(struct event_base **base)
{
    static struct http_server *server;
    static struct event_base *loop;
    static struct http_limits limits;
    struct hx_problem problem;
    if (!server) {
        signal(SIGPIPE, SIG_IGN);
        http_limits_default(&limits);
        limits.body_bytes = 2048;
        limits.header_bytes = 1024;
        limits.requests_per_second = limits.burst = 1000000;
        loop = event_base_new();
        const struct http_options o = {.name = "fuzz",
                                       .listen = "127.0.0.1:0",
                                       .proxied = true,
                                       .limits = &limits,
                                       .routes = routes,
                                       .n_routes = sizeof routes / sizeof *routes};
        if (!loop || http_server_open(loop, &o, &server, &problem) != HX_OK)
            abort();
        hx_log_level_set(HX_LOG_ERROR);
    }
    *base = loop;
    return server;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct event_base *base;
    struct http_server *server = server_of(&base);
    int pair[2];
    char sink[4096];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) != 0)
        abort();
    connection_open(server, pair[0], "local");
    size_t half = size / 2;
    ssize_t n = send(pair[1], data, half, MSG_NOSIGNAL);
    event_base_loop(base, EVLOOP_NONBLOCK);
    n = send(pair[1], data + half, size - half, MSG_NOSIGNAL);
    (void)n;
    shutdown(pair[1], SHUT_WR);
    for (int i = 0; i < 1000 && server->n_connections > 0; i++) {
        event_base_loop(base, EVLOOP_NONBLOCK);
        while (recv(pair[1], sink, sizeof sink, 0) > 0)
            ;
    }
    close(pair[1]);
    if (server->n_connections > 0 || server->waiting > 0 || !TAILQ_EMPTY(&server->requests))
        abort();
    return 0;
}
