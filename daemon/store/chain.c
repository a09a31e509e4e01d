/* Since version 3 libcrypto wants EVP instead of SHA256_*: but that takes memory with each restart,
 * of which the chain would stop, while these have the state in the caller's memory and cannot fail.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "store/chain.h"

#include "store/key.h"
#include <string.h>

enum { SIGNED = 20 + 16 + 2 * HX_CHAIN_HASH };

static void feed(struct hx_chain *c, const void *bytes, size_t size)
{
    (void)SHA256_Update(&c->state, bytes, size);
}

void hx_chain_resume(struct hx_chain *c, const uint8_t before[HX_CHAIN_HASH], uint64_t from)
{
    memmove(c->before, before, HX_CHAIN_HASH);
    c->from = c->next = from;
    (void)SHA256_Init(&c->state);
    feed(c, c->before, HX_CHAIN_HASH);
}

void hx_chain_begin(struct hx_chain *c, const char *epoch, uint64_t from)
{
    static const char about[] = "hongxin journal";
    uint8_t first[HX_CHAIN_HASH];
    (void)SHA256_Init(&c->state);
    feed(c, about, sizeof about - 1);
    feed(c, epoch, strlen(epoch));
    hx_chain_hash(c, first);
    hx_chain_resume(c, first, from);
}

void hx_chain_add(struct hx_chain *c, uint64_t lsn, const uint8_t *bytes, size_t size)
{
    uint8_t head[12];
    be64_put(head, lsn);
    for (int i = 0; i < 4; i++)
        head[8 + i] = (uint8_t)(size >> (24 - 8 * i));
    feed(c, head, sizeof head);
    feed(c, bytes, size);
    c->next = lsn + 1;
}

void hx_chain_hash(const struct hx_chain *c, uint8_t hash[HX_CHAIN_HASH])
{
    SHA256_CTX copy = c->state;
    (void)SHA256_Final(hash, &copy);
}

void hx_chain_key(const uint8_t salt[32], struct hx_chain_key *key)
{
    static const char about[] = "hongxin check-points";
    uint8_t seed[crypto_sign_SEEDBYTES];
    crypto_generichash(seed, sizeof seed, (const uint8_t *)about, sizeof about - 1, salt, 32);
    crypto_sign_seed_keypair(key->public_key, key->secret_key, seed);
    sodium_memzero(seed, sizeof seed);
}

static void signed_text(const Hongxin__V1__CheckPointFact *f, uint8_t text[SIGNED])
{
    memcpy(text, "hongxin check-point\0", 20);
    be64_put(text + 20, f->from_lsn);
    be64_put(text + 28, f->upto_lsn);
    memcpy(text + 36, f->before.data, HX_CHAIN_HASH);
    memcpy(text + 36 + HX_CHAIN_HASH, f->hash.data, HX_CHAIN_HASH);
}

void hx_chain_point(const struct hx_chain *c, const struct hx_chain_key *key,
                    uint8_t hash[HX_CHAIN_HASH], uint8_t signature[crypto_sign_BYTES],
                    Hongxin__V1__CheckPointFact *f)
{
    uint8_t text[SIGNED];
    hx_chain_hash(c, hash);
    hongxin__v1__check_point_fact__init(f);
    f->from_lsn = c->from;
    f->upto_lsn = c->next - 1;
    f->before = (ProtobufCBinaryData){HX_CHAIN_HASH, (uint8_t *)(uintptr_t)c->before};
    f->hash = (ProtobufCBinaryData){HX_CHAIN_HASH, hash};
    f->public_key =
        (ProtobufCBinaryData){sizeof key->public_key, (uint8_t *)(uintptr_t)key->public_key};
    f->signature = (ProtobufCBinaryData){crypto_sign_BYTES, signature};
    signed_text(f, text);
    crypto_sign_detached(signature, NULL, text, sizeof text, key->secret_key);
}

bool hx_chain_signed(const Hongxin__V1__CheckPointFact *f)
{
    uint8_t text[SIGNED];
    if (f->before.len != HX_CHAIN_HASH || f->hash.len != HX_CHAIN_HASH ||
        f->signature.len != crypto_sign_BYTES || f->public_key.len != crypto_sign_PUBLICKEYBYTES)
        return false;
    signed_text(f, text);
    return crypto_sign_verify_detached(f->signature.data, text, sizeof text, f->public_key.data) ==
           0;
}
