/* Making a rota: its shifts and leaves, what clashes among them, and where a post's shifts begin.
 */
#include "base/grown.h"
#include "engine/duty/rota_internal.h"
#include "hongxin/instant.h"

#include <stdlib.h>

/* ---- building ---- */

int hx_rota_new(struct hx_rota **out)
{
    struct hx_rota *rota = calloc(1, sizeof *rota);
    if (!rota)
        return HX_NOMEM;
    hx_arena_init(&rota->arena, 0);
    *out = rota;
    return HX_OK;
}

void hx_rota_free(struct hx_rota *rota)
{
    if (!rota)
        return;
    hx_arena_fini(&rota->arena);
    free(rota->shifts);
    free(rota->leaves);
    free(rota->first);
    free(rota);
}

static bool shift_sound(const struct hx_shift *s)
{
    return hx_id_valid(s->role) && hx_id_valid(s->area) && hx_id_valid(s->person) && s->order > 0 &&
           s->from_ms >= 0 && s->from_ms < HX_DAY && s->to_ms >= 0 && s->to_ms <= HX_DAY &&
           (!s->since || !s->until || s->since < s->until);
}

int hx_rota_add_shift(struct hx_rota *rota, const struct hx_shift *shift)
{
    if (!shift_sound(shift))
        return HX_INVALID;
    struct hx_shift *shifts =
        hx_grown(rota->shifts, rota->n_shifts, &rota->cap_shifts, sizeof *shifts);
    if (!shifts)
        return HX_NOMEM;
    rota->shifts = shifts;
    struct hx_shift kept = *shift;
    kept.name_zh = hx_arena_strdup(&rota->arena, shift->name_zh ? shift->name_zh : "");
    kept.name_en = hx_arena_strdup(&rota->arena, shift->name_en ? shift->name_en : "");
    if (!kept.name_zh || !kept.name_en)
        return HX_NOMEM;
    rota->shifts[rota->n_shifts++] = kept;
    return HX_OK;
}

int hx_rota_add_leave(struct hx_rota *rota, const struct hx_leave *leave)
{
    if (!hx_id_valid(leave->person) || (leave->substitute[0] && !hx_id_valid(leave->substitute)) ||
        leave->from >= leave->to || strcmp(leave->person, leave->substitute) == 0)
        return HX_INVALID;
    struct hx_leave *leaves =
        hx_grown(rota->leaves, rota->n_leaves, &rota->cap_leaves, sizeof *leaves);
    if (!leaves)
        return HX_NOMEM;
    rota->leaves = leaves;
    rota->leaves[rota->n_leaves++] = *leave;
    return HX_OK;
}

static int compare_shifts(const void *a, const void *b)
{
    const struct hx_shift *x = a, *y = b;
    int by_post = hx_shift_compare(x, y->role, y->area);
    if (by_post)
        return by_post;
    return x->order != y->order ? (x->order > y->order) - (x->order < y->order)
                                : (x->line > y->line) - (x->line < y->line);
}

static int compare_leaves(const void *a, const void *b)
{
    const struct hx_leave *x = a, *y = b;
    int by_person = strcmp(x->person, y->person);
    return by_person ? by_person : (x->from > y->from) - (x->from < y->from);
}

/* ---- shifts that meet ---- */

/* Whole days of the week, and types of day; what is given one way may fall on what is given the
 * other. */
static bool days_meet(uint32_t a, uint32_t b)
{
    if (!a || !b)
        return true;
    bool by_name = (a & HX_ON_WEEK) && (b & HX_ON_WEEK) && !(a & ~(uint32_t)HX_ON_WEEK) &&
                   !(b & ~(uint32_t)HX_ON_WEEK);
    bool by_type = !(a & HX_ON_WEEK) && !(b & HX_ON_WEEK);
    return by_name || by_type ? (a & b) != 0 : true;
}

static bool hours_meet(const struct hx_shift *a, const struct hx_shift *b)
{
    if (hx_shift_whole_day(a) || hx_shift_whole_day(b))
        return true;
    if (hx_shift_overnight(a) && hx_shift_overnight(b))
        return true;
    if (hx_shift_overnight(b))
        return hours_meet(b, a);
    return hx_shift_overnight(a) ? b->to_ms > a->from_ms || b->from_ms < a->to_ms
                                 : a->from_ms < b->to_ms && b->from_ms < a->to_ms;
}

static bool dates_meet(const struct hx_shift *a, const struct hx_shift *b)
{
    return (!a->until || a->until > b->since) && (!b->until || b->until > a->since);
}

static bool meet(const struct hx_shift *a, const struct hx_shift *b)
{
    return (a->order == b->order || strcmp(a->person, b->person) == 0) &&
           days_meet(a->days, b->days) && hours_meet(a, b) && dates_meet(a, b);
}

/* ---- posts ---- */

/* FNV-1a. The names come from the operator's own files. */
static size_t add_hash(size_t h, const char *name)
{
    for (; *name; name++)
        h = (h ^ (unsigned char)*name) * 16777619u;
    return h;
}

/* The slot of the post, or the free one where it belongs. */
static uint32_t *slot_of(const struct hx_rota *rota, const char *role, const char *area)
{
    size_t i = add_hash(add_hash(2166136261u, role), area);
    while (rota->first[i &= rota->slots - 1] &&
           hx_shift_compare(&rota->shifts[rota->first[i] - 1], role, area) != 0)
        i++;
    return &rota->first[i];
}

static int index_posts(struct hx_rota *rota)
{
    size_t slots = 64;
    while (slots < 2 * rota->n_shifts)
        slots *= 2;
    free(rota->first);
    rota->first = calloc(slots, sizeof *rota->first);
    rota->slots = rota->first ? slots : 0;
    for (size_t i = 0; rota->first && i < rota->n_shifts; i++) {
        uint32_t *slot = slot_of(rota, rota->shifts[i].role, rota->shifts[i].area);
        if (!*slot)
            *slot = (uint32_t)i + 1;
    }
    return rota->first ? HX_OK : HX_NOMEM;
}

size_t hx_rota_index(const struct hx_rota *rota, const char *role, const char *area)
{
    uint32_t first = rota->slots ? *slot_of(rota, role, area) : 0;
    return first ? first - 1 : rota->n_shifts;
}

int hx_rota_seal(struct hx_rota *rota, const struct hx_shift *clash[2])
{
    if (rota->n_shifts)
        qsort(rota->shifts, rota->n_shifts, sizeof *rota->shifts, compare_shifts);
    if (rota->n_leaves)
        qsort(rota->leaves, rota->n_leaves, sizeof *rota->leaves, compare_leaves);
    if (index_posts(rota))
        return HX_NOMEM;
    return hx_rota_next_clash(rota, (size_t[]){0, 0}, clash) ? HX_EXISTS : HX_OK;
}

static bool stands_before(const struct hx_shift *a, const struct hx_shift *b)
{
    return a->file != b->file ? a->file < b->file : a->line < b->line;
}

bool hx_rota_next_clash(const struct hx_rota *rota, size_t at[2], const struct hx_shift *clash[2])
{
    for (; at[0] < rota->n_shifts; at[0]++, at[1] = 0)
        for (at[1] = at[1] ? at[1] + 1 : at[0] + 1; at[1] < rota->n_shifts; at[1]++) {
            const struct hx_shift *a = &rota->shifts[at[0]], *b = &rota->shifts[at[1]];
            if (hx_shift_compare(b, a->role, a->area) != 0)
                break;
            if (!meet(a, b))
                continue;
            clash[0] = stands_before(a, b) ? a : b;
            clash[1] = stands_before(a, b) ? b : a;
            return true;
        }
    return false;
}

/* ---- who is named, whenever it is ---- */

const struct hx_shift *hx_rota_first(const struct hx_rota *rota, const char *role, const char *area)
{
    size_t i = hx_rota_index(rota, role, area);
    return i < rota->n_shifts ? &rota->shifts[i] : NULL;
}

bool hx_rota_knows(const struct hx_rota *rota, const char *role, const char *area)
{
    return hx_rota_first(rota, role, area) != NULL;
}

bool hx_rota_has(const struct hx_rota *rota, const struct hx_post *post, const char *person)
{
    for (size_t i = 0; i < rota->n_shifts; i++)
        if (strcmp(rota->shifts[i].person, person) == 0 &&
            (!post || hx_shift_compare(&rota->shifts[i], post->role, post->area) == 0))
            return true;
    return false;
}

static bool is_of(const struct hx_rota *rota, size_t i, const struct hx_post *post)
{
    return i < rota->n_shifts && hx_shift_compare(&rota->shifts[i], post->role, post->area) == 0;
}

static bool is_on(const struct hx_rota *rota, const struct hx_post *post, const char *person)
{
    for (size_t i = hx_rota_index(rota, post->role, post->area); is_of(rota, i, post); i++)
        if (strcmp(rota->shifts[i].person, person) == 0)
            return true;
    return false;
}

bool hx_rota_within(const struct hx_rota *rota, const struct hx_post *post,
                    const struct hx_post *other)
{
    size_t first = hx_rota_index(rota, post->role, post->area);
    for (size_t i = first; is_of(rota, i, post); i++)
        if (!is_on(rota, other, rota->shifts[i].person))
            return false;
    return first < rota->n_shifts;
}

const struct hx_shift *hx_rota_next_post(const struct hx_rota *rota, size_t *at)
{
    if (*at >= rota->n_shifts)
        return NULL;
    const struct hx_shift *s = &rota->shifts[*at];
    while (*at < rota->n_shifts && hx_shift_compare(&rota->shifts[*at], s->role, s->area) == 0)
        ++*at;
    return s;
}
