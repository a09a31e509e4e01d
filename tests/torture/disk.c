/* Loaded in front of LMDB (LD_PRELOAD): a disk of a certain size, on which nothing but the store
 * lies. The file named by HX_DISK holds its size in bytes. What is allocated already can be
 * written, and as many whole blocks as there is room for: a write is cut short there, as by a real
 * disk, and the file whose name ends in ".short" besides gets a byte. Where not one block fits it
 * is ENOSPC, and statvfs() says how much is left. Only LMDB's file (data.mdb) is meant. So nothing
 * has to be mounted, and anybody can run the test. */
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

enum { BLOCK = 4096, PARTS = 1024 };

static long long most(long long a, long long b)
{
    return a > b ? a : b;
}

/* How many of the bytes from `at` on have a place, in whole blocks unless all have. */
static long long room_for(int fd, long long at, long long size)
{
    struct stat sb;
    long long disk = data_file(fd) ? disk_size() : -1;
    if (disk < 0 || fstat(fd, &sb) != 0)
        return size;
    long long have = allocated(&sb), end = most(have, disk);
    if (at > have) /* behind a hole, which takes nothing */
        end = at + most(disk - have, 0);
    if (at + size <= end)
        return size;
    return most(end / BLOCK * BLOCK - at, 0);
}

static void note_short(void)
{
    char path[4096];
    snprintf(path, sizeof path, "%s.short", getenv("HX_DISK"));
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0)
        return;
    ssize_t n = REAL(write)(fd, "x", 1);
    (void)n;
    close(fd);
}

/* The same, for a write; -1 with ENOSPC = none of them. errno is kept. */
static ssize_t fitting(int fd, off_t at, size_t size)
{
    int saved = errno;
    long long room = room_for(fd, at, (long long)size);
    if (room > 0 && room < (long long)size)
        note_short();
    errno = room || !size ? saved : ENOSPC;
    return room || !size ? (ssize_t)room : -1;
}

static size_t total(const struct iovec *parts, int n)
{
    size_t size = 0;
    for (int i = 0; i < n; i++)
        size += parts[i].iov_len;
    return size;
}

/* The first bytes of these parts; returns how many parts they are. */
static int first_parts(struct iovec cut[PARTS], const struct iovec *parts, int n, size_t size)
{
    int kept = 0;
    for (; kept < n && kept < PARTS && size; kept++) {
        cut[kept] = parts[kept];
        if (cut[kept].iov_len > size)
            cut[kept].iov_len = size;
        size -= cut[kept].iov_len;
    }
    return kept;
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
    ssize_t fit = fitting(fd, here(fd), size);
    return fit < 0 ? -1 : REAL(write)(fd, bytes, (size_t)fit);
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at)
{
    ssize_t fit = fitting(fd, at, size);
    return fit < 0 ? -1 : REAL(pwrite)(fd, bytes, (size_t)fit, at);
}

ssize_t writev(int fd, const struct iovec *parts, int n)
{
    struct iovec cut[PARTS];
    ssize_t fit = fitting(fd, here(fd), total(parts, n));
    return fit < 0 ? -1 : REAL(writev)(fd, cut, first_parts(cut, parts, n, (size_t)fit));
}

ssize_t pwritev(int fd, const struct iovec *parts, int n, off_t at)
{
    struct iovec cut[PARTS];
    ssize_t fit = fitting(fd, at, total(parts, n));
    return fit < 0 ? -1 : REAL(pwritev)(fd, cut, first_parts(cut, parts, n, (size_t)fit), at);
}

int posix_fallocate(int fd, off_t at, off_t size)
{
    return room_for(fd, at, size) >= size ? REAL(posix_fallocate)(fd, at, size) : ENOSPC;
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
