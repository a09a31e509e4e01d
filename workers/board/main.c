/* hongxin-board: the web for supervisors, dispatchers and companies. */
#include "base/log.h"
#include "base/now.h"
#include "board/board.h"
#include "board/city/rules.h"
#include "board/live/scope.h"
#include "board/sign/admin.h"
#include "door/program.h"
#include "http/figures.h"
#include "picture/remake.h"
#include <event2/event.h>
#include <string.h>
#include <unistd.h>

enum { CLOCK_TICKS = 5, PHOTO_PIXELS = 50000000, PHOTO_EDGE = 2048, PHOTO_MS = 10000 };

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
    struct board *b = arg;
    (void)fd;
    (void)what;
    b->ticks++;
    watch_users(b);
    watch_daemon(b);
    sessions_tick(b->sessions, hx_wall_ms());
    if (hx_client_is_up(b->link.client, HX_DOOR_FEED)) {
        rules_tick(b);
        if (!b->now_told || b->ticks % CLOCK_TICKS == 0)
            board_ask_clock(b);
    }
    scopes_tick(b->scopes);
}

/* ---- what monitoring sees ---- */

static const char *health(void *arg)
{
    const struct board *b = arg;
    return hx_client_is_up(b->link.client, HX_DOOR_FEED) ? NULL : "the daemon cannot be reached";
}

static void figures(void *arg, struct evbuffer *out)
{
    const struct board *b = arg;
    uint64_t scopes, streams, rows;
    scopes_count(b->scopes, &scopes, &streams, &rows);
    const struct {
        const char *name, *type, *help;
        uint64_t n;
    } all[] = {
        {"board_sessions", "gauge", "Sessions that stand.", sessions_count(b->sessions)},
        {"board_streams", "gauge", "Pages that follow live.", streams},
        {"board_scopes", "gauge", "Principals that are followed.", scopes},
        {"board_running", "gauge", "Promises in memory, of all principals.", rows},
        {"board_logins_total", "counter", "Sign-ins.", b->logins},
        {"board_logins_refused_total", "counter", "Sign-ins that were refused.", b->refused_logins},
        {"board_commands_total", "counter", "Events handed to the daemon.", b->commands},
        {"board_foreign_total", "counter", "Requests of other sites, or without the token.",
         b->foreign},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        figures_head(out, all[i].name, all[i].type, all[i].help);
        figures_line(out, all[i].name, "", all[i].n);
    }
}

/* ---- life ---- */

static int load(void *arg, const char *config, struct hx_problem *problem)
{
    struct board *b = arg;
    int rc = board_settings_load(config, &b->settings, problem);
    if (!rc)
        rc = users_load(b->settings.users, &b->users, problem);
    watch_begin(b);
    if (!rc && *b->settings.pages)
        rc = http_files_load(b->settings.pages, &b->pages, problem);
    hx_log_level_set(b->settings.log_level);
    return rc;
}

static int open_parts(struct board *b)
{
    const struct sessions_times times = {b->settings.idle_ms, b->settings.most_ms};
    b->steps = json_object();
    b->sent = json_object();
    b->tries = tries_new();
    int rc = b->steps && b->sent && b->tries ? HX_OK : HX_NOMEM;
    if (!rc)
        rc = sessions_open(b->settings.sessions, &times, hx_wall_ms(), &b->sessions);
    if (!rc)
        rc = hasher_open(b->base, &b->hasher);
    b->photo_limits = (struct picture_limits){.pixels = PHOTO_PIXELS, .edge = PHOTO_EDGE};
    if (!rc)
        rc = remaker_open(b->base, &b->photo_limits, PHOTO_MS, &b->remaker);
    if (!rc)
        rc = scopes_open(b, &b->scopes);
    if (!rc)
        watch_sessions(b);
    return rc;
}

static int open_tick(struct board *b)
{
    static const struct timeval second = {1, 0};
    b->tick = event_new(b->base, -1, EV_PERSIST, on_tick, b);
    return b->tick && event_add(b->tick, &second) == 0 ? HX_OK : HX_NOMEM;
}

static int open_all(void *arg, struct event_base *base, struct http_server **server,
                    struct hx_problem *problem)
{
    struct board *b = arg;
    const struct http_options o = {.name = "board",
                                   .listen = b->settings.listen,
                                   .proxied = b->settings.proxied,
                                   .limits = &b->settings.limits,
                                   .routes = board_routes,
                                   .n_routes = board_n_routes,
                                   .admit = gate_admit,
                                   .health = health,
                                   .figures = figures,
                                   .arg = b};
    run_descriptors(b->settings.limits.connections);
    b->base = base;
    int rc = open_parts(b);
    if (!rc)
        rc = link_open(&b->link, base, &b->settings.daemon, problem);
    if (!rc)
        rc = rules_open(b, &b->rules);
    if (!rc)
        rc = open_tick(b);
    if (!rc)
        rc = http_server_open(base, &o, &b->server, problem);
    *server = b->server;
    return rc;
}

static void close_all(void *arg)
{
    struct board *b = arg;
    if (b->tick)
        event_free(b->tick);
    scopes_close(b->scopes);
    b->scopes = NULL;
    remaker_close(b->remaker); /* what still waits is answered, here … */
    link_close(&b->link);      /* … and there */
    http_server_close(b->server);
    hasher_close(b->hasher);
    rules_close(b->rules);
    city_free(b->city);
    sessions_close(b->sessions);
    tries_free(b->tries);
    json_decref(b->steps);
    json_decref(b->sent);
    users_free(b->users);
    http_files_free(b->pages);
}

int main(int argc, char **argv)
{
    static struct board b;
    const struct program p = {.name = "hongxin-board",
                              .about =
                                  "The web for supervisors, dispatchers and companies: JSON, "
                                  "server-sent events and pages,\n"
                                  "on behalf of those who sign in. docs/board.md describes it.\n"
                                  "\n"
                                  "hongxin-board user --help keeps the users.\n",
                              .config = "/etc/hongxin/board.yaml",
                              .load = load,
                              .open = open_all,
                              .close = close_all,
                              .arg = &b};
    if (argc > 1 && strcmp(argv[1], "--remake") == 0)
        return remake_main(argc, argv); /* not for people: started by remake.c */
    if (argc > 1 && strcmp(argv[1], "user") == 0)
        return admin_main(argc - 1, argv + 1);
    return program_main(&p, argc, argv);
}
