/* Reading a whole text file. */
#ifndef CONFIG_FILE_H
#define CONFIG_FILE_H

#include "config/reading/problem.h"
#include <stdbool.h>
#include <stddef.h>

/* Reads a file of at most `max` bytes into *text (malloc, a NUL follows it), which the caller
 * frees, and checks that it is UTF-8 without NUL bytes. Errors, each with its text in `problem`:
 * - HX_CONFIG: larger than `max`, a folder or device, or not UTF-8 (with the line)
 * - HX_IO: cannot be opened or read, with the system's reason
 * - HX_NOMEM
 * Any thread. */
HX_CHECK int hx_file_read(const char *path, size_t max, char **text, size_t *size,
                          struct hx_problem *problem);

/* The check alone, for a text that came another way; `path` is named in the message. */
HX_CHECK int hx_file_check(const char *path, const char *text, size_t size,
                           struct hx_problem *problem);

/* Whether something has this path. */
bool hx_file_exists(const char *path);

/* The part of a path after its last slash; points into `path`. */
const char *hx_file_name(const char *path);

#endif
