#include "service/acts/act.h"

#include "service/state.h"

int act_begin(struct service *s)
{
    (void)batch_settle(s); /* a failure shows in what follows, and again in the turn's own batch */
    batch_reset(&s->batch);
    if (batch_paused(s))
        return HX_AGAIN;
    hx_machine_set_time(&s->machine, timebase_now(&s->time));
    return batch_begin(s);
}

int act_write(struct service *s, const struct act *a, uint64_t *lsn)
{
    hxp_audit_fact *f = hx_arena_alloc(&s->arena, sizeof *f);
    uint64_t number = 0;
    if (!f)
        return HX_NOMEM;
    hongxin__v1__audit_fact__init(f);
    f->act = hx_arena_strdup(&s->arena, a->act);
    f->by = hx_arena_strdup(&s->arena, a->by);
    f->person = hx_arena_strdup(&s->arena, a->person);
    f->about = hx_arena_strdup(&s->arena, a->about);
    f->reason = hx_arena_strdup(&s->arena, a->reason);
    f->detail = hx_arena_strdup(&s->arena, a->detail);
    int rc = hx_arena_failed(&s->arena) ? HX_NOMEM : hx_machine_act(&s->machine, f, &number);
    if (lsn)
        *lsn = number;
    return rc;
}

int act_end(struct service *s, int written)
{
    s->batch.error = written;
    (void)batch_settle(s);
    int rc = s->batch.error;
    batch_reset(&s->batch);
    return rc;
}

int act_commit(struct service *s, const struct act *act, uint64_t *lsn)
{
    return act_end(s, act_write(s, act, lsn));
}

void act_abort(struct service *s)
{
    hx_store_abort(s->store);
    batch_reset(&s->batch);
}

void act_life_begin(struct service *s, const char *act)
{
    s->life = hx_store_newest_lsn(s->store) ? act : NULL;
}

int act_life(struct service *s)
{
    const struct act a = {.act = s->life,
                          .by = "",
                          .person = "",
                          .about = "hongxind",
                          .reason = "",
                          .detail = HX_VERSION};
    return act_write(s, &a, NULL);
}
