#include "service/doors/crowd.h"

#include "base/log.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct {
    _Atomic int reserve; /* -1: none, or a thread is using it */
    _Atomic uint64_t turned_away;
    uint64_t said; /* the service's thread only */
} crowd = {.reserve = -1};

static void take_reserve(void)
{
    int none = -1, fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (fd >= 0 && !atomic_compare_exchange_strong(&crowd.reserve, &none, fd))
        close(fd);
}

void crowd_open(void)
{
    take_reserve();
}

void crowd_close(void)
{
    int fd = atomic_exchange(&crowd.reserve, -1);
    if (fd >= 0)
        close(fd);
}

uint64_t crowd_turned_away(void)
{
    return crowd.turned_away;
}

void crowd_say(void)
{
    uint64_t n = crowd.turned_away;
    if (crowd.reserve < 0)
        take_reserve();
    if (n != crowd.said)
        hx_log(HX_LOG_ERROR, "event=no_descriptors turned_away=%" PRIu64, n - crowd.said);
    crowd.said = n;
}

static int turn_away(int door)
{
    int fd = atomic_exchange(&crowd.reserve, -1);
    if (fd >= 0) {
        close(fd);
        int newcomer = (int)syscall(SYS_accept4, door, NULL, NULL, SOCK_CLOEXEC);
        if (newcomer >= 0) {
            close(newcomer);
            crowd.turned_away++;
        }
    }
    take_reserve();
    errno = ECONNABORTED;
    return -1;
}

/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name) theirs are reserved */
int accept4(int door, struct sockaddr *from, socklen_t *size, int flags)
{
    int fd = (int)syscall(SYS_accept4, door, from, size, flags);
    return fd < 0 && (errno == EMFILE || errno == ENFILE) ? turn_away(door) : fd;
}
