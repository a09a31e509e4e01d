/* What a daemon does with a life: events, deadlines, identities, projections, and everything that
 * is asked meanwhile. */
#include "faulted/fail.h"
#include "faulted/town.h"
#include "hongxin/instant.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 16 };

/* ---- inside a transaction ---- */

struct said {
    const struct life *l;
    const struct act *a;
};

static int publish(struct town *t, const void *what)
{
    const struct said *said = what;
    static struct act_text
        text; /* the entry points to the bytes and the texts until it is stored */
    static uint8_t bytes[1024];
    hxp_event e;
    const hxp_reply *reply;
    life_event(said->l, said->a, &text, &e);
    size_t n = hongxin__v1__event__pack(&e, bytes);
    const struct hx_arrival in = {
        .bytes = bytes, .size = n, .event = &e, .t_rcv = life_read_at(said->a, false)};
    return hx_machine_event(&t->m, &in, &reply);
}

static int unknown_case(struct town *t, const void *unused)
{
    (void)unused;
    hxp_event e = HONGXIN__V1__EVENT__INIT;
    static uint8_t bytes[256];
    const hxp_reply *reply;
    e.id = (char[]){"early"};
    e.source = (char[]){"other"};
    e.type = (char[]){"HELD"};
    e.by = (char[]){"holder:P-07/li"};
    e.case_ref = (char[]){"never"};
    e.source_seq = 7; /* and those before it are missing */
    const struct hx_arrival in = {.bytes = bytes,
                                  .size = hongxin__v1__event__pack(&e, bytes),
                                  .event = &e,
                                  .t_rcv = t->m.now};
    return hx_machine_event(&t->m, &in, &reply);
}

static int keep_reporter(struct town *t, const void *unused)
{
    (void)unused;
    static const uint8_t plain[] = "name of a reporter, and where she can be reached";
    int rc = hx_store_person_save(t->st, 1, 0, plain, sizeof plain);
    if (!rc)
        rc = hx_store_person_save(t->st, 1, 1, plain, 7);
    return rc ? rc : hx_store_person_hold(t->st, 1, true);
}

static int forget_reporter(struct town *t, const void *unused)
{
    (void)unused;
    uint32_t n;
    int rc = hx_store_person_hold(t->st, 1, false);
    if (!rc)
        rc = hx_store_person_forget(t->st, 1, 1);
    return rc ? rc : hx_store_person_erase_case(t->st, 1, &n);
}

static int was_away(struct town *t, const void *unused)
{
    (void)unused;
    int rc = hx_machine_outage(&t->m, t->m.now - 60000, t->m.now, true);
    if (!rc)
        rc = hx_machine_redeliver(&t->m, 1);
    if (rc == HX_NOTFOUND)
        rc = HX_OK;
    if (!rc)
        rc = hx_store_digest_owe(t->st, hx_store_newest_lsn(t->st));
    return rc;
}

static int all_read(struct town *t, const void *unused)
{
    (void)unused;
    int rc = hx_machine_drained(&t->m);
    return rc ? rc : hx_store_digest_owe(t->st, 0);
}

static int clock_jumps(struct town *t, const void *unused)
{
    (void)unused;
    int rc = hx_machine_step(&t->m, t->m.now, t->m.now + 5000);
    return rc ? rc : hx_machine_step_confirm(&t->m);
}

static int look_after(struct town *t, const void *unused)
{
    (void)unused;
    const char *code;
    int rc = hx_machine_audit(&t->m, 1, true, &code);
    if (rc == HX_OK || rc == HX_NOTFOUND)
        rc = hx_machine_change_row(&t->m, 1);
    if (rc == HX_OK || rc == HX_NOTFOUND)
        rc = hx_machine_source_alarm(&t->m, "SOURCE_SILENT", "sim");
    return rc ? rc : hx_machine_source_alarm(&t->m, "SOURCE_BACK", "sim");
}

static int set_aside(struct town *t, const void *unused)
{
    (void)unused;
    struct hx_row_name row;
    const struct hx_row_end end = {.lsn = 1};
    uint64_t before = hx_store_quarantine_next(t->st);
    int rc = t->m.ops->quarantine(t->st, (const uint8_t *)"what", 4, "not understood");
    if (!rc && hx_store_quarantine_newest(t->st, before, &row))
        rc = hx_store_quarantine_close(t->st, &row, &end);
    return rc ? rc : hx_store_chain_save(t->st, hx_store_newest_lsn(t->st));
}

static int keep_rules(struct town *t, const void *unused)
{
    (void)unused;
    hxp_rules_version v = HONGXIN__V1__RULES_VERSION__INIT;
    v.kind = (char[]){"calendar"};
    v.name = (char[]){"holidays"};
    v.version = 2026;
    return hx_store_rules_save(t->st, &v, "BEGIN:VCALENDAR", 15);
}

static int drop_parked(struct town *t, const void *unused)
{
    (void)unused;
    size_t n;
    return hx_store_parked_drop(t->st, INT64_MAX, ROWS, &n);
}

/* ---- outside ---- */

static int project(struct town *t, const void *unused)
{
    (void)unused;
    size_t done;
    int rc;
    do {
        rc = hx_store_project(t->st, 3, &done);
    } while (!rc && (done || hx_store_rebuilding(t->st)));
    return rc;
}

static int save_cursor(struct town *t, const void *unused)
{
    (void)unused;
    hx_store_alive_save(t->st, t->m.now);
    return hx_store_cursor_save(t->st, "P-07", hx_store_newest_lsn(t->st));
}

static int tick(struct town *t, const void *unused)
{
    (void)unused;
    return hx_store_tick(t->st);
}

static int rebuild(struct town *t, const void *projection)
{
    return hx_store_rebuild(t->st, projection);
}

/* The store is opened under another identity key, and under the former one again. */
static int change_key(struct town *t, const void *unused)
{
    static const uint8_t other[HX_IDENTITY_KEY_SIZE] = {18};
    char problem[HX_STORE_PROBLEM_MAX];
    struct hx_store_options o = t->options;
    uint64_t newest = hx_store_newest_lsn(t->st), aside = hx_store_quarantine_next(t->st);
    (void)unused;
    hx_store_close(t->st);
    o.previous_key = t->options.identity_key;
    o.identity_key = other;
    int rc = hx_store_open(&o, &t->st, problem);
    (void)fail_disarm();
    if (rc && hx_store_open(&o, &t->st, problem)) /* what has failed can be done again */
        town_fail(t, "the key cannot be changed any more: %s", problem);
    if (hx_store_newest_lsn(t->st) != newest || hx_store_quarantine_next(t->st) != aside)
        town_fail(t, "it is opened with other numbers");
    hx_store_close(t->st);
    o.previous_key = other;
    o.identity_key = t->options.identity_key;
    if (hx_store_open(&o, &t->st, problem))
        abort();
    t->m.backend = t->st;
    return rc || !fail_hit() ? rc : HX_IO; /* tolerated: the calls behind it are tried, too */
}

static int prune(struct town *t, const void *unused)
{
    (void)unused;
    size_t done;
    int rc;
    do {
        rc = hx_store_prune(t->st, t->m.now - HX_DAY, 64, &done);
    } while (!rc && done);
    return rc;
}

/* ---- a life ---- */

static void wait_until(struct town *t, int64_t until)
{
    enum { TURNS = 10000 };
    int64_t due;
    for (int turns = 0; !t->failed && hx_store_due_first(t->st, &due) == HX_OK && due < until;
         turns++) {
        if (turns > TURNS)
            town_fail(t, "something falls due again and again");
        hx_machine_set_time(&t->m, due);
        town_write(t, "deadlines", town_judge, NULL);
    }
    hx_machine_set_time(&t->m, until);
    if (hx_machine_watch_due(&t->m) <= t->m.now)
        town_write(t, "watches", town_ring, NULL);
}

/* Besides the events, one after the other; the same in each life. */
static void beside(struct town *t, size_t n)
{
    static const struct {
        const char *name;
        act_fn *act;
        const char *what;
        bool outside;
    } more[] = {
        {"unknown case", unknown_case, NULL, false},
        {"reporter kept", keep_reporter, NULL, false},
        {"cursor", save_cursor, NULL, true},
        {"away", was_away, NULL, false},
        {"projections", project, NULL, true},
        {"clock jumps", clock_jumps, NULL, false},
        {"looked after", look_after, NULL, false},
        {"set aside", set_aside, NULL, false},
        {"rules", keep_rules, NULL, false},
        {"key changed", change_key, NULL, true},
        {"rebuild", rebuild, "open", true},
        {"projections", project, NULL, true},
        {"tick", tick, NULL, true},
        {"reporter forgotten", forget_reporter, NULL, false},
        {"rebuild", rebuild, "tally", true},
        {"projections", project, NULL, true},
        {"rebuild", rebuild, "feed", true},
        {"projections", project, NULL, true},
        {"parked dropped", drop_parked, NULL, false},
    };
    if (n >= sizeof more / sizeof *more)
        return;
    if (more[n].outside)
        town_do(t, more[n].name, more[n].act, more[n].what);
    else
        town_write(t, more[n].name, more[n].act, more[n].what);
    if (t->m.dist.draining) /* until then no deadline is judged */
        town_write(t, "all is read", all_read, NULL);
}

void town_play(struct town *t, const struct life *l)
{
    uint8_t order[LIFE_ACTS];
    size_t n = life_order(l, false, order);
    for (size_t i = 0; i < n && !t->failed; i++) {
        const struct said said = {.l = l, .a = &l->acts[order[i]]};
        wait_until(t, life_read_at(said.a, false));
        town_write(t, "event", publish, &said);
        beside(t, i);
        if (i % 8 == 7)
            town_read_all(t);
    }
    wait_until(t, l->end);
    town_do(t, "projections", project, NULL);
    town_read_all(t);
    if (t->examined) {
        town_examine(t);
        town_repair(t);
        town_remember(t);
    }
    town_do(t, "prune", prune, NULL);
}
