/* Loaded in front of LMDB (LD_PRELOAD): a disk of a certain size, on which nothing but the store
 * lies. The file named by HX_DISK holds its size in bytes. What is allocated already can be
 * written, beyond the size nothing can (ENOSPC), and statvfs() says how much is left. Only LMDB's
 * file (data.mdb) is meant. So nothing has to be mounted, and anybody can run the test. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

/* Of the disk; -1 = it has none, everything works. */
static long long disk_size(void)
{
    char text[32] = "";
    const char *path = getenv("HX_DISK");
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0)
        return -1;
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    return n > 0 ? strtoll(text, NULL, 10) : -1;
}

static bool data_file(int fd)
{
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    path[n > 0 ? n : 0] = '\0';
    return n > 8 && strcmp(path + n - 8, "data.mdb") == 0;
}

static long long allocated(const struct stat *sb)
{
    return sb->st_blocks * 512LL;
}

/* Whether so many bytes up to `end` have a place; errno is kept. */
static bool fits(int fd, long long size, long long end)
{
    struct stat sb;
    int saved = errno;
    long long disk = data_file(fd) ? disk_size() : -1;
    bool fit = disk < 0 || fstat(fd, &sb) != 0 || end <= allocated(&sb) ||
               (allocated(&sb) + size <= disk && end <= disk);
    errno = fit ? saved : ENOSPC;
    return fit;
}

static size_t total(const struct iovec *parts, int n)
{
    size_t size = 0;
    for (int i = 0; i < n; i++)
        size += parts[i].iov_len;
    return size;
}

static off_t here(int fd)
{
    int saved = errno;
    off_t at = lseek(fd, 0, SEEK_CUR);
    errno = saved;
    return at < 0 ? 0 : at;
}

ssize_t write(int fd, const void *bytes, size_t size)
{
    return fits(fd, (long long)size, here(fd) + (long long)size) ? REAL(write)(fd, bytes, size)
                                                                 : -1;
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at)
{
    return fits(fd, (long long)size, at + (long long)size) ? REAL(pwrite)(fd, bytes, size, at) : -1;
}

ssize_t writev(int fd, const struct iovec *parts, int n)
{
    long long size = (long long)total(parts, n);
    return fits(fd, size, here(fd) + size) ? REAL(writev)(fd, parts, n) : -1;
}

ssize_t pwritev(int fd, const struct iovec *parts, int n, off_t at)
{
    long long size = (long long)total(parts, n);
    return fits(fd, size, at + size) ? REAL(pwritev)(fd, parts, n, at) : -1;
}

int posix_fallocate(int fd, off_t at, off_t size)
{
    return fits(fd, size, at + size) ? REAL(posix_fallocate)(fd, at, size) : ENOSPC;
}

int statvfs(const char *path, struct statvfs *fs)
{
    char data[4096];
    struct stat sb;
    long long disk = disk_size();
    int rc = REAL(statvfs)(path, fs);
    snprintf(data, sizeof data, "%s/data.mdb", path);
    if (rc || disk < 0 || stat(data, &sb) != 0)
        return rc;
    long long left = disk - allocated(&sb);
    fs->f_bavail = fs->f_bfree = left > 0 ? (fsblkcnt_t)(left / (long long)fs->f_frsize) : 0;
    return 0;
}
