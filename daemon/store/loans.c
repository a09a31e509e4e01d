/* Only in builds with the address sanitizer: what LMDB gives is lent. Keys and values lie in the
 * map, which stays mapped, so use of one after its time reads some other row and goes unseen. Here
 * the linker puts these functions in front of LMDB's; each row is handed out as a copy of its own,
 * freed when LMDB's word ends: with the transaction and, in one that writes, with its next change.
 * What reads behind the end of a row is seen as well. */
#include <lmdb.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
    ALIGN = 16,
    COPIED_MAX = 16 * 1024 * 1024, /* a row of a damaged page has any size */
};

struct loan {
    struct loan *next;
    void *memory;
};

/* What one transaction has lent. */
struct book {
    struct book *next;
    const MDB_txn *txn;
    struct loan *loans;
};

static struct book *books;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* a helper's thread may commit */

/* The real ones, by the linker's names; and ours, which nobody declares either. */
#define CALL(result, name, ...)                                                                    \
    result __real_##name(__VA_ARGS__);                                                             \
    result __wrap_##name(__VA_ARGS__);                                                             \
    result __wrap_##name(__VA_ARGS__)

static void take_back(struct book *b)
{
    while (b->loans) {
        struct loan *l = b->loans;
        b->loans = l->next;
        free(l->memory);
        free(l);
    }
}

/* The transaction has changed something, or is at its end. */
static void ended(const MDB_txn *txn)
{
    pthread_mutex_lock(&lock);
    for (struct book **at = &books; *at; at = &(*at)->next) {
        struct book *b = *at;
        if (b->txn != txn)
            continue;
        take_back(b);
        *at = b->next;
        free(b);
        break;
    }
    pthread_mutex_unlock(&lock);
}

static struct book *book_of(const MDB_txn *txn)
{
    struct book *b = books;
    while (b && b->txn != txn)
        b = b->next;
    if (!b && (b = calloc(1, sizeof *b))) {
        b->txn = txn;
        b->next = books;
        books = b;
    }
    return b;
}

/* The copy is aligned as badly as the row is. Without memory the row itself is shown. */
static void lend(const MDB_txn *txn, MDB_val *v)
{
    size_t skew = (uintptr_t)v->mv_data % ALIGN;
    if (v->mv_size > COPIED_MAX)
        return;
    struct loan *l = malloc(sizeof *l);
    char *memory = malloc(skew + v->mv_size + !v->mv_size);
    pthread_mutex_lock(&lock);
    struct book *b = l && memory ? book_of(txn) : NULL;
    if (b) {
        *l = (struct loan){b->loans, memory};
        b->loans = l;
        v->mv_data = memcpy(memory + skew, v->mv_data, v->mv_size);
    }
    pthread_mutex_unlock(&lock);
    if (!b) {
        free(l);
        free(memory);
    }
}

CALL(int, mdb_get, MDB_txn *txn, MDB_dbi dbi, MDB_val *key, MDB_val *data)
{
    int rc = __real_mdb_get(txn, dbi, key, data);
    if (!rc)
        lend(txn, data);
    return rc;
}

/* Some ways to look leave the caller's own key where it is. */
CALL(int, mdb_cursor_get, MDB_cursor *cur, MDB_val *key, MDB_val *data, MDB_cursor_op op)
{
    const void *own = key->mv_data;
    int rc = __real_mdb_cursor_get(cur, key, data, op);
    if (rc)
        return rc;
    if (op != MDB_SET && key->mv_data != own)
        lend(mdb_cursor_txn(cur), key);
    lend(mdb_cursor_txn(cur), data);
    return rc;
}

CALL(int, mdb_put, MDB_txn *txn, MDB_dbi dbi, MDB_val *key, MDB_val *data, unsigned flags)
{
    int rc = __real_mdb_put(txn, dbi, key, data, flags);
    ended(txn);
    return rc;
}

CALL(int, mdb_cursor_put, MDB_cursor *cur, MDB_val *key, MDB_val *data, unsigned flags)
{
    int rc = __real_mdb_cursor_put(cur, key, data, flags);
    ended(mdb_cursor_txn(cur));
    return rc;
}

CALL(int, mdb_del, MDB_txn *txn, MDB_dbi dbi, MDB_val *key, MDB_val *data)
{
    int rc = __real_mdb_del(txn, dbi, key, data);
    ended(txn);
    return rc;
}

CALL(int, mdb_cursor_del, MDB_cursor *cur, unsigned flags)
{
    int rc = __real_mdb_cursor_del(cur, flags);
    ended(mdb_cursor_txn(cur));
    return rc;
}

CALL(int, mdb_drop, MDB_txn *txn, MDB_dbi dbi, int del)
{
    int rc = __real_mdb_drop(txn, dbi, del);
    ended(txn);
    return rc;
}

CALL(void, mdb_txn_reset, MDB_txn *txn)
{
    ended(txn);
    __real_mdb_txn_reset(txn);
}

CALL(void, mdb_txn_abort, MDB_txn *txn)
{
    ended(txn);
    __real_mdb_txn_abort(txn);
}

CALL(int, mdb_txn_commit, MDB_txn *txn)
{
    ended(txn);
    return __real_mdb_txn_commit(txn);
}
