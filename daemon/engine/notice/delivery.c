/* Trying roads, and whom to tell when none is left. */
#include "base/text.h"
#include "base/utf8.h"
#include "engine/notice/delivery_internal.h"
#include "engine/routing/roads.h"
#include "hongxin/instant.h"

#include <stdio.h>
#include <string.h>

const char hx_no_connection[] = "no connection", hx_our_outage[] = "our outage";

/* ---- roads ---- */

/* Who is to be reached, and by which roads. */
struct target {
    struct hx_post post;
    char person[HX_ID_MAX];
    size_t n;
    const struct hx_road_rule *roads[HX_ROADS_MAX];
};

static void find_roads(const struct hx_step *s, struct target *t)
{
    const struct hx_roads *roads = hx_city_roads(s->m->city);
    const char *names[HX_ROADS_MAX];
    size_t n = roads ? hx_roads_of(roads, t->post.role, t->post.area, t->person, names) : 0;
    for (size_t i = 0; i < n; i++) {
        const struct hx_road_rule *rule = hx_rules_road(s->rules, names[i]);
        if (rule)
            t->roads[t->n++] = rule;
    }
    if (!t->n && s->rules->n_roads)
        t->roads[t->n++] = &s->rules->roads[0];
}

/* `person` is asked when `to` names none, by the roads of the post that is asked. */
static struct target target_of(const struct hx_step *s, const char *to, const char *asked,
                               const char *person)
{
    struct target t = {.n = 0};
    const char *named = hx_post_person(to);
    if (!hx_post_of(asked, &t.post))
        return t;
    hx_utf8_put(t.person, sizeof t.person, named ? named : person);
    find_roads(s, &t);
    return t;
}

static const char *area_of(const char *to, char id[HX_ID_MAX])
{
    size_t n;
    const char *area = hx_post_feed(to, &n);
    n = n < HX_ID_MAX ? n : HX_ID_MAX - 1;
    memcpy(id, area, n);
    id[n] = '\0';
    return id;
}

bool hx_delivery_same_area(const char *a, const char *b)
{
    char x[HX_ID_MAX], y[HX_ID_MAX];
    return strcmp(area_of(a, x), area_of(b, y)) == 0;
}

static const char *asked_of(const struct hx_sending *x)
{
    return hx_post_asked(x->to, x->stand_in);
}

static const char *asked_by(const hxp_notice_fact *f)
{
    return hx_post_asked(f->to, f->stand_in);
}

/* Under which name it is asked whether the road is open. */
static const char *connection(const struct hx_road_rule *road, const char *asked,
                              char name[2 * HX_ID_MAX])
{
    if (road->shared)
        return area_of(asked, name);
    hx_text_add(hx_text_add(name, name + 2 * HX_ID_MAX, "road:"), name + 2 * HX_ID_MAX, road->name);
    return name;
}

/* The first road from `nth` on that is not the connection which has just failed; -1 = none. */
static int open_road(const struct target *t, size_t nth, bool shared_failed)
{
    for (size_t i = nth; i < t->n; i++)
        if (!t->roads[i]->shared || !shared_failed)
            return (int)i;
    return -1;
}

/* The connection of this area is what could not be used before. */
static bool behind_the_same(const hxp_notice_fact *f)
{
    return f->missed[0] && hx_delivery_same_area(asked_by(f), f->missed);
}

bool hx_delivery_open(struct hx_step *s, hxp_notice_fact *f)
{
    struct target t = target_of(s, f->to, asked_by(f), f->person);
    if (f->undelivered[0] || !t.n || open_road(&t, 0, behind_the_same(f)) >= 0)
        return !f->undelivered[0];
    f->undelivered = hx_text_field(hx_no_connection);
    return false;
}

/* ---- what is said about a sending ---- */

static const char *level_of(const struct hx_sending *x)
{
    return x->kind && x->how != HX_NOTICE_CASE ? hx_level_name(x->level) : "";
}

hxp_delivery_fact *hx_sending_say(struct hx_step *s, const struct hx_sending *x, const char *result)
{
    hxp_delivery_fact *f = hx_fact_delivery(s, result);
    if (!f)
        return NULL;
    f->to = hx_arena_strdup(s->arena, x->to);
    f->person = hx_arena_strdup(s->arena, x->person);
    f->road = hx_arena_strdup(s->arena, x->road);
    f->attempt = x->attempt;
    f->kind = hx_text_field(hx_notice_kind_name(x->how));
    f->clock = hx_text_field(x->kind ? s->rules->clocks[x->kind].name : "");
    f->level = hx_text_field(level_of(x));
    f->notice = x->notice;
    return f;
}

static struct hx_clock *clock_of(struct hx_step *s, const struct hx_sending *x)
{
    bool stays = s->rules->clocks[x->kind].stays;
    for (uint32_t i = s->c->n_clocks; x->kind && i-- > 0;) {
        struct hx_clock *k = &s->c->clocks[i];
        if (k->kind == x->kind && (stays || k->cycle == x->cycle) &&
            (!x->unit[0] || strcmp(k->unit, x->unit) == 0))
            return k;
    }
    return NULL;
}

/* A mark of a clock's ladder. What else names a clock, such as the request for assistance, does not
 * come from one. */
static bool is_alarm(const struct hx_sending *x)
{
    return x->kind && hx_notice_alarms(x->how);
}

/* The notice as it is now (F16): for whoever takes it further. */
static hxp_notice_fact *as_it_is(struct hx_step *s, const struct hx_sending *x)
{
    hxp_notice_fact *f = hx_arena_alloc(s->arena, sizeof *f);
    const struct hx_clock *k = clock_of(s, x);
    if (!f)
        return NULL;
    hongxin__v1__notice_fact__init(f);
    f->kind = hx_text_field(hx_notice_kind_name(x->how));
    f->clock = hx_text_field(x->kind ? s->rules->clocks[x->kind].name : "");
    f->level = hx_text_field(level_of(x));
    f->to = hx_arena_strdup(s->arena, x->to);
    f->person = hx_arena_strdup(s->arena, x->person);
    f->road = hx_arena_strdup(s->arena, x->road);
    f->holder = hx_arena_strdup(s->arena, s->c->holder);
    f->expects = hx_arena_strdup(s->arena, x->expects);
    f->deadline = k ? k->deadline : 0;
    f->missed = hx_arena_strdup(s->arena, x->missed);
    f->stand_in = hx_arena_strdup(s->arena, x->stand_in);
    hx_notice_above(f, x->above);
    f->drill = (s->c->flags & HX_FLAG_DRILL) != 0;
    return f;
}

/* ---- the list ---- */

/* Over: taken out of the list by hx_sendings_sweep(), so that nobody holds a pointer that moves. */
static void over(struct hx_sending *x)
{
    x->how = 0;
}

void hx_sendings_sweep(struct hx_case *c)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < c->n_sendings; i++)
        if (c->sendings[i].how) {
            if (kept != i)
                c->sendings[kept] = c->sendings[i];
            kept++;
        }
    c->n_sendings = kept;
}

/* Room is made by the oldest: it is not tried any more, and that is said. */
static struct hx_sending *new_sending(struct hx_step *s)
{
    struct hx_case *c = s->c;
    hx_sendings_sweep(c);
    if (c->n_sendings == HX_CASE_SENDINGS) {
        hxp_delivery_fact *f = hx_sending_say(s, &c->sendings[0], "EXPIRED");
        if (f)
            f->error = hx_text_field("too many");
        over(&c->sendings[0]);
        hx_sendings_sweep(c);
    }
    return &c->sendings[c->n_sendings++];
}

int64_t hx_case_delivery_due(const struct hx_case *c)
{
    int64_t next = INT64_MAX;
    for (uint32_t i = 0; i < c->n_sendings; i++)
        if (c->sendings[i].next < next)
            next = c->sendings[i].next;
    return next;
}

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
    over(x);
    return f;
}

static void try_road(struct hx_step *s, struct hx_sending *x);
static void give_up(struct hx_step *s, struct hx_sending *x);

/* How long to wait when all tries are over and the fault is ours: as long as the road's plan, or,
 * when that is a single try, as that of everybody's first road. */
static int64_t longest_wait(const struct hx_step *s, const struct hx_road_rule *road)
{
    const struct hx_road_rule *first = &s->rules->roads[0];
    int64_t own = road->retry_ms[road->n_retries - 1], all = first->retry_ms[first->n_retries - 1];
    return own ? own : all ? all : HX_MINUTE;
}

/* No road is left, or the next one is tried. While nobody at all can be reached there is nobody to
 * turn to. */
void hx_sending_road_ends(struct hx_step *s, struct hx_sending *x)
{
    const struct hx_road_rule *road = road_of(s, x);
    struct target t = target_of(s, x->to, asked_of(x), x->person);
    if (x->ours && road) {
        x->since = s->now;
        x->next = s->now + longest_wait(s, road);
        return;
    }
    int nth = open_road(&t, (size_t)x->nth + 1, road && road->shared);
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
    const char *id = connection(road, asked_of(x), name);
    enum hx_reach r = road->shared ? hx_step_fetched(s, id, x->notice) : hx_step_reach(s, id);
    x->attempt += x->attempt < UINT8_MAX;
    x->tried = s->now;
    x->ours = r == HX_REACH_OURS;
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
        f->again = as_it_is(s, x);
    }
    if (!x->awaits)
        over(x);
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
    x->last =
        f->again > 0; /* the first one arrived: a repetition that does not is carried nowhere */
    x->since = x->tried = s->now;
    hx_text_put(x->to, sizeof x->to, f->to);
    hx_text_put(x->stand_in, sizeof x->stand_in, f->stand_in);
    if (x->kind && strncmp(f->to, "unit:", 5) == 0)
        (void)area_of(f->to, x->unit);
    hx_text_put(x->missed, sizeof x->missed, f->missed);
    hx_text_put(x->expects, sizeof x->expects, f->expects);
}

/* What cannot go out now, or must be answered for. */
static void watch(struct hx_step *s, const hxp_notice_fact *f, const struct target *t, int nth)
{
    const struct hx_road_rule *road = t->roads[nth];
    struct hx_sending *x = new_sending(s);
    *x = (struct hx_sending){.nth = (uint8_t)nth};
    fill(s, f, x);
    hx_text_put(x->person, sizeof x->person, t->person);
    hx_text_put(x->road, sizeof x->road, road->name);
    x->ours = f->undelivered == hx_our_outage;
    hx_text_put(x->error, sizeof x->error, f->undelivered);
    x->awaits = !f->undelivered[0];
    x->next = x->awaits ? s->now + road->receipt_ms : next_try(road, x, s->now);
    if (x->next == INT64_MAX) /* one try is all its plan has: the next road is a mark of its own */
        x->next = x->ours ? s->now + longest_wait(s, road) : s->now;
}

/* The first road of a repeated notice is another one than before (F5). */
static int first_road(const struct target *t, const hxp_notice_fact *f)
{
    int nth = open_road(t, 0, behind_the_same(f));
    return nth >= 0 && f->again ? (int)((size_t)f->again % t->n) : nth;
}

static void begin(struct hx_step *s, hxp_notice_fact *f)
{
    char name[2 * HX_ID_MAX];
    if (f->held[0]) /* not sent alone: a digest carries it */
        return;
    const struct target t = target_of(s, f->to, asked_by(f), f->person);
    int nth = t.n ? first_road(&t, f) : -1;
    if (nth < 0 && t.n && !f->undelivered[0])
        f->undelivered = hx_text_field(hx_no_connection);
    if (nth < 0)
        return;
    const struct hx_road_rule *road = t.roads[nth];
    f->road = hx_text_field(road->name);
    if (f->undelivered[0]) /* nobody is there: the level above is told */
        return;
    enum hx_reach r = hx_step_reach(s, connection(road, asked_by(f), name));
    if (r == HX_REACH_DOWN || r == HX_REACH_OURS)
        f->undelivered = hx_text_field(r == HX_REACH_DOWN ? hx_no_connection : hx_our_outage);
    if (r == HX_REACH_OURS && strcmp(f->expects, "HELD") == 0)
        return; /* K_DELIVERY tells it again */
    if (f->undelivered[0] || road->receipt_ms)
        watch(s, f, &t, nth);
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
    over(x);
}

/* The next person on duty at the same post, when there is a road of its own to it. */
static bool tell_substitute(struct hx_step *s, const struct hx_sending *x, const char *why)
{
    const char *person = hx_post_next(s, x->to, x->person);
    if (!person ||
        (x->missed[0] && hx_post_same(asked_of(x), x->missed))) /* it stands in already */
        return false;
    const char *named = hx_post_person(x->to);
    const char *to = named
                         ? hx_arena_printf(s->arena, "%.*s%s", (int)(named - x->to), x->to, person)
                         : hx_arena_strdup(s->arena, x->to);
    if (!to)
        return false;
    struct target t = target_of(s, to, asked_of(x), person);
    if (open_road(&t, 0, true) < 0)
        return false; /* behind the same connection */
    hxp_notice_fact *f = hx_fact_notice_to(s, x->how, to, hx_arena_strdup(s->arena, x->stand_in));
    if (!f)
        return false;
    hxp_notice_fact *now = as_it_is(s, x);
    if (!now)
        return false;
    f->clock = now->clock;
    f->level = now->level;
    f->expects = now->expects;
    f->deadline = now->deadline;
    f->person = hx_text_field(person);
    f->instead_of = hx_arena_strdup(s->arena, x->person);
    f->missed = hx_arena_strdup(s->arena, asked_of(x));
    hx_notice_above(f, x->above);
    f->why = hx_text_field(why);
    return true;
}

/* The substitute, then the level above, then the one above that; at last the city's desk. How an
 * alarm ended is told to nobody else: only who heard the alarm hears it. */
static void give_up(struct hx_step *s, struct hx_sending *x)
{
    const char *why = because(s, x);
    struct hx_carry up = {.k = is_alarm(x) ? clock_of(s, x) : NULL,
                          .level = x->level,
                          .above = x->above + 1,
                          .to = hx_arena_strdup(s->arena, x->to),
                          .missed = hx_arena_strdup(s->arena, asked_of(x)),
                          .expects = hx_arena_strdup(s->arena, x->expects),
                          .because = why};
    bool ends = x->last || x->how == HX_NOTICE_ALL_CLEAR || x->how == HX_NOTICE_CORRECTION;
    if (!ends && tell_substitute(s, x, why)) {
        over(x);
        return;
    }
    if (!up.to || !up.missed) /* no memory: nothing of this will be kept */
        return;
    if (ends || !hx_ladder_carry(s, &up)) {
        if (!ends)
            hx_fact_alarm(s, "NOTICE_UNDELIVERED", up.to);
        expire(s, x, x->error);
    }
    over(x);
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
    const struct hx_clock *k = clock_of(s, x);
    return is_alarm(x) && (!k || !hx_clock_live(k) || lies_ahead(s, x, k));
}

/* The time for the receipt is over. A feed knows itself how far its receiver is. */
static void receipt_over(struct hx_step *s, struct hx_sending *x)
{
    char name[2 * HX_ID_MAX];
    const struct hx_road_rule *road = road_of(s, x);
    enum hx_reach r = HX_REACH_UP;
    if (road && road->shared)
        r = hx_step_fetched(s, connection(road, asked_of(x), name), x->notice);
    x->ours = r == HX_REACH_OURS;
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
            over(x); /* a damaged record must not hold up everybody else */
    }
    hx_sendings_sweep(c);
    c->version++;
    return hx_step_write(m, &s, NULL, NULL);
}
