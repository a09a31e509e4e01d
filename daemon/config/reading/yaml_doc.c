#include "config/reading/yaml_doc.h"
#include "base/text.h"
#include "config/reading/file.h"
#include "hongxin/instant.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int parse_error(const struct yaml_doc *doc, const yaml_parser_t *parser)
{
    if (parser->error == YAML_MEMORY_ERROR || !parser->problem) /* libyaml does not always say so */
        return HX_NOMEM;
    return hx_problem_set(doc->problem, "%s:%zu: %s%s%s", doc->file, parser->problem_mark.line + 1,
                          parser->problem, parser->context ? ", " : "",
                          parser->context ? parser->context : "");
}

/* After the document there must be nothing: libcyaml and others would silently ignore it. */
static int check_end(const struct yaml_doc *doc, yaml_parser_t *parser)
{
    yaml_document_t second;
    if (!yaml_parser_load(parser, &second))
        return parse_error(doc, parser);
    bool empty = yaml_document_get_root_node(&second) == NULL;
    size_t line = second.start_mark.line + 1;
    yaml_document_delete(&second);
    return empty ? HX_OK
                 : hx_problem_set(doc->problem, "%s:%zu: a second document", doc->file, line);
}

/* A few of these files hold secrets. What the parser has read ahead is wiped with it; out of reach
 * are the pieces that it left behind while a long word grew, and a file that it could not read to
 * its end, with which nobody starts. */
static void parser_close(yaml_parser_t *parser)
{
    if (parser->raw_buffer.start)
        explicit_bzero(parser->raw_buffer.start,
                       (size_t)(parser->raw_buffer.end - parser->raw_buffer.start));
    if (parser->buffer.start)
        explicit_bzero(parser->buffer.start, (size_t)(parser->buffer.end - parser->buffer.start));
    yaml_parser_delete(parser);
}

static int parse(struct yaml_doc *doc)
{
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser))
        return HX_NOMEM;
    yaml_parser_set_input_string(&parser, (const unsigned char *)doc->text, doc->size);
    doc->loaded = yaml_parser_load(&parser, &doc->document);
    int err = HX_OK;
    if (!doc->loaded)
        err = parse_error(doc, &parser);
    else if (!yaml_document_get_root_node(&doc->document))
        err = hx_problem_set(doc->problem, "%s:1: the file is empty", doc->file);
    else
        err = check_end(doc, &parser);
    parser_close(&parser);
    return err;
}

static int parse_open(struct yaml_doc *doc)
{
    if (!doc->rc)
        doc->rc = parse(doc);
    if (doc->rc == HX_NOMEM)
        (void)hx_problem_set(doc->problem, "%s: out of memory", doc->file);
    return doc->rc;
}

int yaml_doc_open(struct yaml_doc *doc, const char *path, struct hx_problem *problem)
{
    *doc = (struct yaml_doc){.file = path, .problem = problem};
    doc->rc = hx_file_read(path, YAML_DOC_FILE_MAX, &doc->text, &doc->size, problem);
    return parse_open(doc);
}

int yaml_doc_open_text(struct yaml_doc *doc, const char *file, const char *text,
                       struct hx_problem *problem)
{
    *doc = (struct yaml_doc){.file = file, .problem = problem, .size = strlen(text)};
    doc->text = strdup(text);
    doc->rc = doc->text ? HX_OK : HX_NOMEM;
    return parse_open(doc);
}

static void document_close(yaml_document_t *document)
{
    for (yaml_node_t *n = document->nodes.start; n < document->nodes.top; n++)
        if (n->type == YAML_SCALAR_NODE)
            explicit_bzero(n->data.scalar.value, n->data.scalar.length);
    yaml_document_delete(document);
}

void yaml_doc_close(struct yaml_doc *doc)
{
    if (doc->loaded)
        document_close(&doc->document);
    doc->loaded = false;
    if (doc->text)
        explicit_bzero(doc->text, doc->size);
    free(doc->text);
    doc->text = NULL;
}

yaml_node_t *yaml_doc_root(struct yaml_doc *doc)
{
    return yaml_document_get_root_node(&doc->document);
}

int yaml_doc_line(const yaml_node_t *node)
{
    return node ? (int)node->start_mark.line + 1 : 0;
}

HX_PRINTF(3, 0)
static void fault(struct yaml_doc *doc, int line, const char *fmt, va_list ap)
{
    char what[400];
    if (doc->rc)
        return;
    vsnprintf(what, sizeof what, fmt, ap);
    doc->rc = hx_problem_set(doc->problem, "%s:%d: %s", doc->file, line, what);
}

void yaml_doc_fault(struct yaml_doc *doc, const yaml_node_t *node, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    fault(doc, yaml_doc_line(node), fmt, ap);
    va_end(ap);
}

void yaml_doc_fault_at(struct yaml_doc *doc, int line, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    fault(doc, line, fmt, ap);
    va_end(ap);
}

static bool listed(const char *words, const char *word)
{
    size_t n = strlen(word);
    for (const char *p = words; n && (p = strstr(p, word)) != NULL; p += n)
        if ((p == words || p[-1] == ' ') && (p[n] == ' ' || p[n] == '\0'))
            return true;
    return false;
}

void yaml_doc_only(struct yaml_doc *doc, yaml_node_t *map, const char *keys)
{
    if (!map || map->type != YAML_MAPPING_NODE) {
        yaml_doc_fault(doc, map, "a mapping is expected here");
        return;
    }
    for (yaml_node_pair_t *p = map->data.mapping.pairs.start; p < map->data.mapping.pairs.top;
         p++) {
        yaml_node_t *key = yaml_document_get_node(&doc->document, p->key);
        const char *name = yaml_doc_scalar(doc, key);
        if (!listed(keys, name))
            yaml_doc_fault(doc, key, "unknown key %s; known here: %s", *name ? name : "\"\"", keys);
        for (yaml_node_pair_t *q = map->data.mapping.pairs.start; q < p; q++)
            if (strcmp(yaml_doc_scalar(doc, yaml_document_get_node(&doc->document, q->key)),
                       name) == 0)
                yaml_doc_fault(doc, key, "key %s stands twice", name);
    }
}

yaml_node_t *yaml_doc_get(struct yaml_doc *doc, yaml_node_t *map, const char *key)
{
    if (!map || map->type != YAML_MAPPING_NODE)
        return NULL;
    for (yaml_node_pair_t *p = map->data.mapping.pairs.start; p < map->data.mapping.pairs.top;
         p++) {
        const yaml_node_t *k = yaml_document_get_node(&doc->document, p->key);
        if (k->type == YAML_SCALAR_NODE && strcmp((const char *)k->data.scalar.value, key) == 0)
            return yaml_document_get_node(&doc->document, p->value);
    }
    return NULL;
}

yaml_node_t *yaml_doc_item(struct yaml_doc *doc, yaml_node_t *list, size_t i)
{
    if (!list)
        return NULL;
    if (list->type != YAML_SEQUENCE_NODE) {
        yaml_doc_fault(doc, list, "a list is expected here");
        return NULL;
    }
    yaml_node_item_t *at = list->data.sequence.items.start + i;
    return at < list->data.sequence.items.top ? yaml_document_get_node(&doc->document, *at) : NULL;
}

bool yaml_doc_pair(struct yaml_doc *doc, yaml_node_t *map, size_t i, yaml_node_t **key,
                   yaml_node_t **value)
{
    if (!map)
        return false;
    if (map->type != YAML_MAPPING_NODE) {
        yaml_doc_fault(doc, map, "a mapping is expected here");
        return false;
    }
    yaml_node_pair_t *at = map->data.mapping.pairs.start + i;
    if (at >= map->data.mapping.pairs.top)
        return false;
    *key = yaml_document_get_node(&doc->document, at->key);
    *value = yaml_document_get_node(&doc->document, at->value);
    return true;
}

const char *yaml_doc_scalar(struct yaml_doc *doc, yaml_node_t *node)
{
    if (!node)
        return "";
    if (node->type != YAML_SCALAR_NODE) {
        yaml_doc_fault(doc, node, "a single value is expected here");
        return "";
    }
    return (const char *)node->data.scalar.value;
}

void yaml_doc_text(struct yaml_doc *doc, yaml_node_t *map, const char *key, char *out, size_t size)
{
    yaml_node_t *node = yaml_doc_get(doc, map, key);
    const char *text = yaml_doc_scalar(doc, node);
    if (strlen(text) >= size)
        yaml_doc_fault(doc, node, "%s is longer than %zu bytes", key, size - 1);
    hx_text_put(out, size, text);
}

void yaml_doc_need(struct yaml_doc *doc, yaml_node_t *map, const char *key, char *out, size_t size)
{
    yaml_doc_text(doc, map, key, out, size);
    if (!out[0])
        yaml_doc_fault(doc, map, "%s is missing", key);
}

int64_t yaml_doc_int(struct yaml_doc *doc, yaml_node_t *map, const char *key, int64_t absent)
{
    yaml_node_t *node = yaml_doc_get(doc, map, key);
    if (!node)
        return absent;
    const char *text = yaml_doc_scalar(doc, node);
    char *end;
    errno = 0;
    long long v = strtoll(text, &end, 10);
    if (errno || end == text || *end)
        yaml_doc_fault(doc, node, "%s is not a whole number: %s", key, text);
    return v;
}

bool yaml_doc_bool(struct yaml_doc *doc, yaml_node_t *map, const char *key)
{
    yaml_node_t *node = yaml_doc_get(doc, map, key);
    const char *text = yaml_doc_scalar(doc, node);
    if (!node || strcmp(text, "false") == 0)
        return false;
    if (strcmp(text, "true") != 0)
        yaml_doc_fault(doc, node, "%s is neither true nor false: %s", key, text);
    return true;
}

int64_t yaml_doc_duration(struct yaml_doc *doc, yaml_node_t *map, const char *key)
{
    yaml_node_t *node = yaml_doc_get(doc, map, key);
    const char *text = yaml_doc_scalar(doc, node);
    int64_t ms = 0;
    if (node && (hx_duration_parse(text, &ms) || ms <= 0))
        yaml_doc_fault(doc, node, "%s is not a duration such as 40min: %s", key, text);
    return ms;
}
