/* Effects of the main path: one change each. */
#include "base/text.h"
#include "engine/case/party.h"
#include "engine/case/passing.h"
#include "engine/words/words.h"

#include <string.h>

static void put(char *to, size_t size, const char *from)
{
    hx_text_put(to, size, from);
}

#define PUT(member, from) put(s->c->member, sizeof s->c->member, (from))

static void open_case(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    struct hx_case *c = s->c;
    const hxp_data *d = s->data;
    c->t_report = s->t_eff; /* sent while we were down: when it was sent (corner 17) */
    int64_t t_occ = hx_step_came(s)->t_occ;
    c->t0 = t_occ && t_occ <= s->t_rcv ? t_occ : s->t_rcv;
    c->owner = HX_OWNER_DISPATCHER;
    c->owner_since = c->t_report;
    hx_place_case(s);
    PUT(category, hx_task_code(d->category));
    PUT(about, d->about);
    c->n_parties = 1;
    c->parties[0] = (struct hx_party){.t_occ = c->t0};
    if (hx_step_came(s)->confidential || d->confidential)
        hx_flag_set(s, HX_FLAG_CONFIDENTIAL, true);
    if (c->repeat_of)
        hx_flag_set(s, HX_FLAG_REPEAT, true);
    if (c->repeat_of && d->new_facts)
        hx_flag_set(s, HX_FLAG_NEW_FACTS, true);
    if (d->safety)
        hx_flag_set(s, HX_FLAG_SAFETY, true);
    if (d->drill)
        hx_flag_set(s, HX_FLAG_DRILL, true);
    hx_take_class(s, hx_rules_class(s->rules, d->class_));
}

/* A reporter of the whole is one of the part's own, whatever becomes of the merge by which the
 * whole has him. */
static void add_reporter(struct hx_case *c, struct hx_party p)
{
    if (p.kept_case)
        p.from_case = 0;
    c->parties[c->n_parties++] = p;
}

/* A part of a report that was several (B8): place, matter, reporters, class and the seconds so far
 * are those of the whole; its holder's clocks begin when it is dispatched. */
static void open_part(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    struct hx_case *c = s->c;
    const struct hx_case *whole = s->other;
    if (!whole)
        return;
    c->split_from = whole->number;
    c->t_report = whole->t_report;
    c->t0 = whole->t0;
    c->owner = HX_OWNER_DISPATCHER;
    memcpy(c->owner_ms, whole->owner_ms, sizeof c->owner_ms);
    c->owner_since = s->t_eff > whole->owner_since ? s->t_eff : whole->owner_since;
    c->owner_ms[whole->owner] += c->owner_since - whole->owner_since;
    PUT(street, whole->street);
    PUT(community, whole->community);
    PUT(grid, whole->grid);
    PUT(estate, whole->estate);
    PUT(building, whole->building);
    PUT(category, whole->category);
    PUT(about, whole->about);
    for (uint32_t i = 0; i < whole->n_parties; i++)
        add_reporter(c, hx_party_taken(whole, i));
    hx_parties_ask_again(c);
    if (whole->flags & HX_FLAG_CONFIDENTIAL)
        hx_flag_set(s, HX_FLAG_CONFIDENTIAL, true);
    if (whole->flags & HX_FLAG_SAFETY)
        hx_flag_set(s, HX_FLAG_SAFETY, true);
    if (whole->flags & HX_FLAG_DRILL)
        hx_flag_set(s, HX_FLAG_DRILL, true);
    hx_take_class(s, whole->class_no);
}

static void split(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    s->split = true;
}

static void start_from(struct hx_step *s, int clock, int64_t t)
{
    const struct hx_clock *k = hx_clock_find(s->c, clock);
    bool dated = s->rules->clocks[clock].dated;
    if (k && !dated && k->cycle == s->c->cycle && k->state == HX_CLOCK_RUNNING)
        return; /* it runs already, by the rules of its start (R14) */
    hx_clock_start(s, clock, t);
}

static void start(struct hx_step *s, const struct hx_call *call)
{
    start_from(s, call->number, s->t_eff);
}

/* No clock of a holder starts before the holder was told, whatever a late event claims. */
static void start_told(struct hx_step *s, const struct hx_call *call)
{
    start_from(s, call->number, s->t_eff > s->c->t_dispatched ? s->t_eff : s->c->t_dispatched);
}

/* A limit of the whole case runs from the report, whenever its class became known. */
static void start_from_report(struct hx_step *s, const struct hx_call *call)
{
    if (!hx_clock_find(s->c, call->number))
        hx_clock_start(s, call->number, s->c->t_report);
}

/* A promise that a later fact has ended is judged once more by the earlier one. */
static void stop(struct hx_step *s, const struct hx_call *call)
{
    struct hx_clock *k = hx_clock_last(s->c, call->number);
    if (k && k->cycle == s->c->cycle && s->rules->clocks[k->kind].promise &&
        k->state == HX_CLOCK_STOPPED && s->t_eff < k->stopped_at)
        hx_clock_judge(s, k, s->t_eff);
    else
        hx_clock_stop(s, call->number, s->t_eff);
}

/* The fact came, and the next one is awaited from now on. One that is heard of late ends nothing
 * that began after it. */
static void restart(struct hx_step *s, const struct hx_call *call)
{
    const struct hx_clock *k = hx_clock_find(s->c, call->number);
    if (k && s->t_eff <= k->start)
        return;
    hx_clock_stop(s, call->number, s->t_eff);
    hx_clock_start(s, call->number, s->t_eff);
}

/* Again, with the shorter budget of a later cycle. */
static void restart_later(struct hx_step *s, const struct hx_call *call)
{
    struct hx_case *c = s->c;
    int64_t budget = hx_clock_budget(s->rules, call->number, c->class_no, 2);
    hx_clock_start_for(s, call->number, s->t_eff, budget);
}

/* A fact that is heard of late, but earlier than the one that ended the clock. */
static void rejudge(struct hx_step *s, const struct hx_call *call)
{
    struct hx_clock *k = hx_clock_at(s->rules, s->c, call->number, s->t_eff);
    if (!k)
        return;
    s->cycle = k->cycle;
    hx_clock_judge(s, k, s->t_eff);
}

static void refute(struct hx_step *s, const struct hx_call *call)
{
    hx_clock_refute(s, call->number);
}

static void void_clock(struct hx_step *s, const struct hx_call *call)
{
    struct hx_clock *k = hx_clock_find(s->c, call->number);
    if (k)
        hx_clock_void(s, k);
}

/* Somebody has taken it: the rest of this clock's ladder has nothing more to say. Its end still
 * comes. */
static void quiet(struct hx_step *s, const struct hx_call *call)
{
    struct hx_clock *k = hx_clock_find(s->c, call->number);
    if (k)
        k->fired |= ~HX_CLOCK_END;
}

static void try_event(struct hx_step *s, const struct hx_call *call)
{
    const char *refusal = s->refusal;
    hx_step_event(s, call->number);
    s->refusal = refusal; /* not taken is no refusal of the event that came */
}

void hx_set_holder(struct hx_step *s, const char *holder)
{
    struct hx_case *c = s->c;
    if (strcmp(c->holder, holder) != 0 && c->holder[0] && !s->holder_before[0])
        put(s->holder_before, sizeof s->holder_before, c->holder);
    PUT(holder, holder);
    c->person[0] = '\0';
    c->person_at = 0;
    c->stint_ms = 0;
    c->holder_at = s->t_eff;
    c->change_at = 0;
}

static void raise_flag(struct hx_step *s, const struct hx_call *call)
{
    hx_flag_set(s, (enum hx_flag)call->number, true);
}

static void drop_flag(struct hx_step *s, const struct hx_call *call)
{
    hx_flag_set(s, (enum hx_flag)call->number, false);
}

static void arrived(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    s->c->t_arrived = s->t_eff;
}

/* RESOLVED proves that somebody was there not later than now (corner 6), also where an arrival was
 * claimed for later. */
static void unproven_arrival(struct hx_step *s, const struct hx_call *call)
{
    struct hx_clock *k = hx_clock_at(s->rules, s->c, call->number, s->t_eff);
    if (!k || k->cycle != s->c->cycle || (s->c->t_arrived && s->c->t_arrived <= s->t_eff))
        return;
    hx_clock_judge(s, k, s->t_eff);
    s->c->t_arrived = s->t_eff;
    hx_flag_set(s, HX_FLAG_ARRIVAL_UNPROVEN, true);
}

/* An arrival that is heard of after work was: if it was in time, the accusation is taken back
 * (corners 4 and 6). */
static void late_arrival(struct hx_step *s, const struct hx_call *call)
{
    struct hx_clock *k = hx_clock_last(s->c, call->number);
    if (!k || k->cycle != s->c->cycle ||
        (k->state == HX_CLOCK_STOPPED && s->t_eff >= k->stopped_at))
        return;
    if (k->state == HX_CLOCK_STOPPED)
        k->state = HX_CLOCK_RUNNING; /* judged once more, by the earlier fact */
    hx_clock_stop(s, k->kind, s->t_eff);
}

/* The proof of an arrival that was only inferred so far. */
static void proven_arrival(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    s->c->t_arrived = s->t_eff;
    hx_flag_set(s, HX_FLAG_ARRIVAL_UNPROVEN, false);
}

static void file_plan(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    s->c->plan_date = s->data->date;
    PUT(plan_person, s->data->person);
    hx_flag_set(s, HX_FLAG_PLAN_FILED, true);
}

static void object_plan(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    s->c->plan_date = 0;
    s->c->objections++;
}

static void promise(struct hx_step *s, const struct hx_call *call)
{
    hx_flag_set(s, HX_FLAG_PLAN_FILED, false);
    hx_clock_start_until(s, call->number, s->t_eff, s->c->plan_date);
}

static void solved(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    s->c->t_resolved = s->t_eff;
    hx_class_drop(s);
}

/* For people to talk about: an appraisal instead of a fourth cycle (S23), a coordination meeting
 * after the second objection to a plan. */
static void forum(struct hx_step *s, const struct hx_call *call)
{
    hx_flag_set(s, HX_FLAG_FORUM_REQUIRED, true);
    hx_fact_alarm(s, "FORUM_REQUIRED", call->text);
}

/* The clocks are taken back by whoever calls. */
void hx_plan_drop(struct hx_step *s)
{
    s->c->plan_date = 0;
    hx_flag_set(s, HX_FLAG_PLAN_FILED, false);
    hx_flag_set(s, HX_FLAG_FORUM_REQUIRED, false);
    hx_flag_set(s, HX_FLAG_COORDINATION, false);
}

/* Sent while we were down, before the holder could be told of the case: it ends then, and what was
 * booked until he was told has not been. */
static void end_before_told(struct hx_step *s)
{
    struct hx_case *c = s->c;
    int64_t over = c->owner_since - s->t_eff;
    if (strcmp(s->mark, "OUTAGE") != 0 || c->owner_since != c->t_dispatched || over <= 0)
        return;
    int64_t late = over < c->late_ms ? over : c->late_ms;
    int64_t ours = over - late < c->ours_ms ? over - late : c->ours_ms;
    c->owner_ms[HX_OWNER_DISPATCHER] -= late;
    c->owner_ms[HX_OWNER_SYSTEM] -= ours;
    c->owner_since -= late + ours;
}

static void close_case(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    struct hx_case *c = s->c;
    for (uint32_t i = 0; i < c->n_clocks; i++)
        hx_clock_void(s, &c->clocks[i]);
    hx_order_close(s);
    hx_merge_drop(s);
    /* The clocks of a meeting and of a withdrawal's check have gone with the others. */
    hx_flag_set(s, HX_FLAG_WITHDRAW_ASKED, false);
    hx_flag_set(s, HX_FLAG_FORUM_REQUIRED, false);
    hx_flag_set(s, HX_FLAG_COORDINATION, false);
    end_before_told(s);
    c->t_closed = c->owner_since; /* the step has booked the time so far */
    hx_fact_owner(s);
}

/* A rejection that is objected to: as if it had just come in. */
static void reopen(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    s->c->t_closed = 0;
}

static void link_dispute(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    PUT(dispute, s->data->dispute);
    hx_flag_set(s, HX_FLAG_DISPUTE, true);
}

/* Whom the next cycle goes to, when the one who asks for it names somebody: it is for an official
 * to say, a community takes no task that is not its own, and nobody one that it gave back. */
static bool another_named(const struct hx_step *s)
{
    const char *holder = s->data->holder;
    return holder[0] && s->actor.role != HX_ROLE_reporter &&
           hx_city_holder_known(s->m->city, holder, s->t_eff) && hx_admitted(s, holder) &&
           !hx_gave_back(s->c, holder);
}

/* A new cycle with the same holder, as long as it is there: half the budget, one level higher, the
 * earlier one stays readable (corner 9). */
static void next_cycle(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    struct hx_case *c = s->c;
    for (uint32_t i = 0; i < c->n_clocks; i++)
        if (!s->rules->clocks[c->clocks[i].kind].stays)
            hx_clock_void(s, &c->clocks[i]);
    c->cycle++;
    c->cycle_at = s->t_eff;
    hx_contact_keep(c);
    c->t_dispatched = c->t_held = c->t_arrived = c->t_resolved = c->t_closed = 0;
    c->person[0] = '\0';
    c->person_at = 0;
    c->paused_total_ms = 0; /* measured against a budget of its own again */
    hx_plan_drop(s);
    hx_merge_drop(s);
    hx_parties_ask_again(c);
    hx_flag_set(s, HX_FLAG_DEEMED, false);
    hx_flag_set(s, HX_FLAG_ARRIVAL_UNPROVEN, false);
    hx_flag_set(s, HX_FLAG_BREACHED, false);
    if (another_named(s))
        hx_set_holder(s, s->data->holder);
    else if (hx_city_company_ends(s->m->city, c->estate, c->holder, 0) <= s->t_eff)
        hx_route_case(s); /* the company was replaced while nobody needed it (corner 22) */
}

/* What happened, and none of the words that came with it: they may be a reporter's (3.7). */
static void tell(struct hx_step *s, const struct hx_call *call)
{
    hx_tell(s, call->number, strcmp(s->cause, "K_TRIAGE") == 0 ? "routed by default" : s->cause);
}

/* With the reason that an official gives for his decision. */
static void tell_why(struct hx_step *s, const struct hx_call *call)
{
    const char *why = s->data->why;
    hx_tell(s, call->number,
            why[0] ? hx_arena_printf(s->arena, "%s: %s", s->cause, why) : s->cause);
}

const struct hx_word hx_words_effects[] = {
    HX_EFFECT("open_case", HX_ARG_NONE, open_case, "the case begins: place, times, class if given"),
    HX_EFFECT("open_part", HX_ARG_NONE, open_part,
              "a part of a report begins: its place, reporters, class and seconds so far"),
    HX_EFFECT("split", HX_ARG_NONE, split, "a case is made for each reference that is named"),
    HX_EFFECT("start", HX_ARG_CLOCK, start, "starts a clock, if it is for this case"),
    HX_EFFECT("start_told", HX_ARG_CLOCK, start_told,
              "starts a clock, not before the holder was told"),
    HX_EFFECT("start_from_report", HX_ARG_CLOCK, start_from_report,
              "starts a limit of the whole case, from the report on"),
    HX_EFFECT("stop", HX_ARG_CLOCK, stop, "its fact arrived: judged, all-clear or correction"),
    HX_EFFECT("refute", HX_ARG_CLOCK, refute, "takes these accusations back"),
    HX_EFFECT("rejudge", HX_ARG_CLOCK, rejudge,
              "judges a clock of the event's cycle once more, by this earlier fact"),
    HX_EFFECT("restart", HX_ARG_CLOCK, restart, "stops a clock and starts it anew"),
    HX_EFFECT("restart_later", HX_ARG_CLOCK, restart_later,
              "starts it anew with the shorter budget"),
    HX_EFFECT("void", HX_ARG_CLOCK, void_clock, "takes a clock back"),
    HX_EFFECT("object_plan", HX_ARG_NONE, object_plan,
              "counts an objection; the plan stands no longer"),
    HX_EFFECT("quiet", HX_ARG_CLOCK, quiet, "ends the rest of its ladder"),
    HX_EFFECT("try", HX_ARG_EVENT, try_event,
              "goes on with an event of the machine, if a row allows it"),
    HX_EFFECT("tell", HX_ARG_RECEIVER, tell, "a notice to a receiver, without anybody's own words"),
    HX_EFFECT("tell_why", HX_ARG_RECEIVER, tell_why,
              "a notice to a receiver, with the reason that an official gives"),
    HX_EFFECT("arrived", HX_ARG_NONE, arrived, "records the arrival"),
    HX_EFFECT("unproven_arrival", HX_ARG_CLOCK, unproven_arrival,
              "a missing arrival is closed as unproven"),
    HX_EFFECT("late_arrival", HX_ARG_CLOCK, late_arrival,
              "judges its clock by an arrival that is heard of late"),
    HX_EFFECT("proven_arrival", HX_ARG_NONE, proven_arrival, "records an arrival heard of late"),
    HX_EFFECT("file_plan", HX_ARG_NONE, file_plan, "the plan is filed, to be delivered"),
    HX_EFFECT("promise", HX_ARG_CLOCK, promise, "the plan's date becomes a promise"),
    HX_EFFECT("solved", HX_ARG_NONE, solved, "records the solution"),
    HX_EFFECT("forum", HX_ARG_TEXT, forum, "a meeting of this kind is required"),
    HX_EFFECT("close", HX_ARG_NONE, close_case, "ends all clocks and settles every second"),
    HX_EFFECT("reopen", HX_ARG_NONE, reopen, "it is open again, in the same cycle"),
    HX_EFFECT("link_dispute", HX_ARG_NONE, link_dispute,
              "a dispute runs beside it; closing one never closes the other"),
    HX_EFFECT("next_cycle", HX_ARG_NONE, next_cycle, "a new cycle begins"),
    HX_EFFECT("raise", HX_ARG_FLAG, raise_flag, "sets a flag"),
    HX_EFFECT("drop", HX_ARG_FLAG, drop_flag, "takes a flag away"),
    HX_WORDS_END,
};
