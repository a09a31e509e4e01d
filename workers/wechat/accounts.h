/* The accounts whose callbacks come in: the file of their secrets, mode 0600.
 *
 *   accounts:
 *     - {path: 6f1d…, kind: official, id: wx0123456789abcdef, token: …, key: …(43), source:
 * wechat-city}
 *
 * `path` is the secret part of the callback's address, `id` the app id (official), corp id (wecom)
 * or
 * "" (a bot of WeCom). With `key` only encrypted messages are believed (safe and compatible mode);
 * without it plain ones (official only). `previous_token` and `previous_key` are believed as well
 * while they are being changed, so that no message is lost; accounts_renew() reads the file anew.
 * `secret` (AppSecret, Secret) and for WeCom `agent` allow messages to residents. One thread. */
#ifndef WECHAT_ACCOUNTS_H
#define WECHAT_ACCOUNTS_H

#include "config/reading/problem.h"
#include "wechat/crypto.h"

enum { ACCOUNTS_MAX = 16, ACCOUNT_SECRETS = 2 };

struct account_secret {
    char token[65];
    struct wx_key key;
};

struct account {
    char path[129], id[64], source[64];
    enum { ACCOUNT_OFFICIAL, ACCOUNT_WECOM } kind;
    bool gone;  /* the file names it no more: nobody finds it */
    bool safe;  /* there is a key */
    unsigned n; /* secrets: the present ones first */
    struct account_secret secrets[ACCOUNT_SECRETS];
    char secret[129]; /* with which access tokens are fetched; "" = no messages to residents */
    uint64_t agent;   /* of WeCom: the application that speaks */
    uint8_t person_key[32]; /* makes the references of persons of this account */
};

struct accounts; /* opaque */

/* HX_CONFIG with file and line; HX_DENIED, HX_NOTFOUND, HX_IO, HX_NOMEM. */
HX_CHECK int accounts_load(const char *path, struct accounts **out, struct hx_problem *problem);
/* Reads the file anew. An account keeps its place and its address in memory, whatever of it
 * changes; one that the file names no more is `gone`. An error, as of accounts_load(), changes
 * nothing; HX_CONFIG also when there have been more than ACCOUNTS_MAX since the start. */
HX_CHECK int accounts_renew(struct accounts *accounts, const char *path,
                            struct hx_problem *problem);
void accounts_free(struct accounts *accounts); /* wipes them; NULL is allowed */

/* By the secret part of the address; all are looked at each time. NULL. */
const struct account *accounts_by_path(const struct accounts *accounts, const char *path);

/* All there have been, those that are gone as well. */
size_t accounts_count(const struct accounts *accounts);
/* i < ACCOUNTS_MAX; an account that is none yet is empty. */
const struct account *accounts_at(const struct accounts *accounts, size_t i);

#endif
