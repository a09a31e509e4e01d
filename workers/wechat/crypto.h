/* The platform's signatures and encryption (消息加解密), as Official Accounts and WeCom have them.
 *
 *   signature      lowercase hex SHA-1 of the parts, sorted as bytes and put together
 *   EncodingAESKey 43 characters of base64 without its '=': 32 bytes
 *   Encrypt        base64(AES-256-CBC(random 16, length 4, message, id; padded to 32), IV =
 * key[0..16))
 *
 * Pure functions; any thread. */
#ifndef WECHAT_CRYPTO_H
#define WECHAT_CRYPTO_H

#include "hongxin/error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WX_KEY_TEXT = 43, WX_SIGNATURE_TEXT = 41, WX_RANDOM = 16, WX_MESSAGE_MAX = 65536 };

struct wx_key {
    uint8_t bytes[32];
};

/* HX_INVALID: not 43 characters of base64. The two spare bits of the last one may be set, as they
 * are in most real keys. */
HX_CHECK int wx_key_parse(const char *text, struct wx_key *key);

/* At most 4 parts. HX_NOMEM. */
HX_CHECK int wx_signature(const char *const *parts, size_t n, char out[WX_SIGNATURE_TEXT]);

/* Compares in constant time; any case of letters is not allowed: the platform writes small ones. */
bool wx_signature_is(const char *const *parts, size_t n, const char *given);

/* The message inside `encrypt`, *out (malloc) with a NUL behind it. HX_INVALID: no base64, no
 * multiple of a block, a padding that is none, a length that does not fit; HX_DENIED: meant for
 * another id. HX_TOOBIG, HX_NOMEM. */
HX_CHECK int wx_decrypt(const struct wx_key *key, const char *id, const char *encrypt, char **out,
                        size_t *size);

/* The opposite; `random` are 16 bytes that nobody can guess. *out (malloc) is base64 text. */
HX_CHECK int wx_encrypt(const struct wx_key *key, const char *id, const uint8_t random[WX_RANDOM],
                        const char *message, char **out);

#endif
