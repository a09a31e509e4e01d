#include "property/world.h"

#include "base/text.h"
#include "config/life_cycle/life_cycle.h"
#include "engine/machine/memory.h"
#include <stdio.h>
#include <stdlib.h>

const struct hx_rules *world_rules(void)
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

const struct hx_city *world_city(void)
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

static enum hx_reach up(void *ctx, const char *holder)
{
    (void)ctx;
    (void)holder;
    return HX_REACH_UP;
}

void world_open(struct world *w, int64_t begin)
{
    if (hx_memory_new(&w->memory))
        abort();
    hx_arena_init(&w->arena, 0);
    w->sent = 0;
    w->m = (struct hx_machine){.rules = world_rules(),
                               .city = world_city(),
                               .ops = hx_memory_backend(),
                               .backend = w->memory,
                               .arena = &w->arena,
                               .reach = up};
    hx_machine_set_time(&w->m, begin);
}

void world_close(struct world *w)
{
    hx_memory_free(w->memory);
    hx_arena_fini(&w->arena);
}

const hxp_reply *world_send(struct world *w, const struct world_event *what)
{
    const hxp_reply *reply;
    hxp_event e = HONGXIN__V1__EVENT__INIT;
    e.id = what->id ? hx_text_field(what->id) : hx_arena_printf(&w->arena, "event-%u", ++w->sent);
    e.source = hx_text_field("test");
    e.type = hx_text_field(what->type);
    e.by = hx_text_field(what->by);
    e.case_ref = hx_text_field(what->ref);
    e.case_number = what->case_number;
    e.data = what->data;
    e.source_seq = what->seq;
    size_t size = hongxin__v1__event__get_packed_size(&e);
    uint8_t *bytes = hx_arena_alloc(&w->arena, size + 1); /* its entry points to them */
    if (!e.id || !bytes)
        abort();
    hongxin__v1__event__pack(&e, bytes);
    struct hx_arrival in = {
        .bytes = bytes, .size = size, .event = &e, .t_rcv = w->m.now, .principal = what->principal};
    if (hx_machine_event(&w->m, &in, &reply))
        abort();
    return reply;
}

void world_wait(struct world *w, int64_t until)
{
    enum { TURNS = 10000 };
    int64_t due;
    uint64_t number;
    for (int turns = 0; hx_memory_due(w->memory, &due, &number) && due < until; turns++) {
        hx_machine_set_time(&w->m, due);
        if (hx_machine_due(&w->m, number, INT64_MAX) || turns > TURNS)
            abort();
    }
    hx_machine_set_time(&w->m, until);
}
