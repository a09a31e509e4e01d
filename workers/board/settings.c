#include "board/settings.h"

#include "door/settings.h"
#include "hongxin/instant.h"
#include <inttypes.h>

enum {
    REPLAY = 50000,
    LOOKED_AT = 50000,
    HEARTBEAT_MS = 15000,
    CONNECTIONS = 16384,
    BODY_BYTES = 4 << 20,
    REQUESTS = 200
};

static int64_t take_span(struct yaml_doc *doc, yaml_node_t *root, const char *key, int64_t initial)
{
    int64_t ms = yaml_doc_get(doc, root, key) ? yaml_doc_duration(doc, root, key) : initial;
    if (ms < HX_MINUTE || ms > 90 * HX_DAY)
        yaml_doc_fault(doc, yaml_doc_get(doc, root, key), "%s: from 1min to 90d", key);
    return ms;
}

/* In whole seconds: those are what the board ticks in. */
static int64_t take_heartbeat(struct yaml_doc *doc, yaml_node_t *root)
{
    yaml_node_t *given = yaml_doc_get(doc, root, "heartbeat");
    int64_t ms = given ? yaml_doc_duration(doc, root, "heartbeat") : HEARTBEAT_MS;
    if (ms < HX_SECOND || ms > 5 * HX_MINUTE)
        yaml_doc_fault(doc, given, "heartbeat: from 1s to 5min");
    return ms;
}

static void take_offset(struct yaml_doc *doc, yaml_node_t *root, struct board_settings *s)
{
    char text[16];
    settings_text(doc, root, "utc_offset", "+08:00", text, sizeof text);
    if (hx_offset_parse(text, &s->utc_offset) != HX_OK)
        yaml_doc_fault(doc, yaml_doc_get(doc, root, "utc_offset"),
                       "utc_offset is an offset such as +08:00");
    settings_text(doc, root, "zone", "Asia/Shanghai", s->zone, sizeof s->zone);
}

static void take_files(struct yaml_doc *doc, yaml_node_t *root, struct board_settings *s)
{
    settings_path(doc, root, "users", "../var/board.users", s->users, sizeof s->users);
    settings_path(doc, root, "sessions", "../var/board.sessions", s->sessions, sizeof s->sessions);
    settings_path(doc, root, "photos", "../var/photos", s->photos, sizeof s->photos);
    settings_path(doc, root, "pages", "", s->pages, sizeof s->pages);
}

/* Where a board's defaults are others than a door's: open pages, photos, people. */
static void take_limits(struct yaml_doc *doc, yaml_node_t *map, struct http_limits *l)
{
    http_limits_read(doc, map, l);
    const struct {
        const char *name;
        uint64_t *limit, initial;
    } own[] = {{"connections", &l->connections, CONNECTIONS},
               {"body_bytes", &l->body_bytes, BODY_BYTES},
               {"requests_per_second", &l->requests_per_second, REQUESTS}};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (!map || !yaml_doc_get(doc, map, own[i].name))
            *own[i].limit = own[i].initial;
}

static void take_all(struct yaml_doc *doc, yaml_node_t *root, struct board_settings *s)
{
    yaml_doc_only(doc, root,
                  "listen proxied daemon users sessions photos pages utc_offset zone session_idle "
                  "session_most heartbeat replay looked_at log limits");
    settings_listen(doc, root, "127.0.0.1:54333", s->listen, sizeof s->listen);
    s->proxied = yaml_doc_bool(doc, root, "proxied");
    link_settings_read(doc, yaml_doc_get(doc, root, "daemon"), &s->daemon);
    take_files(doc, root, s);
    take_offset(doc, root, s);
    s->idle_ms = take_span(doc, root, "session_idle", 12 * HX_HOUR);
    s->most_ms = take_span(doc, root, "session_most", 7 * HX_DAY);
    s->heartbeat_ms = take_heartbeat(doc, root);
    s->replay = yaml_doc_int(doc, root, "replay", REPLAY);
    if (s->replay < 0 || s->replay > 10000000)
        yaml_doc_fault(doc, yaml_doc_get(doc, root, "replay"), "replay: from 0 to 10000000");
    s->looked_at = yaml_doc_int(doc, root, "looked_at", LOOKED_AT);
    if (s->looked_at < 1 || s->looked_at > 1000000)
        yaml_doc_fault(doc, yaml_doc_get(doc, root, "looked_at"), "looked_at: from 1 to 1000000");
    settings_log(doc, yaml_doc_get(doc, root, "log"), &s->log_level);
    take_limits(doc, yaml_doc_get(doc, root, "limits"), &s->limits);
}

int board_settings_load(const char *path, struct board_settings *s, struct hx_problem *problem)
{
    struct yaml_doc doc;
    int rc = yaml_doc_open(&doc, path, problem);
    if (!rc) {
        take_all(&doc, yaml_doc_root(&doc), s);
        rc = doc.rc;
    }
    yaml_doc_close(&doc);
    return rc;
}
