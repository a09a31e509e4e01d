#include "kafka/out/states.h"

#include <search.h>
#include <stdlib.h>

struct states_item {
    TAILQ_ENTRY(states_item) link;
    struct states *states;
    uint64_t case_number;
    uint64_t lsn;   /* the first entry that is not told yet … */
    uint64_t again; /* … and the newest one since it was asked about; 0 = none */
    bool open, asked;
};

static int compare(const void *a, const void *b)
{
    const struct states_item *x = a, *y = b;
    return x->case_number < y->case_number ? -1 : x->case_number > y->case_number;
}

void states_init(struct states *s, hx_client *client, states_fn *told, void *arg)
{
    *s = (struct states){.client = client, .told = told, .arg = arg};
    TAILQ_INIT(&s->order);
}

static void drop(struct states *s, struct states_item *i)
{
    (void)tdelete(i, &s->by_case, compare);
    TAILQ_REMOVE(&s->order, i, link);
    s->waiting--;
    free(i);
}

int states_mark(struct states *s, uint64_t case_number, uint64_t lsn, bool open)
{
    const struct states_item wanted = {.case_number = case_number};
    struct states_item *const *found = tfind(&wanted, &s->by_case, compare);
    if (found) {
        (*found)->open = open;
        (*found)->again = lsn;
        return HX_OK;
    }
    struct states_item *i = calloc(1, sizeof *i);
    if (!i)
        return HX_NOMEM;
    *i = (struct states_item){.states = s, .case_number = case_number, .lsn = lsn, .open = open};
    if (!tsearch(i, &s->by_case, compare)) {
        free(i);
        return HX_NOMEM;
    }
    TAILQ_INSERT_TAIL(&s->order, i, link);
    s->waiting++;
    return HX_OK;
}

/* Asked again, behind those that have waited longer; its place in the order stays what it owes. */
static void ask_later(struct states_item *i)
{
    i->asked = false;
    i->again = 0;
}

static void on_case(void *arg, int err, const hxp_response *response)
{
    struct states_item *i = arg;
    struct states *s = i->states;
    const hxp_case_view *view =
        err == HX_OK && response->answer_case == HONGXIN__V1__RESPONSE__ANSWER_CASE_ANSWER
            ? response->case_answer->view
            : NULL;
    s->asked--;
    if (err == HX_TIMEOUT || err == HX_AGAIN || err == HX_CLOSED) {
        ask_later(i);
        return;
    }
    if (view && i->again > view->last_lsn) { /* the answer was on its way already */
        ask_later(i);
        return;
    }
    s->told(s->arg, i->case_number, view && !view->t_closed ? view : NULL);
    drop(s, i);
}

static void ask(struct states *s, struct states_item *i)
{
    hxp_request request = HONGXIN__V1__REQUEST__INIT;
    Hongxin__V1__CaseQuery query = HONGXIN__V1__CASE_QUERY__INIT;
    query.case_number = i->case_number;
    request.ask_case = HONGXIN__V1__REQUEST__ASK_CASE_QUERY;
    request.case_query = &query;
    if (hx_ask_start(s->client, &request, on_case, i) != HX_OK)
        return;
    i->asked = true;
    i->again = 0;
    s->asked++;
}

void states_work(struct states *s, size_t most)
{
    struct states_item *i, *next;
    size_t looked = 0;
    for (i = TAILQ_FIRST(&s->order); i && looked < most; i = next, looked++) {
        next = TAILQ_NEXT(i, link);
        if (i->asked)
            continue;
        if (i->open) {
            ask(s, i);
        } else {
            s->told(s->arg, i->case_number, NULL);
            drop(s, i);
        }
    }
}

uint64_t states_upto(const struct states *s, uint64_t seen)
{
    const struct states_item *first = TAILQ_FIRST(&s->order);
    return first ? first->lsn - 1 : seen;
}

void states_clear(struct states *s)
{
    struct states_item *i;
    while ((i = TAILQ_FIRST(&s->order)) != NULL) {
        (void)hx_ask_forget(s->client, on_case, i);
        drop(s, i);
    }
    s->asked = 0;
}
