/* One connection. libzmq reconnects by itself, but the daemon knows a connection, not a client:
 * what was on its way is lost with it and a feed ends with it. So a monitor tells about each new
 * connection, and the users of the link send again when the generation has changed.
 *
 * ZMQ_IMMEDIATE keeps messages from being queued for a connection that does not stand; a link
 * without one answers HX_AGAIN. The monitor is limited to few kinds of events and drained in every
 * turn: a full monitor would block libzmq's I/O thread.
 *
 * Who is refused (a key, a door without keys) says so in the handshake, and libzmq gives up. A
 * connection that just ends in it was hung up on: a door with too many strangers before it, or a
 * daemon that is going down. libzmq comes again after 100 to 200 ms, each client at its own. */
#include "client_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <zmq.h>

enum {
    HEARTBEAT_MS = 5000,
    HEARTBEAT_TIMEOUT_MS = 15000,
    HEARTBEAT_TTL_MS = 30000,
    CONNECT_TIMEOUT_MS = 5000,
    HANDSHAKE_MS = 5000,
    RECONNECT_MS = 100,
    RECONNECT_MAX_MS = 2000,
    REFUSED = ZMQ_EVENT_HANDSHAKE_FAILED_AUTH | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL,
    HUNG_UP = ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL,
};

static bool set_int(void *socket, int option, int value)
{
    return zmq_setsockopt(socket, option, &value, sizeof value) == 0;
}

static bool set_options(const struct hx_link *link)
{
    void *s = link->socket;
    int64_t largest = HX_MESSAGE_MAX;
    return zmq_setsockopt(s, ZMQ_MAXMSGSIZE, &largest, sizeof largest) == 0 &&
           set_int(s, ZMQ_LINGER, link->linger_ms) && set_int(s, ZMQ_IMMEDIATE, 1) &&
           set_int(s, ZMQ_HEARTBEAT_IVL, HEARTBEAT_MS) &&
           set_int(s, ZMQ_HEARTBEAT_TIMEOUT, HEARTBEAT_TIMEOUT_MS) &&
           set_int(s, ZMQ_HEARTBEAT_TTL, HEARTBEAT_TTL_MS) &&
           set_int(s, ZMQ_CONNECT_TIMEOUT, CONNECT_TIMEOUT_MS) &&
           set_int(s, ZMQ_HANDSHAKE_IVL, HANDSHAKE_MS) &&
           set_int(s, ZMQ_RECONNECT_IVL, RECONNECT_MS) &&
           set_int(s, ZMQ_RECONNECT_IVL_MAX, RECONNECT_MAX_MS) &&
           set_int(s, ZMQ_TCP_KEEPALIVE, 1) &&
           set_int(s, ZMQ_IPV6, strchr(link->endpoint, '[') != NULL);
}

static bool set_key(const struct hx_link *link)
{
    const struct hx_key *k = link->key;
    return !k ||
           (zmq_setsockopt(link->socket, ZMQ_CURVE_SERVERKEY, k->server_key, HX_KEY_TEXT) == 0 &&
            zmq_setsockopt(link->socket, ZMQ_CURVE_PUBLICKEY, k->public_key, HX_KEY_TEXT) == 0 &&
            zmq_setsockopt(link->socket, ZMQ_CURVE_SECRETKEY, k->secret_key, HX_KEY_TEXT) == 0);
}

static int descriptor(void *socket)
{
    int fd = -1;
    size_t n = sizeof fd;
    return zmq_getsockopt(socket, ZMQ_FD, &fd, &n) == 0 ? fd : -1;
}

static bool registered(const struct hx_link *link, int operation)
{
    void *const sockets[] = {link->socket, link->monitor};
    for (size_t i = 0; i < 2; i++) {
        struct epoll_event event = {.events = EPOLLIN};
        if (epoll_ctl(link->epoll, operation, descriptor(sockets[i]), &event) != 0)
            return false;
    }
    return true;
}

/* The monitor's address must be new each time: libzmq gives the old one back later. */
static bool start_monitor(struct hx_link *link)
{
    char address[64];
    snprintf(address, sizeof address, "inproc://hongxin-monitor-%p-%u", (void *)link,
             ++link->number);
    return zmq_socket_monitor(link->socket, address,
                              ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED | REFUSED |
                                  HUNG_UP) == 0 &&
           zmq_connect(link->monitor, address) == 0;
}

int hx_link_open(struct hx_link *link)
{
    if (!link->endpoint)
        return HX_OK;
    link->up = link->stuck = false;
    link->socket = zmq_socket(link->context, ZMQ_DEALER);
    link->monitor = zmq_socket(link->context, ZMQ_PAIR);
    if (!link->socket || !link->monitor || !set_int(link->monitor, ZMQ_LINGER, 0) ||
        !set_options(link) || !set_key(link) || !start_monitor(link) ||
        !registered(link, EPOLL_CTL_ADD) || zmq_connect(link->socket, link->endpoint) != 0) {
        int err = errno == ENOMEM ? HX_NOMEM : errno == EINVAL ? HX_INVALID : HX_IO;
        hx_link_close(link);
        return err;
    }
    return HX_OK;
}

void hx_link_close(struct hx_link *link)
{
    if (link->socket && link->monitor) {
        (void)registered(link, EPOLL_CTL_DEL);
        hx_link_watch(link); /* room for the I/O thread, should it be waiting to report */
        zmq_socket_monitor(link->socket, NULL, 0);
    }
    if (link->monitor)
        zmq_close(link->monitor);
    if (link->socket)
        zmq_close(link->socket);
    link->socket = link->monitor = NULL;
    link->up = false;
}

int hx_link_send(struct hx_link *link, const struct hx_outbound *m)
{
    zmq_msg_t frame;
    size_t size = m->head_size + m->body_size;
    if (size > HX_MESSAGE_MAX)
        return HX_TOOBIG;
    /* Room shows at the first frame; the second then always goes the same way. A connection whose
     * handshake was not seen yet is not used: its generation would not be known. */
    if (!link->up || zmq_send_const(link->socket, HX_PROTOCOL, sizeof HX_PROTOCOL - 1,
                                    ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0) {
        link->stuck = true;
        return HX_AGAIN;
    }
    if (zmq_msg_init_size(&frame, size) != 0) {
        /* The message has begun: an empty frame ends it, and the daemon answers with a Problem. */
        (void)zmq_send(link->socket, "", 0, ZMQ_DONTWAIT);
        return HX_NOMEM;
    }
    if (m->head_size > 0)
        memcpy(zmq_msg_data(&frame), m->head, m->head_size);
    if (m->body_size > 0)
        memcpy((char *)zmq_msg_data(&frame) + m->head_size, m->body, m->body_size);
    if (zmq_msg_send(&frame, link->socket, ZMQ_DONTWAIT) < 0) {
        zmq_msg_close(&frame);
        link->stuck = true;
        return HX_AGAIN;
    }
    return HX_OK;
}

int hx_link_send_request(struct hx_link *link, const hxp_request *request)
{
    size_t size = hongxin__v1__request__get_packed_size(request);
    if (size > HX_MESSAGE_MAX)
        return HX_TOOBIG;
    uint8_t *bytes = malloc(size ? size : 1);
    if (!bytes)
        return HX_NOMEM;
    hongxin__v1__request__pack(request, bytes);
    int err = hx_link_send(link, &(struct hx_outbound){.body = bytes, .body_size = size});
    free(bytes);
    return err;
}

/* Reads the frames of one message; the second one stays in `body`. False: not two frames of this
 * protocol. */
static bool receive_frames(void *socket, zmq_msg_t *body)
{
    bool ours = zmq_msg_size(body) == sizeof HX_PROTOCOL - 1 &&
                memcmp(zmq_msg_data(body), HX_PROTOCOL, sizeof HX_PROTOCOL - 1) == 0;
    unsigned frames = 1;
    while (zmq_msg_more(body) && zmq_msg_recv(body, socket, ZMQ_DONTWAIT) >= 0)
        frames++;
    return ours && frames == 2;
}

hxp_response *hx_link_receive(struct hx_link *link, struct hx_scratch *s)
{
    ProtobufCAllocator allocator = hx_scratch_allocator(s);
    hxp_response *response = NULL;
    zmq_msg_t frame;
    zmq_msg_init(&frame);
    while (!response && zmq_msg_recv(&frame, link->socket, ZMQ_DONTWAIT) >= 0) {
        if (receive_frames(link->socket, &frame))
            response = hongxin__v1__response__unpack(&allocator, zmq_msg_size(&frame),
                                                     zmq_msg_data(&frame));
        if (!response) {
            hx_scratch_reset(s); /* what was read of it */
            link->garbage++;
        }
    }
    zmq_msg_close(&frame);
    return response;
}

/* A monitor's message: a frame that begins with the event's number (16 bits), then the address. */
static bool next_event(void *monitor, uint16_t *event)
{
    zmq_msg_t frame;
    bool first = true;
    zmq_msg_init(&frame);
    *event = 0;
    do {
        if (zmq_msg_recv(&frame, monitor, ZMQ_DONTWAIT) < 0)
            break;
        if (first && zmq_msg_size(&frame) >= sizeof *event)
            memcpy(event, zmq_msg_data(&frame), sizeof *event);
        first = false;
    } while (zmq_msg_more(&frame));
    zmq_msg_close(&frame);
    return !first;
}

void hx_link_watch(struct hx_link *link)
{
    uint16_t event;
    while (link->monitor && next_event(link->monitor, &event)) {
        if (event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED) {
            link->up = true;
            link->refused = false;
            link->hung_up = 0;
            link->generation++;
        } else if (event == ZMQ_EVENT_DISCONNECTED) {
            link->up = false;
        } else if (event & REFUSED) {
            link->refused = true;
        } else if (event & HUNG_UP) {
            link->hung_up++;
        }
    }
}

static int events_of(void *socket)
{
    int events = 0;
    size_t n = sizeof events;
    return socket && zmq_getsockopt(socket, ZMQ_EVENTS, &events, &n) == 0 ? events : 0;
}

bool hx_link_ready(const struct hx_link *link)
{
    int wanted = ZMQ_POLLIN | (link->stuck ? ZMQ_POLLOUT : 0);
    return (events_of(link->monitor) & ZMQ_POLLIN) || (events_of(link->socket) & wanted);
}
