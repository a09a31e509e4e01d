/* Loaded in front of the C library (LD_PRELOAD): a disk that fails when it is told to.
 *
 * While the file named by HX_FAULT exists, its first word says how: `sync` = fsync, fdatasync and
 * msync fail with EIO, `write` = writes to files fail with EIO, `full` = they fail with ENOSPC.
 * Only files of LMDB (data.mdb) are meant; everything else works. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

static bool fault(const char *kind)
{
    char word[16] = "";
    const char *path = getenv("HX_FAULT");
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0)
        return false;
    ssize_t n = read(fd, word, sizeof word - 1);
    close(fd);
    word[n > 0 ? n : 0] = '\0';
    word[strcspn(word, " \n")] = '\0';
    return strcmp(word, kind) == 0;
}

static bool data_file(int fd)
{
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    path[n > 0 ? n : 0] = '\0';
    return n > 8 && strcmp(path + n - 8, "data.mdb") == 0;
}

static bool fails(int fd, bool sync)
{
    int saved = errno;
    int how = !data_file(fd)            ? 0
              : sync && fault("sync")   ? EIO
              : !sync && fault("write") ? EIO
              : !sync && fault("full")  ? ENOSPC
                                        : 0;
    errno = how ? how : saved;
    return how != 0;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

int fsync(int fd)
{
    return fails(fd, true) ? -1 : REAL(fsync)(fd);
}

int fdatasync(int fd)
{
    return fails(fd, true) ? -1 : REAL(fdatasync)(fd);
}

int msync(void *at, size_t size, int flags)
{
    if (fault("sync")) {
        errno = EIO;
        return -1;
    }
    return REAL(msync)(at, size, flags);
}

ssize_t write(int fd, const void *bytes, size_t size)
{
    return fails(fd, false) ? -1 : REAL(write)(fd, bytes, size);
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at)
{
    return fails(fd, false) ? -1 : REAL(pwrite)(fd, bytes, size, at);
}

ssize_t writev(int fd, const struct iovec *parts, int n)
{
    return fails(fd, false) ? -1 : REAL(writev)(fd, parts, n);
}

ssize_t pwritev(int fd, const struct iovec *parts, int n, off_t at)
{
    return fails(fd, false) ? -1 : REAL(pwritev)(fd, parts, n, at);
}
