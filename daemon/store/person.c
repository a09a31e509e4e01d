/* Reporters' identities. Each row has a random key of its own that encrypts the text; the key is
 * wrapped under the identity key, which is not in the store. Case and party are authenticated with
 * both, so a row cannot be moved to another case. Erasing the row erases the only key.
 *
 * Value: version 1, wrap nonce 24, wrapped key 32 + 16, nonce 24, text + 16. */
#include "store/impl.h"
#include "store/key.h"

#include <sodium.h>

enum {
    VERSION = 1,
    NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    TAG = crypto_aead_xchacha20poly1305_ietf_ABYTES,
    KEY = crypto_aead_xchacha20poly1305_ietf_KEYBYTES,
    AT_WRAPPED = 1 + NONCE,
    AT_NONCE = AT_WRAPPED + KEY + TAG,
    AT_TEXT = AT_NONCE + NONCE,
    OVERHEAD = AT_TEXT + TAG,
    ABOUT = 13, /* version, case, party */
};

static void person_key(struct key *k, uint64_t case_number, uint32_t party)
{
    k->size = 0;
    key_add64(k, case_number);
    for (int shift = 24; shift >= 0; shift -= 8)
        k->bytes[k->size++] = (uint8_t)(party >> shift);
}

static void about(uint8_t out[ABOUT], const struct key *k)
{
    out[0] = VERSION;
    memcpy(out + 1, k->bytes, ABOUT - 1);
}

int hx_store_person_save(struct hx_store *st, uint64_t case_number, uint32_t party,
                         const uint8_t *plain, size_t size)
{
    uint8_t key[KEY], ad[ABOUT], value[HX_PERSON_PLAIN_MAX + OVERHEAD];
    struct key k;
    int err = store_writable(st);
    if (err)
        return err;
    if (!st->has_key)
        return HX_DENIED;
    if (size > HX_PERSON_PLAIN_MAX)
        return HX_TOOBIG;
    person_key(&k, case_number, party);
    about(ad, &k);
    value[0] = VERSION;
    randombytes_buf(value + 1, NONCE);
    randombytes_buf(value + AT_NONCE, NONCE);
    randombytes_buf(key, sizeof key);
    crypto_aead_xchacha20poly1305_ietf_encrypt(value + AT_WRAPPED, NULL, key, KEY, ad, ABOUT, NULL,
                                               value + 1, st->key);
    crypto_aead_xchacha20poly1305_ietf_encrypt(value + AT_TEXT, NULL, plain, size, ad, ABOUT, NULL,
                                               value + AT_NONCE, key);
    sodium_memzero(key, sizeof key);
    return store_put(st, T_PERSON, key_val(&k), val_of(value, OVERHEAD + size), 0);
}

static int decrypt(const struct hx_store *st, const struct key *k, MDB_val value, uint8_t *buf)
{
    const uint8_t *p = value.mv_data;
    uint8_t key[KEY], ad[ABOUT];
    about(ad, k);
    int rc = crypto_aead_xchacha20poly1305_ietf_decrypt(key, NULL, NULL, p + AT_WRAPPED, KEY + TAG,
                                                        ad, ABOUT, p + 1, st->key);
    if (!rc)
        rc = crypto_aead_xchacha20poly1305_ietf_decrypt(
            buf, NULL, NULL, p + AT_TEXT, value.mv_size - AT_TEXT, ad, ABOUT, p + AT_NONCE, key);
    sodium_memzero(key, sizeof key);
    return rc ? HX_CORRUPT : HX_OK;
}

static bool is_whole(MDB_val value)
{
    return value.mv_size >= OVERHEAD && value.mv_size <= OVERHEAD + HX_PERSON_PLAIN_MAX &&
           *(const uint8_t *)value.mv_data == VERSION;
}

int hx_store_person_load(struct hx_store *st, uint64_t case_number, uint32_t party, uint8_t *buf,
                         size_t cap, size_t *size)
{
    struct key k;
    if (!st->has_key)
        return HX_DENIED;
    person_key(&k, case_number, party);
    MDB_val key = key_val(&k), value;
    int err = store_read_begin(st);
    if (err)
        return err;
    err = store_error(mdb_get(st->reader, st->dbi[T_PERSON], &key, &value), false);
    if (!err && !is_whole(value))
        err = HX_CORRUPT;
    if (!err && value.mv_size - OVERHEAD > cap)
        err = HX_TOOBIG;
    if (!err)
        err = decrypt(st, &k, value, buf);
    if (!err)
        *size = value.mv_size - OVERHEAD;
    store_read_end(st);
    return err;
}

int hx_store_person_erase(struct hx_store *st, uint64_t case_number, uint32_t party)
{
    struct key k;
    int err = store_writable(st);
    if (err)
        return err;
    person_key(&k, case_number, party);
    return store_del(st, T_PERSON, key_val(&k));
}

static struct key hold_key(uint64_t case_number)
{
    struct key k = {.size = 0};
    key_add64(&k, case_number);
    return k;
}

int store_held(struct hx_store *st, uint64_t case_number, bool *held)
{
    const struct key k = hold_key(case_number);
    MDB_val value;
    int err = store_look(st, T_HOLD, key_val(&k), &value);
    store_look_end(st);
    *held = err == HX_OK;
    return err == HX_NOTFOUND ? HX_OK : err;
}

int hx_store_person_hold(struct hx_store *st, uint64_t case_number, bool on)
{
    static const uint8_t value[1] = {1};
    const struct key k = hold_key(case_number);
    int err = store_writable(st);
    if (err)
        return err;
    if (on)
        return store_put(st, T_HOLD, key_val(&k), val_of(value, sizeof value), 0);
    err = store_del(st, T_HOLD, key_val(&k));
    return err == HX_NOTFOUND ? HX_OK : err;
}

/* HX_DENIED: a legal hold is on the case. */
static int not_held(struct hx_store *st, uint64_t case_number)
{
    bool held = false;
    int err = store_writable(st);
    if (!err)
        err = store_held(st, case_number, &held);
    return err ? err : held ? HX_DENIED : HX_OK;
}

int hx_store_person_forget(struct hx_store *st, uint64_t case_number, uint32_t party)
{
    int err = not_held(st, case_number);
    return err ? err : hx_store_person_erase(st, case_number, party);
}

int hx_store_person_erase_case(struct hx_store *st, uint64_t case_number, uint32_t *n)
{
    int err = not_held(st, case_number);
    *n = 0;
    for (uint32_t party = 0; !err && party < HX_CASE_PARTIES; party++) {
        err = hx_store_person_erase(st, case_number, party);
        *n += err == HX_OK;
        err = err == HX_NOTFOUND ? HX_OK : err;
    }
    return err;
}

/* The next case behind `after`. HX_NOTFOUND: there is none. A row under a key that is none hides
 * nobody: the others would be kept for ever. */
static int next_case(MDB_cursor *cur, uint64_t after, uint64_t *number)
{
    struct key k;
    person_key(&k, after, UINT32_MAX);
    MDB_val key = key_val(&k), value;
    int rc = mdb_cursor_get(cur, &key, &value, MDB_SET_RANGE);
    while (!rc && (key.mv_size != k.size || be64_get(key.mv_data) <= after))
        rc = mdb_cursor_get(cur, &key, &value, MDB_NEXT);
    if (!rc)
        *number = be64_get(key.mv_data);
    return store_error(rc, false);
}

int hx_store_persons(struct hx_store *st, uint64_t after, size_t most, hx_persons_fn *fn, void *ctx,
                     bool *more)
{
    MDB_cursor *cur = NULL;
    int err = store_read_begin(st);
    *more = false;
    if (err)
        return err;
    err = store_error(mdb_cursor_open(st->reader, st->dbi[T_PERSON], &cur), false);
    for (size_t i = 0; !err && i <= most; i++) {
        bool held = false;
        uint64_t number = 0;
        err = next_case(cur, after, &number);
        if (err)
            break;
        err = store_held(st, number, &held);
        *more = err || i == most || fn(ctx, number, held) != 0;
        if (*more)
            break;
        after = number;
    }
    if (cur)
        mdb_cursor_close(cur);
    store_read_end(st);
    return err == HX_NOTFOUND ? HX_OK : err;
}

bool hx_store_person_kept(struct hx_store *st, uint64_t case_number)
{
    struct key k;
    MDB_cursor *cur;
    if (store_read_begin(st))
        return false;
    person_key(&k, case_number, 0);
    MDB_val key = key_val(&k), value;
    bool kept = mdb_cursor_open(st->reader, st->dbi[T_PERSON], &cur) == 0;
    if (kept) {
        kept = mdb_cursor_get(cur, &key, &value, MDB_SET_RANGE) == 0 && key.mv_size >= 8 &&
               be64_get(key.mv_data) == case_number;
        mdb_cursor_close(cur);
    }
    store_read_end(st);
    return kept;
}
