/* What keeps alarms readable (3.3), as data: the section `calm` of a life cycle. Sets of classes,
 * flags, clocks and receivers are bits by their numbers. */
#ifndef ENGINE_NOTICE_CALM_RULES_H
#define ENGINE_NOTICE_CALM_RULES_H

#include <stdint.h>

enum { HX_CALM_INHIBITS = 8 };

/* Reminders that say nothing new while something louder has been said in the same case. */
struct hx_inhibit_rule {
    uint32_t clocks; /* whose notices are silent … */
    uint8_t levels;  /* … at these levels: bit i = Li */
    uint32_t by;     /* while one of these clocks has spoken; 0 = the same clock … */
    uint8_t from;    /* … at this level or above */
};

struct hx_calm_rules {
    /* always sent alone and at once */
    uint32_t urgent_classes, urgent_flags, urgent_clocks;
    uint32_t urgent_receivers; /* names that stand for many people, such as the reporter */
    /* more than so many to one receiver in the span: the rest in one notice at its end */
    int64_t group_ms;     /* 0 = never */
    uint32_t group_alone; /* so many are sent alone */
    uint32_t group_never; /* classes */
    /* the same over a longer span, for all but the first notices of promises */
    int64_t limit_ms; /* 0 = never */
    uint32_t limit_most;
    /* small matters at night wait for the morning, never a promise */
    int8_t night_calendar;
    uint32_t night_clocks; /* none = never */
    uint32_t night_never;  /* classes */
    struct hx_inhibit_rule inhibits[HX_CALM_INHIBITS];
    uint8_t n_inhibits;
};

#endif
