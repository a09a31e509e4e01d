/* Every second of a case has one owner (R10). Time is booked when the owner changes, so that the
 * parts always add up to the time since the report, whatever happened in between. */
#include "engine/step.h"

#include <string.h>

/* A unit has said that it will help: until it is done the time is its own. */
static bool assisted(const struct hx_case *c)
{
    for (uint32_t i = 0; i < c->n_clocks; i++)
        if (c->clocks[i].unit[0] && c->clocks[i].answered && hx_clock_live(&c->clocks[i]))
            return true;
    return false;
}

/* Whoever merged it (corner 11): its holder, an official of level 3, or a desk that sends cases to
 * their place. */
static int merger(const struct hx_case *c)
{
    struct hx_actor a;
    if (!hx_actor_parse(c->merge_asker.by, &a))
        return HX_OWNER_DISPATCHER;
    if (a.area[0] && strcmp(a.area, c->holder) == 0)
        return HX_OWNER_HOLDER;
    return a.role == HX_ROLE_street || a.role == HX_ROLE_city ? HX_OWNER_ARBITER
                                                              : HX_OWNER_DISPATCHER;
}

int hx_owner_now(const struct hx_rules *r, const struct hx_case *c)
{
    if (hx_case_rests(r, c))
        return merger(c);
    if (c->flags & HX_FLAG_OUTAGE)
        return HX_OWNER_SYSTEM;
    if (c->flags & HX_FLAG_PAUSED) {
        int pause = hx_rules_pause(r, c->pause_reason);
        return pause >= 0 ? (int)r->pauses[pause].owner : HX_OWNER_FORCE;
    }
    if (c->flags & HX_FLAG_ARBITRATION)
        return HX_OWNER_ARBITER;
    if (r->states[c->state].owner == HX_OWNER_HOLDER && assisted(c))
        return HX_OWNER_ASSISTING;
    return r->states[c->state].owner;
}

void hx_owner_book(struct hx_case *c, int64_t t)
{
    int64_t spent = t - c->owner_since;
    if (spent <= 0)
        return;
    c->owner_ms[c->owner] += spent;
    if (c->owner == HX_OWNER_HOLDER)
        c->stint_ms += spent;
    c->owner_since = t;
}

struct hx_owner_mark hx_owner_mark(const struct hx_case *c)
{
    return (struct hx_owner_mark){.owner = c->owner,
                                  .since = c->owner_since,
                                  .ms = c->owner_ms[c->owner],
                                  .stint = c->stint_ms};
}

void hx_owner_unbook(struct hx_case *c, const struct hx_owner_mark *before,
                     const struct hx_owner_mark *booked)
{
    struct hx_owner_mark now = hx_owner_mark(c);
    if (now.owner != booked->owner || now.since != booked->since || now.ms != booked->ms ||
        now.stint != booked->stint)
        return;
    c->owner_since = before->since;
    c->owner_ms[c->owner] = before->ms;
    c->stint_ms = before->stint;
}
