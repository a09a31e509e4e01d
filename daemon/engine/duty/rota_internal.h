/* What rota.c and rota_at.c share. */
#ifndef ENGINE_DUTY_ROTA_INTERNAL_H
#define ENGINE_DUTY_ROTA_INTERNAL_H

#include "engine/duty/rota.h"

#include "base/arena.h"
#include <string.h>

/* Two sorted arrays: shifts by post, order and line; leaves by person and beginning. A post's
 * shifts stand together, and a hash table knows the first of them, since every notice asks who is
 * on duty: an answer is one look and a short walk. */
struct hx_rota {
    struct hx_arena arena;
    struct hx_shift *shifts;
    size_t n_shifts, cap_shifts;
    struct hx_leave *leaves;
    size_t n_leaves, cap_leaves;
    uint32_t *first; /* by post: 1 + index of its first shift; 0 = free. Open addressing */
    size_t slots;    /* a power of two, at most half of them taken; 0 before the sealing */
};

/* Whether a shift's post stands before (< 0) or behind this one; 0 = it is this one. */
static inline int hx_shift_compare(const struct hx_shift *s, const char *role, const char *area)
{
    int by_role = strcmp(s->role, role);
    return by_role ? by_role : strcmp(s->area, area);
}

static inline bool hx_shift_overnight(const struct hx_shift *s)
{
    return s->to_ms < s->from_ms;
}

static inline bool hx_shift_whole_day(const struct hx_shift *s)
{
    return s->to_ms == s->from_ms;
}

/* Index of the first shift of the post; n_shifts when it has none. */
size_t hx_rota_index(const struct hx_rota *rota, const char *role, const char *area);

#endif
