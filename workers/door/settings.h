/* What the configuration files of all workers have in common. Faults are kept in the document, each
 * with its line; the caller looks at doc->rc once at the end. */
#ifndef DOOR_SETTINGS_H
#define DOOR_SETTINGS_H

#include "base/log.h"
#include "config/reading/yaml_doc.h"
#include "http/http.h"

/* Reads the file: `take` gets its root mapping and keeps faults in the document. HX_CONFIG with
 * file and line; HX_IO, HX_NOMEM. */
typedef void settings_fn(struct yaml_doc *doc, yaml_node_t *root, void *arg);
HX_CHECK int settings_load(const char *path, settings_fn *take, void *arg,
                           struct hx_problem *problem);

/* A key's text, or `initial` when it is left out. */
void settings_text(struct yaml_doc *doc, yaml_node_t *map, const char *key, const char *initial,
                   char *out, size_t size);
/* The same for a path: relative to the folder of the file. "" stays "", "credential:NAME" too. */
void settings_path(struct yaml_doc *doc, yaml_node_t *map, const char *key, const char *initial,
                   char *out, size_t size);

/* `listen`: without a proxy nobody but this machine may come in, because there is no TLS. */
void settings_listen(struct yaml_doc *doc, yaml_node_t *map, const char *initial, char *out,
                     size_t size);

/* `utc_offset: "+08:00"`, in which times are told: minutes east. */
void settings_offset(struct yaml_doc *doc, yaml_node_t *map, int *minutes);

/* A duration within a range. */
struct settings_range {
    int64_t initial, least, most; /* ms */
};
uint64_t settings_duration(struct yaml_doc *doc, yaml_node_t *map, const char *key,
                           struct settings_range range);

/* `log: {level: info}`. */
void settings_log(struct yaml_doc *doc, yaml_node_t *map, enum hx_log_level *level);

#endif
