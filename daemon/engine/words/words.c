/* Finding a word of the vocabulary. */
#include "engine/words/words.h"

#include <string.h>

const struct hx_word *const hx_words[] = {
    hx_words_guards, hx_words_effects, hx_words_class,   hx_words_delivery,
    hx_words_return, hx_words_pause,   hx_words_orders,  hx_words_silence,
    hx_words_truth,  hx_words_merge,   hx_words_parties, hx_words_withdraw,
    hx_words_route,  hx_words_assist,  hx_words_receipt, NULL};

static const struct hx_word *find(const char *name, bool guard)
{
    for (const struct hx_word *const *table = hx_words; *table; table++)
        for (const struct hx_word *w = *table; w->name; w++)
            if ((w->guard != NULL) == guard && strcmp(w->name, name) == 0)
                return w;
    return NULL;
}

const struct hx_word *hx_word_guard(const char *name)
{
    return find(name, true);
}

const struct hx_word *hx_word_effect(const char *name)
{
    return find(name, false);
}

int hx_flag_number(const char *name)
{
#define X(flag, bit)                                                                               \
    if (strcmp(name, #flag) == 0)                                                                  \
        return (int)(1u << (bit));
    HX_FLAGS(X)
#undef X
    return 0;
}
