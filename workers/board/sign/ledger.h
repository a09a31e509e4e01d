/* A file of lines, each one JSON object, that grows by what happens and is made anew now and then:
 * what is on disk survives kill -9 and a cut of power. One thread. */
#ifndef BOARD_LEDGER_H
#define BOARD_LEDGER_H

#include "hongxin/error.h"
#include <jansson.h>
#include <stddef.h>

struct ledger; /* opaque */

typedef void ledger_line(void *arg, const json_t *line);

/* Hands out the lines that are there, in their order. One that is torn (the newest, after a cut of
 * power) or no JSON object is passed over. A file that is missing or that others may read counts as
 * empty. `path` is borrowed. Nothing is written before ledger_renew(). HX_NOMEM. */
HX_CHECK int ledger_open(const char *path, ledger_line *fn, void *arg, struct ledger **out);
void ledger_close(struct ledger *l); /* NULL is allowed */

/* Puts a line behind the others (takes the reference): it survives a kill, but not yet a cut of
 * power. HX_IO: then nothing more is added before ledger_renew(). HX_NOMEM. */
HX_CHECK int ledger_add(struct ledger *l, json_t *line);
/* What was added is on disk. HX_IO, as above. */
HX_CHECK int ledger_sync(struct ledger *l);
/* The file becomes these lines and nothing else, whole and on disk (takes the array). HX_IO: it is
 * what it was. HX_NOMEM. */
HX_CHECK int ledger_renew(struct ledger *l, json_t *lines);

#endif
