/* Rows of day-parts.csv, routing.csv, admission.csv and exceptions.csv: every way in which they can
 * be wrong, told with the lines. */
#include "base/text.h"
#include "config/city/city_internal.h"
#include "config/reading/yaml_schema.h"
#include "engine/routing/route.h"
#include "engine/rules/rules.h"
#include "engine/step.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The row of a file with this text, or as a task this number, in its first column, before `at`; its
 * line, 0 when none. */
static size_t line_of(const struct city_row *at, const char *key)
{
    const struct hx_csv_table *t = &at->loader->files[at->file];
    for (const struct hx_csv_row *r = t->rows; r < at->row; r++)
        if (strcmp(hx_task_code(r->values[0]), key) == 0)
            return r->line;
    return 0;
}

static int twice(const struct city_row *at, const char *key)
{
    return city_fault(at, "%s is there already, at %s:%zu", at->row->values[0],
                      at->loader->files[at->file].name, line_of(at, hx_task_code(key)));
}

/* Copies a word of a row; "*" becomes "" (any). */
static int word(const struct city_row *at, size_t column, const char *what, char *out)
{
    const char *text = at->row->values[column];
    if (!*text)
        return city_fault(at, "%s is empty: write * for any", what);
    if (strlen(text) >= HX_ROUTE_WORD_MAX)
        return city_fault(at, "%s \"%.60s\" is longer than %d bytes", what, text,
                          HX_ROUTE_WORD_MAX - 1);
    if (column == ROUTE_CATEGORY)
        text = hx_task_code(text);
    hx_text_put(out, HX_ROUTE_WORD_MAX, strcmp(text, "*") == 0 ? "" : text);
    return HX_OK;
}

/* ---- day-parts.csv ---- */

static int minute(const struct city_row *at, size_t column, int *out)
{
    const char *text = at->row->values[column];
    if (!city_minutes(text, out) || *out > 24 * 60)
        return city_fault(at, "\"%s\" is no time of day (18:00)", text);
    return HX_OK;
}

static int add_day_part(const struct city_row *at)
{
    struct hx_day_part part = {.name = ""};
    const char *name = at->row->values[PART_NAME];
    int err = city_check_id(at, "name", name);
    if (!err)
        err = minute(at, PART_BEGIN, &part.begin);
    if (!err)
        err = minute(at, PART_END, &part.end);
    if (!err)
        err = city_names(at, PART_ZH, &part.name_zh, &part.name_en);
    if (err)
        return err;
    hx_text_put(part.name, sizeof part.name, name);
    err = hx_city_add_day_part(at->loader->city, &part);
    if (err == HX_INVALID)
        return city_fault(at, "%s ends when it begins", name);
    return err == HX_EXISTS ? twice(at, name) : err;
}

int city_add_day_parts(const struct city_loader *l)
{
    return city_each(l, DAY_PARTS, add_day_part);
}

/* ---- routing.csv ---- */

static const struct {
    const char *word;
    enum hx_route_target target;
} targets[] = {{"@place", HX_ROUTE_PLACE},
               {"@company", HX_ROUTE_COMPANY},
               {"@community", HX_ROUTE_COMMUNITY},
               {"@street", HX_ROUTE_STREET}};

static int read_target(const struct city_row *at, struct hx_route_row *row)
{
    const char *text = at->row->values[ROUTE_HOLDER];
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++)
        if (strcmp(text, targets[i].word) == 0) {
            row->target = targets[i].target;
            return HX_OK;
        }
    if (*text == '@')
        return city_fault(at, "%s is none of @place, @company, @community, @street", text);
    row->target = HX_ROUTE_HOLDER;
    int err = city_check_id(at, "holder", text);
    if (!err)
        hx_text_put(row->holder, sizeof row->holder, text);
    return err;
}

static int read_place(const struct city_row *at, struct hx_route_row *row)
{
    const char *text = at->row->values[ROUTE_PLACE];
    if (strcmp(text, "*") == 0)
        return HX_OK;
    int err = city_check_id(at, "place", text);
    if (!err && !hx_city_place(at->loader->city, text))
        err = city_fault(at, "unknown place %s", text);
    if (!err)
        hx_text_put(row->place, sizeof row->place, text);
    return err;
}

static int read_part(const struct city_row *at, struct hx_route_row *row)
{
    const char *text = at->row->values[ROUTE_PART];
    if (strcmp(text, "*") == 0)
        return HX_OK;
    row->part = hx_city_day_part(at->loader->city, text);
    return row->part
               ? HX_OK
               : city_fault(at, "unknown part of the day \"%s\": day-parts.csv has no such", text);
}

static int read_route(const struct city_row *at, struct hx_route_row *row)
{
    const char *id = at->row->values[ROUTE_ID];
    int err = city_check_id(at, "id", id);
    if (!err)
        err = read_place(at, row);
    if (!err)
        err = word(at, ROUTE_CLASS, "class", row->class_);
    if (!err)
        err = word(at, ROUTE_CATEGORY, "category", row->category);
    if (!err)
        err = word(at, ROUTE_SOURCE, "source", row->source);
    if (!err)
        err = read_part(at, row);
    if (!err)
        err = read_target(at, row);
    if (!err)
        err = city_period(at, ROUTE_FROM, &row->from, &row->to);
    if (!err)
        hx_text_put(row->id, sizeof row->id, id);
    return err;
}

static int add_route(const struct city_row *at)
{
    struct hx_route_row row = {.line = at->row->line};
    struct hx_city *city = at->loader->city;
    int err = read_route(at, &row);
    if (err)
        return err;
    err = hx_city_add_route(city, &row);
    if (err == HX_EXISTS)
        return twice(at, row.id);
    if (err == HX_NOTFOUND)
        return city_fault(at, "unknown holder %s: no company, unit, community or street",
                          row.holder);
    const struct hx_route_row *shadow = err ? NULL : hx_city_shadow(city, &row);
    if (shadow)
        return city_fault(at, "row %s is never reached: row %s at %s:%zu takes all its cases",
                          row.id, shadow->id, at->loader->files[ROUTING].name, shadow->line);
    return err;
}

int city_add_routes(const struct city_loader *l)
{
    const struct hx_csv_table *t = &l->files[ROUTING];
    int err = city_each(l, ROUTING, add_route);
    if (!err && city_sound(l, ROUTING, ROUTING) && !hx_city_catches_all(l->city))
        err = city_whole(
            l, ROUTING,
            hx_problem_set(l->problem,
                           "%s:%zu: no row catches everything: one must have * from place to "
                           "part, no dates, and the holder @place or an id",
                           t->path, t->lines));
    return err;
}

int hx_city_fits(const char *where, const struct hx_city *city, const struct hx_rules *rules,
                 struct hx_problem *problem)
{
    size_t at = 0;
    for (const struct hx_route_row *r; (r = hx_city_next_route(city, &at));)
        if (*r->class_ && hx_rules_class(rules, r->class_) <= 0)
            return hx_problem_set(problem, "%s/routing.csv:%zu: unknown class %s", where, r->line,
                                  r->class_);
    return city_check_roads(where, city, rules, problem);
}

/* ---- the admission list ---- */

static int add_item(const struct city_row *at)
{
    const char **v = at->row->values;
    struct hx_admission item = {.own = strcmp(v[ITEM_KIND], "own") == 0};
    if (!item.own && strcmp(v[ITEM_KIND], "assist") != 0)
        return city_fault(at, "kind \"%s\" is neither own nor assist", v[ITEM_KIND]);
    if (!hx_is_task(v[ITEM_CODE]))
        return city_fault(at, "code \"%s\": digits only", v[ITEM_CODE]);
    int err = city_names(at, ITEM_ZH, &item.name_zh, &item.name_en);
    if (!err)
        err = city_period(at, ITEM_FROM, &item.from, &item.to);
    if (err)
        return err;
    hx_text_put(item.code, sizeof item.code, hx_task_code(v[ITEM_CODE]));
    err = hx_city_add_admission(at->loader->city, &item);
    return err == HX_EXISTS ? twice(at, item.code) : err;
}

/* S34: as many items of a kind as city.yaml says, or none of the list is believed. */
static int check_items(const struct city_loader *l, const char *kind, const char *key,
                       uint32_t wanted)
{
    const struct hx_csv_table *t = &l->files[ADMISSION];
    uint32_t n = 0;
    for (size_t i = 0; i < t->count; i++)
        n += strcmp(t->rows[i].values[ITEM_KIND], kind) == 0;
    if (n == wanted)
        return HX_OK;
    return hx_problem_set(l->problem, "%s:%zu: %u items of kind %s, but city.yaml:%zu says %u",
                          t->path, t->lines, (unsigned)n, kind, yaml_schema_line(l->doc, key),
                          (unsigned)wanted);
}

int city_add_admission(const struct city_loader *l)
{
    int err = city_each(l, ADMISSION, add_item);
    if (!err)
        err = city_whole(l, ADMISSION, check_items(l, "own", "own-items", l->head->own));
    if (!err)
        err =
            city_whole(l, ADMISSION, check_items(l, "assist", "assisting-items", l->head->assist));
    return err;
}

static int read_exception(const struct city_row *at, struct hx_exception *e)
{
    const char **v = at->row->values;
    int err = city_check_id(at, "id", v[EXC_ID]);
    if (!err)
        err = city_check_id(at, "community", v[EXC_COMMUNITY]);
    if (!err && !hx_is_task(v[EXC_CODE]))
        err = city_fault(at, "code \"%s\": digits only", v[EXC_CODE]);
    if (!err &&
        (!*v[EXC_ASKED] || !*v[EXC_APPROVED] || hx_actor_same(v[EXC_ASKED], v[EXC_APPROVED])))
        err = city_fault(at, "an exception is asked by one person and approved by another");
    if (!err)
        err = city_period(at, EXC_FROM, &e->from, &e->to);
    if (!err && !e->to)
        err = city_fault(at, "an exception has an end: `to` is empty");
    if (err)
        return err;
    hx_text_put(e->id, sizeof e->id, v[EXC_ID]);
    hx_text_put(e->code, sizeof e->code, hx_task_code(v[EXC_CODE]));
    hx_text_put(e->community, sizeof e->community, v[EXC_COMMUNITY]);
    return HX_OK;
}

static int add_exception(const struct city_row *at)
{
    struct hx_exception e = {.id = ""};
    int err = read_exception(at, &e);
    if (err)
        return err;
    err = hx_city_add_exception(at->loader->city, &e);
    if (err == HX_NOTFOUND)
        return city_fault(at, "unknown community %s", e.community);
    return err == HX_EXISTS ? twice(at, e.id) : err;
}

int city_add_exceptions(const struct city_loader *l)
{
    return city_each(l, EXCEPTIONS, add_exception);
}
