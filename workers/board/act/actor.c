#include "board/act/actor.h"

#include <stdio.h>
#include <string.h>

/* In this order when an event leaves it open; the word in front of each is that of roles.yaml. */
static const char *const parties[] = {"holder",   "manager", "grid",       "community",
                                      "street",   "city",    "dispatcher", "callback",
                                      "operator", "unit",    "reporter"};
enum { PARTIES = sizeof parties / sizeof *parties };

static bool contains(const json_t *list, const char *word)
{
    size_t i;
    json_t *item;
    json_array_foreach (list, i, item)
        if (json_is_string(item) && strcmp(json_string_value(item), word) == 0)
            return true;
    return false;
}

/* Where the word stands; (size_t)-1: nowhere. */
static size_t place_in(const char *words, const char *word)
{
    size_t n = strlen(word);
    for (const char *p = words; p && (p = strstr(p, word)); p += n)
        if ((p == words || p[-1] == ' ') && (p[n] == ' ' || !p[n]))
            return (size_t)(p - words);
    return (size_t)-1;
}

static bool in_words(const char *words, const char *word)
{
    return place_in(words, word) != (size_t)-1;
}

/* Without keys: what the file's role speaks for, so that an inbox speaks for its company. */
static bool open_claim(const char *role, const char *party)
{
    static const struct {
        const char *role, *parties;
    } table[] = {{"company", "holder manager unit"},
                 {"street", "street holder"},
                 {"supervisor", "city street"},
                 {"call_centre", "reporter dispatcher callback"},
                 {"community", "community dispatcher holder"},
                 {"grid_member", "grid holder"}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strcmp(table[i].role, role) == 0)
            return in_words(table[i].parties, party);
    return true;
}

static bool claims(const struct actor_input *in, const char *party)
{
    if (json_array_size(in->by) && !contains(in->by, party))
        return false;
    if (json_is_true(json_object_get(in->who, "enforced")))
        return contains(json_object_get(in->who, "claims"), party);
    return open_claim(in->role, party);
}

/* The area of the case for which the party acts; NULL: it acts for none. */
static const char *area_of(const char *party, const hxp_case_view *v)
{
    const hxp_where *w = v ? v->where : NULL;
    if (strcmp(party, "holder") == 0 || strcmp(party, "manager") == 0)
        return v ? v->holder : "";
    if (strcmp(party, "street") == 0)
        return w ? w->street : "";
    if (strcmp(party, "community") == 0)
        return w ? w->community : "";
    if (strcmp(party, "grid") == 0)
        return w ? w->grid : "";
    return strcmp(party, "unit") == 0 ? "" : NULL;
}

static const char *first_area(const json_t *areas)
{
    size_t i;
    json_t *a;
    json_array_foreach (areas, i, a)
        if (json_is_string(a) && strcmp(json_string_value(a), "city") != 0)
            return json_string_value(a);
    return NULL;
}

static bool try_party(const struct actor_input *in, const char *party, char out[ACTOR_MAX])
{
    bool enforced = json_is_true(json_object_get(in->who, "enforced"));
    const json_t *areas = enforced ? json_object_get(in->who, "areas") : in->areas;
    bool city = contains(areas, "city") || (!enforced && !first_area(areas));
    const char *area = area_of(party, in->view);
    if (!claims(in, party))
        return false;
    if (!area) {
        snprintf(out, ACTOR_MAX, "%s/%s", party, in->person);
        return true;
    }
    if (!*area || !(city || contains(areas, area)))
        area = first_area(areas);
    if (!area)
        return false;
    snprintf(out, ACTOR_MAX, "%s:%s/%s", party, area, in->person);
    return true;
}

/* A party whose area is the case's goes before one that only has some area; for the city speaks who
 * has all of it. */
static bool fits_case(const struct actor_input *in, const char *party)
{
    const char *area = area_of(party, in->view);
    bool enforced = json_is_true(json_object_get(in->who, "enforced"));
    const json_t *areas = enforced ? json_object_get(in->who, "areas") : in->areas;
    bool city = contains(areas, "city") || (!enforced && !first_area(areas));
    if (!area)
        return city || strcmp(party, "city") != 0;
    return *area && (city || contains(areas, area));
}

/* The first of the preferred ones, in their order, for which he may speak about this case. */
static bool try_preferred(const struct actor_input *in, char out[ACTOR_MAX])
{
    size_t best = (size_t)-1;
    char tried[ACTOR_MAX];
    for (size_t i = 0; i < PARTIES; i++) {
        size_t at = place_in(in->prefer, parties[i]);
        if (at >= best || !fits_case(in, parties[i]) || !try_party(in, parties[i], tried))
            continue;
        best = at;
        memcpy(out, tried, sizeof tried);
    }
    return best != (size_t)-1;
}

bool actor_propose(const struct actor_input *in, char out[ACTOR_MAX])
{
    if (try_preferred(in, out))
        return true;
    for (int round = 0; round < 2; round++)
        for (size_t i = 0; i < PARTIES; i++)
            if ((round == 1 || fits_case(in, parties[i])) && try_party(in, parties[i], out))
                return true;
    return false;
}

bool actor_is_own(const char *by, const char *person)
{
    const char *slash = strchr(by, '/');
    return slash && slash != by && strcmp(slash + 1, person) == 0;
}
