/* When deadlines are held back so that nobody is accused wrongly:
 *   after an outage (down, stopped or suspended), until sources have had time to send again what
 *   they could not (corners 16 and 17);
 *   after a jump of the wall clock, for deadlines inside the jump, until the kernel says that the
 *   clock is synchronised, or a minute has passed (corner 14). */
#ifndef SERVICE_INTAKE_HOLD_H
#define SERVICE_INTAKE_HOLD_H

#include "engine/machine/machine.h"
#include "hongxin/error.h"
#include "hongxin/instant.h"
#include "store/store.h"
#include <stdbool.h>
#include <stdint.h>

struct service;

struct hold {
    struct hx_mono drain_until; /* while draining */
    struct hx_mono doubt_until; /* while in doubt */
    int64_t seen;               /* boot clock, when a turn last looked */
    int64_t beat;               /* the same, when the store last heard that we live */
    int64_t beat_kept;          /* the same, of what it has heard and written */

    /* what waits to be recorded, in this order */
    bool absent; /* our outage, engine time from … to … */
    int64_t down_from, down_to;
    bool drain;  /* … and deadlines are held back after it */
    bool jumped; /* a jump, engine time from … to */
    int64_t from, to;
    bool drained, confirmed; /* the end of either */

    /* dispatches that waited for us: told when the queue has been read (corner 17) */
    bool deliver;
    struct hx_mono deliver_at;
    int64_t deliver_upto;           /* due times of hand-over that may have run out meanwhile */
    struct hx_due_row deliver_from; /* the last row looked at … */
    struct hx_due_row deliver_to;   /* … and by the transaction that is open */
    bool delivered;                 /* it looks at the last of them */

    struct hx_disturbance before; /* the machine's, should the transaction fail */
};

void hold_init(struct service *s);

/* We were away from … to, engine time: down at the start, stopped or suspended later (corners 16
 * and 17); 0, 0 when it took none of the engine's time. Holds back when deadlines came meanwhile.
 */
void hold_away(struct service *s, int64_t from, int64_t to);

/* Each turn, before anything is judged: looks at the clock, ends what is over. */
void hold_turn(struct service *s);

/* True while something waits to be recorded. */
bool hold_waits(const struct service *s);

/* Says now and then that we live: our outage begins at the last word (corner 17). The commit of
 * the turn that follows writes it; with flush, one of its own when nothing has come in. */
void hold_heartbeat(struct service *s);

/* Records what waits, before anything else of the transaction that has just begun.
 * hold_recorded() follows its commit, hold_undo() its failure. */
HX_CHECK int hold_record(struct service *s);
void hold_recorded(struct service *s);
void hold_undo(struct service *s);

/* Engine time up to which deadlines may be judged now; INT64_MIN = none at all. The millisecond
 * that runs belongs to events (R3, R4): what is read in it may be in time. */
int64_t hold_limit(const struct service *s);

/* True while dispatches wait to be told and may be. */
bool hold_delivers(const struct service *s);
/* Tells the next of them, inside the transaction that is open. */
HX_CHECK int hold_deliver(struct service *s);

#endif
