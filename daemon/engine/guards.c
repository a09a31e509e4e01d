/* Guards: one question each. */
#include "engine/words.h"
#include "hongxin/instant.h"

#include <string.h>

static bool has_class(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return s->c->class_no != 0;
}

/* A class that is given must be one of the life cycle; giving none is allowed where the row allows
 * it. */
static bool class_known(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return !s->data->class_[0] || hx_rules_class(s->rules, s->data->class_) > 0;
}

static bool place_known(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return !s->data->place[0] || hx_city_place(s->m->city, s->data->place) != NULL;
}

static bool has_place(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return s->c->street[0] != '\0';
}

/* A company, or a community or street that holds by rule (S38). */
static bool holder_known(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    const char *id = s->data->holder;
    return hx_city_company(s->m->city, id) || hx_city_place(s->m->city, id);
}

static bool holder_same(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return strcmp(s->data->holder, s->c->holder) == 0;
}

/* Any role that speaks for the holder: its staff, its manager, or the community that holds by rule.
 */
static bool by_holder(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return s->actor.area[0] && strcmp(s->actor.area, s->c->holder) == 0;
}

static bool not_by_holder(const struct hx_step *s, const struct hx_call *call)
{
    return !by_holder(s, call) && s->actor.role != HX_ROLE_holder &&
           s->actor.role != HX_ROLE_manager;
}

static bool by_reporter(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return s->actor.role == HX_ROLE_reporter || s->actor.role == HX_ROLE_dispatcher ||
           s->actor.role == HX_ROLE_callback;
}

static bool deemed(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return s->c->flags & HX_FLAG_DEEMED && !s->c->person[0];
}

static bool not_before_report(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return s->t_eff >= s->c->t0;
}

/* Earlier than what is recorded, or the first proof of an arrival that was only inferred. */
static bool better_arrival(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    const struct hx_case *c = s->c;
    return c->t_arrived == 0 || s->t_eff < c->t_arrived || c->flags & HX_FLAG_ARRIVAL_UNPROVEN;
}

static bool second_person(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return !s->c->asked_by[0] || strcmp(s->c->asked_by, s->event->by) != 0;
}

static bool soon_after_arrival(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return s->t_eff <= s->c->t_arrived + 15 * HX_MINUTE;
}

static bool class_asked(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return s->c->class_asked != 0;
}

/* A plan is asked for where the class has a budget for one: SPECIAL. */
static bool class_special(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    int kind = hx_rules_clock(s->rules, "K_PLAN");
    return kind > 0 && hx_clock_budget(s->rules, kind, s->c->class_no, s->c->cycle) > 0;
}

static bool plan_dated(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return s->data->date > s->t_rcv;
}

static bool plan_complete(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return s->data->n_steps > 0 && s->data->person[0];
}

static bool plan_filed(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return s->c->flags & HX_FLAG_PLAN_FILED;
}

static bool has_evidence(const hxp_data *d, const char *kind)
{
    for (size_t i = 0; i < d->n_evidence; i++)
        if (strcmp(d->evidence[i], kind) == 0)
            return true;
    return false;
}

/* Photo, signature and the reporter's code count once each. */
static bool evidence(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    const struct hx_class_rule *rule = &s->rules->classes[s->c->class_no];
    bool photo = has_evidence(s->data, "photo");
    int n = photo + has_evidence(s->data, "signature") + has_evidence(s->data, "code");
    return n >= rule->evidence && (photo || !rule->photo);
}

static bool cycles_left(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return s->c->cycle < 3;
}

static bool third_try(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return s->c->callback_tries >= 2;
}

static bool in_window(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return s->c->t_closed == 0 || s->t_eff <= s->c->t_closed + 7 * HX_DAY;
}

#define NOT_ALLOWED HONGXIN__V1__RESULT__NOT_ALLOWED
#define INVALID     HONGXIN__V1__RESULT__INVALID

const struct hx_word hx_guards[] = {
    {"has_class", HX_ARG_NONE, has_class, NULL, "NO_CLASS", NOT_ALLOWED, "the case is classed"},
    {"class_known", HX_ARG_NONE, class_known, NULL, "UNKNOWN_CLASS", INVALID, "the class exists"},
    {"place_known", HX_ARG_NONE, place_known, NULL, "UNKNOWN_PLACE", INVALID, "the place exists"},
    {"has_place", HX_ARG_NONE, has_place, NULL, "NO_PLACE", NOT_ALLOWED, "the case has a place"},
    {"holder_known", HX_ARG_NONE, holder_known, NULL, "UNKNOWN_HOLDER", INVALID,
     "the holder exists"},
    {"holder_same", HX_ARG_NONE, holder_same, NULL, "OTHER_HOLDER", NOT_ALLOWED,
     "it is the present holder"},
    {"by_holder", HX_ARG_NONE, by_holder, NULL, "NOT_HOLDER", NOT_ALLOWED,
     "a person of the holder says so"},
    {"not_by_holder", HX_ARG_NONE, not_by_holder, NULL, "CALLER_IS_HOLDER", NOT_ALLOWED,
     "the caller is not the holder"},
    {"by_reporter", HX_ARG_NONE, by_reporter, NULL, "NOT_REPORTER", NOT_ALLOWED,
     "the reporter asks for it"},
    {"deemed", HX_ARG_NONE, deemed, NULL, "HELD_ALREADY", NOT_ALLOWED, "receipt was only deemed"},
    {"not_before_report", HX_ARG_NONE, not_before_report, NULL, "BEFORE_REPORT", NOT_ALLOWED,
     "it did not happen before the report"},
    {"better_arrival", HX_ARG_NONE, better_arrival, NULL, "ARRIVED_ALREADY", NOT_ALLOWED,
     "it proves an earlier arrival than the recorded one"},
    {"second_person", HX_ARG_NONE, second_person, NULL, "SAME_PERSON", NOT_ALLOWED,
     "not the person who asked for it"},
    {"soon_after_arrival", HX_ARG_NONE, soon_after_arrival, NULL, "TOO_LATE", NOT_ALLOWED,
     "within 15 minutes of the arrival"},
    {"class_asked", HX_ARG_NONE, class_asked, NULL, "NOTHING_ASKED", NOT_ALLOWED,
     "a change of class waits"},
    {"class_special", HX_ARG_NONE, class_special, NULL, "NOT_SPECIAL", NOT_ALLOWED,
     "the class asks for a plan"},
    {"plan_dated", HX_ARG_NONE, plan_dated, NULL, "PLAN_NO_DATE", INVALID,
     "the plan has a date to come"},
    {"plan_complete", HX_ARG_NONE, plan_complete, NULL, "PLAN_INCOMPLETE", INVALID,
     "the plan has steps and a person"},
    {"plan_filed", HX_ARG_NONE, plan_filed, NULL, "NO_PLAN", NOT_ALLOWED, "a plan is filed"},
    {"evidence", HX_ARG_NONE, evidence, NULL, "EVIDENCE_MISSING", INVALID,
     "evidence as the class demands"},
    {"cycles_left", HX_ARG_NONE, cycles_left, NULL, "NO_FOURTH_CYCLE", NOT_ALLOWED,
     "fewer than three cycles"},
    {"third_try", HX_ARG_NONE, third_try, NULL, "TRIES_LEFT", NOT_ALLOWED, "the third try in vain"},
    {"in_window", HX_ARG_NONE, in_window, NULL, "WINDOW_OVER", NOT_ALLOWED,
     "within seven days of the closing"},
    {NULL, HX_ARG_NONE, NULL, NULL, NULL, 0, NULL},
};

const struct hx_word *hx_word_guard(const char *name)
{
    for (const struct hx_word *w = hx_guards; w->name; w++)
        if (strcmp(w->name, name) == 0)
            return w;
    return NULL;
}
