/* Fills a store with open cases, for the benches that need a million or more of them.
 *
 *   bench_fill --config FOLDER --dir FOLDER --cases N [--due MS] [--step-us N] [--key FILE]
 * [--statute counted]
 *
 * One case is led through the engine (reported, held, arrived, its deadlines moved by two persons);
 * the others are copies of it with a number, a place and a holder of their own, written through the
 * store's own code: case, due row, journal entry, idempotency row, projections. The i-th case has
 * its next deadline at MS + i * step (milliseconds since 1970; without --due: in nine years), its
 * earlier marks being told already. */
#include "base/text.h"
#include "bench/tool.h"
#include "hongxin/instant.h"
#include "store/store.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 8192, TOLD_BEFORE = 3 /* bits of the reminder and the warning */ };

struct fill {
    struct tool_engine engine;
    struct hx_store *store;
    struct hx_case pattern; /* the one that was led through the engine */
    hxp_entry *entry;       /* its report */
    uint64_t cases;
    int64_t due, step_us;
    bool counted; /* K_STATUTE stays as its calendar counts it */
};

static void begin(struct fill *f)
{
    tool_need("begin", hx_store_begin(f->store));
}

static void commit(struct fill *f)
{
    size_t done;
    tool_need("commit", hx_store_commit(f->store));
    if (hx_store_project_behind(f->store) >= HX_PROJECT_STEP)
        tool_need("project", hx_store_project(f->store, 0, &done));
}

static void apply(struct fill *f, const struct load_event *e)
{
    tool_engine_apply(&f->engine, e);
}

/* Two persons move a deadline. */
static void move(struct fill *f, const char *clock)
{
    static const char *const by[] = {"street:S-01/wang", "city/zhao"};
    static unsigned n;
    for (int i = 0; i < 2; i++) {
        char id[32];
        snprintf(id, sizeof id, "fill-move-%u", n++);
        apply(f, &(struct load_event){.id = id,
                                      .source = "fill",
                                      .type = "DEADLINE_MOVED",
                                      .number = 1,
                                      .by = by[i],
                                      .clock = clock,
                                      .why = "bench",
                                      .deadline = f->engine.machine.now + 9 * 365 * HX_DAY});
    }
}

static void make_pattern(struct fill *f)
{
    struct lives l = {.city = &f->engine.city, .kind = LIFE_WHOLE, .tag = "fill", .first_case = 1};
    struct life_event e;
    begin(f);
    for (int step = 0; step < 3; step++) { /* reported, held, arrived */
        lives_event(&l, (uint64_t)step * LIFE_GROUP, &e);
        apply(f, &e.event);
    }
    move(f, "K_RESOLVE");
    if (!f->counted)
        move(f, "K_STATUTE");
    f->pattern = f->engine.machine.work;
    tool_need("report",
              f->engine.machine.ops->entry_load(f->store, 1, &f->engine.arena, &f->entry));
    commit(f);
}

static void set_place(struct fill *f, struct hx_case *c, uint64_t n)
{
    const struct load_place *at = lives_place(&f->engine.city, n);
    const struct hx_place *p = hx_city_place(f->engine.city.city, at->building);
    snprintf(c->street, sizeof c->street, "%s", hx_place_above(p, HX_STREET));
    snprintf(c->community, sizeof c->community, "%s", hx_place_above(p, HX_COMMUNITY));
    snprintf(c->grid, sizeof c->grid, "%s", hx_place_above(p, HX_GRID));
    snprintf(c->estate, sizeof c->estate, "%s", hx_place_above(p, HX_ESTATE));
    snprintf(c->building, sizeof c->building, "%s", at->building);
    snprintf(c->holder, sizeof c->holder, "%s", at->holder);
}

/* All running deadlines of the case: the earliest at `due`. */
static void set_due(struct hx_case *c, int64_t due)
{
    int64_t later = 0;
    for (uint32_t i = 0; i < c->n_clocks; i++) {
        struct hx_clock *k = &c->clocks[i];
        if (k->state != HX_CLOCK_RUNNING || k->basis != HX_BASIS_MOVED)
            continue;
        k->floor = k->deadline = due + later;
        later += HX_DAY;
        k->fired |= TOLD_BEFORE;
    }
}

static void set_entry(struct fill *f, const struct hx_case *c, uint64_t lsn)
{
    hxp_entry *e = f->entry;
    e->lsn = lsn;
    e->case_number = c->number;
    e->prev_lsn = 0;
    e->holder = hx_text_field(c->holder);
    e->where->street = hx_text_field(c->street);
    e->where->community = hx_text_field(c->community);
    e->where->grid = hx_text_field(c->grid);
    e->where->estate = hx_text_field(c->estate);
    e->where->building = hx_text_field(c->building);
    e->audience[0] = e->holder;
    e->n_audience = 1;
    e->t_rec = f->engine.machine.now;
}

static void copy_case(struct fill *f, uint64_t n)
{
    const struct hx_backend *ops = hx_store_backend();
    struct hx_case *c = &f->pattern;
    struct hx_seen seen = {.digest = {1}};
    char id[32];
    uint64_t lsn;
    tool_need("number", ops->case_number(f->store, &c->number));
    tool_need("lsn", ops->next_lsn(f->store, &lsn));
    set_place(f, c, n);
    set_due(c, f->due ? f->due + (int64_t)n * f->step_us / 1000
                      : f->engine.machine.now + 9 * 365 * HX_DAY);
    c->first_lsn = c->last_lsn = lsn;
    c->due_row = 0;
    set_entry(f, c, lsn);
    seen.case_number = c->number;
    seen.lsn = lsn;
    snprintf(id, sizeof id, "fill-%012" PRIu64, n);
    tool_need("append", ops->append(f->store, f->entry));
    tool_need("save", ops->case_save(f->store, c, hx_case_due(f->engine.rules, c)));
    tool_need("seen", ops->seen_save(f->store, BENCH_SOURCE, id, &seen));
}

static void fill(struct fill *f)
{
    size_t done;
    int64_t told = load_mono_us();
    for (uint64_t n = 1; n < f->cases;) { /* the pattern is the first */
        begin(f);
        for (int i = 0; i < BATCH && n < f->cases; i++, n++)
            copy_case(f, n);
        commit(f);
        if (load_mono_us() - told > 2000000) {
            told = load_mono_us();
            fprintf(stderr, "  filling: %" PRIu64 " of %" PRIu64 " cases\n", n, f->cases);
        }
    }
    do
        tool_need("project", hx_store_project(f->store, 0, &done));
    while (done);
}

static void read_key(const char *path, uint8_t key[HX_IDENTITY_KEY_SIZE])
{
    FILE *file = fopen(path, "rb");
    if (!file || fread(key, 1, HX_IDENTITY_KEY_SIZE, file) != HX_IDENTITY_KEY_SIZE)
        tool_die(path, HX_IO);
    fclose(file);
}

int main(int argc, char **argv)
{
    struct fill *f = calloc(1, sizeof *f);
    char problem[HX_STORE_PROBLEM_MAX];
    uint8_t key[HX_IDENTITY_KEY_SIZE];
    struct hx_store_options options = {.path = tool_option(argc, argv, "--dir", NULL)};
    const char *key_file = tool_option(argc, argv, "--key", NULL);
    if (!f || !options.path)
        tool_die(
            "usage: bench_fill --config F --dir F --cases N [--due MS] [--step-us N] [--key F]", 2);
    if (key_file) {
        read_key(key_file, key);
        options.identity_key = key;
    }
    tool_engine_init(&f->engine, tool_option(argc, argv, "--config", "config"));
    f->cases = tool_number(argc, argv, "--cases", 1000000);
    f->due = (int64_t)tool_number(argc, argv, "--due", 0);
    f->counted = strcmp(tool_option(argc, argv, "--statute", ""), "counted") == 0;
    f->step_us = (int64_t)tool_number(argc, argv, "--step-us", 0);
    if (hx_store_open(&options, &f->store, problem))
        tool_die(problem, 1);
    f->engine.machine.ops = hx_store_backend();
    f->engine.machine.backend = f->store;
    make_pattern(f);
    fill(f);
    hx_store_close(f->store);
    tool_engine_fini(&f->engine);
    free(f);
    return 0;
}
