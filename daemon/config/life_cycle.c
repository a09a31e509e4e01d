/* Reading a life cycle: one function per section of the file. */
#include "config/life_cycle.h"
#include "config/calendar_rule.h"
#include "config/holidays.h"
#include "config/yaml_doc.h"
#include "config/zone.h"
#include "engine/words.h"
#include "hongxin/instant.h"
#include "hongxin/schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct loader {
    struct yaml_doc doc;
    struct hx_rules *r;
    const struct hx_table_source *source; /* NULL = files */
};

static void read_title(struct loader *l, yaml_node_t *map, struct hx_title *title)
{
    yaml_doc_need(&l->doc, map, "zh", title->zh, sizeof title->zh);
    yaml_doc_need(&l->doc, map, "en", title->en, sizeof title->en);
}

/* `no` of a state, class or clock: in range and not used before. `names` points to the first member
 * `name` of the slots, which is what the slot begins with. */
static int read_no(struct loader *l, yaml_node_t *map, int limit, const char *slots,
                   size_t slot_size)
{
    int64_t no = yaml_doc_int(&l->doc, map, "no", 0);
    if (no < 1 || no >= limit) {
        yaml_doc_fault(&l->doc, map, "no must be 1 to %d", limit - 1);
        return 0;
    }
    if (slots[(size_t)no * slot_size]) {
        yaml_doc_fault(&l->doc, map, "no %d is used already by %s", (int)no,
                       slots + (size_t)no * slot_size);
        return 0;
    }
    return (int)no;
}

#define READ_NO(l, map, limit, slots) read_no((l), (map), (limit), (slots)[0].name, sizeof *(slots))

static void read_state(struct loader *l, yaml_node_t *map)
{
    static const char *const kinds[] = {NULL, "open", "closed", "terminal"};
    yaml_doc_only(&l->doc, map, "no name zh en kind owner");
    int no = READ_NO(l, map, HX_RULES_STATES, l->r->states);
    struct hx_state_rule *s = &l->r->states[no];
    char kind[HX_NAME_MAX], owner[HX_NAME_MAX];
    s->line = yaml_doc_line(map);
    yaml_doc_need(&l->doc, map, "name", s->name, sizeof s->name);
    read_title(l, map, &s->title);
    yaml_doc_need(&l->doc, map, "kind", kind, sizeof kind);
    yaml_doc_need(&l->doc, map, "owner", owner, sizeof owner);
    for (int i = 1; i < 4; i++)
        if (strcmp(kind, kinds[i]) == 0)
            s->kind = (enum hx_state_kind)i;
    if (!s->kind)
        yaml_doc_fault(&l->doc, map, "kind must be open, closed or terminal, not %s", kind);
    int who = hx_owner_number(owner);
    if (who < 0)
        yaml_doc_fault(&l->doc, map, "unknown owner %s", owner);
    s->owner = (enum hx_owner)(who < 0 ? 0 : who);
}

static void read_class(struct loader *l, yaml_node_t *map)
{
    yaml_doc_only(&l->doc, map, "no name zh en evidence photo default");
    int no = READ_NO(l, map, HX_RULES_CLASSES, l->r->classes);
    struct hx_class_rule *c = &l->r->classes[no];
    yaml_doc_need(&l->doc, map, "name", c->name, sizeof c->name);
    read_title(l, map, &c->title);
    c->evidence = (uint8_t)yaml_doc_int(&l->doc, map, "evidence", 0);
    c->photo = yaml_doc_bool(&l->doc, map, "photo");
    c->is_default = yaml_doc_bool(&l->doc, map, "default");
}

static void read_calendar(struct loader *l, yaml_node_t *map)
{
    calendar_rule_read(&l->doc, map, l->r);
}

static void read_table(struct loader *l, yaml_node_t *map)
{
    holiday_table_read(&l->doc, map, l->source, l->r);
}

static void read_receiver(struct loader *l, yaml_node_t *map)
{
    yaml_doc_only(&l->doc, map, "name to");
    if (l->r->n_receivers == HX_RULES_RECEIVERS) {
        yaml_doc_fault(&l->doc, map, "more than %d receivers", HX_RULES_RECEIVERS);
        return;
    }
    struct hx_receiver_rule *v = &l->r->receivers[l->r->n_receivers++];
    yaml_doc_need(&l->doc, map, "name", v->name, sizeof v->name);
    yaml_doc_need(&l->doc, map, "to", v->pattern, sizeof v->pattern);
}

static void read_mark(struct loader *l, yaml_node_t *map, struct hx_mark_rule *m)
{
    char level[HX_NAME_MAX], kind[HX_NAME_MAX];
    yaml_doc_only(&l->doc, map, "level share plus at kind to");
    yaml_doc_need(&l->doc, map, "level", level, sizeof level);
    yaml_doc_need(&l->doc, map, "kind", kind, sizeof kind);
    int level_no = hx_level_number(level), kind_no = hx_notice_kind_number(kind);
    if (level_no < 0 || kind_no < 0)
        yaml_doc_fault(&l->doc, map, "unknown level %s or kind %s", level, kind);
    m->line = yaml_doc_line(map);
    m->level = (uint8_t)level_no;
    m->kind = (uint8_t)kind_no;
    m->share = (uint16_t)yaml_doc_int(&l->doc, map, "share", 0);
    m->plus_ms = yaml_doc_duration(&l->doc, map, "plus");
    m->at_ms = yaml_doc_duration(&l->doc, map, "at");
    yaml_node_t *to = yaml_doc_get(&l->doc, map, "to"), *item;
    for (size_t i = 0; (item = yaml_doc_item(&l->doc, to, i)) != NULL; i++) {
        int receiver = hx_rules_receiver(l->r, yaml_doc_scalar(&l->doc, item));
        if (receiver < 0)
            yaml_doc_fault(&l->doc, item, "unknown receiver %s", yaml_doc_scalar(&l->doc, item));
        else
            m->receivers |= UINT32_C(1) << receiver;
    }
    if (!m->receivers)
        yaml_doc_fault(&l->doc, map, "level %s has no receiver", level);
}

static void read_ladder(struct loader *l, yaml_node_t *map)
{
    yaml_doc_only(&l->doc, map, "name marks");
    if (l->r->n_ladders == HX_RULES_LADDERS) {
        yaml_doc_fault(&l->doc, map, "more than %d ladders", HX_RULES_LADDERS);
        return;
    }
    struct hx_ladder_rule *ladder = &l->r->ladders[l->r->n_ladders++];
    yaml_doc_need(&l->doc, map, "name", ladder->name, sizeof ladder->name);
    yaml_node_t *marks = yaml_doc_get(&l->doc, map, "marks"), *item;
    for (size_t i = 0; (item = yaml_doc_item(&l->doc, marks, i)) != NULL; i++) {
        if (i == HX_RULES_MARKS) {
            yaml_doc_fault(&l->doc, item, "more than %d marks", HX_RULES_MARKS);
            return;
        }
        struct hx_mark_rule *m = &ladder->marks[i];
        read_mark(l, item, m);
        ladder->n_marks = (uint8_t)(i + 1);
        if (i > 0 && m->level <= m[-1].level)
            yaml_doc_fault(&l->doc, item, "level L%d is out of order", m->level);
    }
}

static uint32_t read_pause_names(struct loader *l, yaml_node_t *list)
{
    uint32_t bits = 0;
    yaml_node_t *item;
    for (size_t i = 0; (item = yaml_doc_item(&l->doc, list, i)) != NULL; i++) {
        int pause = hx_rules_pause(l->r, yaml_doc_scalar(&l->doc, item));
        if (pause < 0)
            yaml_doc_fault(&l->doc, item, "unknown pause %s", yaml_doc_scalar(&l->doc, item));
        else
            bits |= UINT32_C(1) << pause;
    }
    return bits;
}

static void read_budgets(struct loader *l, yaml_node_t *map, struct hx_clock_rule *k)
{
    yaml_node_t *list = yaml_doc_get(&l->doc, map, "budgets"), *item;
    for (size_t i = 0; (item = yaml_doc_item(&l->doc, list, i)) != NULL; i++) {
        char name[HX_NAME_MAX];
        yaml_doc_only(&l->doc, item, "class ms later calendar");
        yaml_doc_text(&l->doc, item, "class", name, sizeof name);
        int no = name[0] ? hx_rules_class(l->r, name) : 0;
        if (no < 0) {
            yaml_doc_fault(&l->doc, item, "unknown class %s", name);
            return;
        }
        k->budget_ms[no] = yaml_doc_duration(&l->doc, item, "ms");
        k->later_budget_ms[no] = yaml_doc_duration(&l->doc, item, "later");
        if (!k->budget_ms[no])
            yaml_doc_fault(&l->doc, item, "ms is missing");
        char calendar[HX_NAME_MAX];
        yaml_doc_text(&l->doc, item, "calendar", calendar, sizeof calendar);
        k->calendars[no] = (int8_t)hx_rules_calendar(l->r, calendar);
        if (calendar[0] && k->calendars[no] < 0)
            yaml_doc_fault(&l->doc, item, "unknown calendar %s", calendar);
    }
}

/* Another clock, named by a key and read before; 0 when the key is not there. */
static int8_t read_other_clock(struct loader *l, yaml_node_t *map, const char *key)
{
    char name[HX_NAME_MAX];
    yaml_doc_text(&l->doc, map, key, name, sizeof name);
    int other = name[0] ? hx_rules_clock(l->r, name) : 0;
    if (other < 0)
        yaml_doc_fault(&l->doc, map, "%s: clock %s does not stand above", key, name);
    return (int8_t)(other < 0 ? 0 : other);
}

static void read_clock(struct loader *l, yaml_node_t *map)
{
    yaml_doc_only(&l->doc, map,
                  "no name zh en until shown promise pauses dated only stays replaced-by "
                  "ladder calendar budgets");
    int no = READ_NO(l, map, HX_RULES_CLOCKS, l->r->clocks);
    struct hx_clock_rule *k = &l->r->clocks[no];
    char only[HX_NAME_MAX], ladder[HX_NAME_MAX], calendar[HX_NAME_MAX];
    k->line = yaml_doc_line(map);
    yaml_doc_need(&l->doc, map, "name", k->name, sizeof k->name);
    read_title(l, map, &k->title);
    yaml_doc_text(&l->doc, map, "until", k->until, sizeof k->until);
    k->shown = yaml_doc_bool(&l->doc, map, "shown");
    k->promise = yaml_doc_bool(&l->doc, map, "promise");
    k->pauses = read_pause_names(l, yaml_doc_get(&l->doc, map, "pauses"));
    k->dated = yaml_doc_bool(&l->doc, map, "dated");
    k->stays = yaml_doc_bool(&l->doc, map, "stays");
    k->replaced_by = read_other_clock(l, map, "replaced-by");
    yaml_doc_text(&l->doc, map, "only", only, sizeof only);
    k->needs_place = strcmp(only, "has_place") == 0;
    k->needs_no_place = strcmp(only, "no_place") == 0;
    if (only[0] && !k->needs_place && !k->needs_no_place)
        yaml_doc_fault(&l->doc, map, "only must be has_place or no_place, not %s", only);
    yaml_doc_text(&l->doc, map, "ladder", ladder, sizeof ladder);
    yaml_doc_text(&l->doc, map, "calendar", calendar, sizeof calendar);
    k->ladder = (int8_t)hx_rules_ladder(l->r, ladder);
    if (ladder[0] && k->ladder < 0)
        yaml_doc_fault(&l->doc, map, "unknown ladder %s", ladder);
    int cal = hx_rules_calendar(l->r, calendar[0] ? calendar : "always");
    if (cal < 0)
        yaml_doc_fault(&l->doc, map, "unknown calendar %s", calendar[0] ? calendar : "always");
    k->calendar = (int8_t)(cal < 0 ? 0 : cal);
    memset(k->calendars, -1, sizeof k->calendars);
    read_budgets(l, map, k);
}

static uint32_t read_roles(struct loader *l, yaml_node_t *list)
{
    uint32_t roles = 0;
    yaml_node_t *item;
    for (size_t i = 0; (item = yaml_doc_item(&l->doc, list, i)) != NULL; i++) {
        const char *name = yaml_doc_scalar(&l->doc, item);
        int role = hx_role_number(name, strlen(name));
        if (role < 0)
            yaml_doc_fault(&l->doc, item, "unknown role %s", name);
        else
            roles |= UINT32_C(1) << role;
    }
    return roles;
}

static uint32_t read_needs(struct loader *l, yaml_node_t *list)
{
    uint32_t needs = 0;
    yaml_node_t *item;
    for (size_t i = 0; (item = yaml_doc_item(&l->doc, list, i)) != NULL; i++) {
        int need = hx_need_number(yaml_doc_scalar(&l->doc, item));
        if (need < 0)
            yaml_doc_fault(&l->doc, item, "unknown field %s", yaml_doc_scalar(&l->doc, item));
        else
            needs |= UINT32_C(1) << need;
    }
    return needs;
}

static void read_pause(struct loader *l, yaml_node_t *map)
{
    yaml_doc_only(&l->doc, map, "name zh en owner cap calendar needs by most");
    if (l->r->n_pauses == HX_RULES_REASONS) {
        yaml_doc_fault(&l->doc, map, "more than %d pauses", HX_RULES_REASONS);
        return;
    }
    struct hx_pause_rule *p = &l->r->pauses[l->r->n_pauses++];
    char owner[HX_NAME_MAX], calendar[HX_NAME_MAX], by[HX_NAME_MAX];
    yaml_doc_need(&l->doc, map, "name", p->name, sizeof p->name);
    read_title(l, map, &p->title);
    yaml_doc_need(&l->doc, map, "owner", owner, sizeof owner);
    yaml_doc_text(&l->doc, map, "calendar", calendar, sizeof calendar);
    yaml_doc_text(&l->doc, map, "by", by, sizeof by);
    int who = hx_owner_number(owner),
        cal = hx_rules_calendar(l->r, calendar[0] ? calendar : "always");
    if (who < 0 || cal < 0)
        yaml_doc_fault(&l->doc, map, "unknown owner %s or calendar %s", owner, calendar);
    p->owner = (enum hx_owner)(who < 0 ? 0 : who);
    p->cap_calendar = (int8_t)(cal < 0 ? 0 : cal);
    p->cap_ms = yaml_doc_duration(&l->doc, map, "cap");
    p->needs = read_needs(l, yaml_doc_get(&l->doc, map, "needs"));
    p->by_reporter = strcmp(by, "reporter") == 0;
    p->most = (uint8_t)yaml_doc_int(&l->doc, map, "most", 0);
}

/* A number of at most `most` digits, all of the text; -1 for anything else. */
static int number_of(const char *text, size_t n, size_t most)
{
    int number = 0;
    if (n == 0 || n > most || strspn(text, "0123456789") < n)
        return -1;
    for (size_t i = 0; i < n; i++)
        number = 10 * number + (text[i] - '0');
    return number;
}

/* "09:00" in milliseconds after midnight. */
static int32_t read_time_of_day(struct loader *l, yaml_node_t *map, const char *key)
{
    char text[HX_NAME_MAX];
    yaml_doc_need(&l->doc, map, key, text, sizeof text);
    bool formed = strlen(text) == 5 && text[2] == ':';
    int hour = formed ? number_of(text, 2, 2) : -1,
        minute = formed ? number_of(text + 3, 2, 2) : -1;
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59)
        yaml_doc_fault(&l->doc, map, "%s must be a time such as 08:00", key);
    return (int32_t)(hour * HX_HOUR + minute * HX_MINUTE);
}

static void read_ack(struct loader *l, yaml_node_t *map)
{
    char level[HX_NAME_MAX];
    yaml_doc_only(&l->doc, map, "level within until");
    yaml_doc_need(&l->doc, map, "level", level, sizeof level);
    int no = hx_level_number(level);
    if (no < 0) {
        yaml_doc_fault(&l->doc, map, "unknown level %s", level);
        return;
    }
    struct hx_ack_rule *a = &l->r->acks[no];
    a->within_ms = yaml_doc_duration(&l->doc, map, "within");
    if (!a->within_ms)
        a->until_ms = read_time_of_day(l, map, "until");
}

static void read_name(struct loader *l, yaml_node_t *node, char names[][HX_NAME_MAX], uint8_t *n)
{
    const char *text = yaml_doc_scalar(&l->doc, node);
    if (*n == HX_RULES_REASONS || strlen(text) >= HX_NAME_MAX || !*text) {
        yaml_doc_fault(&l->doc, node, "too many names, or one that is empty or too long");
        return;
    }
    snprintf(names[(*n)++], HX_NAME_MAX, "%s", text);
}

static void read_return(struct loader *l, yaml_node_t *node)
{
    read_name(l, node, l->r->returns, &l->r->n_returns);
}

static void read_refused(struct loader *l, yaml_node_t *node)
{
    read_name(l, node, l->r->refused, &l->r->n_refused);
}

static uint32_t read_proofs(struct loader *l, yaml_node_t *list)
{
    uint32_t proofs = 0;
    yaml_node_t *item;
    for (size_t i = 0; (item = yaml_doc_item(&l->doc, list, i)) != NULL; i++) {
        const ProtobufCEnumValue *v = protobuf_c_enum_descriptor_get_value_by_name(
            &hongxin__v1__proof__descriptor, yaml_doc_scalar(&l->doc, item));
        if (!v || v->value == 0)
            yaml_doc_fault(&l->doc, item, "unknown proof %s", yaml_doc_scalar(&l->doc, item));
        else
            proofs |= UINT32_C(1) << v->value;
    }
    return proofs;
}

static void read_event(struct loader *l, yaml_node_t *map)
{
    yaml_doc_only(&l->doc, map, "name zh en by needs trusted internal about");
    if (l->r->n_events == HX_RULES_EVENTS) {
        yaml_doc_fault(&l->doc, map, "more than %d events", HX_RULES_EVENTS);
        return;
    }
    char name[HX_NAME_MAX];
    yaml_doc_need(&l->doc, map, "name", name, sizeof name);
    if (hx_rules_event(l->r, name) >= 0)
        yaml_doc_fault(&l->doc, map, "event %s stands twice", name);
    struct hx_event_rule *e = &l->r->events[l->r->n_events++];
    memcpy(e->name, name, sizeof e->name);
    e->line = yaml_doc_line(map);
    read_title(l, map, &e->title);
    e->roles = read_roles(l, yaml_doc_get(&l->doc, map, "by"));
    e->needs = read_needs(l, yaml_doc_get(&l->doc, map, "needs"));
    e->trusted = read_proofs(l, yaml_doc_get(&l->doc, map, "trusted"));
    e->internal = yaml_doc_bool(&l->doc, map, "internal");
    e->city = strcmp(yaml_doc_scalar(&l->doc, yaml_doc_get(&l->doc, map, "about")), "city") == 0;
    if (yaml_doc_get(&l->doc, map, "about") && (!e->city || strcmp(name, "DESK_PRESENT") != 0))
        yaml_doc_fault(&l->doc, map, "about: city is for DESK_PRESENT only");
}

/* A count from 1 to 99; -1 for anything else. */
static int count_of(const char *text)
{
    int count = number_of(text, strlen(text), 2);
    return count > 0 ? count : -1;
}

/* "10min", or "15d workdays": a duration and the calendar in which it counts. The calendar's index;
 * -1 when either is unknown. */
static int span_of(struct loader *l, struct hx_call *call)
{
    char span[HX_NAME_MAX];
    const char *calendar = strchr(call->text, ' ');
    snprintf(span, sizeof span, "%.*s", (int)strcspn(call->text, " "), call->text);
    if (hx_duration_parse(span, &call->span_ms) || call->span_ms <= 0)
        return -1;
    return hx_rules_calendar(l->r, calendar ? calendar + 1 : "always");
}

/* The number that a word's argument names; -1 with a fault when it names nothing. */
static int argument(struct loader *l, yaml_node_t *node, struct hx_call *call)
{
    const struct hx_word *w = call->word;
    const char *text = call->text;
    int n = -1;
    switch (w->argument) {
    case HX_ARG_NONE:
        return text[0] ? -1 : 0;
    case HX_ARG_CLOCK:
        n = hx_rules_clock(l->r, text);
        break;
    case HX_ARG_EVENT:
        n = hx_rules_event(l->r, text);
        break;
    case HX_ARG_RECEIVER:
        n = hx_rules_receiver(l->r, text);
        break;
    case HX_ARG_FLAG:
        n = hx_flag_number(text);
        n = n ? n : -1;
        break;
    case HX_ARG_LEVEL:
        n = hx_level_number(text);
        break;
    case HX_ARG_SPAN:
        return span_of(l, call);
    case HX_ARG_COUNT:
        n = count_of(text);
        break;
    case HX_ARG_TEXT:
        return text[0] ? 0 : -1;
    }
    if (n < 0)
        yaml_doc_fault(&l->doc, node, "%s(%s): there is no such thing", w->name, text);
    return n;
}

/* "start(K_ARRIVE)" → the word and its argument. */
static void read_call(struct loader *l, yaml_node_t *node, bool guard, struct hx_call *call)
{
    char name[2 * HX_NAME_MAX];
    snprintf(name, sizeof name, "%s", yaml_doc_scalar(&l->doc, node));
    char *open = strchr(name, '('), *close = open ? strchr(open, ')') : NULL;
    if (open && (!close || close[1])) {
        yaml_doc_fault(&l->doc, node, "brackets do not match: %s", name);
        return;
    }
    if (open) {
        *open = *close = '\0';
        snprintf(call->text, sizeof call->text, "%s", open + 1);
    }
    call->word = guard ? hx_word_guard(name) : hx_word_effect(name);
    if (!call->word) {
        yaml_doc_fault(&l->doc, node, "unknown %s %s", guard ? "guard" : "effect", name);
        return;
    }
    call->number = argument(l, node, call);
    if (call->number < 0)
        yaml_doc_fault(&l->doc, node, "%s does not take (%s)", name, call->text);
}

static uint8_t read_calls(struct loader *l, yaml_node_t *list, bool guard, struct hx_call *calls)
{
    yaml_node_t *item;
    size_t n = 0;
    for (; (item = yaml_doc_item(&l->doc, list, n)) != NULL; n++) {
        if (n == HX_RULES_CALLS) {
            yaml_doc_fault(&l->doc, item, "more than %d words in one row", HX_RULES_CALLS);
            break;
        }
        read_call(l, item, guard, &calls[n]);
    }
    return (uint8_t)n;
}

/* OPEN in a row stands for every open state. */
static uint32_t open_states(const struct hx_rules *r)
{
    uint32_t bits = 0;
    for (int i = 1; i < HX_RULES_STATES; i++)
        if (r->states[i].kind == HX_STATE_OPEN)
            bits |= UINT32_C(1) << i;
    return bits;
}

static uint32_t read_from(struct loader *l, yaml_node_t *list)
{
    uint32_t from = 0;
    yaml_node_t *item;
    for (size_t i = 0; (item = yaml_doc_item(&l->doc, list, i)) != NULL; i++) {
        const char *name = yaml_doc_scalar(&l->doc, item);
        if (strcmp(name, "OPEN") == 0) {
            from |= open_states(l->r);
            continue;
        }
        int state = strcmp(name, "NEW") == 0 ? 0 : hx_rules_state(l->r, name);
        if (state < 0)
            yaml_doc_fault(&l->doc, item, "unknown state %s", name);
        else
            from |= UINT32_C(1) << state;
    }
    return from;
}

static void read_trigger(struct loader *l, yaml_node_t *map, struct hx_transition *t)
{
    char on[HX_NAME_MAX], at[HX_NAME_MAX];
    yaml_doc_text(&l->doc, map, "on", on, sizeof on);
    yaml_doc_text(&l->doc, map, "at", at, sizeof at);
    t->event = (int16_t)hx_rules_event(l->r, on);
    t->clock = (int16_t)hx_rules_clock(l->r, at);
    if (on[0] && t->event < 0)
        yaml_doc_fault(&l->doc, map, "unknown event %s", on);
    if (at[0] && t->clock < 0)
        yaml_doc_fault(&l->doc, map, "unknown clock %s", at);
    if (!on[0] == !at[0])
        yaml_doc_fault(&l->doc, map, "a row has either `on` an event or `at` the end of a clock");
}

static void read_transition(struct loader *l, yaml_node_t *map)
{
    yaml_doc_only(&l->doc, map, "from on at if to do");
    if (l->r->n_transitions == HX_RULES_TRANSITIONS) {
        yaml_doc_fault(&l->doc, map, "more than %d rows", HX_RULES_TRANSITIONS);
        return;
    }
    struct hx_transition *t = &l->r->transitions[l->r->n_transitions++];
    char to[HX_NAME_MAX];
    t->line = yaml_doc_line(map);
    t->from = read_from(l, yaml_doc_get(&l->doc, map, "from"));
    read_trigger(l, map, t);
    yaml_doc_text(&l->doc, map, "to", to, sizeof to);
    int state = to[0] ? hx_rules_state(l->r, to) : 0;
    if (state < 0)
        yaml_doc_fault(&l->doc, map, "unknown state %s", to);
    t->to = (uint8_t)(state < 0 ? 0 : state);
    t->n_guards = read_calls(l, yaml_doc_get(&l->doc, map, "if"), true, t->guards);
    t->n_effects = read_calls(l, yaml_doc_get(&l->doc, map, "do"), false, t->effects);
}

/* By which calendar the rota knows working days, make-up days and holidays; when it is looked at,
 * and how far ahead. */
static void read_duty(struct loader *l, yaml_node_t *root)
{
    yaml_node_t *map = yaml_doc_get(&l->doc, root, "duty");
    char calendar[HX_NAME_MAX];
    l->r->duty_calendar = -1;
    l->r->duty_look_ms = -1;
    if (!map)
        return;
    yaml_doc_only(&l->doc, map, "calendar look ahead desk");
    yaml_doc_need(&l->doc, map, "calendar", calendar, sizeof calendar);
    l->r->duty_calendar = (int8_t)hx_rules_calendar(l->r, calendar);
    if (l->r->duty_calendar < 0)
        yaml_doc_fault(&l->doc, map, "unknown calendar %s", calendar);
    yaml_node_t *look = yaml_doc_get(&l->doc, map, "look");
    int64_t ahead = yaml_doc_duration(&l->doc, map, "ahead");
    if (look)
        l->r->duty_look_ms = read_time_of_day(l, map, "look");
    if (look ? ahead < HX_DAY || ahead > 60 * HX_DAY || ahead % HX_DAY : ahead != 0)
        yaml_doc_fault(&l->doc, map, "duty: look goes with ahead, from 1d to 60d");
    l->r->duty_ahead = (int32_t)(ahead / HX_DAY);
    l->r->duty_desk_ms = yaml_doc_duration(&l->doc, map, "desk");
}

static void read_quiet(struct loader *l, yaml_node_t *root)
{
    yaml_node_t *map = yaml_doc_get(&l->doc, root, "quiet"), *item;
    char calendar[HX_NAME_MAX], level[HX_NAME_MAX];
    l->r->quiet_calendar = -1;
    if (!map)
        return;
    yaml_doc_only(&l->doc, map, "calendar level never-classes never-flags");
    yaml_doc_need(&l->doc, map, "calendar", calendar, sizeof calendar);
    yaml_doc_need(&l->doc, map, "level", level, sizeof level);
    l->r->quiet_calendar = (int8_t)hx_rules_calendar(l->r, calendar);
    int from = hx_level_number(level);
    if (l->r->quiet_calendar < 0 || from < 0)
        yaml_doc_fault(&l->doc, map, "unknown calendar %s or level %s", calendar, level);
    l->r->quiet_level = (uint8_t)from;
    yaml_node_t *classes = yaml_doc_get(&l->doc, map, "never-classes");
    for (size_t i = 0; (item = yaml_doc_item(&l->doc, classes, i)) != NULL; i++) {
        int no = hx_rules_class(l->r, yaml_doc_scalar(&l->doc, item));
        if (no < 0)
            yaml_doc_fault(&l->doc, item, "unknown class %s", yaml_doc_scalar(&l->doc, item));
        else
            l->r->quiet_never |= UINT32_C(1) << no;
    }
    yaml_node_t *flags = yaml_doc_get(&l->doc, map, "never-flags");
    for (size_t i = 0; (item = yaml_doc_item(&l->doc, flags, i)) != NULL; i++) {
        int bit = hx_flag_number(yaml_doc_scalar(&l->doc, item));
        if (!bit)
            yaml_doc_fault(&l->doc, item, "unknown flag %s", yaml_doc_scalar(&l->doc, item));
        l->r->quiet_flags |= (uint32_t)bit;
    }
}

/* Sections in the order in which they refer to each other. */
static const struct section {
    const char *name;
    void (*read)(struct loader *l, yaml_node_t *map);
} sections[] = {
    {"states", read_state},          {"classes", read_class},      {"holidays", read_table},
    {"calendars", read_calendar},    {"receivers", read_receiver}, {"ladders", read_ladder},
    {"events", read_event},          {"pauses", read_pause},       {"returns", read_return},
    {"refused", read_refused},       {"acks", read_ack},           {"clocks", read_clock},
    {"transitions", read_transition}};

/* `from: "2026-11-01"`: midnight of that day. */
static void read_from_day(struct loader *l, yaml_node_t *root)
{
    char day[HX_NAME_MAX], text[HX_NAME_MAX + 16];
    int64_t t = 0;
    yaml_doc_text(&l->doc, root, "from", day, sizeof day);
    snprintf(text, sizeof text, "%sT00:00:00Z", day);
    if (day[0] && hx_instant_parse(text, &t))
        yaml_doc_fault(&l->doc, yaml_doc_get(&l->doc, root, "from"),
                       "from must be a day such as 2026-11-01, not %s", day);
    l->r->from = t ? hx_zone_instant(&l->r->zone, t) : 0;
}

static void read_head(struct loader *l, yaml_node_t *root)
{
    struct hx_rules *r = l->r;
    yaml_doc_only(
        &l->doc, root,
        "life-cycle version from zh en zone states classes holidays calendars receivers ladders "
        "clocks events pauses returns refused acks quiet duty transitions");
    yaml_doc_need(&l->doc, root, "life-cycle", r->name, sizeof r->name);
    read_title(l, root, &r->title);
    r->version = (uint32_t)yaml_doc_int(&l->doc, root, "version", 0);
    if (r->version == 0)
        yaml_doc_fault(&l->doc, root, "version must be 1 or more");
    snprintf(r->version_text, sizeof r->version_text, "%s/%u", r->name, r->version);
    char zone[HX_ZONE_NAME];
    yaml_doc_need(&l->doc, root, "zone", zone, sizeof zone);
    if (!l->doc.rc && hx_zone_load(zone, &r->zone))
        yaml_doc_fault(&l->doc, yaml_doc_get(&l->doc, root, "zone"),
                       "%s is not in the time zone database", zone);
    read_from_day(l, root);
}

static int read_all(struct loader *l)
{
    yaml_node_t *root = yaml_doc_root(&l->doc), *item;
    read_head(l, root);
    for (size_t s = 0; s < sizeof sections / sizeof *sections; s++) {
        yaml_node_t *list = yaml_doc_get(&l->doc, root, sections[s].name);
        if (!list)
            yaml_doc_fault(&l->doc, root, "section %s is missing", sections[s].name);
        for (size_t i = 0; (item = yaml_doc_item(&l->doc, list, i)) != NULL && !l->doc.rc; i++)
            sections[s].read(l, item);
    }
    read_quiet(l, root);
    read_duty(l, root);
    return l->doc.rc;
}

static int check(struct loader *l)
{
    char what[400];
    int line = 1;
    int rc = hx_rules_check(l->r, &line, what, sizeof what);
    return rc ? hx_problem_set(l->doc.problem, "%s:%d: %s", l->doc.file, line, what) : HX_OK;
}

/* With the document opened, or not: `rc`. */
static int load(struct loader *l, int rc, struct hx_rules **out)
{
    l->r = calloc(1, sizeof *l->r);
    if (!rc && !l->r)
        rc = HX_NOMEM;
    if (!rc)
        rc = read_all(l);
    if (!rc)
        rc = check(l);
    yaml_doc_close(&l->doc);
    if (rc)
        hx_life_cycle_free(l->r);
    else
        *out = l->r;
    return rc;
}

int hx_life_cycle_load(const char *path, struct hx_rules **out, struct hx_problem *problem)
{
    struct loader l = {.r = NULL};
    return load(&l, yaml_doc_open(&l.doc, path, problem), out);
}

int hx_life_cycle_parse(const char *file, const char *text, const struct hx_table_source *source,
                        struct hx_rules **out, struct hx_problem *problem)
{
    struct loader l = {.source = source};
    return load(&l, yaml_doc_open_text(&l.doc, file, text, problem), out);
}

void hx_life_cycle_free(struct hx_rules *rules)
{
    for (int i = 0; rules && i < rules->n_tables; i++)
        hx_holidays_free(&rules->tables[i]);
    free(rules);
}
