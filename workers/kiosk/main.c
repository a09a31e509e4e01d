/* hongxin-kiosk: the page for kiosks and phones (H5), and its API. */
#include "door/program.h"
#include "http/figures.h"
#include "kiosk/kiosk.h"
#include "picture/evidence.h"

#include <string.h>

static void page(void *arg, struct http_request *r)
{
    const struct kiosk *k = arg;
    const char *name = http_param(r, 0);
    http_set_header(r, "Referrer-Policy", "no-referrer");
    http_files_answer(k->page, r, *name ? name : "index.html");
}

/* What the page reads first: its texts in every language, and what it has to know of us. */
static void texts(void *arg, struct http_request *r)
{
    const struct kiosk *k = arg;
    http_answer_json(r, 200,
                     json_pack("{s:O, s:I, s:i, s:i}", "texts", k->texts, "idle_ms",
                               (json_int_t)k->settings.idle_ms, "pictures",
                               (int)k->settings.pictures, "edge", (int)k->settings.picture.edge));
}

static const struct http_route routes[] = {
    {"GET", "/kiosk/v1/texts", texts, HTTP_OPEN},
    {"GET", "/kiosk/v1/categories", categories_take, HTTP_OPEN},
    {"GET", "/kiosk/v1/places", places_take, HTTP_OPEN},
    {"POST", "/kiosk/v1/reports", report_take, HTTP_OPEN},
    {"POST", "/kiosk/v1/status", status_take, 0},
    {"POST", "/kiosk/v1/withdraw", withdraw_take, 0},
    {"GET", "/kiosk/v1/onsite-code", onsite_take, 0},
    {"POST", "/kiosk/v1/offline", offline_take, 0},
    {"GET", "/kiosk/v1/pictures/{hash}", picture_take, 0},
    {"GET", "/kiosk/*", page, HTTP_OPEN},
};

static const char *health(void *arg)
{
    const struct kiosk *k = arg;
    const char *what = link_health(&k->link);
    if (what)
        return what;
    return k->policy ? NULL : "the daemon has not told its policy yet";
}

static void figures(void *arg, struct evbuffer *out)
{
    const struct kiosk *k = arg;
    const struct figure_row rows[] = {
        {"kiosk_reports_total", "counter", "Reports that the daemon has taken.", k->reports},
        {"kiosk_pictures_total", "counter", "Pictures that were made anew and kept.", k->pictures},
        {"kiosk_offline_total", "counter", "Events of devices that the daemon has taken.",
         k->offline},
        {"kiosk_withdrawals_total", "counter", "Withdrawals that the daemon has taken.",
         k->withdrawals},
        {"kiosk_questions_total", "counter", "Questions about a case that were answered.",
         k->questions},
        {"kiosk_wrong_secrets_total", "counter", "Numbers that came with a wrong secret.",
         k->wrong_secrets},
        {"kiosk_searches_put_off_total", "counter",
         "Searches for buildings beyond their share of time.", k->searches_put_off},
        {"kiosk_places", "gauge", "Buildings that are known by their names.",
         places_count(k->places)},
    };
    figures_rows(out, "", rows, sizeof rows / sizeof *rows);
}

static int load(void *arg, const char *config, struct hx_problem *problem)
{
    struct kiosk *k = arg;
    int rc = kiosk_settings_load(config, &k->settings, problem);
    if (!rc)
        rc = kiosk_texts_load(k->settings.texts, &k->texts, problem);
    if (!rc)
        rc = terminals_load(k->settings.terminals, &k->terminals, problem);
    if (!rc)
        rc = http_files_load(k->settings.page, &k->page, problem);
    hx_log_level_set(k->settings.log_level);
    return rc;
}

/* The terminals: nobody holds one beyond the turn in which it was found. */
static int reload(void *arg, struct hx_problem *problem)
{
    struct kiosk *k = arg;
    struct terminals *fresh = NULL;
    int rc = terminals_load(k->settings.terminals, &fresh, problem);
    if (rc) {
        terminals_free(fresh);
        return rc;
    }
    terminals_free(k->terminals);
    k->terminals = fresh;
    return HX_OK;
}

static int open_all(void *arg, struct event_base *base, struct http_server **server,
                    struct hx_problem *problem)
{
    struct kiosk *k = arg;
    const struct http_options o = {.name = "kiosk",
                                   .listen = k->settings.listen,
                                   .proxied = k->settings.proxied,
                                   .limits = &k->settings.limits,
                                   .routes = routes,
                                   .n_routes = sizeof routes / sizeof *routes,
                                   .health = health,
                                   .figures = figures,
                                   .arg = k};
    run_descriptors(k->settings.limits.connections);
    TAILQ_INIT(&k->under_way);
    int rc = k->settings.pictures ? evidence_open(k->settings.evidence, problem) : HX_OK;
    if (!rc)
        rc = remaker_open(base, &k->settings.picture, k->settings.picture_ms, &k->remaker);
    if (!rc)
        rc = link_open(&k->link, base, &k->settings.daemon, problem);
    if (!rc)
        rc = rules_follow(k, base);
    if (!rc)
        rc = http_server_open(base, &o, &k->server, problem);
    *server = k->server;
    return rc;
}

static void close_all(void *arg)
{
    struct kiosk *k = arg;
    remaker_close(k->remaker); /* what still waits is answered, here … */
    link_close(&k->link);      /* … and there */
    rules_leave(k);
    http_server_close(k->server);
    http_files_free(k->page);
    terminals_free(k->terminals);
    json_decref(k->texts);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "--remake") == 0)
        return remake_main(argc, argv); /* not for people: started by remake.c */
    static struct kiosk k;
    const struct program p = {
        .name = "hongxin-kiosk",
        .about = "The page for kiosks and phones, and its API: residents report, ask and "
                 "withdraw.\n"
                 "docs/kiosk.md describes it.\n",
        .config = "/etc/hongxin/kiosk.yaml",
        .load = load,
        .open = open_all,
        .reload = reload,
        .close = close_all,
        .arg = &k};
    return program_main(&p, argc, argv);
}
