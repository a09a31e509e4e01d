/* Rules of the daemon, and the tables of holidays that they name. */
#include "cli/operate/rules_file.h"
#include "base/text.h"
#include "config/calendar/holidays.h"
#include "config/life_cycle/life_cycle.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A version of the daemon as text with its NUL (free); NULL when it does not show it. `version` 0:
 * the one in force, and its number. */
static char *ask_text(hx_client *client, const char *kind, const char *id, uint32_t *version)
{
    Hongxin__V1__RulesQuery q = HONGXIN__V1__RULES_QUERY__INIT;
    hxp_response *answer;

    q.kind = hx_text_field(kind);
    q.id = hx_text_field(id);
    q.version = *version;
    if (hx_ask_rules(client, &q, &answer))
        return NULL;
    const ProtobufCBinaryData *content = &answer->rules->content;
    const char *slash = strrchr(answer->rules->version, '/');
    char *text = hx_text_dup(content->data, content->len);
    *version = slash ? (uint32_t)strtoul(slash + 1, NULL, 10) : 0;
    hx_response_free(answer);
    return text;
}

struct asking {
    hx_client *client;
    struct hx_versions *versions;
};

/* Every version of this name, the oldest first. False: the newest cannot be had. */
static bool ask_all(const struct asking *a, const char *kind, const char *id)
{
    uint32_t newest = 0;
    struct hx_problem problem;
    bool got = false;

    free(ask_text(a->client, kind, id, &newest));
    for (uint32_t n = 1; n <= newest; n++) {
        struct hx_version *x = NULL;
        uint32_t version = n;
        char *text = ask_text(a->client, kind, id, &version);
        got = text && !hx_version_read(a->versions, id, text, strlen(text), &x, &problem) &&
              !hx_versions_put(a->versions, x, &problem);
        free(text);
        if (!got)
            hx_version_free(x);
    }
    return got;
}

/* The tables that the life cycle in force names. */
static int ask_table(void *ctx, const char *name, const char *path, struct hx_table *out,
                     struct hx_problem *problem)
{
    const struct asking *a = ctx;
    uint32_t version = 0;

    (void)path;
    if (!ask_all(a, "calendar", name))
        return HX_NOTFOUND;
    char *text = ask_text(a->client, "calendar", name, &version);
    int rc = text ? hx_holidays_parse(name, text, out, problem) : HX_NOTFOUND;
    free(text);
    return rc;
}

struct hx_versions *rules_file_ask(hx_client *client)
{
    struct asking a = {.client = client};
    const struct hx_table_source source = {.table = ask_table, .ctx = &a};
    struct hx_rules *rules = NULL;
    struct hx_problem problem;
    uint32_t version = 0;

    if (hx_versions_new(&a.versions))
        return NULL;
    char *text = ask_text(client, "life-cycle", "complaint", &version);
    bool good = text && !hx_life_cycle_parse("complaint", text, &source, &rules, &problem) &&
                ask_all(&a, "life-cycle", "complaint");
    free(text);
    hx_life_cycle_free(rules);
    if (good)
        return a.versions;
    hx_versions_free(a.versions);
    return NULL;
}

struct hx_rules *rules_file_load(const char *config_folder)
{
    char path[512];
    struct hx_rules *rules = NULL;
    struct hx_problem problem;

    snprintf(path, sizeof path, "%s/life-cycles/complaint.yaml", config_folder);
    return hx_life_cycle_load(path, &rules, &problem) ? NULL : rules;
}

void rules_file_free(struct hx_rules *rules)
{
    hx_life_cycle_free(rules);
}

int rules_texts_ask(const struct cli *cli, hx_client *client, struct rules_texts *out)
{
    struct hx_problem problem = {"the daemon does not show its texts"};
    uint32_t version = 0;
    char *text = ask_text(client, "texts", "notices", &version);
    int rc = HX_NOTFOUND;

    out->versions = rules_file_ask(client);
    if (text && out->versions)
        rc = hx_notice_texts_parse("texts/notices.yaml", text, hx_versions_rules(out->versions),
                                   &out->texts, &problem);
    free(text);
    return rc ? cli_fail(cli, CLI_NEGATIVE, "%s", problem.text) : CLI_OK;
}

void rules_texts_free(struct rules_texts *texts)
{
    hx_notice_texts_free(texts->texts);
    hx_versions_free(texts->versions);
}
