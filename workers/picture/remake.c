#include "picture/remake.h"

#include "base/log.h"
#include "picture/confine.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { INPUT_MAX = 64 << 20, OUTPUT_MAX = 64 << 20 };

/* What the process says in front of the picture; both run on one machine, from one program. */
struct verdict {
    int32_t rc;
    int32_t unconfined; /* 0, or the errno for which it could not be: it has looked at nothing */
    uint32_t size;
};

struct job {
    TAILQ_ENTRY(job) link;
    struct remaker *remaker;
    const uint8_t *bytes;
    size_t size, sent;
    remade_fn *fn;
    void *arg;
    pid_t pid; /* 0: it waits for its turn */
    int fd;
    struct event *event, *timer;
    struct evbuffer *in;
};

struct remaker {
    struct event_base *base;
    struct picture_limits limits;
    struct timeval most;    /* for one picture */
    TAILQ_HEAD(, job) jobs; /* oldest first */
    unsigned running;
};

/* ---- the end of a job ---- */

static void job_free(struct job *j)
{
    TAILQ_REMOVE(&j->remaker->jobs, j, link);
    if (j->event)
        event_free(j->event);
    if (j->timer)
        event_free(j->timer);
    if (j->in)
        evbuffer_free(j->in);
    if (j->fd >= 0)
        close(j->fd);
    if (j->pid) {
        kill(j->pid, SIGKILL); /* it has said all it has to say */
        while (waitpid(j->pid, NULL, 0) < 0 && errno == EINTR)
            ;
        j->remaker->running--;
    }
    free(j);
}

static void start_waiting(struct remaker *r);

static void finish(struct job *j, int err, const uint8_t *bytes, size_t size)
{
    struct remaker *r = j->remaker;
    j->fn(j->arg, err, bytes, size);
    job_free(j);
    start_waiting(r);
}

/* The other end is closed: what has it said? */
static void judge(struct job *j)
{
    struct verdict v;
    size_t size = evbuffer_get_length(j->in);
    if (evbuffer_remove(j->in, &v, sizeof v) != (int)sizeof v || size - sizeof v != v.size ||
        (v.rc == HX_OK) != (v.size > 0)) {
        finish(j, HX_INVALID, NULL, 0); /* it died of it */
        return;
    }
    if (v.unconfined) {
        errno = v.unconfined;
        hx_log_errno(HX_LOG_ERROR, "event=picture_not_confined");
    }
    const uint8_t *bytes = v.size ? evbuffer_pullup(j->in, -1) : NULL;
    if (v.size && !bytes)
        finish(j, HX_NOMEM, NULL, 0);
    else
        finish(j, v.rc, bytes, v.size);
}

/* ---- events ---- */

static bool send_more(struct job *j)
{
    while (j->sent < j->size) {
        ssize_t n = send(j->fd, j->bytes + j->sent, j->size - j->sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0)
            return errno == EAGAIN || errno == EINTR;
        j->sent += (size_t)n;
    }
    return shutdown(j->fd, SHUT_WR) == 0;
}

static void wait_for(struct job *j)
{
    short what = (short)(EV_READ | (j->sent < j->size ? EV_WRITE : 0));
    event_del(j->event);
    event_assign(j->event, j->remaker->base, j->fd, what, event_get_callback(j->event), j);
    event_add(j->event, NULL);
}

static void on_socket(evutil_socket_t fd, short what, void *arg)
{
    struct job *j = arg;
    if (what & EV_WRITE && !send_more(j))
        j->sent = j->size; /* it reads no more: it may have said why */
    if (what & EV_READ) {
        int n = evbuffer_read(j->in, fd, -1);
        if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR) ||
            evbuffer_get_length(j->in) > OUTPUT_MAX) {
            judge(j);
            return;
        }
    }
    wait_for(j);
}

static void on_timeout(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    finish(arg, HX_TIMEOUT, NULL, 0);
}

/* ---- the beginning of a job ---- */

/* Its socket is standard input and output; nothing else of ours is open there but the log. */
static int spawn(struct job *j, int theirs)
{
    char pixels[24], edge[16], seconds[24];
    posix_spawn_file_actions_t actions;
    snprintf(pixels, sizeof pixels, "%" PRIu64, j->remaker->limits.pixels);
    snprintf(edge, sizeof edge, "%" PRIu32, j->remaker->limits.edge);
    snprintf(seconds, sizeof seconds, "%lld", (long long)j->remaker->most.tv_sec + 2);
    char name[] = "hongxin-picture", option[] = "--remake";
    char *const argv[] = {name, option, pixels, edge, seconds, NULL};
    char *const env[] = {NULL};
    if (posix_spawn_file_actions_init(&actions) != 0)
        return HX_NOMEM;
    bool ready = posix_spawn_file_actions_adddup2(&actions, theirs, STDIN_FILENO) == 0 &&
                 posix_spawn_file_actions_adddup2(&actions, theirs, STDOUT_FILENO) == 0 &&
                 posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1) == 0;
    int rc = ready && posix_spawn(&j->pid, "/proc/self/exe", &actions, NULL, argv, env) == 0
                 ? HX_OK
                 : HX_IO;
    posix_spawn_file_actions_destroy(&actions);
    if (rc)
        j->pid = 0;
    return rc;
}

static int job_begin(struct job *j)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return HX_IO;
    j->fd = pair[0];
    evutil_make_socket_nonblocking(j->fd);
    int rc = spawn(j, pair[1]);
    close(pair[1]);
    if (rc)
        return rc;
    j->remaker->running++;
    j->in = evbuffer_new();
    j->event = event_new(j->remaker->base, j->fd, EV_READ | EV_WRITE, on_socket, j);
    j->timer = evtimer_new(j->remaker->base, on_timeout, j);
    return j->in && j->event && j->timer && event_add(j->event, NULL) == 0 &&
                   event_add(j->timer, &j->remaker->most) == 0
               ? HX_OK
               : HX_NOMEM;
}

/* From the loop, so that no callback comes before its start has returned. */
static void on_turn(evutil_socket_t fd, short what, void *arg)
{
    struct job *j = arg;
    (void)fd;
    (void)what;
    event_free(j->event);
    j->event = NULL;
    int rc = job_begin(j);
    if (rc)
        finish(j, rc, NULL, 0);
}

static void start_waiting(struct remaker *r)
{
    static const struct timeval now = {0, 0};
    struct job *j;
    unsigned begun = r->running;
    TAILQ_FOREACH(j, &r->jobs, link)
    {
        if (begun >= REMAKE_AT_ONCE)
            return;
        if (j->pid)
            continue;
        begun++;
        if (!j->event)
            j->event = evtimer_new(r->base, on_turn, j);
        if (j->event)
            event_add(j->event, &now);
    }
}

/* ---- the calls ---- */

static void on_tried(void *arg, int err, const uint8_t *bytes, size_t size)
{
    (void)arg;
    (void)err; /* nothing is no picture; what else there is to say is in the log */
    (void)bytes;
    (void)size;
}

int remaker_open(struct event_base *base, const struct picture_limits *limits, uint64_t most_ms,
                 struct remaker **out)
{
    struct remaker *r = calloc(1, sizeof *r);
    if (!r)
        return HX_NOMEM;
    r->base = base;
    r->limits = *limits;
    r->most = (struct timeval){(time_t)(most_ms / 1000), (suseconds_t)(most_ms % 1000 * 1000)};
    TAILQ_INIT(&r->jobs);
    int rc = remaker_start(r, NULL, 0, on_tried, NULL);
    if (rc)
        free(r);
    else
        *out = r;
    return rc;
}

void remaker_close(struct remaker *r)
{
    struct job *j, *next;
    for (j = r ? TAILQ_FIRST(&r->jobs) : NULL; j; j = next) {
        next = TAILQ_NEXT(j, link);
        j->fn(j->arg, HX_CLOSED, NULL, 0);
        job_free(j);
    }
    free(r);
}

int remaker_start(struct remaker *r, const uint8_t *bytes, size_t size, remade_fn *fn, void *arg)
{
    struct job *j = calloc(1, sizeof *j);
    if (!j)
        return HX_NOMEM;
    *j = (struct job){.remaker = r, .bytes = bytes, .size = size, .fn = fn, .arg = arg, .fd = -1};
    TAILQ_INSERT_TAIL(&r->jobs, j, link);
    start_waiting(r);
    return HX_OK;
}

/* ---- the other side ---- */

static uint8_t *read_all(size_t *size)
{
    size_t room = 1 << 20;
    uint8_t *bytes = malloc(room);
    ssize_t n = 1;
    *size = 0;
    while (bytes && n > 0) {
        if (*size == room) {
            uint8_t *bigger = room < INPUT_MAX ? realloc(bytes, room *= 2) : NULL;
            if (!bigger)
                free(bytes);
            bytes = bigger;
            continue;
        }
        n = read(STDIN_FILENO, bytes + *size, room - *size);
        *size += n > 0 ? (size_t)n : 0;
    }
    return bytes;
}

static bool write_all(const void *bytes, size_t size)
{
    const uint8_t *p = bytes;
    while (size > 0) {
        ssize_t n = send(STDOUT_FILENO, p, size, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        p += n;
        size -= (size_t)n;
    }
    return true;
}

/* Ends at once: what exit() might do needs rights, and what a sanitizer does before _exit() too. */
static int leave(bool told)
{
    return (int)syscall(SYS_exit_group, told ? EXIT_SUCCESS : EXIT_FAILURE);
}

int remake_main(int argc, char **argv)
{
    struct verdict v = {.rc = HX_NOMEM};
    uint8_t *made = NULL;
    size_t size, made_size = 0;
    if (argc != 5)
        return EXIT_FAILURE;
    const struct picture_limits limits = {.pixels = strtoull(argv[2], NULL, 10),
                                          .edge = (uint32_t)strtoul(argv[3], NULL, 10)};
    /* The time on the processor is longer than the one that the other side waits: it is there for
     * when nobody waits any more, and what is too slow is told as that, not as a picture that is
     * broken. */
    if (!picture_confine(strtoull(argv[4], NULL, 10))) {
        v = (struct verdict){.rc = HX_IO, .unconfined = errno};
        return leave(write_all(&v, sizeof v));
    }
    uint8_t *bytes = read_all(&size);
    if (bytes)
        v.rc = picture_remake(bytes, size, &limits, &made, &made_size);
    v.size = (uint32_t)made_size;
    bool told = write_all(&v, sizeof v) && write_all(made, made_size);
    free(made);
    free(bytes);
    return leave(told);
}
