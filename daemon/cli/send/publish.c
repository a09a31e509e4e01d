/* hongxin publish: one event from flags, or many from JSON Lines or a table. */
#include "cli/send/publish.h"
#include "base/now.h"
#include "cli/ask/query.h"
#include "cli/link.h"
#include "cli/send/feeder.h"
#include "cli/send/many.h"
#include "cli/show/says.h"
#include "cli/show/show.h"
#include "cli/show/why.h"
#include "hongxin/json.h"
#include "hongxin/number.h"
#include "mapping/record.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EVENTS                                                                                     \
    "REPORTED CLASS_SET ROUTED REJECTED HELD ARRIVED APPOINTED CLASS_PROPOSED CLASS_REFUSED "      \
    "WORK_STARTED PROGRESS PLAN_PROPOSED PLAN_DELIVERED RESOLVED CALLBACK_OK CALLBACK_BAD "        \
    "CALLBACK_NO_ANSWER REOPENED FORUM_HELD DESK_PRESENT SWAP_OFFERED "                            \
    "SWAP_ACCEPTED SWAP_APPROVED SWAP_REFUSED COMMENT PARTY_ADDED PLAN_OBJECTED "                  \
    "PAUSED RESUMED RETURN_REQUESTED RETURN_ACCEPTED RETURN_REFUSED ARBITRATED "                   \
    "HOLDER_CHANGED WITHDRAW_ASKED WITHDRAW_CONFIRMED WITHDRAW_DENIED MERGED_INTO "                \
    "MERGE_APPROVED UNMERGED SPLIT SILENCED SILENCE_ENDED SUPERVISED SUPERVISE_ANSWERED "          \
    "ASSIST_ASKED ASSIST_ANSWERED ASSIST_DONE NOTICE_ACKED NOTICE_DELIVERED NOTICE_FAILED "        \
    "APPEALED EXCLUDED APPEAL_REFUSED "                                                            \
    "DEADLINE_MOVED CLOCK_CORRECTED TRANSFERRED CONVERTED"

static const struct cli_option options[] = {
    {"type", "EVENT", EVENTS, "what happened (REPORTED, when --class, --place or --text is given)"},
    {"case", "N", NULL, "which case: CL-17, 17, or the outside reference it was reported with"},
    {"ref", "REF", NULL,
     "outside reference, e.g. the hotline's work order; REPORTED introduces it"},
    {"class", "CLASS", "EMERGENCY SMALL SERIOUS COMPLEX SPECIAL", "how urgent it is"},
    {"place", "ID", NULL, "building, estate, grid … of the city, e.g. B-0417"},
    {"text", "TEXT", NULL, "what it is about; never the reporter's name or number"},
    {"by", "WHO", "reporter holder: manager: dispatcher: community: street: callback/",
     "who says so: reporter, holder:P-07/li, dispatcher:C-03/chen, callback/zhao …"},
    {"proof", "PROOF", "CLAIM SYSTEM CALL_RECORD DEVICE_SIGNED ONSITE_CODE",
     "how it is proven (CLAIM)"},
    {"at", "TIME", NULL, "when it happened, RFC 3339; without it: when the daemon reads it"},
    {"drill", NULL, NULL,
     "of a report: a drill, marked to its end; by street:…, city/… or operator/…"},
    {"data", "KEY=VALUE", NULL, "any other field, several times: evidence=photo, rating=5, why=…"},
    {"name", "NAME", NULL, "who reported: kept encrypted and apart"},
    {"phone", "NUMBER", NULL, "the same person's telephone number"},
    {"address", "TEXT", NULL, "the same person's flat or door"},
    {"secret", "FILE", "@file",
     "file with the secret of the case, for what only the reporter may say; - is standard input"},
    {"id", "ID", NULL, "the event's id; without it a new one that sorts by time"},
    {"source", "NAME", NULL, "who publishes (hongxin-cli)"},
    {"file", "FILE", "@file", "many events as JSON Lines: an object a line; - is standard input"},
    {"csv", "FILE", "@file", "many events as a table; needs --map; - is standard input"},
    {"map", "FILE", "@file", "how the columns become events, e.g. config/mappings/12345.yaml"},
    {"encoding", "NAME", "auto UTF-8 GBK GB18030",
     "of the table, instead of what the mapping says"},
    {"reject", "FILE", "@file", "where rejected rows go (FILE.rejects.csv beside the input)"},
    {"checkpoint", "FILE", "@file", "where the last answered row is noted (FILE.progress)"},
    {"from-start", NULL, NULL, "do not go on where the run before stopped"},
    {"dry-run", NULL, NULL, "only read and check, publish nothing"},
    {"unless-similar", NULL, NULL,
     "of one report: first ask for open cases of the place and matter, and publish only "
     "without"},
    {NULL, NULL, NULL, NULL},
};

/* Options that are fields of the event. */
static const struct {
    const char *option, *path;
} fields[] = {
    {"type", "type"},
    {"ref", "case_ref"},
    {"class", "data.class"},
    {"place", "data.place"},
    {"text", "data.text"},
    {"by", "by"},
    {"proof", "proof"},
    {"at", "t_occ"},
    {"name", "reporter.name"},
    {"phone", "reporter.phone"},
    {"address", "reporter.address"},
    {"id", "id"},
    {"source", "source"},
};

/* ---- one event ---- */

static int set(const struct cli *cli, json_t *object, const char *path, const char *text)
{
    char problem[RECORD_PROBLEM];

    return record_set(object, path, text, problem) ? cli_fail(cli, CLI_USAGE, "%s", problem)
                                                   : CLI_OK;
}

int publish_set_case(const struct cli *cli, json_t *object, const char *text)
{
    uint64_t number;
    char digits[32];

    if (hx_number_parse(text, &number))
        return set(cli, object, "case_ref", text);
    snprintf(digits, sizeof digits, "%" PRIu64, number);
    return set(cli, object, "case_number", digits);
}

static int set_data(const struct cli *cli, json_t *object, const char *pair)
{
    const char *equals = strchr(pair, '=');
    char path[64];

    if (!equals || equals == pair)
        return cli_fail(cli, CLI_USAGE, "--data %s: KEY=VALUE is expected", pair);
    snprintf(path, sizeof path, "data.%.*s", (int)(equals - pair), pair);
    return set(cli, object, path, equals + 1);
}

static int set_secret(const struct cli *cli, json_t *object, const char *path)
{
    char secret[QUERY_SECRET] = "";
    int rc = query_secret(cli, path, secret);
    return rc ? rc : set(cli, object, "reporter.secret", secret);
}

/* Everybody on the machine can read the arguments of a process: an identity does not stay there. */
static void wipe_identity(const struct cli *cli)
{
    static const char *const names[] = {"name", "phone", "address"};
    const char *given;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        for (size_t at = 0; (given = cli_next(cli, names[i], &at));)
            for (char *c = (char *)(uintptr_t)given; *c; c++)
                *c = '*';
}

/* The object for what the flags say. */
static int from_flags(const struct cli *cli, json_t *object)
{
    char id[RECORD_ID_MAX];
    const char *value;
    size_t at = 0;
    int rc = CLI_OK;

    record_new_id(hx_wall_ms(), id);
    json_object_set_new(object, "id", json_string(id));
    json_object_set_new(object, "source", json_string("hongxin-cli"));
    for (size_t i = 0; !rc && i < sizeof fields / sizeof *fields; i++)
        if ((value = cli_get(cli, fields[i].option)))
            rc = set(cli, object, fields[i].path, value);
    wipe_identity(cli);
    if (!rc && (value = cli_get(cli, "case")))
        rc = publish_set_case(cli, object, value);
    while (!rc && (value = cli_next(cli, "data", &at)))
        rc = set_data(cli, object, value);
    if (!rc && (value = cli_get(cli, "secret")))
        rc = set_secret(cli, object, value);
    if (!rc && cli_has(cli, "drill"))
        rc = set(cli, object, "data.drill", "true");
    value = cli_get(cli, "type");
    if (!rc && !value)
        rc = set(cli, object, "type", "REPORTED");
    if (!rc && !cli_has(cli, "by") && (!value || !strcmp(value, "REPORTED")))
        rc = set(cli, object, "by", "reporter");
    return rc;
}

static const char *result_name(Hongxin__V1__Result result)
{
    const ProtobufCEnumValue *v =
        protobuf_c_enum_descriptor_get_value(&hongxin__v1__result__descriptor, (int)result);
    return v ? v->name : "?";
}

static void print_reply(const struct cli *cli, const hxp_reply *r)
{
    struct show s;
    char due[HX_INSTANT_TEXT], why[1024];
    bool good = r->result == HONGXIN__V1__RESULT__ACCEPTED;

    show_init(&s, cli, stdout);
    show_paint(&s, SHOW_BOLD, "%s%s", r->number, *r->number ? " " : "");
    show_paint(&s, good ? SHOW_GREEN : SHOW_YELLOW, "%s", result_name(r->result));
    printf(" %s", words_text(WORDS_RESULT, result_name(r->result), true));
    for (size_t i = 0; i < r->n_promises; i++)
        printf("%s %s %s", i ? "," : "  ", r->promises[i]->clock,
               show_time(&s, r->promises[i]->deadline, hx_wall_ms(), due));
    if (*r->code || *r->message)
        printf("  %s", why_text(cli, r->code, r->message, why, sizeof why));
    for (size_t i = 0; i < r->n_allowed; i++)
        printf("%s%s", i ? ", " : cli->zh ? "\n  目前可以：" : "\n  allowed now: ", r->allowed[i]);
    for (size_t i = 0; i < r->n_candidates; i++)
        printf("%s%s",
               i         ? ", "
               : cli->zh ? "\n  可能重复："
                         : "\n  perhaps the same as: ",
               r->candidates[i]);
    if (*r->secret)
        printf("%s%s",
               cli->zh ? "\n  查询码，只告诉诉求人：" : "\n  secret, for the reporter alone: ",
               r->secret);
    putchar('\n');
}

static void print_similar(const struct cli *cli, const Hongxin__V1__SimilarAnswer *a)
{
    struct show s;

    show_init(&s, cli, stdout);
    for (size_t i = 0; i < a->n_cases; i++) {
        const hxp_case_view *c = a->cases[i];
        if (cli->json) {
            query_print_json(cli, &c->base);
            continue;
        }
        show_paint(&s, SHOW_BOLD, "%s", c->number);
        printf(" %s %s %s %s%s%s\n", c->state, c->class_, c->category, c->where->building,
               *c->ref ? " " : "", c->ref);
    }
}

/* CLI_OK: there is none, go on. CLI_NEGATIVE: they are shown. */
static int none_similar(const struct cli *cli, hx_client *client, const hxp_event *event)
{
    Hongxin__V1__SimilarQuery q = HONGXIN__V1__SIMILAR_QUERY__INIT;
    hxp_response *answer;
    bool found;

    if (!event->data || strcmp(event->type, "REPORTED") != 0)
        return cli_fail(cli, CLI_USAGE, "--unless-similar goes with a report that has a place");
    q.place = event->data->place;
    q.category = event->data->category;
    int rc = hx_ask_similar(client, &q, &answer);
    if (rc)
        return link_fail(cli, client, rc, "similar cases");
    print_similar(cli, answer->similar);
    found = answer->similar->n_cases > 0;
    hx_response_free(answer);
    return found
               ? cli_fail(cli, CLI_NEGATIVE,
                          "not published: perhaps it is one of these; PARTY_ADDED adds a reporter")
               : CLI_OK;
}

static int publish_one(const struct cli *cli, const struct record *record)
{
    hx_client *client;
    hxp_reply *reply;
    int rc = link_open(cli, &client);

    if (rc)
        return rc;
    if (cli_has(cli, "unless-similar") && (rc = none_similar(cli, client, record->event))) {
        hx_client_close(client);
        return rc;
    }
    rc = hx_publish(client, record->event, record->reporter, &reply);
    if (rc) {
        rc = link_fail(cli, client, rc, "event");
    } else {
        if (cli->json)
            query_print_json(cli, &reply->base);
        else
            print_reply(cli, reply);
        rc = reply->result == HONGXIN__V1__RESULT__INVALID ? CLI_USAGE
             : feeder_is_taken(reply)                      ? CLI_OK
                                                           : CLI_NEGATIVE;
        hx_reply_free(reply);
    }
    hx_client_close(client);
    return rc;
}

int publish_object(const struct cli *cli, const json_t *object)
{
    struct record record;
    char problem[RECORD_PROBLEM];
    int rc = CLI_OK;

    if (record_from_json(object, &record, problem))
        return cli_fail(cli, CLI_USAGE, "%s", problem);
    if (cli_has(cli, "dry-run"))
        json_dumpf(object, stdout, HX_JSON_DUMP), putchar('\n');
    else
        rc = publish_one(cli, &record);
    record_fini(&record);
    return rc;
}

static int run_one(const struct cli *cli)
{
    json_t *object = json_object();
    int rc = object ? from_flags(cli, object) : CLI_NEGATIVE;

    if (!rc)
        rc = publish_object(cli, object);
    json_decref(object);
    return rc;
}

/* Something to complain of and no event named: a report. */
static bool is_report(const struct cli *cli)
{
    return cli_has(cli, "class") || cli_has(cli, "place") || cli_has(cli, "text");
}

static int run_many(const struct cli *cli, const char *path, bool table)
{
    const struct many_options o = {.path = path, .table = table, .source = "hongxin-cli"};

    return many_run(cli, &o);
}

static int run(struct cli *cli)
{
    const char *csv = cli_get(cli, "csv"), *file = cli_get(cli, "file");

    if ((csv != NULL) + (file != NULL) + cli_has(cli, "type") > 1)
        return cli_fail(cli, CLI_USAGE, "--type, --file and --csv do not go together");
    if (csv)
        return run_many(cli, csv, true);
    if (cli_has(cli, "type") || (!file && is_report(cli)))
        return run_one(cli);
    if (!file && isatty(STDIN_FILENO))
        return cli_fail(cli, CLI_USAGE,
                        "nothing to publish: give --type, --file or --csv, or pipe JSON "
                        "Lines in; see hongxin publish --help");
    return run_many(cli, file ? file : "-", false);
}

const struct cli_command cli_publish = {
    .name = "publish",
    .summary = "publish events: one from flags, or many from JSON Lines or a table",
    .about = "One event: give --type and what belongs to it. The answer comes after the event is "
             "on disk\n"
             "and names the case number and every promised minute.\n\n"
             "Many events: JSON Lines (fields of Event as in proto/hongxin/v1/event.proto, "
             "\"data\" with its\n"
             "own fields, \"reporter\" with the identity), or a table of any hotline with a "
             "mapping file.\n"
             "A row that cannot be read is shown with its line and written to the reject file; the "
             "others go\n"
             "on. A run that was broken off goes on where it stopped: start it again. Rows keep "
             "their ids, so\n"
             "nothing is ever doubled.",
    .examples =
        "  hongxin publish --type REPORTED --class SMALL --place B-0417 --text \"no light on the "
        "stairs\" \\\n"
        "      --name \"Mr Li\" --phone 13800000000\n"
        "      a complaint; the answer names its number, say CL-17\n"
        "  hongxin publish --type HELD --case CL-17 --by holder:P-07/li\n"
        "  hongxin publish --type ARRIVED --case CL-17 --by holder:P-07/li --proof ONSITE_CODE \\\n"
        "      --data onsite_code=$(hongxin onsite-code --building B-0417)\n"
        "  hongxin publish --type RESOLVED --case CL-17 --by holder:P-07/li --data evidence=photo\n"
        "  hongxin publish --type CALLBACK_OK --case CL-17 --by callback/zhao --data rating=5\n"
        "      its whole life\n"
        "  echo "
        "'{\"type\":\"REPORTED\",\"by\":\"reporter\",\"data\":{\"class\":\"SMALL\",\"place\":\"B-"
        "0417\"}}' |\n"
        "      hongxin publish\n"
        "  hongxin publish --csv tests/data/12345-gbk.csv --map config/mappings/12345.yaml "
        "--dry-run\n"
        "      a hotline's export, only checked\n",
    .options = options,
    .takes = CLI_INTAKE | CLI_SHOWS,
    .run = run,
};
