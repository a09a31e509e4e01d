/* hongxin-hotline: what its parts share. One thread, that of the loop. */
#ifndef HOTLINE_HOTLINE_H
#define HOTLINE_HOTLINE_H

#include "door/link.h"
#include "hotline/clients.h"
#include "hotline/settings.h"
#include "http/http.h"
#include "mapping/mapping.h"

struct hotline {
    struct hotline_settings settings;
    struct clients *clients;
    struct mapping *mapping;
    struct link link;
    struct push *push; /* NULL: nothing is pushed */
    struct mapping *drop_mappings[DROPS_MAX], *call_mappings[CALLS_MAX];
    struct drops *drops;
    struct calls *calls;
    struct http_server *server;
    uint64_t published, answered, updates; /* figures */
};

/* The routes of the API, for http_server_open(). */
extern const struct http_route hotline_routes[];
extern const size_t hotline_n_routes;

/* Asked for each request: who is it? Leaves the client as the request's note. */
bool hotline_admit(void *arg, struct http_request *request);

/* The client of a request whose body is there; a signed one is checked now. NULL: it was refused
 * and answered. */
struct client *hotline_client(struct hotline *h, struct http_request *request);

/* NULL: the daemon can be reached. */
const char *hotline_health(void *arg);
void hotline_figures(void *arg, struct evbuffer *out);

#endif
