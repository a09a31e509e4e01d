/* Reading the daemon's configuration: one function per section, numbers by the table of limits. */
#include "config/settings.h"

#include "config/yaml_doc.h"
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct loader {
    struct yaml_doc doc;
    struct hx_settings *s;
    char folder[PATH_MAX]; /* of the file: paths in it start here */
};

/* ---- numbers -----------------------------------------------------------------------------------
 */

enum { SIZE = 1, COUNT = 0 };

static const struct hx_settings_number numbers[] = {
    {"store.map_size", SIZE, 16 * HX_MIB, 16 * HX_TIB, 64 * HX_GIB, "largest size of the store",
     offsetof(struct hx_settings, map_bytes)},
    {"store.reserve", SIZE, HX_MIB, HX_TIB, 64 * HX_MIB, "kept free on the store's disk",
     offsetof(struct hx_settings, reserve_bytes)},
    {"store.journal_keep_days", COUNT, 0, 36500, 0, "days that entries of closed cases are kept",
     offsetof(struct hx_settings, journal_keep_days)},
    {"store.partition", COUNT, 0, 8191, 0, "number of this partition",
     offsetof(struct hx_settings, partition)},
#define X(field, unit, least, most, initial, what)                                                 \
    {"limits." #field,                                                                             \
     unit,                                                                                         \
     least,                                                                                        \
     most,                                                                                         \
     initial,                                                                                      \
     what,                                                                                         \
     offsetof(struct hx_settings, limits) + offsetof(struct hx_limits, field)},
    HX_LIMITS(X)
#undef X
};

const struct hx_settings_number *hx_settings_number(size_t i)
{
    return i < sizeof numbers / sizeof *numbers ? &numbers[i] : NULL;
}

int hx_size_parse(const char *text, uint64_t *bytes)
{
    static const struct {
        const char *unit;
        uint64_t factor;
    } units[] = {{"", 1},         {"B", 1},        {"KiB", HX_KIB},
                 {"MiB", HX_MIB}, {"GiB", HX_GIB}, {"TiB", HX_TIB}};
    char *end;
    if (*text < '0' || *text > '9')
        return HX_INVALID;
    errno = 0;
    unsigned long long n = strtoull(text, &end, 10);
    if (errno)
        return HX_INVALID;
    end += strspn(end, " ");
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (strcmp(end, units[i].unit) != 0)
            continue;
        if (n > UINT64_MAX / units[i].factor)
            return HX_INVALID;
        *bytes = n * units[i].factor;
        return HX_OK;
    }
    return HX_INVALID;
}

static uint64_t *target(struct hx_settings *s, const struct hx_settings_number *n)
{
    return (uint64_t *)(void *)((char *)s + n->offset);
}

static void read_number(struct loader *l, yaml_node_t *node, const struct hx_settings_number *n)
{
    uint64_t v = n->initial;
    if (node) {
        const char *text = yaml_doc_scalar(&l->doc, node);
        int rc = hx_size_parse(text, &v);
        if (rc || (!n->is_size && text[strspn(text, "0123456789")]))
            yaml_doc_fault(&l->doc, node, "%s: %s is not a %s", n->key, text,
                           n->is_size ? "size such as 64 MiB" : "whole number");
        else if (v < n->least || v > n->most)
            yaml_doc_fault(&l->doc, node, "%s must be %llu to %llu", n->key,
                           (unsigned long long)n->least, (unsigned long long)n->most);
    }
    *target(l->s, n) = v;
}

/* Every number whose key begins with "section.". */
static void read_numbers(struct loader *l, yaml_node_t *map, const char *section)
{
    size_t length = strlen(section);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        const char *key = numbers[i].key;
        if (strncmp(key, section, length) == 0 && key[length] == '.')
            read_number(l, yaml_doc_get(&l->doc, map, key + length + 1), &numbers[i]);
    }
}

/* ---- texts
 * ---------------------------------------------------------------------------------------- */

static char *copy(struct loader *l, const char *text)
{
    char *s = strdup(text);
    if (!s)
        l->doc.rc = HX_NOMEM;
    return s;
}

static char *read_text(struct loader *l, yaml_node_t *map, const char *key, const char *absent)
{
    yaml_node_t *node = yaml_doc_get(&l->doc, map, key);
    return copy(l, node ? yaml_doc_scalar(&l->doc, node) : absent);
}

static char *read_path(struct loader *l, yaml_node_t *map, const char *key, const char *absent)
{
    char path[2 * PATH_MAX];
    yaml_node_t *node = yaml_doc_get(&l->doc, map, key);
    const char *text = node ? yaml_doc_scalar(&l->doc, node) : absent;
    if (!*text)
        yaml_doc_fault(&l->doc, node, "%s is empty", key);
    if (*text == '/')
        return copy(l, text);
    if (snprintf(path, sizeof path, "%s/%s", l->folder, text) >= PATH_MAX)
        yaml_doc_fault(&l->doc, node, "%s is too long", key);
    return copy(l, path);
}

/* Only this machine, as long as there are no keys. */
static bool is_local(const char *endpoint)
{
    static const char *const local[] = {"tcp://127.0.0.1:", "tcp://[::1]:", "ipc://", "inproc://"};
    for (size_t i = 0; i < sizeof local / sizeof *local; i++)
        if (strncmp(endpoint, local[i], strlen(local[i])) == 0)
            return true;
    return false;
}

static char *read_endpoint(struct loader *l, yaml_node_t *map, const char *key, const char *absent)
{
    char *endpoint = read_text(l, map, key, absent);
    if (endpoint && *endpoint && !is_local(endpoint))
        yaml_doc_fault(&l->doc, yaml_doc_get(&l->doc, map, key),
                       "listen.%s: %s is not on this machine; other addresses need keys, which "
                       "this version does not have",
                       key, endpoint);
    return endpoint;
}

/* ---- sections
 * -------------------------------------------------------------------------------------- */

static void read_store(struct loader *l, yaml_node_t *map)
{
    if (map)
        yaml_doc_only(&l->doc, map, "path map_size reserve journal_keep_days partition");
    l->s->store_path = read_path(l, map, "path", "../var/store");
    read_numbers(l, map, "store");
    if (l->s->journal_keep_days && l->s->journal_keep_days < 31)
        yaml_doc_fault(&l->doc, map, "store.journal_keep_days must be 0 or 31 to 36500");
}

/* A port of "*" is any free one, so two of them are not the same. */
static bool same_address(const char *a, const char *b)
{
    size_t n = strlen(a);
    return n && a[n - 1] != '*' && strcmp(a, b) == 0;
}

static void read_listen(struct loader *l, yaml_node_t *map)
{
    if (map)
        yaml_doc_only(&l->doc, map, "ingest feed pub");
    l->s->ingest = read_endpoint(l, map, "ingest", "tcp://127.0.0.1:54321");
    l->s->feed = read_endpoint(l, map, "feed", "tcp://127.0.0.1:54322");
    l->s->pub = read_endpoint(l, map, "pub", "tcp://127.0.0.1:54323");
    if (l->doc.rc)
        return;
    if (!*l->s->ingest || !*l->s->feed)
        yaml_doc_fault(&l->doc, map, "listen.ingest and listen.feed must be given");
    if (same_address(l->s->pub, l->s->ingest) || same_address(l->s->pub, l->s->feed))
        yaml_doc_fault(&l->doc, map, "listen.pub is the address of another door");
}

static void read_rules(struct loader *l, yaml_node_t *map)
{
    if (map)
        yaml_doc_only(&l->doc, map, "life_cycle city");
    l->s->life_cycle = read_path(l, map, "life_cycle", "life-cycles/complaint.yaml");
    l->s->city = read_path(l, map, "city", "city");
}

static void read_time(struct loader *l, yaml_node_t *map)
{
    if (map)
        yaml_doc_only(&l->doc, map, "zone utc_offset_minutes");
    l->s->zone = read_text(l, map, "zone", "Asia/Shanghai");
    l->s->utc_offset_minutes = yaml_doc_int(&l->doc, map, "utc_offset_minutes", 480);
    if (l->s->utc_offset_minutes < -720 || l->s->utc_offset_minutes > 840)
        yaml_doc_fault(&l->doc, map, "time.utc_offset_minutes must be -720 to 840");
}

static void read_identity(struct loader *l, yaml_node_t *map)
{
    struct stat st;
    if (map)
        yaml_doc_only(&l->doc, map, "key_file");
    l->s->key_file = read_path(l, map, "key_file", "../var/identity.key");
    if (l->s->key_file && stat(l->s->key_file, &st) == 0 && st.st_mode & 077)
        yaml_doc_fault(&l->doc, map ? map : yaml_doc_root(&l->doc),
                       "identity.key_file: others may read %s; it must have mode 0600",
                       l->s->key_file);
}

static void read_log(struct loader *l, yaml_node_t *map)
{
    static const char *const levels[] = {"debug", "info", "warn", "error"};
    if (map)
        yaml_doc_only(&l->doc, map, "level");
    yaml_node_t *node = yaml_doc_get(&l->doc, map, "level");
    const char *level = node ? yaml_doc_scalar(&l->doc, node) : "info";
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
        if (strcmp(level, levels[i]) == 0) {
            l->s->log_level = (enum hx_log_level)i;
            return;
        }
    yaml_doc_fault(&l->doc, node, "log.level must be debug, info, warn or error, not %s", level);
}

static void read_limits(struct loader *l, yaml_node_t *map)
{
#define X(field, unit, least, most, initial, what) " " #field
    static const char keys[] = HX_LIMITS(X);
#undef X
    if (map)
        yaml_doc_only(&l->doc, map, keys + 1);
    read_numbers(l, map, "limits");
}

static const struct section {
    const char *name;
    void (*read)(struct loader *l, yaml_node_t *map);
} sections[] = {{"store", read_store},  {"listen", read_listen},     {"rules", read_rules},
                {"time", read_time},    {"identity", read_identity}, {"log", read_log},
                {"limits", read_limits}};

static void folder_of(struct loader *l, const char *path)
{
    const char *slash = strrchr(path, '/');
    snprintf(l->folder, sizeof l->folder, "%.*s", slash ? (int)(slash - path) : 1,
             slash ? path : ".");
}

static void read_all(struct loader *l)
{
    yaml_node_t *root = yaml_doc_root(&l->doc);
    yaml_doc_only(&l->doc, root, "store listen rules time identity log limits");
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
        sections[i].read(l, yaml_doc_get(&l->doc, root, sections[i].name));
}

int hx_settings_load(const char *path, struct hx_settings *settings, struct hx_problem *problem)
{
    struct loader l = {.s = settings};
    memset(settings, 0, sizeof *settings);
    folder_of(&l, path);
    if (yaml_doc_open(&l.doc, path, problem) == HX_OK)
        read_all(&l);
    int rc = l.doc.rc;
    yaml_doc_close(&l.doc);
    if (rc)
        hx_settings_free(settings);
    return rc;
}

void hx_settings_free(struct hx_settings *s)
{
    char *const texts[] = {s->store_path, s->ingest, s->feed, s->pub,
                           s->life_cycle, s->city,   s->zone, s->key_file};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free(texts[i]);
    memset(s, 0, sizeof *s);
}
