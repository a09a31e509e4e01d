/* Merge, unmerge, mass events and repeats (B3 to B7, corners 11 and 27). Every reporter stays a
 * party with an own call-back; the earliest start counts; a merge that lengthens a deadline needs a
 * second person, like a change of class. */
#include "base/text.h"
#include "engine/case/party.h"
#include "engine/case/passing.h"
#include "engine/time/calendar.h"
#include "engine/words/words.h"
#include "hongxin/number.h"

#include <stdio.h>
#include <string.h>

enum { MASS_PARTIES = 3, MASS_CITY = 10 };

static bool other_open(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return s->other && s->other->number != s->c->number && hx_case_open(s->rules, s->other);
}

/* Whoever is asked for in a case of a case cannot be given back by the one in the middle. */
static bool other_stands(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return !s->other || !s->other->merged_into || s->other->flags & HX_FLAG_MERGE_ASKED;
}

/* When a promise of this class that begins now would be due, counted in its calendar. */
static int64_t due_from_now(const struct hx_step *s, int kind, int class_no, int64_t budget)
{
    const struct hx_calendar_rule *cal =
        &s->rules->calendars[hx_clock_calendar(s->rules, kind, class_no)];
    return hx_calendar_add_by(cal, hx_table_at(cal->table, s->lsn, false), s->t_eff, budget);
}

/* By the earlier start of a merged case. */
static int64_t deadline_from(const struct hx_step *s, const struct hx_clock *k, int64_t start)
{
    struct hx_clock earlier = *k;
    if (start < k->start)
        earlier.start = start;
    return hx_clock_deadline(s->rules, &earlier);
}

/* Its own deadline, with the pause so far if it stands still. */
static int64_t own_deadline(const struct hx_step *s, const struct hx_clock *own)
{
    struct hx_clock k = *own;
    if (!k.paused_at || s->t_eff <= k.paused_at)
        return k.deadline;
    k.paused_ms += (uint64_t)(s->t_eff - k.paused_at);
    if (k.floor)
        k.floor += s->t_eff - k.paused_at;
    return hx_clock_deadline(s->rules, &k);
}

/* What a deadline that moves back by the merge leaves at least: a quarter of the budget. Nobody is
 * late by a merge; but who has the merged case, too, knew when that was due, and has no longer for
 * both. */
static int64_t least_left(const struct hx_step *s, const struct hx_clock *k,
                          const struct hx_clock *merged)
{
    int64_t least = hx_clock_quarter(k, s->t_eff);
    bool runs = hx_clock_counts(merged) || merged->state == HX_CLOCK_MERGED;
    if (!runs || merged->fired & HX_CLOCK_END || strcmp(s->c->holder, s->other->holder) != 0)
        return least;
    int64_t due = own_deadline(s, merged);
    return due < least ? due : least;
}

/* By the start of a merged case. What has no more than is left at least stays where it is. */
static int64_t deadline_taken(const struct hx_step *s, const struct hx_clock *k,
                              const struct hx_clock *merged)
{
    int64_t raw = deadline_from(s, k, merged->start), least = least_left(s, k, merged);
    if (raw >= k->deadline || least >= k->deadline)
        return k->deadline;
    return raw > least ? raw : least;
}

/* The deadline that the absorbing case will have for this kind of clock. What nobody has taken
 * there begins with its receipt, now at the soonest. INT64_MAX: it stands still there, or there is
 * none and the class is a longer one: classes are numbered from the shortest to the longest. */
static int64_t merged_deadline(const struct hx_step *s, const struct hx_clock *own)
{
    const struct hx_case *b = s->other;
    const struct hx_clock *there = hx_clock_find(s->other, own->kind);
    int class_no = b->class_no ? b->class_no : hx_rules_default_class(s->rules);
    if (there && there->state == HX_CLOCK_PAUSED)
        return INT64_MAX;
    if (there && there->deadline) /* who is late already gains nothing by a floor */
        return own->fired & HX_CLOCK_END ? deadline_from(s, there, own->start)
                                         : deadline_taken(s, there, own);
    int64_t budget = hx_clock_budget(s->rules, own->kind, class_no, b->cycle);
    if (!b->t_held && budget)
        return due_from_now(s, own->kind, class_no, budget);
    return !budget && hx_class_longer(s->rules, s->c->class_no, class_no) ? INT64_MAX : 0;
}

/* Of the promises that the holder has given; those of the whole case stay with its report. */
static bool merge_shortens(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    for (uint32_t i = 0; s->other && i < s->c->n_clocks; i++) {
        const struct hx_clock *k = &s->c->clocks[i];
        const struct hx_clock_rule *rule = &s->rules->clocks[k->kind];
        if (hx_clock_counts(k) && rule->promise && !rule->dated && !rule->stays &&
            merged_deadline(s, k) > own_deadline(s, k))
            return false;
    }
    return true;
}

static bool second_for_merge(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return hx_second_person(s, &s->c->merge_asker);
}

static void ask_merge(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    if (!s->other)
        return;
    s->c->merged_into = s->other->number;
    hx_asked(s, &s->c->merge_asker);
    hx_flag_set(s, HX_FLAG_MERGE_ASKED, true);
}

void hx_merge_drop(struct hx_step *s)
{
    if (!(s->c->flags & HX_FLAG_MERGE_ASKED))
        return;
    s->c->merged_into = 0;
    s->c->merge_asker = (struct hx_asker){0};
    hx_flag_set(s, HX_FLAG_MERGE_ASKED, false);
}

/* Whose the time is if it is taken back: of whoever merges it, or has asked for it (corner 11). */
static void note_merger(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    hx_asked(s, &s->c->merge_asker);
}

/* Every reporter finds room in the other case, or there is no merge: none is left without a
 * call-back. Whoever is a party there already needs no second place. */
static bool finds_room(const struct hx_case *c, const struct hx_case *other)
{
    struct hx_party_home home;
    uint32_t all = other->n_parties;
    for (uint32_t i = 0; hx_party_home(c, i, &home); i++)
        all += hx_party_place(other, &home) == HX_CASE_PARTIES;
    return all <= HX_CASE_PARTIES;
}

/* Its clocks rest; they are its own again when it is unmerged. Whoever worries about one, and
 * whoever gave an order, hears where it has gone. */
static void merge(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    struct hx_case *c = s->c;
    char number[HX_NUMBER_TEXT];
    if (!s->other)
        return;
    const char *why =
        hx_arena_printf(s->arena, "merged into %s", hx_number_format(s->other->number, number));
    s->overflow = s->overflow || !finds_room(c, s->other);
    hx_clocks_judge_missed(s);
    if (c->flags & HX_FLAG_SUPERVISED)
        hx_order_tell(s, why);
    c->merged_into = s->other->number;
    hx_flag_set(s, HX_FLAG_MERGE_ASKED, false);
    for (uint32_t i = 0; i < c->n_clocks; i++) {
        struct hx_clock *k = &c->clocks[i];
        bool runs = hx_clock_counts(k);
        if (!hx_clock_live(k))
            continue;
        hx_ladder_amend(s, k, why);
        k->state = HX_CLOCK_MERGED;
        if (runs)
            hx_fact_clock(s, k, "PAUSE");
    }
    c->t_closed = c->owner_since;
    hx_fact_owner(s);
    s->message = hx_rules_event(s->rules, "ABSORBED");
}

/* Counts again, or stands still again. */
static void go_on(struct hx_step *s, struct hx_clock *k)
{
    const struct hx_clock_rule *rule = &s->rules->clocks[k->kind];
    bool whole = rule->promise && rule->stays; /* of the whole case, whoever speaks for it */
    k->state = k->paused_at ? HX_CLOCK_PAUSED : HX_CLOCK_RUNNING;
    if (!k->paused_at && !whole)
        hx_clock_floor(s, k);
    hx_fact_clock(s, k, "RESUME");
}

/* Who has withdrawn meanwhile, there, has withdrawn. */
static void take_leavers(struct hx_step *s)
{
    for (uint32_t i = 0; s->other && i < s->n_theirs; i++)
        if (s->theirs[i] != HX_NOBODY)
            s->c->parties[i].gone |= s->other->parties[s->theirs[i]].gone;
    hx_check_ends(s);
}

/* Whoever was told of a clock, or gave an order, hears that it counts again. Marks that lie ahead
 * of a deadline which has moved are told anew. */
static void unmerge(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    struct hx_case *c = s->c;
    const char *why = hx_arena_printf(s->arena, "unmerged by %s", hx_step_came(s)->by);
    if (c->flags & HX_FLAG_SUPERVISED)
        hx_order_tell(s, why);
    for (uint32_t i = 0; i < c->n_clocks; i++) {
        struct hx_clock *k = &c->clocks[i];
        if (k->state != HX_CLOCK_MERGED)
            continue;
        const int64_t before = k->deadline;
        if (k->met) /* had run out by itself: what its ladder has left is told as before */
            k->state = HX_CLOCK_EXPIRED;
        else
            go_on(s, k);
        if (k->deadline != before)
            hx_ladder_correct(s, k, why);
        else
            hx_ladder_amend(s, k, why);
    }
    take_leavers(s);
    c->t_closed = 0;
    c->merged_into = 0;
    c->merge_asker.by[0] = '\0';
    s->message = hx_rules_event(s->rules, "RELEASED");
    hx_step_enter(s, c->state_before);
}

static void remember_state(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    s->c->state_before = s->state_from;
}

/* ---- in the absorbing case ---- */

static void mass(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    struct hx_case *c = s->c;
    if (c->n_parties >= MASS_PARTIES)
        hx_flag_set(s, HX_FLAG_MASS, true);
    bool city = c->n_parties >= MASS_CITY || (c->flags & HX_FLAG_MASS && c->flags & HX_FLAG_SAFETY);
    if (!city || c->order_level[0])
        return;
    snprintf(c->order_level, sizeof c->order_level, "L4");
    hxp_notice_fact *f =
        hx_fact_notice(s, HX_NOTICE_CASE, hx_receiver(s, hx_rules_receiver(s->rules, "property")));
    if (f) {
        f->level = hx_text_field("L4");
        f->why = hx_arena_printf(s->arena, "mass event: %u reporters", c->n_parties);
    }
}

/* He reports it, too, as one of a merged case that is a part of the same report. Had he withdrawn,
 * he is a reporter again as long as one of these cases is here. */
static void comes_with(struct hx_party *p, const struct hx_party *merged)
{
    if (merged->gone)
        return;
    if (p->gone)
        p->back = 1;
    else if (p->back && p->back < UINT8_MAX)
        p->back++;
    p->gone = 0;
}

/* Every reporter of the other case, under a reference that names him here too. Whoever is one
 * already, because both cases were one report, is not counted as two. */
static void take_parties(struct hx_step *s, const struct hx_case *a)
{
    struct hx_case *c = s->c;
    struct hx_party_home home;
    uint32_t before = c->n_parties, at;
    for (uint32_t i = 0; hx_party_home(a, i, &home); i++) {
        if ((at = hx_party_place(c, &home)) < before) {
            comes_with(&c->parties[at], &a->parties[i]);
        } else if (c->n_parties < HX_CASE_PARTIES) {
            struct hx_party *p = &c->parties[c->n_parties++];
            *p = hx_party_taken(a, i);
            p->from_case = a->number;
        }
    }
}

/* A reporter of a merged case is here. */
static bool speaks_for_others(const struct hx_case *c)
{
    for (uint32_t i = 0; i < c->n_parties; i++)
        if (c->parties[i].from_case)
            return true;
    return false;
}

/* From when it counts for whoever takes its case: what has ended by the start of a case that has
 * been given back since, from its own. */
static int64_t start_for_others(const struct hx_case *a, const struct hx_clock *k)
{
    return k->own_start && !speaks_for_others(a) ? k->own_start : k->start;
}

/* The earlier start, when the deadline becomes earlier by it: a merge gives no holder more time. */
static void take_start(struct hx_step *s, struct hx_clock *k, const struct hx_clock *merged)
{
    if (deadline_taken(s, k, merged) >= k->deadline)
        return;
    if (!k->own_start)
        k->own_start = k->start;
    k->start = merged->start;
    hx_clock_rebudget_by(s, k, least_left(s, k, merged));
}

/* Its own start again, once no merged case is left that might have an earlier one. What has ended
 * keeps the start by which it was judged. */
static void give_start_back(struct hx_step *s)
{
    struct hx_case *c = s->c;
    if (speaks_for_others(c))
        return;
    for (uint32_t i = 0; i < c->n_clocks; i++) {
        struct hx_clock *k = &c->clocks[i];
        if (!k->own_start || !hx_clock_counts(k))
            continue;
        hx_clock_judge_missed(s, k);
        struct hx_clock own = *k;
        own.start = k->own_start;
        own.floor = 0;
        k->own_start = 0;
        if (k->fired & HX_CLOCK_END && hx_clock_deadline(s->rules, &own) <= s->t_eff)
            continue; /* broken either way */
        k->start = own.start;
        hx_clock_rebudget_by(s, k, INT64_MAX);
    }
}

static void tell_holder(struct hx_step *s, const char *what)
{
    char number[HX_NUMBER_TEXT];
    hx_tell(s, hx_rules_receiver(s->rules, "duty"),
            hx_arena_printf(s->arena, "%s %s", what, hx_number_format(s->other->number, number)));
}

static void absorb(struct hx_step *s, const struct hx_call *call)
{
    struct hx_case *c = s->c;
    struct hx_case *a = s->other;
    if (!a)
        return;
    take_parties(s, a);
    hx_earliest_report(s, a->t0);
    if (a->flags & HX_FLAG_CONFIDENTIAL)
        hx_flag_set(s, HX_FLAG_CONFIDENTIAL, true);
    if (a->flags & HX_FLAG_SAFETY) {
        hx_flag_set(s, HX_FLAG_SAFETY, true);
        hx_danger_came(s);
    }
    for (uint32_t i = 0; i < c->n_clocks; i++) {
        struct hx_clock *k = &c->clocks[i];
        const struct hx_clock_rule *rule = &s->rules->clocks[k->kind];
        const struct hx_clock *other = hx_clock_last(a, k->kind);
        if (!hx_clock_counts(k) || !rule->promise || rule->dated || !other)
            continue;
        struct hx_clock merged = *other;
        merged.start = start_for_others(a, other);
        take_start(s, k, &merged);
    }
    tell_holder(s, "speaks for the reporters of");
    mass(s, call);
}

/* Whom only the other case had brought back has withdrawn, as before. */
static void leave_again(struct hx_case *c, const struct hx_case *a)
{
    struct hx_party_home home;
    for (uint32_t i = 0; hx_party_home(a, i, &home); i++) {
        uint32_t at = hx_party_place(c, &home);
        if (at == HX_CASE_PARTIES || a->parties[i].gone || !c->parties[at].back)
            continue;
        c->parties[at].gone |= --c->parties[at].back == 0;
    }
}

static void release(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    struct hx_case *c = s->c;
    uint32_t kept = 0;
    if (!s->other)
        return;
    leave_again(c, s->other);
    hx_check_ends(s);
    for (uint32_t i = 0; i < c->n_parties; i++)
        if (c->parties[i].from_case != s->other->number)
            c->parties[kept++] = c->parties[i];
    c->n_parties = kept;
    hx_own_report(s);
    give_start_back(s);
    tell_holder(s, "no longer speaks for the reporters of");
}

const struct hx_word hx_words_merge[] = {
    HX_GUARD("other_open", HX_ARG_NONE, other_open, "OTHER_NOT_OPEN", HX_NOT_ALLOWED,
             "the other case is open and another one"),
    HX_GUARD("other_stands", HX_ARG_NONE, other_stands, "OTHER_MERGED", HX_NOT_ALLOWED,
             "the other case is not merged itself: that is taken back first"),
    HX_GUARD("merge_shortens", HX_ARG_NONE, merge_shortens, "LENGTHENS", HX_NOT_ALLOWED,
             "no deadline becomes later by it"),
    HX_GUARD("second_for_merge", HX_ARG_NONE, second_for_merge, "SAME_PERSON", HX_NOT_ALLOWED,
             "a named person, and not the one who asked for the merge"),
    HX_EFFECT("ask_merge", HX_ARG_NONE, ask_merge, "the merge waits for a second person"),
    HX_EFFECT("note_merger", HX_ARG_NONE, note_merger, "who merges it: whose the time is"),
    HX_EFFECT("remember_state", HX_ARG_NONE, remember_state, "the state to come back to"),
    HX_EFFECT("merge", HX_ARG_NONE, merge, "its clocks rest, the other case takes its reporters"),
    HX_EFFECT("unmerge", HX_ARG_NONE, unmerge, "its own clocks and deadlines are back"),
    HX_EFFECT("absorb", HX_ARG_NONE, absorb,
              "takes reporters and the earliest start of the other case"),
    HX_EFFECT("release", HX_ARG_NONE, release,
              "gives the other case its reporters and its start back"),
    HX_EFFECT("mass", HX_ARG_NONE, mass,
              "many reporters: a mass event; from ten the city is told at once"),
    HX_WORDS_END,
};
