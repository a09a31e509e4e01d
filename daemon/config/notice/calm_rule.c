#include "config/notice/calm_rule.h"

#include "engine/words/words.h"
#include "hongxin/instant.h"

#include <string.h>

struct reader {
    struct yaml_doc *doc;
    struct hx_rules *r;
};

typedef int number_fn(const struct hx_rules *r, const char *name);

static int flag_bit(const struct hx_rules *r, const char *name)
{
    int bit = 0;
    (void)r;
    for (unsigned value = (unsigned)hx_flag_number(name); value > 1; value >>= 1)
        bit++;
    return hx_flag_number(name) ? bit : -1;
}

static int level(const struct hx_rules *r, const char *name)
{
    (void)r;
    return hx_level_number(name);
}

/* The set of what a key lists, as bits. */
static uint32_t set(struct reader *rd, yaml_node_t *map, const char *key, number_fn *number)
{
    yaml_node_t *list = yaml_doc_get(rd->doc, map, key), *item;
    uint32_t bits = 0;
    for (size_t i = 0; (item = yaml_doc_item(rd->doc, list, i)) != NULL; i++) {
        const char *name = yaml_doc_scalar(rd->doc, item);
        int no = number(rd->r, name);
        if (no < 0)
            yaml_doc_fault(rd->doc, item, "%s: unknown name %s", key, name);
        else
            bits |= UINT32_C(1) << no;
    }
    return bits;
}

static void read_urgent(struct reader *rd, yaml_node_t *map)
{
    struct hx_calm_rules *c = &rd->r->calm;
    yaml_doc_only(rd->doc, map, "classes flags clocks receivers");
    c->urgent_classes = set(rd, map, "classes", hx_rules_class);
    c->urgent_flags = set(rd, map, "flags", flag_bit);
    c->urgent_clocks = set(rd, map, "clocks", hx_rules_clock);
    c->urgent_receivers = set(rd, map, "receivers", hx_rules_receiver);
}

/* A span from a second to a day, and how many notices it lets through. */
static int64_t read_span(struct reader *rd, yaml_node_t *map, const char *key, uint32_t *count)
{
    int64_t ms = yaml_doc_duration(rd->doc, map, "within");
    int64_t n = yaml_doc_int(rd->doc, map, key, 0);
    if (ms < HX_SECOND || ms > HX_DAY)
        yaml_doc_fault(rd->doc, map, "within must be from 1s to 1d");
    if (n < 1 || n > 10000)
        yaml_doc_fault(rd->doc, map, "%s must be from 1 to 10000", key);
    *count = (uint32_t)n;
    return ms;
}

static void read_group(struct reader *rd, yaml_node_t *map)
{
    struct hx_calm_rules *c = &rd->r->calm;
    yaml_doc_only(rd->doc, map, "within alone never-classes");
    c->group_ms = read_span(rd, map, "alone", &c->group_alone);
    c->group_never = set(rd, map, "never-classes", hx_rules_class);
}

static void read_limit(struct reader *rd, yaml_node_t *map)
{
    struct hx_calm_rules *c = &rd->r->calm;
    yaml_doc_only(rd->doc, map, "within most");
    c->limit_ms = read_span(rd, map, "most", &c->limit_most);
}

/* No promise is among them. */
static void no_promises(struct reader *rd, yaml_node_t *map, uint32_t clocks)
{
    for (int no = 1; no < HX_RULES_CLOCKS; no++)
        if (clocks & (UINT32_C(1) << no) && rd->r->clocks[no].promise)
            yaml_doc_fault(rd->doc, map, "%s is a promise: its notices are never held back here",
                           rd->r->clocks[no].name);
}

static void read_night(struct reader *rd, yaml_node_t *map)
{
    struct hx_calm_rules *c = &rd->r->calm;
    char calendar[HX_NAME_MAX];
    yaml_doc_only(rd->doc, map, "calendar clocks never-classes");
    yaml_doc_need(rd->doc, map, "calendar", calendar, sizeof calendar);
    int no = hx_rules_calendar(rd->r, calendar);
    if (no < 0)
        yaml_doc_fault(rd->doc, map, "unknown calendar %s", calendar);
    c->night_calendar = (int8_t)(no < 0 ? 0 : no);
    c->night_clocks = set(rd, map, "clocks", hx_rules_clock);
    c->night_never = set(rd, map, "never-classes", hx_rules_class);
    no_promises(rd, map, c->night_clocks);
}

static void read_inhibit(struct reader *rd, yaml_node_t *map)
{
    struct hx_calm_rules *c = &rd->r->calm;
    char from[HX_NAME_MAX];
    if (c->n_inhibits == HX_CALM_INHIBITS) {
        yaml_doc_fault(rd->doc, map, "more than %d rows of inhibit", HX_CALM_INHIBITS);
        return;
    }
    struct hx_inhibit_rule *i = &c->inhibits[c->n_inhibits++];
    yaml_doc_only(rd->doc, map, "clocks levels from by");
    yaml_doc_need(rd->doc, map, "from", from, sizeof from);
    i->clocks = set(rd, map, "clocks", hx_rules_clock);
    i->levels = (uint8_t)set(rd, map, "levels", level);
    i->by = set(rd, map, "by", hx_rules_clock);
    int no = hx_level_number(from);
    if (no < 0)
        yaml_doc_fault(rd->doc, map, "unknown level %s", from);
    i->from = (uint8_t)(no < 0 ? 0 : no);
    if (!i->clocks || !i->levels || i->levels >> i->from)
        yaml_doc_fault(rd->doc, map, "inhibit needs clocks, and levels below %s", from);
    if (i->by)
        no_promises(rd, map, i->clocks);
}

void calm_rule_read(struct yaml_doc *doc, yaml_node_t *map, struct hx_rules *r)
{
    static const struct {
        const char *name;
        void (*read)(struct reader *rd, yaml_node_t *map);
    } parts[] = {{"urgent", read_urgent},
                 {"group", read_group},
                 {"limit", read_limit},
                 {"night", read_night}};
    struct reader rd = {doc, r};
    yaml_node_t *item, *list;
    if (!map)
        return;
    yaml_doc_only(doc, map, "urgent group limit night inhibit");
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        yaml_node_t *part = yaml_doc_get(doc, map, parts[i].name);
        if (part)
            parts[i].read(&rd, part);
    }
    list = yaml_doc_get(doc, map, "inhibit");
    for (size_t i = 0; (item = yaml_doc_item(doc, list, i)) != NULL && !doc->rc; i++)
        read_inhibit(&rd, item);
}
