/* One event of one case: its effective time, whether it is allowed, and the entry that says so. */
#include "base/text.h"
#include "engine/case/drill.h"
#include "engine/case/party.h"
#include "engine/machine/machine_internal.h"
#include "hongxin/instant.h"
#include "hongxin/number.h"

#include <stdio.h>
#include <string.h>

#define RESULT(name) HONGXIN__V1__RESULT__##name

/* When it counts as received: what a source sent while we were down, when it was sent. Our outage
 * counts against nobody (corner 17), and lets nobody date a fact later than it could have been. */
static int64_t received(const struct hx_machine *m, const struct hx_arrival *in)
{
    const struct hx_disturbance *d = &m->dist;
    int64_t sent = in->event->t_src;
    bool away = d->outage_to && sent >= d->outage_from && sent <= d->outage_to;
    return away && sent < in->t_rcv ? sent : in->t_rcv;
}

/* R2: the event's own time counts when its proof is accepted for this fact; otherwise the time we
 * read it. */
static int64_t effective_time(const struct hx_machine *m, const struct hx_event_rule *rule,
                              const struct hx_arrival *in, struct hx_step *s)
{
    const hxp_event *e = in->event;
    int64_t t_occ = e->t_occ ? e->t_occ : e->t_src, t_rcv = received(m, in);
    bool believed = e->proof > 0 && !s->proof_mark[0];
    unsigned proof = believed ? (unsigned)e->proof : HONGXIN__V1__PROOF__CLAIM;
    if (t_occ && proof < 32 && rule->trusted & (UINT32_C(1) << proof) &&
        t_occ <= t_rcv + 2 * HX_SECOND)
        return t_occ;
    if (m->dist.doubt && in->t_rcv > m->dist.step_from)
        s->mark = "CLOCK_STEP"; /* kept as read, and marked (corner 14) */
    if (t_rcv != in->t_rcv)
        s->mark = "OUTAGE";
    return t_rcv;
}

static void prepare(struct hx_step *s, struct hx_machine *m, struct hx_case *c,
                    const struct hx_arrival *in, const struct hx_event_rule *rule)
{
    hx_step_begin(s, m, c, in);
    s->data = hx_event_data(in->event);
    s->proof_mark = in->proof_mark ? in->proof_mark : m->prove ? m->prove(m->prove_ctx, in, c) : "";
    s->t_eff = effective_time(m, rule, in, s);
    if (in->parked_lsn && s->t_eff < c->t_report) /* it waited for this very report */
        s->t_eff = c->t_report;
    s->cause = rule->name;
    hx_actor_parse(in->event->by, &s->actor);
}

/* The role that sends it must be one that the life cycle names. An event whose sender is not given
 * is a claim of the source itself; its guards decide. */
static bool role_allowed(struct hx_step *s, int event)
{
    uint32_t roles = s->rules->events[event].roles;
    if (!roles || s->actor.role == HX_ROLE_NONE || roles & (UINT32_C(1) << s->actor.role))
        return true;
    s->refusal = "BAD_ROLE";
    s->refusal_result = RESULT(NOT_ALLOWED);
    return false;
}

static bool version_fits(struct hx_step *s)
{
    if (!s->event->if_version || s->event->if_version == s->c->version)
        return true;
    s->refusal = "STALE_VERSION";
    s->refusal_result = RESULT(NOT_ALLOWED);
    return false;
}

/* A registered device counts what it signs; a number that comes again is no new event (A7). */
static bool device_counts(const struct hx_step *s)
{
    return s->event->proof == HONGXIN__V1__PROOF__DEVICE_SIGNED && !s->proof_mark[0] &&
           s->event->device[0] && s->event->device_seq;
}

static int device_number_new(struct hx_machine *m, struct hx_step *s, bool *is_new)
{
    struct hx_counted name;
    struct hx_seen seen;
    *is_new = true;
    if (!device_counts(s))
        return HX_OK;
    hx_counted_name(&name, HX_COUNTER_DEVICE, s->event->device, s->event->device_seq);
    int rc = m->ops->seen_load(m->backend, name.source, name.id, &seen);
    if (rc)
        return rc == HX_NOTFOUND ? HX_OK : rc;
    *is_new = false;
    s->refusal = "DEVICE_SEQ_REPEATED";
    s->refusal_result = RESULT(NOT_ALLOWED);
    return HX_OK;
}

static int device_number_save(struct hx_machine *m, const struct hx_step *s)
{
    struct hx_counted name;
    const struct hx_seen seen = {.case_number = s->c->number, .lsn = s->lsn};
    if (!device_counts(s))
        return HX_OK;
    hx_counted_name(&name, HX_COUNTER_DEVICE, s->event->device, s->event->device_seq);
    return m->ops->seen_save(m->backend, name.source, name.id, &seen);
}

static const char *refusal_text(struct hx_machine *m, const struct hx_step *s)
{
    const char *state = s->c->state ? s->rules->states[s->c->state].name : "NEW";
    return hx_arena_printf(s->arena, "%s is not allowed in %s: %s", s->event->type, state,
                           hx_answer_text(m, s->refusal, s->field, s->required));
}

/* Not allowed here: the event is kept, the state is untouched, the answer says what would be
 * allowed. */
static int refuse(struct hx_machine *m, struct hx_step *s, const struct hx_arrival *in,
                  const hxp_reply **reply)
{
    hxp_reply *r = hx_answer_new(m, in, RESULT(NOT_ALLOWED), s->refusal);
    if (!r)
        return HX_NOMEM;
    r->message = hx_text_field(refusal_text(m, s));
    *reply = r;
    hx_reply_allowed(s, r);
    if (!s->c->number) { /* no case came of it */
        int rc = hx_machine_note(m, in, r, NULL);
        return rc ? rc : hx_event_remember(m, in, 0, r->lsn);
    }
    hx_answer_case(m, r, s->c, s->lsn);
    s->n_facts = 0;
    int rc = hx_step_write(m, s, in, r);
    return rc ? rc : hx_event_remember(m, in, s->c->number, s->lsn);
}

/* Why it is not ours: the reason given, or the kind of matter that told it. */
static const char *refusal_of(const struct hx_step *s)
{
    return s->data->reason[0] ? s->data->reason : s->data->category;
}

/* Emergencies and the like: the caller is handed over while he is on the line (A10). */
static char *handover_text(const struct hx_machine *m, const char *refusal)
{
    const char *call = hx_rules_handover(m->rules, refusal);
    return call ? hx_arena_printf(m->arena, "not ours: hand the caller over to %s now", call)
                : NULL;
}

static int accept(struct hx_machine *m, struct hx_step *s, const struct hx_arrival *in,
                  const hxp_reply **reply)
{
    bool rejected = strcmp(m->rules->states[s->c->state].name, "REJECTED") == 0;
    hxp_reply *r = hx_answer_new(m, in, rejected ? RESULT(REJECTED) : RESULT(ACCEPTED),
                                 rejected           ? refusal_of(s)
                                 : s->proof_mark[0] ? s->proof_mark
                                                    : s->mark);
    if (!r)
        return HX_NOMEM;
    char *handover = rejected ? handover_text(m, refusal_of(s)) : NULL;
    if (handover)
        r->message = handover;
    *reply = r;
    s->c->version++;
    hx_answer_case(m, r, s->c, s->lsn);
    hx_reply_promises(s, r);
    int rc = hx_step_write(m, s, in, r);
    if (!rc)
        rc = device_number_save(m, s);
    return rc ? rc : hx_event_remember(m, in, s->c->number, s->lsn);
}

/* What one case tells another, in the same transaction. */
static int deliver(struct hx_machine *m, const struct hx_step *from)
{
    struct hx_step s;
    hx_step_begin(&s, m, from->other, NULL);
    s.data = hx_event_data(NULL);
    if (!m->rules->events[from->message].internal) /* passed on as it came */
        hx_step_pass_on(&s, from);
    s.other = from->c;
    s.t_rcv = from->t_rcv;
    s.t_eff = from->t_eff;
    s.mark = from->mark;
    s.cause = m->rules->events[from->message].name;
    int rc = m->ops->next_lsn(m->backend, &s.lsn);
    if (rc || !hx_step_event(&s, from->message))
        return rc;
    s.c->version++;
    return hx_step_write(m, &s, NULL, NULL);
}

/* Where the parties of the case are in the other one. */
static void find_theirs(struct hx_step *s)
{
    struct hx_party_home home;
    for (s->n_theirs = 0; hx_party_home(s->c, s->n_theirs, &home); s->n_theirs++)
        s->theirs[s->n_theirs] = (uint16_t)hx_party_place(s->other, &home);
}

static int look_at(struct hx_machine *m, struct hx_step *s, uint64_t number)
{
    int rc = hx_machine_look(m, number, &m->other);
    if (!rc)
        s->other = &m->other;
    return rc;
}

/* The case that speaks for this one in the end, for what is passed on to it (corner 11). */
static int follow_merges(struct hx_machine *m, struct hx_step *s, int event)
{
    int rc = look_at(m, s, s->c->merged_into);
    for (int i = 0; !rc && i < HX_CASE_PARTIES && hx_row_passes_on(s, event) &&
                    hx_case_rests(m->rules, s->other);
         i++)
        rc = look_at(m, s, s->other->merged_into);
    if (!rc)
        find_theirs(s);
    return rc;
}

/* The case that the event names beside its own: by `into`, or where it is merged into. HX_NOTFOUND
 * when there is none. */
static int load_other(struct hx_machine *m, struct hx_step *s, int event)
{
    uint64_t number = s->c->merged_into;
    int rc = HX_OK;
    if (s->data->into[0] && hx_number_parse(s->data->into, &number))
        rc = m->ops->ref_load(m->backend, s->event->source, s->data->into, &number);
    if (rc || !number)
        return rc;
    if (hx_case_rests(m->rules, s->c) && number == s->c->merged_into)
        return follow_merges(m, s, event);
    return look_at(m, s, number);
}

/* What the event names beside its case, and the number of its device. Not *fits: `refusal` says
 * which of it there is none of, or was used before. */
static int look_around(struct hx_machine *m, struct hx_step *s, const struct hx_arrival *in,
                       bool *fits)
{
    int rc = s->data->n_cases ? hx_split_refs_taken(m, in->event, &s->refs_taken) : HX_OK;
    if (!rc)
        rc = load_other(m, s, hx_rules_event(m->rules, in->event->type));
    *fits = rc != HX_NOTFOUND;
    if (!*fits) {
        s->refusal = "NO_CASE";
        s->refusal_result = RESULT(INVALID);
        s->field = "into";
        return HX_OK;
    }
    return rc ? rc : device_number_new(m, s, fits);
}

/* The row for this event, and the whole history with it when a case is imported. */
static bool take_event(struct hx_step *s, const struct hx_arrival *in, int event)
{
    bool import = !s->c->state && hx_import_wanted(s->data);
    if (import) { /* as of its own time */
        s->quiet = true;
        s->t_rcv = s->t_eff = in->event->t_occ ? in->event->t_occ : in->t_rcv;
    }
    return role_allowed(s, event) && version_fits(s) && hx_drill_fits(s) &&
           hx_step_event(s, event) && (!import || hx_machine_import(s, in->t_rcv));
}

/* ---- administrative acts ---- */

/* "K_RESOLVE 2026-10-13T09:00:00.000+08:00": what it was done to, and what it is now. */
static char *what_of(const struct hx_step *s)
{
    const hxp_data *d = s->data;
    int64_t t = d->deadline ? d->deadline : d->until;
    char instant[HX_INSTANT_TEXT] = "";
    if (t)
        hx_instant_format(t, hx_zone_offset(&s->rules->zone, t) / 60000, instant);
    const char *const words[] = {d->clock, d->level, d->into, d->holder, instant};
    const char *parts[2 * (sizeof words / sizeof *words) + 1];
    size_t n = 0;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (*words[i] && n)
            parts[n++] = " ";
        if (*words[i])
            parts[n++] = words[i];
    }
    parts[n] = NULL;
    return hx_arena_join(s->arena, parts);
}

/* What the life cycle calls an administrative act, or an operator does, gets a record of its own,
 * for those who audit and nobody else. Drills are none. */
static int record_act(struct hx_machine *m, const struct hx_step *s, const struct hx_event_rule *e)
{
    uint64_t lsn;
    bool is_act = e->audit || s->actor.role == HX_ROLE_operator;
    if (!is_act || hx_is_drill(s->c))
        return HX_OK;
    hxp_audit_fact *f = hx_arena_alloc(m->arena, sizeof *f);
    if (!f)
        return HX_NOMEM;
    hongxin__v1__audit_fact__init(f);
    f->act = hx_text_field(e->name);
    f->by = hx_text_field(s->principal);
    f->person = hx_text_field(s->event->by);
    f->about = hx_arena_printf(m->arena, "%llu", (unsigned long long)s->c->number);
    f->reason = hx_text_field(s->data->why);
    f->detail = what_of(s);
    return hx_arena_failed(m->arena) ? HX_NOMEM : hx_machine_act(m, f, &lsn);
}

int hx_machine_step_on(struct hx_machine *m, struct hx_case *c, const struct hx_arrival *in,
                       const hxp_reply **reply)
{
    struct hx_step s;
    int event = hx_rules_event(m->rules, in->event->type);
    prepare(&s, m, c, in, &m->rules->events[event]);
    int rc = m->ops->next_lsn(m->backend, &s.lsn);
    if (rc)
        return rc;
    bool fits;
    rc = look_around(m, &s, in, &fits);
    if (rc)
        return rc;
    bool taken = fits && take_event(&s, in, event);
    if (hx_arena_failed(s.arena)) /* what was refused then was not refused by a rule */
        return HX_NOMEM;
    if (s.overflow)
        return hx_answer_invalid(m, in, "CASE_FULL", NULL, reply);
    if (!taken && !c->number && s.refusal_result == RESULT(INVALID))
        return hx_answer_invalid_for(m, in, s.refusal,
                                     hx_answer_text(m, s.refusal, s.field, s.required), reply);
    if (!taken)
        return refuse(m, &s, in, reply);
    if (!c->number) {
        rc = m->ops->case_number(m->backend, &c->number);
        if (rc)
            return rc;
    }
    rc = accept(m, &s, in, reply);
    if (!rc && s.split)
        rc = hx_machine_split(m, &s);
    if (!rc && s.message >= 0 && s.other)
        rc = deliver(m, &s);
    return rc ? rc : record_act(m, &s, &m->rules->events[event]);
}
