/* Tables of holidays as versions: one hangs behind the next of its name. */
#include "base/text.h"
#include "config/calendar/holidays.h"
#include "config/versions/versions_internal.h"

#include <stdlib.h>
#include <string.h>

static bool calendar_is(const char *text)
{
    return strncmp(text, "BEGIN:VCALENDAR", 15) == 0;
}

static int calendar_read(struct hx_versions *v, struct hx_version *x, struct hx_problem *problem)
{
    struct hx_table *t = calloc(1, sizeof *t);
    if (!t)
        return HX_NOMEM;
    int rc = hx_holidays_parse(x->file, x->text, t, problem);
    if (rc && v->tell)
        hx_holidays_faults(x->file, x->text, v->tell);
    if (rc) {
        free(t);
        return rc;
    }
    hx_text_put(x->name, sizeof x->name, t->name);
    x->number = t->newest->version;
    x->parsed = t;
    return HX_OK;
}

static void calendar_drop(struct hx_version *x)
{
    if (x->parsed)
        hx_holidays_free(x->parsed);
    free(x->parsed);
}

struct hx_table *version_table(struct hx_versions *v, const char *name)
{
    for (uint8_t i = 0; i < v->n_tables; i++)
        if (strcmp(v->tables[i].name, name) == 0)
            return &v->tables[i];
    return NULL;
}

static int calendar_put(struct hx_versions *v, struct hx_version *x, struct hx_problem *problem)
{
    struct hx_table *mine = x->parsed, *t = version_table(v, x->name);
    if (!t && v->n_tables == HX_RULES_TABLES)
        return hx_problem_set(problem, "%s: more than %d tables of holidays", x->file,
                              HX_RULES_TABLES);
    if (!t) {
        t = &v->tables[v->n_tables++];
        hx_text_put(t->name, sizeof t->name, x->name);
    }
    struct hx_holidays *h = (struct hx_holidays *)(uintptr_t)mine->newest;
    h->older = t->newest;
    t->newest = h; /* owned by the table from now on; `parsed` only looks at it */
    return HX_OK;
}

static void calendar_change(const struct hx_versions *v, const struct hx_version *x,
                            struct hx_change *c)
{
    const struct hx_table *mine = x->parsed;
    *c = (struct hx_change){.table = version_table((struct hx_versions *)(uintptr_t)v, x->name),
                            .days = mine->newest};
}

static void calendar_came(const struct hx_versions *v, const struct hx_version *x, uint64_t lsn,
                          bool open)
{
    const struct hx_table *mine = x->parsed;
    struct hx_holidays *h = (struct hx_holidays *)(uintptr_t)mine->newest;
    (void)v;
    h->from_lsn = lsn;
    h->applied = open;
}

const struct version_kind version_calendar = {.name = "calendar",
                                              .is = calendar_is,
                                              .read = calendar_read,
                                              .put = calendar_put,
                                              .change = calendar_change,
                                              .came = calendar_came,
                                              .drop = calendar_drop,
                                              .kept = true};
