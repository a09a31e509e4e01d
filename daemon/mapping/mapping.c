/* Rows into events, by a mapping. */
#include "mapping/mapping.h"
#include "hongxin/instant.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- times ---- */

int mapping_zone(const char *text, int *offset_minutes)
{
    if (!strcmp(text, "UTC") || !strcmp(text, "Asia/Shanghai")) {
        *offset_minutes = *text == 'U' ? 0 : 8 * 60;
        return HX_OK;
    }
    return hx_offset_parse(text, offset_minutes);
}

struct civil {
    int y, mo, d, h, mi, s;
};

static int *part_for(struct civil *c, char letter)
{
    switch (letter) {
    case 'y':
        return &c->y;
    case 'M':
        return &c->mo;
    case 'd':
        return &c->d;
    case 'H':
        return &c->h;
    case 'm':
        return &c->mi;
    case 's':
        return &c->s;
    default:
        return NULL;
    }
}

/* Exactly `width` digits, or one or two when the format says so with a single letter. */
static int read_digits(const char **p, size_t width, int *out)
{
    size_t n = 0, most = width == 1 ? 2 : width;

    for (*out = 0; n < most && **p >= '0' && **p <= '9'; n++, (*p)++)
        *out = *out * 10 + (**p - '0');
    return n >= (width == 1 ? 1 : width) ? HX_OK : HX_INVALID;
}

static int to_instant(const struct civil *c, int offset_minutes, int64_t *ms)
{
    int64_t y, days;
    unsigned m, d;

    if (c->mo < 1 || c->mo > 12 || c->d < 1 || c->d > 31 || c->h > 23 || c->mi > 59 || c->s > 59)
        return HX_INVALID;
    days = hx_days_from_civil(c->y, (unsigned)c->mo, (unsigned)c->d);
    hx_civil_from_days(days, &y, &m, &d); /* 30 February would come back as another day */
    if (y != c->y || m != (unsigned)c->mo || d != (unsigned)c->d)
        return HX_INVALID;
    *ms = days * HX_DAY + c->h * HX_HOUR + c->mi * HX_MINUTE + c->s * HX_SECOND -
          offset_minutes * HX_MINUTE;
    return *ms < HX_INSTANT_MIN || *ms > HX_INSTANT_MAX ? HX_INVALID : HX_OK;
}

int mapping_time(const char *text, const char *format, int offset_minutes, int64_t *ms)
{
    struct civil c = {.d = 1, .mo = 1};

    while (*format) {
        size_t width = strspn(format, (char[]){*format, '\0'});
        int *part = part_for(&c, *format);
        if (!part) {
            if (*text++ != *format++)
                return HX_INVALID;
            continue;
        }
        if (read_digits(&text, width, part))
            return HX_INVALID;
        format += width;
    }
    return *text ? HX_INVALID : to_instant(&c, offset_minutes, ms);
}

/* ---- headings ---- */

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

/* A name in the id's braces is a column of the file, or any name of a mapped column. */
static int id_part(const struct map_binding *b, const char *name)
{
    for (size_t i = 0; i < b->n; i++)
        if (!strcasecmp(b->heading[i], name))
            return (int)i;
    for (unsigned c = 0; c < b->m->columns_count; c++)
        if (b->from[c] >= 0 && has_name(&b->m->columns[c], name))
            return b->from[c];
    return -1;
}

static int next_brace(const char **p, char name[128])
{
    const char *open = strchr(*p, '{'), *close = open ? strchr(open, '}') : NULL;

    if (!close || (size_t)(close - open) > 127)
        return HX_NOTFOUND;
    memcpy(name, open + 1, (size_t)(close - open - 1));
    name[close - open - 1] = '\0';
    *p = close + 1;
    return HX_OK;
}

static int check_heading(const struct map_binding *b, char problem[MAPPING_PROBLEM])
{
    const char *p = b->m->id;
    char name[128];

    for (unsigned i = 0; i < b->m->columns_count; i++)
        if (b->m->columns[i].required && b->from[i] < 0) {
            snprintf(problem, MAPPING_PROBLEM, "the heading has no column \"%s\"",
                     b->m->columns[i].names[0]);
            return HX_INVALID;
        }
    while (!next_brace(&p, name))
        if (id_part(b, name) < 0) {
            snprintf(problem, MAPPING_PROBLEM,
                     "the heading has no column \"%s\", which the id needs", name);
            return HX_INVALID;
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
    if (mapping_zone(m->zone, &b->offset_minutes))
        return HX_INVALID;
    for (size_t i = 0; i < heading->n; i++) {
        b->heading[i] = strdup(heading->fields[i]);
        b->n = i + 1;
        if (!b->heading[i]) {
            mapping_unbind(b);
            return HX_NOMEM;
        }
    }
    for (unsigned c = 0; c < m->columns_count; c++)
        b->from[c] = find_source(b, &m->columns[c]);
    rc = check_heading(b, problem);
    if (rc)
        mapping_unbind(b);
    return rc;
}

void mapping_unbind(struct map_binding *b)
{
    for (size_t i = 0; i < b->n; i++)
        free(b->heading[i]);
    b->n = 0;
}

/* ---- rows ---- */

static const char *look_up(const struct map_column *c, const char *text)
{
    for (unsigned i = 0; i < c->values_count; i++)
        for (unsigned k = 0; k < c->values[i].is_count; k++)
            if (!strcasecmp(c->values[i].is[k], text))
                return c->values[i].to;
    return c->otherwise;
}

static int read_time(const struct map_binding *b, const char *text, char out[HX_INSTANT_TEXT])
{
    int64_t ms;

    for (unsigned i = 0; i < b->m->times_count; i++)
        if (!mapping_time(text, b->m->times[i], b->offset_minutes, &ms)) {
            hx_instant_format(ms, b->offset_minutes, out);
            return HX_OK;
        }
    return HX_INVALID;
}

/* Adds the text behind what stands in the field already. */
static int join_text(json_t *object, const struct map_column *c, const char *text,
                     char problem[RECORD_PROBLEM])
{
    const char *dot = strchr(c->field, '.');
    json_t *part = dot ? json_object_get(object, *c->field == 'd' ? "data" : "reporter") : object;
    const char *before = json_string_value(json_object_get(part, dot ? dot + 1 : c->field));
    char *joined;
    int rc;

    if (!c->join || !before || !*before)
        return record_set(object, c->field, text, problem);
    if (asprintf(&joined, "%s%s%s", before, c->join, text) < 0)
        return HX_NOMEM;
    rc = record_set(object, c->field, joined, problem);
    free(joined);
    return rc;
}

static int apply_field(const struct map_binding *b, const struct map_column *c, const char *text,
                       json_t *object, char problem[RECORD_PROBLEM])
{
    char instant[HX_INSTANT_TEXT], inner[RECORD_PROBLEM];
    const char *name = c->names[0];

    if (!*text) {
        snprintf(problem, RECORD_PROBLEM, "%.80s is empty", name);
        return c->required ? HX_INVALID : HX_OK;
    }
    if (c->values_count && !(text = look_up(c, text))) {
        snprintf(problem, RECORD_PROBLEM, "%.80s holds a word that the mapping does not list",
                 name);
        return HX_INVALID;
    }
    if (c->time) {
        if (read_time(b, text, instant)) {
            snprintf(problem, RECORD_PROBLEM, "%.80s is not a time of the mapping's formats", name);
            return HX_INVALID;
        }
        text = instant;
    }
    if (!*text)
        return HX_OK; /* a word that the mapping drops on purpose */
    if (join_text(object, c, text, inner)) {
        snprintf(problem, RECORD_PROBLEM, "%.80s: %.160s", name, inner);
        return HX_INVALID;
    }
    return HX_OK;
}

static int set_id(const struct map_binding *b, const struct csv_row *row, json_t *object,
                  char problem[RECORD_PROBLEM])
{
    char id[RECORD_ID_MAX] = "", name[128];
    const char *p = b->m->id, *from = p;
    size_t n = 0;

    while (n < sizeof id) {
        bool more = !next_brace(&p, name);
        const char *until = more ? strchr(from, '{') : from + strlen(from);
        const char *value = more ? row->fields[id_part(b, name)] : "";
        if (more && !*value) {
            snprintf(problem, RECORD_PROBLEM, "%.80s is empty, and the id needs it", name);
            return HX_INVALID;
        }
        n += (size_t)snprintf(id + n, sizeof id - n, "%.*s%s", (int)(until - from), from, value);
        from = p;
        if (!more)
            return record_set(object, "id", id, problem);
    }
    snprintf(problem, RECORD_PROBLEM, "the id is longer than %d bytes", RECORD_ID_MAX - 1);
    return HX_INVALID;
}

static int fill(const struct map_binding *b, const struct csv_row *row, json_t *object,
                char problem[RECORD_PROBLEM])
{
    int rc = set_id(b, row, object, problem);

    for (unsigned i = 0; !rc && i < b->m->constants_count; i++)
        rc = record_set(object, b->m->constants[i].field, b->m->constants[i].value, problem);
    /* in the order of the mapping, so that joined texts do not depend on the file's columns */
    for (unsigned c = 0; !rc && c < b->m->columns_count; c++)
        if (b->from[c] >= 0)
            rc = apply_field(b, &b->m->columns[c], row->fields[b->from[c]], object, problem);
    return rc;
}

int mapping_apply(const struct map_binding *b, const struct csv_row *row, json_t **out,
                  char problem[RECORD_PROBLEM])
{
    json_t *object;
    int rc;

    if (row->bad || row->n != b->n) {
        if (row->bad)
            snprintf(problem, RECORD_PROBLEM, "the row %s", row->bad);
        else
            snprintf(problem, RECORD_PROBLEM, "the row has %zu fields, the heading has %zu", row->n,
                     b->n);
        return HX_INVALID;
    }
    object = json_object();
    if (!object)
        return HX_NOMEM;
    rc = fill(b, row, object, problem);
    if (rc) {
        json_decref(object);
        return rc;
    }
    *out = object;
    return HX_OK;
}
