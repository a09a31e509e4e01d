#include "store/key.h"

#include <sodium.h>

enum { HASHED = 0xFF, HASH_SIZE = 32 }; /* 0xFF begins no UTF-8 text */

static void add_hash(struct key *k, const char *first, const char *second)
{
    crypto_generichash_state h;
    uint8_t *out = k->bytes + k->size + 1;
    k->bytes[k->size] = HASHED;
    crypto_generichash_init(&h, NULL, 0, HASH_SIZE);
    crypto_generichash_update(&h, (const uint8_t *)first, strlen(first) + 1);
    if (second)
        crypto_generichash_update(&h, (const uint8_t *)second, strlen(second));
    crypto_generichash_final(&h, out, HASH_SIZE);
    k->size += 1 + HASH_SIZE;
}

static void add_texts(struct key *k, const char *first, const char *second)
{
    size_t a = strlen(first), b = second ? strlen(second) : 0;
    if (a + b >= KEY_TEXT_MAX || (uint8_t)first[0] == HASHED) {
        add_hash(k, first, second);
        return;
    }
    memcpy(k->bytes + k->size, first, a + 1); /* with its NUL, which separates */
    k->size += a + 1;
    memcpy(k->bytes + k->size, second ? second : "", b);
    k->size += b;
}

void key_pair(struct key *k, const char *first, const char *second)
{
    k->size = 0;
    add_texts(k, first, second);
}

void key_text(struct key *k, const char *text)
{
    k->size = 0;
    add_texts(k, text, NULL);
}

void key_open(struct key *k, char kind, const char *id)
{
    k->bytes[0] = (uint8_t)kind;
    k->size = 1;
    add_texts(k, id, NULL);
}

void key_add64(struct key *k, uint64_t v)
{
    be64_put(k->bytes + k->size, v);
    k->size += 8;
}

void key_after(struct key *k, MDB_val key)
{
    k->size = key.mv_size;
    memcpy(k->bytes, key.mv_data, key.mv_size);
    if (k->size < KEY_MAX) {
        k->bytes[k->size++] = 0;
        return;
    }
    while (k->size && ++k->bytes[k->size - 1] == 0)
        k->size--;
}
