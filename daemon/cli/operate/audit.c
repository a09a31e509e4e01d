/* hongxin audit: the records of administrative acts, from the oldest entry that is kept to the
 * newest. */
#include "base/now.h"
#include "base/text.h"
#include "cli/ask/query.h"
#include "cli/show/catalogue.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const struct cli_option options[] = {
    {"about", "TEXT", NULL, "only what is about this case or principal"},
    {"act", "NAME",
     "IDENTITY_READ IDENTITY_ERASED RESIDENT_FORGOTTEN IDENTITY_EXPIRED IDENTITY_HELD "
     "IDENTITY_RELEASED COPY_TRACED "
     "KEY_ADDED "
     "KEY_REVOKED RIGHTS_CHANGED DEVICE_ADDED DEVICE_REVOKED RULES_ASKED RULES_AGREED "
     "DAEMON_STARTED DAEMON_STOPPED "
     "DEADLINE_MOVED CLOCK_CORRECTED EXCLUDED UNMERGED SILENCED SILENCE_ENDED",
     "only this kind of act"},
    {NULL, NULL, NULL, NULL},
};

struct reading {
    const struct cli *cli;
    uint64_t newest, upto;
    bool welcomed, over;
    char problem[160];
};

static void on_welcome(void *arg, const Hongxin__V1__Welcome *w)
{
    struct reading *r = arg;
    if (!r->welcomed)
        r->newest = w->newest_lsn;
    r->welcomed = true;
    r->over = w->next_lsn > r->newest;
}

/* An act of its own, or an event that the life cycle calls one. */
static const char *title(const char *act)
{
    return words_text(words_find(WORDS_ACT, act) ? WORDS_ACT : WORDS_EVENT, act, true);
}

static void print_act(const struct cli *cli, const hxp_entry *e, const hxp_audit_fact *a)
{
    char at[HX_INSTANT_TEXT];
    if (cli->json) {
        query_print_entry(cli, e);
        return;
    }
    hx_instant_format(e->t_rec, cli->utc_offset, at);
    const char *by = cli->zh ? "  由 " : "  by ", *because = cli->zh ? "  因 " : "  because ";
    bool both = *a->by && *a->person; /* without keys there is a person and no principal */
    printf("%8" PRIu64 "  %.19s  %-18s %s%s%s%s%s%s%s%s%s%s%s\n", e->lsn, at, a->act,
           cli->zh ? title(a->act) : "", cli->zh ? " " : "", a->about,
           *a->by || *a->person ? by : "", a->by, both ? "/" : "", a->person,
           *a->reason ? because : "", a->reason, *a->detail ? "  " : "", a->detail);
}

static void on_entry(void *arg, const hxp_entry *e, const ProtobufCBinaryData *bytes)
{
    struct reading *r = arg;
    const char *about = cli_get(r->cli, "about"), *act = cli_get(r->cli, "act");
    (void)bytes;
    for (size_t i = 0; i < e->n_facts && e->lsn <= r->newest; i++) {
        const hxp_audit_fact *a = e->facts[i]->audit;
        if (e->facts[i]->fact_case == HONGXIN__V1__FACT__FACT_AUDIT &&
            (!about || !strcmp(about, a->about)) && (!act || !strcmp(act, a->act)))
            print_act(r->cli, e, a);
    }
}

static void on_upto(void *arg, uint64_t lsn)
{
    struct reading *r = arg;
    r->over |= r->welcomed && lsn >= r->newest;
}

static void on_problem(void *arg, const Hongxin__V1__Problem *problem)
{
    struct reading *r = arg;
    snprintf(r->problem, sizeof r->problem, "%s: %s", problem->code, problem->message);
    r->over = true;
}

static const struct hx_feed_calls calls = {
    .welcome = on_welcome, .entry = on_entry, .upto = on_upto, .problem = on_problem};

static int read_all(const struct cli *cli, hx_client *client, struct reading *r)
{
    Hongxin__V1__Filter filter = HONGXIN__V1__FILTER__INIT;
    char *facts[] = {hx_text_field("AUDIT")};
    filter.facts = facts;
    filter.n_facts = 1;
    const struct hx_subscription s = {
        .filter = &filter, .from = HONGXIN__V1__HELLO__FROM__OLDEST, .calls = &calls, .arg = r};
    int rc = hx_subscribe(client, &s);
    int64_t until = hx_mono_ms() + cli->timeout_ms;
    while (!rc && !r->over && !cli_interrupted() && (r->welcomed || hx_mono_ms() < until))
        (void)hx_client_poll(client, 200);
    if (!rc && !r->welcomed)
        rc = HX_TIMEOUT;
    return rc;
}

static int run(struct cli *cli)
{
    hx_client *client;
    struct reading r = {.cli = cli};
    int rc = link_open(cli, &client);
    if (rc)
        return rc;
    cli_catch_interrupts();
    rc = read_all(cli, client, &r);
    if (*r.problem)
        rc = cli_fail(cli, CLI_NEGATIVE, "%s", r.problem);
    else if (rc)
        rc = link_fail(cli, client, rc, "records");
    hx_client_close(client);
    return rc;
}

const struct cli_command cli_audit = {
    .name = "audit",
    .summary = "show the records of administrative acts: identities, keys, rights, moved deadlines",
    .about = "Every act stands in the journal: who did what to what, and why. None holds an "
             "identity. Needs a key whose\n"
             "role has the right \"audit\".",
    .examples =
        "  hongxin audit\n      all that is kept\n"
        "  hongxin audit --act IDENTITY_READ\n      who looked at whose identity, and why\n",
    .options = options,
    .takes = CLI_FEED | CLI_SHOWS,
    .run = run,
};
