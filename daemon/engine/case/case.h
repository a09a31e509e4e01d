/* A case: everything the engine knows about one complaint, as plain memory.
 *
 * The record is self-contained: a step needs the case, the rules and the event, nothing else. Its
 * stored form is the protobuf wire format, written and read by one table (case_record.c), so that a
 * field is added in two lines and an older daemon skips what it does not know. Small numbers for
 * states, clocks and classes are the numbers that the life cycle file gives them (`no:`) and never
 * change their meaning. */
#ifndef ENGINE_CASE_CASE_H
#define ENGINE_CASE_CASE_H

#include "engine/place/place.h"
#include "hongxin/error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Explicit limits of one case. An event that would need more is answered INVALID with code
 * CASE_FULL. */
enum {
    HX_CASE_CLOCKS = 40, /* over all cycles; three cycles need at most 27 */
    HX_CASE_BREACHES = 24,
    HX_CASE_TOLD = 64,     /* alarms told and not yet cleared */
    HX_CASE_SENDINGS = 16, /* notices on their way; the oldest gives way */
    HX_CASE_PARTIES = 256, /* a block without water, all of whom are called back */
    HX_CASE_SILENCES = 8,
    HX_CASE_PASSINGS = 8,  /* the newest ones */
    HX_CASE_PROPOSALS = 8, /* of moves and exclusions that wait; the oldest gives way */
    HX_CASE_PAUSES = 24,   /* reasons for a pause that may be used only so often */
    HX_CASE_TRIED = 8,     /* holders that had the case and gave it back */
    HX_PERSON_MAX = 64,    /* "holder:P-07/li" with its NUL */
    HX_WORD_MAX = 40,
    HX_REF_MAX = 72,
    HX_REGISTRY_MAX = 64,
};

/* Who a second belongs to (R10). */
enum hx_owner {
    HX_OWNER_CITIZEN,
    HX_OWNER_DISPATCHER,
    HX_OWNER_HOLDER,
    HX_OWNER_ASSISTING,
    HX_OWNER_ARBITER,
    HX_OWNER_FORCE,
    HX_OWNER_SYSTEM,
    HX_OWNERS
};

/* X(name, bit): flags of a case (life cycle page). Bits are stored: never reuse one. */
#define HX_FLAGS(X)                                                                                \
    X(RETURN_ASKED, 0)                                                                             \
    X(PAUSED, 1)                                                                                   \
    X(SUPERVISED, 2)                                                                               \
    X(BREACHED, 3)                                                                                 \
    X(MASS, 4)                                                                                     \
    X(CONFIDENTIAL, 5)                                                                             \
    X(SAFETY, 6)                                                                                   \
    X(REPEAT, 7)                                                                                   \
    X(DEEMED, 8)                                                                                   \
    X(UNDER_CLASSED, 9)                                                                            \
    X(PRESSURE, 10)                                                                                \
    X(IMPORTED, 11)                                                                                \
    X(FORUM_REQUIRED, 12)                                                                          \
    X(ARBITRATION, 13)                                                                             \
    X(WITHDRAW_ASKED, 14)                                                                          \
    X(CLASS_ASKED, 15)                                                                             \
    X(MERGE_ASKED, 16)                                                                             \
    X(ARRIVAL_UNPROVEN, 17)                                                                        \
    X(MISROUTED, 18)                                                                               \
    X(OUTAGE, 19)                                                                                  \
    X(PLAN_FILED, 20)                                                                              \
    X(COORDINATION, 21)                                                                            \
    X(APPEALED, 22)                                                                                \
    X(MOVE_ASKED, 23)                                                                              \
    X(DISPUTE, 24)                                                                                 \
    X(FINAL, 25)                                                                                   \
    X(OBJECTED, 26)                                                                                \
    X(NEW_FACTS, 27)                                                                               \
    X(SILENCED, 28)                                                                                \
    X(DRILL, 29)

enum hx_flag {
#define X(name, bit) HX_FLAG_##name = 1u << (bit),
    HX_FLAGS(X)
#undef X
};

enum hx_clock_state {
    HX_CLOCK_RUNNING = 1,
    HX_CLOCK_PAUSED,
    HX_CLOCK_STOPPED, /* its fact arrived, in time or not */
    HX_CLOCK_EXPIRED, /* ended by its own deadline (K_TRIAGE, K_HANDOVER, K_CALLBACK …) */
    HX_CLOCK_VOID,    /* taken back: holder changed, class changed to one without this clock */
    HX_CLOCK_MERGED,  /* rests while its case is merged into another */
};

/* Why the deadline is what it is; names in hx_basis_name(). */
enum hx_basis {
    HX_BASIS_BUDGET = 1,
    HX_BASIS_HALF_BUDGET, /* a later cycle */
    HX_BASIS_FLOOR,       /* a quarter of the new budget from now */
    HX_BASIS_DATE,        /* a date named by a person: plan, order, request */
    HX_BASIS_MOVED,       /* moved by two persons */
    HX_BASIS_NONE,        /* only shown */
    HX_BASIS_CALENDAR,    /* its budget by a calendar that came into force later (corner 23) */
    HX_BASIS_OUTAGE,      /* tried more seldom than its budget says: our outage lasts (corner 18) */
};

/* One clock with the whole arithmetic of its deadline (R6):
 *   deadline = max(roll(start + budget_ms + paused_ms), floor), or the fixed date. */
struct hx_clock {
    uint8_t kind;  /* number of the clock in the life cycle */
    uint8_t state; /* enum hx_clock_state */
    uint8_t basis; /* enum hx_basis */
    uint8_t cycle;
    uint8_t shift;     /* levels higher than usual (corner 9) */
    uint8_t calendar;  /* index in the life cycle */
    uint32_t fired;    /* bit i: mark i of its ladder fired (R8); bit 31: its end fired */
    uint32_t policy;   /* version of the life cycle it is pinned to (R14) … */
    uint32_t days;     /* … and of its calendar's table of holidays; 0 = has none */
    uint32_t city;     /* number of the city's version when it was started or last moved (R14) */
    int64_t start;     /* instant */
    int64_t own_start; /* what it was before a merge made it earlier; 0 = its own */
    uint64_t budget_ms;
    uint64_t paused_ms;   /* finished pauses */
    int64_t paused_at;    /* start of the pause that runs; 0 = none */
    int64_t floor;        /* instant; 0 = none */
    int64_t deadline;     /* instant; 0 = none */
    int64_t stopped_at;   /* effective time of the fact that ended it */
    uint64_t moved_by;    /* LSN of the event that last moved it */
    uint64_t quiet_at;    /* … as of which it has its quiet hours (R14); 0 = moved_by */
    uint32_t met;         /* 0 not judged, 1 met, 2 missed */
    char unit[HX_ID_MAX]; /* of K_ASSIST: whose clock it is; "" = the case's */
    uint8_t answered;     /* of K_ASSIST: the unit said yes, its act is awaited */
};

enum hx_breach_mark { HX_BREACH_REBUTTED = 1, HX_BREACH_EXCLUDED = 2, HX_BREACH_VOID_RETURN = 4 };

/* A breach is a fact and is never deleted (R7). */
struct hx_breach {
    uint8_t kind; /* clock */
    uint8_t cycle;
    uint8_t appealed; /* an appeal against it waits */
    uint32_t marks;   /* enum hx_breach_mark */
    uint32_t policy;  /* version of the life cycle that it broke */
    int64_t deadline, t_noticed;
    uint64_t lsn;
    char holder[HX_ID_MAX];
};

/* An alarm that went out and must be followed by an all-clear or a correction to the same receiver.
 */
struct hx_told {
    uint8_t kind; /* clock */
    uint8_t cycle;
    uint8_t level; /* 0 … 5 */
    uint8_t how;   /* kind of the notice: enum hx_notice_kind */
    uint8_t done;  /* all-clear or correction went out */
    uint8_t acked; /* somebody answers for it */
    uint8_t again; /* how often it was told once more, because nobody did */
    int64_t at;
    int64_t acked_at;
    int64_t ack_until; /* then it comes back; 0 = it does not */
    char to[HX_PERSON_MAX];
    char stand_in[HX_PERSON_MAX]; /* the post that was told in its place; "" = its own people */
    char acked_by[HX_PERSON_MAX];
    char unit[HX_ID_MAX]; /* of its clock */
};

/* How a case went from one holder to another, or did not (H6). */
struct hx_passing {
    char from[HX_ID_MAX], to[HX_ID_MAX];
    char reason[HX_REF_MAX];      /* PLACE, DUTY …, or in words */
    char asked_by[HX_PERSON_MAX]; /* "" = nobody asked */
    int64_t asked;
    char by[HX_PERSON_MAX]; /* who decided; "" = the machine */
    int64_t at;             /* 0 = not decided yet */
    char cause[HX_WORD_MAX];
};

/* How often a reason for a pause was used that may be used only so often (3.4). */
struct hx_pauses {
    char reason[HX_WORD_MAX];
    uint32_t times;
};

/* Repeats of a notice are hidden (3.3). */
struct hx_silence {
    uint8_t kind; /* clock */
    uint8_t level;
    uint8_t cycle;
    int64_t from, until;
    char by[HX_PERSON_MAX];
    char why[HX_REF_MAX]; /* cut at a whole character */
};

/* A notice on its way: not received yet, as far as anybody knows. Kept until there is a receipt, or
 * until the last who could be told has been. */
struct hx_sending {
    uint8_t how;  /* kind of the notice: enum hx_notice_kind */
    uint8_t kind; /* clock; 0 = about none */
    uint8_t cycle;
    uint8_t level;   /* 0 … 5 */
    uint8_t nth;     /* of the receiver's roads */
    uint8_t attempt; /* on this road: 1, 2 … */
    uint8_t awaits;  /* its receipt, until `next`; else it is tried again then */
    uint8_t above;   /* told so many levels above, for `missed` */
    uint8_t ours;    /* nobody at all could be reached: held against nobody */
    uint8_t last;    /* nobody else is told in its place: it repeats what arrived, calls because of
                        it, or its receipt has been deemed */
    uint8_t taken_back; /* its level has lain ahead again since, and is told anew when it is due */
    uint64_t notice;    /* entry that holds it */
    int64_t at;         /* when it was written */
    int64_t since;      /* first try on this road */
    int64_t tried;      /* latest try */
    int64_t next;
    int64_t ours_since; /* its tries fail by our fault since then; 0 = the latest did not */
    char to[HX_PERSON_MAX];
    char stand_in[HX_PERSON_MAX]; /* the post that is told in its place; "" = its own people */
    char person[HX_ID_MAX];       /* on duty there; "" = not known */
    char road[HX_ID_MAX];
    char error[HX_WORD_MAX];    /* why the latest try failed */
    char missed[HX_PERSON_MAX]; /* for whom this receiver is told; "" = for itself */
    char expects[HX_WORD_MAX];  /* event that is expected of the receiver */
    char unit[HX_ID_MAX];       /* of its clock, when the unit itself is told */
};

enum hx_callback {
    HX_CALLBACK_OPEN,
    HX_CALLBACK_OK,
    HX_CALLBACK_BAD,
    HX_CALLBACK_NO_ANSWER, /* tried in vain; settled with the third try */
};

/* A reporter: called back and asked for a rating like any other (B3, corners 11 and 27). */
struct hx_party {
    char ref[HX_REF_MAX]; /* the party's own reference; "" = the first reporter */
    uint32_t callback;    /* enum hx_callback, of the present cycle */
    uint32_t rating;
    int64_t t_occ;
    uint64_t from_case; /* came with a merged case; 0 = own */
    uint32_t tries;     /* calls without answer in the present cycle */
    uint8_t gone;       /* has withdrawn; the case goes on without (corner 10) */
    uint8_t leaves;     /* wants to withdraw: the street asks him first (corner 10) */
    uint8_t back;       /* had withdrawn: by how many merged cases he is a reporter again */
    uint64_t kept_case; /* where his identity is kept (party.h); 0 = by from_case */
    uint32_t kept_as;
};

/* Who has asked for what needs a second person. */
struct hx_asker {
    char by[HX_PERSON_MAX];      /* "" = nobody */
    char principal[HX_WORD_MAX]; /* whose key; "" without keys */
};

/* What the first of two persons asks for: a breach to be excluded, or a deadline to be moved. */
struct hx_proposal {
    uint8_t kind;     /* clock */
    uint64_t breach;  /* LSN of the breach to exclude; 0 = a deadline is to move … */
    int64_t deadline; /* … to this instant */
    struct hx_asker asker;
};

struct hx_case {
    /* who and where: set once, at the report */
    uint64_t number;
    uint64_t version; /* grows by one with each entry */
    uint64_t first_lsn, last_lsn;
    uint32_t policy; /* version of the life cycle at the report */
    char source[HX_WORD_MAX];
    char ref[HX_REF_MAX];
    char category[HX_WORD_MAX];
    char street[HX_ID_MAX], community[HX_ID_MAX], grid[HX_ID_MAX], estate[HX_ID_MAX],
        building[HX_ID_MAX];
    char registry[HX_REGISTRY_MAX]; /* version of the city by which it was placed (R14) */
    char about[HX_WORD_MAX];
    int64_t t_report; /* when we received the first report */
    int64_t t0;       /* earliest t_occ of any reporter */

    /* where it stands */
    uint8_t state;
    uint8_t class_no; /* 0 = not classed yet */
    uint8_t cycle;    /* 1 … 3 */
    int64_t cycle_at; /* effective time of what began a later cycle; 0 = the first one */
    uint32_t flags;
    char holder[HX_ID_MAX]; /* P-07, C-03, U-3 …; "" = nobody yet */
    char second[HX_ID_MAX]; /* second holder, when the complaint is about the first or the
                               dispatcher (corner 29); "" = none */
    char person[HX_PERSON_MAX];
    int64_t person_at; /* effective time of this person's receipt */
    int64_t holder_at; /* when it got this holder */
    int64_t change_at; /* when its company is replaced (corner 22); 0 = never, as far as is known */
    uint8_t change_told; /* both companies were told the day before */
    int64_t t_dispatched, t_held, t_arrived, t_resolved, t_closed;
    int64_t due_row; /* the row of this case in the due table; 0 = none. Kept by the store. */

    /* seconds and their owners (R10) */
    uint8_t owner;
    int64_t owner_since;
    int64_t owner_ms[HX_OWNERS];
    int64_t ours_ms;  /* of what was booked until its holder was told: in our outage … */
    int64_t late_ms;  /* … and behind it */
    int64_t stint_ms; /* of these, the present holder's since its receipt: given to the dispatcher
                         when a return is accepted */

    /* clocks and what followed from them */
    uint32_t n_clocks;
    struct hx_clock clocks[HX_CASE_CLOCKS];
    uint32_t n_breaches;
    struct hx_breach breaches[HX_CASE_BREACHES];
    uint32_t n_told;
    struct hx_told told[HX_CASE_TOLD];
    uint32_t n_passings;
    struct hx_passing passings[HX_CASE_PASSINGS];
    uint32_t n_silences;
    struct hx_silence silences[HX_CASE_SILENCES];
    uint32_t n_sendings;
    struct hx_sending sendings[HX_CASE_SENDINGS];
    uint64_t dispatch_lsn;  /* entry that told the present holder */
    uint32_t faults_theirs; /* receipts that were deemed, or waited for, by whose fault (G12) */
    uint32_t faults_ours;
    uint32_t n_parties;
    struct hx_party parties[HX_CASE_PARTIES];

    /* proposals that wait for a second person, by the one who made them */
    uint8_t class_asked;
    uint8_t class_by_holder; /* the holder itself had chosen the present class */
    uint32_t objections;
    uint32_t returns;
    int64_t t_returned;      /* when a return was last refused */
    uint32_t counted_pauses; /* by a build that did not count each reason by itself */
    uint32_t n_pauses;
    struct hx_pauses pauses[HX_CASE_PAUSES];
    struct hx_asker class_asker, merge_asker;
    uint32_t n_proposals;
    struct hx_proposal proposals[HX_CASE_PROPOSALS];
    char return_reason[HX_WORD_MAX];
    char reasons_used[HX_REF_MAX]; /* its holder's reasons for returns so far, comma-separated */
    uint32_t n_tried;
    char tried[HX_CASE_TRIED][HX_ID_MAX];
    char pause_reason[HX_WORD_MAX];
    int64_t pause_until;
    uint64_t paused_total_ms;
    char arbiter_note[HX_WORD_MAX];
    int64_t plan_date;
    char plan_person[HX_PERSON_MAX];
    uint64_t merged_into;
    uint8_t state_before; /* of a merge */
    uint64_t repeat_of;
    uint32_t repeats;    /* how often the matter has come again; 0 = for the first time */
    uint64_t split_from; /* the report that this is a part of */
    int64_t withdraw_at;
    int64_t withdraw_ms[HX_OWNERS]; /* seconds by owner when the withdrawal was asked */
    int64_t last_contact;           /* of the company with the reporter */
    int64_t undelivered_since;      /* our outage keeps the dispatch waiting */
    char order_level[HX_ID_MAX];
    char order_by[HX_PERSON_MAX]; /* whose order stands (督办) */
    char order_ref[HX_REF_MAX];   /* its number */
    int64_t order_at;
    char dispute[HX_REF_MAX]; /* the dispute that was opened beside it */
};

struct hx_rules;

/* The stored form. Pack returns the size, or 0 when `cap` is too small (HX_CASE_PACKED_MAX always
 * is enough). Unpack: HX_CORRUPT for what is not a case. Fields this version does not know are
 * skipped. */
enum { HX_CASE_PACKED_MAX = 96 * 1024 };
size_t hx_case_pack(const struct hx_case *c, uint8_t *buf, size_t cap);
HX_CHECK int hx_case_unpack(const uint8_t *buf, size_t size, struct hx_case *c);

/* When the case next needs the engine (R8); INT64_MAX = never. The earliest pending mark of its
 * running clocks, the change of its company and the day before that, or a notice on its way. */
int64_t hx_case_due(const struct hx_rules *rules, const struct hx_case *c);
int64_t hx_case_clocks_due(const struct hx_rules *rules, const struct hx_case *c);
int64_t hx_case_change_due(const struct hx_rules *rules, const struct hx_case *c);
/* Whether the life cycle has a row for another holder in this state. Without one, as when the
 * call-back is awaited, the case keeps its holder: the next cycle finds the new company. */
bool hx_case_may_change_holder(const struct hx_rules *rules, const struct hx_case *c);
/* When a notice on its way is tried again, or its receipt must be here. */
int64_t hx_case_delivery_due(const struct hx_case *c);

/* True until the case reaches a state after which nothing runs but the window for reopening. */
bool hx_case_open(const struct hx_rules *rules, const struct hx_case *c);

/* True while it is merged into another case, which speaks for it: nobody is reminded of it
 * (corner 27). A merge that waits for its second person is none yet. */
bool hx_case_rests(const struct hx_rules *rules, const struct hx_case *c);

/* True when a clock with a deadline runs, be it past its deadline: an open case without one is an
 * alarm (R11, invariant 1). Clocks that are only shown do not count. */
bool hx_case_clocked(const struct hx_rules *rules, const struct hx_case *c);

#endif
