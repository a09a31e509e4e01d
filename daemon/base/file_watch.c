#include "base/file_watch.h"

#include "base/now.h"
#include "hongxin/error.h"

enum { AGAIN_MS = 1000 };

void hx_file_look(struct hx_file_watch *file)
{
    file->again_ms = 0;
    if (stat(file->path, &file->seen) != 0)
        file->seen = (struct stat){0};
}

void hx_file_judged(struct hx_file_watch *file, int err)
{
    if (err == HX_IO || err == HX_NOMEM)
        file->again_ms = hx_mono_ms() + AGAIN_MS;
}

bool hx_file_changed(const struct hx_file_watch *file)
{
    struct stat now;
    if (stat(file->path, &now) != 0)
        return false;
    if (file->again_ms && hx_mono_ms() >= file->again_ms)
        return true;
    return now.st_ino != file->seen.st_ino || now.st_size != file->seen.st_size ||
           now.st_mtim.tv_sec != file->seen.st_mtim.tv_sec ||
           now.st_mtim.tv_nsec != file->seen.st_mtim.tv_nsec ||
           now.st_ctim.tv_sec != file->seen.st_ctim.tv_sec ||
           now.st_ctim.tv_nsec != file->seen.st_ctim.tv_nsec;
}
