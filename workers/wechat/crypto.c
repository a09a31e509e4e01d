#include "wechat/crypto.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 32, PARTS_MAX = 4, HEAD = WX_RANDOM + 4, ID_MAX = 128 };

/* ---- base64 ---- */

static bool is_base64(const char *text, size_t n)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t used = strspn(text, letters), equals = strspn(text + used, "=");
    return used + equals == n && equals <= 2;
}

/* Strict about characters, which OpenSSL is not; EVP_DecodeBlock counts the '=' as bytes. */
static long decode(const char *text, size_t n, uint8_t *out)
{
    if (n == 0 || n % 4 != 0 || !is_base64(text, n))
        return -1;
    int size = EVP_DecodeBlock(out, (const unsigned char *)text, (int)n);
    if (size < 0)
        return -1;
    return size - (text[n - 1] == '=') - (n > 1 && text[n - 2] == '=');
}

int wx_key_parse(const char *text, struct wx_key *key)
{
    char padded[WX_KEY_TEXT + 2];
    uint8_t bytes[48];
    if (strnlen(text, WX_KEY_TEXT + 1) != WX_KEY_TEXT)
        return HX_INVALID;
    memcpy(padded, text, WX_KEY_TEXT);
    memcpy(padded + WX_KEY_TEXT, "=", 2);
    if (decode(padded, WX_KEY_TEXT + 1, bytes) != sizeof key->bytes)
        return HX_INVALID;
    memcpy(key->bytes, bytes, sizeof key->bytes);
    OPENSSL_cleanse(bytes, sizeof bytes);
    return HX_OK;
}

/* ---- signatures ---- */

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int wx_signature(const char *const *parts, size_t n, char out[WX_SIGNATURE_TEXT])
{
    const char *sorted[PARTS_MAX];
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    bool good = c && n <= PARTS_MAX && EVP_DigestInit_ex(c, EVP_sha1(), NULL);
    for (size_t i = 0; i < n && n <= PARTS_MAX; i++)
        sorted[i] = parts[i];
    if (good)
        qsort(sorted, n, sizeof *sorted, by_bytes);
    for (size_t i = 0; good && i < n; i++)
        good = EVP_DigestUpdate(c, sorted[i], strlen(sorted[i]));
    good = good && EVP_DigestFinal_ex(c, digest, &size);
    EVP_MD_CTX_free(c);
    for (unsigned i = 0; good && i < size; i++) {
        out[2 * i] = "0123456789abcdef"[digest[i] >> 4];
        out[2 * i + 1] = "0123456789abcdef"[digest[i] & 15];
    }
    out[good ? 2 * size : 0] = '\0';
    return good ? HX_OK : HX_NOMEM;
}

bool wx_signature_is(const char *const *parts, size_t n, const char *given)
{
    char right[WX_SIGNATURE_TEXT];
    return wx_signature(parts, n, right) == HX_OK && strlen(given) == WX_SIGNATURE_TEXT - 1 &&
           CRYPTO_memcmp(right, given, WX_SIGNATURE_TEXT - 1) == 0;
}

/* ---- messages ---- */

/* OpenSSL's own padding refuses every message with more than 16 bytes of it: it is off. */
static bool cipher(const struct wx_key *key, int encrypt, const uint8_t *in, size_t size,
                   uint8_t *out)
{
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    int n = 0, rest = 0;
    bool good = c &&
                EVP_CipherInit_ex(c, EVP_aes_256_cbc(), NULL, key->bytes, key->bytes, encrypt) &&
                EVP_CIPHER_CTX_set_padding(c, 0) && EVP_CipherUpdate(c, out, &n, in, (int)size) &&
                EVP_CipherFinal_ex(c, out + n, &rest) && (size_t)n + (size_t)rest == size;
    EVP_CIPHER_CTX_free(c);
    return good;
}

static size_t message_length(const uint8_t *plain)
{
    const uint8_t *p = plain + WX_RANDOM;
    return (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
}

/* What was decrypted is not believed: every length is checked against what there is. */
static int unwrap(const uint8_t *plain, size_t size, const char *id, char **out, size_t *length)
{
    size_t pad = plain[size - 1], id_size = strlen(id);
    if (pad < 1 || pad > BLOCK || size < pad + HEAD)
        return HX_INVALID;
    for (size_t i = size - pad; i < size; i++)
        if (plain[i] != pad)
            return HX_INVALID;
    size -= pad;
    size_t n = message_length(plain);
    if (n > size - HEAD)
        return HX_INVALID;
    if (size - HEAD - n != id_size || CRYPTO_memcmp(plain + HEAD + n, id, id_size) != 0)
        return HX_DENIED;
    *out = malloc(n + 1);
    if (!*out)
        return HX_NOMEM;
    memcpy(*out, plain + HEAD, n);
    (*out)[n] = '\0';
    *length = n;
    return HX_OK;
}

int wx_decrypt(const struct wx_key *key, const char *id, const char *encrypt, char **out,
               size_t *size)
{
    size_t n = strlen(encrypt);
    *out = NULL;
    if (n > (size_t)2 * WX_MESSAGE_MAX)
        return HX_TOOBIG;
    uint8_t *coded = malloc(n + 1), *plain = malloc(n + 1);
    long coded_size = coded && plain ? decode(encrypt, n, coded) : -1;
    int rc = coded && plain ? HX_INVALID : HX_NOMEM;
    if (coded_size >= BLOCK && coded_size % BLOCK == 0 &&
        cipher(key, 0, coded, (size_t)coded_size, plain))
        rc = unwrap(plain, (size_t)coded_size, id, out, size);
    free(coded);
    free(plain);
    return rc;
}

int wx_encrypt(const struct wx_key *key, const char *id, const uint8_t random[WX_RANDOM],
               const char *message, char **out)
{
    size_t n = strlen(message), id_size = strlen(id), whole = HEAD + n + id_size;
    size_t pad = BLOCK - whole % BLOCK, size = whole + pad;
    *out = NULL;
    if (n > WX_MESSAGE_MAX || id_size > ID_MAX)
        return HX_TOOBIG;
    uint8_t *plain = malloc(size), *coded = malloc(size);
    *out = malloc(4 * (size / 3 + 1) + 1);
    int rc = plain && coded && *out ? HX_OK : HX_NOMEM;
    if (!rc) {
        memcpy(plain, random, WX_RANDOM);
        for (size_t i = 0; i < 4; i++)
            plain[WX_RANDOM + i] = (uint8_t)(n >> (24 - 8 * i));
        memcpy(plain + HEAD, message, n);
        memcpy(plain + HEAD + n, id, id_size);
        memset(plain + whole, (int)pad, pad);
        rc = cipher(key, 1, plain, size, coded) ? HX_OK : HX_NOMEM;
    }
    if (!rc)
        EVP_EncodeBlock((unsigned char *)*out, coded, (int)size);
    free(plain);
    free(coded);
    if (rc) {
        free(*out);
        *out = NULL;
    }
    return rc;
}
