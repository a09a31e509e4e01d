/* Rows of duty.csv and leave.csv: who is on duty for which role of which area, in which order, on
 * which days and in which part of them; and who is away. */
#include "base/text.h"
#include "config/city/city_internal.h"
#include "engine/duty/stand_in.h"
#include "engine/routing/route.h"
#include "hongxin/instant.h"

#include <stdlib.h>
#include <string.h>

enum area { AREA_HOLDER, AREA_GRID, AREA_COMMUNITY, AREA_STREET, AREA_CITY };

/* Every role, and what kind of area it is for. A holder is a company, another unit, or a place that
 * holds cases itself. */
static const struct role {
    const char *name;
    enum area area;
    const char *wanted; /* for texts */
} roles[] = {
    {"duty", AREA_HOLDER, "a company, unit, community or street"},
    {"manager", AREA_HOLDER, "a company, unit, community or street"},
    {"grid", AREA_GRID, "a grid"},
    {"community", AREA_COMMUNITY, "a community"},
    {"dispatcher", AREA_COMMUNITY, "a community"},
    {"street", AREA_STREET, "a street"},
    {"city", AREA_CITY, "property, leadership, callback or desk"},
};

static const struct role *role_of(const char *name)
{
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++) {
        if (strcmp(roles[i].name, name) == 0)
            return &roles[i];
    }
    return NULL;
}

static bool area_fits(const struct hx_city *city, enum area area, const char *id)
{
    const struct hx_place *place = hx_city_place(city, id);
    switch (area) {
    case AREA_HOLDER:
        return hx_city_company(city, id) || hx_city_unit(city, id) ||
               (place && (place->kind == HX_COMMUNITY || place->kind == HX_STREET));
    case AREA_GRID:
        return place && place->kind == HX_GRID;
    case AREA_COMMUNITY:
        return place && place->kind == HX_COMMUNITY;
    case AREA_STREET:
        return place && place->kind == HX_STREET;
    case AREA_CITY:
        return hx_city_post(id, strlen(id));
    }
    return false;
}

int city_check_post(const struct city_row *at, const char *name, const char *area)
{
    const struct role *role = role_of(name);
    if (!role)
        return city_fault(at,
                          "unknown role \"%s\" (known: duty, manager, grid, community, "
                          "dispatcher, street, city)",
                          name);
    if (!area_fits(at->loader->city, role->area, area)) {
        city_once(at, area);
        return city_fault(at, "role %s is for %s, not for \"%s\"", name, role->wanted, area);
    }
    return HX_OK;
}

int city_order(const struct city_row *at, size_t column, int *order)
{
    const char *text = at->row->values[column];
    char *end;
    long n = strtol(text, &end, 10);
    if (end == text || *end || n < 1 || n > HX_DUTY_ORDER_MAX)
        return city_fault(at, "order \"%s\" is not a number from 1 to %d", text, HX_DUTY_ORDER_MAX);
    *order = (int)n;
    return HX_OK;
}

/* ---- days and hours ---- */

/* X(word, bits): what may stand in the column days. */
static const struct {
    const char *word;
    uint32_t bits;
} day_words[] = {
    {"mon", HX_ON_MONDAY},
    {"tue", HX_ON_MONDAY << 1},
    {"wed", HX_ON_MONDAY << 2},
    {"thu", HX_ON_MONDAY << 3},
    {"fri", HX_ON_MONDAY << 4},
    {"sat", HX_ON_MONDAY << 5},
    {"sun", HX_ON_MONDAY << 6},
    {"workday", HX_ON_WORKING | HX_ON_MAKE_UP}, /* a make-up day (调休) is worked */
    {"restday", HX_ON_WEEKEND | HX_ON_HOLIDAY},
    {"weekend", HX_ON_WEEKEND},
    {"holiday", HX_ON_HOLIDAY},
    {"makeup", HX_ON_MAKE_UP},
};

static uint32_t day_bits(const char *word, size_t n)
{
    for (size_t i = 0; i < sizeof day_words / sizeof *day_words; i++)
        if (strlen(day_words[i].word) == n && memcmp(day_words[i].word, word, n) == 0)
            return day_words[i].bits;
    return 0;
}

/* "workday", "sat sun"; empty: every day. */
static int read_days(const struct city_row *at, uint32_t *days)
{
    const char *text = at->row->values[DUTY_DAYS];
    *days = 0;
    while (*(text += strspn(text, " "))) {
        size_t n = strcspn(text, " ");
        uint32_t bits = day_bits(text, n);
        if (!bits)
            return city_fault(at,
                              "days: unknown word \"%.*s\" (known: mon … sun, workday, restday, "
                              "weekend, holiday, makeup)",
                              (int)n, text);
        *days |= bits;
        text += n;
    }
    return HX_OK;
}

/* The part of the day by its name; empty: the whole day. */
static int read_part(const struct city_row *at, struct hx_shift *shift)
{
    const char *name = at->row->values[DUTY_PART];
    const struct hx_day_part *part = hx_city_day_part(at->loader->city, name);
    if (!*name)
        return HX_OK;
    if (!part)
        return city_fault(at, "part: %s is not in day-parts.csv", name);
    shift->from_ms = (int32_t)(part->begin * HX_MINUTE);
    shift->to_ms = (int32_t)(part->end % (24 * 60) * HX_MINUTE);
    return HX_OK;
}

/* ---- rows ---- */

int city_add_shift(const struct city_row *at, const struct hx_shift *more)
{
    struct hx_shift shift = more ? *more : (struct hx_shift){.order = 0};
    const char **v = at->row->values;
    int err = city_check_post(at, v[DUTY_ROLE], v[DUTY_AREA]);
    if (!err)
        err = city_check_id(at, "person", v[DUTY_PERSON]);
    if (!err)
        err = city_order(at, DUTY_ORDER, &shift.order);
    if (!err)
        err = city_names(at, DUTY_ZH, &shift.name_zh, &shift.name_en);
    if (!err && *v[DUTY_DAYS])
        err = read_days(at, &shift.days);
    if (!err)
        err = read_part(at, &shift);
    if (!err)
        err = more ? HX_OK : city_period(at, DUTY_FROM, &shift.since, &shift.until);
    if (err)
        return err;
    shift.line = (unsigned)at->row->line;
    shift.file = (uint8_t)at->file;
    hx_text_put(shift.role, sizeof shift.role, v[DUTY_ROLE]);
    hx_text_put(shift.area, sizeof shift.area, v[DUTY_AREA]);
    hx_text_put(shift.person, sizeof shift.person, v[DUTY_PERSON]);
    return hx_rota_add_shift(at->loader->rota, &shift);
}

static int add_shift(const struct city_row *at)
{
    return city_add_shift(at, NULL);
}

bool city_is_person(const struct city_loader *l, const char *person)
{
    static const enum city_file both[] = {DUTY, DUTY_CALENDAR};
    for (size_t f = 0; f < 2; f++) {
        const struct hx_csv_table *t = &l->files[both[f]];
        for (size_t i = 0; i < t->count; i++)
            if (strcmp(t->rows[i].values[DUTY_PERSON], person) == 0)
                return true;
    }
    return false;
}

static int add_leave(const struct city_row *at)
{
    struct hx_leave leave = {.line = (unsigned)at->row->line};
    const char **v = at->row->values;
    int err = city_period(at, LEAVE_FROM, &leave.from, &leave.to);
    if (err)
        return err;
    if (!leave.from || !leave.to)
        return city_fault(at, "a leave has a first and a last day");
    if (!city_is_person(at->loader, v[LEAVE_PERSON]))
        return city_fault(at, "%s is not in duty.csv", v[LEAVE_PERSON]);
    if (*v[LEAVE_SUBSTITUTE] && !city_is_person(at->loader, v[LEAVE_SUBSTITUTE]))
        return city_fault(at, "substitute %s is not in duty.csv", v[LEAVE_SUBSTITUTE]);
    hx_text_put(leave.person, sizeof leave.person, v[LEAVE_PERSON]);
    hx_text_put(leave.substitute, sizeof leave.substitute, v[LEAVE_SUBSTITUTE]);
    err = hx_rota_add_leave(at->loader->rota, &leave);
    return err == HX_INVALID ? city_fault(at, "%s stands in for itself", leave.person) : err;
}

int city_add_leaves(const struct city_loader *l)
{
    return city_each(l, LEAVE, add_leave);
}

/* ---- the rota as a whole ---- */

/* A row of either file. */
struct person_row {
    const struct hx_csv_row *row;
    enum city_file file;
};

/* By person, then by file and line. */
static int compare_people(const void *a, const void *b)
{
    const struct person_row *x = a, *y = b;
    int order = strcmp(x->row->values[DUTY_PERSON], y->row->values[DUTY_PERSON]);
    if (order || x->file != y->file)
        return order ? order : (x->file > y->file) - (x->file < y->file);
    return (x->row->line > y->row->line) - (x->row->line < y->row->line);
}

static bool same_person(const struct hx_csv_row *a, const struct hx_csv_row *b)
{
    return strcmp(a->values[DUTY_ZH], b->values[DUTY_ZH]) == 0 &&
           strcmp(a->values[DUTY_EN], b->values[DUTY_EN]) == 0;
}

static size_t people_of(const struct city_loader *l, enum city_file file, struct person_row *rows)
{
    const struct hx_csv_table *t = &l->files[file];
    for (size_t i = 0; i < t->count; i++)
        rows[i] = (struct person_row){&t->rows[i], file};
    return t->count;
}

/* One login is one person: two names under one login would credit one with the other's work. */
static int check_people(const struct city_loader *l)
{
    size_t n = l->files[DUTY].count + l->files[DUTY_CALENDAR].count;
    struct person_row *rows = calloc(n + 1, sizeof *rows);
    int err = HX_OK;
    if (!rows)
        return HX_NOMEM;
    size_t first = people_of(l, DUTY, rows);
    people_of(l, DUTY_CALENDAR, rows + first);
    qsort(rows, n, sizeof *rows, compare_people);
    for (size_t i = 1; i < n && !err; i++) {
        const struct person_row *x = &rows[i], *before = &rows[i - 1];
        const char *person = x->row->values[DUTY_PERSON];
        if (strcmp(person, before->row->values[DUTY_PERSON]) == 0 &&
            !same_person(x->row, before->row))
            err = city_whole(
                l, x->file,
                city_fault(&(struct city_row){.loader = l, .file = x->file, .row = x->row},
                           "%s has another name here than at %s:%zu", person,
                           l->files[before->file].name, before->row->line));
    }
    free(rows);
    return err;
}

int city_add_duty(const struct city_loader *l)
{
    return city_each(l, DUTY, add_shift);
}

/* Two shifts that cannot both be: the later row tells where the earlier one is. */
static int clash_fault(const struct city_loader *l, const struct hx_shift *const clash[2])
{
    const struct hx_shift *first = clash[0], *second = clash[1];
    const struct hx_csv_row row = {.line = second->line};
    const struct city_row at = {.loader = l, .file = (enum city_file)second->file, .row = &row};
    const char *where = l->files[first->file].name;
    if (strcmp(first->person, second->person) == 0)
        return city_fault(&at, "%s is on duty as %s of %s already, at %s:%u", second->person,
                          second->role, second->area, where, first->line);
    return city_fault(&at, "%s of %s has a person with order %d already, at %s:%u", second->role,
                      second->area, second->order, where, first->line);
}

static int check_clashes(const struct city_loader *l)
{
    const struct hx_shift *clash[2];
    size_t at[2] = {0, 0};
    int err = HX_OK;
    while (!err && hx_rota_next_clash(l->rota, at, clash))
        err = city_whole(l, DUTY, clash_fault(l, clash));
    return err;
}

static int check_desk(const struct city_loader *l)
{
    const struct hx_csv_table *t = &l->files[l->files[DUTY].path ? DUTY : DUTY_CALENDAR];
    if (hx_rota_knows(l->rota, "city", "desk"))
        return HX_OK;
    return hx_problem_set(l->problem,
                          "%s:%zu: nobody has role city, area desk: it is the last stop of every "
                          "ladder",
                          t->path, t->lines);
}

int city_seal_rota(const struct city_loader *l)
{
    const struct hx_shift *clash[2];
    int err = check_people(l);
    if (!err)
        err = hx_rota_seal(l->rota, clash);
    if (err == HX_EXISTS)
        err = check_clashes(l);
    if (!err && city_sound(l, DUTY, DUTY) && city_sound(l, DUTY_CALENDAR, DUTY_CALENDAR))
        err = city_whole(l, DUTY, check_desk(l));
    return err;
}
