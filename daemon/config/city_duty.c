/* Rows of duty.csv: who is on duty for which role of which area, in which order. */
#include "config/city_internal.h"

#include <stdlib.h>
#include <string.h>

/* The posts of the whole city; the desk is the last stop of every ladder (R12). */
static const char *const city_posts[] = {"property", "leadership", "callback", "desk"};

enum area { AREA_HOLDER, AREA_GRID, AREA_COMMUNITY, AREA_STREET, AREA_CITY };

/* Every role, and what kind of area it is for. A holder is a company, another unit, or a community
 * where there is none. */
static const struct role {
    const char *name;
    enum area area;
    const char *wanted; /* for texts */
} roles[] = {
    {"duty", AREA_HOLDER, "a company, unit or community"},
    {"manager", AREA_HOLDER, "a company, unit or community"},
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

static bool is_city_post(const char *name)
{
    for (size_t i = 0; i < sizeof city_posts / sizeof *city_posts; i++) {
        if (strcmp(city_posts[i], name) == 0)
            return true;
    }
    return false;
}

static bool area_fits(const struct hx_city *city, enum area area, const char *id)
{
    const struct hx_place *place = hx_city_place(city, id);
    switch (area) {
    case AREA_HOLDER:
        return hx_city_company(city, id) || hx_city_unit(city, id) ||
               (place && place->kind == HX_COMMUNITY);
    case AREA_GRID:
        return place && place->kind == HX_GRID;
    case AREA_COMMUNITY:
        return place && place->kind == HX_COMMUNITY;
    case AREA_STREET:
        return place && place->kind == HX_STREET;
    case AREA_CITY:
        return is_city_post(id);
    }
    return false;
}

static int check_post(const struct city_row *at)
{
    const char *name = at->row->values[DUTY_ROLE], *area = at->row->values[DUTY_AREA];
    const struct role *role = role_of(name);
    if (!role)
        return city_fault(at,
                          "unknown role \"%s\" (known: duty, manager, grid, community, "
                          "dispatcher, street, city)",
                          name);
    if (!area_fits(at->loader->city, role->area, area))
        return city_fault(at, "role %s is for %s, not for \"%s\"", name, role->wanted, area);
    return HX_OK;
}

static int read_order(const struct city_row *at, int *order)
{
    const char *text = at->row->values[DUTY_ORDER];
    char *end;
    long n = strtol(text, &end, 10);
    if (end == text || *end || n < 1 || n > HX_DUTY_ORDER_MAX)
        return city_fault(at, "order \"%s\" is not a number from 1 to %d", text, HX_DUTY_ORDER_MAX);
    *order = (int)n;
    return HX_OK;
}

/* Finds the earlier row that makes this one impossible, and tells both lines. */
static int twice(const struct city_row *at, const struct hx_duty *duty)
{
    const struct hx_csv_table *t = &at->loader->files[DUTY];
    for (const struct hx_csv_row *r = t->rows; r < at->row; r++) {
        const char **v = r->values;
        if (strcmp(v[DUTY_ROLE], duty->role) != 0 || strcmp(v[DUTY_AREA], duty->area) != 0)
            continue;
        if (strcmp(v[DUTY_PERSON], duty->person) == 0)
            return city_fault(at, "%s is on duty as %s of %s already, at %s:%zu", duty->person,
                              duty->role, duty->area, t->name, r->line);
        if (strtol(v[DUTY_ORDER], NULL, 10) == duty->order)
            return city_fault(at, "%s of %s has a person with order %d already, at %s:%zu",
                              duty->role, duty->area, duty->order, t->name, r->line);
    }
    return HX_EXISTS; /* not reached: the registry refused because of one of the rows above */
}

static int add_person(const struct city_row *at)
{
    struct hx_duty duty = {.order = 0};
    const char **v = at->row->values;
    int err = check_post(at);
    if (!err)
        err = city_check_id(at, "person", v[DUTY_PERSON]);
    if (!err)
        err = read_order(at, &duty.order);
    if (!err)
        err = city_names(at, DUTY_ZH, &duty.name_zh, &duty.name_en);
    if (err)
        return err;
    memcpy(duty.role, v[DUTY_ROLE], strlen(v[DUTY_ROLE]) + 1);
    memcpy(duty.area, v[DUTY_AREA], strlen(v[DUTY_AREA]) + 1);
    memcpy(duty.person, v[DUTY_PERSON], strlen(v[DUTY_PERSON]) + 1);
    err = hx_city_add_duty(at->loader->city, &duty);
    return err == HX_EXISTS ? twice(at, &duty) : err;
}

/* By person, then by line. */
static int compare_people(const void *a, const void *b)
{
    const struct hx_csv_row *x = *(const struct hx_csv_row *const *)a;
    const struct hx_csv_row *y = *(const struct hx_csv_row *const *)b;
    int order = strcmp(x->values[DUTY_PERSON], y->values[DUTY_PERSON]);
    return order ? order : (x->line > y->line) - (x->line < y->line);
}

static bool same_person(const struct hx_csv_row *a, const struct hx_csv_row *b)
{
    return strcmp(a->values[DUTY_ZH], b->values[DUTY_ZH]) == 0 &&
           strcmp(a->values[DUTY_EN], b->values[DUTY_EN]) == 0;
}

/* One login is one person: two names under one login would credit one with the other's work. */
static int check_people(const struct city_loader *l)
{
    const struct hx_csv_table *t = &l->files[DUTY];
    const struct hx_csv_row **rows = malloc((t->count + 1) * sizeof *rows);
    int err = HX_OK;
    if (!rows)
        return HX_NOMEM;
    for (size_t i = 0; i < t->count; i++)
        rows[i] = &t->rows[i];
    qsort(rows, t->count, sizeof *rows, compare_people);
    for (size_t i = 1; i < t->count && !err; i++) {
        const char *person = rows[i]->values[DUTY_PERSON];
        if (strcmp(person, rows[i - 1]->values[DUTY_PERSON]) == 0 &&
            !same_person(rows[i], rows[i - 1]))
            err = city_fault(&(struct city_row){.loader = l, .file = DUTY, .row = rows[i]},
                             "%s has another name here than at %s:%zu", person, t->name,
                             rows[i - 1]->line);
    }
    free(rows);
    return err;
}

int city_add_duty(const struct city_loader *l)
{
    const struct hx_csv_table *t = &l->files[DUTY];
    int err = HX_OK;
    for (size_t i = 0; i < t->count && !err; i++)
        err = add_person(&(struct city_row){.loader = l, .file = DUTY, .row = &t->rows[i]});
    if (!err)
        err = check_people(l);
    if (!err && !hx_city_duty(l->city, "city", "desk", 0))
        err = hx_problem_set(l->problem,
                             "%s:%zu: nobody has role city, area desk: it is the last stop of "
                             "every ladder",
                             t->path, t->lines);
    return err;
}
