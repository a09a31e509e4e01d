#include "service/locks/mask.h"

#include "service/acts/identity.h"
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
            names[(*n)++] = (char *)(uintptr_t)hx_mask_name((enum hx_mask)i);
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

void mask_view(struct service *s, uint32_t bits, hxp_case_view *v)
{
    uint32_t hidden = 0;
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

static uint32_t hide_event(uint32_t bits, hxp_event *e, const hxp_where *where);

static uint32_t hide_data(uint32_t bits, hxp_data *d, const hxp_where *where)
{
    uint32_t hidden = 0;
    if (bits & BIT(text) && ((int)hide(&d->text, mask_sign) | (int)hide(&d->why, mask_sign)))
        hidden |= BIT(text);
    if (bits & BIT(refs) && ((int)hide(&d->ref, mask_sign) | (int)hide(&d->party, mask_sign)))
        hidden |= BIT(refs);
    if (bits & BIT(position) && d->n_position) {
        d->n_position = 0;
        hidden |= BIT(position);
    }
    bool building = where && *where->building && strcmp(d->place, where->building) == 0;
    if (bits & BIT(building) && building && hide(&d->place, mask_sign))
        hidden |= BIT(building);
    for (size_t i = 0; i < d->n_history; i++)
        hidden |= hide_event(bits, d->history[i], where);
    return hidden;
}

static uint32_t hide_event(uint32_t bits, hxp_event *e, const hxp_where *where)
{
    uint32_t hidden = 0;
    if (bits & BIT(refs) && hide(&e->case_ref, mask_sign))
        hidden |= BIT(refs);
    return hidden | (e->data ? hide_data(bits, e->data, where) : 0);
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
static bool mask_event(struct service *s, uint32_t bits, hxp_entry *e, uint32_t *hidden)
{
    ProtobufCAllocator in_arena = hx_arena_allocator(&s->arena);
    hxp_event *event = hongxin__v1__event__unpack(&in_arena, e->event.len, e->event.data);
    if (!event) {
        e->event.len = 0;
        *hidden |= bits & event_bits;
        return !hx_arena_failed(&s->arena);
    }
    uint32_t found = hide_event(bits, event, e->where);
    *hidden |= found;
    return !found || pack_event(s, event, e);
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

bool mask_entry_bits(struct service *s, uint32_t bits, struct mask_entry *entry)
{
    uint32_t hidden = 0;
    if (!(bits & entry_bits))
        return true;
    if (!decode(s, entry))
        return false;
    hxp_entry *e = hx_arena_memdup(&s->arena, entry->decoded, sizeof *e);
    if (!e || (e->event.len && !mask_event(s, bits, e, &hidden)))
        return false;
    if (bits & BIT(building) && e->where && *e->where->building) {
        hidden |= BIT(building);
        if (!mask_building(s, e))
            return false;
    }
    if (!hidden)
        return true;
    e->masked = name_all(s, hidden, &e->n_masked);
    return e->masked && replace(s, e, entry);
}

/* Whether anything of the entry could be withheld by this rule: then its case is looked at. */
static bool concerns(const struct mask_rule *rule, const hxp_entry *e)
{
    uint32_t bits = rule->always | rule->confidential;
    return (bits & event_bits && e->event.len) ||
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
    return mask_entry_bits(s, bits, entry);
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
