/* A scenario of the traces, put through the machine over a store while calls fail: whatever the
 * life cycle can do has a scenario. What should become true is for tests/trace; here it must become
 * true in spite of the faults. Files that are applied, and variants of the city, are left out. */
#include "engine/notice/digest.h"
#include "faulted/town.h"
#include "hongxin/instant.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ENDPOINTS = 64, DRAIN_MS = 30000, DOUBT_MS = 60000, TURNS = 20000 };

struct scene {
    int64_t real, offset;                   /* true time, and what the wall clock shows more */
    int64_t down_from;                      /* 0 = we are up */
    int64_t wake_at;                        /* of a machine that sleeps; 0 = it does not */
    int64_t held_until;                     /* no deadline is judged before; 0 = they are judged */
    const struct scenario_action **waiting; /* sent while we were down */
    size_t n_waiting;
    struct hx_digest digest;
    struct endpoint {
        char name[64];
        bool down, slow;
    } endpoints[ENDPOINTS];
    size_t n_endpoints;
};

static struct scene scene;

/* ---- receivers ---- */

static const struct endpoint *endpoint(const char *name)
{
    for (size_t i = 0; i < scene.n_endpoints; i++)
        if (strcmp(scene.endpoints[i].name, name) == 0)
            return &scene.endpoints[i];
    return NULL;
}

static enum hx_reach reach(void *ctx, const char *holder)
{
    const struct endpoint *all = endpoint("*"), *one = endpoint(holder);
    (void)ctx;
    return all && all->down ? HX_REACH_OURS : one && one->down ? HX_REACH_DOWN : HX_REACH_UP;
}

static enum hx_reach fetched(void *ctx, const char *id, uint64_t lsn)
{
    const struct endpoint *all = endpoint("*"), *one = endpoint(id);
    enum hx_reach r = reach(ctx, id);
    (void)lsn;
    bool slow = (all && all->slow) || (one && one->slow);
    return r == HX_REACH_UP && !slow ? HX_REACH_FETCHED : r;
}

static void set_endpoint(const struct scenario_action *a)
{
    const char *colon = strncmp(a->name, "road:", 5) != 0 ? strchr(a->name, ':') : NULL;
    const char *name = colon ? colon + 1 : a->name;
    struct endpoint *e = (struct endpoint *)(uintptr_t)endpoint(name);
    if (!e && scene.n_endpoints < ENDPOINTS)
        e = &scene.endpoints[scene.n_endpoints++];
    if (!e)
        return;
    snprintf(e->name, sizeof e->name, "%s", name);
    e->down = strcmp(a->state, "down") == 0;
    e->slow = strcmp(a->state, "slow") == 0;
}

/* ---- what is done inside a transaction ---- */

static int publish(struct town *t, const void *what)
{
    const struct scenario_action *a = what;
    const hxp_reply *reply;
    const struct hx_arrival in = {.bytes = a->bytes,
                                  .size = a->size,
                                  .event = a->event,
                                  .t_rcv = hx_machine_receipt(&t->m, t->m.wall, t->m.now)};
    return hx_machine_event(&t->m, &in, &reply);
}

static int begin(struct town *t, const void *unused)
{
    (void)unused;
    return hx_machine_rota_begin(&t->m);
}

static int come_back(struct town *t, const void *unused)
{
    (void)unused;
    return hx_machine_outage(&t->m, scene.down_from, t->m.now, true);
}

static int redeliver(struct town *t, const void *number)
{
    int rc = hx_machine_redeliver(&t->m, *(const uint64_t *)number);
    return rc == HX_NOTFOUND ? HX_OK : rc;
}

static int go_on(struct town *t, const void *unused)
{
    (void)unused;
    int rc = t->m.dist.draining ? hx_machine_drained(&t->m) : HX_OK;
    return !rc && t->m.dist.doubt ? hx_machine_step_confirm(&t->m) : rc;
}

static int jump(struct town *t, const void *what)
{
    const struct scenario_action *a = what;
    int64_t from = t->m.wall - a->ms;
    return hx_machine_step(&t->m, from, from + a->ms);
}

static int tell_late(struct town *t, const void *unused)
{
    (void)unused;
    return hx_machine_digest(&t->m, &scene.digest);
}

/* ---- the clock ---- */

static void set_time(struct town *t, int64_t real)
{
    if (real > scene.real)
        scene.real = real;
    hx_machine_set_time(&t->m, scene.real + scene.offset);
}

/* Writes, and remembers for the digest what is on disk. */
static void act(struct town *t, const char *name, act_fn *fn, const void *what)
{
    const struct hx_stored *stored;
    uint64_t newest = hx_store_newest_lsn(t->st);
    town_write(t, name, fn, what);
    if (t->failed || hx_store_newest_lsn(t->st) == newest)
        return;
    size_t n = hx_store_batch(t->st, &stored);
    for (size_t i = 0; i < n; i++)
        hx_digest_add(&scene.digest, stored[i].entry);
}

static int64_t next_due(struct town *t)
{
    int64_t due, watch = hx_machine_watch_due(&t->m);
    if (hx_store_due_first(t->st, &due))
        due = INT64_MAX;
    due = watch < due ? watch : due;
    return due == INT64_MAX ? due : due - scene.offset;
}

/* Deadlines up to `until` in true time, each at its own. */
static void wait_until(struct town *t, int64_t until)
{
    for (int turns = 0; !t->failed && !scene.down_from; turns++) {
        int64_t next = scene.held_until ? scene.held_until : next_due(t);
        if (turns > TURNS)
            town_fail(t, "something falls due again and again");
        if (next >= until)
            break;
        set_time(t, next);
        if (scene.held_until) {
            act(t, "goes on", go_on, NULL);
            scene.held_until = 0;
        } else if (hx_machine_watch_due(&t->m) <= t->m.now) {
            act(t, "watches", town_ring, NULL);
        } else {
            act(t, "deadlines", town_judge, NULL);
        }
        if (hx_digest_due(&scene.digest, &t->m, false))
            act(t, "digest", tell_late, NULL);
    }
    set_time(t, until);
}

/* ---- actions ---- */

static void come_up(struct town *t)
{
    struct hx_store_stats stats;
    act(t, "comes back", come_back, NULL);
    scene.down_from = 0;
    scene.wake_at = 0;
    scene.held_until = scene.real + DRAIN_MS;
    for (size_t i = 0; i < scene.n_waiting; i++)
        act(t, "event that waited", publish, scene.waiting[i]);
    scene.n_waiting = 0;
    if (hx_store_stats(t->st, &stats))
        abort();
    for (uint64_t n = 1; n <= stats.cases; n++)
        act(t, "delivered again", redeliver, &n);
}

static void go_down(int64_t wake_at)
{
    scene.down_from = scene.real + scene.offset;
    scene.wake_at = wake_at;
}

static void play(struct town *t, const struct scenario_action *a)
{
    switch (a->kind) {
    case SCENARIO_EVENT:
        if (scene.down_from)
            scene.waiting[scene.n_waiting++] = a;
        else
            act(t, "event", publish, a);
        break;
    case SCENARIO_DOWN:
        go_down(0);
        break;
    case SCENARIO_SUSPEND:
        go_down(a->at + a->ms);
        break;
    case SCENARIO_UP:
        come_up(t);
        break;
    case SCENARIO_STEP:
        scene.offset += a->ms;
        set_time(t, scene.real);
        act(t, "clock jumps", jump, a);
        if (t->m.dist.doubt)
            scene.held_until = scene.real + DOUBT_MS;
        break;
    case SCENARIO_ENDPOINT:
        set_endpoint(a);
        break;
    default:
        break;
    }
}

static int project(struct town *t, const void *unused)
{
    (void)unused;
    size_t done;
    int rc;
    do {
        rc = hx_store_project(t->st, 5, &done);
    } while (!rc && done);
    return rc;
}

void town_scene(struct town *t, const struct scenario *s)
{
    memset(&scene, 0, sizeof scene);
    scene.waiting = calloc(s->n + 1, sizeof *scene.waiting);
    if (!scene.waiting)
        abort();
    t->m.reach = reach;
    t->m.fetched = fetched;
    set_time(t, s->actions[0].at);
    act(t, "begins", begin, NULL);
    for (size_t i = 0; i < s->n && !t->failed; i++) {
        if (scene.wake_at && scene.wake_at <= s->actions[i].at) {
            set_time(t, scene.wake_at);
            come_up(t);
        }
        wait_until(t, s->actions[i].at);
        play(t, &s->actions[i]);
    }
    wait_until(t, scene.real + HX_DAY);
    free(scene.waiting);
    town_do(t, "projections", project, NULL);
    town_read_all(t);
    if (t->examined)
        town_examine(t);
}
