#include "publishing.h"

#include <stdio.h>

hx_client *publishing_client(const struct fake *f, struct hx_client_options options)
{
    hx_client *c;
    options.intake = f->endpoint;
    assert_int_equal(hx_client_open(&options, &c), HX_OK);
    return c;
}

hxp_event publishing_event(char *id)
{
    hxp_event event = HONGXIN__V1__EVENT__INIT;
    event.id = id;
    event.source = (char *)"hotline";
    event.type = (char *)"REPORTED";
    return event;
}

void publishing_answered(void *arg, int err, const hxp_reply *reply)
{
    struct seen *s = arg;
    s->calls++;
    s->last_err = err;
    s->last_at = test_now();
    s->failed += err != HX_OK;
    if (err)
        return;
    s->accepted += reply->result == HONGXIN__V1__RESULT__ACCEPTED;
    snprintf(s->last_id, sizeof s->last_id, "%s", reply->id);
}

void publishing_start(hx_client *c, const char *id, struct seen *seen)
{
    hxp_event event = publishing_event((char *)id);
    assert_int_equal(
        hx_publish_start(c, &(struct hx_item){.event = &event}, publishing_answered, seen), HX_OK);
}
