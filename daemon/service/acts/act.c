#include "service/acts/act.h"

#include "base/log.h"
#include "service/state.h"
#include <stdio.h>
#include <string.h>

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

/* Ends the transaction in which everything was written, or something was not. */
static int settle(struct service *s, int written)
{
    s->batch.error = written;
    (void)batch_settle(s);
    int rc = s->batch.error;
    batch_reset(&s->batch);
    return rc;
}

int act_commit(struct service *s, const struct act *act, uint64_t *lsn)
{
    return settle(s, act_write(s, act, lsn));
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

/* ---- a changed registry ---- */

/* All that differs, in one transaction: a commit for each would take a large table's minutes. */
struct changes {
    struct service *service;
    size_t n;
    int rc; /* the first error */
};

static void record(struct changes *c, const char *act, const char *about, const char *detail)
{
    const struct act a = {
        .act = act, .by = "", .person = "", .about = about, .reason = "", .detail = detail};
    if (!c->n++)
        c->rc = act_begin(c->service);
    if (c->rc != HX_OK)
        return;
    c->rc = act_write(c->service, &a, NULL);
    hx_log(HX_LOG_WARN, "event=access act=%s about=%s", act, about);
}

static int end_changes(struct changes *c, size_t *n)
{
    *n = c->n;
    if (c->n && c->service->batch.open)
        c->rc = settle(c->service, c->rc);
    if (c->rc && c->rc != HX_AGAIN)
        hx_log(HX_LOG_ERROR, "event=access_not_recorded error=%s acts=%zu", hx_errname(c->rc),
               c->n);
    return c->rc;
}

/* The first bytes of a public key: enough to tell keys apart. */
static const char *short_key(const uint8_t *bytes, char text[20])
{
    snprintf(text, 20, "key %02x%02x%02x%02x", bytes[0], bytes[1], bytes[2], bytes[3]);
    return text;
}

static void compare_keys(struct changes *c, const struct hx_access *before,
                         const struct hx_access *now)
{
    const struct hx_access_key *k;
    char text[20];
    for (size_t at = 0; (k = hx_access_next_key(now, &at));) {
        const struct hx_access_key *old = hx_access_key(before, k->bytes);
        if (k->active && !(old && old->active))
            record(c, "KEY_ADDED", k->principal->name, short_key(k->bytes, text));
    }
    for (size_t at = 0; (k = hx_access_next_key(before, &at));) {
        const struct hx_access_key *new = hx_access_key(now, k->bytes);
        if (k->active && !(new &&new->active))
            record(c, "KEY_REVOKED", k->principal->name, short_key(k->bytes, text));
    }
}

static bool same_rights(const struct hx_principal *a, const struct hx_principal *b)
{
    if (strcmp(a->role->name, b->role->name) != 0 || a->role->rights != b->role->rights ||
        a->role->claims != b->role->claims || a->role->hides != b->role->hides ||
        a->role->hides_confidential != b->role->hides_confidential || a->city != b->city ||
        a->n_areas != b->n_areas || a->n_sources != b->n_sources || a->any_source != b->any_source)
        return false;
    for (size_t i = 0; i < a->n_areas; i++)
        if (strcmp(a->areas[i], b->areas[i]) != 0)
            return false;
    for (size_t i = 0; i < a->n_sources; i++)
        if (strcmp(a->sources[i], b->sources[i]) != 0)
            return false;
    return true;
}

int act_access(struct service *s, const struct hx_access *before, const struct hx_access *now,
               size_t *n)
{
    struct changes c = {.service = s};
    const struct hx_principal *p;
    compare_keys(&c, before, now);
    for (size_t i = 0; (p = hx_access_principal(now, i)); i++) {
        const struct hx_principal *old = hx_access_find(before, p->name);
        if (old && !same_rights(old, p))
            record(&c, "RIGHTS_CHANGED", p->name, p->role->name);
    }
    return end_changes(&c, n);
}

/* ---- changed devices ---- */

/* One that has another key or speaks for another holder is another device. */
static bool has_device(const struct hx_devices *devices, const struct hx_device *d)
{
    const struct hx_device *own = hx_device_find(devices, d->id);
    return own && strcmp(own->holder, d->holder) == 0 &&
           memcmp(own->key, d->key, sizeof d->key) == 0;
}

static void record_missing(struct changes *c, const char *act, const struct hx_devices *of,
                           const struct hx_devices *in)
{
    const struct hx_device *d;
    char key[20], detail[HX_ID_MAX + sizeof key + 2];
    for (size_t i = 0; (d = hx_device_at(of, i)); i++) {
        if (has_device(in, d))
            continue;
        snprintf(detail, sizeof detail, "%s, %s", d->holder, short_key(d->key, key));
        record(c, act, d->id, detail);
    }
}

int act_devices(struct service *s, const struct hx_devices *before, const struct hx_devices *now,
                size_t *n)
{
    struct changes c = {.service = s};
    record_missing(&c, "DEVICE_REVOKED", before, now);
    record_missing(&c, "DEVICE_ADDED", now, before);
    return end_changes(&c, n);
}
