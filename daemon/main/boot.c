#include "main/boot.h"

#include "base/disk.h"
#include "base/log.h"
#include "config/access/access.h"
#include "config/access/devices.h"
#include "config/city/city_load.h"
#include "config/life_cycle/life_cycle.h"
#include "config/notice/notice_texts.h"
#include "hongxin/key.h"
#include "service/acts/in_force.h"
#include "service/service.h"
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    DESCRIPTORS = 512, /* beside those of connections */
    FAULTS = 50,       /* of the city's files, told at once */
};

/* The registry is right, so that --check-config tells before a start does. */
static int check_access(const struct boot *b, const struct hx_city *city,
                        struct hx_problem *problem)
{
    struct hx_access *access = NULL;
    if (!*b->settings.principals)
        return HX_OK;
    int rc = hx_access_load(b->settings.principals, b->settings.roles, city, &access, problem);
    hx_access_free(access);
    return rc;
}

static int load_rules(struct boot *b, struct hx_problem *problem)
{
    int rc = hx_versions_load(b->settings.life_cycle, &b->versions, problem);
    if (rc && b->tell)
        hx_life_cycle_faults(b->settings.life_cycle, b->tell);
    return rc;
}

static int load_city(struct boot *b, struct hx_problem *problem)
{
    int rc = hx_city_texts_read(b->settings.city, b->tell, &b->texts, problem);
    return rc ? rc : hx_city_parse(&b->texts, b->tell, &b->city, problem);
}

/* The service reads them itself, and again. */
static int check_devices(struct boot *b, struct hx_problem *problem)
{
    struct hx_devices *devices = NULL;
    int rc = *b->settings.devices_file
                 ? hx_devices_load(b->settings.devices_file, &devices, problem)
                 : HX_OK;
    hx_devices_free(devices);
    return rc;
}

static int load_retention(struct boot *b, struct hx_problem *problem)
{
    if (!*b->settings.retention || !b->versions)
        return HX_OK;
    return hx_retention_load(b->settings.retention, hx_versions_rules(b->versions), &b->retention,
                             problem);
}

/* The texts of notices are the clients' to show; here they are only judged. */
static int check_texts(struct boot *b, struct hx_problem *problem)
{
    struct hx_notice_texts *texts = NULL;
    if (!b->versions)
        return HX_OK;
    int rc = hx_notice_texts_beside(b->settings.life_cycle, hx_versions_rules(b->versions), &texts,
                                    problem);
    hx_notice_texts_free(texts);
    return rc == HX_NOTFOUND ? HX_OK : rc;
}

/* What stands on both; without one of them its own fault is the only one to be told. */
static int check_fit(struct boot *b, struct hx_problem *problem)
{
    return b->versions && b->city
               ? hx_city_fits(b->settings.city, b->city, hx_versions_rules(b->versions), problem)
               : HX_OK;
}

static int check_keys(struct boot *b, struct hx_problem *problem)
{
    return b->city ? check_access(b, b->city, problem) : HX_OK;
}

/* What the settings name, in the order in which it is read. Keys come last: at a start they are
 * judged by the city in force, which the store may know better. */
static int (*const parts[])(struct boot *, struct hx_problem *) = {
    load_rules, load_city, check_fit, check_texts, check_devices, load_retention, check_keys};

enum { PARTS = sizeof parts / sizeof *parts, START_PARTS = PARTS - 1 };

static int load_settings(struct boot *b, const char *config, struct hx_problem *problem)
{
    memset(b, 0, sizeof *b);
    /* never in a core, nor swapped where that can be had */
    b->key = sodium_malloc((size_t)3 * HX_IDENTITY_KEY_SIZE);
    if (!b->key)
        return HX_NOMEM;
    b->onsite_key = b->key + HX_IDENTITY_KEY_SIZE;
    b->previous_key = b->onsite_key + HX_IDENTITY_KEY_SIZE;
    return hx_settings_load(config, &b->settings, problem);
}

int boot_load(struct boot *b, const char *config, struct hx_problem *problem)
{
    int rc = load_settings(b, config, problem);
    for (size_t i = 0; rc == HX_OK && i < START_PARTS; i++)
        rc = parts[i](b, problem);
    return rc;
}

struct told {
    void (*say)(const struct hx_problem *problem);
    int n;
};

static void tell_fault(void *ctx, const struct hx_problem *problem)
{
    struct told *t = ctx;
    t->say(problem);
    t->n++;
}

int boot_check(struct boot *b, const char *config, void (*say)(const struct hx_problem *problem))
{
    struct hx_problem problem = {""};
    struct told told = {say, 0};
    const struct hx_problems tell = {tell_fault, &told, FAULTS};
    int rc = load_settings(b, config, &problem);
    size_t n = rc ? 0 : PARTS; /* without settings nobody knows which files */
    b->tell = &tell;
    if (rc)
        tell_fault(&told, &problem);
    for (size_t i = 0; i < n; i++) {
        int before = told.n;
        problem.text[0] = '\0';
        if (parts[i](b, &problem) != HX_OK && told.n == before)
            tell_fault(&told, &problem);
    }
    b->tell = NULL;
    return told.n;
}

/* ---- keys: of identities, of on-site codes ---- */

static int key_fault(const char *path, const char *what, struct hx_problem *problem)
{
    hx_problem_set(problem, "%s: %s%s%s", path, what, errno ? ": " : "",
                   errno ? strerror(errno) : "");
    return HX_IO;
}

/* The folder that the key stands in, as `mkdir -p` with mode 0700 for the last one. */
static void make_parent(const char *path)
{
    char folder[4096];
    const char *slash = strrchr(path, '/');
    if (!slash || slash == path || (size_t)(slash - path) >= sizeof folder)
        return;
    memcpy(folder, path, (size_t)(slash - path));
    folder[slash - path] = '\0';
    mkdir(folder, 0700); /* what fails here fails at open, with its reason */
}

static int make_key(const char *path, uint8_t *key, struct hx_problem *problem)
{
    make_parent(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return key_fault(path, "cannot make the key", problem);
    randombytes_buf(key, HX_IDENTITY_KEY_SIZE);
    int rc = hx_disk_write_synced(fd, key, HX_IDENTITY_KEY_SIZE);
    close(fd);
    if (rc == HX_OK) /* what it opens shall not outlive it in a cut of power */
        rc = hx_disk_sync_parent(path);
    if (rc != HX_OK) {
        key_fault(path, "cannot write the key", problem);
        unlink(path);
        return rc;
    }
    hx_log(HX_LOG_WARN,
           "event=key_made file=%s \"keep a copy: without it no identity can be read, no code of "
           "a building checked\"",
           path);
    return HX_OK;
}

/* A key that must be there. */
static int read_old_key(const char *path, uint8_t *key, struct hx_problem *problem)
{
    errno = 0;
    int fd = hx_secret_open(path);
    if (fd < 0)
        return key_fault(path,
                         fd == HX_DENIED ? "others may read the key, or nobody can"
                                         : "cannot read the key",
                         problem);
    uint8_t more;
    ssize_t n = read(fd, key, HX_IDENTITY_KEY_SIZE);
    bool right = n == HX_IDENTITY_KEY_SIZE && read(fd, &more, 1) == 0;
    close(fd);
    if (right)
        return HX_OK;
    errno = 0;
    return key_fault(path, "a key has exactly 32 bytes", problem);
}

/* The same, made when it is not there. */
static int read_key(const char *path, uint8_t *key, struct hx_problem *problem)
{
    int fd = hx_secret_open(path);
    if (fd == HX_NOTFOUND)
        return make_key(path, key, problem);
    if (fd >= 0)
        close(fd);
    return read_old_key(path, key, problem);
}

/* ---- store and service ---- */

/* The store knows more than the files. */
static int know_versions(struct boot *b, struct hx_problem *problem)
{
    struct in_force_files files = {b->settings.life_cycle, &b->texts, b->city};
    hx_versions_free(b->versions);
    b->versions = NULL;
    int rc = in_force_load(b->store, &files, &b->versions, problem);
    b->city = files.city;
    hx_city_texts_free(&b->texts);
    if (rc == HX_OK)
        rc = hx_versions_city(b->versions, &b->in_force, problem);
    return rc == HX_OK ? check_access(b, b->in_force, problem) : rc;
}

int boot_open(struct boot *b, const char *data, uint32_t scale, struct hx_problem *problem)
{
    char text[HX_STORE_PROBLEM_MAX] = "";
    const char *path = data ? data : b->settings.store_path;
    bool has_previous = *b->settings.previous_key_file;
    int rc = read_key(b->settings.key_file, b->key, problem);
    if (rc == HX_OK && *b->settings.onsite_key_file)
        rc = read_key(b->settings.onsite_key_file, b->onsite_key, problem);
    if (rc == HX_OK && has_previous)
        rc = read_old_key(b->settings.previous_key_file, b->previous_key, problem);
    if (rc != HX_OK)
        return rc;
    make_parent(path);
    const struct hx_store_options o = {.path = path,
                                       .map_bytes = b->settings.map_bytes,
                                       .partition = (uint32_t)b->settings.partition,
                                       .scale = scale,
                                       .identity_key = b->key,
                                       .previous_key = has_previous ? b->previous_key : NULL,
                                       .reserve_bytes = b->settings.reserve_bytes};
    rc = hx_store_open(&o, &b->store, text);
    sodium_memzero(b->previous_key, HX_IDENTITY_KEY_SIZE); /* nobody needs it any more */
    if (rc != HX_OK) {
        hx_problem_set(problem, "%s", text);
        return rc;
    }
    return know_versions(b, problem);
}

/* A socket per connection and door, and room beside them: out of descriptors ZeroMQ spins. */
static void raise_descriptors(uint64_t connections)
{
    struct rlimit limit;
    rlim_t wanted = 3 * connections + DESCRIPTORS;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted)
        return;
    limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur < wanted)
        hx_log(HX_LOG_WARN, "event=few_descriptors wanted=%llu have=%llu",
               (unsigned long long)wanted, (unsigned long long)limit.rlim_cur);
}

int boot_run(struct boot *b, uint32_t scale, int64_t begin)
{
    const struct hx_settings *s = &b->settings;
    const struct service_options o = {.versions = b->versions,
                                      .city = b->in_force,
                                      .store = b->store,
                                      .onsite_key = *s->onsite_key_file ? b->onsite_key : NULL,
                                      .onsite_required = s->onsite_required,
                                      .onsite_window_ms = (int64_t)s->onsite_seconds * 1000,
                                      .devices_file = s->devices_file,
                                      .retention = b->retention,
                                      .principals_file = s->principals,
                                      .roles_file = s->roles,
                                      .server_key_file = s->server_key,
                                      .intake_endpoint = s->ingest,
                                      .feed_endpoint = s->feed,
                                      .pub_endpoint = s->pub,
                                      .limits = &s->limits,
                                      .life_cycle_file = s->life_cycle,
                                      .scale = scale,
                                      .begin = begin,
                                      .partition = (uint32_t)s->partition,
                                      .journal_keep_days = s->journal_keep_days,
                                      .quarantine_keep_days = s->quarantine_keep_days};
    raise_descriptors(s->limits.connections);
    return service_run(&o);
}

void boot_free(struct boot *b)
{
    hx_store_close(b->store);
    hx_city_free(b->city);
    hx_city_texts_free(&b->texts);
    hx_versions_free(b->versions);
    hx_settings_free(&b->settings);
    free(b->retention);
    sodium_free(b->key); /* clears all three */
}
