#include "base/file_watch.h"

void hx_file_look(struct hx_file_watch *file)
{
    if (stat(file->path, &file->seen) != 0)
        file->seen = (struct stat){0};
}

bool hx_file_changed(const struct hx_file_watch *file)
{
    struct stat now;
    if (stat(file->path, &now) != 0)
        return false;
    return now.st_ino != file->seen.st_ino || now.st_size != file->seen.st_size ||
           now.st_mtim.tv_sec != file->seen.st_mtim.tv_sec ||
           now.st_mtim.tv_nsec != file->seen.st_mtim.tv_nsec ||
           now.st_ctim.tv_sec != file->seen.st_ctim.tv_sec ||
           now.st_ctim.tv_nsec != file->seen.st_ctim.tv_nsec;
}
