/* The identity key: its fingerprint, the salt that hangs on it, and its change.
 *
 * The salt is 32 random bytes made with the store and wrapped under the identity key. What must
 * stay the same when the key changes (digests in the journal, call-back references, the key of
 * check-points) follows from the salt. A store from before there was one takes its identity key of
 * that time as salt, so that its digests stay valid.
 *
 * A change wraps every person's key anew, a bounded number in one transaction; `meta/rekey` says
 * how far it came, and each row tells by itself which key it is under, so that a kill between two
 * steps loses nothing. The fingerprint is replaced in the last one: until then both keys are
 * needed. */
#include "base/log.h"
#include "store/impl.h"
#include "store/key.h"

#include <sodium.h>

enum {
    NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    TAG = crypto_aead_xchacha20poly1305_ietf_ABYTES,
    KEY = 32,
    SALT_ROW = NONCE + KEY + TAG,
    ROW_LEAST = 1 + NONCE + KEY + TAG + NONCE + TAG, /* see person.c */
    STEP = 1000,                                     /* rows in one transaction */
};

void store_fingerprint(const uint8_t key[HX_IDENTITY_KEY_SIZE], uint8_t out[STORE_FINGERPRINT])
{
    static const char about[] = "hongxin identity key";
    crypto_generichash(out, STORE_FINGERPRINT, (const uint8_t *)about, sizeof about - 1, key,
                       HX_IDENTITY_KEY_SIZE);
}

const uint8_t *hx_store_salt(const struct hx_store *st)
{
    return st->has_salt ? st->salt : NULL;
}

/* ---- the salt ---- */

void store_salt_seal(const struct hx_store *st, uint8_t row[STORE_SALT_ROW])
{
    randombytes_buf(row, NONCE);
    crypto_aead_xchacha20poly1305_ietf_encrypt(row + NONCE, NULL, st->salt, KEY, NULL, 0, NULL, row,
                                               st->key);
}

static bool unseal(const uint8_t *row, const uint8_t *key, uint8_t *salt)
{
    return crypto_aead_xchacha20poly1305_ietf_decrypt(salt, NULL, NULL, row + NONCE, KEY + TAG,
                                                      NULL, 0, row, key) == 0;
}

int store_salt_open(struct hx_store *st, const uint8_t row[STORE_SALT_ROW])
{
    st->has_salt =
        unseal(row, st->key, st->salt) || (st->rekeying && unseal(row, st->previous, st->salt));
    return st->has_salt ? HX_OK : HX_CORRUPT;
}

/* ---- the change ---- */

/* Wraps one row's key anew. HX_EXISTS: it is under the present key already; HX_CORRUPT: under
 * neither. */
static int rewrap(const struct hx_store *st, const MDB_val *key, uint8_t *row)
{
    uint8_t inner[KEY], ad[13] = {1};
    if (key->mv_size != sizeof ad - 1)
        return HX_CORRUPT;
    memcpy(ad + 1, key->mv_data, key->mv_size);
    uint8_t *nonce = row + 1, *wrapped = row + 1 + NONCE;
    int rc = HX_OK;
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(inner, NULL, NULL, wrapped, KEY + TAG, ad,
                                                   sizeof ad, nonce, st->previous) == 0) {
        randombytes_buf(nonce, NONCE);
        crypto_aead_xchacha20poly1305_ietf_encrypt(wrapped, NULL, inner, KEY, ad, sizeof ad, NULL,
                                                   nonce, st->key);
    } else if (crypto_aead_xchacha20poly1305_ietf_decrypt(inner, NULL, NULL, wrapped, KEY + TAG, ad,
                                                          sizeof ad, nonce, st->key) == 0) {
        rc = HX_EXISTS;
    } else {
        rc = HX_CORRUPT;
    }
    sodium_memzero(inner, sizeof inner);
    return rc;
}

/* One that is damaged must not keep the others under the former key. */
static int one_row(struct hx_store *st, const struct key *k, MDB_val value)
{
    uint8_t row[HX_PERSON_PLAIN_MAX + 256];
    const MDB_val key = key_val(k);
    bool whole = value.mv_size <= sizeof row && value.mv_size >= ROW_LEAST;
    if (whole)
        memcpy(row, value.mv_data, value.mv_size);
    int how = whole ? rewrap(st, &key, row) : HX_CORRUPT;
    if (how == HX_CORRUPT)
        hx_log(HX_LOG_ERROR, "event=rekey_unreadable \"an identity is damaged, or under neither "
                             "key, and stays as it is\"");
    return how ? HX_OK : store_put(st, T_PERSON, key, val_of(row, value.mv_size), 0);
}

/* One step in the open transaction; *k is the last row that was looked at. HX_NOTFOUND: there are
 * no more. */
static int step(struct hx_store *st, struct key *k)
{
    MDB_cursor *cur;
    MDB_val key = key_val(k), value;
    int err = store_cursor(st, T_PERSON, &cur);
    int rc = err ? 0 : mdb_cursor_get(cur, &key, &value, MDB_SET_RANGE);
    if (!err && !rc && key.mv_size == k->size && memcmp(key.mv_data, k->bytes, k->size) == 0)
        rc = mdb_cursor_get(cur, &key, &value, MDB_NEXT);
    for (int i = 0; !err && !rc && i < STEP; i++) {
        k->size = key.mv_size;
        memcpy(k->bytes, key.mv_data, key.mv_size);
        err = one_row(st, k, value);
        if (!err)
            rc = mdb_cursor_get(cur, &key, &value, MDB_NEXT);
    }
    return err ? err : store_fail(st, store_error(rc, false));
}

static int finish(struct hx_store *st)
{
    uint8_t print[STORE_FINGERPRINT], row[STORE_SALT_ROW];
    store_fingerprint(st->key, print);
    store_salt_seal(st, row);
    int err = store_put(st, T_META, val_of("identity", 8), val_of(print, sizeof print), 0);
    if (!err)
        err = store_put(st, T_META, val_of("salt", 4), val_of(row, sizeof row), 0);
    if (!err)
        err = store_del(st, T_META, val_of("rekey", 5));
    return err == HX_NOTFOUND ? HX_OK : err;
}

static int one_transaction(struct hx_store *st, struct key *k, bool *done)
{
    int err = hx_store_begin(st);
    if (err)
        return err;
    err = step(st, k);
    *done = err == HX_NOTFOUND;
    if (*done)
        err = finish(st);
    else if (!err)
        err = store_put(st, T_META, val_of("rekey", 5), key_val(k), 0);
    if (!err)
        return hx_store_commit(st);
    hx_store_abort(st);
    return err;
}

int store_rekey(struct hx_store *st)
{
    struct key k = {.size = 0};
    bool done = false;
    MDB_val name = val_of("rekey", 5), at;
    int err = store_read_begin(st);
    if (err)
        return err;
    if (mdb_get(st->reader, st->dbi[T_META], &name, &at) == 0 && at.mv_size <= KEY_MAX) {
        k.size = at.mv_size;
        memcpy(k.bytes, at.mv_data, at.mv_size);
    }
    store_read_end(st);
    if (k.size == 0)
        key_add64(&k, 0);
    while (!err && !done)
        err = one_transaction(st, &k, &done);
    sodium_memzero(st->previous, sizeof st->previous);
    st->rekeying = false;
    if (!err)
        hx_log(HX_LOG_WARN, "event=identity_key_changed \"the former key may be destroyed\"");
    return err;
}
