#include "service/locks/rights.h"

#include "engine/rules/rules.h"
#include "engine/step.h"
#include <string.h>

static void add(struct rights_tags *t, int number)
{
    if (number >= 0 && t->n < RIGHTS_TAGS)
        t->list[t->n++] = number;
}

static void add_where(const struct hx_access *a, struct rights_tags *t, const hxp_where *w)
{
    if (!w)
        return;
    const char *const ids[] = {w->street, w->community, w->grid, w->estate, w->building};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        add(t, hx_access_area(a, ids[i]));
}

static void add_alarms(const struct hx_access *a, struct rights_tags *t, const hxp_entry *e)
{
    for (size_t i = 0; i < e->n_facts; i++) {
        const hxp_fact *f = e->facts[i];
        if (f->fact_case == HONGXIN__V1__FACT__FACT_ALARM)
            add(t, hx_access_source(a, f->alarm->source));
        t->audit |= f->fact_case == HONGXIN__V1__FACT__FACT_AUDIT;
    }
}

void rights_tag_entry(const struct hx_access *a, const hxp_entry *e, struct rights_tags *t)
{
    t->n = 0;
    t->audit = false;
    t->any_case = e->case_number != 0;
    add_where(a, t, e->where);
    add(t, hx_access_area(a, e->holder));
    add(t, hx_access_area(a, e->holder_before));
    add(t, hx_access_area(a, e->second_holder));
    for (size_t i = 0; i < e->n_audience; i++)
        add(t, hx_access_area(a, e->audience[i]));
    add_alarms(a, t, e);
}

void rights_tag_case(const struct hx_access *a, const hxp_case_view *v, struct rights_tags *t)
{
    *t = (struct rights_tags){.any_case = true};
    add_where(a, t, v->where);
    add(t, hx_access_area(a, v->holder));
    add(t, hx_access_area(a, v->second_holder));
    for (size_t i = 0; i < v->n_units; i++)
        add(t, hx_access_area(a, v->units[i]->unit));
}

bool rights_see(const struct hx_principal *who, const struct rights_tags *t)
{
    if (t->audit)
        return hx_principal_has(who, HX_RIGHT_audit);
    if (who->city && (t->any_case || hx_principal_has(who, HX_RIGHT_alarms)))
        return true;
    for (unsigned i = 0; i < t->n; i++)
        if (hx_principal_bit(who, t->list[i]))
            return true;
    return false;
}

static bool has(const struct hx_access *a, const struct hx_principal *who, const char *id)
{
    int number = hx_access_area(a, id);
    return number >= 0 && hx_principal_bit(who, number);
}

bool rights_place(const struct hx_access *a, const struct hx_principal *who,
                  const struct hx_place *place)
{
    if (who->city)
        return true;
    for (const struct hx_place *p = place; p; p = p->parent)
        if (has(a, who, p->id))
            return true;
    return place && has(a, who, hx_place_holder(place));
}

bool rights_area(const struct hx_access *a, const struct hx_city *city,
                 const struct hx_principal *who, const char *id)
{
    return who->city || has(a, who, id) || rights_place(a, who, hx_city_place(city, id));
}

bool rights_source(const struct hx_principal *who, const char *source)
{
    if (who->any_source)
        return true;
    for (size_t i = 0; i < who->n_sources; i++)
        if (strcmp(who->sources[i], source) == 0)
            return true;
    return false;
}

/* Parties that act for an area: without it nobody could tell whose word it is. */
static const uint32_t bound = UINT32_C(1) << HX_ROLE_holder | UINT32_C(1) << HX_ROLE_manager |
                              UINT32_C(1) << HX_ROLE_community | UINT32_C(1) << HX_ROLE_grid |
                              UINT32_C(1) << HX_ROLE_street | UINT32_C(1) << HX_ROLE_unit;

static bool needs_area(int role)
{
    return bound >> role & 1;
}

/* Whoever names nobody speaks as its key: it says what one of its claims may say, and no party that
 * acts for an area. */
static bool nameless(const struct hx_rules *rules, const struct hx_principal *who, const char *type)
{
    int event = hx_rules_event(rules, type);
    uint32_t claims = who->role->claims, roles = event >= 0 ? rules->events[event].roles : 0;
    if (!who->city && claims & bound)
        return false;
    return !roles || claims & roles;
}

const char *rights_claim(const struct hx_access *a, const struct hx_rules *rules,
                         const struct hx_principal *who, const hxp_event *e)
{
    struct hx_actor actor;
    if (!hx_principal_has(who, HX_RIGHT_publish))
        return "NO_RIGHT";
    if (!rights_source(who, e->source))
        return "FOREIGN_SOURCE";
    if (!hx_actor_parse(e->by, &actor) || actor.role < 0)
        return NULL; /* the engine says what is wrong with it */
    if (actor.role == HX_ROLE_NONE ? !nameless(rules, who, e->type)
                                   : !(who->role->claims >> actor.role & 1))
        return "FOREIGN_PARTY";
    if (who->city || (!actor.area[0] && !needs_area(actor.role)))
        return NULL;
    return has(a, who, actor.area) ? NULL : "FOREIGN_AREA";
}

/* `name` is `own`, alone or before a slash. */
static bool is_or_under(const char *name, const char *own)
{
    size_t n = strlen(own);
    return strncmp(name, own, n) == 0 && (name[n] == '\0' || name[n] == '/');
}

bool rights_subscriber(const struct hx_access *a, const struct hx_principal *who, const char *name)
{
    char area[HX_ID_MAX];
    const char *colon = strchr(name, ':');
    if (!*name || is_or_under(name, who->name))
        return true;
    size_t n = colon ? strcspn(colon + 1, "/") : 0;
    if (n == 0 || n >= sizeof area)
        return false;
    memcpy(area, colon + 1, n);
    area[n] = '\0';
    size_t role = (size_t)(colon - name);
    int claim = hx_role_number(name, role);
    /* A road is no area: whoever may say what became of a notice may be its bridge. */
    if (strncmp(name, "road:", 5) == 0)
        return who->role->claims >> HX_ROLE_system & 1;
    bool speaks = (claim > 0 && who->role->claims >> claim & 1) ||
                  (strlen(who->role->name) == role && strncmp(name, who->role->name, role) == 0);
    return speaks && (has(a, who, area) || (who->city && strcmp(area, "city") == 0));
}
