#include "engine/onsite.h"

#include <ctype.h>
#include <sodium.h>
#include <string.h>

enum { LETTERS = 8, BITS = 5 };

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static int64_t window_of(const struct hx_onsite *o, int64_t at)
{
    return at / o->window_ms;
}

/* LETTERS letters, not terminated. */
static void letters_of(const struct hx_onsite *o, const char *place, int64_t window,
                       char out[LETTERS])
{
    static const char purpose[] = "hongxin onsite code";
    uint8_t digest[16], number[8];
    uint64_t bits = 0;
    crypto_generichash_state hash;
    for (int i = 0; i < 8; i++)
        number[i] = (uint8_t)((uint64_t)window >> (56 - 8 * i));
    crypto_generichash_init(&hash, o->key, HX_ONSITE_KEY_SIZE, sizeof digest);
    crypto_generichash_update(&hash, (const uint8_t *)purpose, sizeof purpose);
    crypto_generichash_update(&hash, (const uint8_t *)place, strlen(place) + 1);
    crypto_generichash_update(&hash, number, sizeof number);
    crypto_generichash_final(&hash, digest, sizeof digest);
    for (int i = 0; i < 5; i++)
        bits = bits << 8 | digest[i];
    for (int i = 0; i < LETTERS; i++)
        out[i] = alphabet[bits >> (BITS * (LETTERS - 1 - i)) & 31];
}

void hx_onsite_code(const struct hx_onsite *o, const char *place, int64_t at,
                    char code[HX_ONSITE_CODE_TEXT])
{
    char letters[LETTERS];
    letters_of(o, place, window_of(o, at), letters);
    memcpy(code, letters, 4);
    code[4] = '-';
    memcpy(code + 5, letters + 4, 4);
    code[9] = '\0';
}

int64_t hx_onsite_from(const struct hx_onsite *o, int64_t at)
{
    return window_of(o, at) * o->window_ms;
}

int64_t hx_onsite_until(const struct hx_onsite *o, int64_t at)
{
    return (window_of(o, at) + 2) * o->window_ms - 1;
}

/* As a person types it: small letters, dashes, blanks. False when it is no code at all. */
static bool plain(const char *code, char out[LETTERS])
{
    int n = 0;
    for (; *code; code++) {
        if (*code == '-' || *code == ' ')
            continue;
        if (n == LETTERS)
            return false;
        out[n++] = (char)toupper((unsigned char)*code);
    }
    return n == LETTERS;
}

bool hx_onsite_good(const struct hx_onsite *o, const char *place, int64_t at, const char *code)
{
    char given[LETTERS], now[LETTERS], before[LETTERS];
    if (!plain(code, given) || !place[0])
        return false;
    letters_of(o, place, window_of(o, at), now);
    letters_of(o, place, window_of(o, at) - 1, before);
    int right = sodium_memcmp(given, now, LETTERS) == 0;
    right |= sodium_memcmp(given, before, LETTERS) == 0;
    return right;
}

bool hx_onsite_form(const char *code)
{
    char letters[LETTERS];
    return strlen(code) == HX_ONSITE_CODE_TEXT - 1 && code[4] == '-' && plain(code, letters) &&
           strspn(code, "-0123456789ABCDEFGHJKMNPQRSTVWXYZ") == HX_ONSITE_CODE_TEXT - 1;
}

const char *hx_onsite_place(const struct hx_case *c)
{
    const char *const places[] = {c->building, c->estate, c->grid, c->community, c->street};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (places[i][0])
            return places[i];
    return "";
}
