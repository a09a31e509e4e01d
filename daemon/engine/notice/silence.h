/* Silences (3.3, F7): who has asked that a notice is not repeated, until when and why. Only level 3
 * or higher may (the life cycle says so), only of a notice that was told, so that the first one of
 * a promise is never hidden; breach, next level, correction and all-clear are never hidden either.
 * A silence is part of its case, so it outlives a restart. One that is asked for an area becomes
 * part of each case of the area when its notice is told there. Part of the machine; pure. */
#ifndef ENGINE_NOTICE_SILENCE_H
#define ENGINE_NOTICE_SILENCE_H

#include "engine/step.h"

/* Until when repeats of this notice are silent, as far as is known at `at`; 0 = they are not. Who
 * repeats a notice asks this first. */
int64_t hx_silenced_until(const struct hx_case *c, const struct hx_told *t, int64_t at);

/* When the next silence of an open case ends; INT64_MAX = never. */
int64_t hx_silence_due(const struct hx_rules *r, const struct hx_case *c);

/* The notice was told for the first time, its receiver is remembered in `t`: when its repeats are
 * silent already in this case, or by a silence of its area, they are for this receiver too, and the
 * notice says so. */
void hx_silence_meet(struct hx_step *s, struct hx_told *t, hxp_notice_fact *f);

/* Ends what ends until `due`: whoever was kept in peace hears of it, and who had asked for it. */
void hx_silence_end_due(struct hx_step *s, int64_t due);

/* ---- silence_area.c: silences of an area ---- */

enum { HX_SILENCE_AREAS = 64 }; /* that hold at the same time in the whole city */

/* SILENCED or SILENCE_ENDED of a place or a holder, and of no case. */
bool hx_area_silence_event(const hxp_event *e);
/* Takes it; the answer is in *r on HX_OK. Codes of what is not allowed: BAD_ROLE, UNKNOWN_CLOCK,
 * UNKNOWN_PLACE, UNKNOWN_HOLDER, TWO_AREAS, OTHER_PLACE, DATE_PAST, SILENCE_TOO_LONG,
 * NO_SUCH_SILENCE, TOO_MANY_SILENCES. */
HX_CHECK int hx_area_silence_take(struct hx_machine *m, const struct hx_arrival *in, hxp_reply *r);

/* Looks whether anybody has ever asked for one: while nobody has, no notice is looked at for it.
 * Called when a machine begins; without it every one is. */
HX_CHECK int hx_area_silence_begin(struct hx_machine *m);

/* The silence of an area that covers this notice of the step's case now; NULL = none. In a replay
 * it is the one that the stored entry names, so that a case of the past needs no other entry. */
const hxp_silence *hx_area_silence_over(struct hx_step *s, const struct hx_told *t);

/* Those that hold at m->now, in the arena; how many. Read through `ops` (source_load, entry_load)
 * of m->backend, which may see less than the machine: what is committed. */
size_t hx_area_silences(const struct hx_machine *m, const struct hx_backend *ops,
                        hxp_silence *list[HX_SILENCE_AREAS]);

#endif
