/* A file that is looked at again and again, and read anew when it is another one. One thread. */
#ifndef BASE_FILE_WATCH_H
#define BASE_FILE_WATCH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

struct hx_file_watch {
    const char *path; /* borrowed */
    struct stat seen; /* zeros: it was not there */
    int64_t again_ms; /* monotonic: it is to be read again, changed or not; 0: it is not */
};

/* Whether both are of one file with one content, by its number, size and time. */
bool hx_file_same(const struct stat *a, const struct stat *b);

/* What is there now has been seen; before it is read, so that a change meanwhile is another one. */
void hx_file_look(struct hx_file_watch *file);

/* What came of reading it. HX_IO and HX_NOMEM pass and say nothing about the file (there were no
 * descriptors left, no memory): in a second it counts as changed again, so that nothing that was
 * struck off stays in force until somebody touches it. Anything else is judged until it changes. */
void hx_file_judged(struct hx_file_watch *file, int err);

/* Whether another file is there than was seen, or the same one with other content: by its number,
 * size and time, and by its inode's time, since who may read it can have changed, or its content
 * under a time that was put back (cp -p, rsync). False too while there is none: what is in force
 * stays. */
bool hx_file_changed(const struct hx_file_watch *file);

#endif
