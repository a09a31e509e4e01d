/* The self-audit (R11, E18): every open case is looked at once in each round, in small steps
 * between the turns. A case without a running deadline (NO_CLOCK) or without its timer (NO_DUE_ROW,
 * put back) becomes an alarm entry that names it, once as long as the case does not change.
 *
 * The dead-man signal: StatsAnswer tells how long ago the last round ended (audit_age_s), and the
 * service manager's watchdog is fed only while rounds go on. Loop thread only. */
#ifndef SERVICE_UPKEEP_AUDIT_H
#define SERVICE_UPKEEP_AUDIT_H

#include "hongxin/error.h"
#include "hongxin/instant.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct service;

enum { AUDIT_SUSPECTS = 64, AUDIT_KNOWN = 256 };

struct audit {
    bool running;
    struct hx_mono begun, ended; /* of the present and of the last round */
    struct hx_mono moved;        /* the last step of any */
    uint64_t after;              /* case number up to which this round has come */
    uint64_t cases, last_cases;  /* looked at in this round and in the last one */
    uint64_t expected;           /* in this round; only sets its pace */
    uint64_t step_cases;         /* looked at in the last step … */
    int64_t step_begun_us;
    bool cut; /* … which ended before the last case */
    uint64_t rounds, alarms;
    size_t n_suspects; /* found, not yet written */
    uint64_t suspects[AUDIT_SUSPECTS];
    size_t n_known; /* alarms that were given: by case and the entry that gave them */
    struct {
        uint64_t number, lsn;
    } known[AUDIT_KNOWN];
};

void audit_init(struct audit *a);

/* One step of about a millisecond, outside a transaction; begins a round when it is time. Returns
 * the milliseconds until the next step, 4 … 50, such that the round ends within limits.audit_ms if
 * that can be done; 0 when the round is over. */
uint32_t audit_step(struct service *s);

/* In the batch of a turn: writes an alarm for each case found by a step. */
HX_CHECK int audit_write(struct service *s);

/* Since the last round ended, or since the start. */
int64_t audit_age_ms(const struct audit *a);

/* False when no step has been made for longer than two rounds should take. */
bool audit_alive(const struct service *s);

#endif
