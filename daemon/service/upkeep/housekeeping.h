/* Once a minute: what is over is put away, a bounded amount each time. */
#ifndef SERVICE_UPKEEP_HOUSEKEEPING_H
#define SERVICE_UPKEEP_HOUSEKEEPING_H

#include "hongxin/error.h"

struct service;

/* Drops parked events older than a day (corner 7: their source was told), and journal entries of
 * closed cases older than the configuration keeps them; rings when next year's calendar is missing.
 * Outside a transaction. Errors of the store.
 */
HX_CHECK int housekeeping_run(struct service *s);

#endif
