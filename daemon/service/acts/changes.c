/* At the start the city's files may know of a company that is replaced, of which they did not know
 * when a case was opened: the open cases of such estates are looked at once, so that each has a row
 * for the change (corner 22). */
#include "base/log.h"
#include "service/state.h"

#include <inttypes.h>
#include <stdio.h>

enum { STEP = 256 };

struct found {
    uint64_t numbers[STEP];
    size_t n;
};

static int on_case(void *ctx, uint64_t number)
{
    struct found *f = ctx;
    f->numbers[f->n++] = number;
    return f->n == STEP;
}

static int look_at(struct service *s, const struct found *f)
{
    int rc = hx_store_begin(s->store);
    if (rc != HX_OK)
        return rc;
    for (size_t i = 0; rc == HX_OK && i < f->n; i++) {
        rc = hx_machine_change_row(&s->machine, f->numbers[i]);
        if (rc == HX_NOTFOUND)
            rc = HX_OK;
    }
    if (rc == HX_OK)
        return hx_store_commit(s->store);
    hx_store_abort(s->store);
    return rc;
}

static int look_at_estate(struct service *s, const char *estate, uint64_t *cases)
{
    char hint[64];
    struct found f = {.n = 0};
    uint64_t after = 0;
    snprintf(hint, sizeof hint, "place:%s", estate);
    do {
        f.n = 0;
        int rc = hx_store_open_cases(s->store, hint, after, STEP, on_case, &f);
        if (rc == HX_OK && f.n)
            rc = look_at(s, &f);
        if (rc != HX_OK)
            return rc;
        after = f.n ? f.numbers[f.n - 1] : after;
        *cases += f.n;
    } while (f.n == STEP);
    return HX_OK;
}

int changes_look(struct service *s)
{
    size_t at = 0;
    uint64_t cases = 0;
    int rc = HX_OK;
    for (const struct hx_place *p;
         rc == HX_OK && (p = hx_city_next(s->options.city, HX_ESTATE, &at));)
        if (p->later || p->to)
            rc = look_at_estate(s, p->id, &cases);
    if (cases)
        hx_log(HX_LOG_INFO, "event=company_changes_looked_up cases=%" PRIu64, cases);
    return rc;
}
