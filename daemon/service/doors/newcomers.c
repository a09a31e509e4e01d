#include "service/doors/newcomers.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

enum { BURST_S = 2, WAYS = 8, SHARE = 4 };

void newcomers_init(struct newcomers *n, uint32_t rate, uint64_t seed)
{
    *n = (struct newcomers){.rate = rate, .seed = seed};
    n->all_strange.level = (float)(BURST_S * (uint64_t)rate);
}

/* ---- addresses ---- */

static uint64_t number_v4(const void *address)
{
    uint32_t a;
    memcpy(&a, address, sizeof a);
    return UINT64_C(1) << 32 | a;
}

static uint64_t number_v6(const struct in6_addr *a)
{
    uint64_t prefix;
    if (IN6_IS_ADDR_V4MAPPED(a))
        return number_v4(&a->s6_addr[12]);
    memcpy(&prefix, a->s6_addr, sizeof prefix);
    return prefix ? prefix : 1; /* ::1 */
}

uint64_t newcomers_address(const struct sockaddr *from)
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    switch (from->sa_family) {
    case AF_INET:
        memcpy(&v4, from, sizeof v4);
        return number_v4(&v4.sin_addr);
    case AF_INET6:
        memcpy(&v6, from, sizeof v6);
        return number_v6(&v6.sin6_addr);
    default:
        return 0;
    }
}

uint64_t newcomers_address_text(const char *text, size_t size)
{
    char address[INET6_ADDRSTRLEN];
    struct in_addr v4;
    struct in6_addr v6;
    const char *zone = memchr(text, '%', size); /* fe80::1%eth0 */
    size = zone ? (size_t)(zone - text) : size;
    if (size >= sizeof address)
        return 0;
    memcpy(address, text, size);
    address[size] = '\0';
    if (inet_pton(AF_INET, address, &v4) == 1)
        return number_v4(&v4);
    return inet_pton(AF_INET6, address, &v6) == 1 ? number_v6(&v6) : 0;
}

/* ---- buckets ---- */

static void fill(struct newcomers_bucket *b, float rate, int64_t now_us)
{
    float most = BURST_S * rate;
    b->level += (float)(now_us - b->at_us) / 1e6F * rate;
    b->level = b->level > most ? most : b->level;
    b->at_us = now_us;
}

static bool has(struct newcomers_bucket *b, float rate, int64_t now_us)
{
    fill(b, rate, now_us);
    return b->level >= 1;
}

/* The splitmix64 finaliser. */
static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

/* The address's place among `n` buckets, or the one it may take over: the longest unused of a few.
 */
static struct newcomers_bucket *place(const struct newcomers *n, struct newcomers_bucket *buckets,
                                      size_t size, uint64_t address)
{
    size_t first = mix(address + n->seed) % (size / WAYS) * WAYS;
    struct newcomers_bucket *oldest = &buckets[first];
    for (size_t i = first; i < first + WAYS; i++) {
        if (buckets[i].address == address)
            return &buckets[i];
        if (buckets[i].at_us < oldest->at_us)
            oldest = &buckets[i];
    }
    return oldest;
}

static struct newcomers_bucket *bucket_of(const struct newcomers *n,
                                          struct newcomers_bucket *buckets, size_t size,
                                          uint64_t address)
{
    struct newcomers_bucket *b = place(n, buckets, size, address);
    if (b->address != address)
        *b = (struct newcomers_bucket){.address = address, .level = (float)(BURST_S * n->rate)};
    return b;
}

bool newcomers_take(struct newcomers *n, uint64_t address, int64_t now_us)
{
    float rate = (float)n->rate;
    if (!n->rate || !address)
        return true;
    struct newcomers_bucket *own = place(n, n->known, NEWCOMERS_KNOWN, address);
    if (own->address == address) {
        bool may = has(own, rate, now_us);
        own->level -= (float)may;
        return may;
    }
    own = bucket_of(n, n->strange, NEWCOMERS_STRANGE, address);
    bool may = has(own, rate / SHARE, now_us), room = has(&n->all_strange, rate, now_us);
    own->level -= (float)(may && room);
    n->all_strange.level -= (float)(may && room);
    return may && room;
}

void newcomers_known(struct newcomers *n, uint64_t address, int64_t now_us)
{
    if (!n->rate || !address)
        return;
    bool new = place(n, n->known, NEWCOMERS_KNOWN, address)->address != address;
    struct newcomers_bucket *own = bucket_of(n, n->known, NEWCOMERS_KNOWN, address);
    own->level += 1;
    fill(own, (float)n->rate, now_us);
    if (new) /* its token was the strangers' */
        n->all_strange.level += 1;
}
