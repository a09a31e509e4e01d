/* Every event in every state, under every set of flags that its rows ask about and under each other
 * flag, by every role, with nothing in it and with everything: made from the rules themselves.
 *
 *   no row for it      kept in the journal, answered NOT_ALLOWED with what would be allowed; the
 *                      case is byte for byte what it was, but for the number of its newest entry
 *   INVALID            named; kept in quarantine; neither case nor journal has changed
 *   named as allowed   a row exists whose flags fit; where no guard asks what the event brings, it
 * is taken when somebody sends it
 *
 *   property.matrix [--every N]
 *
 * With N only each Nth set of flags of all states and events is tried.
 */
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

struct cell {
    int state, event;
    uint32_t flags;
    int role;
    bool bare; /* the event brings nothing */
};

struct matrix {
    struct world w;
    struct hx_case base, other; /* on site; a second case to merge into */
    struct hx_case c, after;
    uint8_t packed[HX_CASE_PACKED_MAX], again[HX_CASE_PACKED_MAX];
    struct sender sender;
    uint64_t cells, kept, invalid, taken;
    uint64_t every, sets; /* --every; sets of flags so far */
    int failures;
};

/* ---- events ---- */

static const hxp_reply *send(struct matrix *x, const char *type, int role, bool bare,
                             uint64_t number)
{
    return sender_send(&x->sender, &x->w.m, &(struct sending){type, role, bare, number});
}

/* ---- what the rules say ---- */

static bool flag_guard(const struct hx_call *g)
{
    return strcmp(g->word->name, "flag") == 0 || strcmp(g->word->name, "no_flag") == 0;
}

static bool flags_fit(const struct hx_transition *row, uint32_t flags)
{
    for (int i = 0; i < row->n_guards; i++) {
        const struct hx_call *g = &row->guards[i];
        bool set = (flags & (uint32_t)g->number) != 0;
        if (flag_guard(g) && set != (strcmp(g->word->name, "flag") == 0))
            return false;
    }
    return true;
}

/* Whether a row exists that this event could take here, whatever it brings. */
static bool possible(int state, int event, uint32_t flags)
{
    const struct hx_rules *r = world_rules();
    for (int i = 0; i < r->n_transitions; i++)
        if (r->transitions[i].event == event && r->transitions[i].from & (UINT32_C(1) << state) &&
            flags_fit(&r->transitions[i], flags))
            return true;
    return false;
}

/* Whether a row asks nothing but the case itself and would be taken. The step has neither event nor
 * data: a guard that is marked of_case and looks at them ends the test. */
static bool certain(struct matrix *x, int state, int event, uint32_t flags)
{
    const struct hx_rules *r = world_rules();
    const struct hx_step s = {.m = &x->w.m, .rules = r, .c = &x->c};
    for (int i = 0; i < r->n_transitions; i++) {
        const struct hx_transition *row = &r->transitions[i];
        bool all =
            row->event == event && row->from & (UINT32_C(1) << state) && flags_fit(row, flags);
        for (int g = 0; all && g < row->n_guards; g++)
            all = row->guards[g].word->of_case && row->guards[g].word->guard(&s, &row->guards[g]);
        if (all)
            return true;
    }
    return false;
}

/* The flags that the rows of an event ask about. */
static uint32_t asked_flags(int event)
{
    const struct hx_rules *r = world_rules();
    uint32_t flags = 0;
    for (int i = 0; i < r->n_transitions; i++)
        for (int g = 0; r->transitions[i].event == event && g < r->transitions[i].n_guards; g++)
            if (flag_guard(&r->transitions[i].guards[g]))
                flags |= (uint32_t)r->transitions[i].guards[g].number;
    return flags;
}

/* ---- judging ---- */

static void fail(struct matrix *x, const struct cell *k, const hxp_reply *r, const char *what)
{
    const struct hx_rules *rules = world_rules();
    if (x->failures++ >= 10)
        return;
    printf("%s in %s, flags %#x, by %s, %s: %s (answered %d %s)\n", rules->events[k->event].name,
           rules->states[k->state].name, k->flags, k->role ? hx_role_name(k->role) : "nobody",
           k->bare ? "bare" : "full", what, r ? (int)r->result : 0, r ? r->code : "");
}

/* Byte for byte, but for the newest entry's number where one was kept. */
static bool untouched(struct matrix *x, bool kept)
{
    uint64_t lsn = x->c.last_lsn;
    if (x->w.m.ops->case_load(x->w.memory, 1, &x->after) != HX_OK)
        return false;
    if (kept)
        x->after.last_lsn = lsn;
    x->after.due_row = x->c.due_row;
    size_t a = hx_case_pack(&x->c, x->packed, sizeof x->packed);
    size_t b = hx_case_pack(&x->after, x->again, sizeof x->again);
    return a == b && memcmp(x->packed, x->again, a) == 0;
}

static int event_named(const char *name)
{
    return hx_rules_event(world_rules(), name);
}

static void check_kept(struct matrix *x, const struct cell *k, const hxp_reply *r)
{
    size_t n;
    const hxp_entry *const *entries = hx_memory_take(x->w.memory, &n);
    x->kept++;
    if (n != 1 || entries[0]->event.len != x->sender.size ||
        memcmp(entries[0]->event.data, x->sender.bytes, x->sender.size) != 0)
        fail(x, k, r, "is not kept as it came");
    else if (entries[0]->n_facts != 1)
        fail(x, k, r, "leaves more than its answer");
    if (!untouched(x, true))
        fail(x, k, r, "touches the case");
    for (size_t i = 0; i < r->n_allowed; i++) {
        int event = event_named(r->allowed[i]);
        if (event < 0 || event == k->event || !possible(k->state, event, k->flags))
            fail(x, k, r, "names as allowed what is not, or what was refused");
    }
    for (int e = 0; e < world_rules()->n_events; e++) {
        bool named = false;
        for (size_t i = 0; i < r->n_allowed; i++)
            named |= event_named(r->allowed[i]) == e;
        if (!named && e != k->event && !world_rules()->events[e].internal &&
            !world_rules()->events[e].city && certain(x, k->state, e, k->flags))
            fail(x, k, r, "does not name what is allowed");
    }
}

static void check_invalid(struct matrix *x, const struct cell *k, const hxp_reply *r)
{
    size_t n;
    (void)hx_memory_take(x->w.memory, &n);
    x->invalid++;
    if (n)
        fail(x, k, r, "is invalid and stands in the journal");
    if (!untouched(x, false))
        fail(x, k, r, "touches the case");
}

static void put_back(struct matrix *x, const struct cell *k)
{
    x->c = x->base;
    x->c.state = (uint8_t)k->state;
    x->c.flags = k->flags;
    x->c.owner = (uint8_t)hx_owner_now(world_rules(), &x->c);
    if (x->w.m.ops->case_save(x->w.memory, &x->c, hx_case_due(world_rules(), &x->c)) ||
        x->w.m.ops->case_save(x->w.memory, &x->other, hx_case_due(world_rules(), &x->other)))
        abort();
}

/* Returns whether the event was taken. */
static bool try_cell(struct matrix *x, const struct cell *k)
{
    size_t n;
    put_back(x, k);
    const hxp_reply *r = send(x, world_rules()->events[k->event].name, k->role, k->bare, 1);
    bool taken =
        r->result == HONGXIN__V1__RESULT__ACCEPTED || r->result == HONGXIN__V1__RESULT__REJECTED;
    x->cells++;
    x->taken += taken;
    if (taken && !possible(k->state, k->event, k->flags))
        fail(x, k, r, "is taken without a row");
    if (!taken && !r->code[0])
        fail(x, k, r, "is refused without a name");
    if (r->result == HONGXIN__V1__RESULT__NOT_ALLOWED)
        check_kept(x, k, r);
    else if (r->result == HONGXIN__V1__RESULT__INVALID)
        check_invalid(x, k, r);
    else if (!taken)
        fail(x, k, r, "has an answer that does not belong here");
    if (!k->bare && !taken && !possible(k->state, k->event, k->flags) &&
        r->result != HONGXIN__V1__RESULT__NOT_ALLOWED)
        fail(x, k, r, "has no row and is not answered NOT_ALLOWED");
    (void)hx_memory_take(x->w.memory, &n);
    hx_arena_reset(&x->w.arena);
    return taken;
}

/* ---- the matrix ---- */

/* By every role, bare and full. */
static void every_way(struct matrix *x, int state, int event, uint32_t flags)
{
    bool taken = false;
    struct cell k = {.state = state, .event = event, .flags = flags};
    for (k.role = 0; k.role < SENDER_ROLES; k.role++)
        for (int bare = 0; bare < 2; bare++) {
            k.bare = bare;
            taken |= try_cell(x, &k);
        }
    put_back(x, &k);
    if (!taken && certain(x, state, event, flags))
        fail(x, &k, NULL, "is allowed and nobody can send it");
}

static bool wanted(struct matrix *x)
{
    return x->sets++ % x->every == 0;
}

static void one_event(struct matrix *x, int state, int event)
{
    uint32_t asked = asked_flags(event);
    for (uint32_t flags = asked;; flags = (flags - 1) & asked) {
        if (wanted(x))
            every_way(x, state, event, flags);
        if (!flags)
            break;
    }
#define X(name, bit)                                                                               \
    if (!(asked & (1u << (bit))) && wanted(x))                                                     \
        try_cell(                                                                                  \
            x, &(struct cell){                                                                     \
                   .state = state, .event = event, .flags = 1u << (bit), .role = HX_ROLE_holder});
    HX_FLAGS(X)
#undef X
}

static void prepare(struct matrix *x)
{
    size_t n;
    world_open(&x->w, EVENING);
    send(x, "REPORTED", HX_ROLE_reporter, false, 0);
    send(x, "REPORTED", HX_ROLE_reporter, false, 0);
    world_wait(&x->w, EVENING + 20 * HX_SECOND);
    send(x, "HELD", HX_ROLE_holder, true, 1);
    world_wait(&x->w, EVENING + 2 * HX_MINUTE);
    send(x, "ARRIVED", HX_ROLE_holder, true, 1);
    (void)hx_memory_take(x->w.memory, &n);
    if (x->w.m.ops->case_load(x->w.memory, 1, &x->base) ||
        x->w.m.ops->case_load(x->w.memory, 2, &x->other))
        abort();
    if (strcmp(world_rules()->states[x->base.state].name, "ONSITE") != 0)
        abort();
}

int main(int argc, char **argv)
{
    static struct matrix x;
    const struct hx_rules *r = world_rules();
    x.every = argc == 3 && strcmp(argv[1], "--every") == 0 ? strtoull(argv[2], NULL, 10) : 1;
    if (x.every < 1 || (argc != 1 && argc != 3))
        return 2;
    prepare(&x);
    for (int state = 1; state < HX_RULES_STATES; state++)
        for (int event = 0; r->states[state].name[0] && event < r->n_events; event++)
            if (r->events[event].name[0] && !r->events[event].internal && !r->events[event].city)
                one_event(&x, state, event);
    world_close(&x.w);
    printf("%" PRIu64 " cells: %" PRIu64 " taken, %" PRIu64 " kept and refused, %" PRIu64
           " invalid, %d wrong\n",
           x.cells, x.taken, x.kept, x.invalid, x.failures);
    return x.failures ? 1 : 0;
}
