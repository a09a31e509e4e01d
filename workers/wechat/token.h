/* Access tokens (调用凭证) of the accounts: fetched from the platform with an account's secret,
 * kept in memory only, renewed before they end; one that was fetched for another id or secret than
 * the account has now is not used any more. One thread: that of the loop. */
#ifndef WECHAT_TOKEN_H
#define WECHAT_TOKEN_H

#include "door/post.h"
#include "wechat/accounts.h"
#include "wechat/settings.h"

enum { WX_TOKEN_MAX = 1024, WX_TOKEN_WAITERS = 32 };

struct tokens; /* opaque */

/* `token` NULL: there is none, and `why` says so without a secret in it. */
typedef void token_fn(void *arg, const char *token, const char *why);

/* HX_NOMEM. All is borrowed. */
HX_CHECK int tokens_open(struct post *post, const struct accounts *accounts,
                         const struct wx_tell_settings *settings, struct tokens **out);
/* When the post is closed already. NULL is allowed. */
void tokens_close(struct tokens *tokens);

/* Calls `fn` exactly once: at once when there is a token, or when the platform has answered. */
void tokens_get(struct tokens *tokens, size_t account, token_fn *fn, void *arg);
/* Never then. */
void tokens_forget(struct tokens *tokens, size_t account, const void *arg);

/* The platform does not believe this token (40001, 40014, 42001): the next one who asks gets a new
 * one. A token that has been replaced meanwhile is left alone. */
void tokens_spoil(struct tokens *tokens, size_t account, const char *token);

uint64_t tokens_fetched(const struct tokens *tokens); /* figure */

#endif
