/* Reading goes in two steps. libcyaml fills struct raw, whose members are pointers so that "left
 * out" differs from any value; then each value is checked and takes its place, or its default does.
 */
#include "config/settings.h"
#include "config/endpoint.h"
#include "config/reading/yaml_schema.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { TEXT_MAX = 1024 }; /* bytes of a path or an endpoint */

typedef char *raw_SIZE;      /* with its unit */
typedef uint64_t *raw_COUNT; /* a plain number */

struct raw_store {
    char *path;
    raw_SIZE map_size, reserve;
    raw_COUNT journal_keep_days, quarantine_keep_days, partition;
};
struct raw_listen {
    char *ingest, *feed, *pub;
};
struct raw_rules {
    char *life_cycle, *city;
};
struct raw_time {
    char *zone;
    int64_t *utc_offset_minutes;
};
struct raw_keys {
    char *principals, *roles, *server;
};
struct raw_identity {
    char *key_file, *previous_key_file, *retention;
};
struct raw_evidence {
    char *onsite_key_file, *onsite_codes, *devices_file;
    raw_COUNT onsite_seconds;
};
struct raw_log {
    char *level;
};
struct raw_limits {
#define X(field, unit, least, most, initial, what) raw_##unit field;
    HX_LIMITS(X)
#undef X
};
struct raw {
    struct raw_store store;
    struct raw_listen listen;
    struct raw_rules rules;
    struct raw_time time;
    struct raw_keys keys;
    struct raw_identity identity;
    struct raw_evidence evidence;
    struct raw_log log;
    struct raw_limits limits;
};

/* ---- the schema, section by section ---- */

enum { OPTIONAL = CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL };
#define TEXT(section, member, least)                                                               \
    CYAML_FIELD_STRING_PTR(#member, OPTIONAL, struct raw_##section, member, least, TEXT_MAX)
#define FIELD_SIZE(section, member) TEXT(section, member, 1)
#define FIELD_COUNT(section, member)                                                               \
    CYAML_FIELD_UINT_PTR(#member, OPTIONAL, struct raw_##section, member)
#define SECTION(section)                                                                           \
    CYAML_FIELD_MAPPING(#section, CYAML_FLAG_OPTIONAL, struct raw, section, section##_fields)

static const cyaml_schema_field_t store_fields[] = {
    TEXT(store, path, 1),
    FIELD_SIZE(store, map_size),
    FIELD_SIZE(store, reserve),
    FIELD_COUNT(store, journal_keep_days),
    FIELD_COUNT(store, quarantine_keep_days),
    FIELD_COUNT(store, partition),
    CYAML_FIELD_END,
};
static const cyaml_schema_field_t listen_fields[] = {
    TEXT(listen, ingest, 1),
    TEXT(listen, feed, 1),
    TEXT(listen, pub, 0),
    CYAML_FIELD_END,
};
static const cyaml_schema_field_t rules_fields[] = {
    TEXT(rules, life_cycle, 1),
    TEXT(rules, city, 1),
    CYAML_FIELD_END,
};
static const cyaml_schema_field_t time_fields[] = {
    TEXT(time, zone, 1),
    CYAML_FIELD_INT_PTR("utc_offset_minutes", OPTIONAL, struct raw_time, utc_offset_minutes),
    CYAML_FIELD_END,
};
static const cyaml_schema_field_t keys_fields[] = {
    TEXT(keys, principals, 0),
    TEXT(keys, roles, 1),
    TEXT(keys, server, 0),
    CYAML_FIELD_END,
};
static const cyaml_schema_field_t identity_fields[] = {
    TEXT(identity, key_file, 1),
    TEXT(identity, previous_key_file, 0),
    TEXT(identity, retention, 0),
    CYAML_FIELD_END,
};
static const cyaml_schema_field_t evidence_fields[] = {
    TEXT(evidence, onsite_key_file, 0),
    TEXT(evidence, onsite_codes, 1),
    FIELD_COUNT(evidence, onsite_seconds),
    TEXT(evidence, devices_file, 0),
    CYAML_FIELD_END,
};
static const cyaml_schema_field_t log_fields[] = {
    TEXT(log, level, 1),
    CYAML_FIELD_END,
};
static const cyaml_schema_field_t limits_fields[] = {
#define X(field, unit, least, most, initial, what) FIELD_##unit(limits, field),
    HX_LIMITS(X)
#undef X
        CYAML_FIELD_END,
};
static const cyaml_schema_field_t raw_fields[] = {
    SECTION(store),    SECTION(listen),   SECTION(rules), SECTION(time),   SECTION(keys),
    SECTION(identity), SECTION(evidence), SECTION(log),   SECTION(limits), CYAML_FIELD_END,
};
static const cyaml_schema_value_t schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct raw, raw_fields),
};

/* ---- numbers ---- */

enum { UNIT_COUNT, UNIT_SIZE };

/* A number's contract, and where it stands in the file's structure. */
struct number {
    struct hx_settings_number to;
    size_t from; /* of its raw_SIZE or raw_COUNT in struct raw */
    bool zero;   /* 0 is allowed beside least … most */
};

#define NUMBER(name, raw_member, member, unit, low, high, first, text, none)                       \
    {                                                                                              \
        .to = {name, UNIT_##unit, low, high, first, text, offsetof(struct hx_settings, member)},   \
        .from = offsetof(struct raw, raw_member), .zero = (none)                                   \
    }

static const struct number numbers[] = {
    NUMBER("store.map_size", store.map_size, map_bytes, SIZE, 16 * HX_MIB, 16 * HX_TIB, 64 * HX_GIB,
           "largest size of the store", false),
    NUMBER("store.reserve", store.reserve, reserve_bytes, SIZE, HX_MIB, HX_TIB, 64 * HX_MIB,
           "kept free on the store's disk", false),
    NUMBER("store.journal_keep_days", store.journal_keep_days, journal_keep_days, COUNT, 31, 36500,
           0, "days for which entries of closed cases are kept; 0 = for ever", true),
    NUMBER("store.quarantine_keep_days", store.quarantine_keep_days, quarantine_keep_days, COUNT, 1,
           36500, 90, "days for which refused events are kept; 0 = for ever", true),
    NUMBER("store.partition", store.partition, partition, COUNT, 0, 8191, 0,
           "number of the partition; fixed when the store is made", false),
    NUMBER("evidence.onsite_seconds", evidence.onsite_seconds, onsite_seconds, COUNT, 10, 3600, 60,
           "seconds for which a building shows one code", false),
#define X(field, unit, least, most, initial, what)                                                 \
    NUMBER("limits." #field, limits.field, limits.field, unit, least, most, initial, what, false),
    HX_LIMITS(X)
#undef X
};
enum { NUMBERS = sizeof numbers / sizeof *numbers };

const struct hx_settings_number *hx_settings_number(size_t i)
{
    return i < NUMBERS ? &numbers[i].to : NULL;
}

/* "8 MiB" for a size, digits for a count: as a person would write it into the file. */
static const char *number_text(const struct number *n, uint64_t value, char text[32])
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    unsigned i = 0;
    if (n->to.is_size) {
        while (i < 4 && value && value % 1024 == 0) {
            value /= 1024;
            i++;
        }
    }
    snprintf(text, 32, "%llu%s%s", (unsigned long long)value, n->to.is_size ? " " : "",
             n->to.is_size ? units[i] : "");
    return text;
}

static int take_number(const struct yaml_doc *doc, const struct number *n, const struct raw *raw,
                       struct hx_settings *s)
{
    char least[32], most[32];
    const void *given = *(void *const *)((const char *)raw + n->from);
    uint64_t *value = (uint64_t *)((char *)s + n->to.offset);
    *value = n->to.initial;
    if (!given)
        return HX_OK;
    if (!n->to.is_size)
        *value = *(const uint64_t *)given;
    else if (hx_size_parse(given, value) != HX_OK)
        return yaml_schema_fault(doc, n->to.key, "\"%s\" is not a size such as \"8 MiB\"",
                                 (const char *)given);
    if ((*value >= n->to.least && *value <= n->to.most) || (n->zero && *value == 0))
        return HX_OK;
    return yaml_schema_fault(doc, n->to.key, "must be %s to %s%s",
                             number_text(n, n->to.least, least), number_text(n, n->to.most, most),
                             n->zero ? ", or 0" : "");
}

static int take_numbers(const struct yaml_doc *doc, const struct raw *raw, struct hx_settings *s)
{
    int err = HX_OK;
    for (size_t i = 0; i < NUMBERS && !err; i++)
        err = take_number(doc, &numbers[i], raw, s);
    return err;
}

static int take_offset(const struct yaml_doc *doc, const struct raw *raw, struct hx_settings *s)
{
    const int64_t *given = raw->time.utc_offset_minutes;
    s->utc_offset_minutes = given ? *given : 480;
    if (s->utc_offset_minutes >= -720 && s->utc_offset_minutes <= 840)
        return HX_OK;
    return yaml_schema_fault(doc, "time.utc_offset_minutes", "must be -720 to 840");
}

static int take_level(const struct yaml_doc *doc, const struct raw *raw, struct hx_settings *s)
{
    static const char *const levels[] = {"debug", "info", "warn", "error"};
    const char *given = raw->log.level ? raw->log.level : "info";
    for (unsigned i = 0; i < sizeof levels / sizeof *levels; i++) {
        if (strcmp(levels[i], given) == 0) {
            s->log_level = (enum hx_log_level)i;
            return HX_OK;
        }
    }
    return yaml_schema_fault(doc, "log.level", "\"%s\" is not debug, info, warn or error", given);
}

static int take_code_policy(const struct yaml_doc *doc, const struct raw *raw,
                            struct hx_settings *s)
{
    const char *given = raw->evidence.onsite_codes ? raw->evidence.onsite_codes : "required";
    s->onsite_required = strcmp(given, "required") == 0;
    if (s->onsite_required || strcmp(given, "believed") == 0)
        return HX_OK;
    return yaml_schema_fault(doc, "evidence.onsite_codes", "\"%s\" is not required or believed",
                             given);
}

/* ---- texts ---- */

static int take_text(const char *given, const char *initial, char **out)
{
    *out = strdup(given ? given : initial);
    return *out ? HX_OK : HX_NOMEM;
}

/* A path is taken from the folder of the file that names it. */
static int take_path(const struct yaml_doc *doc, const char *given, const char *initial, char **out)
{
    const char *path = given ? given : initial, *slash = strrchr(doc->file, '/');
    int folder = slash ? (int)(slash - doc->file) + 1 : 0;
    if (path[0] == '/' || strncmp(path, "credential:", 11) == 0)
        folder = 0;
    if (asprintf(out, "%.*s%s", folder, doc->file, path) >= 0)
        return HX_OK;
    *out = NULL;
    return HX_NOMEM;
}

/* The same, where "" stands for no file. */
static int take_optional_path(const struct yaml_doc *doc, const char *given, char **out)
{
    return given && *given ? take_path(doc, given, "", out) : take_text("", "", out);
}

static int take_paths(const struct yaml_doc *doc, const struct raw *raw, struct hx_settings *s)
{
    int err = take_path(doc, raw->store.path, "../var/store", &s->store_path);
    if (!err)
        err = take_path(doc, raw->rules.life_cycle, "life-cycles/complaint.yaml", &s->life_cycle);
    if (!err)
        err = take_path(doc, raw->rules.city, "city", &s->city);
    if (!err)
        err = take_path(doc, raw->identity.key_file, "../var/identity.key", &s->key_file);
    if (!err)
        err = take_optional_path(doc, raw->identity.previous_key_file, &s->previous_key_file);
    if (!err)
        err = take_optional_path(doc, raw->identity.retention, &s->retention);
    if (!err)
        err = take_optional_path(doc, raw->evidence.onsite_key_file, &s->onsite_key_file);
    if (!err)
        err = take_optional_path(doc, raw->evidence.devices_file, &s->devices_file);
    if (!err)
        err = take_optional_path(doc, raw->keys.principals, &s->principals);
    if (!err)
        err = take_path(doc, raw->keys.roles, "roles.yaml", &s->roles);
    const char *server = raw->keys.server ? raw->keys.server : "../var/server.key";
    return err ? err : take_optional_path(doc, server, &s->server_key);
}

/* A key that others may read is no secret any more: refused, not repaired. */
static int check_key_file(const struct yaml_doc *doc, const char *key, const char *file)
{
    struct stat st;
    if (strncmp(file, "credential:", 11) == 0)
        return HX_OK; /* judged when it is read */
    if (stat(file, &st) != 0)
        return errno == ENOENT || errno == ENOTDIR
                   ? HX_OK
                   : yaml_schema_fault(doc, key, "%s: %s", file, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return yaml_schema_fault(doc, key, "%s is not a file", file);
    if (st.st_mode & 077)
        return yaml_schema_fault(doc, key, "%s has mode %04o, it must be 0600", file,
                                 (unsigned)st.st_mode & 07777);
    return HX_OK;
}

static int check_door(const struct yaml_doc *doc, const char *key, const char *endpoint, bool keys)
{
    if (!hx_endpoint_valid(endpoint))
        return yaml_schema_fault(doc, key, "\"%s\" is not tcp://ADDRESS:PORT or ipc://PATH",
                                 endpoint);
    if (!keys && !hx_endpoint_local(endpoint))
        return yaml_schema_fault(doc, key,
                                 "%s can be reached from other machines, which needs keys: name "
                                 "keys.principals (docs/security.md), or use tcp://127.0.0.1:PORT, "
                                 "tcp://[::1]:PORT or ipc://PATH",
                                 endpoint);
    return HX_OK;
}

/* Two doors at one address, except that each may have a free port of its own. */
static bool same_door(const char *a, const char *b)
{
    return strcmp(a, b) == 0 && !hx_endpoint_any_port(a);
}

static int take_doors(const struct yaml_doc *doc, const struct raw *raw, struct hx_settings *s)
{
    bool keys =
        raw->keys.principals && *raw->keys.principals && (!raw->keys.server || *raw->keys.server);
    int err = take_text(raw->listen.ingest, "tcp://127.0.0.1:54321", &s->ingest);
    if (!err)
        err = take_text(raw->listen.feed, "tcp://127.0.0.1:54322", &s->feed);
    if (!err)
        err = take_text(raw->listen.pub, "tcp://127.0.0.1:54323", &s->pub);
    if (!err)
        err = check_door(doc, "listen.ingest", s->ingest, keys);
    if (!err)
        err = check_door(doc, "listen.feed", s->feed, keys);
    if (!err && *s->pub)
        err = check_door(doc, "listen.pub", s->pub, keys);
    if (!err && (same_door(s->pub, s->ingest) || same_door(s->pub, s->feed)))
        err = yaml_schema_fault(doc, "listen.pub", "%s is the address of another door", s->pub);
    return err;
}

/* The name is only shown; the offset is what counts. So any name of the usual form will do. */
static int take_zone(const struct yaml_doc *doc, const struct raw *raw, struct hx_settings *s)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789+-_/";
    int err = take_text(raw->time.zone, "Asia/Shanghai", &s->zone);
    if (err || (s->zone[strspn(s->zone, allowed)] == '\0' && strlen(s->zone) < 64))
        return err;
    return yaml_schema_fault(doc, "time.zone", "\"%.64s\" is not a zone such as Asia/Shanghai",
                             s->zone);
}

static int take_all(const struct yaml_doc *doc, const struct raw *raw, struct hx_settings *s)
{
    int err = take_numbers(doc, raw, s);
    if (!err)
        err = take_offset(doc, raw, s);
    if (!err)
        err = take_level(doc, raw, s);
    if (!err)
        err = take_zone(doc, raw, s);
    if (!err)
        err = take_doors(doc, raw, s);
    if (!err)
        err = take_paths(doc, raw, s);
    if (!err)
        err = take_code_policy(doc, raw, s);
    if (!err)
        err = check_key_file(doc, "identity.key_file", s->key_file);
    if (!err && *s->onsite_key_file)
        err = check_key_file(doc, "evidence.onsite_key_file", s->onsite_key_file);
    return err;
}

int hx_settings_load(const char *path, struct hx_settings *s, struct hx_problem *problem)
{
    struct yaml_doc doc;
    void *raw = NULL;
    *s = (struct hx_settings){0};
    int err = yaml_doc_open(&doc, path, problem);
    if (!err)
        err = yaml_schema_load(&doc, &schema, &raw);
    if (!err)
        err = take_all(&doc, raw, s);
    if (err == HX_NOMEM)
        (void)hx_problem_set(problem, "%s: out of memory", path);
    if (err)
        hx_settings_free(s);
    yaml_schema_free(&schema, raw);
    yaml_doc_close(&doc);
    return err;
}

void hx_settings_free(struct hx_settings *s)
{
    char *texts[] = {s->store_path,
                     s->ingest,
                     s->feed,
                     s->pub,
                     s->life_cycle,
                     s->city,
                     s->zone,
                     s->key_file,
                     s->onsite_key_file,
                     s->devices_file,
                     s->principals,
                     s->roles,
                     s->server_key,
                     s->previous_key_file,
                     s->retention};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free(texts[i]);
    *s = (struct hx_settings){0};
}
