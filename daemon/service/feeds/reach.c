#include "service/feeds/reach.h"

#include "base/log.h"
#include "service/limits.h"
#include <stdlib.h>
#include <string.h>

struct reach_receiver {
    char name[HX_ID_MAX];
    uint32_t connected;
    uint64_t acked; /* by whichever of its subscribers is furthest */
};

void reach_init(struct reach *r)
{
    *r = (struct reach){0};
}

void reach_fini(struct reach *r)
{
    free(r->list);
    *r = (struct reach){0};
}

static const char bridge[] = "road:";

static bool is_bridge(const char *name)
{
    return strncmp(name, bridge, sizeof bridge - 1) == 0;
}

static bool take_name(const char *from, char name[HX_ID_MAX])
{
    size_t n = strcspn(from, "/");
    if (n == 0 || n >= HX_ID_MAX)
        return false;
    memcpy(name, from, n);
    name[n] = '\0';
    return true;
}

/* "company:P-07/desk-2" → "P-07", "city/desk" → "city", "road:voice/2" → "road:voice". False when
 * it is no receiver's name. */
static bool receiver_name(const char *subscriber, char name[HX_ID_MAX])
{
    static const char *const roles[] = {
        "company:", "holder:", "community:", "street:", "grid:", "unit:"};
    const char *city = strncmp(subscriber, "supervisor:", 11) == 0 ? subscriber + 11 : subscriber;
    if (is_bridge(subscriber))
        return take_name(subscriber, name);
    if (strncmp(city, "city", 4) == 0 && (city[4] == '\0' || city[4] == '/'))
        return take_name(city, name);
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++) {
        size_t role = strlen(roles[i]);
        if (strncmp(subscriber, roles[i], role) == 0)
            return take_name(subscriber + role, name);
    }
    return false;
}

/* Position of the name, or where it would stand. */
static size_t position(const struct reach *r, const char *name)
{
    size_t low = 0, high = r->n;
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (strcmp(r->list[mid].name, name) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static struct reach_receiver *find(const struct reach *r, const char *name)
{
    size_t i = position(r, name);
    return i < r->n && strcmp(r->list[i].name, name) == 0 ? &r->list[i] : NULL;
}

static bool grow(struct reach *r)
{
    if (r->n < r->cap)
        return true;
    size_t cap = r->cap ? 2 * r->cap : 64;
    struct reach_receiver *list =
        r->n < LIMIT_RECEIVERS ? realloc(r->list, cap * sizeof *list) : NULL;
    if (!list)
        return false;
    r->list = list;
    r->cap = cap;
    return true;
}

static struct reach_receiver *add(struct reach *r, const char *name)
{
    if (!grow(r))
        return NULL;
    size_t i = position(r, name);
    memmove(&r->list[i + 1], &r->list[i], (r->n - i) * sizeof *r->list);
    r->n++;
    r->list[i] = (struct reach_receiver){0};
    memcpy(r->list[i].name, name, strlen(name) + 1);
    r->down++; /* until the caller has counted its subscriber */
    return &r->list[i];
}

void reach_up(struct reach *r, const char *subscriber)
{
    char name[HX_ID_MAX];
    if (!receiver_name(subscriber, name))
        return;
    struct reach_receiver *known = find(r, name);
    if (!known)
        known = add(r, name);
    if (known && known->connected++ == 0) {
        r->down--;
        hx_log(HX_LOG_INFO, "event=holder_up holder=%s", name);
    }
}

void reach_down(struct reach *r, const char *subscriber)
{
    char name[HX_ID_MAX];
    if (!receiver_name(subscriber, name))
        return;
    struct reach_receiver *known = find(r, name);
    if (known && known->connected && --known->connected == 0) {
        r->down++;
        hx_log(HX_LOG_WARN, "event=holder_down holder=%s", name);
    }
}

void reach_acked(struct reach *r, const char *subscriber, uint64_t lsn)
{
    char name[HX_ID_MAX];
    struct reach_receiver *known = receiver_name(subscriber, name) ? find(r, name) : NULL;
    if (known && lsn > known->acked)
        known->acked = lsn;
}

enum hx_reach reach_of(void *ctx, const char *id)
{
    const struct reach *r = ctx;
    const struct reach_receiver *known = r->n ? find(r, id) : NULL;
    if (r->n > 1 && r->down == r->n)
        return HX_REACH_OURS;
    if (!known)
        return is_bridge(id) ? HX_REACH_DOWN : HX_REACH_UP;
    return known->connected ? HX_REACH_UP : HX_REACH_DOWN;
}

enum hx_reach reach_fetched(void *ctx, const char *id, uint64_t lsn)
{
    const struct reach *r = ctx;
    const struct reach_receiver *known = r->n ? find(r, id) : NULL;
    if (known && known->acked >= lsn)
        return HX_REACH_FETCHED;
    enum hx_reach now = reach_of(ctx, id);
    return !known && now == HX_REACH_UP ? HX_REACH_UNKNOWN : now;
}
