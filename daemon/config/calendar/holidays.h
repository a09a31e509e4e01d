/* Tables of public holidays and make-up working days: iCalendar files, completely checked.
 * docs/calendars.md says what must stand in one. */
#ifndef CONFIG_HOLIDAYS_H
#define CONFIG_HOLIDAYS_H

#include "config/reading/problem.h"
#include "engine/time/calendar.h"
#include <stddef.h>

enum { HX_HOLIDAYS_FILE_MAX = 1024 * 1024 }; /* bytes */

/* Reads the text of `file` (named in messages). On success the table has its name and one version,
 * which is freed with hx_holidays_free. HX_CONFIG with file and line, of both sides where two
 * events contradict each other; HX_NOMEM. One thread. */
HX_CHECK int hx_holidays_parse(const char *file, const char *text, struct hx_table *table,
                               struct hx_problem *problem);

/* The same from a file. HX_IO as well. */
HX_CHECK int hx_holidays_load(const char *path, struct hx_table *table, struct hx_problem *problem);

/* Tells every fault of a text, one for each of its events, and the text's own; nothing when it is
 * right. */
void hx_holidays_faults(const char *file, const char *text, const struct hx_problems *tell);
void hx_holidays_file_faults(const char *path, const struct hx_problems *tell);

/* All versions of the table. */
void hx_holidays_free(struct hx_table *table);

#endif
