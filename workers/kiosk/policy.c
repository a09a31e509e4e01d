#include "kiosk/policy.h"

#include "base/text.h"
#include "config/reading/yaml_doc.h"
#include <string.h>

/* ---- reading ---- */

static struct policy_row *add_row(struct yaml_doc *doc, yaml_node_t *map, struct policy *p,
                                  enum policy_kind kind)
{
    struct policy_row *row = &p->rows[kind][p->n[kind]];
    if (p->n[kind] == POLICY_ROWS_MAX) {
        yaml_doc_fault(doc, map, "more than %d rows", POLICY_ROWS_MAX);
        return NULL;
    }
    p->n[kind]++;
    yaml_doc_need(doc, map, "name", row->name, sizeof row->name);
    yaml_doc_need(doc, map, "zh", row->zh, sizeof row->zh);
    yaml_doc_need(doc, map, "en", row->en, sizeof row->en);
    if (kind == POLICY_CATEGORIES)
        yaml_doc_text(doc, map, "class", row->class, sizeof row->class);
    if (kind == POLICY_CLOCKS)
        row->promise = yaml_doc_bool(doc, map, "promise");
    return row;
}

static void read_rows(struct yaml_doc *doc, yaml_node_t *root, struct policy *p)
{
    static const char *const sections[] = {"states", "clocks", "categories"};
    for (size_t kind = 0; kind < POLICY_KINDS; kind++) {
        yaml_node_t *list = yaml_doc_get(doc, root, sections[kind]), *map;
        for (size_t i = 0; !doc->rc && (map = yaml_doc_item(doc, list, i)) != NULL; i++)
            (void)add_row(doc, map, p, (enum policy_kind)kind);
    }
}

static void read_calls(struct yaml_doc *doc, yaml_node_t *root, struct policy *p)
{
    yaml_node_t *list = yaml_doc_get(doc, root, "handover"), *map;
    char name[POLICY_NAME_MAX];
    for (size_t i = 0; !doc->rc && (map = yaml_doc_item(doc, list, i)) != NULL; i++) {
        yaml_doc_need(doc, map, "category", name, sizeof name);
        for (size_t k = 0; k < p->n[POLICY_CATEGORIES]; k++) {
            struct policy_row *row = &p->rows[POLICY_CATEGORIES][k];
            if (strcmp(row->name, name) == 0)
                yaml_doc_need(doc, map, "call", row->call, sizeof row->call);
        }
    }
}

int policy_read(const char *text, const char *version, struct policy *out,
                struct hx_problem *problem)
{
    struct yaml_doc doc;
    *out = (struct policy){0};
    hx_text_put(out->version, sizeof out->version, version);
    int rc = yaml_doc_open_text(&doc, version, text, problem);
    if (!rc) {
        read_rows(&doc, yaml_doc_root(&doc), out);
        read_calls(&doc, yaml_doc_root(&doc), out);
        rc = doc.rc;
    }
    yaml_doc_close(&doc);
    return rc;
}

const struct policy_row *policy_find(const struct policy *p, enum policy_kind kind,
                                     const char *name)
{
    for (size_t i = 0; i < p->n[kind]; i++)
        if (strcmp(p->rows[kind][i].name, name) == 0)
            return &p->rows[kind][i];
    return NULL;
}

bool policy_promises(const struct policy *p, const char *clock)
{
    const struct policy_row *row = policy_find(p, POLICY_CLOCKS, clock);
    return row && row->promise;
}

json_t *policy_word(const struct policy *p, enum policy_kind kind, const char *name)
{
    const struct policy_row *row = p ? policy_find(p, kind, name) : NULL;
    return json_pack("{s:s, s:s, s:s}", "id", name, "zh", row ? row->zh : name, "en",
                     row ? row->en : name);
}
