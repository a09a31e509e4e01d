/* One-time codes of an authenticator app (RFC 6238): six digits, 30 s, HMAC-SHA-1. */
#include "board/sign/users.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

enum { STEP_MS = 30000, SECRET_BYTES = 20 };

void totp_secret(char out[USER_SECRET + 1])
{
    uint8_t bytes[SECRET_BYTES];
    unsigned bits = 0, held = 0;
    size_t n = 0;
    randombytes_buf(bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++) {
        bits = bits << 8 | bytes[i];
        for (held += 8; held >= 5; held -= 5)
            out[n++] = alphabet[bits >> (held - 5) & 31];
    }
    out[n] = '\0';
    sodium_memzero(bytes, sizeof bytes);
}

static size_t decode(const char *text, uint8_t out[USER_SECRET])
{
    unsigned bits = 0, held = 0;
    size_t n = 0;
    for (; *text && n < USER_SECRET; text++) {
        const char *at = strchr(alphabet, *text);
        if (!at)
            return 0;
        bits = bits << 5 | (unsigned)(at - alphabet);
        held += 5;
        if (held >= 8) {
            held -= 8;
            out[n++] = (uint8_t)(bits >> held);
        }
    }
    return n;
}

static void digits_of(const uint8_t *key, size_t size, uint64_t step, char out[7])
{
    uint8_t count[8], mac[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    for (int i = 0; i < 8; i++)
        count[i] = (uint8_t)(step >> (56 - 8 * i));
    HMAC(EVP_sha1(), key, (int)size, count, sizeof count, mac, &n);
    const uint8_t *p = mac + (mac[19] & 15);
    uint32_t code =
        (uint32_t)(p[0] & 127) << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
    snprintf(out, 7, "%06u", (unsigned)(code % 1000000));
}

bool totp_right(const char *base32, const char *digits, int64_t now_ms, int64_t *step)
{
    uint8_t key[USER_SECRET];
    size_t size = decode(base32, key);
    int64_t now = now_ms / STEP_MS;
    bool right = false;
    if (!size || strlen(digits) != 6)
        return false;
    for (int64_t s = now - 1; s <= now + 1; s++) { /* all of them, each time */
        char code[7];
        digits_of(key, size, (uint64_t)s, code);
        if (sodium_memcmp(code, digits, 6) == 0) {
            right = true;
            if (step)
                *step = s;
        }
    }
    sodium_memzero(key, sizeof key);
    return right;
}
