#include "service/locks/secret.h"

#include <ctype.h>
#include <endian.h>
#include <sodium.h>
#include <string.h>

enum { LETTERS = 10, HALF = 5 };

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"; /* no I, L, O, U */
static const char about[] = "secret of a case";

/* SipHash-2-4 is made for this: a keyed function of a short input, at a tenth of what two blocks of
 * BLAKE2b cost every report. Its 64 bits are more than the 50 of the letters. */
struct secret_key {
    uint8_t bytes[crypto_shorthash_KEYBYTES];
};

int secret_key_new(const uint8_t salt[32], struct secret_key **key)
{
    *key = sodium_malloc(sizeof **key);
    if (!*key)
        return HX_NOMEM;
    crypto_generichash((*key)->bytes, sizeof(*key)->bytes, (const uint8_t *)about, sizeof about,
                       salt, 32);
    return HX_OK;
}

void secret_key_free(struct secret_key *key)
{
    sodium_free(key); /* clears it too */
}

static void letters_of(const struct secret_key *key, uint64_t case_number, char letters[LETTERS])
{
    const uint64_t number = htobe64(case_number);
    uint64_t bits;
    crypto_shorthash((uint8_t *)&bits, (const uint8_t *)&number, sizeof number, key->bytes);
    bits = le64toh(bits);
    for (int i = 0; i < LETTERS; i++, bits >>= 5)
        letters[i] = alphabet[bits & 31];
}

void secret_of(const struct secret_key *key, uint64_t case_number, char text[SECRET_TEXT])
{
    letters_of(key, case_number, text);
    memmove(text + HALF + 1, text + HALF, LETTERS - HALF);
    text[HALF] = '-';
    text[LETTERS + 1] = '\0';
}

/* As it is meant. */
static char meant(char c)
{
    char upper = (char)toupper((unsigned char)c);
    return upper == 'O' ? '0' : upper == 'I' || upper == 'L' ? '1' : upper;
}

bool secret_fits(const struct secret_key *key, uint64_t case_number, const char *text)
{
    char right[LETTERS], given[LETTERS] = {0};
    size_t n = 0;
    for (; *text; text++) {
        if (*text == '-' || *text == ' ')
            continue;
        if (n == LETTERS)
            return false;
        given[n++] = meant(*text);
    }
    letters_of(key, case_number, right);
    return n == LETTERS && sodium_memcmp(right, given, LETTERS) == 0;
}
