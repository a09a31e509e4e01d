/* Key files: who a program is (CURVE key pair) and which daemon it trusts.
 *
 *   # hongxin key: keep it to yourself
 *   name company-P-07
 *   public rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7
 *   secret …
 *   server …
 *
 * A word, blanks, a value; '#' begins a line of remarks; keys are Z85 texts of 40 bytes. A daemon's
 * own file has no `server`. The file must be the reader's alone: mode 0600 or less, a plain file. A
 * path "credential:NAME" is the file NAME in $CREDENTIALS_DIRECTORY, where a service manager puts
 * secrets. */
#ifndef HONGXIN_KEY_H
#define HONGXIN_KEY_H

#include "hongxin/error.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { HX_KEY_TEXT = 41, HX_KEY_NAME = 64, HX_KEY_PATH = 4096 };

struct hx_key {
    char name[HX_KEY_NAME];
    char public_key[HX_KEY_TEXT], secret_key[HX_KEY_TEXT];
    char server_key[HX_KEY_TEXT]; /* "" = none */
};

/* Reads `path`. HX_NOTFOUND; HX_DENIED: others may read it, or it is no plain file, or
 * "credential:" without a folder of credentials; HX_INVALID: no such key inside; HX_IO. On error
 * *key is wiped. No part of the file ever stands in an error. */
HX_CHECK int hx_key_load(const char *path, struct hx_key *key);

/* Writes a new file with mode 0600. HX_EXISTS: there is one already, which is left alone. HX_IO. */
HX_CHECK int hx_key_save(const char *path, const struct hx_key *key);

/* The path behind "credential:NAME", written to `out`; any other path unchanged. HX_DENIED: no
 * folder of credentials, or a name with a slash. HX_TOOBIG. */
HX_CHECK int hx_secret_path(const char *path, char out[HX_KEY_PATH]);

/* Opens a file of secrets for reading after the checks above; the descriptor, or an error. */
HX_CHECK int hx_secret_open(const char *path);

/* Overwrites it. The compiler does not leave this out. */
void hx_key_wipe(struct hx_key *key);

/* True for 40 bytes of Z85. */
int hx_key_is_text(const char *text);

#ifdef __cplusplus
}
#endif

#endif
