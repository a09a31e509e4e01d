/* Parties to a case: for whom an event speaks, further reporters, call-backs, what comes under the
 * number of a merged case; transfer, conversion. */
#include "base/text.h"
#include "engine/words/words.h"
#include "hongxin/number.h"

#include <string.h>

/* ---- parties and their call-backs ---- */

/* A party by its own reference; the first reporter also by the case's. NULL: nobody. */
static struct hx_party *party_named(const struct hx_step *s, const char *name)
{
    struct hx_case *c = s->c;
    for (uint32_t i = 0; i < c->n_parties; i++) {
        const char *ref = c->parties[i].ref[0] ? c->parties[i].ref : c->ref;
        if (strcmp(ref, name) == 0)
            return &c->parties[i];
    }
    return strcmp(name, "reporter") == 0 || strcmp(name, c->ref) == 0 ? &c->parties[0] : NULL;
}

/* ---- for whom an event speaks ---- */

/* Who stands behind the number of a merged case, or is named. Who names nobody speaks for the case.
 */
bool hx_names_somebody(const struct hx_step *s)
{
    return s->n_speakers || s->data->party[0];
}

bool hx_speaks_for(const struct hx_step *s, const struct hx_party *p)
{
    for (uint32_t i = 0; i < s->n_speakers; i++)
        if (p == &s->c->parties[s->speakers[i]])
            return true;
    return !s->n_speakers && (!s->data->party[0] || p == party_named(s, s->data->party));
}

/* ---- call-backs ---- */

static bool settled(const struct hx_party *p)
{
    return p->gone || p->callback == HX_CALLBACK_OK || p->callback == HX_CALLBACK_BAD ||
           p->tries >= 3;
}

/* Who was called: of those for whom the event speaks the first who still waits. */
struct hx_party *hx_party_called(const struct hx_step *s)
{
    struct hx_case *c = s->c;
    struct hx_party *first = NULL;
    for (uint32_t i = 0; i < c->n_parties; i++) {
        struct hx_party *p = &c->parties[i];
        if (!hx_speaks_for(s, p))
            continue;
        if (!settled(p))
            return p;
        first = first ? first : p;
    }
    return first ? first : &c->parties[0];
}

static bool party_known(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return s->n_speakers || !s->data->party[0] || party_named(s, s->data->party);
}

static bool party_open(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return hx_names_somebody(s) && !settled(hx_party_called(s));
}

/* A call-back that names nobody speaks for the case; one that names a party leaves the others
 * waiting. */
static bool last_party(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    const struct hx_party *now = hx_party_called(s);
    for (uint32_t i = 0; hx_names_somebody(s) && i < s->c->n_parties; i++)
        if (&s->c->parties[i] != now && !settled(&s->c->parties[i]))
            return false;
    return true;
}

/* ---- under the number of a merged case (corner 11) ---- */

/* Its reporters are parties of the other case now. Those for whom the event does not speak are
 * nobody there. */
static void leave_out_others(struct hx_step *s)
{
    for (uint32_t i = 0; i < s->n_theirs; i++)
        if (!hx_speaks_for(s, &s->c->parties[i]))
            s->theirs[i] = HX_NOBODY;
}

/* The step that the event would be in the other case. */
struct hx_step hx_step_there(const struct hx_step *s)
{
    struct hx_step from = *s, there = *s;
    leave_out_others(&from);
    there.c = s->other;
    there.other = s->c;
    hx_step_pass_on(&there, &from);
    return there;
}

static bool allowed_there(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    if (!s->other)
        return false;
    struct hx_step there = hx_step_there(s);
    return there.n_speakers &&
           hx_step_event_row(&there, hx_rules_event(s->rules, hx_step_came(s)->type));
}

/* One of them, for whom the event speaks, still waits there for his call, and it would count. */
static bool merged_waits(const struct hx_step *s, const struct hx_call *call)
{
    const struct hx_case *c = s->other;
    for (uint32_t i = 0; c && c->t_resolved && i < s->n_theirs; i++)
        if (s->theirs[i] != HX_NOBODY && hx_speaks_for(s, &s->c->parties[i]) &&
            !settled(&c->parties[s->theirs[i]]))
            return allowed_there(s, call);
    return false;
}

/* Both reporters are called back and rate apart: what comes under the number of the merged case
 * counts in the other one, for its own reporters. */
static void pass_on(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    leave_out_others(s);
    s->message = hx_rules_event(s->rules, hx_step_came(s)->type);
}

static bool third_try(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return hx_party_called(s)->tries >= 2;
}

static bool somebody_satisfied(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    for (uint32_t i = 0; i < s->c->n_parties; i++)
        if (s->c->parties[i].callback == HX_CALLBACK_OK)
            return true;
    return false;
}

/* What came under a merged case's own number is heard of where it counts. */
void hx_heard_of(struct hx_step *s, const char *what, const char *receiver)
{
    char number[HX_NUMBER_TEXT];
    if (s->n_speakers)
        hx_tell(s, hx_rules_receiver(s->rules, receiver),
                hx_arena_printf(s->arena, "%s of %s counts here", what,
                                hx_number_format(s->other->number, number)));
}

static void hear_comment(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    hx_heard_of(s, "comment", "duty");
}

static void rate(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    struct hx_party *p = hx_party_called(s);
    hx_heard_of(s, "call-back", "callback");
    p->callback = HX_CALLBACK_OK;
    p->rating = s->data->rating;
}

static void rate_bad(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    struct hx_party *p = hx_party_called(s);
    hx_heard_of(s, "call-back", "callback");
    p->callback = HX_CALLBACK_BAD;
    p->rating = s->data->rating;
}

static void count_try(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    struct hx_party *p = hx_party_called(s);
    hx_heard_of(s, "call-back", "callback");
    if (p->callback == HX_CALLBACK_OK || p->callback == HX_CALLBACK_BAD)
        return; /* whoever has answered has answered */
    p->tries++;
    p->callback = HX_CALLBACK_NO_ANSWER;
}

void hx_parties_ask_again(struct hx_case *c)
{
    for (uint32_t i = 0; i < c->n_parties; i++) {
        c->parties[i].callback = HX_CALLBACK_OPEN;
        c->parties[i].tries = 0;
    }
}

static void ask_again(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    hx_parties_ask_again(s->c);
}

/* The citizen's clock begins with the earliest of them. */
static void set_report(struct hx_step *s, int64_t t)
{
    struct hx_clock *k = hx_clock_find(s->c, hx_rules_clock(s->rules, "K_CITIZEN"));
    s->c->t0 = t;
    if (!k)
        return;
    k->start = t;
    k->moved_by = s->lsn;
    k->city = hx_city_number(s->m->city);
    hx_fact_clock(s, k, "MOVE");
}

void hx_earliest_report(struct hx_step *s, int64_t t)
{
    if (t < s->c->t0)
        set_report(s, t);
}

void hx_own_report(struct hx_step *s)
{
    int64_t t = INT64_MAX;
    for (uint32_t i = 0; i < s->c->n_parties; i++)
        if (s->c->parties[i].t_occ < t)
            t = s->c->parties[i].t_occ;
    if (t != INT64_MAX && t > s->c->t0)
        set_report(s, t);
}

/* Without the other system's receipt the case stays ours. */
static bool receipt_brought(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return s->data->receipt[0] != '\0';
}

static bool dispute_named(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return s->data->dispute[0] != '\0';
}

/* One person is not counted as two: a party has one call-back. */
static bool party_new(const struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    return !party_named(s, s->data->party);
}

static void add_party(struct hx_step *s, const struct hx_call *call)
{
    (void)call;
    struct hx_case *c = s->c;
    if (c->n_parties == HX_CASE_PARTIES) {
        s->overflow = true;
        return;
    }
    struct hx_party *p = &c->parties[c->n_parties++];
    int64_t t_occ = hx_step_came(s)->t_occ;
    *p = (struct hx_party){.t_occ = t_occ && t_occ <= s->t_rcv ? t_occ : s->t_rcv};
    hx_text_put(p->ref, sizeof p->ref, s->data->party);
    hx_earliest_report(s, p->t_occ);
    if (hx_step_came(s)->confidential || s->data->confidential)
        hx_flag_set(s, HX_FLAG_CONFIDENTIAL, true); /* of one of them is of the case (corner 28) */
}

const struct hx_word hx_words_parties[] = {
    HX_GUARD("party_known", HX_ARG_NONE, party_known, "UNKNOWN_PARTY", HX_NOT_ALLOWED,
             "the party that is named belongs to the case"),
    HX_GUARD("party_new", HX_ARG_NONE, party_new, "PARTY_ALREADY", HX_NOT_ALLOWED,
             "nobody of this reference is a party yet"),
    HX_GUARD("party_open", HX_ARG_NONE, party_open, "NO_PARTY_WAITS", HX_NOT_ALLOWED,
             "the party that is named has not been asked yet"),
    HX_GUARD("last_party", HX_ARG_NONE, last_party, "OTHERS_WAIT", HX_NOT_ALLOWED,
             "no other party waits for a call-back"),
    HX_GUARD("third_try", HX_ARG_NONE, third_try, "TRIES_LEFT", HX_NOT_ALLOWED,
             "the third try in vain"),
    HX_CASE_GUARD("somebody_satisfied", HX_ARG_NONE, somebody_satisfied, "NOBODY_CONFIRMED",
                  HX_NOT_ALLOWED, "another reporter has confirmed the solution"),
    HX_GUARD("merged_waits", HX_ARG_NONE, merged_waits, "NOT_SOLVED_THERE", HX_NOT_ALLOWED,
             "the other case is solved and waits for this reporter's call-back"),
    HX_GUARD("allowed_there", HX_ARG_NONE, allowed_there, "NOT_NOW_THERE", HX_NOT_ALLOWED,
             "the case that speaks for this one allows it to its reporters"),
    HX_GUARD("receipt_brought", HX_ARG_NONE, receipt_brought, "NO_RECEIPT", HX_NOT_ALLOWED,
             "the receiving system's receipt"),
    HX_GUARD("dispute_named", HX_ARG_NONE, dispute_named, "NO_DISPUTE", HX_NOT_ALLOWED,
             "the dispute that was opened"),
    HX_EFFECT("ask_again", HX_ARG_NONE, ask_again, "every reporter is called back anew"),
    HX_EFFECT(HX_WORD_PASSES_ON, HX_ARG_NONE, pass_on,
              "it counts in the case that speaks for this one, for its reporters"),
    HX_EFFECT("hear_comment", HX_ARG_NONE, hear_comment,
              "a comment under the number of a merged case is told to the holder"),
    HX_EFFECT("rate", HX_ARG_NONE, rate, "stores a party's good call-back and its rating"),
    HX_EFFECT("rate_bad", HX_ARG_NONE, rate_bad, "stores a party's bad call-back and its rating"),
    HX_EFFECT("count_try", HX_ARG_NONE, count_try, "counts a party's call-back without answer"),
    HX_EFFECT("add_party", HX_ARG_NONE, add_party, "a further reporter with an own call-back"),
    HX_WORDS_END,
};
