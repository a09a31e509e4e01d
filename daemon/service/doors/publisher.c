#include "service/doors/publisher.h"

#include "base/log.h"
#include "hongxin/fact.h"
#include "service/doors/door.h"
#include "service/locks/zap.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

enum { QUEUE = 10000, LINGER_MS = 200, TOPIC_MAX = 160, SUBSCRIPTION_MAX = 1024 };

static bool set_options(struct publisher *p, const char *endpoint)
{
    /* XPUB, to know whether anybody listens; it filters like PUB. */
    const int queue = QUEUE, linger = LINGER_MS, v6 = strchr(endpoint, '[') != NULL;
    const int64_t most = SUBSCRIPTION_MAX;
    return zmq_setsockopt(p->socket, ZMQ_SNDHWM, &queue, sizeof queue) == 0 &&
           zmq_setsockopt(p->socket, ZMQ_LINGER, &linger, sizeof linger) == 0 &&
           zmq_setsockopt(p->socket, ZMQ_IPV6, &v6, sizeof v6) == 0 &&
           zmq_setsockopt(p->socket, ZMQ_MAXMSGSIZE, &most, sizeof most) == 0;
}

static int bind_socket(struct publisher *p, const char *endpoint)
{
    p->subscriptions = 0;
    p->socket = zmq_socket(p->zmq, ZMQ_XPUB);
    if (p->socket && set_options(p, endpoint) &&
        (!p->key || door_lock(p->socket, p->key, ZAP_DOMAIN_STREAM)) &&
        zmq_bind(p->socket, endpoint) == 0)
        return HX_OK;
    int err = errno;
    hx_log(HX_LOG_ERROR, "event=door_failed door=pub endpoint=%s \"%s\"", endpoint,
           zmq_strerror(err));
    publisher_close(p);
    return err == EADDRINUSE ? HX_BUSY : HX_IO;
}

int publisher_open(struct publisher *p, void *zmq, const char *endpoint, const struct hx_key *key)
{
    *p = (struct publisher){.zmq = zmq, .key = key};
    if (!endpoint || !*endpoint)
        return HX_OK;
    int rc = bind_socket(p, endpoint);
    if (rc != HX_OK)
        return rc;
    size_t n = sizeof p->endpoint;
    if (zmq_getsockopt(p->socket, ZMQ_LAST_ENDPOINT, p->endpoint, &n) != 0)
        strncpy(p->endpoint, endpoint, sizeof p->endpoint - 1);
    hx_log(HX_LOG_INFO, "event=listening door=pub endpoint=%s", p->endpoint);
    return HX_OK;
}

int publisher_reopen(struct publisher *p)
{
    enum { ATTEMPTS = 200, WAIT_US = 5000 };
    if (!p->endpoint[0])
        return HX_OK;
    if (p->socket)
        (void)zmq_unbind(p->socket, p->endpoint);
    publisher_close(p);
    int rc = HX_BUSY;
    for (int i = 0; rc == HX_BUSY && i < ATTEMPTS; i++) {
        if (i > 0)
            usleep(WAIT_US); /* the I/O thread lets go of the address a moment later */
        rc = bind_socket(p, p->endpoint);
    }
    return rc;
}

void publisher_close(struct publisher *p)
{
    if (p->socket)
        zmq_close(p->socket);
    p->socket = NULL;
}

void publisher_turn(struct publisher *p)
{
    uint8_t message[SUBSCRIPTION_MAX];
    while (p->socket) {
        int n = zmq_recv(p->socket, message, sizeof message, ZMQ_DONTWAIT);
        if (n < 0)
            return;
        if (n >= 1 && message[0] == 1)
            p->subscriptions++;
        else if (n >= 1 && message[0] == 0 && p->subscriptions)
            p->subscriptions--;
    }
}

static const char *or_dash(const char *id)
{
    return id && *id ? id : "-";
}

static void send_one(struct publisher *p, const struct tail_entry *e, const char *fact)
{
    char topic[TOPIC_MAX], lsn[24];
    const hxp_where *w = e->decoded->where;
    int n = snprintf(topic, sizeof topic, "%s/%s/%s/%s", or_dash(w ? w->street : NULL),
                     or_dash(w ? w->community : NULL), or_dash(w ? w->grid : NULL), fact);
    int m = snprintf(lsn, sizeof lsn, "%" PRIu64, e->lsn);
    if (n < 0 || (size_t)n >= sizeof topic || m < 0)
        return;
    if (zmq_send(p->socket, topic, (size_t)n, ZMQ_DONTWAIT | ZMQ_SNDMORE) >= 0 &&
        zmq_send(p->socket, lsn, (size_t)m, ZMQ_DONTWAIT | ZMQ_SNDMORE) >= 0 &&
        zmq_send(p->socket, e->bytes, e->size, ZMQ_DONTWAIT) >= 0)
        p->sent++;
}

bool publisher_heard(const struct publisher *p)
{
    return p->socket && p->subscriptions;
}

/* An entry goes out once for each kind of fact in it. */
static bool went_out(const hxp_entry *e, size_t i)
{
    for (size_t before = 0; before < i; before++)
        if (e->facts[before]->fact_case == e->facts[i]->fact_case)
            return true;
    return false;
}

void publisher_send(struct publisher *p, const struct tail_entry *e)
{
    if (!publisher_heard(p) || !e->decoded)
        return;
    for (size_t i = 0; i < e->decoded->n_facts; i++) {
        const hxp_fact *fact = e->decoded->facts[i];
        const char *name = hx_fact_name(fact);
        bool told = *name && fact->fact_case != HONGXIN__V1__FACT__FACT_AUDIT;
        if (told && !went_out(e->decoded, i))
            send_one(p, e, name);
    }
}
