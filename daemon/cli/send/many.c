/* A whole input on its way to the daemon. See many.h. */
#include "cli/send/many.h"
#include "cli/ask/query.h"
#include "cli/link.h"
#include "cli/send/feeder.h"
#include "cli/show/says.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct many {
    const struct cli *cli;
    const struct many_options *options;
    char *reject_path, *checkpoint_path; /* owned; NULL = none */
    struct reject_file rejects;
    struct checkpoint checkpoint;
    struct input input;
    struct feeder feeder;
    struct progress progress;
    uint64_t resumed; /* rows that an earlier run had done */
};

static void on_answer(struct feeder *f, const hxp_reply *r)
{
    query_print_json(f->cli, &r->base);
}

static int name_files(struct many *m)
{
    const char *reject = cli_get(m->cli, "reject"), *checkpoint = cli_get(m->cli, "checkpoint");
    bool piped = !strcmp(m->options->path, "-");
    int n = 0;

    if (reject)
        m->reject_path = strdup(reject);
    else if (!piped)
        n = asprintf(&m->reject_path, "%s.rejects.csv", m->options->path);
    if (checkpoint)
        m->checkpoint_path = strdup(checkpoint);
    else if (!piped && n >= 0)
        n = asprintf(&m->checkpoint_path, "%s.progress", m->options->path);
    return n < 0 ? cli_fail(m->cli, CLI_NEGATIVE, "out of memory") : CLI_OK;
}

static int open_input(struct many *m)
{
    return m->options->table
               ? input_open_csv(m->cli, m->options->path, &m->input)
               : input_open_lines(m->cli, m->options->path, m->checkpoint_path != NULL, &m->input);
}

/* Passes over the rows that are done with. False when the last of them is not what it was: then the
 * input is another one. */
static bool pass_over(struct many *m)
{
    struct input_row row;
    char mark[CHECKPOINT_MARK] = "";

    for (uint64_t n = 0; n < m->checkpoint.rows; n = row.row) {
        if (m->input.next(&m->input, &row))
            return false;
        checkpoint_mark(row.text, row.size, mark);
        record_fini(&row.record);
    }
    return !strcmp(mark, m->checkpoint.mark);
}

static int resume(struct many *m)
{
    if (!m->checkpoint.rows)
        return CLI_OK;
    if (pass_over(m)) {
        m->resumed = m->checkpoint.rows;
        cli_say(m->cli, stderr, "going on behind row %" PRIu64 ", which was answered before\n",
                m->resumed);
        return CLI_OK;
    }
    if (!strcmp(m->options->path, "-"))
        return cli_fail(m->cli, CLI_USAGE,
                        "the checkpoint %s is of another input; --from-start passes over it",
                        m->checkpoint.path);
    fprintf(stderr,
            "%s has changed since the run before: beginning with its first row "
            "(rows published before are known and not doubled)\n",
            m->options->path);
    m->checkpoint.rows = 0;
    m->input.close(&m->input);
    return open_input(m);
}

static int prepare(struct many *m)
{
    int rc;

    if (cli_has(m->cli, "dry-run")) {
        free(m->checkpoint_path);
        m->checkpoint_path = NULL;
    }
    if (checkpoint_open(&m->checkpoint, m->checkpoint_path))
        return cli_fail(m->cli, CLI_NEGATIVE, "out of memory");
    if (cli_has(m->cli, "from-start"))
        m->checkpoint.rows = 0;
    rc = resume(m);
    int kept = rc ? HX_OK : reject_init(&m->rejects, m->reject_path, m->resumed > 0);
    if (kept)
        rc = cli_fail(m->cli, CLI_NEGATIVE, "%s: %s", m->reject_path, hx_strerror(kept));
    return rc;
}

static void show_progress(struct many *m)
{
    uint64_t at, size;

    m->input.progress(&m->input, &at, &size);
    progress_show(&m->progress, at, size, m->feeder.n_rows);
}

/* Rows of a file are there at once; those of a pipe are sent as they come. */
static void choose_pace(struct many *m)
{
    uint64_t at, size;

    m->input.progress(&m->input, &at, &size);
    m->feeder.poll_every = size ? 64 : 1;
}

static int pump(struct many *m)
{
    struct input_row row = {0};
    int rc = HX_OK, code = CLI_OK;

    choose_pace(m);

    progress_begin(&m->progress);
    while (!code && !cli_interrupted() && !(rc = m->input.next(&m->input, &row))) {
        code = feeder_put(&m->feeder, &row);
        show_progress(m);
    }
    if (rc && rc != HX_NOTFOUND && !code)
        code = cli_fail(m->cli, CLI_NEGATIVE, "%s cannot be read: %s", m->options->path,
                        hx_strerror(rc));
    if (!code)
        code = feeder_drain(&m->feeder);
    else if (feeder_drain(&m->feeder))
        code = m->feeder.failed;
    progress_end(&m->progress);
    return code;
}

static void summarize(const struct many *m)
{
    const struct feeder *f = &m->feeder;
    uint64_t accepted = f->by_result[HONGXIN__V1__RESULT__ACCEPTED];
    uint64_t known = f->by_result[HONGXIN__V1__RESULT__DUPLICATE];
    uint64_t parked = f->by_result[HONGXIN__V1__RESULT__PARKED];
    FILE *out = m->cli->json ? stderr : stdout;

    fprintf(out, "%" PRIu64 " rows: ", f->n_rows);
    if (f->client)
        fprintf(out,
                "%" PRIu64 " accepted, %" PRIu64 " known already, %" PRIu64
                " waiting for their case, ",
                accepted, known, parked);
    else
        fprintf(out, "%" PRIu64 " can be read, ", f->n_rows - f->n_rejected);
    fprintf(out, "%" PRIu64 " rejected", f->n_rejected);
    if (f->n_rejected && m->rejects.path)
        fprintf(out, " (see %s)", m->rejects.path);
    fputc('\n', out);
}

static int publish_all(struct many *m)
{
    int rc = CLI_OK;

    m->feeder.rejects = &m->rejects;
    m->feeder.checkpoint = &m->checkpoint;
    m->feeder.source = cli_get(m->cli, "source");
    if (!m->feeder.source)
        m->feeder.source = m->options->source;
    m->feeder.judge = m->options->judge;
    m->feeder.judge_arg = m->options->judge_arg;
    m->feeder.answered = m->cli->json ? on_answer : NULL;
    if (!cli_has(m->cli, "dry-run"))
        rc = link_open(m->cli, &m->feeder.client);
    if (!rc)
        rc = feeder_init(&m->feeder, m->cli);
    if (rc)
        return rc;
    cli_catch_interrupts();
    rc = pump(m);
    summarize(m);
    if (cli_interrupted())
        rc = cli_fail(m->cli, CLI_NEGATIVE, "stopped; the same command goes on behind row %" PRIu64,
                      m->checkpoint.rows);
    else if (!rc)
        checkpoint_done(&m->checkpoint);
    return rc ? rc : m->feeder.n_rejected ? CLI_NEGATIVE : CLI_OK;
}

int many_run(const struct cli *cli, const struct many_options *options)
{
    struct many m = {.cli = cli, .options = options};
    int rc;

    rc = name_files(&m);
    if (!rc)
        rc = open_input(&m);
    if (!rc)
        rc = prepare(&m);
    if (!rc)
        rc = publish_all(&m);
    hx_client_close(m.feeder.client);
    feeder_fini(&m.feeder);
    if (m.input.state)
        m.input.close(&m.input);
    if (reject_fini(&m.rejects) && !rc)
        rc = cli_fail(cli, CLI_NEGATIVE, "%s cannot be written", m.reject_path);
    checkpoint_close(&m.checkpoint);
    free(m.reject_path);
    free(m.checkpoint_path);
    return rc;
}
