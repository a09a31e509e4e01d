#include "service/identity.h"

#include "service/act.h"
#include "service/state.h"
#include "service/text.h"
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

enum { REASON_LEAST = 4, REASON_MOST = 500, PERSON_MOST = 64 };

/* ---- call-back references ---- */

void identity_ref(const struct service *s, uint64_t case_number, const struct hx_principal *who,
                  char out[IDENTITY_REF])
{
    static const char letters[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ", about[] = "hongxin call-back";
    uint8_t hash[16];
    const char *name = who ? who->name : "";
    crypto_generichash_state st;
    crypto_generichash_init(&st, hx_store_salt(s->store), HX_IDENTITY_KEY_SIZE, sizeof hash);
    crypto_generichash_update(&st, (const uint8_t *)about, sizeof about);
    crypto_generichash_update(&st, (const uint8_t *)&case_number, sizeof case_number);
    crypto_generichash_update(&st, (const uint8_t *)name, strlen(name));
    crypto_generichash_final(&st, hash, sizeof hash);
    char *p = out + sprintf(out, "CB");
    for (int i = 0; i < 12; i++) {
        if (i % 4 == 0)
            *p++ = '-';
        *p++ = letters[hash[i] & 31];
    }
    *p = '\0';
}

void identity_mark(struct service *s, const struct hx_principal *who, hxp_case_view *view)
{
    char ref[IDENTITY_REF];
    if (!hx_store_person_kept(s->store, view->case_number))
        return;
    identity_ref(s, view->case_number, who, ref);
    char *copy = hx_arena_strdup(&s->arena, ref);
    if (copy)
        view->callback_ref = copy;
}

/* ---- masked values ---- */

static bool masked(const char *text)
{
    static const char *const signs[] = {"*", "＊", "•", "●", "■", "█"};
    if (strncmp(text, "CB-", 3) == 0)
        return true;
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (strstr(text, signs[i]))
            return true;
    return false;
}

bool identity_is_masked(const hxp_reporter *r)
{
    return masked(r->name) || masked(r->phone) || masked(r->address) || masked(r->other);
}

/* ---- what all acts have in common ---- */

/* A reason and a person of the right form; anything else is answered here. */
static bool judge_words(struct service *s, const struct request *r, const char *reason,
                        const char *person)
{
    size_t n = strlen(reason), m = strlen(person);
    if (n >= REASON_LEAST && n <= REASON_MOST && m <= PERSON_MOST && text_is_utf8(reason) &&
        text_is_utf8(person))
        return true;
    service_problem(s, r, "NO_REASON", "say why, in 4 to 500 bytes, and who in at most 64");
    return false;
}

bool identity_is_party(const struct service *s, const struct hx_principal *who, const char *about)
{
    int number = hx_access_area(s->lock.access, about);
    return number >= 0 && hx_principal_bit(who, number);
}

/* The case, when the principal may deal with it; s->scratch holds it. Anything else is answered
 * here. */
static bool find_case(struct service *s, const struct request *r, uint64_t number)
{
    int rc = hx_store_case(s->store, number, &s->scratch);
    const hxp_case_view *view = rc == HX_OK ? hx_case_view(&s->machine, &s->scratch) : NULL;
    if (rc == HX_OK && view && service_sees_case(s, r, view) &&
        !(r->who && identity_is_party(s, r->who, s->scratch.about)))
        return true;
    bool trouble = rc != HX_OK && rc != HX_NOTFOUND;
    service_problem(s, r, trouble ? "STORE_TROUBLE" : "NO_CASE",
                    trouble ? "try again" : "there is no such case");
    return false;
}

static struct act act_of(const struct request *r, const char *act)
{
    return (struct act){.act = act,
                        .by = r->who ? r->who->name : "",
                        .person = "",
                        .about = "",
                        .reason = "",
                        .detail = ""};
}

static void trouble(struct service *s, const struct request *r)
{
    service_problem(s, r, "STORE_TROUBLE", "try again");
}

/* ---- a look ---- */

static hxp_reporter *load(struct service *s, uint64_t number, uint32_t party)
{
    uint8_t plain[HX_PERSON_PLAIN_MAX];
    size_t size = 0;
    ProtobufCAllocator in_arena = hx_arena_allocator(&s->arena);
    hxp_reporter *reporter = NULL;
    if (hx_store_person_load(s->store, number, party, plain, sizeof plain, &size) == HX_OK)
        reporter = hongxin__v1__reporter__unpack(&in_arena, size, plain);
    sodium_memzero(plain, sizeof plain);
    return reporter;
}

static void wipe(hxp_reporter *reporter)
{
    char *const texts[] = {reporter->name, reporter->phone, reporter->address, reporter->other};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (*texts[i])
            sodium_memzero(texts[i], strlen(texts[i]));
}

void handle_identity(struct service *s, const struct request *r)
{
    const Hongxin__V1__IdentityQuery *q = r->message->identity;
    Hongxin__V1__IdentityAnswer a = HONGXIN__V1__IDENTITY_ANSWER__INIT;
    hxp_response answer = HONGXIN__V1__RESPONSE__INIT;
    struct act act = act_of(r, "IDENTITY_READ");
    if (!judge_words(s, r, q->reason, q->person) || !find_case(s, r, q->case_number))
        return;
    a.reporter = load(s, q->case_number, q->party);
    if (!a.reporter) {
        service_problem(s, r, "NO_IDENTITY", "no identity of this party is kept");
        return;
    }
    act.about = hx_arena_printf(&s->arena, "%" PRIu64 "/%" PRIu32, q->case_number, q->party);
    act.reason = q->reason;
    act.person = q->person;
    if (act_begin(s) != HX_OK || act_commit(s, &act, &a.lsn) != HX_OK) {
        trouble(s, r);
    } else {
        answer.answer_case = HONGXIN__V1__RESPONSE__ANSWER_IDENTITY;
        answer.identity = &a;
        service_answer(s, r, &answer);
        door_forget(r->door);
    }
    wipe(a.reporter);
}

/* ---- erasing, holding ---- */

static int do_act(struct service *s, const Hongxin__V1__IdentityAct *q, uint32_t *n)
{
    switch (q->act) {
    case HONGXIN__V1__IDENTITY_ACT__ACT__ERASE:
        return hx_store_person_erase_case(s->store, q->case_number, n);
    case HONGXIN__V1__IDENTITY_ACT__ACT__HOLD:
        return hx_store_person_hold(s->store, q->case_number, true);
    case HONGXIN__V1__IDENTITY_ACT__ACT__RELEASE:
        return hx_store_person_hold(s->store, q->case_number, false);
    default:
        return HX_INVALID;
    }
}

static const char *act_name(int act)
{
    static const char *const names[] = {"", "IDENTITY_ERASED", "IDENTITY_HELD",
                                        "IDENTITY_RELEASED"};
    return act > 0 && act < (int)(sizeof names / sizeof *names) ? names[act] : NULL;
}

void handle_identity_act(struct service *s, const struct request *r)
{
    const Hongxin__V1__IdentityAct *q = r->message->identity_act;
    Hongxin__V1__IdentityActed a = HONGXIN__V1__IDENTITY_ACTED__INIT;
    hxp_response answer = HONGXIN__V1__RESPONSE__INIT;
    struct act act = act_of(r, act_name((int)q->act));
    if (!act.act) {
        service_problem(s, r, "UNKNOWN_MESSAGE", "this daemon does not know the act");
        return;
    }
    if (!judge_words(s, r, q->reason, q->person) || !find_case(s, r, q->case_number))
        return;
    act.about = hx_arena_printf(&s->arena, "%" PRIu64, q->case_number);
    act.reason = q->reason;
    act.person = q->person;
    int rc = act_begin(s);
    if (rc == HX_OK && (rc = do_act(s, q, &a.identities)) == HX_DENIED) {
        act_abort(s);
        service_problem(s, r, "LEGAL_HOLD", "a legal hold keeps this case: release it first");
        return;
    }
    if (rc == HX_OK)
        rc = act_commit(s, &act, &a.lsn);
    if (rc != HX_OK) {
        trouble(s, r);
        return;
    }
    answer.answer_case = HONGXIN__V1__RESPONSE__ANSWER_IDENTITY_ACTED;
    answer.identity_acted = &a;
    service_answer(s, r, &answer);
}

/* ---- tracing a copy ---- */

/* Whose reference it is; also of principals whose keys are revoked. */
static const struct hx_principal *find_receiver(const struct service *s,
                                                const Hongxin__V1__TraceQuery *q)
{
    char ref[IDENTITY_REF];
    const struct hx_principal *p;
    for (size_t i = 0; s->lock.on && (p = hx_access_principal(s->lock.access, i)); i++) {
        identity_ref(s, q->case_number, p, ref);
        if (strcmp(ref, q->callback_ref) == 0)
            return p;
    }
    return NULL;
}

void handle_trace(struct service *s, const struct request *r)
{
    const Hongxin__V1__TraceQuery *q = r->message->trace;
    Hongxin__V1__TraceAnswer a = HONGXIN__V1__TRACE_ANSWER__INIT;
    hxp_response answer = HONGXIN__V1__RESPONSE__INIT;
    struct act act = act_of(r, "COPY_TRACED");
    if (!judge_words(s, r, q->reason, q->person) || !find_case(s, r, q->case_number))
        return;
    const struct hx_principal *p = find_receiver(s, q);
    act.about = hx_arena_printf(&s->arena, "%" PRIu64, q->case_number);
    act.reason = q->reason;
    act.person = q->person;
    act.detail = p ? p->name : "nobody's";
    if (act_begin(s) != HX_OK || act_commit(s, &act, &a.lsn) != HX_OK) {
        trouble(s, r);
        return;
    }
    a.principal = (char *)(p ? p->name : "");
    a.role = (char *)(p ? p->role->name : "");
    answer.answer_case = HONGXIN__V1__RESPONSE__ANSWER_TRACE;
    answer.trace = &a;
    service_answer(s, r, &answer);
}
