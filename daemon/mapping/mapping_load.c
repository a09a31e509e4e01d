/* Mapping files: reading and checking. */
#include "config/reading/yaml_schema.h"
#include "mapping/mapping.h"
#include <string.h>

#define OPTIONAL (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)

static const cyaml_schema_value_t text_value = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 0, CYAML_UNLIMITED)};

static const cyaml_schema_field_t value_fields[] = {
    CYAML_FIELD_SEQUENCE("is", CYAML_FLAG_POINTER, struct map_value, is, &text_value, 1,
                         CYAML_UNLIMITED),
    CYAML_FIELD_STRING_PTR("to", CYAML_FLAG_POINTER, struct map_value, to, 0, CYAML_UNLIMITED),
    CYAML_FIELD_END};
static const cyaml_schema_value_t value_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct map_value, value_fields)};

static const cyaml_schema_field_t column_fields[] = {
    CYAML_FIELD_SEQUENCE("names", CYAML_FLAG_POINTER, struct map_column, names, &text_value, 1,
                         CYAML_UNLIMITED),
    CYAML_FIELD_STRING_PTR("field", CYAML_FLAG_POINTER, struct map_column, field, 1, 64),
    CYAML_FIELD_BOOL("required", CYAML_FLAG_OPTIONAL, struct map_column, required),
    CYAML_FIELD_BOOL("time", CYAML_FLAG_OPTIONAL, struct map_column, time),
    CYAML_FIELD_STRING_PTR("join", OPTIONAL, struct map_column, join, 0, 64),
    CYAML_FIELD_STRING_PTR("otherwise", OPTIONAL, struct map_column, otherwise, 0, 256),
    CYAML_FIELD_SEQUENCE("values", OPTIONAL, struct map_column, values, &value_value, 0,
                         CYAML_UNLIMITED),
    CYAML_FIELD_END};
static const cyaml_schema_value_t column_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct map_column, column_fields)};

static const cyaml_schema_field_t constant_fields[] = {
    CYAML_FIELD_STRING_PTR("field", CYAML_FLAG_POINTER, struct map_constant, field, 1, 64),
    CYAML_FIELD_STRING_PTR("value", CYAML_FLAG_POINTER, struct map_constant, value, 0, 1024),
    CYAML_FIELD_END};
static const cyaml_schema_value_t constant_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct map_constant, constant_fields)};

static const cyaml_schema_field_t step_fields[] = {
    CYAML_FIELD_STRING_PTR("event", OPTIONAL, struct map_part, event, 1, 32),
    CYAML_FIELD_STRING_PTR("by", OPTIONAL, struct map_part, by, 1, 128),
    CYAML_FIELD_SEQUENCE("constants", OPTIONAL, struct map_part, constants, &constant_value, 0, 64),
    CYAML_FIELD_SEQUENCE("columns", CYAML_FLAG_POINTER, struct map_part, columns, &column_value, 1,
                         CSV_FIELDS_MAX),
    CYAML_FIELD_END};
static const cyaml_schema_value_t step_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct map_part, step_fields)};

static const cyaml_schema_field_t mapping_fields[] = {
    CYAML_FIELD_STRING_PTR("mapping", CYAML_FLAG_POINTER, struct mapping, name, 1, 64),
    CYAML_FIELD_STRING_PTR("encoding", OPTIONAL, struct mapping, encoding, 1, 32),
    CYAML_FIELD_STRING_PTR("delimiter", OPTIONAL, struct mapping, delimiter, 1, 1),
    CYAML_FIELD_STRING_PTR("zone", OPTIONAL, struct mapping, zone, 1, 64),
    CYAML_FIELD_SEQUENCE("times", CYAML_FLAG_POINTER, struct mapping, times, &text_value, 1, 16),
    CYAML_FIELD_STRING_PTR("id", CYAML_FLAG_POINTER, struct mapping, id, 1, 96),
    CYAML_FIELD_STRING_PTR("by", OPTIONAL, struct mapping, report.by, 1, 128),
    CYAML_FIELD_SEQUENCE("constants", OPTIONAL, struct mapping, report.constants, &constant_value,
                         0, 64),
    CYAML_FIELD_SEQUENCE("columns", CYAML_FLAG_POINTER, struct mapping, report.columns,
                         &column_value, 1, CSV_FIELDS_MAX),
    CYAML_FIELD_SEQUENCE("history", OPTIONAL, struct mapping, history, &step_value, 0,
                         MAPPING_STEPS_MAX),
    CYAML_FIELD_END};
static const cyaml_schema_value_t mapping_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct mapping, mapping_fields)};

/* A part and where it stands in the file. */
struct place {
    struct yaml_doc *doc;
    yaml_node_t *map;
    struct map_part *part;
    bool step; /* of the history */
};

static int line_of(const struct place *p, const char *list, unsigned i)
{
    return yaml_doc_line(yaml_doc_item(p->doc, yaml_doc_get(p->doc, p->map, list), i));
}

static int check_field(const struct place *p, int line, const char *field, struct map_field *out)
{
    if (field_find(field, out))
        return hx_problem_set(p->doc->problem, "%s:%d: an event has no field \"%s\"", p->doc->file,
                              line, field);
    if (p->step && out->part == FIELD_REPORTER)
        return hx_problem_set(p->doc->problem,
                              "%s:%d: \"%s\": who reported is said of the report, not of what "
                              "happened later",
                              p->doc->file, line, field);
    return HX_OK;
}

static int check_column(const struct place *p, unsigned i)
{
    struct map_column *c = &p->part->columns[i];
    int line = line_of(p, "columns", i);

    if (check_field(p, line, c->field, &c->is))
        return HX_CONFIG;
    if (c->otherwise && !c->values_count)
        return hx_problem_set(p->doc->problem, "%s:%d: \"otherwise\" without values", p->doc->file,
                              line);
    if (c->time && c->is.is->type != PROTOBUF_C_TYPE_SFIXED64)
        return hx_problem_set(p->doc->problem, "%s:%d: %s holds no time", p->doc->file, line,
                              c->field);
    for (unsigned k = 0; k < i; k++)
        if (!strcmp(p->part->columns[k].field, c->field) && !c->join &&
            c->is.is->label != PROTOBUF_C_LABEL_REPEATED)
            return hx_problem_set(
                p->doc->problem, "%s:%d: %s and %s both fill %s; the second needs \"join\"",
                p->doc->file, line, p->part->columns[k].names[0], c->names[0], c->field);
    return HX_OK;
}

static int check_constant(const struct place *p, unsigned i)
{
    struct map_constant *c = &p->part->constants[i];
    Hongxin__V1__Event event = HONGXIN__V1__EVENT__INIT;
    Hongxin__V1__Data data = HONGXIN__V1__DATA__INIT;
    Hongxin__V1__Reporter reporter = HONGXIN__V1__REPORTER__INIT;
    ProtobufCMessage *const parts[] = {&event.base, &data.base, &reporter.base};
    struct hx_arena arena;
    int line = line_of(p, "constants", i), rc;

    if (check_field(p, line, c->field, &c->is))
        return HX_CONFIG;
    hx_arena_init(&arena, 0);
    rc = field_put(&c->is, parts[c->is.part], c->value, &arena);
    hx_arena_fini(&arena);
    return rc ? hx_problem_set(p->doc->problem, "%s:%d: %s cannot be \"%s\"", p->doc->file, line,
                               c->field, c->value)
              : HX_OK;
}

static bool fills(const struct map_part *part, const char *field)
{
    for (unsigned i = 0; i < part->constants_count; i++)
        if (!strcmp(part->constants[i].field, field))
            return true;
    for (unsigned i = 0; i < part->columns_count; i++)
        if (!strcmp(part->columns[i].field, field))
            return true;
    return false;
}

/* What happened has a kind, a time and somebody who says so. */
static int check_step(const struct place *p)
{
    const struct map_part *part = p->part;
    const char *missing = !part->event && !fills(part, "type") ? "event"
                          : !fills(part, "t_occ")              ? "a column for t_occ"
                          : !part->by && !fills(part, "by")    ? "by"
                                                               : NULL;
    if (!missing)
        return HX_OK;
    return hx_problem_set(p->doc->problem, "%s:%d: %s is missing", p->doc->file,
                          yaml_doc_line(p->map), missing);
}

static int check_part(const struct place *p)
{
    int rc = p->step ? check_step(p) : HX_OK;

    for (unsigned i = 0; !rc && i < p->part->constants_count; i++)
        rc = check_constant(p, i);
    for (unsigned i = 0; !rc && i < p->part->columns_count; i++)
        rc = check_column(p, i);
    return rc;
}

static int check_parts(struct yaml_doc *doc, struct mapping *m)
{
    yaml_node_t *root = yaml_doc_root(doc), *list = yaml_doc_get(doc, root, "history");
    const struct place report = {doc, root, &m->report, false};
    int rc = check_part(&report);

    for (unsigned i = 0; !rc && i < m->history_count; i++)
        rc = check_part(&(struct place){doc, yaml_doc_item(doc, list, i), &m->history[i], true});
    return rc;
}

static bool is_time_format(const char *format)
{
    return !strcmp(format, MAPPING_RFC3339) ||
           (strstr(format, "yyyy") && strchr(format, 'M') && strchr(format, 'd'));
}

static int check_times(struct yaml_doc *doc, const struct mapping *m)
{
    int offset;

    if (m->zone && mapping_zone(m->zone, &offset))
        return yaml_schema_fault(
            doc, "zone", "\"%s\" is not an offset such as +08:00, UTC or Asia/Shanghai", m->zone);
    for (unsigned i = 0; i < m->times_count; i++) {
        if (!is_time_format(m->times[i]))
            return yaml_schema_fault(
                doc, "times", "\"%s\" is not RFC3339 or a format of yyyy, MM, dd, HH, mm and ss",
                m->times[i]);
        if (!m->zone && strcmp(m->times[i], MAPPING_RFC3339) != 0)
            return yaml_schema_fault(doc, "zone", "missing: times like \"%s\" say none",
                                     m->times[i]);
    }
    return HX_OK;
}

static int check(struct yaml_doc *doc, struct mapping *m)
{
    int rc = check_times(doc, m);

    if (!rc && !strchr(m->id, '{'))
        rc = yaml_schema_fault(
            doc, "id", "\"%s\" names no column in braces: all rows would have one id", m->id);
    return rc ? rc : check_parts(doc, m);
}

int mapping_load(const char *path, struct mapping **out, struct hx_problem *problem)
{
    struct yaml_doc doc;
    void *loaded = NULL;
    int rc = yaml_doc_open(&doc, path, problem);

    if (!rc)
        rc = yaml_schema_load(&doc, &mapping_value, &loaded);
    if (!rc)
        rc = check(&doc, loaded);
    yaml_doc_close(&doc);
    if (rc) {
        mapping_free(loaded);
        return rc;
    }
    *out = loaded;
    return HX_OK;
}

void mapping_free(struct mapping *m)
{
    yaml_schema_free(&mapping_value, m);
}
