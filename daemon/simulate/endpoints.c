#include "simulate/endpoints.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

/* "company:P-07" and "P-07" are the same receiver; "road:voice" is a bridge; "*" is everybody. */
static const char *bare(const char *name)
{
    const char *colon = strchr(name, ':');
    return colon && strncmp(name, "road:", 5) != 0 ? colon + 1 : name;
}

static bool is(const struct endpoint *e, const char *name)
{
    return strcmp(e->name, name) == 0;
}

enum hx_reach endpoints_reach(void *ctx, const char *id)
{
    const struct endpoints *all = ctx;
    enum hx_reach r = HX_REACH_UP;
    for (size_t i = 0; i < all->n; i++) {
        const struct endpoint *e = &all->list[i];
        if (e->down && is(e, "*"))
            return HX_REACH_OURS;
        if (e->down && is(e, id))
            r = HX_REACH_DOWN;
    }
    return r;
}

enum hx_reach endpoints_fetched(void *ctx, const char *id, uint64_t lsn)
{
    const struct endpoints *all = ctx;
    enum hx_reach r = endpoints_reach(ctx, id);
    (void)lsn;
    for (size_t i = 0; i < all->n; i++)
        if (all->list[i].slow && (is(&all->list[i], id) || is(&all->list[i], "*")))
            return r;
    return r == HX_REACH_UP ? HX_REACH_FETCHED : r;
}

int endpoints_set(struct endpoints *all, const struct scenario_action *a, const char *scenario,
                  char problem[512])
{
    const char *name = bare(a->name);
    struct endpoint *e = NULL;
    for (size_t i = 0; i < all->n; i++)
        if (is(&all->list[i], name))
            e = &all->list[i];
    if (!e && all->n == ENDPOINTS_MAX) {
        snprintf(problem, 512, "%.200s:%zu: more than %d endpoints", scenario, a->line,
                 ENDPOINTS_MAX);
        return HX_INVALID;
    }
    if (!e) {
        e = &all->list[all->n++];
        hx_text_put(e->name, sizeof e->name, name);
    }
    e->down = strcmp(a->state, "down") == 0;
    e->slow = strcmp(a->state, "slow") == 0;
    return HX_OK;
}
