/* A backend in memory: the machine without a disk, for the simulator, property tests and fuzzing.
 *
 * It keeps the same promises as the store except durability. References and parked events are
 * looked up by name alone, whatever their source: in a scenario a case has one label for everybody;
 * hx_memory_by_source() makes it keep them apart as the store does. One thread. */
#ifndef ENGINE_MACHINE_MEMORY_H
#define ENGINE_MACHINE_MEMORY_H

#include "engine/machine/machine.h"

struct hx_memory;

HX_CHECK int hx_memory_new(struct hx_memory **out);
void hx_memory_free(struct hx_memory *mem);

/* From now on references and parked events belong to their source. */
void hx_memory_by_source(struct hx_memory *mem);

/* What the next entry and the next case are numbered; 0 = one more than the newest. Numbers only
 * grow: HX_INVALID for one that was passed. For a replay that knows only some entries. */
HX_CHECK int hx_memory_number(struct hx_memory *mem, uint64_t lsn, uint64_t case_number);

/* The table for struct hx_machine; its ctx is the struct hx_memory *. */
const struct hx_backend *hx_memory_backend(void);

/* Entries appended since the last call, oldest first; borrowed from the machine's arena. Ends with
 * *n = 0. */
const hxp_entry *const *hx_memory_take(struct hx_memory *mem, size_t *n);

/* The case that is due first and when; false when nothing is due ever. Ties: the lower number. */
bool hx_memory_due(const struct hx_memory *mem, int64_t *due, uint64_t *case_number);

/* The reference under which a case was introduced; NULL when it has none. */
const char *hx_memory_label(const struct hx_memory *mem, uint64_t case_number);

/* The packed entry; borrowed. HX_NOTFOUND. */
HX_CHECK int hx_memory_entry(const struct hx_memory *mem, uint64_t lsn, const uint8_t **bytes,
                             size_t *size);

/* For struct hx_machine: open cases of the same narrowest place and category, the newest first. The
 * context is the machine, whose backend is the memory. */
size_t hx_memory_similar(void *machine, const struct hx_case *c, uint64_t numbers[HX_SIMILAR_MAX]);

size_t hx_memory_cases(const struct hx_memory *mem);
uint64_t hx_memory_newest_lsn(const struct hx_memory *mem);

#endif
