/* The routes of the API, and what monitoring sees. openapi.yaml beside this file describes each. */
#include "hotline/hotline.h"

#include "hotline/calls.h"
#include "hotline/drop.h"
#include "hotline/openapi.h"
#include "hotline/publish.h"
#include "hotline/query.h"
#include "http/figures.h"
#include <stdio.h>
#include <string.h>

static void report(void *h, struct http_request *r)
{
    publish_one(h, r, "report", NULL);
}

static void update(void *h, struct http_request *r)
{
    publish_one(h, r, "update", http_param(r, 0));
}

static void cancel(void *h, struct http_request *r)
{
    publish_one(h, r, "cancel", http_param(r, 0));
}

static void callback(void *h, struct http_request *r)
{
    publish_one(h, r, "callback", http_param(r, 0));
}

static void supervise(void *h, struct http_request *r)
{
    publish_one(h, r, "supervise", http_param(r, 0));
}

static void any_event(void *h, struct http_request *r)
{
    publish_one(h, r, "event", http_param(r, 0));
}

static void describe(void *h, struct http_request *r)
{
    (void)h;
    http_set_header(r, "Cache-Control", "no-cache");
    http_answer(r, 200, "application/yaml", hotline_openapi, hotline_openapi_size);
}

const struct http_route hotline_routes[] = {
    {"POST", "/v1/complaints", report, 0},
    {"GET", "/v1/complaints", query_list, 0},
    {"GET", "/v1/complaints/{case}", query_case, 0},
    {"POST", "/v1/complaints/{case}/updates", update, 0},
    {"POST", "/v1/complaints/{case}/cancel", cancel, 0},
    {"POST", "/v1/complaints/{case}/callback", callback, 0},
    {"POST", "/v1/complaints/{case}/supervise", supervise, 0},
    {"POST", "/v1/complaints/{case}/events", any_event, 0},
    {"POST", "/v1/batch", publish_batch, 0},
    {"POST", "/v1/orders", publish_order, 0},
    {"GET", "/v1/openapi.yaml", describe, HTTP_OPEN},
};
const size_t hotline_n_routes = sizeof hotline_routes / sizeof *hotline_routes;

const char *hotline_health(void *arg)
{
    const struct hotline *h = arg;
    return link_health(&h->link);
}

static void write_clients(const struct hotline *h, struct evbuffer *out)
{
    char labels[160];
    const struct client *c;
    figures_head(out, "hotline_requests_total", "counter", "Requests of each client.");
    for (size_t i = 0; (c = clients_at(h->clients, i)) != NULL; i++) {
        snprintf(labels, sizeof labels, "client=\"%s\"", c->name);
        figures_line(out, "hotline_requests_total", labels, c->requests);
    }
    figures_head(out, "hotline_refused_total", "counter", "… of them with a wrong signature.");
    for (size_t i = 0; (c = clients_at(h->clients, i)) != NULL; i++) {
        snprintf(labels, sizeof labels, "client=\"%s\"", c->name);
        figures_line(out, "hotline_refused_total", labels, c->refused);
    }
}

void hotline_figures(void *arg, struct evbuffer *out)
{
    struct hotline *h = arg;
    const struct figure_row rows[] = {
        {"hotline_published_total", "counter", "Events handed to the daemon.", h->published},
        {"hotline_answered_total", "counter", "Events that it has answered.", h->answered},
        {"hotline_updates_total", "counter", "Known work orders with another content.", h->updates},
        {"hotline_daemon_up", "gauge", "1: the connection to the daemon stands.",
         hotline_health(h) == NULL},
    };
    figures_rows(out, "", rows, sizeof rows / sizeof *rows);
    push_figures(h->push, out);
    drops_figures(h->drops, out);
    calls_figures(h->calls, out);
    write_clients(h, out);
}
