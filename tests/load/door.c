#include "hongxin/key.h"
#include "load/load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zmq.h>

#define VERSION "hongxin/1"

static int set_key(void *socket, const char *file)
{
    struct hx_key k;
    int rc = file ? hx_key_load(file, &k) : HX_OK;
    if (rc || !file)
        return rc;
    zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, k.server_key, HX_KEY_TEXT);
    zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, k.public_key, HX_KEY_TEXT);
    zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, k.secret_key, HX_KEY_TEXT);
    hx_key_wipe(&k);
    return HX_OK;
}

int load_door_open(struct load_door *d, const char *endpoint)
{
    return load_door_open_key(d, endpoint, NULL);
}

int load_door_open_key(struct load_door *d, const char *endpoint, const char *key_file)
{
    const int none = 0, soon = 5, much = 0;
    *d = (struct load_door){0};
    if (strlen(endpoint) >= sizeof d->endpoint)
        return HX_INVALID;
    memcpy(d->endpoint, endpoint, strlen(endpoint) + 1);
    d->zmq = zmq_ctx_new();
    d->socket = d->zmq ? zmq_socket(d->zmq, ZMQ_DEALER) : NULL;
    if (!d->socket || set_key(d->socket, key_file) != HX_OK)
        goto failed;
    zmq_setsockopt(d->socket, ZMQ_LINGER, &none, sizeof none);
    zmq_setsockopt(d->socket, ZMQ_RECONNECT_IVL, &soon, sizeof soon);
    zmq_setsockopt(d->socket, ZMQ_SNDHWM, &much, sizeof much);
    zmq_setsockopt(d->socket, ZMQ_RCVHWM, &much, sizeof much);
    if (zmq_connect(d->socket, endpoint) == 0)
        return HX_OK;
failed:
    fprintf(stderr, "%s: %s\n", endpoint, zmq_strerror(errno));
    load_door_close(d);
    return HX_IO;
}

void load_door_close(struct load_door *d)
{
    if (d->socket)
        zmq_close(d->socket);
    if (d->zmq)
        zmq_ctx_term(d->zmq);
    d->zmq = d->socket = NULL;
}

int load_door_send(struct load_door *d, const void *bytes, size_t size)
{
    if (zmq_send_const(d->socket, VERSION, sizeof VERSION - 1, ZMQ_SNDMORE) < 0)
        return HX_IO;
    return zmq_send(d->socket, bytes, size, 0) < 0 ? HX_IO : HX_OK;
}

/* ---- reading answers: the few fields that matter, straight from the wire format ---- */

struct wire {
    const uint8_t *at, *end;
    bool bad;
};

static uint64_t varint(struct wire *w)
{
    uint64_t v = 0;
    for (int shift = 0; w->at < w->end && shift < 64; shift += 7) {
        uint8_t b = *w->at++;
        v |= (uint64_t)(b & 0x7f) << shift;
        if (!(b & 0x80))
            return v;
    }
    w->bad = true;
    return 0;
}

/* The next field: its number; `value` of a varint, or the bytes it holds. 0 at the end. */
static unsigned field(struct wire *w, uint64_t *value, struct wire *inner)
{
    if (w->bad || w->at == w->end)
        return 0;
    uint64_t tag = varint(w);
    *value = 0;
    *inner = (struct wire){0};
    switch (tag & 7) {
    case 0:
        *value = varint(w);
        break;
    case 1:
    case 5: {
        size_t n = (tag & 7) == 1 ? 8 : 4;
        w->bad |= (size_t)(w->end - w->at) < n;
        w->at = w->bad ? w->end : w->at + n;
        break;
    }
    case 2: {
        uint64_t n = varint(w);
        w->bad |= n > (uint64_t)(w->end - w->at);
        if (!w->bad) {
            *inner = (struct wire){.at = w->at, .end = w->at + n};
            w->at += n;
        }
        break;
    }
    default:
        w->bad = true;
    }
    return w->bad ? 0 : (unsigned)(tag >> 3);
}

static void text_field(const struct wire *inner, const char **text, size_t *size)
{
    *text = (const char *)inner->at;
    *size = (size_t)(inner->end - inner->at);
}

static bool read_reply(struct wire w, struct load_reply *r)
{
    uint64_t v;
    struct wire in;
    unsigned no;
    while ((no = field(&w, &v, &in)) != 0) {
        if (no == 1)
            text_field(&in, &r->id, &r->id_size);
        else if (no == 2)
            r->result = (unsigned)v;
        else if (no == 3)
            text_field(&in, &r->code, &r->code_size);
        else if (no == 8)
            r->lsn = v;
        else if (no == 9)
            r->case_number = v;
    }
    return !w.bad;
}

/* Two passes: `first` and `request` may stand behind the replies. */
static bool read_replies(struct wire w, load_reply_fn *fn, void *ctx, size_t *n)
{
    uint64_t v, request = 0, first = 0;
    struct wire in, again = w;
    unsigned no;
    while ((no = field(&w, &v, &in)) != 0) {
        if (no == 1)
            request = v;
        else if (no == 3)
            first = v;
    }
    bool ok = !w.bad;
    while (ok && (no = field(&again, &v, &in)) != 0) {
        struct load_reply r = {.request = request, .index = first + *n};
        if (no != 2)
            continue;
        ok = read_reply(in, &r);
        (*n)++;
        if (ok && fn)
            fn(ctx, &r);
    }
    return ok && !again.bad;
}

static int problem(struct wire w)
{
    uint64_t v;
    struct wire in;
    unsigned no;
    while ((no = field(&w, &v, &in)) != 0)
        if (no == 2 || no == 3)
            fprintf(stderr, "problem: %.*s\n", (int)(in.end - in.at), (const char *)in.at);
    return HX_CLOSED;
}

static int read_response(const uint8_t *bytes, size_t size, load_reply_fn *fn, void *ctx, size_t *n)
{
    struct wire w = {.at = bytes, .end = bytes + size}, in;
    uint64_t v;
    unsigned no;
    while ((no = field(&w, &v, &in)) != 0) {
        if (no == 1)
            return read_replies(in, fn, ctx, n) ? HX_OK : HX_CORRUPT;
        if (no == 13)
            return problem(in);
    }
    return HX_CORRUPT;
}

/* Waits for a message and reads its body. */
static int receive(struct load_door *d, int timeout_ms, zmq_msg_t *body)
{
    zmq_pollitem_t item = {.socket = d->socket, .events = ZMQ_POLLIN};
    if (zmq_msg_recv(body, d->socket, ZMQ_DONTWAIT) < 0) {
        if (errno != EAGAIN || zmq_poll(&item, 1, timeout_ms) <= 0)
            return HX_TIMEOUT;
        if (zmq_msg_recv(body, d->socket, ZMQ_DONTWAIT) < 0)
            return HX_TIMEOUT;
    }
    while (zmq_msg_more(body))
        if (zmq_msg_recv(body, d->socket, 0) < 0)
            return HX_IO;
    return HX_OK;
}

int load_door_receive(struct load_door *d, int timeout_ms, load_reply_fn *fn, void *ctx, size_t *n)
{
    size_t count = 0;
    zmq_msg_t body;
    zmq_msg_init(&body);
    int rc = receive(d, timeout_ms, &body);
    if (!rc)
        rc = read_response(zmq_msg_data(&body), zmq_msg_size(&body), fn, ctx, &count);
    zmq_msg_close(&body);
    if (n)
        *n = count;
    return rc;
}

int load_door_receive_raw(struct load_door *d, int timeout_ms, uint8_t **bytes, size_t *size)
{
    zmq_msg_t body;
    zmq_msg_init(&body);
    int rc = receive(d, timeout_ms, &body);
    *bytes = NULL;
    if (!rc) {
        *size = zmq_msg_size(&body);
        *bytes = malloc(*size + 1);
        if (*bytes)
            memcpy(*bytes, zmq_msg_data(&body), *size);
        else
            rc = HX_NOMEM;
    }
    zmq_msg_close(&body);
    return rc;
}

/* ---- clocks and chance ---- */

static int64_t read_us(clockid_t id)
{
    struct timespec ts;
    clock_gettime(id, &ts);
    return ts.tv_sec * INT64_C(1000000) + ts.tv_nsec / 1000;
}

int64_t load_mono_us(void)
{
    return read_us(CLOCK_MONOTONIC);
}

int64_t load_wall_ms(void)
{
    return read_us(CLOCK_REALTIME) / 1000;
}

uint64_t load_draw(struct load_chance *c, uint64_t below)
{
    c->state ^= c->state << 13;
    c->state ^= c->state >> 7;
    c->state ^= c->state << 17;
    return c->state % below;
}
