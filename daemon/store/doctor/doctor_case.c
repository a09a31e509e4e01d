/* One case by its row and its entries: what must hold whatever happened. The numbers are those of
 * the invariants on the life cycle page. What these checks need to remember of a case is bounded;
 * beyond that they say nothing rather than something wrong. */
#include "engine/words/words.h"
#include "store/doctor/doctor.h"

#include <inttypes.h>
#include <string.h>

enum { REMEMBERED = 512 };

/* Something that was said once and must not be said again. */
struct said {
    const char *clock, *to, *level;
    uint32_t cycle;
    int64_t t;
};

struct examined {
    struct doctor *d;
    const struct hx_case *c;
    const hxp_entry *e; /* the one at hand */
    struct said notices[REMEMBERED], breaches[REMEMBERED], ended[REMEMBERED];
    size_t n_notices, n_breaches, n_ended;
};

static const struct hx_finding *of(const struct examined *x, int invariant, const char *table,
                                   const char *clock)
{
    x->d->about = (struct hx_finding){.invariant = invariant,
                                      .table = table,
                                      .case_number = x->c->number,
                                      .lsn = x->e ? x->e->lsn : x->c->last_lsn,
                                      .clock = clock};
    return &x->d->about;
}

static bool same(const struct said *a, const struct said *b)
{
    return a->cycle == b->cycle && a->t == b->t && strcmp(a->clock, b->clock) == 0 &&
           strcmp(a->to, b->to) == 0 && strcmp(a->level, b->level) == 0;
}

/* True when it was said before; remembers it. */
static bool again(struct said *list, size_t *n, struct said s)
{
    for (size_t i = 0; i < *n; i++)
        if (same(&list[i], &s))
            return true;
    if (*n < REMEMBERED)
        list[(*n)++] = s;
    return false;
}

static bool was_met(const struct examined *x, const struct said *breach)
{
    for (size_t i = 0; i < x->n_ended; i++)
        if (same(&x->ended[i], breach))
            return true;
    return false;
}

/* ---- facts ---- */

/* Whoever was told that it is not so may be told again, by the same mark, when it is: a class that
 * was taken by mistake and set right gives the deadline that was. */
static void taken_back(struct examined *x, struct said s)
{
    size_t kept = 0;
    for (size_t i = 0; i < x->n_notices; i++) {
        s.t = x->notices[i].t;
        if (!same(&x->notices[i], &s))
            x->notices[kept++] = x->notices[i];
    }
    x->n_notices = kept;
}

/* 3: one mark is told once to one receiver, and not before its time. */
static void notice(struct examined *x, const hxp_notice_fact *f)
{
    struct said s = {
        .clock = f->clock, .to = f->to, .level = f->level, .cycle = x->e->cycle, .t = f->t_due};
    if (strcmp(f->kind, "CORRECTION") == 0)
        taken_back(x, s);
    bool alarm = strcmp(f->kind, "REMINDER") == 0 || strcmp(f->kind, "WARNING") == 0 ||
                 strcmp(f->kind, "BREACH") == 0;
    if (!alarm)
        return;
    if (f->t_due > x->e->t_rec)
        doctor_found(x->d, of(x, 3, "journal", f->clock), "%s was told before it was due",
                     f->level);
    if (!*f->why && again(x->notices, &x->n_notices, s))
        doctor_found(x->d, of(x, 3, "journal", f->clock), "%s was told twice to %s", f->level,
                     f->to);
}

/* 4: noticed when due or later, once for each deadline, and no fact in time stands before it. */
static void breach(struct examined *x, const hxp_breach_fact *f)
{
    struct said s = {
        .clock = f->clock, .to = "", .level = "", .cycle = x->e->cycle, .t = f->deadline};
    if (was_met(x, &s))
        doctor_found(x->d, of(x, 4, "journal", f->clock),
                     "a breach was written after the fact that met this deadline");
    if (f->t_noticed < f->t_due || f->t_due < f->deadline)
        doctor_found(x->d, of(x, 4, "journal", f->clock), "a breach was noticed before it was due");
    if (again(x->breaches, &x->n_breaches, s))
        doctor_found(x->d, of(x, 3, "journal", f->clock), "a breach was written twice");
}

/* Deadlines that a fact in time has met: one that is broken afterwards is no breach. */
static void met(struct examined *x, const hxp_clock_fact *f)
{
    struct said s = {
        .clock = f->clock, .to = "", .level = "", .cycle = x->e->cycle, .t = f->deadline};
    if (strcmp(f->change, "STOP") == 0 && f->judged_case && f->met)
        again(x->ended, &x->n_ended, s);
}

/* 2: the parts add up to the whole. */
static void owner(struct examined *x, const hxp_owner_fact *f)
{
    uint64_t sum =
        f->citizen + f->dispatcher + f->holder + f->assisting + f->arbiter + f->force + f->system;
    if (sum != f->total_ms)
        doctor_found(x->d, of(x, 2, "journal", ""),
                     "the owners' seconds add up to %" PRIu64 " ms, not to %" PRIu64, sum,
                     f->total_ms);
}

/* A clock that starts anew (its class was taken away and came back) has a ladder of its own. */
static void forget(struct examined *x, const char *clock)
{
    size_t kept = 0;
    for (size_t i = 0; i < x->n_notices; i++)
        if (strcmp(x->notices[i].clock, clock) != 0)
            x->notices[kept++] = x->notices[i];
    x->n_notices = kept;
}

/* 7: what is written gives the deadline that is written. */
static void clock_fact(struct examined *x, const hxp_clock_fact *f)
{
    if (strcmp(f->change, "START") == 0)
        forget(x, f->clock);
    met(x, f);
    bool counted = strcmp(f->basis, "BUDGET") == 0 || strcmp(f->basis, "HALF_BUDGET") == 0 ||
                   strcmp(f->basis, "FLOOR") == 0;
    if (!f->deadline || !counted || strcmp(f->calendar, "always") != 0)
        return;
    int64_t due = f->start + (int64_t)(f->budget_ms + f->paused_ms);
    if (f->floor > due)
        due = f->floor;
    if (due != f->deadline)
        doctor_found(x->d, of(x, 7, "journal", f->clock),
                     "the deadline is not what its parts give: %" PRId64 " ms off",
                     f->deadline - due);
}

/* 11: a closed case was called back. */
static void state(struct examined *x, const hxp_state_fact *f)
{
    if (strcmp(f->to, "CLOSED") == 0 && strncmp(f->cause, "CALLBACK_", 9) != 0 &&
        strcmp(f->cause, "K_CALLBACK") != 0)
        doctor_found(x->d, of(x, 11, "journal", ""), "closed by %s, not by a call-back", f->cause);
}

static void fact(struct examined *x, const hxp_fact *f)
{
    switch (f->fact_case) {
    case HONGXIN__V1__FACT__FACT_NOTICE:
        notice(x, f->notice);
        break;
    case HONGXIN__V1__FACT__FACT_BREACH:
        breach(x, f->breach);
        break;
    case HONGXIN__V1__FACT__FACT_OWNER:
        owner(x, f->owner);
        break;
    case HONGXIN__V1__FACT__FACT_CLOCK:
        clock_fact(x, f->clock);
        break;
    case HONGXIN__V1__FACT__FACT_STATE:
        state(x, f->state);
        break;
    default:
        break;
    }
}

/* 11: nobody who is complained of made the call-back. */
static void caller(struct examined *x)
{
    ProtobufCAllocator memory = hx_arena_allocator(&x->d->arena);
    struct hx_actor by;
    if (strncmp(x->e->cause, "CALLBACK_", 9) != 0 || !x->c->about[0])
        return;
    const hxp_reply *r = x->e->n_facts && x->e->facts[0]->fact_case == HONGXIN__V1__FACT__FACT_REPLY
                             ? x->e->facts[0]->reply
                             : NULL;
    const hxp_event *event = hongxin__v1__event__unpack(&memory, x->e->event.len, x->e->event.data);
    if (event && r && r->result == HONGXIN__V1__RESULT__ACCEPTED &&
        hx_actor_parse(event->by, &by) && hx_is_about(x->c, by.role, by.area))
        doctor_found(x->d, of(x, 11, "journal", "K_CALLBACK"),
                     "the call-back was made by the party complained of");
}

static void entry(struct examined *x)
{
    if (x->e->event.len)
        caller(x);
    if (x->e->t_due > x->e->t_rec)
        doctor_found(x->d, of(x, 3, "journal", x->e->cause),
                     "a mark fired %" PRId64 " ms before it was due", x->e->t_due - x->e->t_rec);
    for (size_t i = 0; i < x->e->n_facts; i++)
        fact(x, x->e->facts[i]);
}

/* ---- the row ---- */

static void running(struct examined *x)
{
    const struct hx_case *c = x->c;
    if (hx_case_open(x->d->rules, c) && !hx_case_clocked(x->d->rules, c))
        doctor_found(x->d, of(x, 1, "case", ""), "open without a running deadline");
}

static void seconds(struct examined *x)
{
    const struct hx_case *c = x->c;
    int64_t sum = 0;
    for (int i = 0; i < HX_OWNERS; i++)
        sum += c->owner_ms[i];
    if (hx_case_open(x->d->rules, c) && sum != c->owner_since - c->t_report)
        doctor_found(x->d, of(x, 2, "case", ""),
                     "the owners' seconds add up to %" PRId64 " ms in %" PRId64, sum,
                     c->owner_since - c->t_report);
}

static void deadlines(struct examined *x)
{
    const struct hx_rules *r = x->d->rules;
    for (uint32_t i = 0; i < x->c->n_clocks; i++) {
        const struct hx_clock *k = &x->c->clocks[i];
        bool counted = k->basis == HX_BASIS_BUDGET || k->basis == HX_BASIS_HALF_BUDGET ||
                       k->basis == HX_BASIS_FLOOR;
        if (k->state != HX_CLOCK_RUNNING || !k->deadline || !counted ||
            hx_rules_at(r, k->policy)->version != k->policy)
            continue;
        int64_t due = hx_clock_deadline(r, k);
        if (due != k->deadline)
            doctor_found(x->d, of(x, 7, "case", r->clocks[k->kind].name),
                         "the deadline is not what its parts give: %" PRId64 " ms off",
                         k->deadline - due);
    }
}

/* 5: a breach that is over was cleared with everybody who had heard of it. */
static void alarms(struct examined *x)
{
    const struct hx_case *c = x->c;
    for (uint32_t i = 0; i < c->n_told; i++) {
        const struct hx_told *t = &c->told[i];
        bool open = false;
        if (t->how != HX_NOTICE_BREACH || t->done)
            continue;
        for (uint32_t j = 0; j < c->n_clocks; j++) {
            const struct hx_clock *k = &c->clocks[j];
            open |= k->kind == t->kind && k->cycle == t->cycle &&
                    (hx_clock_counts(k) || k->state == HX_CLOCK_MERGED);
        }
        if (!open)
            doctor_found(x->d, of(x, 5, "case", x->d->rules->clocks[t->kind].name),
                         "%s heard of a breach that is over and never that it is", t->to);
    }
}

void doctor_case(struct doctor *d, const struct hx_case *c, const struct doctor_chain *chain)
{
    struct examined x = {.d = d, .c = c};
    for (size_t i = 0; i < chain->n; i++) {
        x.e = chain->entries[i];
        entry(&x);
    }
    x.e = NULL;
    running(&x);
    seconds(&x);
    deadlines(&x);
    alarms(&x);
}
