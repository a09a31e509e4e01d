/* What becomes of a notice once it is sent (送达): by which road it goes, whether it arrived, and
 * who is told when it did not.
 *
 * A notice is tried by the receiver's first road at once and at the times that the road's rule
 * names (0, 5, 15, 30, 60 s), counted from its first try, so that a late answer delays nothing;
 * then by the next road, then to the substitute, then one level up, and so on to the city's desk
 * (3.3, G10). The level itself does not rise: what is due depends on the clock alone (R9). What
 * arrives at once, or goes by a road that asks for no receipt, costs nothing: only what is on its
 * way has a record in the case (struct hx_sending), and its next try is a mark of the case like a
 * deadline. Fetched from a feed is received (G1); a bridge tells it by NOTICE_DELIVERED and
 * NOTICE_FAILED.
 *
 * A try that fell due while we were down, or when nobody at all could be reached, is our fault: it
 * is made anew and held against nobody (G12). Internal to the engine. */
#ifndef ENGINE_NOTICE_DELIVERY_H
#define ENGINE_NOTICE_DELIVERY_H

#include "engine/machine/machine_internal.h"

/* Sends the notices of a finished step: each gets its road. Called once for each entry of a case,
 * before it is written. */
void hx_delivery_begin(struct hx_step *s);

/* The level of this clock lies ahead again, or each of them (-1) since it has ended: what is on its
 * way about it helps nobody any more, also when it is told anew, or another one of its kind has
 * told as much, before the next try. Of units that assist one notice may be about several: they are
 * asked one by one when it is tried. */
void hx_delivery_take_back(struct hx_step *s, const struct hx_clock *k, int level);

/* Takes what is due at `due`, as an entry of its own. Errors of the backend. */
HX_CHECK int hx_machine_deliver(struct hx_machine *m, struct hx_case *c, int64_t due);

/* Whether a notice that is told in another's place can go out by any road: not by the connection
 * that has just failed. When it cannot, the notice says so. */
bool hx_delivery_open(struct hx_step *s, hxp_notice_fact *f);

/* Somebody is called because those who have the notice by the connection of their organisation do
 * nothing: by the first road that is another one, and open (S1). Whoever cannot be called has the
 * notice all the same: it is carried to nobody else. */
void hx_delivery_call(struct hx_step *s, hxp_notice_fact *f);

/* Somebody of the post has acted on what it was told (took the case, acknowledged): whatever was on
 * its way there has arrived. */
void hx_delivery_heard(struct hx_step *s, const char *by);

/* Somebody of the holder has taken the case by this event. */
void hx_delivery_taken(struct hx_step *s);

/* Nobody has taken the case in time, so its receipt is deemed: the fact says by whose fault, and
 * the dispatch goes by the next road (G12, corner 18). */
void hx_delivery_deem(struct hx_step *s);

/* Receipt waits because of us: counted, and said. */
void hx_delivery_our_fault(struct hx_step *s);

/* Whether data of a receipt name something that was sent: on its way still, told before, or in an
 * entry of this case. */
bool hx_delivery_known(const struct hx_step *s);
/* … and its author is of the post that was told in the receiver's place. */
bool hx_delivery_stood_in(const struct hx_step *s);
bool hx_delivery_on_its_way(const struct hx_step *s);
/* The receipt of the event; the failure of the event. */
void hx_delivery_arrived(struct hx_step *s);
void hx_delivery_failed(struct hx_step *s);

#endif
