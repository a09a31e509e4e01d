#include "config/retention.h"

#include "base/text.h"
#include "config/reading/yaml_doc.h"
#include "engine/routing/route.h"
#include "engine/words/words.h"
#include <stdlib.h>
#include <string.h>

enum { LEAST_MS = 60 * 1000, BITS = 64 };

/* The file while it is read. */
struct reading {
    struct yaml_doc doc;
    const struct hx_rules *rules;
    struct hx_retention *to;
};

static void read_flags(struct reading *r, yaml_node_t *list, struct hx_retention_class *c)
{
    yaml_node_t *item;
    for (size_t i = 0; (item = yaml_doc_item(&r->doc, list, i)); i++) {
        const char *word = yaml_doc_scalar(&r->doc, item);
        int flag = hx_flag_number(word);
        if (!flag)
            yaml_doc_fault(&r->doc, item, "unknown flag \"%s\"", word);
        c->flags |= (uint32_t)flag;
    }
}

/* Words that the life cycle numbers. */
static uint64_t read_numbers(struct reading *r, yaml_node_t *list,
                             int (*number)(const struct hx_rules *, const char *), const char *what)
{
    uint64_t bits = 0;
    yaml_node_t *item;
    for (size_t i = 0; (item = yaml_doc_item(&r->doc, list, i)); i++) {
        const char *word = yaml_doc_scalar(&r->doc, item);
        int n = number(r->rules, word);
        if (n < 0 || n >= BITS)
            yaml_doc_fault(&r->doc, item, "the life cycle has no %s \"%s\"", what, word);
        else
            bits |= UINT64_C(1) << n;
    }
    return bits;
}

static void read_categories(struct reading *r, yaml_node_t *list, struct hx_retention_class *c)
{
    yaml_node_t *item;
    for (size_t i = 0; (item = yaml_doc_item(&r->doc, list, i)); i++) {
        const char *word = yaml_doc_scalar(&r->doc, item);
        size_t n = strlen(word);
        if (i == HX_RETENTION_CATEGORIES)
            yaml_doc_fault(&r->doc, item, "more than %d categories", HX_RETENTION_CATEGORIES);
        else if (n == 0 || n >= HX_ID_MAX)
            yaml_doc_fault(&r->doc, item, "\"%s\" is no category", word);
        else
            hx_text_put(c->categories[c->n_categories++], HX_ID_MAX, hx_task_code(word));
    }
}

static bool has_conditions(const struct hx_retention_class *c)
{
    return c->flags || c->states || c->classes || c->n_categories;
}

static void read_class(struct reading *r, yaml_node_t *node)
{
    struct hx_retention_class *c = &r->to->list[r->to->n];
    char word[64];
    if (r->to->n == HX_RETENTION_CLASSES) {
        yaml_doc_fault(&r->doc, node, "more than %d classes", HX_RETENTION_CLASSES);
        return;
    }
    yaml_doc_only(&r->doc, node, "name zh en flags states classes categories keep");
    yaml_doc_need(&r->doc, node, "name", c->name, sizeof c->name);
    yaml_doc_need(&r->doc, node, "zh", word, sizeof word);
    yaml_doc_need(&r->doc, node, "en", word, sizeof word);
    read_flags(r, yaml_doc_get(&r->doc, node, "flags"), c);
    c->states = read_numbers(r, yaml_doc_get(&r->doc, node, "states"), hx_rules_state, "state");
    c->classes = read_numbers(r, yaml_doc_get(&r->doc, node, "classes"), hx_rules_class, "class");
    read_categories(r, yaml_doc_get(&r->doc, node, "categories"), c);
    c->keep_ms = yaml_doc_duration(&r->doc, node, "keep");
    if (c->keep_ms < LEAST_MS)
        yaml_doc_fault(&r->doc, node, "keep is at least 1min");
    if (r->to->n && !has_conditions(c - 1))
        yaml_doc_fault(&r->doc, node,
                       "the class before fits every case: no case comes to this one");
    r->to->n++;
}

static int read_all(struct reading *r)
{
    yaml_node_t *root = yaml_doc_root(&r->doc), *item;
    yaml_doc_only(&r->doc, root, "classes");
    yaml_node_t *list = yaml_doc_get(&r->doc, root, "classes");
    for (size_t i = 0; (item = yaml_doc_item(&r->doc, list, i)); i++)
        read_class(r, item);
    if (!r->to->n || has_conditions(&r->to->list[r->to->n - 1]))
        yaml_doc_fault(&r->doc, root, "the last class must fit every case: without conditions");
    return r->doc.rc;
}

int hx_retention_load(const char *path, const struct hx_rules *rules, struct hx_retention **out,
                      struct hx_problem *problem)
{
    struct reading r = {.rules = rules, .to = calloc(1, sizeof *r.to)};
    *out = NULL;
    if (!r.to)
        return HX_NOMEM;
    int rc = yaml_doc_open(&r.doc, path, problem);
    if (rc == HX_OK)
        rc = read_all(&r);
    yaml_doc_close(&r.doc);
    if (rc == HX_OK)
        *out = r.to;
    else
        free(r.to);
    return rc;
}

static bool has_category(const struct hx_retention_class *c, const char *category)
{
    for (size_t i = 0; i < c->n_categories; i++)
        if (strcmp(c->categories[i], category) == 0)
            return true;
    return c->n_categories == 0;
}

static bool fits(const struct hx_retention_class *c, const struct hx_case *of)
{
    return (!c->flags || of->flags & c->flags) && (!c->states || c->states >> of->state & 1) &&
           (!c->classes || c->classes >> of->class_no & 1) && has_category(c, of->category);
}

const struct hx_retention_class *hx_retention_of(const struct hx_retention *r,
                                                 const struct hx_case *c)
{
    size_t i = 0;
    while (i + 1 < r->n && !fits(&r->list[i], c))
        i++;
    return &r->list[i];
}

int64_t hx_retention_due(const struct hx_retention *r, const struct hx_rules *rules,
                         const struct hx_case *c)
{
    if (hx_case_open(rules, c) || !c->t_closed)
        return INT64_MAX;
    return c->t_closed + hx_retention_of(r, c)->keep_ms;
}
