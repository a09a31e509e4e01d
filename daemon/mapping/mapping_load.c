/* Mapping files: reading and checking. */
#include "config/yaml_schema.h"
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

static const cyaml_schema_field_t mapping_fields[] = {
    CYAML_FIELD_STRING_PTR("mapping", CYAML_FLAG_POINTER, struct mapping, name, 1, 64),
    CYAML_FIELD_STRING_PTR("encoding", OPTIONAL, struct mapping, encoding, 1, 32),
    CYAML_FIELD_STRING_PTR("delimiter", OPTIONAL, struct mapping, delimiter, 1, 1),
    CYAML_FIELD_STRING_PTR("zone", CYAML_FLAG_POINTER, struct mapping, zone, 1, 64),
    CYAML_FIELD_SEQUENCE("times", CYAML_FLAG_POINTER, struct mapping, times, &text_value, 1, 16),
    CYAML_FIELD_STRING_PTR("id", CYAML_FLAG_POINTER, struct mapping, id, 1, 96),
    CYAML_FIELD_SEQUENCE("constants", OPTIONAL, struct mapping, constants, &constant_value, 0, 64),
    CYAML_FIELD_SEQUENCE("columns", CYAML_FLAG_POINTER, struct mapping, columns, &column_value, 1,
                         CSV_FIELDS_MAX),
    CYAML_FIELD_END};
static const cyaml_schema_value_t mapping_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct mapping, mapping_fields)};

/* The line of a column of the mapping. */
static int line_of(struct yaml_doc *doc, const char *list, unsigned i)
{
    return yaml_doc_line(yaml_doc_item(doc, yaml_doc_get(doc, yaml_doc_root(doc), list), i));
}

static int check_field(struct yaml_doc *doc, int line, const char *field)
{
    if (!record_path_known(field))
        return HX_OK;
    return hx_problem_set(doc->problem, "%s:%d: an event has no field \"%s\"", doc->file, line,
                          field);
}

static int check_column(struct yaml_doc *doc, const struct mapping *m, unsigned i)
{
    const struct map_column *c = &m->columns[i];
    int line = line_of(doc, "columns", i);

    if (check_field(doc, line, c->field))
        return HX_CONFIG;
    if (c->otherwise && !c->values_count)
        return hx_problem_set(doc->problem, "%s:%d: \"otherwise\" without values", doc->file, line);
    for (unsigned k = 0; k < i; k++)
        if (!strcmp(m->columns[k].field, c->field) && !c->join)
            return hx_problem_set(doc->problem,
                                  "%s:%d: %s and %s both fill %s; the second needs \"join\"",
                                  doc->file, line, m->columns[k].names[0], c->names[0], c->field);
    return HX_OK;
}

static bool is_time_format(const char *format)
{
    return strstr(format, "yyyy") && strchr(format, 'M') && strchr(format, 'd');
}

static int check(struct yaml_doc *doc, const struct mapping *m)
{
    int offset;

    if (mapping_zone(m->zone, &offset))
        return yaml_schema_fault(
            doc, "zone", "\"%s\" is not an offset such as +08:00, UTC or Asia/Shanghai", m->zone);
    for (unsigned i = 0; i < m->times_count; i++)
        if (!is_time_format(m->times[i]))
            return yaml_schema_fault(
                doc, "times", "\"%s\" is not a format of yyyy, MM, dd, HH, mm and ss", m->times[i]);
    if (!strchr(m->id, '{'))
        return yaml_schema_fault(
            doc, "id", "\"%s\" names no column in braces: all rows would have one id", m->id);
    for (unsigned i = 0; i < m->constants_count; i++)
        if (check_field(doc, line_of(doc, "constants", i), m->constants[i].field))
            return HX_CONFIG;
    for (unsigned i = 0; i < m->columns_count; i++)
        if (check_column(doc, m, i))
            return HX_CONFIG;
    return HX_OK;
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
