#include "base/file_watch.h"

#include "base/now.h"
#include "hongxin/error.h"

enum { AGAIN_MS = 1000 };

bool hx_file_same(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

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
    return !hx_file_same(&now, &file->seen) || now.st_ctim.tv_sec != file->seen.st_ctim.tv_sec ||
           now.st_ctim.tv_nsec != file->seen.st_ctim.tv_nsec;
}
