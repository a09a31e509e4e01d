#include "http/rate.h"

#include "base/text.h"
#include <arpa/inet.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { SETS = 1024, WAYS = 4, KEY_MAX = 64 };

/* Tokens are counted in units of which `per_ms` are one, so that whole numbers do. */
struct bucket {
    char key[KEY_MAX];
    uint64_t units;
    int64_t at;
};

struct http_rates {
    uint64_t tokens, per_ms, burst;
    struct bucket buckets[SETS][WAYS];
};

struct http_rates *http_rates_new(uint64_t tokens, uint64_t per_ms, uint64_t burst)
{
    struct http_rates *r = calloc(1, sizeof *r);
    if (r) {
        r->tokens = tokens;
        r->per_ms = per_ms;
        r->burst = burst;
    }
    return r;
}

void http_rates_free(struct http_rates *r)
{
    free(r);
}

/* FNV-1a: who could choose addresses that collide only shares a bucket's set with himself. */
static size_t set_of(const char *key)
{
    uint32_t h = 2166136261U;
    for (; *key; key++)
        h = (h ^ (unsigned char)*key) * 16777619U;
    return h % SETS;
}

static void refill(const struct http_rates *r, struct bucket *b, int64_t now)
{
    uint64_t passed = now > b->at ? (uint64_t)(now - b->at) : 0, most = r->burst * r->per_ms;
    uint64_t room = most - b->units;
    b->units += passed > room / r->tokens ? room : passed * r->tokens;
    b->at = now;
}

/* An IPv6 address counts as its network: whoever has one has the 2^64 addresses of a /64. */
static const char *network_of(const char *key, char text[KEY_MAX])
{
    struct in6_addr address;
    const char *zone = strchr(key, '%'); /* fe80::1%eth0 */
    if (!strchr(key, ':'))
        return key;
    hx_text_put(text, KEY_MAX, key);
    if (zone && zone - key < KEY_MAX)
        text[zone - key] = '\0';
    if (inet_pton(AF_INET6, text, &address) != 1)
        return key;
    if (IN6_IS_ADDR_V4MAPPED(&address))
        return inet_ntop(AF_INET, &address.s6_addr[12], text, KEY_MAX);
    memset(&address.s6_addr[8], 0, 8);
    return inet_ntop(AF_INET6, &address, text, KEY_MAX);
}

static struct bucket *find(struct http_rates *r, const char *name, int64_t now)
{
    char text[KEY_MAX];
    const char *key = network_of(name, text);
    struct bucket *set = r->buckets[set_of(key)], *oldest = set;
    for (struct bucket *b = set; b < set + WAYS; b++) {
        if (strncmp(b->key, key, KEY_MAX - 1) == 0)
            return b;
        if (!*b->key || (*oldest->key && b->at < oldest->at))
            oldest = b;
    }
    hx_text_put(oldest->key, KEY_MAX, key);
    oldest->units = r->burst * r->per_ms;
    oldest->at = now;
    return oldest;
}

static uint64_t lacking(const struct http_rates *r, const struct bucket *b)
{
    return b->units >= r->per_ms ? 0 : (r->per_ms - b->units + r->tokens - 1) / r->tokens;
}

uint64_t http_rates_look(struct http_rates *r, const char *key, int64_t now)
{
    struct bucket *b = find(r, key, now);
    refill(r, b, now);
    return lacking(r, b);
}

uint64_t http_rates_take(struct http_rates *r, const char *key, int64_t now)
{
    struct bucket *b = find(r, key, now);
    refill(r, b, now);
    uint64_t ms = lacking(r, b);
    if (ms == 0)
        b->units -= r->per_ms;
    return ms;
}
