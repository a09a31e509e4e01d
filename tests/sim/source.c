/* Sources: each tells lives of complaints (tests/property), event by event, and sends an event
 * again until it is answered, as PROTOCOL.md asks of them. */
#include "base/text.h"
#include "property/life.h"
#include "property/world.h"
#include "sim/sim.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define EVENING WORLD_EVENING /* where lives begin (tests/property/life.c), to a day */

enum { SOURCES = 4, REQUEST_ITEMS = 16, IDS = 256, GATHER_US = 20000 };

/* An event as its source keeps it. */
struct item {
    uint32_t life;
    uint8_t id;
    bool waits, settled; /* to be sent; answered for good */
    uint32_t size;
    uint8_t *bytes;
    Hongxin__V1__Reporter *reporter; /* borrowed; NULL = none */
};

struct request {
    uint32_t items[REQUEST_ITEMS];
    uint32_t n;
    bool answered;
};

struct source {
    struct sources *all;
    uint64_t connection;
    int64_t patience_us;
    uint32_t *waiting;
    size_t n_waiting, cap_waiting;
    bool gathering;
};

/* What is known of one id of one life. */
struct told {
    uint64_t lsn;  /* acknowledged under; 0 = not yet */
    uint32_t seen; /* times in the journal */
    bool proven;   /* its entry was found there */
};

struct sources {
    struct source list[SOURCES];
    struct item *items;
    size_t n_items, cap_items, open; /* open: not settled */
    struct request *requests;
    size_t n_requests, cap_requests;
    struct told *told; /* by life and id */
    size_t lives;
    uint64_t promised;
};

static Hongxin__V1__Reporter somebody;

static void *grown(void *list, size_t n, size_t *cap, size_t size)
{
    if (n < *cap)
        return list;
    *cap = *cap ? 2 * *cap : 1024;
    list = realloc(list, *cap * size);
    if (!list)
        abort();
    return list;
}

static struct source *source_of(struct sources *s, const struct item *i)
{
    return &s->list[i->life % SOURCES];
}

/* ---- sending ---- */

static void on_message(void *source, const uint8_t *bytes, size_t size);
static void flush(void *source, uint64_t number);

static void soon(struct source *src, int64_t after_us)
{
    if (src->gathering)
        return;
    src->gathering = true;
    sim_at(sim.now_us + after_us, flush, src, 0);
}

static void queue(struct source *src, uint32_t item)
{
    struct item *i = &src->all->items[item];
    if (i->waits || i->settled)
        return;
    i->waits = true;
    src->waiting = grown(src->waiting, src->n_waiting, &src->cap_waiting, sizeof *src->waiting);
    src->waiting[src->n_waiting++] = item;
    soon(src, sim_span(0, GATHER_US));
}

static void send_request(struct source *src, uint64_t number)
{
    const struct sources *s = src->all;
    const struct request *r = &s->requests[number];
    Hongxin__V1__Item items[REQUEST_ITEMS], *list[REQUEST_ITEMS];
    Hongxin__V1__Publish publish = HONGXIN__V1__PUBLISH__INIT;
    hxp_request message = HONGXIN__V1__REQUEST__INIT;
    static uint8_t bytes[REQUEST_ITEMS * 1280];
    for (uint32_t i = 0; i < r->n; i++) {
        const struct item *item = &s->items[r->items[i]];
        list[i] = &items[i];
        hongxin__v1__item__init(&items[i]);
        items[i].event = (ProtobufCBinaryData){.len = item->size, .data = item->bytes};
        items[i].reporter = item->reporter;
    }
    publish.request = number;
    publish.items = list;
    publish.n_items = r->n;
    message.ask_case = HONGXIN__V1__REQUEST__ASK_PUBLISH;
    message.publish = &publish;
    if (protobuf_c_message_get_packed_size(&message.base) > sizeof bytes)
        abort();
    net_send(src->connection, bytes, protobuf_c_message_pack(&message.base, bytes));
}

/* No answer in time: what is not settled goes again, under another number, perhaps another
 * connection. */
static void expire(void *source, uint64_t number)
{
    struct source *src = source;
    const struct request *r = &src->all->requests[number];
    if (r->answered)
        return;
    if (sim_chance(200))
        net_cut(src->connection);
    for (uint32_t i = 0; i < r->n; i++)
        queue(src, r->items[i]);
}

/* Something that is no message at all. */
static void send_rubbish(struct source *src)
{
    uint8_t bytes[64];
    size_t n = sim_draw(sizeof bytes);
    for (size_t i = 0; i < n; i++)
        bytes[i] = (uint8_t)sim_draw(256);
    net_send(src->connection, bytes, n);
}

static void flush(void *source, uint64_t unused)
{
    struct source *src = source;
    struct sources *s = src->all;
    (void)unused;
    src->gathering = false;
    if (!net_connected(src->connection))
        src->connection = net_connect(on_message, src, false);
    if (sim_chance(5))
        send_rubbish(src);
    for (size_t at = 0; at < src->n_waiting;) {
        s->requests = grown(s->requests, s->n_requests, &s->cap_requests, sizeof *s->requests);
        struct request *r = &s->requests[s->n_requests];
        *r = (struct request){0};
        while (at < src->n_waiting && r->n < REQUEST_ITEMS) {
            s->items[src->waiting[at]].waits = false;
            r->items[r->n++] = src->waiting[at++];
        }
        send_request(src, s->n_requests);
        sim_at(sim.now_us + src->patience_us, expire, src, s->n_requests++);
    }
    src->n_waiting = 0;
}

/* ---- answers ---- */

static struct told *told_of(const struct sources *s, uint32_t life, uint8_t id)
{
    return &s->told[(size_t)life * IDS + id];
}

static void settle(struct sources *s, struct item *i, const hxp_reply *reply)
{
    struct told *t = told_of(s, i->life, i->id);
    if (!i->settled)
        s->open--;
    i->settled = true;
    if (!reply->lsn)
        return; /* INVALID: nothing was promised */
    if (!t->lsn)
        t->lsn = reply->lsn;
    if (reply->lsn > s->promised)
        s->promised = reply->lsn;
}

static void again(void *source, uint64_t item)
{
    queue(source, (uint32_t)item);
}

static void take_reply(struct source *src, uint32_t number, const hxp_reply *reply)
{
    struct item *i = &src->all->items[number];
    if (reply->result != HONGXIN__V1__RESULT__RETRY_AFTER) {
        settle(src->all, i, reply);
        return;
    }
    sim.counts.refused++;
    if (reply->lsn)
        sim_fail("an event that was not taken has LSN %" PRIu64, reply->lsn);
    if (!i->settled)
        sim_at(sim.now_us + (int64_t)reply->retry_after_ms * SIM_MS, again, src, number);
}

static void on_message(void *source, const uint8_t *bytes, size_t size)
{
    struct source *src = source;
    struct sources *s = src->all;
    static struct hx_arena kept;
    hxp_response *m = sim_decode(&hongxin__v1__response__descriptor, &kept, bytes, size);
    if (!m) {
        sim_fail("a source got an answer that cannot be decoded");
        return;
    }
    if (m->answer_case == HONGXIN__V1__RESPONSE__ANSWER_REPLIES) {
        const Hongxin__V1__Replies *replies = m->replies;
        struct request *r =
            replies->request < s->n_requests ? &s->requests[replies->request] : NULL;
        if (!r || replies->first + replies->n_replies > r->n) {
            sim_fail("answers to a request that nobody made");
        } else {
            for (size_t i = 0; i < replies->n_replies; i++)
                take_reply(src, r->items[replies->first + i], replies->replies[i]);
            r->answered = true;
        }
    }
}

/* ---- lives ---- */

static void shift(int64_t *t, int64_t by)
{
    if (*t > EVENING / 2) /* else it is none, or a class */
        *t += by;
}

/* Begins in the first part of the run, wherever it would have. */
static void move(struct life *l, int64_t begin)
{
    int64_t by = begin - l->begin;
    for (size_t i = 0; i < l->n; i++) {
        shift(&l->acts[i].occ, by);
        shift(&l->acts[i].src, by);
        shift(&l->acts[i].rcv, by);
        shift(&l->acts[i].date, by);
    }
    l->begin += by;
    l->end += by;
}

static void add_item(struct sources *s, const struct life *l, uint32_t life, const struct act *a)
{
    struct act_text text;
    hxp_event e;
    char id[24], ref[24], source[24];
    s->items = grown(s->items, s->n_items, &s->cap_items, sizeof *s->items);
    life_event(l, a, &text, &e);
    snprintf(id, sizeof id, "L%" PRIu32 "-%u", life, a->id);
    snprintf(ref, sizeof ref, "L%" PRIu32, life);
    snprintf(source, sizeof source, "hotline-%u", (unsigned)(life % SOURCES));
    e.id = id;
    e.case_ref = ref;
    e.source = source;
    struct item i = {.life = life, .id = a->id};
    i.size = (uint32_t)hongxin__v1__event__get_packed_size(&e);
    i.bytes = malloc(i.size);
    if (!i.bytes)
        abort();
    hongxin__v1__event__pack(&e, i.bytes);
    if (strcmp(e.type, "REPORTED") == 0 && life % 3 == 0)
        i.reporter = &somebody;
    s->items[s->n_items++] = i;
    s->open++;
}

static void tell(void *sources, uint64_t item)
{
    struct sources *s = sources;
    queue(source_of(s, &s->items[item]), (uint32_t)item);
}

static void add_life(struct sources *s, uint32_t life, int64_t horizon_us)
{
    static struct life l;
    int64_t horizon = horizon_us / SIM_MS * sim.scale;
    life_make(&l, sim.seed * UINT64_C(1000003) + life);
    move(&l, EVENING + (int64_t)sim_draw((uint64_t)(horizon * 3 / 4)));
    for (size_t i = 0; i < l.n; i++) {
        int64_t at = l.acts[i].rcv - EVENING;
        if (at >= horizon)
            continue;
        add_item(s, &l, life, &l.acts[i]);
        sim_at(at * SIM_MS / sim.scale, tell, s, s->n_items - 1);
    }
}

struct sources *sources_new(size_t lives, int64_t horizon_us)
{
    struct sources *s = calloc(1, sizeof *s);
    if (!s || !(s->told = calloc(lives * IDS, sizeof *s->told)))
        abort();
    hongxin__v1__reporter__init(&somebody);
    somebody.name = hx_text_field("王小红");
    somebody.phone = hx_text_field("13800005432");
    s->lives = lives;
    for (size_t i = 0; i < SOURCES; i++) {
        s->list[i].all = s;
        s->list[i].patience_us = sim_span(SIM_SECOND, 10 * SIM_SECOND);
    }
    for (uint32_t i = 0; i < lives; i++)
        add_life(s, i, horizon_us);
    return s;
}

void sources_free(struct sources *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->n_items; i++)
        free(s->items[i].bytes);
    for (size_t i = 0; i < SOURCES; i++)
        free(s->list[i].waiting);
    free(s->items);
    free(s->requests);
    free(s->told);
    free(s);
}

bool sources_settled(const struct sources *s)
{
    return s->open == 0;
}

uint64_t sources_promised(const struct sources *s)
{
    return s->promised;
}

/* ---- in the end ---- */

void sources_entry(struct sources *s, uint64_t lsn, const void *event, size_t size, bool parked)
{
    unsigned life, id;
    static struct hx_arena kept;
    const hxp_event *e = sim_decode(&hongxin__v1__event__descriptor, &kept, event, size);
    if (e && sscanf(e->id, "L%u-%u", &life, &id) == 2 && life < s->lives && id < IDS) {
        struct told *t = told_of(s, life, (uint8_t)id);
        t->seen += !parked;
        t->proven |= t->lsn == lsn;
        if (t->seen > 1)
            sim_fail("event %s is in the journal twice, at last as %" PRIu64, e->id, lsn);
    }
}

void sources_judge(struct sources *s)
{
    for (size_t i = 0; i < s->lives * IDS; i++)
        if (s->told[i].lsn && !s->told[i].proven)
            sim_fail("event L%zu-%zu was acknowledged as %" PRIu64 " and is not there", i / IDS,
                     i % IDS, s->told[i].lsn);
}
