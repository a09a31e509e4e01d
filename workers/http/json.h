/* JSON before it is read: how deep it is. Jansson limits that to 2,048 only, and each level costs
 * stack. Pure; any thread. */
#ifndef HTTP_JSON_H
#define HTTP_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* True when no bracket stands deeper than `depth`. Says nothing about whether it is JSON. */
bool http_json_within(const char *text, size_t size, unsigned depth);

/* A tree without loops as compact text in UTF-8 (malloc), with a NUL behind its *size bytes. NULL
 * without memory. Any thread. */
char *http_json_text(const json_t *value, size_t *size);

#endif
