/* One event: known already? which case? — and then its step (machine_step.c). */
#include "base/text.h"
#include "engine/case/drill.h"
#include "engine/duty/swap.h"
#include "engine/machine/machine_internal.h"
#include "engine/notice/silence.h"
#include "hongxin/instant.h"
#include "hongxin/number.h"

#include <string.h>

#define RESULT(name) HONGXIN__V1__RESULT__##name

void hx_machine_set_time(struct hx_machine *m, int64_t wall)
{
    m->wall = wall;
    if (wall > m->now)
        m->now = wall;
}

int64_t hx_machine_receipt(const struct hx_machine *m, int64_t wall, int64_t now)
{
    const struct hx_disturbance *d = &m->dist;
    if (wall >= now || now > d->refuted_to)
        return now;
    return wall > d->refuted_from ? wall : d->refuted_from;
}

/* Up to when deadlines are judged before an event. What was sent while we were down goes before
 * what is done now that we are up. */
static int64_t judged_before(const struct hx_machine *m, const struct hx_arrival *in)
{
    const struct hx_disturbance *d = &m->dist;
    bool waited = d->draining && in->event->t_src >= d->outage_from &&
                  in->event->t_src <= d->outage_to && in->t_rcv > d->outage_to;
    return waited ? d->outage_to : in->t_rcv;
}

static int apply_to(struct hx_machine *m, uint64_t number, const struct hx_arrival *in,
                    const hxp_reply **reply)
{
    int rc = m->ops->case_load(m->backend, number, &m->work);
    if (rc == HX_NOTFOUND)
        return hx_answer_invalid(m, in, "NO_CASE", NULL, reply);
    if (!rc)
        rc = hx_machine_catch_up(m, &m->work, judged_before(m, in));
    return rc ? rc : hx_machine_step_on(m, &m->work, in, reply);
}

/* Its case is not known yet: kept with its source's order (corner 7). */
static int park(struct hx_machine *m, const struct hx_arrival *in, const hxp_reply **reply)
{
    hxp_reply *r = hx_answer_new(m, in, RESULT(PARKED), "PARKED");
    if (!r)
        return HX_NOMEM;
    *reply = r;
    int rc = hx_machine_note(m, in, r, NULL);
    if (rc)
        return rc;
    struct hx_parked p = {.lsn = r->lsn, .seq = in->event->source_seq, .t_rcv = in->t_rcv};
    rc = m->ops->park(m->backend, in->event->source, in->event->case_ref, &p);
    struct hx_watch w;
    hx_watch_parked(&w, in->event->source, in->event->case_ref, &p);
    if (!rc)
        rc = m->ops->watch_put(m->backend, &w);
    return rc ? rc : hx_event_remember(m, in, 0, r->lsn);
}

/* The journal's entry of a parked event, and the event. *event NULL: it cannot be read any more. */
static int load_parked(struct hx_machine *m, uint64_t lsn, hxp_entry **e, hxp_event **event)
{
    ProtobufCAllocator memory = hx_arena_allocator(m->arena);
    int rc = m->ops->entry_load(m->backend, lsn, m->arena, e);
    *event = rc ? NULL : hongxin__v1__event__unpack(&memory, (*e)->event.len, (*e)->event.data);
    if (!rc && !*event && hx_arena_failed(m->arena))
        return HX_NOMEM;
    return rc == HX_NOTFOUND || rc == HX_CORRUPT ? HX_OK : rc;
}

/* A parked event is read back from the journal and applied as if it came now, with the time at
 * which we read it. One that is damaged keeps its report from nobody: it stays watched, and its
 * source is told when the day is over. */
static int apply_parked(struct hx_machine *m, uint64_t number, const struct hx_parked *p)
{
    hxp_entry *e;
    hxp_event *event;
    int rc = load_parked(m, p->lsn, &e, &event);
    if (rc || !event)
        return rc;
    struct hx_watch w; /* under its own source: another one may have reported the case */
    hx_watch_parked(&w, event->source, event->case_ref, p);
    rc = m->ops->watch_drop(m->backend, &w);
    if (rc)
        return rc;
    struct hx_arrival in = {.bytes = e->event.data,
                            .size = e->event.len,
                            .event = event,
                            .t_rcv = p->t_rcv,
                            .parked_lsn = p->lsn,
                            .principal = e->principal};
    const hxp_reply *reply;
    return apply_to(m, number, &in, &reply);
}

static int unpark(struct hx_machine *m, const struct hx_arrival *in, uint64_t number)
{
    struct hx_parked p;
    int rc;
    while ((rc = m->ops->unpark(m->backend, in->event->source, in->event->case_ref, &p)) == HX_OK) {
        if (p.t_rcv < m->now - HX_DAY)
            continue; /* dead: its source is told when the day is over */
        rc = apply_parked(m, number, &p);
        if (rc)
            return rc;
    }
    return rc == HX_NOTFOUND ? HX_OK : rc;
}

static int save_refs(struct hx_machine *m, const struct hx_arrival *in, uint64_t number)
{
    const hxp_data *d = hx_event_data(in->event);
    int rc = HX_OK;
    if (in->event->case_ref[0])
        rc = m->ops->ref_save(m->backend, in->event->source, in->event->case_ref, number);
    if (!rc && d->ref[0])
        rc = m->ops->ref_save(m->backend, in->event->source, d->ref, number);
    return rc;
}

/* Open cases of the same place and matter: perhaps the same complaint (B2). In the answer only: the
 * journal does not depend on it, and holds the reply as it was. */
static int offer_similar(struct hx_machine *m, const struct hx_case *c, const hxp_reply **reply)
{
    uint64_t numbers[HX_SIMILAR_MAX];
    char number[HX_NUMBER_TEXT];
    size_t n = m->similar ? m->similar(m->similar_ctx, c, numbers) : 0;
    if (!n)
        return HX_OK;
    hxp_reply *r = hx_arena_memdup(m->arena, *reply, sizeof *r);
    char **names = hx_arena_alloc(m->arena, n * sizeof *names);
    if (!r || !names)
        return HX_NOMEM;
    for (size_t i = 0; i < n; i++)
        names[i] = hx_arena_strdup(m->arena, hx_number_format(numbers[i], number));
    r->candidates = names;
    r->n_candidates = n;
    *reply = r;
    return HX_OK;
}

static int report(struct hx_machine *m, const struct hx_arrival *in, uint64_t repeat_of,
                  const hxp_reply **reply)
{
    struct hx_case *c = &m->work;
    if (repeat_of && hx_is_drill(c) != (bool)hx_event_data(in->event)->drill)
        repeat_of = 0; /* the earlier one was another matter altogether */
    uint32_t repeats = repeat_of ? c->repeats + 1 : 0; /* of the earlier case */
    int rc = hx_case_unpack(NULL, 0, c);               /* an empty case */
    if (rc)
        return rc;
    c->cycle = 1;
    c->repeat_of = repeat_of;
    c->repeats = repeats;
    c->policy = m->rules->version;
    hx_text_put(c->source, sizeof c->source, in->event->source);
    hx_text_put(c->ref, sizeof c->ref,
                in->event->case_ref[0] ? in->event->case_ref : hx_event_data(in->event)->ref);
    rc = hx_machine_step_on(m, c, in, reply);
    uint64_t number = c->number;
    if (rc || !number || !(*reply)->case_number)
        return rc;
    rc = offer_similar(m, c, reply);
    if (!rc)
        rc = save_refs(m, in, number);
    return rc || !in->event->case_ref[0] ? rc : unpark(m, in, number);
}

/* Brings the case into m->work and up to the time of the event: over for good, it can be repeated,
 * but no longer be reopened. */
static int look_if_over(struct hx_machine *m, uint64_t number, const struct hx_arrival *in,
                        bool *over)
{
    int rc = hx_machine_look(m, number, &m->work);
    if (!rc)
        rc = hx_machine_catch_up(m, &m->work, in->t_rcv);
    if (rc)
        return rc;
    int window = hx_rules_clock(m->rules, "K_REOPEN_WINDOW");
    const struct hx_clock *k = window > 0 ? hx_clock_last(&m->work, window) : NULL;
    *over = !hx_case_open(m->rules, &m->work) && !(k && k->state == HX_CLOCK_RUNNING);
    return HX_OK;
}

/* The same reference of the source once more. While the case can still be reopened it is not a new
 * one; afterwards it is, with a link to the earlier (B6). */
static int report_again(struct hx_machine *m, uint64_t number, const struct hx_arrival *in,
                        const hxp_reply **reply)
{
    bool over = false;
    int rc = look_if_over(m, number, in, &over);
    if (rc)
        return rc;
    return over ? report(m, in, number, reply) : hx_machine_step_on(m, &m->work, in, reply);
}

/* A new case, linked to the one that had the same outside reference when that is over. */
static int report_outside(struct hx_machine *m, const struct hx_arrival *in,
                          const hxp_reply **reply)
{
    const char *ref = hx_event_data(in->event)->ref;
    uint64_t number = 0;
    bool over = false;
    int rc = ref[0] ? m->ops->ref_load(m->backend, in->event->source, ref, &number) : HX_NOTFOUND;
    if (!rc)
        rc = look_if_over(m, number, in, &over);
    if (rc && rc != HX_NOTFOUND)
        return rc;
    return report(m, in, over ? number : 0, reply);
}

/* A report that says which earlier case it repeats. */
static int report_repeat(struct hx_machine *m, const struct hx_arrival *in, const hxp_reply **reply)
{
    const char *named = hx_event_data(in->event)->repeat_of;
    uint64_t number;
    int rc = HX_OK;
    if (hx_number_parse(named, &number))
        rc = m->ops->ref_load(m->backend, in->event->source, named, &number);
    if (!rc)
        rc = hx_machine_look(m, number, &m->work);
    if (rc == HX_NOTFOUND)
        return hx_answer_invalid(m, in, "NO_CASE", "repeat_of", reply);
    if (!rc && hx_case_open(m->rules, &m->work))
        return hx_answer_invalid(m, in, "REPEAT_OF_OPEN", "repeat_of", reply);
    if (!rc && hx_is_drill(&m->work) != (bool)hx_event_data(in->event)->drill)
        return hx_answer_invalid(m, in, "DRILL_MIX", "repeat_of", reply);
    return rc ? rc : report(m, in, number, reply);
}

static int new_report(struct hx_machine *m, const struct hx_arrival *in, const hxp_reply **reply)
{
    bool repeat = hx_event_data(in->event)->repeat_of[0];
    return repeat ? report_repeat(m, in, reply) : report_outside(m, in, reply);
}

/* The city's desk says that it is there (corner 26). */
static int desk_event(struct hx_machine *m, const struct hx_arrival *in, hxp_reply *r)
{
    struct hx_actor actor = {.role = HX_ROLE_NONE};
    bool desk =
        hx_actor_parse(in->event->by, &actor) &&
        (strcmp(in->event->by, "city/desk") == 0 || strncmp(in->event->by, "city/desk/", 10) == 0);
    if (!desk) {
        r->result = RESULT(NOT_ALLOWED);
        r->code = hx_text_field("BAD_ROLE");
        r->message = hx_text_field("only city/desk speaks for the city's desk");
    }
    int rc = hx_machine_note(m, in, r, NULL);
    return !rc && desk ? hx_desk_present(m, in->t_rcv) : rc;
}

/* About no case: the rota and its desk, silences of an area. */
static int city_event(struct hx_machine *m, const struct hx_arrival *in, const hxp_reply **reply)
{
    hxp_reply *r = hx_answer_new(m, in, RESULT(ACCEPTED), NULL);
    if (!r)
        return HX_NOMEM;
    if (in->event->case_number || in->event->case_ref[0])
        return hx_answer_invalid(m, in, "ABOUT_NO_CASE", "case", reply);
    *reply = r;
    bool desk = strcmp(in->event->type, "DESK_PRESENT") == 0;
    int rc = hx_area_silence_event(in->event) ? hx_area_silence_take(m, in, r)
             : desk                           ? desk_event(m, in, r)
                                              : hx_swap_event(m, in, r);
    return rc ? rc : hx_event_remember(m, in, 0, r->lsn);
}

static int route_event(struct hx_machine *m, const struct hx_arrival *in, const hxp_reply **reply)
{
    const hxp_event *e = in->event;
    bool is_report = strcmp(e->type, "REPORTED") == 0;
    uint64_t number = e->case_number;
    if (m->rules->events[hx_rules_event(m->rules, e->type)].city || hx_area_silence_event(e))
        return city_event(m, in, reply);
    if (number)
        return apply_to(m, number, in, reply);
    if (!e->case_ref[0])
        return is_report ? new_report(m, in, reply)
                         : hx_answer_invalid(m, in, "NO_CASE", NULL, reply);
    int rc = m->ops->ref_load(m->backend, e->source, e->case_ref, &number);
    if (!rc && is_report)
        return report_again(m, number, in, reply);
    if (rc == HX_NOTFOUND)
        return is_report ? new_report(m, in, reply) : park(m, in, reply);
    return rc ? rc : apply_to(m, number, in, reply);
}

static int apply_event(struct hx_machine *m, const struct hx_arrival *in, const hxp_reply **reply)
{
    const char *field = NULL;
    if (!in->event)
        return hx_answer_invalid(m, in, "UNDECODABLE", NULL, reply);
    const bool texts_good = in->glance && in->glance->texts_good;
    const char *code = texts_good ? hx_validate_sense(m->rules, in->event, in->t_rcv, &field)
                                  : hx_validate(m->rules, in->event, in->t_rcv, &field);
    if (code)
        return hx_answer_invalid(m, in, code, field, reply);
    int rc = hx_answer_known(m, in, reply);
    if (rc == HX_NOTFOUND)
        rc = route_event(m, in, reply);
    if (!rc && (*reply)->result != RESULT(INVALID))
        rc = hx_machine_count(m, in);
    return !rc && hx_arena_failed(m->arena) ? HX_NOMEM : rc;
}

int hx_machine_event(struct hx_machine *m, const struct hx_arrival *in, const hxp_reply **reply)
{
    m->in_event = true;
    m->caused_by = m->n_with = m->n_swaps = 0;
    int rc = apply_event(m, in, reply);
    m->in_event = false;
    m->caused_by = m->n_with = 0;
    return rc;
}
