/* Checking a life cycle as a whole, before it judges anybody. */
#include "engine/rules/rules.h"
#include "engine/words/words.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static bool looks_back(const struct hx_transition *row)
{
    for (int i = 0; i < row->n_guards; i++)
        if (strcmp(row->guards[i].word->name, HX_WORD_EARLIER) == 0 ||
            strcmp(row->guards[i].word->name, HX_WORD_REFUTES) == 0)
            return true;
    return false;
}

void hx_rules_index(struct hx_rules *r)
{
    memset(r->row_of_event, 0, sizeof r->row_of_event);
    memset(r->row_of_clock, 0, sizeof r->row_of_clock);
    for (int i = r->n_transitions; i-- > 0;) {
        const struct hx_transition *row = &r->transitions[i];
        uint16_t none = 0, *first = row->event >= 0   ? &r->row_of_event[row->event]
                                    : row->clock >= 0 ? &r->row_of_clock[row->clock]
                                                      : &none;
        r->row_keys[i] = (struct hx_row_key){row->from, *first, looks_back(row)};
        *first = (uint16_t)(i + 1);
    }
}

struct checker {
    const struct hx_rules *r;
    int *line;
    char *problem;
    size_t size;
};

static int fault(struct checker *ck, int line, const char *fmt, ...) HX_PRINTF(3, 4);

static int fault(struct checker *ck, int line, const char *fmt, ...)
{
    *ck->line = line > 0 ? line : 1;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(ck->problem, ck->size, fmt, ap);
    va_end(ap);
    return HX_CONFIG;
}

/* States that can be reached from those in `from`. */
static uint32_t reach(const struct hx_rules *r, uint32_t from)
{
    for (uint32_t before = 0; before != from;) {
        before = from;
        for (int i = 0; i < r->n_transitions; i++)
            if (r->transitions[i].from & from && r->transitions[i].to)
                from |= UINT32_C(1) << r->transitions[i].to;
    }
    return from;
}

static int check_states(struct checker *ck)
{
    const struct hx_rules *r = ck->r;
    uint32_t reached = reach(r, 1), left = 0;
    for (int i = 0; i < r->n_transitions; i++)
        if (r->transitions[i].to)
            left |= r->transitions[i].from;
    for (int i = 1; i < HX_RULES_STATES; i++) {
        if (!r->states[i].name[0])
            continue;
        if (!(reached & (UINT32_C(1) << i)))
            return fault(ck, r->states[i].line, "state %s cannot be reached", r->states[i].name);
        if (r->states[i].kind == HX_STATE_OPEN && !(left & (UINT32_C(1) << i)))
            return fault(ck, r->states[i].line, "state %s is open but nothing leads out of it",
                         r->states[i].name);
        if (r->states[i].kind == HX_STATE_TERMINAL && left & (UINT32_C(1) << i))
            return fault(ck, r->states[i].line,
                         "state %s is terminal but something leads out of it", r->states[i].name);
    }
    return HX_OK;
}

static int check_ladders(struct checker *ck)
{
    for (int i = 0; i < ck->r->n_ladders; i++) {
        const struct hx_ladder_rule *l = &ck->r->ladders[i];
        for (int j = 0; j < l->n_marks; j++) {
            const struct hx_mark_rule *m = &l->marks[j];
            if (!m->receivers)
                return fault(ck, m->line, "ladder %s: level %s has no receiver", l->name,
                             hx_level_name(m->level));
            if (m->share == 0 && m->at_ms <= 0)
                return fault(ck, m->line, "ladder %s: level %s has no time", l->name,
                             hx_level_name(m->level));
            if (j > 0 && (m->level <= m[-1].level || (m->share && m->share <= m[-1].share)))
                return fault(ck, m->line, "ladder %s: level %s is out of order", l->name,
                             hx_level_name(m->level));
        }
    }
    return HX_OK;
}

static bool has_breach_mark(const struct hx_ladder_rule *l)
{
    for (int i = 0; i < l->n_marks; i++)
        if (l->marks[i].share == 1000)
            return true;
    return false;
}

static int check_clock(struct checker *ck, int no, uint32_t covered)
{
    const struct hx_clock_rule *k = &ck->r->clocks[no];
    bool budget = k->budget_ms[0] > 0;
    for (int c = 1; c < HX_RULES_CLASSES; c++)
        budget = budget || k->budget_ms[c] > 0;
    if (!k->shown && !k->dated && !budget)
        return fault(ck, k->line, "clock %s has no budget and no date", k->name);
    if (k->promise && (k->ladder < 0 || !has_breach_mark(&ck->r->ladders[k->ladder])))
        return fault(ck, k->line, "clock %s is a promise but nobody is told when it is broken",
                     k->name);
    if (!k->promise && !k->shown && k->ladder < 0 && !(covered & (UINT32_C(1) << no)))
        return fault(ck, k->line, "clock %s ends and nothing follows: it needs a row `at: %s`",
                     k->name, k->name);
    if (k->until[0] && hx_rules_event(ck->r, k->until) < 0)
        return fault(ck, k->line, "clock %s waits for an event %s that does not exist", k->name,
                     k->until);
    return HX_OK;
}

/* A clock started in the row that enters a terminal state would run for ever. */
static int check_terminal_starts(struct checker *ck)
{
    const struct hx_rules *r = ck->r;
    for (int i = 0; i < r->n_transitions; i++) {
        const struct hx_transition *t = &r->transitions[i];
        if (!t->to || r->states[t->to].kind != HX_STATE_TERMINAL)
            continue;
        for (int j = 0; j < t->n_effects; j++)
            if (strncmp(t->effects[j].word->name, "start", 5) == 0)
                return fault(ck, t->line, "clock %s would run into the terminal state %s",
                             r->clocks[t->effects[j].number].name, r->states[t->to].name);
    }
    return HX_OK;
}

static int check_clocks(struct checker *ck)
{
    const struct hx_rules *r = ck->r;
    uint32_t ends = 0;
    for (int i = 0; i < r->n_transitions; i++) {
        if (r->transitions[i].clock > 0)
            ends |= UINT32_C(1) << r->transitions[i].clock;
    }
    for (int no = 1; no < HX_RULES_CLOCKS; no++) {
        if (!r->clocks[no].name[0])
            continue;
        int rc = check_clock(ck, no, ends);
        if (rc)
            return rc;
    }
    return check_terminal_starts(ck);
}

/* A drill is one from its report on, and nothing else ever becomes one. */
static int check_drills(struct checker *ck)
{
    const struct hx_rules *r = ck->r;
    for (int i = 0; i < r->n_transitions; i++) {
        const struct hx_transition *t = &r->transitions[i];
        for (int j = 0; j < t->n_effects; j++)
            if (t->effects[j].word->argument == HX_ARG_FLAG &&
                t->effects[j].number == HX_FLAG_DRILL)
                return fault(ck, t->line, "no row may change what is a drill");
    }
    return HX_OK;
}

/* A row is never taken when an earlier one without guards catches the same event in all its states.
 */
static int check_rows(struct checker *ck)
{
    const struct hx_rules *r = ck->r;
    for (int i = 0; i < r->n_transitions; i++) {
        uint32_t open = r->transitions[i].from;
        for (int j = 0; j < i; j++) {
            const struct hx_transition *before = &r->transitions[j];
            if (before->event == r->transitions[i].event &&
                before->clock == r->transitions[i].clock && before->n_guards == 0)
                open &= ~before->from;
        }
        if (!open)
            return fault(ck, r->transitions[i].line,
                         "this row can never be taken: an earlier one always is");
    }
    return HX_OK;
}

static int check_events(struct checker *ck)
{
    const struct hx_rules *r = ck->r;
    for (int e = 0; e < r->n_events; e++) {
        bool used = r->events[e].city;
        for (int i = 0; i < r->n_transitions; i++)
            used = used || r->transitions[i].event == e;
        if (!used)
            return fault(ck, r->events[e].line, "event %s has no row", r->events[e].name);
    }
    return HX_OK;
}

int hx_rules_check(const struct hx_rules *r, int *line, char *problem, size_t size)
{
    *line = 1;
    problem[0] = '\0';
    struct checker ck = {r, line, problem, size};
    if (hx_rules_default_class(r) < 0)
        return fault(&ck, 0, "no class is the default");
    int rc = check_states(&ck);
    if (!rc)
        rc = check_ladders(&ck);
    if (!rc)
        rc = check_clocks(&ck);
    if (!rc)
        rc = check_rows(&ck);
    if (!rc)
        rc = check_drills(&ck);
    return rc ? rc : check_events(&ck);
}
