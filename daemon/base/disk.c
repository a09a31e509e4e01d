#include "base/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_MAX_BYTES = 1024 };

int hx_disk_write(int fd, const void *bytes, size_t size)
{
    const char *p = bytes;
    while (size > 0) {
        ssize_t n = write(fd, p, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return HX_IO;
        p += n;
        size -= (size_t)n;
    }
    return HX_OK;
}

int hx_disk_write_synced(int fd, const void *bytes, size_t size)
{
    int rc = hx_disk_write(fd, bytes, size);
    return !rc && fsync(fd) != 0 ? HX_IO : rc;
}

int hx_disk_sync_folder(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = fd >= 0 && fsync(fd) == 0 ? HX_OK : HX_IO;
    int why = errno;
    if (fd >= 0)
        close(fd);
    errno = why;
    return rc;
}

int hx_disk_sync_parent(const char *path)
{
    char folder[PATH_MAX_BYTES];
    size_t n = strnlen(path, sizeof folder);
    if (n == sizeof folder) {
        errno = ENAMETOOLONG;
        return HX_TOOBIG;
    }
    memcpy(folder, path, n + 1);
    return hx_disk_sync_folder(dirname(folder));
}

FILE *hx_disk_create(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
    if (fd >= 0 && !file)
        close(fd);
    return file;
}

int hx_disk_scratch(const char *name, char dir[HX_SCRATCH_MAX])
{
    const char *tmp = getenv("TMPDIR");
    int n = snprintf(dir, HX_SCRATCH_MAX, "%s/hongxin-%s-XXXXXX", tmp && *tmp ? tmp : "/tmp", name);
    int rc = n < 0 || n >= HX_SCRATCH_MAX ? HX_TOOBIG : mkdtemp(dir) ? HX_OK : HX_IO;
    if (rc != HX_OK)
        dir[0] = '\0';
    return rc;
}

void hx_disk_scratch_remove(char dir[HX_SCRATCH_MAX], const char *const files[])
{
    char path[HX_SCRATCH_MAX + NAME_MAX + 2];
    for (; dir[0] && *files; files++) {
        snprintf(path, sizeof path, "%s/%s", dir, *files);
        unlink(path);
    }
    if (dir[0])
        rmdir(dir);
    dir[0] = '\0';
}
