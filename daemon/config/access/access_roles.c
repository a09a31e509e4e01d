/* roles.yaml: roles with their claims and rights, tenants with their quotas. */
#include "config/access/access_impl.h"
#include "config/reading/yaml_doc.h"
#include "engine/rules/rules.h"

#include <string.h>

static const char *const right_names[HX_RIGHTS_END] = {
#define X(name) #name,
    HX_RIGHTS(X)
#undef X
};

static int right_number(const char *name)
{
    for (int i = 0; i < HX_RIGHTS_END; i++)
        if (strcmp(right_names[i], name) == 0)
            return i;
    return -1;
}

const char *hx_right_name(enum hx_right right)
{
    return right_names[right];
}

static const char *const mask_names[HX_MASKS_END] = {
#define X(name) #name,
    HX_MASKS(X)
#undef X
};

const char *hx_mask_name(enum hx_mask mask)
{
    return mask_names[mask];
}

static int mask_number(const char *name)
{
    for (int i = 0; i < HX_MASKS_END; i++)
        if (strcmp(mask_names[i], name) == 0)
            return i;
    return -1;
}

static int claim_number(const char *name)
{
    return hx_role_number(name, strlen(name));
}

/* A list of words as bits. */
static uint32_t words(struct yaml_doc *doc, yaml_node_t *list, int (*number)(const char *),
                      const char *what)
{
    uint32_t bits = 0;
    yaml_node_t *item;
    for (size_t i = 0; (item = yaml_doc_item(doc, list, i)); i++) {
        const char *word = yaml_doc_scalar(doc, item);
        int n = number(word);
        if (n < 0)
            yaml_doc_fault(doc, item, "unknown %s \"%s\"", what, word);
        else
            bits |= UINT32_C(1) << n;
    }
    return bits;
}

const struct hx_access_role *access_role(const struct hx_access *a, const char *name)
{
    for (size_t i = 0; i < a->n_roles; i++)
        if (strcmp(a->roles[i].name, name) == 0)
            return &a->roles[i];
    return NULL;
}

static void read_role(struct yaml_doc *doc, yaml_node_t *node, struct hx_access *a)
{
    char zh[64], en[64];
    struct hx_access_role *role = &a->roles[a->n_roles];
    if (a->n_roles == ACCESS_ROLES) {
        yaml_doc_fault(doc, node, "more than %d roles", ACCESS_ROLES);
        return;
    }
    yaml_doc_only(doc, node, "name zh en claims rights hides hides_confidential");
    yaml_doc_need(doc, node, "name", role->name, sizeof role->name);
    yaml_doc_need(doc, node, "zh", zh, sizeof zh);
    yaml_doc_need(doc, node, "en", en, sizeof en);
    role->zh = hx_arena_strdup(&a->arena, zh);
    role->en = hx_arena_strdup(&a->arena, en);
    role->claims = words(doc, yaml_doc_get(doc, node, "claims"), claim_number, "party");
    role->rights = words(doc, yaml_doc_get(doc, node, "rights"), right_number, "right");
    role->hides = words(doc, yaml_doc_get(doc, node, "hides"), mask_number, "part of a case");
    role->hides_confidential =
        role->hides |
        words(doc, yaml_doc_get(doc, node, "hides_confidential"), mask_number, "part of a case");
    if (access_role(a, role->name))
        yaml_doc_fault(doc, node, "role %s is there already", role->name);
    a->n_roles++;
}

static uint64_t number(struct yaml_doc *doc, yaml_node_t *node, const char *key)
{
    int64_t n = yaml_doc_int(doc, node, key, 0);
    if (n < 0)
        yaml_doc_fault(doc, node, "%s is negative", key);
    return n > 0 ? (uint64_t)n : 0;
}

static void read_tenant(struct yaml_doc *doc, yaml_node_t *node, struct hx_access *a)
{
    struct hx_tenant t = {.name = ""};
    yaml_doc_only(doc, node, "name events_per_second burst feeds");
    yaml_doc_need(doc, node, "name", t.name, sizeof t.name);
    t.events_per_second = number(doc, node, "events_per_second");
    t.burst = number(doc, node, "burst");
    t.feeds = number(doc, node, "feeds");
    if (t.burst < t.events_per_second)
        t.burst = t.events_per_second;
    bool standard = strcmp(t.name, "default") == 0;
    for (size_t i = 1; i < a->n_tenants; i++)
        if (strcmp(a->tenants[i].name, t.name) == 0)
            yaml_doc_fault(doc, node, "tenant %s is there already", t.name);
    if (!standard && a->n_tenants == ACCESS_TENANTS)
        yaml_doc_fault(doc, node, "more than %d tenants", ACCESS_TENANTS);
    else
        a->tenants[standard ? 0 : a->n_tenants++] = t;
}

static void read_watched(struct yaml_doc *doc, yaml_node_t *node, struct hx_access *a)
{
    struct hx_watched w = {.source = ""};
    yaml_doc_only(doc, node, "name silent_after");
    yaml_doc_need(doc, node, "name", w.source, sizeof w.source);
    w.after_ms = yaml_doc_duration(doc, node, "silent_after");
    if (w.after_ms < 1000)
        yaml_doc_fault(doc, node, "silent_after is at least 1s");
    for (size_t i = 0; i < a->n_watched; i++)
        if (strcmp(a->watched[i].source, w.source) == 0)
            yaml_doc_fault(doc, node, "source %s is there already", w.source);
    if (a->n_watched == ACCESS_WATCHED)
        yaml_doc_fault(doc, node, "more than %d sources", ACCESS_WATCHED);
    else
        a->watched[a->n_watched++] = w;
}

int access_tenant(struct hx_access *a, const char *name)
{
    for (size_t i = 1; i < a->n_tenants; i++)
        if (strcmp(a->tenants[i].name, name) == 0)
            return (int)i;
    if (a->n_tenants == ACCESS_TENANTS)
        return -1;
    struct hx_tenant *t = &a->tenants[a->n_tenants];
    *t = a->tenants[0];
    memcpy(t->name, name, strlen(name) + 1);
    return (int)a->n_tenants++;
}

int access_roles_load(struct hx_access *a, const char *path, struct hx_problem *problem)
{
    struct yaml_doc doc;
    yaml_node_t *root, *item;
    int rc = yaml_doc_open(&doc, path, problem);
    a->tenants[0] = (struct hx_tenant){.name = "default"};
    a->n_tenants = 1;
    if (rc == HX_OK) {
        root = yaml_doc_root(&doc);
        yaml_doc_only(&doc, root, "roles tenants sources");
        yaml_node_t *roles = yaml_doc_get(&doc, root, "roles"),
                    *tenants = yaml_doc_get(&doc, root, "tenants");
        for (size_t i = 0; (item = yaml_doc_item(&doc, roles, i)); i++)
            read_role(&doc, item, a);
        for (size_t i = 0; (item = yaml_doc_item(&doc, tenants, i)); i++)
            read_tenant(&doc, item, a);
        yaml_node_t *sources = yaml_doc_get(&doc, root, "sources");
        for (size_t i = 0; (item = yaml_doc_item(&doc, sources, i)); i++)
            read_watched(&doc, item, a);
        if (!doc.rc && !a->n_roles)
            yaml_doc_fault(&doc, root, "no role at all");
        rc = doc.rc;
    }
    yaml_doc_close(&doc);
    return rc;
}
