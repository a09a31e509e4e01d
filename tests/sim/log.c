/* The daemon's log: kept for whoever looks into a run that failed. */
#include "base/log.h"

#include "sim/sim.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { LINES = 64, LINE = 400 };

static char lines[LINES][LINE];
static size_t n_lines;

HX_PRINTF(2, 0)
static void keep(enum hx_log_level level, const char *fmt, va_list ap)
{
    char *line = lines[n_lines++ % LINES];
    int n = snprintf(line, LINE, "%10lld.%06lld %d ", (long long)(sim.now_us / SIM_SECOND),
                     (long long)(sim.now_us % SIM_SECOND), (int)level);
    vsnprintf(line + n, LINE - (size_t)n, fmt, ap);
    if (sim.verbose)
        fprintf(stderr, "%s\n", line);
}

void hx_log_level_set(enum hx_log_level least)
{
    (void)least;
}

void hx_log(enum hx_log_level level, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    keep(level, fmt, ap);
    va_end(ap);
}

void hx_log_errno(enum hx_log_level level, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    keep(level, fmt, ap);
    va_end(ap);
}

void sim_log_print(void)
{
    for (size_t i = n_lines > LINES ? n_lines - LINES : 0; i < n_lines; i++)
        fprintf(stderr, "%s\n", lines[i % LINES]);
}
