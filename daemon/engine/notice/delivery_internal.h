/* What the files of delivery share: delivery.c tries and gives up, delivery_receipt.c hears of
 * receipts, delivery_roads.c knows the roads, sending.c keeps what is on its way. */
#ifndef ENGINE_NOTICE_DELIVERY_INTERNAL_H
#define ENGINE_NOTICE_DELIVERY_INTERNAL_H

#include "engine/notice/delivery.h"
#include "engine/routing/roads.h"

/* Why a try failed; static texts. */
extern const char hx_no_connection[], hx_our_outage[];

/* ---- delivery_roads.c ---- */

/* Who is to be reached, and by which roads. */
struct hx_target {
    struct hx_post post;
    char person[HX_ID_MAX];
    size_t n; /* 0: it is no post, or the rules know no road */
    const struct hx_road_rule *roads[HX_ROADS_MAX];
};

/* `person` is asked when `to` names none, by the roads of the post that is asked. */
struct hx_target hx_target_of(const struct hx_step *s, const char *to, const char *asked,
                              const char *person);
/* The first road from `nth` on that is not the connection which has just failed; -1 = none. */
int hx_target_open(const struct hx_target *t, size_t nth, bool shared_failed);
/* Under which name it is asked whether the road is open: `name`. */
const char *hx_road_connection(const struct hx_road_rule *road, const char *asked,
                               char name[2 * HX_ID_MAX]);
/* Whose connection brings what is for `to`: "holder:P-07" → "P-07", in `id`. */
const char *hx_delivery_area(const char *to, char id[HX_ID_MAX]);
/* Both are reached by the same connection: "holder:P-07", "P-07". */
bool hx_delivery_same_area(const char *a, const char *b);
/* The connection of this notice is what could not be used before. */
bool hx_delivery_behind(const hxp_notice_fact *f);

/* ---- sending.c ---- */

/* A fact about a sending; NULL without memory. */
hxp_delivery_fact *hx_sending_say(struct hx_step *s, const struct hx_sending *x,
                                  const char *result);
/* The clock it is about, as it is now; of several units' one that is late still. NULL = none. */
struct hx_clock *hx_sending_clock(struct hx_step *s, const struct hx_sending *x);
/* A mark of a clock's ladder. What else names a clock, such as the request for assistance, does not
 * come from one. */
bool hx_sending_is_alarm(const struct hx_sending *x);
/* The notice as it is now (F16): for whoever takes it further. NULL without memory. */
hxp_notice_fact *hx_sending_now(struct hx_step *s, const struct hx_sending *x);
/* Room is made by the oldest: it is not tried any more, and that is said. What was in the place is
 * still there. */
struct hx_sending *hx_sending_new(struct hx_step *s);
/* It is over: it leaves the list with the next sweep. */
void hx_sending_over(struct hx_sending *x);
/* What is over leaves the list only here, so that nobody holds a pointer that moves. */
void hx_sendings_sweep(struct hx_case *c);

static inline const char *hx_sending_asked(const struct hx_sending *x)
{
    return hx_post_asked(x->to, x->stand_in);
}

static inline const char *hx_notice_asked(const hxp_notice_fact *f)
{
    return hx_post_asked(f->to, f->stand_in);
}

/* ---- delivery.c ---- */

/* It has arrived, as `by` says ("" = its feed): the fact; NULL without memory. */
hxp_delivery_fact *hx_sending_arrived(struct hx_step *s, struct hx_sending *x, const char *by);
/* The try failed: the next one of the road's plan, the next road, or somebody else. */
void hx_sending_failed(struct hx_step *s, struct hx_sending *x, const char *error);
/* No try is left on its road. */
void hx_sending_road_ends(struct hx_step *s, struct hx_sending *x);

#endif
