/* The routes: openapi.yaml beside this file describes each; everything else is a page. */
#include "board/board.h"
#include "board/openapi.h"
#include <stdio.h>
#include <string.h>

static void describe(void *arg, struct http_request *r)
{
    (void)arg;
    http_answer_kept(r, "application/yaml", board_openapi, board_openapi_size);
}

/* No script but our own files, no style sheet but these and the page's own one, no other host, no
 * frame around us. */
static void set_policy(struct http_request *r, const char *style)
{
    char text[320];
    snprintf(text, sizeof text,
             "default-src 'self'; style-src 'self' %s; img-src 'self' data: blob:; media-src "
             "'self' blob:; object-src 'none'; base-uri 'none'; form-action 'self'; "
             "frame-ancestors 'none'",
             style);
    http_set_header(r, "Content-Security-Policy", text);
    http_set_header(r, "Referrer-Policy", "no-referrer");
    http_set_header(r, "Permissions-Policy", "camera=(self), geolocation=(self), microphone=()");
    http_set_header(r, "Cross-Origin-Opener-Policy", "same-origin");
}

static void no_pages(struct http_request *r)
{
    static const char text[] =
        "hongxin-board: the API is at /api/v1, described by /api/v1/openapi.yaml. "
        "No pages are configured (`pages` in board.yaml).\n";
    http_answer(r, 200, "text/plain; charset=utf-8", text, sizeof text - 1);
}

/* Whether a browser opens a page (it says so itself) without being signed in. Its programs and
 * service workers ask for files, and get those. */
static bool is_stranger(struct board *b, const struct http_request *r)
{
    return strcmp(http_get_header(r, "Sec-Fetch-Mode", NULL), "navigate") == 0 && !gate_look(b, r);
}

/* The language that its reader has chosen, which the pages keep in a cookie
 * (web/src/shared/reader.ts); else the one of the two that his browser names first. */
static bool wants_english(const struct http_request *r)
{
    static const char cookie[] = "hongxin_language=";
    const char *chosen = strstr(http_get_header(r, "Cookie", NULL), cookie);
    if (chosen)
        return strncmp(chosen + sizeof cookie - 1, "en", 2) == 0;
    const char *all = http_get_header(r, "Accept-Language", NULL), *en = strcasestr(all, "en"),
               *zh = strcasestr(all, "zh");
    return en && (!zh || en < zh);
}

static const char *const programs[][2] = {{"index.html", "index.en.html"},
                                          {"inbox.html", "inbox.en.html"}},
                         *const form[2] = {"sign.html", "sign.en.html"};

/* A path without a file ending is a page of the desk, whose router knows it. Who is not signed in
 * gets the form for that at whatever page he opens, which is small and stands there at once. */
static const char *page_name(struct board *b, struct http_request *r)
{
    const char *path = http_path(r) + 1, *last = strrchr(path, '/');
    const char *name = strchr(last ? last : path, '.') ? path : programs[0][0];
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
        if (strcmp(name, programs[i][0]) != 0)
            continue;
        http_set_header(r, "Vary", "Cookie, Accept-Language, Sec-Fetch-Mode, Accept-Encoding");
        const char *const *pages = is_stranger(b, r) ? form : programs[i];
        const char *spoken = pages[wants_english(r)];
        return http_files_have(b->pages, spoken) ? spoken : name;
    }
    return name;
}

static void page(void *arg, struct http_request *r)
{
    struct board *b = arg;
    const char *name = b->pages ? page_name(b, r) : "";
    set_policy(r, b->pages ? http_files_style(b->pages, name) : "");
    if (strncmp(http_path(r), "/api/", 5) == 0)
        http_problem(r, 404, "NO_SUCH_PATH", "there is nothing at this path");
    else if (!b->pages)
        no_pages(r);
    else
        http_files_answer(b->pages, r, name);
}

const struct http_route board_routes[] = {
    {"POST", "/api/v1/login", login_password, 0},
    {"POST", "/api/v1/login/ticket", login_ticket, 0},
    {"POST", "/api/v1/logout", login_out, 0},
    {"GET", "/api/v1/session", login_session, 0},
    {"POST", "/api/v1/session/password", login_change, 0},
    {"GET", "/api/v1/events", events_stream, 0},
    {"GET", "/api/v1/running", running_list, 0},
    {"GET", "/api/v1/pressure", running_pressure, 0},
    {"GET", "/api/v1/figures", figures_list, 0},
    {"GET", "/api/v1/breaches", breaches_list, 0},
    {"GET", "/api/v1/alarms", alarms_list, 0},
    {"GET", "/api/v1/health", health_show, 0},
    {"GET", "/api/v1/cases", cases_list, 0},
    {"GET", "/api/v1/cases/{case}", cases_page, 0},
    {"GET", "/api/v1/cases/{case}/similar", cases_similar, 0},
    {"GET", "/api/v1/cases/{case}/route", cases_route, 0},
    {"POST", "/api/v1/cases/{case}/photos", photos_add, 0},
    {"GET", "/api/v1/cases/{case}/photos/{photo}", photos_show, 0},
    {"GET", "/api/v1/triage", work_triage, 0},
    {"GET", "/api/v1/returns", work_returns, 0},
    {"GET", "/api/v1/orders", work_orders, 0},
    {"GET", "/api/v1/inbox", work_inbox, 0},
    {"GET", "/api/v1/notices", work_notices, 0},
    {"POST", "/api/v1/cases/{case}/ack", command_run, 0},
    {"POST", "/api/v1/cases/{case}/order", command_run, 0},
    {"POST", "/api/v1/cases/{case}/class", command_run, 0},
    {"POST", "/api/v1/cases/{case}/route", command_run, 0},
    {"POST", "/api/v1/cases/{case}/reject", command_run, 0},
    {"POST", "/api/v1/cases/{case}/return", command_run, 0},
    {"POST", "/api/v1/cases/{case}/merge", command_run, 0},
    {"POST", "/api/v1/cases/{case}/acts", command_run, 0},
    {"POST", "/api/v1/cases/{case}/events", command_run, 0},
    {"POST", "/api/v1/reports", command_report, 0},
    {"POST", "/api/v1/offline", command_offline, 0},
    {"GET", "/api/v1/city", city_show, 0},
    {"GET", "/api/v1/city/grids.geojson", city_grids, 0},
    {"GET", "/api/v1/city/buildings", city_buildings, 0},
    {"GET", "/api/v1/city/persons", city_people, 0},
    {"GET", "/api/v1/duty", city_duty, 0},
    {"GET", "/api/v1/route", city_route, 0},
    {"GET", "/api/v1/life-cycle", rules_life_cycle, 0},
    {"GET", "/api/v1/texts", rules_texts, 0},
    {"GET", "/api/v1/openapi.yaml", describe, HTTP_OPEN},
    {"GET", "/", page, HTTP_OPEN},
    {"GET", "/*", page, HTTP_OPEN},
};
const size_t board_n_routes = sizeof board_routes / sizeof *board_routes;
