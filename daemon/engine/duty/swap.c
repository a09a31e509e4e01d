/* The steps of a swap: offered, accepted, approved or refused, and left without an answer. */
#include "engine/duty/swap_internal.h"

#include "base/text.h"
#include "engine/machine/machine_internal.h"
#include "engine/rules/rules.h"
#include "engine/step.h"
#include "hongxin/instant.h"

#include <string.h>

enum { AHEAD = 60, LONGEST = 31 }; /* days */

/* One event on its way. */
struct swapping {
    struct hx_machine *m;
    const struct hx_arrival *in;
    const hxp_data *d;
    struct hx_actor actor;
    struct hx_post post;
    hxp_swap *swap; /* as it will stand */
    const char *code, *message;
};

static bool refuse(struct swapping *s, const char *code, const char *message)
{
    s->code = code;
    s->message = message;
    return false;
}

/* ---- what is asked of each step ---- */

static const struct hx_rota *rota_of(const struct swapping *s)
{
    return s->m->city ? hx_city_rota(s->m->city) : NULL;
}

static struct hx_days days_of(const struct swapping *s)
{
    return hx_duty_days(s->m);
}

/* The latest answer: a time of the day before the first thing that is swapped. */
static int64_t latest(const struct swapping *s, const hxp_swap *w)
{
    const struct hx_calendar_rule *cal = days_of(s).cal;
    int64_t first = w->back_from && w->back_from < w->from ? w->back_from : w->from;
    int32_t day = hx_zone_day(cal->zone, first) - 1;
    return hx_zone_instant(cal->zone, (int64_t)day * HX_DAY + s->m->rules->duty_swap_ms);
}

static bool sound(int64_t from, int64_t to, int64_t now)
{
    return from > now && to > from && to - from <= LONGEST * HX_DAY && to <= now + AHEAD * HX_DAY;
}

/* Who speaks is a named person of the post. */
static bool speaks_for(struct swapping *s, const char *post)
{
    struct hx_post own;
    if (!hx_post_of(post, &s->post) || !hx_rota_knows(rota_of(s), s->post.role, s->post.area))
        return refuse(s, "FOREIGN_POST", "the rota knows no such post");
    bool named = hx_post_of(s->in->event->by, &own) && s->actor.person[0];
    if (!named)
        return refuse(s, "BAD_PERSON", "by must name a person: holder:P-07/li");
    bool same = strcmp(own.role, s->post.role) == 0 &&
                (s->actor.role == HX_ROLE_city || strcmp(own.area, s->post.area) == 0);
    return same || refuse(s, "FOREIGN_POST", "by is not of this post");
}

/* Nobody has promised the same to somebody else, and the taker has not taken it twice. */
static bool free_of_others(struct swapping *s, const hxp_swap *w, const char *taker)
{
    struct hx_source row;
    const int64_t given[2] = {w->from, w->to};
    if (hx_swap_row_load(s->m, &s->post, &row))
        return refuse(s, "TOO_MANY_SWAPS", "try again");
    for (size_t i = 0; i < HX_SWAPS; i++) {
        const hxp_swap *other =
            row.missing_since[i] > s->m->now ? hx_swap_load(s->m, row.missing[i]) : NULL;
        if (!other || other->number == w->number || !hx_swap_meets(other->from, other->to, given))
            continue;
        if (strcmp(other->person, w->person) == 0)
            return refuse(s, "SWAP_DECIDED", "this stretch is offered or swapped already");
        if (hx_swap_in_force(other) && strcmp(other->taker, taker) == 0)
            return refuse(s, "TWICE_AT_ONCE", "this person takes another shift of the post then");
    }
    return true;
}

/* `who` may stand on the post through the stretch. */
static bool can_take(struct swapping *s, const char *who, const int64_t span[2])
{
    const struct hx_days days = days_of(s);
    if (hx_rota_holds(rota_of(s), &s->post, who, &days, span, true))
        return refuse(s, "TWICE_AT_ONCE", "this person is on the post then already");
    return !hx_rota_leaves(rota_of(s), who, span) ||
           refuse(s, "LEAVES_A_HOLE", "this person is away then: the post would be empty");
}

static bool can_give(struct swapping *s, const char *who, const int64_t span[2])
{
    const struct hx_days days = days_of(s);
    return hx_rota_holds(rota_of(s), &s->post, who, &days, span, false) ||
           refuse(s, "NOT_ON_DUTY", "this person is not on the post through all of it");
}

static bool offer(struct swapping *s)
{
    const hxp_data *d = s->d;
    hxp_swap *w = s->swap;
    const int64_t given[2] = {d->give_from, d->give_to};
    const char *post = d->post[0] ? d->post : s->in->event->by;
    bool back = d->back_from || d->back_to;
    if (!speaks_for(s, post))
        return false;
    if (!sound(d->give_from, d->give_to, s->in->t_rcv) ||
        (back && !sound(d->back_from, d->back_to, s->in->t_rcv)))
        return refuse(s, "BAD_STRETCH",
                      "give_from and give_to lie ahead, within 60 days, 31 days at most");
    if (d->person[0] &&
        (strcmp(d->person, s->actor.person) == 0 || !hx_rota_has(rota_of(s), NULL, d->person)))
        return refuse(s, "OTHER_PERSON", "person must be another one whom the rota knows");
    w->state = hx_text_field("OFFERED");
    w->post = hx_arena_strndup(s->m->arena, post,
                               s->actor.role == HX_ROLE_city ? strlen(post) : strcspn(post, "/"));
    w->person = hx_arena_strdup(s->m->arena, s->actor.person);
    w->taker = hx_arena_strdup(s->m->arena, d->person);
    w->from = d->give_from;
    w->to = d->give_to;
    w->back_from = d->back_from;
    w->back_to = d->back_to;
    w->until = latest(s, w);
    if (s->in->t_rcv > w->until)
        return refuse(s, "SWAP_TOO_LATE", "the rota of that day is settled: the old one stands");
    if (hx_arena_failed(s->m->arena)) /* not looked into without its names */
        return false;
    return can_give(s, s->actor.person, given) && free_of_others(s, w, d->person);
}

/* The swap that an answer is about, as it stands now. */
static bool find(struct swapping *s, const char *state)
{
    struct hx_source row;
    const hxp_swap *now = NULL, *first = hx_swap_load(s->m, s->d->swap);
    if (!first || !hx_post_of(first->post, &s->post) || hx_swap_row_load(s->m, &s->post, &row))
        return refuse(s, "NO_SWAP", "swap must be the entry of a SWAP_OFFERED");
    for (size_t i = 0; i < HX_SWAPS && !now; i++) {
        const hxp_swap *w = hx_swap_load(s->m, row.missing[i]);
        now = w && w->number == first->number ? w : NULL;
        if (now)
            hx_machine_look_swap(s->m, row.missing[i]);
    }
    if (!now || (strcmp(now->state, state) != 0 && *state))
        return refuse(s, "SWAP_DECIDED", "it was refused, has lapsed or is in force already");
    *s->swap = *now;
    return s->in->t_rcv <= now->until ||
           refuse(s, "SWAP_TOO_LATE", "the rota of that day is settled: the old one stands");
}

static bool accept(struct swapping *s)
{
    hxp_swap *w = s->swap;
    if (!find(s, "OFFERED") || !speaks_for(s, w->post))
        return false;
    const char *who = s->actor.person;
    const int64_t given[2] = {w->from, w->to}, back[2] = {w->back_from, w->back_to};
    if (strcmp(who, w->person) == 0)
        return refuse(s, "SAME_PERSON", "another person than the one who offers accepts");
    if (w->taker[0] ? strcmp(w->taker, who) != 0 : !hx_rota_has(rota_of(s), &s->post, who))
        return refuse(s, "OTHER_PERSON", "the one who was asked accepts, or one of the post");
    if (!can_give(s, w->person, given) || !can_take(s, who, given) || !free_of_others(s, w, who))
        return false;
    if (w->back_from && (!can_give(s, who, back) || !can_take(s, w->person, back)))
        return false;
    w->taker = hx_arena_strdup(s->m->arena, who);
    w->state = hx_text_field(s->m->rules->duty_swap_approve ? "ACCEPTED" : "IN_FORCE");
    return true;
}

/* The manager of the post's area, or the street or city. */
static bool may_approve(const struct swapping *s)
{
    return s->actor.role == HX_ROLE_street || s->actor.role == HX_ROLE_city ||
           ((s->actor.role == HX_ROLE_manager || s->actor.role == HX_ROLE_community) &&
            strcmp(s->actor.area, s->post.area) == 0);
}

static bool approve(struct swapping *s)
{
    hxp_swap *w = s->swap;
    if (!find(s, "ACCEPTED"))
        return false;
    if (!s->actor.person[0] || !may_approve(s))
        return refuse(s, "BAD_PERSON",
                      "a named person of the manager, the street or the city does");
    if (strcmp(s->actor.person, w->person) == 0 || strcmp(s->actor.person, w->taker) == 0)
        return refuse(s, "SAME_PERSON", "a third person approves");
    w->approved_by = hx_arena_strdup(s->m->arena, s->in->event->by);
    w->state = hx_text_field("IN_FORCE");
    return true;
}

/* By who gives, who is asked, or who would have to approve. */
static bool decline(struct swapping *s)
{
    hxp_swap *w = s->swap;
    if (!find(s, "") || strcmp(w->state, "IN_FORCE") == 0)
        return s->code ? false : refuse(s, "SWAP_DECIDED", "it is in force already");
    bool party = strcmp(s->actor.person, w->person) == 0 ||
                 (w->taker[0] && strcmp(s->actor.person, w->taker) == 0);
    if (!s->actor.person[0] || (!party && !may_approve(s)))
        return refuse(s, "BAD_PERSON", "who gives, who is asked or who approves refuses");
    w->state = hx_text_field("REFUSED");
    return true;
}

static const struct {
    const char *event;
    bool (*judge)(struct swapping *s);
} steps[] = {{"SWAP_OFFERED", offer},
             {"SWAP_ACCEPTED", accept},
             {"SWAP_APPROVED", approve},
             {"SWAP_REFUSED", decline}};

static bool for_this_role(const struct swapping *s)
{
    const struct hx_rules *r = s->m->rules;
    return r->events[hx_rules_event(r, s->in->event->type)].roles >> s->actor.role & 1;
}

static bool judge(struct swapping *s)
{
    if (!for_this_role(s))
        return refuse(s, "BAD_ROLE", "this event is not for this role");
    if (s->m->rules->duty_swap_ms < 0 || !rota_of(s))
        return refuse(s, "NO_SWAPS", "the life cycle lets nobody swap");
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        if (strcmp(steps[i].event, s->in->event->type) == 0)
            return steps[i].judge(s);
    return refuse(s, "NO_SWAPS", "no step of a swap");
}

/* ---- writing ---- */

static struct hx_watch watch_of(const hxp_swap *w, const struct hx_post *post)
{
    struct hx_watch watch = {.at = w->until, .kind = HX_WATCH_SWAP, .number = w->number};
    hx_swap_row_name(post, watch.source);
    return watch;
}

/* It is watched while somebody has to answer. */
static int await_answer(struct hx_machine *m, const hxp_swap *w, const struct hx_post *post)
{
    const struct hx_watch watch = watch_of(w, post);
    bool waits = strcmp(w->state, "OFFERED") == 0 || strcmp(w->state, "ACCEPTED") == 0;
    return waits ? m->ops->watch_put(m->backend, &watch) : m->ops->watch_drop(m->backend, &watch);
}

static int write(struct swapping *s, hxp_reply *r)
{
    struct hx_machine *m = s->m;
    struct hx_source row;
    hxp_fact *f = hx_arena_alloc(m->arena, sizeof *f);
    uint64_t lsn;
    int rc = f ? m->ops->next_lsn(m->backend, &lsn) : HX_NOMEM;
    if (!rc)
        rc = hx_swap_row_load(m, &s->post, &row);
    if (rc)
        return rc;
    if (!s->swap->number)
        s->swap->number = lsn;
    if (!hx_swap_keep(&row, m, s->swap, lsn)) {
        r->code = hx_text_field("TOO_MANY_SWAPS");
        r->message = hx_text_field("eight swaps of this post are on their way already");
        r->result = HONGXIN__V1__RESULT__NOT_ALLOWED;
        return hx_machine_note(m, s->in, r, NULL);
    }
    hongxin__v1__fact__init(f);
    f->fact_case = HONGXIN__V1__FACT__FACT_SWAP;
    f->swap = s->swap;
    rc = hx_machine_note_fact(m, s->in, r, f, s->swap->post);
    if (!rc)
        rc = hx_swap_row_save(m, &s->post, &row);
    return rc ? rc : await_answer(m, s->swap, &s->post);
}

int hx_swap_event(struct hx_machine *m, const struct hx_arrival *in, hxp_reply *r)
{
    struct swapping s = {.m = m, .in = in, .d = hx_event_data(in->event)};
    s.swap = hx_arena_alloc(m->arena, sizeof *s.swap);
    if (!s.swap || !hx_actor_parse(in->event->by, &s.actor))
        return HX_NOMEM;
    hongxin__v1__swap_fact__init(s.swap);
    bool good = judge(&s);
    if (hx_arena_failed(m->arena))
        return HX_NOMEM;
    if (good)
        return write(&s, r);
    r->result = HONGXIN__V1__RESULT__NOT_ALLOWED;
    r->code = hx_text_field(s.code);
    r->message = hx_text_field(s.message);
    return hx_machine_note(m, in, r, NULL);
}

/* ---- nobody has answered ---- */

static int lapse(struct hx_machine *m, const hxp_swap *as, const struct hx_post *post)
{
    struct hx_source row;
    hxp_swap *w = hx_arena_memdup(m->arena, as, sizeof *as);
    hxp_fact f = HONGXIN__V1__FACT__INIT;
    const struct hx_watch watch = watch_of(as, post);
    if (!w)
        return HX_NOMEM;
    w->state = hx_text_field("LAPSED");
    f.fact_case = HONGXIN__V1__FACT__FACT_SWAP;
    f.swap = w;
    int rc = m->ops->watch_drop(m->backend, &watch);
    if (!rc)
        rc = hx_swap_row_load(m, post, &row);
    if (rc)
        return rc;
    (void)hx_swap_keep(&row, m, w, 0);
    rc = hx_machine_entry(m, &f, "SWAP_LAPSED", as->until);
    return rc ? rc : hx_swap_row_save(m, post, &row);
}

int hx_swap_lapse(struct hx_machine *m, const struct hx_watch *w)
{
    struct hx_source row;
    struct hx_post post;
    const hxp_swap *first = hx_swap_load(m, w->number);
    if (!first || !hx_post_of(first->post, &post) || hx_swap_row_load(m, &post, &row))
        return m->ops->watch_drop(m->backend, w);
    for (size_t i = 0; i < HX_SWAPS; i++) {
        const hxp_swap *now = hx_swap_load(m, row.missing[i]);
        if (now && now->number == w->number)
            return lapse(m, now, &post);
    }
    return m->ops->watch_drop(m->backend, w);
}

int hx_swap_lapse_again(struct hx_machine *m, const hxp_entry *e)
{
    struct hx_post post;
    const hxp_swap *w = hx_swap_of(e);
    if (!w || strcmp(e->cause, "SWAP_LAPSED") != 0 || !hx_post_of(w->post, &post))
        return HX_NOTFOUND;
    const struct hx_watch watch = watch_of(w, &post);
    return hx_swap_lapse(m, &watch);
}
