/* Opening and closing: owner lock, environment, tables, meta rows, and what memory must know. */
#include "base/log.h"
#include "base/message.h"
#include "hongxin/number.h"
#include "store/impl.h"
#include "store/key.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { META_MAX = 64 };

static const char *const table_names[T_TABLES] = {
#define X(name, text) [T_##name] = (text),
    STORE_TABLES(X)
#undef X
};

const char *store_table_name(enum store_table t)
{
    return table_names[t];
}

struct opening {
    struct hx_store *st;
    const struct hx_store_options *options;
    char *problem;
    bool fresh; /* nothing in it yet: being made now */
};

static int problem(struct opening *o, int err, const char *fmt, ...) HX_PRINTF(3, 4);
static int problem(struct opening *o, int err, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = snprintf(o->problem, HX_STORE_PROBLEM_MAX, "store %s: ", o->options->path);
    if (n > 0 && n < HX_STORE_PROBLEM_MAX)
        vsnprintf(o->problem + n, HX_STORE_PROBLEM_MAX - (size_t)n, fmt, ap);
    va_end(ap);
    return err;
}

static int lmdb_problem(struct opening *o, int rc, const char *doing)
{
    return problem(o, store_error(rc, true), "%s: %s", doing, mdb_strerror(rc));
}

/* ---- The one writing process ---- */

static int owner_busy(struct opening *o, int fd)
{
    char pid[24] = "";
    ssize_t n = pread(fd, pid, sizeof pid - 1, 0);
    close(fd);
    pid[n > 0 ? n : 0] = 0;
    pid[strcspn(pid, "\n")] = 0;
    return problem(o, HX_BUSY, "in use by another process (pid %s)", *pid ? pid : "unknown");
}

/* A file system that knows no such locks: nobody else has the store, and yet it is not ours. */
static int owner_unlockable(struct opening *o, int fd)
{
    int err = errno;
    close(fd);
    return problem(o, store_error(err, true), "owner.lock cannot be locked: %s", strerror(err));
}

/* An open-file-description lock: released by the kernel however the process ends. */
static int owner_lock(struct opening *o)
{
    char path[4096], pid[24];
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    snprintf(path, sizeof path, "%s/owner.lock", o->options->path);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return problem(o, store_error(errno, true), "owner.lock: %s", strerror(errno));
    if (fcntl(fd, F_OFD_SETLK, &lock) < 0)
        return errno == EAGAIN || errno == EACCES ? owner_busy(o, fd) : owner_unlockable(o, fd);
    int n = snprintf(pid, sizeof pid, "%ld\n", (long)getpid());
    if (ftruncate(fd, 0) < 0 || pwrite(fd, pid, (size_t)n, 0) != n)
        hx_log_errno(HX_LOG_WARN, "event=owner_lock_note path=%s", path);
    o->st->owner_fd = fd;
    return HX_OK;
}

/* ---- Environment and tables ---- */

static int check_options(struct opening *o)
{
    const struct hx_store_options *op = o->options;
    if (!op->path || !*op->path)
        return HX_INVALID;
    if (op->partition > HX_NUMBER_PARTITION_MAX)
        return problem(o, HX_INVALID, "partition %" PRIu32 " is above %d", op->partition,
                       HX_NUMBER_PARTITION_MAX);
    if (sodium_init() < 0)
        return problem(o, HX_IO, "libsodium cannot start");
    if (!op->readonly && !op->as_made && mkdir(op->path, 0700) < 0 && errno != EEXIST)
        return problem(o, store_error(errno, true), "cannot make the folder: %s", strerror(errno));
    return HX_OK;
}

static int env_open(struct opening *o)
{
    struct hx_store *st = o->st;
    unsigned flags = MDB_NOTLS | (st->readonly ? MDB_RDONLY : 0);
    int rc = mdb_env_create(&st->env);
    if (!rc)
        rc = mdb_env_set_maxdbs(st->env, T_TABLES);
    if (!rc)
        rc = mdb_env_set_mapsize(st->env, st->map_bytes);
    if (!rc)
        rc = mdb_env_open(st->env, o->options->path, flags, 0600);
    if (rc == MDB_INVALID)
        return problem(o, HX_CORRUPT,
                       "data.mdb is not an LMDB file, or the beginning of one is damaged: keep it, "
                       "and put a copy in its place");
    if (rc)
        return lmdb_problem(o, rc, "cannot open");
    MDB_stat stat;
    uint64_t missing = 0;
    int dead = 0;
    store_guard(st);
    mdb_env_stat(st->env, &stat);
    st->page_size = stat.ms_psize;
    if (store_missing_pages(st, &missing) || missing)
        return problem(o, HX_CORRUPT,
                       "data.mdb was cut off, %" PRIu64
                       " pages are missing: put a copy in its place",
                       missing);
    rc = mdb_reader_check(st->env, &dead);
    if (!rc && dead)
        hx_log(HX_LOG_INFO, "event=stale_readers_cleared n=%d", dead);
    return rc ? lmdb_problem(o, rc, "cannot check readers") : HX_OK;
}

static int meta_get(struct opening *o, MDB_txn *txn, const char *name, void *out, size_t size)
{
    MDB_val key = val_of(name, strlen(name)), value;
    int rc = mdb_get(txn, o->st->dbi[T_META], &key, &value);
    if (rc == MDB_NOTFOUND)
        return HX_NOTFOUND;
    if (rc)
        return lmdb_problem(o, rc, "cannot read meta");
    if (value.mv_size != size)
        return problem(o, HX_CORRUPT, "meta row %s has %zu bytes, not %zu", name, value.mv_size,
                       size);
    memcpy(out, value.mv_data, size);
    return HX_OK;
}

static int meta_put(struct opening *o, MDB_txn *txn, const char *name, const void *value,
                    size_t size)
{
    MDB_val key = val_of(name, strlen(name)), val = val_of(value, size);
    int rc = mdb_put(txn, o->st->dbi[T_META], &key, &val, 0);
    return rc ? lmdb_problem(o, rc, "cannot write meta") : HX_OK;
}

/* A number that the store is made with and keeps: written once, compared ever after. */
static int fixed_number(struct opening *o, MDB_txn *txn, const char *name, uint64_t want,
                        int mismatch)
{
    uint8_t bytes[8];
    int err = meta_get(o, txn, name, bytes, sizeof bytes);
    if (err == HX_NOTFOUND && o->fresh) {
        be64_put(bytes, want);
        return meta_put(o, txn, name, bytes, sizeof bytes);
    }
    if (err == HX_NOTFOUND)
        return problem(o, HX_CORRUPT, "meta row %s is missing", name);
    if (err || be64_get(bytes) == want)
        return err;
    return problem(o, mismatch, "made with %s %" PRIu64 ", opened with %" PRIu64, name,
                   be64_get(bytes), want);
}

static int partition_as_made(struct opening *o, MDB_txn *txn)
{
    uint8_t bytes[8];
    int err = meta_get(o, txn, "partition", bytes, sizeof bytes);
    if (err == HX_NOTFOUND)
        return problem(o, HX_CORRUPT, "meta row partition is missing");
    if (!err)
        o->st->partition = (uint32_t)be64_get(bytes);
    return err;
}

static int fixed_epoch(struct opening *o, MDB_txn *txn)
{
    uint8_t bytes[(HX_STORE_EPOCH_MAX - 1) / 2];
    int err = meta_get(o, txn, "epoch", bytes, sizeof bytes);
    if (err == HX_NOTFOUND && o->fresh) {
        randombytes_buf(bytes, sizeof bytes);
        err = meta_put(o, txn, "epoch", bytes, sizeof bytes);
    }
    sodium_bin2hex(o->st->epoch, sizeof o->st->epoch, bytes, sizeof bytes);
    return err;
}

/* A fingerprint of the identity key, so that a wrong key is noticed at start and not when somebody
 * must be called. */
static int fixed_key(struct opening *o, MDB_txn *txn)
{
    struct hx_store *st = o->st;
    uint8_t have[STORE_FINGERPRINT], want[STORE_FINGERPRINT], before[STORE_FINGERPRINT];
    if (!st->has_key)
        return HX_OK;
    store_fingerprint(st->key, want);
    int err = meta_get(o, txn, "identity", have, sizeof have);
    if (err == HX_NOTFOUND)
        return st->readonly ? HX_OK : meta_put(o, txn, "identity", want, sizeof want);
    if (err || sodium_memcmp(have, want, sizeof have) == 0)
        return err;
    if (o->options->previous_key && !st->readonly) {
        store_fingerprint(o->options->previous_key, before);
        memcpy(st->previous, o->options->previous_key, sizeof st->previous);
        st->rekeying = sodium_memcmp(have, before, sizeof have) == 0;
    }
    return st->rekeying
               ? HX_OK
               : problem(o, HX_MISMATCH, "identity key is not the one the store was made with");
}

/* Made with the store; see rekey.c for stores that were made without. */
static int fixed_salt(struct opening *o, MDB_txn *txn)
{
    struct hx_store *st = o->st;
    uint8_t row[STORE_SALT_ROW];
    if (!st->has_key)
        return HX_OK;
    int err = meta_get(o, txn, "salt", row, sizeof row);
    if (err != HX_NOTFOUND) {
        if (!err && store_salt_open(st, row) != HX_OK)
            err = problem(o, HX_CORRUPT, "meta row salt is under another identity key");
        return err;
    }
    if (o->fresh)
        randombytes_buf(st->salt, sizeof st->salt);
    else
        memcpy(st->salt, st->rekeying ? st->previous : st->key, sizeof st->salt);
    st->has_salt = true;
    if (st->readonly || st->rekeying) /* the change writes it */
        return HX_OK;
    store_salt_seal(st, row);
    return meta_put(o, txn, "salt", row, sizeof row);
}

/* Format first: nothing of another version is looked at, let alone written. */
static int open_meta(struct opening *o, MDB_txn *txn)
{
    struct hx_store *st = o->st;
    MDB_stat stat;
    MDB_dbi main_dbi;
    int rc = mdb_dbi_open(txn, NULL, 0, &main_dbi);
    if (!rc)
        rc = mdb_stat(txn, main_dbi, &stat);
    if (rc)
        return lmdb_problem(o, rc, "cannot look at the tables");
    o->fresh = stat.ms_entries == 0;
    if (o->fresh && (st->readonly || o->options->as_made))
        return problem(o, HX_NOTFOUND, "holds nothing yet");
    rc = mdb_dbi_open(txn, table_names[T_META], o->fresh ? MDB_CREATE : 0, &st->dbi[T_META]);
    if (rc == MDB_NOTFOUND)
        return problem(o, HX_BADVERSION, "data.mdb was not made by hongxin");
    if (rc)
        return lmdb_problem(o, rc, "cannot open meta");
    int err = fixed_number(o, txn, "format", HX_STORE_FORMAT, HX_BADVERSION);
    if (!err && o->options->as_made)
        err = partition_as_made(o, txn);
    else if (!err)
        err = fixed_number(o, txn, "partition", st->partition, HX_MISMATCH);
    if (!err && !o->options->readonly &&
        !o->options->as_made) /* whoever only looks may look at any store */
        err = fixed_number(o, txn, "scale", o->options->scale > 1 ? o->options->scale : 1,
                           HX_MISMATCH);
    if (!err)
        err = fixed_epoch(o, txn);
    if (!err)
        err = fixed_key(o, txn);
    return err ? err : fixed_salt(o, txn);
}

static int open_tables(struct opening *o, MDB_txn *txn)
{
    struct hx_store *st = o->st;
    int err = open_meta(o, txn);
    for (int t = 0; t < T_TABLES && !err; t++) {
        if (t == T_META)
            continue;
        int rc = mdb_dbi_open(txn, table_names[t], st->readonly ? 0 : MDB_CREATE, &st->dbi[t]);
        if (rc)
            err = lmdb_problem(o, rc, table_names[t]);
    }
    return err;
}

static int prepare(struct opening *o)
{
    struct hx_store *st = o->st;
    MDB_txn *txn;
    int rc = mdb_txn_begin(st->env, NULL, st->readonly ? MDB_RDONLY : 0, &txn);
    if (rc)
        return lmdb_problem(o, rc, "cannot begin");
    char what[STORE_WHAT_MAX];
    int err = open_tables(o, txn);
    if (!err && (err = store_load(st, txn, what)))
        problem(o, err, "%s: %s", hx_strerror(err), what);
    if (err) {
        mdb_txn_abort(txn);
        return err;
    }
    rc = mdb_txn_commit(txn);
    return rc ? lmdb_problem(o, rc, "cannot commit") : HX_OK;
}

static int open_reader(struct opening *o)
{
    int rc = mdb_txn_begin(o->st->env, NULL, MDB_RDONLY, &o->st->reader);
    if (rc)
        return lmdb_problem(o, rc, "cannot read");
    mdb_txn_reset(o->st->reader);
    return HX_OK;
}

static int open_steps(struct opening *o)
{
    struct hx_store *st = o->st;
    int err = check_options(o);
    if (!err && !st->readonly)
        err = owner_lock(o);
    if (!err)
        err = env_open(o);
    if (!err)
        err = prepare(o);
    if (!err)
        err = open_reader(o);
    if (!err && !(st->packing = hx_packing_new(&hongxin__v1__entry__descriptor)))
        err = HX_NOMEM;
    if (!err && st->rekeying)
        err = store_rekey(st);
    if (!err && !st->readonly && store_reserve(st, true))
        hx_log(HX_LOG_WARN, "event=store_reserve_failed path=%s", st->path);
    return err;
}

int hx_store_open(const struct hx_store_options *options, struct hx_store **out,
                  char problem_text[HX_STORE_PROBLEM_MAX])
{
    struct hx_store *st = calloc(1, sizeof *st);
    struct opening o = {.st = st, .options = options, .problem = problem_text};
    *out = NULL;
    problem_text[0] = 0;
    if (!st || !(st->path = strdup(options->path ? options->path : ""))) {
        free(st);
        return HX_NOMEM;
    }
    st->owner_fd = -1;
    st->room = true;
    st->readonly = options->readonly;
    st->partition = options->partition;
    st->map_bytes = options->map_bytes ? options->map_bytes : HX_STORE_MAP_DEFAULT;
    st->reserve_bytes = options->reserve_bytes ? options->reserve_bytes : HX_STORE_RESERVE_DEFAULT;
    if (options->identity_key) {
        sodium_mlock(st->salt, sizeof st->salt);
        sodium_mlock(st->key, sizeof st->key); /* kept off swap where the limit allows */
        memcpy(st->key, options->identity_key, sizeof st->key);
        st->has_key = true;
    }
    int err = open_steps(&o);
    if (err) {
        if (!problem_text[0])
            problem(&o, err, "%s", hx_strerror(err));
        hx_store_close(st);
        return err;
    }
    store_room_look(st);
    *out = st;
    return HX_OK;
}

static void close_env(struct hx_store *st)
{
    if (!st->env)
        return;
    store_unguard(st);
    if (st->reader)
        mdb_txn_abort(st->reader);
    mdb_env_close(st->env);
}

void hx_store_close(struct hx_store *st)
{
    if (!st)
        return;
    hx_store_abort(st);
    if ((st->n_pending || st->alive_next) && !st->readonly && st->reader) {
        if (hx_store_begin(st) || hx_store_commit(st))
            hx_log(HX_LOG_WARN, "event=cursors_not_saved n=%zu", st->n_pending);
    }
    close_env(st);
    if (st->owner_fd >= 0)
        close(st->owner_fd);
    tail_fini(&st->tail);
    sodium_munlock(st->key, sizeof st->key); /* also clears it */
    sodium_munlock(st->salt, sizeof st->salt);
    sodium_memzero(st->previous, sizeof st->previous);
    hx_packing_free(st->packing);
    free(st->batch.bytes);
    free(st->batch.rows);
    free(st->pending);
    free(st->path);
    free(st);
}
