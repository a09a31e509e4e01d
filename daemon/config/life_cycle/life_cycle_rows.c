/* Reading a life cycle: events, and the rows of the table of transitions with their words. */
#include "base/text.h"
#include "config/life_cycle/life_cycle_impl.h"
#include "config/reading/yaml_doc.h"
#include "engine/words/words.h"
#include "hongxin/instant.h"
#include "hongxin/schema.h"

#include <stdio.h>
#include <string.h>

static uint32_t read_roles(struct life_cycle_loader *l, yaml_node_t *list)
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

uint32_t life_cycle_needs(struct life_cycle_loader *l, yaml_node_t *list)
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

static uint32_t read_proofs(struct life_cycle_loader *l, yaml_node_t *list)
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

void life_cycle_event(struct life_cycle_loader *l, yaml_node_t *map)
{
    yaml_doc_only(&l->doc, map, "name zh en by needs trusted internal about audit");
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
    life_cycle_title(l, map, &e->title);
    e->roles = read_roles(l, yaml_doc_get(&l->doc, map, "by"));
    e->needs = life_cycle_needs(l, yaml_doc_get(&l->doc, map, "needs"));
    e->trusted = read_proofs(l, yaml_doc_get(&l->doc, map, "trusted"));
    e->internal = yaml_doc_bool(&l->doc, map, "internal");
    e->audit = yaml_doc_bool(&l->doc, map, "audit");
    e->city = strcmp(yaml_doc_scalar(&l->doc, yaml_doc_get(&l->doc, map, "about")), "city") == 0;
    if (yaml_doc_get(&l->doc, map, "about") &&
        (!e->city || (strcmp(name, "DESK_PRESENT") != 0 && strncmp(name, "SWAP_", 5) != 0)))
        yaml_doc_fault(&l->doc, map, "about: city is for DESK_PRESENT and swaps");
}

/* A count from 1 to 99; -1 for anything else. */
static int count_of(const char *text)
{
    int count = life_cycle_digits(text, strlen(text), 2);
    return count > 0 ? count : -1;
}

/* "10min", or "15d workdays": a duration and the calendar in which it counts. The calendar's index;
 * -1 when either is unknown. */
static int span_of(struct life_cycle_loader *l, struct hx_call *call)
{
    char span[HX_NAME_MAX];
    const char *calendar = strchr(call->text, ' ');
    snprintf(span, sizeof span, "%.*s", (int)strcspn(call->text, " "), call->text);
    if (hx_duration_parse(span, &call->span_ms) || call->span_ms <= 0)
        return -1;
    return hx_rules_calendar(l->r, calendar ? calendar + 1 : "always");
}

/* The number that a word's argument names; -1 with a fault when it names nothing. */
static int argument(struct life_cycle_loader *l, yaml_node_t *node, struct hx_call *call)
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
static void read_call(struct life_cycle_loader *l, yaml_node_t *node, bool guard,
                      struct hx_call *call)
{
    char name[2 * HX_NAME_MAX];
    hx_text_put(name, sizeof name, yaml_doc_scalar(&l->doc, node));
    char *open = strchr(name, '('), *close = open ? strchr(open, ')') : NULL;
    if (open && (!close || close[1])) {
        yaml_doc_fault(&l->doc, node, "brackets do not match: %s", name);
        return;
    }
    if (open) {
        *open = *close = '\0';
        hx_text_put(call->text, sizeof call->text, open + 1);
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

static uint8_t read_calls(struct life_cycle_loader *l, yaml_node_t *list, bool guard,
                          struct hx_call *calls)
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

static uint32_t read_from(struct life_cycle_loader *l, yaml_node_t *list)
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

static void read_trigger(struct life_cycle_loader *l, yaml_node_t *map, struct hx_transition *t)
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

void life_cycle_transition(struct life_cycle_loader *l, yaml_node_t *map)
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
