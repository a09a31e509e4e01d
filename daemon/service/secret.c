#include "service/secret.h"

#include <ctype.h>
#include <endian.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

enum { LETTERS = 10 };

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"; /* no I, L, O, U */
static const char about[] = "secret of a case";

static void letters_of(const uint8_t salt[32], uint64_t case_number, char letters[LETTERS])
{
    crypto_generichash_state hash;
    uint8_t digest[crypto_generichash_BYTES];
    const uint64_t number = htobe64(case_number);
    crypto_generichash_init(&hash, salt, 32, sizeof digest);
    crypto_generichash_update(&hash, (const uint8_t *)about, sizeof about);
    crypto_generichash_update(&hash, (const uint8_t *)&number, sizeof number);
    crypto_generichash_final(&hash, digest, sizeof digest);
    for (int i = 0; i < LETTERS; i++)
        letters[i] = alphabet[digest[i] & 31];
    sodium_memzero(digest, sizeof digest);
}

void secret_of(const uint8_t salt[32], uint64_t case_number, char text[SECRET_TEXT])
{
    char letters[LETTERS];
    letters_of(salt, case_number, letters);
    snprintf(text, SECRET_TEXT, "%.5s-%.5s", letters, letters + 5);
}

/* As it is meant. */
static char meant(char c)
{
    char upper = (char)toupper((unsigned char)c);
    return upper == 'O' ? '0' : upper == 'I' || upper == 'L' ? '1' : upper;
}

bool secret_fits(const uint8_t salt[32], uint64_t case_number, const char *text)
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
    letters_of(salt, case_number, right);
    return n == LETTERS && sodium_memcmp(right, given, LETTERS) == 0;
}
