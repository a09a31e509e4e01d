/* GET /duty: who is on duty, and where nobody is. */
#include "board/city/duty.h"

#include "board/ask.h"
#include "board/city/city.h"
#include "hongxin/instant.h"
#include <string.h>

struct duty {
    struct ask ask;
    char area[64];
    uint64_t days;
    int64_t from;
    json_t *posts, *gaps;
    json_t *persons; /* their ids, as keys */
};

static void duty_free(struct ask *a)
{
    json_decref(((struct duty *)a)->posts);
    json_decref(((struct duty *)a)->gaps);
    json_decref(((struct duty *)a)->persons);
}

static void ask_page(struct duty *d, uint64_t after);

static void add_post(struct duty *d, const Hongxin__V1__DutyPost *p)
{
    const struct board *b = d->ask.board;
    for (size_t i = 0; i < p->n_stretches; i++) {
        const Hongxin__V1__DutyStretch *x = p->stretches[i];
        if (*x->person) {
            json_object_set_new(d->persons, x->person, json_true());
            if (*x->instead_of)
                json_object_set_new(d->persons, x->instead_of, json_true());
            continue;
        }
        json_t *gap = json_pack("{s:s}", "post", p->post);
        ask_set_instant(b, gap, "from", x->from);
        ask_set_instant(b, gap, "until", x->until);
        json_array_append_new(d->gaps, gap);
    }
    json_array_append_new(d->posts, ask_json(b, &p->base));
}

static void on_duty(void *arg, int err, const hxp_response *answer)
{
    struct duty *d = arg;
    if (!ask_got(d, err, answer, HONGXIN__V1__RESPONSE__ANSWER_DUTY))
        return;
    const Hongxin__V1__DutyAnswer *a = answer->duty;
    for (size_t i = 0; i < a->n_posts; i++)
        add_post(d, a->posts[i]);
    if (a->next) {
        ask_page(d, a->next);
        return;
    }
    json_t *body = json_pack("{s:O, s:O, s:o}", "posts", d->posts, "gaps", d->gaps, "persons",
                             city_persons(d->ask.board, d->persons));
    ask_set_instant(d->ask.board, body, "from", a->from);
    ask_set_instant(d->ask.board, body, "until", a->until);
    ask_answer(d, body);
}

static void ask_page(struct duty *d, uint64_t after)
{
    hxp_request q = HONGXIN__V1__REQUEST__INIT;
    Hongxin__V1__DutyQuery query = HONGXIN__V1__DUTY_QUERY__INIT;
    query.area = d->area;
    query.from = d->from;
    query.until = d->from + (int64_t)d->days * HX_DAY;
    query.after = after;
    q.ask_case = HONGXIN__V1__REQUEST__ASK_DUTY;
    q.duty = &query;
    ask_start(d, &q, on_duty);
}

void duty_ask(struct board *b, struct http_request *r)
{
    struct duty *d = ask_new(b, r, sizeof *d);
    if (!d)
        return;
    d->ask.free = duty_free;
    d->days = 2;
    d->from = board_now(d->ask.board);
    if (!query_word(r, "area", d->area, sizeof d->area) ||
        !query_number(r, "days", 1, 14, &d->days)) {
        query_wrong(r, "area is a word, days 1 to 14");
        ask_free(d);
        return;
    }
    d->posts = json_array();
    d->gaps = json_array();
    d->persons = json_object();
    ask_page(d, 0);
}
