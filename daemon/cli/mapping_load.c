/* Mapping files: reading and checking. */
#include "cli/mapping.h"
#include <cyaml/cyaml.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OPTIONAL CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL

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

/* libcyaml tells what is wrong through its log: the first line and its place are kept. */
HX_PRINTF(3, 0)
static void keep_log(cyaml_log_t level, void *ctx, const char *fmt, va_list args)
{
    char *problem = ctx;
    size_t n = strlen(problem);

    if (level < CYAML_LOG_ERROR || n + 2 >= MAPPING_PROBLEM)
        return;
    vsnprintf(problem + n, MAPPING_PROBLEM - n, fmt, args);
    n = strlen(problem);
    while (n && (problem[n - 1] == '\n' || problem[n - 1] == ' '))
        problem[--n] = '\0';
    if (n + 2 < MAPPING_PROBLEM)
        memcpy(problem + n, "; ", 3);
}

static cyaml_config_t config_for(char *problem)
{
    return (cyaml_config_t){.log_fn = keep_log,
                            .log_ctx = problem,
                            .mem_fn = cyaml_mem,
                            .log_level = CYAML_LOG_ERROR,
                            .flags = CYAML_CFG_DEFAULT};
}

static int refuse(char problem[MAPPING_PROBLEM], const char *fmt, ...) HX_PRINTF(2, 3);
static int refuse(char problem[MAPPING_PROBLEM], const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(problem, MAPPING_PROBLEM, fmt, ap);
    va_end(ap);
    return HX_CONFIG;
}

static int check_field(const char *path, const char *where, const char *field, char *problem)
{
    return record_path_known(field)
               ? refuse(problem, "%s: %s names the field \"%s\", which an event does not have",
                        path, where, field)
               : HX_OK;
}

static int check_columns(const struct mapping *m, const char *path, char *problem)
{
    for (unsigned i = 0; i < m->columns_count; i++) {
        const struct map_column *c = &m->columns[i];
        if (check_field(path, c->names[0], c->field, problem))
            return HX_CONFIG;
        if (c->otherwise && !c->values_count)
            return refuse(problem, "%s: %s has \"otherwise\" but no values", path, c->names[0]);
        for (unsigned k = 0; k < i; k++)
            if (!strcmp(m->columns[k].field, c->field) && !c->join)
                return refuse(problem, "%s: %s and %s both fill %s; the second needs \"join\"",
                              path, m->columns[k].names[0], c->names[0], c->field);
    }
    return HX_OK;
}

static int check(const struct mapping *m, const char *path, char *problem)
{
    int offset;
    int64_t ms;

    if (mapping_zone(m->zone, &offset))
        return refuse(problem,
                      "%s: zone \"%s\" is not an offset such as +08:00, UTC or Asia/Shanghai", path,
                      m->zone);
    for (unsigned i = 0; i < m->times_count; i++)
        if (!strstr(m->times[i], "yyyy") || !strchr(m->times[i], 'M') ||
            !strchr(m->times[i], 'd') || mapping_time("", m->times[i], 0, &ms) == HX_CONFIG)
            return refuse(problem, "%s: \"%s\" is not a format of yyyy, MM, dd, HH, mm and ss",
                          path, m->times[i]);
    for (unsigned i = 0; i < m->constants_count; i++)
        if (check_field(path, "constants", m->constants[i].field, problem))
            return HX_CONFIG;
    if (!strchr(m->id, '{'))
        return refuse(problem,
                      "%s: id \"%s\" names no column in braces, so all rows would have one id",
                      path, m->id);
    return check_columns(m, path, problem);
}

int mapping_load(const char *path, struct mapping **out, char problem[MAPPING_PROBLEM])
{
    cyaml_config_t config = config_for(problem);
    cyaml_err_t err;
    void *loaded = NULL;

    problem[0] = '\0';
    if (access(path, R_OK)) {
        snprintf(problem, MAPPING_PROBLEM, "%s: %s", path, strerror(errno));
        return HX_NOTFOUND;
    }
    err = cyaml_load_file(path, &config, &mapping_value, &loaded, NULL);
    if (err) {
        char why[MAPPING_PROBLEM];
        snprintf(why, sizeof why, "%s", *problem ? problem : cyaml_strerror(err));
        snprintf(problem, MAPPING_PROBLEM, "%.120s: %.380s", path, why);
        return err == CYAML_ERR_OOM ? HX_NOMEM : HX_CONFIG;
    }
    if (check(loaded, path, problem)) {
        mapping_free(loaded);
        return HX_CONFIG;
    }
    *out = loaded;
    return HX_OK;
}

void mapping_free(struct mapping *m)
{
    char unused[MAPPING_PROBLEM] = "";
    cyaml_config_t config = config_for(unused);

    if (m && cyaml_free(&config, &mapping_value, m, 0))
        abort(); /* only for a schema that does not fit the structure */
}
