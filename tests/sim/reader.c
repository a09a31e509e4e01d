/* Readers: subscribers of everything. Each remembers every entry that it was ever shown, tells the
 * daemon what it is done with, goes away now and then, and comes back where it stood. */
#include "hongxin/schema.h"
#include "sim/sim.h"
#include "store/store.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CREDIT = 8, TICK_US = 5000000 };

struct reader {
    struct readers *all;
    char name[32]; /* "" = the daemon keeps no cursor for it */
    uint64_t connection;
    bool welcome;      /* a feed runs */
    bool asleep;       /* says nothing for a while */
    uint64_t expected; /* the entry that must come next */
    uint64_t have;     /* has seen everything up to here … */
    uint64_t done;     /* … has ever said that it is done with … */
    uint64_t promised; /* … and the daemon has confirmed */
    uint64_t *prints;  /* of each entry, by LSN; 0 = never shown */
    size_t cap;
    uint64_t shown; /* highest LSN */
};

struct readers {
    size_t n;
    bool calm;
    struct reader list[];
};

static uint64_t print_of(const uint8_t *bytes, size_t size)
{
    uint64_t h = UINT64_C(14695981039346656037) + size, word;
    for (; size >= sizeof word; bytes += sizeof word, size -= sizeof word) {
        memcpy(&word, bytes, sizeof word);
        h = (h ^ word) * UINT64_C(0x9E3779B97F4A7C15);
        h ^= h >> 32;
    }
    for (; size; bytes++, size--)
        h = (h ^ *bytes) * UINT64_C(1099511628211);
    return h ? h : 1;
}

/* ---- saying ---- */

static void say(struct reader *r, const hxp_request *message)
{
    uint8_t bytes[256];
    net_send(r->connection, bytes, protobuf_c_message_pack(&message->base, bytes));
}

static void on_message(void *reader, const uint8_t *bytes, size_t size);

static void hello(struct reader *r)
{
    Hongxin__V1__Hello h = HONGXIN__V1__HELLO__INIT;
    hxp_request m = HONGXIN__V1__REQUEST__INIT;
    if (!net_connected(r->connection)) {
        net_cut(r->connection); /* what the process before has sent is not waited for any more */
        r->connection = net_connect(on_message, r, true);
    }
    bool first = r->have == 0;
    r->welcome = false;
    h.subscriber = r->name;
    h.credit = CREDIT;
    h.from = first          ? HONGXIN__V1__HELLO__FROM__OLDEST
             : !r->promised ? HONGXIN__V1__HELLO__FROM__LSN /* else RESUME could mean NOW */
                            : HONGXIN__V1__HELLO__FROM__RESUME;
    h.from_lsn = r->have + 1;
    m.ask_case = HONGXIN__V1__REQUEST__ASK_HELLO;
    m.hello = &h;
    say(r, &m);
}

static void ack(void *reader, uint64_t lsn)
{
    struct reader *r = reader;
    Hongxin__V1__Ack a = HONGXIN__V1__ACK__INIT;
    hxp_request m = HONGXIN__V1__REQUEST__INIT;
    if (!r->welcome || r->asleep)
        return;
    if (lsn > r->done)
        r->done = lsn;
    a.lsn = lsn;
    m.ask_case = HONGXIN__V1__REQUEST__ASK_ACK;
    m.ack = &a;
    say(r, &m);
}

static void grant(struct reader *r, uint32_t add)
{
    Hongxin__V1__Credit c = HONGXIN__V1__CREDIT__INIT;
    hxp_request m = HONGXIN__V1__REQUEST__INIT;
    c.add = add;
    m.ask_case = HONGXIN__V1__REQUEST__ASK_CREDIT;
    m.credit = &c;
    say(r, &m);
}

static void wake(void *reader, uint64_t unused)
{
    struct reader *r = reader;
    (void)unused;
    r->asleep = false;
    net_cut(r->connection);
    hello(r);
}

static void tick(void *reader, uint64_t unused)
{
    struct reader *r = reader;
    (void)unused;
    sim_at(sim.now_us + TICK_US, tick, r, 0);
    if (r->asleep)
        return;
    if (!r->all->calm && sim_chance(20)) {
        r->asleep = true;
        sim_at(sim.now_us + sim_span(SIM_SECOND, SIM_MINUTE), wake, r, 0);
    } else if (!r->all->calm && sim_chance(20)) {
        net_cut(r->connection);
        r->welcome = false;
    } else if (!r->welcome || !net_connected(r->connection)) {
        hello(r);
    } else {
        grant(r, 0);
    }
}

/* ---- hearing ---- */

static void take_welcome(struct reader *r, const Hongxin__V1__Welcome *w)
{
    r->welcome = true;
    r->expected = w->next_lsn;
    if (w->next_lsn > r->have + 1)
        sim_fail("%s has %" PRIu64 " and would go on with %" PRIu64, r->name, r->have, w->next_lsn);
    if (w->acked_lsn > r->done)
        sim_fail("the cursor of %s is at %" PRIu64 ", it is done with %" PRIu64, r->name,
                 w->acked_lsn, r->done);
    if (w->acked_lsn < r->promised)
        sim_fail("the cursor of %s was at %" PRIu64 " and is at %" PRIu64, r->name, r->promised,
                 w->acked_lsn);
}

/* The first field of a packed entry. */
static uint64_t lsn_of(const ProtobufCBinaryData *e)
{
    uint64_t lsn = 0;
    if (!e->len || e->data[0] != 0x08)
        return 0;
    for (size_t i = 1, shift = 0; i < e->len && shift < 64; i++, shift += 7) {
        lsn |= (uint64_t)(e->data[i] & 0x7f) << shift;
        if (e->data[i] < 0x80)
            break;
    }
    return lsn;
}

static void remember(struct reader *r, uint64_t lsn, uint64_t print)
{
    if (lsn >= r->cap) {
        size_t cap = r->cap ? r->cap : 4096;
        while (cap <= lsn)
            cap *= 2;
        r->prints = realloc(r->prints, cap * sizeof *r->prints);
        if (!r->prints)
            abort();
        memset(r->prints + r->cap, 0, (cap - r->cap) * sizeof *r->prints);
        r->cap = cap;
    }
    if (r->prints[lsn] && r->prints[lsn] != print)
        sim_fail("%s was shown entry %" PRIu64 " twice, each time another one", r->name, lsn);
    r->prints[lsn] = print;
    if (lsn > r->shown)
        r->shown = lsn;
}

static void take_entries(struct reader *r, const Hongxin__V1__Entries *e)
{
    for (size_t i = 0; i < e->n_entries; i++) {
        uint64_t lsn = lsn_of(&e->entries[i]);
        if (lsn != r->expected) {
            sim_fail("%s was shown entry %" PRIu64 " instead of %" PRIu64, r->name, lsn,
                     r->expected);
            return;
        }
        remember(r, lsn, print_of(e->entries[i].data, e->entries[i].len));
        r->expected++;
        if (lsn > r->have)
            r->have = lsn;
        sim.counts.shown++;
    }
    grant(r, 1);
    sim_at(sim.now_us + sim_span(0, SIM_SECOND), ack, r, r->have);
}

static void take_acked(struct reader *r, uint64_t lsn)
{
    if (lsn > r->done)
        sim_fail("%s is told that %" PRIu64 " is done with, it was %" PRIu64, r->name, lsn,
                 r->done);
    if (*r->name && lsn > r->promised)
        r->promised = lsn;
}

static void on_message(void *reader, const uint8_t *bytes, size_t size)
{
    struct reader *r = reader;
    if (r->asleep)
        return;
    static struct hx_arena kept;
    hxp_response *m = sim_decode(&hongxin__v1__response__descriptor, &kept, bytes, size);
    if (!m) {
        sim_fail("a reader got a message that cannot be decoded");
        return;
    }
    if (m->answer_case == HONGXIN__V1__RESPONSE__ANSWER_WELCOME)
        take_welcome(r, m->welcome);
    else if (m->answer_case == HONGXIN__V1__RESPONSE__ANSWER_ENTRIES && r->welcome)
        take_entries(r, m->entries);
    else if (m->answer_case == HONGXIN__V1__RESPONSE__ANSWER_ACKED)
        take_acked(r, m->acked->lsn);
    else if (m->answer_case == HONGXIN__V1__RESPONSE__ANSWER_PROBLEM)
        r->welcome = false; /* the next tick says HELLO */
}

/* ---- life ---- */

struct readers *readers_new(size_t n)
{
    struct readers *all = calloc(1, sizeof *all + n * sizeof *all->list);
    if (!all)
        abort();
    all->n = n;
    for (size_t i = 0; i < n; i++) {
        struct reader *r = &all->list[i];
        r->all = all;
        if (i)
            snprintf(r->name, sizeof r->name, "reader-%zu", i);
        sim_at(sim_span(0, TICK_US), tick, r, 0);
    }
    return all;
}

void readers_free(struct readers *all)
{
    for (size_t i = 0; all && i < all->n; i++)
        free(all->list[i].prints);
    free(all);
}

void readers_calm(struct readers *all)
{
    all->calm = true;
}

bool readers_caught_up(const struct readers *all, uint64_t newest)
{
    for (size_t i = 0; i < all->n; i++)
        if (all->list[i].have < newest)
            return false;
    return true;
}

uint64_t readers_shown(const struct readers *all)
{
    uint64_t shown = 0;
    for (size_t i = 0; i < all->n; i++)
        if (all->list[i].shown > shown)
            shown = all->list[i].shown;
    return shown;
}

void readers_entry(struct readers *all, uint64_t lsn, const void *bytes, size_t size)
{
    uint64_t print = print_of(bytes, size);
    for (size_t i = 0; i < all->n; i++) {
        const struct reader *r = &all->list[i];
        if (lsn < r->cap && r->prints[lsn] && r->prints[lsn] != print)
            sim_fail("%s was shown an entry %" PRIu64 " that is not in the journal", r->name, lsn);
    }
}

void readers_judge(struct readers *all, struct hx_store *store)
{
    for (size_t i = 0; i < all->n; i++) {
        const struct reader *r = &all->list[i];
        uint64_t cursor;
        if (r->shown > hx_store_newest_lsn(store))
            sim_fail("%s was shown entry %" PRIu64 ", which is gone", r->name, r->shown);
        if (!*r->name)
            continue;
        if (hx_store_cursor_load(store, r->name, &cursor) != HX_OK)
            cursor = 0;
        if (cursor > r->done || cursor < r->promised)
            sim_fail("the cursor of %s is at %" PRIu64 "; confirmed %" PRIu64 ", done %" PRIu64,
                     r->name, cursor, r->promised, r->done);
    }
}
