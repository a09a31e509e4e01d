/* Who is on a post at an instant, or through a stretch of time. */
#include "engine/duty/rota_internal.h"
#include "hongxin/instant.h"

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
    int32_t last = hx_shift_overnight(s) || hx_shift_whole_day(s) ? day + 1 : day;
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
    for (size_t i = hx_rota_index(rota, role, area);
         i < rota->n_shifts && hx_shift_compare(&rota->shifts[i], role, area) == 0; i++) {
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
        if (hx_shift_compare(s, post->role, post->area) != 0)
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
    size_t first = hx_rota_index(rota, role, area);
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
    size_t first = hx_rota_index(rota, post->role, post->area);
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
