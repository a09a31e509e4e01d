/* The public status of a case (H5): what whoever has its number and secret may see, whatever else
 * the asking principal sees. */
#include "service/locks/secret.h"
#include "service/state.h"

/* Where it stands, who has it, and what is promised: no place, no parties, no flags, no history. */
static hxp_case_view *public_view(struct service *s, const struct hx_case *c)
{
    const hxp_case_view *whole = hx_case_view(&s->machine, c);
    hxp_case_view *v = hx_arena_alloc(&s->arena, sizeof *v);
    if (!whole || !v)
        return NULL;
    hongxin__v1__case_view__init(v);
    v->case_number = whole->case_number;
    v->number = whole->number;
    v->state = whole->state;
    v->cycle = whole->cycle;
    v->class_ = whole->class_;
    v->holder = whole->holder;
    v->holder_name_zh = whole->holder_name_zh;
    v->holder_name_en = whole->holder_name_en;
    v->held_since = whole->held_since;
    v->owner = whole->owner;
    v->next_clock = whole->next_clock;
    v->next_deadline = whole->next_deadline;
    v->t_report = whole->t_report;
    v->t_closed = whole->t_closed;
    v->clocks = whole->clocks;
    v->n_clocks = whole->n_clocks;
    return v;
}

void service_status(struct service *s, const struct request *r, const struct hx_case *c)
{
    const Hongxin__V1__CaseQuery *q = r->message->case_query;
    Hongxin__V1__CaseAnswer a = HONGXIN__V1__CASE_ANSWER__INIT;
    hxp_response answer = HONGXIN__V1__RESPONSE__INIT;
    if (!c || !secret_fits(s->secrets, c->number, q->secret)) {
        service_problem(s, r, "SECRET_WRONG", "there is no case with this number and secret");
        return;
    }
    a.view = public_view(s, c);
    if (!a.view) {
        service_problem(s, r, "STORE_TROUBLE", "try again");
        return;
    }
    answer.answer_case = HONGXIN__V1__RESPONSE__ANSWER_CASE_ANSWER;
    answer.case_answer = &a;
    service_answer(s, r, &answer);
}
