/* What the files of the machine share. */
#ifndef ENGINE_MACHINE_MACHINE_INTERNAL_H
#define ENGINE_MACHINE_MACHINE_INTERNAL_H

#include "engine/machine/machine.h"
#include "engine/rules/validate.h"
#include "engine/step.h"

/* Begins a step about this case at the machine's present time. `in` NULL: a mark fires at `t_rcv`.
 */
void hx_step_begin(struct hx_step *s, struct hx_machine *m, struct hx_case *c,
                   const struct hx_arrival *in);

/* Writes the entry of a finished step, then the case. `reply` is the first fact when there was an
 * event. Errors of the backend; HX_NOMEM when a fact could not be built. */
HX_CHECK int hx_step_write(struct hx_machine *m, struct hx_step *s, const struct hx_arrival *in,
                           hxp_reply *reply);

/* machine_answer.c: answers in the arena. NULL or HX_NOMEM without memory. */
hxp_reply *hx_answer_new(struct hx_machine *m, const struct hx_arrival *in, int result,
                         const char *code);
/* Names the case and its entry. */
void hx_answer_case(struct hx_machine *m, hxp_reply *r, const struct hx_case *c, uint64_t lsn);
/* What people read beside a code; never what the event says. `required` and `field` may be NULL. */
char *hx_answer_text(struct hx_machine *m, const char *code, const char *field,
                     const char *required);
/* Cannot be understood: kept in quarantine, so that nothing is lost, but no fact and no id is
 * remembered. */
HX_CHECK int hx_answer_invalid_for(struct hx_machine *m, const struct hx_arrival *in,
                                   const char *code, char *message, const hxp_reply **reply);
/* The same; `field` is what of the event is wrong, NULL = nothing in particular. */
HX_CHECK int hx_answer_invalid(struct hx_machine *m, const struct hx_arrival *in, const char *code,
                               const char *field, const hxp_reply **reply);
/* Answers what was seen before (corner 8, invariant 8): the same id with the same content is a
 * duplicate; with another content, or another id under a number that the source has used, it is a
 * conflict: kept aside, and the operator is told. HX_NOTFOUND: it is new. */
HX_CHECK int hx_answer_known(struct hx_machine *m, const struct hx_arrival *in,
                             const hxp_reply **reply);
/* From now on its id, and the number with which its source counts, stand for this event. */
HX_CHECK int hx_event_remember(struct hx_machine *m, const struct hx_arrival *in,
                               uint64_t case_number, uint64_t lsn);

/* machine_step.c: takes the event in its case, or refuses it, and writes the entry. A case without
 * a number gets one when it is taken. */
HX_CHECK int hx_machine_step_on(struct hx_machine *m, struct hx_case *c,
                                const struct hx_arrival *in, const hxp_reply **reply);

/* Notes once what an entry stands on; the first HX_WITH_MAX of a list. */
void hx_look_once(uint64_t list[HX_WITH_MAX], size_t *n, uint64_t number);

/* The entry being made stands on this one, which tells how a swap of duty stands. */
void hx_machine_look_swap(struct hx_machine *m, uint64_t lsn);

/* Writes an entry that is about no case: a parked event, a conflict. */
HX_CHECK int hx_machine_note(struct hx_machine *m, const struct hx_arrival *in, hxp_reply *reply,
                             const char *alarm);
/* The same with any fact (NULL = none), for whom the receiver `to` names (NULL = nobody). */
HX_CHECK int hx_machine_note_fact(struct hx_machine *m, const struct hx_arrival *in,
                                  hxp_reply *reply, const hxp_fact *fact, const char *to);

/* Fires what was due before `before` (exclusive), so that an event of that instant finds the case
 * as it was then. */
HX_CHECK int hx_machine_catch_up(struct hx_machine *m, struct hx_case *c, int64_t before);

/* The case goes to the holder that the city in force names, as if the community had named it: a new
 * version of the city was applied. HX_NOTFOUND. */
HX_CHECK int hx_machine_reroute(struct hx_machine *m, uint64_t case_number);
/* When another company, or the first one, takes the case over by this city; 0 = never, as far as is
 * known. */
int64_t hx_case_company_ends(const struct hx_city *city, const struct hx_rules *r,
                             const struct hx_case *c);
/* Looks up when the case's company is replaced; the city's files may have changed since. */
void hx_change_look(const struct hx_machine *m, struct hx_case *c);
/* When the case's timer comes up, its next mark being due at `due`: then, or earlier to look
 * whether our outage is over (outage.h). */
int64_t hx_machine_row(const struct hx_machine *m, const struct hx_case *c, int64_t due);
/* Does what hx_case_change_due is about, as an entry of its own. */
HX_CHECK int hx_machine_change(struct hx_machine *m, struct hx_case *c);

/* Whether it was due while we were down. */
bool hx_in_outage(const struct hx_machine *m, int64_t due);
/* Where our outage begins and ends within this span, also while what was sent in it is read still;
 * false = it does not lie in it. */
bool hx_outage_within(const struct hx_machine *m, int64_t *from, int64_t *to);

/* An entry about no case with one fact. */
HX_CHECK int hx_machine_entry(struct hx_machine *m, const hxp_fact *f, const char *cause,
                              int64_t t_eff);

/* Why a deadline is noticed later than it was due: OUTAGE, CLOCK_STEP; "" = in time. */
const char *hx_delay_reason(const struct hx_machine *m, int64_t due);

/* Appends an entry with what is the same for all: what disturbs us, what brought it about, which
 * other cases were looked at. */
HX_CHECK int hx_machine_append(struct hx_machine *m, hxp_entry *e);

/* Loads a case that is not the entry's own; the entry will say so. */
HX_CHECK int hx_machine_look(struct hx_machine *m, uint64_t number, struct hx_case *c);

/* machine_birth.c */
/* Whether a reference that a SPLIT names is in use, empty, too long, or named twice. Uses m->other.
 */
HX_CHECK int hx_split_refs_taken(struct hx_machine *m, const hxp_event *e, bool *taken);
/* Makes a case for each reference of a SPLIT that was taken (B8). Uses m->other. */
HX_CHECK int hx_machine_split(struct hx_machine *m, const struct hx_step *from);
/* The report brings a history or a state (corner 33). */
bool hx_import_wanted(const hxp_data *d);
/* Takes the history of an imported report, in the step of the report, each event at its own time.
 * Nobody is told of the past. False: refused, see s->refusal. */
bool hx_machine_import(struct hx_step *s, int64_t t_rcv);

/* Counts the numbers of a source and watches for missing ones (A8). */
HX_CHECK int hx_machine_count(struct hx_machine *m, const struct hx_arrival *in);

/* The watch over a parked event. */
void hx_watch_parked(struct hx_watch *w, const char *source, const char *ref,
                     const struct hx_parked *p);

/* An alarm in the arena, and the entry that says it: about no case. */
hxp_alarm_fact *hx_machine_new_alarm(struct hx_machine *m, const char *code);
HX_CHECK int hx_machine_alarm(struct hx_machine *m, hxp_alarm_fact *a, int64_t t_eff);

/* The city's duty desk has spoken: it must again within its time (corner 26). */
HX_CHECK int hx_desk_present(struct hx_machine *m, int64_t t);
/* It has not: alarm DESK_SILENT, once until it speaks again. */
HX_CHECK int hx_desk_silent(struct hx_machine *m, const struct hx_watch *w);

/* The look at the rota that this watch is for; puts the next one. */
HX_CHECK int hx_rota_look(struct hx_machine *m, const struct hx_watch *w);

/* Promises of the reply: every deadline the reporter may count on (A13). */
void hx_reply_promises(struct hx_step *s, hxp_reply *reply);
/* Events for which the present state has a row, without the one that is refused. */
void hx_reply_allowed(struct hx_step *s, hxp_reply *reply);

/* The entry is for this receiver alone. HX_NOMEM. */
HX_CHECK int hx_entry_for(struct hx_machine *m, hxp_entry *e, const char *to, const char *stand_in);

#endif
