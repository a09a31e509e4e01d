/* Lines of a journal entry.
 *
 * An entry holds what happened (the event or the deadline that fired) and every fact that followed.
 * People want one line for the step of the life, with the clocks that it started and stopped, and
 * one for each thing they may have to act on: a breach with everybody who was told, an escalation,
 * a correction, a refusal, an alarm. Notices of one kind, clock and level share a line. */
#include "cli/show/show_lines.h"
#include "hongxin/code.h"
#include "hongxin/fact.h"
#include <string.h>

/* Events that a refused one might have been: `hongxin publish` shows all to whoever sent it. */
enum { ALLOWED_SHOWN = 6 };

static bool wanted(const struct lines *l, const char *fact)
{
    if (!l->facts)
        return true;
    for (const char *const *f = l->facts; *f; f++)
        if (!strcmp(*f, fact))
            return true;
    return false;
}

static void put_clock(struct lines *l, const hxp_clock_fact *c)
{
    struct show *s = l->s;
    char due[HX_INSTANT_TEXT];

    if (!c->deadline || !wanted(l, "CLOCK"))
        return;
    if (!strcmp(c->change, "STOP")) {
        bool judged = c->judged_case == HONGXIN__V1__CLOCK_FACT__JUDGED_MET;
        if (judged)
            show_paint(s, c->met ? SHOW_GREEN : SHOW_RED, "  %s %s %s", c->clock,
                       words_text(WORDS_LABEL, c->met ? "met" : "missed", s->zh),
                       words_text(WORDS_LABEL, c->met ? "met" : "missed", !s->zh));
        return;
    }
    fprintf(s->out, "  %s", c->clock);
    if (strcmp(c->change, "START") != 0)
        fprintf(s->out, " %s", words_text(WORDS_CHANGE, c->change, s->zh));
    if (strcmp(c->change, "VOID") != 0)
        fprintf(s->out, " %s %s", show_label(s, "due"),
                show_time(s, c->deadline, l->e->t_rec, due));
}

/* A step may pass through several states: where it began and where it ended. */
static const hxp_state_fact *first_state(const hxp_entry *e)
{
    for (size_t i = 0; i < e->n_facts; i++)
        if (e->facts[i]->fact_case == HONGXIN__V1__FACT__FACT_STATE)
            return e->facts[i]->state;
    return NULL;
}

static const hxp_state_fact *last_state(const hxp_entry *e)
{
    for (size_t i = e->n_facts; i > 0; i--)
        if (e->facts[i - 1]->fact_case == HONGXIN__V1__FACT__FACT_STATE)
            return e->facts[i - 1]->state;
    return NULL;
}

/* A clock that starts and stops within one step never ran for anybody. */
static bool is_passing(const hxp_entry *e, const char *clock)
{
    int n = 0;

    for (size_t i = 0; i < e->n_facts; i++)
        if (e->facts[i]->fact_case == HONGXIN__V1__FACT__FACT_CLOCK &&
            !strcmp(e->facts[i]->clock->clock, clock))
            n |= !strcmp(e->facts[i]->clock->change, "START")  ? 1
                 : !strcmp(e->facts[i]->clock->change, "STOP") ? 2
                                                               : 0;
    return n == 3;
}

static bool refused(const hxp_entry *e, const hxp_reply **reply)
{
    for (size_t i = 0; i < e->n_facts; i++)
        if (e->facts[i]->fact_case == HONGXIN__V1__FACT__FACT_REPLY) {
            *reply = e->facts[i]->reply;
            return (*reply)->result != HONGXIN__V1__RESULT__ACCEPTED;
        }
    *reply = NULL;
    return false;
}

static void put_cause(const struct show *s, const char *cause)
{
    if (!strncmp(cause, "K_", 2))
        fputs(cause, s->out);
    else
        show_code(s, WORDS_EVENT, cause);
}

static void put_place(struct lines *l)
{
    const hxp_where *w = l->e->where;

    if (w && (*w->building || *w->estate || *w->grid))
        fprintf(l->s->out, " · %s", *w->building ? w->building : *w->estate ? w->estate : w->grid);
    if (*l->e->holder)
        fprintf(l->s->out, " · %s", l->e->holder);
}

/* Receivers of notices like this one: same kind, clock and level. */
static bool alike(const hxp_notice_fact *a, const hxp_notice_fact *b)
{
    return !strcmp(a->kind, b->kind) && !strcmp(a->clock, b->clock) && !strcmp(a->level, b->level);
}

static void put_told(struct lines *l, size_t from, const hxp_notice_fact *first)
{
    const char *between = " ";

    fprintf(l->s->out, "  %s", show_label(l->s, "told"));
    for (size_t i = from; i < l->e->n_facts; i++) {
        const hxp_fact *f = l->e->facts[i];
        if (f->fact_case == HONGXIN__V1__FACT__FACT_NOTICE && alike(f->notice, first)) {
            fprintf(l->s->out, "%s%s", between, show_receiver(f->notice->to));
            between = ", ";
        }
    }
}

/* Who was given the case by this step: part of its line. */
static void put_case_notices(struct lines *l)
{
    for (size_t i = 0; i < l->e->n_facts; i++)
        if (l->e->facts[i]->fact_case == HONGXIN__V1__FACT__FACT_NOTICE &&
            !strcmp(l->e->facts[i]->notice->kind, "CASE") && wanted(l, "NOTICE")) {
            put_told(l, i, l->e->facts[i]->notice);
            return;
        }
}

static bool changes_class(const hxp_entry *e)
{
    for (size_t i = 0; i < e->n_facts; i++)
        if (e->facts[i]->fact_case == HONGXIN__V1__FACT__FACT_CLASS)
            return true;
    return false;
}

/* The class, category and place that an event names which changes none of them: what somebody has
 * remarked, and others may decide upon. */
static void put_named(const struct lines *l)
{
    const hxp_entry *e = l->e;
    hxp_event *event =
        e->event.len ? hongxin__v1__event__unpack(NULL, e->event.len, e->event.data) : NULL;
    const hxp_data *d = event ? event->data : NULL;

    if (d && *d->class_ && !changes_class(e)) {
        fputs("  ", l->s->out);
        show_code(l->s, WORDS_CLASS, d->class_);
    }
    if (d && *d->category)
        fprintf(l->s->out, "  %s", d->category);
    if (d && *d->place)
        fprintf(l->s->out, " · %s", d->place);
    hongxin__v1__event__free_unpacked(event, NULL);
}

/* The step: the event or timer, the state it led to, and what it did to the clocks. */
static void step_line(struct lines *l)
{
    const hxp_entry *e = l->e;
    const hxp_state_fact *first = first_state(e), *state = last_state(e);
    const hxp_reply *reply;

    if (refused(e, &reply) || (!state && !e->event.len))
        return;
    if (!wanted(l, state ? "STATE" : "REPLY"))
        return;
    line_begin(l);
    put_cause(l->s, e->cause);
    if (state && strcmp(state->to, e->cause) != 0) {
        fputs(" → ", l->s->out);
        show_code(l->s, WORDS_STATE, state->to);
    }
    if (first && (!*first->from || !strcmp(first->from, "NEW"))) {
        fprintf(l->s->out, "  %s", e->class_);
        put_place(l);
    }
    if (!state)
        put_named(l);
    for (size_t i = 0; i < e->n_facts; i++)
        if (e->facts[i]->fact_case == HONGXIN__V1__FACT__FACT_CLOCK &&
            !is_passing(e, e->facts[i]->clock->clock))
            put_clock(l, e->facts[i]->clock);
    put_case_notices(l);
    line_end(l);
}

static void refusal_line(struct lines *l)
{
    const hxp_reply *reply;

    if (!refused(l->e, &reply) || !reply || !wanted(l, "REPLY"))
        return;
    line_begin(l);
    put_cause(l->s, l->e->cause);
    const struct hx_code *words = hx_code_find(reply->code);
    show_paint(
        l->s, SHOW_YELLOW, "  %s %s%s%s",
        protobuf_c_enum_descriptor_get_value(&hongxin__v1__result__descriptor, reply->result)->name,
        reply->code, words ? " " : "", words ? l->s->zh ? words->zh : words->en : "");
    for (size_t i = 0; i < reply->n_allowed && i < ALLOWED_SHOWN; i++)
        fprintf(l->s->out, "%s%s", i ? ", " : "  (", reply->allowed[i]);
    fputs(reply->n_allowed > ALLOWED_SHOWN ? " …)" : reply->n_allowed ? ")" : "", l->s->out);
    line_end(l);
}

static bool is_first(const hxp_entry *e, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (e->facts[i]->fact_case == HONGXIN__V1__FACT__FACT_NOTICE &&
            alike(e->facts[i]->notice, e->facts[at]->notice))
            return false;
    return true;
}

static const hxp_notice_fact *notice_of(const hxp_entry *e, const char *clock, size_t *at)
{
    for (size_t i = 0; i < e->n_facts; i++)
        if (e->facts[i]->fact_case == HONGXIN__V1__FACT__FACT_NOTICE &&
            !strcmp(e->facts[i]->notice->kind, "BREACH") &&
            !strcmp(e->facts[i]->notice->clock, clock)) {
            *at = i;
            return e->facts[i]->notice;
        }
    return NULL;
}

static bool has_breach(const hxp_entry *e, const char *clock)
{
    for (size_t i = 0; i < e->n_facts; i++)
        if (e->facts[i]->fact_case == HONGXIN__V1__FACT__FACT_BREACH &&
            !strcmp(e->facts[i]->breach->clock, clock))
            return true;
    return false;
}

static void breach_line(struct lines *l, const hxp_breach_fact *b)
{
    char due[HX_INSTANT_TEXT];
    size_t at;
    const hxp_notice_fact *told = notice_of(l->e, b->clock, &at);

    if (!wanted(l, "BREACH"))
        return;
    line_begin(l);
    show_paint(l->s, SHOW_RED, l->s->zh ? "超时 BREACH" : "BREACH 超时");
    fputc(' ', l->s->out);
    show_clock(l->s, b->clock);
    fprintf(l->s->out, ", %s %s  %s", show_label(l->s, "due"),
            show_time(l->s, b->deadline, l->e->t_rec, due), b->holder);
    if (*b->delay)
        fprintf(l->s->out, "  (%s)", words_text(WORDS_REASON, b->delay, l->s->zh));
    if (told)
        put_told(l, at, told);
    line_end(l);
}

static void notice_line(struct lines *l, size_t at)
{
    const hxp_notice_fact *n = l->e->facts[at]->notice;
    bool bad = !strcmp(n->kind, "BREACH");

    if (!strcmp(n->kind, "CASE") && last_state(l->e) && wanted(l, "STATE"))
        return; /* the line of the step names them */
    if (!is_first(l->e, at) || !wanted(l, "NOTICE") ||
        (bad && has_breach(l->e, n->clock) && wanted(l, "BREACH")))
        return; /* the line of the breach names these receivers */
    line_begin(l);
    show_paint(l->s,
               bad                           ? SHOW_RED
               : !strcmp(n->kind, "WARNING") ? SHOW_YELLOW
                                             : SHOW_CYAN,
               "%s %s", words_text(WORDS_NOTICE, n->kind, l->s->zh),
               words_text(WORDS_NOTICE, n->kind, !l->s->zh));
    if (*n->level)
        fprintf(l->s->out, " %s %s", n->level, words_text(WORDS_LEVEL, n->level, l->s->zh));
    if (*n->clock) {
        fputs("  ", l->s->out);
        show_clock(l->s, n->clock);
    }
    put_told(l, at, n);
    line_end(l);
}

static void fact_line(struct lines *l, size_t at)
{
    const hxp_fact *f = l->e->facts[at];

    switch (f->fact_case) {
    case HONGXIN__V1__FACT__FACT_BREACH:
        breach_line(l, f->breach);
        break;
    case HONGXIN__V1__FACT__FACT_NOTICE:
        notice_line(l, at);
        break;
    case HONGXIN__V1__FACT__FACT_FLAG:
        if (strcmp(f->flag->flag, "BREACHED") == 0)
            break;                    /* the breach says it */
        __attribute__((fallthrough)); /* other flags are small news too */
    case HONGXIN__V1__FACT__FACT_CLOCK:
        if (f->fact_case == HONGXIN__V1__FACT__FACT_CLOCK &&
            strcmp(l->e->cause, "CALENDAR_APPLIED") != 0)
            break; /* the line of the step says it */
        __attribute__((fallthrough));
    case HONGXIN__V1__FACT__FACT_CLASS:
    case HONGXIN__V1__FACT__FACT_BREACH_MARK:
    case HONGXIN__V1__FACT__FACT_RULES:
    case HONGXIN__V1__FACT__FACT_DELIVERY:
    case HONGXIN__V1__FACT__FACT_SWAP:
    case HONGXIN__V1__FACT__FACT_SILENCE:
    case HONGXIN__V1__FACT__FACT_ALARM:
        if (f->fact_case == HONGXIN__V1__FACT__FACT_CLASS && !*f->class_->from)
            break; /* the line of the report says it */
        if (wanted(l, hx_fact_name(f)))
            line_of_fact(l, f);
        break;
    default: /* replies, states and clocks are in the line of the step; seconds in `hongxin case` */
        break;
    }
}

/* What each receiver reads. Receivers of one notice read the same, but for who is on duty there. */
static void text_line(struct lines *l, const hxp_notice_fact *f)
{
    char text[HX_NOTICE_TEXT];

    if (l->s->texts && wanted(l, "NOTICE"))
        fprintf(l->s->out, "    %s  %s\n", f->to,
                hx_notice_text(l->s->texts, l->e, f, l->s->zh, text));
}

int show_entry(struct show *s, const hxp_entry *e, const char *const *facts)
{
    struct lines l = {.s = s, .e = e, .facts = facts};

    step_line(&l);
    refusal_line(&l);
    for (size_t i = 0; i < e->n_facts; i++)
        fact_line(&l, i);
    for (size_t i = 0; i < e->n_facts; i++)
        if (e->facts[i]->fact_case == HONGXIN__V1__FACT__FACT_NOTICE)
            text_line(&l, e->facts[i]->notice);
    return l.n;
}
