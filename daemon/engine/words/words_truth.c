/* What two persons may correct: breaches by appeal, deadlines by order. Nothing is erased (R7). */
#include "engine/time/calendar.h"
#include "engine/words/words.h"

#include <stdio.h>
#include <string.h>

static int clock_named(const struct hx_step *s)
{
    return hx_rules_clock(s->rules, s->data->clock);
}

static struct hx_breach *breach_named(const struct hx_step *s)
{
    for (uint32_t i = s->c->n_breaches; i-- > 0;)
        if (s->c->breaches[i].kind == clock_named(s))
            return &s->c->breaches[i];
    return NULL;
}

static bool breach_known(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return breach_named(s) != NULL;
}

/* An appeal must not come for ever (corner 5). */
static bool soon_after_breach(const struct hx_step *s, const struct hx_call *call)
{
    const struct hx_breach *b = breach_named(s);
    return b && s->t_eff <= hx_calendar_add(&s->rules->calendars[call->number], b->t_noticed,
                                            call->span_ms);
}

static bool no_exclusion_asked(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return !s->c->exclude_asker.by[0];
}

static bool same_exclusion(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return strcmp(s->c->exclude_clock, s->data->clock) == 0;
}

static bool second_for_exclusion(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return hx_second_person(s, &s->c->exclude_asker);
}

static bool second_for_move(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return hx_second_person(s, &s->c->move_asker);
}

static bool named_person(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return s->actor.person[0] != '\0';
}

static bool deadline_running(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    int kind = clock_named(s);
    const struct hx_clock *k = kind > 0 ? hx_clock_find(s->c, kind) : NULL;
    return k && k->state == HX_CLOCK_RUNNING && k->deadline;
}

static bool same_move(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return strcmp(s->c->move_clock, s->data->clock) == 0 &&
           s->c->move_deadline == s->data->deadline;
}

static void ask_move(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    hx_asked(s, &s->c->move_asker);
    snprintf(s->c->move_clock, sizeof s->c->move_clock, "%s", s->data->clock);
    s->c->move_deadline = s->data->deadline;
    hx_flag_set(s, HX_FLAG_MOVE_ASKED, true);
}

static void move_deadline(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    struct hx_clock *k = hx_clock_find(s->c, clock_named(s));
    if (k)
        hx_clock_move(s, k, s->data->deadline);
    s->c->move_asker.by[0] = s->c->move_clock[0] = '\0';
    s->c->move_deadline = 0;
    hx_flag_set(s, HX_FLAG_MOVE_ASKED, false);
}

static void ask_exclusion(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    hx_asked(s, &s->c->exclude_asker);
    snprintf(s->c->exclude_clock, sizeof s->c->exclude_clock, "%s", s->data->clock);
    hx_flag_set(s, HX_FLAG_APPEALED, true);
}

static void exclude(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    struct hx_breach *b = breach_named(s);
    s->c->exclude_asker.by[0] = s->c->exclude_clock[0] = '\0';
    hx_flag_set(s, HX_FLAG_APPEALED, false);
    if (!b || b->marks & HX_BREACH_EXCLUDED)
        return;
    b->marks |= HX_BREACH_EXCLUDED;
    hx_fact_breach_mark(s, b, "EXCLUDED",
                        s->data->why[0] ? hx_arena_strdup(s->arena, s->data->why)
                                        : "appeal granted");
    struct hx_clock *k = hx_clock_last(s->c, b->kind);
    if (k)
        hx_ladder_correct(s, k, "excluded after appeal", false);
}

static void refuse_appeal(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    s->c->exclude_asker.by[0] = s->c->exclude_clock[0] = '\0';
    hx_flag_set(s, HX_FLAG_APPEALED, false);
}

const struct hx_word hx_words_truth[] = {
    HX_GUARD("breach_known", HX_ARG_NONE, breach_known, "NO_BREACH", HX_NOT_ALLOWED,
             "this clock was broken"),
    HX_GUARD("soon_after_breach", HX_ARG_SPAN, soon_after_breach, "TOO_LATE", HX_NOT_ALLOWED,
             "so soon after the breach was told"),
    HX_CASE_GUARD("no_exclusion_asked", HX_ARG_NONE, no_exclusion_asked, "ALREADY", HX_NOT_ALLOWED,
                  "nobody has asked to exclude a breach before"),
    HX_GUARD("same_exclusion", HX_ARG_NONE, same_exclusion, "OTHER_CLOCK", HX_NOT_ALLOWED,
             "the same breach that was asked for"),
    HX_GUARD("second_for_exclusion", HX_ARG_NONE, second_for_exclusion, "SAME_PERSON",
             HX_NOT_ALLOWED, "not the person who asked to exclude it"),
    HX_GUARD("second_for_move", HX_ARG_NONE, second_for_move, "SAME_PERSON", HX_NOT_ALLOWED,
             "not the person who asked to move it"),
    HX_GUARD("named_person", HX_ARG_NONE, named_person, "NO_PERSON", HX_INVALID_EVENT,
             "the person is named"),
    HX_GUARD("deadline_running", HX_ARG_NONE, deadline_running, "CLOCK_NOT_RUNNING", HX_NOT_ALLOWED,
             "this clock runs"),
    HX_GUARD("same_move", HX_ARG_NONE, same_move, "OTHER_MOVE", HX_NOT_ALLOWED,
             "the same move that was asked for"),
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
