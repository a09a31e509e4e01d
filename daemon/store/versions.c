#include "store/versions.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

struct reading {
    struct hx_versions *v;
    struct hx_problem *problem;
    int rc;
};

/* It is the store's text, not the file of that name which lies in the configuration. */
static void name(struct reading *r, const hxp_rules_version *row)
{
    const struct hx_problem why = *r->problem;
    hx_problem_set(r->problem, "the store's version %u of %s %s: %s", row->version, row->kind,
                   row->name, *why.text ? why.text : hx_strerror(r->rc));
}

static int put_stored(void *ctx, const hxp_rules_version *row, const uint8_t *text, size_t size)
{
    struct reading *r = ctx;
    struct hx_version *x = NULL;
    if (row->state != HONGXIN__V1__RULES_VERSION__STATE__IN_FORCE)
        return 0;
    char *copy = hx_text_dup(text, size);
    r->rc = copy ? hx_version_read(r->v, row->file, copy, size, &x, r->problem) : HX_NOMEM;
    free(copy);
    if (!r->rc)
        r->rc = hx_versions_put(r->v, x, r->problem);
    if (r->rc) {
        hx_version_free(x);
        name(r, row);
        return 1;
    }
    x->by_persons = row->agreed_by[0] != '\0';
    hx_version_came(r->v, x, row->lsn, row->open);
    return 0;
}

int hx_store_versions(struct hx_store *st, struct hx_versions *v, struct hx_problem *problem)
{
    struct reading r = {.v = v, .problem = problem};
    hx_versions_believe(v, true);
    int rc = hx_store_rules(st, put_stored, &r);
    hx_versions_believe(v, false);
    if (rc)
        hx_problem_set(problem, "the store's versions of rules: %s", hx_strerror(rc));
    return rc ? rc : r.rc;
}
