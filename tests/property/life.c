#include "property/life.h"

#include "base/text.h"
#include "engine/step.h"

#include "hongxin/instant.h"
#include "hongxin/json.h"
#include "property/world.h"
#include <stdlib.h>
#include <string.h>

static const int64_t EVENING = WORLD_EVENING;

enum what {
    REPORTED,
    ROUTED,
    HELD,
    ARRIVED,
    WORK_STARTED,
    PROGRESS,
    COMMENT,
    NOTICE_ACKED,
    SUPERVISED,
    SUPERVISE_ANSWERED,
    CLASS_SET,
    PAUSED,
    RESUMED,
    PLAN_PROPOSED,
    PLAN_DELIVERED,
    RESOLVED,
    CALLBACK_OK,
    CALLBACK_BAD,
};

static const struct {
    const char *type, *by;
    Hongxin__V1__Proof trusted; /* the proof that counts for it; CLAIM = none is used */
} acts[] = {
    [REPORTED] = {"REPORTED", "reporter", HONGXIN__V1__PROOF__CLAIM},
    [ROUTED] = {"ROUTED", "dispatcher:C-03/chen", HONGXIN__V1__PROOF__CLAIM},
    [HELD] = {"HELD", "holder:P-07/li", HONGXIN__V1__PROOF__DEVICE_SIGNED},
    [ARRIVED] = {"ARRIVED", "holder:P-07/li", HONGXIN__V1__PROOF__ONSITE_CODE},
    [WORK_STARTED] = {"WORK_STARTED", "holder:P-07/li", HONGXIN__V1__PROOF__DEVICE_SIGNED},
    [PROGRESS] = {"PROGRESS", "holder:P-07/li", HONGXIN__V1__PROOF__CALL_RECORD},
    [COMMENT] = {"COMMENT", "reporter", HONGXIN__V1__PROOF__CLAIM},
    [NOTICE_ACKED] = {"NOTICE_ACKED", "community:C-03/zhou", HONGXIN__V1__PROOF__CLAIM},
    [SUPERVISED] = {"SUPERVISED", "street:S-02/wang", HONGXIN__V1__PROOF__CLAIM},
    [SUPERVISE_ANSWERED] = {"SUPERVISE_ANSWERED", "manager:P-07/zhao", HONGXIN__V1__PROOF__CLAIM},
    [CLASS_SET] = {"CLASS_SET", "street:S-02/wang", HONGXIN__V1__PROOF__CLAIM},
    [PAUSED] = {"PAUSED", "holder:P-07/li", HONGXIN__V1__PROOF__CLAIM},
    [RESUMED] = {"RESUMED", "holder:P-07/li", HONGXIN__V1__PROOF__CLAIM},
    [PLAN_PROPOSED] = {"PLAN_PROPOSED", "holder:P-07/li", HONGXIN__V1__PROOF__CLAIM},
    [PLAN_DELIVERED] = {"PLAN_DELIVERED", "dispatcher:C-03/chen", HONGXIN__V1__PROOF__SYSTEM},
    [RESOLVED] = {"RESOLVED", "holder:P-07/li", HONGXIN__V1__PROOF__DEVICE_SIGNED},
    [CALLBACK_OK] = {"CALLBACK_OK", "callback/wu", HONGXIN__V1__PROOF__CLAIM},
    [CALLBACK_BAD] = {"CALLBACK_BAD", "callback/wu", HONGXIN__V1__PROOF__CLAIM},
};

/* ---- chance ---- */

struct maker {
    struct life *l;
    uint64_t state;
};

static uint64_t draw(struct maker *g)
{
    uint64_t z = g->state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

/* From least up to most milliseconds, often to a whole second so that ties occur. */
static int64_t span(struct maker *g, int64_t least, int64_t most)
{
    int64_t ms = least + (int64_t)(draw(g) % (uint64_t)(most - least + 1));
    return draw(g) % 2 ? ms : (ms + 999) / 1000 * 1000;
}

static bool chance(struct maker *g, unsigned percent)
{
    return draw(g) % 100 < percent;
}

/* ---- acts ---- */

static struct act *add(struct maker *g, enum what what, int64_t occ)
{
    struct life *l = g->l;
    if (l->n == LIFE_ACTS)
        abort(); /* three cycles need at most 50 */
    struct act *a = &l->acts[l->n];
    *a = (struct act){.what = (uint8_t)what,
                      .id = (uint8_t)++l->n,
                      .fixed = true,
                      .proof = HONGXIN__V1__PROOF__CLAIM,
                      .occ = occ,
                      .src = occ,
                      .rcv = occ};
    return a;
}

static int64_t delay(struct maker *g)
{
    if (chance(g, 50))
        return 0;
    return chance(g, 60) ? span(g, 1, 2 * HX_MINUTE) : span(g, 1, 6 * HX_HOUR);
}

/* Told by a device or by word of mouth; perhaps late. A device may be two seconds ahead of us. */
static struct act *tell(struct maker *g, enum what what, int64_t occ)
{
    struct act *a = add(g, what, occ);
    a->rcv = a->src = occ + delay(g);
    if (chance(g, 70)) {
        a->proof = acts[what].trusted;
        a->fixed = false;
    }
    if (!a->fixed && what == ARRIVED && chance(g, 5))
        a->rcv = a->src = occ - span(g, 1, 2 * HX_SECOND);
    return a;
}

/* ---- what must hold between acts ---- */

/* Nothing that happened before `t` is read after it: somebody decides at `t` upon what is known. */
static void known_by(struct maker *g, size_t from, int64_t t)
{
    for (size_t i = from; i < g->l->n; i++) {
        struct act *a = &g->l->acts[i];
        if (!a->fixed && a->occ <= t && a->rcv >= t)
            a->rcv = a->src = a->occ;
    }
}

/* The same of the acts from `from` on, for what is decided from `decisions` on. A pause is over,
 * too, when it ends by itself. */
static void known_when_decided(struct maker *g, size_t decisions, size_t from)
{
    for (size_t i = decisions; i < g->l->n; i++) {
        const struct act *d = &g->l->acts[i];
        if (d->what == PAUSED || d->what == CLASS_SET || d->what == RESUMED)
            known_by(g, from, d->rcv);
        if (d->what == PAUSED)
            known_by(g, from, d->date);
    }
}

static int64_t latest(const struct maker *g, size_t from)
{
    int64_t t = 0;
    for (size_t i = from; i < g->l->n; i++) {
        const struct act *a = &g->l->acts[i];
        if (a->rcv > t)
            t = a->rcv;
        if (a->occ > t)
            t = a->occ;
    }
    return t;
}

/* ---- a cycle ---- */

static int64_t budget(const struct life *l)
{
    int64_t ms =
        hx_clock_budget(world_rules(), hx_rules_clock(world_rules(), "K_RESOLVE"), l->class_no, 1);
    return ms ? ms : 6 * HX_HOUR;
}

/* Receipt within half a minute, or it is deemed; a later word only names the person (corner 34). */
static void receive(struct maker *g, int64_t dispatched)
{
    if (!chance(g, 85))
        return;
    struct act *a = tell(g, HELD, dispatched + span(g, 1000, HX_MINUTE));
    if (a->rcv > dispatched + 30 * HX_SECOND)
        a->fixed = true;
}

static void visit(struct maker *g, int64_t dispatched)
{
    int64_t there = dispatched + span(g, 33 * HX_SECOND, 12 * HX_MINUTE);
    if (chance(g, 85))
        tell(g, ARRIVED, there);
    if (chance(g, 15))
        tell(g, ARRIVED, dispatched + span(g, 33 * HX_SECOND, 12 * HX_MINUTE));
    if (chance(g, 50))
        tell(g, WORK_STARTED, there + span(g, 1000, 10 * HX_MINUTE));
    for (int i = 0; i < 3 && chance(g, 40); i++)
        tell(g, PROGRESS, there + span(g, 1000, budget(g->l)));
}

static void talk(struct maker *g, int64_t dispatched)
{
    for (int i = 0; i < 2 && chance(g, 30); i++)
        add(g, COMMENT, dispatched + span(g, 1000, budget(g->l)));
    if (chance(g, 20))
        add(g, NOTICE_ACKED, dispatched + span(g, 5 * HX_MINUTE, HX_HOUR));
    if (!chance(g, 10))
        return;
    struct act *a = add(g, SUPERVISED, dispatched + span(g, HX_MINUTE, HX_HOUR));
    a->date = a->rcv + span(g, HX_HOUR, HX_DAY);
    if (chance(g, 70))
        add(g, SUPERVISE_ANSWERED, a->rcv + span(g, HX_MINUTE, 2 * HX_DAY));
}

static void pause(struct maker *g, size_t from, int64_t t)
{
    struct act *a = add(g, PAUSED, t);
    a->date = t + span(g, HX_MINUTE, budget(g->l));
    known_by(g, from, t);
    if (chance(g, 70))
        known_by(g, from, add(g, RESUMED, t + span(g, 1000, a->date - t))->rcv);
    known_by(g, from, a->date);
}

/* What others decide meanwhile. Returns the instant after the last decision. */
static int64_t decide(struct maker *g, size_t from, int64_t dispatched)
{
    int64_t t = dispatched + HX_MINUTE;
    if (chance(g, 10)) {
        t += span(g, 1000, budget(g->l));
        struct act *a = add(g, CLASS_SET, t);
        a->date = 1 + (int64_t)(draw(g) % 4); /* the class: what needs a plan stays as it is */
        known_by(g, from, t);
    }
    if (chance(g, 15))
        pause(g, from, t + span(g, 1000, budget(g->l) / 2));
    return t;
}

/* A special problem: the plan is filed, then delivered; its date is a promise. */
static int64_t plan(struct maker *g, int64_t dispatched)
{
    int64_t t = dispatched + span(g, HX_MINUTE, 30 * HX_HOUR);
    struct act *a = add(g, PLAN_PROPOSED, t);
    a->date = t + span(g, 2 * HX_DAY, 6 * HX_DAY);
    if (!chance(g, 85))
        return t;
    int64_t date = a->date;
    a = tell(g, PLAN_DELIVERED, t + span(g, 1000, 3 * HX_HOUR));
    a->date = date;
    return a->rcv > a->occ ? a->rcv : a->occ;
}

/* Returns when the next cycle is dispatched; 0 = there is none. */
static int64_t solve(struct maker *g, size_t from, int64_t after)
{
    if (!chance(g, 85))
        return 0;
    struct act *a = tell(g, RESOLVED, after + span(g, 1000, 2 * budget(g->l)));
    known_when_decided(g, from, g->l->n - 1);
    if (!chance(g, 80))
        return 0;
    int64_t heard = a->rcv > a->occ ? a->rcv : a->occ;
    bool bad = chance(g, 40);
    return add(g, bad ? CALLBACK_BAD : CALLBACK_OK, heard + span(g, 1000, 20 * HX_HOUR))->rcv * bad;
}

static int64_t cycle(struct maker *g, int64_t dispatched)
{
    size_t from = g->l->n;
    receive(g, dispatched);
    visit(g, dispatched);
    talk(g, dispatched);
    int64_t after = g->l->class_no == hx_rules_class(world_rules(), "SPECIAL")
                        ? plan(g, dispatched)
                        : decide(g, from, dispatched);
    return solve(g, from, after);
}

/* Sent again with the same bytes, or (a trusted one) under a new id. */
static void repeat(struct maker *g)
{
    for (size_t i = 0, n = g->l->n; i < n && g->l->n < LIFE_ACTS; i++) {
        if (!chance(g, 15))
            continue;
        struct act a = g->l->acts[i];
        a.doubled = true;
        if (!a.fixed && chance(g, 30))
            a.id = (uint8_t)(g->l->n + 1);
        a.rcv += span(g, 0, HX_DAY);
        g->l->acts[g->l->n++] = a;
    }
}

void life_make(struct life *l, uint64_t seed)
{
    struct maker g = {.l = l, .state = seed};
    *l = (struct life){.seed = seed};
    l->begin = EVENING + span(&g, 0, HX_DAY);
    l->class_no = 1 + (int)(draw(&g) % 5);
    l->placed = chance(&g, 85);
    add(&g, REPORTED, l->begin);
    int64_t dispatched = l->begin;
    if (!l->placed)
        dispatched = add(&g, ROUTED, l->begin + 10 * HX_SECOND)->rcv;
    for (int i = 0; i < 3 && dispatched; i++)
        dispatched = cycle(&g, dispatched);
    known_when_decided(&g, 0, 0); /* a cycle that ended sooner leaves its decisions to the next */
    repeat(&g);
    l->end = latest(&g, 0) + 20 * HX_DAY;
}

/* ---- telling ---- */

static void fill(const struct life *l, const struct act *a, hxp_data *d)
{
    static char *evidence[] = {(char *)"photo", (char *)"signature"};
    static char *steps[] = {(char *)"one"};
    switch ((enum what)a->what) {
    case REPORTED:
        d->class_ = hx_text_field(world_rules()->classes[l->class_no].name);
        d->place = hx_text_field(l->placed ? "B-0417" : "");
        break;
    case ROUTED:
        d->holder = hx_text_field("P-07");
        break;
    case NOTICE_ACKED:
        d->clock = hx_text_field("K_ARRIVE");
        d->level = hx_text_field("L2");
        break;
    case SUPERVISED:
        d->date = a->date;
        break;
    case CLASS_SET:
        d->class_ = hx_text_field(world_rules()->classes[a->date].name);
        break;
    case PAUSED:
        d->reason = hx_text_field("PARTS");
        d->order = hx_text_field("4711");
        d->until = a->date;
        break;
    case PLAN_PROPOSED:
        d->date = a->date;
        d->person = hx_text_field("li");
        d->steps = steps;
        d->n_steps = 1;
        break;
    case RESOLVED:
        d->evidence = evidence;
        d->n_evidence = 2;
        break;
    case CALLBACK_OK:
    case CALLBACK_BAD:
        d->rating = a->what == CALLBACK_OK ? 5 : 1;
        break;
    default:
        break;
    }
}

void life_event(const struct life *l, const struct act *a, struct act_text *t, hxp_event *e)
{
    hongxin__v1__event__init(e);
    hongxin__v1__data__init(&t->data);
    fill(l, a, &t->data);
    snprintf(t->id, sizeof t->id, "e%u", a->id);
    e->id = t->id;
    e->source = hx_text_field("sim");
    e->type = hx_text_field(acts[a->what].type);
    e->by = hx_text_field(acts[a->what].by);
    e->case_ref = hx_text_field("A");
    e->proof = a->proof;
    e->t_occ = a->occ;
    e->t_src = a->src;
    e->data = &t->data;
}

int64_t life_read_at(const struct act *a, bool in_order)
{
    if (!in_order)
        return a->rcv;
    if (a->doubled)
        return 0;
    return a->fixed ? a->rcv : a->occ;
}

size_t life_order(const struct life *l, bool in_order, uint8_t order[LIFE_ACTS])
{
    size_t n = 0;
    for (size_t i = 0; i < l->n; i++) {
        int64_t t = life_read_at(&l->acts[i], in_order);
        if (!t)
            continue;
        size_t at = n++;
        for (; at && life_read_at(&l->acts[order[at - 1]], in_order) > t; at--)
            order[at] = order[at - 1];
        order[at] = (uint8_t)i;
    }
    return n;
}

/* ---- as a scenario ---- */

static void print_act(const struct life *l, const struct act *a, bool in_order, FILE *out)
{
    enum { CHINA = 480 };
    struct act_text t;
    hxp_event e;
    char rcv[HX_INSTANT_TEXT], src[HX_INSTANT_TEXT], occ[HX_INSTANT_TEXT];
    life_event(l, a, &t, &e);
    json_t *data = hx_json_from_message(&t.data.base, CHINA, HX_JSON_SPARSE);
    char *text = data ? json_dumps(data, HX_JSON_DUMP) : NULL;
    const ProtobufCEnumValue *proof =
        protobuf_c_enum_descriptor_get_value(&hongxin__v1__proof__descriptor, (int)a->proof);
    fprintf(out,
            "{\"rcv\":\"%s\",\"src\":\"%s\",\"occ\":\"%s\",\"event\":\"%s\",\"case\":\"A\","
            "\"id\":\"%s\",\"by\":\"%s\",\"proof\":\"%s\",\"data\":%s}\n",
            hx_instant_format(life_read_at(a, in_order), CHINA, rcv),
            hx_instant_format(a->src, CHINA, src), hx_instant_format(a->occ, CHINA, occ), e.type,
            e.id, e.by, proof->name, text ? text : "{}");
    free(text);
    json_decref(data);
}

void life_print(const struct life *l, bool in_order, FILE *out)
{
    uint8_t order[LIFE_ACTS];
    char end[HX_INSTANT_TEXT];
    size_t n = life_order(l, in_order, order);
    for (size_t i = 0; i < n; i++)
        print_act(l, &l->acts[order[i]], in_order, out);
    fprintf(out, "{\"end\":\"%s\"}\n", hx_instant_format(l->end, 480, end));
}
