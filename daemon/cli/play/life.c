/* Lives of invented complaints. */
#include "cli/play/life.h"
#include "hongxin/instant.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Calls that nobody takes; proven arrivals where there is no signal; days until the date of a plan.
 */
enum { NO_ANSWER_PER_MILLE = 60, NO_SIGNAL_PER_MILLE = 40, PLAN_DAYS = 5 };

const char *const life_classes[5] = {"EMERGENCY", "SMALL", "SERIOUS", "COMPLEX", "SPECIAL"};

const struct conduct_kind *conduct_of(const struct conduct_kind *kinds, size_t n, uint64_t seed,
                                      const char *holder)
{
    uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */
    struct dice d;
    double sum = 0, at;

    for (const char *c = holder; *c; c++)
        hash = (hash ^ (unsigned char)*c) * UINT64_C(1099511628211);
    for (size_t i = 0; i < n; i++)
        sum += kinds[i].share;
    d = dice_make(seed, hash);
    at = dice_unit(&d) * sum;
    for (size_t i = 0; i < n; i++) {
        if (at < kinds[i].share || i + 1 == n)
            return &kinds[i];
        at -= kinds[i].share;
    }
    return NULL;
}

/* What people complain of, by class. Invented; nobody is meant. */
static const struct {
    const char *class_name, *category, *text;
} matters[] = {
    {"EMERGENCY", "trapped", "电梯困人，请立即处理 / people stuck in the lift"},
    {"EMERGENCY", "safety", "楼道闻到燃气味 / smell of gas on the stairs"},
    {"EMERGENCY", "power", "电线裸露 / a live wire hangs loose"},
    {"SMALL", "light", "楼道灯不亮 / no light on the stairs"},
    {"SMALL", "cleaning", "垃圾未清运 / waste not collected"},
    {"SMALL", "door", "单元门关不上 / the entrance door does not close"},
    {"SMALL", "noise", "夜间装修扰民 / building noise in the evening"},
    {"SMALL", "parking", "车辆堵住消防通道 / a car blocks the fire lane"},
    {"SERIOUS", "water", "地下室漏水 / water in the cellar"},
    {"SERIOUS", "power", "整单元停电 / no power in the whole entrance"},
    {"SERIOUS", "lift", "电梯停运 / the lift does not run"},
    {"COMPLEX", "water", "顶层屋面渗漏 / the roof leaks into the top floor"},
    {"COMPLEX", "sewer", "污水管反复堵塞 / the drain blocks again and again"},
    {"SPECIAL", "other", "申请加装无障碍扶手 / a handrail is asked for"},
    {"SPECIAL", "heating", "供暖长期不热 / the heating never gets warm"},
};

static int64_t minutes(struct life *life, double low, double high)
{
    return (int64_t)((low + dice_unit(&life->dice) * (high - low)) * HX_MINUTE);
}

/* What the class promises, from HELD. */
static int64_t budget(const struct life *life)
{
    static const int64_t ms[] = {2 * HX_HOUR, 40 * HX_MINUTE, 3 * HX_HOUR, 48 * HX_HOUR,
                                 24 * HX_HOUR};

    for (size_t i = 0; i < 5; i++)
        if (!strcmp(life->class_name, life_classes[i]))
            return life->cycle > 1 ? ms[i] / 2 : ms[i];
    return 3 * HX_HOUR;
}

static bool is(const struct life *life, const char *class_name)
{
    return strcmp(life->class_name, class_name) == 0;
}

static int64_t after_report(struct life *life)
{
    life->next = LIFE_HOLD;
    life->since_held = 0;
    if (dice_chance(&life->dice, life->conduct.ignores))
        return minutes(life, 15, 75);
    return dice_between(&life->dice, 3, 27) * HX_SECOND;
}

/* On time, late, or on time in a cellar without a signal: the proof comes minutes later. */
static int64_t after_held(struct life *life)
{
    int64_t delay;

    life->next = LIFE_ARRIVE;
    life->late_proof_ms = 0;
    if (dice_chance(&life->dice, life->conduct.comes_late)) {
        delay = minutes(life, 5.2, 28);
    } else {
        delay = minutes(life, 1, 4.7);
        if (dice_chance(&life->dice, life->conduct.proves) &&
            dice_chance(&life->dice, NO_SIGNAL_PER_MILLE)) {
            life->late_proof_ms = minutes(life, 4, 12);
            delay += life->late_proof_ms;
        }
    }
    life->since_held = delay;
    return delay;
}

static int64_t after_arrival(struct life *life)
{
    int64_t delay = minutes(life, 0.5, 3);

    life->next = is(life, "SPECIAL") ? LIFE_PLAN : LIFE_START;
    if (life->next == LIFE_PLAN)
        delay = minutes(life, 15, 90);
    life->since_held += delay;
    return delay;
}

/* The rest of the budget, or more than it. */
static int64_t after_start(struct life *life)
{
    double share = dice_chance(&life->dice, life->conduct.overruns)
                       ? 1.05 + 0.9 * dice_unit(&life->dice)
                       : 0.3 + 0.6 * dice_unit(&life->dice);
    int64_t until = (int64_t)(share * (double)budget(life)), delay = until - life->since_held;

    life->next = LIFE_RESOLVE;
    return delay > HX_MINUTE ? delay : HX_MINUTE;
}

void life_advance(struct life *life, int64_t *delay_ms)
{
    switch (life->next) {
    case LIFE_REPORT:
        *delay_ms = after_report(life);
        break;
    case LIFE_HOLD:
        *delay_ms = after_held(life);
        break;
    case LIFE_ARRIVE:
        *delay_ms = after_arrival(life);
        break;
    case LIFE_START:
        *delay_ms = after_start(life);
        break;
    case LIFE_PLAN:
        life->next = LIFE_DELIVER;
        *delay_ms = 3 * HX_SECOND;
        break;
    case LIFE_RESOLVE:
        life->next = LIFE_CALL_BACK;
        *delay_ms = minutes(life, 5, 40);
        break;
    default:
        life->next = LIFE_OVER;
        *delay_ms = 0;
    }
}

/* ---- events ---- */

static void put(json_t *object, const char *path, const char *text)
{
    char problem[RECORD_PROBLEM];

    /* paths and values are ours: what fails here fails in the tests of lives */
    if (record_set(object, path, text, problem))
        json_object_set_new(object, "type", json_string(""));
}

static void put_report(struct life *life, json_t *o)
{
    char value[64];
    size_t n = 0, at[sizeof matters / sizeof *matters];

    for (size_t i = 0; i < sizeof matters / sizeof *matters; i++)
        if (is(life, matters[i].class_name))
            at[n++] = i;
    n = at[dice_between(&life->dice, 0, (int64_t)n - 1)];
    put(o, "source", life->channel);
    put(o, "by", "reporter");
    put(o, "data.class", life->class_name);
    put(o, "data.place", life->place->id);
    put(o, "data.category", matters[n].category);
    put(o, "data.text", matters[n].text);
    snprintf(value, sizeof value, "resident %" PRIu64, life->serial);
    put(o, "reporter.name", value);
    snprintf(value, sizeof value, "1390000%04d", (int)(life->serial % 10000));
    put(o, "reporter.phone", value);
}

static void put_plan(struct life *life, json_t *o, int64_t run)
{
    char date[HX_INSTANT_TEXT];

    put(o, "data.steps", "inspect");
    put(o, "data.steps", "repair");
    put(o, "data.person", life->person);
    put(o, "data.bearer", "maintenance fund");
    put(o, "data.date", hx_instant_format(run + PLAN_DAYS * HX_DAY, 480, date));
}

static void put_arrival(struct life *life, json_t *o, int64_t city_now)
{
    char when[HX_INSTANT_TEXT];

    if (life->late_proof_ms && city_now)
        put(o, "t_occ", hx_instant_format(city_now - life->late_proof_ms, 480, when));
    if (life->late_proof_ms || dice_chance(&life->dice, life->conduct.proves))
        put(o, "proof", "DEVICE_SIGNED");
}

static void put_holder(struct life *life, json_t *o, int64_t run, int64_t city_now)
{
    put(o, "source", life->holder);
    put(o, "by", life->person);
    if (life->next == LIFE_ARRIVE)
        put_arrival(life, o, city_now);
    if (life->next == LIFE_RESOLVE) {
        put(o, "data.evidence", "photo");
        put(o, "data.evidence", "signature");
    }
    if (life->next == LIFE_PLAN)
        put_plan(life, o, run);
}

static void put_delivery(json_t *o)
{
    put(o, "source", "callback-desk");
    put(o, "by", "system");
    put(o, "proof", "SYSTEM");
}

static const char *call_back(struct life *life, json_t *o)
{
    char rating[8];

    put(o, "source", "callback-desk");
    put(o, "by", "callback/desk");
    put(o, "proof", "CALL_RECORD");
    if (dice_chance(&life->dice, life->conduct.botches)) {
        if (life->cycle++ < 3)
            life->next = LIFE_REPORT; /* it all begins again; after the third time people meet */
        return "CALLBACK_BAD";
    }
    if (dice_chance(&life->dice, NO_ANSWER_PER_MILLE)) {
        life->next = LIFE_RESOLVE; /* the desk rings again */
        return "CALLBACK_NO_ANSWER";
    }
    snprintf(rating, sizeof rating, "%d", (int)dice_between(&life->dice, 3, 5));
    put(o, "data.rating", rating);
    return "CALLBACK_OK";
}

json_t *life_event(struct life *life, int64_t run, int64_t city_now)
{
    static const char *const types[] = {
        "REPORTED",      "HELD",           "ARRIVED",  "WORK_STARTED",
        "PLAN_PROPOSED", "PLAN_DELIVERED", "RESOLVED", NULL};
    json_t *o = json_object();
    const char *type;
    char text[64];

    if (!o)
        return NULL;
    snprintf(text, sizeof text, "%013" PRId64 "-%" PRIu64 "-%d", run, life->serial, life->step++);
    put(o, "id", text);
    if (life->next == LIFE_REPORT)
        put_report(life, o);
    else if (life->next == LIFE_DELIVER)
        put_delivery(o);
    else if (life->next != LIFE_CALL_BACK)
        put_holder(life, o, run, city_now);
    type = life->next == LIFE_CALL_BACK ? call_back(life, o) : types[life->next];
    put(o, "type", type);
    if (life->case_number)
        json_object_set_new(o, "case_number", json_integer((json_int_t)life->case_number));
    return o;
}
