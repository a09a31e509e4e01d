/* One event: checks of its form, then the engine. */
#ifndef SERVICE_INTAKE_INTAKE_H
#define SERVICE_INTAKE_INTAKE_H

#include "hongxin/error.h"
#include "hongxin/schema.h"
#include <stdint.h>

struct batch_job;
struct service;
typedef Hongxin__V1__Item hxp_item;

/* Applies the job's item i in the open transaction. On HX_OK *reply is set. Any error has spoilt
 * the transaction. */
HX_CHECK int intake_apply(struct service *s, const struct batch_job *job, size_t i,
                          hxp_reply **reply);

/* A reply that was not made by the engine; in the arena, NULL without memory. `id` and `source`
 * may be NULL. */
hxp_reply *intake_refusal(struct service *s, Hongxin__V1__Result result, const char *code,
                          const char *message);

/* Names the event in a reply, as far as it can be told. */
void intake_name(struct service *s, const hxp_item *item, hxp_reply *reply);

#endif
