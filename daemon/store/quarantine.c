/* What could not be decoded, kept for people to look at. */
#include "base/log.h"
#include "store/impl.h"
#include "store/key.h"

#include <stdlib.h>

/* Value: time BE64, reason and its NUL, the bytes. At most QUARANTINE_BYTES of them are kept. */
enum { QUARANTINE_BYTES = 64 * 1024 };

static int drop_oldest(struct hx_store *st)
{
    struct key k = {.size = 0};
    key_add64(&k, st->now.quarantine_first++);
    int err = store_del(st, T_QUARANTINE, key_val(&k));
    return err == HX_NOTFOUND ? HX_OK : err;
}

int store_quarantine(struct hx_store *st, const void *bytes, size_t size, const char *reason)
{
    struct key k = {.size = 0};
    MDB_cursor *cur;
    int err = store_writable(st);
    while (!err && st->now.quarantine_next - st->now.quarantine_first >= HX_QUARANTINE_MAX)
        err = drop_oldest(st);
    if (err || (err = store_cursor(st, T_QUARANTINE, &cur)))
        return err;
    if (size > QUARANTINE_BYTES)
        size = QUARANTINE_BYTES;
    size_t reason_size = strnlen(reason, STORE_REASON_MAX) + 1;
    uint8_t *copy = malloc(8 + reason_size + size); /* `bytes` may lie in a page that moves */
    if (!copy)
        return store_fail(st, HX_NOMEM);
    be64_put(copy, (uint64_t)st->now.last_now);
    memcpy(copy + 8, reason, reason_size);
    copy[8 + reason_size - 1] = 0;
    if (size)
        memcpy(copy + 8 + reason_size, bytes, size);
    key_add64(&k, st->now.quarantine_next++);
    err =
        store_put(st, T_QUARANTINE, key_val(&k), val_of(copy, 8 + reason_size + size), MDB_APPEND);
    free(copy);
    return err;
}

int store_set_aside(struct hx_store *st, enum store_table t, MDB_val key, MDB_val value,
                    const char *reason)
{
    struct key k = {.size = key.mv_size < KEY_MAX ? key.mv_size : KEY_MAX};
    hx_log(HX_LOG_ERROR, "event=quarantined reason=\"%s\"", reason);
    memcpy(k.bytes, key.mv_data, k.size); /* it may lie in a page, too */
    int err = store_quarantine(st, value.mv_data, value.mv_size, reason);
    if (!err)
        err = store_del(st, t, key_val(&k));
    return err ? err : HX_NOTFOUND;
}
