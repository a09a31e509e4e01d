#include "store/projection/set.h"
#include "base/log.h"

#include <endian.h>
#include <stdlib.h>

static bool decode_list(struct set_block *b, const uint8_t *p, size_t n)
{
    int last = -1;
    for (size_t i = 0; i < n; i++) {
        int offset = p[2 * i] << 8 | p[2 * i + 1];
        if (offset <= last || offset >= SET_BLOCK)
            return false;
        set_change(b, (uint64_t)offset, true);
        last = offset;
    }
    return true;
}

bool set_decode(struct set_block *b, MDB_val value)
{
    const uint8_t *p = value.mv_data;
    memset(b, 0, sizeof *b);
    if (value.mv_size == SET_BYTES) {
        for (size_t i = 0; i < SET_BLOCK / 64; i++) {
            uint64_t word;
            memcpy(&word, p + 8 * i, sizeof word);
            b->bits[i] = le64toh(word);
        }
        return true;
    }
    if (value.mv_size > 2 * SET_LIST_MAX || value.mv_size % 2 ||
        !decode_list(b, p, value.mv_size / 2)) {
        memset(b, 0, sizeof *b);
        return false;
    }
    return true;
}

/* Counts no further than it has to. */
static bool fits_list(const struct set_block *b)
{
    size_t n = 0;
    for (size_t i = 0; i < SET_BLOCK / 64 && n <= SET_LIST_MAX; i++)
        n += b->bits[i] ? (size_t)__builtin_popcountll(b->bits[i]) : 0;
    return n <= SET_LIST_MAX;
}

size_t set_encode(const struct set_block *b, uint8_t out[SET_BYTES])
{
    size_t used = 0;
    if (!fits_list(b)) {
        for (size_t i = 0; i < SET_BLOCK / 64; i++) {
            uint64_t word = htole64(b->bits[i]);
            memcpy(out + 8 * i, &word, sizeof word);
        }
        return SET_BYTES;
    }
    for (unsigned i = set_next(b, 0); i < SET_BLOCK; i = set_next(b, i + 1)) {
        out[used++] = (uint8_t)(i >> 8);
        out[used++] = (uint8_t)i;
    }
    return used;
}

unsigned set_next(const struct set_block *b, unsigned from)
{
    if (from >= SET_BLOCK)
        return SET_BLOCK;
    unsigned i = from >> 6;
    uint64_t word = b->bits[i] & UINT64_MAX << (from & 63);
    while (!word) {
        if (++i == SET_BLOCK / 64)
            return SET_BLOCK;
        word = b->bits[i];
    }
    return i << 6 | (unsigned)__builtin_ctzll(word);
}

static int by_number(const void *pa, const void *pb)
{
    const struct set_op *a = pa, *b = pb;
    if (a->number != b->number)
        return a->number < b->number ? -1 : 1;
    return a->sequence < b->sequence ? -1 : 1;
}

static bool sorted(const struct set_op *ops, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        if (ops[i].number < ops[i - 1].number)
            return false;
    }
    return true;
}

/* The changes of one block. A row that stays the same costs a look and no page. */
static int apply_block(MDB_cursor *cur, const struct key *k, const struct set_op *ops, size_t n)
{
    MDB_val key = key_val(k), value;
    struct set_block now = {{0}}, then;
    uint8_t bytes[SET_BYTES];
    int rc = mdb_cursor_get(cur, &key, &value, MDB_SET);
    bool have = rc == 0;
    if (rc && rc != MDB_NOTFOUND)
        return rc;
    if (have && !set_decode(&now, value))
        hx_log(HX_LOG_ERROR,
               "event=projection_row_damaged"); /* the check names it, a rebuild mends it */
    then = now;
    for (size_t i = 0; i < n; i++)
        set_change(&then, ops[i].number, ops[i].add);
    if (memcmp(&now, &then, sizeof now) == 0)
        return 0;
    size_t size = set_encode(&then, bytes);
    if (!size)
        return mdb_cursor_del(cur, 0);
    key = key_val(k);
    value = val_of(bytes, size);
    return mdb_cursor_put(cur, &key, &value, 0);
}

int set_apply(MDB_cursor *cur, struct key *prefix, struct set_op *ops, size_t n)
{
    size_t size = prefix->size;
    int rc = 0;
    if (!sorted(ops, n))
        qsort(ops, n, sizeof *ops, by_number);
    for (size_t i = 0, end; i < n && !rc; i = end) {
        uint64_t block = ops[i].number >> SET_SHIFT;
        for (end = i + 1; end < n && ops[end].number >> SET_SHIFT == block; end++)
            ;
        key_add64(prefix, block);
        rc = apply_block(cur, prefix, ops + i, end - i);
        prefix->size = size;
    }
    return rc;
}
