/* The closed vocabulary of life cycle files: guards (`if`) and effects (`do`), each one C function.
 *
 * A guard looks and answers; it changes nothing. When it says no, the event is refused with the
 * guard's own code. An effect changes the case and builds facts; it cannot fail except for memory
 * or a limit of the case. */
#ifndef ENGINE_WORDS_WORDS_H
#define ENGINE_WORDS_WORDS_H

#include "engine/step.h"

enum hx_word_argument {
    HX_ARG_NONE,
    HX_ARG_CLOCK,
    HX_ARG_EVENT,
    HX_ARG_RECEIVER,
    HX_ARG_FLAG,
    HX_ARG_LEVEL,
    HX_ARG_SPAN,  /* a duration: soon_after_held(10min) */
    HX_ARG_COUNT, /* a number: cycles_left(3) */
    HX_ARG_TEXT,  /* a word of its own: forum(appraisal) */
};

typedef bool hx_guard_fn(const struct hx_step *s, const struct hx_call *call);
typedef void hx_effect_fn(struct hx_step *s, const struct hx_call *call);

struct hx_word {
    const char *name;
    enum hx_word_argument argument;
    hx_guard_fn *guard; /* one of the two is set */
    hx_effect_fn *effect;
    const char *code; /* of a guard: the refusal */
    int result; /* of a guard: NOT_ALLOWED, or INVALID where no case could come of a report; what is
                 * refused of a case is kept, and so NOT_ALLOWED */
    const char *says; /* what it means, for documents and pictures */
    bool of_case; /* of a guard: it looks at the case alone, whatever the event brings and when */
};

/* The guard of rows that look back: the only ones that take what happened in an earlier cycle. */
#define HX_WORD_EARLIER "ended_later"
#define HX_WORD_REFUTES "refutes"
/* The effect by which a merged case hands an event on to the one that speaks for it. */
#define HX_WORD_PASSES_ON "pass_on"

/* NULL when the vocabulary has no such word. */
const struct hx_word *hx_word_guard(const char *name);
const struct hx_word *hx_word_effect(const char *name);

/* The whole vocabulary by topic, for documents and tests: tables end with a NULL name, the list
 * with NULL. */
extern const struct hx_word *const hx_words[];
extern const struct hx_word hx_words_guards[];   /* guards.c: the main path */
extern const struct hx_word hx_words_effects[];  /* effects.c: the main path */
extern const struct hx_word hx_words_class[];    /* words_class.c: the class and its clocks */
extern const struct hx_word hx_words_delivery[]; /* words_delivery.c: into the holder's hands */
extern const struct hx_word
    hx_words_return[]; /* words_return.c: wrong route, arbitration, change of holder */
extern const struct hx_word hx_words_merge[];   /* words_merge.c: merge, unmerge, mass events */
extern const struct hx_word hx_words_pause[];   /* words_pause.c: pauses and their caps */
extern const struct hx_word hx_words_orders[];  /* words_orders.c: supervision, acknowledgement */
extern const struct hx_word hx_words_silence[]; /* words_silence.c: silences */
extern const struct hx_word
    hx_words_truth[]; /* words_truth.c: appeals, exclusions, moved deadlines */
extern const struct hx_word hx_words_parties[];  /* words_parties.c: parties and their call-backs */
extern const struct hx_word hx_words_withdraw[]; /* words_withdraw.c: withdrawal */

#define HX_NOT_ALLOWED   HONGXIN__V1__RESULT__NOT_ALLOWED
#define HX_INVALID_EVENT HONGXIN__V1__RESULT__INVALID
#define HX_GUARD(name, arg, fn, code, result, says)                                                \
    {                                                                                              \
        name, arg, fn, NULL, code, result, says, false                                             \
    }
/* A guard that looks at the case alone: answers to a refused event count on it. */
#define HX_CASE_GUARD(name, arg, fn, code, result, says)                                           \
    {                                                                                              \
        name, arg, fn, NULL, code, result, says, true                                              \
    }
#define HX_EFFECT(name, arg, fn, says)                                                             \
    {                                                                                              \
        name, arg, NULL, fn, NULL, 0, says, false                                                  \
    }
#define HX_WORDS_END                                                                               \
    {                                                                                              \
        NULL, HX_ARG_NONE, NULL, NULL, NULL, 0, NULL, false                                        \
    }

extern const struct hx_word hx_words_route[];   /* words_route.c: places, routes, holders */
extern const struct hx_word hx_words_receipt[]; /* words_receipt.c: what became of a notice */
extern const struct hx_word hx_words_assist[];  /* words_assist.c: units that assist */

/* Shared by the topics. */
/* Takes this class, as a fact; nothing when it has it already. */
void hx_take_class(struct hx_step *s, int class_no);
/* By this class the holder has longer than by that one, or as long as he likes. */
bool hx_class_longer(const struct hx_rules *r, int from, int to);
/* It gives the holder longer than he has here and now. */
bool hx_class_lengthens(const struct hx_step *s, int class_no);
/* The attempt or the holder whose class was asked for has ended: the request has no object any
 * more. */
void hx_class_drop(struct hx_step *s);
void hx_set_holder(struct hx_step *s, const char *holder);
/* S34, for whoever names a community: a task that is not its own needs an exception. */
bool hx_admitted(const struct hx_step *s, const char *holder);
/* It had the case once, and it was taken back from it as a wrong route (corner 13). */
bool hx_gave_back(const struct hx_case *c, const char *holder);
/* Where the case lies, by the place or position of its report. */
void hx_place_case(struct hx_step *s);
/* The holder by the routing table, with all that follows. */
void hx_route_case(struct hx_step *s);
/* What a case asks the routing table at an instant, by the tree of its report. */
struct hx_route_query hx_route_query(const struct hx_rules *r, const struct hx_case *c, int64_t at);
/* The holder that the routing table names now; recorded with the entry, the case is left alone. */
const char *hx_route_of(struct hx_step *s);
/* The second holder is told; nothing when there is none (corner 29). */
void hx_tell_second(struct hx_step *s);
/* Asks a unit to assist, with a clock of its own; nothing when it assists already. */
void hx_ask_unit(struct hx_step *s, const char *unit);
void hx_dispatch(struct hx_step *s);
bool hx_by_holder(const struct hx_step *s);
/* A company whose case it is not. */
bool hx_by_stranger(const struct hx_step *s);
bool hx_by_nobody(const struct hx_step *s);
/* The complaint is about this role and area (corner 29). */
bool hx_is_about(const struct hx_case *c, int role, const char *area);
/* The event brings an on-site code, and nobody has found it wrong. */
bool hx_brings_code(const struct hx_step *s);
/* Whether the event speaks for some reporters only: for him who is named, or for those who stand
 * behind the number of a merged case. Who names nobody speaks for the case. */
bool hx_names_somebody(const struct hx_step *s);
bool hx_speaks_for(const struct hx_step *s, const struct hx_party *p);
/* Who was called: of those for whom the event speaks the first who still waits. */
struct hx_party *hx_party_called(const struct hx_step *s);
/* What came under a merged case's own number is told where it counts; else nothing. */
void hx_heard_of(struct hx_step *s, const char *what, const char *receiver);
/* Whoever has left is not asked by the street any more whether he wants to: with the last of those
 * whom it was to ask its check ends. */
void hx_check_ends(struct hx_step *s);
/* Safety is at stake by now, which nobody could know before: whoever was to be asked has left, as
 * if he had asked now, and the case goes on without him (corner 10). */
void hx_danger_came(struct hx_step *s);
/* Of a merged case: the step that the event would be in the case that speaks for it. */
struct hx_step hx_step_there(const struct hx_step *s);
/* A new cycle: every reporter is called back anew. */
void hx_parties_ask_again(struct hx_case *c);
/* Until when an acknowledgement of this level holds that was given at `from` (K_ACK). */
int64_t hx_ack_end(const struct hx_step *s, int level, int64_t from);
/* Street or city: level 3 and higher. */
bool hx_by_level3(const struct hx_step *s);
/* A named person, and not the one who asked ("manager:P-07/zhao"): two persons are two names,
 * whatever post they speak for. True when nobody asked. */
bool hx_second_person(const struct hx_step *s, const struct hx_asker *asker);
/* Remembers who has asked for what needs a second person. */
void hx_asked(struct hx_step *s, struct hx_asker *asker);
void hx_resume(struct hx_step *s);
/* The attempt or the holder whose plan it was is another one: a plan that waits for its delivery,
 * and the meeting that was called about one, have no object any more. */
void hx_plan_drop(struct hx_step *s);
/* Its times begin anew: that the holder came or left stays known to a withdrawal (corner 10). */
void hx_contact_keep(struct hx_case *c);
/* The case has ended, or begins a new cycle: a merge that nobody has agreed to has no object any
 * more (corner 11). */
void hx_merge_drop(struct hx_step *s);
/* A reporter says that it began at `t`: the citizen's clock starts with the earliest. */
void hx_earliest_report(struct hx_step *s, int64_t t);
/* A merged case has its reporters back: the earliest of those who are left. */
void hx_own_report(struct hx_step *s);

int hx_flag_number(const char *name); /* the bit's value; 0 when unknown */

#endif
