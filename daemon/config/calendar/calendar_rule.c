#include "config/calendar/calendar_rule.h"
#include "config/calendar/holidays.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- tables ---- */

/* `file` seen from the folder of the document. */
static void beside(const struct yaml_doc *doc, const char *file, char *path, size_t size)
{
    const char *slash = strrchr(doc->file, '/');
    int folder = slash && file[0] != '/' ? (int)(slash - doc->file) + 1 : 0;
    snprintf(path, size, "%.*s%s", folder, doc->file, file);
}

void holiday_table_read(struct yaml_doc *doc, yaml_node_t *map,
                        const struct hx_table_source *source, struct hx_rules *r)
{
    char name[HX_CALENDAR_NAME], file[256], path[4096];
    struct hx_problem why = {""};
    yaml_doc_only(doc, map, "name file");
    yaml_doc_need(doc, map, "name", name, sizeof name);
    yaml_doc_need(doc, map, "file", file, sizeof file);
    if (r->n_tables == HX_RULES_TABLES || hx_rules_table(r, name) >= 0)
        yaml_doc_fault(doc, map, "table %s stands twice, or there are more than %d", name,
                       HX_RULES_TABLES);
    if (doc->rc)
        return;
    struct hx_table *t = &r->tables[r->n_tables];
    beside(doc, file, path, sizeof path);
    bool from_file = !source || !source->table;
    int rc = from_file ? hx_holidays_load(path, t, &why)
                       : source->table(source->ctx, name, path, t, &why);
    if (rc && rc != HX_NOMEM && from_file && source && source->tell) {
        hx_holidays_file_faults(path, source->tell);
        doc->rc = rc; /* every one is told: nothing remains to be said here */
        doc->problem->text[0] = '\0';
        return;
    }
    if (rc) {
        yaml_doc_fault(doc, map, "%s", why.text[0] ? why.text : "out of memory");
        return;
    }
    r->n_tables++;
    if (strcmp(t->name, name) != 0)
        yaml_doc_fault(doc, map, "%s is the table %s, not %s", file, t->name, name);
}

/* ---- calendars ---- */

static enum hx_calendar_kind kind_of(struct yaml_doc *doc, yaml_node_t *map, const char *kind)
{
    static const char *const kinds[] = {"always", "roll", "count", "days"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kind, kinds[i]) == 0)
            return (enum hx_calendar_kind)i;
    yaml_doc_fault(doc, map, "kind must be always, roll, count or days, not %s", kind);
    return HX_CALENDAR_ALWAYS;
}

/* "08:30" at *text; moves behind it. -1 when it is no time of a day. */
static int32_t time_of_day(const char **text)
{
    char *end;
    unsigned long h = strtoul(*text, &end, 10);
    if (end == *text || *end != ':')
        return -1;
    const char *minutes = end + 1;
    unsigned long m = strtoul(minutes, &end, 10);
    if (end != minutes + 2 || h > 24 || m > 59 || (h == 24 && m))
        return -1;
    *text = end;
    return (int32_t)((h * 60 + m) * 60000);
}

static void read_window(struct yaml_doc *doc, yaml_node_t *node, struct hx_calendar_rule *c)
{
    const char *text = yaml_doc_scalar(doc, node), *at = text;
    int32_t from = time_of_day(&at), to = -1;
    if (*at == '-') {
        at++;
        to = time_of_day(&at);
    }
    if (from < 0 || to <= from || *at) {
        yaml_doc_fault(doc, node, "%s is not a window of a day such as 09:00-12:00", text);
        return;
    }
    if (c->n_windows == HX_WINDOWS ||
        (c->n_windows && from <= c->windows[c->n_windows - 1].to_ms)) {
        yaml_doc_fault(doc, node, "windows must follow each other, at most %d of them", HX_WINDOWS);
        return;
    }
    c->windows[c->n_windows++] = (struct hx_window){from, to};
}

/* `working` (Monday to Friday), or a list of days; left out: every day. */
static uint8_t read_week(struct yaml_doc *doc, yaml_node_t *node)
{
    static const char *const names[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    yaml_node_t *item;
    uint8_t week = 0;
    if (!node)
        return HX_WEEK_ALL;
    if (node->type == YAML_SCALAR_NODE && strcmp(yaml_doc_scalar(doc, node), "working") == 0)
        return HX_WEEK_WORKING;
    for (size_t i = 0; (item = yaml_doc_item(doc, node, i)) != NULL; i++) {
        size_t day = 0;
        while (day < 7 && strcmp(names[day], yaml_doc_scalar(doc, item)) != 0)
            day++;
        if (day == 7)
            yaml_doc_fault(doc, item, "%s is not a day: Mon … Sun", yaml_doc_scalar(doc, item));
        else
            week |= (uint8_t)(1u << day);
    }
    if (!week)
        yaml_doc_fault(doc, node, "a week without a day: nothing would ever fall due");
    return week;
}

static struct hx_table *read_table(struct yaml_doc *doc, yaml_node_t *map, struct hx_rules *r)
{
    char name[HX_CALENDAR_NAME];
    yaml_doc_text(doc, map, "holidays", name, sizeof name);
    int i = name[0] ? hx_rules_table(r, name) : -1;
    if (name[0] && i < 0)
        yaml_doc_fault(doc, map, "unknown table of holidays %s", name);
    return i < 0 ? NULL : &r->tables[i];
}

void calendar_rule_read(struct yaml_doc *doc, yaml_node_t *map, struct hx_rules *r)
{
    char kind[HX_NAME_MAX];
    yaml_node_t *windows, *item;
    yaml_doc_only(doc, map, "name kind week holidays windows");
    if (r->n_calendars == HX_RULES_CALENDARS) {
        yaml_doc_fault(doc, map, "more than %d calendars", HX_RULES_CALENDARS);
        return;
    }
    struct hx_calendar_rule *c = &r->calendars[r->n_calendars++];
    yaml_doc_need(doc, map, "name", c->name, sizeof c->name);
    yaml_doc_need(doc, map, "kind", kind, sizeof kind);
    c->kind = kind_of(doc, map, kind);
    c->zone = &r->zone;
    c->week = read_week(doc, yaml_doc_get(doc, map, "week"));
    c->table = read_table(doc, map, r);
    windows = yaml_doc_get(doc, map, "windows");
    for (size_t i = 0; (item = yaml_doc_item(doc, windows, i)) != NULL && !doc->rc; i++)
        read_window(doc, item, c);
    if (c->kind == HX_CALENDAR_ALWAYS && (c->n_windows || c->table))
        yaml_doc_fault(doc, map, "a calendar that is always open has no windows or holidays");
}
