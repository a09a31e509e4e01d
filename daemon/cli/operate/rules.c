/* hongxin rules: the files that the daemon runs with. */
#include "base/text.h"
#include "cli/ask/query.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct cli_option options[] = {
    {"version", "N", NULL, "of a life cycle or calendar: not the one in force, but this one"},
    {NULL, NULL, NULL, NULL},
};

/* A file of any size, as it comes in parts. */
struct whole {
    char *bytes;
    size_t size;
    char *version; /* of the first part */
};

static void start_over(struct whole *w)
{
    free(w->bytes);
    free(w->version);
    *w = (struct whole){0};
}

static int add(struct whole *w, const Hongxin__V1__RulesAnswer *part)
{
    char *more = realloc(w->bytes, w->size + part->content.len + 1);
    if (!more)
        return HX_NOMEM;
    w->bytes = more;
    if (part->content.len)
        memcpy(w->bytes + w->size, part->content.data, part->content.len);
    w->size += part->content.len;
    if (!w->version)
        w->version = strdup(part->version);
    return w->version ? HX_OK : HX_NOMEM;
}

/* One part more. Of another version: everything begins again. */
static int ask_part(hx_client *client, Hongxin__V1__RulesQuery *q, struct whole *w,
                    hxp_response **answer)
{
    q->skip = w->size;
    int rc = hx_ask_rules(client, q, answer);
    if (rc || !w->version || strcmp(w->version, (*answer)->rules->version) == 0)
        return rc ? rc : add(w, (*answer)->rules);
    start_over(w);
    return HX_OK;
}

/* The last answer, which then holds the whole text in w->bytes. */
static int ask_whole(hx_client *client, Hongxin__V1__RulesQuery *q, struct whole *w,
                     hxp_response **answer)
{
    for (;;) {
        int rc = ask_part(client, q, w, answer);
        bool end = !rc && w->version &&
                   (w->size >= (*answer)->rules->size || !(*answer)->rules->content.len);
        if (rc || end)
            return rc;
        hx_response_free(*answer);
        *answer = NULL;
    }
}

static void print(const struct cli *cli, const struct whole *w, Hongxin__V1__RulesAnswer *a)
{
    ProtobufCBinaryData part = a->content;
    if (!cli->json) {
        fwrite(w->bytes, 1, w->size, stdout);
        return;
    }
    a->content = (ProtobufCBinaryData){w->size, (uint8_t *)w->bytes};
    query_print_json(cli, &a->base);
    a->content = part; /* which is the answer's to free */
}

static int run(struct cli *cli)
{
    Hongxin__V1__RulesQuery q = HONGXIN__V1__RULES_QUERY__INIT;
    hx_client *client;
    hxp_response *answer = NULL;
    struct whole whole = {0};
    uint64_t version;
    int rc = cli_get_number(cli, "version", 0, &version);

    if (!rc)
        rc = link_open(cli, &client);
    if (rc)
        return rc;
    q.kind = cli->n_operands > 0 ? cli->operands[0] : hx_text_field("life-cycle");
    q.version = (uint32_t)version;
    q.id = cli->n_operands > 1 ? cli->operands[1] : hx_text_field("complaint");
    rc = ask_whole(client, &q, &whole, &answer);
    if (rc)
        rc = link_fail(cli, client, rc,
                       "such rules; kinds are life-cycle, calendar, city and texts");
    else
        print(cli, &whole, answer->rules);
    hx_response_free(answer);
    start_over(&whole);
    hx_client_close(client);
    return rc;
}

const struct cli_command cli_rules = {
    .name = "rules",
    .summary = "print a rules file as the daemon has it",
    .operands = "[KIND [ID]]",
    .options = options,
    .about = "KIND is life-cycle, calendar, city or texts; ID is the file's name without its "
             "ending. Without\n"
             "operands: the life cycle of a complaint.",
    .examples = "  hongxin rules\n      states, clocks, ladders and transitions of a complaint\n"
                "  hongxin rules city companies\n      the companies of the city\n"
                "  hongxin rules texts notices\n      what people read, in Chinese and English\n",
    .takes = CLI_FEED,
    .max_operands = 2,
    .run = run,
};
