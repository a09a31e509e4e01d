/* The second pair of hands, on the spot: in place of daemon/service/helper.c. A run is a function
 * of its seed, and a thread would not be. */
#include "service/helper.h"

#include <stddef.h>

static uint64_t given;

int helper_open(struct helper **out)
{
    *out = NULL;
    return HX_OK;
}

void helper_close(struct helper *h)
{
    (void)h;
}

uint64_t helper_give(struct helper *h, void (*work)(void *ctx), void *ctx)
{
    (void)h;
    work(ctx);
    return ++given;
}

void helper_wait(struct helper *h, uint64_t piece)
{
    (void)h;
    (void)piece;
}

bool helper_cancel(struct helper *h, uint64_t piece)
{
    (void)h;
    (void)piece;
    return false;
}
