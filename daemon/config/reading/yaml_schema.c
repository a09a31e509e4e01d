#include "config/reading/yaml_schema.h"
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static yaml_node_t *node_of(const struct yaml_doc *doc, yaml_node_item_t id)
{
    return yaml_document_get_node((yaml_document_t *)(uintptr_t)&doc->document, id);
}

/* Finds a key of n bytes in a mapping; its value too. */
static const yaml_node_t *find_key(const struct yaml_doc *doc, const yaml_node_t *map,
                                   const char *key, size_t n, const yaml_node_t **value)
{
    if (!map || map->type != YAML_MAPPING_NODE)
        return NULL;
    const yaml_node_pair_t *pair = map->data.mapping.pairs.start;
    for (; pair < map->data.mapping.pairs.top; pair++) {
        const yaml_node_t *k = node_of(doc, pair->key);
        if (k->type == YAML_SCALAR_NODE && k->data.scalar.length == n &&
            memcmp(k->data.scalar.value, key, n) == 0) {
            *value = node_of(doc, pair->value);
            return k;
        }
    }
    return NULL;
}

size_t yaml_schema_line(const struct yaml_doc *doc, const char *key)
{
    const yaml_node_t *map = node_of(doc, 1); /* the root is the first node */
    size_t line = map->start_mark.line;
    while (*key) {
        size_t n = strcspn(key, ".");
        const yaml_node_t *k = find_key(doc, map, key, n, &map);
        if (!k)
            break;
        line = k->start_mark.line;
        key += n + (key[n] == '.');
    }
    return line + 1;
}

int yaml_schema_fault(const struct yaml_doc *doc, const char *key, const char *fmt, ...)
{
    char what[400];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(what, sizeof what, fmt, ap);
    va_end(ap);
    return hx_problem_set(doc->problem, "%s:%zu: %s: %s", doc->file, yaml_schema_line(doc, key),
                          key, what);
}

/* What libcyaml logs when it fails: a line that says what, then a backtrace from the inside out,
 * each "  in mapping field 'x' (line: 3, column: 5)". The first line that bears a number is the
 * place. */
struct capture {
    char what[256];
    char field[64];
    unsigned line;
    bool backtrace; /* has begun; sometimes nothing says what before it */
};

static void read_backtrace(struct capture *c, const char *text)
{
    const char *at = strstr(text, "(line: ");
    if (!at || c->line)
        return;
    c->line = (unsigned)strtoul(at + strlen("(line: "), NULL, 10);
    if (c->line == 0)
        return;
    const char *name = strchr(text, '\'');
    if (name && name < at)
        snprintf(c->field, sizeof c->field, "%.*s: ", (int)strcspn(name + 1, "'"), name + 1);
}

static void on_log(cyaml_log_t level, void *ctx, const char *fmt, va_list args)
    __attribute__((format(printf, 3, 0)));

static void on_log(cyaml_log_t level, void *ctx, const char *fmt, va_list args)
{
    struct capture *c = ctx;
    char text[sizeof c->what];
    (void)level;
    vsnprintf(text, sizeof text, fmt, args);
    text[strcspn(text, "\n")] = '\0';
    const char *what = text + (strncmp(text, "Load: ", 6) ? 0 : 6);
    if (!c->backtrace)
        c->backtrace = strcmp(what, "Backtrace:") == 0;
    if (!c->backtrace && !c->what[0])
        hx_text_put(c->what, sizeof c->what, what);
    if (c->backtrace)
        read_backtrace(c, text);
}

/* The line of a key in one mapping, if it stands at `least` or later; 0 when it does not. A key may
 * be there twice. */
static size_t later_key(const struct yaml_doc *doc, const yaml_node_t *map, const char *key,
                        size_t least)
{
    if (map->type != YAML_MAPPING_NODE)
        return 0;
    const yaml_node_pair_t *pair = map->data.mapping.pairs.start;
    for (; pair < map->data.mapping.pairs.top; pair++) {
        const yaml_node_t *k = node_of(doc, pair->key);
        size_t line = k->start_mark.line + 1;
        if (k->type == YAML_SCALAR_NODE && line >= least &&
            strcmp((const char *)k->data.scalar.value, key) == 0)
            return line;
    }
    return 0;
}

/* The first line, from `least` on, with a key of this name anywhere in the document; 0 when there
 * is none. */
static size_t next_line_of_key(const struct yaml_doc *doc, const char *key, size_t least)
{
    size_t found = 0;
    const yaml_node_t *node;
    for (int id = 1; (node = node_of(doc, id)); id++) {
        size_t line = later_key(doc, node, key, least);
        if (line && (!found || line < found))
            found = line;
    }
    return found;
}

/* libcyaml places a fault about a key itself at the value before it, and names the field of that
 * value. Such a fault is moved to where the key stands, and keeps no field. */
static void place_key_fault(const struct yaml_doc *doc, struct capture *c)
{
    /* the first stands at or after the value that libcyaml names, the second after it */
    static const char *const about_keys[] = {"Unexpected key: ", "Mapping field already seen: "};
    if (strncmp(c->what, "Missing", 7) == 0)
        c->field[0] = '\0';
    for (size_t i = 0; i < sizeof about_keys / sizeof *about_keys; i++) {
        size_t n = strlen(about_keys[i]);
        if (strncmp(c->what, about_keys[i], n) == 0) {
            size_t line = next_line_of_key(doc, c->what + n, c->line + i);
            c->line = line ? (unsigned)line : c->line;
            c->field[0] = '\0';
        }
    }
}

/* libyaml has read this text already, for the document: where it fails now it has no memory. */
static bool no_memory(cyaml_err_t err)
{
    return err == CYAML_ERR_OOM || err == CYAML_ERR_LIBYAML_PARSER ||
           err == CYAML_ERR_LIBYAML_PARSER_INIT || err == CYAML_ERR_LIBYAML_EVENT_INIT;
}

int yaml_schema_load(const struct yaml_doc *doc, const cyaml_schema_value_t *schema, void **data)
{
    struct capture c = {.line = 0};
    cyaml_config_t config = {.log_fn = on_log,
                             .log_ctx = &c,
                             .mem_fn = cyaml_mem,
                             .log_level = CYAML_LOG_ERROR,
                             .flags = CYAML_CFG_NO_ALIAS};
    *data = NULL;
    cyaml_err_t err =
        cyaml_load_data((const uint8_t *)doc->text, doc->size, &config, schema, data, NULL);
    if (err == CYAML_OK)
        return HX_OK;
    if (no_memory(err)) {
        (void)hx_problem_set(doc->problem, "%s: out of memory", doc->file);
        return HX_NOMEM;
    }
    place_key_fault(doc, &c);
    return hx_problem_set(doc->problem, "%s:%u: %s%s", doc->file, c.line ? c.line : 1, c.field,
                          c.what[0] ? c.what : cyaml_strerror(err));
}

void yaml_schema_free(const cyaml_schema_value_t *schema, void *data)
{
    cyaml_config_t config = {.mem_fn = cyaml_mem, .flags = CYAML_CFG_NO_ALIAS};
    (void)cyaml_free(&config, schema, data, 0);
}
