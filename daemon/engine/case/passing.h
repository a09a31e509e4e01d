/* From hand to hand (H6): who gave a case back or lost it, to whom it went, why and by whose
 * decision; and whose order stands (督办). Kept in the case, so that an answer needs no history.
 * Internal to the engine. */
#ifndef ENGINE_CASE_PASSING_H
#define ENGINE_CASE_PASSING_H

#include "engine/step.h"

/* The holder asks to give the case back: by whom, when and why, until it is decided. */
void hx_passing_ask(struct hx_step *s);
/* The request is refused, or runs into arbitration. */
void hx_passing_refuse(struct hx_step *s);
/* The case goes to `holder`; before it is set. */
void hx_passing_note(struct hx_step *s, const char *holder);

/* Whoever has given the order that stands hears `what` of it ("order answered by …"). Nothing when
 * there is none, or when the event is his own. */
void hx_order_tell(struct hx_step *s, const char *what);
/* The case ends with the order unanswered: its author hears of it. */
void hx_order_close(struct hx_step *s);

#endif
