/* Keys: how each is built, and numbers in them (big-endian, so that they sort). FORMAT.md says the
 * same in words. */
#ifndef STORE_KEY_H
#define STORE_KEY_H

#include <endian.h>
#include <lmdb.h>
#include <stdint.h>
#include <string.h>

enum {
    KEY_MAX = 511,      /* LMDB's limit */
    KEY_TEXT_MAX = 448, /* longer texts are hashed; leaves room for numbers behind them */
};

struct key {
    size_t size;
    uint8_t bytes[KEY_MAX];
};

static inline void be64_put(uint8_t *p, uint64_t v)
{
    v = htobe64(v);
    memcpy(p, &v, sizeof v);
}

static inline uint64_t be64_get(const void *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return be64toh(v);
}

static inline MDB_val val_of(const void *p, size_t size)
{
    return (MDB_val){.mv_size = size, .mv_data = (void *)(uintptr_t)p};
}

static inline MDB_val key_val(const struct key *k)
{
    return val_of(k->bytes, k->size);
}

/* first NUL second; 0xFF and BLAKE2b-256 of it when that is too long. */
void key_pair(struct key *k, const char *first, const char *second);

/* text NUL; hashed likewise. */
void key_text(struct key *k, const char *text);

/* kind text NUL: row of `open` without its case. kind is 'a' (all), 'p' (place) or 'h' (holder). */
void key_open(struct key *k, char kind, const char *id);

/* Appends a number. */
void key_add64(struct key *k, uint64_t v);

/* The next key that there can be; that of a damaged row may have any size up to KEY_MAX. */
void key_after(struct key *k, MDB_val key);

#endif
