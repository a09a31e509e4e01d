/* Rules: a life cycle as data. States, classes, clocks, ladders, events and the table of
 * transitions, read from a file by daemon/config and fully checked there; immutable afterwards, any
 * thread.
 *
 * Guards and effects are words of a closed vocabulary (engine/words/words.h). A file can combine
 * them but cannot loop, compute or call out. */
#ifndef ENGINE_RULES_RULES_H
#define ENGINE_RULES_RULES_H

#include "engine/case/case.h"
#include "engine/notice/calm_rules.h"
#include "engine/time/calendar.h"
#include "hongxin/error.h"

enum {
    HX_RULES_STATES = 24, /* numbers 1 … 23; 0 is NEW, a case that does not exist yet */
    HX_RULES_CLASSES = 8,
    HX_RULES_CLOCKS = 32,
    HX_RULES_EVENTS = 72,
    HX_RULES_LADDERS = 12,
    HX_RULES_MARKS = 6,
    HX_RULES_RECEIVERS = 24,
    HX_RULES_CALENDARS = 16,
    HX_RULES_TABLES = 4,
    HX_RULES_REASONS = 24,
    HX_RULES_TRANSITIONS = 192,
    HX_RULES_ROADS = 8,
    HX_RULES_RETRIES = 12,
    HX_RULES_CALLS = 20, /* guards or effects in one row */
    HX_LEVEL_MAX = 5,    /* L0 … L5 */
    HX_NAME_MAX = 24,
    HX_TITLE_MAX = 48,
};

struct hx_title {
    char zh[HX_TITLE_MAX];
    char en[HX_TITLE_MAX];
};

enum hx_state_kind { HX_STATE_OPEN = 1, HX_STATE_CLOSED /* may be reopened */, HX_STATE_TERMINAL };

struct hx_state_rule {
    char name[HX_NAME_MAX]; /* "" = number not used */
    struct hx_title title;
    enum hx_state_kind kind;
    enum hx_owner owner; /* of the seconds spent here, unless a flag says otherwise */
    int line;            /* in the file, for messages; so below */
};

struct hx_class_rule {
    char name[HX_NAME_MAX];
    struct hx_title title;
    uint8_t evidence; /* pieces a solution must bring */
    bool photo;       /* one of them a photo */
    bool is_default;  /* of a report whose class nobody knows */
};

/* Why a case may stand still (挂账), who owns that time, and how long at most. */
struct hx_pause_rule {
    char name[HX_NAME_MAX];
    struct hx_title title;
    enum hx_owner owner;
    int64_t cap_ms;      /* 0 = until the date that is named */
    int8_t cap_calendar; /* in whose time the cap counts */
    uint32_t needs;      /* proof: bits of enum hx_need */
    bool by_reporter;    /* only the reporter may ask */
    uint8_t most;        /* times per case; 0 = any */
};

struct hx_receiver_rule {
    char name[HX_NAME_MAX];
    char pattern[HX_TITLE_MAX]; /* "street:{street}" */
};

enum hx_notice_kind {
    HX_NOTICE_REMINDER = 1,
    HX_NOTICE_WARNING,
    HX_NOTICE_BREACH,
    HX_NOTICE_CORRECTION,
    HX_NOTICE_ALL_CLEAR,
    HX_NOTICE_DIGEST,
    HX_NOTICE_CASE,
};

struct hx_mark_rule {
    uint8_t level;      /* 0 … 5 */
    uint8_t kind;       /* enum hx_notice_kind */
    uint16_t share;     /* of the budget, per mille; 0 = see at_ms */
    int64_t plus_ms;    /* at least this long after the deadline */
    int64_t at_ms;      /* fixed time after the start */
    uint32_t receivers; /* bit i: receivers[i] */
    int line;
};

struct hx_ladder_rule {
    char name[HX_NAME_MAX];
    uint8_t n_marks;
    struct hx_mark_rule marks[HX_RULES_MARKS]; /* in the order of time */
};

struct hx_clock_rule {
    char name[HX_NAME_MAX];
    struct hx_title title;
    char until[HX_NAME_MAX]; /* the event that is expected: named in notices */
    bool shown;              /* no deadline: shown and reported only */
    bool promise;            /* missing it is a breach; later cycles shift its ladder */
    uint32_t pauses;         /* bit i: pauses[i] stops it */
    bool dated;              /* deadline is a date named by a person */
    int line;
    bool needs_place, needs_no_place;
    bool stays;         /* belongs to the case: stays when the holder or the cycle changes */
    int8_t replaced_by; /* is not started while this other clock runs; 0 = none */
    int8_t ladder;      /* -1 = none */
    int8_t calendar;    /* index */
    int8_t calendars[HX_RULES_CLASSES];  /* of a class, when it differs; -1 = as above */
    int64_t budget_ms[HX_RULES_CLASSES]; /* by class number; [0] = every class; 0 = the class has
                                            none */
    int64_t later_budget_ms[HX_RULES_CLASSES]; /* from the second cycle on; 0 = the same */
};

/* A road (送达渠道) by which notices travel. */
struct hx_road_rule {
    char name[HX_NAME_MAX];
    struct hx_title title;
    bool shared; /* the connection of the receiver's area: whoever is behind it is reached by it, or
                    nobody is */
    int64_t receipt_ms; /* a receipt is awaited so long; 0 = none is asked for */
    uint8_t n_retries;
    int64_t retry_ms[HX_RULES_RETRIES]; /* when it is tried, after the first time: 0, 5 s … */
    int line;
};

/* While nobody at all can be reached what waits for that is tried ever more seldom: by this share
 * of how long it waits. */
struct hx_outage_rule {
    uint16_t share;                 /* thousandths; 0 = as often as ever */
    int64_t notice_ms, dispatch_ms; /* at most so far apart */
};

/* How long an acknowledgement of a level's notices holds: a time, or until the next local time of
 * day (K_ACK). */
struct hx_ack_rule {
    int64_t within_ms;
    int32_t until_ms; /* of the day; used when within_ms is 0 */
    uint8_t repeats;  /* without one the notice is told so often again, each time by another road */
};

enum { HX_LEVELS = 6 };

/* Bits of the proof classes accepted for an event's own time (R2): 1 << Proof. */
struct hx_event_rule {
    char name[HX_NAME_MAX]; /* "" = index not used */
    struct hx_title title;
    bool internal;    /* never accepted from outside */
    bool city;        /* is about no case: DESK_PRESENT */
    bool audit;       /* an administrative act, whoever does it */
    uint32_t trusted; /* bits 1 << proof */
    uint32_t roles;   /* bits 1 << enum hx_role; 0 = anybody */
    uint32_t needs;   /* bits of enum hx_need */
    int line;
};

/* X(name): roles that `by` may name. */
#define HX_ROLES(X)                                                                                \
    X(reporter)                                                                                    \
    X(dispatcher)                                                                                  \
    X(holder)                                                                                      \
    X(manager)                                                                                     \
    X(community)                                                                                   \
    X(grid)                                                                                        \
    X(street)                                                                                      \
    X(city)                                                                                        \
    X(callback)                                                                                    \
    X(operator)                                                                                    \
    X(unit)                                                                                        \
    X(system)

enum hx_role {
    HX_ROLE_NONE,
#define X(name) HX_ROLE_##name,
    HX_ROLES(X)
#undef X
        HX_ROLES_END
};

/* X(name): fields of Data that an event may be required to bring. */
#define HX_NEEDS(X)                                                                                \
    X(class)                                                                                       \
    X(place)                                                                                       \
    X(holder)                                                                                      \
    X(reason)                                                                                      \
    X(why)                                                                                         \
    X(date)                                                                                        \
    X(unit)                                                                                        \
    X(into)                                                                                        \
    X(cases)                                                                                       \
    X(clock)                                                                                       \
    X(level)                                                                                       \
    X(until)                                                                                       \
    X(deadline)                                                                                    \
    X(receipt)                                                                                     \
    X(dispute)                                                                                     \
    X(party)                                                                                       \
    X(order)                                                                                       \
    X(calls)                                                                                       \
    X(onsite_code)                                                                                 \
    X(warning)                                                                                     \
    X(procedure)                                                                                   \
    X(act)                                                                                         \
    X(to)                                                                                          \
    X(error)

enum hx_need {
#define X(name) HX_NEED_##name,
    HX_NEEDS(X)
#undef X
        HX_NEEDS_END
};

struct hx_word; /* engine/words/words.h */

struct hx_call {
    const struct hx_word *word;
    int number;             /* clock, event, receiver … that the argument names, or a count */
    int64_t span_ms;        /* a duration: "10min"; `number` is the calendar it counts in */
    char text[HX_NAME_MAX]; /* the argument as written */
};

struct hx_transition {
    uint32_t from; /* bit per state number; bit 0 = NEW */
    int16_t event; /* index, or -1 */
    int16_t clock; /* number of the clock whose end triggers it, or -1 */
    uint8_t to;    /* state number; 0 = stays */
    uint8_t n_guards, n_effects;
    struct hx_call guards[HX_RULES_CALLS];
    struct hx_call effects[HX_RULES_CALLS];
    int line; /* in the file, for messages and pictures */
};

/* What a step asks of a row before it looks at it: a row is large, these lie close together. */
struct hx_row_key {
    uint32_t from;
    uint16_t next;   /* row of the same event, or of the same clock, and 1; 0 = it was the last */
    bool looks_back; /* takes what is read late, also from an earlier cycle (guard ended_later) */
};

struct hx_rules {
    char name[HX_NAME_MAX];
    struct hx_title title;
    uint32_t version;
    char version_text[HX_WORD_MAX]; /* "complaint/1" */
    int64_t from;        /* day from which it counts, as an instant; 0 = when it is put in force */
    struct hx_zone zone; /* local times of this life cycle */
    struct hx_table tables[HX_RULES_TABLES]; /* of holidays and make-up days */
    uint8_t n_tables;
    struct hx_state_rule states[HX_RULES_STATES];
    struct hx_class_rule classes[HX_RULES_CLASSES];
    struct hx_calendar_rule calendars[HX_RULES_CALENDARS];
    uint8_t n_calendars;
    struct hx_receiver_rule receivers[HX_RULES_RECEIVERS];
    uint8_t n_receivers;
    struct hx_ladder_rule ladders[HX_RULES_LADDERS];
    uint8_t n_ladders;
    /* People are not woken for these levels: told at the next opening of the calendar, the due time
     * stays. */
    int8_t quiet_calendar;  /* -1 = none */
    uint8_t quiet_level;    /* from this level up */
    uint32_t quiet_never;   /* classes that may wake them: 1 << number */
    uint32_t quiet_flags;   /* flags that may */
    int8_t duty_calendar;   /* tells the rota which days are worked; -1 = every day alike */
    int32_t duty_look_ms;   /* local time at which the rota is looked at; -1 = never */
    int32_t duty_ahead;     /* days ahead that are looked at (S30) */
    int32_t duty_swap_ms;   /* of the day before: until then a swap is answered; -1 = none */
    bool duty_swap_approve; /* a third person agrees to a swap */
    int64_t duty_desk_ms; /* the city's desk speaks at least so often; 0 = not asked (corner 26) */
    struct hx_calm_rules calm; /* how notices are kept readable */
    struct hx_pause_rule pauses[HX_RULES_REASONS];
    uint8_t n_pauses;
    char returns[HX_RULES_REASONS][HX_NAME_MAX]; /* reasons for giving a case back */
    uint8_t n_returns;
    char refused[HX_RULES_REASONS]
                [HX_NAME_MAX]; /* categories that are not ours: answered REJECTED */
    uint8_t n_refused;
    struct hx_handover {
        char category[HX_NAME_MAX], call[HX_NAME_MAX]; /* telephone number */
    } handover[HX_RULES_REASONS];                      /* of refused categories (A10) */
    uint8_t n_handover;
    struct hx_clock_rule clocks[HX_RULES_CLOCKS]; /* by number; name "" = not used */
    struct hx_ack_rule acks[HX_LEVELS];
    struct hx_road_rule roads[HX_RULES_ROADS]; /* the first is everybody's who has no other */
    uint8_t n_roads;                           /* 0 = what becomes of a notice is not watched */
    struct hx_outage_rule ours;
    struct hx_event_rule events[HX_RULES_EVENTS];
    uint8_t n_events;
    struct hx_transition transitions[HX_RULES_TRANSITIONS];
    struct hx_row_key row_keys[HX_RULES_TRANSITIONS]; /* of each of them: hx_rules_index() */
    uint16_t row_of_event[HX_RULES_EVENTS];           /* the first one and 1, as in `next` */
    uint16_t row_of_clock[HX_RULES_CLOCKS];           /* when the end of this clock triggers it */
    uint16_t n_transitions;
    const struct hx_rules *older; /* the version before, kept for its clocks (R14); NULL = none */
    uint64_t from_lsn; /* of the journal entry with which it came into force; 0 = from the start */
    bool applied;      /* to open cases */
};

/* The version of the same life cycle to which something is pinned; `r` itself when that one is not
 * kept. */
const struct hx_rules *hx_rules_at(const struct hx_rules *r, uint32_t version);

/* The version in force for entry `lsn`: the newest that came before it. */
const struct hx_rules *hx_rules_in_force(const struct hx_rules *r, uint64_t lsn);

/* Whether `next` may come after `before`: a higher version, in which every state, class and clock
 * still has its number and name. HX_CONFIG with the first fault in `problem`. */
HX_CHECK int hx_rules_follows(const struct hx_rules *next, const struct hx_rules *before,
                              char *problem, size_t size);

/* Numbers of names; -1 when unknown. NULL counts as unknown. */
int hx_rules_state(const struct hx_rules *r, const char *name);
int hx_rules_class(const struct hx_rules *r, const char *name);
int hx_rules_clock(const struct hx_rules *r, const char *name);
int hx_rules_event(const struct hx_rules *r, const char *name);
int hx_rules_receiver(const struct hx_rules *r, const char *name);
int hx_rules_ladder(const struct hx_rules *r, const char *name);
int hx_rules_calendar(const struct hx_rules *r, const char *name);
/* By which the rota knows working days. The second also by which version of the table, for whoever
 * makes journal entry `lsn`; UINT64_MAX = by what is in force. */
const struct hx_calendar_rule *hx_rules_duty_calendar(const struct hx_rules *r);
struct hx_days hx_rules_duty_days(const struct hx_rules *r, uint64_t lsn);
/* NULL = there is no such road. */
const struct hx_road_rule *hx_rules_road(const struct hx_rules *r, const char *name);
int hx_rules_table(const struct hx_rules *r, const char *name);
int hx_rules_pause(const struct hx_rules *r, const char *name);
bool hx_rules_return_reason(const struct hx_rules *r, const char *name);
bool hx_rules_refused(const struct hx_rules *r, const char *category);
/* The number to which the caller of such a matter is handed over; NULL: none. */
const char *hx_rules_handover(const struct hx_rules *r, const char *category);
int hx_rules_default_class(const struct hx_rules *r);

/* Fills what follows from the rows; whoever has read them does it before anybody is judged. */
void hx_rules_index(struct hx_rules *r);

/* Checks the whole of a life cycle: unreachable states, states nobody can leave, clocks that run
 * into a terminal state, ladders without a receiver, levels out of order, classes without a budget,
 * rows that can never be taken. HX_CONFIG with the first fault in `problem` and its line of the
 * file in *line; 1 for what is missing as a whole. */
HX_CHECK int hx_rules_check(const struct hx_rules *r, int *line, char *problem, size_t size);

/* Names of closed lists; static text. */
const char *hx_owner_name(enum hx_owner owner);
int hx_owner_number(const char *name);
const char *hx_basis_name(int basis);
const char *hx_notice_kind_name(int kind);

/* A mark of a ladder: REMINDER, WARNING or BREACH. */
static inline bool hx_notice_alarms(int kind)
{
    return kind == HX_NOTICE_REMINDER || kind == HX_NOTICE_WARNING || kind == HX_NOTICE_BREACH;
}

int hx_notice_kind_number(const char *name);
const char *hx_clock_state_name(int state);
const char *hx_level_name(int level); /* L0 … L5 */
int hx_level_number(const char *name);
const char *hx_role_name(int role);
int hx_role_number(const char *name, size_t n);
const char *hx_need_name(int need);
int hx_need_number(const char *name);

#endif
