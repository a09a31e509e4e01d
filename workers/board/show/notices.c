/* GET /notices: what was told to those for whom the session may speak, today and yesterday. */
#include "base/text.h"
#include "board/show/page.h"
#include "board/show/stretch.h"
#include "hongxin/instant.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct notices {
    struct stretch stretch;
    json_t *who, *all, *acked; /* all: oldest first; acked: {"CASE/CLOCK/LEVEL": {by, at}} */
    char cursor[40];
    uint64_t limit;
    bool open;
};

static void notices_free(struct ask *a)
{
    struct notices *n = (struct notices *)a;
    json_decref(n->who);
    json_decref(n->all);
    json_decref(n->acked);
}

static void key_of(char out[160], uint64_t number, const char *clock, const char *level)
{
    snprintf(out, 160, "%llu/%s/%s", (unsigned long long)number, clock, level);
}

static void take_ack(struct notices *n, const hxp_entry *e)
{
    char key[160];
    hxp_event *event = hongxin__v1__event__unpack(NULL, e->event.len, e->event.data);
    bool accepted = e->n_facts && e->facts[0]->fact_case == HONGXIN__V1__FACT__FACT_REPLY &&
                    e->facts[0]->reply->result == HONGXIN__V1__RESULT__ACCEPTED;
    if (event && event->data && accepted) {
        key_of(key, e->case_number, event->data->clock, event->data->level);
        if (!json_object_get(n->acked, key))
            json_object_set_new(n->acked, key,
                                json_pack("{s:s, s:o}", "by", event->by, "at",
                                          ask_instant(n->stretch.ask.board, e->t_eff)));
    }
    if (event)
        hongxin__v1__event__free_unpacked(event, NULL);
}

static bool asks(const hxp_notice_fact *f)
{
    return strcmp(f->kind, "REMINDER") == 0 || strcmp(f->kind, "WARNING") == 0 ||
           strcmp(f->kind, "BREACH") == 0;
}

static void forget(struct stretch *s)
{
    struct notices *n = (struct notices *)s;
    json_array_clear(n->all);
    json_object_clear(n->acked);
}

static void take_entry(struct stretch *s, const hxp_entry *e)
{
    struct notices *n = (struct notices *)s;
    size_t index = 0;
    if (strcmp(e->cause, "NOTICE_ACKED") == 0)
        take_ack(n, e);
    for (size_t i = 0; i < e->n_facts; i++) {
        if (e->facts[i]->fact_case != HONGXIN__V1__FACT__FACT_NOTICE)
            continue;
        const hxp_notice_fact *f = e->facts[i]->notice;
        json_t *o = page_notice(s->ask.board, e, index++, f);
        if (!page_own_post(n->who, f) || (n->open && (!asks(f) || !*f->clock))) {
            json_decref(o);
            continue;
        }
        if (asks(f) && *f->clock && *f->level)
            json_object_set_new(o, "can_ack", json_true());
        json_array_append_new(n->all, o);
    }
}

/* Those that are acknowledged say by whom, or are left out. */
static json_t *finished(struct notices *n)
{
    size_t i;
    json_t *o, *list = json_array();
    json_array_foreach (n->all, i, o) {
        char key[160];
        const char *clock = json_string_value(json_object_get(o, "clock"));
        const char *level = json_string_value(json_object_get(o, "level"));
        key_of(key, (uint64_t)json_integer_value(json_object_get(o, "case_number")),
               clock ? clock : "", level ? level : "");
        const json_t *ack = json_object_get(n->acked, key);
        if (ack) {
            json_object_set(o, "acked_by", json_object_get(ack, "by"));
            json_object_set(o, "acked_at", json_object_get(ack, "at"));
            json_object_del(o, "can_ack");
        }
        if (!ack || !n->open)
            json_array_append(list, o);
    }
    return list;
}

static void end(struct stretch *s)
{
    struct notices *n = (struct notices *)s;
    json_t *list = finished(n), *page = stretch_page(s, list, n->cursor, n->limit);
    json_decref(list);
    ask_answer(n, page);
}

static void on_who(void *arg, int err, const hxp_response *answer)
{
    struct notices *n = arg;
    struct stretch *s = &n->stretch;
    if (!ask_got(n, err, answer, HONGXIN__V1__RESPONSE__ANSWER_WHO))
        return;
    n->who = ask_json(s->ask.board, &answer->who->base);
    s->since = board_now(s->ask.board) - 2 * HX_DAY;
    s->facts[s->n_facts++] = hx_text_field("NOTICE");
    s->facts[s->n_facts++] = hx_text_field("REPLY"); /* acknowledgements */
    s->entry = take_entry;
    s->anew = forget;
    s->end = end;
    stretch_read(s);
}

void work_notices(void *board, struct http_request *r)
{
    struct notices *n = ask_new(board, r, sizeof *n);
    if (!n)
        return;
    n->stretch.ask.free = notices_free;
    n->limit = 100;
    n->all = json_array();
    n->acked = json_object();
    if (!query_bool(r, "open", &n->open) || !query_number(r, "limit", 1, 500, &n->limit) ||
        !query_word(r, "cursor", n->cursor, sizeof n->cursor) ||
        strspn(n->cursor, "0123456789") != strlen(n->cursor)) {
        query_wrong(r, "open is true or false, limit 1 to 500, cursor what `next` was");
        ask_free(n);
        return;
    }
    ask_who(n, on_who);
}
