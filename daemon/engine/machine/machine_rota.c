/* The look ahead at the duty rota: once a day, posts that nobody will hold (S30), and grids whose
 * full-time member has been away for a day (S11). What a case meets at its own moment is post.c. */
#include "base/text.h"
#include "engine/duty/rota.h"
#include "engine/duty/swap.h"
#include "engine/machine/machine_internal.h"
#include "engine/notice/silence.h"
#include "engine/rules/rules.h"
#include "hongxin/instant.h"

#include <string.h>

/* One look. */
struct look {
    struct hx_machine *m;
    const struct hx_rota *rota;
    struct hx_days days;
    int64_t at;       /* when it was due */
    int64_t from, to; /* gaps that begin in here are told, */
    int64_t horizon;  /* and followed until here */
    bool whole;       /* the first of this version: what has begun before is told, too */
};

static int64_t instant(const struct hx_rules *r, int32_t day, int32_t ms)
{
    return hx_zone_instant(hx_rules_duty_calendar(r)->zone, (int64_t)day * HX_DAY + ms);
}

/* The first time for a look at or after t. */
static int64_t look_after(const struct hx_rules *r, int64_t t)
{
    int32_t day = hx_zone_day(hx_rules_duty_calendar(r)->zone, t);
    int64_t at = instant(r, day, r->duty_look_ms);
    return at < t ? instant(r, day + 1, r->duty_look_ms) : at;
}

/* As a notice would name the post: "street:S-02", "city/property". */
static char *receiver(struct hx_arena *a, const struct hx_shift *post)
{
    bool duty = strcmp(post->role, "duty") == 0, city = strcmp(post->role, "city") == 0;
    return hx_arena_printf(a, "%s%c%s", duty ? "holder" : post->role, city ? '/' : ':', post->area);
}

static int tell(const struct look *l, const struct hx_shift *post, const int64_t away[2],
                const char *person)
{
    hxp_alarm_fact *a = hx_machine_new_alarm(l->m, person ? "GRID_VACANT" : "DUTY_GAP");
    if (!a)
        return HX_NOMEM;
    a->about = receiver(l->m->arena, post);
    a->from = away[0];
    a->to = away[1];
    if (person)
        a->person = hx_arena_strdup(l->m->arena, person);
    return hx_arena_failed(l->m->arena) ? HX_NOMEM : hx_machine_alarm(l->m, a, 0);
}

static bool gap_in(const struct look *l, const struct hx_shift *post, int64_t from, int64_t gap[2],
                   int64_t to)
{
    gap[0] = from;
    gap[1] = to;
    return hx_rota_gap(l->rota, post->role, post->area, &l->days, gap);
}

/* Every gap of the post that begins within the look. One that goes on from the day before was told
 * then. */
static int look_at_gaps(const struct look *l, const struct hx_shift *p)
{
    int64_t gap[2];
    int rc = HX_OK;
    for (int64_t t = l->whole ? l->from : l->from - 1;
         !rc && t < l->to && gap_in(l, p, t, gap, l->to); t = gap[1]) {
        bool begins = l->whole || gap[0] >= l->from;
        if (gap[1] >= l->to && !gap_in(l, p, gap[0], gap, l->horizon))
            return HX_CORRUPT; /* it was there a moment ago */
        if (begins && gap[1] > l->m->now) {
            const int64_t away[2] = {gap[0], gap[1] < l->horizon ? gap[1] : 0};
            rc = tell(l, p, away, NULL);
        }
    }
    return rc;
}

/* The full-time member is the first of the grid; the others go on being told (S11). Alarmed once:
 * at the first look that comes a day after the leave began. */
static int look_at_grid(const struct look *l, const struct hx_shift *post)
{
    const struct hx_leave *away = hx_rota_away(l->rota, post->person, l->at);
    int32_t day = hx_zone_day(l->days.cal->zone, l->at);
    int64_t before = instant(l->m->rules, day - 1, l->m->rules->duty_look_ms);
    if (strcmp(post->role, "grid") != 0 || !away || away->from > l->at - HX_DAY ||
        (!l->whole && away->from <= before - HX_DAY))
        return HX_OK;
    const int64_t stretch[2] = {away->from, away->to};
    return tell(l, post, stretch, post->person);
}

static int look(const struct look *l)
{
    size_t i = 0;
    const struct hx_shift *post;
    int rc = HX_OK;
    while (!rc && (post = hx_rota_next_post(l->rota, &i))) {
        rc = look_at_grid(l, post);
        if (!rc)
            rc = look_at_gaps(l, post);
    }
    return rc;
}

/* The next look; it knows better than one that a start has asked for what was seen. */
static int await_look(struct hx_machine *m, int64_t at, const char *version)
{
    struct hx_watch w = {.at = at, .kind = HX_WATCH_ROTA};
    int rc = m->ops->watch_drop(m->backend, &w);
    hx_text_put(w.ref, sizeof w.ref, version);
    return rc ? rc : m->ops->watch_put(m->backend, &w);
}

int hx_rota_look(struct hx_machine *m, const struct hx_watch *w)
{
    const struct hx_rules *r = m->rules;
    const char *version = hx_city_version(m->city);
    int rc = m->ops->watch_drop(m->backend, w);
    if (rc || r->duty_look_ms < 0 || !hx_city_rota(m->city))
        return rc;
    int32_t day = hx_zone_day(hx_rules_duty_calendar(r)->zone, w->at);
    struct look l = {.m = m, .rota = hx_city_rota(m->city), .days = hx_duty_days(m), .at = w->at};
    l.whole = strcmp(w->ref, version) != 0;
    l.from = l.whole ? w->at : instant(r, day + r->duty_ahead, 0);
    l.to = instant(r, day + r->duty_ahead + 1, 0);
    l.horizon = instant(r, day + 2 * r->duty_ahead + 1, 0);
    rc = look(&l);
    return rc ? rc : await_look(m, look_after(r, w->at + 1), version);
}

int hx_machine_rota_begin(struct hx_machine *m)
{
    int rc = hx_swap_begin(m);
    if (!rc)
        rc = hx_area_silence_begin(m);
    if (rc)
        return rc;
    if (m->rules->duty_look_ms < 0 || !m->city || !hx_city_rota(m->city))
        return HX_OK;
    struct hx_watch w = {.at = look_after(m->rules, m->now + 1), .kind = HX_WATCH_ROTA};
    return m->ops->watch_put(m->backend, &w);
}

/* ---- the desk's dead-man check ---- */

/* Under a name that no source can have: since when the desk is watched. */
static const char desk_name[] = "\x02"
                                "desk";

static struct hx_watch desk_watch(int64_t at)
{
    return (struct hx_watch){.at = at, .kind = HX_WATCH_DESK};
}

int hx_desk_present(struct hx_machine *m, int64_t t)
{
    struct hx_source desk = {0};
    int rc = m->ops->source_load(m->backend, desk_name, &desk);
    if ((rc && rc != HX_NOTFOUND) || !m->rules->duty_desk_ms)
        return rc == HX_NOTFOUND ? HX_OK : rc;
    struct hx_watch before = desk_watch(desk.missing_since[0]),
                    next = desk_watch(t + m->rules->duty_desk_ms);
    rc = before.at ? m->ops->watch_drop(m->backend, &before) : HX_OK;
    if (!rc)
        rc = m->ops->watch_put(m->backend, &next);
    desk.missing_since[0] = next.at;
    return rc ? rc : m->ops->source_save(m->backend, desk_name, &desk);
}

int hx_desk_silent(struct hx_machine *m, const struct hx_watch *w)
{
    hxp_alarm_fact *a = hx_machine_new_alarm(m, "DESK_SILENT");
    if (!a)
        return HX_NOMEM;
    a->about = hx_text_field("city/desk");
    a->from = w->at - m->rules->duty_desk_ms;
    int rc = m->ops->watch_drop(m->backend, w);
    return rc ? rc : hx_machine_alarm(m, a, 0);
}

bool hx_is_rota_alarm(const hxp_alarm_fact *a)
{
    return strcmp(a->code, "DUTY_GAP") == 0 || strcmp(a->code, "GRID_VACANT") == 0;
}

int hx_machine_rota_alarm(struct hx_machine *m, hxp_alarm_fact *a)
{
    return hx_machine_alarm(m, a, 0);
}
