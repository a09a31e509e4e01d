/* The digest after an outage (corner 17): each receiver that was told late because of us hears once
 * how often. Counted in memory as entries are committed; that one is owed stands in the store from
 * the entry of the outage on until it is told, so that it outlives us. Service thread. */
#ifndef SERVICE_FEEDS_DIGEST_H
#define SERVICE_FEEDS_DIGEST_H

#include "hongxin/error.h"
#include <stdbool.h>

struct service;

/* At the start: counts again what was told since the outage whose digest is owed. */
HX_CHECK int digest_load(struct service *s);

/* Inside the transaction that has recorded an outage in which deadlines fell. */
HX_CHECK int digest_owe(struct service *s);

/* Whether all that fell due while we were down has been told, and a digest is owed. */
bool digest_due(struct service *s);

/* Tells it, inside a transaction of this turn; nothing when it is not due. */
void digest_write(struct service *s);

#endif
