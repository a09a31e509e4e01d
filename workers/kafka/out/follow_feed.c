#include "kafka/out/follow_internal.h"

#include "base/log.h"
#include "base/now.h"
#include "base/text.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    CREDIT = 64, /* messages of up to 512 entries and 256 KiB: what still comes when it is full */
    QUESTIONS = 64,  /* about states, on their way */
    BEHIND = 20000,  /* so far behind states wait: many entries become one of them */
    PROVE_MS = 1000, /* a feed that another has taken over */
    RETRY_MS = 5000  /* a feed that was refused is asked for again */
};

/* ---- the writers ---- */

/* Of all that there are, whether one begins anew; is it the first start? */
static bool any_reset(const struct follow *f)
{
    bool any = false;
    for (size_t i = 0; i < f->n; i++)
        any = any || f->writers[i].reset;
    return any;
}

static bool any_fresh(const struct follow *f)
{
    bool any = false;
    for (size_t i = 0; i < f->n; i++)
        any = any || f->writers[i].fresh;
    return any;
}

void follow_pause(struct follow *f)
{
    bool full = false;
    for (size_t i = 0; i < f->n; i++)
        full = full || writer_is_full(&f->writers[i]);
    if (full != f->paused)
        hx_feed_pause(f->client, full);
    f->paused = full;
}

void follow_put_positions(struct follow *f)
{
    struct position *p = &follow_first(f)->at;
    p->states = f->told_upto == UINT64_MAX ? 0 : states_upto(&f->states, p->lsn);
    hx_text_put(p->slow, sizeof p->slow, f->slow);
}

bool follow_handed_over(const struct follow *f)
{
    return strcmp(f->writers[FAST].committed.slow, f->slow) == 0;
}

void follow_work(struct follow *f)
{
    int64_t now = hx_mono_ms();
    if (f->end || !f->n)
        return;
    follow_put_positions(f);
    for (size_t i = 0; i < f->n; i++)
        if (i == FAST || follow_handed_over(f))
            writer_turn(&f->writers[i], now);
    follow_pause(f);
}

static void add(struct follow *f, struct writer *w, struct record *r, int64_t t_rec)
{
    f->cut += writer_add(w, r, t_rec);
    if (hx_arena_failed(&w->fill->arena))
        follow_finish(f, SENDER_BROKEN, "NOMEM: no memory for what is to be written");
}

/* ---- states ---- */

static bool keeps_states(const struct follow *f)
{
    return *f->settings->fast.sender.states != '\0';
}

static void on_state(void *arg, uint64_t case_number, const hxp_case_view *view)
{
    struct follow *f = arg;
    struct writer *w = follow_first(f);
    const char *topic = f->settings->fast.sender.states;
    add(f, w, record_of_state(&f->rules, topic, case_number, view, &w->fill->arena), 0);
}

void follow_told(void *arg, uint64_t case_number, const hxp_case_view *view)
{
    on_state(arg, case_number, view);
    follow_work(arg);
}

void follow_go_on(struct follow *f)
{
    bool behind = f->newest > follow_first(f)->at.lsn + BEHIND;
    if (keeps_states(f) && f->following && !behind && !f->paused)
        states_work(&f->states, QUESTIONS);
}

/* ---- the feed ---- */

static void mark_state(struct follow *f, const hxp_entry *entry)
{
    if (!keeps_states(f) || !entry->case_number || entry->lsn <= f->told_upto)
        return;
    if (states_mark(&f->states, entry->case_number, entry->lsn, entry->open) != HX_OK)
        follow_finish(f, SENDER_BROKEN, "NOMEM: no memory for what is to be written");
}

static void take(struct follow *f, struct writer *w, const hxp_entry *entry,
                 const ProtobufCBinaryData *bytes)
{
    struct hx_arena *arena = &w->fill->arena;
    const struct route_target *targets = routes_match(&w->settings->routes, entry, arena, &f->lost);
    add(f, w, record_of_entry(&f->rules, entry, bytes, targets, arena), entry->t_rec);
    w->at.lsn = entry->lsn;
}

static void on_entry(void *arg, const hxp_entry *entry, const ProtobufCBinaryData *bytes)
{
    struct follow *f = arg;
    if (f->end)
        return;
    mark_state(f, entry);
    for (size_t i = 0; i < f->n; i++)
        if (entry->lsn > f->writers[i].at.lsn) /* or it is read again, for the other, for states */
            take(f, &f->writers[i], entry, bytes);
    f->entries++;
    follow_pause(f);
}

static void on_upto(void *arg, uint64_t lsn)
{
    struct follow *f = arg;
    for (size_t i = 0; i < f->n; i++)
        if (lsn > f->writers[i].at.lsn)
            f->writers[i].at.lsn = lsn;
    if (lsn > f->newest)
        f->newest = lsn;
    follow_go_on(f);
    follow_work(f);
}

static void on_snapshot(void *arg, const Hongxin__V1__Snapshot *snapshot)
{
    struct follow *f = arg;
    for (size_t i = 0; i < snapshot->n_cases && !f->end; i++)
        on_state(f, snapshot->cases[i]->case_number, snapshot->cases[i]);
    if (f->told_upto == UINT64_MAX && snapshot->last)
        f->told_upto = snapshot->lsn;
    follow_pause(f);
    follow_work(f);
}

static void name_source(struct follow *f)
{
    const struct writer *first = follow_first(f);
    char again[24] = "";
    if (first->resets)
        snprintf(again, sizeof again, "/%" PRIu64, first->resets);
    snprintf(f->rules.source, sizeof f->rules.source, "%s/%s%s", f->settings->source,
             first->at.epoch, again);
}

/* The journal is another one, or has a gap: readers of these writers are told, and it begins with
 * its oldest entry. */
static void begin_anew(struct follow *f, const bool anew[WRITERS])
{
    for (size_t i = 0; i < WRITERS; i++)
        f->writers[i].reset = anew[i];
    if (anew[FAST]) {
        states_clear(&f->states);
        f->told_upto = UINT64_MAX; /* until the snapshot is complete */
    }
    follow_subscribe(f);
}

static void put_reset(struct follow *f, struct writer *w, const Hongxin__V1__Welcome *welcome)
{
    w->at.lsn = welcome->next_lsn ? welcome->next_lsn - 1 : 0;
    w->at.states = 0;
    w->reset = false;
    hx_log(HX_LOG_WARN, "event=kafka_out_reset role=%s epoch=%s oldest=%" PRIu64,
           sender_role(w->sender), w->at.epoch, welcome->next_lsn);
    add(f, w, record_of_reset(&f->rules, welcome->next_lsn, &w->fill->arena), 0);
}

/* Another journal than the one that the writers wrote? */
static bool begins_anew(struct follow *f, const Hongxin__V1__Welcome *welcome)
{
    const struct position *positions[WRITERS];
    bool anew[WRITERS] = {false, false};
    for (size_t i = 0; i < f->n; i++)
        positions[i] = &f->writers[i].at;
    uint64_t resets = positions_judge(positions, f->n, welcome->epoch, welcome->newest_lsn, anew);
    for (size_t i = 0; i < f->n; i++)
        f->writers[i].resets = resets;
    if (!anew[FAST] && !anew[SLOW])
        return false;
    begin_anew(f, anew);
    return true;
}

static void greet(struct follow *f, struct writer *w, const Hongxin__V1__Welcome *welcome)
{
    if (w->reset)
        put_reset(f, w, welcome);
    if (w->fresh)
        w->at.lsn = welcome->next_lsn ? welcome->next_lsn - 1 : 0;
    w->fresh = false;
    w->at.resets = w->resets;
}

static void on_welcome(void *arg, const Hongxin__V1__Welcome *welcome)
{
    struct follow *f = arg;
    bool reset = any_reset(f);
    f->newest = welcome->newest_lsn;
    *f->refused = '\0';
    if (!reset && begins_anew(f, welcome))
        return;
    for (size_t i = 0; i < f->n; i++)
        hx_text_put(f->writers[i].at.epoch, sizeof f->writers[i].at.epoch, welcome->epoch);
    name_source(f);
    f->resets += reset;
    for (size_t i = 0; i < f->n; i++)
        greet(f, &f->writers[i], welcome);
    if (keeps_states(f) && f->told_upto == UINT64_MAX)
        add(f, follow_first(f), record_of_no_states(&follow_first(f)->fill->arena),
            0); /* a snapshot follows */
    follow_work(f);
}

static void on_reset(void *arg, uint64_t oldest_lsn)
{
    const bool all[WRITERS] = {true, true};
    (void)oldest_lsn;
    begin_anew(arg, all);
}

static void on_problem(void *arg, const Hongxin__V1__Problem *problem)
{
    struct follow *f = arg;
    if (strcmp(problem->code, "UNDECODABLE") == 0) {
        f->undecodable++;
        hx_log(HX_LOG_ERROR, "event=kafka_out_undecodable after=%" PRIu64, follow_first(f)->at.lsn);
        return;
    }
    hx_log(HX_LOG_ERROR, "event=kafka_out_feed_refused code=%s \"%s\"", problem->code,
           problem->message);
    hx_text_put(f->refused, sizeof f->refused, problem->code);
    f->following = false;
    bool prove = strcmp(problem->code, "TAKEN_OVER") == 0;
    follow_first(f)->prove = prove;
    f->follow_at = hx_mono_ms() + (prove ? PROVE_MS : RETRY_MS);
    follow_work(f);
}

static const struct hx_feed_calls calls = {.welcome = on_welcome,
                                           .snapshot = on_snapshot,
                                           .entry = on_entry,
                                           .upto = on_upto,
                                           .reset = on_reset,
                                           .problem = on_problem};

static void set_list(const struct route_words *words, char *list[], char ***out, size_t *n)
{
    for (size_t i = 0; i < words->n; i++)
        list[i] = hx_text_field(words->all[i]);
    *out = list;
    *n = words->n;
}

static void set_from(const struct follow *f, struct hx_subscription *s)
{
    const struct position *p = &f->writers[FAST].at;
    uint64_t lsn = p->lsn;
    if (keeps_states(f) && p->states && p->states < lsn)
        lsn = p->states;
    if (f->n > SLOW && f->writers[SLOW].at.lsn < lsn)
        lsn = f->writers[SLOW].at.lsn;
    s->from = HONGXIN__V1__HELLO__FROM__LSN;
    s->from_lsn = lsn + 1;
    if (!any_reset(f) && f->writers[FAST].fresh && f->settings->from_now)
        s->from = HONGXIN__V1__HELLO__FROM__NOW;
    else if (any_reset(f) || any_fresh(f))
        s->from = HONGXIN__V1__HELLO__FROM__OLDEST;
    s->snapshot = keeps_states(f) && f->told_upto == UINT64_MAX;
}

void follow_subscribe(struct follow *f)
{
    char *places[ROUTE_WORDS_MAX], *holders[ROUTE_WORDS_MAX], *classes[ROUTE_WORDS_MAX];
    Hongxin__V1__Filter filter = HONGXIN__V1__FILTER__INIT;
    struct hx_subscription s = {
        .subscriber = f->settings->subscriber, .credit = CREDIT, .calls = &calls, .arg = f};
    set_list(&f->settings->places, places, &filter.places, &filter.n_places);
    set_list(&f->settings->holders, holders, &filter.holders, &filter.n_holders);
    set_list(&f->settings->classes, classes, &filter.classes, &filter.n_classes);
    if (filter.n_places || filter.n_holders || filter.n_classes)
        s.filter = &filter;
    set_from(f, &s);
    int rc = hx_subscribe(f->client, &s);
    f->following = rc == HX_OK;
    f->follow_at = hx_mono_ms() + RETRY_MS;
    if (rc)
        hx_log(HX_LOG_ERROR, "event=kafka_out_feed_refused code=%s", hx_errname(rc));
    if (f->paused)
        hx_feed_pause(f->client, true);
}
