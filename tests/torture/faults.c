/* Loaded in front of the C library, LMDB and ZeroMQ (LD_PRELOAD): a machine that fails at the call
 * it is told to, and points at which the process dies. Nothing in the daemon knows of this file.
 *
 * The file named by HX_FAULT holds struct fault_face and is shared with the test (faults.py), so
 * that a fault can be set while the daemon runs and what was counted outlives it. A fault strikes
 * the calls from number `first` to number `last`, counted from the moment when it was set.
 *
 * Faults of the disk are meant for LMDB's file (data.mdb) alone; memory fails in the thread that
 * owns the store, and the face tells whose it was: `struck` names the program or the library that
 * wanted it, itself or through the C library. The points are the commit path, in its order:
 *
 *   RECEIVED    a message was taken from a door
 *   BEGUN       a write transaction has begun
 *   APPLIED     everything is done but the commit
 *   PAGES       pages were written, not synced
 *   SYNCED      they are on the disk, nothing points to them
 *   META        the new root is on the disk
 *   COMMITTED   the commit has returned
 *   ANSWERING   the answer is about to be sent
 *   ANSWERED    it is with ZeroMQ */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum kind { NONE, SYNC, WRITE, FULL, SHORT, GROWTH, STUNT, MEMORY, KILL };

enum point {
    RECEIVED = 1,
    BEGUN,
    APPLIED,
    PAGES,
    SYNCED,
    META,
    COMMITTED,
    ANSWERING,
    ANSWERED,
};

struct fault_face {
    _Atomic int64_t kind, point, first, last;
    _Atomic int64_t calls, hits;
    char of[64];     /* memory: only calls by code of the file that begins so; "" = by anybody's */
    char struck[64]; /* whose it was */
};

enum { FRAMES = 16 };

static struct fault_face *face;

__attribute__((constructor)) static void open_face(void)
{
    const char *path = getenv("HX_FAULT");
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (fd < 0)
        return;
    void *p = mmap(NULL, sizeof *face, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    void *first[1];
    backtrace(first, 1); /* the first one takes memory */
    if (p != MAP_FAILED)
        face = p;
}

/* Counts a call of this kind; true when it is to fail. */
static bool strikes(enum kind kind)
{
    if (!face || face->kind != (int64_t)kind)
        return false;
    int64_t number = ++face->calls;
    bool hit = number >= face->first && number <= face->last;
    face->hits += hit;
    return hit;
}

static void pass(enum point point)
{
    if (face && face->kind == KILL && face->point == (int64_t)point && strikes(KILL))
        syscall(SYS_kill, getpid(), SIGKILL);
}

#define REAL(name)                                                                                 \
    static __typeof__(&(name)) real;                                                               \
    if (!real)                                                                                     \
    real = (__typeof__(&(name)))dlsym(RTLD_NEXT, #name)

/* ---- the disk ---- */

static bool data_file(int fd)
{
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    path[n > 0 ? n : 0] = '\0';
    return n > 8 && strcmp(path + n - 8, "data.mdb") == 0;
}

static bool armed(int fd)
{
    return face && face->kind != NONE && data_file(fd);
}

/* LMDB writes its root through a descriptor of its own. */
static void written(int fd)
{
    if (face && face->kind == KILL && data_file(fd))
        pass(fcntl(fd, F_GETFL) & O_DSYNC ? META : PAGES);
}

static bool beyond(int fd, off_t end)
{
    struct stat sb;
    return fstat(fd, &sb) == 0 && end > sb.st_size;
}

/* How a write of the data file up to `end` fails; 0 = it does not. */
static int write_fault(int fd, off_t end)
{
    int saved = errno;
    bool on = armed(fd);
    int how = !on                                 ? 0
              : strikes(WRITE)                    ? EIO
              : strikes(FULL)                     ? ENOSPC
              : beyond(fd, end) && strikes(STUNT) ? EIO
                                                  : 0;
    errno = how ? how : saved;
    return how;
}

static off_t end_of(int fd, const struct iovec *parts, int n)
{
    int saved = errno;
    off_t end = lseek(fd, 0, SEEK_CUR);
    for (int i = 0; i < n; i++)
        end += (off_t)parts[i].iov_len;
    errno = saved;
    return end;
}

int fsync(int fd)
{
    REAL(fsync);
    if (armed(fd) && strikes(SYNC)) {
        errno = EIO;
        return -1;
    }
    return real(fd);
}

int fdatasync(int fd)
{
    REAL(fdatasync);
    if (armed(fd) && strikes(SYNC)) {
        errno = EIO;
        return -1;
    }
    int rc = real(fd);
    if (face && face->kind == KILL && data_file(fd))
        pass(SYNCED);
    return rc;
}

int msync(void *at, size_t size, int flags)
{
    REAL(msync);
    if (strikes(SYNC)) {
        errno = EIO;
        return -1;
    }
    return real(at, size, flags);
}

/* How the file does not grow in advance: there is no room, or the disk fails; 0 = it does. */
static int growth_fault(int fd)
{
    return !armed(fd) ? 0 : strikes(GROWTH) ? ENOSPC : strikes(STUNT) ? EIO : 0;
}

int ftruncate(int fd, off_t size)
{
    REAL(ftruncate);
    int how = growth_fault(fd);
    if (!how)
        return real(fd, size);
    errno = how;
    return -1;
}

int posix_fallocate(int fd, off_t at, off_t size)
{
    REAL(posix_fallocate);
    int how = growth_fault(fd);
    return how ? how : real(fd, at, size);
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at)
{
    REAL(pwrite);
    if (write_fault(fd, at + (off_t)size))
        return -1;
    if (armed(fd) && strikes(SHORT))
        size /= 2;
    ssize_t n = real(fd, bytes, size, at);
    written(fd);
    return n;
}

ssize_t writev(int fd, const struct iovec *parts, int n)
{
    REAL(writev);
    if (write_fault(fd, end_of(fd, parts, n)))
        return -1;
    ssize_t done = real(fd, parts, armed(fd) && strikes(SHORT) ? n / 2 : n);
    written(fd);
    return done;
}

/* ---- memory ---- */

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);

/* The file that this code is from, without its folder; "" = nobody knows. */
static const char *object_of(const void *code)
{
    Dl_info of;
    if (!dladdr(code, &of) || !of.dli_fname)
        return "";
    const char *slash = strrchr(of.dli_fname, '/');
    return slash ? slash + 1 : of.dli_fname;
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* This file, the C library (strdup()), its loader (threads), and operator new ask for others. */
static bool asks_for_others(const char *object)
{
    return begins(object, "hx_faults") || begins(object, "libc.so") || begins(object, "ld-linux") ||
           begins(object, "libstdc++");
}

static void note_struck(void)
{
    void *frames[FRAMES];
    int n = backtrace(frames, FRAMES);
    const char *object = "";
    for (int i = 0; i < n && (!*object || asks_for_others(object)); i++)
        object = object_of(frames[i]);
    snprintf(face->struck, sizeof face->struck, "%s", object);
}

static bool no_memory(const void *caller)
{
    static bool noting; /* its own calls are none */
    if (!face || face->kind != MEMORY || syscall(SYS_gettid) != getpid() || noting)
        return false;
    if ((*face->of && !begins(object_of(caller), face->of)) || !strikes(MEMORY))
        return false;
    noting = true;
    note_struck();
    noting = false;
    errno = ENOMEM;
    return true;
}
#define NO_MEMORY no_memory(__builtin_return_address(0))

void *malloc(size_t size)
{
    return NO_MEMORY ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    return NO_MEMORY ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
    return NO_MEMORY ? NULL : __libc_realloc(p, size);
}

/* ---- points of the commit path ---- */

struct MDB_env;
struct MDB_txn;
struct zmq_msg_t;
enum { MDB_RDONLY = 0x20000 };

int mdb_txn_begin(struct MDB_env *env, struct MDB_txn *parent, unsigned flags,
                  struct MDB_txn **out);
int mdb_txn_commit(struct MDB_txn *txn);
int zmq_msg_recv(struct zmq_msg_t *msg, void *socket, int flags);
int zmq_msg_send(struct zmq_msg_t *msg, void *socket, int flags);

int mdb_txn_begin(struct MDB_env *env, struct MDB_txn *parent, unsigned flags, struct MDB_txn **out)
{
    REAL(mdb_txn_begin);
    int rc = real(env, parent, flags, out);
    if (!(flags & MDB_RDONLY))
        pass(BEGUN);
    return rc;
}

int mdb_txn_commit(struct MDB_txn *txn)
{
    REAL(mdb_txn_commit);
    pass(APPLIED);
    int rc = real(txn);
    pass(COMMITTED);
    return rc;
}

int zmq_msg_recv(struct zmq_msg_t *msg, void *socket, int flags)
{
    REAL(zmq_msg_recv);
    int rc = real(msg, socket, flags);
    if (rc >= 0)
        pass(RECEIVED);
    return rc;
}

int zmq_msg_send(struct zmq_msg_t *msg, void *socket, int flags)
{
    REAL(zmq_msg_send);
    pass(ANSWERING);
    int rc = real(msg, socket, flags);
    pass(ANSWERED);
    return rc;
}
