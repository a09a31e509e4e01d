/* Moving feeds forward: entries from memory or from the journal, filtered, within credit and within
 * a bounded share of each turn. */
#include "service/feeds/parcel.h"
#include "service/state.h"

#include <inttypes.h>

static bool parcel_full(const struct parcel *p)
{
    return p->n == (p->most ? p->most : LIMIT_ENTRIES) || p->bytes >= LIMIT_ENTRIES_BYTES ||
           p->failed;
}

static const hxp_entry *decode(struct parcel *p, const uint8_t *bytes, size_t size)
{
    ProtobufCAllocator in_arena = hx_arena_allocator(&p->s->arena);
    p->cost += COST_READ;
    const hxp_entry *e = hongxin__v1__entry__unpack(&in_arena, size, bytes);
    p->failed |= hx_arena_failed(&p->s->arena);
    return e;
}

/* Nothing is hidden from it: no keys, or every right to see. */
static bool sees_all(const struct hx_principal *who)
{
    return !who || (who->city && hx_principal_has(who, HX_RIGHT_alarms) &&
                    hx_principal_has(who, HX_RIGHT_audit));
}

/* Whether the subscriber may see it; *e is decoded when that was needed. */
static bool permitted(struct parcel *p, const struct tail_entry *t, const hxp_entry **e)
{
    struct service *s = p->s;
    struct tail_tags alone = {0}, *tags = &alone;
    if (sees_all(p->feed->who) || (p->feed->who->city && t->case_number))
        return true;
    if (live_tail_find(&s->tail, t->lsn))
        tags = live_tail_tags(&s->tail, t->lsn);
    if (!tags) {
        p->failed = true;
        return false;
    }
    if (tags->lsn != t->lsn) {
        if (!*e)
            *e = decode(p, t->bytes, t->size);
        if (!*e)
            return false;
        rights_tag_entry(s->lock.access, *e, &tags->tags);
        tags->lsn = t->lsn;
    }
    return rights_see(p->feed->who, &tags->tags);
}

/* Whether the subscriber is to get it, and in which form. An entry that cannot be decoded is passed
 * over. */
static bool wanted(struct parcel *p, const struct tail_entry *t, struct mask_entry *shown)
{
    const struct feed *feed = p->feed;
    const hxp_entry *e = t->decoded;
    bool paged = !feed->history && feed->n_pages;
    if (!permitted(p, t, &e))
        return false;
    if (!e && (feed->filter || (paged && !t->case_number)))
        e = decode(p, t->bytes, t->size);
    if (paged && (e || t->case_number) &&
        snapshot_contains(feed, e ? e->case_number : t->case_number, t->lsn))
        return false;
    *shown = (struct mask_entry){.bytes = t->bytes, .size = t->size, .decoded = e};
    if (!mask_entry(p->s, &p->mask, shown)) {
        p->failed |= hx_arena_failed(&p->s->arena);
        return false;
    }
    return !feed->filter || (shown->decoded && filter_matches_entry(feed->filter, shown->decoded));
}

static void put(struct parcel *p, const uint8_t *bytes, size_t size)
{
    p->entries[p->n++] = (ProtobufCBinaryData){.len = size, .data = (uint8_t *)bytes};
    p->bytes += size;
}

static void gather_memory(struct parcel *p, size_t budget)
{
    const struct tail_entry *t;
    while (!parcel_full(p) && p->cost < budget && (t = live_tail_find(&p->s->tail, p->next))) {
        struct mask_entry shown;
        p->cost += COST_SEEN;
        if (wanted(p, t, &shown))
            put(p, shown.bytes, shown.size);
        if (!p->failed)
            p->next++;
    }
}

/* Journal bytes are only there during the call. */
static int take_entry(void *ctx, uint64_t lsn, const uint8_t *bytes, size_t size)
{
    struct parcel *p = ctx;
    struct tail_entry t = {.lsn = lsn, .bytes = bytes, .size = size};
    struct mask_entry shown;
    p->cost += COST_READ;
    if (wanted(p, &t, &shown)) {
        const uint8_t *copy = shown.bytes == bytes ? hx_arena_memdup(&p->s->arena, bytes, size)
                                                   : shown.bytes; /* of the turn already */
        p->failed |= !copy;
        if (copy)
            put(p, copy, shown.size);
    }
    if (!p->failed)
        p->next = lsn + 1;
    return parcel_full(p);
}

static void gather_journal(struct parcel *p, size_t budget)
{
    size_t most = 1 + budget / COST_READ;
    if (hx_store_entries(p->s->store, p->next, most, LIMIT_ENTRIES_BYTES, take_entry, p) != HX_OK)
        p->failed = true;
}

static void send_entries(struct service *s, struct parcel *p)
{
    Hongxin__V1__Entries entries = HONGXIN__V1__ENTRIES__INIT;
    hxp_response message = HONGXIN__V1__RESPONSE__INIT;
    struct feed *feed = p->feed;
    entries.entries = p->entries;
    entries.n_entries = p->n;
    entries.upto_lsn = p->next - 1;
    message.answer_case = HONGXIN__V1__RESPONSE__ANSWER_ENTRIES;
    message.entries = &entries;
    if (!feed_send(s, feed, &message))
        return;
    feed->next_lsn = p->next;
    feed->told_lsn = p->next - 1;
    feed->told_at = mono_now();
    s->counters.feed_entries += p->n;
}

static void reset(struct service *s, struct feed *feed)
{
    Hongxin__V1__Reset pruned = HONGXIN__V1__RESET__INIT;
    hxp_response message = HONGXIN__V1__RESPONSE__INIT;
    pruned.oldest_lsn = hx_store_oldest_lsn(s->store);
    message.answer_case = HONGXIN__V1__RESPONSE__ANSWER_RESET;
    message.reset = &pruned;
    s->counters.resets++;
    if (feed_send(s, feed, &message))
        feed_end(s, feed, "RESET");
}

/* A filter that matches nothing must not keep the subscriber's cursor back for ever. */
static bool progress_due(const struct feed *feed)
{
    return feed->next_lsn - 1 > feed->told_lsn &&
           mono_now().ms - feed->told_at.ms >= LIMIT_PROGRESS_MS;
}

void parcel_begin(struct parcel *p, struct service *s, struct feed *feed)
{
    p->s = s;
    p->feed = feed;
    p->mask = mask_rule_of(feed->who);
    p->next = feed->next_lsn;
}

void parcel_gather(struct parcel *p, size_t budget)
{
    if (live_tail_find(&p->s->tail, p->next))
        gather_memory(p, budget);
    else
        gather_journal(p, budget);
}

/* One message at most. Returns what it cost. */
static size_t advance(struct service *s, struct feed *feed, size_t budget)
{
    struct parcel *p = hx_arena_alloc(&s->arena, sizeof *p);
    if (!p)
        return budget;
    parcel_begin(p, s, feed);
    parcel_gather(p, budget);
    if (p->n) {
        send_entries(s, p);
    } else {
        feed->next_lsn = p->next;
        if (progress_due(feed))
            send_entries(s, p);
    }
    return p->failed ? budget : p->cost;
}

/* Returns what it cost. */
static size_t serve(struct service *s, struct feed *feed, size_t budget)
{
    uint64_t newest = hx_store_newest_lsn(s->store);
    size_t cost = 0;
    if (feed->snapshot && feed->credit && !feed->lost) {
        snapshot_step(s, feed);
        return COST_READ * LIMIT_SNAPSHOT_SCAN;
    }
    while (!feed->lost && feed->credit && feed->next_lsn <= newest && cost < budget) {
        if (feed->next_lsn < hx_store_oldest_lsn(s->store)) {
            reset(s, feed);
            break;
        }
        cost += advance(s, feed, budget - cost);
    }
    return cost;
}

static bool has_work(const struct feed *feed, uint64_t newest)
{
    return !feed->lost && feed->credit && (feed->snapshot || feed->next_lsn <= newest);
}

void feed_progress(struct service *s, struct feed *feed)
{
    if (feed->lost || !feed->credit || feed->snapshot || !progress_due(feed))
        return;
    struct parcel *p = hx_arena_alloc(&s->arena, sizeof *p);
    if (!p)
        return;
    p->feed = feed;
    p->next = feed->next_lsn;
    send_entries(s, p);
}

bool feeds_push(struct service *s)
{
    struct feeds *f = &s->feeds;
    size_t left = s->options.limits->replay_entries * COST_READ, n = f->n;
    uint64_t newest = hx_store_newest_lsn(s->store);
    bool more = false;
    for (size_t i = 0; i < n; i++) {
        struct feed *feed = f->list[(f->turn + i) % n];
        if (left && has_work(feed, newest)) {
            size_t cost = serve(s, feed, left / (n - i) + 1);
            left -= cost < left ? cost : left;
        }
        more |= has_work(feed, newest);
    }
    f->turn = n ? (f->turn + 1) % n : 0;
    return more;
}
