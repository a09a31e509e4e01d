/* Versions of life cycles, calendars …: a head that changes, and the text that does not. */
#include "store/impl.h"
#include "store/key.h"

#include <string.h>

enum { PART_HEAD = 0, PART_TEXT = 1, HEAD_MAX = 8 * 1024 };

/* kind NUL name NUL version BE32 part */
static int rules_key(struct key *k, const hxp_rules_version *v, uint8_t part)
{
    size_t kind = strlen(v->kind) + 1, name = strlen(v->name) + 1;
    uint32_t version = htobe32(v->version);
    if (kind + name > KEY_TEXT_MAX || kind < 2 || name < 2)
        return HX_INVALID;
    memcpy(k->bytes, v->kind, kind);
    memcpy(k->bytes + kind, v->name, name);
    memcpy(k->bytes + kind + name, &version, sizeof version);
    k->bytes[kind + name + sizeof version] = part;
    k->size = kind + name + sizeof version + 1;
    return HX_OK;
}

int hx_store_rules_save(struct hx_store *st, const hxp_rules_version *v, const char *text,
                        size_t size)
{
    uint8_t head[HEAD_MAX];
    struct key k;
    int err = store_writable(st);
    if (err)
        return err;
    if (hongxin__v1__rules_version__get_packed_size(v) > sizeof head || rules_key(&k, v, PART_HEAD))
        return store_fail(st, HX_INVALID);
    size_t n = hongxin__v1__rules_version__pack(v, head);
    err = store_put(st, T_RULES, key_val(&k), val_of(head, n), 0);
    if (err || !text)
        return err;
    k.bytes[k.size - 1] = PART_TEXT;
    return store_put(st, T_RULES, key_val(&k), val_of(text, size), 0);
}

struct walk {
    hx_rules_fn *fn;
    void *ctx;
    struct hx_arena arena;
    bool end;
};

/* The text that stands behind this head. */
static int text_of(struct hx_store *st, const MDB_val *head_key, MDB_val *text)
{
    struct key k = {.size = head_key->mv_size};
    memcpy(k.bytes, head_key->mv_data, k.size);
    k.bytes[k.size - 1] = PART_TEXT;
    MDB_val key = key_val(&k);
    int rc = store_error(mdb_get(st->reader, st->dbi[T_RULES], &key, text), false);
    return rc == HX_NOTFOUND ? HX_CORRUPT : rc;
}

static int show(struct hx_store *st, const MDB_val *key, const MDB_val *value, struct walk *w)
{
    MDB_val text;
    ProtobufCAllocator memory = hx_arena_allocator(&w->arena);
    const hxp_rules_version *v =
        hongxin__v1__rules_version__unpack(&memory, value->mv_size, value->mv_data);
    if (!v)
        return hx_arena_failed(&w->arena) ? HX_NOMEM : HX_CORRUPT;
    int rc = text_of(st, key, &text);
    if (!rc)
        w->end = w->fn(w->ctx, v, text.mv_data, text.mv_size) != 0;
    hx_arena_reset(&w->arena);
    return rc;
}

int hx_store_rules(struct hx_store *st, hx_rules_fn *fn, void *ctx)
{
    MDB_cursor *cur;
    MDB_val key, value;
    struct walk w = {.fn = fn, .ctx = ctx};
    int err = store_read_begin(st);
    if (err)
        return err;
    err = store_error(mdb_cursor_open(st->reader, st->dbi[T_RULES], &cur), false);
    if (err) {
        store_read_end(st);
        return err;
    }
    hx_arena_init(&w.arena, 0);
    int rc = mdb_cursor_get(cur, &key, &value, MDB_FIRST);
    while (!rc && !err && !w.end) {
        const uint8_t *part = (const uint8_t *)key.mv_data + key.mv_size - 1;
        if (key.mv_size && *part == PART_HEAD)
            err = show(st, &key, &value, &w);
        rc = mdb_cursor_get(cur, &key, &value, MDB_NEXT);
    }
    hx_arena_fini(&w.arena);
    mdb_cursor_close(cur);
    store_read_end(st);
    return err ? err : rc == MDB_NOTFOUND || w.end ? HX_OK : store_error(rc, false);
}
