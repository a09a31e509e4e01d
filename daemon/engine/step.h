/* One step of one case: internal to the engine.
 *
 * A step takes a case, the rules and an event or a fired mark, changes the case and builds facts.
 * It reads no clock and no file. Builders are sticky: without memory they build nothing and the
 * arena remembers; the machine checks once. */
#ifndef ENGINE_STEP_H
#define ENGINE_STEP_H

#include "engine/duty/stand_in.h"
#include "engine/machine/machine.h"
#include "engine/routing/route.h"
#include "engine/rules/rules.h"

struct hx_actor {
    int role; /* enum hx_role; HX_ROLE_NONE = not given, -1 = unknown word */
    char area[HX_ID_MAX];
    char person[HX_PERSON_MAX];
};

/* Reads "role[:area][/person]", of the city "city[/post][/person]": a post alone names no person.
 * False when a part is too long. */
bool hx_actor_parse(const char *by, struct hx_actor *actor);
/* One person: "operator/wang" and "city/desk/wang"; without a name, whoever says the same. */
bool hx_actor_same(const char *a, const char *b);

enum { HX_STEP_FACTS = 256, HX_NOBODY = HX_CASE_PARTIES };

struct hx_step {
    const struct hx_machine *m;
    const struct hx_rules *rules;
    struct hx_arena *arena;
    struct hx_case *c;
    const hxp_event *event; /* NULL when a mark fired */
    const hxp_data *data;   /* never NULL */
    const char *principal;  /* whose key brought the event; "" without keys, and for a mark */
    struct hx_actor actor;
    int64_t now;     /* t_rec */
    int64_t t_rcv;   /* of the event; the due time of a mark */
    int64_t t_eff;   /* R2 */
    bool own_secret; /* the event came with the secret of its case */
    bool texts_good; /* hx_validate_texts_good() has said so */
    bool waited;     /* the event came before its case was known (corner 7) */
    uint64_t lsn;    /* of the entry being built */
    const char *cause;
    const char *proof_mark; /* what is wrong with its proof: it counts as a claim; "" = nothing */
    const char *mark;       /* how the event's time and proof were judged: code of the answer; "" */

    const hxp_fact *facts[HX_STEP_FACTS];
    size_t n_facts;
    const char *receivers[32]; /* notices' receivers and who stands in, for the entry's audience */
    size_t n_receivers;
    int level;              /* highest level told, -1 = none */
    int64_t t_due, t_until; /* of a mark: what was due, and how far marks were taken together */
    int64_t clocks_due; /* next mark of the case as it is to be written; INT64_MIN = not known */
    enum hx_reach reach[HX_STEP_FACTS]; /* answers, in the order asked */
    size_t n_reach;
    uint64_t swaps[HX_WITH_MAX]; /* by which somebody is asked: entries */
    size_t n_swaps;
    char holder_before[HX_ID_MAX];
    struct hx_case
        *other;  /* the case named beside its own (into), or the sender of a message; or NULL */
    int message; /* event for the other case, in the same transaction; -1 = none */
    uint32_t n_theirs; /* of a case that is merged: the places that its parties have in `other`, in
                          their order … */
    uint16_t theirs[HX_CASE_PARTIES]; /* … HX_NOBODY where there is none */
    uint32_t n_speakers; /* of what came under the number of a merged case: the parties of `c` for
                            whom it speaks; 0 = it came under our own number */
    uint16_t speakers[HX_CASE_PARTIES];
    uint8_t cycle;        /* to which the facts belong, when it is not the present one; 0 */
    uint8_t state_from;   /* before the row was taken … */
    uint8_t class_from;   /* … and its class */
    const char *refusal;  /* code of the guard that refused */
    int refusal_result;   /* Hongxin__V1__Result */
    const char *required; /* what that guard asks for, in its own words; NULL = no guard */
    const char *field;    /* where in the event it stands that is refused; NULL = not said */
    bool overflow;        /* a limit of the case was reached */
    const char *unit;     /* whose clock is being started or told: K_ASSIST; NULL = the case's */
    bool routed;          /* then `route` says by what */
    struct hx_route route;
    bool
        unreached; /* the holder is not: whoever is called in its place is called by another road */
    bool quiet;    /* the past of an imported case: nobody is told */
    bool split;    /* the event names cases to be made of this one */
    bool refs_taken; /* a reference that it names for one of them is in use, or no good */
    uint8_t depth;   /* rows taken within rows (`try`) */
};

/* What came in, or an empty event when a mark fired: a word may stand in any row of a city's file.
 */
const hxp_event *hx_step_came(const struct hx_step *s);

/* ---- facts.c: building facts ---- */
void hx_fact_state(struct hx_step *s, int from, int to);
void hx_fact_class(struct hx_step *s, int from, int to);
/* How a clock stands, as facts and views tell it: all but what has changed and its cycle. Texts
 * that are not the rules' stand in the arena. */
void hx_clock_describe(const struct hx_rules *r, const struct hx_clock *k, struct hx_arena *arena,
                       hxp_clock_fact *f);
void hx_fact_clock(struct hx_step *s, const struct hx_clock *k, const char *change);
void hx_fact_breach(struct hx_step *s, const struct hx_breach *b, int64_t due, const char *delay);
void hx_fact_breach_mark(struct hx_step *s, const struct hx_breach *b, const char *mark,
                         const char *why);
void hx_fact_flag(struct hx_step *s, enum hx_flag flag, bool on);
/* Whose seconds they were, at a closing. Parts that do not add up to the time since the report are
 * an alarm (R10). */
void hx_fact_owner(struct hx_step *s);
/* `about` lives as long as the entry: it is packed after the case has gone on. */
void hx_fact_alarm(struct hx_step *s, const char *code, const char *about);
/* A notice to whoever answers for `to` now: its own people, or those of the post that stands in for
 * it, which the notice names and whose feed brings it, too. */
hxp_notice_fact *hx_fact_notice(struct hx_step *s, int kind, const char *to);
/* The same to those who were asked before: `stand_in` as it was then, whatever the rota says now.
 */
hxp_notice_fact *hx_fact_notice_to(struct hx_step *s, int kind, const char *to,
                                   const char *stand_in);
hxp_notice_fact *hx_fact_notice_told(struct hx_step *s, int kind, const struct hx_told *t);
/* It is told so many levels above its own. */
void hx_notice_above(hxp_notice_fact *f, int levels);
/* The case is covered by this silence of an area from now on. */
void hx_fact_silence(struct hx_step *s, const struct hx_silence *x, const hxp_silence *of);
hxp_delivery_fact *hx_fact_delivery(struct hx_step *s, const char *result);

/* Whether the instant lies in a jump of the wall clock that may have been wrong (corner 14). */
bool hx_in_doubt(const struct hx_machine *m, int64_t due);

/* ---- clock.c: clocks and their arithmetic; clock_life.c: what happens to them ---- */
/* The clock of this kind in the present cycle that runs, is paused or has expired; NULL when there
 * is none. */
struct hx_clock *hx_clock_find(struct hx_case *c, int kind);
/* What hx_clock_find would find, for all kinds at once. */
void hx_clocks_by_kind(const struct hx_case *c, const struct hx_clock *out[HX_RULES_CLOCKS]);
/* The newest clock of this kind, whatever its state. */
struct hx_clock *hx_clock_last(struct hx_case *c, int kind);
/* Does nothing when the case's class has no budget for it, or when it is not for this case. */
void hx_clock_start(struct hx_step *s, int kind, int64_t start);
void hx_clock_start_for(struct hx_step *s, int kind, int64_t start, int64_t budget);
/* Whether a clock of this kind is for this case: by its place, and not replaced by another. */
bool hx_clock_fits(const struct hx_rules *r, struct hx_case *c, int kind);
void hx_clock_start_until(struct hx_step *s, int kind, int64_t start, int64_t deadline);
/* Our outage lets it run longer than its budget; … */
void hx_clock_start_waiting(struct hx_step *s, int kind, int64_t start, int64_t deadline);
/* … and this one's ends already at this instant. Nobody is told. */
void hx_clock_wait_ends(struct hx_step *s, struct hx_clock *k, int64_t at);
/* The fact arrived at `t_eff`: judges it (R3), rebuts or clears what was told. */
void hx_clock_stop(struct hx_step *s, int kind, int64_t t_eff);
/* The same for one clock, also for one that was stopped by a later fact: judged once more. A
 * promise that proves missed before anybody noticed (a device ahead of us, R2; deadlines held back,
 * corner 17) is broken here: no miss without its breach (R7). Whoever was in time stays so when an
 * earlier fact is heard of: his deadline was in doubt (corner 14). */
void hx_clock_judge(struct hx_step *s, struct hx_clock *k, int64_t t_eff);
/* Writes the breach of a promise (R7): due at `due`, noticed at `t_noticed`. A deadline is broken
 * once. */
void hx_clock_break(struct hx_step *s, struct hx_clock *k, int64_t due, int64_t t_noticed);
/* REBUTTED, EXCLUDED or VOID_RETURN. The case is no longer BREACHED once no breach of its cycle is
 * left without a mark. */
void hx_mark_breach(struct hx_step *s, struct hx_breach *b, uint32_t mark, const char *why);
/* When a cycle began: the first one with the earliest report, the present one with the call or
 * request that asked for it, also when its dispatch waited for us (corner 17); one between them
 * with its first clock. */
int64_t hx_cycle_began(const struct hx_rules *r, const struct hx_case *c, int cycle);
/* The newest clock of this kind in the cycle to which the instant belongs, unless it was taken
 * back; NULL when there is none. */
struct hx_clock *hx_clock_at(const struct hx_rules *r, struct hx_case *c, int kind, int64_t t);
/* Before a clock is changed, or all clocks of the case: what changes it may have been sent while we
 * were down, after its deadline (corner 17). Then it was missed before, as if we had been there:
 * the breach is written. Nobody is told of it until all has been read. */
void hx_clock_judge_missed(struct hx_step *s, struct hx_clock *k);
void hx_clocks_judge_missed(struct hx_step *s);
/* It runs, or goes on after its pause: its fact is awaited. */
bool hx_clock_counts(const struct hx_clock *k);
/* Its deadline is no sum: named, moved, or made longer by our outage. */
bool hx_clock_has_date(const struct hx_clock *k);
/* It counts, or its own deadline ended it. */
bool hx_clock_live(const struct hx_clock *k);
/* Takes a clock back. Whoever heard of its breach gets the all-clear: nothing more is expected. */
void hx_clock_void(struct hx_step *s, struct hx_clock *k);
/* The same when its fact is still awaited, but by another clock: whoever was told gets a
 * correction.
 */
void hx_clock_take_back(struct hx_step *s, struct hx_clock *k);
void hx_clock_pause(struct hx_step *s, struct hx_clock *k);
/* The pause ended at `end`: the deadline moves by what was paused until then. */
void hx_clock_resume(struct hx_step *s, struct hx_clock *k, int64_t end);
/* New budget after a change of class, same start, floor rule (corners 1 to 3); a clock that the
 * class does not have is taken back. Whoever was told of the old deadline hears of it. */
void hx_clock_rebudget(struct hx_step *s, struct hx_clock *k);
/* The same while the class stays, and the floor is no later than a deadline that whoever has it
 * knew of. */
void hx_clock_rebudget_by(struct hx_step *s, struct hx_clock *k, int64_t known);
/* Another company has it: what is left of the budget, or of the date that two persons have set, and
 * at least a quarter (corner 22). */
void hx_clock_hand_on(struct hx_step *s, struct hx_clock *k);
/* A quarter of the budget from now: the floor of corner 3. A clock that stands still is taken as of
 * when it stopped, for its pause moves the floor, too. */
int64_t hx_clock_quarter(const struct hx_clock *k, int64_t now);
/* Leaves at least a quarter of the budget from now: nobody is late by a time in which he could do
 * nothing (corner 11). A clock that was broken before stays so. */
void hx_clock_floor(struct hx_step *s, struct hx_clock *k);
/* Breaches of deadlines after `t` were none: marked REBUTTED, corrected to whoever heard of them.
 */
void hx_clock_rebut_after(struct hx_step *s, int64_t t, const char *why);
/* Whether the fact of this step proves wrong what stands as a breach of this kind of clock against
 * whoever reports it. And takes all of them back. */
bool hx_breach_refuted(const struct hx_step *s, const struct hx_breach *b, int kind);
void hx_clock_refute(struct hx_step *s, int kind);
/* What one person has asked for goes with what it was about (words_truth.c): an appeal and an
 * exclusion when the breach got its mark, a move when the newest clock of its kind ended. */
void hx_proposals_settle(struct hx_step *s, struct hx_breach *b);
void hx_proposals_drop_move(struct hx_step *s, const struct hx_clock *k);
/* To a date named by two persons (K9). One that is over was missed already; a promise that is
 * broken either way is broken once (R7), and marks that were told are not told again (invariant 3).
 */
void hx_clock_move(struct hx_step *s, struct hx_clock *k, int64_t deadline);
int64_t hx_clock_budget(const struct hx_rules *r, int kind, int class_no, int cycle);
/* The budget that `r` gives to a clock of the rules `own` which runs on while its class stays: that
 * of a later attempt when it has one already, whatever its cycle (a new plan after an objection).
 */
int64_t hx_clock_budget_kept(const struct hx_rules *own, const struct hx_rules *r,
                             const struct hx_clock *k, int class_no);
/* Index of the calendar in which a clock of this class counts. */
uint8_t hx_clock_calendar(const struct hx_rules *r, int kind, int class_no);
/* Deadline from the arithmetic stored with it (R6, invariant 7). */
int64_t hx_clock_deadline(const struct hx_rules *r, const struct hx_clock *k);
/* The same in this calendar, by this version of its table. */
int64_t hx_clock_deadline_by(const struct hx_calendar_rule *cal, const struct hx_holidays *h,
                             const struct hx_clock *k);
/* The ladder of the version it is pinned to; NULL = none. */
const struct hx_ladder_rule *hx_clock_ladder(const struct hx_rules *r, const struct hx_clock *k);
/* What a new version makes of the clock: marks that lie ahead again may fire again, whoever was
 * told of another deadline hears `why`. */
void hx_clock_replace(struct hx_step *s, struct hx_clock *k, const struct hx_clock *next,
                      const char *why);
/* When mark i of its ladder is due; INT64_MAX when the clock has no such mark. */
int64_t hx_clock_mark(const struct hx_rules *r, const struct hx_clock *k, int i);
/* When mark i is told: its due time, or the morning after when people must not be woken for it
 * (3.3). */
int64_t hx_clock_fire_time(const struct hx_rules *r, const struct hx_case *c,
                           const struct hx_clock *k, int i);
/* The earliest pending mark or end; INT64_MAX when nothing is pending. */
int64_t hx_clock_next(const struct hx_rules *r, const struct hx_case *c, const struct hx_clock *k);
/* Whether its end itself is an event: a breach, or what a row says. Of any other only the ladder
 * speaks. */
bool hx_clock_end_acts(const struct hx_rules *r, const struct hx_clock *k);
#define HX_CLOCK_END (UINT32_C(1) << 31)

/* ---- ladder.c: who is told when; told.c: what they hear later; climb.c: the levels above ---- */
/* Tells mark i of a clock. `passed` = bits of earlier marks told in the same message (R9). */
void hx_ladder_tell(struct hx_step *s, struct hx_clock *k, int i, uint32_t passed);
/* The breach is over: all-clear to everybody who heard it, in the same order. */
void hx_ladder_clear(struct hx_step *s, const struct hx_clock *k);
/* The deadline is another one, or none: to everybody who still worries about it. */
void hx_ladder_correct(struct hx_step *s, const struct hx_clock *k, const char *why);
/* The deadline is another one, and is broken all the same: to everybody who was told. The alarm
 * goes on, and its end is told, too. */
void hx_ladder_amend(struct hx_step *s, const struct hx_clock *k, const char *why);
/* The breach gained a mark: to everybody who heard of this breach, also after the all-clear, and to
 * nobody for another breach of the same clock. Where the fact is missing all the same (an
 * exclusion) the alarm goes on, and its end is told, too. */
void hx_ladder_correct_breach(struct hx_step *s, const struct hx_breach *b, const char *why);
/* A notice comes back: acknowledged, but the fact did not follow; or never acknowledged (F5). */
void hx_ladder_return(struct hx_step *s, struct hx_told *t);
/* When the acknowledgement of a notice runs out, or it is told again without one; INT64_MAX when
 * nothing waits. */
int64_t hx_told_due(const struct hx_told *t);
/* Nobody has to hear more about it. */
void hx_ladder_forget(struct hx_step *s, const struct hx_clock *k);
/* The receiver's name for this case: "street:S-02". In the arena. */
const char *hx_receiver(struct hx_step *s, int receiver);
/* A notice that could not be delivered, carried to the levels above: each until one can be reached
 * there, at last to the city's desk. The level itself does not rise (3.3). False when there is
 * nobody above: it was the desk, or the reporter. */
struct hx_carry {
    struct hx_clock *k; /* NULL = about no clock: `to` tells where it stood */
    int level;          /* of the notice */
    int above;          /* levels above it that are told */
    const char *to;     /* whom it could not be delivered to … */
    const char *missed; /* … and whose people were asked there */
    const char *expects;
    const char *because;
};
bool hx_ladder_carry(struct hx_step *s, const struct hx_carry *c);
/* A notice that is about no clock. Nobody on duty there: the levels above are told. */
void hx_tell(struct hx_step *s, int receiver, const char *why);
/* Nobody was on duty at `absent` to be told, or to take the case: the levels above it are told at
 * once, each until somebody is there, at last the city's desk (S32, corner 26). */
void hx_ladder_climb(struct hx_step *s, const char *absent);

/* ---- post.c: who answers for a receiver ---- */
/* "street:S-02" → street of S-02; "city/property" → city, property; "holder:P-07/li" → duty of
 * P-07. False for what is no post. */
bool hx_post_of(const char *to, struct hx_post *post);
/* A name that could not be made (NULL) is nobody's. */
bool hx_post_same(const char *a, const char *b);
/* The post whose people answer for `to` now (hx_post_deputy), as a receiver: "street:S-02"; "": its
 * own, or nobody. In the machine's arena; NULL without memory. */
const char *hx_post_stands_in(const struct hx_machine *m, const char *to);
/* By whose roads it goes, and whose people are told. */
static inline const char *hx_post_asked(const char *to, const char *stand_in)
{
    return *stand_in ? stand_in : to;
}
/* "holder:P-07/li" is addressed to li, whoever else is on duty; NULL when nobody is named. */
const char *hx_post_person(const char *to);
/* Whose feed brings what is sent to it: "holder:P-07/li" → "P-07", "city/property" → "city"; *n
 * bytes from there. */
const char *hx_post_feed(const char *to, size_t *n);
/* Who is asked at this post after `person`, or after whom `to` names; NULL = nobody. */
const char *hx_post_next(struct hx_step *s, const char *to, const char *person);
/* Names in the notice the person on duty at its receiver's post, or at the one that stands in for
 * it (F8, stand_in.h). False when nobody is there, or never was: the notice says so, and the gap is
 * recorded (corner 26, F10). Receivers that are no posts of the rota, such as the reporter, always
 * count as there, and so does everybody where a city has no rota. */
bool hx_post_answers(struct hx_step *s, hxp_notice_fact *f);
/* The second person on duty at the holder, after the one who was asked first; NULL when there is
 * none. In the arena: "holder:P-07/zhou". */
const char *hx_post_second(struct hx_step *s);

/* ---- owner.c: every second has one owner (R10) ---- */
/* Books the time up to t for the present owner; an earlier t books nothing, so that the sum never
 * shrinks. */
void hx_owner_book(struct hx_case *c, int64_t t);
/* Whose seconds these are, by state and flags. */
int hx_owner_now(const struct hx_rules *r, const struct hx_case *c);
/* What a step may take back of its booking: when neither the owner has changed nor an effect has
 * moved the seconds, they stay open, so that a proof which is read late can still end them at its
 * own time. `before` and `booked` were taken before and after hx_owner_book. */
struct hx_owner_mark {
    uint8_t owner;
    int64_t since, ms, stint;
};
struct hx_owner_mark hx_owner_mark(const struct hx_case *c);
void hx_owner_unbook(struct hx_case *c, const struct hx_owner_mark *before,
                     const struct hx_owner_mark *booked);

/* ---- machine_due.c ---- */
/* Judges what has run out until `until`, in order, without telling anybody. */
void hx_step_run_out(struct hx_step *s, int64_t until);

/* ---- step.c ---- */
/* Whether some event could take row i in the case's present state, as far as the case alone
 * decides: what an answer names as allowed. Rows that look back are left out. */
bool hx_row_allowed(const struct hx_step *s, int i);
/* Takes the first row for this event whose guards hold. False: refused, see s->refusal. */
bool hx_step_event(struct hx_step *s, int event);
/* Whether there is such a row; nothing is taken. False: see s->refusal. */
bool hx_step_event_row(struct hx_step *s, int event);
/* Whether a row for this event hands it on to the case that speaks for this one. */
bool hx_row_passes_on(const struct hx_step *s, int event);
/* The event of `from` goes on in the other case as it came: it speaks for the parties of `from`
 * that stand in from->theirs. */
void hx_step_pass_on(struct hx_step *to, const struct hx_step *from);
/* Whether a row says what follows from the end of a clock, and taking it. */
bool hx_step_clock_row(struct hx_step *s, int clock);
void hx_step_clock_end(struct hx_step *s, int clock);
/* Whether a receiver can be reached; the entry says what the answer was. One that is asked beyond
 * what an entry can say counts as up. */
enum hx_reach hx_step_reach(struct hx_step *s, const char *id);
/* The same, or HX_REACH_FETCHED when it has acknowledged this entry. */
enum hx_reach hx_step_fetched(struct hx_step *s, const char *id, uint64_t lsn);
/* The only place where a state changes. */
void hx_step_enter(struct hx_step *s, int to);
void hx_flag_set(struct hx_step *s, enum hx_flag flag, bool on);

#endif
