#include "base/log.h"

#include "base/utf8.h"
#include "hongxin/instant.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static _Atomic int least_level = HX_LOG_INFO;

void hx_log_level_set(enum hx_log_level least)
{
    least_level = least;
}

/* One write per line, so that lines of several threads or processes do not mix. */
HX_PRINTF(3, 0)
static void emit(enum hx_log_level level, int err, const char *fmt, va_list ap)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};
    char line[1024], stamp[HX_INSTANT_TEXT];
    struct timespec ts;
    clock_gettime(CLOCK_REALTIME, &ts);
    hx_instant_format(ts.tv_sec * HX_SECOND + ts.tv_nsec / 1000000, 0, stamp);
    size_t n = (size_t)snprintf(line, sizeof line, "t=%s level=%s ", stamp, names[level]);
    int more = vsnprintf(line + n, sizeof line - n, fmt, ap);
    n += more > 0 ? (size_t)more : 0;
    if (err && n < sizeof line) {
        more = snprintf(line + n, sizeof line - n, " errno=%d \"%s\"", err, strerror(err));
        n += more > 0 ? (size_t)more : 0;
    }
    if (n > sizeof line - 2)
        n = sizeof line - 2;
    n = hx_utf8_line(line, n); /* what somebody calls himself makes no line of its own */
    line[n++] = '\n';
    ssize_t rc = write(STDERR_FILENO, line, n);
    (void)rc; /* there is nowhere left to report it */
}

void hx_log(enum hx_log_level level, const char *fmt, ...)
{
    int saved = errno;
    if ((int)level >= least_level) {
        va_list ap;
        va_start(ap, fmt);
        emit(level, 0, fmt, ap);
        va_end(ap);
    }
    errno = saved;
}

void hx_log_errno(enum hx_log_level level, const char *fmt, ...)
{
    int saved = errno;
    if ((int)level >= least_level) {
        va_list ap;
        va_start(ap, fmt);
        emit(level, saved, fmt, ap);
        va_end(ap);
    }
    errno = saved;
}
