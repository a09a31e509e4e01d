/* A mapping and the heading of one table: which column goes where. */
#include "mapping/mapping.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool has_name(const struct map_column *c, const char *name)
{
    for (unsigned k = 0; k < c->names_count; k++)
        if (!strcasecmp(c->names[k], name))
            return true;
    return false;
}

/* The first column of the file that goes by one of the names; -1 = none. */
static short find_source(const struct map_binding *b, const struct map_column *c)
{
    for (size_t i = 0; i < b->n; i++)
        if (has_name(c, b->heading[i]))
            return (short)i;
    return -1;
}

/* ---- texts with columns in braces ---- */

/* A name in braces is a column of the file, or any name of a column of the part or of the report.
 */
static short brace_source(const struct map_binding *b, const struct map_bound *part,
                          const char *name)
{
    const struct map_bound *const parts[] = {part, &b->parts[0]};

    for (size_t i = 0; i < b->n; i++)
        if (!strcasecmp(b->heading[i], name))
            return (short)i;
    for (size_t p = 0; p < 2; p++)
        for (unsigned c = 0; c < parts[p]->part->columns_count; c++)
            if (parts[p]->from[c] >= 0 && has_name(&parts[p]->part->columns[c], name))
                return parts[p]->from[c];
    return -1;
}

static int no_column(const char *name, const char *who, char problem[MAPPING_PROBLEM])
{
    snprintf(problem, MAPPING_PROBLEM,
             "the heading has no column \"%.100s\", which %.60s needs（表头缺列）", name, who);
    return HX_INVALID;
}

struct wanted {
    const struct map_bound *part;
    const char *text; /* NULL: there is none */
    const char *who;  /* needs it, for the problem */
};

static int bind_template(const struct map_binding *b, const struct wanted *w,
                         struct map_template *out, char problem[MAPPING_PROBLEM])
{
    const char *p = w->text;

    *out = (struct map_template){0};
    while (p && *p) {
        const char *open = strchr(p, '{'), *close = open ? strchr(open, '}') : NULL;
        char name[128];
        if (out->n == MAP_PIECES || (close && close - open > 127)) {
            snprintf(problem, MAPPING_PROBLEM, "%s names too many columns", w->who);
            return HX_INVALID;
        }
        struct map_piece *piece = &out->pieces[out->n++];
        *piece = (struct map_piece){p, close ? (unsigned)(open - p) : (unsigned)strlen(p), -1};
        if (!close)
            break;
        memcpy(name, open + 1, (size_t)(close - open - 1));
        name[close - open - 1] = '\0';
        piece->from = brace_source(b, w->part, name);
        if (piece->from < 0)
            return no_column(name, w->who, problem);
        p = close + 1;
    }
    return HX_OK;
}

/* ---- parts ---- */

/* A step whose time is not in the table: the table does not tell of it, unless a column is there
 * that nothing but this step has. A heading that was changed shows so. */
static int check_left_out(const struct map_bound *p, char problem[MAPPING_PROBLEM])
{
    for (unsigned i = 0; i < p->part->columns_count; i++)
        if (p->part->columns[i].required && p->from[i] >= 0) {
            snprintf(problem, MAPPING_PROBLEM,
                     "the heading has \"%.100s\", but not the time that belongs to it",
                     p->part->columns[i].names[0]);
            return HX_INVALID;
        }
    return HX_OK;
}

/* The report itself, or a step that this table tells of: a required column must be there. */
static int check_required(const struct map_bound *p, char problem[MAPPING_PROBLEM])
{
    for (unsigned i = 0; i < p->part->columns_count; i++)
        if (p->part->columns[i].required && p->from[i] < 0) {
            snprintf(problem, MAPPING_PROBLEM, "the heading has no column \"%s\"（表头缺列）",
                     p->part->columns[i].names[0]);
            return HX_INVALID;
        }
    return HX_OK;
}

static void find_sources(const struct map_binding *b, struct map_bound *p)
{
    const struct map_part *part = p->part;

    p->time = -1;
    for (unsigned c = 0; c < part->columns_count; c++) {
        p->from[c] = find_source(b, &part->columns[c]);
        if (p->from[c] >= 0 && p->time < 0 && !strcmp(part->columns[c].field, "t_occ"))
            p->time = (short)c;
    }
}

static int bind_part(struct map_binding *b, struct map_bound *p, char problem[MAPPING_PROBLEM])
{
    bool step = p != &b->parts[0];
    const struct wanted by = {p, p->part->by, step && p->part->event ? p->part->event : "by"};

    if (step && p->time < 0)
        return check_left_out(p, problem);
    int rc = check_required(p, problem);
    return rc ? rc : bind_template(b, &by, &p->by, problem);
}

static int bind_parts(struct map_binding *b, char problem[MAPPING_PROBLEM])
{
    const struct wanted id = {&b->parts[0], b->m->id, "the id"};
    int rc = HX_OK;

    for (unsigned i = 0; i < b->n_parts; i++)
        find_sources(b, &b->parts[i]);
    for (unsigned i = 0; !rc && i < b->n_parts; i++)
        rc = bind_part(b, &b->parts[i], problem);
    return rc ? rc : bind_template(b, &id, &b->id, problem);
}

static int make_room(struct map_binding *b)
{
    const struct mapping *m = b->m;
    size_t columns = m->report.columns_count;

    for (unsigned i = 0; i < m->history_count; i++)
        columns += m->history[i].columns_count;
    b->n_parts = 1 + m->history_count;
    b->parts = calloc(b->n_parts, sizeof *b->parts);
    b->from = calloc(columns, sizeof *b->from);
    if (!b->parts || !b->from)
        return HX_NOMEM;
    short *from = b->from;
    for (unsigned i = 0; i < b->n_parts; i++) {
        b->parts[i].part = i ? &m->history[i - 1] : &m->report;
        b->parts[i].from = from;
        from += b->parts[i].part->columns_count;
    }
    return HX_OK;
}

static int keep_heading(struct map_binding *b, const struct csv_row *heading)
{
    for (size_t i = 0; i < heading->n; i++) {
        b->heading[i] = strdup(heading->fields[i]);
        if (!b->heading[i])
            return HX_NOMEM;
        b->n = i + 1;
    }
    return HX_OK;
}

int mapping_bind(const struct mapping *m, const struct csv_row *heading, struct map_binding *b,
                 char problem[MAPPING_PROBLEM])
{
    int rc;

    *b = (struct map_binding){.m = m};
    if (heading->bad) {
        snprintf(problem, MAPPING_PROBLEM, "the heading %s", heading->bad);
        return HX_INVALID;
    }
    if (m->zone && mapping_zone(m->zone, &b->offset_minutes))
        return HX_INVALID;
    rc = make_room(b);
    if (!rc)
        rc = keep_heading(b, heading);
    if (!rc)
        rc = bind_parts(b, problem);
    if (rc)
        mapping_unbind(b);
    return rc;
}

void mapping_unbind(struct map_binding *b)
{
    for (size_t i = 0; i < b->n; i++)
        free(b->heading[i]);
    b->n = 0;
    free(b->parts);
    free(b->from);
    b->parts = NULL;
    b->from = NULL;
}

static bool is_in(const struct map_template *t, short column)
{
    for (unsigned i = 0; i < t->n; i++)
        if (t->pieces[i].from == column)
            return true;
    return false;
}

static bool is_used(const struct map_binding *b, size_t column)
{
    bool used = is_in(&b->id, (short)column);

    for (unsigned p = 0; p < b->n_parts && !used; p++) {
        const struct map_bound *part = &b->parts[p];
        used = is_in(&part->by, (short)column);
        for (unsigned c = 0; c < part->part->columns_count; c++)
            used |= has_name(&part->part->columns[c], b->heading[column]);
    }
    return used;
}

size_t mapping_left_over(const struct map_binding *b, char *out, size_t size)
{
    size_t n = 0, at = 0;

    *out = '\0';
    for (size_t i = 0; i < b->n; i++) {
        if (is_used(b, i) || !*b->heading[i])
            continue;
        int more = snprintf(out + at, size - at, "%s%s", n++ ? ", " : "", b->heading[i]);
        at = more < 0 || at + (size_t)more >= size ? size - 1 : at + (size_t)more;
    }
    return n;
}

static bool in_braces(const char *text, const char *name)
{
    size_t n = strlen(name);
    for (const char *p = text; p && (p = strchr(p, '{')) != NULL; p++)
        if (strncasecmp(p + 1, name, n) == 0 && p[n + 1] == '}')
            return true;
    return false;
}

static bool part_asks_for(const struct map_part *p, const char *name)
{
    bool asks = in_braces(p->by, name);
    for (unsigned c = 0; c < p->columns_count && !asks; c++)
        asks = has_name(&p->columns[c], name);
    return asks;
}

bool mapping_asks_for(const struct mapping *m, const char *name)
{
    bool asks = in_braces(m->id, name) || part_asks_for(&m->report, name);
    for (unsigned i = 0; i < m->history_count && !asks; i++)
        asks = part_asks_for(&m->history[i], name);
    return asks;
}

bool mapping_is_bound(const struct map_binding *b, const struct csv_row *heading)
{
    if (!b->parts || b->n != heading->n)
        return false;
    for (size_t i = 0; i < b->n; i++)
        if (strcmp(b->heading[i], heading->fields[i]) != 0)
            return false;
    return true;
}
