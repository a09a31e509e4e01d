/* GET /alarms: what rang in the last days, the newest first: the same alarm about the same thing is
 * one row, which says how often. Most are about no case, so no page of a case would show them. */
#include "base/text.h"
#include "board/show/stretch.h"
#include "hongxin/instant.h"
#include "hongxin/number.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct alarms {
    struct stretch stretch;
    uint64_t days, limit;
    char cursor[40];
    json_t *all; /* by what rang and about what; what rang last stands last */
};

static void alarms_free(struct ask *a)
{
    json_decref(((struct alarms *)a)->all);
}

/* What two alarms share that are the same: all of it, however long what it is about is called. To
 * be freed; NULL: no memory. */
static char *name(const char *code, uint64_t number, const char *about)
{
    int n = snprintf(NULL, 0, "%s/%" PRIu64 "/%s", code, number, about);
    char *key = n < 0 ? NULL : malloc((size_t)n + 1);
    if (key)
        snprintf(key, (size_t)n + 1, "%s/%" PRIu64 "/%s", code, number, about);
    return key;
}

static void add(const struct alarms *a, const hxp_entry *e, const Hongxin__V1__AlarmFact *f)
{
    char number[HX_NUMBER_TEXT];
    const struct board *b = a->stretch.ask.board;
    char *key = name(f->code, e->case_number, f->about);
    if (!key)
        return;
    const json_t *before = json_object_get(a->all, key);
    json_int_t times = before ? json_integer_value(json_object_get(before, "times")) : 0;
    json_object_del(a->all, key);
    json_t *o = json_pack("{s:I, s:I, s:s, s:s}", "lsn", (json_int_t)e->lsn, "times", times + 1,
                          "code", f->code, "about", f->about);
    ask_set_instant(b, o, "t", e->t_rec);
    ask_set_instant(b, o, "from", f->from);
    ask_set_instant(b, o, "to", f->to);
    if (e->case_number)
        json_object_set_new(o, "number", json_string(hx_number_format(e->case_number, number)));
    json_object_set_new(a->all, key, o);
    free(key);
}

static void take_entry(struct stretch *s, const hxp_entry *e)
{
    for (size_t i = 0; i < e->n_facts; i++)
        if (e->facts[i]->fact_case == HONGXIN__V1__FACT__FACT_ALARM)
            add((struct alarms *)s, e, e->facts[i]->alarm);
}

static void forget(struct stretch *s)
{
    json_object_clear(((struct alarms *)s)->all);
}

static void end(struct stretch *s)
{
    struct alarms *a = (struct alarms *)s;
    const char *key;
    json_t *o, *all = json_array();
    json_object_foreach (a->all, key, o)
        json_array_append(all, o);
    ask_answer(a, stretch_page(s, all, a->cursor, a->limit));
    json_decref(all);
}

void alarms_list(void *board, struct http_request *r)
{
    struct alarms *a = ask_new(board, r, sizeof *a);
    if (!a)
        return;
    struct stretch *s = &a->stretch;
    s->ask.free = alarms_free;
    a->days = 8; /* what rings once a week is among them */
    a->limit = 100;
    if (!query_number(r, "days", 1, 31, &a->days) || !query_number(r, "limit", 1, 500, &a->limit) ||
        !query_word(r, "cursor", a->cursor, sizeof a->cursor) ||
        strspn(a->cursor, "0123456789") != strlen(a->cursor)) {
        query_wrong(r, "days is 1 to 31, limit 1 to 500, cursor what `next` was");
        ask_free(a);
        return;
    }
    a->all = json_object();
    s->since = board_now(s->ask.board) - (int64_t)a->days * HX_DAY;
    s->facts[s->n_facts++] = hx_text_field("ALARM");
    s->entry = take_entry;
    s->anew = forget;
    s->end = end;
    stretch_read(s);
}
