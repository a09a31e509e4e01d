/* hongxin identity, erase, hold, trace: about who reported. Each is recorded by the daemon before
 * it answers. */
#include "base/text.h"
#include "cli/ask/query.h"
#include "cli/show/says.h"
#include "hongxin/number.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* What each of them takes: the act is recorded with both. */
#define WHY                                                                                        \
    {                                                                                              \
        "reason", "TEXT", NULL, "why (required): it is recorded"                                   \
    }
#define WHO                                                                                        \
    {                                                                                              \
        "person", "NAME", NULL, "who does it, as your organisation names its people ($USER)"       \
    }
#define END                                                                                        \
    {                                                                                              \
        NULL, NULL, NULL, NULL                                                                     \
    }

static const struct cli_option identity_options[] = {
    WHY, WHO, {"party", "N", "0 1 2", "which reporter of the case (0, the first)"}, END};
static const struct cli_option hold_options[] = {
    WHY, WHO, {"release", NULL, NULL, "end the legal hold"}, END};
static const struct cli_option act_options[] = {WHY, WHO, END};

/* What all of them need: the case, a reason, a person, a connection. */
struct inquiry {
    uint64_t number;
    char *reason, *person;
    hx_client *client;
};

static int begin(const struct cli *cli, struct inquiry *i)
{
    const char *reason = cli_get(cli, "reason"), *person = cli_get(cli, "person");
    *i = (struct inquiry){.reason = hx_text_field(reason)};
    if (!person)
        person = getenv("USER");
    i->person = hx_text_field(person);
    if (!cli->n_operands || hx_number_parse(cli->operands[0], &i->number) != HX_OK)
        return cli_fail(cli, CLI_USAGE, "which case? Its number, as CL-17 or 17");
    if (!reason || !*reason)
        return cli_fail(cli, CLI_USAGE, "--reason is required");
    return link_open(cli, &i->client);
}

static int end(const struct cli *cli, struct inquiry *i, int rc, hxp_response *answer)
{
    int code = rc ? link_fail(cli, i->client, rc, "case or identity") : CLI_OK;
    hx_response_free(answer);
    hx_client_close(i->client);
    return code;
}

static void print_reporter(const hxp_reporter *r)
{
    const struct {
        const char *label, *text;
    } lines[] = {{"name 姓名", r->name},
                 {"phone 电话", r->phone},
                 {"address 住址", r->address},
                 {"other 其他", r->other}};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        if (*lines[i].text)
            printf("%-16s %s\n", lines[i].label, lines[i].text);
}

static int run_identity(struct cli *cli)
{
    Hongxin__V1__IdentityQuery q = HONGXIN__V1__IDENTITY_QUERY__INIT;
    hxp_response *answer = NULL;
    struct inquiry i;
    uint64_t party;
    int rc = cli_get_number(cli, "party", 0, &party);
    if (!rc)
        rc = begin(cli, &i);
    if (rc)
        return rc;
    q.case_number = i.number;
    q.party = (uint32_t)party;
    q.reason = i.reason;
    q.person = i.person;
    rc = hx_ask_identity(i.client, &q, &answer);
    if (!rc && cli->json)
        query_print_json(cli, &answer->identity->base);
    else if (!rc)
        print_reporter(answer->identity->reporter);
    if (!rc)
        cli_say(cli, stderr, "recorded as entry %" PRIu64 "\n", answer->identity->lsn);
    return end(cli, &i, rc, answer);
}

static void print_act(const struct cli *cli, int what, const Hongxin__V1__IdentityActed *a)
{
    if (what == HONGXIN__V1__IDENTITY_ACT__ACT__ERASE)
        cli_say(cli, stdout, "identities erased: %" PRIu32 ", recorded as entry %" PRIu64 "\n",
                a->identities, a->lsn);
    else if (what == HONGXIN__V1__IDENTITY_ACT__ACT__HOLD)
        cli_say(cli, stdout, "held, recorded as entry %" PRIu64 "\n", a->lsn);
    else
        cli_say(cli, stdout, "hold released, recorded as entry %" PRIu64 "\n", a->lsn);
    if (a->quarantined)
        cli_say(cli, stdout, "refused events that named them, emptied: %" PRIu32 "\n",
                a->quarantined);
    if (a->unsearched)
        cli_say(cli, stdout,
                "quarantine not searched for identities that cannot be read: %" PRIu32 "\n",
                a->unsearched);
}

static int act(const struct cli *cli, Hongxin__V1__IdentityAct__Act what)
{
    Hongxin__V1__IdentityAct q = HONGXIN__V1__IDENTITY_ACT__INIT;
    hxp_response *answer = NULL;
    struct inquiry i;
    int rc = begin(cli, &i);
    if (rc)
        return rc;
    q.act = what;
    q.case_number = i.number;
    q.reason = i.reason;
    q.person = i.person;
    rc = hx_ask_identity_act(i.client, &q, &answer);
    if (!rc && cli->json)
        query_print_json(cli, &answer->identity_acted->base);
    else if (!rc)
        print_act(cli, (int)what, answer->identity_acted);
    return end(cli, &i, rc, answer);
}

static int run_erase(struct cli *cli)
{
    return act(cli, HONGXIN__V1__IDENTITY_ACT__ACT__ERASE);
}

static int run_hold(struct cli *cli)
{
    return act(cli, cli_has(cli, "release") ? HONGXIN__V1__IDENTITY_ACT__ACT__RELEASE
                                            : HONGXIN__V1__IDENTITY_ACT__ACT__HOLD);
}

static int run_trace(struct cli *cli)
{
    Hongxin__V1__TraceQuery q = HONGXIN__V1__TRACE_QUERY__INIT;
    hxp_response *answer = NULL;
    struct inquiry i;
    if (cli->n_operands < 2)
        return cli_fail(cli, CLI_USAGE,
                        "which copy? Its call-back reference, as CB-XXXX-XXXX-XXXX");
    int rc = begin(cli, &i);
    if (rc)
        return rc;
    q.case_number = i.number;
    q.callback_ref = cli->operands[1];
    q.reason = i.reason;
    q.person = i.person;
    rc = hx_ask_trace(i.client, &q, &answer);
    if (!rc && cli->json)
        query_print_json(cli, &answer->trace->base);
    else if (!rc && *answer->trace->principal)
        cli_say(cli, stdout, "the copy of %s (%s)\n", answer->trace->principal,
                answer->trace->role);
    bool nobody = !rc && !*answer->trace->principal;
    rc = end(cli, &i, rc, answer);
    return nobody ? cli_fail(cli, CLI_NEGATIVE, "nobody was given this reference for this case")
                  : rc;
}

const struct cli_command cli_identity = {
    .name = "identity",
    .summary = "show who reported; each look is recorded with its reason",
    .operands = "N",
    .about = "Needs a key whose role has the right \"identity\". The daemon writes the look, its "
             "reason and who looked\n"
             "into the journal before it answers; `hongxin audit` shows it.",
    .examples = "  hongxin identity CL-1 --reason \"call-back failed twice\"\n      name and "
                "telephone number\n",
    .options = identity_options,
    .takes = CLI_FEED | CLI_SHOWS,
    .max_operands = 1,
    .run = run_identity,
};

const struct cli_command cli_erase = {
    .name = "erase",
    .summary = "erase who reported a case; the case and all figures stay",
    .operands = "N",
    .about =
        "Destroys the key under which the identities of the case were encrypted. State, "
        "times, breaches and\n"
        "counters do not change, and the journal stays verifiable: it only holds a salted "
        "digest. An event that\n"
        "was refused and holds their name, number or address is emptied. Refused while a legal "
        "hold is on the case.",
    .examples = "  hongxin erase CL-1 --reason \"request of the reporter, letter 17\"\n      "
                "nobody can learn it any more\n",
    .options = act_options,
    .takes = CLI_FEED | CLI_SHOWS,
    .max_operands = 1,
    .run = run_erase,
};

const struct cli_command cli_hold = {
    .name = "hold",
    .summary = "put a case's identities under a legal hold, or release them",
    .operands = "N",
    .about = "While a hold is on, identities of the case are not erased.",
    .examples = "  hongxin hold CL-1 --reason \"court file 2026-118\"\n      nothing is erased\n"
                "  hongxin hold CL-1 --release --reason \"court file closed\"\n      ends it\n",
    .options = hold_options,
    .takes = CLI_FEED | CLI_SHOWS,
    .max_operands = 1,
    .run = run_hold,
};

const struct cli_command cli_trace = {
    .name = "trace",
    .summary = "name the receiver whose copy of a case has leaked",
    .operands = "N REFERENCE",
    .about = "Every receiver of a case sees another call-back reference. Found on a leaked copy, "
             "it says whose copy that\n"
             "was. The question is recorded.",
    .examples = "  hongxin trace CL-1 CB-7K3Q-9XHD-2M0T --reason \"copy in the lift\"\n      the "
                "copy of company-P-07 (company)\n",
    .options = act_options,
    .takes = CLI_FEED | CLI_SHOWS,
    .max_operands = 2,
    .run = run_trace,
};
