#include "service/locks/lock.h"

#include "base/log.h"
#include "service/doors/crowd.h"
#include "service/state.h"
#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

/* Events that a tenant may still send; filled with time. */
struct lock_bucket {
    char name[HX_PRINCIPAL_MAX];
    double level;
    int64_t at_us;
};

/* ---- quotas ---- */

static const struct lock_bucket *find_bucket(const struct lock *l, const char *name)
{
    for (size_t i = 0; i < l->n_buckets; i++)
        if (strcmp(l->buckets[i].name, name) == 0)
            return &l->buckets[i];
    return NULL;
}

/* Levels survive a new registry: nobody gets a fresh quota by a change of the file. */
static int make_buckets(struct lock *l, const struct hx_access *access)
{
    size_t n = 0;
    while (hx_access_tenant(access, n))
        n++;
    struct lock_bucket *buckets = calloc(n + 1, sizeof *buckets);
    if (!buckets)
        return HX_NOMEM;
    for (size_t i = 0; i < n; i++) {
        const struct hx_tenant *t = hx_access_tenant(access, i);
        const struct lock_bucket *before = find_bucket(l, t->name);
        buckets[i] = before
                         ? *before
                         : (struct lock_bucket){.level = (double)t->burst, .at_us = mono_now_us()};
        memcpy(buckets[i].name, t->name, sizeof t->name);
    }
    free(l->buckets);
    l->buckets = buckets;
    l->n_buckets = n;
    return HX_OK;
}

uint64_t lock_quota(struct lock *l, const struct hx_principal *who, size_t n)
{
    const struct hx_tenant *t = who ? hx_access_tenant(l->access, who->tenant) : NULL;
    if (!t || !t->events_per_second)
        return 0;
    struct lock_bucket *b = &l->buckets[who->tenant];
    int64_t now = mono_now_us();
    double rate = (double)t->events_per_second, most = (double)t->burst;
    b->level += (double)(now - b->at_us) * rate / 1e6;
    b->at_us = now;
    if (b->level > most)
        b->level = most;
    double wanted =
        (double)n < most ? (double)n : most; /* one message may be larger than the burst */
    if (b->level >= wanted) {
        b->level -= (double)n;
        return 0;
    }
    l->over_quota += n;
    return 1 + (uint64_t)((wanted - b->level) * 1000 / rate);
}

/* ---- files ---- */

static int load(struct lock *l, struct hx_access **access)
{
    struct hx_problem problem = {""};
    hx_file_look(&l->principals);
    hx_file_look(&l->roles);
    int rc = hx_access_load(l->principals.path, l->roles.path, l->city, access, &problem);
    if (rc == HX_OK && make_buckets(l, *access) != HX_OK) {
        hx_access_free(*access);
        *access = NULL;
        (void)hx_problem_set(&problem, "out of memory");
        rc = HX_NOMEM;
    }
    hx_file_judged(&l->principals, rc); /* reading the one is reading both */
    if (rc != HX_OK)
        hx_log(HX_LOG_ERROR, "event=access_refused \"%s\"", problem.text);
    return rc;
}

static int load_key(struct lock *l, const char *path)
{
    l->key = sodium_malloc(sizeof *l->key);
    if (!l->key)
        return HX_NOMEM;
    int rc = hx_key_load(path, l->key);
    if (rc != HX_OK)
        hx_log(HX_LOG_ERROR,
               "event=server_key_refused error=%s file=%s \"%s; hongxin key server makes one\"",
               hx_errname(rc), path, hx_strerror(rc));
    return rc;
}

int lock_open(struct service *s)
{
    struct lock *l = &s->lock;
    const struct service_options *o = &s->options;
    size_t acts;
    l->told.name = "access";
    if (!o->principals_file || !*o->principals_file)
        return told_use(s, &l->told, told_of_access(NULL), &acts);
    l->principals.path = o->principals_file;
    l->roles.path = o->roles_file;
    l->city = o->city;
    bool keys = o->server_key_file && *o->server_key_file;
    int rc = keys ? load_key(l, o->server_key_file) : HX_OK;
    if (rc == HX_OK)
        rc = load(l, &l->access);
    if (rc == HX_OK && keys)
        rc = zap_open(&l->zap, s->zmq, l->access, crowd_known);
    if (rc == HX_OK && keys)
        crowd_limit((uint32_t)s->options.limits->newcomers, hx_store_folder(s->options.store));
    l->on = keys && rc == HX_OK;
    if (rc == HX_OK)
        silence_use(&s->silence, l->access);
    return rc == HX_OK ? told_use(s, &l->told, told_of_access(l->access), &acts) : rc;
}

void lock_close(struct lock *l)
{
    sodium_free(l->key); /* clears it too */
    zap_close(l->zap);
    crowd_unlimit();
    hx_access_free(l->access);
    told_close(&l->told);
    free(l->buckets);
    *l = (struct lock){0};
}

/* ---- a changed registry ---- */

static bool may_stream(const struct hx_access_key *k)
{
    return k && k->active && k->principal->city && hx_principal_has(k->principal, HX_RIGHT_stream);
}

/* A key that could see the whole city and may not any more is cut off by closing the door once for
 * all. */
static bool stream_narrowed(const struct hx_access *before, const struct hx_access *now)
{
    const struct hx_access_key *k;
    for (size_t at = 0; (k = hx_access_next_key(before, &at));)
        if (may_stream(k) && !may_stream(hx_access_key(now, k->bytes)))
            return true;
    return false;
}

static void reload(struct service *s)
{
    struct lock *l = &s->lock;
    struct hx_access *now, *before = l->access;
    size_t acts;
    if (load(l, &now) != HX_OK) {
        l->failed_loads++;
        return;
    }
    if (l->zap)
        zap_use(l->zap, now);
    l->access = now;
    l->loads++;
    silence_use(&s->silence, now);
    feeds_relock(s);
    if (l->on && stream_narrowed(before, now) && publisher_reopen(&s->publisher) != HX_OK)
        hx_log(HX_LOG_ERROR, "event=door_lost door=pub");
    hx_access_free(before);
    live_tail_untag(&s->tail);
    int rc = told_use(s, &l->told, told_of_access(now), &acts);
    if (rc != HX_OK) /* no memory: read once more, for the journal */
        hx_file_judged(&l->principals, rc);
    if (acts)
        hx_log(HX_LOG_WARN, "event=access_changed file=%s acts=%zu", l->principals.path, acts);
    else /* quotas and texts, or nothing: a backup's hard link touches a file as well */
        hx_log(HX_LOG_INFO, "event=access_read file=%s", l->principals.path);
}

void lock_turn(struct service *s)
{
    struct lock *l = &s->lock;
    if (l->access && (hx_file_changed(&l->principals) || hx_file_changed(&l->roles)))
        reload(s);
    told_turn(s, &l->told);
}

/* ---- messages ---- */

static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

const struct hx_principal *lock_who(const struct lock *l, const char *user)
{
    uint8_t bytes[HX_PUBLIC_KEY];
    if (!user || strlen(user) != ZAP_USER - 1)
        return NULL;
    for (size_t i = 0; i < HX_PUBLIC_KEY; i++) {
        int high = digit(user[2 * i]), low = digit(user[2 * i + 1]);
        if (high < 0 || low < 0)
            return NULL;
        bytes[i] = (uint8_t)(high * 16 + low);
    }
    const struct hx_access_key *key = hx_access_key(l->access, bytes);
    return key && key->active ? key->principal : NULL;
}

static bool within(const struct hx_principal *key, const struct hx_principal *p)
{
    if (key->city)
        return true;
    for (size_t i = 0; i < p->n_areas; i++) {
        bool found = false;
        for (size_t j = 0; j < key->n_areas && !found; j++)
            found = strcmp(p->areas[i], key->areas[j]) == 0;
        if (!found)
            return false;
    }
    return !p->city;
}

bool lock_behalf(const struct lock *l, const struct hx_principal *key, const char *behalf,
                 const struct hx_principal **who)
{
    *who = key;
    if (!*behalf || !l->access)
        return true;
    const struct hx_principal *p = hx_access_find(l->access, behalf);
    bool may = !l->on || (key && hx_principal_has(key, HX_RIGHT_behalf));
    if (!may || !p || !p->active || hx_principal_has(p, HX_RIGHT_behalf) ||
        (key && !within(key, p)))
        return false;
    *who = p;
    return true;
}
