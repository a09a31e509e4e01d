/* One run: what is chosen for it, what happens when, and the daemon's lives from its first start to
 * the moment when everybody is at rest. */
#include "main/boot.h"
#include "property/world.h"
#include "sim/sim.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define EVENING_US (WORLD_EVENING * SIM_MS)

enum {
    REST_MINUTES = 40,
    AUDIT_MS = 5 * 60 * 1000, /* the doctor looks at everything in the end */
};

struct run {
    struct boot *b;
    const char *config;
    struct hx_limits limits;
    struct judged who;
    int64_t horizon_us;
    size_t lives;
    unsigned crashes_left;
    bool calm, over; /* nothing disturbs it any more; everybody is at rest */
};

/* ---- what happens to it ---- */

static void fault_ends(void *run, uint64_t unused)
{
    (void)run;
    (void)unused;
    disk_fault(DISK_WORKS);
    outage_end();
}

static void fault_begins(void *run, uint64_t fault)
{
    struct run *r = run;
    if (r->calm)
        return;
    outage_begin();
    disk_fault((enum disk_fault)fault);
    sim_at(sim.now_us + sim_span(10 * SIM_MS, 30 * SIM_SECOND), fault_ends, r, 0);
}

static void memory_comes_back(void *run, uint64_t unused)
{
    (void)run;
    (void)unused;
    sim.scarce = 0;
    outage_end();
}

static void memory_is_scarce(void *run, uint64_t one_of_so_many)
{
    struct run *r = run;
    if (r->calm || sim.scarce)
        return;
    outage_begin();
    sim.scarce = one_of_so_many;
    sim_at(sim.now_us + sim_span(SIM_SECOND, SIM_MINUTE), memory_comes_back, r, 0);
}

static void goes_away(void *run, uint64_t machine)
{
    struct run *r = run;
    if (!r->calm)
        reactor_away(sim_span(100 * SIM_MS, 10 * SIM_MINUTE), machine);
}

static void clock_is_set(void *run, uint64_t unused)
{
    struct run *r = run;
    (void)unused;
    if (r->calm)
        return;
    sim.synchronised = sim_chance(500);
    int64_t by = sim_span(SIM_MS, 40 * SIM_MINUTE);
    reactor_set_clock(sim_chance(500) ? by : -by);
}

static void clock_is_right(void *run, uint64_t unused)
{
    (void)run;
    (void)unused;
    sim.synchronised = true;
}

static void daemon_ends(void *run, uint64_t unused)
{
    struct run *r = run;
    (void)unused;
    if (!r->calm) {
        sim.counts.stops++;
        reactor_end();
    }
}

static bool at_rest(const struct run *r)
{
    struct hx_store *store = r->b->store;
    int64_t due;
    if (!store || !sources_settled(r->who.sources) ||
        !readers_caught_up(r->who.readers, hx_store_newest_lsn(store)))
        return false;
    return hx_store_due_first(store, &due) != HX_OK || due > reactor_engine_now();
}

/* Looked at each second once nothing disturbs it any more. */
static void rest(void *run, uint64_t seconds)
{
    struct run *r = run;
    r->over = at_rest(r);
    if (!r->over && seconds > REST_MINUTES * 60) {
        sim_fail("does not come to rest: events %s, readers %s",
                 sources_settled(r->who.sources) ? "answered" : "not answered",
                 r->b->store && readers_caught_up(r->who.readers, hx_store_newest_lsn(r->b->store))
                     ? "caught up"
                     : "behind");
        r->over = true;
    }
    if (r->over)
        reactor_end();
    else
        sim_at(sim.now_us + SIM_SECOND, rest, r, seconds + 1);
}

static void calm_down(void *run, uint64_t unused)
{
    struct run *r = run;
    (void)unused;
    r->calm = true;
    r->crashes_left = 0;
    sim.crash_at = UINT64_MAX;
    sim.loss = sim.doubling = 0;
    sim.synchronised = true;
    readers_calm(r->who.readers);
    rest(r, 0);
}

static void plan_some(struct run *r, unsigned most, sim_fn *fn, uint64_t number)
{
    for (uint64_t n = sim_draw(most + 1); n; n--)
        sim_at((int64_t)sim_draw((uint64_t)r->horizon_us), fn, r, number);
}

static void plan(struct run *r)
{
    for (int fault = DISK_WORKS + 1; fault < DISK_FAULTS; fault++)
        plan_some(r, 2, fault_begins, (uint64_t)fault);
    plan_some(r, 3, memory_is_scarce, 3);
    plan_some(r, 3, memory_is_scarce, 50);
    plan_some(r, 2, daemon_ends, 0);
    if (sim.scale == 1) {
        plan_some(r, 2, goes_away, 0);
        plan_some(r, 2, goes_away, 1);
        plan_some(r, 3, clock_is_set, 0);
        plan_some(r, 5, clock_is_right, 0);
    }
    sim_at(r->horizon_us, calm_down, r, 0);
}

/* ---- a run ---- */

static uint64_t one_of(const uint64_t *list, size_t n)
{
    return list[sim_draw(n)];
}
#define ONE_OF(...)                                                                                \
    one_of((const uint64_t[]){__VA_ARGS__},                                                        \
           sizeof((const uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t))

static void choose(struct run *r)
{
    struct hx_limits *l = &r->limits;
    sim.scale = (uint32_t)ONE_OF(1, 1, 60, 600, 3600);
    sim.wall_off_us = EVENING_US;
    sim.loss = (int)ONE_OF(0, 10, 100);
    sim.doubling = (int)ONE_OF(0, 10, 100);
    sim.delay_us = (int64_t)ONE_OF(1000, 50000, 2000000);
    sim.sync_us = (int64_t)ONE_OF(4000, 40000);
    r->horizon_us = sim.scale == 1 ? 120 * SIM_MINUTE : 6 * SIM_MINUTE;
    r->lives = ONE_OF(200, 2000, 4000);
    r->crashes_left = (unsigned)ONE_OF(0, 2, 5, 20);
    l->batch_items = ONE_OF(1, 7, 64, 4096);
    l->due_batch = ONE_OF(16, 1024);
    l->project_entries = ONE_OF(16, 512, 16384);
    l->project_ms = ONE_OF(1, 200);
    l->tail_bytes = HX_MIB;
    l->replay_entries = ONE_OF(8, 8192);
    l->check_point_entries = ONE_OF(20, 16384);
    l->audit_ms = AUDIT_MS;
}

/* A start reads everything anew, as a new process does. */
static bool load(struct run *r)
{
    struct hx_problem problem = {""};
    int rc = boot_load(r->b, r->config, &problem);
    if (rc == HX_OK)
        r->b->settings.limits = r->limits;
    else
        sim_fail("the configuration cannot be read: %s", problem.text);
    return rc == HX_OK;
}

static void go_down(struct run *r)
{
    sim.inside = false;
    net_down();
    boot_free(r->b);
    r->b->store = NULL;
    sim.running = false;
    if (sim.dead) {
        sim.counts.crashes++;
        disk_crash();
    }
    sim.dead = false;
    sim.crash_at = UINT64_MAX;
}

static void check_promises(const struct run *r)
{
    uint64_t newest = hx_store_newest_lsn(r->b->store);
    if (newest < sources_promised(r->who.sources))
        sim_fail("acknowledged up to %" PRIu64 ", starts with %" PRIu64,
                 sources_promised(r->who.sources), newest);
    if (newest < readers_shown(r->who.readers))
        sim_fail("shown up to %" PRIu64 ", starts with %" PRIu64, readers_shown(r->who.readers),
                 newest);
}

/* From a start to whatever ends it. */
static void live(struct run *r)
{
    struct hx_problem problem = {""};
    if (r->crashes_left && sim_chance(800)) {
        r->crashes_left--;
        sim.crash_at = sim.steps + (uint64_t)sim_span(1, 40000);
    }
    r->over |= !load(r);
    sim.running = sim.inside = true;
    sim.counts.starts++;
    if (boot_open(r->b, NULL, sim.scale, &problem) == HX_OK) {
        sim.inside = false;
        check_promises(r);
        net_up();
        sim.inside = true;
        (void)!boot_run(r->b, sim.scale, 0);
    } else if (!sim.dead && r->calm) {
        sim_fail("does not start: %s", problem.text);
        r->over = true;
    }
    go_down(r);
    if (!r->over)
        sim_pass(sim.now_us + sim_span(SIM_MS, sim.scale == 1 ? 2 * SIM_MINUTE : SIM_SECOND));
}

static bool make_store(struct run *r)
{
    struct hx_problem problem = {""};
    char path[300];
    if (!load(r) || boot_open(r->b, NULL, sim.scale, &problem) != HX_OK) {
        sim_fail("the store cannot be made: %s", problem.text);
        return false;
    }
    snprintf(path, sizeof path, "%s/data.mdb", r->b->settings.store_path);
    boot_free(r->b);
    r->b->store = NULL;
    disk_open(path);
    return true;
}

static void play(struct run *r)
{
    r->who.sources = sources_new(r->lives, r->horizon_us);
    r->who.readers = readers_new(1 + sim_draw(3));
    plan(r);
    outage_begin();
    while (!r->over)
        live(r);
    outage_end();
    disk_crash();
    if (load(r))
        judge_store(r->b, &r->who);
    boot_free(r->b);
    sources_free(r->who.sources);
    readers_free(r->who.readers);
}

uint64_t run_seed(const char *config, uint64_t seed)
{
    static struct boot b;
    struct run r = {.b = &b, .config = config};
    struct hx_problem problem = {""};
    sim_reset(seed);
    if (boot_load(&b, config, &problem) != HX_OK)
        sim_fail("the configuration cannot be read: %s", problem.text);
    r.limits = b.settings.limits;
    boot_free(&b);
    choose(&r);
    outages_clear();
    if (make_store(&r))
        play(&r);
    net_clear();
    sim_queue_clear();
    disk_fault(DISK_WORKS);
    disk_close();
    return sim.digest;
}
