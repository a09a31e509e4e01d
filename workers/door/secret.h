/* YAML files that hold secrets: only their owner may read them, and no copy is left in memory. */
#ifndef DOOR_SECRET_H
#define DOOR_SECRET_H

#include "config/yaml_doc.h"

/* As yaml_doc_open(), for a file with mode 0600 or less, or "credential:NAME". HX_DENIED: others
 * may read it; HX_NOTFOUND, HX_IO, HX_CONFIG, HX_NOMEM; with the problem. */
HX_CHECK int secret_doc_open(struct yaml_doc *doc, const char *path, struct hx_problem *problem);
/* Also after an error. */
void secret_doc_close(struct yaml_doc *doc);

#endif
