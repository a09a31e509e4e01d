/* The whole machine: the input is a program of events and waits for two cases and what becomes of
 * them. A is reported before it begins, with its first byte; all else is its own. Whatever comes,
 * the invariants hold (property/invariants.h): owner seconds add up, nothing fires twice or early,
 * an open case has a row at its next mark, and packing is stable. */
#include "base/text.h"
#include "fuzz.h"
#include "hongxin/instant.h"
#include "property/invariants.h"
#include "property/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int64_t START = WORLD_EVENING;

struct program {
    const uint8_t *p, *end;
};

static unsigned next(struct program *g, unsigned below)
{
    return g->p < g->end ? *g->p++ % below : 0;
}

/* One of a list of texts. */
#define ONE_OF(g, ...)                                                                             \
    pick(g, (const char *const[]){__VA_ARGS__},                                                    \
         sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static char *pick(struct program *g, const char *const *texts, size_t n)
{
    return hx_text_field(texts[next(g, (unsigned)n)]);
}

/* What a report may say of itself; each bit of a byte is one of them. */
static void fill_report(struct program *g, hxp_data *d)
{
    const unsigned which = next(g, 8);
    if (which & 1)
        d->repeat_of = ONE_OF(g, "A", "CL-1", "CL-2");
    if (which & 2)
        d->about = ONE_OF(g, "P-07", "U-3");
    d->drill = which & 4;
}

/* What other events may bring, and one in four does. */
static void fill_rare(struct program *g, hxp_data *d)
{
    static char *cases[] = {(char *)"A", (char *)"B", (char *)"C"};
    const unsigned which = next(g, 4) == 3 ? next(g, 16) : 0;
    if (which & 1)
        d->into = ONE_OF(g, "CL-1", "CL-2", "CL-3", "B", "CL-9");
    if (which & 2)
        d->party = ONE_OF(g, "A", "B", "x");
    if (which & 4) {
        d->cases = cases + next(g, 3);
        d->n_cases = 1;
    }
    if (which & 8)
        d->to = ONE_OF(g, "holder:P-07", "manager:P-07", "city/desk", "reporter", "street:S-02");
}

static void fill(struct program *g, hxp_data *d)
{
    static char *evidence[] = {(char *)"photo", (char *)"signature"};
    static char *one[] = {(char *)"one"}, *calls[] = {(char *)"1", (char *)"2"};
    d->class_ = ONE_OF(g, "SMALL", "SERIOUS", "COMPLEX", "SPECIAL", "EMERGENCY", "", "NONE");
    d->reason = ONE_OF(g, "DUTY", "PLACE", "PARTS", "WEATHER", "NO_ENTRY", "OWNER_UNCLEAR", "x");
    d->holder = ONE_OF(g, "P-07", "U-3", "C-03", "", "nobody");
    d->unit = ONE_OF(g, "C-03", "G-041", "U-3");
    d->clock = ONE_OF(g, "K_ARRIVE", "K_RESOLVE", "K_PLAN", "K_SUPERVISE", "x");
    d->level = ONE_OF(g, "L2", "L0", "L5");
    d->place = ONE_OF(g, "B-0417", "");
    d->evidence = evidence;
    d->n_evidence = next(g, 3);
    d->steps = one;
    d->n_steps = next(g, 2);
    d->calls = calls;
    d->n_calls = next(g, 3);
    d->person = d->order = d->warning = d->onsite_code = d->why = d->receipt = d->dispute =
        d->procedure = d->act = (char *)"x";
    d->error = (char *)"NO_ANSWER";
    d->rating = next(g, 6);
    d->safety = next(g, 4) == 3;
}

/* Its bytes and its id are the journal's until what it has made is looked at. */
static void send(struct hx_machine *m, hxp_event *e)
{
    static uint8_t bytes[2048];
    e->source = (char *)"fuzz";
    size_t n = hongxin__v1__event__pack(e, bytes);
    struct hx_arrival in = {.bytes = bytes, .size = n, .event = e, .t_rcv = m->now};
    const hxp_reply *reply = NULL;
    if (hx_machine_event(m, &in, &reply) || !reply)
        abort();
}

static void report(struct hx_machine *m, struct program *g)
{
    hxp_event e = HONGXIN__V1__EVENT__INIT;
    hxp_data d = HONGXIN__V1__DATA__INIT;
    d.class_ = ONE_OF(g, "SMALL", "SERIOUS", "COMPLEX", "SPECIAL", "EMERGENCY", "");
    d.place = (char *)"B-0417";
    e.id = (char *)"0";
    e.type = (char *)"REPORTED";
    e.case_ref = (char *)"A";
    e.by = (char *)"reporter";
    e.data = &d;
    send(m, &e);
}

static void publish(struct hx_machine *m, struct program *g, unsigned id)
{
    static char name[16];
    hxp_event e = HONGXIN__V1__EVENT__INIT;
    hxp_data d = HONGXIN__V1__DATA__INIT;
    snprintf(name, sizeof name, "%u", id);
    e.id = name;
    e.type = hx_text_field(m->rules->events[next(g, m->rules->n_events)].name);
    e.by = ONE_OF(g, "holder:P-07/li", "manager:P-07/zhao", "dispatcher:C-03/x", "reporter",
                  "callback/wu", "street:S-02/wang", "city/a", "community:C-03/y", "holder:U-3/k",
                  "operator/o", "street:S-02/qian", "grid:G-041/sun", "city/desk");
    e.case_ref = ONE_OF(g, "A", "A", "A", "B", "");
    if (!*e.case_ref)
        e.case_number = next(g, 4);
    e.proof = (Hongxin__V1__Proof)next(g, 6);
    e.t_occ = m->now - (int64_t)next(g, 200) * 1000;
    int64_t ahead = m->now + (int64_t)next(g, 200) * HX_MINUTE;
    d.date = d.until = d.deadline = next(g, 2) ? ahead : 0;
    fill(g, &d);
    if (strcmp(e.type, "REPORTED") == 0)
        fill_report(g, &d);
    else
        fill_rare(g, &d);
    e.data = &d;
    send(m, &e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct world w;
    static struct invariants v;
    struct program g = {data, data + size};
    v = (struct invariants){.rules = world_rules()};
    world_open(&w, START);
    report(&w.m, &g);
    invariants_world(&v, &w, false);
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
