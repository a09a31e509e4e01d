#include "service/doors/newcomers.h"

#include <arpa/inet.h>
#include <endian.h>
#include <netinet/in.h>
#include <string.h>

enum { WAYS = 8 };

/* What a bucket gets: its part of the rate, and how many seconds' tokens it holds. */
struct measure {
    float part, seconds;
};
static const struct measure known = {1, 2}, all_known = {4, 2}, strange = {.25F, 8},
                            all_strange = {1, 4};

static float most(const struct newcomers *n, struct measure m)
{
    return (float)n->rate * m.part * m.seconds;
}

void newcomers_init(struct newcomers *n, uint32_t rate, uint64_t seed)
{
    *n = (struct newcomers){.rate = rate, .seed = seed};
    n->all_known.level = most(n, all_known);
    n->all_strange.level = most(n, all_strange);
}

/* ---- addresses ---- */

/* As the /64 ffff:ffff:a:b::, from which nobody comes: it is multicast. */
#define V4 UINT64_C(0xffffffff00000000)

static uint64_t number_v4(const void *address)
{
    uint32_t a;
    memcpy(&a, address, sizeof a);
    return V4 | ntohl(a);
}

static uint64_t number_v6(const struct in6_addr *a)
{
    uint64_t prefix;
    if (IN6_IS_ADDR_V4MAPPED(a))
        return number_v4(&a->s6_addr[12]);
    memcpy(&prefix, a->s6_addr, sizeof prefix);
    return prefix ? be64toh(prefix) : 1; /* ::1 */
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

void newcomers_address_write(uint64_t address, char text[NEWCOMERS_TEXT])
{
    struct in6_addr v6 = {0};
    struct in_addr v4 = {.s_addr = htonl((uint32_t)address)};
    uint64_t prefix = htobe64(address);
    memcpy(v6.s6_addr, &prefix, sizeof prefix);
    bool is_v4 = (address & V4) == V4;
    inet_ntop(is_v4 ? AF_INET : AF_INET6, is_v4 ? (void *)&v4 : (void *)&v6, text, NEWCOMERS_TEXT);
}

/* ---- buckets ---- */

/* The splitmix64 finaliser. */
static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

/* The address's place among `size` buckets, or the one it may take over: of its set, the one that
 * has not been filled for the longest time. */
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

static struct newcomers_bucket *known_place(struct newcomers *n, uint64_t address)
{
    return place(n, n->known, NEWCOMERS_KNOWN, address);
}

static struct newcomers_bucket *strange_place(struct newcomers *n, uint64_t address)
{
    return place(n, n->strange, NEWCOMERS_STRANGE, address);
}

/* The place is this address's from now on; a new one is full. */
static void use(const struct newcomers *n, struct newcomers_bucket *b, uint64_t address,
                struct measure m)
{
    if (b->address != address)
        *b = (struct newcomers_bucket){.address = address, .level = most(n, m)};
}

/* A bucket that is asked now: at its level, with its measure. */
struct asked {
    struct newcomers_bucket *bucket;
    struct measure measure;
};

static void fill(const struct newcomers *n, struct asked a, float tokens, int64_t now_us)
{
    struct newcomers_bucket *b = a.bucket;
    float full = most(n, a.measure);
    b->level += tokens + (float)(now_us - b->at_us) / 1e6F * (float)n->rate * a.measure.part;
    b->level = b->level > full ? full : b->level;
    b->at_us = now_us;
}

static bool take_both(const struct newcomers *n, struct asked own, struct asked all, int64_t now_us)
{
    fill(n, own, 0, now_us);
    fill(n, all, 0, now_us);
    if (own.bucket->level < 1 || all.bucket->level < 1)
        return false;
    own.bucket->level -= 1;
    all.bucket->level -= 1;
    return true;
}

bool newcomers_take(struct newcomers *n, uint64_t address, int64_t now_us)
{
    if (!n->rate || !address)
        return true;
    struct newcomers_bucket *own = known_place(n, address);
    if (own->address == address)
        return take_both(n, (struct asked){own, known}, (struct asked){&n->all_known, all_known},
                         now_us);
    own = strange_place(n, address);
    use(n, own, address, strange);
    return take_both(n, (struct asked){own, strange}, (struct asked){&n->all_strange, all_strange},
                     now_us);
}

/* What is away of a bucket goes back to the others, and the bucket is nobody's. */
static void give_up(struct newcomers *n, struct newcomers_bucket *b, int64_t now_us)
{
    fill(n, (struct asked){b, strange}, 0, now_us);
    fill(n, (struct asked){&n->all_strange, all_strange}, most(n, strange) - b->level, now_us);
    *b = (struct newcomers_bucket){0};
}

bool newcomers_known(struct newcomers *n, uint64_t address, int64_t now_us)
{
    if (!n->rate || !address)
        return false;
    struct newcomers_bucket *own = known_place(n, address), *before = strange_place(n, address);
    bool new = own->address != address;
    use(n, own, address, known);
    fill(n, (struct asked){own, known}, 1, now_us);
    if (before->address == address)
        give_up(n, before, now_us);
    else if (!new)
        fill(n, (struct asked){&n->all_known, all_known}, 1, now_us);
    return new;
}
