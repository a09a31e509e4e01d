/* Texts for residents with their {names} filled in. Pure. */
#ifndef WECHAT_TEXT_H
#define WECHAT_TEXT_H

#include "hongxin/instant.h"
#include "wechat/settings.h"

enum { WX_ANSWER_MAX = 2048 };

/* `pairs` are name and value in turn, NULL at the end; NULL: nothing is filled in. */
void wx_fill(char out[WX_ANSWER_MAX], const char *text, const char *const *pairs);

/* The word for a state of the life cycle, or the state as it is. */
const char *wx_state_word(const struct wechat_settings *s, const char *state,
                          enum wx_language language);

/* "10-12 19:05" in the city's time, "-" for 0. */
void wx_short_time(const struct wechat_settings *s, int64_t at, char out[HX_INSTANT_TEXT]);

#endif
