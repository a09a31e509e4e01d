/* Rules of the daemon, and the tables of holidays that they name. */
#include "cli/rules_file.h"
#include "config/holidays.h"
#include "config/life_cycle.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A file of the daemon as text with its NUL (free); NULL when it does not show it. */
static char *ask_text(hx_client *client, const char *kind, const char *id)
{
    Hongxin__V1__RulesQuery q = HONGXIN__V1__RULES_QUERY__INIT;
    hxp_response *answer;

    q.kind = (char *)(uintptr_t)kind;
    q.id = (char *)(uintptr_t)id;
    if (hx_ask_rules(client, &q, &answer))
        return NULL;
    const ProtobufCBinaryData *content = &answer->rules->content;
    char *text = strndup(content->data ? (const char *)content->data : "", content->len);
    hx_response_free(answer);
    return text;
}

static int ask_table(void *client, const char *name, struct hx_table *out,
                     struct hx_problem *problem)
{
    char *text = ask_text(client, "calendar", name);
    int rc = text ? hx_holidays_parse(name, text, out, problem) : HX_NOTFOUND;

    free(text);
    return rc;
}

struct hx_rules *rules_file_ask(hx_client *client)
{
    const struct hx_table_source source = {ask_table, client};
    char *text = ask_text(client, "life-cycle", "complaint");
    struct hx_rules *rules = NULL;
    struct hx_problem problem;

    if (text && hx_life_cycle_parse("complaint", text, &source, &rules, &problem))
        rules = NULL;
    free(text);
    return rules;
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
    char *text = ask_text(client, "texts", "notices");
    int rc = HX_NOTFOUND;

    out->rules = rules_file_ask(client);
    if (text && out->rules)
        rc = hx_notice_texts_parse("texts/notices.yaml", text, out->rules, &out->texts, &problem);
    free(text);
    return rc ? cli_fail(cli, CLI_NEGATIVE, "%s", problem.text) : CLI_OK;
}

void rules_texts_free(struct rules_texts *texts)
{
    hx_notice_texts_free(texts->texts);
    rules_file_free(texts->rules);
}
