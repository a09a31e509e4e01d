/* Files that hold secrets: only their owner may read them, and no copy is left in memory. */
#ifndef DOOR_SECRET_H
#define DOOR_SECRET_H

#include "config/reading/yaml_doc.h"

/* As yaml_doc_open(), for a file with mode 0600 or less, or "credential:NAME". HX_DENIED: others
 * may read it; HX_NOTFOUND, HX_IO, HX_CONFIG, HX_NOMEM; with the problem. */
HX_CHECK int secret_doc_open(struct yaml_doc *doc, const char *path, struct hx_problem *problem);
/* Also after an error. */
void secret_doc_close(struct yaml_doc *doc);

/* The first line of such a file, a password or a token: at least one byte, at most size - 1. Wipe
 * it when it was used. HX_NOTFOUND, HX_DENIED, HX_IO, HX_CONFIG (empty, too long); with the
 * problem. */
HX_CHECK int secret_line_read(const char *path, char *out, size_t size, struct hx_problem *problem);

#endif
