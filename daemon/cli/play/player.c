/* Plays lives. See player.h. */
#include "cli/play/player.h"
#include "base/now.h"
#include "cli/link.h"
#include "engine/duty/rota.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of all buildings, the share that makes trouble again and again; and how long to wait when the
 * client's window is full. */
enum { TROUBLED_PER_MILLE = 20, FULL_WAIT_MS = 20 };

int player_init(struct player *p)
{
    size_t at = 0, n = hx_city_count(p->city, HX_BUILDING);
    const struct hx_place *place;

    p->run = hx_wall_ms();
    p->dice = dice_make(p->seed, 0);
    p->buildings = calloc(n + 1, sizeof *p->buildings);
    if (!p->buildings)
        return HX_NOMEM;
    while ((place = hx_city_next(p->city, HX_BUILDING, &at)) && p->n_buildings < n)
        if (!place->parent->later && !place->parent->to) /* else its holder depends on the date */
            p->buildings[p->n_buildings++] = place;
    return p->n_buildings ? HX_OK : HX_NOTFOUND;
}

void player_fini(struct player *p)
{
    struct life *life;

    while ((life = agenda_take(&p->agenda, INT64_MAX)))
        free(life);
    agenda_fini(&p->agenda);
    free(p->buildings);
    p->buildings = NULL;
}

static const struct hx_place *choose_place(struct player *p)
{
    size_t few = p->n_buildings * TROUBLED_PER_MILLE / 1000 + 1;

    if (!dice_chance(&p->dice, p->repeated))
        return p->buildings[dice_between(&p->dice, 0, (int64_t)p->n_buildings - 1)];
    /* the few are spread over the city, the same ones for the same seed */
    struct dice d = dice_make(p->seed, 1 + (uint64_t)dice_between(&p->dice, 0, (int64_t)few - 1));
    return p->buildings[dice_between(&d, 0, (int64_t)p->n_buildings - 1)];
}

/* "holder:P-07/li", or "community:C-03/chen" where no company manages the estate. */
static void name_person(const struct player *p, struct life *life)
{
    bool company = hx_city_company(p->city, life->holder) != NULL;
    const struct hx_shift *duty =
        hx_rota_first(hx_city_rota(p->city), company ? "duty" : "community", life->holder);

    snprintf(life->person, sizeof life->person, "%s:%s/%s", company ? "holder" : "community",
             life->holder, duty ? duty->person : "duty");
}

static struct life *make_life(struct player *p)
{
    struct life *life = calloc(1, sizeof *life);

    if (!life)
        return NULL;
    life->serial = ++p->serial;
    life->dice = dice_make(p->seed, UINT64_C(1) << 32 | life->serial);
    life->place = choose_place(p);
    life->holder = hx_place_holder(life->place);
    life->class_name = life_classes[dice_pick(&p->dice, p->classes, 5)];
    life->channel = p->channels[dice_pick(&p->dice, p->channel_weights, p->n_channels)];
    life->cycle = 1;
    life->player = p;
    name_person(p, life);
    life->conduct = conduct_of(p->kinds, p->n_kinds, p->seed, life->holder)->conduct;
    life->goes_on = dice_chance(&life->dice, p->lives);
    return life;
}

static void end(struct player *p, struct life *life)
{
    p->open--;
    free(life);
}

static void go_on(struct player *p, struct life *life)
{
    int64_t delay;

    life_advance(life, &delay);
    if (life->next == LIFE_OVER || !life->goes_on ||
        agenda_put(&p->agenda, hx_mono_ms() + (int64_t)((double)delay / p->scale), life))
        end(p, life);
}

static void on_reply(void *arg, int err, const hxp_reply *reply)
{
    struct life *life = arg;
    struct player *p = life->player;

    if (err) {
        p->failed++;
        end(p, life);
        return;
    }
    Hongxin__V1__Result first = hx_reply_first(reply);
    if (first != HONGXIN__V1__RESULT__ACCEPTED && first != HONGXIN__V1__RESULT__DUPLICATE) {
        p->refused++;
        snprintf(p->last_refusal, sizeof p->last_refusal, "step %d: result %d %.20s %.50s",
                 (int)life->next, (int)reply->result, reply->code, reply->message);
        end(p, life);
        return;
    }
    p->accepted++;
    if (reply->case_number)
        life->case_number = reply->case_number;
    go_on(p, life);
}

static int64_t scaled(const struct player *p)
{
    return (int64_t)((double)hx_mono_ms() * p->scale);
}

/* An entry is written before we read it, so the daemon's time is never behind what it says. */
void player_clock(struct player *p, int64_t city)
{
    if (!p->city_offset || city - scaled(p) > p->city_offset)
        p->city_offset = city - scaled(p);
}

static int64_t city_now(const struct player *p)
{
    return p->city_offset ? scaled(p) + p->city_offset : 0;
}

static int publish(struct player *p, struct life *life, int64_t now)
{
    struct life before = *life; /* to take the step again when the window is full */
    json_t *object = life_event(life, p->run, city_now(p));
    char problem[RECORD_PROBLEM];
    struct record record;
    int rc;

    rc = object ? record_from_json(object, &record, problem) : HX_NOMEM;
    json_decref(object);
    if (rc)
        return rc;
    struct hx_item item = {.event = record.event, .reporter = record.reporter};
    rc = hx_publish_start(p->client, &item, on_reply, life);
    record_fini(&record);
    if (rc == HX_AGAIN) {
        *life = before;
        return agenda_put(&p->agenda, now + FULL_WAIT_MS, life);
    }
    p->published += rc == HX_OK;
    return rc;
}

int player_report(struct player *p, int64_t now)
{
    struct life *life = make_life(p);

    if (!life)
        return HX_NOMEM;
    p->open++;
    p->reported++;
    return publish(p, life, now);
}

int player_turn(struct player *p, int64_t now)
{
    struct life *life;
    int rc = HX_OK;

    while (!rc && (life = agenda_take(&p->agenda, now)))
        rc = publish(p, life, now);
    return rc;
}

int64_t player_next(const struct player *p)
{
    return agenda_first(&p->agenda);
}
