#include "service/audit.h"

#include "base/log.h"
#include "engine/rules.h"
#include "service/state.h"
#include <inttypes.h>

/* Cases of one step: some two milliseconds, 1.2 million cases a minute. */
enum { STEP = 1000, SLACK_MS = 60 * 1000 };

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
    return a->n_suspects == AUDIT_SUSPECTS;
}

static bool begin(struct service *s)
{
    struct audit *a = &s->audit;
    if (mono_now().ms - a->begun.ms < (int64_t)s->options.limits->audit_ms && a->rounds)
        return false;
    a->begun = mono_now();
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

bool audit_step(struct service *s)
{
    struct audit *a = &s->audit;
    a->moved = mono_now();
    if (a->n_suspects || (!a->running && !begin(s)))
        return a->running;
    uint64_t before = a->cases;
    int rc = hx_store_open_cases(s->store, NULL, a->after, STEP, look_at, s);
    if (rc != HX_OK)
        hx_log(HX_LOG_ERROR, "event=audit_failed error=%s", hx_errname(rc));
    if (rc != HX_OK || (a->cases - before < STEP && a->n_suspects < AUDIT_SUSPECTS))
        end(a);
    return a->running;
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
