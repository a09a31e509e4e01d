/* What the asking commands share. */
#include "cli/ask/query.h"

#include "base/text.h"
#include "cli/show/says.h"
#include "hongxin/json.h"
#include "hongxin/number.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --at: an instant of the past; 0 = now. */
static int query_at(const struct cli *cli, int64_t *at)
{
    const char *text = cli_get(cli, "at");

    *at = 0;
    if (text && hx_instant_parse(text, at))
        return cli_fail(cli, CLI_USAGE,
                        "--at: \"%s\" is not an instant like 2026-10-12T19:20:00+08:00", text);
    return CLI_OK;
}

int query_secret(const struct cli *cli, const char *path, char secret[QUERY_SECRET])
{
    FILE *in = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
    bool got = in && fgets(secret, QUERY_SECRET, in);
    if (in && in != stdin)
        fclose(in);
    if (got)
        secret[strcspn(secret, "\r\n")] = '\0';
    return got && *secret ? CLI_OK
                          : cli_fail(cli, CLI_USAGE, "%s: no secret in its first line", path);
}

int query_case(const struct cli *cli, bool history, hx_client **client, hxp_response **answer)
{
    Hongxin__V1__CaseQuery q = HONGXIN__V1__CASE_QUERY__INIT;
    const char *source = cli_get(cli, "source");
    const char *file = cli->command == &cli_case ? cli_get(cli, "secret") : NULL;
    char what[96], secret[QUERY_SECRET] = "";
    int rc;

    if (!cli->n_operands)
        return cli_fail(cli, CLI_USAGE, "which case? hongxin %s CL-17", cli->command->name);
    if (source || hx_number_parse(cli->operands[0], &q.case_number)) {
        q.ref = cli->operands[0];
        q.source = hx_text_field(source ? source : "hongxin-cli");
    }
    rc = query_at(cli, &q.at);
    if (!rc && file)
        rc = query_secret(cli, file, secret);
    q.secret = secret;
    if (!rc)
        rc = link_open(cli, client);
    if (rc)
        return rc;
    q.history = history;
    rc = hx_ask_case(*client, &q, answer);
    if (!rc)
        return CLI_OK;
    snprintf(what, sizeof what, "%s %.60s", says(cli, "case"), cli->operands[0]);
    rc = link_fail(cli, *client, rc, what);
    hx_client_close(*client);
    *client = NULL;
    return rc;
}

int query_words(const struct cli *cli, const char *option, char *words[QUERY_WORDS], size_t *n)
{
    const char *value;
    size_t at = 0;

    *n = 0;
    while ((value = cli_next(cli, option, &at)))
        for (const char *p = value; *p;) {
            size_t size = strcspn(p, ",");
            if (*n == QUERY_WORDS)
                return cli_fail(cli, CLI_USAGE, "--%s: more than %d", option, QUERY_WORDS);
            if (size && !(words[(*n)++] = strndup(p, size)))
                return cli_fail(cli, CLI_NEGATIVE, "out of memory");
            p += size + (p[size] == ',');
        }
    return CLI_OK;
}

int query_filter(const struct cli *cli, struct query_filter *f)
{
    const char *level = cli_get(cli, "level");
    const struct {
        const char *option;
        size_t *n;
        char ***list;
    } parts[] = {
        {"place", &f->filter.n_places, &f->filter.places},
        {"holder", &f->filter.n_holders, &f->filter.holders},
        {"class", &f->filter.n_classes, &f->filter.classes},
        {"facts", &f->filter.n_facts, &f->filter.facts},
        {"to", &f->filter.n_to, &f->filter.to},
    };
    int rc = CLI_OK;

    memset(f, 0, sizeof *f);
    hongxin__v1__filter__init(&f->filter);
    for (size_t i = 0; !rc && i < sizeof parts / sizeof *parts; i++) {
        rc = query_words(cli, parts[i].option, f->words[i], parts[i].n);
        *parts[i].list = f->words[i];
    }
    if (!rc && level && (level[0] != 'L' || level[1] < '0' || level[1] > '5' || level[2]))
        rc = cli_fail(cli, CLI_USAGE, "--level: \"%s\" is not L0 … L5", level);
    if (!rc && level)
        f->filter.min_level = hx_text_field(level);
    if (rc)
        query_filter_fini(f);
    return rc;
}

void query_filter_fini(struct query_filter *f)
{
    for (size_t i = 0; i < sizeof f->words / sizeof *f->words; i++)
        for (size_t k = 0; k < QUERY_WORDS; k++)
            free(f->words[i][k]);
    memset(f, 0, sizeof *f);
}

static void write_json(const struct cli *cli, const ProtobufCMessage *message, unsigned flags,
                       FILE *out)
{
    json_t *object = hx_json_from_message(message, cli->utc_offset, flags);

    if (object)
        json_dumpf(object, out, HX_JSON_DUMP);
    json_decref(object);
}

void query_write_json(const struct cli *cli, const ProtobufCMessage *message, FILE *out)
{
    write_json(cli, message, HX_JSON_SPARSE, out);
}

void query_print_json(const struct cli *cli, const ProtobufCMessage *message)
{
    query_write_json(cli, message, stdout);
    putchar('\n');
}

void query_print_figure(const struct cli *cli, const ProtobufCMessage *message)
{
    write_json(cli, message, 0, stdout);
    putchar('\n');
}

void query_print_entry(const struct cli *cli, const hxp_entry *e)
{
    json_t *object = hx_json_from_message(&e->base, cli->utc_offset, HX_JSON_SPARSE);
    hxp_event *event =
        e->event.len ? hongxin__v1__event__unpack(NULL, e->event.len, e->event.data) : NULL;

    if (event) {
        json_object_set_new(object, "event",
                            hx_json_from_message(&event->base, cli->utc_offset, HX_JSON_SPARSE));
        hongxin__v1__event__free_unpacked(event, NULL);
    }
    if (object)
        json_dumpf(object, stdout, HX_JSON_DUMP);
    putchar('\n');
    json_decref(object);
}

hxp_entry *query_entry(const ProtobufCBinaryData *bytes)
{
    return hongxin__v1__entry__unpack(NULL, bytes->len, bytes->data);
}
