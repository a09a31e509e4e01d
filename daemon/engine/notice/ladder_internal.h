/* What ladder.c, told.c and climb.c share. */
#ifndef ENGINE_NOTICE_LADDER_INTERNAL_H
#define ENGINE_NOTICE_LADDER_INTERNAL_H

#include "engine/machine/machine_internal.h"

/* The receivers of this clock's ladder above `c->level`, from `c->above` levels on, until somebody
 * answers. False: about no clock, or its ladder has no such level. */
bool hx_ladder_tell_above(struct hx_step *s, const struct hx_carry *c);

/* Its receiver will hear how it ends: once, also who is told of the same twice, as for two that
 * could not be reached. */
void hx_told_remember(struct hx_step *s, const struct hx_clock *k, hxp_notice_fact *f, int kind);

/* Names in the notice those who were told of this clock before: each once, also who was told of
 * several levels, as the city's desk stands in for many. */
void hx_told_list(struct hx_step *s, const struct hx_clock *k, hxp_notice_fact *f);

#endif
