/* Requests: from a head to its handler, and what a handler can ask about one. */
#include "base/now.h"
#include "base/text.h"
#include "base/utf8.h"
#include "http/internal.h"

#include <arpa/inet.h>
#include <event2/buffer.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- life ---- */

void request_free(struct http_request *r)
{
    TAILQ_REMOVE(&r->server->requests, r, link);
    r->server->waiting -= r->waits;
    r->server->bodies -= r->body_room;
    free(r->bytes);
    free(r->path);
    free(r->segments);
    free(r->body);
    free(r);
}

void request_orphan(struct http_request *r)
{
    if (r->connection)
        r->connection->request = NULL;
    r->connection = NULL;
    if (!r->waits) /* no handler knows it */
        request_free(r);
}

/* ---- who asks ---- */

/* The last address of the list: the one that our own proxy has seen. */
static void forwarded_client(struct http_request *r)
{
    const char *list = http_head_get(&r->head, "X-Forwarded-For"), *last = NULL;
    for (size_t i = 0; i < r->head.n; i++) /* the last header of that name */
        if (strcasecmp(r->head.headers[i].name, "X-Forwarded-For") == 0)
            list = r->head.headers[i].value;
    last = list ? strrchr(list, ',') : NULL;
    last = last ? last + 1 + strspn(last + 1, " \t") : list;
    unsigned char address[16];
    if (last && (inet_pton(AF_INET, last, address) == 1 || inet_pton(AF_INET6, last, address) == 1))
        hx_text_put(r->client, sizeof r->client, last);
}

/* A number of the client's own is kept when it is harmless in a log; else it gets one of ours. */
static void take_id(struct http_request *r)
{
    static const char harmless[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const char *given = http_head_get(&r->head, "X-Request-Id");
    size_t n = given ? strlen(given) : 0;
    if (n > 0 && n < HTTP_ID_MAX && strspn(given, harmless) == n)
        hx_text_put(r->id, sizeof r->id, given);
    else
        snprintf(r->id, sizeof r->id, "%016" PRIx64, r->server->id_base + r->server->id_next++);
}

/* ---- routes ---- */

static bool match_segments(const char *pattern, char *path, struct http_request *r)
{
    unsigned n = 0;
    for (;;) {
        pattern++; /* both stand on a slash */
        path++;
        if (strcmp(pattern, "*") == 0 && n < HTTP_PARAMS_MAX) {
            r->params[n] = path;
            return true;
        }
        size_t want = strcspn(pattern, "/"), have = strcspn(path, "/");
        bool last = pattern[want] == '\0';
        if (last != (path[have] == '\0'))
            return false;
        if (*pattern == '{') {
            if (have == 0 || n == HTTP_PARAMS_MAX)
                return false;
            r->params[n++] = path;
        } else if (want != have || memcmp(pattern, path, want) != 0) {
            return false;
        }
        pattern += want;
        path += have;
        if (last)
            return true;
        if (n > 0 && r->params[n - 1] + have == path)
            *path = '\0'; /* ends the param; the slash is not looked at again */
    }
}

static bool match(const struct http_route *route, struct http_request *r)
{
    memcpy(r->segments, r->path, strlen(r->path) + 1);
    memset(r->params, 0, sizeof r->params);
    return match_segments(route->path, r->segments, r);
}

static bool fits_method(const char *of_route, const char *of_request)
{
    return strcmp(of_route, of_request) == 0 ||
           (strcmp(of_request, "HEAD") == 0 && strcmp(of_route, "GET") == 0);
}

static void allow_too(char allow[128], const char *method)
{
    size_t used = strlen(allow);
    snprintf(allow + used, 128 - used, "%s%s%s", used ? ", " : "", method,
             strcmp(method, "GET") == 0 ? ", HEAD" : "");
}

/* NULL: no path like that; with `allow` filled: the path, but not the method. What a path of its
 * own has is not looked for behind a "*". */
static const struct http_route *find_route(struct http_request *r, const struct http_route *routes,
                                           size_t n, char allow[128])
{
    for (size_t i = 0; i < n; i++) {
        if ((*allow && strchr(routes[i].path, '*')) || !match(&routes[i], r))
            continue;
        if (fits_method(routes[i].method, r->head.method))
            return &routes[i];
        allow_too(allow, routes[i].method);
    }
    return NULL;
}

static const struct http_route own_routes[] = {
    {"GET", "/healthz", NULL, HTTP_OPEN | HTTP_QUIET},
    {"GET", "/metrics", NULL, HTTP_OPEN | HTTP_QUIET},
};

static bool route(struct http_request *r)
{
    char allow[128] = "";
    const struct http_options *o = &r->server->options;
    r->route = find_route(r, own_routes, sizeof own_routes / sizeof *own_routes, allow);
    if (!r->route && !*allow)
        r->route = find_route(r, o->routes, o->n_routes, allow);
    if (r->route)
        return true;
    if (*allow) {
        http_set_header(r, "Allow", allow);
        http_problem(r, 405, "METHOD_NOT_ALLOWED", "allowed here: %s", allow);
    } else {
        http_problem(r, 404, "NO_SUCH_PATH", "there is nothing at this path");
    }
    return false;
}

/* ---- limits of a client ---- */

static bool too_fast(struct http_request *r, uint64_t ms, const char *code)
{
    char seconds[24];
    snprintf(seconds, sizeof seconds, "%" PRIu64, (ms + 999) / 1000);
    http_set_header(r, "Retry-After", seconds);
    http_problem(r, 429, code, "too many from this address; again in %s s", seconds);
    return false;
}

static bool within_rates(struct http_request *r)
{
    struct http_server *s = r->server;
    int64_t now = r->began_us / 1000;
    uint64_t ms;
    if (r->route->flags & HTTP_QUIET)
        return true;
    if ((ms = http_rates_take(s->rates, r->client, now)) > 0)
        return too_fast(r, ms, "TOO_MANY_REQUESTS");
    if (!(r->route->flags & HTTP_OPEN) && (ms = http_rates_look(s->failures, r->client, now)) > 0)
        return too_fast(r, ms, "TOO_MANY_FAILURES");
    return true;
}

static bool within_size(struct http_request *r)
{
    if (r->head.length <= (int64_t)r->server->limits.body_bytes)
        return true;
    http_problem(r, 413, "BODY_TOO_LARGE", "a body has at most %" PRIu64 " bytes",
                 r->server->limits.body_bytes);
    return false;
}

/* ---- beginning ---- */

static struct http_request *request_new(struct http_connection *c, const char *head, size_t size)
{
    struct http_request *r = calloc(1, sizeof *r);
    if (!r)
        return NULL;
    r->server = c->server;
    r->connection = c;
    r->began_us = hx_mono_us();
    TAILQ_INSERT_TAIL(&c->server->requests, r, link);
    c->request = r;
    r->bytes = malloc(size + 1);
    if (r->bytes) {
        memcpy(r->bytes, head, size);
        r->bytes[size] = '\0';
    }
    evbuffer_drain(c->in, size);
    hx_text_put(r->client, sizeof r->client, c->peer);
    return r;
}

static bool take_path(struct http_request *r)
{
    r->path = strdup(r->head.target);
    r->segments = malloc(strlen(r->head.target) + 1);
    return r->path && r->segments && http_path_decode(r->path, &r->query);
}

/* A problem before the body was read closes the connection: what follows is not looked at. */
static bool admit(struct http_request *r)
{
    const struct http_options *o = &r->server->options;
    return route(r) && within_rates(r) && within_size(r) &&
           ((r->route->flags & HTTP_OPEN) || !o->admit || o->admit(o->arg, r));
}

bool request_begin(struct http_connection *c, const char *head, size_t size)
{
    struct http_fault fault = {503, "NO_MEMORY"};
    struct http_request *r = request_new(c, head, size);
    if (!r || !r->bytes ||
        !http_head_parse(r->bytes, size, c->server->limits.headers, &r->head, &fault)) {
        connection_refuse(c, fault.status, fault.code);
        return false;
    }
    if (!take_path(r)) {
        connection_refuse(c, 400, "BAD_PATH");
        return false;
    }
    if (c->server->options.proxied)
        forwarded_client(r);
    take_id(r);
    c->close_after = !r->head.keep_alive || c->server->stopping ||
                     c->served + 1 >= c->server->limits.requests_per_connection;
    bool closes = c->close_after;
    c->close_after = closes || r->head.length > 0 || r->head.chunked; /* unless a body is read */
    if (!admit(r))
        return false;
    c->close_after = closes;
    return true;
}

static void dispatch_own(struct http_request *r)
{
    if (strcmp(r->route->path, "/healthz") == 0)
        health_answer(r->server, r);
    else
        figures_answer(r->server, r);
}

void request_dispatch(struct http_request *r)
{
    struct http_server *s = r->server;
    r->began_us = hx_mono_us();
    if (s->waiting >= s->limits.at_once) {
        http_problem(r, 503, "BUSY", "too many requests wait for their answers");
        return;
    }
    s->waiting++;
    r->waits = true;
    if (r->route->handle)
        r->route->handle(s->options.arg, r);
    else
        dispatch_own(r);
}

/* ---- what a handler asks ---- */

const char *http_method(const struct http_request *r)
{
    return r->head.method;
}

const char *http_path(const struct http_request *r)
{
    return r->path;
}

const char *http_target(const struct http_request *r)
{
    return r->head.target;
}

const char *http_client(const struct http_request *r)
{
    return r->client;
}

const char *http_get_header(const struct http_request *r, const char *name, bool *several)
{
    const char *value = http_head_get(&r->head, name);
    size_t n = 0;
    for (size_t i = 0; several && i < r->head.n; i++)
        n += strcasecmp(r->head.headers[i].name, name) == 0;
    if (several)
        *several = n > 1;
    return value ? value : "";
}

const char *http_param(const struct http_request *r, unsigned i)
{
    return i < HTTP_PARAMS_MAX && r->params[i] ? r->params[i] : "";
}

bool http_query(const struct http_request *r, const char *name, char *out, size_t size)
{
    return http_query_get(r->query, name, out, size);
}

bool http_has_query(const struct http_request *r, const char *name)
{
    return http_query_has(r->query, name);
}

const char *http_body(const struct http_request *r, size_t *size)
{
    *size = r->body_size;
    return r->body ? r->body : "";
}

void http_set_note(struct http_request *r, void *note)
{
    r->note = note;
}

void *http_note(const struct http_request *r)
{
    return r->note;
}

bool http_is_gone(const struct http_request *r)
{
    return r->connection == NULL;
}
