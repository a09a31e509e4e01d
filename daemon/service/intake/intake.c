#include "service/intake/intake.h"

#include "base/text.h"
#include "engine/case/party.h"
#include "hongxin/number.h"
#include "service/acts/identity.h"
#include "service/locks/mask.h"
#include "service/locks/reporter.h"
#include "service/locks/secret.h"
#include "service/state.h"
#include "service/text.h"
#include <sodium.h>
#include <string.h>

enum { DIGEST_SIZE = 32 };

/* An item on its way through the checks. */
struct passage {
    const hxp_item *item;
    const hxp_event *event;          /* NULL: undecodable */
    bool masked;                     /* a text of it is one that we hide */
    const struct hx_glance *glance;  /* what is known of it already, or NULL */
    const hxp_reporter *who_reports; /* NULL: no identity came with it */
    bool own_secret;                 /* it came with the secret of its case */
    const uint8_t *identity;
    size_t identity_size;
    uint8_t *digest; /* in the arena: the entry points to it */
    int64_t t_rcv;
    const struct hx_principal *who; /* NULL without keys */
};

hxp_reply *intake_refusal(struct service *s, Hongxin__V1__Result result, const char *code,
                          const char *message)
{
    hxp_reply *reply = hx_arena_alloc(&s->arena, sizeof *reply);
    if (!reply)
        return NULL;
    hongxin__v1__reply__init(reply);
    reply->result = result;
    reply->code = hx_text_field(code);
    reply->message = hx_text_field(message);
    if (result == HONGXIN__V1__RESULT__RETRY_AFTER)
        reply->retry_after_ms = s->options.limits->retry_after_ms;
    return reply;
}

static char *clean(char *s)
{
    return text_is_utf8(s) ? s : hx_text_field("");
}

static void name_reply(const hxp_event *e, hxp_reply *reply)
{
    if (e && reply) {
        reply->id = clean(e->id);
        reply->source = clean(e->source);
    }
}

/* Read into memory of its own, so that who is refused takes no more of the turn's than its name. */
void intake_name(struct service *s, const hxp_item *item, hxp_reply *reply)
{
    struct hx_arena own;
    hxp_event *event = NULL;
    if (!reply || item->event.len > s->options.limits->event_bytes)
        return;
    hx_arena_init(&own, 0);
    if (early_decode(&s->early, &own, item, &event) == HX_OK) {
        name_reply(event, reply);
        reply->id = hx_arena_text(&s->arena, reply->id);
        reply->source = hx_arena_text(&s->arena, reply->source);
    }
    hx_arena_fini(&own);
    if (!reply->id || !reply->source)
        reply->id = reply->source = hx_text_field("");
}

static bool is(const hxp_event *e, const char *type)
{
    return strcmp(e->type, type) == 0;
}

/* Identity may come with the events that bring a reporter; elsewhere it would have no place. */
static const char *judge_identity(const struct passage *p)
{
    const hxp_reporter *r = p->who_reports;
    if (!is(p->event, "REPORTED") && !is(p->event, "PARTY_ADDED"))
        return "IDENTITY_NOT_EXPECTED";
    if (!text_all_utf8(&r->base))
        return "BAD_UTF8";
    if (hongxin__v1__reporter__get_packed_size(r) > HX_REPORTER_MAX)
        return "IDENTITY_TOO_LARGE";
    return identity_is_masked(r) ? "MASKED_VALUE" : NULL;
}

static bool names_somebody(const hxp_reporter *r)
{
    return r->name[0] || r->phone[0] || r->address[0] || r->other[0];
}

/* The secret stands beside the event instead of an identity, so that it is in no journal. A case
 * that is not there has no secret. */
static int judge_secret(struct service *s, struct passage *p, const char **code)
{
    const struct hx_machine *m = &s->machine;
    uint64_t number = p->event->case_number;
    *code = "SECRET_NOT_EXPECTED";
    if (names_somebody(p->item->reporter) || is(p->event, "REPORTED") ||
        is(p->event, "PARTY_ADDED"))
        return HX_OK;
    int rc = HX_OK;
    uint32_t party;
    if (!number)
        rc = m->ops->ref_load(m->backend, p->event->source, p->event->case_ref, &number);
    if (rc == HX_OK)
        rc = m->ops->case_load(m->backend, number, &s->scratch);
    if (rc != HX_OK && rc != HX_NOTFOUND)
        return rc;
    p->own_secret = rc == HX_OK && reporter_is(s, &s->scratch, p->item->reporter->secret, &party);
    *code = p->own_secret ? NULL : "SECRET_WRONG";
    return HX_OK;
}

static int judge_reporter(struct service *s, struct passage *p, const char **code)
{
    const hxp_reporter *r = p->item->reporter;
    if (r && r->secret[0])
        return judge_secret(s, p, code);
    p->who_reports = r;
    if (r)
        *code = judge_identity(p);
    return HX_OK;
}

/* Unless it was read before its turn. What cannot be decoded stays NULL: the engine names it. */
static int read_event(struct service *s, struct passage *p, const struct early_event *early)
{
    if (early && early->event) {
        p->event = early->event;
        p->masked = early->masked;
        p->glance = &early->glance;
        return HX_OK;
    }
    hxp_event *event;
    int rc = early_decode(&s->early, &s->arena, p->item, &event);
    p->event = event;
    p->masked = event && mask_written_back(event);
    return rc == HX_CORRUPT ? HX_OK : rc;
}

/* The code of what its form lacks; NULL: it may go to the engine. */
static int judge_form(struct service *s, struct passage *p, const struct early_event *early,
                      const char **code)
{
    *code = "OVERSIZE";
    if (p->item->event.len > s->options.limits->event_bytes)
        return HX_OK;
    int rc = read_event(s, p, early);
    *code = rc == HX_TOOBIG ? "TOO_MANY_PARTS" : p->masked ? "MASKED_VALUE" : NULL;
    if (rc != HX_OK || *code || !p->event)
        return rc == HX_TOOBIG ? HX_OK : rc;
    return judge_reporter(s, p, code);
}

/* Refuses what has the wrong form; *reply stays NULL when the event may go to the engine, which
 * looks at its fields. */
static int check_form(struct service *s, struct passage *p, const struct early_event *early,
                      hxp_reply **reply)
{
    const char *code;
    int rc = judge_form(s, p, early, &code);
    if (rc != HX_OK || !code)
        return rc;
    *reply = intake_refusal(s, HONGXIN__V1__RESULT__INVALID, code,
                            "larger than the limit, or with more parts than its size allows, or an "
                            "identity where no reporter comes in, or "
                            "a masked one, or not the "
                            "secret of this case");
    name_reply(p->event, *reply);
    return *reply ? HX_OK : HX_NOMEM;
}

/* ---- rights --------------------------------------------------------------------------------- */

/* True for a case that is there and outside the principal's areas. */
static int foreign_case(struct service *s, const struct passage *p, uint64_t number, bool *foreign)
{
    const struct hx_machine *m = &s->machine;
    int rc = m->ops->case_load(m->backend, number, &s->scratch);
    *foreign = false;
    if (rc != HX_OK)
        return rc == HX_NOTFOUND ? HX_OK : rc;
    const struct request r = {.who = p->who};
    const hxp_case_view *view = hx_case_view(m, &s->scratch);
    if (!view)
        return HX_NOMEM;
    *foreign = !service_sees_case(s, &r, view);
    return HX_OK;
}

/* A case that is named by its number. */
static int foreign_text(struct service *s, const struct passage *p, const char *text, bool *foreign)
{
    uint64_t number;
    return hx_number_parse(text, &number) == HX_OK ? foreign_case(s, p, number, foreign) : HX_OK;
}

/* The earlier case of a repeat, by its number or by a reference of the source. */
static int foreign_earlier(struct service *s, const struct passage *p, const char *text,
                           bool *foreign)
{
    const struct hx_machine *m = &s->machine;
    uint64_t number;
    if (hx_number_parse(text, &number) == HX_OK)
        return foreign_case(s, p, number, foreign);
    int rc = m->ops->ref_load(m->backend, p->event->source, text, &number);
    if (rc == HX_OK)
        rc = foreign_case(s, p, number, foreign);
    return rc == HX_NOTFOUND ? HX_OK : rc;
}

static int foreign_own(struct service *s, const struct passage *p, bool *foreign)
{
    const hxp_event *e = p->event;
    const struct hx_machine *m = &s->machine;
    uint64_t number = e->case_number;
    int rc = HX_OK;
    if (!number && *e->case_ref)
        rc = m->ops->ref_load(m->backend, e->source, e->case_ref, &number);
    if (rc == HX_OK && number)
        rc = foreign_case(s, p, number, foreign);
    return rc == HX_NOTFOUND ? HX_OK : rc;
}

/* The case of the event and those it names besides; *message is what is said of one that is not
 * there, so that nobody can tell. */
static int foreign_any(struct service *s, const struct passage *p, const char **message)
{
    const hxp_data *d = p->event->data;
    bool foreign = false;
    int rc = foreign_own(s, p, &foreign);
    *message = "NO_CASE";
    if (rc == HX_OK && d && !foreign && *d->into) {
        *message = "NO_CASE: field into";
        rc = foreign_text(s, p, d->into, &foreign);
    }
    if (rc == HX_OK && d && !foreign && *d->repeat_of) {
        *message = "NO_CASE: field repeat_of";
        rc = foreign_earlier(s, p, d->repeat_of, &foreign);
    }
    for (size_t i = 0; rc == HX_OK && d && !foreign && i < d->n_cases; i++) {
        *message = "NO_CASE";
        rc = foreign_text(s, p, d->cases[i], &foreign);
    }
    *message = foreign ? *message : NULL;
    return rc;
}

/* A report must lie in the areas; one with a position alone only from whom the whole city is. */
static bool foreign_place(const struct service *s, const struct passage *p)
{
    const hxp_data *d = p->event->data;
    if (p->who->city || !is(p->event, "REPORTED"))
        return false;
    return !rights_place(s->lock.access, p->who,
                         d ? hx_city_place(s->options.city, d->place) : NULL);
}

/* Refuses what the principal may not say. A foreign case looks like one that does not exist. */
static int check_rights(struct service *s, struct passage *p, hxp_reply **reply)
{
    const char *message = NULL;
    const char *code = rights_claim(s->lock.access, s->machine.rules, p->who, p->event);
    if (!code && foreign_place(s, p))
        code = "FOREIGN_AREA";
    if (!code && !p->who->city) {
        int rc = foreign_any(s, p, &message);
        if (rc != HX_OK)
            return rc;
        code = message ? "NO_CASE" : NULL;
    }
    if (!code)
        return HX_OK;
    *reply = intake_refusal(s, HONGXIN__V1__RESULT__INVALID, code,
                            message ? message : "this key may not say so");
    name_reply(p->event, *reply);
    return *reply ? HX_OK : HX_NOMEM;
}

/* Refuses for now what could not be kept. */
static int check_room(struct service *s, const struct passage *p, hxp_reply **reply)
{
    const char *code = NULL;
    const struct hx_machine *m = &s->machine;
    uint64_t number;
    if (is(p->event, "REPORTED") && !hx_store_room(s->store)) {
        code = "STORE_FULL";
    } else if (p->who_reports && !is(p->event, "REPORTED") && !p->event->case_number) {
        /* An event that waits for its case would have to leave the identity behind. */
        int rc = m->ops->ref_load(m->backend, p->event->source, p->event->case_ref, &number);
        if (rc != HX_OK && rc != HX_NOTFOUND)
            return rc;
        code = rc == HX_NOTFOUND ? "CASE_UNKNOWN" : NULL;
    }
    if (!code)
        return HX_OK;
    *reply =
        intake_refusal(s, HONGXIN__V1__RESULT__RETRY_AFTER, code, "send the event again later");
    name_reply(p->event, *reply);
    return *reply ? HX_OK : HX_NOMEM;
}

/* Salted with the event's own name, so that two complaints of one person cannot be linked by it. */
static int digest_identity(struct service *s, struct passage *p)
{
    const hxp_reporter *r = p->who_reports;
    p->identity_size = hongxin__v1__reporter__get_packed_size(r);
    uint8_t *packed = hx_arena_alloc(&s->arena, p->identity_size);
    p->digest = hx_arena_alloc(&s->arena, DIGEST_SIZE);
    if (!packed || !p->digest)
        return HX_NOMEM;
    hongxin__v1__reporter__pack(r, packed);
    p->identity = packed;
    crypto_generichash_state hash;
    crypto_generichash_init(&hash, hx_store_salt(s->store), HX_IDENTITY_KEY_SIZE, DIGEST_SIZE);
    crypto_generichash_update(&hash, (const uint8_t *)p->event->source,
                              strlen(p->event->source) + 1);
    crypto_generichash_update(&hash, (const uint8_t *)p->event->id, strlen(p->event->id) + 1);
    crypto_generichash_update(&hash, packed, p->identity_size);
    crypto_generichash_final(&hash, p->digest, DIGEST_SIZE);
    return HX_OK;
}

/* The number of the party that the accepted event has added: 0 is the first reporter. */
static int party_number(struct service *s, const struct passage *p, uint64_t case_number,
                        uint32_t *party)
{
    *party = 0;
    if (is(p->event, "REPORTED"))
        return HX_OK;
    const struct hx_machine *m = &s->machine;
    int rc = m->ops->case_load(m->backend, case_number, &s->scratch);
    if (rc == HX_OK)
        *party = hx_party_newest(&s->scratch);
    return rc;
}

static int keep_identity(struct service *s, const struct passage *p, const hxp_reply *reply)
{
    bool taken = reply->result == HONGXIN__V1__RESULT__ACCEPTED ||
                 reply->result == HONGXIN__V1__RESULT__REJECTED;
    if (!taken || !reply->case_number)
        return HX_OK;
    uint32_t party;
    int rc = party_number(s, p, reply->case_number, &party);
    if (rc != HX_OK)
        return rc;
    return hx_store_person_save(s->store, reply->case_number, party, p->identity, p->identity_size);
}

/* Whoever reports gets the secret of the case, also when the first answer was lost. The entry holds
 * the answer without it. */
static int give_secret(struct service *s, const struct passage *p, hxp_reply **reply)
{
    const hxp_reply *made = *reply;
    bool taken = made->result == HONGXIN__V1__RESULT__ACCEPTED ||
                 made->result == HONGXIN__V1__RESULT__DUPLICATE;
    if (!taken || !made->case_number || !p->event || !is(p->event, "REPORTED"))
        return HX_OK;
    hxp_reply *own = hx_arena_memdup(&s->arena, made, sizeof *made);
    char *secret = hx_arena_alloc(&s->arena, SECRET_TEXT);
    if (!own || !secret)
        return HX_NOMEM;
    secret_of(s->secrets, made->case_number, secret);
    own->secret = secret;
    *reply = own;
    return HX_OK;
}

static int apply(struct service *s, struct passage *p, hxp_reply **reply)
{
    const hxp_reply *made = NULL;
    struct hx_arrival in = {.bytes = p->item->event.data,
                            .size = p->item->event.len,
                            .event = p->event,
                            .glance = p->glance,
                            .t_rcv = p->t_rcv,
                            .own_secret = p->own_secret,
                            .principal = p->who ? p->who->name : ""};
    if (p->event && p->who_reports) {
        int rc = digest_identity(s, p);
        if (rc != HX_OK)
            return rc;
        in.reporter_digest = p->digest;
        in.reporter_digest_size = DIGEST_SIZE;
    }
    int rc = hx_machine_event(&s->machine, &in, &made);
    if (rc != HX_OK)
        return rc;
    *reply = (hxp_reply *)made;
    if (made->result == HONGXIN__V1__RESULT__INVALID)
        name_reply(p->event, *reply); /* its names may be what is wrong with it */
    if (in.reporter_digest)
        rc = keep_identity(s, p, made);
    return rc == HX_OK ? give_secret(s, p, reply) : rc;
}

/* What a door could not read is not judged again: it is kept with the door's own reason. */
static int keep_unreadable(struct service *s, const hxp_item *item, hxp_reply **reply)
{
    const struct hx_machine *m = &s->machine;
    bool good = text_is_utf8(item->unreadable);
    *reply = intake_refusal(s, HONGXIN__V1__RESULT__INVALID, good ? "UNREADABLE" : "BAD_UTF8",
                            "a door could not read it: kept in quarantine");
    if (!*reply)
        return HX_NOMEM;
    return m->ops->quarantine(m->backend, item->event.data, item->event.len,
                              good ? item->unreadable : "BAD_UTF8");
}

int intake_apply(struct service *s, const struct batch_job *job, size_t i, hxp_reply **reply)
{
    struct passage p = {.item = job->publish->items[i],
                        .t_rcv = hx_machine_receipt(&s->machine, job->t_wall, job->t_now),
                        .who = job->who};
    *reply = NULL;
    if (*p.item->unreadable && p.item->event.len <= s->options.limits->event_bytes)
        return keep_unreadable(s, p.item, reply);
    int rc = check_form(s, &p, job->events ? &job->events[i] : NULL, reply);
    if (rc == HX_OK && !*reply && p.event && p.who)
        rc = check_rights(s, &p, reply);
    if (rc == HX_OK && !*reply && p.event)
        rc = check_room(s, &p, reply);
    if (rc == HX_OK && !*reply)
        rc = apply(s, &p, reply);
    return rc;
}
