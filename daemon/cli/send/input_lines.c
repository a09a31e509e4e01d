/* JSON Lines as input: an object a line. */
#include "base/now.h"
#include "cli/send/input.h"
#include "mapping/object.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/link.h"

/* A line longer than any event can be. */
enum { LINE_MAX_BYTES = 512 * 1024 };

struct lines {
    FILE *in;
    bool close_it, stable;
    uint64_t line, row, at, size;
    char *text;
    size_t cap;
    struct by_map *by_map; /* NULL: the objects are in the words of the schema */
};

/* Objects in somebody else's words. */
struct by_map {
    struct mapping *mapping;
    struct map_binding binding; /* to the keys of the object before: most have the same */
    struct hx_arena arena;      /* of the line's record */
    struct object_row object;
};

/* ---- objects in somebody else's words ---- */

static int map_object(struct by_map *b, const json_t *object, struct input_row *out)
{
    struct map_target target = {.arena = &b->arena};
    char problem[MAPPING_PROBLEM] = "not an object of texts, numbers, booleans and objects of them";
    int rc = object_row(object, &b->object);

    if (!rc && !mapping_is_bound(&b->binding, &b->object.heading)) {
        mapping_unbind(&b->binding);
        rc = mapping_bind(b->mapping, &b->object.heading, &b->binding, problem);
    }
    if (rc) {
        snprintf(out->problem, sizeof out->problem, "%.*s", RECORD_PROBLEM - 1, problem);
        return rc;
    }
    b->object.row.row = out->row;
    b->object.row.line = out->line;
    hx_arena_reset(&b->arena);
    rc = mapping_apply(&b->binding, &b->object.row, &target, out->problem);
    out->record = target.record;
    return rc;
}

static void by_map_free(struct by_map *b)
{
    if (!b)
        return;
    mapping_unbind(&b->binding);
    mapping_free(b->mapping);
    hx_arena_fini(&b->arena);
    free(b);
}

static int open_map(const struct cli *cli, struct lines *l)
{
    const char *map = cli_get(cli, "map");
    struct hx_problem problem = {""};

    if (!map)
        return CLI_OK;
    l->by_map = calloc(1, sizeof *l->by_map);
    if (!l->by_map)
        return cli_fail(cli, CLI_NEGATIVE, "out of memory");
    return mapping_load(map, &l->by_map->mapping, &problem)
               ? cli_fail(cli, CLI_USAGE, "%s", problem.text)
               : CLI_OK;
}

/* ---- lines ---- */

static void name_object(const struct lines *l, json_t *object, const struct input_row *out)
{
    char id[RECORD_ID_MAX];

    if (!json_is_object(object) || json_object_get(object, "id"))
        return;
    if (l->stable)
        record_stable_id("jsonl", out->row, out->text, out->size, id);
    else
        record_new_id(hx_wall_ms(), id);
    json_object_set_new(object, "id", json_string(id));
}

/* HX_NOMEM ends the run; what else is wrong is the line's problem. */
static int parse(struct lines *l, struct input_row *out)
{
    json_error_t error;
    json_t *object;
    int rc;

    out->record = (struct record){0};
    if (out->size > LINE_MAX_BYTES) {
        snprintf(out->problem, sizeof out->problem, "longer than %d bytes", LINE_MAX_BYTES);
        return HX_OK;
    }
    object = json_loadb(out->text, out->size, JSON_REJECT_DUPLICATES, &error);
    if (!object) {
        snprintf(out->problem, sizeof out->problem, "not JSON: column %d", error.column);
        return HX_OK;
    }
    if (l->by_map) {
        rc = map_object(l->by_map, object, out);
    } else {
        name_object(l, object, out);
        rc = record_from_json(object, &out->record, out->problem);
    }
    json_decref(object);
    return rc == HX_NOMEM ? rc : HX_OK;
}

static int next(struct input *in, struct input_row *out)
{
    struct lines *l = in->state;
    ssize_t n;

    do {
        n = getline(&l->text, &l->cap, l->in);
        if (n < 0)
            return ferror(l->in) && errno != EINTR ? HX_IO : HX_NOTFOUND;
        l->line++;
        l->at += (uint64_t)n;
        while (n && strchr("\r\n \t", l->text[n - 1]))
            n--;
    } while (!n);
    out->row = ++l->row;
    out->line = l->line;
    out->text = l->text;
    out->size = (size_t)n;
    return parse(l, out);
}

static void progress(const struct input *in, uint64_t *at, uint64_t *size)
{
    const struct lines *l = in->state;

    *at = l->at;
    *size = l->size;
}

static void close_lines(struct input *in)
{
    struct lines *l = in->state;

    if (l->in && l->close_it)
        fclose(l->in);
    by_map_free(l->by_map);
    free(l->text);
    free(l);
    in->state = NULL;
}

int input_open_lines(const struct cli *cli, const char *path, bool stable, struct input *in)
{
    struct lines *l = calloc(1, sizeof *l);
    struct stat st;
    int rc;

    if (!l)
        return cli_fail(cli, CLI_NEGATIVE, "out of memory");
    l->close_it = strcmp(path, "-") != 0;
    l->stable = stable;
    l->in = l->close_it ? fopen(path, "r") : stdin;
    *in = (struct input){l, next, progress, close_lines};
    rc = l->in ? open_map(cli, l) : cli_fail(cli, CLI_USAGE, "%s: %s", path, strerror(errno));
    if (rc) {
        close_lines(in);
        return rc;
    }
    if (!fstat(fileno(l->in), &st) && S_ISREG(st.st_mode))
        l->size = (uint64_t)st.st_size;
    return CLI_OK;
}
