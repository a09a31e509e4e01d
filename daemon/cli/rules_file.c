/* Rules of the daemon. The loader reads files, so what the daemon sent passes through one. */
#include "cli/rules_file.h"
#include "config/life_cycle.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct hx_rules *load(const char *path)
{
    struct hx_rules *rules = NULL;
    struct hx_problem problem;

    return hx_life_cycle_load(path, &rules, &problem) ? NULL : rules;
}

static struct hx_rules *through_file(const ProtobufCBinaryData *content)
{
    char path[] = "/tmp/hongxin-rules-XXXXXX";
    int fd = mkstemp(path);
    struct hx_rules *rules = NULL;

    if (fd < 0)
        return NULL;
    if (write(fd, content->data, content->len) == (ssize_t)content->len)
        rules = load(path);
    close(fd);
    unlink(path);
    return rules;
}

struct hx_rules *rules_file_ask(hx_client *client)
{
    Hongxin__V1__RulesQuery q = HONGXIN__V1__RULES_QUERY__INIT;
    hxp_response *answer;
    struct hx_rules *rules;

    q.kind = (char *)(uintptr_t) "life-cycle";
    q.id = (char *)(uintptr_t) "complaint";
    if (hx_ask_rules(client, &q, &answer))
        return NULL;
    rules = through_file(&answer->rules->content);
    hx_response_free(answer);
    return rules;
}

struct hx_rules *rules_file_load(const char *config_folder)
{
    char path[512];

    snprintf(path, sizeof path, "%s/life-cycles/complaint.yaml", config_folder);
    return load(path);
}

void rules_file_free(struct hx_rules *rules)
{
    hx_life_cycle_free(rules);
}
