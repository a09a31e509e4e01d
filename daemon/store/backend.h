/* Functions of the engine's backend that have a file of their own; contracts in
 * engine/machine/machine.h.
 */
#ifndef STORE_BACKEND_H
#define STORE_BACKEND_H

#include "store/store.h"

int store_case_load(void *b, uint64_t number, struct hx_case *c);
int store_case_save(void *b, struct hx_case *c, int64_t due);
int store_case_number(void *b, uint64_t *number);
int store_next_lsn(void *b, uint64_t *lsn);
int store_append(void *b, const hxp_entry *e);
int store_watch_put(void *b, const struct hx_watch *w);
int store_watch_drop(void *b, const struct hx_watch *w);
int store_watch_first(void *b, struct hx_watch *w);
int store_entry_load(void *b, uint64_t lsn, struct hx_arena *arena, hxp_entry **e);

#endif
