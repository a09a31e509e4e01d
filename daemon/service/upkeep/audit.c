#include "service/upkeep/audit.h"

#include "base/log.h"
#include "engine/rules/rules.h"
#include "service/state.h"
#include <inttypes.h>

/* A step may take so long; nothing else is done meanwhile. How soon the next one follows depends on
 * how many cases are left for the time that is left. */
enum { STEP_US = 1000, STEP_LEAST = 64, PAUSE_LEAST_MS = 4, PAUSE_MOST_MS = 50, SLACK_MS = 60000 };

void audit_init(struct audit *a)
{
    *a = (struct audit){.ended = mono_now(), .moved = mono_now()};
}

int64_t audit_age_ms(const struct audit *a)
{
    return mono_now().ms - a->ended.ms;
}

bool audit_alive(const struct service *s)
{
    int64_t most = 2 * (int64_t)s->options.limits->audit_ms + SLACK_MS;
    return mono_now().ms - s->audit.moved.ms < most;
}

static bool given(const struct audit *a, const struct hx_case *c)
{
    for (size_t i = 0; i < a->n_known && i < AUDIT_KNOWN; i++)
        if (a->known[i].number == c->number && a->known[i].lsn == c->last_lsn)
            return true;
    return false;
}

/* Reads the case as committed, and whether its row stands in the table. */
static int look(struct service *s, uint64_t number, bool *stands)
{
    struct hx_case *c = &s->scratch;
    int rc = hx_store_case(s->store, number, c);
    if (rc != HX_OK)
        return rc;
    return hx_store_due_stands(
        s->store, &(struct hx_due_row){.due = c->due_row, .case_number = number}, stands);
}

/* Counted from the first case: what the list costs to begin does not eat up the time for cases. */
static bool time_is_up(struct audit *a)
{
    if (!a->step_cases)
        a->step_begun_us = mono_now_us();
    if (++a->step_cases % STEP_LEAST == 0 && mono_now_us() - a->step_begun_us >= STEP_US)
        a->cut = true;
    return a->cut;
}

static int look_at(void *service, uint64_t number)
{
    struct service *s = service;
    struct audit *a = &s->audit;
    bool stands;
    a->after = number;
    a->cases++;
    if (look(s, number, &stands) == HX_OK && hx_case_fault(s->machine.rules, &s->scratch, stands) &&
        !given(a, &s->scratch))
        a->suspects[a->n_suspects++] = number;
    a->cut |= a->n_suspects == AUDIT_SUSPECTS;
    return time_is_up(a);
}

/* Cases that this round is likely to find: as many as the last one, or all there are. */
static uint64_t expected(struct service *s)
{
    struct hx_store_stats v;
    if (s->audit.rounds)
        return s->audit.last_cases;
    return hx_store_stats(s->store, &v) == HX_OK ? v.cases : 0;
}

static bool begin(struct service *s)
{
    struct audit *a = &s->audit;
    if (mono_now().ms - a->begun.ms < (int64_t)s->options.limits->audit_ms && a->rounds)
        return false;
    a->begun = mono_now();
    a->expected = expected(s);
    a->after = a->cases = 0;
    a->running = true;
    return true;
}

static void end(struct audit *a)
{
    a->running = false;
    a->ended = mono_now();
    a->last_cases = a->cases;
    a->rounds++;
}

/* With this pace three quarters of the round's time are enough. */
static uint32_t pause_ms(const struct service *s)
{
    const struct audit *a = &s->audit;
    int64_t given = (int64_t)s->options.limits->audit_ms / 4 * 3;
    int64_t left = given - (mono_now().ms - a->begun.ms);
    uint64_t cases = a->expected > a->cases ? a->expected - a->cases : 0;
    uint64_t steps = cases / (a->step_cases ? a->step_cases : 1) + 1;
    int64_t each = left / (int64_t)steps;
    if (each < PAUSE_LEAST_MS)
        return PAUSE_LEAST_MS;
    return each < PAUSE_MOST_MS ? (uint32_t)each : PAUSE_MOST_MS;
}

uint32_t audit_step(struct service *s)
{
    struct audit *a = &s->audit;
    a->moved = mono_now();
    if (a->n_suspects)
        return a->running ? PAUSE_MOST_MS : 0;
    if (!a->running && !begin(s))
        return 0;
    int64_t begun = mono_now_us();
    a->step_cases = 0;
    a->cut = false;
    int rc = hx_store_open_cases(s->store, NULL, a->after, SIZE_MAX, look_at, s);
    hist_add(&s->counters.audit_us, mono_now_us() - begun);
    if (rc != HX_OK)
        hx_log(HX_LOG_ERROR, "event=audit_failed error=%s", hx_errname(rc));
    if (rc != HX_OK || !a->cut)
        end(a);
    return a->running ? pause_ms(s) : 0;
}

static void remember(struct audit *a, const struct hx_case *c)
{
    a->known[a->n_known % AUDIT_KNOWN].number = c->number;
    a->known[a->n_known % AUDIT_KNOWN].lsn = c->last_lsn;
    a->n_known++;
    a->alarms++;
}

int audit_write(struct service *s)
{
    struct audit *a = &s->audit;
    int rc = HX_OK;
    hx_machine_set_time(&s->machine, timebase_now(&s->time));
    for (size_t i = 0; i < a->n_suspects; i++) {
        const char *code = NULL;
        bool stands;
        if (look(s, a->suspects[i], &stands) != HX_OK)
            continue;
        rc = hx_machine_audit(&s->machine, a->suspects[i], stands, &code);
        if (rc != HX_OK)
            break;
        if (!code)
            continue; /* it has changed since */
        remember(a, &s->machine.work);
        hx_log(HX_LOG_ERROR, "event=audit_alarm code=%s case=%" PRIu64, code, a->suspects[i]);
    }
    a->n_suspects = 0; /* what was not written is found again in the next round */
    return rc;
}
