#include "faulted/fail.h"

#include "base/arena.h"

#include <dlfcn.h>
#include <errno.h>
#include <lmdb.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

uint64_t fail_counts[FAIL_N];

const char *const fail_names[FAIL_N] = {
#define X(name) #name,
    FAIL_KINDS(X)
#undef X
};

static struct {
    bool armed, hit;
    int only; /* enum fail_kind; FAIL_N = every kind */
    uint64_t at, calls;
} fail;

void fail_arm(uint64_t n)
{
    fail_arm_only(FAIL_N, n);
}

void fail_arm_only(enum fail_kind kind, uint64_t n)
{
    fail.only = (int)kind;
    fail.at = n;
    fail.calls = 0;
    fail.hit = false;
    fail.armed = true;
}

uint64_t fail_disarm(void)
{
    fail.armed = false;
    return fail.calls;
}

bool fail_hit(void)
{
    return fail.hit;
}

extern const char __executable_start[], etext[];

static bool ours(const void *caller)
{
    const char *at = caller;
    return at >= __executable_start && at < etext;
}

static bool strikes(enum fail_kind kind, const void *caller)
{
    bool counts = fail.only == FAIL_N || fail.only == (int)kind;
    if (!fail.armed || !counts || !ours(caller) || ++fail.calls != fail.at)
        return false;
    fail.hit = true;
    fail_counts[kind]++;
    return true;
}
#define STRIKES(kind) strikes(FAIL_##kind, __builtin_return_address(0))

/* ---- memory ---- */

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);

static void *none(void)
{
    errno = ENOMEM;
    return NULL;
}

void *malloc(size_t size)
{
    return STRIKES(allocation) ? none() : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    return STRIKES(allocation) ? none() : __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
    return STRIKES(allocation) ? none() : __libc_realloc(p, size);
}

/* ---- arenas, by the linker's --wrap ---- */

#define ARENA(type, name, parameters, arguments)                                                   \
    type __real_##name parameters;                                                                 \
    type __wrap_##name parameters;                                                                 \
    type __wrap_##name parameters                                                                  \
    {                                                                                              \
        if (!STRIKES(arena))                                                                       \
            return __real_##name arguments;                                                        \
        a->failed = true;                                                                          \
        return NULL;                                                                               \
    }
ARENA(void *, hx_arena_alloc, (struct hx_arena * a, size_t size), (a, size))
ARENA(void *, hx_arena_memdup, (struct hx_arena * a, const void *s, size_t n), (a, s, n))
ARENA(char *, hx_arena_strndup, (struct hx_arena * a, const char *s, size_t n), (a, s, n))
ARENA(char *, hx_arena_join, (struct hx_arena * a, const char *const parts[]), (a, parts))
ARENA(char *, hx_arena_strdup, (struct hx_arena * a, const char *s), (a, s))
ARENA(char *, hx_arena_text, (struct hx_arena * a, const char *s), (a, s))

/* ---- LMDB ---- */

#define REAL(name)                                                                                 \
    static __typeof__(&(name)) real;                                                               \
    if (!real)                                                                                     \
    real = (__typeof__(&(name)))dlsym(RTLD_NEXT, #name)

int mdb_env_create(MDB_env **env)
{
    REAL(mdb_env_create);
    return STRIKES(open) ? ENOMEM : real(env);
}

/* No power is lost here, so nobody waits for the disk. */
int mdb_env_open(MDB_env *env, const char *path, unsigned flags, mdb_mode_t mode)
{
    REAL(mdb_env_open);
    return STRIKES(open) ? EIO : real(env, path, flags | MDB_NOSYNC | MDB_NOMETASYNC, mode);
}

int mdb_reader_check(MDB_env *env, int *dead)
{
    REAL(mdb_reader_check);
    return STRIKES(open) ? EIO : real(env, dead);
}

int mdb_txn_begin(MDB_env *env, MDB_txn *parent, unsigned flags, MDB_txn **out)
{
    REAL(mdb_txn_begin);
    return STRIKES(begin) ? ENOMEM : real(env, parent, flags, out);
}

int mdb_txn_renew(MDB_txn *txn)
{
    REAL(mdb_txn_renew);
    return STRIKES(begin) ? EIO : real(txn);
}

/* LMDB has aborted a transaction whose commit fails. */
int mdb_txn_commit(MDB_txn *txn)
{
    REAL(mdb_txn_commit);
    if (!STRIKES(commit))
        return real(txn);
    mdb_txn_abort(txn);
    return fail.at % 2 ? EIO : ENOSPC;
}

int mdb_dbi_open(MDB_txn *txn, const char *name, unsigned flags, MDB_dbi *dbi)
{
    REAL(mdb_dbi_open);
    return STRIKES(open) ? EIO : real(txn, name, flags, dbi);
}

int mdb_get(MDB_txn *txn, MDB_dbi dbi, MDB_val *key, MDB_val *value)
{
    REAL(mdb_get);
    return STRIKES(get) ? EIO : real(txn, dbi, key, value);
}

int mdb_put(MDB_txn *txn, MDB_dbi dbi, MDB_val *key, MDB_val *value, unsigned flags)
{
    REAL(mdb_put);
    return STRIKES(put) ? MDB_MAP_FULL : real(txn, dbi, key, value, flags);
}

int mdb_del(MDB_txn *txn, MDB_dbi dbi, MDB_val *key, MDB_val *value)
{
    REAL(mdb_del);
    return STRIKES(del) ? MDB_MAP_FULL : real(txn, dbi, key, value);
}

int mdb_cursor_open(MDB_txn *txn, MDB_dbi dbi, MDB_cursor **cursor)
{
    REAL(mdb_cursor_open);
    return STRIKES(cursor) ? ENOMEM : real(txn, dbi, cursor);
}

int mdb_cursor_get(MDB_cursor *cursor, MDB_val *key, MDB_val *value, MDB_cursor_op op)
{
    REAL(mdb_cursor_get);
    return STRIKES(move) ? EIO : real(cursor, key, value, op);
}

int mdb_cursor_put(MDB_cursor *cursor, MDB_val *key, MDB_val *value, unsigned flags)
{
    REAL(mdb_cursor_put);
    return STRIKES(put) ? MDB_MAP_FULL : real(cursor, key, value, flags);
}

int mdb_cursor_del(MDB_cursor *cursor, unsigned flags)
{
    REAL(mdb_cursor_del);
    return STRIKES(del) ? MDB_MAP_FULL : real(cursor, flags);
}

int mdb_drop(MDB_txn *txn, MDB_dbi dbi, int del)
{
    REAL(mdb_drop);
    return STRIKES(drop) ? MDB_MAP_FULL : real(txn, dbi, del);
}

/* ---- the disk: there is no crash of the machine here ---- */

int fdatasync(int fd)
{
    (void)fd;
    return 0;
}

int fsync(int fd)
{
    (void)fd;
    return 0;
}

int msync(void *at, size_t size, int flags)
{
    (void)at;
    (void)size;
    (void)flags;
    return 0;
}

/* ---- libsodium's randomness: the same in every run, so that two stores can be compared ---- */

static const char *name(void)
{
    return "always the same";
}

static uint32_t number(void)
{
    return 0x5A5A5A5A;
}

static void fill(void *const buf, const size_t size)
{
    memset(buf, 0x5A, size);
}

static randombytes_implementation same = {
    .implementation_name = name, .random = number, .buf = fill};

__attribute__((constructor)) static void use_the_same(void)
{
    randombytes_set_implementation(&same);
}
