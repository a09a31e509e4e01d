/* What of a door needs no socket: messages that came in, names of peers and addresses. */
#include "service/doors/door.h"

#include <string.h>

void inbound_init(struct inbound *in)
{
    memset(in, 0, sizeof *in);
    zmq_msg_init(&in->body);
}

void inbound_fini(struct inbound *in)
{
    zmq_msg_close(&in->body);
}

void inbound_move(struct inbound *to, struct inbound *from)
{
    *to = *from; /* texts of the metadata go with the frame */
    zmq_msg_init(&to->body);
    zmq_msg_move(&to->body, &from->body);
    from->user = NULL;
    from->problem = NULL;
    from->early = NULL;
}

bool peer_equal(const struct peer *a, const struct peer *b)
{
    return a->size == b->size && memcmp(a->id, b->id, a->size) == 0;
}

static bool starts(const char *s, const char *with)
{
    return strncmp(s, with, strlen(with)) == 0;
}

/* 127.0.0.0/8 written in full: a name such as 127.example.org is no address. */
static bool loopback_v4(const char *host)
{
    const char *colon = strchr(host, ':');
    if (!colon || !starts(host, "127."))
        return false;
    return strspn(host, "0123456789.") == (size_t)(colon - host);
}

bool endpoint_local(const char *endpoint)
{
    if (starts(endpoint, "ipc://"))
        return true;
    if (!starts(endpoint, "tcp://"))
        return false;
    const char *host = endpoint + 6;
    return loopback_v4(host) || starts(host, "localhost:") || starts(host, "[::1]:");
}
