/* The virtual clock: the next action or the next deadline, whichever comes first. At the same
 * instant what was received is applied before a deadline is judged (R4). */
#include "base/text.h"
#include "config/notice/notice_texts.h"
#include "engine/machine/memory.h"
#include "engine/notice/digest.h"
#include "engine/onsite.h"
#include "engine/rules/rules.h"
#include "hongxin/instant.h"
#include "hongxin/json.h"
#include "hongxin/number.h"
#include "simulate/apply.h"
#include "simulate/endpoints.h"
#include "simulate/prove.h"
#include "simulate/rows.h"
#include "simulate/simulate.h"

#include <stdlib.h>
#include <string.h>

enum { DRAIN_MS = 30000, DOUBT_MS = 60000 };

struct sim {
    struct hx_machine m;
    struct hx_arena arena;
    struct hx_memory *memory;
    struct hx_digest digest;
    struct prove *prove;                 /* NULL = the run is not proven */
    const struct hx_notice_texts *texts; /* NULL = notices without their texts */
    FILE *out;
    const struct simulate_options *options;
    int64_t real;   /* true time */
    int64_t offset; /* what the wall clock shows more */
    bool down;
    int64_t down_from;
    int64_t doubt_until; /* after a jump of the wall clock */
    int64_t wake_at;     /* real time when a suspended machine wakes; 0 = it does not sleep */
    int64_t hold_until;  /* after an outage: peers may still send what they kept */
    struct endpoints endpoints;
    const struct scenario_action **waiting; /* sent or applied while we were down */
    size_t n_waiting;
    const hxp_reply *answer; /* to the event that is just published; NULL = none is */
};

/* ---- evidence ---- */

/* A proof is believed. When the scenario names the key of the buildings, a code of the form that
 * they show is checked. */
static const char *prove(void *ctx, const struct hx_arrival *in, const struct hx_case *c)
{
    const struct scenario *sc = ctx;
    const struct hx_onsite onsite = {.key = sc->onsite_key, .window_ms = HX_MINUTE};
    const hxp_event *e = in->event;
    if (!sc->checks_codes || !e->data || !hx_onsite_form(e->data->onsite_code))
        return "";
    int64_t at = e->t_occ ? e->t_occ : in->t_rcv;
    return hx_onsite_good(&onsite, hx_onsite_place(c), at, e->data->onsite_code)
               ? ""
               : "ONSITE_CODE_WRONG";
}

/* ---- output ---- */

/* What the receiver would read. */
static int add_texts(const struct sim *s, const hxp_entry *e, const hxp_fact *f, json_t *line)
{
    char text[HX_NOTICE_TEXT];
    if (!s->texts || f->fact_case != HONGXIN__V1__FACT__FACT_NOTICE)
        return 0;
    return json_object_set_new(line, "en",
                               json_string(hx_notice_text(s->texts, e, f->notice, false, text))) |
           json_object_set_new(line, "zh",
                               json_string(hx_notice_text(s->texts, e, f->notice, true, text)));
}

static int print_fact(struct sim *s, const hxp_entry *e, const hxp_fact *f)
{
    char number[HX_NUMBER_TEXT];
    const char *label = NULL;
    if (e->case_number) {
        label = hx_memory_label(s->memory, e->case_number);
        label = label ? label : hx_number_format(e->case_number, number);
    }
    json_t *line =
        hx_json_fact_line(e, f, label, hx_zone_offset(&s->m.rules->zone, e->t_rec) / 60000);
    if (!line)
        return HX_NOMEM;
    int rc = add_texts(s, e, f, line) || json_dumpf(line, s->out, HX_JSON_DUMP) ||
                     fputc('\n', s->out) == EOF
                 ? HX_IO
                 : HX_OK;
    json_decref(line);
    return rc;
}

/* A reply as it was answered: the entry holds it without what is only said in the answer. */
static int print_fact_of(struct sim *s, const hxp_entry *e, const hxp_fact *fact)
{
    hxp_fact answered = *fact;
    if (fact->fact_case == HONGXIN__V1__FACT__FACT_REPLY && s->answer && s->answer->lsn == e->lsn)
        answered.reply = (hxp_reply *)(uintptr_t)s->answer;
    return print_fact(s, e, &answered);
}

static int print_fresh(struct sim *s)
{
    size_t n;
    const hxp_entry *const *entries = hx_memory_take(s->memory, &n);
    int proven = s->prove ? prove_note(s->prove, entries, n) : HX_OK;
    if (proven)
        return proven;
    for (size_t i = 0; i < n; i++) {
        hx_digest_add(&s->digest, entries[i]);
        for (size_t j = 0; j < entries[i]->n_facts; j++) {
            int rc = print_fact_of(s, entries[i], entries[i]->facts[j]);
            if (rc)
                return rc;
        }
    }
    return HX_OK;
}

/* The case that an event is about, when its label is known; 0 otherwise. */
static uint64_t case_of(const struct sim *s, const struct scenario_action *a)
{
    uint64_t number = 0;
    if (!a->event->case_ref[0] ||
        s->m.ops->ref_load(s->m.backend, a->event->source, a->event->case_ref, &number))
        return 0;
    return number;
}

static uint8_t cycle_of(struct sim *s, uint64_t number)
{
    return number && s->m.ops->case_load(s->m.backend, number, &s->m.work) == HX_OK
               ? s->m.work.cycle
               : 1;
}

/* An answer that wrote no entry: invalid input, or the first answer again. */
static int print_reply(struct sim *s, const struct scenario_action *a, const hxp_reply *reply)
{
    hxp_entry e = HONGXIN__V1__ENTRY__INIT;
    hxp_fact f = HONGXIN__V1__FACT__INIT;
    f.fact_case = HONGXIN__V1__FACT__FACT_REPLY;
    f.reply = (hxp_reply *)(uintptr_t)reply;
    e.t_rec = s->m.now;
    e.t_wall = s->m.wall != s->m.now ? s->m.wall : 0;
    e.lsn = reply->lsn;
    e.case_number = reply->case_number ? reply->case_number : case_of(s, a);
    e.cycle = cycle_of(s, e.case_number);
    return print_fact(s, &e, &f);
}

/* ---- actions ---- */

/* While we are down our clock shows nobody anything: what it showed then is no time of ours. */
static void set_time(struct sim *s, int64_t real)
{
    if (real > s->real)
        s->real = real;
    if (!s->down)
        hx_machine_set_time(&s->m, s->real + s->offset);
}

static int publish(struct sim *s, const struct scenario_action *a)
{
    const hxp_reply *reply;
    struct hx_arrival in = {.bytes = a->bytes,
                            .size = a->size,
                            .event = a->event,
                            .t_rcv = hx_machine_receipt(&s->m, s->m.wall, s->m.now)};
    hx_arena_reset(&s->arena);
    uint64_t newest = hx_memory_newest_lsn(s->memory);
    int rc = hx_machine_event(&s->m, &in, &reply);
    if (rc)
        return rc;
    bool written = reply->lsn > newest;
    s->answer = reply;
    rc = print_fresh(s);
    s->answer = NULL;
    return rc || written ? rc : print_reply(s, a, reply);
}

static int go_down(struct sim *s)
{
    s->down = true;
    s->down_from = s->real + s->offset;
    return HX_OK;
}

static int fire(struct sim *s, int64_t real, uint64_t case_number)
{
    set_time(s, real);
    hx_arena_reset(&s->arena);
    int rc = case_number ? hx_machine_due(&s->m, case_number, INT64_MAX)
                         : hx_machine_watch(&s->m, INT64_MAX);
    return rc ? rc : print_fresh(s);
}

static int deliver(struct sim *s, uint64_t case_number)
{
    hx_arena_reset(&s->arena);
    int rc = hx_machine_redeliver(&s->m, case_number);
    return rc ? rc : print_fresh(s);
}

/* A file comes into force; with `open` for the cases that are there, too (corner 23). */
static int apply(struct sim *s, const struct scenario_action *a, char problem[512])
{
    const struct simulate_apply what = {.machine = &s->m,
                                        .memory = s->memory,
                                        .versions = s->options->versions,
                                        .folder = s->options->folder,
                                        .scenario = s->options->scenario,
                                        .action = a};
    hx_arena_reset(&s->arena);
    int rc = simulate_apply(&what, problem);
    return rc ? rc : print_fresh(s);
}

/* What was sent meanwhile is read first, then what waited for us is delivered; deadlines are judged
 * half a minute later (corner 17). Files that came meanwhile are in force for what was sent after
 * them. */
static int come_up(struct sim *s, char problem[512])
{
    s->down = false;
    set_time(s, s->real);
    s->hold_until = s->real + DRAIN_MS;
    hx_arena_reset(&s->arena);
    int rc = hx_machine_outage(&s->m, s->down_from, s->real + s->offset, true);
    if (!rc)
        rc = print_fresh(s);
    for (size_t i = 0; i < s->n_waiting && !rc; i++)
        rc = s->waiting[i]->kind == SCENARIO_APPLY ? apply(s, s->waiting[i], problem)
                                                   : publish(s, s->waiting[i]);
    s->n_waiting = 0;
    for (size_t n = 1; n <= hx_memory_cases(s->memory) && !rc; n++)
        rc = deliver(s, n);
    return rc;
}

/* The machine wakes: what was sent while it slept waits at the door, as after any outage (corner
 * 16). */
static int wake(struct sim *s, char problem[512])
{
    set_time(s, s->wake_at);
    s->wake_at = 0;
    return come_up(s, problem);
}

/* What holds deadlines back is over at this instant. */
static int go_on(struct sim *s, int64_t real)
{
    set_time(s, real);
    hx_arena_reset(&s->arena);
    int rc = HX_OK;
    if (s->m.dist.draining && real >= s->hold_until)
        rc = hx_machine_drained(&s->m);
    if (!rc && s->doubt_until && real >= s->doubt_until) {
        rc = s->m.dist.doubt ? hx_machine_step_confirm(&s->m) : HX_OK;
        s->doubt_until = 0;
    }
    return rc ? rc : print_fresh(s);
}

/* Found at the next tick; while we are down nobody sees it, and all that is known afterwards is how
 * long we were away. Time sync and peers are asked for up to a minute before anybody is
 * accused (corner 14). */
static int step(struct sim *s, int64_t ms)
{
    int64_t from = s->real + s->offset;
    if (ms == 0)
        return HX_OK; /* no jump: nobody could find it */
    s->offset += ms;
    if (s->down)
        return HX_OK;
    set_time(s, s->real);
    s->doubt_until = ms > 0 ? s->real + DOUBT_MS : 0;
    hx_arena_reset(&s->arena);
    int rc = hx_machine_step(&s->m, from, from + ms);
    return rc ? rc : print_fresh(s);
}

static int act(struct sim *s, const struct scenario_action *a, char problem[512])
{
    set_time(s, a->at);
    if (s->down && (a->kind == SCENARIO_EVENT || a->kind == SCENARIO_APPLY)) {
        s->waiting[s->n_waiting++] = a;
        return HX_OK;
    }
    switch (a->kind) {
    case SCENARIO_EVENT:
        return publish(s, a);
    case SCENARIO_DOWN:
        s->wake_at = 0;
        return go_down(s);
    case SCENARIO_UP:
        return come_up(s, problem);
    case SCENARIO_STEP:
        return step(s, a->ms);
    case SCENARIO_SUSPEND:
        s->wake_at = a->at + a->ms;
        return go_down(s);
    case SCENARIO_ENDPOINT:
        return endpoints_set(&s->endpoints, a, s->options->scenario, problem);
    case SCENARIO_APPLY:
        return apply(s, a, problem);
    case SCENARIO_END:
        return HX_OK;
    }
    return HX_OK;
}

/* ---- the loop ---- */

/* The next deadline in real time; INT64_MAX when none may be judged now. */
static int64_t next_due(const struct sim *s, uint64_t *case_number)
{
    int64_t due, watch = hx_machine_watch_due(&s->m);
    if (s->down)
        return INT64_MAX;
    if (!hx_memory_due(s->memory, &due, case_number))
        due = INT64_MAX;
    if (watch < due) {
        *case_number = 0;
        due = watch;
    }
    if (due == INT64_MAX)
        return due;
    int64_t least = s->hold_until;
    if (s->m.dist.doubt && due > s->m.dist.step_from && s->doubt_until > least)
        least = s->doubt_until;
    due -= s->offset;
    return due < least ? least : due;
}

/* When deadlines that are held back may be judged again; INT64_MAX = nothing is held back. */
static int64_t next_release(const struct sim *s)
{
    int64_t at = s->m.dist.draining && !s->down ? s->hold_until : INT64_MAX;
    return s->doubt_until && s->doubt_until < at && !s->down ? s->doubt_until : at;
}

/* Everything of this instant has been told. */
static int write_digest(struct sim *s)
{
    hx_arena_reset(&s->arena);
    int rc = hx_machine_digest(&s->m, &s->digest);
    return rc ? rc : print_fresh(s);
}

static int loop(struct sim *s, const struct scenario *sc, int64_t end, char problem[512])
{
    size_t at = 0;
    for (;;) {
        uint64_t case_number = 0;
        int64_t due = next_due(s, &case_number);
        int64_t action = at < sc->n ? sc->actions[at].at : INT64_MAX;
        int64_t next = action <= due ? action : due, held = next_release(s);
        if (s->wake_at && action >= s->wake_at && !(end && s->wake_at > end)) {
            int rc = wake(s, problem);
            if (rc)
                return rc;
            continue;
        }
        if (hx_digest_due(&s->digest, &s->m, false) && next > s->real && held > s->real) {
            int rc = write_digest(s);
            if (rc)
                return rc;
            continue;
        }
        if (held <= next && held != INT64_MAX && !(end && held > end)) {
            int rc = go_on(s, held);
            if (rc)
                return rc;
            continue;
        }
        if (next == INT64_MAX || (end && next > end))
            return HX_OK;
        int rc = action <= due ? act(s, &sc->actions[at++], problem) : fire(s, due, case_number);
        if (rc)
            return rc;
    }
}

static int use_city(struct sim *s, char problem[512])
{
    struct hx_problem why = {""};
    int rc = hx_versions_city(s->options->versions, &s->m.city, &why);
    if (rc)
        hx_text_put(problem, 512, why.text);
    return rc;
}

int simulate_run(const struct simulate_options *options, const struct scenario *sc,
                 char problem[512])
{
    struct sim *s = calloc(1, sizeof *s);
    problem[0] = '\0';
    if (!s)
        return HX_NOMEM;
    hx_arena_init(&s->arena, 0);
    int rc = hx_memory_new(&s->memory);
    s->waiting = calloc(sc->n + 1, sizeof *s->waiting);
    if (rc || !s->waiting) {
        rc = HX_NOMEM;
        goto done;
    }
    s->out = options->out;
    s->options = options;
    s->m.rules = hx_versions_rules(options->versions);
    rc = use_city(s, problem);
    if (rc)
        goto done;
    s->m.ops = hx_memory_backend();
    s->m.backend = s->memory;
    s->m.arena = &s->arena;
    s->m.reach = endpoints_reach;
    s->m.fetched = endpoints_fetched;
    s->m.reach_ctx = &s->endpoints;
    s->m.prove = prove;
    s->m.prove_ctx = (void *)(uintptr_t)sc;
    s->m.row = sc->rows ? rows_count : NULL;
    s->m.row_ctx = sc->rows;
    s->m.similar = hx_memory_similar;
    s->m.similar_ctx = &s->m;
    s->texts = sc->texts;
    int64_t end = options->until ? options->until : sc->end;
    if (!end && sc->n)
        end = sc->actions[sc->n - 1].at + 30 * HX_DAY;
    if (sc->prove)
        rc = prove_new(s->memory, &s->prove);
    if (!rc && sc->n) {
        set_time(s, sc->actions[0].at);
        rc = hx_machine_rota_begin(&s->m);
    }
    if (!rc)
        rc = loop(s, sc, end, problem);
    if (!rc && s->prove)
        rc = prove_run(s->prove, &s->m, problem);
done:
    prove_free(s->prove);
    hx_memory_free(s->memory);
    hx_arena_fini(&s->arena);
    free(s->waiting);
    free(s);
    return rc;
}
