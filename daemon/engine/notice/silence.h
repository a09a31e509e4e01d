/* Silences (3.3, F7): who has asked that a notice is not repeated, until when and why. Only level 3
 * or higher may (the life cycle says so), only of a notice that was told, so that the first one of
 * a promise is never hidden; breach, next level, correction and all-clear are never hidden either.
 * A silence is part of its case, so it outlives a restart. Part of the machine; pure. */
#ifndef ENGINE_NOTICE_SILENCE_H
#define ENGINE_NOTICE_SILENCE_H

#include "engine/step.h"

/* Until when repeats of this notice are silent, as far as is known at `at`; 0 = they are not. Who
 * repeats a notice asks this first. */
int64_t hx_silenced_until(const struct hx_case *c, const struct hx_told *t, int64_t at);

/* When the next silence of an open case ends; INT64_MAX = never. */
int64_t hx_silence_due(const struct hx_rules *r, const struct hx_case *c);

/* Ends what ends until `due`: whoever was kept in peace hears of it, and who had asked for it. */
void hx_silence_end_due(struct hx_step *s, int64_t due);

#endif
