/* Residents (居民): what the daemon keeps of one, encrypted, and the name by which references know
 * him without telling who he is. Pure. */
#ifndef WECHAT_PERSON_H
#define WECHAT_PERSON_H

#include "hongxin/schema.h"
#include "wechat/accounts.h"
#include "wechat/settings.h"

enum { WX_PERSON_TEXT = 17, WX_OPENID_MAX = 129, WX_KEPT_MAX = 160 };

/* A keyed hash of the platform's id: 16 hexadecimal digits. The references of his cases begin with
 * it and a hyphen. */
void wx_person_name(const struct account *account, const char *openid, char out[WX_PERSON_TEXT]);

/* By which reference he is a party of the case: "reporter" of one that he has reported, else his
 * own. NULL: he is none. */
const char *wx_person_party(const hxp_case_view *view, const char *name);

/* Whether a case's reference begins with such a name. */
bool wx_person_is_name(const char *ref);

/* What stands in Reporter.other, "wechat:OPENID", with the language in which he writes to us when
 * it is not Chinese: "wechat-en:OPENID". */
void wx_person_keep(const char *openid, enum wx_language language, char out[WX_KEPT_MAX]);
/* False: it is somebody of another door. */
bool wx_person_read(const char *kept, char openid[WX_OPENID_MAX], enum wx_language *language);

#endif
