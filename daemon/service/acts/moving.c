#include "service/acts/moving.h"

#include "base/log.h"
#include "service/acts/in_force.h"
#include "service/state.h"

#include <inttypes.h>

enum {
    MOVE_US = 5000,
    MOVE_BUSY_US = 1500, /* while events come in: they wait for it */
    MOVE_STEP = 512,
    LOOK_AT_CLOCK = 16, /* cases between two looks */
};

void moving_begin(struct service *s, const struct hx_version *x, uint64_t next, bool keep_holders)
{
    s->apply.move = (struct moving){
        .x = x, .next = next, .staged = next, .step = MOVE_STEP, .keep_holders = keep_holders};
}

struct numbers {
    uint64_t list[MOVE_STEP];
    size_t n;
};

static int collect(void *ctx, uint64_t number)
{
    struct numbers *n = ctx;
    n->list[n->n++] = number;
    return 0;
}

/* Most cases are not concerned: they are only read. */
static bool concerned(struct service *s, uint64_t number, const struct hx_change *change)
{
    struct hx_moves moves = {0};
    if (hx_store_case(s->store, number, &s->scratch) != HX_OK)
        return false;
    hx_change_preview(s->machine.rules, &s->scratch, change, s->machine.now, &moves);
    return moves.moved > 0;
}

static int save_progress(struct service *s, const struct hx_version *x, uint64_t next)
{
    hxp_rules_version *row;
    int rc = in_force_row(s, x, &row);
    if (rc || !row)
        return rc ? rc : HX_CORRUPT;
    row->next_case = next;
    return hx_store_rules_save(s->store, row, NULL, 0);
}

static void move_numbers(struct service *s, const struct numbers *n, const struct hx_change *change)
{
    struct moving *mv = &s->apply.move;
    int64_t until = mono_now_us() + (s->batch.items ? MOVE_BUSY_US : MOVE_US);
    for (size_t i = 0; i < n->n && !s->batch.error; i++) {
        if (i % LOOK_AT_CLOCK == LOOK_AT_CLOCK - 1 && mono_now_us() > until)
            return;
        mv->staged = n->list[i] + 1;
        if (!concerned(s, n->list[i], change) || batch_begin(s) != HX_OK)
            continue;
        int rc = hx_machine_apply(&s->machine, n->list[i], change, &mv->moves);
        if (rc && rc != HX_NOTFOUND)
            s->batch.error = rc;
    }
}

static void finish(struct service *s)
{
    struct moving *mv = &s->apply.move;
    hx_log(HX_LOG_INFO,
           "event=rules_applied kind=%s name=%s version=%u cases=%" PRIu64 " later=%" PRIu64
           " earlier=%" PRIu64 " rerouted=%" PRIu64,
           mv->x->kind, mv->x->name, mv->x->number, mv->moves.moved, mv->moves.later,
           mv->moves.earlier, mv->moves.rerouted);
    *mv = (struct moving){.x = NULL};
}

void moving_some(struct service *s)
{
    struct moving *mv = &s->apply.move;
    struct hx_change change;
    struct numbers *n = mv->x ? hx_arena_alloc(&s->arena, sizeof *n) : NULL;
    if (!n || s->batch.error || batch_paused(s))
        return;
    n->n = 0;
    hx_version_change(s->options.versions, mv->x, &change);
    if (mv->keep_holders)
        change.city_before = NULL;
    hx_machine_set_time(&s->machine, timebase_now(&s->time));
    if (hx_store_open_cases(s->store, NULL, mv->next - 1, mv->step, collect, n) != HX_OK)
        return;
    if (n->n)
        move_numbers(s, n, &change);
    else
        mv->staged = 0; /* all done */
    mv->in_batch = s->batch.error && s->batch.open;
    if (!s->batch.error && n->n && !s->batch.open)
        mv->next = mv->staged; /* nothing to write: looked at again after a crash */
    if (s->batch.error || (n->n && !s->batch.open))
        return;
    if (batch_begin(s) == HX_OK) {
        mv->in_batch = true;
        s->batch.error = save_progress(s, mv->x, mv->staged);
    }
}

/* Perhaps because of one of the cases: they are tried one by one, and that one is left out. */
void moving_failed(struct service *s)
{
    struct moving *mv = &s->apply.move;
    if (!mv->in_batch)
        return;
    mv->in_batch = false;
    if (mv->step == 1 && mv->staged > mv->next) {
        hx_log(HX_LOG_ERROR, "event=case_not_moved before=%" PRIu64, mv->staged);
        mv->next = mv->staged;
    }
    mv->staged = mv->next;
    mv->step = 1;
}

void moving_committed(struct service *s)
{
    struct moving *mv = &s->apply.move;
    if (!mv->x || !mv->in_batch)
        return;
    mv->in_batch = false;
    mv->next = mv->staged;
    mv->step = MOVE_STEP;
    if (!mv->next)
        finish(s);
}

void moving_resume(struct service *s, const hxp_rules_version *row)
{
    const struct hx_version *x =
        hx_versions_find(s->options.versions, row->kind, row->name, row->version);
    struct hx_problem why = {""};
    if (!x)
        return;
    if (hx_version_is_city(x) && hx_versions_past(s->options.versions, row->lsn, &why) != HX_OK)
        hx_log(HX_LOG_ERROR, "event=city_of_the_past \"%s\"", why.text); /* no case is rerouted */
    hx_log(HX_LOG_INFO, "event=rules_apply_goes_on kind=%s name=%s version=%u from_case=%" PRIu64,
           row->kind, row->name, row->version, row->next_case);
    moving_begin(s, x, row->next_case, !row->open);
}
