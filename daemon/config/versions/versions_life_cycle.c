/* Life cycles as versions: which may follow which, and the tables of holidays that they share. */
#include "base/text.h"
#include "config/calendar/holidays.h"
#include "config/life_cycle/life_cycle.h"
#include "config/versions/versions_internal.h"

#include <stdlib.h>
#include <string.h>

static bool life_cycle_is(const char *text)
{
    return strncmp(text, "life-cycle:", 11) == 0 || strstr(text, "\nlife-cycle:");
}

/* A copy of the newest version in force: the life cycle is read with it and then shares the table
 * itself. */
static int table_in_force(void *ctx, const char *name, const char *path, struct hx_table *out,
                          struct hx_problem *problem)
{
    const struct hx_table *t = version_table(ctx, name);
    (void)path;
    if (!t)
        return hx_problem_set(problem, "no table of holidays %s is in force", name);
    struct hx_holidays *copy = malloc(sizeof *copy);
    if (!copy)
        return HX_NOMEM;
    *copy = *t->newest;
    copy->older = NULL;
    hx_text_put(out->name, sizeof out->name, name);
    out->newest = copy;
    return HX_OK;
}

static void share_tables(struct hx_versions *v, struct hx_rules *r)
{
    for (uint8_t i = 0; i < r->n_calendars; i++)
        if (r->calendars[i].table)
            r->calendars[i].table = version_table(v, r->calendars[i].table->name);
    for (uint8_t i = 0; i < r->n_tables; i++)
        hx_holidays_free(&r->tables[i]);
    r->n_tables = 0;
}

static int life_cycle_read(struct hx_versions *v, struct hx_version *x, struct hx_problem *problem)
{
    const struct hx_table_source source = {table_in_force, v, v->tell};
    struct hx_rules *r;
    int rc = hx_life_cycle_parse(x->file, x->text, &source, &r, problem);
    if (rc)
        return rc;
    share_tables(v, r);
    hx_text_put(x->name, sizeof x->name, r->name);
    x->number = r->version;
    x->parsed = r;
    return HX_OK;
}

static void life_cycle_drop(struct hx_version *x)
{
    hx_life_cycle_free(x->parsed);
}

/* A promise that would be shorter from a day that is past: whoever kept the old one then would be
 * accused of breaking the new. */
static int shortens(const struct hx_version *x, const struct hx_version *before,
                    struct hx_problem *problem)
{
    const struct hx_rules *next = x->parsed, *old = before->parsed;
    for (int k = 1; k < HX_RULES_CLOCKS; k++)
        for (int c = 0; c < HX_RULES_CLASSES; c++) {
            const struct hx_clock_rule *a = &old->clocks[k], *b = &next->clocks[k];
            if (!a->promise || !a->budget_ms[c] || b->budget_ms[c] >= a->budget_ms[c])
                continue;
            return hx_problem_set(
                problem,
                "%s:%d: %s %s is shorter than in %s:%d (version %u), and that from a day that is "
                "past: let `from` lie ahead, or leave it out",
                x->file, b->line, b->name, c ? next->classes[c].name : "", before->file, a->line,
                old->version);
        }
    return HX_OK;
}

static int life_cycle_follows(const struct hx_version *x, const struct hx_version *before,
                              int64_t now, struct hx_problem *problem)
{
    const struct hx_rules *next = x->parsed;
    char what[200];
    if (hx_rules_follows(next, before->parsed, what, sizeof what))
        return hx_problem_set(problem, "%s: %s (%s)", x->file, what, before->file);
    if (next->from > now)
        return hx_problem_set(problem, "%s: `from` lies ahead: apply the file on that day",
                              x->file);
    return next->from && next->from < now ? shortens(x, before, problem) : HX_OK;
}

static int life_cycle_put(struct hx_versions *v, struct hx_version *x, struct hx_problem *problem)
{
    struct hx_rules *r = x->parsed;
    (void)problem;
    share_tables(v, r);
    r->older = v->rules;
    v->rules = r;
    return HX_OK;
}

static void life_cycle_change(const struct hx_versions *v, const struct hx_version *x,
                              struct hx_change *c)
{
    (void)v;
    *c = (struct hx_change){.rules = x->parsed};
}

static void life_cycle_came(const struct hx_versions *v, const struct hx_version *x, uint64_t lsn,
                            bool open)
{
    struct hx_rules *r = x->parsed;
    (void)v;
    r->from_lsn = lsn;
    r->applied = open;
}

const struct version_kind version_life_cycle = {.name = "life-cycle",
                                                .is = life_cycle_is,
                                                .read = life_cycle_read,
                                                .follows = life_cycle_follows,
                                                .put = life_cycle_put,
                                                .change = life_cycle_change,
                                                .came = life_cycle_came,
                                                .drop = life_cycle_drop};
