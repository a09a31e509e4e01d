/* Publish and Ping: the two messages without a table behind them. */
#include "service/state.h"

void handle_publish(struct service *s, const struct request *r)
{
    const Hongxin__V1__Publish *publish = r->message->publish;
    if (publish->n_items == 0 || publish->n_items > s->options.limits->publish_items) {
        service_problem(s, r, publish->n_items ? "TOO_MANY_ITEMS" : "NO_ITEMS",
                        "a Publish has at least one item and at most as many as the limit");
        return;
    }
    struct batch_job *job = hx_arena_alloc(&s->arena, sizeof *job);
    hxp_reply **replies = hx_arena_alloc(&s->arena, publish->n_items * sizeof *replies);
    if (!job || !replies)
        return; /* no memory: the source hears nothing and sends again */
    *job = (struct batch_job){.door = r->door,
                              .peer = r->peer,
                              .number = r->message->request,
                              .request = publish->request,
                              .publish = publish,
                              .events = r->events,
                              .replies = replies,
                              .t_wall = timebase_now(&s->time),
                              .who = r->who,
                              .refusal = "FAIR_SHARE",
                              .wait_ms = r->wait_ms};
    if (!job->wait_ms) {
        job->refusal = "OVER_QUOTA";
        job->wait_ms = lock_quota(&s->lock, r->who, publish->n_items);
    }
    hx_machine_set_time(&s->machine, job->t_wall);
    job->t_now = s->machine.now;
    batch_add(s, job);
}

void handle_ping(struct service *s, const struct request *r)
{
    Hongxin__V1__Pong pong = HONGXIN__V1__PONG__INIT;
    hxp_response answer = HONGXIN__V1__RESPONSE__INIT;
    pong.request = r->message->ping->request;
    pong.newest_lsn = hx_store_newest_lsn(s->store);
    pong.version = (char *)HX_VERSION;
    pong.now = timebase_wall_of(&s->time, timebase_now(&s->time)).ms;
    answer.answer_case = HONGXIN__V1__RESPONSE__ANSWER_PONG;
    answer.pong = &pong;
    service_answer(s, r, &answer);
}
