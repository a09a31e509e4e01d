/* RouteQuery: who would get such a case now, or at another instant, and why. */
#include "engine/routing/route_answer.h"
#include "engine/rules/rules.h"
#include "service/state.h"

void handle_route(struct service *s, const struct request *r)
{
    const Hongxin__V1__RouteQuery *q = r->message->route;
    hxp_response answer = HONGXIN__V1__RESPONSE__INIT;
    const char *fault = hx_route_fault(s->options.city, q);
    if (!fault && q->class_[0] && hx_rules_class(s->machine.rules, q->class_) <= 0)
        fault = "UNKNOWN_CLASS";
    if (fault) {
        service_problem(s, r, fault, "the question names what this city does not have");
        return;
    }
    const struct hx_route_when when = {
        timebase_now(&s->time), hx_rules_duty_days(s->machine.rules, UINT64_MAX), &s->machine};
    answer.route = hx_route_answer(&s->arena, s->options.city, q, &when);
    if (!answer.route) {
        service_problem(s, r, "STORE_TROUBLE", "try again");
        return;
    }
    answer.answer_case = HONGXIN__V1__RESPONSE__ANSWER_ROUTE;
    service_answer(s, r, &answer);
}
