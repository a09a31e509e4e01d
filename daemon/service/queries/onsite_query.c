/* The code that a place shows now. */
#include "service/state.h"

#include <string.h>

void handle_onsite_code(struct service *s, const struct request *r)
{
    const Hongxin__V1__OnsiteCodeQuery *q = r->message->onsite_code;
    const struct hx_onsite *o = &s->evidence.onsite;
    Hongxin__V1__OnsiteCodeAnswer a = HONGXIN__V1__ONSITE_CODE_ANSWER__INIT;
    hxp_response answer = HONGXIN__V1__RESPONSE__INIT;
    char code[HX_ONSITE_CODE_TEXT];
    int64_t now = timebase_now(&s->time);
    if (!o->key) {
        service_problem(s, r, "NO_ONSITE_KEY", "evidence.onsite_key_file is not configured");
        return;
    }
    if (!hx_city_place(s->options.city, q->place)) {
        service_problem(s, r, "UNKNOWN_PLACE", "the city has no such place");
        return;
    }
    if (r->who && !rights_area(s->lock.access, s->options.city, r->who, q->place)) {
        service_deny(s, r);
        return;
    }
    hx_onsite_code(o, q->place, now, code);
    a.place = q->place;
    a.code = code;
    a.from = hx_onsite_from(o, now);
    a.until = hx_onsite_until(o, now);
    answer.answer_case = HONGXIN__V1__RESPONSE__ANSWER_ONSITE_CODE;
    answer.onsite_code = &a;
    service_answer(s, r, &answer);
}
