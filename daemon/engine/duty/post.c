/* Posts: from a notice's receiver to the person on duty there. */
#include "base/text.h"
#include "engine/duty/stand_in.h"
#include "engine/duty/swap.h"
#include "engine/machine/machine_internal.h"

#include <string.h>

/* The words of receivers and of the rota differ where a role alone names its post. */
static const struct {
    const char *receiver, *role, *area;
} words[] = {
    {"holder", "duty", NULL},
    {"callback", "city", "callback"},
};

bool hx_post_of(const char *to, struct hx_post *post)
{
    size_t role = strcspn(to, ":/"), area = to[role] ? strcspn(to + role + 1, "/") : 0;
    *post = (struct hx_post){.role = ""};
    if (role >= sizeof post->role || area >= sizeof post->area)
        return false;
    memcpy(post->role, to, role);
    memcpy(post->area, to + role + (area != 0), area);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(post->role, words[i].receiver) != 0)
            continue;
        hx_text_put(post->role, sizeof post->role, words[i].role);
        if (words[i].area)
            hx_text_put(post->area, sizeof post->area, words[i].area);
    }
    return true;
}

/* The swap by which it is this person belongs to what decided the entry. */
static struct hx_on_duty on_duty(struct hx_step *s, const struct hx_post *post, size_t n)
{
    struct hx_on_duty d = hx_post_at(s->m, post, s->now, n);
    if (d.swap)
        hx_look_once(s->swaps, &s->n_swaps, d.swap);
    return d;
}

bool hx_post_same(const char *a, const char *b)
{
    struct hx_post x, y;
    return a && b && hx_post_of(a, &x) && hx_post_of(b, &y) && strcmp(x.role, y.role) == 0 &&
           strcmp(x.area, y.area) == 0;
}

/* "city/wang" and "city" name no post of the city. */
static bool names_no_post(const char *by, const struct hx_actor *a)
{
    const char *rest = strchr(by, '/');
    return a->role == HX_ROLE_city && strcmp(a->person, rest ? rest + 1 : "") == 0;
}

static bool speaks_for(const char *by, const char *to)
{
    struct hx_actor who, whom;
    struct hx_post post;
    if (hx_post_same(by, to))
        return true;
    if (!hx_actor_parse(by, &who) || who.role != HX_ROLE_city || !hx_post_of(to, &post) ||
        strcmp(post.role, "city") != 0)
        return false;
    bool himself = hx_actor_parse(to, &whom) && names_no_post(to, &whom) && who.person[0] &&
                   strcmp(who.person, whom.person) == 0;
    return himself || names_no_post(by, &who);
}

bool hx_post_speaks(const char *by, const char *to, const char *stand_in)
{
    return speaks_for(by, to) || (*stand_in && speaks_for(by, stand_in));
}

const char *hx_post_stands_in(const struct hx_machine *m, const char *to)
{
    struct hx_post own, post;
    if (!m->city || !hx_city_rota(m->city) || !hx_post_of(to, &own) ||
        !hx_post_deputy(m->city, m->now, &own, &post))
        return "";
    const char *between = strcmp(post.role, "city") == 0 ? "/" : ":";
    return hx_arena_printf(m->arena, "%s%s%s", post.role, between, post.area);
}

const char *hx_post_person(const char *to)
{
    const char *area = strchr(to, ':'), *slash = area ? strchr(area, '/') : NULL;
    if (strncmp(to, "city/", 5) == 0) /* city/desk/sun */
        slash = strchr(to + 5, '/');
    return slash ? slash + 1 : NULL;
}

const char *hx_post_feed(const char *to, size_t *n)
{
    const char *colon = strchr(to, ':'), *from = colon ? colon + 1 : to;
    *n = strcspn(from, "/");
    return from;
}

const char *hx_post_next(struct hx_step *s, const char *to, const char *person)
{
    const char *named = hx_post_person(to);
    struct hx_post post;
    if (!hx_city_rota(s->m->city) || !hx_post_of(to, &post))
        return NULL;
    for (size_t n = 0;; n++) {
        struct hx_on_duty d = on_duty(s, &post, n);
        if (!d.person || strcmp(d.person, named ? named : person) == 0)
            return d.person ? on_duty(s, &post, n + 1).person : NULL;
    }
}

bool hx_post_answers(struct hx_step *s, hxp_notice_fact *f)
{
    const struct hx_rota *rota = hx_city_rota(s->m->city);
    struct hx_post post;
    if (!rota || hx_post_person(f->to) || !hx_post_of(f->to, &post))
        return true;
    struct hx_on_duty d = on_duty(s, &post, 0);
    if (!d.person && !hx_post_of_rota(&post))
        return true;
    if (d.instead_of)
        f->instead_of = hx_text_field(d.instead_of);
    if (d.person) {
        f->person = hx_text_field(d.person);
        return true;
    }
    if (!f->undelivered[0])
        f->undelivered = hx_text_field("nobody on duty");
    hx_fact_alarm(s, "DUTY_GAP", f->to);
    return false;
}

const char *hx_post_second(struct hx_step *s)
{
    const struct hx_rota *rota = hx_city_rota(s->m->city);
    struct hx_post post = {.role = "duty"};
    hx_text_put(post.area, sizeof post.area, s->c->holder);
    struct hx_on_duty d = {.person = NULL};
    if (rota)
        d = on_duty(s, &post, 1);
    return d.person ? hx_arena_printf(s->arena, "holder:%s/%s", s->c->holder, d.person) : NULL;
}
