#include "wechat/text.h"

#include <stdio.h>
#include <string.h>

/* The value of the {name} that begins here, and how long that is; NULL: it is none of them. */
static const char *value_at(const char *text, const char *const *pairs, size_t *size)
{
    for (size_t i = 0; *text == '{' && pairs && pairs[i]; i += 2) {
        *size = strlen(pairs[i]);
        if (strncmp(text + 1, pairs[i], *size) == 0 && text[*size + 1] == '}') {
            *size += 2;
            return pairs[i + 1];
        }
    }
    return NULL;
}

void wx_fill(char out[WX_ANSWER_MAX], const char *text, const char *const *pairs)
{
    size_t n = 0, size;
    while (*text && n + 1 < WX_ANSWER_MAX) {
        const char *value = value_at(text, pairs, &size);
        if (!value) {
            out[n++] = *text++;
            continue;
        }
        size_t length = strnlen(value, WX_ANSWER_MAX - 1 - n);
        memcpy(out + n, value, length);
        n += length;
        text += size;
    }
    out[n] = '\0';
}

const char *wx_state_word(const struct wechat_settings *s, const char *state,
                          enum wx_language language)
{
    for (size_t i = 0; i < s->n_states; i++)
        if (strcmp(s->states[i].name, state) == 0)
            return s->states[i].text[language];
    return state;
}

void wx_short_time(const struct wechat_settings *s, int64_t at, char out[HX_INSTANT_TEXT])
{
    char whole[HX_INSTANT_TEXT];
    hx_instant_format(at, s->utc_offset, whole);
    snprintf(out, HX_INSTANT_TEXT, "%.5s %.5s", whole + 5, whole + 11);
    if (!at)
        snprintf(out, HX_INSTANT_TEXT, "-");
}
