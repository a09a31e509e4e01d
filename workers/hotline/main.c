/* hongxin-hotline: the HTTP door for hotlines (12345 and others). */
#include "door/program.h"
#include "hotline/calls.h"
#include "hotline/drop.h"
#include "hotline/hotline.h"

static int load(void *arg, const char *config, struct hx_problem *problem)
{
    struct hotline *h = arg;
    const struct hotline_settings *s = &h->settings;
    int rc = hotline_settings_load(config, &h->settings, problem);
    if (!rc)
        rc = mapping_load(s->mapping, &h->mapping, problem);
    for (size_t i = 0; !rc && i < s->drops.n; i++)
        rc = mapping_load(s->drops.all[i].mapping, &h->drop_mappings[i], problem);
    for (size_t i = 0; !rc && i < s->calls.n; i++)
        rc = mapping_load(s->calls.all[i].mapping, &h->call_mappings[i], problem);
    if (!rc)
        rc = clients_load(s->clients, &h->clients, problem);
    hx_log_level_set(s->log_level);
    return rc;
}

/* Tokens, keys and claims of the clients. */
static int reload(void *arg, struct hx_problem *problem)
{
    struct hotline *h = arg;
    return clients_renew(h->clients, h->settings.clients, problem);
}

static int open_all(void *arg, struct event_base *base, struct http_server **server,
                    struct hx_problem *problem)
{
    struct hotline *h = arg;
    const struct http_options o = {.name = "hotline",
                                   .listen = h->settings.listen,
                                   .proxied = h->settings.proxied,
                                   .limits = &h->settings.limits,
                                   .routes = hotline_routes,
                                   .n_routes = hotline_n_routes,
                                   .admit = hotline_admit,
                                   .health = hotline_health,
                                   .figures = hotline_figures,
                                   .arg = h};
    run_descriptors(h->settings.limits.connections);
    int rc = link_open(&h->link, base, &h->settings.daemon, problem);
    h->settings.push.clients = h->clients;
    h->settings.push.drops = &h->settings.drops;
    if (!rc && *h->settings.push.url)
        rc = push_open(base, h->link.client, &h->settings.push, &h->push, problem);
    if (!rc && h->settings.drops.n)
        rc = drops_open(h, base, &h->drops, problem);
    if (!rc && h->settings.calls.n)
        rc = calls_open(h, base, &h->calls, problem);
    if (!rc)
        rc = http_server_open(base, &o, &h->server, problem);
    *server = h->server;
    return rc;
}

static void close_all(void *arg)
{
    struct hotline *h = arg;
    push_close(h->push);
    link_close(&h->link); /* what still waits is answered */
    drops_close(h->drops);
    calls_close(h->calls);
    http_server_close(h->server);
    clients_free(h->clients);
    mapping_free(h->mapping);
    for (size_t i = 0; i < DROPS_MAX; i++)
        mapping_free(h->drop_mappings[i]);
    for (size_t i = 0; i < CALLS_MAX; i++)
        mapping_free(h->call_mappings[i]);
}

int main(int argc, char **argv)
{
    static struct hotline h;
    const struct program p = {
        .name = "hongxin-hotline",
        .about = "The HTTP door for hotlines: takes reports, updates, withdrawals, call-backs and "
                 "orders as\n"
                 "JSON and answers when hongxind has them on disk. docs/hotline.md describes it.\n",
        .config = "/etc/hongxin/hotline.yaml",
        .load = load,
        .open = open_all,
        .reload = reload,
        .close = close_all,
        .arg = &h};
    return program_main(&p, argc, argv);
}
