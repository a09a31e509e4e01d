/* QuarantineQuery: what was refused as INVALID, and what became of it. The reason (of what
 * a door could not read, in the door's words), and of an event its source and id as they came; of
 * the rest of what was sent nothing but its size. */
#include "base/text.h"
#include "service/intake/intake.h"
#include "service/intake/kept.h"
#include "service/state.h"
#include "service/text.h"

#include <string.h>

enum { PAGE_BYTES = 1024 * 1024 }; /* of rows that are read for one page */

struct rows {
    struct service *s;
    Hongxin__V1__QuarantineRow *rows[HX_LIST_MAX];
    size_t n, most, bytes;
    uint64_t last;
    bool open, cut, failed;
};

/* Of a row that is an event; another one's bytes make no event. */
static void name_event(struct service *s, const struct hx_quarantined *from,
                       Hongxin__V1__QuarantineRow *to)
{
    Hongxin__V1__Item item = HONGXIN__V1__ITEM__INIT;
    hxp_reply named = HONGXIN__V1__REPLY__INIT;
    item.event = (ProtobufCBinaryData){from->size, (uint8_t *)(uintptr_t)from->bytes};
    if (from->size)
        intake_name(s, &item, &named);
    to->source = named.source;
    to->id = named.id;
}

static Hongxin__V1__QuarantineRow *describe(struct service *s, const struct hx_quarantined *from)
{
    const struct hx_row_name name = {from->number, from->at};
    char text[KEPT_TEXT];
    Hongxin__V1__QuarantineRow *to = hx_arena_alloc(&s->arena, sizeof *to);
    if (!to)
        return NULL;
    hongxin__v1__quarantine_row__init(to);
    to->name = hx_arena_strdup(&s->arena, kept_name(&name, text));
    to->number = from->number;
    to->at = from->at;
    to->reason =
        text_is_utf8(from->reason) ? hx_arena_strdup(&s->arena, from->reason) : hx_text_field("");
    to->size = from->size;
    to->closed_at = from->closed_at;
    to->lsn = from->lsn;
    to->again = from->again;
    name_event(s, from, to);
    return to->name && to->reason ? to : NULL;
}

static int add_row(void *ctx, const struct hx_quarantined *row)
{
    struct rows *r = ctx;
    if (r->open && row->closed_at)
        return 0;
    r->cut = r->n == r->most || r->bytes > PAGE_BYTES;
    if (r->cut)
        return 1;
    r->rows[r->n] = describe(r->s, row);
    r->failed = !r->rows[r->n];
    r->n += !r->failed;
    r->bytes += row->size;
    r->last = row->number;
    return r->failed;
}

void handle_quarantine(struct service *s, const struct request *r)
{
    const Hongxin__V1__QuarantineQuery *q = r->message->quarantine;
    Hongxin__V1__QuarantineAnswer a = HONGXIN__V1__QUARANTINE_ANSWER__INIT;
    hxp_response answer = HONGXIN__V1__RESPONSE__INIT;
    struct rows *found = hx_arena_alloc(&s->arena, sizeof *found);
    if (r->who && !r->who->city) {
        service_deny(s, r); /* rows lie in no area */
        return;
    }
    if (found) {
        *found = (struct rows){.s = s, .open = q->open};
        found->most = q->limit && q->limit < HX_LIST_MAX ? q->limit : HX_LIST_MAX;
    }
    if (!found || hx_store_quarantined(s->store, q->after, add_row, found) || found->failed) {
        service_problem(s, r, "STORE_TROUBLE", "try again");
        return;
    }
    a.rows = found->rows;
    a.n_rows = found->n;
    a.next = found->cut ? found->last : 0;
    answer.answer_case = HONGXIN__V1__RESPONSE__ANSWER_QUARANTINE;
    answer.quarantine = &a;
    service_answer(s, r, &answer);
}
