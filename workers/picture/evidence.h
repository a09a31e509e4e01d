/* Pictures that belong to reports and cases: files of one folder, each named by the SHA-256 of its
 * content
 * (`sha256sum` checks it), on disk before anybody is told. Events name them "photo:HASH". */
#ifndef PICTURE_EVIDENCE_H
#define PICTURE_EVIDENCE_H

#include "config/reading/problem.h"
#include "hongxin/error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { EVIDENCE_NAME = 65 }; /* 64 hexadecimal digits */

/* Makes a folder, for its owner only, unless it is there, and its name is on disk: what is kept in
 * it survives a cut of power. Its parent is there. False: it cannot be had, and errno says why. */
HX_CHECK bool evidence_folder(const char *folder);

/* Makes the folder, for its owner only; removes what was left half written in it. HX_CONFIG with
 * the problem: it cannot be had. */
HX_CHECK int evidence_open(const char *folder, struct hx_problem *problem);

/* Keeps it; *fresh: it was not there before. HX_IO: the disk does not take it. */
HX_CHECK int evidence_put(const char *folder, const uint8_t *bytes, size_t size,
                          char name[EVIDENCE_NAME], bool *fresh);

/* *out is to be given to free(). HX_NOTFOUND, also for what is no name; HX_IO, HX_NOMEM. */
HX_CHECK int evidence_get(const char *folder, const char *name, uint8_t **out, size_t *size);

/* Of a report that was refused. */
void evidence_remove(const char *folder, const char *name);

#endif
