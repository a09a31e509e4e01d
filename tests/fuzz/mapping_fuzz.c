/* Exports of a hotline and of a former system: rows of CSV in any encoding, with fields that go
 * over lines, and what the shipped mappings make of them; the same rows as objects of JSON. Behind
 * 0xfe stands a mapping, which is refused with a reason or makes something of the tests' exports.
 */
#include "fuzz.h"
#include "mapping/object.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { A_MAPPING = 0xfe };

static const char *const encodings[] = {"auto", "UTF-8", "GB18030", "UTF-16"};

static const struct mapping *mapping_at(int which)
{
    static struct mapping *loaded[2];
    static const char *const paths[] = {HX_SOURCE_DIR "/config/mappings/12345.yaml",
                                        HX_SOURCE_DIR "/config/mappings/history.yaml"};
    struct hx_problem problem = {""};
    if (!loaded[which] && mapping_load(paths[which], &loaded[which], &problem) != HX_OK)
        abort();
    return loaded[which];
}

/* Taken with an id and a type and, when there is a past, in the order of its times; or refused with
 * words. */
static void check(int rc, const struct record *r, const char *problem)
{
    if (rc == HX_OK && (!r->event || !*r->event->type || !*r->event->id))
        abort();
    if (rc == HX_INVALID && !*problem)
        abort();
    for (size_t i = 1; rc == HX_OK && r->event->data && i < r->event->data->n_history; i++)
        if (r->event->data->history[i - 1]->t_occ > r->event->data->history[i]->t_occ)
            abort();
}

static void apply(const struct map_binding *b, const struct csv_row *row)
{
    struct hx_arena arena;
    struct map_target target = {.arena = &arena};
    char problem[RECORD_PROBLEM] = "";
    hx_arena_init(&arena, 0);
    check(mapping_apply(b, row, &target, problem), &target.record, problem);
    hx_arena_fini(&arena);
}

static void read_table(const char *path, uint8_t flags, const struct mapping *m)
{
    struct csv_file *f = NULL;
    struct map_binding b = {0};
    struct csv_row row;
    char problem[MAPPING_PROBLEM] = "";
    bool bound = false;
    if (csv_file_open(path, encodings[flags % 4], flags & 4 ? ';' : ',', &f, problem) != HX_OK)
        return;
    for (int n = 0; csv_file_next(f, &row) == HX_OK; n++) {
        if (row.n > CSV_FIELDS_MAX)
            abort();
        if (n == 0)
            bound = mapping_bind(m, &row, &b, problem) == HX_OK;
        else if (bound)
            apply(&b, &row);
    }
    if (bound)
        mapping_unbind(&b);
    csv_file_close(f);
}

static void read_object(const char *text, size_t size, uint8_t flags)
{
    static struct object_row object;
    struct map_binding b = {0};
    char problem[MAPPING_PROBLEM] = "";
    json_t *o = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
    if (o && object_row(o, &object) == HX_OK &&
        mapping_bind(mapping_at(flags >> 3 & 1), &object.heading, &b, problem) == HX_OK) {
        if (!mapping_is_bound(&b, &object.heading))
            abort();
        apply(&b, &object.row);
        mapping_unbind(&b);
    }
    json_decref(o);
}

static void try_mapping(const char *path)
{
    struct hx_problem problem = {""};
    struct mapping *m = NULL;
    int rc = mapping_load(path, &m, &problem);
    if (rc == HX_OK) {
        read_table(HX_SOURCE_DIR "/tests/data/12345-utf8.csv", 0, m);
        read_table(HX_SOURCE_DIR "/tests/data/history-utf8.csv", 0, m);
    } else if (rc != HX_CONFIG || !problem.text[0])
        abort();
    mapping_free(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[32];
    if (size < 2)
        return 0;
    int fd = memfd_create("fuzz", 0);
    if (fd < 0 || write(fd, data + 1, size - 1) != (ssize_t)(size - 1))
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (data[0] == A_MAPPING) {
        try_mapping(path);
    } else {
        read_table(path, data[0], mapping_at(data[0] >> 3 & 1));
        read_object((const char *)data + 1, size - 1, data[0]);
    }
    close(fd);
    return 0;
}
