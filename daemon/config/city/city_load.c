#include "config/city/city_internal.h"
#include "config/reading/file.h"
#include "config/reading/yaml_schema.h"
#include "engine/duty/rota.h"
#include "engine/routing/roads.h"
#include "engine/routing/route.h"

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
              true, /* beside duty.ics */
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
    [ROADS] =
        {"roads.csv",
         true,
         city_add_roads,
         {{"role", false}, {"area", false}, {"person", false}, {"order", false}, {"road", false}}},
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
    CYAML_FIELD_UINT("nearest-building", CYAML_FLAG_OPTIONAL, struct city_head, nearest),
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

/* As the system would say it, had it been asked for a file. */
static int missing(const struct city_loader *l, const char *name)
{
    (void)hx_problem_set(l->problem, "%s/%s: No such file or directory", l->texts->where, name);
    return HX_IO;
}

static int read_file(struct city_loader *l, enum city_file file)
{
    const struct hx_city_text *t = &l->texts->list[file];
    if (!t->path && specs[file].optional)
        return HX_OK;
    int err = t->path ? hx_csv_parse(t->path, t->text, t->size, specs[file].columns,
                                     &l->files[file], l->problem)
                      : missing(l, hx_city_file(file));
    if (err)
        return city_table_lost(l, file, err);
    if (!city_stands(l, file))
        return HX_OK;
    return specs[file].add ? specs[file].add(l) : city_add_places(l, file);
}

static int read_borders(struct city_loader *l)
{
    const struct hx_city_text *t = &l->texts->list[BORDERS];
    l->files[BORDERS].path = t->path;
    l->files[BORDERS].name = t->path ? hx_file_name(t->path) : NULL;
    return t->path && city_sound(l, STREETS, GRIDS) ? city_add_borders(l) : HX_OK;
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

static int read_nearest(const struct city_loader *l)
{
    enum { MOST = 1000 };
    if (l->head->nearest > MOST)
        return yaml_schema_fault(l->doc, "nearest-building", "%u is more than %d metres",
                                 (unsigned)l->head->nearest, MOST);
    return hx_city_set_nearest(l->city, l->head->nearest);
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

/* A file, and what follows when it has been read. */
static int read_next(struct city_loader *l, enum city_file file)
{
    int err = read_file(l, file);
    if (!err && file == GRIDS && city_sound(l, STREETS, GRIDS))
        err = city_whole(l, GRIDS, city_check_grids(l));
    if (!err && file == DUTY && city_stands(l, DUTY_CALENDAR))
        err = city_add_duty_calendar(l);
    return err;
}

static int read_all(struct city_loader *l)
{
    int err = city_whole(l, HEAD, read_offset(l));
    if (!err && !l->texts->list[DUTY].path && !l->texts->list[DUTY_CALENDAR].path)
        err = missing(l, hx_city_file(DUTY));
    for (int file = 0; file < CITY_FILES && !err; file++)
        err = read_next(l, file);
    if (!err && city_stands(l, ROADS))
        err = city_seal_rota(l);
    if (!err && city_sound(l, STREETS, ESTATES))
        err = city_whole(l, HEAD, read_fallback(l));
    if (!err)
        err = city_whole(l, BORDERS, read_borders(l));
    hx_city_seal(l->city);
    if (!err)
        err = city_whole(l, HEAD, read_nearest(l));
    hx_city_set_version(l->city, l->head->version);
    return err ? err : l->told->n ? HX_CONFIG : HX_OK;
}

/* With city.yaml open: the registry, or nothing. */
static int load(struct city_loader *l, struct hx_city **out)
{
    void *head;
    int err = yaml_schema_load(l->doc, &city_schema, &head);
    if (err)
        return err;
    l->head = head;
    err = hx_city_new(&l->city);
    if (!err)
        err = hx_rota_new(&l->rota);
    if (!err) {
        hx_city_set_rota(l->city, l->rota);
        err = hx_roads_new(&l->roads);
    }
    if (!err) {
        hx_city_set_roads(l->city, l->roads);
        err = read_all(l);
    }
    yaml_schema_free(&city_schema, head);
    for (int file = 0; file < CITY_FILES; file++)
        hx_csv_free(&l->files[file]);
    hx_csv_free(&l->files[DUTY_CALENDAR]);
    if (err)
        hx_city_free(l->city);
    else
        *out = l->city;
    return err;
}

/* city.yaml as a document; closed by the caller. */
static int open_head(const struct hx_city_texts *texts, struct yaml_doc *doc,
                     struct hx_problem *problem)
{
    const struct hx_city_text *head = &texts->list[HEAD];
    char *text = strndup(head->text, head->size);
    if (!text)
        return HX_NOMEM;
    int err = yaml_doc_open_text(doc, head->path, text, problem);
    free(text);
    return err;
}

int hx_city_label(const struct hx_city_texts *texts, char label[HX_CITY_VERSION_MAX + 1],
                  struct hx_problem *problem)
{
    struct yaml_doc doc = {.loaded = false};
    if (!texts->list[HEAD].path)
        return hx_problem_set(problem, "%s: no city.yaml in it", texts->where);
    int err = open_head(texts, &doc, problem);
    if (!err) {
        yaml_doc_need(&doc, yaml_doc_root(&doc), "version", label, HX_CITY_VERSION_MAX + 1);
        err = doc.rc;
    }
    yaml_doc_close(&doc);
    return err;
}

int hx_city_parse(const struct hx_city_texts *texts, const struct hx_problems *tell,
                  struct hx_city **out, struct hx_problem *problem)
{
    struct yaml_doc doc = {.loaded = false};
    struct city_told told = {.tell = tell};
    struct city_loader l = {.texts = texts, .problem = problem, .doc = &doc, .told = &told};
    if (!texts->list[HEAD].path)
        return missing(&l, hx_city_file(HEAD));
    int err = open_head(texts, &doc, problem);
    if (!err)
        err = load(&l, out);
    yaml_doc_close(&doc);
    if (err == HX_NOMEM)
        (void)hx_problem_set(problem, "%s: out of memory", texts->where);
    else if (err && tell && (!told.n || err != HX_CONFIG))
        tell->say(tell->ctx, problem);
    return err;
}

int hx_city_load(const char *dir, struct hx_city **out, struct hx_problem *problem)
{
    struct hx_city_texts texts;
    int err = hx_city_texts_read(dir, NULL, &texts, problem);
    if (err)
        return err;
    err = hx_city_parse(&texts, NULL, out, problem);
    hx_city_texts_free(&texts);
    return err;
}
