/* Connections: bytes in, bytes out, and a deadline for everything.
 *
 * One timer runs in each state: for the next request, for the rest of the one that has begun, for
 * its answer, for the client to take it. The deadline of a request does not move with each byte, so
 * that a client who sends one a second ends like one who sends none. */
#include "base/log.h"
#include "base/text.h"
#include "http/internal.h"

#include <errno.h>
#include <event2/buffer.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Whoever is called from the loop or from a handler holds the connection while it works on it; what
 * was closed meanwhile is freed when the last one lets go. */
void connection_hold(struct http_connection *c)
{
    c->holds++;
}

static void wait_for(struct http_connection *c, enum http_wait what)
{
    struct http_server *s = c->server;
    if (c->idle != (what == HTTP_WAIT_IDLE)) {
        c->idle = !c->idle;
        if (c->idle)
            TAILQ_INSERT_TAIL(&s->idle, c, idle_link);
        else
            TAILQ_REMOVE(&s->idle, c, idle_link);
    }
    c->wait = what;
    if (s->timeouts[what])
        event_add(&c->timer, s->timeouts[what]);
    else
        event_del(&c->timer);
}

/* ---- ending ---- */

static void destroy(struct http_connection *c)
{
    struct http_server *s = c->server;
    if (c->request)
        request_orphan(c->request);
    if (c->stream)
        stream_gone(c->stream);
    event_del(&c->read);
    event_del(&c->write);
    event_del(&c->timer);
    if (c->idle)
        TAILQ_REMOVE(&s->idle, c, idle_link);
    TAILQ_REMOVE(&s->connections, c, link);
    evbuffer_free(c->in);
    evbuffer_free(c->out);
    close(c->fd);
    free(c);
    server_connection_ended(s);
}

void connection_release(struct http_connection *c)
{
    if (--c->holds == 0 && c->dead)
        destroy(c);
}

void connection_close(struct http_connection *c)
{
    c->dead = true;
}

void connection_end(struct http_connection *c)
{
    connection_hold(c);
    connection_close(c);
    connection_release(c);
}

/* The other side may still be sending what we did not read; closing now would take our answer from
 * its hands (RST). So only our half is closed, and the rest is read into nowhere for a while. */
static void linger(struct http_connection *c)
{
    if (c->eof || shutdown(c->fd, SHUT_WR) != 0) {
        connection_close(c);
        return;
    }
    wait_for(c, HTTP_WAIT_LINGER);
    event_add(&c->read, NULL);
}

static void discard(struct http_connection *c)
{
    size_t n = evbuffer_get_length(c->in);
    c->lingered += n;
    evbuffer_drain(c->in, n);
    if (c->eof || c->lingered > HTTP_LINGER_BYTES)
        connection_close(c);
}

/* ---- writing ---- */

static void on_written(struct http_connection *c)
{
    event_del(&c->write);
    if (c->stream)
        wait_for(c, HTTP_WAIT_STREAM);
    else if (c->close_after)
        linger(c);
    else if (c->server->stopping)
        connection_close(c);
    else {
        wait_for(c, HTTP_WAIT_IDLE);
        if (!c->eof)
            event_add(&c->read, NULL);
    }
}

/* An answer has to be taken in its time; of a stream, which has no end, something. */
void connection_flush(struct http_connection *c)
{
    bool some = false;
    while (!c->dead && evbuffer_get_length(c->out) > 0) {
        int n = evbuffer_write(c->out, c->fd);
        if (n > 0) {
            c->server->figures.bytes_out += (uint64_t)n;
            some = true;
            continue;
        }
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
            if (c->wait != HTTP_WAIT_WRITE || (some && c->stream))
                wait_for(c, HTTP_WAIT_WRITE);
            event_add(&c->write, NULL);
            return;
        }
        connection_close(c);
        return;
    }
    if (!c->dead)
        on_written(c);
}

/* ---- bodies ---- */

/* Room for n bytes and a NUL. HX_NOMEM; HX_AGAIN: the bodies of all together are too large. */
static int make_room(struct http_request *r, size_t n)
{
    struct http_server *s = r->server;
    if (n + 1 <= r->body_room)
        return HX_OK;
    size_t room = r->body_room ? 2 * r->body_room : 1024;
    room = room < n + 1 ? n + 1 : room;
    uint64_t others = s->bodies - r->body_room;
    if (others + room > s->limits.bodies_bytes)
        room = n + 1;
    if (others + room > s->limits.bodies_bytes)
        return HX_AGAIN;
    char *bigger = realloc(r->body, room);
    if (!bigger)
        return HX_NOMEM;
    s->bodies += room - r->body_room;
    r->body = bigger;
    r->body_room = room;
    return HX_OK;
}

/* Moves up to `most` bytes to the request's body. What make_room() says. */
static int take_body(struct http_connection *c, uint64_t most)
{
    struct http_request *r = c->request;
    size_t n = evbuffer_get_length(c->in);
    n = n < most ? n : (size_t)most;
    int rc = make_room(r, r->body_size + n);
    if (rc)
        return rc;
    evbuffer_remove(c->in, r->body + r->body_size, n);
    r->body_size += n;
    r->body[r->body_size] = '\0';
    c->left -= n;
    return HX_OK;
}

enum step { STEP_AGAIN, STEP_MORE, STEP_DONE, STEP_REFUSED };

static enum step refuse(struct http_connection *c, int status, const char *code)
{
    connection_refuse(c, status, code);
    return STEP_REFUSED;
}

static enum step whole_body(struct http_connection *c)
{
    int rc = c->left > 0 ? take_body(c, c->left) : HX_OK;
    if (rc)
        return refuse(c, 503, rc == HX_AGAIN ? "BUSY" : "NO_MEMORY");
    return c->left == 0 ? STEP_DONE : STEP_MORE;
}

static enum step chunk_size(struct http_connection *c)
{
    char line[16];
    ev_ssize_t n = evbuffer_copyout(c->in, line, 10); /* eight digits and the line's end */
    char *end = n > 0 ? memmem(line, (size_t)n, "\r\n", 2) : NULL;
    if (!end)
        return n < 10 ? STEP_MORE : refuse(c, 400, "BAD_CHUNK");
    if (!http_chunk_size(line, (size_t)(end - line), &c->left))
        return refuse(c, 400, "BAD_CHUNK");
    if (c->request->body_size + c->left > c->server->limits.body_bytes)
        return refuse(c, 413, "BODY_TOO_LARGE");
    evbuffer_drain(c->in, (size_t)(end - line) + 2);
    c->piece = c->left ? PIECE_DATA : PIECE_LAST;
    return STEP_AGAIN;
}

static enum step chunk_data(struct http_connection *c)
{
    enum step s = whole_body(c);
    if (s == STEP_DONE) {
        c->piece = PIECE_END;
        return STEP_AGAIN;
    }
    return s;
}

/* The CRLF behind a chunk, or the empty line that ends them all: trailers are refused. */
static enum step chunk_end(struct http_connection *c)
{
    char two[2];
    if (evbuffer_copyout(c->in, two, 2) < 2)
        return STEP_MORE;
    if (two[0] != '\r' || two[1] != '\n')
        return refuse(c, 400, "BAD_CHUNK");
    evbuffer_drain(c->in, 2);
    if (c->piece == PIECE_LAST)
        return STEP_DONE;
    c->piece = PIECE_SIZE;
    return STEP_AGAIN;
}

static enum step body_step(struct http_connection *c)
{
    static enum step (*const steps[])(struct http_connection *) = {[PIECE_WHOLE] = whole_body,
                                                                   [PIECE_SIZE] = chunk_size,
                                                                   [PIECE_DATA] = chunk_data,
                                                                   [PIECE_END] = chunk_end,
                                                                   [PIECE_LAST] = chunk_end};
    enum step s;
    while ((s = steps[c->piece](c)) == STEP_AGAIN)
        ;
    return s;
}

/* ---- requests ---- */

static void begin_body(struct http_connection *c)
{
    const struct http_head *head = &c->request->head;
    c->piece = head->chunked ? PIECE_SIZE : PIECE_WHOLE;
    c->left = head->length > 0 ? (uint64_t)head->length : 0;
    if (head->expect_continue && head->minor && evbuffer_get_length(c->in) == 0 &&
        (head->chunked || c->left)) {
        static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
        ssize_t n = send(c->fd, go_on, sizeof go_on - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
        (void)n; /* a client whose socket is full waits for nothing */
    }
}

static enum step head_step(struct http_connection *c)
{
    size_t most = c->server->limits.header_bytes, n = evbuffer_get_length(c->in);
    n = n < most ? n : most;
    const char *bytes = (const char *)evbuffer_pullup(c->in, (ev_ssize_t)n);
    size_t end = bytes ? http_head_end(bytes, n, &c->seen) : 0;
    if (!end)
        return n < most ? STEP_MORE : refuse(c, 431, "HEADERS_TOO_LARGE");
    c->seen = 0;
    if (!request_begin(c, bytes, end))
        return STEP_REFUSED;
    begin_body(c);
    return STEP_AGAIN;
}

/* One request further; false when there is nothing to do until something happens. */
static bool step(struct http_connection *c)
{
    if (c->wait == HTTP_WAIT_IDLE && evbuffer_get_length(c->in) > 0 && !c->server->stopping)
        wait_for(c, HTTP_WAIT_REQUEST);
    if (c->wait != HTTP_WAIT_REQUEST)
        return false;
    enum step s = c->request ? STEP_AGAIN : head_step(c);
    if (s == STEP_AGAIN)
        s = body_step(c);
    if (s == STEP_REFUSED)
        return c->wait == HTTP_WAIT_IDLE; /* answered, and it goes on */
    if (s != STEP_DONE)
        return false;
    wait_for(c, HTTP_WAIT_ANSWER);
    request_dispatch(c->request);
    return !c->dead;
}

/* As far as it goes: requests one after another, while their answers are there at once. */
static void advance(struct http_connection *c)
{
    if (c->advancing)
        return;
    c->advancing = true;
    while (!c->dead && step(c))
        ;
    c->advancing = false;
    if (c->eof && (c->wait == HTTP_WAIT_IDLE || c->wait == HTTP_WAIT_REQUEST))
        connection_close(c);
}

void connection_answered(struct http_connection *c)
{
    connection_hold(c);
    c->request = NULL;
    c->served++;
    connection_flush(c);
    if (!c->dead)
        advance(c); /* what came meanwhile */
    connection_release(c);
}

void connection_streams(struct http_connection *c)
{
    connection_hold(c);
    c->request = NULL;
    c->served++;
    connection_flush(c);
    if (!c->dead && !c->eof)
        event_add(&c->read, NULL); /* to see it go */
    connection_release(c);
}

/* ---- events ---- */

static void take_bytes(struct http_connection *c)
{
    int n = evbuffer_read(c->in, c->fd, HTTP_READ_MAX);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n < 0) {
        connection_close(c);
        return;
    }
    c->eof = n == 0;
    c->server->figures.bytes_in += (uint64_t)n;
    if (c->wait == HTTP_WAIT_LINGER)
        discard(c);
    else if (c->stream && (c->eof || evbuffer_get_length(c->in) > HTTP_READ_MAX))
        connection_close(c);
    else
        advance(c);
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
    struct http_connection *c = arg;
    bool busy = !c->stream && (c->wait == HTTP_WAIT_ANSWER || c->wait == HTTP_WAIT_WRITE);
    (void)fd;
    (void)what;
    connection_hold(c);
    /* Too early or too much: the kernel keeps it, and then the other side waits. */
    if (busy && (c->eof || evbuffer_get_length(c->in) >= HTTP_READ_MAX))
        event_del(&c->read);
    else
        take_bytes(c);
    connection_release(c);
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
    struct http_connection *c = arg;
    (void)fd;
    (void)what;
    connection_hold(c);
    connection_flush(c);
    if (!c->dead && c->stream && evbuffer_get_length(c->out) == 0)
        stream_taken(c->stream);
    if (!c->dead)
        advance(c);
    connection_release(c);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct http_connection *c = arg;
    (void)fd;
    (void)what;
    connection_hold(c);
    if (c->wait == HTTP_WAIT_REQUEST) {
        connection_refuse(c, 408, "REQUEST_TOO_SLOW");
    } else if (c->wait == HTTP_WAIT_ANSWER) {
        request_orphan(c->request);
        connection_refuse(c, 503, "NO_ANSWER_IN_TIME");
    } else {
        c->server->figures.slow += c->stream != NULL;
        connection_close(c);
    }
    connection_release(c);
}

void connection_open(struct http_server *s, int fd, const char *peer)
{
    struct http_connection *c = calloc(1, sizeof *c);
    if (!c || !(c->in = evbuffer_new()) || !(c->out = evbuffer_new())) {
        if (c && c->in)
            evbuffer_free(c->in);
        free(c);
        close(fd);
        s->figures.refused++;
        return;
    }
    c->server = s;
    c->fd = fd;
    hx_text_put(c->peer, sizeof c->peer, peer);
    event_assign(&c->read, s->base, fd, EV_READ | EV_PERSIST, on_readable, c);
    event_assign(&c->write, s->base, fd, EV_WRITE | EV_PERSIST, on_writable, c);
    evtimer_assign(&c->timer, s->base, on_timer, c);
    TAILQ_INSERT_TAIL(&s->connections, c, link);
    s->n_connections++;
    s->figures.accepted++;
    event_add(&c->read, NULL);
    wait_for(c, HTTP_WAIT_IDLE);
}
