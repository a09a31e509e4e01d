/* Ladders: who is told when.
 *
 * The level is a function of the time that has passed (R9): a mark knows its instant, nothing waits
 * for the mark before it. What they hear later is told.c's, what is about no clock climb.c's. */
#include "base/text.h"
#include "engine/notice/delivery.h"
#include "engine/notice/ladder_internal.h"
#include "engine/words/words.h"

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

static void list_passed(struct hx_step *s, const struct hx_clock *k, uint32_t passed,
                        hxp_notice_fact *f)
{
    const struct hx_ladder_rule *ladder = hx_clock_ladder(s->rules, k);
    f->passed = hx_arena_alloc(s->arena, HX_RULES_MARKS * sizeof *f->passed);
    for (int i = 0; f->passed && i < ladder->n_marks; i++)
        if (passed & (UINT32_C(1) << i))
            f->passed[f->n_passed++] =
                hx_text_field(hx_level_name(ladder->marks[i].level + k->shift));
}

hxp_notice_fact *hx_notice_alike(struct hx_step *s, const char *kind, const char *level,
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
    also[f->n_also++] = hx_text_field(clock);
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
    f->clock = hx_text_field(rule->name);
    f->level = hx_text_field(hx_level_name(mark_of(s, t)->level + t->k->shift));
    f->t_due = hx_clock_mark(s->rules, t->k, t->mark);
    f->why = hx_text_field(t->because ? t->because : why_late(s, f->t_due));
    f->deadline = t->k->deadline;
    f->expects = hx_text_field(rule->until);
    hx_notice_above(f, t->above);
    f->missed = hx_text_field(t->missed);
    hx_told_list(s, t->k, f);
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
    const char *clock = s->rules->clocks[t->k->kind].name;
    hxp_notice_fact *f = hx_notice_alike(s, hx_notice_kind_name(mark->kind), level, to);
    bool same = f && strcmp(f->clock, clock) == 0;
    if (same && hx_told_to(s, t->k, f))
        return !f->undelivered[0]; /* two could not be reached: one notice above */
    if (f) { /* one notice lists both (corner 20): clocks, or units that were asked to assist */
        if (same)
            hx_told_list(s, t->k, f);
        else
            join(s, f, clock);
        hxp_notice_fact own = *f;
        hx_told_remember(s, t->k, &own, mark->kind);
        return !f->undelivered[0];
    }
    f = hx_fact_notice(s, mark->kind, to);
    if (!f)
        return false;
    fill(s, t, f);
    hx_told_remember(s, t->k, f, mark->kind);
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

/* The mark by which this level of the clock was told; -1 = none. */
static int mark_at(const struct hx_step *s, const struct hx_clock *k, int level)
{
    const struct hx_ladder_rule *ladder = hx_clock_ladder(s->rules, k);
    for (int i = 0; ladder && i < ladder->n_marks; i++)
        if (ladder->marks[i].level + k->shift == level)
            return i;
    return -1;
}

bool hx_ladder_tell_above(struct hx_step *s, const struct hx_carry *c)
{
    int i = c->k ? mark_at(s, c->k, c->level) : -1;
    if (i < 0)
        return false;
    tell_upwards(
        s,
        &(struct telling){
            .k = c->k, .mark = i, .above = c->above, .because = c->because, .missed = c->missed});
    return true;
}
