/* Rows into events, by a mapping that is bound to their heading. */
#include "hongxin/instant.h"
#include "mapping/mapping.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One row that is being read. */
struct reading {
    const struct map_binding *b;
    const struct csv_row *row;
    struct hx_arena *arena;
    struct record *record;
    char *problem; /* [RECORD_PROBLEM] */
};

HX_PRINTF(2, 3)
static int refuse(struct reading *r, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(r->problem, RECORD_PROBLEM, format, args);
    va_end(args);
    return HX_INVALID;
}

/* ---- messages ---- */

static hxp_event *new_event(struct reading *r)
{
    hxp_event *e = hx_arena_alloc(r->arena, sizeof *e);
    if (e)
        hongxin__v1__event__init(e);
    return e;
}

static hxp_data *data_of(struct reading *r, hxp_event *e)
{
    if (!e->data) {
        e->data = hx_arena_alloc(r->arena, sizeof *e->data);
        if (e->data)
            hongxin__v1__data__init(e->data);
    }
    return e->data;
}

static hxp_reporter *reporter_of(struct reading *r)
{
    struct record *record = r->record;
    if (!record->reporter) {
        record->reporter = hx_arena_alloc(r->arena, sizeof *record->reporter);
        if (record->reporter)
            hongxin__v1__reporter__init(record->reporter);
    }
    return record->reporter;
}

/* Where a field lives; NULL without memory. */
static ProtobufCMessage *place_of(struct reading *r, hxp_event *e, const struct map_field *f)
{
    hxp_data *data = f->part == FIELD_DATA ? data_of(r, e) : NULL;
    hxp_reporter *reporter = f->part == FIELD_REPORTER ? reporter_of(r) : NULL;

    if (f->part == FIELD_EVENT)
        return &e->base;
    return data ? &data->base : reporter ? &reporter->base : NULL;
}

static int put(struct reading *r, hxp_event *e, const struct map_field *f, const char *text)
{
    ProtobufCMessage *m = place_of(r, e, f);
    return m ? field_put(f, m, text, r->arena) : HX_NOMEM;
}

/* ---- columns ---- */

static const char *look_up(const struct map_column *c, const char *text)
{
    for (unsigned i = 0; i < c->values_count; i++)
        for (unsigned k = 0; k < c->values[i].is_count; k++)
            if (!strcasecmp(c->values[i].is[k], text))
                return c->values[i].to;
    return c->otherwise;
}

static int read_time(const struct map_binding *b, const char *text, int64_t *ms)
{
    for (unsigned i = 0; i < b->m->times_count; i++) {
        const char *format = b->m->times[i];
        int rc = strcmp(format, MAPPING_RFC3339) == 0
                     ? hx_instant_parse(text, ms)
                     : mapping_time(text, format, b->offset_minutes, ms);
        if (!rc)
            return HX_OK;
    }
    return HX_INVALID;
}

static int put_time(struct reading *r, hxp_event *e, const struct map_column *c, const char *text)
{
    ProtobufCMessage *m = place_of(r, e, &c->is);
    int64_t ms;

    if (!m)
        return HX_NOMEM;
    if (read_time(r->b, text, &ms))
        return refuse(r, "%.80s is not a time of the mapping's formats%s", c->names[0],
                      r->b->m->zone ? "（时间格式不符）"
                                    : ", or says no zone（时间格式不符或缺少时区）");
    return field_put_instant(&c->is, m, ms);
}

/* Behind what an earlier column put there. */
static int put_text(struct reading *r, hxp_event *e, const struct map_column *c, const char *text)
{
    ProtobufCMessage *m = place_of(r, e, &c->is);
    const char *before = m && c->join ? field_text(&c->is, m) : "";

    if (*before)
        text = hx_arena_printf(r->arena, "%s%s%s", before, c->join, text);
    if (!m || !text)
        return HX_NOMEM;
    return field_put(&c->is, m, text, r->arena) == HX_INVALID
               ? refuse(r, "%.80s: %.64s cannot be read（无法读取）", c->names[0], c->field)
               : HX_OK;
}

static int take_column(struct reading *r, hxp_event *e, const struct map_column *c,
                       const char *text)
{
    if (!*text)
        return c->required ? refuse(r, "%.80s is empty（为空）", c->names[0]) : HX_OK;
    if (c->values_count && !(text = look_up(c, text)))
        return refuse(r,
                      "%.80s holds a word that the mapping does not list（内容不在映射文件所列）",
                      c->names[0]);
    if (!*text)
        return HX_OK; /* a word that the mapping drops on purpose */
    return c->time ? put_time(r, e, c, text) : put_text(r, e, c, text);
}

/* "holder:P-07/" needs no name behind it: who did it for the company is often not known any more.
 * An id is made of all of its columns. */
static bool is_person(const struct reading *r, const struct map_template *t,
                      const struct map_piece *p)
{
    return t != &r->b->id && p->size > 0 && p->text[p->size - 1] == '/';
}

/* A text with columns in braces, as *out in the arena; "" when there is none. A person who is not
 * named is left out, with the slash in front of him. */
static int fill_template(struct reading *r, const struct map_template *t, const char *who,
                         char **out)
{
    char text[512];
    size_t n = 0;

    for (unsigned i = 0; i < t->n; i++) {
        const struct map_piece *p = &t->pieces[i];
        const char *value = p->from >= 0 ? r->row->fields[p->from] : "";
        size_t size = strlen(value), before = p->size;
        if (p->from >= 0 && !size && is_person(r, t, p))
            before--;
        else if (p->from >= 0 && !size)
            return refuse(r, "%.80s is empty, and %.60s needs it（必填项为空）",
                          r->b->heading[p->from], who);
        if (n + before + size >= sizeof text)
            return refuse(r, "%.60s is longer than %zu bytes（过长）", who, sizeof text - 1);
        memcpy(text + n, p->text, before);
        memcpy(text + n + before, value, size);
        n += before + size;
    }
    *out = hx_arena_strndup(r->arena, text, n);
    return *out ? HX_OK : HX_NOMEM;
}

/* In the order of the mapping, so that joined texts do not depend on the file's columns. */
static int take_part(struct reading *r, hxp_event *e, const struct map_bound *p)
{
    const struct map_part *part = p->part;
    int rc = HX_OK;

    if (p->by.n)
        rc = fill_template(r, &p->by, part->event ? part->event : "by", &e->by);
    for (unsigned i = 0; !rc && i < part->constants_count; i++)
        rc = put(r, e, &part->constants[i].is, part->constants[i].value);
    for (unsigned c = 0; !rc && c < part->columns_count; c++)
        if (p->from[c] >= 0)
            rc = take_column(r, e, &part->columns[c], r->row->fields[p->from[c]]);
    return rc;
}

/* ---- history ---- */

/* A step without its time did not happen; then nothing of it that it requires may be there. */
static int check_absent(struct reading *r, const struct map_bound *p)
{
    const struct map_part *part = p->part;

    for (unsigned c = 0; c < part->columns_count; c++) {
        const struct map_column *column = &part->columns[c];
        const char *text = p->from[c] >= 0 ? r->row->fields[p->from[c]] : "";
        if (*text && column->values_count)
            text = look_up(column, text);
        if (column->required && (!text || *text))
            return refuse(r, "%.80s is given, but its time %.80s is empty（缺少时间）",
                          column->names[0], part->columns[p->time].names[0]);
    }
    return HX_OK;
}

/* The event of a step; NULL: the row does not tell of it. */
static int take_step(struct reading *r, const struct map_bound *p, hxp_event **out)
{
    hxp_event *e;
    int rc;

    *out = NULL;
    if (p->time < 0)
        return HX_OK;
    if (!*r->row->fields[p->from[p->time]])
        return check_absent(r, p);
    e = new_event(r);
    if (!e)
        return HX_NOMEM;
    if (p->part->event)
        e->type = p->part->event;
    rc = take_part(r, e, p);
    if (!rc && *e->type)
        *out = e;
    return rc;
}

/* In the order of their times; steps of one time stay in that of the mapping. */
static void insert(hxp_data *data, hxp_event *e)
{
    size_t i = data->n_history++;

    for (; i > 0 && data->history[i - 1]->t_occ > e->t_occ; i--)
        data->history[i] = data->history[i - 1];
    data->history[i] = e;
}

static int take_history(struct reading *r)
{
    unsigned steps = r->b->n_parts - 1;
    hxp_data *data = steps ? data_of(r, r->record->event) : NULL;
    hxp_event *e;
    int rc = HX_OK;

    if (!steps)
        return HX_OK;
    if (!data || !(data->history = hx_arena_alloc(r->arena, steps * sizeof(hxp_event *))))
        return HX_NOMEM;
    for (unsigned i = 1; !rc && i <= steps; i++) {
        rc = take_step(r, &r->b->parts[i], &e);
        if (!rc && e)
            insert(data, e);
    }
    return rc;
}

/* ---- the row ---- */

static int take_row(struct reading *r)
{
    hxp_event *e = r->record->event = new_event(r);
    int rc = e ? fill_template(r, &r->b->id, "the id", &e->id) : HX_NOMEM;

    if (!rc)
        rc = take_part(r, e, &r->b->parts[0]);
    if (!rc)
        rc = take_history(r);
    return rc ? rc : record_check(r->record, r->problem);
}

int mapping_apply(const struct map_binding *b, const struct csv_row *row, struct map_target *out,
                  char problem[RECORD_PROBLEM])
{
    struct reading r = {b, row, out->arena, &out->record, problem};
    int rc;

    out->record = (struct record){.row = row->row, .line = row->line, .in_arena = true};
    problem[0] = '\0';
    if (row->bad)
        return refuse(&r, "the row %s", row->bad);
    if (row->n != b->n)
        return refuse(&r, "the row has %zu fields, the heading has %zu", row->n, b->n);
    rc = take_row(&r);
    if (rc)
        out->record.event = NULL;
    if (rc == HX_INVALID && !*problem) /* a constant, which the mapping's check has let pass */
        return refuse(&r, "a constant of the mapping cannot be read");
    return rc;
}
