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
                     ",\"resets\":%" PRIu64 ",\"slow\":\"%s\",\"owner\":\"%s\",\"at\":\"%s\"}",
                     VERSION, p->epoch, p->lsn, p->states, p->resets, p->slow, p->owner,
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

/* Older ones have no `slow`. */
static bool take_slow(const json_t *o, struct position *p)
{
    return !json_object_get(o, "slow") || take_text(o, "slow", p->slow, sizeof p->slow);
}

/* For people alone: a clock that was far off when it was written must not make it unreadable. */
static bool take_at(const json_t *o, struct position *p)
{
    char at[HX_INSTANT_TEXT];
    if (!take_text(o, "at", at, sizeof at))
        return false;
    if (hx_instant_parse(at, &p->at) != HX_OK)
        p->at = 0;
    return true;
}

static bool take(const json_t *o, struct position *p)
{
    uint64_t version = 0;
    return take_number(o, "v", &version) && version == VERSION &&
           take_text(o, "epoch", p->epoch, sizeof p->epoch) && take_number(o, "lsn", &p->lsn) &&
           take_number(o, "states", &p->states) && take_number(o, "resets", &p->resets) &&
           take_slow(o, p) && take_text(o, "owner", p->owner, sizeof p->owner) && take_at(o, p);
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

static bool is_same_journal(const struct position *p, const char *epoch)
{
    return strcmp(p->epoch, epoch) == 0;
}

/* Restored copies of this journal, the one that is now there included. */
static uint64_t resets_of(const struct position *const p[], size_t n, const char *epoch,
                          uint64_t newest)
{
    uint64_t most = 0;
    bool went_back = false;
    for (size_t i = 0; i < n; i++)
        if (is_same_journal(p[i], epoch) && p[i]->resets > most)
            most = p[i]->resets;
    for (size_t i = 0; i < n; i++)
        went_back = went_back ||
                    (is_same_journal(p[i], epoch) && p[i]->resets == most && p[i]->lsn > newest);
    return most + went_back;
}

uint64_t positions_judge(const struct position *const p[], size_t n, const char *epoch,
                         uint64_t newest_lsn, bool anew[])
{
    const uint64_t resets = resets_of(p, n, epoch, newest_lsn);
    for (size_t i = 0; i < n; i++)
        anew[i] = *p[i]->epoch && (!is_same_journal(p[i], epoch) || p[i]->resets < resets);
    return resets;
}

enum position_beside position_beside(const struct position *first, const struct position *own,
                                     const char *rows)
{
    if (strcmp(first->slow, rows) == 0)
        return BESIDE_OWN;
    bool alike = is_same_journal(own, first->epoch) && own->resets == first->resets;
    if (!*first->slow) /* it has had its rows until now: nobody is ahead of it */
        return alike && own->lsn > first->lsn ? BESIDE_APART : BESIDE_FIRST;
    return alike && own->lsn == first->lsn ? BESIDE_OWN : BESIDE_APART;
}
