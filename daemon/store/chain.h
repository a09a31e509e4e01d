/* The hash chain over the journal (J5): a segment of entries is hashed in the order of LSN,
 * together with the hash of the segment before; a check-point entry holds that hash, signed.
 * Whoever changes, removes, adds or moves an entry changes every hash after it.
 *
 *   hash of a segment   SHA-256 of: hash before, then of each entry: LSN as BE64, size as BE32,
 *                       bytes
 *   before the first    SHA-256 of: "hongxin journal", the epoch's 32 digits
 *   signed (Ed25519)    "hongxin check-point", NUL, first and last LSN as BE64, hash before, hash
 *
 * SHA-256 because processors have instructions for it, and libcrypto's because it uses them.
 * Pure: no memory is taken and nothing can fail; a chain is copied by assignment. Any thread, one
 * at a time. */
#ifndef STORE_CHAIN_H
#define STORE_CHAIN_H

#include "hongxin/schema.h"
#include <openssl/sha.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdint.h>

enum { HX_CHAIN_HASH = 32 };

struct hx_chain {
    SHA256_CTX state;
    uint64_t from, next; /* entries from … next - 1 are in it */
    uint8_t before[HX_CHAIN_HASH];
};

struct hx_chain_key {
    uint8_t public_key[crypto_sign_PUBLICKEYBYTES], secret_key[crypto_sign_SECRETKEYBYTES];
};

/* A chain from its beginning: the next entry is `from`. */
void hx_chain_begin(struct hx_chain *c, const char *epoch, uint64_t from);

/* A segment behind the one whose hash is `before`. */
void hx_chain_resume(struct hx_chain *c, const uint8_t before[HX_CHAIN_HASH], uint64_t from);

/* The next entry; `lsn` is c->next, or larger where entries have been pruned. */
void hx_chain_add(struct hx_chain *c, uint64_t lsn, const uint8_t *bytes, size_t size);

/* The hash of the segment so far; what is hashed does not change. */
void hx_chain_hash(const struct hx_chain *c, uint8_t hash[HX_CHAIN_HASH]);

/* The signing key that belongs to a store's salt. */
void hx_chain_key(const uint8_t salt[32], struct hx_chain_key *key);

/* Fills the fact for the segment as it stands; texts and bytes are borrowed from `hash`,
 * `signature`, chain and key. */
void hx_chain_point(const struct hx_chain *c, const struct hx_chain_key *key,
                    uint8_t hash[HX_CHAIN_HASH], uint8_t signature[crypto_sign_BYTES],
                    Hongxin__V1__CheckPointFact *fact);

/* Whether the signature is that of the key that the fact names. */
bool hx_chain_signed(const Hongxin__V1__CheckPointFact *fact);

#endif
