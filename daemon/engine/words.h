/* The closed vocabulary of life cycle files: guards (`if`) and effects (`do`), each one C function.
 *
 * A guard looks and answers; it changes nothing. When it says no, the event is refused with the
 * guard's own code. An effect changes the case and builds facts; it cannot fail except for memory
 * or a limit of the case. */
#ifndef ENGINE_WORDS_H
#define ENGINE_WORDS_H

#include "engine/step.h"

enum hx_word_argument {
    HX_ARG_NONE,
    HX_ARG_CLOCK,
    HX_ARG_EVENT,
    HX_ARG_RECEIVER,
    HX_ARG_FLAG,
    HX_ARG_LEVEL
};

typedef bool hx_guard_fn(const struct hx_step *s, const struct hx_call *call);
typedef void hx_effect_fn(struct hx_step *s, const struct hx_call *call);

struct hx_word {
    const char *name;
    enum hx_word_argument argument;
    hx_guard_fn *guard; /* one of the two is set */
    hx_effect_fn *effect;
    const char *code; /* of a guard: the refusal */
    int result; /* of a guard: NOT_ALLOWED, or INVALID when the event itself lacks something */
    const char *says; /* what it means, for documents and pictures */
};

/* NULL when the vocabulary has no such word. */
const struct hx_word *hx_word_guard(const char *name);
const struct hx_word *hx_word_effect(const char *name);

/* The whole vocabulary, for documents and tests; ends with a NULL name. */
extern const struct hx_word hx_guards[];
extern const struct hx_word hx_effects[];

int hx_flag_number(const char *name); /* the bit's value; 0 when unknown */

#endif
