/* Deadlines: what is due is fired in the order of due times, each instant as one entry.
 *
 * A mark that comes up late because we were down is told as what is true now: the highest level,
 * with the passed ones listed (R9, corner 17). The breach itself is proven by time, not by the
 * moment of noticing. */
#include "engine/machine/machine_internal.h"
#include "engine/notice/delivery.h"
#include "engine/notice/outage.h"
#include "engine/notice/silence.h"

#include <string.h>

bool hx_in_outage(const struct hx_machine *m, int64_t due)
{
    return m->dist.outage_to && due >= m->dist.outage_from && due <= m->dist.outage_to;
}

bool hx_outage_within(const struct hx_machine *m, int64_t *from, int64_t *to)
{
    const struct hx_disturbance *d = &m->dist;
    if (d->outage_from > *from)
        *from = d->outage_from;
    if (!d->draining && d->outage_to < *to)
        *to = d->outage_to;
    return d->outage_to && *to > *from;
}

const char *hx_delay_reason(const struct hx_machine *m, int64_t due)
{
    if (hx_in_outage(m, due))
        return "OUTAGE";
    return m->dist.step_to && due > m->dist.step_from && due <= m->dist.step_to ? "CLOCK_STEP" : "";
}

/* By the version it is pinned to. */
static bool is_promise(const struct hx_step *s, const struct hx_clock *k)
{
    return hx_rules_at(s->rules, k->policy)->clocks[k->kind].promise;
}

static bool end_due(const struct hx_clock *k, int64_t due)
{
    return k->state == HX_CLOCK_RUNNING && k->deadline && k->deadline <= due &&
           !(k->fired & HX_CLOCK_END);
}

/* The clock has run out. A promise is broken and goes on climbing; any other clock has a row that
 * says what follows. */
static void run_out(struct hx_step *s, struct hx_clock *k, int64_t due)
{
    k->fired |= HX_CLOCK_END;
    if (is_promise(s, k)) {
        hx_clock_break(s, k, due, s->now);
        return;
    }
    int kind = k->kind;
    if (!hx_step_clock_row(s, kind))
        return; /* only a reminder: it runs on until its fact comes */
    k->state = HX_CLOCK_EXPIRED;
    hx_proposals_drop_move(s, k);
    k->met = 2;
    k->stopped_at = due;
    hx_fact_clock(s, k, "STOP");
    hx_step_clock_end(s, kind); /* may move the clocks: k is not used again */
}

/* The first whose end is due. What follows from an end may begin another clock, and that may move
 * all of them: each time it is looked for anew. */
static struct hx_clock *first_over(struct hx_case *c, int64_t until)
{
    struct hx_clock *first = NULL;
    for (uint32_t i = 0; i < c->n_clocks; i++) {
        struct hx_clock *k = &c->clocks[i];
        if (end_due(k, until) && (!first || k->deadline < first->deadline))
            first = k;
    }
    return first;
}

void hx_step_run_out(struct hx_step *s, int64_t until)
{
    struct hx_clock *first;
    while ((first = first_over(s->c, until)) != NULL) {
        s->t_rcv = s->t_eff = first->deadline;
        s->cause = s->rules->clocks[first->kind].name;
        run_out(s, first, first->deadline);
    }
}

/* Marks of one clock that are due until `until`: the last is told, those before it are passed. A
 * promise whose deadline is among them is broken first: nobody hears of a breach that is not
 * written. The end of a clock that only reminds goes with its marks: it would be an entry that says
 * nothing. */
static void climb(struct hx_step *s, struct hx_clock *k, int64_t until)
{
    uint32_t passed = 0;
    int last = -1;
    if (end_due(k, until) && (is_promise(s, k) || !hx_clock_end_acts(s->rules, k)))
        run_out(s, k, k->deadline);
    for (int i = 0; i < HX_RULES_MARKS; i++) {
        if (k->fired & (UINT32_C(1) << i) || hx_clock_fire_time(s->rules, s->c, k, i) > until)
            continue;
        if (last >= 0)
            passed |= UINT32_C(1) << last;
        last = i;
        k->fired |= UINT32_C(1) << i;
    }
    if (last >= 0)
        hx_ladder_tell(s, k, last, passed);
}

/* Everything of this case that is due at this very instant, and of the clocks concerned what
 * followed until `until`. What follows from the end of a clock bears that clock's name, also where
 * others end with it (corner 20). */
static void fire(struct hx_step *s, int64_t due, int64_t until)
{
    struct hx_case *c = s->c;
    struct hx_clock *k;
    const char *cause = s->cause;
    for (int n = 0; n < HX_CASE_CLOCKS && (k = first_over(c, due)) != NULL; n++) {
        s->cause = s->rules->clocks[k->kind].name;
        run_out(s, k, due);
    }
    s->cause = cause;
    for (uint32_t i = 0; i < c->n_clocks; i++)
        if (hx_clock_next(s->rules, c, &c->clocks[i]) <= due)
            climb(s, &c->clocks[i], until);
}

static struct hx_told *first_returning(struct hx_case *c, int64_t due)
{
    for (uint32_t i = 0; i < c->n_told; i++)
        if (hx_told_due(&c->told[i]) <= due)
            return &c->told[i];
    return NULL;
}

/* An acknowledgement without the fact expires, and the notice comes back with the name (F4). Who is
 * told instead may need room, which moves those behind it: each time the first is looked for. */
static void expire_acks(struct hx_step *s, int64_t due)
{
    struct hx_told *t;
    for (int n = 0; n < HX_CASE_TOLD && !hx_case_rests(s->rules, s->c); n++)
        if ((t = first_returning(s->c, due)) != NULL)
            hx_ladder_return(s, t);
}

static const char *cause_of(const struct hx_machine *m, const struct hx_case *c, int64_t due)
{
    for (uint32_t i = 0; i < c->n_clocks; i++)
        if (hx_clock_next(m->rules, c, &c->clocks[i]) == due)
            return m->rules->clocks[c->clocks[i].kind].name;
    if (hx_silence_due(m->rules, c) == due)
        return "SILENCE_ENDED";
    return "K_ACK"; /* an acknowledgement ran out */
}

/* A mark that does not go away when it is fired would hold up everybody else: it is silenced. Never
 * seen; a stored case may be damaged. */
static void silence(const struct hx_machine *m, struct hx_case *c, int64_t due)
{
    for (uint32_t i = 0; i < c->n_clocks; i++)
        if (hx_clock_next(m->rules, c, &c->clocks[i]) <= due)
            c->clocks[i].fired = UINT32_MAX;
    for (uint32_t i = 0; i < c->n_told; i++)
        if (hx_told_due(&c->told[i]) <= due)
            c->told[i].ack_until = 0;
    if (hx_silence_due(m->rules, c) <= due)
        c->n_silences = 0;
}

bool hx_in_doubt(const struct hx_machine *m, int64_t due)
{
    return m->dist.doubt && due > m->dist.step_from && due <= m->dist.step_to;
}

/* Nor does what lies behind the jump come up: if it is refuted, that is not due yet. */
static bool doubted(const struct hx_machine *m, int64_t due)
{
    return m->dist.doubt && due > m->dist.step_from;
}

/* How far marks may be taken together: not beyond now, a change of the company, nor the event that
 * is about to be applied (R4), nor into a jump of the clock that is in doubt. */
static int64_t horizon(const struct hx_machine *m, const struct hx_case *c, int64_t due,
                       int64_t before)
{
    int64_t until = m->now < before ? m->now : before - 1;
    if (m->dist.doubt && m->dist.step_from < until)
        until = m->dist.step_from;
    if (hx_case_change_due(m->rules, c) < until) /* what comes after is the next company's */
        until = hx_case_change_due(m->rules, c);
    return until > due ? until : due;
}

/* A dispatch that waited for us is delivered at once, before all queued input is read and whatever
 * else of the case waits until then (corner 17). NULL: there is none. */
static struct hx_clock *waited(const struct hx_machine *m, struct hx_case *c)
{
    struct hx_clock *k =
        m->dist.draining ? hx_clock_find(c, hx_rules_clock(m->rules, "K_HANDOVER")) : NULL;
    return k && end_due(k, m->dist.outage_to) && hx_in_outage(m, k->deadline) ? k : NULL;
}

/* What is due becomes true; a mark that would not go away is silenced. */
static void fire_all(struct hx_step *s, int64_t due)
{
    fire(s, due, s->t_until);
    hx_silence_end_due(s, due);
    expire_acks(s, due);
    if (hx_case_clocks_due(s->rules, s->c) <= due)
        silence(s->m, s->c, due);
}

static int begin(struct hx_step *s, struct hx_machine *m, struct hx_case *c, int64_t due)
{
    hx_step_begin(s, m, c, NULL);
    s->data = hx_event_data(NULL);
    s->t_rcv = s->t_due = due;
    s->t_eff = hx_in_outage(m, due) ? m->now : due;
    return m->ops->next_lsn(m->backend, &s->lsn);
}

/* *clocks becomes the next mark of a clock. */
static int fire_entry(struct hx_machine *m, struct hx_case *c, int64_t due, int64_t before,
                      int64_t *clocks)
{
    struct hx_step s;
    int rc = begin(&s, m, c, due);
    if (rc)
        return rc;
    s.cause = cause_of(m, c, due);
    s.t_until = horizon(m, c, due, before);
    struct hx_clock *handover = waited(m, c);
    if (handover) {
        s.cause = m->rules->clocks[handover->kind].name;
        run_out(&s, handover, due);
    } else {
        fire_all(&s, due);
    }
    c->version++;
    *clocks = hx_case_clocks_due(m->rules, c);
    s.clocks_due = *clocks;
    if (s.level >= 0) /* in the journal: which mark of which clock */
        s.cause = hx_arena_printf(m->arena, "%s/%s", s.cause, hx_level_name(s.level));
    return hx_step_write(m, &s, NULL, NULL);
}

/* ---- the end of an outage ---- */

int64_t hx_machine_row(const struct hx_machine *m, const struct hx_case *c, int64_t due)
{
    bool waits = c->due_row && c->due_row <= m->wall; /* and so does the look that it stands for */
    int64_t look = hx_outage_look(m->rules, c, waits ? c->due_row - 1 : m->wall);
    return look < due ? look : due;
}

/* The first look since the row that has come up, when somebody can be reached; else INT64_MAX. A
 * row of a mark that lay behind already when what we missed was read says nothing of looks: those
 * before we went down were made. */
static int64_t over_at(const struct hx_machine *m, struct hx_case *c, int64_t row)
{
    if (m->again || !row || waited(m, c)) /* in a replay the entries themselves tell it */
        return INT64_MAX;
    if (m->dist.outage_to && row < m->dist.outage_from)
        row = m->dist.outage_from;
    int64_t look = hx_outage_look(m->rules, c, row - 1);
    if (look > m->wall)
        return INT64_MAX;
    bool ours = m->reach && m->reach(m->reach_ctx, c->holder) == HX_REACH_OURS;
    return ours ? INT64_MAX : look;
}

/* What waits for us is tried at this look: the dispatch, or else the notices. */
static int fire_look(struct hx_machine *m, struct hx_case *c, int64_t at)
{
    struct hx_step s;
    struct hx_clock *k = hx_outage_clock(m->rules, c, at);
    if (!k) {
        hx_outage_sendings(m->rules, c, at);
        return hx_machine_deliver(m, c, at);
    }
    int rc = begin(&s, m, c, at);
    if (rc)
        return rc;
    s.cause = m->rules->clocks[k->kind].name;
    hx_clock_wait_ends(&s, k, at);
    run_out(&s, k, at);
    c->version++;
    return hx_step_write(m, &s, NULL, NULL);
}

/* ---- what is due ---- */

/* What a case has before it. Working it out asks every mark of every clock. */
struct ahead {
    int64_t due;    /* what comes first */
    int64_t clocks; /* the first mark of a clock */
    int64_t change; /* of the company */
};

static struct ahead look_ahead(const struct hx_machine *m, struct hx_case *c, int64_t clocks)
{
    const struct hx_clock *k = waited(m, c);
    if (k)
        return (struct ahead){k->deadline, k->deadline, INT64_MAX};
    int64_t change = hx_case_change_due(m->rules, c);
    int64_t sent = hx_case_delivery_due(c), due = change < clocks ? change : clocks;
    return (struct ahead){sent < due ? sent : due, clocks, change};
}

/* What is due first: marks of clocks, the change of the company, or a notice on its way. Then what
 * comes next. */
static int fire_next(struct hx_machine *m, struct hx_case *c, struct ahead *a, int64_t before)
{
    int64_t clocks;
    int rc;
    if (a->clocks <= a->due) {
        rc = fire_entry(m, c, a->due, before, &clocks);
    } else {
        rc = a->change <= a->due ? hx_machine_change(m, c) : hx_machine_deliver(m, c, a->due);
        clocks = hx_case_clocks_due(m->rules, c);
    }
    if (!rc)
        *a = look_ahead(m, c, clocks);
    return rc;
}

/* After our outage nobody is accused before all queued input is read; only a dispatch that waited
 * for us goes out, after what was sent while we were down. */
static bool held_back(const struct hx_machine *m, struct hx_case *c, int64_t before)
{
    return m->dist.draining && (!waited(m, c) || before <= m->dist.outage_to);
}

static bool may_fire(const struct hx_machine *m, struct hx_case *c, int64_t due, int64_t before)
{
    return due < before && due <= m->wall && !held_back(m, c, before) && !doubted(m, due);
}

/* `row` has come up, or is to come up. */
static int catch_up(struct hx_machine *m, struct hx_case *c, int64_t before, int64_t row,
                    int64_t *next)
{
    int rc = HX_OK;
    hx_change_look(m, c);
    struct ahead a = look_ahead(m, c, hx_case_clocks_due(m->rules, c));
    int64_t over = over_at(m, c, row);
    while (may_fire(m, c, over < a.due ? over : a.due, before)) {
        bool look = over < a.due;
        rc = look ? fire_look(m, c, over) : fire_next(m, c, &a, before);
        if (rc)
            return rc;
        if (look)
            a = look_ahead(m, c, hx_case_clocks_due(m->rules, c));
        over = over_at(m, c, row);
    }
    *next = hx_machine_row(m, c, waited(m, c) ? hx_case_due(m->rules, c) : a.due);
    if (over < *next)
        *next = over; /* held back: it comes up again */
    return HX_OK;
}

int hx_machine_catch_up(struct hx_machine *m, struct hx_case *c, int64_t before)
{
    int64_t next;
    return catch_up(m, c, before, c->due_row, &next);
}

int hx_machine_redeliver(struct hx_machine *m, uint64_t case_number)
{
    struct hx_case *c = &m->work;
    int rc = m->ops->case_load(m->backend, case_number, c);
    m->n_with = 0;
    if (rc || !m->dist.draining || held_back(m, c, INT64_MAX))
        return rc;
    return hx_machine_catch_up(m, c, INT64_MAX);
}

int hx_machine_due(struct hx_machine *m, uint64_t case_number, int64_t before)
{
    struct hx_case *c = &m->work;
    int rc = m->ops->case_load(m->backend, case_number, c);
    m->n_with = 0;
    if (rc)
        return rc;
    int64_t row = c->due_row, next;
    if (c->due_row <= m->now)
        c->due_row = 0; /* its row has come up and is gone */
    uint64_t version = c->version;
    rc = catch_up(m, c, before, row, &next);
    if (rc || c->version != version)
        return rc;
    return m->ops->case_save(m->backend, c, next);
}

int hx_machine_mark(struct hx_machine *m, uint64_t case_number, int64_t until)
{
    int rc = m->ops->case_load(m->backend, case_number, &m->work);
    if (rc)
        return rc;
    hx_change_look(m, &m->work);
    struct ahead a = look_ahead(m, &m->work, hx_case_clocks_due(m->rules, &m->work));
    if (a.due > until && hx_outage_look(m->rules, &m->work, until - 1) == until)
        return fire_look(m, &m->work, until);
    return a.due == INT64_MAX ? HX_NOTFOUND : fire_next(m, &m->work, &a, until + 1);
}
