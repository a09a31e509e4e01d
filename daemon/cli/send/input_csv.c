/* A table with its mapping as input. */
#include "cli/send/input.h"
#include "cli/show/says.h"
#include "mapping/csvfile.h"
#include "mapping/mapping.h"
#include <stdlib.h>
#include <string.h>

struct table {
    struct mapping *mapping;
    struct csv_file *file;
    struct map_binding binding;
    struct csv_row row;
    struct hx_arena arena; /* of the row's record */
};

static int next(struct input *in, struct input_row *out)
{
    struct table *t = in->state;
    struct map_target target = {.arena = &t->arena};
    int rc = csv_file_next(t->file, &t->row);

    if (rc)
        return rc;
    hx_arena_reset(&t->arena);
    out->row = t->row.row;
    out->line = t->row.line;
    out->text = t->row.text;
    out->size = t->row.size;
    rc = mapping_apply(&t->binding, &t->row, &target, out->problem);
    out->record = target.record;
    return rc == HX_NOMEM ? rc : HX_OK;
}

static void progress(const struct input *in, uint64_t *at, uint64_t *size)
{
    const struct table *t = in->state;

    csv_file_progress(t->file, at, size);
}

static void close_table(struct input *in)
{
    struct table *t = in->state;

    mapping_unbind(&t->binding);
    csv_file_close(t->file);
    mapping_free(t->mapping);
    hx_arena_fini(&t->arena);
    free(t);
    in->state = NULL;
}

/* A column that was renamed is found here before its values are missed. */
static void tell_left_over(const struct cli *cli, const struct table *t)
{
    char list[512];

    if (cli_has(cli, "dry-run") && mapping_left_over(&t->binding, list, sizeof list))
        cli_say(cli, stderr, "columns that the mapping does not name: %s\n", list);
}

static int open_file(const struct cli *cli, const char *path, struct table *t)
{
    const char *encoding = cli_get(cli, "encoding");
    char problem[MAPPING_PROBLEM];
    int rc;

    if (!encoding)
        encoding = t->mapping->encoding ? t->mapping->encoding : "auto";
    if (csv_file_open(path, encoding, t->mapping->delimiter ? *t->mapping->delimiter : ',',
                      &t->file, problem))
        return cli_fail(cli, CLI_USAGE, "%s", problem);
    rc = csv_file_next(t->file, &t->row);
    if (rc)
        return cli_fail(cli, CLI_USAGE, "%s has no heading: %s", path,
                        rc == HX_NOTFOUND ? "it is empty" : hx_strerror(rc));
    if (mapping_bind(t->mapping, &t->row, &t->binding, problem))
        return cli_fail(cli, CLI_USAGE, "%s does not fit %s: %s", path, cli_get(cli, "map"),
                        problem);
    tell_left_over(cli, t);
    return CLI_OK;
}

int input_open_csv(const struct cli *cli, const char *path, struct input *in)
{
    const char *map = cli_get(cli, "map");
    struct table *t = calloc(1, sizeof *t);
    struct hx_problem problem = {""};
    int rc;

    if (!t)
        return cli_fail(cli, CLI_NEGATIVE, "out of memory");
    *in = (struct input){t, next, progress, close_table};
    if (!map)
        rc = cli_fail(cli, CLI_USAGE, "--csv needs --map, e.g. --map config/mappings/12345.yaml");
    else if (mapping_load(map, &t->mapping, &problem))
        rc = cli_fail(cli, CLI_USAGE, "%s", problem.text);
    else
        rc = open_file(cli, path, t);
    if (rc)
        close_table(in);
    return rc;
}
