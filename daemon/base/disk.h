/* Bytes and names that have to outlive a cut of power. Any thread; errno says why a call failed. */
#ifndef BASE_DISK_H
#define BASE_DISK_H

#include "hongxin/error.h"

#include <stddef.h>
#include <stdio.h>

/* Writes all of it, however often that takes. HX_IO. */
HX_CHECK int hx_disk_write(int fd, const void *bytes, size_t size);

/* The same, and it is on disk. */
HX_CHECK int hx_disk_write_synced(int fd, const void *bytes, size_t size);

/* The names in a folder are on disk: of files that were made in it or renamed. HX_IO. */
HX_CHECK int hx_disk_sync_folder(const char *folder);

/* The same for the folder that the path stands in. HX_TOOBIG: a path of 1,024 bytes or more. */
HX_CHECK int hx_disk_sync_parent(const char *path);

/* Opens a file for writing, emptied or made anew: for its owner alone, unless it was there before.
 * NULL: errno says why. */
FILE *hx_disk_create(const char *path);

/* Makes a folder of our own, 0700, under TMPDIR (or /tmp): "hongxin-NAME-" and six letters. `dir`
 * gets its path, "" with an error. HX_TOOBIG: the path has no room there; HX_IO. */
enum { HX_SCRATCH_MAX = 1024 };
HX_CHECK int hx_disk_scratch(const char *name, char dir[HX_SCRATCH_MAX]);

/* Takes such a folder and its files of these names (NULL ends the list) away and makes `dir` "".
 * Whoever has one of them open goes on: taken away as soon as they are open, nothing of them is
 * left however the process ends. A folder "" is none. */
void hx_disk_scratch_remove(char dir[HX_SCRATCH_MAX], const char *const files[]);

#endif
