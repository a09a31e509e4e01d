/* The rules and the city in force, as the daemon tells them: read once and kept until they change.
 * The board has no copy of its own. */
#ifndef BOARD_RULES_H
#define BOARD_RULES_H

#include "board/board.h"
#include <jansson.h>

struct rules;

HX_CHECK int rules_open(struct board *b, struct rules **out);
void rules_close(struct rules *k);

/* Once a second: asks for what is not there. */
void rules_tick(struct board *b);
/* Others may be in force: they are asked for anew. What is there stays until then. */
void rules_forget(struct board *b);

/* The life cycle is there. */
bool rules_known(const struct rules *k);
/* Whether the clock is a promise. */
bool rules_promise(const struct rules *k, const char *clock);
/* Borrowed: {version, rules}. NULL: not there yet. */
const json_t *rules_life_cycle_json(const struct rules *k);

/* The words of every kind, {"state": {"HELD": "已签收"}}, a new reference: those of the life cycle
 * as far as it is there. */
json_t *rules_words(const struct rules *k, bool english);

/* A row of a list of the life cycle by its name ("events", "ARRIVED"); NULL. */
const json_t *rules_find(const struct rules *k, const char *list, const char *name);

/* A YAML text as JSON; plain scalars that are numbers or truth values become such. NULL: it cannot
 * be read. */
json_t *rules_yaml(const char *text, size_t size);

#endif
