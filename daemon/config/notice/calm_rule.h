/* The section `calm` of a life cycle: how notices are kept readable. Faults go to the document. One
 * thread. */
#ifndef CONFIG_CALM_RULE_H
#define CONFIG_CALM_RULE_H

#include "config/reading/yaml_doc.h"
#include "engine/rules/rules.h"

/* Reads {urgent, group, limit, night, inhibit}, each of which may be absent; `map` NULL: every
 * notice is sent alone. Classes, clocks, calendars and receivers must have been read. A promise can
 * neither wait for the morning nor be silent because of another clock (F7). */
void calm_rule_read(struct yaml_doc *doc, yaml_node_t *map, struct hx_rules *r);

#endif
