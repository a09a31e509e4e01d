/* On-site codes: what a building shows so that whoever stands before it can prove to have been
 * there (R2, proof ONSITE_CODE).
 *
 * A code is a keyed BLAKE2b digest of the place and a short window of time, eight letters of
 * Crockford's base 32. Nothing is stored: whoever has the key can make and check it. A code proves
 * that somebody was there not before its window began, so an event may not claim an earlier time;
 * it is good until the end of the window after, for those who type slowly. */
#ifndef ENGINE_ONSITE_H
#define ENGINE_ONSITE_H

#include "engine/case/case.h"
#include <stdbool.h>
#include <stdint.h>

enum { HX_ONSITE_KEY_SIZE = 32, HX_ONSITE_CODE_TEXT = 10 /* "7QK2-M9XD" and its NUL */ };

struct hx_onsite {
    const uint8_t *key; /* HX_ONSITE_KEY_SIZE bytes, borrowed; NULL = no codes */
    int64_t window_ms;
};

/* The code of this place at this instant, and for which instants it is good. */
void hx_onsite_code(const struct hx_onsite *o, const char *place, int64_t at,
                    char code[HX_ONSITE_CODE_TEXT]);
int64_t hx_onsite_from(const struct hx_onsite *o, int64_t at);
int64_t hx_onsite_until(const struct hx_onsite *o, int64_t at);

/* Whether the code is good for this place and instant. Case and dashes do not matter. In constant
 * time. */
bool hx_onsite_good(const struct hx_onsite *o, const char *place, int64_t at, const char *code);

/* The text has the form of a code: "7QK2-M9XD". */
bool hx_onsite_form(const char *code);

/* The place whose code a case asks for: its building, or what is known of where it lies. */
const char *hx_onsite_place(const struct hx_case *c);

#endif
