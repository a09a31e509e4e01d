/* From a message to its handler. */
#include "base/text.h"
#include "service/locks/mask.h"
#include "service/state.h"

#include <string.h>

/* "{answer kind, handler, name, doors}": one line per message of the protocol. */
static const struct handler {
    Hongxin__V1__Request__AskCase ask;
    void (*handle)(struct service *s, const struct request *r);
    const char *name;
    enum door_kind doors;
    int right; /* enum hx_right; -1: judged by the handler, or for everybody */
} handlers[] = {
    {HONGXIN__V1__REQUEST__ASK_PUBLISH, handle_publish, "Publish", DOOR_INTAKE, HX_RIGHT_publish},
    {HONGXIN__V1__REQUEST__ASK_HELLO, handle_hello, "Hello", DOOR_FEED, HX_RIGHT_follow},
    {HONGXIN__V1__REQUEST__ASK_CREDIT, handle_credit, "Credit", DOOR_FEED, HX_RIGHT_follow},
    {HONGXIN__V1__REQUEST__ASK_ACK, handle_ack, "Ack", DOOR_FEED, HX_RIGHT_follow},
    {HONGXIN__V1__REQUEST__ASK_CASE_QUERY, handle_case, "CaseQuery", DOOR_ANY, HX_RIGHT_ask},
    {HONGXIN__V1__REQUEST__ASK_LIST, handle_list, "ListQuery", DOOR_ANY, HX_RIGHT_ask},
    {HONGXIN__V1__REQUEST__ASK_DUE, handle_due, "DueQuery", DOOR_ANY, HX_RIGHT_ask},
    {HONGXIN__V1__REQUEST__ASK_COUNT, handle_count, "CountQuery", DOOR_ANY, HX_RIGHT_ask},
    {HONGXIN__V1__REQUEST__ASK_STATS, handle_stats, "StatsQuery", DOOR_ANY, HX_RIGHT_stats},
    {HONGXIN__V1__REQUEST__ASK_RULES, handle_rules, "RulesQuery", DOOR_ANY, HX_RIGHT_rules},
    {HONGXIN__V1__REQUEST__ASK_ROUTE, handle_route, "RouteQuery", DOOR_ANY, HX_RIGHT_rules},
    {HONGXIN__V1__REQUEST__ASK_ONSITE_CODE, handle_onsite_code, "OnsiteCodeQuery", DOOR_ANY,
     HX_RIGHT_onsite},
    {HONGXIN__V1__REQUEST__ASK_SIMILAR, handle_similar, "SimilarQuery", DOOR_ANY, HX_RIGHT_ask},
    {HONGXIN__V1__REQUEST__ASK_APPLY, handle_apply, "Apply", DOOR_ANY, HX_RIGHT_apply},
    {HONGXIN__V1__REQUEST__ASK_PING, handle_ping, "Ping", DOOR_ANY, -1},
    {HONGXIN__V1__REQUEST__ASK_WHO, handle_who, "WhoQuery", DOOR_ANY, -1},
    {HONGXIN__V1__REQUEST__ASK_DUTY, handle_duty, "DutyQuery", DOOR_ANY, HX_RIGHT_rules},
    {HONGXIN__V1__REQUEST__ASK_ENTRIES, handle_entries, "EntriesQuery", DOOR_ANY, HX_RIGHT_follow},
    {HONGXIN__V1__REQUEST__ASK_QUARANTINE, handle_quarantine, "QuarantineQuery", DOOR_ANY,
     HX_RIGHT_stats},
    {HONGXIN__V1__REQUEST__ASK_IDENTITY, handle_identity, "IdentityQuery", DOOR_ANY,
     HX_RIGHT_identity},
    {HONGXIN__V1__REQUEST__ASK_IDENTITY_ACT, handle_identity_act, "IdentityAct", DOOR_ANY,
     HX_RIGHT_erase},
    {HONGXIN__V1__REQUEST__ASK_TRACE, handle_trace, "TraceQuery", DOOR_ANY, HX_RIGHT_erase},
};

static const struct problem_text {
    const char *code, *message;
} frame_problems[] = {
    {"BAD_FRAMES", "a message is two frames: hongxin/1 and a Request"},
    {"UNKNOWN_VERSION", "this daemon speaks hongxin/1"},
};

const char *service_hint(const struct service *s, const hxp_filter *f, char text[64])
{
    const char *hint = filter_hint(f, text);
    if (!hint || strncmp(hint, "place:", 6) != 0)
        return hint;
    const struct hx_place *place = hx_city_place(s->options.city, hint + 6);
    return place && place->kind != HX_BUILDING ? hint : NULL;
}

const char *service_filter_problem(const struct service *s, const hxp_filter *f)
{
    const char *code = filter_problem(f);
    return code ? code : filter_unknown(f, s->options.city, s->machine.rules);
}

void service_answer(struct service *s, const struct request *r, hxp_response *answer)
{
    answer->request = r->message ? r->message->request : 0;
    if (door_send(r->door, r->peer, answer) != HX_OK)
        s->counters.replies_lost++;
}

void service_problem(struct service *s, const struct request *r, const char *code,
                     const char *message)
{
    Hongxin__V1__Problem p = HONGXIN__V1__PROBLEM__INIT;
    hxp_response answer = HONGXIN__V1__RESPONSE__INIT;
    p.code = hx_text_field(code);
    p.message = hx_text_field(message);
    p.retry_after_ms = r->wait_ms;
    if (r->message) {
        p.request = r->message->ask_case == HONGXIN__V1__REQUEST__ASK_PUBLISH
                        ? r->message->publish->request
                        : r->message->request;
    }
    answer.answer_case = HONGXIN__V1__RESPONSE__ANSWER_PROBLEM;
    answer.problem = &p;
    s->counters.problems++;
    counters_code(&s->counters, code);
    service_answer(s, r, &answer);
}

bool service_refused(struct service *s, const struct request *r, const char *code)
{
    if (code)
        service_problem(s, r, code, filter_text(code));
    return code;
}

void service_deny(struct service *s, const struct request *r)
{
    service_problem(s, r, "DENIED", "not permitted");
}

bool service_may(struct service *s, const struct request *r, enum hx_right right)
{
    if ((!r->who || hx_principal_has(r->who, right)) &&
        (!r->via || hx_principal_has(r->via, right)))
        return true;
    service_deny(s, r);
    return false;
}

bool service_sees_case(const struct service *s, const struct request *r, const hxp_case_view *view)
{
    struct rights_tags tags;
    if (!r->who)
        return true;
    rights_tag_case(s->lock.access, view, &tags);
    return rights_see(r->who, &tags);
}

bool service_shows_case(struct service *s, const struct request *r, const struct hx_case *c,
                        hxp_case_view *view)
{
    if (!service_sees_case(s, r, view))
        return false;
    mask_show(s, r->who, mask_of(s, r->who, c), view);
    return true;
}

bool service_sees_filter(const struct service *s, const struct request *r, const hxp_filter *f)
{
    if (!r->who || r->who->city)
        return true;
    bool some = false;
    for (size_t i = 0; f && i < f->n_places + f->n_holders; i++) {
        const char *id = i < f->n_places ? f->places[i] : f->holders[i - f->n_places];
        if (!rights_area(s->lock.access, s->options.city, r->who, id))
            return false;
        some = true;
    }
    return some;
}

static void refuse_frames(struct service *s, const struct request *r, const char *code)
{
    const char *message = "";
    for (size_t i = 0; i < sizeof frame_problems / sizeof *frame_problems; i++)
        if (strcmp(frame_problems[i].code, code) == 0)
            message = frame_problems[i].message;
    service_problem(s, r, code, message);
}

static const struct handler *find_handler(Hongxin__V1__Request__AskCase ask)
{
    for (size_t i = 0; i < sizeof handlers / sizeof *handlers; i++)
        if (handlers[i].ask == ask)
            return &handlers[i];
    return NULL;
}

static void handle(struct service *s, const struct request *r)
{
    const struct handler *h = find_handler(r->message->ask_case);
    if (!h)
        service_problem(s, r, "UNKNOWN_MESSAGE", "this daemon does not know the message");
    else if (!(h->doors & r->door->kind))
        service_problem(s, r, "WRONG_DOOR", "this message belongs to the other endpoint");
    else if (r->wait_ms && h->handle != handle_publish)
        service_problem(s, r, "FAIR_SHARE", "too many messages of yours wait: send it again later");
    else if (h->right < 0 || service_may(s, r, (enum hx_right)h->right))
        h->handle(s, r);
}

/* False: nobody we know, or one who has chosen its own routing id, by which another's answers could
 * be waited for. Who has no key at all hears nothing. */
static bool admit(struct service *s, const struct inbound *in, struct request *r)
{
    if (!s->lock.on)
        return true;
    r->who = in->named ? NULL : lock_who(&s->lock, in->user);
    if (r->who && s->silence.n)
        silence_heard(&s->silence, r->who);
    if (r->who)
        r->user = hx_arena_strdup(&s->arena, in->user);
    if (r->who || !in->user) {
        s->counters.strangers += !r->who;
        return r->who;
    }
    service_deny(s, r);
    return false;
}

/* Whoever asks on behalf of another one is judged as that one. */
static bool stand_in(struct service *s, struct request *r)
{
    const struct hx_principal *key = r->who;
    if (!lock_behalf(&s->lock, key, r->message->behalf, &r->who)) {
        r->who = key;
        service_deny(s, r);
        return false;
    }
    r->via = r->who != key ? key : NULL;
    return true;
}

uint64_t service_source(const struct service *s, const struct inbound *in)
{
    const struct hx_principal *who = s->lock.on ? lock_who(&s->lock, in->user) : NULL;
    return share_source(who ? who->name : s->lock.on ? "" : NULL, &in->peer);
}

/* Unless it was read before its turn. */
static int read_message(struct service *s, const struct inbound *in, struct request *r)
{
    const struct early *early = early_of(s, in);
    hxp_request *message = early ? early->message : NULL;
    int rc = early ? HX_OK : early_unpack(&s->early, &s->arena, in, &message);
    r->message = message;
    r->events = early ? early->events : NULL;
    s->counters.read_early += early != NULL;
    return rc;
}

void service_dispatch(struct service *s, struct door *door, struct inbound *in, uint64_t wait_ms)
{
    struct request r = {.door = door, .peer = &in->peer, .wait_ms = wait_ms};
    size_t size = zmq_msg_size(&in->body);
    s->counters.requests++;
    if (!admit(s, in, &r))
        return;
    if (in->problem) {
        refuse_frames(s, &r, in->problem);
        return;
    }
    if (size > s->options.limits->message_bytes) {
        service_problem(s, &r, "OVERSIZE", "the message is larger than the limit");
        return;
    }
    int rc = read_message(s, in, &r);
    r.peer = hx_arena_memdup(&s->arena, &in->peer, sizeof in->peer);
    if (!r.peer || rc == HX_NOMEM)
        return; /* no memory: the source hears nothing and sends again */
    if (rc == HX_TOOBIG) {
        service_problem(s, &r, "TOO_MANY_PARTS", "more parts than a message of its size has");
        return;
    }
    if (rc != HX_OK) {
        service_problem(s, &r, "UNDECODABLE", "the second frame is not a Request");
        return;
    }
    feeds_heard(&s->feeds, door, r.peer);
    if (stand_in(s, &r))
        handle(s, &r);
}
