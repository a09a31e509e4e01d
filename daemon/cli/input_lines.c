/* JSON Lines as input: an object a line. */
#include "cli/input.h"
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
};

static void parse(struct lines *l, struct input_row *out)
{
    json_error_t error;
    char id[RECORD_ID_MAX];

    out->object = NULL;
    if (out->size > LINE_MAX_BYTES) {
        snprintf(out->problem, sizeof out->problem, "longer than %d bytes", LINE_MAX_BYTES);
        return;
    }
    out->object = json_loadb(out->text, out->size, JSON_REJECT_DUPLICATES, &error);
    if (!out->object) {
        snprintf(out->problem, sizeof out->problem, "not JSON: column %d", error.column);
        return;
    }
    if (!json_is_object(out->object) || json_object_get(out->object, "id"))
        return;
    if (l->stable)
        record_stable_id("jsonl", out->row, out->text, out->size, id);
    else
        record_new_id(cli_now(), id);
    json_object_set_new(out->object, "id", json_string(id));
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
    parse(l, out);
    return HX_OK;
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
    free(l->text);
    free(l);
    in->state = NULL;
}

int input_open_lines(const struct cli *cli, const char *path, bool stable, struct input *in)
{
    struct lines *l = calloc(1, sizeof *l);
    struct stat st;

    if (!l)
        return cli_fail(cli, CLI_NEGATIVE, "out of memory");
    l->close_it = strcmp(path, "-") != 0;
    l->stable = stable;
    l->in = l->close_it ? fopen(path, "r") : stdin;
    *in = (struct input){l, next, progress, close_lines};
    if (!l->in) {
        int rc = cli_fail(cli, CLI_USAGE, "%s: %s", path, strerror(errno));
        close_lines(in);
        return rc;
    }
    if (!fstat(fileno(l->in), &st) && S_ISREG(st.st_mode))
        l->size = (uint64_t)st.st_size;
    return CLI_OK;
}
