/* What swap.c and swap_row.c share. */
#ifndef ENGINE_DUTY_SWAP_INTERNAL_H
#define ENGINE_DUTY_SWAP_INTERNAL_H

#include "engine/duty/swap.h"

typedef Hongxin__V1__SwapFact hxp_swap;

/* Under which name the row of a post is kept: one that no source can have. */
void hx_swap_row_name(const struct hx_post *post, char name[HX_WORD_MAX]);
/* The row: `missing` holds the entries, `missing_since` the ends; empty while nobody has swapped
 * there. Errors of the backend. */
HX_CHECK int hx_swap_row_load(const struct hx_machine *m, const struct hx_post *post,
                              struct hx_source *row);
HX_CHECK int hx_swap_row_save(struct hx_machine *m, const struct hx_post *post,
                              struct hx_source *row);
/* Puts the swap into its slot under the entry that tells how it stands; one that is over or refused
 * leaves it. False: no slot is free. */
bool hx_swap_keep(struct hx_source *row, const struct hx_machine *m, const hxp_swap *swap,
                  uint64_t lsn);

/* The swap that this entry tells of; NULL when it holds none, or is gone. */
hxp_swap *hx_swap_of(const hxp_entry *e);
hxp_swap *hx_swap_load(const struct hx_machine *m, uint64_t lsn);

bool hx_swap_in_force(const hxp_swap *w);

static inline bool hx_swap_meets(int64_t from, int64_t to, const int64_t span[2])
{
    return from < span[1] && span[0] < to;
}

#endif
