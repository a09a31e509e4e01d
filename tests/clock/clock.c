/* A clock that a test turns, for a real process: preloaded into hongxind by tests/integration.
 *
 * The file named by HX_CLOCK_FILE holds struct clock_face. While `held` is 1 the wall clock and the
 * boot clock of the process show what stands there and nothing else moves them; the monotonic clock
 * and every wait stay real, so that sockets, event loop and watchdog work as ever. A timer on the
 * wall clock that lies ahead is not armed: whoever turns the clock sends a message afterwards,
 * which begins a turn, or waits for the daemon's look at the clock each second. A condition that is
 * waited for until an instant of the wall clock (librdkafka does) waits for as long as lies ahead.
 *
 * Why not libfaketime: it also fakes the monotonic clock of the libraries, knows no boot clock and
 * no adjtimex(), and cannot step one clock while it holds another; corners 14 to 16 are made of
 * just these differences. Nothing in the daemon knows of this file. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/timex.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

struct clock_face {
    _Atomic int64_t turning; /* odd while the test writes */
    _Atomic int64_t held;
    _Atomic int64_t wall_ns, boot_ns;
    _Atomic int64_t synchronised; /* what the kernel says of the wall clock */
};

struct moment {
    int64_t wall_ns, boot_ns, synchronised;
};

enum { SECOND_NS = 1000000000, TIMERS = 64 };

static struct clock_face *face;
static char on_wall[TIMERS]; /* timerfds by descriptor */

__attribute__((constructor)) static void open_face(void)
{
    const char *path = getenv("HX_CLOCK_FILE");
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0)
        return;
    void *p = mmap(NULL, sizeof *face, PROT_READ, MAP_SHARED, fd, 0);
    close(fd);
    if (p != MAP_FAILED)
        face = p;
}

/* All hands of one moment. False while the clock is not held. */
static int held(struct moment *m)
{
    int64_t before;
    if (!face || !face->held)
        return 0;
    do {
        before = face->turning;
        *m = (struct moment){face->wall_ns, face->boot_ns, face->synchronised};
    } while (before % 2 || before != face->turning);
    return 1;
}

static struct timespec timespec_of(int64_t ns)
{
    return (struct timespec){.tv_sec = ns / SECOND_NS, .tv_nsec = ns % SECOND_NS};
}

int clock_gettime(clockid_t id, struct timespec *ts)
{
    struct moment m;
    int wall = id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE;
    if ((wall || id == CLOCK_BOOTTIME) && held(&m)) {
        *ts = timespec_of(wall ? m.wall_ns : m.boot_ns);
        return 0;
    }
    return (int)syscall(SYS_clock_gettime, id, ts);
}

int gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
    struct timespec ts;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &ts);
    *tv = (struct timeval){.tv_sec = ts.tv_sec, .tv_usec = ts.tv_nsec / 1000};
    return 0;
}

time_t time(time_t *t)
{
    struct timespec ts;
    clock_gettime(CLOCK_REALTIME, &ts);
    if (t)
        *t = ts.tv_sec;
    return ts.tv_sec;
}

int timespec_get(struct timespec *ts, int base)
{
    return base == TIME_UTC && clock_gettime(CLOCK_REALTIME, ts) == 0 ? base : 0;
}

/* Those of C11 are always until an instant of the wall clock. glibc's are those of POSIX. */
int cnd_timedwait(cnd_t *restrict c, mtx_t *restrict m, const struct timespec *restrict until)
{
    struct timespec wall, real;
    clock_gettime(CLOCK_REALTIME, &wall);
    clock_gettime(CLOCK_MONOTONIC, &real);
    int64_t left =
        (until->tv_sec - wall.tv_sec) * (int64_t)SECOND_NS + until->tv_nsec - wall.tv_nsec;
    real = timespec_of(real.tv_sec * (int64_t)SECOND_NS + real.tv_nsec + (left > 0 ? left : 0));
    int rc =
        pthread_cond_clockwait((pthread_cond_t *)c, (pthread_mutex_t *)m, CLOCK_MONOTONIC, &real);
    return rc == 0 ? thrd_success : rc == ETIMEDOUT ? thrd_timedout : thrd_error;
}

int timerfd_create(int id, int flags)
{
    int fd = (int)syscall(SYS_timerfd_create, id, flags);
    if (fd >= 0 && fd < TIMERS)
        on_wall[fd] = id == CLOCK_REALTIME;
    return fd;
}

/* Due: at once. Ahead: not at all. */
int timerfd_settime(int fd, int flags, const struct itimerspec *to, struct itimerspec *old)
{
    struct moment m;
    struct itimerspec when = {0};
    int64_t due = to->it_value.tv_sec * (int64_t)SECOND_NS + to->it_value.tv_nsec;
    if (fd < 0 || fd >= TIMERS || !on_wall[fd] || !(flags & TFD_TIMER_ABSTIME) || !held(&m))
        return (int)syscall(SYS_timerfd_settime, fd, flags, to, old);
    when.it_value.tv_nsec = due && due <= m.wall_ns;
    return (int)syscall(SYS_timerfd_settime, fd, 0, &when, old);
}

int adjtimex(struct timex *t)
{
    struct moment m;
    if (!held(&m))
        return (int)syscall(SYS_adjtimex, t);
    memset(t, 0, sizeof *t);
    t->status = m.synchronised ? 0 : STA_UNSYNC;
    return m.synchronised ? TIME_OK : TIME_ERROR;
}
