/* The disk under the store's file. The file itself is the page cache: what the daemon reads. Beside
 * it stands what the plates hold of each page that was written and is not safe yet.
 *
 *   write          the page becomes unsafe; its content before is kept
 *   sync           every unsafe page becomes safe
 *   failed sync    some pages were not written and will not be tried again, as Linux does it: the
 *                  cache shows them, the plates do not
 *   crash          of each unsafe page the old content, the new one, or sectors of both
 *
 * A descriptor with O_DSYNC (LMDB writes its meta pages through one) is safe when write returns. */
#include "sim/sim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { PAGE = 4096, SECTOR = 512, GROWTH = 1 << 20 };
#define MAP (UINT64_C(256) << 20) /* the store's map_size */

struct page {
    struct page *next; /* of those that are not used */
    uint64_t number;
    bool dirty; /* else: its writing has failed, nobody tries again */
    uint8_t plates[PAGE];
};

static struct {
    int fd; /* our own … */
    char path[300];
    uint8_t *map; /* … and through it the file: what is written is copied here */
    uint64_t size;
    enum disk_fault fault;
    struct page **pages; /* in the order in which they became unsafe */
    size_t n, cap;
    struct page *spare; /* to be used again */
    uint32_t *index;    /* page number → place in `pages` + 1 */
    size_t n_index;
} disk = {.fd = -1};

/* ---- what is unsafe ---- */

static struct page *page_take(void)
{
    struct page *p = disk.spare;
    if (p)
        disk.spare = p->next;
    else
        p = malloc(sizeof *p);
    if (!p)
        abort();
    return p;
}

static void page_give(struct page *p)
{
    p->next = disk.spare;
    disk.spare = p;
}

static void forget_all(void)
{
    for (size_t i = 0; i < disk.n; i++)
        page_give(disk.pages[i]);
    disk.n = 0;
    if (disk.index)
        memset(disk.index, 0, disk.n_index * sizeof *disk.index);
}

static void grow(uint64_t size)
{
    if (size <= disk.size)
        return;
    if (size > MAP || ftruncate(disk.fd, (off_t)(size + GROWTH)) != 0)
        abort();
    disk.size = size + GROWTH;
}

void disk_open(const char *data_file)
{
    struct stat sb;
    disk_close();
    disk.fd = open(data_file, O_RDWR | O_CLOEXEC);
    if (disk.fd < 0 || fstat(disk.fd, &sb) < 0)
        abort();
    snprintf(disk.path, sizeof disk.path, "%s", data_file);
    disk.size = (uint64_t)sb.st_size;
    grow(disk.size + 1);
    disk.map = mmap(NULL, MAP + GROWTH, PROT_READ | PROT_WRITE, MAP_SHARED, disk.fd, 0);
    if (disk.map == MAP_FAILED)
        abort();
}

void disk_close(void)
{
    forget_all();
    while (disk.spare)
        free(page_take());
    if (disk.map)
        munmap(disk.map, MAP + GROWTH);
    if (disk.fd >= 0)
        close(disk.fd);
    free(disk.pages);
    free(disk.index);
    memset(&disk, 0, sizeof disk);
    disk.fd = -1;
}

void disk_fault(enum disk_fault fault)
{
    disk.fault = fault;
}

static uint32_t *slot(uint64_t number)
{
    if (number >= disk.n_index) {
        size_t n = disk.n_index ? disk.n_index : 4096;
        while (n <= number)
            n *= 2;
        disk.index = realloc(disk.index, n * sizeof *disk.index);
        if (!disk.index)
            abort();
        memset(disk.index + disk.n_index, 0, (n - disk.n_index) * sizeof *disk.index);
        disk.n_index = n;
    }
    return &disk.index[number];
}

static void unsafe(uint64_t number)
{
    uint32_t *at = slot(number);
    if (*at) {
        disk.pages[*at - 1]->dirty = true;
        return;
    }
    if (disk.n == disk.cap) {
        disk.cap = disk.cap ? 2 * disk.cap : 256;
        disk.pages = realloc(disk.pages, disk.cap * sizeof(struct page *));
        if (!disk.pages)
            abort();
    }
    struct page *p = page_take();
    p->number = number;
    p->dirty = true;
    memcpy(p->plates, disk.map + number * PAGE, PAGE);
    disk.pages[disk.n++] = p;
    *at = (uint32_t)disk.n;
}

/* Keeps those for which it says so. */
static void sweep(bool (*keep)(struct page *p))
{
    size_t kept = 0;
    for (size_t i = 0; i < disk.n; i++) {
        struct page *p = disk.pages[i];
        if (keep(p)) {
            disk.pages[kept++] = p;
            *slot(p->number) = (uint32_t)kept;
        } else {
            *slot(p->number) = 0;
            page_give(p);
        }
    }
    disk.n = kept;
}

static bool was_lost(struct page *p)
{
    return !p->dirty;
}

static bool is_lost_now(struct page *p)
{
    if (p->dirty && sim_chance(500))
        return false; /* that one was written */
    p->dirty = false;
    return true;
}

static bool restore(struct page *p)
{
    enum { SECTORS = PAGE / SECTOR };
    unsigned how =
        p->dirty ? (unsigned)sim_draw(4) : 0; /* 0: as before; 1: as written; else torn */
    if (how == 1)
        return false;
    for (int i = 0; i < SECTORS; i++) {
        if (how > 1 && sim_chance(500))
            continue;
        size_t at = (size_t)i * SECTOR;
        memcpy(disk.map + p->number * PAGE + at, p->plates + at, SECTOR);
    }
    sim.counts.torn++;
    return false;
}

void disk_crash(void)
{
    sweep(restore);
}

/* ---- the C library's functions ---- */

/* Nobody waits for the real disk: O_DSYNC is remembered and left out. */
enum { FDS = 1024 };
static bool through[FDS], data[FDS];
static off_t place[FDS]; /* where the next write goes */

int open(const char *path, int flags, ...)
{
    va_list ap;
    va_start(ap, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, mode_t) : 0;
    va_end(ap);
    int fd = (int)syscall(SYS_openat, AT_FDCWD, path, flags & ~O_DSYNC, mode);
    if (fd >= 0 && fd < FDS) {
        through[fd] = flags & O_DSYNC;
        data[fd] = disk.fd >= 0 && strcmp(path, disk.path) == 0;
    }
    return fd;
}

static bool ours(int fd)
{
    return sim.running && fd >= 0 && fd < FDS && data[fd];
}

static int fails(int err)
{
    if (!sim.dead) {
        sim.counts.io_faults += err == EIO;
        sim.counts.full_faults += err == ENOSPC;
    }
    errno = err;
    return -1;
}

static size_t total(const struct iovec *parts, int n)
{
    size_t size = 0;
    for (int i = 0; i < n; i++)
        size += parts[i].iov_len;
    return size;
}

/* How much of a write is written: 0 with an error. */
static size_t admitted(size_t size, int *err)
{
    *err = 0;
    if (!sim_step())
        *err = EIO;
    else if (disk.fault == DISK_IO)
        *err = EIO;
    else if (disk.fault == DISK_FULL && sim_chance(700))
        *err = ENOSPC;
    else if (disk.fault == DISK_SHORT && sim_chance(300)) {
        sim.counts.short_writes++;
        return size / 2 / SECTOR * SECTOR;
    }
    return *err ? 0 : size;
}

static ssize_t put(int fd, const struct iovec *parts, int n, off_t at)
{
    int err;
    size_t size = total(parts, n), room = admitted(size, &err);
    if (err)
        return fails(err);
    grow((uint64_t)at + room);
    for (uint64_t p = (uint64_t)at / PAGE; !through[fd] && p * PAGE < (uint64_t)at + room; p++)
        unsafe(p);
    size_t done = 0;
    for (int i = 0; i < n && done < room; i++) {
        size_t part = parts[i].iov_len < room - done ? parts[i].iov_len : room - done;
        memcpy(disk.map + (size_t)at + done, parts[i].iov_base, part);
        done += part;
    }
    return (ssize_t)done;
}

static ssize_t write_at(int fd, const struct iovec *parts, int n, off_t at)
{
    bool inside = sim_leave();
    ssize_t done = put(fd, parts, n, at);
    sim_enter(inside);
    return done;
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at)
{
    if (!ours(fd))
        return syscall(SYS_pwrite64, fd, bytes, size, at);
    const struct iovec part = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = size};
    return write_at(fd, &part, 1, at);
}

off_t lseek(int fd, off_t at, int whence)
{
    if (!ours(fd) || whence == SEEK_END)
        return syscall(SYS_lseek, fd, at, whence);
    place[fd] = whence == SEEK_SET ? at : place[fd] + at;
    return place[fd];
}

ssize_t writev(int fd, const struct iovec *parts, int n)
{
    if (!ours(fd))
        return syscall(SYS_writev, fd, parts, n);
    ssize_t done = write_at(fd, parts, n, place[fd]);
    place[fd] += done > 0 ? done : 0;
    return done;
}

/* Now and then a disk hangs for seconds. */
static void take_time(void)
{
    sim.now_us += sim_span(100, sim.sync_us);
    if (disk.fault == DISK_STALLS && sim_chance(100)) {
        sim.counts.stalls++;
        outage_begin();
        sim.now_us += sim_span(100 * SIM_MS, 8 * SIM_SECOND);
        outage_end();
    }
}

static int sync_pages(void)
{
    if (!sim_step())
        return fails(EIO);
    take_time();
    if (disk.fault == DISK_IO || (disk.fault == DISK_SYNC && sim_chance(500))) {
        sweep(is_lost_now);
        return fails(EIO);
    }
    sweep(was_lost);
    return 0;
}

int fdatasync(int fd)
{
    if (!ours(fd))
        return 0; /* the doctor's scratch: nobody needs it after a crash */
    bool inside = sim_leave();
    int rc = sync_pages();
    sim_enter(inside);
    return rc;
}

int fsync(int fd)
{
    return fdatasync(fd);
}

int msync(void *at, size_t size, int flags)
{
    (void)at;
    (void)size;
    (void)flags;
    return 0;
}

int posix_fallocate(int fd, off_t at, off_t size)
{
    struct stat sb;
    if (ours(fd) && (!sim_step() || disk.fault == DISK_FULL || disk.fault == DISK_IO))
        return disk.fault == DISK_FULL ? ENOSPC : EIO;
    if (ours(fd)) {
        grow((uint64_t)(at + size));
        return 0;
    }
    if (fstat(fd, &sb) == 0 && sb.st_size >= at + size)
        return 0;
    return ftruncate(fd, at + size) == 0 ? 0 : errno; /* sparse: the real disk is not filled */
}
