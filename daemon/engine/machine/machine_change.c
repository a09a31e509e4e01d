/* A company that is replaced at a date (corner 22): a mark of every open case of its estate, like a
 * deadline. The day before, both companies and the community are told; at the instant itself the
 * case goes where the routing table says, and the time before stays with the old company. And a new
 * version of the city that gives an open case to somebody else: the same, at once. */
#include "base/text.h"
#include "engine/machine/apply.h"
#include "engine/machine/machine_internal.h"
#include "engine/words/words.h"
#include "hongxin/instant.h"

#include <string.h>

/* By the tree of the report, as ever (S9). */
static const char *holder_by(const struct hx_city *city, const struct hx_rules *r,
                             const struct hx_case *c, int64_t at)
{
    struct hx_route route;
    const struct hx_route_query q = hx_route_query(r, c, at);
    hx_city_route(city, &q, NULL, &route);
    return route.holder;
}

/* A table that names the same holder afterwards leaves it where it is. */
int64_t hx_case_company_ends(const struct hx_city *city, const struct hx_rules *r,
                             const struct hx_case *c)
{
    int64_t at =
        c->holder[0] ? hx_city_company_ends(city, c->estate, c->holder, c->holder_at) : INT64_MAX;
    return at == INT64_MAX || strcmp(holder_by(city, r, c, at), c->holder) == 0 ? 0 : at;
}

void hx_change_look(const struct hx_machine *m, struct hx_case *c)
{
    int64_t at = hx_case_company_ends(m->city, m->rules, c);
    if (at != c->change_at)
        c->change_told = at - HX_DAY < c->holder_at; /* too late for the day before */
    c->change_at = at;
}

int hx_machine_change_row(struct hx_machine *m, uint64_t case_number)
{
    struct hx_case *c = &m->work;
    int rc = m->ops->case_load(m->backend, case_number, c);
    if (rc)
        return rc;
    int64_t before = c->change_at;
    hx_change_look(m, c);
    return c->change_at == before
               ? HX_OK
               : m->ops->case_save(m->backend, c, hx_machine_row(m, c, hx_case_due(m->rules, c)));
}

static const char *date(struct hx_step *s, int64_t at)
{
    char text[HX_INSTANT_TEXT];
    hx_instant_format(at, hx_city_utc_offset(s->m->city), text);
    return hx_arena_printf(s->arena, "%.10s %.8s", text, text + 11);
}

static void announce(struct hx_step *s)
{
    struct hx_case *c = s->c;
    const char *next = hx_city_estate_company(s->m->city, c->estate, c->change_at);
    const char *why = hx_arena_printf(
        s->arena,
        "estate %s goes from %s to %s at %s: agree on its open cases, or the community decides",
        c->estate, c->holder, *next ? next : c->community, date(s, c->change_at));
    const char *const to[] = {hx_arena_printf(s->arena, "manager:%s", c->holder),
                              hx_arena_printf(s->arena, "manager:%s", *next ? next : c->community),
                              hx_arena_printf(s->arena, "community:%s", c->community)};
    for (size_t i = 0; i < sizeof to / sizeof *to; i++) {
        hxp_notice_fact *f = hx_fact_notice(s, HX_NOTICE_CASE, to[i]);
        if (f) {
            f->t_due = s->t_rcv;
            f->why = hx_text_field(why);
        }
    }
    c->change_told = 1;
}

/* As if the community had named the holder that the table names. */
static void change(struct hx_step *s, const char *why)
{
    hxp_data *data = hx_arena_alloc(s->arena, sizeof *data);
    int event = hx_rules_event(s->rules, "HOLDER_CHANGED");
    s->c->change_at = 0;
    if (!data) /* the step fails as a whole */
        return;
    hongxin__v1__data__init(data);
    data->holder = hx_text_field(hx_route_of(s));
    data->why = hx_text_field(why);
    s->data = data;
    if (event < 0 || !hx_step_event(s, event)) /* never in silence, and never again and again */
        hx_fact_alarm(s, "HOLDER_STAYS", hx_arena_text(s->arena, s->c->holder));
    s->c->holder_at = s->t_eff;
}

int hx_machine_change(struct hx_machine *m, struct hx_case *c)
{
    struct hx_step s;
    int64_t due = hx_case_change_due(m->rules, c);
    bool done = c->change_told;
    hx_step_begin(&s, m, c, NULL);
    int rc = m->ops->next_lsn(m->backend, &s.lsn);
    if (rc)
        return rc;
    s.data = hx_event_data(NULL);
    s.cause = "HOLDER_CHANGED";
    s.t_rcv = s.t_due = due;
    s.t_eff =
        m->now - due > HX_MINUTE ? m->now : due; /* late: our outage, or files that came late */
    if (done)
        change(&s, "");
    else
        announce(&s);
    c->version++;
    return hx_step_write(m, &s, NULL, NULL);
}

/* ---- a new version of the city ---- */

bool hx_case_rerouted(const struct hx_rules *r, const struct hx_case *c,
                      const struct hx_change *change, int64_t now)
{
    if (!change->city_before || change->rota_only || !c->holder[0] ||
        !hx_case_may_change_holder(r, c) ||
        strcmp(holder_by(change->city_before, r, c, now), c->holder) != 0)
        return false;
    return strcmp(holder_by(change->city, r, c, now), c->holder) != 0;
}

int hx_machine_reroute(struct hx_machine *m, uint64_t case_number)
{
    struct hx_step s;
    struct hx_case *c = &m->work;
    int rc = m->ops->case_load(m->backend, case_number, c);
    if (rc)
        return rc;
    hx_step_begin(&s, m, c, NULL);
    rc = m->ops->next_lsn(m->backend, &s.lsn);
    if (rc)
        return rc;
    s.data = hx_event_data(NULL);
    s.cause = "HOLDER_CHANGED";
    change(&s, hx_arena_printf(s.arena, "by the city's version %s", hx_city_version(m->city)));
    c->version++;
    return hx_step_write(m, &s, NULL, NULL);
}
