/* hongxin import: cases that another system has had before, each with what happened to it. */
#include "cli/send/many.h"
#include "cli/send/rehearse.h"
#include <stdio.h>
#include <string.h>

static const struct cli_option options[] = {
    {"map", "FILE", "@file",
     "how columns, or keys, become a report with its history, e.g. config/mappings/history.yaml"},
    {"format", "NAME", "csv jsonl", "csv or jsonl; without it the name of the file says it"},
    {"encoding", "NAME", "auto UTF-8 GBK GB18030", "of a table, instead of what the mapping says"},
    {"source", "NAME", NULL, "who publishes, when the mapping does not say it (hongxin-import)"},
    {"reject", "FILE", "@file", "where rejected rows go (FILE.rejects.csv beside the input)"},
    {"checkpoint", "FILE", "@file", "where the last answered row is noted (FILE.progress)"},
    {"from-start", NULL, NULL, "do not go on where the run before stopped"},
    {"dry-run", NULL, NULL,
     "judge every row by the rules of --config, publish nothing: no daemon is needed"},
    {"config", "DIR", "@dir",
     "of --dry-run: configuration folder (HONGXIN_CONFIG, or the one installed)"},
    {NULL, NULL, NULL, NULL},
};

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);

    return n >= m && !strcmp(text + n - m, end);
}

/* Is it a table? CLI_USAGE when nothing says so. */
static int read_format(const struct cli *cli, const char *path, bool *table)
{
    const char *format = cli_get(cli, "format");

    *table = format ? !strcmp(format, "csv") : ends_with(path, ".csv");
    if (*table || (format ? !strcmp(format, "jsonl")
                          : ends_with(path, ".jsonl") || ends_with(path, ".ndjson")))
        return CLI_OK;
    return cli_fail(cli, CLI_USAGE, "is %s a table or JSON Lines? --format csv or jsonl", path);
}

/* What happened before belongs to a report; by itself it would be an event of today. */
static int is_report(const struct record *record, char problem[RECORD_PROBLEM])
{
    if (!strcmp(record->event->type, "REPORTED"))
        return HX_OK;
    snprintf(problem, RECORD_PROBLEM, "it is no report: an import is REPORTED with a history");
    return HX_INVALID;
}

static int judge(void *rehearsal, const struct record *record, char problem[RECORD_PROBLEM])
{
    int rc = is_report(record, problem);

    return rc || !rehearsal ? rc : rehearse_row(rehearsal, record, problem);
}

static int run(struct cli *cli)
{
    struct rehearsal *rehearsal = NULL;
    struct many_options o = {.source = "hongxin-import", .judge = judge};
    int rc = CLI_OK;

    if (!cli->n_operands)
        return cli_fail(cli, CLI_USAGE, "which file? hongxin import FILE; - is standard input");
    o.path = cli->operands[0];
    rc = read_format(cli, o.path, &o.table);
    if (!rc && o.table && !cli_has(cli, "map"))
        rc = cli_fail(cli, CLI_USAGE, "a table needs --map, e.g. config/mappings/history.yaml");
    if (!rc && cli_has(cli, "dry-run"))
        rc = rehearse_open(cli, cli_config_folder(cli), &rehearsal);
    o.judge_arg = rehearsal;
    if (!rc)
        rc = many_run(cli, &o);
    if (rehearsal && rc != CLI_USAGE)
        rehearse_print(rehearsal, cli->zh, cli->json ? stderr : stdout);
    rehearse_close(rehearsal);
    return rc;
}

const struct cli_command cli_import = {
    .name = "import",
    .summary = "take over cases of another system, with what happened to them",
    .operands = "FILE",
    .about =
        "A row is a case: its report, and the events of its life with their times. They are taken "
        "in order,\n"
        "each at its own time, and the clocks are computed from them, so an old case shows what it "
        "took and\n"
        "which promises were broken; nobody is told of the past. What stands open goes on from "
        "now. "
        "A case\n"
        "whose events do not lead where its state says is refused with the line and the event.\n\n"
        "FILE is a table (CSV, UTF-8 or GBK) with --map, or JSON Lines: objects in anybody's words "
        "with\n"
        "--map, or as in proto/hongxin/v1/event.proto (REPORTED with data.history) without. A run "
        "that was\n"
        "broken off goes on where it stopped; nothing is ever doubled. docs/import.md has it all.",
    .examples =
        "  hongxin import tests/data/history-gbk.csv --map config/mappings/history.yaml --dry-run\n"
        "      what would become of each row, by our own rules; nothing is published\n"
        "  hongxin import tests/data/history.jsonl --map config/mappings/history.yaml\n"
        "      the cases of a former system\n",
    .options = options,
    .takes = CLI_INTAKE,
    .max_operands = 1,
    .run = run,
};
