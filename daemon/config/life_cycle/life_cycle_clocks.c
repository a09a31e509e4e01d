/* Reading a life cycle: clocks, their ladders, pauses and acknowledgements. */
#include "config/life_cycle/life_cycle_impl.h"
#include "config/reading/yaml_doc.h"

#include <string.h>

static void read_mark(struct life_cycle_loader *l, yaml_node_t *map, struct hx_mark_rule *m)
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

void life_cycle_ladder(struct life_cycle_loader *l, yaml_node_t *map)
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

static uint32_t read_pause_names(struct life_cycle_loader *l, yaml_node_t *list)
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

static void read_budgets(struct life_cycle_loader *l, yaml_node_t *map, struct hx_clock_rule *k)
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
static int8_t read_other_clock(struct life_cycle_loader *l, yaml_node_t *map, const char *key)
{
    char name[HX_NAME_MAX];
    yaml_doc_text(&l->doc, map, key, name, sizeof name);
    int other = name[0] ? hx_rules_clock(l->r, name) : 0;
    if (other < 0)
        yaml_doc_fault(&l->doc, map, "%s: clock %s does not stand above", key, name);
    return (int8_t)(other < 0 ? 0 : other);
}

void life_cycle_clock(struct life_cycle_loader *l, yaml_node_t *map)
{
    yaml_doc_only(&l->doc, map,
                  "no name zh en until shown promise pauses dated only stays replaced-by "
                  "ladder calendar budgets");
    int no = LIFE_CYCLE_NO(l, map, HX_RULES_CLOCKS, l->r->clocks);
    struct hx_clock_rule *k = &l->r->clocks[no];
    char only[HX_NAME_MAX], ladder[HX_NAME_MAX], calendar[HX_NAME_MAX];
    k->line = yaml_doc_line(map);
    yaml_doc_need(&l->doc, map, "name", k->name, sizeof k->name);
    life_cycle_title(l, map, &k->title);
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

void life_cycle_pause(struct life_cycle_loader *l, yaml_node_t *map)
{
    yaml_doc_only(&l->doc, map, "name zh en owner cap calendar needs by most");
    if (l->r->n_pauses == HX_RULES_REASONS) {
        yaml_doc_fault(&l->doc, map, "more than %d pauses", HX_RULES_REASONS);
        return;
    }
    struct hx_pause_rule *p = &l->r->pauses[l->r->n_pauses++];
    char owner[HX_NAME_MAX], calendar[HX_NAME_MAX], by[HX_NAME_MAX];
    yaml_doc_need(&l->doc, map, "name", p->name, sizeof p->name);
    life_cycle_title(l, map, &p->title);
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
    p->needs = life_cycle_needs(l, yaml_doc_get(&l->doc, map, "needs"));
    p->by_reporter = strcmp(by, "reporter") == 0;
    p->most = (uint8_t)yaml_doc_int(&l->doc, map, "most", 0);
}

void life_cycle_ack(struct life_cycle_loader *l, yaml_node_t *map)
{
    char level[HX_NAME_MAX];
    yaml_doc_only(&l->doc, map, "level within until repeats");
    yaml_doc_need(&l->doc, map, "level", level, sizeof level);
    int no = hx_level_number(level);
    if (no < 0) {
        yaml_doc_fault(&l->doc, map, "unknown level %s", level);
        return;
    }
    struct hx_ack_rule *a = &l->r->acks[no];
    a->within_ms = yaml_doc_duration(&l->doc, map, "within");
    int64_t repeats = yaml_doc_int(&l->doc, map, "repeats", 0);
    if (repeats < 0 || repeats > 100)
        yaml_doc_fault(&l->doc, map, "repeats must be 0 to 100");
    a->repeats = (uint8_t)repeats;
    if (!a->within_ms)
        a->until_ms = life_cycle_time_of_day(l, map, "until");
}
