#include "door/reply.h"

#include "hongxin/client.h"
#include "hongxin/error.h"
#include "hongxin/json.h"
#include "http/http.h"

bool reply_is_refused(const hxp_reply *r)
{
    return hx_reply_first(r) == HONGXIN__V1__RESULT__NOT_ALLOWED;
}

bool reply_is_in_vain(const hxp_reply *r)
{
    return reply_is_refused(r) || r->result == HONGXIN__V1__RESULT__INVALID ||
           r->result == HONGXIN__V1__RESULT__CONFLICT;
}

static int status_of(const hxp_reply *r, int fresh)
{
    switch (hx_reply_first(r)) {
    case HONGXIN__V1__RESULT__ACCEPTED: /* an update is nothing new, nor is a repetition */
        return r->case_version <= 1 && r->result == HONGXIN__V1__RESULT__ACCEPTED ? fresh : 200;
    case HONGXIN__V1__RESULT__DUPLICATE:
    case HONGXIN__V1__RESULT__REJECTED: /* kept, with a number: not accepted as a matter of ours */
        return 200;
    case HONGXIN__V1__RESULT__PARKED:
        return 202;
    case HONGXIN__V1__RESULT__INVALID:
        return 422;
    default:
        return 409; /* CONFLICT, NOT_ALLOWED, and what a newer daemon may say */
    }
}

bool reply_is_taken(const hxp_reply *r)
{
    return status_of(r, 201) < 300;
}

static const char *code_of(const hxp_reply *r)
{
    if (r->code && *r->code)
        return r->code;
    return r->result == HONGXIN__V1__RESULT__CONFLICT ? "CONFLICT" : "NOT_ALLOWED";
}

struct reply reply_make(const hxp_reply *r, int fresh, int utc_offset)
{
    struct reply out = {.status = status_of(r, fresh)};
    json_t *reply = hx_json_from_message(&r->base, utc_offset, HX_JSON_SPARSE);
    if (out.status < 300) {
        out.body = reply;
        return out;
    }
    out.code = code_of(r);
    out.body = http_problem_json(
        out.status, out.code,
        r->message && *r->message ? r->message : "another event of this source has the same key");
    if (out.body && reply)
        json_object_set(out.body, "reply", reply);
    json_decref(reply);
    return out;
}

struct reply reply_fail(int err)
{
    static const struct {
        int err, status;
        const char *code, *text;
    } table[] = {
        {HX_AGAIN, 503, "BUSY", "too much is on its way to the daemon; again in a second"},
        {HX_CLOSED, 503, "STOPPING", "this door closes; send the same request again"},
        {HX_TIMEOUT, 503, "NO_ANSWER_IN_TIME", "the daemon did not answer in time"},
        {HX_NOTFOUND, 404, "NO_CASE", "there is no such case, or none that may be seen here"},
        {HX_DENIED, 403, "DENIED", "the daemon does not let this door do that"},
        {HX_TOOBIG, 413, "OVERSIZE", "larger than the daemon takes"},
        {HX_INVALID, 422, "REFUSED", "the daemon refused it"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].err == err)
            return (struct reply){table[i].status,
                                  http_problem_json(table[i].status, table[i].code, table[i].text),
                                  table[i].code};
    return (struct reply){503, http_problem_json(503, "INTERNAL", hx_strerror(err)), "INTERNAL"};
}
