/* The sections `holidays` and `calendars` of a life cycle. Faults go to the document. One thread.
 */
#ifndef CONFIG_CALENDAR_RULE_H
#define CONFIG_CALENDAR_RULE_H

#include "config/life_cycle/life_cycle.h"
#include "config/reading/yaml_doc.h"
#include "engine/rules/rules.h"

/* {name: china, file: ../calendars/china.ics}: takes the table from `source`, or without one from
 * the file; the path is relative to the document's folder. */
void holiday_table_read(struct yaml_doc *doc, yaml_node_t *map,
                        const struct hx_table_source *source, struct hx_rules *r);

/* {name: office, kind: count, week: working, holidays: china, windows: ["09:00-12:00", …]} */
void calendar_rule_read(struct yaml_doc *doc, yaml_node_t *map, struct hx_rules *r);

#endif
