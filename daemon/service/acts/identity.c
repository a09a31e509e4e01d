#include "service/acts/identity.h"

#include "base/text.h"
#include "engine/case/party.h"
#include "service/acts/act.h"
#include "service/acts/scrub.h"
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

/* Of one of its reporters: with the case, or with the one that he reported. */
static bool is_kept(struct service *s, const hxp_case_view *view)
{
    struct hx_party_home home;
    if (hx_store_person_kept(s->store, view->case_number))
        return true;
    bool taken_over = *view->split_from || view->n_callbacks > 1;
    if (!taken_over || hx_store_case(s->store, view->case_number, &s->marked) != HX_OK)
        return false;
    for (uint32_t i = 0; hx_party_home(&s->marked, i, &home); i++)
        if (home.number != view->case_number && hx_store_person_kept(s->store, home.number))
            return true;
    return false;
}

void identity_mark(struct service *s, const struct hx_principal *who, hxp_case_view *view)
{
    char ref[IDENTITY_REF];
    if (!is_kept(s, view))
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

static void no_identity(struct service *s, const struct request *r, int rc)
{
    if (rc == HX_NOTFOUND)
        service_problem(s, r, "NO_IDENTITY", "no identity of this party is kept");
    else if (identity_is_unreadable(rc))
        service_problem(s, r, "NO_IDENTITY", "the identity of this party cannot be read");
    else
        trouble(s, r);
}

int identity_load(struct service *s, uint64_t case_number, uint32_t party, hxp_reporter **reporter)
{
    uint8_t plain[HX_PERSON_PLAIN_MAX];
    size_t size = 0;
    ProtobufCAllocator in_arena = hx_arena_allocator(&s->arena);
    *reporter = NULL;
    int rc = hx_store_person_load(s->store, case_number, party, plain, sizeof plain, &size);
    if (rc == HX_OK && !(*reporter = hongxin__v1__reporter__unpack(&in_arena, size, plain)))
        rc = hx_arena_failed(&s->arena) ? HX_NOMEM : HX_CORRUPT;
    sodium_memzero(plain, sizeof plain);
    return rc;
}

bool identity_is_unreadable(int rc)
{
    return rc == HX_DENIED || rc == HX_CORRUPT || rc == HX_TOOBIG;
}

void identity_wipe(hxp_reporter *reporter)
{
    char *const texts[] = {reporter->name, reporter->phone, reporter->address, reporter->other};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (*texts[i])
            sodium_memzero(texts[i], strlen(texts[i]));
}

/* Where the identity of this party is kept: with the case that he reported, when that one may be
 * dealt with, too. Anything else is answered here. Each case that a party came through has one of
 * its own, so a way that is longer than a case has parties is none. */
static bool find_party(struct service *s, const struct request *r, struct hx_party_home *home)
{
    for (int merges = 0; merges < HX_CASE_PARTIES; merges++) {
        uint64_t asked = home->number;
        if (!find_case(s, r, asked))
            return false;
        if (!hx_party_home(&s->scratch, home->party, home))
            return true; /* of a party that there is not, no identity is found */
        if (home->known)
            return home->number == asked || find_case(s, r, home->number);
    }
    no_identity(s, r, HX_NOTFOUND);
    return false;
}

void handle_identity(struct service *s, const struct request *r)
{
    const Hongxin__V1__IdentityQuery *q = r->message->identity;
    Hongxin__V1__IdentityAnswer a = HONGXIN__V1__IDENTITY_ANSWER__INIT;
    hxp_response answer = HONGXIN__V1__RESPONSE__INIT;
    struct act act = act_of(r, "IDENTITY_READ");
    struct hx_party_home home = {.number = q->case_number, .party = q->party};
    if (!judge_words(s, r, q->reason, q->person) || !find_party(s, r, &home))
        return;
    int rc = identity_load(s, home.number, home.party, &a.reporter);
    if (rc != HX_OK) {
        no_identity(s, r, rc);
        return;
    }
    act.about = hx_arena_printf(&s->arena, "%" PRIu64 "/%" PRIu32, home.number, home.party);
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
    identity_wipe(a.reporter);
}

/* What of the quarantine has gone with the identities, and for how many it was not searched. */
static char *say_quarantine(struct service *s, const Hongxin__V1__IdentityActed *a)
{
    if (!a->unsearched)
        return hx_arena_printf(&s->arena, "and %" PRIu32 " refused events in quarantine",
                               a->quarantined);
    return hx_arena_printf(&s->arena,
                           "and %" PRIu32 " refused events in quarantine, which was not searched "
                           "for %" PRIu32 " identities that cannot be read",
                           a->quarantined, a->unsearched);
}

/* An act that its part of the transaction has ended with rc: recorded, committed and answered. */
static void conclude(struct service *s, const struct request *r, int rc, struct act *act,
                     Hongxin__V1__IdentityActed *a)
{
    hxp_response answer = HONGXIN__V1__RESPONSE__INIT;
    if (a->quarantined || a->unsearched)
        act->detail = say_quarantine(s, a);
    if (rc == HX_OK)
        rc = act_commit(s, act, &a->lsn);
    if (rc != HX_OK) {
        trouble(s, r);
        return;
    }
    answer.answer_case = HONGXIN__V1__RESPONSE__ANSWER_IDENTITY_ACTED;
    answer.identity_acted = a;
    service_answer(s, r, &answer);
}

/* ---- forgetting a resident ---- */

enum { PREFIX_LEAST = 8, CASES_FIRST = 256, CASES_MOST = 65536 };

int identity_cases(struct service *s, const char *source, const char *prefix, uint64_t **numbers,
                   size_t *n)
{
    for (size_t most = CASES_FIRST; most <= CASES_MOST; most *= 4) {
        *numbers = hx_arena_alloc(&s->arena, most * sizeof **numbers);
        if (!*numbers)
            return HX_NOMEM;
        int rc = hx_store_refs(s->store, source, prefix, most, *numbers, n);
        if (rc || *n < most)
            return rc;
    }
    return HX_TOOBIG;
}

/* Those that the principal may deal with, as a one-case act would judge them. */
static size_t keep_own(struct service *s, const struct request *r, uint64_t *numbers, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        const hxp_case_view *view = hx_store_case(s->store, numbers[i], &s->scratch) == HX_OK
                                        ? hx_case_view(&s->machine, &s->scratch)
                                        : NULL;
        if (view && service_sees_case(s, r, view) &&
            !(r->who && identity_is_party(s, r->who, s->scratch.about)))
            numbers[kept++] = numbers[i];
    }
    return kept;
}

/* One record for all of them; a legal hold keeps its case's. */
static int forget_all(struct service *s, const uint64_t *numbers, size_t n,
                      Hongxin__V1__IdentityActed *a)
{
    struct scrub scrub = {.s = s};
    int rc = HX_OK;
    for (size_t i = 0; !rc && i < n; i++) {
        rc = hx_store_person_forget(s->store, numbers[i], 0);
        a->identities += rc == HX_OK;
        a->held += rc == HX_DENIED;
        if (rc == HX_OK)
            rc = scrub_add(&scrub, numbers[i], 0);
        else if (rc == HX_DENIED || rc == HX_NOTFOUND)
            rc = HX_OK;
    }
    int scrubbed = scrub_end(&scrub);
    a->cases = (uint32_t)n;
    a->quarantined = scrub.rows;
    a->unsearched = scrub.unsearched;
    return rc ? rc : scrubbed;
}

/* In the transaction of the act, so that what was reported a moment ago is found as well. */
static int forget(struct service *s, const struct request *r, Hongxin__V1__IdentityActed *a)
{
    const Hongxin__V1__IdentityAct *q = r->message->identity_act;
    uint64_t *numbers = NULL;
    size_t n = 0;
    int rc = identity_cases(s, q->source, q->ref_prefix, &numbers, &n);
    return rc ? rc : forget_all(s, numbers, keep_own(s, r, numbers, n), a);
}

static void forget_resident(struct service *s, const struct request *r)
{
    const Hongxin__V1__IdentityAct *q = r->message->identity_act;
    Hongxin__V1__IdentityActed a = HONGXIN__V1__IDENTITY_ACTED__INIT;
    struct act act = act_of(r, "RESIDENT_FORGOTTEN");
    if (q->act != HONGXIN__V1__IDENTITY_ACT__ACT__ERASE || strlen(q->ref_prefix) < PREFIX_LEAST) {
        service_problem(s, r, "BAD_PREFIX", "ERASE, and at least 8 bytes of a reference");
        return;
    }
    if (!judge_words(s, r, q->reason, q->person))
        return;
    act.about = q->source; /* the reference is the resident's */
    act.reason = q->reason;
    act.person = q->person;
    int rc = act_begin(s);
    if (rc == HX_OK && (rc = forget(s, r, &a)) != HX_OK)
        act_abort(s);
    conclude(s, r, rc, &act, &a);
}

/* ---- erasing, holding ---- */

/* Who reported, and what of him stands where an event was refused. */
static int erase(struct service *s, uint64_t number, Hongxin__V1__IdentityActed *a)
{
    struct scrub scrub = {.s = s};
    int rc = hx_store_person_erase_case(s->store, number, &a->identities);
    for (uint32_t party = 0; rc == HX_OK && a->identities && party < HX_CASE_PARTIES; party++)
        rc = scrub_add(&scrub, number, party);
    int scrubbed = scrub_end(&scrub);
    a->quarantined = scrub.rows;
    /* without a key nobody can say whose place is empty */
    a->unsearched = scrub.unsearched < a->identities ? scrub.unsearched : a->identities;
    return rc ? rc : scrubbed;
}

static int do_act(struct service *s, const Hongxin__V1__IdentityAct *q,
                  Hongxin__V1__IdentityActed *a)
{
    switch (q->act) {
    case HONGXIN__V1__IDENTITY_ACT__ACT__ERASE:
        return erase(s, q->case_number, a);
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
    struct act act = act_of(r, act_name((int)q->act));
    if (*q->ref_prefix || *q->source) {
        forget_resident(s, r);
        return;
    }
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
    if (rc == HX_OK && (rc = do_act(s, q, &a)) != HX_OK)
        act_abort(s);
    if (rc == HX_DENIED) {
        service_problem(s, r, "LEGAL_HOLD", "a legal hold keeps this case: release it first");
        return;
    }
    conclude(s, r, rc, &act, &a);
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
    a.principal = hx_text_field(p ? p->name : "");
    a.role = hx_text_field(p ? p->role->name : "");
    answer.answer_case = HONGXIN__V1__RESPONSE__ANSWER_TRACE;
    answer.trace = &a;
    service_answer(s, r, &answer);
}
