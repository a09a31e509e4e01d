/* Progress on standard error. */
#include "cli/progress.h"
#include "base/now.h"
#include "cli/link.h"
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

enum { FIRST_MS = 2000, AGAIN_MS = 500, AGAIN_PLAIN_MS = 10000 };

void progress_begin(struct progress *p)
{
    *p = (struct progress){.begun = hx_mono_ms(), .terminal = isatty(STDERR_FILENO)};
}

void progress_show(struct progress *p, uint64_t at, uint64_t size, uint64_t rows)
{
    int64_t now = hx_mono_ms();
    int64_t every = p->terminal ? AGAIN_MS : AGAIN_PLAIN_MS;

    if (now - p->begun < FIRST_MS || (p->shown && now - p->shown < every))
        return;
    p->shown = now;
    fprintf(stderr, p->terminal ? "\r\033[K" : "");
    if (size)
        fprintf(stderr, "%3.0f %%  ", 100.0 * (double)at / (double)size);
    fprintf(stderr, "%" PRIu64 " rows, %.0f/s%s", rows,
            1000.0 * (double)rows / (double)(now - p->begun), p->terminal ? "" : "\n");
    fflush(stderr);
    p->open = p->terminal;
}

void progress_end(struct progress *p)
{
    if (p->open)
        fprintf(stderr, "\r\033[K");
    p->open = false;
}
