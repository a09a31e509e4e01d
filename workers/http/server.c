/* The server: where it listens, whom it takes, how it ends. */
#include "base/log.h"
#include "base/text.h"
#include "http/internal.h"

#include <errno.h>
#include <event2/buffer.h>
#include <inttypes.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { BACKLOG = 1024, RESUME_MS = 200 };

/* ---- accepting ---- */

static void pause_accepting(struct http_server *s)
{
    static const struct timeval later = {0, RESUME_MS * 1000};
    if (!s->paused)
        evconnlistener_disable(s->listener);
    s->paused = true;
    event_add(s->resume, &later);
}

static void on_resume(evutil_socket_t fd, short what, void *arg)
{
    struct http_server *s = arg;
    (void)fd;
    (void)what;
    if (s->paused && !s->stopping)
        evconnlistener_enable(s->listener);
    s->paused = false;
}

/* Out of descriptors, mostly. Without a pause the loop would spin. */
static void on_accept_error(struct evconnlistener *listener, void *arg)
{
    struct http_server *s = arg;
    (void)listener;
    if (s->figures.refused++ % 100 == 0)
        hx_log_errno(HX_LOG_WARN, "event=accept_failed open=%" PRIu64, s->n_connections);
    pause_accepting(s);
}

static void name_peer(const struct sockaddr *address, int size, char out[HTTP_CLIENT_MAX])
{
    if (address->sa_family == AF_UNIX ||
        getnameinfo(address, (socklen_t)size, out, HTTP_CLIENT_MAX, NULL, 0, NI_NUMERICHOST) != 0)
        hx_text_put(out, HTTP_CLIENT_MAX, "local");
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *address,
                      int size, void *arg)
{
    struct http_server *s = arg;
    char peer[HTTP_CLIENT_MAX];
    int one = 1;
    (void)listener;
    if (s->n_connections >= s->limits.connections && !TAILQ_EMPTY(&s->idle)) {
        s->figures.evicted++;
        connection_end(TAILQ_FIRST(&s->idle));
    }
    if (s->n_connections >= s->limits.connections) {
        s->figures.refused++;
        close(fd);
        pause_accepting(s);
        return;
    }
    name_peer(address, size, peer);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one,
               sizeof one); /* fails on local sockets: no matter */
    connection_open(s, fd, peer);
}

/* ---- addresses ---- */

static int not_an_address(const char *listen, struct hx_problem *problem)
{
    return hx_problem_set(problem, "\"%.120s\" is not ADDRESS:PORT, [ADDRESS]:PORT or unix:PATH",
                          listen);
}

static int cannot_listen(const char *listen, struct hx_problem *problem)
{
    (void)hx_problem_set(problem, "cannot listen on %.120s: %s", listen, strerror(errno));
    return HX_IO;
}

/* A socket file that nobody listens on any more is left over from a kill. */
static void remove_stale(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct stat st;
    if (fd < 0)
        return;
    if (connect(fd, (const struct sockaddr *)address, sizeof *address) != 0 &&
        errno == ECONNREFUSED && stat(address->sun_path, &st) == 0 && S_ISSOCK(st.st_mode))
        unlink(address->sun_path);
    close(fd);
}

static int listen_on(struct http_server *s, const struct sockaddr *address, int size)
{
    s->listener = evconnlistener_new_bind(
        s->base, on_accept, s, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE,
        BACKLOG, address, size);
    if (!s->listener)
        return HX_IO;
    evconnlistener_set_error_cb(s->listener, on_accept_error);
    return HX_OK;
}

static int listen_local(struct http_server *s, const char *path, struct hx_problem *problem)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (!*path || strlen(path) >= sizeof address.sun_path)
        return not_an_address(s->options.listen, problem);
    hx_text_put(address.sun_path, sizeof address.sun_path, path);
    remove_stale(&address);
    mode_t before = umask(0117); /* the proxy's group may connect */
    int rc = listen_on(s, (const struct sockaddr *)&address, sizeof address);
    umask(before);
    if (rc)
        return cannot_listen(s->options.listen, problem);
    hx_text_put(s->socket_path, sizeof s->socket_path, path);
    hx_text_put(s->address, sizeof s->address, s->options.listen);
    return HX_OK;
}

static void name_address(struct http_server *s)
{
    struct sockaddr_storage own = {0};
    socklen_t size = sizeof own;
    char host[64], port[16];
    if (getsockname(evconnlistener_get_fd(s->listener), (struct sockaddr *)&own, &size) == 0 &&
        getnameinfo((struct sockaddr *)&own, size, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) == 0)
        snprintf(s->address, sizeof s->address, own.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s",
                 host, port);
}

static int listen_tcp(struct http_server *s, struct hx_problem *problem)
{
    struct sockaddr_storage address;
    int size = sizeof address;
    const char *listen = s->options.listen, *colon = strrchr(listen, ':');
    char *end;
    unsigned long port = colon ? strtoul(colon + 1, &end, 10) : 65536;
    char text[128];
    if (!colon || colon[1] < '0' || colon[1] > '9' || *end || port > 65535)
        return not_an_address(listen, problem);
    /* libevent takes no port 0 in a text: it is put in behind */
    snprintf(text, sizeof text, "%.*s:%lu", (int)(colon - listen), listen, port ? port : 1);
    if (evutil_parse_sockaddr_port(text, (struct sockaddr *)&address, &size) != 0)
        return not_an_address(listen, problem);
    if (port == 0 && address.ss_family == AF_INET6)
        ((struct sockaddr_in6 *)&address)->sin6_port = 0;
    else if (port == 0)
        ((struct sockaddr_in *)&address)->sin_port = 0;
    if (listen_on(s, (struct sockaddr *)&address, size))
        return cannot_listen(listen, problem);
    name_address(s);
    return HX_OK;
}

/* ---- life ---- */

static void on_stop_over(evutil_socket_t fd, short what, void *arg)
{
    struct http_server *s = arg;
    struct http_connection *c, *next;
    (void)fd;
    (void)what;
    for (c = TAILQ_FIRST(&s->connections); c; c = next) {
        next = TAILQ_NEXT(c, link);
        connection_end(c);
    }
    if (s->stopped && s->n_connections == 0)
        s->stopped(s->stopped_arg);
    s->stopped = NULL;
}

static const struct timeval *timeout(struct event_base *base, uint64_t ms)
{
    const struct timeval t = {(time_t)(ms / 1000), (suseconds_t)(ms % 1000 * 1000)};
    return event_base_init_common_timeout(base, &t);
}

static bool make_timers(struct http_server *s)
{
    const struct http_limits *l = &s->limits;
    s->timeouts[HTTP_WAIT_IDLE] = timeout(s->base, l->idle_ms);
    s->timeouts[HTTP_WAIT_REQUEST] = timeout(s->base, l->request_ms);
    s->timeouts[HTTP_WAIT_ANSWER] = timeout(s->base, l->answer_ms);
    s->timeouts[HTTP_WAIT_WRITE] = timeout(s->base, l->write_ms);
    s->timeouts[HTTP_WAIT_LINGER] = timeout(s->base, HTTP_LINGER_MS);
    for (size_t i = 0; i < HTTP_WAIT_STREAM; i++)
        if (!s->timeouts[i])
            return false;
    s->resume = evtimer_new(s->base, on_resume, s);
    s->stop = evtimer_new(s->base, on_stop_over, s);
    s->rates = http_rates_new(l->requests_per_second, 1000, l->burst);
    s->failures = http_rates_new(l->failures_per_minute, 60000, l->failures_per_minute);
    return s->resume && s->stop && s->rates && s->failures;
}

int http_server_open(struct event_base *base, const struct http_options *o,
                     struct http_server **out, struct hx_problem *problem)
{
    struct http_server *s = calloc(1, sizeof *s);
    *out = NULL;
    if (!s)
        return HX_NOMEM;
    s->options = *o;
    s->base = base;
    TAILQ_INIT(&s->connections);
    TAILQ_INIT(&s->idle);
    TAILQ_INIT(&s->requests);
    if (o->limits)
        s->limits = *o->limits;
    else
        http_limits_default(&s->limits);
    evutil_secure_rng_get_bytes(&s->id_base, sizeof s->id_base);
    int rc = make_timers(s) ? HX_OK : HX_NOMEM;
    if (!rc)
        rc = strncmp(o->listen, "unix:", 5) == 0 ? listen_local(s, o->listen + 5, problem)
                                                 : listen_tcp(s, problem);
    if (rc) {
        http_server_close(s);
        return rc;
    }
    *out = s;
    return HX_OK;
}

const char *http_server_address(const struct http_server *s)
{
    return s->address;
}

void http_server_stop(struct http_server *s, void (*stopped)(void *arg), void *arg)
{
    const struct timeval patience = {(time_t)(s->limits.stop_ms / 1000),
                                     (suseconds_t)(s->limits.stop_ms % 1000 * 1000)};
    struct http_connection *c, *next;
    if (s->stopping)
        return;
    s->stopping = true;
    s->stopped = stopped;
    s->stopped_arg = arg;
    evconnlistener_disable(s->listener);
    event_add(s->stop, &patience);
    for (c = TAILQ_FIRST(&s->connections); c; c = next) {
        next = TAILQ_NEXT(c, link);
        if (c->stream)
            connection_end(c); /* its client comes back by itself */
    }
    for (c = TAILQ_FIRST(&s->idle); c; c = next) {
        next = TAILQ_NEXT(c, idle_link);
        connection_end(c);
    }
    if (s->n_connections == 0)
        event_active(s->stop, EV_TIMEOUT, 1);
}

void server_connection_ended(struct http_server *s)
{
    s->n_connections--;
    if (s->stopping && s->n_connections == 0)
        event_active(s->stop, EV_TIMEOUT, 1);
}

void http_server_close(struct http_server *s)
{
    if (!s)
        return;
    s->stopping = true;
    while (!TAILQ_EMPTY(&s->connections))
        connection_end(TAILQ_FIRST(&s->connections));
    while (!TAILQ_EMPTY(&s->requests))
        request_free(TAILQ_FIRST(&s->requests));
    if (s->listener)
        evconnlistener_free(s->listener);
    if (*s->socket_path)
        unlink(s->socket_path);
    if (s->resume)
        event_free(s->resume);
    if (s->stop)
        event_free(s->stop);
    http_rates_free(s->rates);
    http_rates_free(s->failures);
    free(s);
}

/* ---- what each worker has ---- */

void health_answer(void *server, struct http_request *r)
{
    struct http_server *s = server;
    const char *what = s->options.health ? s->options.health(s->options.arg) : NULL;
    if (s->stopping && !what)
        what = "stopping";
    if (what) {
        http_problem(r, 503, "NOT_READY", "%s", what);
        return;
    }
    http_answer_json(r, 200, json_pack("{s:s, s:s}", "status", "ok", "version", HX_VERSION));
}

/* What proxies of every make add; one that adds none of it looks like this machine. */
static bool came_through_a_proxy(const struct http_request *r)
{
    static const char *const signs[] = {"X-Forwarded-For",   "Forwarded", "X-Forwarded-Host",
                                        "X-Forwarded-Proto", "X-Real-IP", "Via"};
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (http_head_get(&r->head, signs[i]))
            return true;
    return false;
}

void figures_answer(void *server, struct http_request *r)
{
    struct http_server *s = server;
    struct evbuffer *out;
    char labels[64];
    if (came_through_a_proxy(r)) {
        http_problem(r, 404, "NO_SUCH_PATH", "there is nothing at this path");
        return;
    }
    out = evbuffer_new();
    if (!out) {
        http_problem(r, 503, "NO_MEMORY", "out of memory");
        return;
    }
    snprintf(labels, sizeof labels, "worker=\"%s\"", s->options.name);
    figures_write(&s->figures, s->options.name, out);
    figures_head(out, "http_connections", "gauge", "Connections open now.");
    figures_line(out, "http_connections", labels, s->n_connections);
    figures_head(out, "http_waiting", "gauge", "Requests that wait for their answers.");
    figures_line(out, "http_waiting", labels, s->waiting);
    if (s->options.figures)
        s->options.figures(s->options.arg, out);
    size_t size = evbuffer_get_length(out);
    http_answer(r, 200, "text/plain; version=0.0.4; charset=utf-8", evbuffer_pullup(out, -1), size);
    evbuffer_free(out);
}
