/* A YAML document with lines: what libcyaml cannot give, the line of every value, for messages such
 * as "complaint.yaml:57: unknown guard by_holdr". Used where a file's words mean something beyond
 * their type.
 *
 * Reading is sticky: the first fault is kept in the problem, later reads return empty values, and
 * the caller checks doc.rc once at the end. */
#ifndef CONFIG_YAML_DOC_H
#define CONFIG_YAML_DOC_H

#include "config/reading/problem.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <yaml.h>

enum { YAML_DOC_FILE_MAX = 1024 * 1024 }; /* bytes of a file */

struct yaml_doc {
    yaml_document_t document;
    char *text; /* of the whole file, and its bytes */
    size_t size;
    const char *file; /* borrowed: named in messages */
    struct hx_problem *problem;
    int rc;
    bool loaded;
};

/* Reads the file, which must hold exactly one document. HX_IO, HX_CONFIG or HX_NOMEM with the
 * problem set. Always pair with yaml_doc_close. */
HX_CHECK int yaml_doc_open(struct yaml_doc *doc, const char *path, struct hx_problem *problem);
/* The same from a text that is there already (copied); `file` is named in messages. */
HX_CHECK int yaml_doc_open_text(struct yaml_doc *doc, const char *file, const char *text,
                                struct hx_problem *problem);
/* Wipes what was read: it may have been a secret. */
void yaml_doc_close(struct yaml_doc *doc);

yaml_node_t *yaml_doc_root(struct yaml_doc *doc);

/* Line of a node, from 1; 0 for NULL. */
int yaml_doc_line(const yaml_node_t *node);

/* "file:line: …"; keeps the first fault only. */
void yaml_doc_fault(struct yaml_doc *doc, const yaml_node_t *node, const char *fmt, ...)
    HX_PRINTF(3, 4);

/* The same about a line that is known without its node. */
void yaml_doc_fault_at(struct yaml_doc *doc, int line, const char *fmt, ...) HX_PRINTF(3, 4);

/* Every key of the mapping must be one of the words of `keys` ("a b c"). */
void yaml_doc_only(struct yaml_doc *doc, yaml_node_t *map, const char *keys);

/* The value of a key; NULL when there is none. */
yaml_node_t *yaml_doc_get(struct yaml_doc *doc, yaml_node_t *map, const char *key);

/* The i-th element of a sequence; NULL past its end or when it is no sequence. A NULL list is
 * empty. */
yaml_node_t *yaml_doc_item(struct yaml_doc *doc, yaml_node_t *list, size_t i);

/* The i-th key of a mapping and its value; false past its end or when it is no mapping. A NULL map
 * is empty. */
bool yaml_doc_pair(struct yaml_doc *doc, yaml_node_t *map, size_t i, yaml_node_t **key,
                   yaml_node_t **value);

/* A scalar's text; "" for NULL. A fault for anything else. */
const char *yaml_doc_scalar(struct yaml_doc *doc, yaml_node_t *node);

/* A key's scalar copied into `out`. A fault when it is longer, or missing although required. */
void yaml_doc_text(struct yaml_doc *doc, yaml_node_t *map, const char *key, char *out, size_t size);
void yaml_doc_need(struct yaml_doc *doc, yaml_node_t *map, const char *key, char *out, size_t size);
int64_t yaml_doc_int(struct yaml_doc *doc, yaml_node_t *map, const char *key, int64_t absent);
bool yaml_doc_bool(struct yaml_doc *doc, yaml_node_t *map, const char *key);

/* A key's duration ("40min") in milliseconds; 0 when there is none. */
int64_t yaml_doc_duration(struct yaml_doc *doc, yaml_node_t *map, const char *key);

#endif
