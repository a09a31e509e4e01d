/* StatsQuery: everything that is counted, by name. */
#include "base/text.h"
#include "service/doors/crowd.h"
#include "service/state.h"

#include <inttypes.h>
#include <string.h>
#include <sys/resource.h>

enum { STATS_MAX = 256 };

struct stats {
    struct hx_arena *arena;
    Hongxin__V1__Stat *list[STATS_MAX];
    size_t n;
};

static void add_labelled(struct stats *st, const char *name, const char *labels, double value)
{
    Hongxin__V1__Stat *stat = hx_arena_alloc(st->arena, sizeof *stat);
    if (!stat || st->n == STATS_MAX)
        return;
    hongxin__v1__stat__init(stat);
    stat->name = hx_text_field(name);
    stat->labels = hx_text_field(labels);
    stat->value = value;
    st->list[st->n++] = stat;
}

static void add(struct stats *st, const char *name, double value)
{
    add_labelled(st, name, "", value);
}

static void add_hist(struct stats *st, const char *name, const struct hist *h)
{
    add_labelled(st, name, "quantile=0.5", (double)hist_quantile(h, 0.5));
    add_labelled(st, name, "quantile=0.99", (double)hist_quantile(h, 0.99));
    add_labelled(st, name, "quantile=0.999", (double)hist_quantile(h, 0.999));
    add_labelled(st, name, "quantile=1", (double)h->max);
    add_labelled(st, name, "count", (double)h->count);
    add_labelled(st, name, "sum", h->sum);
}

static void add_replies(struct stats *st, const struct counters *c)
{
    for (size_t i = 1; i < COUNTED_RESULTS; i++) {
        const ProtobufCEnumValue *v =
            protobuf_c_enum_descriptor_get_value(&hongxin__v1__result__descriptor, (int)i);
        if (v)
            add_labelled(st, "replies", hx_arena_printf(st->arena, "result=%s", v->name),
                         (double)c->results[i]);
    }
    for (size_t i = 0; i < COUNTED_CODES && c->codes[i].n; i++)
        add_labelled(st, "refused", hx_arena_printf(st->arena, "code=%s", c->codes[i].code),
                     (double)c->codes[i].n);
}

static void add_notices(struct stats *st, const struct counters *c)
{
    add(st, "notices", (double)c->facts.notices);
    for (enum hx_held h = HX_HELD_NONE + 1; h <= HX_HELD_INHIBITED; h++)
        add_labelled(st, "notices_held", hx_arena_printf(st->arena, "why=%s", hx_held_name(h)),
                     (double)c->facts.held[h]);
    add(st, "notices_of_drills", (double)c->facts.drill_notices);
    add(st, "silences_begun", (double)c->facts.silences_begun);
    add(st, "silences_ended", (double)c->facts.silences_ended);
}

static void add_counters(struct stats *st, const struct counters *c)
{
    add_notices(st, c);
    add(st, "requests", (double)c->requests);
    add(st, "problems", (double)c->problems);
    add(st, "strangers", (double)c->strangers);
    add(st, "commits", (double)c->commits);
    add(st, "commits_failed", (double)c->failed_commits);
    add(st, "batches_isolated", (double)c->isolated);
    add(st, "entries", (double)c->entries);
    add(st, "deadlines_judged", (double)c->fired);
    add(st, "deadlines_stale", (double)c->stale_due);
    add(st, "entries_cut_short", (double)c->cut_short);
    add(st, "feed_messages", (double)c->feed_messages);
    add(st, "feed_entries", (double)c->feed_entries);
    add(st, "feeds_opened", (double)c->feeds_opened);
    add(st, "feeds_lost", (double)c->feeds_lost);
    add(st, "feeds_reset", (double)c->resets);
    add(st, "replies_lost", (double)c->replies_lost);
    add(st, "messages_read_early", (double)c->read_early);
    add(st, "pump_rescues", (double)c->pump_rescues);
    add(st, "clock_steps", (double)c->clock_steps);
    add(st, "absences", (double)c->absences);
    add(st, "connections_turned_away", (double)crowd_turned_away());
    add(st, "strangers_turned_away", (double)crowd_strangers());
    add_hist(st, "batch_events", &c->batch_items);
    add_hist(st, "commit_us", &c->commit_us);
    add_hist(st, "intake_us", &c->intake_us);
    add_hist(st, "deadline_lateness_us", &c->lateness_us);
    for (size_t i = 0; i < COUNTED_LATENESS; i++) {
        int64_t us = counted_lateness_us[i];
        const char *le =
            us == INT64_MAX ? "le=+Inf" : hx_arena_printf(st->arena, "le=%" PRId64, us);
        add_labelled(st, "deadline_lateness_us_bucket", le, (double)c->late_upto[i]);
    }
    add_hist(st, "turn_us", &c->turn_us);
    add_hist(st, "project_us", &c->project_us);
    add_hist(st, "push_us", &c->push_us);
    add_hist(st, "audit_us", &c->audit_us);
}

/* How long the first deadline, or the first source that is waited for, has been waiting to be
 * judged, in engine time; a deadline also while all are held back. */
static double overdue_ms(struct service *s)
{
    int64_t due, now = timebase_now(&s->time), watch = hx_machine_watch_due(&s->machine);
    if (hx_store_due_first(s->store, &due) != HX_OK || watch < due)
        due = watch;
    return due < now ? (double)(now - due) : 0;
}

static void add_store(struct stats *st, struct service *s)
{
    struct hx_store_stats v;
    add(st, "store_room", hx_store_room(s->store));
    add(st, "store_troubled", s->batch.troubled);
    if (hx_store_stats(s->store, &v) != HX_OK)
        return;
    add(st, "cases", (double)v.cases);
    add(st, "journal_entries", (double)v.entries);
    add(st, "due_rows", (double)v.due);
    add(st, "deadline_overdue_ms", overdue_ms(s));
    add(st, "quarantined", (double)v.quarantined);
    add(st, "quarantine_open", (double)v.quarantine_open);
    add(st, "parked", (double)v.parked);
    add(st, "map_bytes", (double)v.map_bytes);
    add(st, "map_used_bytes", (double)v.used_bytes);
    add(st, "map_free_bytes", (double)v.free_bytes);
    add(st, "projections_behind", (double)v.behind);
    add(st, "store_depth", v.depth);
    add(st, "store_readers", v.readers);
}

static void add_service(struct stats *st, struct service *s)
{
    struct rusage usage = {0};
    getrusage(RUSAGE_SELF, &usage);
    uint64_t newest = hx_store_newest_lsn(s->store);
    add(st, "newest_lsn", (double)newest);
    add(st, "oldest_lsn", (double)hx_store_oldest_lsn(s->store));
    add(st, "subscribers", (double)s->feeds.n);
    add(st, "feed_lag", (double)feeds_lag(&s->feeds, newest));
    add(st, "receivers_known", (double)s->reach.n);
    add(st, "receivers_down", (double)s->reach.down);
    add(st, "published", (double)s->publisher.sent);
    add(st, "audit_age_s", (double)audit_age_ms(&s->audit) / 1000);
    add(st, "heartbeat_age_s", (double)(timebase_boot() - s->hold.beat_kept) / 1000);
    add(st, "audit_rounds", (double)s->audit.rounds);
    add(st, "audit_cases", (double)s->audit.last_cases);
    add(st, "audit_alarms", (double)s->audit.alarms);
    add(st, "uptime_s", (double)(mono_now().ms - s->started.ms) / 1000);
    add(st, "scale", s->time.scale);
    add(st, "retention_rounds", (double)s->retention.rounds);
    add(st, "retention_held", (double)s->retention.held);
    add(st, "identities_expired", (double)s->retention.expired);
    add(st, "check_points", (double)s->chain.points);
    add(st, "handshakes_admitted", (double)zap_admitted(s->lock.zap));
    add(st, "handshakes_refused", (double)zap_refused(s->lock.zap));
    add(st, "access_loads", (double)s->lock.loads);
    add(st, "access_loads_failed", (double)s->lock.failed_loads);
    add(st, "devices_loads", (double)s->devices.loads);
    add(st, "devices_loads_failed", (double)s->devices.failed_loads);
    add(st, "messages_waiting", (double)s->share.n);
    add(st, "sources_waiting", (double)s->share.lines);
    add(st, "messages_over_share", (double)s->share.refused);
    add(st, "events_over_quota", (double)s->lock.over_quota);
    add(st, "resident_peak_bytes", (double)usage.ru_maxrss * 1024);
    for (size_t i = 0; i < s->n_doors; i++) {
        const char *label = hx_arena_printf(st->arena, "door=%s", s->doors[i].name);
        add_labelled(st, "received", label, (double)s->doors[i].received);
        add_labelled(st, "sent", label, (double)s->doors[i].sent);
        add_labelled(st, "unreachable", label, (double)s->doors[i].unreachable);
        add_labelled(st, "queue_full", label, (double)s->doors[i].full);
    }
}

void handle_stats(struct service *s, const struct request *r)
{
    Hongxin__V1__StatsAnswer a = HONGXIN__V1__STATS_ANSWER__INIT;
    hxp_response answer = HONGXIN__V1__RESPONSE__INIT;
    struct stats *st = hx_arena_alloc(&s->arena, sizeof *st);
    if (!st)
        return;
    st->arena = &s->arena;
    add_service(st, s);
    add_replies(st, &s->counters);
    add_counters(st, &s->counters);
    add_store(st, s);
    a.stats = st->list;
    a.n_stats = st->n;
    answer.answer_case = HONGXIN__V1__RESPONSE__ANSWER_STATS;
    answer.stats = &a;
    service_answer(s, r, &answer);
}
