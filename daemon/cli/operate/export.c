/* hongxin export: the journal of a store as a file. */
#include "base/disk.h"
#include "cli/command.h"
#include "cli/progress.h"
#include "cli/show/says.h"
#include "store/store.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct cli_option options[] = {
    {"store", "DIR", "@dir", "the store, also while the daemon runs on it"},
    {NULL, NULL, NULL, NULL},
};

static void on_progress(void *ctx, uint64_t done, uint64_t all)
{
    progress_show(ctx, done, all, done);
}

/* What residents wrote stands in it. */
static int write_to(const struct cli *cli, struct hx_store *store, const char *path)
{
    FILE *out = path ? hx_disk_create(path) : stdout;
    struct progress progress;
    struct hx_export x = {.out = out, .progress = on_progress, .ctx = &progress};
    if (!out)
        return cli_fail(cli, CLI_USAGE, "%s: %s", path, strerror(errno));
    progress_begin(&progress);
    int rc = hx_store_export(store, &x);
    progress_end(&progress);
    if (path && fclose(out) && !rc)
        rc = HX_IO;
    if (rc)
        return cli_fail(cli, CLI_NEGATIVE, "the journal cannot be written: %s", hx_strerror(rc));
    cli_say(cli, stderr, "%" PRIu64 " entries\n", x.entries);
    return CLI_OK;
}

static int run(struct cli *cli)
{
    const char *path = cli->n_operands ? cli->operands[0] : NULL;
    struct hx_store_options o = {.path = cli_get(cli, "store"), .readonly = true, .as_made = true};
    char problem[HX_STORE_PROBLEM_MAX] = "";
    struct hx_store *store;

    if (!o.path)
        return cli_fail(cli, CLI_USAGE, "which store? --store DIR");
    if (!path && isatty(STDOUT_FILENO))
        return cli_fail(cli, CLI_USAGE, "it is no text: name a file, or send it into a pipe");
    int rc = hx_store_open(&o, &store, problem);
    if (rc)
        return cli_fail(cli, CLI_USAGE, "%s", *problem ? problem : hx_strerror(rc));
    rc = write_to(cli, store, path);
    hx_store_close(store);
    return rc;
}

const struct cli_command cli_export = {
    .name = "export",
    .summary = "write the journal of a store into a file",
    .operands = "[FILE]",
    .about =
        "Every entry that is kept, as stored, in one snapshot. It holds no reporter's identity.\n"
        "hongxin doctor --export examines such a file; FORMAT.md describes it.",
    .examples =
        "  hongxin export --store /var/lib/hongxin/store journal.hxj\n      the whole journal\n",
    .options = options,
    .max_operands = 1,
    .run = run,
};
