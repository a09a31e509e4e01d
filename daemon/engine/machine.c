/* One event: known already? which case? allowed? — and then its entry. */
#include "base/text.h"
#include "engine/machine_internal.h"
#include "engine/validate.h"
#include "hongxin/instant.h"
#include "hongxin/number.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define RESULT(name) HONGXIN__V1__RESULT__##name

static char *text(const char *s)
{
    return (char *)(uintptr_t)(s ? s : "");
}

void hx_machine_set_time(struct hx_machine *m, int64_t wall)
{
    m->wall = wall;
    if (wall > m->now)
        m->now = wall;
}

/* ---- answers ---- */

static hxp_reply *new_reply(struct hx_machine *m, const struct hx_arrival *in, int result,
                            const char *code)
{
    hxp_reply *r = hx_arena_alloc(m->arena, sizeof *r);
    if (!r)
        return NULL;
    hongxin__v1__reply__init(r);
    r->result = (Hongxin__V1__Result)result;
    r->code = text(code);
    if (in->event) {
        r->id = in->event->id;
        r->source = in->event->source;
    }
    return r;
}

static void answer_case(struct hx_machine *m, hxp_reply *r, const struct hx_case *c, uint64_t lsn)
{
    char number[HX_NUMBER_TEXT];
    r->case_number = c->number;
    r->number = hx_arena_strdup(m->arena, hx_number_format(c->number, number));
    r->case_version = c->version;
    r->lsn = lsn;
}

static const char *add_word(struct hx_machine *m, const char *list, const char *word)
{
    return hx_arena_printf(m->arena, "%s%s%s", list ? list : "", list && *list ? ", " : "", word);
}

/* The words that would have been right, when there is a short list of them; NULL = there is none.
 */
static const char *right_words(struct hx_machine *m, const char *code)
{
    const char *list = NULL;
    if (strcmp(code, "UNKNOWN_CLASS") == 0)
        for (int i = 0; i < HX_RULES_CLASSES; i++)
            list = *m->rules->classes[i].name ? add_word(m, list, m->rules->classes[i].name) : list;
    if (strcmp(code, "BAD_ROLE") == 0)
        for (int i = 1; i < HX_ROLES_END; i++)
            list = add_word(m, list, hx_role_name(i));
    return list;
}

/* What people read beside the code; never what the event says. `required` and `field` may be NULL.
 */
static char *invalid_text(struct hx_machine *m, const char *code, const char *field,
                          const char *required)
{
    const char *words = right_words(m, code);
    return hx_arena_printf(m->arena, "%s%s%s%s%s%s%s", code, field ? ": field " : "",
                           field ? field : "", required ? ": required: " : "",
                           required ? required : "", words ? "; one of " : "", words ? words : "");
}

/* Cannot be understood: kept in quarantine, so that nothing is lost, but no fact and no id is
 * remembered. */
static int invalid_for(struct hx_machine *m, const struct hx_arrival *in, const char *code,
                       char *message, const hxp_reply **reply)
{
    hxp_reply *r = new_reply(m, in, RESULT(INVALID), code);
    if (!r)
        return HX_NOMEM;
    r->message = message;
    *reply = r;
    return m->ops->quarantine(m->backend, in->bytes, in->size, code);
}

/* `field` is what of the event is wrong; NULL = nothing in particular. */
static int invalid(struct hx_machine *m, const struct hx_arrival *in, const char *code,
                   const char *field, const hxp_reply **reply)
{
    return invalid_for(m, in, code, invalid_text(m, code, field, NULL), reply);
}

/* ---- ids that were seen before (corner 8) ---- */

static void digest_of(const struct hx_arrival *in, uint8_t digest[16])
{
    crypto_generichash_state state;
    crypto_generichash_init(&state, NULL, 0, 16);
    crypto_generichash_update(&state, in->bytes, in->size);
    if (in->reporter_digest_size)
        crypto_generichash_update(&state, in->reporter_digest, in->reporter_digest_size);
    crypto_generichash_final(&state, digest, 16);
}

static int duplicate(struct hx_machine *m, const struct hx_arrival *in, uint64_t lsn,
                     const hxp_reply **reply)
{
    hxp_entry *e;
    int rc = m->ops->entry_load(m->backend, lsn, m->arena, &e);
    if (rc && rc != HX_NOTFOUND)
        return rc;
    hxp_reply *r = new_reply(m, in, RESULT(DUPLICATE), NULL);
    if (!r)
        return HX_NOMEM;
    if (!rc && e->n_facts && e->facts[0]->fact_case == HONGXIN__V1__FACT__FACT_REPLY) {
        *r = *e->facts[0]->reply;
        r->result = RESULT(DUPLICATE);
    }
    r->lsn = lsn;
    *reply = r;
    return HX_OK;
}

static int conflict(struct hx_machine *m, const struct hx_arrival *in, const struct hx_seen *seen,
                    const uint8_t digest[16], const hxp_reply **reply)
{
    char first[33], second[33];
    hxp_reply *r = new_reply(m, in, RESULT(CONFLICT), "CONFLICT");
    if (!r)
        return HX_NOMEM;
    sodium_bin2hex(first, sizeof first, seen->digest, 16);
    sodium_bin2hex(second, sizeof second, digest, 16);
    r->message = hx_arena_printf(m->arena, "this id was used before: first digest %s, this one %s",
                                 first, second);
    *reply = r;
    return hx_machine_note(m, in, r, "CONFLICT");
}

static int remember(struct hx_machine *m, const struct hx_arrival *in, uint64_t case_number,
                    uint64_t lsn)
{
    struct hx_seen seen = {.case_number = case_number, .lsn = lsn};
    digest_of(in, seen.digest);
    return m->ops->seen_save(m->backend, in->event->source, in->event->id, &seen);
}

/* ---- the step of an event ---- */

/* R2: the event's own time counts when its proof is accepted for this fact; otherwise the time we
 * read it. What a source sent while we were down counts as received when it was sent: our outage
 * counts against nobody (corner 17). */
static int64_t effective_time(const struct hx_machine *m, const struct hx_event_rule *rule,
                              const struct hx_arrival *in, struct hx_step *s)
{
    const hxp_event *e = in->event;
    int64_t t_occ = e->t_occ ? e->t_occ : e->t_src;
    bool believed = e->proof > 0 && !s->proof_mark[0];
    unsigned proof = believed ? (unsigned)e->proof : HONGXIN__V1__PROOF__CLAIM;
    if (t_occ && proof < 32 && rule->trusted & (UINT32_C(1) << proof) &&
        t_occ <= in->t_rcv + 2 * HX_SECOND)
        return t_occ;
    const struct hx_disturbance *d = &m->dist;
    if (d->doubt && in->t_rcv > d->step_from)
        s->mark = "CLOCK_STEP"; /* kept as read, and marked (corner 14) */
    if (!d->outage_to || e->t_src < d->outage_from || e->t_src > d->outage_to ||
        e->t_src >= in->t_rcv)
        return in->t_rcv;
    s->mark = "OUTAGE";
    return e->t_src;
}

static void prepare(struct hx_step *s, struct hx_machine *m, struct hx_case *c,
                    const struct hx_arrival *in)
{
    const struct hx_event_rule *rule = &m->rules->events[hx_rules_event(m->rules, in->event->type)];
    hx_step_begin(s, m, c, in);
    s->data = hx_event_data(in->event);
    s->proof_mark = in->proof_mark ? in->proof_mark : m->prove ? m->prove(m->prove_ctx, in, c) : "";
    s->t_eff = effective_time(m, rule, in, s);
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

/* A registered device counts what it signs; a number that comes again is no new event (A7). The
 * name under which these numbers are remembered is none that a source can have. */
static void device_key(const hxp_event *e, char key[HX_WORD_MAX + 2], char seq[24])
{
    snprintf(key, HX_WORD_MAX + 2, "\x01%.*s", HX_WORD_MAX, e->device);
    snprintf(seq, 24, "%llu", (unsigned long long)e->device_seq);
}

static bool device_counts(const struct hx_step *s)
{
    return s->event->proof == HONGXIN__V1__PROOF__DEVICE_SIGNED && !s->proof_mark[0] &&
           s->event->device[0] && s->event->device_seq;
}

static int device_number_new(struct hx_machine *m, struct hx_step *s, bool *is_new)
{
    char key[HX_WORD_MAX + 2], seq[24];
    struct hx_seen seen;
    *is_new = true;
    if (!device_counts(s))
        return HX_OK;
    device_key(s->event, key, seq);
    int rc = m->ops->seen_load(m->backend, key, seq, &seen);
    if (rc)
        return rc == HX_NOTFOUND ? HX_OK : rc;
    *is_new = false;
    s->refusal = "DEVICE_SEQ_REPEATED";
    s->refusal_result = RESULT(NOT_ALLOWED);
    return HX_OK;
}

static int device_number_save(struct hx_machine *m, const struct hx_step *s)
{
    char key[HX_WORD_MAX + 2], seq[24];
    const struct hx_seen seen = {.case_number = s->c->number, .lsn = s->lsn};
    if (!device_counts(s))
        return HX_OK;
    device_key(s->event, key, seq);
    return m->ops->seen_save(m->backend, key, seq, &seen);
}

static const char *refusal_text(struct hx_step *s)
{
    const char *state = s->c->state ? s->rules->states[s->c->state].name : "NEW";
    return hx_arena_printf(s->arena, "%s is not allowed in %s: %s", s->event->type, state,
                           s->refusal);
}

/* Not allowed here: the event is kept, the state is untouched, the answer says what would be
 * allowed. */
static int refuse(struct hx_machine *m, struct hx_step *s, const struct hx_arrival *in,
                  const hxp_reply **reply)
{
    hxp_reply *r = new_reply(m, in, s->refusal_result, s->refusal);
    if (!r)
        return HX_NOMEM;
    r->message = text(refusal_text(s));
    *reply = r;
    hx_reply_allowed(s, r);
    if (!s->c->number) { /* no case came of it */
        int rc = hx_machine_note(m, in, r, NULL);
        return rc ? rc : remember(m, in, 0, r->lsn);
    }
    answer_case(m, r, s->c, s->lsn);
    s->n_facts = 0;
    int rc = hx_step_write(m, s, in, r);
    return rc ? rc : remember(m, in, s->c->number, s->lsn);
}

/* Why it is not ours: the reason given, or the kind of matter that told it. */
static const char *refusal_of(const struct hx_step *s)
{
    return s->data->reason[0] ? s->data->reason : s->data->category;
}

static int accept(struct hx_machine *m, struct hx_step *s, const struct hx_arrival *in,
                  const hxp_reply **reply)
{
    bool rejected = strcmp(m->rules->states[s->c->state].name, "REJECTED") == 0;
    hxp_reply *r = new_reply(m, in, rejected ? RESULT(REJECTED) : RESULT(ACCEPTED),
                             rejected           ? refusal_of(s)
                             : s->proof_mark[0] ? s->proof_mark
                                                : s->mark);
    if (!r)
        return HX_NOMEM;
    *reply = r;
    s->c->version++;
    answer_case(m, r, s->c, s->lsn);
    hx_reply_promises(s, r);
    int rc = hx_step_write(m, s, in, r);
    if (!rc)
        rc = device_number_save(m, s);
    return rc ? rc : remember(m, in, s->c->number, s->lsn);
}

/* What one case tells another, in the same transaction. */
static int deliver(struct hx_machine *m, const struct hx_step *from)
{
    struct hx_step s;
    hx_step_begin(&s, m, from->other, NULL);
    s.data = hx_event_data(NULL);
    if (!m->rules->events[from->message].internal) { /* passed on as it came */
        s.event = from->event;
        s.data = from->data;
        s.actor = from->actor;
    }
    s.other = from->c;
    s.t_rcv = from->t_rcv;
    s.t_eff = from->t_rcv;
    s.cause = m->rules->events[from->message].name;
    int rc = m->ops->next_lsn(m->backend, &s.lsn);
    if (rc || !hx_step_event(&s, from->message))
        return rc;
    s.c->version++;
    return hx_step_write(m, &s, NULL, NULL);
}

/* The case that the event names beside its own: by `into`, or where it is merged into. HX_NOTFOUND
 * when there is none. */
static int load_other(struct hx_machine *m, struct hx_step *s)
{
    uint64_t number = s->c->merged_into;
    int rc = HX_OK;
    if (s->data->into[0] && hx_number_parse(s->data->into, &number))
        rc = m->ops->ref_load(m->backend, s->event->source, s->data->into, &number);
    if (rc || !number)
        return rc;
    rc = hx_machine_look(m, number, &m->other);
    if (!rc)
        s->other = &m->other;
    return rc;
}

/* The row for this event, and the whole history with it when a case is imported. */
static bool take_event(struct hx_step *s, const struct hx_arrival *in, int event)
{
    bool import = !s->c->state && hx_import_wanted(s->data);
    if (import) { /* as of its own time */
        s->quiet = true;
        s->t_rcv = s->t_eff = in->event->t_occ ? in->event->t_occ : in->t_rcv;
    }
    return role_allowed(s, event) && version_fits(s) && hx_step_event(s, event) &&
           (!import || hx_machine_import(s, in->t_rcv));
}

static int step_on(struct hx_machine *m, struct hx_case *c, const struct hx_arrival *in,
                   const hxp_reply **reply)
{
    struct hx_step s;
    prepare(&s, m, c, in);
    int event = hx_rules_event(m->rules, in->event->type);
    int rc = m->ops->next_lsn(m->backend, &s.lsn);
    if (rc)
        return rc;
    rc = load_other(m, &s);
    if (rc == HX_NOTFOUND)
        return invalid(m, in, "NO_CASE", "into", reply);
    if (rc)
        return rc;
    bool is_new;
    rc = device_number_new(m, &s, &is_new);
    if (rc)
        return rc;
    bool taken = is_new && take_event(&s, in, event);
    if (s.overflow)
        return invalid(m, in, "CASE_FULL", NULL, reply);
    if (!taken && s.refusal_result == RESULT(INVALID))
        return invalid_for(m, in, s.refusal, invalid_text(m, s.refusal, NULL, s.required), reply);
    bool refs_free = true;
    if (taken && s.split)
        rc = hx_split_refs_free(m, in->event, &refs_free);
    if (rc)
        return rc;
    if (!refs_free)
        return invalid(m, in, "REF_TAKEN", "cases", reply);
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
    return rc || s.message < 0 || !s.other ? rc : deliver(m, &s);
}

/* ---- which case ---- */

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
        return invalid(m, in, "NO_CASE", NULL, reply);
    if (!rc)
        rc = hx_machine_catch_up(m, &m->work, judged_before(m, in));
    return rc ? rc : step_on(m, &m->work, in, reply);
}

/* Its case is not known yet: kept with its source's order (corner 7). */
static int park(struct hx_machine *m, const struct hx_arrival *in, const hxp_reply **reply)
{
    hxp_reply *r = new_reply(m, in, RESULT(PARKED), "PARKED");
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
    return rc ? rc : remember(m, in, 0, r->lsn);
}

/* A parked event is read back from the journal and applied as if it came now, with the time at
 * which we read it. */
static int apply_parked(struct hx_machine *m, uint64_t number, const struct hx_parked *p)
{
    hxp_entry *e;
    int rc = m->ops->entry_load(m->backend, p->lsn, m->arena, &e);
    if (rc)
        return rc;
    ProtobufCAllocator memory = hx_arena_allocator(m->arena);
    hxp_event *event = hongxin__v1__event__unpack(&memory, e->event.len, e->event.data);
    if (!event)
        return HX_CORRUPT;
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
 * journal does not depend on it. */
static void offer_similar(struct hx_machine *m, const struct hx_case *c, const hxp_reply *reply)
{
    uint64_t numbers[HX_SIMILAR_MAX];
    char number[HX_NUMBER_TEXT];
    hxp_reply *r = (hxp_reply *)(uintptr_t)reply;
    size_t n = m->similar ? m->similar(m->similar_ctx, c, numbers) : 0;
    r->candidates = n ? hx_arena_alloc(m->arena, n * sizeof *r->candidates) : NULL;
    for (size_t i = 0; r->candidates && i < n; i++)
        r->candidates[r->n_candidates++] =
            hx_arena_strdup(m->arena, hx_number_format(numbers[i], number));
}

static int report(struct hx_machine *m, const struct hx_arrival *in, uint64_t repeat_of,
                  const hxp_reply **reply)
{
    struct hx_case *c = &m->work;
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
    rc = step_on(m, c, in, reply);
    uint64_t number = c->number;
    if (rc || !number || !(*reply)->case_number)
        return rc;
    offer_similar(m, c, *reply);
    rc = save_refs(m, in, number);
    return rc || !in->event->case_ref[0] ? rc : unpark(m, in, number);
}

/* The same outside reference once more. While the case can still be reopened it is not a new one;
 * afterwards it is, with a link to the earlier (B6). */
static int report_again(struct hx_machine *m, uint64_t number, const struct hx_arrival *in,
                        const hxp_reply **reply)
{
    int rc = hx_machine_look(m, number, &m->work);
    if (!rc)
        rc = hx_machine_catch_up(m, &m->work, in->t_rcv);
    if (rc)
        return rc;
    int window = hx_rules_clock(m->rules, "K_REOPEN_WINDOW");
    const struct hx_clock *k = window > 0 ? hx_clock_last(&m->work, window) : NULL;
    if (hx_case_open(m->rules, &m->work) || (k && k->state == HX_CLOCK_RUNNING))
        return step_on(m, &m->work, in, reply);
    return report(m, in, number, reply);
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
        return invalid(m, in, "NO_CASE", "repeat_of", reply);
    if (!rc && hx_case_open(m->rules, &m->work))
        return invalid(m, in, "REPEAT_OF_OPEN", "repeat_of", reply);
    return rc ? rc : report(m, in, number, reply);
}

static int new_report(struct hx_machine *m, const struct hx_arrival *in, const hxp_reply **reply)
{
    bool repeat = hx_event_data(in->event)->repeat_of[0];
    return repeat ? report_repeat(m, in, reply) : report(m, in, 0, reply);
}

/* About no case: the city's desk says that it is there (corner 26). */
static int city_event(struct hx_machine *m, const struct hx_arrival *in, const hxp_reply **reply)
{
    struct hx_actor actor = {.role = HX_ROLE_NONE};
    hxp_reply *r = new_reply(m, in, RESULT(ACCEPTED), NULL);
    bool desk =
        hx_actor_parse(in->event->by, &actor) &&
        (strcmp(in->event->by, "city/desk") == 0 || strncmp(in->event->by, "city/desk/", 10) == 0);
    if (!r)
        return HX_NOMEM;
    if (in->event->case_number || in->event->case_ref[0])
        return invalid(m, in, "ABOUT_NO_CASE", "case", reply);
    if (!desk) {
        r->result = RESULT(NOT_ALLOWED);
        r->code = text("BAD_ROLE");
        r->message = text("only city/desk speaks for the city's desk");
    }
    *reply = r;
    int rc = hx_machine_note(m, in, r, NULL);
    if (!rc && desk)
        rc = hx_desk_present(m, in->t_rcv);
    return rc ? rc : remember(m, in, 0, r->lsn);
}

static int route_event(struct hx_machine *m, const struct hx_arrival *in, const hxp_reply **reply)
{
    const hxp_event *e = in->event;
    bool is_report = strcmp(e->type, "REPORTED") == 0;
    uint64_t number = e->case_number;
    if (m->rules->events[hx_rules_event(m->rules, e->type)].city)
        return city_event(m, in, reply);
    if (number)
        return apply_to(m, number, in, reply);
    if (!e->case_ref[0])
        return is_report ? new_report(m, in, reply) : invalid(m, in, "NO_CASE", NULL, reply);
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
        return invalid(m, in, "UNDECODABLE", NULL, reply);
    const char *code = hx_validate(m->rules, in->event, in->t_rcv, &field);
    if (code)
        return invalid(m, in, code, field, reply);
    struct hx_seen seen;
    uint8_t digest[16];
    int rc = m->ops->seen_load(m->backend, in->event->source, in->event->id, &seen);
    if (rc == HX_NOTFOUND)
        rc = route_event(m, in, reply);
    else if (!rc) {
        digest_of(in, digest);
        rc = memcmp(digest, seen.digest, sizeof digest) == 0
                 ? duplicate(m, in, seen.lsn, reply)
                 : conflict(m, in, &seen, digest, reply);
    }
    if (!rc && (*reply)->result != RESULT(INVALID))
        rc = hx_machine_count(m, in);
    return !rc && hx_arena_failed(m->arena) ? HX_NOMEM : rc;
}

int hx_machine_event(struct hx_machine *m, const struct hx_arrival *in, const hxp_reply **reply)
{
    m->in_event = true;
    m->caused_by = m->n_with = 0;
    int rc = apply_event(m, in, reply);
    m->in_event = false;
    m->caused_by = m->n_with = 0;
    return rc;
}
