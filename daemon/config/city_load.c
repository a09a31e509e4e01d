#include "config/city_internal.h"
#include "config/file.h"
#include "config/yaml_schema.h"
#include "engine/rota.h"
#include "engine/route.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Files in the order in which they are added: what is referred to comes first. A file that may be
 * missing counts as empty. */
static const struct {
    const char *name;
    bool optional;
    int (*add)(const struct city_loader *l);
    struct hx_csv_column columns[12];
} specs[CITY_FILES] = {
#define NAMES                                                                                      \
    {"name_zh", false},                                                                            \
    {                                                                                              \
        "name_en", false                                                                           \
    }
#define PERIOD                                                                                     \
    {"from", true},                                                                                \
    {                                                                                              \
        "to", true                                                                                 \
    }
#define PLACE {"id", false}, NAMES, {"lon", false}, {"lat", false}, PERIOD
    [STREETS] = {"streets.csv", false, NULL, {PLACE}},
    [COMMUNITIES] = {"communities.csv", false, NULL, {PLACE, {"street", false}}},
    [GRIDS] = {"grids.csv", false, NULL, {PLACE, {"community", false}}},
    [COMPANIES] = {"companies.csv", false, city_add_companies, {{"id", false}, NAMES, PERIOD}},
    [UNITS] = {"units.csv", true, city_add_units, {{"id", false}, NAMES, PERIOD, {"kind", false}}},
    [ESTATES] = {"estates.csv", false, NULL, {PLACE, {"grid", false}, {"company", false}}},
    [BUILDINGS] = {"buildings.csv", false, NULL, {PLACE, {"estate", false}, {"grid", true}}},
    [DAY_PARTS] = {"day-parts.csv",
                   true,
                   city_add_day_parts,
                   {{"name", false}, NAMES, {"begin", false}, {"end", false}}},
    [DUTY] = {"duty.csv",
              false,
              city_add_duty,
              {{"role", false},
               {"area", false},
               {"order", false},
               {"person", false},
               NAMES,
               {"days", true},
               {"part", true},
               PERIOD}},
    [LEAVE] = {"leave.csv",
               true,
               city_add_leaves,
               {{"person", false}, {"from", false}, {"to", false}, {"substitute", true}}},
    [ROUTING] = {"routing.csv",
                 true,
                 city_add_routes,
                 {{"id", false},
                  {"place", false},
                  {"class", false},
                  {"category", false},
                  {"source", false},
                  {"part", false},
                  {"holder", false},
                  PERIOD}},
    [ADMISSION] = {"admission.csv",
                   true,
                   city_add_admission,
                   {{"code", false}, NAMES, {"kind", false}, PERIOD}},
    [EXCEPTIONS] = {"exceptions.csv",
                    true,
                    city_add_exceptions,
                    {{"id", false},
                     {"code", false},
                     {"community", false},
                     PERIOD,
                     {"asked_by", false},
                     {"approved_by", false}}},
#undef PLACE
#undef PERIOD
#undef NAMES
};

static const cyaml_schema_field_t city_fields[] = {
    CYAML_FIELD_STRING_PTR("version", CYAML_FLAG_POINTER, struct city_head, version, 1,
                           HX_CITY_VERSION_MAX),
    CYAML_FIELD_UINT("grids", CYAML_FLAG_DEFAULT, struct city_head, grids),
    CYAML_FIELD_STRING_PTR("utc-offset", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct city_head,
                           utc_offset, 1, 6),
    CYAML_FIELD_STRING_PTR("fallback", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct city_head,
                           fallback, 1, HX_ID_MAX - 1),
    CYAML_FIELD_UINT("own-items", CYAML_FLAG_OPTIONAL, struct city_head, own),
    CYAML_FIELD_UINT("assisting-items", CYAML_FLAG_OPTIONAL, struct city_head, assist),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t city_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct city_head, city_fields),
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
    for (int file = 0; file <= BUILDINGS; file++) {
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

static int read_file(struct city_loader *l, const char *dir, enum city_file file)
{
    char *path;
    int err = HX_OK;
    if (asprintf(&path, "%s/%s", dir, specs[file].name) < 0)
        return HX_NOMEM;
    if (!specs[file].optional || hx_file_exists(path)) {
        err = hx_csv_read(path, specs[file].columns, &l->files[file], l->problem);
        if (!err)
            err = specs[file].add ? specs[file].add(l) : city_add_places(l, file);
    }
    free(path);
    return err;
}

static int read_borders(struct city_loader *l, const char *dir)
{
    char *path;
    if (asprintf(&path, "%s/grids.geojson", dir) < 0)
        return HX_NOMEM;
    l->files[BORDERS].path = path;
    l->files[BORDERS].name = hx_file_name(path);
    int err = hx_file_exists(path) ? city_add_borders(l, path) : HX_OK;
    free(path);
    return err;
}

static int read_offset(const struct city_loader *l)
{
    int minutes;
    const char *text = l->head->utc_offset;
    if (!text)
        return HX_OK;
    if ((*text != '+' && *text != '-') || !city_minutes(text + 1, &minutes) || minutes > 14 * 60)
        return yaml_schema_fault(l->doc, "utc-offset", "\"%s\" is not like \"+08:00\"", text);
    hx_city_set_utc_offset(l->city, *text == '-' ? -minutes : minutes);
    return HX_OK;
}

static int read_fallback(const struct city_loader *l)
{
    const char *holder = l->head->fallback;
    int err = holder ? hx_city_set_fallback(l->city, holder) : HX_OK;
    if (err != HX_NOTFOUND && err != HX_INVALID)
        return err;
    return yaml_schema_fault(l->doc, "fallback", "%s is no company, unit, community or street",
                             holder);
}

static int read_all(struct city_loader *l, const char *dir)
{
    int err = read_offset(l);
    for (int file = 0; file < CITY_FILES && !err; file++) {
        err = read_file(l, dir, file);
        if (!err && file == GRIDS)
            err = city_check_grids(l);
    }
    if (!err)
        err = city_seal_rota(l);
    if (!err)
        err = read_fallback(l);
    if (!err)
        err = read_borders(l, dir);
    hx_city_seal(l->city);
    hx_city_set_version(l->city, l->head->version);
    return err;
}

/* With city.yaml open: the registry, or nothing. */
static int load(const char *dir, const struct yaml_doc *doc, struct hx_city **out,
                struct hx_problem *problem)
{
    struct city_loader l = {.problem = problem, .doc = doc};
    void *head;
    int err = yaml_schema_load(doc, &city_schema, &head);
    if (err)
        return err;
    l.head = head;
    err = hx_city_new(&l.city);
    if (!err)
        err = hx_rota_new(&l.rota);
    if (!err) {
        hx_city_set_rota(l.city, l.rota);
        err = read_all(&l, dir);
    }
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
