/* Questions about cases: one case with its history, and lists. They see what is committed. */
#include "engine/notice/silence.h"
#include "engine/routing/route.h"
#include "engine/words/words.h"
#include "hongxin/number.h"
#include "service/acts/identity.h"
#include "service/locks/mask.h"
#include "service/queries/past.h"
#include "service/state.h"
#include "service/text.h"

#include <string.h>

/* ---- one case ---- */

/* Journal entries of one case, collected newest first. */
struct history {
    struct service *s;
    const struct hx_principal *who; /* asks */
    uint32_t hidden;                /* from him */
    ProtobufCBinaryData entries[LIMIT_HISTORY];
    size_t n, bytes;
    uint64_t upto; /* later ones were not known yet */
    bool cut;
};

static int add_entry(void *ctx, uint64_t lsn, const uint8_t *bytes, size_t size)
{
    struct history *h = ctx;
    struct mask_entry shown = {.bytes = bytes, .size = size};
    uint8_t *copy = NULL;
    if (lsn > h->upto)
        return 0;
    if (h->n < LIMIT_HISTORY && h->bytes + size <= LIMIT_HISTORY_BYTES &&
        mask_entry_bits(h->s, h->hidden, h->who, &shown))
        copy = hx_arena_memdup(&h->s->arena, shown.bytes, shown.size);
    if (!copy) {
        h->cut = true;
        return 1;
    }
    h->entries[h->n++] = (ProtobufCBinaryData){.len = shown.size, .data = copy};
    h->bytes += shown.size;
    return 0;
}

static void oldest_first(struct history *h)
{
    for (size_t i = 0; i < h->n / 2; i++) {
        ProtobufCBinaryData swap = h->entries[i];
        h->entries[i] = h->entries[h->n - 1 - i];
        h->entries[h->n - 1 - i] = swap;
    }
}

enum { NEWEST_LEAST = 8 };

/* The newest case of a resident, whose references begin so. */
static int find_newest(struct service *s, const Hongxin__V1__CaseQuery *q, uint64_t *number)
{
    uint64_t *numbers = NULL;
    size_t n = 0;
    if (strlen(q->ref) < NEWEST_LEAST)
        return HX_NOTFOUND;
    int rc = identity_cases(s, q->source, q->ref, &numbers, &n);
    for (size_t i = 0; !rc && i < n; i++)
        *number = numbers[i] > *number ? numbers[i] : *number;
    return rc || *number ? rc : HX_NOTFOUND;
}

static int find_case(struct service *s, const Hongxin__V1__CaseQuery *q)
{
    uint64_t number = q->case_number;
    if (!number) {
        int rc = q->newest ? find_newest(s, q, &number)
                           : hx_store_ref(s->store, q->source, q->ref, &number);
        if (rc != HX_OK)
            return rc;
    }
    return hx_store_case(s->store, number, &s->scratch);
}

static const char *past_text(const char *code)
{
    static const struct {
        const char *code, *text;
    } texts[] = {{"NOT_YET", "the case was reported later than that"},
                 {"PRUNED", "entries of that time are not kept any more"},
                 {"OTHER_RULES", "the rules of today judge otherwise than those of that time"},
                 {"TOO_LARGE", "too many entries would have to be looked at"},
                 {"IN_FUTURE", "nobody knows yet"}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (strcmp(texts[i].code, code) == 0)
            return texts[i].text;
    return "try again";
}

/* Of s->scratch, up to the newest entry that it knows. */
static int add_history(struct service *s, const struct hx_principal *who, uint32_t hidden,
                       Hongxin__V1__CaseAnswer *a)
{
    struct history *h = hx_arena_alloc(&s->arena, sizeof *h);
    if (!h)
        return HX_NOMEM;
    h->s = s;
    h->who = who;
    h->hidden = hidden;
    h->upto = s->scratch.last_lsn;
    int rc = hx_store_history(s->store, s->scratch.number, SIZE_MAX, add_entry, h);
    oldest_first(h);
    a->history = h->entries;
    a->n_history = h->n;
    a->cut = h->cut;
    return rc;
}

/* By its number everybody may ask; by a reference only who is shown it, or whose it is: else it
 * could be found out by trying. */
static bool may_ask_so(const struct request *r, const Hongxin__V1__CaseQuery *q, uint32_t hidden)
{
    return q->case_number || !(hidden >> HX_MASK_refs & 1) || !r->who ||
           rights_source(r->who, q->source);
}

void handle_case(struct service *s, const struct request *r)
{
    const Hongxin__V1__CaseQuery *q = r->message->case_query;
    Hongxin__V1__CaseAnswer a = HONGXIN__V1__CASE_ANSWER__INIT;
    hxp_response answer = HONGXIN__V1__RESPONSE__INIT;
    const char *past = NULL;
    int rc = find_case(s, q);
    if (q->secret[0] && (rc == HX_OK || rc == HX_NOTFOUND)) {
        service_status(s, r, rc == HX_OK ? &s->scratch : NULL);
        return;
    }
    if (rc == HX_OK && !(a.view = hx_case_view(&s->machine, &s->scratch)))
        rc = HX_NOMEM;
    if (rc == HX_OK && !service_sees_case(s, r, a.view))
        rc = HX_NOTFOUND; /* the same words as for a case that is not there */
    uint32_t hidden = rc == HX_OK ? mask_of(s, r->who, &s->scratch) : 0; /* by what it is today */
    if (rc == HX_OK && !may_ask_so(r, q, hidden))
        rc = HX_NOTFOUND;
    if (rc == HX_OK && q->at)
        a.view = past_view(s, q->at, &past);
    if (past) {
        service_problem(s, r, past, past_text(past));
        return;
    }
    if (rc == HX_OK)
        mask_show(s, r->who, hidden, a.view);
    if (rc == HX_OK && q->history)
        rc = add_history(s, r->who, hidden, &a);
    if (rc != HX_OK) {
        bool none = rc == HX_NOTFOUND;
        service_problem(s, r, none ? "NO_CASE" : "STORE_TROUBLE",
                        none ? "there is no such case" : "try again");
        return;
    }
    answer.answer_case = HONGXIN__V1__RESPONSE__ANSWER_CASE_ANSWER;
    answer.case_answer = &a;
    service_answer(s, r, &answer);
}

/* ---- lists ---- */

struct list {
    struct service *s;
    const struct request *r;
    const Hongxin__V1__ListQuery *q;
    int64_t due_until; /* 0 = any */
    hxp_case_view *cases[HX_LIST_MAX];
    size_t n, most, seen;
    uint64_t beyond; /* matches behind the page */
    uint64_t last;
    bool failed;
};

static bool in_states(const struct list *l, const char *state)
{
    for (size_t i = 0; i < l->q->n_states; i++)
        if (strcmp(l->q->states[i], state) == 0)
            return true;
    return l->q->n_states == 0;
}

static bool with_flags(const struct list *l, const hxp_case_view *c)
{
    for (size_t i = 0; i < l->q->n_flags; i++)
        for (size_t j = 0; j < c->n_flags; j++)
            if (strcmp(l->q->flags[i], c->flags[j]) == 0)
                return true;
    return l->q->n_flags == 0;
}

static bool listed(const struct list *l, const hxp_case_view *c)
{
    if (l->due_until && (!c->next_deadline || c->next_deadline > l->due_until))
        return false;
    if (l->q->no_company && !c->no_company)
        return false;
    return in_states(l, c->state) && with_flags(l, c);
}

static int list_case(void *ctx, uint64_t number)
{
    struct list *l = ctx;
    struct service *s = l->s;
    bool full = l->n == l->most;
    if (full && !l->q->count)
        return 1;
    l->seen++;
    if (!full)
        l->last = number;
    int rc = hx_store_case(s->store, number, &s->scratch);
    if (rc == HX_NOTFOUND || rc == HX_CORRUPT)
        return 0; /* hides no other */
    if (rc != HX_OK)
        return l->failed = true;
    hxp_case_view *view = hx_case_view(&s->machine, &s->scratch);
    l->failed |= !view;
    if (!view || !listed(l, view) || !service_shows_case(s, l->r, &s->scratch, view))
        return l->failed;
    if (!filter_matches_case(l->q->filter, view)) /* as it is shown */
        return 0;
    if (full)
        l->beyond++;
    else
        l->cases[l->n++] = view;
    return 0;
}

/* Closed cases stand in no projection: numbers are walked as they were given. */
static int walk_all(struct list *l)
{
    uint64_t first = hx_number_make((uint16_t)l->s->options.partition, 0);
    uint64_t last = hx_store_newest_case(l->s->store);
    uint64_t number = l->q->after > first ? l->q->after : first;
    while (number < last && l->seen < LIMIT_LIST_SCAN && list_case(l, number + 1) == 0)
        number++;
    return HX_OK;
}

static int walk_open(struct list *l)
{
    char text[64];
    const char *hint = service_hint(l->s, l->q->filter, text);
    return hx_store_open_cases(l->s->store, hint, l->q->after, LIMIT_LIST_SCAN, list_case, l);
}

static struct list *list_new(struct service *s, const struct request *r)
{
    struct list *l = hx_arena_alloc(&s->arena, sizeof *l);
    if (!l)
        return NULL;
    l->s = s;
    l->r = r;
    l->q = r->message->list;
    l->most = l->q->limit && l->q->limit < HX_LIST_MAX ? l->q->limit : HX_LIST_MAX;
    l->last = l->q->after;
    if (l->q->due_within_ms) {
        uint64_t most = (uint64_t)(HX_INSTANT_MAX - timebase_now(&s->time));
        uint64_t within = l->q->due_within_ms < most ? l->q->due_within_ms : most;
        l->due_until = timebase_now(&s->time) + (int64_t)within;
    }
    return l;
}

static const char *list_problem(const struct service *s, const Hongxin__V1__ListQuery *q)
{
    for (size_t i = 0; i < q->n_states; i++)
        if (hx_rules_state(s->machine.rules, q->states[i]) < 0)
            return "UNKNOWN_STATE";
    for (size_t i = 0; i < q->n_flags; i++)
        if (!hx_flag_number(q->flags[i]))
            return "UNKNOWN_FLAG";
    return service_filter_problem(s, q->filter);
}

static bool named(char *const *ids, size_t n, const char *id)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(ids[i], id) == 0)
            return true;
    return false;
}

/* The area is one of the filter's, or lies in one. */
static bool silence_wanted(const struct list *l, const char *id)
{
    const hxp_filter *f = l->q->filter;
    if (!f || f->n_places + f->n_holders == 0 || named(f->holders, f->n_holders, id))
        return true;
    for (const struct hx_place *p = hx_city_place(l->s->options.city, id); p; p = p->parent)
        if (named(f->places, f->n_places, p->id))
            return true;
    return false;
}

/* Whoever has the area, or speaks for whom it was asked, as a street for a company. */
static bool silence_shown(const struct list *l, const hxp_silence *w, const char *id)
{
    const struct service *s = l->s;
    struct hx_actor by;
    if (!l->r->who || rights_area(s->lock.access, s->options.city, l->r->who, id))
        return true;
    return hx_actor_parse(w->by, &by) && by.area[0] &&
           rights_area(s->lock.access, s->options.city, l->r->who, by.area);
}

/* Silences of areas stand beside the first page of those that are silent. */
static bool add_silences(const struct list *l, Hongxin__V1__ListAnswer *a)
{
    const struct hx_machine *m = &l->s->machine;
    bool wanted = false;
    for (size_t i = 0; i < l->q->n_flags && !l->q->after; i++)
        wanted |= strcmp(l->q->flags[i], "SILENCED") == 0;
    a->silences = hx_arena_alloc(m->arena, HX_SILENCE_AREAS * sizeof(void *));
    if (!a->silences)
        return false;
    size_t n = wanted ? hx_area_silences(m, hx_store_committed(), a->silences) : 0;
    for (size_t i = 0; i < n; i++) {
        const char *id = strchr(a->silences[i]->area, ':') + 1;
        if (silence_wanted(l, id) && silence_shown(l, a->silences[i], id))
            a->silences[a->n_silences++] = a->silences[i];
    }
    return !hx_arena_failed(m->arena);
}

void handle_list(struct service *s, const struct request *r)
{
    Hongxin__V1__ListAnswer a = HONGXIN__V1__LIST_ANSWER__INIT;
    hxp_response answer = HONGXIN__V1__RESPONSE__INIT;
    if (service_refused(s, r, list_problem(s, r->message->list)))
        return;
    struct list *l = list_new(s, r);
    int rc = !l ? HX_NOMEM : l->q->closed ? walk_all(l) : walk_open(l);
    if (rc != HX_OK || l->failed || !add_silences(l, &a)) {
        service_problem(s, r, "STORE_TROUBLE", "try again");
        return;
    }
    a.cases = l->cases;
    a.n_cases = l->n;
    bool ended = l->seen < LIMIT_LIST_SCAN && (l->q->count || l->n < l->most);
    a.cut = !ended || l->beyond;
    a.next = a.cut ? l->last : 0;
    a.counted = ended && !l->q->after;
    a.total = a.counted || l->q->count ? l->n + l->beyond : 0;
    answer.answer_case = HONGXIN__V1__RESPONSE__ANSWER_LIST;
    answer.list = &a;
    service_answer(s, r, &answer);
}

/* ---- likely duplicates ---- */

void handle_similar(struct service *s, const struct request *r)
{
    const Hongxin__V1__SimilarQuery *q = r->message->similar;
    Hongxin__V1__SimilarAnswer a = HONGXIN__V1__SIMILAR_ANSWER__INIT;
    hxp_response answer = HONGXIN__V1__RESPONSE__INIT;
    hxp_case_view *cases[HX_SIMILAR_MAX];
    uint64_t numbers[HX_SIMILAR_MAX];
    if (!hx_city_place(s->options.city, q->place)) {
        service_problem(s, r, "UNKNOWN_PLACE", "the city has no such place");
        return;
    }
    size_t n = similar_find(&s->similar, q->place, hx_task_code(q->category), 0, numbers);
    a.cases = cases;
    for (size_t i = 0; i < n; i++) {
        int rc = hx_store_case(s->store, numbers[i], &s->scratch);
        hxp_case_view *view = rc == HX_OK ? hx_case_view(&s->machine, &s->scratch) : NULL;
        if (!view || !service_shows_case(s, r, &s->scratch, view))
            continue;
        if (!mask_hides(view, HX_MASK_building)) /* the question has named it */
            cases[a.n_cases++] = view;
    }
    answer.answer_case = HONGXIN__V1__RESPONSE__ANSWER_SIMILAR;
    answer.similar = &a;
    service_answer(s, r, &answer);
}
