/* Log: one line per event on standard error, key=value, machine-readable.
 *
 *   hx_log(HX_LOG_INFO, "event=start store=%s cases=%" PRIu64, path, n);
 *
 * Lines carry time and level themselves. Values with spaces are quoted by the caller ("\"%s\"").
 * Control characters become '?': a line is one event, whatever text it bears.
 * Never logged: names, numbers, addresses or texts of reporters, and secrets. errno is kept over
 * every call. Any thread. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "hongxin/error.h"

enum hx_log_level { HX_LOG_DEBUG, HX_LOG_INFO, HX_LOG_WARN, HX_LOG_ERROR };

void hx_log_level_set(enum hx_log_level least);
void hx_log(enum hx_log_level level, const char *fmt, ...) HX_PRINTF(2, 3);

/* The same, with errno=… and its text at the end. */
void hx_log_errno(enum hx_log_level level, const char *fmt, ...) HX_PRINTF(2, 3);

#endif
