#include "door/link.h"
#include "door/settings.h"

#include <event2/event.h>

void link_settings_read(struct yaml_doc *doc, yaml_node_t *map, struct link_settings *s)
{
    if (map)
        yaml_doc_only(doc, map, "intake feed key_file");
    settings_text(doc, map, "intake", "tcp://127.0.0.1:54321", s->intake, sizeof s->intake);
    settings_text(doc, map, "feed", "tcp://127.0.0.1:54322", s->feed, sizeof s->feed);
    settings_path(doc, map, "key_file", "", s->key_file, sizeof s->key_file);
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
    struct link *link = arg;
    (void)fd;
    (void)what;
    (void)hx_client_poll(link->client, 0);
}

static const char *why(int rc)
{
    switch (rc) {
    case HX_DENIED:
        return "others may read the key file: it must have mode 0600";
    case HX_NOTFOUND:
        return "there is no such key file";
    case HX_INVALID:
        return "an endpoint is not tcp://HOST:PORT or ipc://PATH, or the key file has no `server`";
    default:
        return hx_strerror(rc);
    }
}

int link_open(struct link *link, struct event_base *base, const struct link_settings *s,
              struct hx_problem *problem)
{
    const struct hx_client_options o = {.intake = s->intake,
                                        .feed = s->feed,
                                        .window = s->window,
                                        .batch = s->batch,
                                        .hand_back = s->hand_back,
                                        .key_file = *s->key_file ? s->key_file : NULL};
    *link = (struct link){0};
    int rc = hx_client_open(&o, &link->client);
    if (rc) {
        (void)hx_problem_set(problem, "daemon (%s, %s): %s", s->intake, s->feed, why(rc));
        return rc == HX_NOMEM ? rc : HX_CONFIG;
    }
    link->readable =
        event_new(base, hx_client_fd(link->client), EV_READ | EV_PERSIST, on_readable, link);
    if (!link->readable || event_add(link->readable, NULL) != 0) {
        link_close(link);
        return HX_NOMEM;
    }
    (void)hx_client_poll(link->client, 0);
    return HX_OK;
}

const char *link_health(const struct link *link)
{
    return hx_client_is_up(link->client, HX_DOOR_INTAKE) ? NULL : "the daemon cannot be reached";
}

void link_close(struct link *link)
{
    if (link->readable)
        event_free(link->readable);
    if (link->client)
        hx_client_close(link->client);
    *link = (struct link){0};
}
