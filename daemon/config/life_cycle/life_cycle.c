/* Reading a life cycle: one function per section of the file. Clocks, rows, delivery and hours have
 * files of their own. */
#include "config/life_cycle/life_cycle.h"
#include "base/text.h"
#include "config/calendar/calendar_rule.h"
#include "config/calendar/holidays.h"
#include "config/calendar/zone.h"
#include "config/life_cycle/life_cycle_impl.h"
#include "config/notice/calm_rule.h"
#include "engine/words/words.h"
#include "hongxin/instant.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void life_cycle_title(struct life_cycle_loader *l, yaml_node_t *map, struct hx_title *title)
{
    yaml_doc_need(&l->doc, map, "zh", title->zh, sizeof title->zh);
    yaml_doc_need(&l->doc, map, "en", title->en, sizeof title->en);
}

int life_cycle_no(struct life_cycle_loader *l, yaml_node_t *map, int limit, const char *slots,
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

int life_cycle_digits(const char *text, size_t n, size_t most)
{
    int number = 0;
    if (n == 0 || n > most || strspn(text, "0123456789") < n)
        return -1;
    for (size_t i = 0; i < n; i++)
        number = 10 * number + (text[i] - '0');
    return number;
}

int32_t life_cycle_time_of_day(struct life_cycle_loader *l, yaml_node_t *map, const char *key)
{
    char text[HX_NAME_MAX];
    yaml_doc_need(&l->doc, map, key, text, sizeof text);
    bool formed = strlen(text) == 5 && text[2] == ':';
    int hour = formed ? life_cycle_digits(text, 2, 2) : -1,
        minute = formed ? life_cycle_digits(text + 3, 2, 2) : -1;
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59)
        yaml_doc_fault(&l->doc, map, "%s must be a time such as 08:00", key);
    return (int32_t)(hour * HX_HOUR + minute * HX_MINUTE);
}

static void read_state(struct life_cycle_loader *l, yaml_node_t *map)
{
    static const char *const kinds[] = {NULL, "open", "closed", "terminal"};
    yaml_doc_only(&l->doc, map, "no name zh en kind owner");
    int no = LIFE_CYCLE_NO(l, map, HX_RULES_STATES, l->r->states);
    struct hx_state_rule *s = &l->r->states[no];
    char kind[HX_NAME_MAX], owner[HX_NAME_MAX];
    s->line = yaml_doc_line(map);
    yaml_doc_need(&l->doc, map, "name", s->name, sizeof s->name);
    life_cycle_title(l, map, &s->title);
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

static void read_class(struct life_cycle_loader *l, yaml_node_t *map)
{
    yaml_doc_only(&l->doc, map, "no name zh en evidence photo default");
    int no = LIFE_CYCLE_NO(l, map, HX_RULES_CLASSES, l->r->classes);
    struct hx_class_rule *c = &l->r->classes[no];
    yaml_doc_need(&l->doc, map, "name", c->name, sizeof c->name);
    life_cycle_title(l, map, &c->title);
    c->evidence = (uint8_t)yaml_doc_int(&l->doc, map, "evidence", 0);
    c->photo = yaml_doc_bool(&l->doc, map, "photo");
    c->is_default = yaml_doc_bool(&l->doc, map, "default");
}

static void read_calendar(struct life_cycle_loader *l, yaml_node_t *map)
{
    calendar_rule_read(&l->doc, map, l->r);
}

static void read_table(struct life_cycle_loader *l, yaml_node_t *map)
{
    holiday_table_read(&l->doc, map, l->source, l->r);
}

static void read_receiver(struct life_cycle_loader *l, yaml_node_t *map)
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

static void read_name(struct life_cycle_loader *l, yaml_node_t *node, char names[][HX_NAME_MAX],
                      uint8_t *n)
{
    const char *text = yaml_doc_scalar(&l->doc, node);
    if (*n == HX_RULES_REASONS || strlen(text) >= HX_NAME_MAX || !*text) {
        yaml_doc_fault(&l->doc, node, "too many names, or one that is empty or too long");
        return;
    }
    hx_text_put(names[(*n)++], HX_NAME_MAX, text);
}

static void read_return(struct life_cycle_loader *l, yaml_node_t *node)
{
    read_name(l, node, l->r->returns, &l->r->n_returns);
}

static void read_refused(struct life_cycle_loader *l, yaml_node_t *node)
{
    read_name(l, node, l->r->refused, &l->r->n_refused);
}

/* Where the caller of a refused matter is handed over to (A10). */
static void read_handover(struct life_cycle_loader *l, yaml_node_t *map)
{
    struct hx_handover *h = &l->r->handover[l->r->n_handover];
    yaml_doc_only(&l->doc, map, "category call");
    if (l->r->n_handover == HX_RULES_REASONS) {
        yaml_doc_fault(&l->doc, map, "more than %d numbers", HX_RULES_REASONS);
        return;
    }
    yaml_doc_need(&l->doc, map, "category", h->category, sizeof h->category);
    yaml_doc_need(&l->doc, map, "call", h->call, sizeof h->call);
    if (!hx_rules_refused(l->r, h->category))
        yaml_doc_fault(&l->doc, map, "%s is not among the refused categories", h->category);
    l->r->n_handover++;
}

/* What doors let people choose from. The engine takes any category; here it is only checked that
 * what is offered can be taken. */
static void read_category(struct life_cycle_loader *l, yaml_node_t *map)
{
    char name[HX_NAME_MAX], word[HX_TITLE_MAX], class[HX_NAME_MAX];
    yaml_doc_only(&l->doc, map, "name zh en class");
    yaml_doc_need(&l->doc, map, "name", name, sizeof name);
    yaml_doc_need(&l->doc, map, "zh", word, sizeof word);
    yaml_doc_need(&l->doc, map, "en", word, sizeof word);
    yaml_doc_text(&l->doc, map, "class", class, sizeof class);
    if (class[0] && hx_rules_class(l->r, class) < 0)
        yaml_doc_fault(&l->doc, map, "unknown class %s", class);
    if (hx_rules_refused(l->r, name) && !hx_rules_handover(l->r, name))
        yaml_doc_fault(&l->doc, map, "%s is refused, and nobody to call stands under handover",
                       name);
}

enum {
    STATES,
    CLASSES,
    HOLIDAYS,
    CALENDARS,
    RECEIVERS,
    LADDERS,
    EVENTS,
    PAUSES,
    RETURNS,
    REFUSED,
    HANDOVER,
    CATEGORIES,
    ACKS,
    CLOCKS,
    TRANSITIONS,
    SECTIONS,
    SINGLES = SECTIONS /* bit of what stands behind the sections: quiet, duty, calm, delivery */
};

#define BIT(section) (UINT32_C(1) << (section))

/* Sections in the order in which they refer to each other, and those whose names they use. */
static const struct section {
    const char *name;
    void (*read)(struct life_cycle_loader *l, yaml_node_t *map);
    uint32_t needs;
} sections[SECTIONS] = {
    [STATES] = {"states", read_state, 0},
    [CLASSES] = {"classes", read_class, 0},
    [HOLIDAYS] = {"holidays", read_table, 0},
    [CALENDARS] = {"calendars", read_calendar, BIT(HOLIDAYS)},
    [RECEIVERS] = {"receivers", read_receiver, 0},
    [LADDERS] = {"ladders", life_cycle_ladder, BIT(RECEIVERS)},
    [EVENTS] = {"events", life_cycle_event, 0},
    [PAUSES] = {"pauses", life_cycle_pause, BIT(CALENDARS)},
    [RETURNS] = {"returns", read_return, 0},
    [REFUSED] = {"refused", read_refused, 0},
    [HANDOVER] = {"handover", read_handover, BIT(REFUSED)},
    [CATEGORIES] = {"categories", read_category, BIT(CLASSES) | BIT(REFUSED) | BIT(HANDOVER)},
    [ACKS] = {"acks", life_cycle_ack, 0},
    [CLOCKS] = {"clocks", life_cycle_clock,
                BIT(CLASSES) | BIT(CALENDARS) | BIT(LADDERS) | BIT(PAUSES) | BIT(EVENTS)},
    [TRANSITIONS] = {"transitions", life_cycle_transition, BIT(TRANSITIONS) - 1},
};

/* What stands in the file once. */
static void read_calm(struct life_cycle_loader *l, yaml_node_t *root)
{
    calm_rule_read(&l->doc, yaml_doc_get(&l->doc, root, "calm"), l->r);
}

static const struct single {
    void (*read)(struct life_cycle_loader *l, yaml_node_t *root);
    uint32_t needs;
} singles[] = {
    {life_cycle_quiet, BIT(CALENDARS) | BIT(CLASSES)},
    {life_cycle_duty, BIT(CALENDARS)},
    {read_calm, BIT(SECTIONS) - 1},
    {life_cycle_delivery, BIT(SECTIONS) - 1},
};

/* `from: "2026-11-01"`: midnight of that day. */
static void read_from_day(struct life_cycle_loader *l, yaml_node_t *root)
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

static void read_head(struct life_cycle_loader *l, yaml_node_t *root)
{
    struct hx_rules *r = l->r;
    yaml_doc_only(
        &l->doc, root,
        "life-cycle version from zh en zone states classes holidays calendars receivers ladders "
        "clocks events pauses returns refused handover categories acks quiet calm duty delivery "
        "transitions");
    yaml_doc_need(&l->doc, root, "life-cycle", r->name, sizeof r->name);
    life_cycle_title(l, root, &r->title);
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

/* A name stands once in its section: of two, whichever is meant would depend on their order. */
static void check_name(struct life_cycle_loader *l, yaml_node_t *list, size_t n)
{
    yaml_node_t *item = yaml_doc_item(&l->doc, list, n);
    const char *name = yaml_doc_scalar(&l->doc, yaml_doc_get(&l->doc, item, "name"));
    for (size_t i = 0; i < n && *name; i++) {
        yaml_node_t *other = yaml_doc_item(&l->doc, list, i);
        if (strcmp(yaml_doc_scalar(&l->doc, yaml_doc_get(&l->doc, other, "name")), name) == 0)
            yaml_doc_fault(&l->doc, item, "name %s stands in line %d already", name,
                           yaml_doc_line(other));
    }
}

/* After an element: whether it goes on. It does after a fault, too, when somebody wants to know the
 * next one; what was told already, of a table beside the file, has no text here. */
static bool goes_on(struct life_cycle_loader *l, int section)
{
    const struct hx_problems *tell = l->source ? l->source->tell : NULL;
    if (!l->doc.rc || !tell)
        return !l->doc.rc;
    if (l->doc.problem->text[0])
        tell->say(tell->ctx, l->doc.problem);
    l->faulty |= BIT(section);
    if (++l->told >= tell->most)
        return false;
    l->doc.rc = HX_OK;
    return true;
}

static bool read_section(struct life_cycle_loader *l, yaml_node_t *root, int s)
{
    yaml_node_t *list = yaml_doc_get(&l->doc, root, sections[s].name), *item;
    if (!list)
        yaml_doc_fault(&l->doc, root, "section %s is missing", sections[s].name);
    bool on = goes_on(l, s);
    for (size_t i = 0; on && (item = yaml_doc_item(&l->doc, list, i)) != NULL; i++) {
        check_name(l, list, i);
        sections[s].read(l, item);
        on = goes_on(l, s);
    }
    return on && goes_on(l, s); /* a list that is none */
}

static int read_all(struct life_cycle_loader *l)
{
    yaml_node_t *root = yaml_doc_root(&l->doc);
    read_head(l, root);
    bool on = goes_on(l, SINGLES);
    for (int s = 0; on && s < SECTIONS; s++) {
        if (l->faulty & sections[s].needs)
            l->faulty |= BIT(s); /* nobody knows */
        else
            on = read_section(l, root, s);
    }
    for (size_t i = 0; on && i < sizeof singles / sizeof *singles; i++) {
        if (l->faulty & singles[i].needs)
            continue;
        singles[i].read(l, root);
        on = goes_on(l, SINGLES);
    }
    return l->told ? HX_CONFIG : l->doc.rc;
}

static int check(struct life_cycle_loader *l)
{
    char what[400];
    int line = 1;
    hx_rules_index(l->r);
    int rc = hx_rules_check(l->r, &line, what, sizeof what);
    if (rc)
        yaml_doc_fault_at(&l->doc, line, "%s", what);
    (void)goes_on(l, SINGLES);
    return rc;
}

/* With the document opened, or not: `rc`. */
static int load(struct life_cycle_loader *l, int rc, struct hx_rules **out)
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
    struct life_cycle_loader l = {.r = NULL};
    return load(&l, yaml_doc_open(&l.doc, path, problem), out);
}

int hx_life_cycle_parse(const char *file, const char *text, const struct hx_table_source *source,
                        struct hx_rules **out, struct hx_problem *problem)
{
    struct life_cycle_loader l = {.source = source};
    return load(&l, yaml_doc_open_text(&l.doc, file, text, problem), out);
}

void hx_life_cycle_faults(const char *path, const struct hx_problems *tell)
{
    const struct hx_table_source files = {.tell = tell};
    struct life_cycle_loader l = {.source = &files};
    struct hx_problem problem = {""};
    struct hx_rules *rules = NULL;
    int rc = load(&l, yaml_doc_open(&l.doc, path, &problem), &rules);
    if (!rc)
        hx_life_cycle_free(rules);
    else if (!l.told && problem.text[0]) /* no document at all */
        tell->say(tell->ctx, &problem);
}

void hx_life_cycle_free(struct hx_rules *rules)
{
    for (int i = 0; rules && i < rules->n_tables; i++)
        hx_holidays_free(&rules->tables[i]);
    free(rules);
}
