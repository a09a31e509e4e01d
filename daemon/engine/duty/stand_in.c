#include "engine/duty/stand_in.h"
#include "base/text.h"
#include "engine/routing/route.h"

#include <string.h>

static const char *const city_posts[] = {"property", "leadership", "callback", "desk"};

static const char *const roles[] = {"duty", "manager", "grid", "community", "dispatcher", "street"};

/* For a post of a place of this kind: the post of the place itself or of one above it, or one of
 * the city's. */
static const struct stand_in {
    const char *role;
    enum hx_place_kind kind;
    const char *by;
    enum hx_place_kind of;
    const char *city_post; /* NULL = of the place `of` */
} stand_ins[] = {
    {"duty", HX_COMMUNITY, "community", HX_COMMUNITY, NULL},
    {"duty", HX_STREET, "street", HX_STREET, NULL},
    {"manager", HX_COMMUNITY, "street", HX_STREET, NULL},
    {"manager", HX_STREET, "city", HX_STREET, "property"},
};

bool hx_city_post(const char *name, size_t n)
{
    for (size_t i = 0; i < sizeof city_posts / sizeof *city_posts; i++)
        if (strlen(city_posts[i]) == n && memcmp(name, city_posts[i], n) == 0)
            return true;
    return false;
}

bool hx_post_of_rota(const struct hx_post *post)
{
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
        if (strcmp(post->role, roles[i]) == 0)
            return true;
    return strcmp(post->role, "city") == 0 && hx_city_post(post->area, strlen(post->area));
}

/* ---- what no rota names ---- */

static void look(const struct hx_city *city, int64_t t, const char *area,
                 struct hx_unnamed *unnamed)
{
    struct hx_post post = {.role = ""};
    hx_text_put(post.role, sizeof post.role, unnamed->role);
    hx_text_put(post.area, sizeof post.area, area);
    if (hx_post_stand_in(city, t, &post))
        return;
    if (!unnamed->n++)
        hx_text_put(unnamed->first, sizeof unnamed->first, area);
}

/* Companies, and whom a row of the routing table names. */
static void look_at_holders(const struct hx_city *city, int64_t t, struct hx_unnamed *unnamed)
{
    size_t i = 0, row = 0;
    for (const struct hx_company *c; (c = hx_city_next_company(city, &i)) != NULL;)
        if (hx_period_holds(c->from, c->to, t))
            look(city, t, c->id, unnamed);
    for (const struct hx_route_row *r; (r = hx_city_next_route(city, &row)) != NULL;)
        if (r->target == HX_ROUTE_HOLDER && !hx_city_company(city, r->holder) &&
            hx_period_holds(r->from, r->to, t))
            look(city, t, r->holder, unnamed);
}

static void look_at_places(const struct hx_city *city, int64_t t, enum hx_place_kind kind,
                           struct hx_unnamed *unnamed)
{
    size_t i = 0;
    for (const struct hx_place *p; (p = hx_city_next(city, kind, &i)) != NULL;)
        if (hx_place_at(p, t))
            look(city, t, p->id, unnamed);
}

/* The desk is the last stop of every ladder: nobody stands in for a post of the city. */
static void look_at_city(const struct hx_city *city, int64_t t, struct hx_unnamed *unnamed)
{
    for (size_t i = 0; i < sizeof city_posts / sizeof *city_posts; i++)
        look(city, t, city_posts[i], unnamed);
}

size_t hx_posts_unnamed(const struct hx_city *city, int64_t t, struct hx_unnamed out[HX_UNNAMED])
{
    static const struct {
        const char *role;
        enum hx_place_kind kind; /* HX_BUILDING: of holders */
    } needed[HX_UNNAMED - 1] = {
        {"duty", HX_BUILDING},       {"manager", HX_BUILDING},     {"grid", HX_GRID},
        {"community", HX_COMMUNITY}, {"dispatcher", HX_COMMUNITY}, {"street", HX_STREET}};
    size_t n = 0;
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
        out[n] = (struct hx_unnamed){.role = needed[i].role};
        if (needed[i].kind == HX_BUILDING)
            look_at_holders(city, t, &out[n]);
        else
            look_at_places(city, t, needed[i].kind, &out[n]);
        n += out[n].n > 0;
    }
    out[n] = (struct hx_unnamed){.role = "city"};
    look_at_city(city, t, &out[n]);
    return n + (out[n].n > 0);
}

/* ---- who answers ---- */

/* Whose people answer for this post of a place by rule, when the rota knows them. */
static bool by_rule(const struct hx_city *city, int64_t t, const struct hx_post *post,
                    struct hx_post *other)
{
    const struct hx_place *place = hx_place_at(hx_city_place(city, post->area), t);
    for (size_t i = 0; place && i < sizeof stand_ins / sizeof *stand_ins; i++) {
        const struct stand_in *x = &stand_ins[i];
        if (x->kind != place->kind || strcmp(x->role, post->role) != 0)
            continue;
        const char *area = x->city_post ? x->city_post : hx_place_above_at(place, x->of, t);
        if (!hx_rota_knows(hx_city_rota(city), x->by, area))
            return false;
        hx_text_put(other->role, sizeof other->role, x->by);
        hx_text_put(other->area, sizeof other->area, area);
        return true;
    }
    return false;
}

bool hx_post_stand_in(const struct hx_city *city, int64_t t, struct hx_post *post)
{
    struct hx_post other;
    if (hx_rota_knows(hx_city_rota(city), post->role, post->area))
        return true;
    if (!by_rule(city, t, post, &other))
        return false;
    *post = other;
    return true;
}

bool hx_post_deputy(const struct hx_city *city, int64_t t, const struct hx_post *post,
                    struct hx_post *deputy)
{
    const struct hx_rota *rota = hx_city_rota(city);
    return by_rule(city, t, post, deputy) &&
           (!hx_rota_knows(rota, post->role, post->area) || hx_rota_within(rota, post, deputy));
}
