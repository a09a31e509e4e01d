#include "engine/duty/stand_in.h"
#include "base/text.h"

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

bool hx_post_stand_in(const struct hx_city *city, int64_t t, struct hx_post *post)
{
    const struct hx_rota *rota = hx_city_rota(city);
    if (hx_rota_knows(rota, post->role, post->area))
        return true;
    const struct hx_place *place = hx_place_at(hx_city_place(city, post->area), t);
    for (size_t i = 0; place && i < sizeof stand_ins / sizeof *stand_ins; i++) {
        const struct stand_in *x = &stand_ins[i];
        if (x->kind != place->kind || strcmp(x->role, post->role) != 0)
            continue;
        const char *area = x->city_post ? x->city_post : hx_place_above_at(place, x->of, t);
        if (!hx_rota_knows(rota, x->by, area))
            return false;
        hx_text_put(post->role, sizeof post->role, x->by);
        hx_text_put(post->area, sizeof post->area, area);
        return true;
    }
    return false;
}
