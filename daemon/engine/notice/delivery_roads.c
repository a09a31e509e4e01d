/* By which roads a receiver is reached, and which of them share a connection. */
#include "base/text.h"
#include "base/utf8.h"
#include "engine/notice/delivery_internal.h"

#include <string.h>

static void find_roads(const struct hx_step *s, struct hx_target *t)
{
    const struct hx_roads *roads = hx_city_roads(s->m->city);
    const char *names[HX_ROADS_MAX];
    size_t n = roads ? hx_roads_of(roads, t->post.role, t->post.area, t->person, names) : 0;
    for (size_t i = 0; i < n; i++) {
        const struct hx_road_rule *rule = hx_rules_road(s->rules, names[i]);
        if (rule)
            t->roads[t->n++] = rule;
    }
    if (!t->n && s->rules->n_roads)
        t->roads[t->n++] = &s->rules->roads[0];
}

struct hx_target hx_target_of(const struct hx_step *s, const char *to, const char *asked,
                              const char *person)
{
    struct hx_target t = {.n = 0};
    const char *named = hx_post_person(to);
    if (!hx_post_of(asked, &t.post))
        return t;
    hx_utf8_put(t.person, sizeof t.person, named ? named : person);
    find_roads(s, &t);
    return t;
}

const char *hx_delivery_area(const char *to, char id[HX_ID_MAX])
{
    size_t n;
    const char *area = hx_post_feed(to, &n);
    n = n < HX_ID_MAX ? n : HX_ID_MAX - 1;
    memcpy(id, area, n);
    id[n] = '\0';
    return id;
}

bool hx_delivery_same_area(const char *a, const char *b)
{
    char x[HX_ID_MAX], y[HX_ID_MAX];
    return strcmp(hx_delivery_area(a, x), hx_delivery_area(b, y)) == 0;
}

const char *hx_road_connection(const struct hx_road_rule *road, const char *asked,
                               char name[2 * HX_ID_MAX])
{
    if (road->shared)
        return hx_delivery_area(asked, name);
    hx_text_add(hx_text_add(name, name + 2 * HX_ID_MAX, "road:"), name + 2 * HX_ID_MAX, road->name);
    return name;
}

int hx_target_open(const struct hx_target *t, size_t nth, bool shared_failed)
{
    for (size_t i = nth; i < t->n; i++)
        if (!t->roads[i]->shared || !shared_failed)
            return (int)i;
    return -1;
}

bool hx_delivery_behind(const hxp_notice_fact *f)
{
    return f->missed[0] && hx_delivery_same_area(hx_notice_asked(f), f->missed);
}

bool hx_delivery_open(struct hx_step *s, hxp_notice_fact *f)
{
    struct hx_target t = hx_target_of(s, f->to, hx_notice_asked(f), f->person);
    if (f->undelivered[0] || !t.n || hx_target_open(&t, 0, hx_delivery_behind(f)) >= 0)
        return !f->undelivered[0];
    f->undelivered = hx_text_field(hx_no_connection);
    return false;
}

void hx_delivery_call(struct hx_step *s, hxp_notice_fact *f)
{
    const char *asked = hx_notice_asked(f);
    struct hx_target t = hx_target_of(s, f->to, asked, f->person);
    char name[2 * HX_ID_MAX];
    for (int nth = 0; (nth = hx_target_open(&t, (size_t)nth, true)) >= 0; nth++)
        if (hx_step_reach(s, hx_road_connection(t.roads[nth], asked, name)) == HX_REACH_UP) {
            f->road = hx_text_field(t.roads[nth]->name);
            return;
        }
}
