#include "service/doors/crowd.h"

#include "base/log.h"
#include "service/doors/known_file.h"
#include "service/doors/newcomers.h"
#include "service/timebase.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { SAY_US = 60000000, KEEP_US = 60000000, PATH_MAX_BYTES = 1024 };

static struct {
    _Atomic int reserve; /* -1: none, or a thread is using it */
    _Atomic uint64_t turned_away, strangers;
    pthread_mutex_t lock; /* of `newcomers` and `learnt` */
    struct newcomers newcomers;
    bool learnt; /* an address that the file does not hold yet */
    /* the service's thread only */
    uint64_t said, said_strangers;
    int64_t said_us, kept_us;
    char known_file[PATH_MAX_BYTES]; /* "": none */
} crowd = {.reserve = -1, .lock = PTHREAD_MUTEX_INITIALIZER};

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

/* The known addresses, if the file lacks one of them. */
static bool learnt(uint64_t addresses[NEWCOMERS_KNOWN], size_t *n)
{
    *n = 0;
    pthread_mutex_lock(&crowd.lock);
    bool any = crowd.learnt;
    for (size_t i = 0; any && i < NEWCOMERS_KNOWN; i++)
        if (crowd.newcomers.known[i].address)
            addresses[(*n)++] = crowd.newcomers.known[i].address;
    crowd.learnt = false;
    pthread_mutex_unlock(&crowd.lock);
    return any;
}

static void keep_known(void)
{
    static uint64_t addresses[NEWCOMERS_KNOWN];
    size_t n;
    if (!*crowd.known_file || !learnt(addresses, &n))
        return;
    crowd.kept_us = mono_now_us();
    if (known_file_save(crowd.known_file, addresses, n) == HX_OK)
        return;
    hx_log_errno(HX_LOG_WARN, "event=known_addresses_not_kept file=%s", crowd.known_file);
    pthread_mutex_lock(&crowd.lock);
    crowd.learnt = true; /* again in a minute */
    pthread_mutex_unlock(&crowd.lock);
}

static void load_known(void)
{
    if (*crowd.known_file &&
        known_file_load(crowd.known_file, &crowd.newcomers, mono_now_us()) != HX_OK)
        hx_log_errno(HX_LOG_WARN, "event=known_addresses_not_read file=%s", crowd.known_file);
}

void crowd_limit(uint32_t newcomers, const char *folder)
{
    uint64_t seed;
    randombytes_buf(&seed, sizeof seed);
    if ((size_t)snprintf(crowd.known_file, sizeof crowd.known_file, "%s/known-addresses", folder) >=
        sizeof crowd.known_file)
        *crowd.known_file = '\0';
    pthread_mutex_lock(&crowd.lock);
    newcomers_init(&crowd.newcomers, newcomers, seed);
    load_known();
    crowd.learnt = false;
    pthread_mutex_unlock(&crowd.lock);
    crowd.kept_us = 0;
}

void crowd_unlimit(void)
{
    keep_known();
    *crowd.known_file = '\0';
    pthread_mutex_lock(&crowd.lock);
    newcomers_init(&crowd.newcomers, 0, 0);
    pthread_mutex_unlock(&crowd.lock);
}

void crowd_known(const char *address, size_t size)
{
    uint64_t number = newcomers_address_text(address, size);
    pthread_mutex_lock(&crowd.lock);
    if (newcomers_known(&crowd.newcomers, number, mono_now_us()))
        crowd.learnt = true;
    pthread_mutex_unlock(&crowd.lock);
}

uint64_t crowd_strangers(void)
{
    return crowd.strangers;
}

uint64_t crowd_turned_away(void)
{
    return crowd.turned_away;
}

static void say_strangers(void)
{
    uint64_t n = crowd.strangers;
    int64_t now = mono_now_us();
    if (n == crowd.said_strangers || (crowd.said_us && now < crowd.said_us + SAY_US))
        return;
    hx_log(HX_LOG_WARN, "event=too_many_strangers turned_away=%" PRIu64, n - crowd.said_strangers);
    crowd.said_strangers = n;
    crowd.said_us = now;
}

void crowd_say(void)
{
    say_strangers();
    if (!crowd.kept_us || mono_now_us() >= crowd.kept_us + KEEP_US)
        keep_known();
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

/* Without an answer to the other side's last bytes: nothing of it stays in the kernel. */
static void hang_up(int fd)
{
    const struct linger at_once = {.l_onoff = 1};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(fd);
    crowd.strangers++;
}

static bool may_come(const struct sockaddr *from)
{
    pthread_mutex_lock(&crowd.lock);
    bool may = newcomers_take(&crowd.newcomers, newcomers_address(from), mono_now_us());
    pthread_mutex_unlock(&crowd.lock);
    return may;
}

/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name) theirs are reserved */
int accept4(int door, struct sockaddr *from, socklen_t *size, int flags)
{
    struct sockaddr_storage who = {.ss_family = AF_UNSPEC};
    socklen_t n = sizeof who;
    int fd = (int)syscall(SYS_accept4, door, &who, &n, flags);
    if (fd < 0)
        return errno == EMFILE || errno == ENFILE ? turn_away(door) : fd;
    if (!may_come((struct sockaddr *)&who)) {
        hang_up(fd);
        errno = ECONNABORTED;
        return -1;
    }
    if (from && size)
        memcpy(from, &who, *size < n ? *size : n);
    if (size)
        *size = n;
    return fd;
}
