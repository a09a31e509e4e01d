/* Two sorted arrays: shifts by post, order and line; leaves by person and beginning. A post's
 * shifts stand together, and a hash table knows the first of them, since every notice asks who is
 * on duty: an answer is one look and a short walk. */
#include "engine/duty/rota.h"

#include "base/arena.h"
#include "hongxin/instant.h"
#include <stdlib.h>
#include <string.h>

struct hx_rota {
    struct hx_arena arena;
    struct hx_shift *shifts;
    size_t n_shifts, cap_shifts;
    struct hx_leave *leaves;
    size_t n_leaves, cap_leaves;
    uint32_t *first; /* by post: 1 + index of its first shift; 0 = free. Open addressing */
    size_t slots;    /* a power of two, at most half of them taken; 0 before the sealing */
};

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

/* Room for one more element. */
static bool grow(void **list, size_t n, size_t *cap, size_t size)
{
    if (n < *cap)
        return true;
    size_t room = *cap ? 2 * *cap : 64;
    void *grown = realloc(*list, room * size);
    if (!grown)
        return false;
    *list = grown;
    *cap = room;
    return true;
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
    if (!grow((void **)&rota->shifts, rota->n_shifts, &rota->cap_shifts, sizeof *shift))
        return HX_NOMEM;
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
    if (!grow((void **)&rota->leaves, rota->n_leaves, &rota->cap_leaves, sizeof *leave))
        return HX_NOMEM;
    rota->leaves[rota->n_leaves++] = *leave;
    return HX_OK;
}

static int compare_post(const struct hx_shift *s, const char *role, const char *area)
{
    int by_role = strcmp(s->role, role);
    return by_role ? by_role : strcmp(s->area, area);
}

static int compare_shifts(const void *a, const void *b)
{
    const struct hx_shift *x = a, *y = b;
    int by_post = compare_post(x, y->role, y->area);
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

static bool overnight(const struct hx_shift *s)
{
    return s->to_ms < s->from_ms;
}

static bool whole_day(const struct hx_shift *s)
{
    return s->to_ms == s->from_ms;
}

static bool hours_meet(const struct hx_shift *a, const struct hx_shift *b)
{
    if (whole_day(a) || whole_day(b))
        return true;
    if (overnight(a) && overnight(b))
        return true;
    if (overnight(b))
        return hours_meet(b, a);
    return overnight(a) ? b->to_ms > a->from_ms || b->from_ms < a->to_ms
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
           compare_post(&rota->shifts[rota->first[i] - 1], role, area) != 0)
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

/* The first shift of the post; n_shifts when it has none. */
static size_t first_of(const struct hx_rota *rota, const char *role, const char *area)
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
            if (compare_post(b, a->role, a->area) != 0)
                break;
            if (!meet(a, b))
                continue;
            clash[0] = stands_before(a, b) ? a : b;
            clash[1] = stands_before(a, b) ? b : a;
            return true;
        }
    return false;
}

/* ---- who is there ---- */

const struct hx_shift *hx_rota_first(const struct hx_rota *rota, const char *role, const char *area)
{
    size_t i = first_of(rota, role, area);
    return i < rota->n_shifts ? &rota->shifts[i] : NULL;
}

bool hx_rota_knows(const struct hx_rota *rota, const char *role, const char *area)
{
    return hx_rota_first(rota, role, area) != NULL;
}

static bool is_day_of(const struct hx_shift *s, const struct hx_days *days, int32_t day)
{
    static const uint32_t types[] = {[HX_DAY_WORKING] = HX_ON_WORKING,
                                     [HX_DAY_WEEKEND] = HX_ON_WEEKEND,
                                     [HX_DAY_HOLIDAY] = HX_ON_HOLIDAY,
                                     [HX_DAY_MAKE_UP] = HX_ON_MAKE_UP};
    if (!s->days)
        return true;
    uint32_t weekday = UINT32_C(1) << ((day % 7 + 10) % 7); /* day 0 was a Thursday */
    enum hx_day type = hx_calendar_day(days->cal, days->table, day);
    return s->days & (weekday | types[type]);
}

static int64_t instant(const struct hx_days *days, int32_t day, int32_t ms)
{
    return hx_zone_instant(days->cal->zone, (int64_t)day * HX_DAY + ms);
}

/* Beginning and end of the shift that begins on this day. */
static int64_t begins(const struct hx_shift *s, const struct hx_days *days, int32_t day)
{
    int64_t t = instant(days, day, s->from_ms);
    return t < s->since ? s->since : t;
}

static int64_t ends(const struct hx_shift *s, const struct hx_days *days, int32_t day)
{
    int32_t last = overnight(s) || whole_day(s) ? day + 1 : day;
    int64_t t = instant(days, last, s->to_ms);
    return s->until && s->until < t ? s->until : t;
}

/* Today's, or the one that began yesterday. */
static bool covers(const struct hx_shift *s, const struct hx_days *days, int64_t t)
{
    int32_t today = hx_zone_day(days->cal->zone, t);
    for (int32_t day = today - 1; day <= today; day++)
        if (is_day_of(s, days, day) && begins(s, days, day) <= t && t < ends(s, days, day))
            return true;
    return false;
}

static const struct hx_leave *leave_at(const struct hx_rota *rota, const char *person, int64_t t)
{
    size_t low = 0, high = rota->n_leaves;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(rota->leaves[middle].person, person) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < rota->n_leaves && strcmp(rota->leaves[low].person, person) == 0; low++)
        if (rota->leaves[low].from <= t && t < rota->leaves[low].to)
            return &rota->leaves[low];
    return NULL;
}

static bool replaced(const struct hx_rota *rota, const struct hx_leave *away, int64_t t)
{
    return away->substitute[0] && !leave_at(rota, away->substitute, t);
}

/* Who stands in for this person; the person itself; NULL when nobody does. */
static const char *present(const struct hx_rota *rota, const struct hx_shift *s, int64_t t)
{
    const struct hx_leave *away = leave_at(rota, s->person, t);
    if (!away)
        return s->person;
    return replaced(rota, away, t) ? away->substitute : NULL;
}

const struct hx_leave *hx_rota_away(const struct hx_rota *rota, const char *person, int64_t t)
{
    const struct hx_leave *away = leave_at(rota, person, t);
    return away && !replaced(rota, away, t) ? away : NULL;
}

struct hx_on_duty hx_rota_at(const struct hx_rota *rota, const char *role, const char *area,
                             const struct hx_days *days, int64_t t, size_t n)
{
    struct hx_on_duty found = {.shift = NULL};
    for (size_t i = first_of(rota, role, area);
         i < rota->n_shifts && compare_post(&rota->shifts[i], role, area) == 0; i++) {
        const struct hx_shift *s = &rota->shifts[i];
        if (!covers(s, days, t))
            continue;
        const char *who = present(rota, s, t);
        if (who != s->person && !found.instead_of)
            found.instead_of = s->person;
        if (!who || n--)
            continue;
        found.shift = s;
        found.person = who;
        return found;
    }
    return found;
}

/* ---- gaps ---- */

static void keep_earlier(int64_t t, int64_t after, int64_t *next)
{
    if (t > after && t < *next)
        *next = t;
}

/* The first instant after t at which the post may be held by somebody else: a shift or a leave
 * begins or ends, or a day does. */
static int64_t next_change(const struct hx_rota *rota, size_t first, const struct hx_days *days,
                           int64_t t)
{
    const struct hx_shift *post = &rota->shifts[first];
    int32_t today = hx_zone_day(days->cal->zone, t);
    int64_t next = instant(days, today + 1, 0);
    for (size_t i = first; i < rota->n_shifts; i++) {
        const struct hx_shift *s = &rota->shifts[i];
        if (compare_post(s, post->role, post->area) != 0)
            break;
        for (int32_t day = today - 1; day <= today; day++) {
            keep_earlier(begins(s, days, day), t, &next);
            keep_earlier(ends(s, days, day), t, &next);
        }
    }
    for (size_t i = 0; i < rota->n_leaves; i++) {
        keep_earlier(rota->leaves[i].from, t, &next);
        keep_earlier(rota->leaves[i].to, t, &next);
    }
    return next;
}

bool hx_rota_gap(const struct hx_rota *rota, const char *role, const char *area,
                 const struct hx_days *days, int64_t span[2])
{
    size_t first = first_of(rota, role, area);
    int64_t to = span[1];
    bool open = false;
    if (first == rota->n_shifts)
        return false;
    for (int64_t t = span[0]; t < to; t = next_change(rota, first, days, t)) {
        bool vacant = !hx_rota_at(rota, role, area, days, t, 0).person;
        if (vacant && !open)
            span[0] = t;
        if (!vacant && open) {
            span[1] = t;
            return true;
        }
        open = vacant;
    }
    return open;
}

/* ---- one person ---- */

static bool on_post(const struct hx_rota *rota, const struct hx_post *post, const char *person,
                    const struct hx_days *days, int64_t t)
{
    struct hx_on_duty d;
    for (size_t n = 0; (d = hx_rota_at(rota, post->role, post->area, days, t, n)).person; n++)
        if (strcmp(d.person, person) == 0)
            return true;
    return false;
}

bool hx_rota_holds(const struct hx_rota *rota, const struct hx_post *post, const char *person,
                   const struct hx_days *days, const int64_t span[2], bool any)
{
    size_t first = first_of(rota, post->role, post->area);
    if (first == rota->n_shifts)
        return false;
    for (int64_t t = span[0]; t < span[1]; t = next_change(rota, first, days, t))
        if (on_post(rota, post, person, days, t) == any)
            return any;
    return !any;
}

bool hx_rota_leaves(const struct hx_rota *rota, const char *person, const int64_t span[2])
{
    for (size_t i = 0; i < rota->n_leaves; i++) {
        const struct hx_leave *l = &rota->leaves[i];
        if (strcmp(l->person, person) == 0 && l->from < span[1] && span[0] < l->to)
            return true;
    }
    return false;
}

bool hx_rota_has(const struct hx_rota *rota, const struct hx_post *post, const char *person)
{
    for (size_t i = 0; i < rota->n_shifts; i++)
        if (strcmp(rota->shifts[i].person, person) == 0 &&
            (!post || compare_post(&rota->shifts[i], post->role, post->area) == 0))
            return true;
    return false;
}

static bool is_of(const struct hx_rota *rota, size_t i, const struct hx_post *post)
{
    return i < rota->n_shifts && compare_post(&rota->shifts[i], post->role, post->area) == 0;
}

static bool is_on(const struct hx_rota *rota, const struct hx_post *post, const char *person)
{
    for (size_t i = first_of(rota, post->role, post->area); is_of(rota, i, post); i++)
        if (strcmp(rota->shifts[i].person, person) == 0)
            return true;
    return false;
}

bool hx_rota_within(const struct hx_rota *rota, const struct hx_post *post,
                    const struct hx_post *other)
{
    size_t first = first_of(rota, post->role, post->area);
    for (size_t i = first; is_of(rota, i, post); i++)
        if (!is_on(rota, other, rota->shifts[i].person))
            return false;
    return first < rota->n_shifts;
}

/* ---- walks ---- */

const struct hx_shift *hx_rota_next_post(const struct hx_rota *rota, size_t *at)
{
    if (*at >= rota->n_shifts)
        return NULL;
    const struct hx_shift *s = &rota->shifts[*at];
    while (*at < rota->n_shifts && compare_post(&rota->shifts[*at], s->role, s->area) == 0)
        ++*at;
    return s;
}
