/* Swaps of duty (换班): one person offers a stretch of a post, another accepts it, a third one
 * approves where the city wants that, until a time of the day before (S32). A swap lies over the
 * rota: who is asked at a moment of it is the one who took it. It never leaves a post empty, and
 * never puts a person on a post twice at once.
 *
 * Each step is an event about no case, and its entry holds the swap as it stands (SwapFact). Which
 * swaps of a post are offered or in force is a row of its own, so that looking at a post costs one
 * look when there are none. Pure; one thread. */
#ifndef ENGINE_DUTY_SWAP_H
#define ENGINE_DUTY_SWAP_H

#include "engine/duty/rota.h"
#include "engine/machine/machine.h"
#include "engine/step.h"

enum { HX_SWAPS = 8 }; /* of one post at the same time */

/* Which days the rota takes for which: by what is in force, or, when an old entry is made again, by
 * what was in force then. */
struct hx_days hx_duty_days(const struct hx_machine *m);

/* The n-th person who answers for the post at t, lowest order first: on duty there or at the post
 * that stands in for it (stand_in.h), with the swaps that are in force. */
struct hx_on_duty hx_post_at(const struct hx_machine *m, const struct hx_post *post, int64_t t,
                             size_t n);

/* Looks whether anybody has ever swapped: while nobody has, who is on duty is asked of the rota
 * alone. Called when a machine begins; without it every look asks. */
HX_CHECK int hx_swap_begin(struct hx_machine *m);

/* SWAP_OFFERED, SWAP_ACCEPTED, SWAP_APPROVED, SWAP_REFUSED. *reply is set on HX_OK. Codes of what
 * is not allowed: NO_SWAPS, BAD_PERSON, FOREIGN_POST, BAD_STRETCH, NOT_ON_DUTY, SWAP_TOO_LATE,
 * NO_SWAP, SWAP_DECIDED, OTHER_PERSON, SAME_PERSON, TWICE_AT_ONCE, LEAVES_A_HOLE, TOO_MANY_SWAPS.
 */
HX_CHECK int hx_swap_event(struct hx_machine *m, const struct hx_arrival *in, hxp_reply *r);

/* Nobody has answered in time: the old rota stands (SWAP_LAPSED). */
HX_CHECK int hx_swap_lapse(struct hx_machine *m, const struct hx_watch *w);
/* The same for a replay. HX_NOTFOUND: the entry is none such. */
HX_CHECK int hx_swap_lapse_again(struct hx_machine *m, const hxp_entry *e);

#endif
