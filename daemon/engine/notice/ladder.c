/* Ladders: who is told when, and who must be told again.
 *
 * The level is a function of the time that has passed (R9): a mark knows its instant, nothing waits
 * for the mark before it. Whoever heard an alarm hears how it ended: an all-clear when the fact
 * arrived late, a correction when it turns out that there was no breach. */
#include "base/text.h"
#include "engine/machine/machine_internal.h"
#include "engine/notice/delivery.h"
#include "engine/notice/silence.h"
#include "engine/words/words.h"
#include "hongxin/instant.h"

#include <string.h>

static const char *field(const struct hx_step *s, const char *name, size_t n)
{
    static const struct {
        const char *name;
        size_t offset;
    } fields[] = {{"holder", offsetof(struct hx_case, holder)},
                  {"community", offsetof(struct hx_case, community)},
                  {"grid", offsetof(struct hx_case, grid)},
                  {"street", offsetof(struct hx_case, street)},
                  {"orderer", offsetof(struct hx_case, order_by)}};
    if (n == 4 && memcmp(name, "unit", n) == 0)
        return s->unit ? s->unit : "";
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (strlen(fields[i].name) == n && memcmp(fields[i].name, name, n) == 0)
            return (const char *)s->c + fields[i].offset;
    return "";
}

const char *hx_receiver(struct hx_step *s, int receiver)
{
    if (receiver < 0) /* a city's file that names nobody so */
        receiver = hx_rules_receiver(s->rules, "desk");
    const char *pattern = receiver < 0 ? "city/desk" : s->rules->receivers[receiver].pattern;
    const char *open = strchr(pattern, '{');
    const char *close = open ? strchr(open, '}') : NULL;
    if (!close)
        return pattern;
    const char *id = field(s, open + 1, (size_t)(close - open - 1));
    int desk = *id ? -1 : hx_rules_receiver(s->rules, "desk");
    if (desk >= 0) /* nobody fits: the city's duty desk is the last stop (R12) */
        return s->rules->receivers[desk].pattern;
    size_t before = (size_t)(open - pattern), n = strlen(id), after = strlen(close + 1);
    char *name = hx_arena_alloc(s->arena, before + n + after + 1);
    if (!name)
        return NULL;
    memcpy(name, pattern, before);
    memcpy(name + before, id, n);
    memcpy(name + before + n, close + 1, after);
    return name;
}

/* Room is made by dropping the oldest alarm that is over. */
static struct hx_told *new_told(struct hx_step *s)
{
    struct hx_case *c = s->c;
    for (uint32_t i = 0; c->n_told == HX_CASE_TOLD && i < c->n_told; i++)
        if (c->told[i].done) {
            memmove(&c->told[i], &c->told[i + 1], (c->n_told - i - 1) * sizeof *c->told);
            c->n_told--;
        }
    if (c->n_told == HX_CASE_TOLD) {
        s->overflow = true;
        return NULL;
    }
    return &c->told[c->n_told++];
}

/* When a notice of this level is told again, if nobody acknowledges it; 0 = never. */
static int64_t repeat_due(const struct hx_step *s, const struct hx_told *t)
{
    bool again = t->again < s->rules->acks[t->level % HX_LEVELS].repeats;
    return again ? hx_ack_end(s, t->level, s->now) : 0;
}

static bool is_of(const struct hx_told *t, const struct hx_clock *k)
{
    return t->kind == k->kind && t->cycle == k->cycle && strcmp(t->unit, k->unit) == 0;
}

/* The same notice to the same people; NULL when they were not told, or know that it is over. */
static struct hx_told *told_alike(struct hx_case *c, const struct hx_told *like)
{
    for (uint32_t i = 0; i < c->n_told; i++) {
        struct hx_told *t = &c->told[i];
        if (t->kind == like->kind && t->cycle == like->cycle && t->level == like->level &&
            !t->done && strcmp(t->unit, like->unit) == 0 && strcmp(t->to, like->to) == 0 &&
            strcmp(t->stand_in, like->stand_in) == 0)
            return t;
    }
    return NULL;
}

/* Whoever is told of the same twice, as for two that could not be reached, hears its end once. */
static void remember(struct hx_step *s, const struct hx_clock *k, hxp_notice_fact *f, int kind)
{
    struct hx_told now = {.kind = k->kind, .cycle = k->cycle, .how = (uint8_t)kind, .at = s->now};
    now.level = (uint8_t)hx_level_number(f->level);
    hx_text_put(now.to, sizeof now.to, f->to);
    hx_text_put(now.stand_in, sizeof now.stand_in, f->stand_in);
    hx_text_put(now.unit, sizeof now.unit, k->unit);
    struct hx_told *t = told_alike(s->c, &now) ? NULL : new_told(s);
    if (!t)
        return;
    *t = now;
    t->ack_until = repeat_due(s, t);
    hx_silence_meet(s, t, f);
}

static bool is_listed(const hxp_notice_fact *f, const char *to)
{
    for (size_t i = 0; i < f->n_told; i++)
        if (strcmp(f->told[i], to) == 0)
            return true;
    return false;
}

/* Names of those who were told of this clock before: each once, also who was told of several
 * levels, as the city's desk stands in for many. */
static void list_told(struct hx_step *s, const struct hx_clock *k, hxp_notice_fact *f)
{
    f->told = hx_arena_alloc(s->arena, s->c->n_told * sizeof *f->told);
    for (uint32_t i = 0; f->told && i < s->c->n_told; i++) {
        const struct hx_told *t = &s->c->told[i];
        if (!is_of(t, k) || t->done || t->at >= s->now || strcmp(t->to, f->to) == 0 ||
            is_listed(f, t->to))
            continue;
        char *to = hx_arena_strdup(s->arena, t->to);
        if (!to)
            return;
        f->told[f->n_told++] = to;
    }
}

static void list_passed(struct hx_step *s, const struct hx_clock *k, uint32_t passed,
                        hxp_notice_fact *f)
{
    const struct hx_ladder_rule *ladder = hx_clock_ladder(s->rules, k);
    f->passed = hx_arena_alloc(s->arena, HX_RULES_MARKS * sizeof *f->passed);
    for (int i = 0; f->passed && i < ladder->n_marks; i++)
        if (passed & (UINT32_C(1) << i))
            f->passed[f->n_passed++] =
                (char *)(uintptr_t)hx_level_name(ladder->marks[i].level + k->shift);
}

/* The same receiver already hears of another clock in this very entry: one notice lists both
 * (corner 20). */
static hxp_notice_fact *same_notice(struct hx_step *s, const char *kind, const char *level,
                                    const char *to)
{
    for (size_t i = 0; i < s->n_facts; i++) {
        const hxp_fact *f = s->facts[i];
        if (f->fact_case == HONGXIN__V1__FACT__FACT_NOTICE && strcmp(f->notice->to, to) == 0 &&
            strcmp(f->notice->kind, kind) == 0 && strcmp(f->notice->level, level) == 0)
            return f->notice;
    }
    return NULL;
}

static void join(struct hx_step *s, hxp_notice_fact *f, const char *clock)
{
    char **also = hx_arena_alloc(s->arena, (f->n_also + 1) * sizeof *also);
    if (!also)
        return;
    if (f->n_also)
        memcpy(also, f->also, f->n_also * sizeof *also);
    also[f->n_also++] = (char *)(uintptr_t)clock;
    f->also = also;
}

/* One mark that is being told. */
struct telling {
    struct hx_clock *k;
    int mark;
    uint32_t passed;     /* earlier marks told in the same message (R9) */
    int above;           /* levels above the one that is due: nobody answers there */
    const char *because; /* who did not; NULL at the level itself */
    const char *missed;  /* whom the notice could not be delivered to; NULL = it is a first one */
};

static const struct hx_mark_rule *mark_of(const struct hx_step *s, const struct telling *t)
{
    return &hx_clock_ladder(s->rules, t->k)->marks[t->mark];
}

static const char *why_late(const struct hx_step *s, int64_t due)
{
    const char *reason = hx_delay_reason(s->m, due);
    return !*reason ? "" : *reason == 'O' ? "our outage" : "our clock was wrong";
}

static void fill(struct hx_step *s, const struct telling *t, hxp_notice_fact *f)
{
    const struct hx_clock_rule *rule = &s->rules->clocks[t->k->kind];
    f->clock = (char *)(uintptr_t)rule->name;
    f->level = (char *)(uintptr_t)hx_level_name(mark_of(s, t)->level + t->k->shift);
    f->t_due = hx_clock_mark(s->rules, t->k, t->mark);
    f->why = (char *)(uintptr_t)(t->because ? t->because : why_late(s, f->t_due));
    f->deadline = t->k->deadline;
    f->expects = (char *)(uintptr_t)rule->until;
    hx_notice_above(f, t->above);
    f->missed = hx_text_field(t->missed);
    list_told(s, t->k, f);
    list_passed(s, t->k, t->passed, f);
}

/* False when nobody is on duty there. */
static bool tell_one(struct hx_step *s, struct telling *t, int receiver)
{
    const struct hx_mark_rule *mark = mark_of(s, t);
    const char *to = hx_receiver(s, receiver);
    const char *level = hx_level_name(mark->level + t->k->shift);
    if (!to || (t->missed && hx_post_same(to, t->missed)))
        return false;
    hxp_notice_fact *f = same_notice(s, hx_notice_kind_name(mark->kind), level, to);
    if (f && strcmp(f->clock, s->rules->clocks[t->k->kind].name) == 0)
        return !f->undelivered[0]; /* two could not be reached: one notice above */
    if (f) {
        join(s, f, s->rules->clocks[t->k->kind].name);
        hxp_notice_fact own = *f;
        remember(s, t->k, &own, mark->kind);
        return !f->undelivered[0];
    }
    f = hx_fact_notice(s, mark->kind, to);
    if (!f)
        return false;
    fill(s, t, f);
    remember(s, t->k, f, mark->kind);
    if (hx_post_answers(s, f) && (!t->missed || hx_delivery_open(s, f)))
        return true;
    if (!t->because)
        t->because = hx_arena_printf(s->arena, "nobody on duty at %s", to);
    return false;
}

/* Receivers of a level of this ladder; 0 = it has no such level. */
static uint32_t receivers_at(const struct hx_ladder_rule *ladder, int level)
{
    for (int j = 0; j < ladder->n_marks; j++)
        if (ladder->marks[j].level == level)
            return ladder->marks[j].receivers;
    return 0;
}

/* A notice that could not be delivered goes on where its own ladder ends, when its receivers stand
 * on that of the promises too: above the manager who is told of a case that nobody takes, there is
 * the community. Above the call-back desk there is only the city's. */
static uint32_t receivers_beyond(const struct hx_step *s, const struct telling *t, int level)
{
    const struct hx_mark_rule *mark = mark_of(s, t);
    int promise = hx_rules_ladder(s->rules, "promise");
    if (!t->missed || promise < 0)
        return 0;
    const struct hx_ladder_rule *ladder = &s->rules->ladders[promise];
    return receivers_at(ladder, mark->level) & mark->receivers ? receivers_at(ladder, level) : 0;
}

/* A shifted ladder tells the people of the higher level at the time of the lower one (corner 9). */
static uint32_t receivers_of(const struct hx_step *s, const struct telling *t)
{
    int level = mark_of(s, t)->level + t->k->shift + t->above;
    uint32_t receivers = receivers_at(hx_clock_ladder(s->rules, t->k), level);
    if (receivers || t->above)
        return receivers ? receivers : receivers_beyond(s, t, level);
    return mark_of(s, t)->receivers;
}

static bool tell_level(struct hx_step *s, struct telling *t)
{
    uint32_t receivers = receivers_of(s, t);
    bool answered = false;
    for (int r = 0; r < s->rules->n_receivers; r++)
        if (receivers & (UINT32_C(1) << r))
            answered |= tell_one(s, t, r);
    return answered;
}

/* Nobody answers at a level: the next one is told at once, and at last the city's desk, never
 * nobody (R12, corner 26). The level itself does not rise. */
static void tell_upwards(struct hx_step *s, struct telling *t)
{
    int level = mark_of(s, t)->level + t->k->shift;
    int desk = hx_rules_receiver(s->rules, "desk");
    bool answered = false;
    s->unit = t->k->unit;
    for (; !answered && level + t->above <= HX_LEVEL_MAX; t->above++)
        answered = tell_level(s, t);
    if (!answered && desk >= 0)
        tell_one(s, t, desk);
    s->unit = NULL;
}

void hx_ladder_tell(struct hx_step *s, struct hx_clock *k, int i, uint32_t passed)
{
    struct telling t = {.k = k, .mark = i, .passed = passed};
    int level = mark_of(s, &t)->level + k->shift;
    tell_upwards(s, &t);
    if (level > s->level)
        s->level = level;
}

/* ---- what is about no clock ---- */

/* This very entry tells it already: the desk is told once for all for whom it is the last stop. */
static const hxp_notice_fact *same_case(const struct hx_step *s, const char *to, const char *why)
{
    for (size_t i = 0; to && i < s->n_facts; i++) {
        const hxp_notice_fact *f = s->facts[i]->notice;
        if (s->facts[i]->fact_case == HONGXIN__V1__FACT__FACT_NOTICE && strcmp(f->to, to) == 0 &&
            strcmp(f->kind, hx_notice_kind_name(HX_NOTICE_CASE)) == 0 &&
            strcmp(f->why, why ? why : "") == 0)
            return f;
    }
    return NULL;
}

/* The notice about the case. NULL: this entry tells it already, and `answered` is whether it
 * reached somebody; or there is none to tell. */
static hxp_notice_fact *case_once(struct hx_step *s, int receiver, const char *why, bool *answered)
{
    const char *to = hx_receiver(s, receiver);
    const hxp_notice_fact *told = same_case(s, to, why);
    hxp_notice_fact *f = told ? NULL : hx_fact_notice(s, HX_NOTICE_CASE, to);
    *answered = told && !told->undelivered[0];
    if (f)
        f->why = hx_text_field(why);
    return f;
}

/* False when nobody is on duty there. */
static bool tell_case(struct hx_step *s, int receiver, const char *why)
{
    bool answered;
    hxp_notice_fact *f = case_once(s, receiver, why, &answered);
    if (!f)
        return answered;
    f->t_due = s->t_eff;
    return hx_post_answers(s, f);
}

/* At which level of the ladder the receiver's post stands. Whoever stands at none of them works for
 * a company, or for the city itself: above its call-back desk there is only its duty desk. */
static int standing(struct hx_step *s, const struct hx_ladder_rule *ladder, const char *to)
{
    struct hx_post post;
    for (int i = 0; i < ladder->n_marks; i++)
        for (int r = 0; r < s->rules->n_receivers; r++)
            if (ladder->marks[i].receivers & (UINT32_C(1) << r) &&
                hx_post_same(hx_receiver(s, r), to))
                return ladder->marks[i].level;
    return hx_post_of(to, &post) && strcmp(post.role, "city") == 0 ? HX_LEVEL_MAX : 1;
}

/* False when nobody answers at that level. */
static bool climb_to(struct hx_step *s, const struct hx_mark_rule *mark, const char *why)
{
    bool answered = false;
    for (int r = 0; r < s->rules->n_receivers; r++)
        if (mark->receivers & (UINT32_C(1) << r))
            answered |= tell_case(s, r, why);
    return answered;
}

void hx_ladder_climb(struct hx_step *s, const char *absent)
{
    if (!absent) /* the arena is out: the step fails as a whole */
        return;
    int ladder = hx_rules_ladder(s->rules, "promise"), desk = hx_rules_receiver(s->rules, "desk");
    const struct hx_ladder_rule *l = ladder >= 0 ? &s->rules->ladders[ladder] : NULL;
    const char *why = hx_arena_printf(s->arena, "nobody on duty at %s", absent);
    int level = l ? standing(s, l, absent) : 0;
    for (int i = 0; l && i < l->n_marks; i++)
        if (l->marks[i].level > level && climb_to(s, &l->marks[i], why))
            return;
    if (desk >= 0 && !hx_post_same(s->rules->receivers[desk].pattern, absent))
        tell_case(s, desk, why);
}

void hx_tell(struct hx_step *s, int receiver, const char *why)
{
    if (!tell_case(s, receiver, why))
        hx_ladder_climb(s, hx_receiver(s, receiver));
}

/* ---- what could not be delivered ---- */

static bool carry_case(struct hx_step *s, const struct hx_carry *c, int receiver, int above)
{
    bool answered;
    hxp_notice_fact *f = case_once(s, receiver, c->because, &answered);
    if (!f)
        return answered;
    f->expects = hx_text_field(c->expects);
    f->missed = hx_text_field(c->missed);
    hx_notice_above(f, above);
    return hx_post_answers(s, f) && hx_delivery_open(s, f);
}

static bool carry_mark(struct hx_step *s, const struct hx_carry *c, const struct hx_mark_rule *mark,
                       int above)
{
    bool answered = false;
    for (int r = 0; r < s->rules->n_receivers; r++)
        if (mark->receivers & (UINT32_C(1) << r))
            answered |= carry_case(s, c, r, above);
    return answered;
}

/* About no clock: from the level at which the first receiver stands on the promise's ladder. */
static void carry_upwards(struct hx_step *s, const struct hx_carry *c)
{
    int ladder = hx_rules_ladder(s->rules, "promise"), desk = hx_rules_receiver(s->rules, "desk");
    int level = HX_LEVEL_MAX;
    bool answered = false;
    if (ladder >= 0) {
        const struct hx_ladder_rule *l = &s->rules->ladders[ladder];
        level = standing(s, l, c->to);
        for (int i = 0; i < l->n_marks && !answered; i++)
            if (l->marks[i].level > level)
                answered = carry_mark(s, c, &l->marks[i], l->marks[i].level - level + c->above - 1);
    }
    if (!answered && desk >= 0)
        carry_case(s, c, desk, HX_LEVEL_MAX - level + c->above);
}

/* The mark by which this level of the clock was told; -1 = none. */
static int mark_at(const struct hx_step *s, const struct hx_clock *k, int level)
{
    const struct hx_ladder_rule *ladder = hx_clock_ladder(s->rules, k);
    for (int i = 0; ladder && i < ladder->n_marks; i++)
        if (ladder->marks[i].level + k->shift == level)
            return i;
    return -1;
}

bool hx_ladder_carry(struct hx_step *s, const struct hx_carry *c)
{
    int desk = hx_rules_receiver(s->rules, "desk"), i = c->k ? mark_at(s, c->k, c->level) : -1;
    if (strcmp(c->missed, "reporter") == 0 ||
        (desk >= 0 && hx_post_same(c->missed, s->rules->receivers[desk].pattern)))
        return false;
    if (i < 0)
        carry_upwards(s, c);
    else
        tell_upwards(s, &(struct telling){.k = c->k,
                                          .mark = i,
                                          .above = c->above,
                                          .because = c->because,
                                          .missed = c->missed});
    return true;
}

static void tell_end(struct hx_step *s, const struct hx_clock *k, struct hx_told *t, int kind,
                     const char *why)
{
    hxp_notice_fact *f = hx_fact_notice_told(s, kind, t);
    t->done = 1;
    if (!f)
        return;
    f->clock = (char *)(uintptr_t)s->rules->clocks[k->kind].name;
    f->level = (char *)(uintptr_t)hx_level_name(t->level);
    f->deadline = k->deadline;
    f->t_due = s->now;
    f->why = (char *)(uintptr_t)(why ? why : "");
}

void hx_ladder_clear(struct hx_step *s, const struct hx_clock *k)
{
    for (uint32_t i = 0; i < s->c->n_told; i++) {
        struct hx_told *t = &s->c->told[i];
        if (is_of(t, k) && !t->done && t->how == HX_NOTICE_BREACH)
            tell_end(s, k, t, HX_NOTICE_ALL_CLEAR, NULL);
        else if (is_of(t, k))
            t->done = 1;
    }
}

void hx_ladder_correct(struct hx_step *s, const struct hx_clock *k, const char *why)
{
    for (uint32_t i = 0; i < s->c->n_told; i++) {
        struct hx_told *t = &s->c->told[i];
        if (is_of(t, k) && !t->done)
            tell_end(s, k, t, HX_NOTICE_CORRECTION, why);
    }
}

void hx_ladder_amend(struct hx_step *s, const struct hx_clock *k, const char *why)
{
    for (uint32_t i = 0; i < s->c->n_told; i++) {
        struct hx_told *t = &s->c->told[i];
        if (!is_of(t, k) || t->done)
            continue;
        tell_end(s, k, t, HX_NOTICE_CORRECTION, why);
        t->done = 0;
    }
}

/* When the same clock was broken once more, by another deadline or another holder. */
static int64_t broken_again(const struct hx_case *c, const struct hx_breach *b)
{
    int64_t t = INT64_MAX;
    for (uint32_t i = 0; i < c->n_breaches; i++) {
        const struct hx_breach *x = &c->breaches[i];
        if (x->kind == b->kind && x->cycle == b->cycle && x->t_noticed > b->t_noticed &&
            x->t_noticed < t)
            t = x->t_noticed;
    }
    return t;
}

void hx_ladder_correct_breach(struct hx_step *s, const struct hx_breach *b, const char *why)
{
    const struct hx_clock of = {.kind = b->kind, .cycle = b->cycle, .deadline = b->deadline};
    int64_t until = broken_again(s->c, b);
    for (uint32_t i = 0; i < s->c->n_told; i++) {
        struct hx_told *t = &s->c->told[i];
        if (is_of(t, &of) && t->how == HX_NOTICE_BREACH && t->at >= b->t_noticed && t->at < until)
            tell_end(s, &of, t, HX_NOTICE_CORRECTION, why);
    }
}

int64_t hx_told_due(const struct hx_told *t)
{
    return !t->done && t->ack_until ? t->ack_until : INT64_MAX;
}

static const char *clock_text(struct hx_step *s, int64_t t)
{
    int64_t minute = (t + hx_zone_offset(&s->rules->zone, t)) / HX_MINUTE % (24 * 60);
    return hx_arena_printf(s->arena, "%02d:%02d", (int)(minute / 60), (int)(minute % 60));
}

/* Why it comes once more: nobody answered, or somebody did and nothing came of it. */
static const char *why_again(struct hx_step *s, const struct hx_told *t, const char *awaited)
{
    if (!t->acked)
        return hx_arena_printf(s->arena, "not acknowledged since %s", clock_text(s, t->at));
    return hx_arena_printf(s->arena, "acknowledged %s by %s, no %s since",
                           clock_text(s, t->acked_at), t->acked_by, awaited);
}

/* Whoever was told has gone off duty meanwhile, and nobody came: the levels above are told. */
static void climb_again(struct hx_step *s, struct hx_clock *k, int level, const char *absent)
{
    int i = mark_at(s, k, level);
    if (i >= 0)
        tell_upwards(s, &(struct telling){
                            .k = k,
                            .mark = i,
                            .above = 1,
                            .because = hx_arena_printf(s->arena, "nobody on duty at %s", absent)});
}

/* Others answer for the post by now: from here on it comes back to them. That those before were
 * told stays true: they may act on it, and hear its end. */
static void told_others(struct hx_step *s, struct hx_told *t, const hxp_notice_fact *f)
{
    struct hx_told now = *t;
    now.at = s->now;
    hx_text_put(now.stand_in, sizeof now.stand_in, f->stand_in);
    t->ack_until = 0;
    t = told_alike(s->c, &now);
    if (t && t->ack_until) /* it comes back to them already */
        return;
    if (!t)
        t = new_told(s);
    if (t)
        *t = now;
}

void hx_ladder_return(struct hx_step *s, struct hx_told *t)
{
    const struct hx_clock_rule *rule = &s->rules->clocks[t->kind];
    const char *why = why_again(s, t, rule->until);
    if (!t->acked)
        t->again++;
    hxp_notice_fact *f = hx_fact_notice(s, t->how, hx_arena_strdup(s->arena, t->to));
    t->ack_until = repeat_due(s, t);
    if (!f)
        return;
    f->clock = hx_text_field(rule->name);
    f->level = hx_text_field(hx_level_name(t->level));
    f->expects = hx_text_field(rule->until);
    f->why = hx_text_field(why);
    if (!t->acked) {
        f->repeat_case = HONGXIN__V1__NOTICE_FACT__REPEAT_AGAIN;
        f->again = t->again;
    }
    t->acked = 0;
    struct hx_clock *k = NULL;
    for (uint32_t i = 0; i < s->c->n_clocks; i++) /* as it is now (F16) */
        if (is_of(t, &s->c->clocks[i]))
            k = &s->c->clocks[i];
    if (k) {
        f->deadline = k->deadline;
        list_told(s, k, f);
    }
    int level = t->level;
    if (strcmp(t->stand_in, f->stand_in) != 0)
        told_others(s, t, f); /* it may make room, where `t` was */
    if (!hx_post_answers(s, f) && k)
        climb_again(s, k, level, f->to);
}

void hx_ladder_forget(struct hx_step *s, const struct hx_clock *k)
{
    for (uint32_t i = 0; i < s->c->n_told; i++)
        if (is_of(&s->c->told[i], k))
            s->c->told[i].done = 1;
}
