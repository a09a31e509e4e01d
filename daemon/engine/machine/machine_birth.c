/* Cases that do not begin with a plain report: parts of a report that was several (B8), and cases
 * that another system has had before (corner 33). */
#include "base/text.h"
#include "base/utf8.h"
#include "engine/machine/machine_internal.h"

#include <string.h>

/* ---- parts ---- */

int hx_split_refs_taken(struct hx_machine *m, const hxp_event *e, bool *taken)
{
    const hxp_data *d = hx_event_data(e);
    uint64_t number;
    *taken = false;
    for (size_t i = 0; i < d->n_cases && !*taken; i++) {
        int rc = m->ops->ref_load(m->backend, e->source, d->cases[i], &number);
        if (rc && rc != HX_NOTFOUND)
            return rc;
        if (!rc && (rc = hx_machine_look(m, number, &m->other)) != HX_OK)
            return rc; /* it was looked at: a replay of this case alone asks for it, too */
        *taken = !rc || !d->cases[i][0] || strlen(d->cases[i]) >= HX_REF_MAX;
        for (size_t j = 0; j < i; j++)
            *taken |= strcmp(d->cases[i], d->cases[j]) == 0;
    }
    return HX_OK;
}

static int make_part(struct hx_machine *m, const struct hx_step *from, const char *ref)
{
    struct hx_case *c = &m->other;
    struct hx_step s;
    int rc = hx_case_unpack(NULL, 0, c); /* an empty case */
    if (rc)
        return rc;
    c->cycle = 1;
    c->policy = m->rules->version;
    hx_text_put(c->source, sizeof c->source, from->c->source);
    hx_text_put(c->ref, sizeof c->ref, ref);
    hx_step_begin(&s, m, c, NULL);
    s.data = hx_event_data(NULL);
    s.other = from->c;
    s.t_rcv = from->t_rcv;
    s.t_eff = from->t_eff;
    int event = hx_rules_event(m->rules, "PARTED");
    s.cause = event >= 0 ? m->rules->events[event].name : "";
    rc = m->ops->next_lsn(m->backend, &s.lsn);
    if (rc || event < 0 || !hx_step_event(&s, event))
        return rc;
    rc = m->ops->case_number(m->backend, &c->number);
    if (rc)
        return rc;
    c->version++;
    rc = hx_step_write(m, &s, NULL, NULL);
    return rc ? rc : m->ops->ref_save(m->backend, from->event->source, ref, c->number);
}

int hx_machine_split(struct hx_machine *m, const struct hx_step *from)
{
    for (size_t i = 0; i < from->data->n_cases; i++) {
        int rc = make_part(m, from, from->data->cases[i]);
        if (rc)
            return rc;
    }
    return HX_OK;
}

/* ---- import ---- */

static bool refuse(struct hx_step *s, const char *code)
{
    s->field = NULL;
    s->refusal = code;
    s->required = NULL;
    s->refusal_result = HONGXIN__V1__RESULT__INVALID;
    return false;
}

/* Of the report's id, in those of its history. */
enum { IMPORT_STEM = 100 };

/* As if it had come from the importing source with a name of its own. */
static const hxp_event *past_event(struct hx_step *s, const hxp_event *import, size_t i)
{
    hxp_event *e = hx_arena_memdup(s->arena, import->data->history[i], sizeof *e);
    if (!e)
        return NULL;
    char stem[IMPORT_STEM + 1], digits[HX_DIGITS];
    hx_utf8_put(stem, sizeof stem, import->id);
    e->id = hx_arena_join(s->arena,
                          (const char *const[]){stem, "#", hx_text_digits(i + 1, digits), NULL});
    e->source = import->source;
    return e->id ? e : NULL;
}

/* Which event of the past it is, and what the life cycle says to it: a table of many years is not
 * mended by guessing. */
static bool refuse_event(struct hx_step *s, size_t i, const hxp_event *e, const char *code)
{
    const char *why = s->refusal, *required = why ? s->required : NULL;
    (void)refuse(s, code);
    s->required = required;
    s->field = hx_arena_printf(s->arena, "history[%zu] %s%s%s%s", i, e->type, why ? " (" : "",
                               why ? why : "", why ? ")" : "");
    return false;
}

/* A former system names the company of every case; that it is the one by our routing is no fault.
 */
static bool changes_nothing(const struct hx_step *s)
{
    return s->refusal && strcmp(s->refusal, "SAME_HOLDER") == 0;
}

/* One event of the past, at its own time; what ran out before it is judged first. The code of a
 * refusal, whose reason is the step's; NULL: it is taken. */
static const char *take_past(struct hx_step *s, const hxp_event *e, int64_t not_before,
                             int64_t not_after)
{
    const char *field = NULL;
    s->required = NULL;
    s->refusal = s->texts_good ? hx_validate_sense(s->rules, e, not_after, &field)
                               : hx_validate(s->rules, e, not_after, &field);
    if (s->refusal)
        return "IMPORT_EVENT";
    if (e->t_occ < not_before || e->t_occ > not_after || hx_event_data(e)->n_history)
        return "IMPORT_ORDER";
    hx_step_run_out(s, e->t_occ - 1);
    s->event = e;
    s->data = hx_event_data(e);
    s->t_rcv = s->t_eff = e->t_occ;
    s->cause = e->type;
    s->refusal = "BAD_ROLE";
    return hx_actor_parse(e->by, &s->actor) &&
                   (hx_step_event(s, hx_rules_event(s->rules, e->type)) || changes_nothing(s))
               ? NULL
               : "IMPORT_EVENT";
}

static bool state_fits(const struct hx_step *s, const char *state)
{
    bool paused = strcmp(state, "PAUSED") == 0 && s->c->flags & HX_FLAG_PAUSED;
    return !state[0] || paused || strcmp(s->rules->states[s->c->state].name, state) == 0;
}

/* What runs goes on from now: the holder hears of it once. What has ended has no running clock. */
static void settle(struct hx_step *s)
{
    struct hx_case *c = s->c;
    hx_flag_set(s, HX_FLAG_IMPORTED, true);
    if (!hx_case_open(s->rules, c)) {
        for (uint32_t i = 0; i < c->n_clocks; i++)
            hx_clock_void(s, &c->clocks[i]);
        return;
    }
    s->quiet = false;
    if (c->holder[0])
        hx_tell(s, hx_rules_receiver(s->rules, "duty"), "imported");
}

bool hx_import_wanted(const hxp_data *d)
{
    return d->n_history || d->state[0];
}

bool hx_machine_import(struct hx_step *s, int64_t t_rcv)
{
    const hxp_event *import = s->event;
    const hxp_data *d = s->data;
    const char *cause = s->cause;
    int64_t last = s->t_eff;
    if (!d->n_history)
        return refuse(s, "IMPORT_NO_EVENTS");
    for (size_t i = 0; i < d->n_history; i++) {
        const hxp_event *e = past_event(s, import, i);
        if (!e)
            return false;
        const char *code = take_past(s, e, last, t_rcv);
        if (code)
            return refuse_event(s, i, e, code);
        last = e->t_occ;
    }
    hx_step_run_out(s, t_rcv);
    if (!state_fits(s, d->state)) {
        (void)refuse(s, "IMPORT_STATE");
        s->field = hx_arena_printf(s->arena, "state: the events lead to %s",
                                   s->rules->states[s->c->state].name);
        return false;
    }
    s->event = import;
    s->data = d;
    s->t_rcv = s->t_eff = t_rcv;
    s->cause = cause;
    settle(s);
    return true;
}
