#include "door/settings.h"

#include "base/text.h"
#include "hongxin/instant.h"
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

int settings_load(const char *path, settings_fn *take, void *arg, struct hx_problem *problem)
{
    struct yaml_doc doc;
    int rc = yaml_doc_open(&doc, path, problem);
    if (!rc) {
        take(&doc, yaml_doc_root(&doc), arg);
        rc = doc.rc;
    }
    yaml_doc_close(&doc);
    return rc;
}

void settings_text(struct yaml_doc *doc, yaml_node_t *map, const char *key, const char *initial,
                   char *out, size_t size)
{
    if (yaml_doc_get(doc, map, key))
        yaml_doc_text(doc, map, key, out, size);
    else
        hx_text_put(out, size, initial);
}

/* "5s", "1h", "30d": as it would be written in the file. */
static void put_duration(int64_t ms, char out[32])
{
    static const struct {
        const char *unit;
        int64_t ms;
    } units[] = {{"d", HX_DAY}, {"h", HX_HOUR}, {"min", HX_MINUTE}, {"s", HX_SECOND}, {"ms", 1}};
    size_t i = 0;
    while (ms % units[i].ms)
        i++;
    snprintf(out, 32, "%" PRId64 "%s", ms / units[i].ms, units[i].unit);
}

uint64_t settings_duration(struct yaml_doc *doc, yaml_node_t *map, const char *key,
                           struct settings_range range)
{
    char least[32], most[32];
    yaml_node_t *node = yaml_doc_get(doc, map, key);
    int64_t ms = node ? yaml_doc_duration(doc, map, key) : range.initial;
    put_duration(range.least, least);
    put_duration(range.most, most);
    if (ms < range.least || ms > range.most)
        yaml_doc_fault(doc, node, "%s: from %s to %s", key, least, most);
    return (uint64_t)ms;
}

void settings_path(struct yaml_doc *doc, yaml_node_t *map, const char *key, const char *initial,
                   char *out, size_t size)
{
    char path[1024];
    const char *slash = strrchr(doc->file, '/');
    size_t folder = slash ? (size_t)(slash - doc->file) + 1 : 0;
    settings_text(doc, map, key, initial, path, sizeof path);
    if (!*path || *path == '/' || strncmp(path, "credential:", 11) == 0)
        folder = 0;
    if (folder + strlen(path) >= size) {
        yaml_doc_fault(doc, yaml_doc_get(doc, map, key), "%s is too long", key);
        hx_text_put(out, size, "");
        return;
    }
    snprintf(out, size, "%.*s%s", (int)folder, doc->file, path);
}

static bool is_local(const char *listen)
{
    struct in_addr in;
    char address[64];
    const char *colon = strrchr(listen, ':');
    if (strncmp(listen, "unix:", 5) == 0 || strncmp(listen, "[::1]:", 6) == 0)
        return true;
    snprintf(address, sizeof address, "%.*s", colon ? (int)(colon - listen) : 0, listen);
    return inet_pton(AF_INET, address, &in) == 1 && ntohl(in.s_addr) >> 24 == 127;
}

void settings_listen(struct yaml_doc *doc, yaml_node_t *map, const char *initial, char *out,
                     size_t size)
{
    settings_text(doc, map, "listen", initial, out, size);
    if (!is_local(out))
        yaml_doc_fault(doc, yaml_doc_get(doc, map, "listen"),
                       "%s can be reached from other machines, and there is no TLS here: listen on "
                       "127.0.0.1:PORT, [::1]:PORT or unix:PATH and put nginx or HAProxy in front",
                       out);
}

void settings_offset(struct yaml_doc *doc, yaml_node_t *map, int *minutes)
{
    char text[16];
    settings_text(doc, map, "utc_offset", "+08:00", text, sizeof text);
    if (hx_offset_parse(text, minutes) != HX_OK)
        yaml_doc_fault(doc, yaml_doc_get(doc, map, "utc_offset"),
                       "utc_offset is an offset such as +08:00");
}

void settings_log(struct yaml_doc *doc, yaml_node_t *map, enum hx_log_level *level)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};
    char text[16];
    *level = HX_LOG_INFO;
    if (!map)
        return;
    yaml_doc_only(doc, map, "level");
    settings_text(doc, map, "level", "info", text, sizeof text);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(text, names[i]) == 0) {
            *level = (enum hx_log_level)i;
            return;
        }
    yaml_doc_fault(doc, yaml_doc_get(doc, map, "level"), "level is debug, info, warn or error");
}
