/* A file that is looked at again and again, and read anew when it is another one. One thread. */
#ifndef BASE_FILE_WATCH_H
#define BASE_FILE_WATCH_H

#include <stdbool.h>
#include <sys/stat.h>

struct hx_file_watch {
    const char *path; /* borrowed */
    struct stat seen; /* zeros: it was not there */
};

/* What is there now has been seen; before it is read, so that a change meanwhile is another one. */
void hx_file_look(struct hx_file_watch *file);

/* Whether another file is there than was seen, or the same one with other content: by its number,
 * size and time, and by its inode's time, since who may read it can have changed, or its content
 * under a time that was put back (cp -p, rsync). False too while there is none: what is in force
 * stays. */
bool hx_file_changed(const struct hx_file_watch *file);

#endif
