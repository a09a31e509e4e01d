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

static int ask_table(void *client, const char *name, const char *path, struct hx_table *out,
                     struct hx_problem *problem)
{
    char *text = ask_text(client, "calendar", name);
    int rc = text ? hx_holidays_parse(name, text, out, problem) : HX_NOTFOUND;

    (void)path;
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
