/* What is refused as INVALID lies in the quarantine, and its answer names the row. Whoever brings
 * it again, when the fault is mended, names that row (Item.closes), so that it says what became of
 * it: an entry, or one more row. Within the batch's transaction: what is not on disk is not done.
 * Loop thread only. */
#ifndef SERVICE_INTAKE_KEPT_H
#define SERVICE_INTAKE_KEPT_H

#include "hongxin/schema.h"
#include "store/store.h"

struct service;

enum { KEPT_TEXT = 44 };

/* "17/1760234400000". Returns `out`. */
const char *kept_name(const struct hx_row_name *row, char out[KEPT_TEXT]);

/* `before`: hx_store_quarantine_next() before the item was judged. A row that is not there any
 * more, or a name that is none, closes nothing and refuses nothing: the event counts. Errors of the
 * store, HX_NOMEM. */
HX_CHECK int kept_settle(struct service *s, const Hongxin__V1__Item *item, uint64_t before,
                         hxp_reply *reply);

#endif
