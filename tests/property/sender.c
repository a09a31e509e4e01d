/* Events as anybody may send them: every kind, by every role, with nothing in it or with
 * everything.
 */
#include "property/sender.h"

#include "base/text.h"
#include "engine/machine/machine.h"
#include "hongxin/instant.h"
#include <stdio.h>
#include <stdlib.h>

static void fill_report(hxp_data *d)
{
    d->class_ = hx_text_field("SERIOUS");
    d->place = hx_text_field("B-0417");
}

static void fill(hxp_data *d, int64_t now)
{
    static char *evidence[] = {(char *)"photo", (char *)"signature"};
    static char *one[] = {(char *)"one"};
    static char part[24], *cases[] = {part};
    static unsigned parts; /* each reference of a split must be new */
    static char *calls[] = {(char *)"1", (char *)"2"};
    fill_report(d);
    d->holder = hx_text_field("U-3");
    d->reason = hx_text_field("DUTY");
    d->why = d->order = d->warning = d->onsite_code = d->procedure = d->act = hx_text_field("x");
    d->unit = d->receipt = d->dispute = d->person = hx_text_field("x");
    d->party = hx_text_field("W-2");
    d->into = hx_text_field("CL-2");
    d->clock = hx_text_field("K_RESOLVE");
    d->level = hx_text_field("L2");
    d->date = d->until = d->deadline = now + 30 * HX_MINUTE;
    d->evidence = evidence;
    d->n_evidence = 2;
    d->steps = one;
    d->n_steps = 1;
    d->calls = calls;
    d->n_calls = 2;
    snprintf(part, sizeof part, "part-%u", ++parts);
    d->cases = cases;
    d->n_cases = 1;
    d->rating = 5;
}

static const char *by(int role, char out[HX_PERSON_MAX])
{
    const char *area = role == HX_ROLE_holder || role == HX_ROLE_manager ? ":P-07"
                       : role == HX_ROLE_street                          ? ":S-02"
                       : role == HX_ROLE_grid                            ? ":G-041"
                       : role == HX_ROLE_reporter || role == HX_ROLE_system ||
                               role == HX_ROLE_city || role == HX_ROLE_callback ||
                               role == HX_ROLE_operator
                           ? ""
                           : ":C-03";
    if (role == HX_ROLE_NONE || role == HX_ROLE_reporter)
        snprintf(out, HX_PERSON_MAX, "%s", role ? hx_role_name(role) : "");
    else
        snprintf(out, HX_PERSON_MAX, "%s%s/somebody", hx_role_name(role), area);
    return out;
}

const hxp_reply *sender_send(struct sender *x, struct hx_machine *m, const struct sending *what)
{
    char id[16], who[HX_PERSON_MAX];
    hxp_event e = HONGXIN__V1__EVENT__INIT;
    hxp_data d = HONGXIN__V1__DATA__INIT;
    const hxp_reply *reply;
    snprintf(id, sizeof id, "%u", ++x->ids);
    if (!what->bare && what->number)
        fill(&d, m->now);
    else if (!what->bare)
        fill_report(&d);
    e.id = id;
    e.source = hx_text_field("matrix");
    e.type = hx_text_field(what->type);
    e.by = hx_text_field(by(what->role, who));
    e.case_number = what->number;
    e.data = &d;
    x->size = hongxin__v1__event__pack(&e, x->bytes);
    struct hx_arrival in = {.bytes = x->bytes, .size = x->size, .event = &e, .t_rcv = m->now};
    if (hx_machine_event(m, &in, &reply) != HX_OK)
        abort();
    return reply;
}
