#include "service/locks/mask.h"

#include "base/text.h"
#include "hongxin/number.h"
#include "service/acts/identity.h"
#include "service/locks/rights.h"
#include "service/state.h"
#include "service/text.h"
#include <string.h>

#define BIT(name) (UINT32_C(1) << HX_MASK_##name)

/* What can stand in an entry, and what in its event alone. */
static const uint32_t entry_bits = BIT(text) | BIT(position) | BIT(building) | BIT(refs);
static const uint32_t event_bits = BIT(text) | BIT(position) | BIT(refs);

static char mask_sign[] = HX_MASKED, nothing[] = "";

struct mask_rule mask_rule_of(const struct hx_principal *who)
{
    struct mask_rule rule = {.who = who};
    if (who) {
        rule.always = who->role->hides;
        rule.confidential = who->role->hides_confidential;
    }
    return rule;
}

struct mask_rule mask_rule_stream(const struct hx_access *access)
{
    struct mask_rule rule = {0};
    const struct hx_access_role *role;
    for (size_t i = 0; access && (role = hx_access_role_at(access, i)); i++) {
        if (!(role->rights >> HX_RIGHT_stream & 1))
            continue;
        rule.always |= role->hides;
        rule.confidential |= role->hides_confidential;
    }
    return rule;
}

uint32_t mask_bits(const struct service *s, const struct mask_rule *rule, const struct hx_case *c)
{
    bool confidential = c->flags & HX_FLAG_CONFIDENTIAL;
    if (!confidential && rule->who && rule->confidential != rule->always)
        confidential = identity_is_party(s, rule->who, c->about);
    return confidential ? rule->confidential : rule->always;
}

/* The names of what was taken out; *n of them. NULL without memory. */
static char **name_all(struct service *s, uint32_t bits, size_t *n)
{
    char **names = hx_arena_alloc(&s->arena, HX_MASKS_END * sizeof *names);
    *n = 0;
    for (int i = 0; names && i < HX_MASKS_END; i++)
        if (bits >> i & 1)
            names[(*n)++] = hx_text_field(hx_mask_name((enum hx_mask)i));
    return names;
}

/* Puts `sign` in the place of a text that is there. */
static bool hide(char **text, char *sign)
{
    if (!**text)
        return false;
    *text = sign;
    return true;
}

/* Codes are for programs; words are somebody's: "PLACE" stays, "the lady of door 1702" does not. */
static bool hide_words(char **text)
{
    static const char code[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
    return (*text)[strspn(*text, code)] && hide(text, mask_sign);
}

/* ---- views ---- */

static bool hide_refs(hxp_case_view *v)
{
    bool hidden = hide(&v->ref, mask_sign);
    for (size_t i = 0; i < v->n_parties; i++)
        hidden |= hide(&v->parties[i], mask_sign);
    for (size_t i = 0; i < v->n_callbacks; i++)
        hidden |= hide(&v->callbacks[i]->ref, mask_sign);
    return hidden;
}

static bool hide_told(hxp_case_view *v)
{
    bool hidden = false;
    for (size_t i = 0; i < v->n_silences; i++)
        hidden |= hide(&v->silences[i]->why, mask_sign);
    for (size_t i = 0; i < v->n_returns; i++)
        hidden |= hide_words(&v->returns[i]->reason);
    return hidden;
}

void mask_view(struct service *s, uint32_t bits, hxp_case_view *v)
{
    uint32_t hidden = 0;
    if (bits & BIT(text) && hide_told(v))
        hidden |= BIT(text);
    if (bits & BIT(building) && v->where && hide(&v->where->building, nothing))
        hidden |= BIT(building);
    if (bits & BIT(refs) && hide_refs(v))
        hidden |= BIT(refs);
    if (bits & BIT(callback) && hide(&v->callback_ref, nothing))
        hidden |= BIT(callback);
    if (hidden)
        v->masked = name_all(s, hidden, &v->n_masked);
}

uint32_t mask_of(const struct service *s, const struct hx_principal *who, const struct hx_case *c)
{
    const struct mask_rule rule = mask_rule_of(who);
    return mask_bits(s, &rule, c);
}

void mask_show(struct service *s, const struct hx_principal *who, uint32_t bits,
               hxp_case_view *view)
{
    identity_mark(s, who, view);
    if (bits)
        mask_view(s, bits, view);
}

bool mask_hides(const hxp_case_view *v, enum hx_mask mask)
{
    for (size_t i = 0; i < v->n_masked; i++)
        if (strcmp(v->masked[i], hx_mask_name(mask)) == 0)
            return true;
    return false;
}

/* ---- entries ---- */

/* One entry: what of it is withheld from whom, and what was found. */
struct masking {
    struct service *s;
    uint32_t bits, hidden;
    const hxp_where *where;
    const struct hx_principal *reader; /* NULL: many, or nobody in particular */
    bool own;                          /* its event is of a source of the reader's */
    const char *why;                   /* the event's, where it is withheld; else "" */
};

/* What a reporter says stands in more places than one; so does what the call-back hears of him. */
static bool is_told(const char *by)
{
    static const char *const roles[] = {"reporter", "callback"};
    size_t n = strcspn(by, ":/");
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
        if (strlen(roles[i]) == n && strncmp(by, roles[i], n) == 0)
            return true;
    return false;
}

static bool hide_texts(hxp_data *d, bool told)
{
    char **const more[] = {&d->reason,    &d->person, &d->bearer,  &d->order,   &d->warning,
                           &d->procedure, &d->act,    &d->receipt, &d->dispute, &d->error};
    bool hidden = (int)hide(&d->text, mask_sign) | (int)hide(&d->why, mask_sign);
    for (size_t i = 0; told && i < sizeof more / sizeof *more; i++)
        hidden |= hide_words(more[i]);
    for (size_t i = 0; told && i < d->n_steps; i++)
        hidden |= hide_words(&d->steps[i]);
    return hidden;
}

/* Where a case's number can stand as well, the number stays. */
static bool hide_ref(char **text)
{
    uint64_t number;
    return hx_number_parse(*text, &number) != HX_OK && hide(text, mask_sign);
}

static bool hide_data_refs(hxp_data *d)
{
    bool hidden = (int)hide(&d->ref, mask_sign) | (int)hide(&d->party, mask_sign) |
                  (int)hide_ref(&d->repeat_of) | (int)hide_ref(&d->into);
    for (size_t i = 0; i < d->n_cases; i++)
        hidden |= hide_ref(&d->cases[i]);
    return hidden;
}

static void hide_event(struct masking *m, hxp_event *e);

static void hide_data(struct masking *m, hxp_data *d, bool told)
{
    if (m->bits & BIT(text) && hide_texts(d, told))
        m->hidden |= BIT(text);
    if (m->bits & BIT(refs) && hide_data_refs(d))
        m->hidden |= BIT(refs);
    if (m->bits & BIT(position) && d->n_position) {
        d->n_position = 0;
        m->hidden |= BIT(position);
    }
    bool building = m->where && *m->where->building && strcmp(d->place, m->where->building) == 0;
    if (m->bits & BIT(building) && building && hide(&d->place, mask_sign))
        m->hidden |= BIT(building);
    for (size_t i = 0; i < d->n_history; i++)
        hide_event(m, d->history[i]);
}

/* A source makes its ids of its references, mostly: whose source it is knows both. */
static void hide_event(struct masking *m, hxp_event *e)
{
    bool refs = m->bits & BIT(refs);
    if (refs && ((int)hide(&e->case_ref, mask_sign) | (int)(!m->own && hide(&e->id, mask_sign))))
        m->hidden |= BIT(refs);
    if (e->data)
        hide_data(m, e->data, is_told(e->by));
}

static bool pack_event(struct service *s, const hxp_event *event, hxp_entry *into)
{
    into->event.len = hongxin__v1__event__get_packed_size(event);
    into->event.data = hx_arena_alloc(&s->arena, into->event.len + 1);
    if (into->event.data)
        hongxin__v1__event__pack(event, into->event.data);
    return into->event.data;
}

/* The event of an entry without what is withheld; an event that cannot be read is left out whole.
 */
static bool mask_event(struct masking *m, hxp_entry *e)
{
    ProtobufCAllocator in_arena = hx_arena_allocator(&m->s->arena);
    hxp_event *event = hongxin__v1__event__unpack(&in_arena, e->event.len, e->event.data);
    if (!event) {
        e->event.len = 0;
        m->hidden |= m->bits & event_bits;
        return !hx_arena_failed(&m->s->arena);
    }
    m->own = m->reader && rights_source(m->reader, event->source);
    if (m->bits & BIT(text) && event->data)
        m->why = event->data->why;
    uint32_t before = m->hidden;
    hide_event(m, event);
    return m->hidden == before || pack_event(m->s, event, e);
}

/* "RETURN_REFUSED: …" ends with what the event says. */
static bool repeats(const char *text, const char *why)
{
    size_t n = strlen(text), size = strlen(why);
    return size && n >= size && strcmp(text + n - size, why) == 0;
}

/* Where a fact says once more what is withheld of its event; NULL when it does not. */
static char **said_again(const struct masking *m, hxp_fact *f)
{
    bool text = m->bits & BIT(text), refs = m->bits & BIT(refs);
    switch (f->fact_case) {
    case HONGXIN__V1__FACT__FACT_REPLY:
        return refs && !m->own && *f->reply->id ? &f->reply->id : NULL;
    case HONGXIN__V1__FACT__FACT_NOTICE:
        return repeats(f->notice->why, m->why) ? &f->notice->why : NULL;
    case HONGXIN__V1__FACT__FACT_SILENCE:
        return text && *f->silence->why ? &f->silence->why : NULL;
    default:
        return NULL;
    }
}

/* Facts are shared with those who see all of them: what is changed is a copy. */
static hxp_fact *copy_fact(struct hx_arena *arena, const hxp_fact *fact)
{
    hxp_fact *f = hx_arena_memdup(arena, fact, sizeof *f);
    if (!f)
        return NULL;
    if (f->fact_case == HONGXIN__V1__FACT__FACT_REPLY)
        f->reply = hx_arena_memdup(arena, f->reply, sizeof *f->reply);
    else if (f->fact_case == HONGXIN__V1__FACT__FACT_NOTICE)
        f->notice = hx_arena_memdup(arena, f->notice, sizeof *f->notice);
    else
        f->silence = hx_arena_memdup(arena, f->silence, sizeof *f->silence);
    return hx_arena_failed(arena) ? NULL : f;
}

static bool mask_facts(struct masking *m, hxp_entry *e)
{
    struct hx_arena *arena = &m->s->arena;
    hxp_fact **facts = NULL;
    for (size_t i = 0; i < e->n_facts; i++) {
        if (!said_again(m, e->facts[i]))
            continue;
        if (!facts)
            facts = hx_arena_memdup(arena, e->facts, e->n_facts * sizeof *facts);
        hxp_fact *f = facts ? copy_fact(arena, e->facts[i]) : NULL;
        if (!f)
            return false;
        m->hidden |= f->fact_case == HONGXIN__V1__FACT__FACT_REPLY ? BIT(refs) : BIT(text);
        *said_again(m, f) = mask_sign;
        facts[i] = f;
    }
    e->facts = facts ? facts : e->facts;
    return true;
}

static bool mask_building(struct service *s, hxp_entry *e)
{
    hxp_where *where = hx_arena_memdup(&s->arena, e->where, sizeof *e->where);
    if (where)
        where->building = nothing;
    e->where = where;
    return where;
}

static bool replace(struct service *s, const hxp_entry *shown, struct mask_entry *entry)
{
    size_t size = hongxin__v1__entry__get_packed_size(shown);
    uint8_t *bytes = hx_arena_alloc(&s->arena, size + 1);
    if (!bytes)
        return false;
    hongxin__v1__entry__pack(shown, bytes);
    *entry = (struct mask_entry){bytes, size, shown};
    return true;
}

static bool decode(struct service *s, struct mask_entry *entry)
{
    ProtobufCAllocator in_arena = hx_arena_allocator(&s->arena);
    if (!entry->decoded)
        entry->decoded = hongxin__v1__entry__unpack(&in_arena, entry->size, entry->bytes);
    return entry->decoded;
}

bool mask_entry_bits(struct service *s, uint32_t bits, const struct hx_principal *reader,
                     struct mask_entry *entry)
{
    struct masking m = {.s = s, .bits = bits, .reader = reader, .why = ""};
    if (!(bits & entry_bits))
        return true;
    if (!decode(s, entry))
        return false;
    hxp_entry *e = hx_arena_memdup(&s->arena, entry->decoded, sizeof *e);
    if (!e)
        return false;
    m.where = e->where;
    if ((e->event.len && !mask_event(&m, e)) || !mask_facts(&m, e))
        return false;
    if (bits & BIT(building) && e->where && *e->where->building) {
        m.hidden |= BIT(building);
        if (!mask_building(s, e))
            return false;
    }
    if (!m.hidden)
        return true;
    e->masked = name_all(s, m.hidden, &e->n_masked);
    return e->masked && replace(s, e, entry);
}

/* A silence of an area says why in each case that it covers first. */
static bool tells_why(const hxp_entry *e)
{
    for (size_t i = 0; i < e->n_facts; i++)
        if (e->facts[i]->fact_case == HONGXIN__V1__FACT__FACT_SILENCE)
            return true;
    return false;
}

/* Whether anything of the entry could be withheld by this rule: then its case is looked at. */
static bool concerns(const struct mask_rule *rule, const hxp_entry *e)
{
    uint32_t bits = rule->always | rule->confidential;
    return (bits & event_bits && e->event.len) || (bits & BIT(text) && tells_why(e)) ||
           (bits & BIT(building) && e->where && *e->where->building);
}

bool mask_entry(struct service *s, const struct mask_rule *rule, struct mask_entry *entry)
{
    uint32_t bits = rule->always;
    if (!((rule->always | rule->confidential) & entry_bits))
        return true;
    if (!decode(s, entry))
        return false;
    if (!concerns(rule, entry->decoded))
        return true;
    if (entry->decoded->case_number && rule->confidential != rule->always) {
        int rc = hx_store_case(s->store, entry->decoded->case_number, &s->past);
        if (rc != HX_OK && rc != HX_NOTFOUND)
            return false;
        bits = rc == HX_OK ? mask_bits(s, rule, &s->past) : rule->confidential;
    }
    return mask_entry_bits(s, bits, rule->who, entry);
}

/* ---- what must not come back ---- */

static bool is_ref(const char *text)
{
    static const char like[] = "CB-XXXX-XXXX-XXXX";
    if (strlen(text) != sizeof like - 1)
        return false;
    for (size_t i = 0; i < sizeof like - 1; i++) {
        bool letter = (text[i] >= '0' && text[i] <= '9') || (text[i] >= 'A' && text[i] <= 'Z');
        if (like[i] == 'X' ? !letter : text[i] != like[i])
            return false;
    }
    return true;
}

/* Asked of every text of every event, of which nearly all begin otherwise. */
static bool is_own(const char *text)
{
    if (!text || (*text != HX_MASKED[0] && *text != 'C'))
        return true;
    return strcmp(text, HX_MASKED) != 0 && !is_ref(text);
}

bool mask_written_back(const hxp_event *event)
{
    return !text_all(&event->base, is_own);
}
