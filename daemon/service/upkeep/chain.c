#include "service/upkeep/chain.h"

#include "base/log.h"
#include "service/state.h"
#include <inttypes.h>
#include <string.h>

static int add_stored(void *ctx, uint64_t lsn, const uint8_t *bytes, size_t size)
{
    struct hx_chain *c = ctx;
    hx_chain_add(c, lsn, bytes, size);
    return 0;
}

/* Entries that are committed and not yet in it. */
static int catch_up(struct service *s)
{
    struct hx_chain *c = &s->chain.now;
    if (c->next > hx_store_newest_lsn(s->store))
        return HX_OK;
    return hx_store_entries(s->store, c->next, SIZE_MAX, SIZE_MAX, add_stored, c);
}

/* The fact of a check-point; NULL for any other entry. */
static const Hongxin__V1__CheckPointFact *point_of(const hxp_entry *e)
{
    const hxp_fact *f = e->n_facts ? e->facts[0] : NULL;
    return f && f->fact_case == HONGXIN__V1__FACT__FACT_CHECK_POINT ? f->check_point : NULL;
}

/* The last check-point's fact; NULL when there is none. */
static int take_point(void *ctx, uint64_t lsn, const uint8_t *bytes, size_t size)
{
    struct service *s = ctx;
    ProtobufCAllocator in_arena = hx_arena_allocator(&s->arena);
    const hxp_entry *e = hongxin__v1__entry__unpack(&in_arena, size, bytes);
    const Hongxin__V1__CheckPointFact *point = e ? point_of(e) : NULL;
    if (lsn == s->chain.point_lsn && point && point->hash.len == HX_CHAIN_HASH)
        hx_chain_resume(&s->chain.now, point->hash.data, point->upto_lsn + 1);
    return 1;
}

int chain_open(struct service *s)
{
    struct chain *c = &s->chain;
    c->key = sodium_malloc(sizeof *c->key);
    if (!c->key)
        return HX_NOMEM;
    hx_chain_key(hx_store_salt(s->store), c->key);
    hx_chain_begin(&c->now, hx_store_epoch(s->store), hx_store_oldest_lsn(s->store));
    int rc = hx_store_chain_load(s->store, &c->point_lsn);
    if (rc == HX_OK)
        rc = hx_store_entries(s->store, c->point_lsn, 1, SIZE_MAX, take_point, s);
    if (rc == HX_OK || rc == HX_NOTFOUND)
        rc = catch_up(s);
    if (rc != HX_OK)
        hx_log(HX_LOG_ERROR,
               "event=journal_unreadable error=%s after=%" PRIu64 " \"hongxin doctor says more\"",
               hx_errname(rc), c->now.next - 1);
    c->since = mono_now();
    char hex[2 * sizeof c->key->public_key + 1];
    sodium_bin2hex(hex, sizeof hex, c->key->public_key, sizeof c->key->public_key);
    hx_log(HX_LOG_INFO, "event=check_points from=%" PRIu64 " public_key=%s", c->now.from, hex);
    return rc;
}

void chain_close(struct chain *c)
{
    sodium_free(c->key); /* clears it too */
    c->key = NULL;
}

/* A check-point is the first entry of its transaction. */
static const Hongxin__V1__CheckPointFact *point_in(const struct hx_stored *list, size_t n)
{
    return n ? point_of(list[0].entry) : NULL;
}

static void hash(struct hx_chain *c, const struct hx_stored *list, size_t n)
{
    const Hongxin__V1__CheckPointFact *point = point_in(list, n);
    if (point)
        hx_chain_resume(c, point->hash.data, list[0].lsn);
    for (size_t i = 0; i < n; i++)
        hx_chain_add(c, list[i].lsn, list[i].bytes, list[i].size);
}

void chain_coming(struct chain *c, const struct hx_stored *list, size_t n)
{
    c->soon_upto = 0;
    c->coming = list;
    c->n_coming = n;
}

void chain_ahead(void *chain)
{
    struct chain *c = chain;
    if (c->n_coming == 0)
        return;
    c->soon = c->now;
    hash(&c->soon, c->coming, c->n_coming);
    c->soon_upto = c->coming[c->n_coming - 1].lsn;
}

void chain_not_coming(struct chain *c)
{
    c->soon_upto = 0;
}

void chain_add(struct service *s, const struct hx_stored *list, size_t n)
{
    struct chain *c = &s->chain;
    bool point = point_in(list, n), ahead = n && c->soon_upto == list[n - 1].lsn;
    if (n && (point || c->now.next == c->now.from))
        c->since = mono_now();
    if (point) {
        c->point_lsn = list[0].lsn;
        c->points++;
    }
    if (ahead)
        c->now = c->soon;
    else
        hash(&c->now, list, n);
    c->soon_upto = 0;
}

bool chain_due(const struct service *s)
{
    const struct hx_chain *c = &s->chain.now;
    uint64_t n = c->next - c->from;
    if (n == 0 || (n == 1 && c->from == s->chain.point_lsn) || batch_paused(s))
        return false;
    const struct hx_limits *l = s->options.limits;
    return n >= l->check_point_entries ||
           mono_now().ms - s->chain.since.ms >= (int64_t)l->check_point_ms;
}

int chain_point(struct service *s)
{
    struct chain *c = &s->chain;
    struct memory {
        Hongxin__V1__CheckPointFact fact;
        uint8_t before[HX_CHAIN_HASH], hash[HX_CHAIN_HASH], signature[crypto_sign_BYTES];
        uint8_t public_key[crypto_sign_PUBLICKEYBYTES];
    } *m = hx_arena_alloc(&s->arena, sizeof *m);
    uint64_t lsn = 0;
    if (!m)
        return HX_NOMEM;
    hx_chain_point(&c->now, c->key, m->hash, m->signature, &m->fact);
    memcpy(m->before, c->now.before, sizeof m->before);
    m->fact.before.data = m->before;
    hx_machine_set_time(&s->machine, timebase_now(&s->time));
    int rc = hx_machine_check_point(&s->machine, &m->fact, &lsn);
    return rc == HX_OK ? hx_store_chain_save(s->store, lsn) : rc;
}
