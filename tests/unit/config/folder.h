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

/* cmocka's: a folder for each test. */
int folder_setup(void **state);
int folder_teardown(void **state);

/* Files of a folder, and their texts when all is right. */
struct folder_text {
    const char *name, *text;
};
void folder_fill(struct folder *f, const struct folder_text *texts, size_t n);
/* The text of one of them, which is there. */
const char *folder_text(const struct folder_text *texts, const char *name);

/* The path of a file in it; valid until the next call. */
const char *folder_path(struct folder *f, const char *name);

/* Writes a file of it and returns its path. */
const char *folder_write(struct folder *f, const char *name, const char *text);
const char *folder_write_bytes(struct folder *f, const char *name, const void *bytes, size_t size);

#endif
