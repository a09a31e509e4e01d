/* hongxin doctor without a folder: the daemon's journal comes over its feed. */
#include "base/now.h"
#include "cli/link.h"
#include "cli/operate/doctor.h"
#include "hongxin/number.h"
#include <inttypes.h>
#include <stdio.h>

enum { POLL_MS = 200 };

struct following {
    const struct cli *cli;
    const struct hx_check_options *options;
    struct hx_check_result *result;
    struct hx_journal_check *check;
    struct hx_journal_head head;
    bool welcomed;
    uint64_t seen;
    int err;
    char problem[256];
};

static bool over(const struct following *f)
{
    return f->err || f->problem[0] || (f->welcomed && f->seen >= f->head.newest);
}

static void on_welcome(void *arg, const Hongxin__V1__Welcome *welcome)
{
    struct following *f = arg;
    if (f->welcomed)
        return; /* the connection was lost: the feed goes on */
    f->welcomed = true;
    f->head.scale = welcome->scale;
    f->head.oldest = welcome->oldest_lsn;
    f->head.newest = welcome->newest_lsn;
    if (welcome->oldest_lsn > 1)
        snprintf(f->problem, sizeof f->problem,
                 "the journal is pruned below %" PRIu64 ": examine the store itself, with --store",
                 welcome->oldest_lsn);
}

static void on_entry(void *arg, const hxp_entry *entry, const ProtobufCBinaryData *bytes)
{
    struct following *f = arg;
    if (over(f))
        return;
    if (!f->check) {
        f->head.partition = hx_number_partition(entry->case_number);
        f->err = hx_journal_check_new(f->options, &f->head, f->result, &f->check);
    }
    if (!f->err)
        f->err = hx_journal_check_entry(f->check, bytes->data, bytes->len);
}

static void on_upto(void *arg, uint64_t lsn)
{
    ((struct following *)arg)->seen = lsn;
}

static void on_problem(void *arg, const Hongxin__V1__Problem *problem)
{
    struct following *f = arg;
    snprintf(f->problem, sizeof f->problem, "%s: %s", problem->code, problem->message);
}

static int follow(struct following *f, hx_client *client)
{
    static const struct hx_feed_calls calls = {
        .welcome = on_welcome, .entry = on_entry, .upto = on_upto, .problem = on_problem};
    const struct hx_subscription s = {
        .from = HONGXIN__V1__HELLO__FROM__OLDEST, .calls = &calls, .arg = f};
    int64_t begun = hx_mono_ms();
    int rc = hx_subscribe(client, &s);
    if (rc)
        return link_fail(f->cli, client, rc, "feed");
    while (!over(f)) {
        hx_client_poll(client, POLL_MS);
        if (!f->welcomed && hx_mono_ms() - begun > f->cli->timeout_ms)
            return link_fail(f->cli, client, HX_TIMEOUT, "feed");
    }
    if (f->problem[0])
        return cli_fail(f->cli, CLI_USAGE, "%s", f->problem);
    return CLI_OK;
}

int doctor_feed(const struct cli *cli, const struct hx_check_options *options,
                struct hx_check_result *result)
{
    struct following f = {.cli = cli, .options = options, .result = result};
    hx_client *client;
    int rc = link_open(cli, &client);
    if (rc)
        return rc;
    rc = follow(&f, client);
    if (!rc && !f.err && f.check)
        f.err = hx_journal_check_finish(f.check);
    if (!rc && f.err)
        rc = cli_fail(cli, CLI_USAGE, "the journal cannot be examined: %s", hx_strerror(f.err));
    hx_journal_check_free(f.check);
    hx_client_close(client);
    return rc;
}
