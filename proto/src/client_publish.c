/* Publishing. Events gather in a batch; a batch is sealed when it is full or when the next turn
 * comes, gets a number and waits in order of numbers until each of its events is answered.
 *
 * A batch keeps the bytes of its items exactly as they stand in the message, so sending again is
 * one copy: same number, same items, and an answer to the first attempt counts for all. Items told
 * RETRY_AFTER move to a new batch that waits for its time. */
#include "client_internal.h"

#include <stdlib.h>
#include <string.h>

enum {
    BATCH_BYTES = 1024 * 1024,       /* a message is sealed at this size … */
    WINDOW_BYTES = 64 * 1024 * 1024, /* … and so much is kept unanswered in all */
    BEHALF_MAX = 64,                 /* a principal's name, with room */
};

struct slot {
    size_t at, size; /* of the item in the body, tag and length included */
    hx_reply_fn *fn; /* NULL: forgotten */
    void *arg;
    bool answered;
};

struct hx_batch {
    struct hx_batch *next;
    uint64_t number;
    char behalf[BEHALF_MAX]; /* of all its items */
    uint8_t *body;           /* the items field of a Publish, item after item */
    size_t size, cap;
    struct slot *slots;
    unsigned n, cap_slots, open;
    bool sent;
    unsigned generation, attempts;
    uint64_t sending; /* which of all that were sent, when it was sent last */
    int64_t sent_at, not_before;
};

/* ---- batches ---- */

static void batch_free(struct hx_batch *b)
{
    if (!b)
        return;
    free(b->body);
    free(b->slots);
    free(b);
}

static bool grow(void **array, size_t *cap, size_t wanted, size_t element)
{
    if (wanted <= *cap)
        return true;
    size_t n = *cap ? *cap * 2 : 16;
    n = n > wanted ? n : wanted;
    void *bigger = realloc(*array, n * element);
    if (!bigger)
        return false;
    *array = bigger;
    *cap = n;
    return true;
}

static bool make_room(struct hx_batch *b, size_t bytes)
{
    size_t slots = b->cap_slots;
    if (!grow((void **)&b->slots, &slots, b->n + 1, sizeof *b->slots))
        return false;
    b->cap_slots = (unsigned)slots;
    return grow((void **)&b->body, &b->cap, b->size + bytes, 1);
}

/* Books the bytes that were just written behind the body's end as one item. */
static void add_slot(hx_client *c, struct hx_batch *b, const struct slot *slot)
{
    b->slots[b->n] = *slot;
    b->slots[b->n++].at = b->size;
    b->size += slot->size;
    b->open++;
    c->publisher.pending++;
    c->publisher.pending_bytes += slot->size;
}

static struct hx_batch *batch_new(const char *behalf)
{
    struct hx_batch *b = calloc(1, sizeof *b);
    if (b)
        memcpy(b->behalf, behalf, strlen(behalf) + 1);
    return b;
}

static void append(hx_client *c, struct hx_batch *b)
{
    struct hx_publisher *p = &c->publisher;
    b->number = ++c->last_number;
    if (p->last)
        p->last->next = b;
    else
        p->first = b;
    p->last = b;
}

static void seal(hx_client *c)
{
    if (c->publisher.filling)
        append(c, c->publisher.filling);
    c->publisher.filling = NULL;
}

static void remove_batch(hx_client *c, struct hx_batch *b)
{
    struct hx_publisher *p = &c->publisher;
    struct hx_batch *before = NULL;
    for (struct hx_batch *x = p->first; x && x != b; x = x->next)
        before = x;
    if (before)
        before->next = b->next;
    else
        p->first = b->next;
    if (p->last == b)
        p->last = before;
    batch_free(b);
}

static struct hx_batch *find(const hx_client *c, uint64_t number)
{
    struct hx_batch *b = c->publisher.first;
    while (b && b->number != number)
        b = b->next;
    return b;
}

/* The slot is done with: it no longer counts, and its owner hears about it. */
static void answer(hx_client *c, struct hx_batch *b, unsigned i, const hxp_reply *reply, int err)
{
    struct slot *s = &b->slots[i];
    s->answered = true;
    b->open--;
    c->publisher.pending--;
    c->publisher.pending_bytes -= s->size;
    if (s->fn)
        s->fn(s->arg, err, reply);
}

/* The callbacks may start events, which never touches a sealed batch. */
static void answer_all(hx_client *c, struct hx_batch *b, int err)
{
    for (unsigned i = 0; i < b->n; i++)
        if (!b->slots[i].answered)
            answer(c, b, i, NULL, err);
}

/* ---- sending ---- */

/* A daemon that answers others of ours has it in its queue, unless it has passed it over. */
static int64_t resend_at(const hx_client *c, const struct hx_batch *b)
{
    const struct hx_publisher *p = &c->publisher;
    bool passed_over = b->sending < p->answered;
    int64_t since = passed_over || p->heard_at < b->sent_at ? b->sent_at : p->heard_at;
    return hx_resend_at(c, since, b->attempts);
}

static bool is_due(const hx_client *c, const struct hx_batch *b, int64_t now)
{
    if (b->not_before > now)
        return false;
    return !b->sent || b->generation != c->intake.generation || now >= resend_at(c, b);
}

static int send_batch(hx_client *c, struct hx_batch *b, int64_t now)
{
    uint8_t head[HX_PUBLISH_HEAD + BEHALF_MAX];
    size_t size = hx_publish_head(head, b->number, b->behalf, b->size);
    int err = hx_link_send(&c->intake, &(struct hx_outbound){head, size, b->body, b->size});
    if (err)
        return err;
    b->sent = true;
    b->attempts = b->generation == c->intake.generation ? b->attempts + 1 : 1;
    b->generation = c->intake.generation;
    b->sent_at = now;
    b->sending = ++c->publisher.sends;
    return HX_OK;
}

/* Sends what is due, in order: behind a batch that does not go, none goes. */
static void push(hx_client *c, int64_t now)
{
    for (struct hx_batch *b = c->publisher.first; b; b = b->next)
        if (is_due(c, b, now) && send_batch(c, b, now) != HX_OK)
            return;
}

void hx_publisher_tick(hx_client *c, int64_t now)
{
    seal(c);
    push(c, now);
}

/* Without a connection or room the sockets say when to go on. */
int64_t hx_publisher_due(const hx_client *c)
{
    int64_t due = HX_NEVER;
    if (c->publisher.filling)
        return 0;
    if (!c->intake.up || c->intake.stuck)
        return due;
    for (const struct hx_batch *b = c->publisher.first; b; b = b->next) {
        int64_t at = b->sent ? resend_at(c, b) : b->not_before;
        due = at < due ? at : due;
    }
    return due;
}

/* ---- starting ---- */

/* Full, or of another one's behalf. */
static bool is_done(const hx_client *c, const struct hx_batch *b, size_t more, const char *behalf)
{
    return b->n >= c->batch || b->size + more > BATCH_BYTES || strcmp(b->behalf, behalf) != 0;
}

int hx_publish_start(hx_client *c, const struct hx_item *item, hx_reply_fn *fn, void *arg)
{
    struct hx_publisher *p = &c->publisher;
    struct hx_item_sizes s;
    const char *behalf = item->behalf ? item->behalf : "";
    if (c->closing)
        return HX_CLOSED;
    if (!c->intake.endpoint || strlen(behalf) >= BEHALF_MAX)
        return HX_INVALID;
    int err = hx_item_measure(item, &s);
    if (err)
        return err;
    size_t room = s.item + HX_ITEM_OVERHEAD;
    if (p->pending >= c->window || p->pending_bytes + room > WINDOW_BYTES)
        return HX_AGAIN;
    if (p->filling && is_done(c, p->filling, room, behalf)) {
        seal(c);
        push(c, hx_client_now());
    }
    if (!p->filling && !(p->filling = batch_new(behalf)))
        return HX_NOMEM;
    if (!make_room(p->filling, room))
        return HX_NOMEM;
    size_t size = hx_item_write(p->filling->body + p->filling->size, item, &s);
    add_slot(c, p->filling, &(struct slot){.size = size, .fn = fn, .arg = arg});
    hx_client_wake(c);
    return HX_OK;
}

size_t hx_publish_pending(const hx_client *c)
{
    return c->publisher.pending;
}

static size_t forget_in(struct hx_batch *b, hx_reply_fn *fn, const void *arg)
{
    size_t n = 0;
    for (unsigned i = 0; b && i < b->n; i++) {
        struct slot *s = &b->slots[i];
        if (s->fn == fn && s->arg == arg && !s->answered) {
            s->fn = NULL;
            n++;
        }
    }
    return n;
}

size_t hx_publish_forget(hx_client *c, hx_reply_fn *fn, const void *arg)
{
    size_t n = forget_in(c->publisher.filling, fn, arg);
    for (struct hx_batch *b = c->publisher.first; b; b = b->next)
        n += forget_in(b, fn, arg);
    return n;
}

/* ---- answers ---- */

/* Takes one item over into `later`; it stays pending and its callback goes with it. */
static bool move_item(hx_client *c, struct hx_batch *from, unsigned i, struct hx_batch *later)
{
    struct slot *s = &from->slots[i];
    if (!make_room(later, s->size) || !later->body)
        return false;
    memcpy(later->body + later->size, from->body + s->at, s->size);
    add_slot(c, later, s);
    s->fn = NULL;
    answer(c, from, i, NULL, HX_OK);
    return true;
}

static int64_t retry_at(const hxp_reply *reply)
{
    uint64_t ms = reply->retry_after_ms ? reply->retry_after_ms : HX_RETRY_DEFAULT_MS;
    return hx_client_now() + (int64_t)(ms < HX_RETRY_CAP_MS ? ms : HX_RETRY_CAP_MS);
}

static void postpone(hx_client *c, struct hx_batch *b, unsigned i, struct hx_batch **later,
                     const hxp_reply *reply)
{
    hx_client_note(c, "%s: %s", *reply->code ? reply->code : "RETRY_AFTER", reply->message);
    if (!*later)
        *later = batch_new(b->behalf);
    if (!*later || !move_item(c, b, i, *later)) {
        answer(c, b, i, NULL, HX_NOMEM);
        return;
    }
    int64_t at = retry_at(reply);
    if (at > (*later)->not_before)
        (*later)->not_before = at;
}

/* The first attempt's answer may come after the second was sent: which one it was is not known. */
static void note_answer(hx_client *c, const struct hx_batch *b)
{
    struct hx_publisher *p = &c->publisher;
    p->heard_at = hx_client_now();
    if (b->attempts == 1 && b->sending > p->answered)
        p->answered = b->sending;
}

void hx_publisher_replies(hx_client *c, const Hongxin__V1__Replies *replies)
{
    struct hx_batch *b = find(c, replies->request), *later = NULL;
    if (b)
        note_answer(c, b);
    for (size_t i = 0; b && i < replies->n_replies; i++) {
        size_t at = replies->first + i;
        const hxp_reply *reply = replies->replies[i];
        if (at >= b->n || b->slots[at].answered)
            continue;
        c->publisher.told_retry = reply->result == HONGXIN__V1__RESULT__RETRY_AFTER;
        if (c->publisher.told_retry && !c->hand_back)
            postpone(c, b, (unsigned)at, &later, reply);
        else
            answer(c, b, (unsigned)at, reply, HX_OK);
    }
    if (later && later->n > 0)
        append(c, later);
    else
        batch_free(later);
    if (b && b->open == 0)
        remove_batch(c, b);
}

bool hx_publisher_problem(hx_client *c, const Hongxin__V1__Problem *problem)
{
    struct hx_batch *b = problem->request ? find(c, problem->request) : NULL;
    if (!b)
        return false;
    c->publisher.told_retry = hx_problem_is_later(problem, &b->not_before);
    if (c->publisher.told_retry) {
        b->sent = false;
        return true;
    }
    answer_all(c, b, hx_problem_error(problem));
    remove_batch(c, b);
    return true;
}

void hx_publisher_fini(hx_client *c)
{
    seal(c);
    for (struct hx_batch *b; (b = c->publisher.first); remove_batch(c, b))
        answer_all(c, b, HX_CLOSED);
    batch_free(c->publisher.filling);
    c->publisher.filling = NULL;
}
