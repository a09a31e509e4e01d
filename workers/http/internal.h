/* Inside the server: what a connection and a request are, and who does what.
 *
 *   server.c      listening, accepting, stopping
 *   connection.c  bytes: reading within limits and deadlines, writing, closing
 *   request.c     from a head to a handler: routes, the client's address, rates
 *   answer.c      from an answer to bytes
 *   stream.c      answers without an end
 *
 * Ownership: the server owns its connections and requests. A connection has at most one request
 * under way; what a client sends behind it waits in the kernel. A request whose connection ended is
 * an orphan: it stays until its handler answers it. */
#ifndef HTTP_INTERNAL_H
#define HTTP_INTERNAL_H

#include "http/figures.h"
#include "http/head.h"
#include "http/http.h"
#include "http/rate.h"
#include <event2/event.h>
#include <event2/event_struct.h>
#include <event2/listener.h>
#include <sys/queue.h>
#include <sys/time.h>

enum {
    HTTP_PARAMS_MAX = 4,
    HTTP_EXTRA_MAX = 1024, /* further headers of an answer */
    HTTP_READ_MAX = 65536, /* taken from a socket at a time, and kept of what comes too early */
    HTTP_CLIENT_MAX = 64,
    HTTP_ID_MAX = 40,
    HTTP_LINGER_MS = 2000, /* a closed connection is still read, so that the answer arrives */
    HTTP_LINGER_BYTES = 1 << 20,
};

enum http_wait { /* for what a connection's timer runs */
                 HTTP_WAIT_IDLE,
                 HTTP_WAIT_REQUEST,
                 HTTP_WAIT_ANSWER,
                 HTTP_WAIT_WRITE,
                 HTTP_WAIT_LINGER,
                 HTTP_WAIT_STREAM, /* for nothing: until there is more to send */
                 HTTP_WAITS
};

struct http_connection {
    TAILQ_ENTRY(http_connection) link, idle_link;
    struct http_server *server;
    int fd;
    struct event read, write, timer;
    struct evbuffer *in, *out;
    enum http_wait wait;
    bool idle; /* in the server's list of idle ones */
    bool advancing, dead, eof, close_after;
    unsigned holds; /* of those who work on it now; a dead one is freed with the last */
    size_t seen;    /* of a head that is not whole yet */
    uint64_t served, lingered;
    struct http_request *request;
    struct http_stream *stream; /* its answer has no end */
    /* of a body */
    uint64_t left; /* bytes of this piece */
    enum { PIECE_WHOLE, PIECE_SIZE, PIECE_DATA, PIECE_END, PIECE_LAST } piece; /* where it stands */
    char peer[HTTP_CLIENT_MAX];
};

struct http_request {
    TAILQ_ENTRY(http_request) link;
    struct http_server *server;
    struct http_connection *connection; /* NULL: an orphan */
    struct http_head head;
    char *bytes;        /* the head, NULs inside */
    char *path, *query; /* decoded; not decoded; one block, owned by path */
    char *segments;     /* the path once more, cut for params; owned */
    const char *params[HTTP_PARAMS_MAX];
    char *body;
    size_t body_size, body_room;
    const struct http_route *route;
    bool waits; /* counted in the server's `waiting` */
    int64_t began_us;
    void *note;
    char client[HTTP_CLIENT_MAX], id[HTTP_ID_MAX];
    char extra[HTTP_EXTRA_MAX];
    size_t extra_size;
};

TAILQ_HEAD(http_connections, http_connection);
TAILQ_HEAD(http_requests, http_request);

struct http_server {
    struct http_options options;
    struct http_limits limits;
    struct event_base *base;
    struct evconnlistener *listener;
    struct event *resume, *stop; /* timers: accept again; end of patience */
    char address[128], socket_path[108];
    struct http_connections connections, idle;
    struct http_requests requests;           /* all there are */
    uint64_t n_connections, waiting, bodies; /* bodies: bytes */
    const struct timeval *timeouts[HTTP_WAITS];
    bool stopping, paused;
    void (*stopped)(void *arg);
    void *stopped_arg;
    struct http_rates *rates, *failures;
    struct http_figures_store figures;
    uint64_t id_base, id_next;
    int64_t date_at;
    char date[32];
};

/* ---- connection.c ---- */

/* Takes over the descriptor. */
void connection_open(struct http_server *server, int fd, const char *peer);
/* For those who hold it: it is over, and freed when all have let go. */
void connection_close(struct http_connection *c);
/* For those who do not. */
void connection_end(struct http_connection *c);
/* Writes what stands in `out`; then it waits for the next request, or closes. */
void connection_flush(struct http_connection *c);
/* The request is answered: writes, and goes on with the next one. */
void connection_answered(struct http_connection *c);
/* The request is answered by a stream: writes what there is, and goes on with nothing else. */
void connection_streams(struct http_connection *c);
void connection_hold(struct http_connection *c);
void connection_release(struct http_connection *c);

/* ---- request.c ---- */

/* From the bytes of a head: false when it was refused (and answered) at once. */
bool request_begin(struct http_connection *c, const char *head, size_t size);
/* The body is whole: to the handler. */
void request_dispatch(struct http_request *r);
void request_free(struct http_request *r);
void request_orphan(struct http_request *r);

/* ---- answer.c ---- */

/* A refusal that ends the connection: what follows cannot be told apart any more. The request, if
 * there is one, is freed. */
void connection_refuse(struct http_connection *c, int status, const char *code);
const char *http_reason(int status);

/* First line and headers of an answer whose end nobody knows. */
void answer_head(struct http_request *r, const char *type, bool chunked);

/* ---- stream.c ---- */

/* Its connection is gone. */
void stream_gone(struct http_stream *stream);
/* Its client has taken everything that waited. */
void stream_taken(struct http_stream *stream);

/* ---- server.c ---- */

void server_connection_ended(struct http_server *server);
void health_answer(void *server, struct http_request *request);
void figures_answer(void *server, struct http_request *request);

#endif
