/* What delivery.c and delivery_receipt.c share. */
#ifndef ENGINE_NOTICE_DELIVERY_INTERNAL_H
#define ENGINE_NOTICE_DELIVERY_INTERNAL_H

#include "engine/notice/delivery.h"

/* Why a try failed; static texts. */
extern const char hx_no_connection[], hx_our_outage[];

/* A fact about a sending; NULL without memory. */
hxp_delivery_fact *hx_sending_say(struct hx_step *s, const struct hx_sending *x,
                                  const char *result);
/* It has arrived, as `by` says ("" = its feed): the fact; NULL without memory. */
hxp_delivery_fact *hx_sending_arrived(struct hx_step *s, struct hx_sending *x, const char *by);
/* The try failed: the next one of the road's plan, the next road, or somebody else. */
void hx_sending_failed(struct hx_step *s, struct hx_sending *x, const char *error);
/* No try is left on its road. */
void hx_sending_road_ends(struct hx_step *s, struct hx_sending *x);
/* What is over leaves the list only here, so that nobody holds a pointer that moves. */
void hx_sendings_sweep(struct hx_case *c);
/* Both are reached by the same connection: "holder:P-07", "P-07". */
bool hx_delivery_same_area(const char *a, const char *b);

#endif
