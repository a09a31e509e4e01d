#include "board/city/rules.h"

#include "base/log.h"
#include "base/text.h"
#include "board/ask.h"
#include "config/reading/yaml_doc.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { RETRY_TICKS = 2, DEPTH = 32, NODES = 500000 };

struct rules {
    json_t *life_cycle; /* {version, rules} */
    json_t *promises;   /* {clock: true} */
    bool wanted, asking;
};

/* ---- YAML ---- */

/* Aliases may make much of little: there is an end to it. */
struct yaml_walk {
    yaml_document_t *doc;
    size_t left; /* nodes */
};

static json_t *node_json(struct yaml_walk *w, yaml_node_t *node, int depth);

static json_t *scalar_json(const yaml_node_t *node)
{
    const char *text = (const char *)node->data.scalar.value;
    char *end;
    if (node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
        return json_string(text);
    if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)
        return json_boolean(*text == 't');
    errno = 0;
    long long n = strtoll(text, &end, 10);
    bool whole = *text && !*end && !errno && strspn(text, "-0123456789") == strlen(text) &&
                 (text[0] != '0' || !text[1]);
    return whole ? json_integer(n) : json_string(text);
}

static json_t *list_json(struct yaml_walk *w, const yaml_node_t *node, int depth)
{
    json_t *list = json_array();
    for (yaml_node_item_t *i = node->data.sequence.items.start; i < node->data.sequence.items.top;
         i++)
        json_array_append_new(list, node_json(w, yaml_document_get_node(w->doc, *i), depth));
    return list;
}

static json_t *map_json(struct yaml_walk *w, const yaml_node_t *node, int depth)
{
    json_t *o = json_object();
    for (yaml_node_pair_t *p = node->data.mapping.pairs.start; p < node->data.mapping.pairs.top;
         p++) {
        const yaml_node_t *key = yaml_document_get_node(w->doc, p->key);
        if (key && key->type == YAML_SCALAR_NODE)
            json_object_set_new(o, (const char *)key->data.scalar.value,
                                node_json(w, yaml_document_get_node(w->doc, p->value), depth));
    }
    return o;
}

static json_t *node_json(struct yaml_walk *w, yaml_node_t *node, int depth)
{
    if (!node || depth > DEPTH || w->left == 0)
        return json_null();
    w->left--;
    if (node->type == YAML_SEQUENCE_NODE)
        return list_json(w, node, depth + 1);
    if (node->type == YAML_MAPPING_NODE)
        return map_json(w, node, depth + 1);
    return scalar_json(node);
}

json_t *rules_yaml(const char *text, size_t size)
{
    struct hx_problem problem = {""};
    struct yaml_doc doc = {0};
    char *copy = malloc(size + 1);
    json_t *out = NULL;
    if (!copy)
        return NULL;
    if (size)
        memcpy(copy, text, size);
    copy[size] = '\0';
    if (yaml_doc_open_text(&doc, "rules", copy, &problem) == HX_OK)
        out = node_json(&(struct yaml_walk){&doc.document, NODES}, yaml_doc_root(&doc), 0);
    yaml_doc_close(&doc);
    free(copy);
    return out;
}

/* ---- asking ---- */

static void keep_promises(struct rules *k)
{
    size_t i;
    json_t *clock, *clocks = json_object_get(json_object_get(k->life_cycle, "rules"), "clocks");
    json_decref(k->promises);
    k->promises = json_object();
    json_array_foreach (clocks, i, clock)
        if (json_is_true(json_object_get(clock, "promise")))
            json_object_set_new(k->promises, json_string_value(json_object_get(clock, "name")),
                                json_true());
}

static const Hongxin__V1__RulesAnswer *rules_of(int err, const hxp_response *answer)
{
    return !err && answer->answer_case == HONGXIN__V1__RESPONSE__ANSWER_RULES ? answer->rules
                                                                              : NULL;
}

static void on_life_cycle(void *arg, int err, const hxp_response *answer)
{
    struct board *b = arg;
    struct rules *k = b->rules;
    const Hongxin__V1__RulesAnswer *a = rules_of(err, answer);
    json_t *rules = a ? rules_yaml((const char *)a->content.data, a->content.len) : NULL;
    if (!k)
        return;
    k->asking = false;
    if (!rules) {
        if (err != HX_TIMEOUT && err != HX_CLOSED)
            hx_log(HX_LOG_WARN, "event=rules_not_read error=%s", hx_errname(err));
        return;
    }
    json_decref(k->life_cycle);
    k->life_cycle = json_pack("{s:s, s:o}", "version", a->version, "rules", rules);
    keep_promises(k);
    k->wanted = false;
}

static bool ask_life_cycle(struct board *b)
{
    hxp_request q = HONGXIN__V1__REQUEST__INIT;
    Hongxin__V1__RulesQuery query = HONGXIN__V1__RULES_QUERY__INIT;
    query.kind = hx_text_field("life-cycle");
    query.id = hx_text_field("complaint");
    q.ask_case = HONGXIN__V1__REQUEST__ASK_RULES;
    q.rules = &query;
    return ask_for(b, "", &q, on_life_cycle, b) == HX_OK;
}

int rules_open(struct board *b, struct rules **out)
{
    struct rules *k = calloc(1, sizeof *k);
    if (!k)
        return HX_NOMEM;
    k->wanted = true;
    *out = k;
    b->rules = k;
    rules_tick(b);
    return HX_OK;
}

void rules_close(struct rules *k)
{
    if (!k)
        return;
    json_decref(k->life_cycle);
    json_decref(k->promises);
    free(k);
}

void rules_tick(struct board *b)
{
    struct rules *k = b->rules;
    if (k->wanted && !k->asking)
        k->asking = ask_life_cycle(b);
}

void rules_forget(struct board *b)
{
    b->rules->wanted = true;
}

/* ---- looking ---- */

bool rules_known(const struct rules *k)
{
    return k && k->life_cycle;
}

bool rules_promise(const struct rules *k, const char *clock)
{
    return k && json_object_get(k->promises, clock) != NULL;
}

const json_t *rules_life_cycle_json(const struct rules *k)
{
    return k->life_cycle;
}

const json_t *rules_find(const struct rules *k, const char *list, const char *name)
{
    size_t i;
    json_t *row;
    json_array_foreach (json_object_get(json_object_get(k->life_cycle, "rules"), list), i, row) {
        const char *own = json_string_value(json_object_get(row, "name"));
        if (own && strcmp(own, name) == 0)
            return row;
    }
    return NULL;
}

/* ---- the API ---- */

static bool missing(struct http_request *r, const void *what)
{
    if (what)
        return false;
    http_problem(r, 503, "DAEMON_AWAY", "the rules have not been read yet; again in a second");
    return true;
}

void rules_life_cycle(void *arg, struct http_request *r)
{
    struct board *b = arg;
    if (!gate_session(b, r) || missing(r, b->rules->life_cycle))
        return;
    http_answer_json_kept(r, json_incref(b->rules->life_cycle));
}
