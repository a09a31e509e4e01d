/* The entries of the open transaction: kept, packed, put into the journal.
 *
 * With a helper they are packed in pieces while the loop goes on judging, and all are put at the
 * end of the batch, or when somebody asks for the journal before. */
#include "base/message.h"
#include "base/owned.h"
#include "store/impl.h"
#include "store/key.h"

#include <stdlib.h>

enum {
    FIRST_BYTES = 256 * 1024,
    FIRST_ROWS = 1024,
    PIECE = 64, /* entries: a tenth of a millisecond's work */
    ENTRY_MAX =
        16 * 1024 * 1024, /* bytes of one entry; events are limited far below at the doors */
};

/* ---- packing: by whoever has the batch ---- */

/* More room in front of what is there: the buffer is filled from its end downwards, because that is
 * how a message is packed in one pass. Rows know their distance from the end. */
static int grow_bytes(struct batch *b, size_t spare)
{
    size_t cap = 2 * b->cap + spare;
    uint8_t *bytes = malloc(cap);
    if (!bytes)
        return HX_NOMEM;
    if (b->used)
        memcpy(bytes + cap - b->used, b->bytes + b->cap - b->used, b->used);
    free(b->bytes);
    b->bytes = bytes;
    b->cap = cap;
    return HX_OK;
}

/* Into the batch's buffer, which the feeds send from; from there it is copied once, into the map.
 */
static int pack(const struct hx_packing *packing, struct batch *b, struct hx_stored *row)
{
    int err = b->cap ? HX_OK : grow_bytes(b, FIRST_BYTES);
    while (!err) {
        uint8_t *end = b->bytes + b->cap - b->used;
        hx_owned(b->bytes, b->cap - b->used);
        uint8_t *p = hx_message_pack(packing, &row->entry->base, b->bytes, end);
        if (p) {
            hx_owned_by_nobody(b->bytes, (size_t)(p - b->bytes));
            row->size = (size_t)(end - p);
            b->used += row->size;
            row->bytes = (const uint8_t *)(uintptr_t)b->used;
            return HX_OK;
        }
        err = b->cap > ENTRY_MAX + b->used ? HX_TOOBIG : grow_bytes(b, FIRST_BYTES);
    }
    return err;
}

static void pack_rows(struct hx_store *st, size_t upto)
{
    struct batch *b = &st->batch;
    while (b->packed < upto && !b->error) {
        b->error = pack(st->packing, b, &b->rows[b->packed]);
        b->packed++;
    }
}

/* By the helper. */
static void pack_piece(void *store)
{
    struct hx_store *st = store;
    pack_rows(st, st->batch.packed + PIECE);
}

/* ---- by the loop ---- */

void store_batch_wait(struct hx_store *st)
{
    if (st->batch.piece)
        st->help.wait(st->help.ctx, st->batch.piece);
    st->batch.piece = 0;
}

void store_batch_clear(struct hx_store *st)
{
    struct batch *b = &st->batch;
    b->used = b->n = b->packed = b->put = b->given = 0;
    b->error = HX_OK;
}

void hx_store_helped(struct hx_store *st, const struct hx_store_help *help)
{
    store_batch_wait(st);
    st->help = help ? *help : (struct hx_store_help){0};
}

/* The helper may be writing into the rows: it has none of them while they move. */
static int grow_rows(struct hx_store *st)
{
    struct batch *b = &st->batch;
    size_t cap = b->rows_cap ? 2 * b->rows_cap : FIRST_ROWS;
    store_batch_wait(st);
    struct hx_stored *rows = realloc(b->rows, cap * sizeof *rows);
    if (!rows)
        return HX_NOMEM;
    b->rows = rows;
    b->rows_cap = cap;
    return HX_OK;
}

int store_batch_put(struct hx_store *st)
{
    struct batch *b = &st->batch;
    size_t from = b->put;
    if (from == b->n)
        return HX_OK;
    store_batch_wait(st);
    pack_rows(st, b->n);
    b->put = b->given = b->n; /* the cursor below asks for nothing more */
    int err = store_fail(st, b->error);
    for (size_t i = from; i < b->n && !err; i++) {
        const struct hx_stored *row = &b->rows[i];
        struct key k = {.size = 0};
        key_add64(&k, row->lsn);
        err = store_put(st, T_JOURNAL, key_val(&k),
                        val_of(b->bytes + b->cap - (uintptr_t)row->bytes, row->size), MDB_APPEND);
    }
    return err;
}

int store_batch_add(struct hx_store *st, const hxp_entry *e)
{
    struct batch *b = &st->batch;
    int err = b->n == b->rows_cap ? grow_rows(st) : HX_OK;
    if (err)
        return err;
    b->rows[b->n++] = (struct hx_stored){.lsn = e->lsn, .entry = e};
    if (!st->help.give || !e->case_number)
        return store_batch_put(st);
    if (b->n - b->given == PIECE) {
        b->piece = st->help.give(st->help.ctx, pack_piece, st);
        b->given = b->n;
    }
    return HX_OK;
}
