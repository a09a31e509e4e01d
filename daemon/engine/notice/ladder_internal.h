/* What ladder.c, told.c and climb.c share. */
#ifndef ENGINE_NOTICE_LADDER_INTERNAL_H
#define ENGINE_NOTICE_LADDER_INTERNAL_H

#include "engine/machine/machine_internal.h"

/* The receivers of this clock's ladder above `c->level`, from `c->above` levels on, until somebody
 * answers. False: about no clock, or its ladder has no such level. */
bool hx_ladder_tell_above(struct hx_step *s, const struct hx_carry *c);

/* What this very entry tells the receiver at this level already; NULL = nothing. */
hxp_notice_fact *hx_notice_alike(struct hx_step *s, const char *kind, const char *level,
                                 const char *to);

/* Its receiver will hear how it ends: once, also who is told of the same twice, as for two that
 * could not be reached. */
void hx_told_remember(struct hx_step *s, const struct hx_clock *k, hxp_notice_fact *f, int kind);

/* Whether this clock has told this level to the receiver of the notice already: a clock of another
 * unit may have. */
bool hx_told_to(struct hx_step *s, const struct hx_clock *k, const hxp_notice_fact *f);

/* Names in the notice those who were told of this clock before, too: each once, also who was told
 * of several levels, as the city's desk stands in for many. */
void hx_told_list(struct hx_step *s, const struct hx_clock *k, hxp_notice_fact *f);

#endif
