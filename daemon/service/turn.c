#include "service/turn.h"

#include "base/log.h"
#include "service/acts/act.h"
#include "service/acts/apply.h"
#include "service/deadlines.h"
#include "service/feeds/digest.h"
#include "service/state.h"

/* Messages taken per turn whatever they hold, so that questions cannot hold up deadlines. */
enum {
    MESSAGES_PER_TURN = 4096,
    TURN_BYTES = 64 * 1024 * 1024, /* of its arena: a batch of 4,096 events needs half of it */
    QUESTIONS_US = 20000,
    PROJECT_AT_ONCE = 4096
};

/* Brought in per turn; with all that waits, doors are left alone and ZeroMQ holds its peers back.
 * PULL_AHEAD of them may come at the end of the turn before: a batch does not wait for more. */
enum {
    PULL_MESSAGES = 4096,
    PULL_AHEAD = 1024,
    PULL_BYTES = 8 * 1024 * 1024,
    WAITING_BYTES = 256 * 1024 * 1024
};

/* What a door holds goes to the lines of its sources, until `most` messages have come in for the
 * turn; what finds no room there is refused. */
static void pull(struct service *s, struct door *door, struct inbound *in, size_t most)
{
    for (; door->pulled < most && door->pulled_bytes < PULL_BYTES; door->pulled++) {
        if (s->share.cost > WAITING_BYTES || door_receive(door, in) != HX_OK)
            return;
        uint64_t source = service_source(s, in);
        door->pulled_bytes += SHARE_MESSAGE + zmq_msg_size(&in->body);
        int rc = share_add(&s->share, source, door, in);
        if (rc != HX_OK)
            service_dispatch(s, door, in, share_wait_ms(&s->share, source));
    }
}

static void pull_all(struct service *s, size_t most)
{
    struct inbound in;
    inbound_init(&in);
    for (size_t d = 0; d < s->n_doors; d++)
        pull(s, &s->doors[d], &in, most);
    inbound_fini(&in);
}

/* For this turn, to what has come in ahead of it. */
static void pull_rest(struct service *s)
{
    pull_all(s, PULL_MESSAGES);
    for (size_t d = 0; d < s->n_doors; d++)
        s->doors[d].pulled = s->doors[d].pulled_bytes = 0;
}

/* What the helper can read while the batch is committed. Nothing is served between this and the
 * next turn's pull, so that one refuses no more for it. */
static void pull_ahead(struct service *s)
{
    if (hx_store_batch_size(s->store) >= BATCH_HELPED)
        pull_all(s, PULL_AHEAD);
}

/* Serves what waits, each source in turn, until a batch is full or its messages have become too
 * much memory; facts before timers (R4). */
static void take(struct service *s)
{
    struct share_item *item;
    size_t served = 0, refused = s->batch.items;
    pull_rest(s);
    refused = s->batch.items - refused;
    int64_t begun = mono_now_us();
    for (int i = 0; i < MESSAGES_PER_TURN && s->arena.total < TURN_BYTES; i++) {
        if (s->batch.items >= batch_most(s) + refused)
            break;
        if (s->batch.items == refused && i % 16 == 15 && mono_now_us() > begun + QUESTIONS_US)
            break;
        if (!(item = share_next(&s->share)))
            break;
        service_dispatch(s, item->door, &item->in, 0);
        served += item->cost;
        share_done(&s->share, item);
    }
    share_served(&s->share, served, mono_now_us() - begun);
}

/* What nobody waits for is written by the next commit that somebody waits for: cursors, the sign of
 * life. */
static bool rides(const struct service *s)
{
    return hx_store_cursors_pending(s->store) || hx_store_alive_pending(s->store);
}

/* It shall not wait: it gets a transaction of its own unless this turn has one. */
static void flush_riders(struct service *s)
{
    if (rides(s) && !batch_paused(s) && batch_begin(s) == HX_OK)
        return; /* the batch's commit writes them */
}

/* Projections follow when they are far behind, or in a quiet moment. Large steps cost less for each
 * entry, but what comes in meanwhile waits for one. Returns whether it was a step of many. */
static bool project(struct service *s, bool quiet)
{
    size_t behind = hx_store_project_behind(s->store), done;
    if (batch_paused(s) || s->batch.troubled)
        return false;
    if (behind < s->options.limits->project_entries && !(quiet && behind))
        return false;
    int64_t begun = mono_now_us();
    int rc = hx_store_project(s->store, PROJECT_AT_ONCE, &done);
    hist_add(&s->counters.project_us, mono_now_us() - begun);
    if (rc != HX_OK)
        hx_log(HX_LOG_ERROR, "event=projection_failed error=%s", hx_errname(rc));
    return rc == HX_OK && behind > PROJECT_AT_ONCE;
}

static bool push(struct service *s)
{
    int64_t begun = mono_now_us();
    bool behind = feeds_push(s);
    if (s->feeds.n)
        hist_add(&s->counters.push_us, mono_now_us() - begun);
    return behind;
}

/* Over what is committed, so it must be the first entry of its transaction. */
static void write_check_point(struct service *s)
{
    if (chain_due(s) && batch_begin(s) == HX_OK && hx_store_batch_size(s->store) == 0)
        s->batch.error = chain_point(s);
}

static void write_life(struct service *s)
{
    if (!s->life || batch_paused(s) || batch_begin(s) != HX_OK)
        return;
    hx_machine_set_time(&s->machine, timebase_now(&s->time));
    s->batch.error = act_life(s);
    s->batch.life = true;
}

static void write_silence(struct service *s)
{
    if (silence_due(&s->silence) && !batch_paused(s) && batch_begin(s) == HX_OK)
        s->batch.error = silence_write(s);
}

static void write_retention(struct service *s)
{
    if (s->retention.n_due && !batch_paused(s) && batch_begin(s) == HX_OK)
        s->batch.error = retention_write(s);
}

/* Before anything else, while what the audit has found is still so. */
static void write_audit(struct service *s)
{
    if (s->audit.n_suspects && !batch_paused(s) && batch_begin(s) == HX_OK)
        s->batch.error = audit_write(s);
}

static bool doors_ready(struct service *s)
{
    bool ready = s->share.n > 0;
    for (size_t d = 0; d < s->n_doors; d++)
        ready |= door_ready(&s->doors[d]);
    return ready;
}

struct turn_result turn_run(struct service *s, bool flush)
{
    struct turn_result r = {0};
    int64_t begun = mono_now_us();
    early_wait(s);
    batch_reset(&s->batch);
    lock_turn(s);
    devices_turn(s);
    publisher_turn(&s->publisher);
    hold_turn(s);
    apply_turn(s);
    write_check_point(s);
    write_life(s);
    write_silence(s);
    write_retention(s);
    digest_write(s);
    write_audit(s);
    take(s);
    deadlines_judge(s);
    moving_some(s);
    if (flush)
        flush_riders(s);
    if (s->batch.open)
        pull_ahead(s);
    r.worked = s->batch.open || s->batch.first;
    r.failed = !batch_settle(s);
    bool behind = push(s);
    live_tail_undecode(&s->tail);
    r.rest = project(s, flush && !r.worked) && !r.worked;
    feeds_acked(s);
    hx_arena_reset(&s->arena);
    early_over(s);
    if (r.worked)
        hist_add(&s->counters.turn_us, mono_now_us() - begun);
    /* Sending may have swallowed the edge of what came in meanwhile: ask each door now. */
    bool due = deadlines_first(s) < timebase_now(&s->time);
    r.more =
        doors_ready(s) || behind || apply_busy(s) || digest_due(s) || (due && !batch_paused(s));
    r.soon = rides(s) || s->feeds.acks_wait || hx_store_project_behind(s->store) || batch_paused(s);
    return r;
}
