#include "service/doors/door.h"

#include "base/log.h"
#include "base/message.h"
#include "service/locks/zap.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char VERSION[] = "hongxin/1";
enum {
    VERSION_SIZE = sizeof VERSION - 1,
    BACKLOG = 1024,
    HANDSHAKE_MS = 3000,
    HEARTBEAT_MS = 5000,
    HEARTBEAT_TIMEOUT_MS = 15000,
    HEARTBEAT_TTL_MS = 30000,
    LINGER_MS = 1000, /* answers on their way when we stop */
    SCRATCH_FIRST = 64 * 1024,
    SCRATCH_MOST = 64 * 1024 * 1024,
};

/* The one place where ZeroMQ's errors become ours. */
static int translate(int err)
{
    switch (err) {
    case EAGAIN:
        return HX_AGAIN;
    case EHOSTUNREACH:
        return HX_CLOSED;
    case EADDRINUSE:
        return HX_BUSY;
    case ENOMEM:
        return HX_NOMEM;
    default:
        return HX_IO;
    }
}

static bool set_int(void *socket, int option, int value)
{
    return zmq_setsockopt(socket, option, &value, sizeof value) == 0;
}

static bool set_options(void *socket, const struct door_options *o)
{
    return zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &o->message_bytes, sizeof o->message_bytes) ==
               0 &&
           set_int(socket, ZMQ_HANDSHAKE_IVL, HANDSHAKE_MS) &&
           set_int(socket, ZMQ_BACKLOG, BACKLOG) && set_int(socket, ZMQ_SNDHWM, o->queue) &&
           set_int(socket, ZMQ_RCVHWM, o->queue) &&
           set_int(socket, ZMQ_HEARTBEAT_IVL, HEARTBEAT_MS) &&
           set_int(socket, ZMQ_HEARTBEAT_TIMEOUT, HEARTBEAT_TIMEOUT_MS) &&
           set_int(socket, ZMQ_HEARTBEAT_TTL, HEARTBEAT_TTL_MS) &&
           set_int(socket, ZMQ_ROUTER_MANDATORY, 1) && set_int(socket, ZMQ_ROUTER_HANDOVER, 0) &&
           set_int(socket, ZMQ_TCP_KEEPALIVE, 1) && set_int(socket, ZMQ_LINGER, LINGER_MS) &&
           set_int(socket, ZMQ_IPV6, strchr(o->endpoint, '[') != NULL);
}

bool door_lock(void *socket, const struct hx_key *key, const char *domain)
{
    /* ZMQ_ZAP_ENFORCE_DOMAIN: without a doorkeeper nobody gets in. libzmq 4.3.4 has it under this
     * number, its header only among the drafts. */
    enum { ENFORCE_DOMAIN = 93 };
    return set_int(socket, ZMQ_CURVE_SERVER, 1) &&
           zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, key->secret_key, HX_KEY_TEXT) == 0 &&
           zmq_setsockopt(socket, ZMQ_ZAP_DOMAIN, domain, strlen(domain)) == 0 &&
           set_int(socket, ENFORCE_DOMAIN, 1);
}

int door_open(struct door *d, void *zmq, const struct door_options *o)
{
    *d = (struct door){.name = o->name, .kind = o->kind};
    d->packing = hx_packing_new(&hongxin__v1__response__descriptor);
    if (!d->packing)
        return HX_NOMEM;
    d->socket = zmq_socket(zmq, ZMQ_ROUTER);
    if (!d->socket || !set_options(d->socket, o) ||
        (o->key && !door_lock(d->socket, o->key, ZAP_DOMAIN_DOOR)) ||
        zmq_bind(d->socket, o->endpoint) != 0) {
        int err = errno;
        hx_log(HX_LOG_ERROR, "event=door_failed door=%s endpoint=%s \"%s\"", o->name, o->endpoint,
               zmq_strerror(err));
        door_close(d);
        return translate(err);
    }
    size_t n = sizeof d->endpoint;
    if (zmq_getsockopt(d->socket, ZMQ_LAST_ENDPOINT, d->endpoint, &n) != 0)
        strncpy(d->endpoint, o->endpoint, sizeof d->endpoint - 1);
    hx_log(HX_LOG_INFO, "event=listening door=%s endpoint=%s", d->name, d->endpoint);
    return HX_OK;
}

void door_close(struct door *d)
{
    if (d->socket)
        zmq_close(d->socket);
    free(d->scratch);
    hx_packing_free(d->packing);
    d->socket = NULL;
    d->packing = NULL;
    d->scratch = NULL;
    d->scratch_size = 0;
}

int door_fd(const struct door *d)
{
    int fd = -1;
    size_t n = sizeof fd;
    return zmq_getsockopt(d->socket, ZMQ_FD, &fd, &n) == 0 ? fd : -1;
}

bool door_ready(struct door *d)
{
    int events = 0;
    size_t n = sizeof events;
    return zmq_getsockopt(d->socket, ZMQ_EVENTS, &events, &n) == 0 && (events & ZMQ_POLLIN);
}

static const char *judge_version(zmq_msg_t *frame)
{
    const char *data = zmq_msg_data(frame);
    size_t n = zmq_msg_size(frame);
    if (n == VERSION_SIZE && memcmp(data, VERSION, n) == 0)
        return NULL;
    return n > 8 && memcmp(data, "hongxin/", 8) == 0 ? "UNKNOWN_VERSION" : "BAD_FRAMES";
}

/* Reads the frames after the peer's name. They all are there: ZeroMQ delivers whole messages. */
static int receive_frames(struct door *d, struct inbound *in)
{
    zmq_msg_t frame;
    zmq_msg_init(&frame);
    int count = 0;
    bool more = zmq_msg_more(&in->body);
    in->problem = NULL;
    while (more) {
        zmq_msg_t *into = ++count == 2 ? &in->body : &frame;
        if (zmq_msg_recv(into, d->socket, ZMQ_DONTWAIT) < 0)
            break;
        if (count == 1)
            in->problem = judge_version(into);
        more = zmq_msg_more(into);
    }
    if (count == 1)
        zmq_msg_move(&in->body, &frame);
    /* The peer's name loses its metadata when the socket has looked ahead (libzmq 4.3.4): ask a
     * frame behind it. */
    const char *identity = zmq_msg_gets(&in->body, "Identity");
    in->named = identity && *identity;
    in->user = zmq_msg_gets(&in->body, "User-Id");
    zmq_msg_close(&frame);
    if (count != 2 && !in->problem)
        in->problem = "BAD_FRAMES";
    return more ? HX_IO : HX_OK;
}

int door_receive(struct door *d, struct inbound *in)
{
    if (zmq_msg_recv(&in->body, d->socket, ZMQ_DONTWAIT) < 0)
        return errno == EINTR ? HX_AGAIN : translate(errno);
    size_t n = zmq_msg_size(&in->body);
    in->peer.size = (uint8_t)(n < sizeof in->peer.id ? n : sizeof in->peer.id);
    memcpy(in->peer.id, zmq_msg_data(&in->body), in->peer.size);
    d->received++;
    return receive_frames(d, in);
}

static bool grow(struct door *d)
{
    size_t size = d->scratch_size ? 2 * d->scratch_size : SCRATCH_FIRST;
    uint8_t *scratch = size <= SCRATCH_MOST ? realloc(d->scratch, size) : NULL;
    if (!scratch)
        return false;
    d->scratch = scratch;
    d->scratch_size = size;
    return true;
}

/* Packed from the end of the scratch towards its beginning, then copied: one walk over the message
 * instead of one for its size and one for its bytes. */
int door_pack(struct door *d, const hxp_response *response, zmq_msg_t *packed)
{
    const uint8_t *begin = NULL;
    while (!d->scratch || !(begin = hx_message_pack(d->packing, &response->base, d->scratch,
                                                    d->scratch + d->scratch_size)))
        if (!grow(d))
            return HX_NOMEM;
    size_t size = (size_t)(d->scratch + d->scratch_size - begin);
    if (zmq_msg_init_size(packed, size) != 0)
        return HX_NOMEM;
    memcpy(zmq_msg_data(packed), begin, size);
    return HX_OK;
}

/* A peer that is gone or full shows at the first frame; the others then always go. */
static bool send_frames(struct door *d, const struct peer *to, zmq_msg_t *body)
{
    return zmq_send(d->socket, to->id, to->size, ZMQ_SNDMORE | ZMQ_DONTWAIT) >= 0 &&
           zmq_send_const(d->socket, VERSION, VERSION_SIZE, ZMQ_SNDMORE | ZMQ_DONTWAIT) >= 0 &&
           zmq_msg_send(body, d->socket, ZMQ_DONTWAIT) >= 0;
}

int door_send(struct door *d, const struct peer *to, const hxp_response *response)
{
    zmq_msg_t packed;
    int rc = door_pack(d, response, &packed);
    return rc == HX_OK ? door_send_packed(d, to, &packed) : rc;
}

int door_send_packed(struct door *d, const struct peer *to, zmq_msg_t *packed)
{
    if (!send_frames(d, to, packed)) {
        int rc = translate(errno);
        zmq_msg_close(packed);
        d->unreachable += rc == HX_CLOSED;
        d->full += rc == HX_AGAIN;
        return rc;
    }
    d->sent++;
    return HX_OK;
}

void door_forget(struct door *d)
{
    if (d->scratch)
        explicit_bzero(d->scratch, d->scratch_size);
}
