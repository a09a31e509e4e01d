/* DutyQuery: who is on duty at each post, and where nobody is. By the rota in force, swaps and
 * leaves included. */
#include "base/text.h"
#include "engine/duty/rota.h"
#include "engine/duty/swap.h"
#include "hongxin/instant.h"
#include "service/state.h"

#include <string.h>

enum {
    POSTS = 100,      /* of one answer */
    STRETCHES = 128,  /* of one post */
    STEP_MS = 900000, /* shorter shifts may be passed over; borders are found to the second */
    DAYS = 14
};

struct duty {
    struct service *s;
    int64_t from, until;
};

static struct hx_on_duty at(const struct duty *d, const struct hx_post *post, int64_t t)
{
    return hx_post_at(&d->s->machine, post, t, 0);
}

static const char *name_of(struct hx_on_duty on)
{
    return on.person ? on.person : "";
}

/* The first second in (low, high] at which somebody else is there than at low. */
static int64_t border(const struct duty *d, const struct hx_post *post, const char *person,
                      int64_t span[2])
{
    while (span[1] - span[0] > HX_SECOND) {
        int64_t middle = (span[0] + span[1]) / 2 / HX_SECOND * HX_SECOND;
        if (middle <= span[0])
            break;
        span[strcmp(name_of(at(d, post, middle)), person) == 0 ? 0 : 1] = middle;
    }
    return span[1];
}

static Hongxin__V1__DutyStretch *new_stretch(struct duty *d, int64_t from, struct hx_on_duty on)
{
    Hongxin__V1__DutyStretch *x = hx_arena_alloc(&d->s->arena, sizeof *x);
    if (!x)
        return NULL;
    hongxin__v1__duty_stretch__init(x);
    x->from = from;
    x->person = hx_arena_strdup(&d->s->arena, name_of(on));
    x->instead_of = hx_arena_strdup(&d->s->arena, on.instead_of ? on.instead_of : "");
    return x;
}

static bool walk(struct duty *d, const struct hx_post *post, Hongxin__V1__DutyPost *out)
{
    int64_t t = d->from;
    out->stretches = hx_arena_alloc(&d->s->arena, STRETCHES * sizeof(Hongxin__V1__DutyStretch *));
    while (out->stretches && t < d->until && out->n_stretches < STRETCHES) {
        struct hx_on_duty on = at(d, post, t);
        Hongxin__V1__DutyStretch *x = new_stretch(d, t, on);
        if (!x)
            return false;
        int64_t next = t + STEP_MS;
        while (next < d->until && strcmp(name_of(at(d, post, next)), x->person) == 0)
            next += STEP_MS;
        int64_t span[2] = {next - STEP_MS, next};
        t = next < d->until ? border(d, post, x->person, span) : d->until;
        x->until = t;
        out->stretches[out->n_stretches++] = x;
    }
    return out->stretches;
}

static Hongxin__V1__DutyPost *describe(struct duty *d, const struct hx_shift *first)
{
    struct hx_post post;
    Hongxin__V1__DutyPost *p = hx_arena_alloc(&d->s->arena, sizeof *p);
    bool duty = strcmp(first->role, "duty") == 0, city = strcmp(first->role, "city") == 0;
    if (!p)
        return NULL;
    hx_text_put(post.role, sizeof post.role, first->role);
    hx_text_put(post.area, sizeof post.area, first->area);
    hongxin__v1__duty_post__init(p);
    p->post = hx_arena_printf(&d->s->arena, "%s%c%s", duty ? "holder" : first->role,
                              city ? '/' : ':', first->area);
    p->role = hx_arena_strdup(&d->s->arena, first->role);
    p->area = hx_arena_strdup(&d->s->arena, first->area);
    return p->post && walk(d, &post, p) ? p : NULL;
}

static void take_span(const struct service *s, const Hongxin__V1__DutyQuery *q, struct duty *d)
{
    d->from = q->from ? q->from : timebase_now(&s->time);
    d->from -= d->from % HX_SECOND;
    d->until = q->until ? q->until : d->from + 2 * HX_DAY;
    if (d->until > d->from + DAYS * HX_DAY)
        d->until = d->from + DAYS * HX_DAY;
}

void handle_duty(struct service *s, const struct request *r)
{
    const Hongxin__V1__DutyQuery *q = r->message->duty;
    Hongxin__V1__DutyAnswer a = HONGXIN__V1__DUTY_ANSWER__INIT;
    hxp_response answer = HONGXIN__V1__RESPONSE__INIT;
    const struct hx_rota *rota = hx_city_rota(s->options.city);
    struct duty d = {.s = s};
    const struct hx_shift *shift;
    size_t i = (size_t)q->after;
    take_span(s, q, &d);
    a.posts = hx_arena_alloc(&s->arena, POSTS * sizeof(Hongxin__V1__DutyPost *));
    while (rota && a.posts && a.n_posts < POSTS && (shift = hx_rota_next_post(rota, &i))) {
        if (q->area[0] && strcmp(q->area, shift->area) != 0)
            continue;
        Hongxin__V1__DutyPost *p = describe(&d, shift);
        if (!p)
            break;
        a.posts[a.n_posts++] = p;
    }
    if (!a.posts || hx_arena_failed(&s->arena)) {
        service_problem(s, r, "STORE_TROUBLE", "try again");
        return;
    }
    a.from = d.from;
    a.until = d.until;
    a.next = a.n_posts == POSTS ? i : 0;
    answer.answer_case = HONGXIN__V1__RESPONSE__ANSWER_DUTY;
    answer.duty = &a;
    service_answer(s, r, &answer);
}
