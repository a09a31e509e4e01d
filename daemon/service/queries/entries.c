/* EntriesQuery: a stretch of the journal as an answer, for who needs it once and does not follow.
 */
#include "base/text.h"
#include "service/feeds/filter.h"
#include "service/feeds/parcel.h"
#include "service/state.h"
#include "service/text.h"

enum { ENTRIES_BUDGET = COST_READ * LIMIT_LIST_SCAN };

struct moment {
    struct service *s;
    int64_t t; /* 0: an entry that cannot be decoded */
    bool failed;
};

/* In the turn's memory; NULL with *failed: there is none. */
static const hxp_entry *decode(struct service *s, ProtobufCBinaryData bytes, bool *failed)
{
    ProtobufCAllocator in_arena = hx_arena_allocator(&s->arena);
    const hxp_entry *e = hongxin__v1__entry__unpack(&in_arena, bytes.len, bytes.data);
    *failed |= !e && hx_arena_failed(&s->arena);
    return e;
}

static int take_time(void *ctx, uint64_t lsn, const uint8_t *bytes, size_t size)
{
    struct moment *m = ctx;
    const ProtobufCBinaryData all = {.len = size, .data = (uint8_t *)(uintptr_t)bytes};
    const hxp_entry *e = decode(m->s, all, &m->failed);
    (void)lsn;
    if (e)
        m->t = e->t_rec;
    return 1;
}

/* The first entry written at or after `t`; times of the journal never run backwards. */
static int first_since(struct service *s, int64_t t, uint64_t *out)
{
    uint64_t low = hx_store_oldest_lsn(s->store), high = hx_store_newest_lsn(s->store) + 1;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        struct moment m = {.s = s};
        int rc = hx_store_entries(s->store, middle, 1, 1, take_time, &m);
        if (rc != HX_OK || m.failed)
            return rc != HX_OK ? rc : HX_NOMEM;
        if (m.t < t)
            low = middle + 1;
        else
            high = middle;
    }
    *out = low;
    return HX_OK;
}

/* From `feed->next_lsn` up to and without `*end`. */
static int borders(struct service *s, const Hongxin__V1__EntriesQuery *q, struct feed *feed,
                   uint64_t *end)
{
    uint64_t oldest = hx_store_oldest_lsn(s->store), since = oldest;
    int rc = q->since ? first_since(s, q->since, &since) : HX_OK;
    *end = hx_store_newest_lsn(s->store) + 1;
    if (rc == HX_OK && q->until)
        rc = first_since(s, q->until, end);
    feed->next_lsn = q->after_lsn >= since ? q->after_lsn + 1 : since;
    return rc;
}

/* What lies behind the end is taken off again. */
static void cut_at(struct parcel *p, uint64_t end)
{
    while (p->n && p->next > end) {
        const hxp_entry *e = decode(p->s, p->entries[p->n - 1], &p->failed);
        if (e && e->lsn < end)
            break;
        p->n--;
    }
    if (p->next > end)
        p->next = end;
}

static void answer_entries(struct service *s, const struct request *r, const struct parcel *p,
                           uint64_t end)
{
    Hongxin__V1__EntriesAnswer a = HONGXIN__V1__ENTRIES_ANSWER__INIT;
    hxp_response answer = HONGXIN__V1__RESPONSE__INIT;
    a.entries = (ProtobufCBinaryData *)p->entries;
    a.n_entries = p->n;
    a.upto_lsn = p->next - 1;
    a.cut = p->next < end;
    a.oldest_lsn = hx_store_oldest_lsn(s->store);
    a.newest_lsn = hx_store_newest_lsn(s->store);
    a.epoch = hx_text_field(hx_store_epoch(s->store));
    answer.answer_case = HONGXIN__V1__RESPONSE__ANSWER_ENTRIES_ANSWER;
    answer.entries_answer = &a;
    service_answer(s, r, &answer);
}

void handle_entries(struct service *s, const struct request *r)
{
    const Hongxin__V1__EntriesQuery *q = r->message->entries;
    const char *code = service_filter_problem(s, q->filter);
    struct feed feed = {.who = r->who, .filter = q->filter, .history = true};
    uint64_t end = 0;
    if (code) {
        service_problem(s, r, code, filter_text(code));
        return;
    }
    struct parcel *p = hx_arena_alloc(&s->arena, sizeof *p);
    int rc = p ? borders(s, q, &feed, &end) : HX_NOMEM;
    if (rc == HX_OK) {
        parcel_begin(p, s, &feed);
        p->most = q->limit && q->limit < LIMIT_ENTRIES ? q->limit : HX_LIST_MAX;
        if (p->next < end)
            parcel_gather(p, ENTRIES_BUDGET);
        else
            end = p->next;
        cut_at(p, end);
    }
    if (rc != HX_OK || p->failed) {
        service_problem(s, r, "STORE_TROUBLE", "try again");
        return;
    }
    answer_entries(s, r, p, end);
}
