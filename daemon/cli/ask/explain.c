/* hongxin explain: each deadline with its arithmetic, so that a person can add it up (R6).
 *
 * What is printed is what the daemon stored; beside it the sum is made again here, with the
 * calendar of the daemon's own rules. Should the two differ, that is said and the exit code is 1.
 */
#include "cli/ask/query.h"
#include "cli/operate/rules_file.h"
#include "cli/show/show.h"
#include "engine/step.h"
#include "engine/time/calendar.h"
#include "hongxin/json.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define CLOCKS                                                                                     \
    "K_CITIZEN K_TRIAGE K_HANDOVER K_APPOINTMENT K_ARRIVE K_CONTACT K_RESOLVE K_PLAN "             \
    "K_PROMISE K_CALLBACK K_REOPEN_WINDOW K_UPDATE K_RETURN K_ARBITRATE K_PAUSE_MAX "              \
    "K_SUPERVISE K_ASSIST K_WITHDRAW K_STATUTE K_FORUM K_DELIVERY"

static const struct cli_option options[] = {
    {"clock", "CLOCK", CLOCKS, "only this clock"},
    {"at", "TIME", NULL, "as of this instant: what was known and what was due then"},
    {"source", "NAME", NULL, "the operand is an outside reference of this source"},
    {NULL, NULL, NULL, NULL},
};

struct explanation {
    struct show s;
    const hxp_case_answer *a;
    const struct hx_rules *rules; /* NULL = the daemon does not show them */
    int64_t day;                  /* instant whose day needs no date */
    bool wrong;
};

/* A deadline added up once more; 0 = that step has nothing to say. */
struct sum {
    int64_t plain;    /* start + budget + paused */
    int64_t opened;   /* what the calendar made of it */
    int64_t floor;    /* the floor, when there is one */
    int64_t expected; /* what the deadline should be */
    bool wrong;       /* and is not */
};

static const char *word(const struct explanation *x, const char *label)
{
    return show_label(&x->s, label);
}

static void put(struct explanation *x, const char *sign, const char *what, const char *value)
{
    int pad = 10 - show_width(what);

    fprintf(x->s.out, "    %1s %s%*s %s\n", sign, what, pad > 0 ? pad : 0, "", value);
}

static const char *instant(struct explanation *x, int64_t ms, char text[HX_INSTANT_TEXT])
{
    hx_instant_format(ms, x->s.utc_offset, text);
    text[10] = ' ';
    text[23] = '\0'; /* to the millisecond: that is what is judged */
    return text;
}

/* The number behind the last slash: "complaint/1", "workdays@china/2"; 0 = none. */
static uint32_t number_of(const char *pin)
{
    const char *slash = strrchr(pin, '/');

    return slash ? (uint32_t)strtoul(slash + 1, NULL, 10) : 0;
}

/* The life cycle that the clock is pinned to; NULL when the daemon does not show it. */
static const struct hx_rules *rules_of(const struct explanation *x, const hxp_clock_fact *c)
{
    const struct hx_rules *r = x->rules ? hx_rules_at(x->rules, number_of(c->policy)) : NULL;

    return r && r->version == number_of(c->policy) ? r : NULL;
}

/* "workdays@china/1" is the calendar workdays. */
static const struct hx_calendar_rule *calendar_of(const struct explanation *x,
                                                  const hxp_clock_fact *c)
{
    const struct hx_rules *r = rules_of(x, c);
    char name[HX_CALENDAR_NAME];

    snprintf(name, sizeof name, "%.*s", (int)strcspn(c->calendar, "@"), c->calendar);
    int i = r ? hx_rules_calendar(r, name) : -1;
    return i < 0 ? NULL : &r->calendars[i];
}

/* One that a person named, that our outage made later, or that is only shown has no sum. */
static bool has_sum(const hxp_clock_fact *c)
{
    return c->deadline && strcmp(c->basis, "DATE") != 0 && strcmp(c->basis, "MOVED") != 0 &&
           strcmp(c->basis, "OUTAGE") != 0;
}

/* start + budget + paused, then what the calendar and the floor make of it. */
static struct sum add_up(const struct explanation *x, const hxp_clock_fact *c)
{
    const struct hx_calendar_rule *calendar = calendar_of(x, c);
    int64_t length = (int64_t)(c->budget_ms + c->paused_ms);
    struct sum sum = {.plain = c->start + length, .floor = c->floor};
    bool judged = calendar || !*c->calendar || !strcmp(c->calendar, "always");

    sum.expected = sum.plain;
    if (calendar && calendar->kind != HX_CALENDAR_ALWAYS)
        sum.expected = hx_calendar_add_by(
            calendar, hx_table_version(calendar->table, number_of(c->calendar)), c->start, length);
    if (sum.expected != sum.plain)
        sum.opened = sum.expected;
    if (sum.floor > sum.expected)
        sum.expected = sum.floor;
    sum.wrong = judged && sum.expected != c->deadline;
    return sum;
}

static void put_sum(struct explanation *x, const hxp_clock_fact *c, const struct sum *sum)
{
    int64_t before_floor = sum->opened ? sum->opened : sum->plain;
    char text[HX_INSTANT_TEXT];

    put(x, "+", word(x, "budget"), show_span(&x->s, (int64_t)c->budget_ms, text));
    if (c->paused_ms)
        put(x, "+", word(x, "time paused"), show_span(&x->s, (int64_t)c->paused_ms, text));
    put(x, "=", "", instant(x, sum->plain, text));
    if (sum->opened)
        put(x, ">", c->calendar, instant(x, sum->opened, text));
    if (sum->floor)
        put(x, sum->floor > before_floor ? ">" : "<", word(x, "floor"),
            instant(x, sum->floor, text));
    if (sum->wrong)
        show_paint(&x->s, SHOW_RED,
                   x->s.zh ? "      相加不符：应为 %s\n"
                           : "      does not add up: %s was expected\n",
                   instant(x, sum->expected, text));
}

static void put_arithmetic(struct explanation *x, const hxp_clock_fact *c, const struct sum *sum)
{
    char text[HX_INSTANT_TEXT];

    put(x, "", word(x, "start"), instant(x, c->start, text));
    if (!c->deadline) {
        fprintf(x->s.out, "      %s\n", words_text(WORDS_BASIS, "NONE", x->s.zh));
        return;
    }
    if (has_sum(c))
        put_sum(x, c, sum);
    put(x, "", word(x, "due"), instant(x, c->deadline, text));
    fprintf(x->s.out, "      %s %s; %s %s, %s %s, %s city/%" PRIu32 "\n", c->basis,
            words_text(WORDS_BASIS, c->basis, x->s.zh), word(x, "calendar"),
            *c->calendar ? c->calendar : "-", word(x, "policy"), *c->policy ? c->policy : "-",
            word(x, "city"), c->city);
}

/* The entry that last moved the deadline: what it was and who sent it. */
static void put_mover(struct explanation *x, const hxp_clock_fact *c)
{
    char time[HX_INSTANT_TEXT];

    for (size_t i = 0; c->moved_by && i < x->a->n_history; i++) {
        hxp_entry *e = query_entry(&x->a->history[i]);
        hxp_event *event;
        if (!e || e->lsn != c->moved_by) {
            hongxin__v1__entry__free_unpacked(e, NULL);
            continue;
        }
        event = hongxin__v1__event__unpack(NULL, e->event.len, e->event.data);
        const char *by = event ? event->by : "";
        show_time(&x->s, e->t_rec, x->day, time);
        if (x->s.zh)
            fprintf(x->s.out, "      由第 %" PRIu64 " 条记录确定：%s%s%s，%s\n", e->lsn, e->cause,
                    *by ? " " : "", by, time);
        else
            fprintf(x->s.out, "      set by entry %" PRIu64 ": %s%s%s at %s\n", e->lsn, e->cause,
                    *by ? " of " : "", by, time);
        if (event)
            hongxin__v1__event__free_unpacked(event, NULL);
        hongxin__v1__entry__free_unpacked(e, NULL);
        return;
    }
}

/* The clock as the engine's arithmetic takes it. False when the rules do not know it. */
static bool as_engine(const struct explanation *x, const hxp_clock_fact *c, struct hx_clock *k)
{
    const struct hx_rules *r = rules_of(x, c);
    const struct hx_calendar_rule *calendar = calendar_of(x, c);
    int kind = r ? hx_rules_clock(r, c->clock) : -1;

    if (kind < 0 || !calendar)
        return false;
    *k = (struct hx_clock){.kind = (uint8_t)kind,
                           .state = HX_CLOCK_RUNNING,
                           .cycle = (uint8_t)(c->cycle ? c->cycle : 1),
                           .shift = (uint8_t)(c->cycle > 1 ? c->cycle - 1 : 0),
                           .calendar = (uint8_t)(calendar - r->calendars),
                           .policy = r->version,
                           .days = calendar->table ? number_of(c->calendar) : 0,
                           .start = c->start,
                           .budget_ms = c->budget_ms,
                           .paused_ms = c->paused_ms,
                           .floor = c->floor,
                           .deadline = c->deadline};
    if (!r->clocks[kind].promise)
        k->shift = 0;
    return true;
}

/* When a level of the clock's ladder is told. */
struct told {
    int level;
    int64_t at;
};

enum { TOLD_MAX = HX_RULES_MARKS };

/* The levels of a clock in the order of its ladder; how many. */
static size_t levels_of(const struct explanation *x, const hxp_clock_fact *c,
                        struct told list[TOLD_MAX])
{
    struct hx_clock k;
    size_t n = 0;

    if (!c->deadline || !as_engine(x, c, &k) || !hx_clock_ladder(x->rules, &k))
        return 0;
    const struct hx_ladder_rule *ladder = hx_clock_ladder(x->rules, &k);
    for (int i = 0; i < ladder->n_marks && n < TOLD_MAX; i++) {
        int64_t at = hx_clock_mark(x->rules, &k, i);
        if (at != INT64_MAX)
            list[n++] = (struct told){ladder->marks[i].level + k.shift, at};
    }
    return n;
}

static void put_levels(struct explanation *x, const hxp_clock_fact *c)
{
    struct told list[TOLD_MAX];
    size_t n = levels_of(x, c, list);
    char time[HX_INSTANT_TEXT];

    if (!n)
        return;
    fprintf(x->s.out, "      %-10s", word(x, "levels"));
    for (size_t i = 0; i < n; i++)
        fprintf(x->s.out, " %s %s ", hx_level_name(list[i].level),
                show_time(&x->s, list[i].at, x->day, time));
    fputc('\n', x->s.out);
}

static json_t *json_instant(const struct explanation *x, int64_t ms)
{
    char text[HX_INSTANT_TEXT];

    hx_instant_format(ms, x->s.utc_offset, text);
    return json_string(text);
}

/* The clock as stored, and beside it what people are shown: whether it adds up, and its levels. */
static void put_json(const struct explanation *x, const hxp_clock_fact *c, const struct sum *sum)
{
    json_t *object = hx_json_from_message(&c->base, x->s.utc_offset, HX_JSON_SPARSE);
    json_t *levels = json_array();
    struct told list[TOLD_MAX];
    size_t n = levels_of(x, c, list);

    for (size_t i = 0; i < n; i++)
        json_array_append_new(levels, json_pack("{s:s, s:o}", "level", hx_level_name(list[i].level),
                                                "at", json_instant(x, list[i].at)));
    if (has_sum(c)) {
        json_object_set_new(object, "adds_up", json_boolean(!sum->wrong));
        json_object_set_new(object, "expected", json_instant(x, sum->expected));
    }
    json_object_set_new(object, "levels", levels);
    if (object)
        json_dumpf(object, x->s.out, HX_JSON_DUMP);
    fputc('\n', x->s.out);
    json_decref(object);
}

static void put_text(struct explanation *x, const hxp_clock_fact *c, const struct sum *sum)
{
    struct show *s = &x->s;

    show_paint(s, SHOW_BOLD, "%s", c->clock);
    if (!s->zh)
        fprintf(s->out, "  %s", words_text(WORDS_CLOCK, c->clock, false));
    fprintf(s->out, "  %s", words_text(WORDS_CLOCK, c->clock, true));
    if (c->cycle > 1)
        fprintf(s->out, "  %s %u", show_label(s, "cycle"), c->cycle);
    fprintf(s->out, "  %s", words_text(WORDS_CHANGE, c->change, s->zh));
    if (c->judged_case == HONGXIN__V1__CLOCK_FACT__JUDGED_MET)
        show_paint(s, c->met ? SHOW_GREEN : SHOW_RED, ", %s",
                   show_label(s, c->met ? "met" : "missed"));
    fputc('\n', s->out);
    put_arithmetic(x, c, sum);
    put_mover(x, c);
    put_levels(x, c);
}

static void explain(const struct cli *cli, struct explanation *x, const hxp_clock_fact *c)
{
    struct sum sum = add_up(x, c);

    x->wrong |= has_sum(c) && sum.wrong;
    if (cli->json)
        put_json(x, c, &sum);
    else
        put_text(x, c, &sum);
}

/* By which version of the city it lies where it lies: clocks name that of their own time. */
static void put_case(const struct explanation *x, const hxp_case_view *v)
{
    fprintf(x->s.out, "%s  %s %s", v->number, v->state, words_text(WORDS_STATE, v->state, true));
    if (v->where && *v->where->registry)
        fprintf(x->s.out, x->s.zh ? "  按城市版本 %s 定位" : "  placed by %s", v->where->registry);
    fputc('\n', x->s.out);
}

static int explain_all(const struct cli *cli, struct explanation *x)
{
    const hxp_case_view *v = x->a->view;
    const char *only = cli_get(cli, "clock");
    size_t n = 0;

    if (!cli->json)
        put_case(x, v);
    for (size_t i = 0; i < v->n_clocks; i++) {
        if (only && strcmp(only, v->clocks[i]->clock) != 0)
            continue;
        n++;
        explain(cli, x, v->clocks[i]);
    }
    if (!n)
        return cli_fail(cli, CLI_NEGATIVE,
                        only ? "the case has no clock %s" : "the case has no clock%s",
                        only ? only : "");
    return x->wrong ? CLI_NEGATIVE : CLI_OK;
}

static int run(struct cli *cli)
{
    hx_client *client;
    hxp_response *answer;
    struct hx_versions *versions;
    int rc = query_case(cli, true, &client, &answer);

    if (rc)
        return rc;
    versions = rules_file_ask(client);
    struct explanation x = {.a = answer->case_answer,
                            .rules = versions ? hx_versions_rules(versions) : NULL};
    show_init(&x.s, cli, stdout);
    x.day = x.a->view->t_report;
    rc = explain_all(cli, &x);
    hx_versions_free(versions);
    hx_response_free(answer);
    hx_client_close(client);
    return rc;
}

const struct cli_command cli_explain = {
    .name = "explain",
    .summary = "show each deadline of a case with its arithmetic, to add up by hand",
    .operands = "N",
    .about =
        "For each clock: start + budget + paused time = due, then what the calendar's day "
        "window or the\n"
        "floor (a quarter of the new budget after a change of class) made of it, the policy "
        "and calendar\n"
        "it is pinned to, the version of the city (borders and routing) in force when it was "
        "last set, the event\n"
        "that set it, and when each level of the ladder is told. The version that placed the "
        "case stands above. The\n"
        "sum is made again here; should it differ from what is stored, that is said and the exit "
        "code is 1.\n"
        "With --json a clock also has \"adds_up\", what was \"expected\", and the instants of "
        "its \"levels\".",
    .examples = "  hongxin explain 1\n      all clocks of the first case\n"
                "  hongxin explain CL-1 --clock K_RESOLVE\n      why it is due when it is due\n",
    .options = options,
    .takes = CLI_FEED | CLI_SHOWS,
    .max_operands = 1,
    .run = run,
};
