#include "board/sign/tries.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS = 8192, WAYS = 8 };

struct row {
    uint64_t key; /* 0: free */
    unsigned wrong;
    int64_t last, until;
};

struct tries {
    uint8_t secret[crypto_shorthash_KEYBYTES]; /* nobody can aim at another one's row */
    struct row rows[SLOTS];
};

struct tries *tries_new(void)
{
    struct tries *t = calloc(1, sizeof *t);
    if (t)
        randombytes_buf(t->secret, sizeof t->secret);
    return t;
}

void tries_free(struct tries *t)
{
    free(t);
}

static uint64_t key_of(const struct tries *t, const char *name, const char *address)
{
    uint8_t text[512];
    uint64_t key = 0;
    size_t a = strnlen(name, 200), b = strnlen(address, 100);
    memcpy(text, name, a);
    text[a] = '\0';
    memcpy(text + a + 1, address, b);
    crypto_shorthash((uint8_t *)&key, text, a + 1 + b, t->secret);
    return key ? key : 1;
}

/* Its row, or with `make` the one that is free or longest quiet. */
static struct row *find(struct tries *t, uint64_t key, int make)
{
    struct row *set = &t->rows[key % (SLOTS / WAYS) * WAYS], *oldest = set;
    for (int i = 0; i < WAYS; i++) {
        if (set[i].key == key)
            return &set[i];
        if (!set[i].key || (oldest->key && set[i].last < oldest->last))
            oldest = &set[i];
    }
    if (!make)
        return NULL;
    *oldest = (struct row){.key = key};
    return oldest;
}

static int64_t wait_of(struct tries *t, uint64_t key, int64_t now)
{
    const struct row *r = find(t, key, 0);
    return r && r->until > now ? r->until - now : 0;
}

int64_t tries_wait(struct tries *t, const char *name, const char *address, int64_t now)
{
    int64_t one = wait_of(t, key_of(t, name, address), now),
            all = wait_of(t, key_of(t, name, ""), now);
    return one > all ? one : all;
}

static void count(struct tries *t, uint64_t key, unsigned most, int64_t now)
{
    struct row *r = find(t, key, 1);
    if (now - r->last > TRIES_FORGET_MS)
        r->wrong = 0;
    r->last = now;
    if (++r->wrong < most)
        return;
    int64_t wait = TRIES_WAIT_MS;
    for (unsigned i = most; i < r->wrong && wait < TRIES_WAIT_MOST_MS; i++)
        wait *= 2;
    r->until = now + (wait < TRIES_WAIT_MOST_MS ? wait : TRIES_WAIT_MOST_MS);
}

void tries_wrong(struct tries *t, const char *name, const char *address, int64_t now)
{
    count(t, key_of(t, name, address), TRIES_ADDRESS, now);
    count(t, key_of(t, name, ""), TRIES_NAME, now);
}

void tries_right(struct tries *t, const char *name, const char *address)
{
    struct row *r = find(t, key_of(t, name, address), 0);
    if (r)
        *r = (struct row){0};
}
