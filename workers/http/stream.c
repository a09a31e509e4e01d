/* Answers without an end: in chunks, or for a client of HTTP/1.0 until the connection closes. */
#include "http/internal.h"

#include <event2/buffer.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct http_stream {
    struct http_connection *connection;
    http_stream_ended *ended;
    http_stream_taken *taken; /* NULL: nobody asks */
    void *arg;
    bool chunked;
};

struct http_stream *http_stream_begin(struct http_request *r, const char *type,
                                      http_stream_ended *ended, void *arg)
{
    struct http_connection *c = r->connection;
    struct http_stream *s = NULL;
    if (c && strcmp(r->head.method, "HEAD") != 0)
        s = calloc(1, sizeof *s);
    if (!s) {
        http_answer(r, 200, type, "", 0);
        return NULL;
    }
    *s = (struct http_stream){
        .connection = c, .ended = ended, .arg = arg, .chunked = r->head.minor > 0};
    answer_head(r, type, s->chunked);
    c->stream = s;
    connection_hold(c); /* what is written at once may fail: `s` is looked at first */
    request_free(r);
    connection_streams(c);
    bool over = c->dead;
    if (over) {
        c->stream = NULL;
        free(s);
    }
    connection_release(c);
    return over ? NULL : s;
}

void stream_gone(struct http_stream *s)
{
    s->connection->stream = NULL;
    s->ended(s->arg);
    free(s);
}

/* What the socket does not take at once waits in the buffer; thousands of pages that keep up cost
 * one call each and no copy. */
static void put(const struct http_stream *s, const void *bytes, size_t size, bool behind)
{
    struct http_connection *c = s->connection;
    char head[24];
    int n = s->chunked ? snprintf(head, sizeof head, "%zx\r\n", size) : 0;
    struct iovec parts[] = {{head, (size_t)n},
                            {(void *)(uintptr_t)bytes, size},
                            {(void *)(uintptr_t) "\r\n", s->chunked ? 2 : 0}};
    const struct msghdr message = {.msg_iov = parts, .msg_iovlen = 3};
    ssize_t sent = behind ? 0 : sendmsg(c->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    size_t done = sent > 0 ? (size_t)sent : 0; /* a fault shows when the rest is written */
    c->server->figures.bytes_out += done;
    for (size_t i = 0; i < 3; i++) {
        size_t skip = done < parts[i].iov_len ? done : parts[i].iov_len;
        done -= skip;
        if (parts[i].iov_len > skip)
            evbuffer_add(c->out, (const char *)parts[i].iov_base + skip, parts[i].iov_len - skip);
    }
}

bool http_stream_write(struct http_stream *s, const void *bytes, size_t size)
{
    struct http_connection *c = s->connection;
    if (size == 0)
        return true;
    connection_hold(c);
    bool behind = evbuffer_get_length(c->out) > 0;
    if (evbuffer_get_length(c->out) + size > c->server->limits.stream_bytes && behind) {
        c->server->figures.slow++;
        connection_close(c);
    } else {
        put(s, bytes, size, behind);
        if (!behind && evbuffer_get_length(c->out) > 0)
            connection_flush(c); /* else it goes when there is room */
    }
    bool lives = !c->dead;
    connection_release(c);
    return lives;
}

size_t http_stream_waiting(const struct http_stream *s)
{
    return evbuffer_get_length(s->connection->out);
}

void http_stream_when_taken(struct http_stream *s, http_stream_taken *taken)
{
    s->taken = taken;
}

void stream_taken(struct http_stream *s)
{
    if (s->taken)
        s->taken(s->arg);
}

void http_stream_close(struct http_stream *s)
{
    struct http_connection *c = s->connection;
    connection_hold(c);
    if (s->chunked)
        evbuffer_add(c->out, "0\r\n\r\n", 5);
    c->stream = NULL;
    free(s);
    connection_flush(c);
    connection_release(c);
}
