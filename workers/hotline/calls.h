/* Facts of telephone systems (话单): FreeSWITCH's event socket and Asterisk's manager interface.
 *
 * An event whose variables name a case and what happened becomes an event of the life cycle, by a
 * mapping: its names are to it what headings are of a table. Ids follow from the call, so the same
 * call read from a table of call records (drop.h, with the same mapping and source) is the same
 * event. Neither system repeats what was said while nobody listened: each gap is logged and
 * counted, and is closed by such a table. */
#ifndef HOTLINE_CALLS_H
#define HOTLINE_CALLS_H

#include "config/reading/yaml_doc.h"
#include "hotline/hotline.h"

struct event_base;
struct evbuffer;
struct calls; /* opaque */

/* Reads the list `calls`. Faults are kept in the document. */
void calls_settings_read(struct yaml_doc *doc, yaml_node_t *list, struct calls_settings *s);

/* Connects, and again whenever a connection ends. HX_CONFIG with the problem: a mapping, a password
 * file. */
HX_CHECK int calls_open(struct hotline *h, struct event_base *base, struct calls **out,
                        struct hx_problem *problem);
/* After the client is closed. NULL is allowed. */
void calls_close(struct calls *all);
void calls_figures(const struct calls *all, struct evbuffer *out); /* NULL is allowed */

#endif
