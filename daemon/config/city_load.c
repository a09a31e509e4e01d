#include "config/city_internal.h"
#include "config/yaml_schema.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Files in the order in which they are added: what is referred to comes first. */
static const struct {
    const char *name;
    struct hx_csv_column columns[8];
} specs[CITY_FILES] = {
#define NAMES                                                                                      \
    {"id", false}, {"name_zh", false},                                                             \
    {                                                                                              \
        "name_en", false                                                                           \
    }
#define PLACE                                                                                      \
    NAMES, {"lon", false},                                                                         \
    {                                                                                              \
        "lat", false                                                                               \
    }
    [STREETS] = {"streets.csv", {PLACE}},
    [COMMUNITIES] = {"communities.csv", {PLACE, {"street", false}}},
    [GRIDS] = {"grids.csv", {PLACE, {"community", false}}},
    [COMPANIES] = {"companies.csv", {NAMES}},
    [ESTATES] = {"estates.csv", {PLACE, {"grid", false}, {"company", false}}},
    [BUILDINGS] = {"buildings.csv", {PLACE, {"estate", false}, {"grid", true}}},
    [DUTY] = {"duty.csv",
              {{"role", false},
               {"area", false},
               {"order", false},
               {"person", false},
               {"name_zh", false},
               {"name_en", false}}},
#undef PLACE
#undef NAMES
};

struct city_yaml {
    char *version;
    uint32_t grids;
};

static const cyaml_schema_field_t city_fields[] = {
    CYAML_FIELD_STRING_PTR("version", CYAML_FLAG_POINTER, struct city_yaml, version, 1,
                           HX_CITY_VERSION_MAX),
    CYAML_FIELD_UINT("grids", CYAML_FLAG_DEFAULT, struct city_yaml, grids),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t city_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct city_yaml, city_fields),
};

int city_fault(const struct city_row *at, const char *fmt, ...)
{
    char what[400];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(what, sizeof what, fmt, ap);
    va_end(ap);
    return hx_problem_set(at->loader->problem, "%s:%zu: %s", at->loader->files[at->file].path,
                          at->row->line, what);
}

int city_check_id(const struct city_row *at, const char *what, const char *id)
{
    if (hx_id_valid(id))
        return HX_OK;
    if (!*id)
        return city_fault(at, "%s is empty", what);
    if (strlen(id) >= HX_ID_MAX)
        return city_fault(at, "%s \"%.60s\" is longer than %d bytes", what, id, HX_ID_MAX - 1);
    return city_fault(at, "%s \"%s\": only ASCII letters, digits, '-', '_' and '.'", what, id);
}

int city_names(const struct city_row *at, size_t column, const char **zh, const char **en)
{
    const char *first = at->row->values[column], *second = at->row->values[column + 1];
    if (!*first && !*second)
        return city_fault(at, "name_zh and name_en are empty");
    if (strlen(first) > HX_CITY_NAME_MAX || strlen(second) > HX_CITY_NAME_MAX)
        return city_fault(at, "a name is longer than %d bytes", HX_CITY_NAME_MAX);
    *zh = *first ? first : second;
    *en = *second ? second : first;
    return HX_OK;
}

const char *city_defined_at(const struct city_loader *l, const char *id, char text[64])
{
    text[0] = '\0';
    for (int file = 0; file < DUTY; file++) {
        const struct hx_csv_table *t = &l->files[file];
        for (size_t i = 0; i < t->count; i++) {
            if (strcmp(t->rows[i].values[COL_ID], id) == 0) {
                snprintf(text, 64, "%s:%zu", t->name, t->rows[i].line);
                return text;
            }
        }
    }
    return text;
}

/* S9: all the city's grids, or none. Names the last line of the file and the line of the number. */
static int check_grids(const struct city_loader *l, const struct yaml_doc *doc,
                       const struct city_yaml *head)
{
    const struct hx_csv_table *t = &l->files[GRIDS];
    if (t->count == head->grids)
        return HX_OK;
    return hx_problem_set(l->problem, "%s:%zu: %zu grids, but city.yaml:%zu says %u", t->path,
                          t->lines, t->count, yaml_schema_line(doc, "grids"),
                          (unsigned)head->grids);
}

static int add_rows(const struct city_loader *l, enum city_file file)
{
    if (file == COMPANIES)
        return city_add_companies(l);
    return file == DUTY ? city_add_duty(l) : city_add_places(l, file);
}

static int read_file(struct city_loader *l, const char *dir, enum city_file file)
{
    char *path;
    if (asprintf(&path, "%s/%s", dir, specs[file].name) < 0)
        return HX_NOMEM;
    int err = hx_csv_read(path, specs[file].columns, &l->files[file], l->problem);
    free(path);
    return err ? err : add_rows(l, file);
}

static int read_all(struct city_loader *l, const char *dir, const struct yaml_doc *doc,
                    const struct city_yaml *head)
{
    int err = HX_OK;
    for (int file = 0; file < CITY_FILES && !err; file++) {
        err = read_file(l, dir, file);
        if (!err && file == GRIDS)
            err = check_grids(l, doc, head);
    }
    if (!err)
        hx_city_set_version(l->city, head->version);
    return err;
}

/* With city.yaml open: the registry, or nothing. */
static int load(const char *dir, const struct yaml_doc *doc, struct hx_city **out,
                struct hx_problem *problem)
{
    struct city_loader l = {.problem = problem};
    void *head;
    int err = yaml_schema_load(doc, &city_schema, &head);
    if (err)
        return err;
    err = hx_city_new(&l.city);
    if (!err)
        err = read_all(&l, dir, doc, head);
    yaml_schema_free(&city_schema, head);
    for (int file = 0; file < CITY_FILES; file++)
        hx_csv_free(&l.files[file]);
    if (err)
        hx_city_free(l.city);
    else
        *out = l.city;
    return err;
}

int hx_city_load(const char *dir, struct hx_city **out, struct hx_problem *problem)
{
    struct yaml_doc doc;
    char *path;
    int err = HX_NOMEM;
    if (asprintf(&path, "%s/city.yaml", dir) >= 0) {
        err = yaml_doc_open(&doc, path, problem);
        if (!err)
            err = load(dir, &doc, out, problem);
        yaml_doc_close(&doc);
        free(path);
    }
    if (err == HX_NOMEM)
        (void)hx_problem_set(problem, "%s: out of memory", dir);
    return err;
}
