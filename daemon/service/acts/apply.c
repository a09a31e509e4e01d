#include "service/acts/apply.h"

#include "base/log.h"
#include "base/text.h"
#include "engine/step.h"
#include "service/acts/act.h"
#include "service/acts/in_force.h"
#include "service/state.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum {
    PREVIEW_US = 4000, /* of a turn */
    PREVIEW_STEP = 2048,
    LOOK_AT_CLOCK = 16, /* cases between two looks */
    FAULTS = 20,        /* of a file, told in one answer */
};

#define STATE(name) HONGXIN__V1__RULES_VERSION__STATE__##name

/* ---- answers ---- */

static void send(struct service *s, const struct apply_question *q, hxp_response *answer)
{
    answer->request = q->number;
    if (door_send(q->door, &q->peer, answer) != HX_OK)
        s->counters.replies_lost++;
}

static void refuse(struct service *s, const struct apply_question *q, const char *code,
                   const char *message)
{
    Hongxin__V1__Problem problem = HONGXIN__V1__PROBLEM__INIT;
    hxp_response answer = HONGXIN__V1__RESPONSE__INIT;
    problem.request = q->number;
    problem.code = hx_text_field(code);
    problem.message = hx_text_field(message);
    answer.answer_case = HONGXIN__V1__RESPONSE__ANSWER_PROBLEM;
    answer.problem = &problem;
    counters_code(&s->counters, code);
    send(s, q, &answer);
}

static void done(struct service *s, struct apply_question *q)
{
    hx_version_free(q->x);
    *q = (struct apply_question){.x = NULL};
    (void)s;
}

static void answer(struct service *s, const struct apply_question *q, const hxp_rules_version *row,
                   const char *state)
{
    Hongxin__V1__ApplyAnswer a = HONGXIN__V1__APPLY_ANSWER__INIT;
    hxp_response message = HONGXIN__V1__RESPONSE__INIT;
    char digest[2 * HX_DIGEST_SIZE + 1];
    a.kind = row->kind;
    a.name = row->name;
    a.version = row->version;
    a.digest = sodium_bin2hex(digest, sizeof digest, row->digest.data, row->digest.len);
    a.state = hx_text_field(state);
    a.cases = row->cases;
    a.later = row->later;
    a.earlier = row->earlier;
    a.earliest = row->earliest;
    a.rerouted = row->rerouted;
    a.posts = row->posts;
    a.asked_by = row->asked_by;
    a.why = row->why;
    a.only_new = !row->open;
    a.lsn = row->lsn;
    message.answer_case = HONGXIN__V1__RESPONSE__ANSWER_APPLY;
    message.apply = &a;
    send(s, q, &message);
}

/* ---- the question ---- */

/* A named person of the operator or the city. */
static bool may_apply(const char *by, const struct hx_principal *who)
{
    struct hx_actor a;
    if (!hx_actor_parse(by, &a) || !a.person[0] ||
        (a.role != HX_ROLE_operator && a.role != HX_ROLE_city))
        return false;
    return !who || who->role->claims & (UINT32_C(1) << a.role);
}

static bool judge_person(struct service *s, const struct request *r, const struct apply_question *q)
{
    if ((!q->ask && !q->agree) || may_apply(q->by, r->who))
        return true;
    refuse(
        s, q, "BAD_PERSON",
        "by must name a person of operator or city for whom this client may speak: operator/wang");
    return false;
}

/* Every fault of what was sent, a line each; of several, the first begins a line, too. */
struct faults {
    struct hx_arena *arena;
    const char *text;
    bool several;
};

static void add_fault(void *ctx, const struct hx_problem *problem)
{
    struct faults *f = ctx;
    const char *more = hx_arena_printf(f->arena, "%s%s%s%s", *f->text && !f->several ? "\n" : "",
                                       f->text, *f->text ? "\n" : "", problem->text);
    f->several = *f->text;
    f->text = more ? more : f->text;
}

static bool read_version(struct service *s, struct apply_question *q, const Hongxin__V1__Apply *a)
{
    struct hx_problem why = {""};
    struct faults all = {&s->arena, "", false};
    const struct hx_problems hear = {add_fault, &all, FAULTS};
    char *text = hx_arena_strndup(&s->arena, (const char *)a->content.data, a->content.len);
    struct hx_versions *v = s->options.versions;
    bool fits = a->content.len <= HX_VERSION_FILE_MAX || (text && hx_city_is_bundle(text));
    hx_versions_hear(v, &hear);
    int rc = text && fits
                 ? hx_version_read(v, *a->file ? a->file : "file", text, strlen(text), &q->x, &why)
                 : hx_problem_set(&why, "%s: larger than %d bytes", a->file, HX_VERSION_FILE_MAX);
    hx_versions_hear(v, NULL);
    if (!rc)
        rc = hx_version_follows(v, q->x, s->machine.now, &why);
    if (rc == HX_EXISTS)
        hx_problem_set(&why, "%s: this version is in force already", a->file);
    if (rc)
        refuse(s, q, "RULES_REFUSED",
               *all.text   ? all.text
               : *why.text ? why.text
                           : hx_strerror(rc));
    return rc == HX_OK;
}

void handle_apply(struct service *s, const struct request *r)
{
    const Hongxin__V1__Apply *a = r->message->apply;
    struct apply_question *q = &s->apply.question;
    if (q->x || (s->apply.move.x && a->step == HONGXIN__V1__APPLY__STEP__AGREE)) {
        service_problem(
            s, r, "APPLY_BUSY",
            "another version is being previewed, or open cases are being moved: ask again later");
        return;
    }
    *q = (struct apply_question){.door = r->door,
                                 .peer = *r->peer,
                                 .number = r->message->request,
                                 .ask = a->step == HONGXIN__V1__APPLY__STEP__ASK,
                                 .agree = a->step == HONGXIN__V1__APPLY__STEP__AGREE,
                                 .only_new = a->only_new};
    hx_text_put(q->by, sizeof q->by, a->by);
    hx_text_put(q->principal, sizeof q->principal, r->who ? r->who->name : "");
    hx_text_put(q->why, sizeof q->why, a->why);
    hx_machine_set_time(&s->machine, timebase_now(&s->time));
    if (!judge_person(s, r, q) || !read_version(s, q, a))
        done(s, q);
}

/* ---- preview ---- */

struct preview {
    struct service *s;
    struct hx_change change;
    int64_t until;
    size_t n;
};

static int look(void *ctx, uint64_t number)
{
    struct preview *p = ctx;
    struct apply_question *q = &p->s->apply.question;
    q->after = number;
    if (hx_store_case(p->s->store, number, &p->s->scratch) == HX_OK)
        hx_change_preview(p->s->machine.rules, &p->s->scratch, &p->change, p->s->machine.now,
                          &q->moves);
    return ++p->n % LOOK_AT_CLOCK == 0 && mono_now_us() > p->until;
}

static void describe(const struct apply_question *q, const char *asked_by, hxp_rules_version *row)
{
    in_force_describe(q->x, row);
    row->state = STATE(ASKED);
    row->asked_by = hx_text_field(asked_by);
    row->asked_with = hx_text_field(q->principal);
    row->why = hx_text_field(q->why);
    row->open = !q->only_new;
    row->cases = q->moves.cases;
    row->later = q->moves.later;
    row->earlier = q->moves.earlier;
    row->earliest = q->moves.earliest;
    row->rerouted = q->moves.rerouted;
    row->posts = q->moves.posts;
}

/* In the open transaction: who asked for it, or agreed to it, is an administrative act. */
static int record(struct service *s, const struct apply_question *q, const char *act)
{
    const struct act a = {
        .act = act,
        .by = q->principal,
        .person = q->by,
        .about = hx_arena_printf(&s->arena, "%s %s/%" PRIu32, q->x->kind, q->x->name, q->x->number),
        .reason = q->why,
        .detail = ""};
    return hx_arena_failed(&s->arena) ? HX_NOMEM : act_write(s, &a, NULL);
}

/* A transaction of its own beside the turn's batch, begun with what is to be recorded of an outage.
 * After an error the end only takes back. */
static int begin(struct service *s)
{
    int rc = hx_store_begin(s->store);
    return rc ? rc : hold_record(s);
}

static int end(struct service *s, int rc)
{
    if (rc)
        hx_store_abort(s->store);
    else
        rc = hx_store_commit(s->store);
    if (rc)
        hold_undo(s);
    else
        hold_recorded(s);
    return rc;
}

static int save(struct service *s, const hxp_rules_version *row, const struct apply_question *q)
{
    int rc = begin(s);
    if (!rc)
        rc = hx_store_rules_save(s->store, row, q->x->text, q->x->size);
    if (!rc)
        rc = record(s, q, "RULES_ASKED");
    rc = end(s, rc);
    if (!rc)
        batch_show(s);
    return rc;
}

static void previewed(struct service *s, struct apply_question *q)
{
    hxp_rules_version row;
    struct hx_change change;
    hx_version_change(s->options.versions, q->x, &change);
    q->moves.posts = hx_change_posts(s->machine.rules, &change, s->machine.now);
    describe(q, q->ask ? q->by : "", &row);
    row.t_rec = s->machine.now;
    if (!q->ask)
        answer(s, q, &row, "PREVIEWED");
    else if (save(s, &row, q) == HX_OK)
        answer(s, q, &row, "ASKED");
    else
        refuse(s, q, "STORE_TROUBLE", "nothing was changed: try again");
    done(s, q);
}

static void preview_step(struct service *s, struct apply_question *q)
{
    struct preview p = {.s = s, .until = mono_now_us() + PREVIEW_US};
    hx_version_change(s->options.versions, q->x, &p.change);
    if (hx_store_open_cases(s->store, NULL, q->after, PREVIEW_STEP, look, &p) != HX_OK) {
        refuse(s, q, "STORE_TROUBLE", "nothing was changed: try again");
        done(s, q);
    } else if (p.n < PREVIEW_STEP && mono_now_us() <= p.until) {
        previewed(s, q);
    }
}

/* ---- into force ---- */

int apply_tell(struct service *s, const struct hx_version *x, const hxp_rules_version *row,
               uint64_t *lsn)
{
    struct hx_machine *m = &s->machine;
    hxp_rules_fact *f = hx_arena_alloc(&s->arena, sizeof *f);
    char *digest = hx_arena_alloc(&s->arena, 2 * HX_DIGEST_SIZE + 1);
    if (!f || !digest)
        return HX_NOMEM;
    hongxin__v1__rules_fact__init(f);
    f->kind = hx_text_field(x->kind);
    f->name = hx_text_field(x->name);
    f->version = x->number;
    f->digest = sodium_bin2hex(digest, 2 * HX_DIGEST_SIZE + 1, x->digest, sizeof x->digest);
    f->asked_by = row->asked_by;
    f->agreed_by = row->agreed_by;
    f->why = row->why;
    f->open = row->open;
    f->cases = row->cases;
    f->later = row->later;
    f->earlier = row->earlier;
    f->earliest = row->earliest;
    f->rerouted = row->rerouted;
    f->posts = row->posts;
    int rc = m->ops->next_lsn(m->backend, lsn);
    return rc ? rc : hx_machine_in_force(m, f);
}

static int write_in_force(struct service *s, const struct apply_question *q, hxp_rules_version *row)
{
    const struct hx_version *x = q->x;
    uint64_t lsn = 0;
    int rc = begin(s);
    if (!rc)
        rc = apply_tell(s, x, row, &lsn);
    if (!rc)
        rc = record(s, q, "RULES_AGREED");
    row->lsn = lsn;
    row->state = STATE(IN_FORCE);
    row->t_rec = s->machine.now;
    row->next_case = row->open || hx_version_is_city(x);
    if (!rc)
        rc = hx_store_rules_save(s->store, row, x->text, x->size);
    return end(s, rc);
}

/* On disk first, then in memory: no clock may be pinned to what could be lost. */
static void come_into_force(struct service *s, struct apply_question *q, hxp_rules_version *row)
{
    struct hx_problem why = {""};
    struct hx_versions *v = s->options.versions;
    if (write_in_force(s, q, row) != HX_OK) {
        refuse(s, q, "STORE_TROUBLE", "nothing was changed: try again");
        return;
    }
    batch_show(s);
    if (hx_versions_put(v, q->x, &why) != HX_OK) {
        hx_log(HX_LOG_ERROR, "event=rules_not_in_force \"%s\"", why.text);
        refuse(s, q, "RULES_REFUSED", why.text);
        return;
    }
    q->x->by_persons = true;
    hx_version_came(v, q->x, row->lsn, row->open);
    s->machine.rules = hx_versions_rules(v);
    service_use_city(s);
    hx_log(HX_LOG_INFO,
           "event=rules_in_force kind=%s name=%s version=%u asked_by=%s agreed_by=%s later=%" PRIu64
           " earlier=%" PRIu64 " rerouted=%" PRIu64,
           row->kind, row->name, row->version, row->asked_by, row->agreed_by, row->later,
           row->earlier, row->rerouted);
    if (row->next_case)
        moving_begin(s, q->x, 1, !row->open);
    answer(s, q, row, "IN_FORCE");
    q->x = NULL; /* the versions have it */
}

/* One key is one person, whatever names it gives; so is one name, whatever role it speaks for. */
static bool same_person(const hxp_rules_version *row, const struct apply_question *q)
{
    return hx_actor_same(row->asked_by, q->by) ||
           (q->principal[0] && strcmp(row->asked_with, q->principal) == 0);
}

static void agree(struct service *s, struct apply_question *q)
{
    hxp_rules_version *row;
    if (in_force_row(s, q->x, &row) != HX_OK) {
        refuse(s, q, "STORE_TROUBLE", "nothing was changed: try again");
    } else if (!row || row->state != STATE(ASKED) || row->digest.len != sizeof q->x->digest ||
               memcmp(row->digest.data, q->x->digest, sizeof q->x->digest) != 0) {
        refuse(s, q, "NOT_ASKED", "nobody has asked for this very file");
    } else if (same_person(row, q)) {
        refuse(s, q, "SAME_PERSON",
               "another person than the one who asked must agree, with a key of his own");
    } else {
        row->agreed_by = q->by;
        come_into_force(s, q, row);
    }
    done(s, q);
}

void apply_turn(struct service *s)
{
    struct apply_question *q = &s->apply.question;
    if (!q->x || batch_paused(s))
        return;
    hx_machine_set_time(&s->machine, timebase_now(&s->time));
    if (q->agree)
        agree(s, q);
    else
        preview_step(s, q);
}

bool apply_busy(const struct service *s)
{
    return (s->apply.question.x || s->apply.move.x) && !batch_paused(s);
}

void apply_fini(struct service *s)
{
    hx_version_free(s->apply.question.x);
}
