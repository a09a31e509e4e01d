/* A temporary folder with files in it, for tests of loaders. */
#ifndef TESTS_UNIT_CONFIG_FOLDER_H
#define TESTS_UNIT_CONFIG_FOLDER_H

#include <stddef.h>

struct folder {
    char path[64];
    char file[192]; /* the path made last */
};

void folder_make(struct folder *f);
void folder_remove(struct folder *f); /* with its files; no folders in it */

/* The path of a file in it; valid until the next call. */
const char *folder_path(struct folder *f, const char *name);

/* Writes a file of it and returns its path. */
const char *folder_write(struct folder *f, const char *name, const char *text);
const char *folder_write_bytes(struct folder *f, const char *name, const void *bytes, size_t size);

#endif
