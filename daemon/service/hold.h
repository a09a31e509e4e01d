/* When deadlines are held back so that nobody is accused wrongly:
 *   after an outage, until sources have had time to send again what they could not (corner 17);
 *   after a jump of the wall clock, for deadlines inside the jump, until the kernel says that the
 *   clock is synchronised, or a minute has passed (corner 14). */
#ifndef SERVICE_HOLD_H
#define SERVICE_HOLD_H

#include "hongxin/error.h"
#include "hongxin/instant.h"
#include <stdbool.h>
#include <stdint.h>

struct service;

struct hold {
    struct hx_mono drain_until; /* while machine.draining */
    struct hx_mono doubt_until; /* while machine.doubt */
    bool absent;                /* our outage waits to be recorded */
    bool jumped;                /* a jump waits to be recorded: engine time from … to */
    int64_t from, to;
};

/* At the start: holds back when deadlines came while we were down. */
void hold_start(struct service *s);

/* Each turn, before anything is judged: looks at the clock, ends what is over. */
void hold_turn(struct service *s);

/* Records a jump in the open transaction; HX_OK when there is none. */
HX_CHECK int hold_record(struct service *s);

/* Records our outage before anything else in the first transaction of a daemon's life; HX_OK when
 * there was none. hold_recorded() follows the commit. */
HX_CHECK int hold_record_outage(struct service *s);
void hold_recorded(struct service *s);

/* Engine time up to which deadlines may be judged now; INT64_MIN = none at all. */
int64_t hold_limit(const struct service *s);

#endif
