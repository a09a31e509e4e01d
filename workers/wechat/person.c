#include "wechat/person.h"

#include "base/text.h"
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define ZH_PREFIX "wechat:"
#define EN_PREFIX "wechat-en:"

void wx_person_name(const struct account *account, const char *openid, char out[WX_PERSON_TEXT])
{
    uint8_t digest[crypto_generichash_BYTES_MIN];
    crypto_generichash(digest, sizeof digest, (const uint8_t *)openid, strlen(openid),
                       account->person_key, sizeof account->person_key);
    sodium_bin2hex(out, WX_PERSON_TEXT, digest, (WX_PERSON_TEXT - 1) / 2);
}

const char *wx_person_party(const hxp_case_view *view, const char *name)
{
    size_t n = WX_PERSON_TEXT - 1;
    if (strncmp(view->ref, name, n) == 0)
        return "reporter";
    for (size_t i = 0; i < view->n_callbacks; i++)
        if (strncmp(view->callbacks[i]->ref, name, n) == 0)
            return view->callbacks[i]->ref;
    return NULL;
}

bool wx_person_is_name(const char *ref)
{
    return strspn(ref, "0123456789abcdef") == WX_PERSON_TEXT - 1 && ref[WX_PERSON_TEXT - 1] == '-';
}

void wx_person_keep(const char *openid, enum wx_language language, char out[WX_KEPT_MAX])
{
    snprintf(out, WX_KEPT_MAX, "%s%.128s", language == WX_EN ? EN_PREFIX : ZH_PREFIX, openid);
}

bool wx_person_read(const char *kept, char openid[WX_OPENID_MAX], enum wx_language *language)
{
    static const char *const prefixes[WX_LANGUAGES] = {[WX_ZH] = ZH_PREFIX, [WX_EN] = EN_PREFIX};
    for (int i = 0; i < WX_LANGUAGES; i++) {
        size_t n = strlen(prefixes[i]);
        if (strncmp(kept, prefixes[i], n) != 0)
            continue;
        hx_text_put(openid, WX_OPENID_MAX, kept + n);
        *language = (enum wx_language)i;
        return *openid != '\0';
    }
    return false;
}
