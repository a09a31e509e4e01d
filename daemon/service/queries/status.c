/* The public status of a case (H5): what whoever has its number and secret may see, whatever else
 * the asking principal sees. */
#include "engine/case/party.h"
#include "service/locks/reporter.h"
#include "service/queries/parts.h"
#include "service/state.h"

/* s->scratch becomes the case that speaks for it; `party` is his place there. */
static int follow_merges(struct service *s, uint32_t *party)
{
    struct hx_case *c = &s->scratch;
    struct hx_party_home home;
    bool known = hx_party_home(c, *party, &home);
    int rc = HX_OK;
    for (int i = 0; !rc && i < HX_CASE_PARTIES && hx_case_rests(s->machine.rules, c); i++)
        rc = hx_store_case(s->store, c->merged_into, c);
    if (!rc && known)
        *party = hx_party_place(c, &home);
    return rc;
}

/* Where it stands, who has it, and what is promised, and his own call-back: no place, no other
 * parties, no flags, no history. */
static hxp_case_view *public_view(struct service *s, const struct hx_case *c, uint32_t party)
{
    const hxp_case_view *whole = hx_case_view(&s->machine, c);
    hxp_case_view *v = hx_arena_alloc(&s->arena, sizeof *v);
    if (!whole || !v)
        return NULL;
    hongxin__v1__case_view__init(v);
    if (party < whole->n_callbacks) {
        v->callbacks = whole->callbacks + party;
        v->n_callbacks = 1;
    }
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

/* Of s->scratch, or of the case that speaks for it: since when it is his, and by which name he is a
 * party of the case that he has asked for. NULL: trouble. */
static hxp_case_view *own_view(struct service *s, const char *secret, uint32_t party)
{
    int64_t reported = s->scratch.t_report;
    uint64_t number = s->scratch.number;
    bool named = party < s->scratch.n_parties;
    char *name = hx_arena_text(&s->arena, named ? s->scratch.parties[party].ref : "");
    hxp_case_view *v = follow_merges(s, &party) ? NULL : public_view(s, &s->scratch, party);
    if (!v || !name)
        return NULL;
    v->t_report = reported;
    if (v->n_callbacks)
        v->callbacks[0]->ref = name;
    int rc = parts_add(s, v->case_number, secret, v);
    if (!rc && number != v->case_number)
        rc = parts_add(s, number, secret, v);
    return rc ? NULL : v;
}

void service_status(struct service *s, const struct request *r, const struct hx_case *c)
{
    const Hongxin__V1__CaseQuery *q = r->message->case_query;
    Hongxin__V1__CaseAnswer a = HONGXIN__V1__CASE_ANSWER__INIT;
    hxp_response answer = HONGXIN__V1__RESPONSE__INIT;
    uint32_t party = 0;
    if (!c || !reporter_is(s, c, q->secret, &party)) {
        service_problem(s, r, "SECRET_WRONG", "there is no case with this number and secret");
        return;
    }
    a.view = own_view(s, q->secret, party);
    if (!a.view) {
        service_problem(s, r, "STORE_TROUBLE", "try again");
        return;
    }
    answer.answer_case = HONGXIN__V1__RESPONSE__ANSWER_CASE_ANSWER;
    answer.case_answer = &a;
    service_answer(s, r, &answer);
}
