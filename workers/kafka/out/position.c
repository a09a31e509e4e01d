#include "kafka/out/position.h"

#include "base/text.h"
#include "hongxin/instant.h"
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

enum { VERSION = 1 };

size_t position_write(const struct position *p, char out[POSITION_TEXT])
{
    char at[HX_INSTANT_TEXT];
    int n = snprintf(out, POSITION_TEXT,
                     "{\"v\":%d,\"epoch\":\"%s\",\"lsn\":%" PRIu64 ",\"states\":%" PRIu64
                     ",\"resets\":%" PRIu64 ",\"owner\":\"%s\",\"at\":\"%s\"}",
                     VERSION, p->epoch, p->lsn, p->states, p->resets, p->owner,
                     hx_instant_format(p->at, 0, at));
    return n > 0 ? (size_t)n : 0;
}

static bool take_number(const json_t *o, const char *key, uint64_t *out)
{
    const json_t *n = json_object_get(o, key);
    if (!json_is_integer(n) || json_integer_value(n) < 0)
        return false;
    *out = (uint64_t)json_integer_value(n);
    return true;
}

static bool take_text(const json_t *o, const char *key, char *out, size_t size)
{
    const char *text = json_string_value(json_object_get(o, key));
    if (!text || strlen(text) >= size)
        return false;
    hx_text_put(out, size, text);
    return true;
}

static bool take(const json_t *o, struct position *p)
{
    uint64_t version = 0;
    char at[HX_INSTANT_TEXT];
    return take_number(o, "v", &version) && version == VERSION &&
           take_text(o, "epoch", p->epoch, sizeof p->epoch) && take_number(o, "lsn", &p->lsn) &&
           take_number(o, "states", &p->states) && take_number(o, "resets", &p->resets) &&
           take_text(o, "owner", p->owner, sizeof p->owner) && take_text(o, "at", at, sizeof at) &&
           hx_instant_parse(at, &p->at) == HX_OK;
}

int position_read(const void *text, size_t size, struct position *p)
{
    json_t *o = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
    struct position found = {.lsn = 0};
    bool right = o && take(o, &found);
    json_decref(o);
    if (right)
        *p = found;
    return right ? HX_OK : HX_INVALID;
}

enum position_verdict position_judge(const struct position *p, const char *epoch,
                                     uint64_t newest_lsn)
{
    if (*p->epoch && strcmp(p->epoch, epoch) != 0)
        return POSITION_OTHER;
    return p->lsn > newest_lsn ? POSITION_WENT_BACK : POSITION_GOES_ON;
}
