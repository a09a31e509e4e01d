/* The whole machine: the input is a program of events and waits for two cases. Whatever comes, the
 * invariants hold: owner seconds add up, nothing fires twice or early, an open case has a row at
 * its next mark, and packing is stable. */
#include "config/life_cycle.h"
#include "engine/machine.h"
#include "engine/memory.h"
#include "engine/rules.h"
#include "fuzz.h"
#include "hongxin/instant.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int64_t START = INT64_C(1791802800000);

struct program {
    const uint8_t *p, *end;
};

static unsigned next(struct program *g, unsigned below)
{
    return g->p < g->end ? *g->p++ % below : 0;
}

static struct hx_rules *rules(void)
{
    static struct hx_rules *r;
    struct hx_problem problem;
    if (!r &&
        hx_life_cycle_load(HX_SOURCE_DIR "/config/life-cycles/complaint.yaml", &r, &problem)) {
        fprintf(stderr, "%s\n", problem.text);
        abort();
    }
    return r;
}

static void add(struct hx_city *c, enum hx_place_kind kind, const char *id, const char *parent)
{
    struct hx_place p = {.kind = kind, .name_zh = "", .name_en = ""};
    snprintf(p.id, sizeof p.id, "%s", id);
    snprintf(p.company, sizeof p.company, "%s", kind == HX_ESTATE ? "P-07" : "");
    if (hx_city_add_place(c, &p, parent))
        abort();
}

static struct hx_city *city(void)
{
    static struct hx_city *c;
    const struct hx_company company = {.id = "P-07", .name_zh = "", .name_en = ""};
    if (c)
        return c;
    if (hx_city_new(&c) || hx_city_add_company(c, &company))
        abort();
    add(c, HX_STREET, "S-02", NULL);
    add(c, HX_COMMUNITY, "C-03", "S-02");
    add(c, HX_GRID, "G-041", "C-03");
    add(c, HX_ESTATE, "E-1", "G-041");
    add(c, HX_BUILDING, "B-0417", "E-1");
    return c;
}

static void check_case(struct hx_machine *m, uint64_t number)
{
    static struct hx_case c;
    if (m->ops->case_load(m->backend, number, &c))
        return;
    int64_t sum = 0;
    for (int i = 0; i < HX_OWNERS; i++) {
        if (c.owner_ms[i] < 0)
            abort();
        sum += c.owner_ms[i];
    }
    if (sum != c.owner_since - c.t_report)
        abort();
    for (uint32_t i = 0; i < c.n_breaches; i++)
        if (c.breaches[i].t_noticed < c.breaches[i].deadline)
            abort();
    for (uint32_t i = 0; i < c.n_breaches; i++)
        for (uint32_t j = 0; j < i; j++)
            if (c.breaches[i].kind == c.breaches[j].kind &&
                c.breaches[i].cycle == c.breaches[j].cycle &&
                c.breaches[i].deadline == c.breaches[j].deadline &&
                strcmp(c.breaches[i].holder, c.breaches[j].holder) == 0 && !c.breaches[j].marks)
                abort();
}

static void wait(struct hx_machine *m, struct hx_memory *mem, int64_t until)
{
    int64_t due;
    uint64_t number;
    for (int turns = 0; hx_memory_due(mem, &due, &number) && due <= until; turns++) {
        hx_machine_set_time(m, due);
        if (hx_machine_due(m, number) || turns > 10000)
            abort();
    }
    hx_machine_set_time(m, until);
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
    d->class_ = (char *)(uintptr_t)classes[next(g, 7)];
    d->reason = (char *)(uintptr_t)reasons[next(g, 7)];
    d->holder = (char *)(uintptr_t)holders[next(g, 5)];
    d->clock = (char *)(uintptr_t)clocks[next(g, 5)];
    d->level = (char *)"L2";
    d->place = (char *)(uintptr_t)(next(g, 3) ? "B-0417" : "");
    d->evidence = evidence;
    d->n_evidence = next(g, 3);
    d->steps = steps;
    d->n_steps = next(g, 2);
    d->person = d->order = d->warning = d->onsite_code = d->why = d->party = d->unit = d->receipt =
        d->dispute = (char *)"x";
    d->into = (char *)(uintptr_t)(next(g, 2) ? "B" : "A");
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
    e.type = (char *)(uintptr_t)m->rules->events[type].name;
    e.case_ref = (char *)(uintptr_t)(next(g, 4) ? "A" : "B");
    e.by = (char *)(uintptr_t)by[next(g, 10)];
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
    static struct hx_machine m;
    struct program g = {data, data + size};
    struct hx_memory *mem;
    struct hx_arena arena;
    if (hx_memory_new(&mem))
        return 0;
    hx_arena_init(&arena, 0);
    m = (struct hx_machine){.rules = rules(),
                            .city = city(),
                            .ops = hx_memory_backend(),
                            .backend = mem,
                            .arena = &arena};
    hx_machine_set_time(&m, START);
    for (unsigned id = 1; g.p < g.end && id < 200; id++) {
        static const int64_t waits[] = {0, 1, 1000, 30000, 120000, 300000, 2400000, 86400000};
        wait(&m, mem, m.now + waits[next(&g, 8)]);
        publish(&m, &g, id);
        for (uint64_t c = 1; c <= hx_memory_cases(mem); c++)
            check_case(&m, c);
        size_t n;
        (void)hx_memory_take(mem, &n);
        hx_arena_reset(&arena);
    }
    wait(&m, mem, m.now + 40 * HX_DAY);
    for (uint64_t c = 1; c <= hx_memory_cases(mem); c++)
        check_case(&m, c);
    hx_memory_free(mem);
    hx_arena_fini(&arena);
    return 0;
}
