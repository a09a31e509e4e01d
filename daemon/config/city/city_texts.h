/* The files of a city as texts, before anybody judges them (city_load.h).
 *
 * They come from a folder, or from a bundle: one text that holds some of the files, as it travels
 * to a daemon and is kept in its store. A bundle is `HX_CITY_BUNDLE` and, for each file, a line
 * "== NAME BYTES" with that many bytes and a newline behind it; "== NAME -" says that the file is
 * gone. What a bundle does not name stays as it was. */
#ifndef CONFIG_CITY_TEXTS_H
#define CONFIG_CITY_TEXTS_H

#include "config/reading/problem.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HX_CITY_BUNDLE "hongxin-city 1\n"

enum { HX_CITY_FILES = 17, HX_CITY_DIGEST = 32 };

struct hx_city_text {
    char *path;       /* for messages; owned; NULL = there is no such file */
    const char *text; /* a NUL or the rest of a bundle follows; NULL = as path */
    size_t size;
    char *owned;                    /* text, when it is its own */
    uint8_t digest[HX_CITY_DIGEST]; /* BLAKE2b-256 of the text */
};

/* By the numbers of city_internal.h. Zeroed: no file at all. */
struct hx_city_texts {
    struct hx_city_text list[HX_CITY_FILES];
    char *where; /* the folder or bundle; owned */
};

/* The name of the n-th file: "streets.csv"; NULL behind the last. */
const char *hx_city_file(size_t n);
/* The number of a file of this name; -1 when a city has none such. */
int hx_city_file_number(const char *name);

/* Reads what is there of the files of a folder. HX_CONFIG: too large, or not UTF-8; with `tell` (or
 * NULL) it goes on to the next file after that. HX_IO, HX_NOMEM. Nothing is kept on error. */
HX_CHECK int hx_city_texts_read(const char *dir, const struct hx_problems *tell,
                                struct hx_city_texts *out, struct hx_problem *problem);

/* Whether a text is a bundle. */
bool hx_city_is_bundle(const char *text);

/* The files of a bundle over those of `base` (NULL = none): texts are borrowed from both, which
 * must outlive them. `from` is the bundle's name in messages. HX_CONFIG: no bundle, a file that a
 * city does not have, or one that is not UTF-8; HX_NOMEM. */
HX_CHECK int hx_city_texts_unpack(const char *from, const char *text, size_t size,
                                  const struct hx_city_texts *base, struct hx_city_texts *out,
                                  struct hx_problem *problem);

/* All files as a bundle; *out (malloc, a NUL follows) is the caller's. HX_NOMEM. */
HX_CHECK int hx_city_texts_pack(const struct hx_city_texts *t, char **out, size_t *size);

/* A folder of a city, or one of its files, as a bundle; of a folder, also what it does not have.
 * HX_NOTFOUND: neither. Otherwise as hx_city_texts_read. */
HX_CHECK int hx_city_bundle(const char *path, char **out, size_t *size, struct hx_problem *problem);

/* Whether both have the same files with the same content. */
bool hx_city_texts_same(const struct hx_city_texts *a, const struct hx_city_texts *b);

/* The same, whatever the rota is (duty.csv, duty.ics, leave.csv). */
bool hx_city_texts_same_places(const struct hx_city_texts *a, const struct hx_city_texts *b);

void hx_city_texts_free(struct hx_city_texts *t);

#endif
