/* The whole machine: the input is a program of events and waits for two cases. Whatever comes, the
 * invariants hold (property/invariants.h): owner seconds add up, nothing fires twice or early, an
 * open case has a row at its next mark, and packing is stable. */
#include "base/text.h"
#include "fuzz.h"
#include "hongxin/instant.h"
#include "property/invariants.h"
#include "property/world.h"

#include <stdio.h>
#include <stdlib.h>

static const int64_t START = WORLD_EVENING;

struct program {
    const uint8_t *p, *end;
};

static unsigned next(struct program *g, unsigned below)
{
    return g->p < g->end ? *g->p++ % below : 0;
}

static void fill(struct program *g, hxp_data *d)
{
    static const char *const classes[] = {"SMALL",     "SERIOUS", "COMPLEX", "SPECIAL",
                                          "EMERGENCY", "",        "NONE"};
    static const char *const reasons[] = {"DUTY",     "PLACE",         "PARTS", "WEATHER",
                                          "NO_ENTRY", "OWNER_UNCLEAR", "x"};
    static const char *const holders[] = {"P-07", "U-3", "C-03", "", "nobody"};
    static const char *const clocks[] = {"K_ARRIVE", "K_RESOLVE", "K_PLAN", "K_SUPERVISE", "x"};
    static char *evidence[] = {(char *)"photo", (char *)"signature"};
    static char *steps[] = {(char *)"one"};
    d->class_ = hx_text_field(classes[next(g, 7)]);
    d->reason = hx_text_field(reasons[next(g, 7)]);
    d->holder = hx_text_field(holders[next(g, 5)]);
    d->clock = hx_text_field(clocks[next(g, 5)]);
    d->level = (char *)"L2";
    d->place = hx_text_field(next(g, 3) ? "B-0417" : "");
    d->evidence = evidence;
    d->n_evidence = next(g, 3);
    d->steps = steps;
    d->n_steps = next(g, 2);
    d->person = d->order = d->warning = d->onsite_code = d->why = d->unit = d->receipt =
        d->dispute = (char *)"x";
    d->into = hx_text_field(next(g, 2) ? "B" : "A");
    d->party = hx_text_field(next(g, 2) ? "x" : "");
    d->safety = next(g, 4) == 0;
    d->rating = next(g, 6);
}

static void publish(struct hx_machine *m, struct program *g, unsigned id)
{
    static const char *const by[] = {"holder:P-07/li", "manager:P-07/zhao", "dispatcher:C-03/x",
                                     "reporter",       "callback/wu",       "street:S-02/wang",
                                     "city/a",         "community:C-03/y",  "holder:U-3/k",
                                     "operator/o"};
    uint8_t bytes[2048];
    char name[16];
    hxp_event e = HONGXIN__V1__EVENT__INIT;
    hxp_data d = HONGXIN__V1__DATA__INIT;
    snprintf(name, sizeof name, "%u", id);
    fill(g, &d);
    unsigned type = next(g, m->rules->n_events);
    e.id = name;
    e.source = (char *)"fuzz";
    e.type = hx_text_field(m->rules->events[type].name);
    e.case_ref = hx_text_field(next(g, 4) ? "A" : "B");
    e.by = hx_text_field(by[next(g, 10)]);
    e.proof = (Hongxin__V1__Proof)next(g, 6);
    e.t_occ = m->now - (int64_t)next(g, 200) * 1000;
    int64_t ahead = m->now + (int64_t)next(g, 200) * HX_MINUTE;
    d.date = d.until = d.deadline = next(g, 2) ? ahead : 0;
    e.data = &d;
    size_t n = hongxin__v1__event__pack(&e, bytes);
    struct hx_arrival in = {.bytes = bytes, .size = n, .event = &e, .t_rcv = m->now};
    const hxp_reply *reply = NULL;
    if (hx_machine_event(m, &in, &reply) || !reply)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct world w;
    static struct invariants v;
    struct program g = {data, data + size};
    v = (struct invariants){.rules = world_rules()};
    world_open(&w, START);
    for (unsigned id = 1; g.p < g.end && id < 200; id++) {
        static const int64_t waits[] = {0, 1, 1000, 30000, 120000, 300000, 2400000, 86400000};
        world_wait(&w, w.m.now + waits[next(&g, 8)]);
        publish(&w.m, &g, id);
        invariants_world(&v, &w, false);
        hx_arena_reset(&w.arena);
    }
    world_wait(&w, w.m.now + 40 * HX_DAY);
    invariants_world(&v, &w, true);
    world_close(&w);
    return 0;
}
