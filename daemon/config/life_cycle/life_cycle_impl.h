/* What the files that read a life cycle share. Faults go into the document, with the line of the
 * node they name; the first one of an element counts, and what is read of it afterwards does not
 * matter. */
#ifndef CONFIG_LIFE_CYCLE_IMPL_H
#define CONFIG_LIFE_CYCLE_IMPL_H

#include "config/life_cycle/life_cycle.h"
#include "config/reading/yaml_doc.h"
#include "engine/rules/rules.h"

struct life_cycle_loader {
    struct yaml_doc doc;
    struct hx_rules *r;
    const struct hx_table_source *source; /* NULL = files */
    size_t told;                          /* faults, when more than the first are told */
    uint32_t faulty;                      /* sections with one, as bits of their index */
};

/* `zh` and `en` of a map. */
void life_cycle_title(struct life_cycle_loader *l, yaml_node_t *map, struct hx_title *title);

/* `no` of a state, class or clock: in range and not used before; 0 with a fault otherwise. `slots`
 * points to the first member `name` of the slots, which is what a slot begins with. */
int life_cycle_no(struct life_cycle_loader *l, yaml_node_t *map, int limit, const char *slots,
                  size_t slot_size);
#define LIFE_CYCLE_NO(l, map, limit, slots)                                                        \
    life_cycle_no((l), (map), (limit), (slots)[0].name, sizeof *(slots))

/* A number of at most `most` digits, all of the text; -1 for anything else. */
int life_cycle_digits(const char *text, size_t n, size_t most);

/* "09:00" under `key`, in milliseconds after midnight. */
int32_t life_cycle_time_of_day(struct life_cycle_loader *l, yaml_node_t *map, const char *key);

/* Names of fields of Data, as bits of enum hx_need. */
uint32_t life_cycle_needs(struct life_cycle_loader *l, yaml_node_t *list);

/* life_cycle_clocks.c: one element of a section. */
void life_cycle_ladder(struct life_cycle_loader *l, yaml_node_t *map);
void life_cycle_clock(struct life_cycle_loader *l, yaml_node_t *map);
void life_cycle_pause(struct life_cycle_loader *l, yaml_node_t *map);
void life_cycle_ack(struct life_cycle_loader *l, yaml_node_t *map);

/* life_cycle_delivery.c: the section `delivery` of the file, which may be missing. */
void life_cycle_delivery(struct life_cycle_loader *l, yaml_node_t *root);

/* life_cycle_duty.c: the sections `duty` and `quiet`, each of which may be missing. */
void life_cycle_duty(struct life_cycle_loader *l, yaml_node_t *root);
void life_cycle_quiet(struct life_cycle_loader *l, yaml_node_t *root);

/* life_cycle_rows.c */
void life_cycle_event(struct life_cycle_loader *l, yaml_node_t *map);
void life_cycle_transition(struct life_cycle_loader *l, yaml_node_t *map);

#endif
