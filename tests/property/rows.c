/* A city may edit its life cycle as it likes: whatever stands in a row, the daemon lives.
 *
 *   the guards of every row in every rotation, backwards, and each of them left out
 *   every word of the vocabulary alone in a row: of an event, of the end of a clock, of one case
 *   that tells another, of a case that does not exist yet
 *
 * Each such file is tried by everybody with everything (property/sender.h). What comes of it may be
 * foolish; it must be an answer. Under the sanitizers it must also touch nothing that is not its
 * own. */
#include "engine/machine/memory.h"
#include "engine/words/words.h"
#include "hongxin/instant.h"
#include "property/sender.h"
#include "property/world.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int64_t EVENING = WORLD_EVENING;

struct trial {
    struct hx_rules *rules; /* the city's: those of the house with one row changed */
    struct world w;
    struct sender sender;
    struct hx_case base, other; /* on site; a second case */
    uint64_t files, events;
};

static const hxp_reply *send(struct trial *t, const char *type, int role, bool bare,
                             uint64_t number)
{
    t->events++;
    return sender_send(&t->sender, &t->w.m, &(struct sending){type, role, bare, number});
}

static void put_back(struct trial *t, int state)
{
    struct hx_case c = t->base;
    c.state = (uint8_t)state;
    if (t->w.m.ops->case_save(t->w.memory, &c, hx_case_due(world_rules(), &c)) ||
        t->w.m.ops->case_save(t->w.memory, &t->other, hx_case_due(world_rules(), &t->other)))
        abort();
}

static void forget(struct trial *t)
{
    size_t n;
    (void)hx_memory_take(t->w.memory, &n);
    hx_arena_reset(&t->w.arena);
}

/* By every role, bare and full, in one state. */
static void try_event(struct trial *t, const char *type, int state)
{
    for (int role = 0; role < SENDER_ROLES; role++)
        for (int bare = 0; bare < 2; bare++) {
            put_back(t, state);
            const hxp_reply *r = send(t, type, role, bare, state ? 1 : 0);
            if (!r || r->result == 0)
                abort();
            forget(t);
        }
}

/* The end of a clock in one state: nobody sends anything. */
static void try_clock(struct trial *t, int clock, int state)
{
    struct hx_case c = t->base;
    int64_t due = t->w.m.now - 1;
    c.state = (uint8_t)state;
    for (uint32_t i = 0; i < c.n_clocks; i++)
        c.clocks[i].fired = UINT32_MAX;
    c.clocks[c.n_clocks++] = (struct hx_clock){.kind = (uint8_t)clock,
                                               .state = HX_CLOCK_RUNNING,
                                               .basis = HX_BASIS_DATE,
                                               .cycle = c.cycle,
                                               .policy = t->rules->version,
                                               .start = due - HX_MINUTE,
                                               .floor = due,
                                               .deadline = due};
    c.due_row = due;
    if (t->w.m.ops->case_save(t->w.memory, &c, due) ||
        hx_machine_due(&t->w.m, 1, INT64_MAX) != HX_OK)
        abort();
    forget(t);
}

static void try_row(struct trial *t, const struct hx_transition *row)
{
    t->files++;
    for (int state = 0; state < HX_RULES_STATES; state++) {
        if (!(row->from & (UINT32_C(1) << state)))
            continue;
        if (row->clock > 0)
            try_clock(t, row->clock, state);
        else if (!t->rules->events[row->event].internal)
            try_event(t, t->rules->events[row->event].name, state);
    }
}

/* ---- guards of a row in another order ---- */

static void turn(struct hx_transition *row, int by)
{
    struct hx_call guards[HX_RULES_CALLS];
    memcpy(guards, row->guards, sizeof guards);
    for (int i = 0; i < row->n_guards; i++)
        row->guards[i] = guards[(i + by) % row->n_guards];
}

static void backwards(struct hx_transition *row)
{
    for (int i = 0; i < row->n_guards / 2; i++) {
        struct hx_call swap = row->guards[i];
        row->guards[i] = row->guards[row->n_guards - 1 - i];
        row->guards[row->n_guards - 1 - i] = swap;
    }
}

static void leave_out(struct hx_transition *row, int at)
{
    row->n_guards--;
    memmove(&row->guards[at], &row->guards[at + 1],
            (size_t)(row->n_guards - at) * sizeof *row->guards);
}

static void permute(struct trial *t, int i)
{
    struct hx_transition *row = &t->rules->transitions[i];
    const struct hx_transition was = *row;
    for (int by = 1; by < was.n_guards; by++) {
        turn(row, by);
        try_row(t, row);
        *row = was;
    }
    backwards(row);
    try_row(t, row);
    for (int at = 0; at < was.n_guards; at++) {
        *row = was;
        leave_out(row, at);
        try_row(t, row);
    }
    *row = was;
}

/* ---- a word alone in a row ---- */

static struct hx_call call_of(const struct trial *t, const struct hx_word *w)
{
    struct hx_call call = {.word = w, .text = "x", .span_ms = HX_MINUTE};
    switch (w->argument) {
    case HX_ARG_CLOCK:
        call.number = hx_rules_clock(t->rules, "K_RESOLVE");
        break;
    case HX_ARG_EVENT: /* in a circle */
        call.number = hx_rules_event(t->rules, "COMMENT");
        break;
    case HX_ARG_FLAG:
        call.number = HX_FLAG_PAUSED;
        break;
    case HX_ARG_COUNT:
        call.number = 1;
        break;
    default:
        break;
    }
    return call;
}

static int row_of(const struct hx_rules *r, const char *event, const char *clock)
{
    for (int i = 0; i < r->n_transitions; i++)
        if (event ? r->transitions[i].event == hx_rules_event(r, event)
                  : r->transitions[i].clock == hx_rules_clock(r, clock))
            return i;
    abort();
}

static void alone(struct trial *t, int i, const struct hx_word *w)
{
    struct hx_transition *row = &t->rules->transitions[i];
    const struct hx_transition was = *row;
    row->n_guards = row->n_effects = 0;
    if (w->guard)
        row->guards[row->n_guards++] = call_of(t, w);
    else
        row->effects[row->n_effects++] = call_of(t, w);
    try_row(t, row);
    *row = was;
}

static void every_word(struct trial *t)
{
    const int rows[] = {row_of(t->rules, "COMMENT", NULL), row_of(t->rules, NULL, "K_HANDOVER"),
                        row_of(t->rules, "REPORTED", NULL), row_of(t->rules, "MERGED_INTO", NULL)};
    for (const struct hx_word *const *table = hx_words; *table; table++)
        for (const struct hx_word *w = *table; w->name; w++)
            for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
                alone(t, rows[i], w);
}

/* ---- all of it ---- */

static void prepare(struct trial *t)
{
    t->rules = malloc(sizeof *t->rules);
    if (!t->rules)
        abort();
    memcpy(t->rules, world_rules(), sizeof *t->rules);
    world_open(&t->w, EVENING);
    send(t, "REPORTED", HX_ROLE_reporter, false, 0);
    send(t, "REPORTED", HX_ROLE_reporter, false, 0);
    world_wait(&t->w, EVENING + 20 * HX_SECOND);
    send(t, "HELD", HX_ROLE_holder, true, 1);
    world_wait(&t->w, EVENING + 2 * HX_MINUTE);
    send(t, "ARRIVED", HX_ROLE_holder, true, 1);
    if (t->w.m.ops->case_load(t->w.memory, 1, &t->base) ||
        t->w.m.ops->case_load(t->w.memory, 2, &t->other))
        abort();
    forget(t);
    t->w.m.rules = t->rules;
}

int main(void)
{
    static struct trial t;
    prepare(&t);
    for (int i = 0; i < t.rules->n_transitions; i++)
        permute(&t, i);
    every_word(&t);
    printf("%" PRIu64 " files, %" PRIu64 " events: nothing has ended the daemon\n", t.files,
           t.events);
    world_close(&t.w);
    free(t.rules);
    return 0;
}
