/* A folder of one test program, for files that it writes; removed at its end. */
#ifndef TEST_CLI_SCRATCH_H
#define TEST_CLI_SCRATCH_H

#include <stddef.h>

/* The path of a file with this content, valid until the next call. */
const char *scratch_file(const char *name, const void *bytes, size_t size);
const char *scratch_path(const char *name);

/* The content of a file, NUL-terminated; to be freed. */
char *scratch_read(const char *path);

#endif
