/* The door's checks of an event, before any case is looked at: bad input gets a name and loses
 * nothing. */
#ifndef ENGINE_RULES_VALIDATE_H
#define ENGINE_RULES_VALIDATE_H

#include "engine/rules/rules.h"
#include "engine/step.h"
#include "hongxin/schema.h"

/* NULL when the event is well formed; else the code of what is wrong (PROTOCOL.md), with the name
 * of the field in *field when one is to blame. Codes: NO_ID NO_SOURCE NO_TYPE UNKNOWN_EVENT
 * BAD_UTF8 TOO_LONG BAD_TIME BAD_ROLE MISSING_FIELD BAD_RATING BAD_POSITION. */
const char *hx_validate(const struct hx_rules *r, const hxp_event *e, int64_t t_rcv,
                        const char **field);

/* The first half of it, which needs neither rules nor time: that it says who it is, and that its
 * texts are well formed and short enough. */
const char *hx_validate_texts(const hxp_event *e, const char **field);
/* The other half. */
const char *hx_validate_sense(const struct hx_rules *r, const hxp_event *e, int64_t t_rcv,
                              const char **field);
/* Whether the first half has nothing to say to the event and to those of its history. */
bool hx_validate_texts_good(const hxp_event *e);

/* Whether the data bring this field. */
bool hx_event_brings(const hxp_data *d, enum hx_need need);

/* The data of an event, or an empty one. Never NULL. */
const hxp_data *hx_event_data(const hxp_event *e);

#endif
