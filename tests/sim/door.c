/* The network, and the door that the daemon has on it: in place of daemon/service/doors/door.c.
 *
 * Letters to the daemon wait in an inbox in the order of their arrival. As with ZeroMQ's descriptor
 * a letter wakes the daemon once, and any look at the door swallows that edge: whoever does not
 * empty the door must look again. */
#include "service/doors/door.h"

#include "sim/sim.h"
#include <stdlib.h>
#include <string.h>

struct letter {
    struct letter *next, *before;
    uint64_t connection;
    int64_t at;
    size_t size;
    uint8_t bytes[];
};

struct connection {
    net_fn *fn;
    void *ctx;
    bool in_order, open; /* open: both ends know it */
    bool closed;         /* its client listens no more */
    int64_t last_in, last_out;
};

static struct connection *connections;
static size_t n_connections, cap_connections;
static struct {
    struct letter *first, *last; /* by arrival */
    struct letter *unseen;       /* the first that the daemon has not been woken for */
} inbox;
static struct letter *outbox; /* on their way, in no order */
static bool up;

static struct connection *find(uint64_t number)
{
    return number && number <= n_connections ? &connections[number - 1] : NULL;
}

uint64_t net_connect(net_fn *fn, void *ctx, bool in_order)
{
    if (!up)
        return 0;
    if (n_connections == cap_connections) {
        cap_connections = cap_connections ? 2 * cap_connections : 64;
        connections = realloc(connections, cap_connections * sizeof *connections);
        if (!connections)
            abort();
    }
    connections[n_connections++] =
        (struct connection){.fn = fn, .ctx = ctx, .in_order = in_order, .open = true};
    return n_connections;
}

void net_cut(uint64_t connection)
{
    struct connection *c = find(connection);
    if (!c)
        return;
    sim.counts.cut += c->open;
    c->open = false;
    c->closed = true;
}

bool net_connected(uint64_t connection)
{
    const struct connection *c = find(connection);
    return c && c->open;
}

static struct letter *letter_new(uint64_t connection, const void *bytes, size_t size)
{
    struct letter *l = malloc(sizeof *l + size);
    if (!l)
        abort();
    *l = (struct letter){.connection = connection, .size = size};
    memcpy(l->bytes, bytes, size);
    return l;
}

/* How long this one takes; in order: not less than the one before. */
static int64_t arrival(int64_t *last, bool in_order)
{
    int64_t at = sim.now_us + sim_span(50, sim.delay_us);
    if (in_order && at < *last)
        at = *last;
    sim.counts.overtaken += at < *last;
    if (at > *last)
        *last = at;
    return at;
}

/* Most come behind all others. One that is on its way has not been seen. */
static void put(struct letter *l)
{
    struct letter *before = inbox.last;
    while (before && before->at > l->at)
        before = before->before;
    l->before = before;
    l->next = before ? before->next : inbox.first;
    *(before ? &before->next : &inbox.first) = l;
    *(l->next ? &l->next->before : &inbox.last) = l;
    if (l->next == inbox.unseen)
        inbox.unseen = l;
}

static struct letter *take_first(void)
{
    struct letter *l = inbox.first;
    inbox.first = l->next;
    *(l->next ? &l->next->before : &inbox.last) = NULL;
    return l;
}

static bool lost(const struct connection *c)
{
    bool gone = !c->in_order && sim_chance((unsigned)sim.loss);
    sim.counts.lost += gone;
    return gone;
}

static bool doubled(const struct connection *c)
{
    bool twice = !c->in_order && sim_chance((unsigned)sim.doubling);
    sim.counts.doubled += twice;
    return twice;
}

void net_send(uint64_t connection, const void *bytes, size_t size)
{
    struct connection *c = find(connection);
    if (!c || !c->open || lost(c))
        return;
    for (int copies = doubled(c) ? 2 : 1; copies; copies--) {
        struct letter *l = letter_new(connection, bytes, size);
        l->at = arrival(&c->last_in, c->in_order);
        put(l);
    }
}

static void letters_free(struct letter *list)
{
    while (list) {
        struct letter *l = list;
        list = l->next;
        free(l);
    }
}

void net_lose(void)
{
    letters_free(inbox.first);
    inbox.first = inbox.last = inbox.unseen = NULL;
}

void net_up(void)
{
    up = true;
}

void net_down(void)
{
    up = false;
    net_lose();
    for (size_t i = 0; i < n_connections; i++)
        connections[i].open = false;
}

void net_clear(void)
{
    net_down();
    letters_free(outbox);
    outbox = NULL;
    free(connections);
    connections = NULL;
    n_connections = cap_connections = 0;
}

int64_t net_next(void)
{
    return inbox.unseen ? inbox.unseen->at : INT64_MAX;
}

/* ---- letters of the daemon ---- */

static void deliver(void *letter, uint64_t number)
{
    struct letter *l = letter;
    *(l->before ? &l->before->next : &outbox) = l->next;
    if (l->next)
        l->next->before = l->before;
    (void)number;
    const struct connection *c = find(l->connection);
    if (!c->closed)
        c->fn(c->ctx, l->bytes, l->size);
    free(l);
}

static void post(struct connection *c, uint64_t number, zmq_msg_t *packed)
{
    struct letter *l = letter_new(number, zmq_msg_data(packed), zmq_msg_size(packed));
    l->next = outbox;
    if (outbox)
        outbox->before = l;
    outbox = l;
    sim_at(arrival(&c->last_out, c->in_order), deliver, l, 0);
}

static uint64_t number_of(const struct peer *p)
{
    uint64_t number = 0;
    if (p->size == sizeof number)
        memcpy(&number, p->id, sizeof number);
    return number;
}

static int send_one(struct door *d, const struct peer *to, zmq_msg_t *packed)
{
    uint64_t number = number_of(to);
    struct connection *c = find(number);
    if (!sim_step())
        return HX_OK; /* nobody will ever know */
    if (!c || !c->open) {
        d->unreachable++;
        return HX_CLOSED;
    }
    sim_note(zmq_msg_data(packed), zmq_msg_size(packed));
    if (!lost(c)) {
        post(c, number, packed);
        if (doubled(c))
            post(c, number, packed);
    }
    d->sent++;
    return HX_OK;
}

int door_pack(struct door *d, const hxp_response *response, zmq_msg_t *packed)
{
    bool inside = sim_leave();
    size_t size = protobuf_c_message_get_packed_size(&response->base);
    int rc = zmq_msg_init_size(packed, size) == 0 ? HX_OK : HX_NOMEM;
    (void)d;
    if (rc == HX_OK)
        protobuf_c_message_pack(&response->base, zmq_msg_data(packed));
    sim_enter(inside);
    return rc;
}

int door_send_packed(struct door *d, const struct peer *to, zmq_msg_t *packed)
{
    bool inside = sim_leave();
    int rc = send_one(d, to, packed);
    zmq_msg_close(packed);
    sim_enter(inside);
    return rc;
}

int door_send(struct door *d, const struct peer *to, const hxp_response *response)
{
    zmq_msg_t packed;
    int rc = door_pack(d, response, &packed);
    return rc == HX_OK ? door_send_packed(d, to, &packed) : rc;
}

/* ---- the door ---- */

bool door_lock(void *socket, const struct hx_key *key, const char *domain)
{
    (void)socket;
    (void)key;
    (void)domain;
    return false; /* no simulated keys */
}

int door_open(struct door *d, void *zmq, const struct door_options *o)
{
    *d = (struct door){.socket = zmq, .name = o->name, .kind = o->kind};
    return HX_OK;
}

void door_close(struct door *d)
{
    d->socket = NULL;
}

int door_fd(const struct door *d)
{
    (void)d;
    return -1;
}

static bool waits(void)
{
    while (inbox.unseen && inbox.unseen->at <= sim.now_us)
        inbox.unseen = inbox.unseen->next;
    return inbox.first && inbox.first->at <= sim.now_us;
}

bool door_ready(struct door *d)
{
    (void)d;
    return !sim.dead && waits();
}

int door_receive(struct door *d, struct inbound *in)
{
    if (!waits() || !sim_step())
        return HX_AGAIN;
    struct letter *l = take_first();
    bool inside = sim_leave();
    zmq_msg_close(&in->body);
    if (zmq_msg_init_size(&in->body, l->size) != 0)
        abort();
    memcpy(zmq_msg_data(&in->body), l->bytes, l->size);
    in->peer.size = sizeof l->connection;
    memcpy(in->peer.id, &l->connection, sizeof l->connection);
    in->user = in->problem = NULL;
    in->named = false;
    free(l);
    d->received++;
    sim_enter(inside);
    return HX_OK;
}

void door_forget(struct door *d)
{
    (void)d;
}
