/* Calm: how each notice reaches its receiver, so that alarms stay readable (F6, F11, F15).
 *
 * A notice is a fact of its own instant and always written; what is decided here is whether it is
 * sent alone, or is carried by a digest that lists it (`held`, `hold_until`), or says nothing new
 * and is not sent at all. What is urgent is always sent alone; the first notice of a promise may
 * only be grouped, and not for the classes that are never held (3.3). Held notices are watches, so
 * they outlive a restart; how much a person got lately, at whatever post, is a row under the name.
 *
 * In a replay the decision is the one that stands in the journal. Part of the machine; pure. */
#ifndef ENGINE_NOTICE_CALM_H
#define ENGINE_NOTICE_CALM_H

#include "engine/step.h"

/* X(name): why a notice is not sent alone. */
#define HX_HELD(X)                                                                                 \
    X(GROUP)     /* many to this receiver in a short span */                                       \
    X(LIMIT)     /* the receiver got enough lately */                                              \
    X(NIGHT)     /* a small matter: in the morning */                                              \
    X(INHIBITED) /* something louder was said already: not sent */

enum hx_held {
    HX_HELD_NONE,
#define X(name) HX_HELD_##name,
    HX_HELD(X)
#undef X
};

const char *hx_held_name(enum hx_held held); /* "" for none; static */

/* Lines of one digest; more notices make further digests. */
enum { HX_CALM_LINES = 200 };

/* A notice that a digest names. */
struct hx_held_notice {
    uint64_t lsn;    /* its entry … */
    uint32_t index;  /* … and which of the entry's notices it is */
    uint64_t number; /* of the case */
    uint8_t how;     /* enum hx_notice_kind */
    uint8_t level;   /* 1 + the level; 0 = none */
    char clock[HX_NAME_MAX];
};

/* Its line, in the arena, with what has become of it since (F16); overwrites m->work. NULL without
 * memory. */
Hongxin__V1__HeldNotice *hx_held_line(struct hx_machine *m, const struct hx_held_notice *h);

/* Decides about every notice of a finished step, before its entry is written. Errors of the
 * backend; HX_NOMEM. */
HX_CHECK int hx_calm_step(struct hx_machine *m, struct hx_step *s);

/* What was held for this receiver until now is told: one entry with a digest (HX_WATCH_HELD). */
HX_CHECK int hx_calm_ring(struct hx_machine *m, const struct hx_watch *w);

/* The same as it stands in the journal: for a replay. The fact is borrowed until the arena's reset.
 */
HX_CHECK int hx_calm_again(struct hx_machine *m, const hxp_fact *digest, int64_t t_eff);
#define HX_CALM_CAUSE "CALM"

#endif
