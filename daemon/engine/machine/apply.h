/* A new version of a life cycle, of a table of holidays or of the city that is applied to open
 * cases, or that somebody asks about before (R14, corners 22 and 23). Pure; one thread. */
#ifndef ENGINE_MACHINE_APPLY_H
#define ENGINE_MACHINE_APPLY_H

#include "engine/machine/machine.h"
#include "engine/rules/rules.h"

/* One of the three is set. */
struct hx_change {
    const struct hx_rules *rules;   /* the new life cycle */
    const struct hx_table *table;   /* or the table … */
    const struct hx_holidays *days; /* … and its new version */
    const struct hx_city *city;     /* or the new city … */
    const struct hx_city
        *city_before; /* … and the one before; NULL = no case gets another holder */
    bool rota_only;   /* … of which only the rota differs */
    uint64_t lsn;     /* of the entry that is written for it; 0 = only asked for */
};

/* What a change moves, or would move. */
struct hx_moves {
    uint64_t cases;          /* looked at */
    uint64_t moved;          /* cases in which something moves */
    uint64_t later, earlier; /* deadlines */
    int64_t earliest;        /* of the new deadlines; 0 = none moves */
    uint64_t rerouted;       /* cases that get another holder */
    uint64_t posts;          /* of the rota with somebody else on duty (hx_change_posts) */
};

/* What the change makes of a running or paused clock at `now`, into *next. False: nothing. A
 * deadline that would become earlier gets the floor: a quarter of its budget from now, and never
 * later than it was, so that no breach lies in the past. Dates named by persons stay. */
bool hx_clock_changed(const struct hx_rules *r, const struct hx_case *c, const struct hx_clock *k,
                      const struct hx_change *change, int64_t now, struct hx_clock *next);

/* Whether a new city gives the case to another holder: the one before gave it to its present
 * holder, and the new one would not. Who has it by a return, an arbitration or by a person's word
 * keeps it. */
bool hx_case_rerouted(const struct hx_rules *r, const struct hx_case *c,
                      const struct hx_change *change, int64_t now);

/* Posts of the rota that somebody else holds at any third hour of the seven days from `now` on. */
uint64_t hx_change_posts(const struct hx_rules *r, const struct hx_change *change, int64_t now);

/* The change that entry `lsn` was about: the last version before it that was applied to open cases.
 * False: there was none. */
bool hx_change_at(const struct hx_rules *r, uint64_t lsn, struct hx_change *change);

/* Adds what the change would do to this case. Closed cases keep what they have. */
void hx_change_preview(const struct hx_rules *r, const struct hx_case *c,
                       const struct hx_change *change, int64_t now, struct hx_moves *moves);

/* Does it, as an entry CALENDAR_APPLIED, or HOLDER_CHANGED for a new city, after what is due has
 * been judged by the version before; nothing is written for a case in which nothing moves, but when
 * its company is replaced is looked up. The new version must be in force already, so that the entry
 * can name it. HX_NOTFOUND: no such case. */
HX_CHECK int hx_machine_apply(struct hx_machine *m, uint64_t case_number,
                              const struct hx_change *change, struct hx_moves *moves);

/* The entry that says that a version has come into force, and who wanted it: about no case, for the
 * city. The fact lives in the arena. */
HX_CHECK int hx_machine_in_force(struct hx_machine *m, const hxp_rules_fact *fact);

/* Whether the table lacks next year although it is November: the alarm CALENDAR_MISSING is due. */
bool hx_table_lacks_next_year(const struct hx_table *table, const struct hx_zone *zone,
                              int64_t now);
/* Rings it. */
HX_CHECK int hx_machine_calendar_missing(struct hx_machine *m, const struct hx_table *table);

#endif
