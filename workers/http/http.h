/* The HTTP server of the workers: a strict HTTP/1.1 on libevent, for doors that stand behind nginx
 * or HAProxy.
 *
 *   static const struct http_route routes[] = {{"POST", "/v1/complaints", report, 0},
 *                                              {"GET", "/v1/complaints/{number}", query, 0}};
 *   const struct http_options o = {.listen = "127.0.0.1:54330", .routes = routes, .n_routes = 2};
 *   if (http_server_open(base, &o, &server, &problem) == HX_OK)
 *       event_base_dispatch(base);
 *
 * A handler gets a whole request, body and all, and answers it exactly once: at once, or later from
 * any other callback of the same loop. The request lives until then, also when its client is gone;
 * what is answered to nobody is thrown away. Everything that a client can make large, many or slow
 * has a limit (limits.h), and each refusal is an RFC 9457 problem with a code, counted by that
 * code.
 *
 * One thread: that of the event loop. Texts are UTF-8 and NUL-terminated. */
#ifndef HTTP_HTTP_H
#define HTTP_HTTP_H

#include "config/reading/problem.h"
#include "hongxin/error.h"
#include "http/limits.h"
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct event_base;
struct evbuffer;
struct http_server;  /* opaque */
struct http_request; /* opaque */

typedef void http_handler(void *arg, struct http_request *request);

/* A path is matched segment by segment; "{name}" matches any one segment, "*" at the end the rest.
 * The first route that fits path and method is taken; HEAD is answered by GET's. A path that is
 * there with other methods is 405 with them in Allow, whatever a "*" behind it would take. */
enum http_route_flags {
    HTTP_OPEN = 1,  /* `admit` is not asked: for health, pages, what everybody may see */
    HTTP_QUIET = 2, /* not counted against a client's rate: for monitoring */
};
struct http_route {
    const char *method, *path;
    http_handler *handle;
    unsigned flags;
};

/* Asked when the head of a request is there, before its body is read. False: it has answered (a
 * problem), and the connection is closed. */
typedef bool http_admit(void *arg, struct http_request *request);

/* NULL: all is well; otherwise what is not, in English, for /healthz. */
typedef const char *http_health(void *arg);

/* Writes figures behind the server's own in /metrics, see figures.h. */
typedef void http_figures(void *arg, struct evbuffer *out);

struct http_options {
    const char *name;   /* of the worker, in figures: "hotline" */
    const char *listen; /* "127.0.0.1:54330", "[::1]:0" or "unix:/run/hongxin/hotline.sock" */
    /* Our proxy is in front: who connects is the proxy, and the client's address is the last one in
     * X-Forwarded-For. Otherwise that header means nothing. */
    bool proxied;
    const struct http_limits *limits; /* NULL: the defaults */
    const struct http_route *routes;  /* kept, not copied */
    size_t n_routes;
    http_admit *admit;     /* NULL: everybody */
    http_health *health;   /* NULL: always well */
    http_figures *figures; /* NULL: none */
    void *arg;             /* of all of them and of the handlers */
};

/* Begins to listen. GET /healthz and GET /metrics are there by themselves; figures are for this
 * machine: whoever comes through a proxy that says so (X-Forwarded-For, Via …) is answered 404.
 * HX_CONFIG with the problem: not an address. HX_IO: it cannot be had (in use, no right). HX_NOMEM.
 */
HX_CHECK int http_server_open(struct event_base *base, const struct http_options *options,
                              struct http_server **out, struct hx_problem *problem);

/* Where it listens, with the port that the system chose: "127.0.0.1:41234". */
const char *http_server_address(const struct http_server *server);

/* Ends gracefully: takes no more connections, closes the idle ones, lets begun requests end within
 * `stop_ms`, closes the rest, then calls `stopped` (may be NULL) from the loop. */
void http_server_stop(struct http_server *server, void (*stopped)(void *arg), void *arg);

/* Ends at once. Requests that were not answered yet must be answered no more. NULL is allowed. */
void http_server_close(struct http_server *server);

/* ---- a request: what came in ---- */

const char *http_method(const struct http_request *request);
const char *http_path(const struct http_request *request);   /* decoded */
const char *http_target(const struct http_request *request); /* as it was sent, with its query */
const char *http_client(const struct http_request *request); /* address: "192.0.2.7", "local" */

/* A header's value, "" when it is missing. `several`, when not NULL, says whether there are more.
 */
const char *http_get_header(const struct http_request *request, const char *name, bool *several);

/* What stood at the i-th "{…}" or "*" of the route, decoded; "" when there is none. */
const char *http_param(const struct http_request *request, unsigned i);

/* A value of the query, see http_query_get(). */
bool http_query(const struct http_request *request, const char *name, char *out, size_t size);
bool http_has_query(const struct http_request *request, const char *name);

const char *http_body(const struct http_request *request, size_t *size); /* a NUL follows it */

/* The body as a JSON object, to be given back with json_decref(). NULL: it was not one within the
 * limits, and the request is answered: 415 NOT_JSON, 400 BAD_JSON, 422 NUL_IN_TEXT (with line and
 * column, never with what stands there), 400 JSON_TOO_DEEP, JSON_NOT_AN_OBJECT. */
json_t *http_json(struct http_request *request);

/* A place for the worker's own, given back by http_note(); not freed. */
void http_set_note(struct http_request *request, void *note);
void *http_note(const struct http_request *request);

/* True when nobody waits for the answer any more. It has to be given all the same. */
bool http_is_gone(const struct http_request *request);

/* ---- a request: the answer ---- */

/* A header of the answer, before it is given; the value is copied, control characters in it become
 * blanks. */
void http_set_header(struct http_request *request, const char *name, const char *value);
/* Whether the answer has it already. */
bool http_is_set(const struct http_request *request, const char *name);

/* Ends the request; it must not be used afterwards. `type` NULL: no body. A large text goes as gzip
 * to whoever takes it (gzip.h). A 503 has "Retry-After: 1" unless that was set. */
void http_answer(struct http_request *request, int status, const char *type, const void *body,
                 size_t size);
/* Takes the reference to `body`. */
void http_answer_json(struct http_request *request, int status, json_t *body);

/* 200 with what changes seldom and is the same for everybody who may see it, such as the city: the
 * client keeps it (ETag), asks each time, and is answered 304 while it is what he has. */
void http_answer_kept(struct http_request *request, const char *type, const void *body,
                      size_t size);
void http_answer_json_kept(struct http_request *request, json_t *body); /* takes the reference */

/* application/problem+json with `code` and a text for people, and as `zh` the code in Chinese where
 * hongxin/code.h has it; never quotes what came in. */
void http_problem(struct http_request *request, int status, const char *code, const char *format,
                  ...) HX_PRINTF(4, 5);
/* The same with a body that is made already, whose reference is taken. */
void http_answer_problem(struct http_request *request, int status, const char *code, json_t *body);
/* A problem's body; of one part of a batch, or to be added to. A new reference, NULL without
 * memory. */
json_t *http_problem_json(int status, const char *code, const char *text);

/* Somebody brought a wrong secret: counts against his address, see http_unauthorized(). */
void http_count_failure(struct http_request *request);

/* Somebody was refused for a wrong secret: counts against his address, which after
 * `failures_per_minute` is answered 429 unheard for a while. Answers 401 with `challenge`. */
void http_unauthorized(struct http_request *request, const char *challenge, const char *code);

/* ---- an answer without an end ---- */

/* For streams such as server-sent events: the request is over, bytes follow as long as both sides
 * want. A client that does not take them (`stream_bytes` wait, or it has taken nothing of what
 * waits for `write_ms`) is dropped. */
struct http_stream; /* opaque */

/* It is over, whoever ended it but http_stream_close(): the stream must not be used any more. May
 * be called from inside http_stream_write() and must not end other streams. */
typedef void http_stream_ended(void *arg);

/* Begins it with the headers that were set. NULL: nobody waits any more, or a HEAD: the request is
 * answered and `ended` is not called. */
struct http_stream *http_stream_begin(struct http_request *request, const char *type,
                                      http_stream_ended *ended, void *arg);

/* False: it has just ended, and `ended` has been called. The bytes are copied; none: nothing. */
bool http_stream_write(struct http_stream *stream, const void *bytes, size_t size);

/* Bytes that the client has not taken yet. Whoever lets it take them before he writes more never
 * has it dropped for being slow, however long that takes, and is called when it has: not from
 * inside http_stream_write(). */
size_t http_stream_waiting(const struct http_stream *stream);
typedef void http_stream_taken(void *arg);
void http_stream_when_taken(struct http_stream *stream, http_stream_taken *taken);

/* The last bytes are sent, then the connection is closed; `ended` is not called. */
void http_stream_close(struct http_stream *stream);

#endif
