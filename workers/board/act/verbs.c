#include "board/act/verbs.h"

#include "base/text.h"
#include <stdio.h>
#include <string.h>

/* Keys of a body that go into Data as they are; those in front of the bar are required. Every body
 * may have id, if_version, by and at. */
struct row {
    const char *verb, *choice; /* choice: the value of the key below, NULL: there is none */
    const char *key;
    const char *type;
    const char *required, *optional;
    const char *prefer;
};

static const struct row rows[] = {
    {"ack", NULL, NULL, "NOTICE_ACKED", " clock level ", "", NULL},
    {"order", NULL, NULL, "SUPERVISED", " date ", " order why text ", "city street"},
    {"class", NULL, NULL, "CLASS_SET", " class ", " why ", "community street city dispatcher"},
    {"route", NULL, NULL, "ROUTED", " holder ", " why ", "street city dispatcher"},
    {"reject", NULL, NULL, "REJECTED", " reason ", "", "street city dispatcher"},
    {"return", "ACCEPT", "decision", "RETURN_ACCEPTED", " holder ", " why ",
     "street city dispatcher"},
    {"return", "REFUSE", "decision", "RETURN_REFUSED", "", " why holder ",
     "street city dispatcher"},
    {"return", "ARBITRATE", "decision", "ARBITRATED", " holder ", " why ", "street city"},
    {"merge", "MERGE", "step", "MERGED_INTO", " into ", " why ",
     "community street city dispatcher"},
    {"merge", "APPROVE", "step", "MERGE_APPROVED", "", " into why ",
     "community street city dispatcher"},
    {"merge", "UNDO", "step", "UNMERGED", "", " into why ", "community street city dispatcher"},
    {"acts", "COMING", "act", "HELD", "", " text ", "holder manager"},
    {"acts", "ARRIVED", "act", "ARRIVED", "", " onsite_code text evidence ", "holder manager"},
    {"acts", "WORKING", "act", "WORK_STARTED", "", " onsite_code text evidence ", "holder manager"},
    {"acts", "PROGRESS", "act", "PROGRESS", " text ", " onsite_code evidence ", "holder manager"},
    {"acts", "HELP", "act", "ASSIST_ASKED", "", " unit text date ", "holder manager"},
    {"acts", "DONE", "act", "RESOLVED", "", " onsite_code evidence text ", "holder manager"},
    {"acts", "RETURN", "act", "RETURN_REQUESTED", " reason ", " onsite_code text evidence ",
     "holder manager"},
    {"report", NULL, NULL, "REPORTED", "",
     " class category place position text confidential safety drill ", "reporter"},
};
enum { ROWS = sizeof rows / sizeof *rows };

bool verb_known(const char *verb)
{
    for (size_t i = 0; i < ROWS; i++)
        if (strcmp(rows[i].verb, verb) == 0)
            return true;
    return strcmp(verb, "events") == 0;
}

static bool in(const char *words, const char *word)
{
    char blank[64];
    int n = snprintf(blank, sizeof blank, " %s ", word);
    return n > 0 && (size_t)n < sizeof blank && strstr(words, blank);
}

static const struct row *find(const char *verb, const json_t *body, struct verb_draft *out)
{
    const char *key = NULL;
    for (size_t i = 0; i < ROWS; i++) {
        if (strcmp(rows[i].verb, verb) != 0)
            continue;
        key = rows[i].key;
        const char *given = key ? json_string_value(json_object_get(body, key)) : NULL;
        if (!key || (given && strcmp(given, rows[i].choice) == 0))
            return &rows[i];
    }
    snprintf(out->problem, sizeof out->problem, "%s is not one of its words", key ? key : "verb");
    return NULL;
}

static bool take_keys(const struct row *row, const json_t *body, struct verb_draft *out)
{
    const char *key;
    json_t *value;
    json_object_foreach ((json_t *)(uintptr_t)body, key, value) {
        if (in(" id if_version by at ", key) || (row->key && strcmp(key, row->key) == 0))
            continue;
        if (!in(row->required, key) && !in(row->optional, key)) {
            snprintf(out->problem, sizeof out->problem, "%.40s is no key of this", key);
            return false;
        }
        json_object_set(out->data, key, value);
    }
    char words[128], *save = NULL;
    hx_text_put(words, sizeof words, row->required);
    for (char *w = strtok_r(words, " ", &save); w; w = strtok_r(NULL, " ", &save))
        if (!json_object_get(out->data, w)) {
            snprintf(out->problem, sizeof out->problem, "%s is missing", w);
            return false;
        }
    return true;
}

/* What is another event by what it says, or by where the case stands. */
static void choose(const struct row *row, const json_t *body, const char *state,
                   struct verb_draft *out)
{
    if (strcmp(row->verb, "class") == 0 && json_is_true(json_object_get(body, "refuse"))) {
        hx_text_put(out->type, sizeof out->type, "CLASS_REFUSED");
        json_object_del(out->data, "class");
    } else if (strcmp(row->verb, "route") == 0 && strcmp(state, "RECEIVED") != 0) {
        hx_text_put(out->type, sizeof out->type, "HOLDER_CHANGED");
        out->prefer = "community street city dispatcher";
    } else if (strcmp(row->type, "ASSIST_ASKED") == 0 && !json_object_get(out->data, "unit")) {
        hx_text_put(out->type, sizeof out->type, "COMMENT");
        json_object_del(out->data, "date");
    }
    const char *code = json_string_value(json_object_get(out->data, "onsite_code"));
    out->proof = code && *code ? "ONSITE_CODE" : NULL;
    if (code && !*code)
        json_object_del(out->data, "onsite_code");
}

static bool free_event(const json_t *body, struct verb_draft *out)
{
    const char *type = json_string_value(json_object_get(body, "type")), *key;
    json_t *value, *data = json_object_get(body, "data");
    size_t n = type ? strspn(type, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") : 0;
    json_object_foreach ((json_t *)(uintptr_t)body, key, value)
        if (!in(" id if_version by at type data ", key)) {
            snprintf(out->problem, sizeof out->problem, "%.40s is no key of this", key);
            return false;
        }
    if (n == 0 || type[n] || n >= sizeof out->type || (data && !json_is_object(data))) {
        hx_text_put(out->problem, sizeof out->problem, "type is capitals and _, data an object");
        return false;
    }
    hx_text_put(out->type, sizeof out->type, type);
    if (data)
        json_object_update(out->data, data);
    const char *code = json_string_value(json_object_get(out->data, "onsite_code"));
    out->proof = code && *code ? "ONSITE_CODE" : NULL;
    return true;
}

bool verb_draft(const char *verb, const json_t *body, const char *state, struct verb_draft *out)
{
    *out = (struct verb_draft){.data = json_object()};
    if (strcmp(verb, "events") == 0)
        return free_event(body, out);
    static const struct row refusal = {"class",
                                       NULL,
                                       NULL,
                                       "CLASS_REFUSED",
                                       "",
                                       " refuse class why ",
                                       "community street city dispatcher"};
    bool refuse = strcmp(verb, "class") == 0 && json_is_true(json_object_get(body, "refuse"));
    const struct row *row = refuse ? &refusal : find(verb, body, out);
    if (!row || !take_keys(row, body, out))
        return false;
    json_object_del(out->data, "refuse");
    hx_text_put(out->type, sizeof out->type, row->type);
    out->prefer = row->prefer;
    choose(row, body, state, out);
    return true;
}
