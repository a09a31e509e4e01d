#include "service/intake/kept.h"

#include "service/state.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *kept_name(const struct hx_row_name *row, char out[KEPT_TEXT])
{
    snprintf(out, KEPT_TEXT, "%" PRIu64 "/%" PRId64, row->number, row->at);
    return out;
}

static bool read_name(const char *text, struct hx_row_name *out)
{
    char *end, again[KEPT_TEXT];
    out->number = strtoull(text, &end, 10);
    if (*end != '/')
        return false;
    out->at = strtoll(end + 1, &end, 10);
    return strcmp(kept_name(out, again), text) == 0;
}

static int close_row(struct service *s, const char *name, const struct hx_row_end *end)
{
    struct hx_row_name row;
    if (!read_name(name, &row))
        return HX_OK;
    int rc = hx_store_quarantine_close(s->store, &row, end);
    return rc == HX_NOTFOUND ? HX_OK : rc;
}

int kept_settle(struct service *s, const Hongxin__V1__Item *item, uint64_t before, hxp_reply *reply)
{
    struct hx_row_name row;
    char text[KEPT_TEXT];
    bool invalid = reply->result == HONGXIN__V1__RESULT__INVALID;
    bool kept = invalid && hx_store_quarantine_newest(s->store, before, &row);
    struct hx_row_end end = {.lsn = reply->lsn};
    if (kept) {
        reply->kept = hx_arena_strdup(&s->arena, kept_name(&row, text));
        if (!reply->kept)
            return HX_NOMEM;
        end = (struct hx_row_end){.again = row.number};
    }
    if (!*item->closes || invalid != kept || reply->result == HONGXIN__V1__RESULT__RETRY_AFTER)
        return HX_OK;
    return close_row(s, item->closes, &end);
}
