/* Folders into which others put tables (投放文件夹): each row becomes an event by a mapping, GBK or
 * UTF-8.
 *
 * A file is read when it has not changed for `settle`. Ids follow from the rows alone, so a file
 * that was read half when somebody died is simply read again: nothing is doubled. When every row is
 * answered the file goes to done/, and the rows that were not taken to rejects/ with line and
 * reason; a file that does not fit the mapping goes to rejects/ as it is, with its reason beside
 * it. */
#ifndef HOTLINE_DROP_H
#define HOTLINE_DROP_H

#include "config/reading/yaml_doc.h"
#include "hotline/hotline.h"

struct event_base;
struct evbuffer;

/* Reads the list `drops` of the configuration. Faults are kept in the document. */
void drop_settings_read(struct yaml_doc *doc, yaml_node_t *list, struct drop_settings *s);

struct drops; /* opaque */

/* Begins to look. HX_CONFIG with the problem: a mapping that is wrong, a folder that cannot be
 * made. */
HX_CHECK int drops_open(struct hotline *h, struct event_base *base, struct drops **out,
                        struct hx_problem *problem);
/* After the client is closed: no answer may come any more. NULL is allowed. */
void drops_close(struct drops *all);
void drops_figures(const struct drops *all, struct evbuffer *out); /* NULL is allowed */

#endif
