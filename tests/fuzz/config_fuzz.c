/* The files of a configuration, by the first byte: life cycle, texts of notices, settings, roles
 * and principals, devices, and the life cycle as shipped with some of its lines replaced (the line
 * in two bytes, the size of its text in one, the text). Whatever stands in one, it is taken or
 * refused with a reason. */
#include "config/access/access.h"
#include "config/access/devices.h"
#include "config/life_cycle/life_cycle.h"
#include "config/notice/notice_texts.h"
#include "config/settings.h"
#include "fuzz.h"
#include "property/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { FILE_MAX = 256 * 1024 };

/* A file that is only in memory, under a name that can be opened. */
static int put(const void *bytes, size_t size, char path[32])
{
    int fd = memfd_create("fuzz", 0);
    if (fd < 0 || write(fd, bytes, size) != (ssize_t)size)
        abort();
    snprintf(path, 32, "/proc/self/fd/%d", fd);
    return fd;
}

static int life_cycle(const char *text, size_t size, struct hx_problem *problem)
{
    struct hx_rules *rules = NULL;
    (void)size;
    int rc = hx_life_cycle_parse(HX_SOURCE_DIR "/config/life-cycles/fuzz.yaml", text, NULL, &rules,
                                 problem);
    hx_life_cycle_free(rules);
    return rc;
}

static char *shipped(size_t *size)
{
    static char *text;
    static size_t n;
    FILE *f = text ? NULL : fopen(HX_SOURCE_DIR "/config/life-cycles/complaint.yaml", "rb");
    if (f) {
        text = calloc(1, FILE_MAX);
        n = text ? fread(text, 1, FILE_MAX - 1, f) : 0;
        fclose(f);
    }
    if (!n)
        abort();
    *size = n;
    return text;
}

/* The edit for this line; false when there is none. */
static bool edited(const char *p, const char *end, unsigned line, const char **text, size_t *size)
{
    while (end - p >= 3) {
        unsigned at = (unsigned)(uint8_t)p[0] << 8 | (uint8_t)p[1];
        size_t n = (uint8_t)p[2];
        p += 3;
        *size = n < (size_t)(end - p) ? n : (size_t)(end - p);
        *text = p;
        if (at == line)
            return true;
        p += *size;
    }
    return false;
}

static int life_cycle_edited(const char *edits, size_t size, struct hx_problem *problem)
{
    static char text[2 * FILE_MAX];
    size_t n, used = 0, more;
    const char *p = shipped(&n), *end = p + n, *other;
    for (unsigned line = 1; p < end; line++) {
        const char *next = memchr(p, '\n', (size_t)(end - p));
        size_t length = next ? (size_t)(next - p) : (size_t)(end - p);
        bool change = edited(edits, edits + size, line, &other, &more);
        size_t take = change ? more : length;
        if (used + take + 2 > sizeof text)
            break;
        memcpy(text + used, change ? other : p, take);
        used += take;
        text[used++] = '\n';
        p += length + 1;
    }
    text[used] = '\0';
    return life_cycle(text, used, problem);
}

static int notice_texts(const char *text, size_t size, struct hx_problem *problem)
{
    struct hx_notice_texts *texts = NULL;
    (void)size;
    int rc = hx_notice_texts_parse("fuzz", text, world_rules(), &texts, problem);
    hx_notice_texts_free(texts);
    return rc;
}

static int settings(const char *text, size_t size, struct hx_problem *problem)
{
    struct hx_settings s;
    char path[32];
    int fd = put(text, size, path);
    int rc = hx_settings_load(path, &s, problem);
    hx_settings_free(&s);
    close(fd);
    return rc;
}

static int access_files(const char *text, size_t size, struct hx_problem *problem)
{
    struct hx_access *access = NULL;
    char principals[32], roles[32];
    const char *half = memchr(text, '\f', size); /* what follows a form feed is the other file */
    size_t n = half ? (size_t)(half - text) : size;
    int a = put(text, n, principals), b = put(text + n, size - n, roles);
    int rc = half ? hx_access_load(principals, roles, world_city(), &access, problem)
                  : hx_access_load(HX_SOURCE_DIR "/config/principals.csv", principals, world_city(),
                                   &access, problem);
    hx_access_free(access);
    close(a);
    close(b);
    return rc;
}

static int devices(const char *text, size_t size, struct hx_problem *problem)
{
    struct hx_devices *d = NULL;
    char path[32];
    int fd = put(text, size, path);
    int rc = hx_devices_load(path, &d, problem);
    hx_devices_free(d);
    close(fd);
    return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int (*const kinds[])(const char *, size_t, struct hx_problem *) = {
        life_cycle, notice_texts, settings, access_files, devices, life_cycle_edited};
    struct hx_problem problem = {""};
    if (size < 1)
        return 0;
    char *text = calloc(1, size);
    if (!text)
        abort();
    memcpy(text, data + 1, size - 1);
    int rc = kinds[data[0] % (sizeof kinds / sizeof *kinds)](text, size - 1, &problem);
    if (rc == HX_CONFIG && !problem.text[0])
        abort(); /* refused, and nobody knows why */
    free(text);
    return 0;
}
