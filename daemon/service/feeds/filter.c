#include "service/feeds/filter.h"

#include "hongxin/fact.h"
#include "hongxin/limits.h"
#include <stdio.h>
#include <string.h>

static bool in_list(const char *s, size_t n, char *const *list)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(s, list[i]) == 0)
            return true;
    return false;
}

/* "L0" … "L5" as 0 … 5; -1 for anything else. */
static int level_number(const char *s)
{
    return s && s[0] == 'L' && s[1] >= '0' && s[1] <= '5' && !s[2] ? s[1] - '0' : -1;
}

static bool has_text(const char *s)
{
    return s && *s;
}

const char *filter_problem(const hxp_filter *f)
{
    if (!f)
        return NULL;
    if (hongxin__v1__filter__get_packed_size(f) > HX_FILTER_MAX)
        return "FILTER_TOO_LARGE";
    if (has_text(f->min_level) && level_number(f->min_level) < 0)
        return "BAD_LEVEL";
    for (size_t i = 0; i < f->n_facts; i++)
        if (!hx_fact_named(f->facts[i]))
            return "BAD_FACT";
    return NULL;
}

static bool holder_known(const struct hx_city *city, const char *id)
{
    const struct hx_place *p = hx_city_place(city, id);
    return hx_city_company(city, id) || hx_city_unit(city, id) ||
           (p && (p->kind == HX_COMMUNITY || p->kind == HX_STREET));
}

const char *filter_unknown(const hxp_filter *f, const struct hx_city *city,
                           const struct hx_rules *rules)
{
    for (size_t i = 0; f && i < f->n_places; i++)
        if (!hx_city_place(city, f->places[i]))
            return "UNKNOWN_PLACE";
    for (size_t i = 0; f && i < f->n_holders; i++)
        if (!holder_known(city, f->holders[i]))
            return "UNKNOWN_HOLDER";
    for (size_t i = 0; f && i < f->n_classes; i++)
        if (hx_rules_class(rules, f->classes[i]) < 0)
            return "UNKNOWN_CLASS";
    return NULL;
}

const char *filter_text(const char *code)
{
    static const struct {
        const char *code, *text;
    } texts[] = {{"UNKNOWN_PLACE", "the city has no such place"},
                 {"UNKNOWN_HOLDER", "the city has no such company, unit, community or street"},
                 {"UNKNOWN_CLASS", "the life cycle has no such class"},
                 {"UNKNOWN_STATE", "the life cycle has no such state"},
                 {"UNKNOWN_FLAG", "a case has no such flag"},
                 {"BAD_FACT", "the journal has no such fact"},
                 {"BAD_LEVEL", "levels are L0 to L5"}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (strcmp(texts[i].code, code) == 0)
            return texts[i].text;
    return "it was refused";
}

static bool wants_all(const hxp_filter *f)
{
    return !f->n_places && !f->n_holders && !f->n_facts && !f->n_to && !f->n_classes &&
           !has_text(f->min_level);
}

int filter_copy(const hxp_filter *f, hxp_filter **out)
{
    uint8_t packed[HX_FILTER_MAX];
    *out = NULL;
    if (!f || wants_all(f))
        return HX_OK;
    if (hongxin__v1__filter__get_packed_size(f) > sizeof packed)
        return HX_TOOBIG;
    size_t n = hongxin__v1__filter__pack(f, packed);
    *out = hongxin__v1__filter__unpack(NULL, n, packed);
    return *out ? HX_OK : HX_NOMEM;
}

void filter_free(hxp_filter *f)
{
    if (f)
        hongxin__v1__filter__free_unpacked(f, NULL);
}

static bool place_matches(const hxp_filter *f, const hxp_where *w)
{
    if (!f->n_places)
        return true;
    if (!w)
        return false;
    const char *const ids[] = {w->street, w->community, w->grid, w->estate, w->building};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        if (*ids[i] && in_list(ids[i], f->n_places, f->places))
            return true;
    return false;
}

static bool fact_matches(const hxp_filter *f, const hxp_entry *e)
{
    for (size_t i = 0; i < e->n_facts; i++)
        if (in_list(hx_fact_name(e->facts[i]), f->n_facts, f->facts))
            return true;
    return f->n_facts == 0;
}

/* "company:P-07" is meant by a notice to it and by one to "company:P-07/li". */
static bool receiver_is(const char *receiver, const char *wanted)
{
    size_t n = strlen(wanted);
    return strncmp(receiver, wanted, n) == 0 && (receiver[n] == '\0' || receiver[n] == '/');
}

static bool addressed(const hxp_entry *e, const char *wanted)
{
    for (size_t i = 0; i < e->n_audience; i++)
        if (receiver_is(e->audience[i], wanted))
            return true;
    for (size_t i = 0; i < e->n_facts; i++) {
        const hxp_fact *fact = e->facts[i];
        if (fact->fact_case == HONGXIN__V1__FACT__FACT_NOTICE &&
            (receiver_is(fact->notice->to, wanted) || receiver_is(fact->notice->stand_in, wanted)))
            return true;
    }
    return false;
}

static bool receiver_matches(const hxp_filter *f, const hxp_entry *e)
{
    for (size_t i = 0; i < f->n_to; i++)
        if (addressed(e, f->to[i]))
            return true;
    return f->n_to == 0;
}

bool filter_matches_entry(const hxp_filter *f, const hxp_entry *e)
{
    if (!f)
        return true;
    if (f->n_holders && !in_list(e->holder, f->n_holders, f->holders) &&
        !in_list(e->holder_before, f->n_holders, f->holders))
        return false;
    if (f->n_classes && !in_list(e->class_, f->n_classes, f->classes))
        return false;
    if (has_text(f->min_level) && level_number(e->level) < level_number(f->min_level))
        return false;
    return place_matches(f, e->where) && fact_matches(f, e) && receiver_matches(f, e);
}

/* The area of "role:area/person" is the holder of the case or a place above it. */
static bool area_has_case(const char *receiver, const hxp_case_view *c)
{
    char area[64];
    const char *colon = strchr(receiver, ':');
    if (!colon)
        return false;
    size_t n = strcspn(colon + 1, "/");
    if (n == 0 || n >= sizeof area)
        return false;
    memcpy(area, colon + 1, n);
    area[n] = '\0';
    char *list[] = {area};
    const hxp_filter one = {.n_places = 1, .places = list};
    return strcmp(area, c->holder) == 0 || place_matches(&one, c->where);
}

bool filter_matches_case(const hxp_filter *f, const hxp_case_view *c)
{
    if (!f)
        return true;
    if (f->n_holders && !in_list(c->holder, f->n_holders, f->holders))
        return false;
    if (f->n_classes && !in_list(c->class_, f->n_classes, f->classes))
        return false;
    if (has_text(f->min_level) && level_number(c->level) < level_number(f->min_level))
        return false;
    if (!place_matches(f, c->where))
        return false;
    for (size_t i = 0; i < f->n_to; i++)
        if (area_has_case(f->to[i], c))
            return true;
    return f->n_to == 0;
}

const char *filter_hint(const hxp_filter *f, char text[64])
{
    if (f && f->n_holders == 1)
        snprintf(text, 64, "holder:%.50s", f->holders[0]);
    else if (f && f->n_places == 1)
        snprintf(text, 64, "place:%.50s", f->places[0]);
    else
        return NULL;
    return text;
}
