/* What two persons may correct: breaches by appeal, deadlines by order. Nothing is erased (R7). */
#include "engine/time/calendar.h"
#include "engine/words/words.h"

#include <stdio.h>
#include <string.h>

static int clock_named(const struct hx_step *s)
{
    return hx_rules_clock(s->rules, s->data->clock);
}

/* ---- what waits for a second person ---- */

static struct hx_proposal *exclusion_of(struct hx_case *c, const struct hx_breach *b)
{
    for (uint32_t i = 0; i < c->n_proposals; i++)
        if (c->proposals[i].kind == b->kind && c->proposals[i].breach == b->lsn)
            return &c->proposals[i];
    return NULL;
}

static struct hx_proposal *move_of(struct hx_case *c, int kind)
{
    for (uint32_t i = 0; i < c->n_proposals; i++)
        if (c->proposals[i].kind == kind && !c->proposals[i].breach)
            return &c->proposals[i];
    return NULL;
}

/* Flags say whether anything waits at all. */
static void show_waiting(struct hx_step *s)
{
    bool moves = false, appeals = false;
    for (uint32_t i = 0; i < s->c->n_proposals; i++)
        *(s->c->proposals[i].breach ? &appeals : &moves) = true;
    for (uint32_t i = 0; i < s->c->n_breaches; i++)
        appeals = appeals || s->c->breaches[i].appealed;
    hx_flag_set(s, HX_FLAG_MOVE_ASKED, moves);
    hx_flag_set(s, HX_FLAG_APPEALED, appeals);
}

static void drop_proposal(struct hx_case *c, const struct hx_proposal *p)
{
    if (!p)
        return;
    size_t i = (size_t)(p - c->proposals);
    c->n_proposals--;
    memmove(&c->proposals[i], &c->proposals[i + 1], (c->n_proposals - i) * sizeof *c->proposals);
}

void hx_proposals_settle(struct hx_step *s, struct hx_breach *b)
{
    drop_proposal(s->c, exclusion_of(s->c, b));
    b->appealed = 0;
    show_waiting(s);
}

void hx_proposals_drop_move(struct hx_step *s, const struct hx_clock *k)
{
    struct hx_proposal *p = move_of(s->c, k->kind);
    if (!p || hx_clock_last(s->c, k->kind) != k)
        return;
    drop_proposal(s->c, p);
    show_waiting(s);
}

static void propose(struct hx_step *s, const struct hx_proposal *wanted)
{
    struct hx_case *c = s->c;
    if (c->n_proposals == HX_CASE_PROPOSALS)
        drop_proposal(c, c->proposals);
    struct hx_proposal *p = &c->proposals[c->n_proposals++];
    *p = *wanted;
    hx_asked(s, &p->asker);
}

/* ---- breaches ---- */

/* It stands, and is that of the holder who is named, if one is. */
static bool breach_is(const struct hx_step *s, const struct hx_breach *b)
{
    const char *holder = s->data->holder;
    return b->kind == clock_named(s) && !b->marks && (!holder[0] || strcmp(b->holder, holder) == 0);
}

typedef bool breach_question(const struct hx_step *s, const struct hx_breach *b);

static bool is_appealed(const struct hx_step *s, const struct hx_breach *b)
{
    (void)s;
    return b->appealed;
}

static bool is_wished(const struct hx_step *s, const struct hx_breach *b)
{
    return exclusion_of(s->c, b) != NULL;
}

static bool accuses(const struct hx_step *s, const struct hx_breach *b)
{
    return s->actor.area[0] && strcmp(b->holder, s->actor.area) == 0;
}

/* Of those that are meant the newest of which this is true. NULL: none. */
static struct hx_breach *newest(const struct hx_step *s, breach_question *is)
{
    for (uint32_t i = s->c->n_breaches; i-- > 0;)
        if (breach_is(s, &s->c->breaches[i]) && is(s, &s->c->breaches[i]))
            return &s->c->breaches[i];
    return NULL;
}

/* The breach that is to be decided about: rather the one that a first person has asked about, or
 * that was appealed against, than the newest. */
static struct hx_breach *breach_named(const struct hx_step *s)
{
    struct hx_breach *b = newest(s, is_wished);
    b = b ? b : newest(s, is_appealed);
    return b ? b : newest(s, breach_is);
}

/* Whoever appeals means what accuses him, also when another has the case by now and is late, too;
 * whom nothing accuses means the newest. */
static struct hx_breach *breach_appealed(const struct hx_step *s)
{
    struct hx_breach *b = newest(s, accuses);
    return b ? b : newest(s, breach_is);
}

static bool accused_once(const struct hx_step *s)
{
    for (uint32_t i = 0; i < s->c->n_breaches; i++)
        if (accuses(s, &s->c->breaches[i]))
            return true;
    return false;
}

/* Who had the case before may still answer for what a breach accuses him of, and for nothing else.
 */
static bool no_bystander(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    const struct hx_breach *b = breach_appealed(s);
    if (!hx_by_stranger(s))
        return true;
    return b ? accuses(s, b) : accused_once(s);
}

static bool breach_stands(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return breach_named(s) != NULL;
}

/* An appeal must not come for ever (corner 5). */
static bool soon_after_breach(const struct hx_step *s, const struct hx_call *call)
{
    const struct hx_breach *b = breach_appealed(s);
    const struct hx_calendar_rule *cal = &s->rules->calendars[call->number];
    const struct hx_holidays *h = hx_table_at(cal->table, s->lsn, false);
    return b && s->t_eff <= hx_calendar_add_by(cal, h, b->t_noticed, call->span_ms);
}

static bool no_exclusion_asked(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    const struct hx_breach *b = breach_named(s);
    return !b || !exclusion_of(s->c, b);
}

static bool second_for_exclusion(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    const struct hx_breach *b = breach_named(s);
    const struct hx_proposal *p = b ? exclusion_of(s->c, b) : NULL;
    return p && hx_second_person(s, &p->asker);
}

/* Whether an appeal about this clock, or a first person's wish to exclude its breach, waits. */
/* Rather an appeal than a wish to exclude. NULL: neither waits. */
static struct hx_breach *breach_refused(const struct hx_step *s)
{
    struct hx_breach *b = newest(s, is_appealed);
    return b ? b : newest(s, is_wished);
}

static bool appeal_waits(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return breach_refused(s) != NULL;
}

static bool second_for_move(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    const struct hx_proposal *p = move_of(s->c, clock_named(s));
    return p && hx_second_person(s, &p->asker);
}

static bool named_person(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return s->actor.person[0] != '\0';
}

/* Of a clock that stands still it is the deadline without the pause, which is counted to it when it
 * ends. */
static bool deadline_running(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    int kind = clock_named(s);
    const struct hx_clock *k = kind > 0 ? hx_clock_find(s->c, kind) : NULL;
    return k && hx_clock_counts(k) && k->deadline;
}

static bool same_move(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    const struct hx_proposal *p = move_of(s->c, clock_named(s));
    return p && p->deadline == s->data->deadline;
}

/* Nobody has asked to move this clock, or the same person names another instant. */
static bool new_move(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    const struct hx_proposal *p = move_of(s->c, clock_named(s));
    return !p || (p->deadline != s->data->deadline && !hx_second_person(s, &p->asker));
}

static void ask_move(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    int kind = clock_named(s);
    if (kind <= 0)
        return;
    drop_proposal(s->c, move_of(s->c, kind));
    propose(s, &(struct hx_proposal){.kind = (uint8_t)kind, .deadline = s->data->deadline});
    show_waiting(s);
}

static void move_deadline(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    int kind = clock_named(s);
    struct hx_clock *k = hx_clock_find(s->c, kind);
    if (k)
        hx_clock_move(s, k, s->data->deadline);
    drop_proposal(s->c, move_of(s->c, kind));
    show_waiting(s);
}

static void appeal(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    struct hx_breach *b = breach_appealed(s);
    if (b)
        b->appealed = 1;
    show_waiting(s);
}

static void ask_exclusion(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    const struct hx_breach *b = breach_named(s);
    if (b && !exclusion_of(s->c, b))
        propose(s, &(struct hx_proposal){.kind = b->kind, .breach = b->lsn});
    show_waiting(s);
}

static void exclude(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    struct hx_breach *b = breach_named(s);
    if (!b)
        return;
    s->cycle = b->cycle;
    hx_mark_breach(s, b, HX_BREACH_EXCLUDED,
                   s->data->why[0] ? hx_arena_strdup(s->arena, s->data->why) : "appeal granted");
    hx_ladder_correct_breach(s, b, "excluded after appeal");
}

static void refuse_appeal(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    struct hx_breach *b = breach_refused(s);
    if (b)
        hx_proposals_settle(s, b);
}

const struct hx_word hx_words_truth[] = {
    HX_GUARD("no_bystander", HX_ARG_NONE, no_bystander, "NOT_HOLDER", HX_NOT_ALLOWED,
             "a company says so only of a case that is its own, or of what accuses it"),
    HX_GUARD("breach_stands", HX_ARG_NONE, breach_stands, "NO_BREACH", HX_NOT_ALLOWED,
             "this clock was broken, and no mark has taken the breach away"),
    HX_GUARD("soon_after_breach", HX_ARG_SPAN, soon_after_breach, "TOO_LATE", HX_NOT_ALLOWED,
             "so soon after the breach was told"),
    HX_GUARD("no_exclusion_asked", HX_ARG_NONE, no_exclusion_asked, "ALREADY", HX_NOT_ALLOWED,
             "nobody has asked to exclude this breach before"),
    HX_GUARD("appeal_waits", HX_ARG_NONE, appeal_waits, "NO_APPEAL", HX_NOT_ALLOWED,
             "an appeal about this clock waits"),
    HX_GUARD("second_for_exclusion", HX_ARG_NONE, second_for_exclusion, "SAME_PERSON",
             HX_NOT_ALLOWED, "not the person who asked to exclude it"),
    HX_GUARD("second_for_move", HX_ARG_NONE, second_for_move, "SAME_PERSON", HX_NOT_ALLOWED,
             "not the person who asked to move it"),
    HX_GUARD("named_person", HX_ARG_NONE, named_person, "NO_PERSON", HX_NOT_ALLOWED,
             "the person is named"),
    HX_GUARD("deadline_running", HX_ARG_NONE, deadline_running, "CLOCK_NOT_RUNNING", HX_NOT_ALLOWED,
             "this clock runs, or stands still in a pause"),
    HX_GUARD("same_move", HX_ARG_NONE, same_move, "OTHER_MOVE", HX_NOT_ALLOWED,
             "the same move that was asked for"),
    HX_GUARD("new_move", HX_ARG_NONE, new_move, "OTHER_MOVE", HX_NOT_ALLOWED,
             "nobody else has asked to move this clock"),
    HX_EFFECT("appeal", HX_ARG_NONE, appeal, "an appeal against the breach waits"),
    HX_EFFECT("ask_move", HX_ARG_NONE, ask_move, "the first person asks to move a deadline"),
    HX_EFFECT("move_deadline", HX_ARG_NONE, move_deadline,
              "the second person agrees: the deadline moves"),
    HX_EFFECT("ask_exclusion", HX_ARG_NONE, ask_exclusion,
              "the first person asks to exclude a breach"),
    HX_EFFECT("exclude", HX_ARG_NONE, exclude,
              "the second person agrees: the breach is marked, never erased"),
    HX_EFFECT("refuse_appeal", HX_ARG_NONE, refuse_appeal, "the breach stands"),
    HX_WORDS_END,
};
