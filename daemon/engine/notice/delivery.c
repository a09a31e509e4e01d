/* Trying roads, and whom to tell when none is left. */
#include "base/text.h"
#include "engine/notice/delivery_internal.h"
#include "engine/notice/outage.h"
#include "hongxin/instant.h"

#include <string.h>

const char hx_no_connection[] = "no connection", hx_our_outage[] = "our outage";

/* ---- trying ---- */

static const struct hx_road_rule *road_of(const struct hx_step *s, const struct hx_sending *x)
{
    return hx_rules_road(s->rules, x->road);
}

/* The next time of the road's plan after the latest try, not before now; INT64_MAX = none is left.
 */
static int64_t next_try(const struct hx_road_rule *road, const struct hx_sending *x, int64_t now)
{
    for (int i = 0; road && i < road->n_retries; i++) {
        int64_t t = x->since + road->retry_ms[i];
        if (t > x->tried && t >= now)
            return t;
    }
    return INT64_MAX;
}

hxp_delivery_fact *hx_sending_arrived(struct hx_step *s, struct hx_sending *x, const char *by)
{
    hxp_delivery_fact *f = hx_sending_say(s, x, "DELIVERED");
    if (f)
        f->by = hx_text_field(by);
    hx_sending_over(x);
    return f;
}

static void try_road(struct hx_step *s, struct hx_sending *x);
static void give_up(struct hx_step *s, struct hx_sending *x);

static void by_our_fault(const struct hx_step *s, struct hx_sending *x, bool ours)
{
    x->ours = ours;
    if (!ours)
        x->ours_since = 0;
    else if (!x->ours_since)
        x->ours_since = s->now;
}

/* Until the next try when all of the plan are over and the fault is ours. */
static int64_t wait_for_us(const struct hx_step *s, const struct hx_sending *x,
                           const struct hx_road_rule *road)
{
    int64_t waited = x->ours_since > 0 ? s->now - x->ours_since : 0;
    return hx_outage_wait(s->rules, hx_outage_every(s->rules, road), waited,
                          s->rules->ours.notice_ms);
}

/* No road is left, or the next one is tried. While nobody at all can be reached there is nobody to
 * turn to. */
void hx_sending_road_ends(struct hx_step *s, struct hx_sending *x)
{
    const struct hx_road_rule *road = road_of(s, x);
    struct hx_target t = hx_target_of(s, x->to, hx_sending_asked(x), x->person);
    if (x->ours && road) {
        x->since = s->now;
        x->next = s->now + wait_for_us(s, x, road);
        return;
    }
    int nth = hx_target_open(&t, (size_t)x->nth + 1, road && road->shared);
    if (nth < 0) {
        give_up(s, x);
        return;
    }
    x->nth = (uint8_t)nth;
    x->attempt = 0;
    x->since = s->now;
    hx_text_put(x->road, sizeof x->road, t.roads[nth]->name);
    try_road(s, x);
}

void hx_sending_failed(struct hx_step *s, struct hx_sending *x, const char *error)
{
    hx_text_put(x->error, sizeof x->error, error);
    x->awaits = 0;
    x->next = next_try(road_of(s, x), x, s->now);
    hxp_delivery_fact *f = hx_sending_say(s, x, "FAILED");
    if (f) {
        f->error = hx_arena_strdup(s->arena, x->error);
        f->fault = hx_text_field(x->ours ? "OURS" : "THEIRS");
        f->next = x->next == INT64_MAX ? 0 : x->next;
    }
    if (x->next == INT64_MAX)
        hx_sending_road_ends(s, x);
}

static void try_road(struct hx_step *s, struct hx_sending *x)
{
    char name[2 * HX_ID_MAX];
    const struct hx_road_rule *road = road_of(s, x);
    if (!road) { /* the rules of now do not know it any more */
        hx_sending_failed(s, x, "no such road");
        return;
    }
    const char *id = hx_road_connection(road, hx_sending_asked(x), name);
    enum hx_reach r = road->shared ? hx_step_fetched(s, id, x->notice) : hx_step_reach(s, id);
    x->attempt += x->attempt < UINT8_MAX;
    x->tried = s->now;
    by_our_fault(s, x, r == HX_REACH_OURS);
    if (r == HX_REACH_FETCHED) {
        hx_sending_arrived(s, x, "");
        return;
    }
    if (r != HX_REACH_UP) {
        hx_sending_failed(s, x, x->ours ? hx_our_outage : hx_no_connection);
        return;
    }
    x->awaits = road->receipt_ms > 0;
    x->next = s->now + road->receipt_ms;
    hxp_delivery_fact *f = hx_sending_say(s, x, "SENT");
    if (f) {
        f->next = x->awaits ? x->next : 0;
        f->again = hx_sending_now(s, x);
    }
    if (!x->awaits)
        hx_sending_over(x);
}

/* ---- the first try: the notice itself ---- */

static void fill(struct hx_step *s, const hxp_notice_fact *f, struct hx_sending *x)
{
    int kind = hx_rules_clock(s->rules, f->clock), level = hx_level_number(f->level);
    x->how = (uint8_t)hx_notice_kind_number(f->kind);
    x->kind = (uint8_t)(kind > 0 ? kind : 0);
    x->level = (uint8_t)(level > 0 ? level : 0);
    x->cycle = s->cycle ? s->cycle : s->c->cycle;
    x->notice = s->lsn;
    x->attempt = 1;
    x->above = (uint8_t)f->above;
    x->at = x->since = x->tried = s->now;
    hx_text_put(x->to, sizeof x->to, f->to);
    hx_text_put(x->stand_in, sizeof x->stand_in, f->stand_in);
    if (x->kind && strncmp(f->to, "unit:", 5) == 0)
        (void)hx_delivery_area(f->to, x->unit);
    hx_text_put(x->missed, sizeof x->missed, f->missed);
    hx_text_put(x->expects, sizeof x->expects, f->expects);
}

/* What cannot go out now, or must be answered for. */
static struct hx_sending *watch(struct hx_step *s, const hxp_notice_fact *f,
                                const struct hx_target *t, int nth)
{
    const struct hx_road_rule *road = t->roads[nth];
    struct hx_sending *x = hx_sending_new(s);
    *x = (struct hx_sending){.nth = (uint8_t)nth};
    fill(s, f, x);
    hx_text_put(x->person, sizeof x->person, t->person);
    hx_text_put(x->road, sizeof x->road, road->name);
    by_our_fault(s, x, f->undelivered == hx_our_outage);
    hx_text_put(x->error, sizeof x->error, f->undelivered);
    x->awaits = !f->undelivered[0];
    x->next = x->awaits ? s->now + road->receipt_ms : next_try(road, x, s->now);
    if (x->next == INT64_MAX) /* one try is all its plan has: the next road is a mark of its own */
        x->next = x->ours ? s->now + wait_for_us(s, x, road) : s->now;
    return x;
}

/* One that is named already; of a repeated notice another one than before (F5). */
static int first_road(const struct hx_target *t, const hxp_notice_fact *f)
{
    for (size_t i = 0; f->road[0] && i < t->n; i++)
        if (strcmp(t->roads[i]->name, f->road) == 0)
            return (int)i;
    int nth = hx_target_open(t, 0, hx_delivery_behind(f));
    return nth >= 0 && f->again ? (int)((size_t)f->again % t->n) : nth;
}

static void begin(struct hx_step *s, hxp_notice_fact *f)
{
    char name[2 * HX_ID_MAX];
    if (f->held[0]) /* not sent alone: a digest carries it */
        return;
    const struct hx_target t = hx_target_of(s, f->to, hx_notice_asked(f), f->person);
    bool told = f->again || f->road[0]; /* the first one, or the dispatch, arrived */
    int nth = t.n ? first_road(&t, f) : -1;
    if (nth < 0 && t.n && !f->undelivered[0])
        f->undelivered = hx_text_field(hx_no_connection);
    if (nth < 0)
        return;
    const struct hx_road_rule *road = t.roads[nth];
    f->road = hx_text_field(road->name);
    if (f->undelivered[0]) /* nobody is there: the level above is told */
        return;
    enum hx_reach r = hx_step_reach(s, hx_road_connection(road, hx_notice_asked(f), name));
    if (r == HX_REACH_DOWN || r == HX_REACH_OURS)
        f->undelivered = hx_text_field(r == HX_REACH_DOWN ? hx_no_connection : hx_our_outage);
    if (r == HX_REACH_OURS && strcmp(f->expects, "HELD") == 0)
        return; /* K_DELIVERY tells it again */
    if (f->undelivered[0] || road->receipt_ms)
        watch(s, f, &t, nth)->last = told;
}

void hx_delivery_begin(struct hx_step *s)
{
    for (size_t i = 0; s->rules->n_roads && i < s->n_facts; i++)
        if (s->facts[i]->fact_case == HONGXIN__V1__FACT__FACT_NOTICE)
            begin(s, s->facts[i]->notice);
}

/* ---- nobody was reached ---- */

/* "could not be delivered to street:S-02 (wang) by feed: no connection" */
static const char *because(struct hx_step *s, const struct hx_sending *x)
{
    bool named = x->person[0] && !hx_post_person(x->to);
    return hx_arena_printf(s->arena, "could not be delivered to %s%s%s%s by %s: %s", x->to,
                           named ? " (" : "", named ? x->person : "", named ? ")" : "", x->road,
                           x->error);
}

static void expire(struct hx_step *s, struct hx_sending *x, const char *why)
{
    hxp_delivery_fact *f = hx_sending_say(s, x, "EXPIRED");
    if (f)
        f->error = hx_arena_strdup(s->arena, why);
    hx_sending_over(x);
}

/* The next person on duty at the same post, when there is a road of its own to it. */
static bool tell_substitute(struct hx_step *s, const struct hx_sending *x, const char *why)
{
    const char *person = hx_post_next(s, x->to, x->person);
    if (!person ||
        (x->missed[0] && hx_post_same(hx_sending_asked(x), x->missed))) /* it stands in already */
        return false;
    const char *named = hx_post_person(x->to);
    const char *to = named
                         ? hx_arena_printf(s->arena, "%.*s%s", (int)(named - x->to), x->to, person)
                         : hx_arena_strdup(s->arena, x->to);
    if (!to)
        return false;
    struct hx_target t = hx_target_of(s, to, hx_sending_asked(x), person);
    if (hx_target_open(&t, 0, true) < 0)
        return false; /* behind the same connection */
    hxp_notice_fact *f = hx_fact_notice_to(s, x->how, to, hx_arena_strdup(s->arena, x->stand_in));
    if (!f)
        return false;
    hxp_notice_fact *now = hx_sending_now(s, x);
    if (!now)
        return false;
    f->clock = now->clock;
    f->level = now->level;
    f->expects = now->expects;
    f->deadline = now->deadline;
    f->person = hx_text_field(person);
    f->instead_of = hx_arena_strdup(s->arena, x->person);
    f->missed = hx_arena_strdup(s->arena, hx_sending_asked(x));
    hx_notice_above(f, x->above);
    f->why = hx_text_field(why);
    return true;
}

/* The substitute, then the level above, then the one above that; at last the city's desk. How an
 * alarm ended is told to nobody else: only who heard the alarm hears it. */
static void give_up(struct hx_step *s, struct hx_sending *x)
{
    const char *why = because(s, x);
    struct hx_carry up = {.k = hx_sending_is_alarm(x) ? hx_sending_clock(s, x) : NULL,
                          .level = x->level,
                          .above = x->above + 1,
                          .to = hx_arena_strdup(s->arena, x->to),
                          .missed = hx_arena_strdup(s->arena, hx_sending_asked(x)),
                          .expects = hx_arena_strdup(s->arena, x->expects),
                          .because = why};
    bool ends = x->last || x->how == HX_NOTICE_ALL_CLEAR || x->how == HX_NOTICE_CORRECTION;
    if (!ends && tell_substitute(s, x, why)) {
        hx_sending_over(x);
        return;
    }
    if (!up.to || !up.missed) /* no memory: nothing of this will be kept */
        return;
    if (ends || !hx_ladder_carry(s, &up)) {
        if (!ends)
            hx_fact_alarm(s, "NOTICE_UNDELIVERED", up.to);
        expire(s, x, x->error);
    }
    hx_sending_over(x);
}

/* ---- what is due ---- */

/* The mark that was told lies ahead again, as with a longer class: it is told anew when it is due.
 */
static bool lies_ahead(const struct hx_step *s, const struct hx_sending *x,
                       const struct hx_clock *k)
{
    const struct hx_ladder_rule *ladder = hx_clock_ladder(s->rules, k);
    for (int i = 0; ladder && i < ladder->n_marks; i++)
        if (ladder->marks[i].level + k->shift == x->level)
            return !(k->fired & (UINT32_C(1) << i));
    return false;
}

/* The fact has come, or the clock or the level was taken back: an alarm about it helps nobody any
 * more. */
static bool needless(struct hx_step *s, const struct hx_sending *x)
{
    const struct hx_clock *k = hx_sending_clock(s, x);
    return hx_sending_is_alarm(x) &&
           (x->taken_back || !k || !hx_clock_live(k) || lies_ahead(s, x, k));
}

void hx_delivery_take_back(struct hx_step *s, const struct hx_clock *k, int level)
{
    if (level < 0 && k->unit[0])
        return;
    for (uint32_t i = 0; i < s->c->n_sendings; i++) {
        struct hx_sending *x = &s->c->sendings[i];
        if (hx_sending_is_alarm(x) && (level < 0 || x->level == level) &&
            hx_sending_clock(s, x) == k)
            x->taken_back = 1;
    }
}

/* The time for the receipt is over. A feed knows itself how far its receiver is. */
static void receipt_over(struct hx_step *s, struct hx_sending *x)
{
    char name[2 * HX_ID_MAX];
    const struct hx_road_rule *road = road_of(s, x);
    enum hx_reach r = HX_REACH_UP;
    if (road && road->shared)
        r = hx_step_fetched(s, hx_road_connection(road, hx_sending_asked(x), name), x->notice);
    by_our_fault(s, x, r == HX_REACH_OURS);
    if (r == HX_REACH_FETCHED)
        hx_sending_arrived(s, x, "");
    else
        hx_sending_failed(s, x,
                          r == HX_REACH_DOWN || r == HX_REACH_UNKNOWN ? hx_no_connection
                          : x->ours                                   ? hx_our_outage
                          : road && road->shared                      ? "not fetched"
                                                                      : "no receipt");
}

/* It fell due while we were down: begun anew, and nobody's fault but ours. */
static void begin_anew(struct hx_step *s, struct hx_sending *x)
{
    x->attempt = 0;
    x->since = s->now;
    s->c->faults_ours++;
    try_road(s, x);
}

static void take(struct hx_step *s, struct hx_sending *x)
{
    if (needless(s, x))
        expire(s, x, "no longer needed");
    else if (hx_in_outage(s->m, x->next))
        begin_anew(s, x);
    else if (x->awaits)
        receipt_over(s, x);
    else if (!x->ours && next_try(road_of(s, x), x, x->next) > x->next)
        hx_sending_road_ends(s, x); /* see watch() */
    else
        try_road(s, x);
}

int hx_machine_deliver(struct hx_machine *m, struct hx_case *c, int64_t due)
{
    struct hx_step s;
    hx_step_begin(&s, m, c, NULL);
    int rc = m->ops->next_lsn(m->backend, &s.lsn);
    if (rc)
        return rc;
    s.data = hx_event_data(NULL);
    s.cause = "DELIVERY";
    s.t_rcv = s.t_due = due;
    s.t_eff = hx_in_outage(m, due) ? m->now : due;
    for (uint32_t i = 0, n = c->n_sendings; i < n; i++) {
        struct hx_sending *x = &c->sendings[i];
        if (x->next > due)
            continue;
        take(&s, x);
        if (x->how && x->next <= due)
            hx_sending_over(x); /* a damaged record must not hold up everybody else */
    }
    hx_sendings_sweep(c);
    c->version++;
    return hx_step_write(m, &s, NULL, NULL);
}
