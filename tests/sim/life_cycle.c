/* The life cycle's file is read three times at each start, and does not change in a run: what was
 * made of a text serves every daemon of this process, as a copy, since each ties its versions
 * together (linked with --wrap). The tables of holidays come from whoever asks, as ever. While
 * memory is scarce it is read as ever, too: there it must be able to fail. */
#include "config/life_cycle/life_cycle.h"

#include "sim/sim.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int __real_hx_life_cycle_parse(const char *file, const char *text,
                               const struct hx_table_source *source, struct hx_rules **out,
                               struct hx_problem *problem);
int __wrap_hx_life_cycle_parse(const char *file, const char *text,
                               const struct hx_table_source *source, struct hx_rules **out,
                               struct hx_problem *problem);

enum { KEPT = 4, PATH_SIZE = 4096 };

static struct kept {
    char *file, *text;
    struct hx_rules *rules; /* their tables are empty */
    char names[HX_RULES_TABLES][HX_CALENDAR_NAME], paths[HX_RULES_TABLES][PATH_SIZE];
} * list[KEPT]; /* as long as the process lives */
static size_t n_list;

/* What is asked for while a text is parsed for the first time. */
struct asking {
    const struct hx_table_source *source;
    struct kept *kept;
    size_t n;
};

static int ask(void *asking, const char *name, const char *path, struct hx_table *out,
               struct hx_problem *problem)
{
    struct asking *a = asking;
    snprintf(a->kept->names[a->n], sizeof a->kept->names[0], "%s", name);
    snprintf(a->kept->paths[a->n], sizeof a->kept->paths[0], "%s", path);
    a->n++;
    return a->source->table(a->source->ctx, name, path, out, problem);
}

/* The copy looks at its own parts. */
static struct hx_rules *copy_of(const struct hx_rules *from)
{
    struct hx_rules *r = malloc(sizeof *r);
    if (!r)
        abort();
    memcpy(r, from, sizeof *r);
    for (uint8_t i = 0; i < r->n_calendars; i++) {
        struct hx_calendar_rule *c = &r->calendars[i];
        if (c->zone == &from->zone)
            c->zone = &r->zone;
        if (c->table)
            c->table = &r->tables[c->table - from->tables];
    }
    return r;
}

static int parse_first(const char *file, const char *text, const struct hx_table_source *source,
                       struct hx_rules **out, struct hx_problem *problem)
{
    struct kept *k = calloc(1, sizeof *k);
    struct asking a = {.source = source, .kept = k};
    if (!k)
        abort();
    int rc = __real_hx_life_cycle_parse(
        file, text, &(struct hx_table_source){.table = ask, .ctx = &a}, out, problem);
    if (rc || n_list == KEPT) {
        free(k);
        return rc;
    }
    k->file = strdup(file);
    k->text = strdup(text);
    k->rules = copy_of(*out);
    memset(k->rules->tables, 0, sizeof k->rules->tables);
    list[n_list++] = k;
    return HX_OK;
}

static int parse_again(const struct kept *k, const struct hx_table_source *source,
                       struct hx_rules **out, struct hx_problem *problem)
{
    struct hx_rules *r = copy_of(k->rules);
    r->n_tables = 0;
    int rc = HX_OK;
    for (; r->n_tables < k->rules->n_tables && !rc; r->n_tables += !rc)
        rc = source->table(source->ctx, k->names[r->n_tables], k->paths[r->n_tables],
                           &r->tables[r->n_tables], problem);
    if (rc) {
        hx_life_cycle_free(r);
        return rc;
    }
    *out = r;
    return HX_OK;
}

int __wrap_hx_life_cycle_parse(const char *file, const char *text,
                               const struct hx_table_source *source, struct hx_rules **out,
                               struct hx_problem *problem)
{
    if (!source || (sim.inside && sim.scarce))
        return __real_hx_life_cycle_parse(file, text, source, out, problem);
    for (size_t i = 0; i < n_list; i++)
        if (strcmp(list[i]->file, file) == 0 && strcmp(list[i]->text, text) == 0)
            return parse_again(list[i], source, out, problem);
    return parse_first(file, text, source, out, problem);
}
