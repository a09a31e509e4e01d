#include "engine/notice/calm.h"

#include "base/text.h"
#include "engine/machine/machine_internal.h"
#include "engine/time/calendar.h"
#include "hongxin/instant.h"
#include "hongxin/number.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *hx_held_name(enum hx_held held)
{
    static const char *const names[] = {"",
#define X(name) #name,
                                        HX_HELD(X)
#undef X
    };
    return names[held];
}

/* ---- what a receiver got lately ---- */

struct span {
    int64_t from;
    uint64_t n; /* sent alone since then */
};

struct receiver {
    struct span group, limit;
};

/* What is held of drills is told apart: its receiver is written with this in front. */
#define DRILL "~"

/* A person may stand on several posts, and reads what comes to all of them. Kept like a source's
 * numbers, under a name that no source can have: the person's, or the post's where nobody is named.
 * False: too long to be kept. */
static bool name_of(const hxp_notice_fact *f, char name[HX_WORD_MAX])
{
    const char *person = f->person[0] ? f->person : hx_post_person(f->to);
    const char *const parts[] = {"\x03", f->drill ? DRILL : "", person ? "@" : "",
                                 person ? person : f->to};
    const char *end = name + HX_WORD_MAX;
    char *at = name;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        at = hx_text_add(at, end, parts[i]);
    return at < end - 1 && strlen(DRILL) + strlen(f->to) < HX_WORD_MAX;
}

static int load(struct hx_machine *m, const char *name, struct receiver *r)
{
    struct hx_source row = {0};
    int rc = m->ops->source_load(m->backend, name, &row);
    *r = (struct receiver){{row.missing_since[0], row.missing[0]},
                           {row.missing_since[1], row.missing[1]}};
    return rc == HX_NOTFOUND ? HX_OK : rc;
}

static int save(struct hx_machine *m, const char *name, const struct receiver *r)
{
    const struct hx_source row = {.missing = {r->group.n, r->limit.n},
                                  .missing_since = {r->group.from, r->limit.from}};
    return m->ops->source_save(m->backend, name, &row);
}

/* A span that is over begins anew with this notice. */
static void roll(struct span *s, int64_t now, int64_t ms)
{
    if (now >= s->from + ms)
        *s = (struct span){now, 0};
}

/* ---- the decision ---- */

/* One notice of the step that is being written. */
struct notice {
    const struct hx_step *s;
    const struct hx_calm_rules *rules;
    hxp_notice_fact *f;
    int kind;    /* of its clock; -1 = none */
    int level;   /* -1 = none */
    int how;     /* enum hx_notice_kind; -1 = none of them */
    bool repeat; /* an alarm of which the receiver was told before */
    enum hx_held held;
    int64_t until;
};

static bool in(uint32_t set, int number)
{
    return number >= 0 && number < 32 && set & (UINT32_C(1) << number);
}

static bool told_before(const struct hx_step *s, const struct notice *n)
{
    for (uint32_t i = 0; i < s->c->n_told; i++) {
        const struct hx_told *t = &s->c->told[i];
        if (t->kind == n->kind && t->level == n->level && t->cycle == s->c->cycle &&
            t->at < s->now && !t->done && strcmp(t->to, n->f->to) == 0)
            return true;
    }
    return false;
}

static struct notice notice_of(const struct hx_step *s, hxp_notice_fact *f)
{
    struct notice n = {.s = s, .rules = &s->rules->calm, .f = f};
    n.kind = *f->clock ? hx_rules_clock(s->rules, f->clock) : -1;
    n.level = *f->level ? hx_level_number(f->level) : -1;
    n.how = hx_notice_kind_number(f->kind);
    n.repeat = hx_notice_alarms(n.how) && told_before(s, &n);
    return n;
}

/* Never hidden, never limited (F7, F15). */
static bool first_of_promise(const struct notice *n)
{
    return hx_notice_alarms(n->how) && !n->repeat && n->kind > 0 &&
           n->s->rules->clocks[n->kind].promise;
}

static bool to_urgent(const struct notice *n)
{
    const struct hx_rules *r = n->s->rules;
    for (int i = 0; i < r->n_receivers; i++)
        if (in(n->rules->urgent_receivers, i) && strcmp(r->receivers[i].pattern, n->f->to) == 0)
            return true;
    return false;
}

/* A dispatch, whose hand-over runs, or a call to one person by name. */
static bool order(const struct notice *n)
{
    const char *area = strchr(n->f->to, ':');
    return n->how == HX_NOTICE_CASE && (n->f->expects[0] || (area && strchr(area, '/') != NULL));
}

static bool urgent(const struct notice *n)
{
    const struct hx_case *c = n->s->c;
    return order(n) || in(n->rules->urgent_classes, c->class_no) ||
           c->flags & n->rules->urgent_flags || in(n->rules->urgent_clocks, n->kind) ||
           to_urgent(n);
}

/* Of the same clock: each unit that helps has one of its own. */
static bool same_clock(const struct notice *n, const struct hx_told *t)
{
    const char *area = strchr(n->f->to, ':');
    return t->kind == n->kind && (!t->unit[0] || (area && strcmp(area + 1, t->unit) == 0));
}

/* A higher level was told, and is not over: of the same clock, or of one of those. */
static bool spoken(const struct notice *n, const struct hx_inhibit_rule *r)
{
    const struct hx_case *c = n->s->c;
    for (uint32_t i = 0; i < c->n_told; i++) {
        const struct hx_told *t = &c->told[i];
        bool of = r->by ? in(r->by, t->kind) : same_clock(n, t);
        if (of && !t->done && t->cycle == c->cycle && t->level >= r->from && t->level > n->level)
            return true;
    }
    return false;
}

/* A notice that comes back because nobody acted is no reminder that something else makes needless;
 * nor is one that could not be delivered: that nobody was reached is news to whoever gets it now
 * (3.3). */
static bool inhibited(const struct notice *n)
{
    bool news = n->repeat || n->f->missed[0];
    for (int i = 0; i < n->rules->n_inhibits && hx_notice_alarms(n->how) && !news; i++) {
        const struct hx_inhibit_rule *r = &n->rules->inhibits[i];
        if (in(r->clocks, n->kind) && in(r->levels, n->level) && spoken(n, r))
            return true;
    }
    return false;
}

/* A small matter at night: when the morning comes; 0 = it is day, or no small matter. */
static int64_t morning(const struct notice *n)
{
    const struct hx_rules *r = n->s->rules;
    if (!in(n->rules->night_clocks, n->kind) || !hx_notice_alarms(n->how) ||
        in(n->rules->night_never, n->s->c->class_no))
        return 0;
    const struct hx_calendar_rule *night = &r->calendars[n->rules->night_calendar];
    const struct hx_holidays *h = hx_table_at(night->table, n->s->lsn, false);
    int64_t open = hx_calendar_roll_by(night, h, n->s->now);
    return open > n->s->now ? open : 0;
}

static bool may_be_grouped(const struct notice *n)
{
    return n->rules->group_ms && !in(n->rules->group_never, n->s->c->class_no);
}

static bool hold(struct notice *n, enum hx_held why, int64_t until)
{
    n->held = why;
    n->until = until;
    return true;
}

/* Late by our outage: its own digest tells of it (corner 17). */
static bool by_outage(const struct notice *n)
{
    return n->s->m->dist.outage_to && strstr(n->f->why, "our outage");
}

static bool decide(struct notice *n, const struct receiver *r)
{
    const struct hx_calm_rules *rules = n->rules;
    int64_t dawn;
    if (urgent(n))
        return false;
    if (inhibited(n))
        return hold(n, HX_HELD_INHIBITED, 0);
    if ((dawn = morning(n)) > 0)
        return hold(n, HX_HELD_NIGHT, dawn);
    if (by_outage(n))
        return false;
    if (rules->limit_ms && !first_of_promise(n) && r->limit.n >= rules->limit_most)
        return hold(n, HX_HELD_LIMIT, r->limit.from + rules->limit_ms);
    if (may_be_grouped(n) && r->group.n >= rules->group_alone)
        return hold(n, HX_HELD_GROUP, r->group.from + rules->group_ms);
    return false;
}

/* As the entry says that is made again. */
static bool decided(struct notice *n, const hxp_entry *stored, size_t index)
{
    for (size_t i = 0; i < stored->n_facts; i++) {
        if (stored->facts[i]->fact_case != HONGXIN__V1__FACT__FACT_NOTICE || index-- > 0)
            continue;
        const hxp_notice_fact *f = stored->facts[i]->notice;
        for (enum hx_held h = HX_HELD_NONE; h <= HX_HELD_INHIBITED; h++)
            if (strcmp(f->held, hx_held_name(h)) == 0)
                n->held = h;
        n->until = f->hold_until;
        return n->held != HX_HELD_NONE;
    }
    return false;
}

/* ---- held notices ---- */

enum { INDEX_BITS = 8 }; /* a step has at most HX_STEP_FACTS notices */

static struct hx_watch watch_of(const hxp_notice_fact *f, int64_t until, uint64_t lsn, size_t index)
{
    struct hx_watch w = {
        .at = until, .kind = HX_WATCH_HELD, .number = lsn << INDEX_BITS | (uint64_t)index};
    char *at = hx_text_add(w.source, w.source + sizeof w.source, f->drill ? DRILL : "");
    hx_text_add(at, w.source + sizeof w.source, f->to);
    return w;
}

/* "17 BREACH K_ARRIVE L2": what its line will say. */
static int keep(struct hx_machine *m, const struct notice *n, size_t index)
{
    const hxp_notice_fact *f = n->f;
    struct hx_watch w = watch_of(f, n->until, n->s->lsn, index);
    snprintf(w.ref, sizeof w.ref, "%llu %s %s %s", (unsigned long long)n->s->c->number, f->kind,
             *f->clock ? f->clock : "-", *f->level ? f->level : "-");
    return m->ops->watch_put(m->backend, &w);
}

static int settle(struct hx_machine *m, struct notice *n, const hxp_entry *stored, size_t index)
{
    char name[HX_WORD_MAX];
    struct receiver r;
    if (!name_of(n->f, name))
        return HX_OK;
    int rc = load(m, name, &r);
    if (rc)
        return rc;
    roll(&r.group, m->now, n->rules->group_ms);
    roll(&r.limit, m->now, n->rules->limit_ms);
    if (stored ? decided(n, stored, index) : decide(n, &r)) {
        n->f->held = hx_text_field(hx_held_name(n->held));
        n->f->hold_until = n->until;
        return n->until ? keep(m, n, index) : HX_OK;
    }
    r.group.n++;
    r.limit.n++;
    return save(m, name, &r);
}

int hx_calm_step(struct hx_machine *m, struct hx_step *s)
{
    const struct hx_calm_rules *rules = &s->rules->calm;
    const hxp_entry *stored = m->again ? m->again(m->again_ctx) : NULL;
    size_t index = 0;
    if (!rules->group_ms && !rules->limit_ms && !rules->n_inhibits && !rules->night_clocks)
        return HX_OK;
    for (size_t i = 0; i < s->n_facts; i++) {
        if (s->facts[i]->fact_case != HONGXIN__V1__FACT__FACT_NOTICE)
            continue;
        struct notice n = notice_of(s, s->facts[i]->notice);
        int rc = settle(m, &n, stored, index++);
        if (rc)
            return rc;
    }
    return HX_OK;
}

/* ---- digests ---- */

/* What was told is answered, or its case is closed: it is listed as over (F16). */
static bool over(struct hx_machine *m, const struct hx_held_notice *h)
{
    const struct hx_case *c = &m->work;
    if (m->ops->case_load(m->backend, h->number, &m->work))
        return false;
    if (!hx_case_open(m->rules, c))
        return true;
    int kind = *h->clock ? hx_rules_clock(m->rules, h->clock) : -1;
    for (uint32_t i = 0; i < c->n_told && kind > 0; i++)
        if (c->told[i].kind == kind && c->told[i].level + 1 == h->level)
            return c->told[i].done;
    return false;
}

Hongxin__V1__HeldNotice *hx_held_line(struct hx_machine *m, const struct hx_held_notice *h)
{
    Hongxin__V1__HeldNotice *line = hx_arena_alloc(m->arena, sizeof *line);
    char printed[HX_NUMBER_TEXT];
    if (!line)
        return NULL;
    hongxin__v1__held_notice__init(line);
    line->lsn = h->lsn;
    line->index = h->index;
    line->number = hx_arena_strdup(m->arena, hx_number_format(h->number, printed));
    line->kind = hx_text_field(hx_notice_kind_name(h->how));
    line->clock = hx_arena_strdup(m->arena, h->clock);
    line->level = hx_text_field(h->level ? hx_level_name(h->level - 1) : "");
    line->over = !hx_arena_failed(m->arena) && over(m, h);
    return line;
}

/* The next word of a held notice's row; "-" stands for none. */
static const char *word(const char **at, char out[HX_NAME_MAX])
{
    const char *begin = *at + strspn(*at, " ");
    size_t n = strcspn(begin, " ");
    *at = begin + n;
    n = n < HX_NAME_MAX ? n : HX_NAME_MAX - 1;
    if (n == 1 && *begin == '-')
        n = 0;
    memcpy(out, begin, n);
    out[n] = '\0';
    return out;
}

static Hongxin__V1__HeldNotice *line_of(struct hx_machine *m, const struct hx_watch *w)
{
    struct hx_held_notice h = {.lsn = w->number >> INDEX_BITS,
                               .index = (uint32_t)(w->number & ((1u << INDEX_BITS) - 1))};
    char name[HX_NAME_MAX], *rest;
    h.number = strtoull(w->ref, &rest, 10);
    const char *at = rest;
    int how = hx_notice_kind_number(word(&at, name));
    h.how = (uint8_t)(how > 0 ? how : 0);
    (void)word(&at, h.clock);
    h.level = (uint8_t)(hx_level_number(word(&at, name)) + 1);
    return hx_held_line(m, &h);
}

/* The rows of this receiver and instant are the first ones, one behind the other. */
static int collect(struct hx_machine *m, const struct hx_watch *first, hxp_notice_fact *f)
{
    struct hx_watch w = *first;
    int rc = HX_OK;
    f->lines = hx_arena_alloc(m->arena, HX_CALM_LINES * sizeof *f->lines);
    while (f->lines && !rc && f->n_lines < HX_CALM_LINES && w.kind == HX_WATCH_HELD &&
           w.at == first->at && strcmp(w.source, first->source) == 0) {
        f->lines[f->n_lines++] = line_of(m, &w);
        rc = m->ops->watch_drop(m->backend, &w);
        if (!rc)
            rc = m->ops->watch_first(m->backend, &w);
    }
    if (hx_arena_failed(m->arena))
        return HX_NOMEM;
    return rc == HX_NOTFOUND ? HX_OK : rc;
}

static int tell(struct hx_machine *m, const hxp_notice_fact *f, int64_t t_eff)
{
    hxp_fact fact = HONGXIN__V1__FACT__INIT;
    fact.fact_case = HONGXIN__V1__FACT__FACT_NOTICE;
    fact.notice = (hxp_notice_fact *)(uintptr_t)f;
    return hx_machine_entry(m, &fact, HX_CALM_CAUSE, t_eff);
}

int hx_calm_ring(struct hx_machine *m, const struct hx_watch *w)
{
    hxp_notice_fact *f = hx_arena_alloc(m->arena, sizeof *f);
    if (!f)
        return HX_NOMEM;
    hongxin__v1__notice_fact__init(f);
    f->kind = hx_text_field(hx_notice_kind_name(HX_NOTICE_DIGEST));
    f->drill = strncmp(w->source, DRILL, strlen(DRILL)) == 0;
    const char *to = w->source + (f->drill ? strlen(DRILL) : 0);
    f->to = hx_arena_strdup(m->arena, to);
    f->stand_in = hx_text_field(hx_post_stands_in(m, to));
    f->t_due = w->at;
    int rc = collect(m, w, f);
    if (rc)
        return rc;
    f->why = hx_arena_printf(m->arena, "notices together: %zu", f->n_lines);
    return hx_arena_failed(m->arena) ? HX_NOMEM : tell(m, f, w->at);
}

int hx_calm_again(struct hx_machine *m, const hxp_fact *digest, int64_t t_eff)
{
    const hxp_notice_fact *f = digest->notice;
    int rc = HX_OK;
    for (size_t i = 0; i < f->n_lines && !rc; i++) {
        const struct hx_watch w = watch_of(f, f->t_due, f->lines[i]->lsn, f->lines[i]->index);
        rc = m->ops->watch_drop(m->backend, &w);
    }
    return rc ? rc : tell(m, f, t_eff);
}
