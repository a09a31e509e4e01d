/* A YAML document read through a libcyaml schema, with the line of every fault.
 *
 * For files whose words mean nothing beyond their type. libcyaml checks types, unknown and missing
 * keys and fills a structure; the document (yaml_doc.h) knows the lines, which libcyaml forgets. */
#ifndef CONFIG_YAML_SCHEMA_H
#define CONFIG_YAML_SCHEMA_H

#include "config/reading/yaml_doc.h"
#include <cyaml/cyaml.h>

/* Fills *data by the schema; it is freed with yaml_schema_free. HX_CONFIG with the line and the key
 * in the document's problem: unknown, missing or repeated key, wrong type, alias. HX_NOMEM. */
HX_CHECK int yaml_schema_load(const struct yaml_doc *doc, const cyaml_schema_value_t *schema,
                              void **data);
void yaml_schema_free(const cyaml_schema_value_t *schema, void *data); /* NULL is allowed */

/* The line of a key, given by its path: "grids", "limits.batch". For a key that is not there, the
 * line of the nearest mapping that should hold it; never 0. */
size_t yaml_schema_line(const struct yaml_doc *doc, const char *key);

/* Sets "file:line: key: what" and returns HX_CONFIG. */
int yaml_schema_fault(const struct yaml_doc *doc, const char *key, const char *fmt, ...)
    HX_PRINTF(3, 4);

#endif
