#include "bench/lives.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char TEXT[] = "电梯停在七楼与八楼之间，里面有一位老人，请尽快派人。单元门禁也打不开。";

/* How each step is signed: by a role of the holder, or by a fixed person. */
static const struct step {
    const char *type, *by; /* by NULL: a person of the holder */
    const char *class_name;
    int proof;
    bool evidence;
} steps[] = {
    {"REPORTED", "reporter", "SMALL", HONGXIN__V1__PROOF__CLAIM, false},
    {"HELD", NULL, NULL, HONGXIN__V1__PROOF__DEVICE_SIGNED, false},
    {"ARRIVED", NULL, NULL, HONGXIN__V1__PROOF__ONSITE_CODE, false},
    {"CLASS_SET", "dispatcher:C-01/wu", "SERIOUS", HONGXIN__V1__PROOF__CLAIM, false},
    {"RESOLVED", NULL, NULL, HONGXIN__V1__PROOF__ONSITE_CODE, true},
    {"CALLBACK_OK", "callback/ma", NULL, HONGXIN__V1__PROOF__CALL_RECORD, false},
    {"PROGRESS", NULL, NULL, HONGXIN__V1__PROOF__CLAIM, false},
};

const struct load_place *lives_place(const struct load_city *city, uint64_t n)
{
    return &city->places[n * 17 % city->n];
}

/* Lives come in groups: all reports of a group, then all HELD, and so on. */
static unsigned place_in_life(const struct lives *l, uint64_t n, uint64_t *complaint)
{
    if (l->kind == LIFE_REPORTS) {
        *complaint = n;
        return LIFE_REPORT;
    }
    uint64_t group = n / (LIFE_GROUP * LIFE_STEPS), rest = n % (LIFE_GROUP * LIFE_STEPS);
    *complaint = group * LIFE_GROUP + rest % LIFE_GROUP;
    return (unsigned)(rest / LIFE_GROUP);
}

bool lives_reports(const struct lives *l, uint64_t n, uint64_t *complaint)
{
    return l->kind != LIFE_TOUCH && place_in_life(l, n, complaint) == LIFE_REPORT;
}

/* A case anywhere in the store, the same one for the same n. */
static uint64_t any_case(const struct lives *l, uint64_t n)
{
    struct load_chance chance = {(n + 1) * UINT64_C(0x9E3779B97F4A7C15)};
    load_draw(&chance, l->open_cases);
    return 1 + load_draw(&chance, l->open_cases);
}

void lives_event(const struct lives *l, uint64_t n, struct life_event *out)
{
    uint64_t complaint = 0, number;
    unsigned step = LIFE_PROGRESS;
    const struct load_place *place;
    if (l->kind == LIFE_TOUCH) {
        number = any_case(l, n);
        place = lives_place(l->city, number - 1);
    } else {
        step = place_in_life(l, n, &complaint);
        number = l->first_case + complaint;
        place = lives_place(l->city, complaint);
    }
    const struct step *s = &steps[step];
    snprintf(out->id, sizeof out->id, "%s-%012" PRIu64, l->tag, n);
    if (s->by)
        snprintf(out->by, sizeof out->by, "%s", s->by);
    else
        snprintf(out->by, sizeof out->by, "%s:%s/li", place->role, place->holder);
    out->event = (struct load_event){.id = out->id,
                                     .source = BENCH_SOURCE,
                                     .type = s->type,
                                     .number = step == LIFE_REPORT ? 0 : number,
                                     .by = out->by,
                                     .class_name = s->class_name,
                                     .place = step == LIFE_REPORT ? place->building : NULL,
                                     .text = step == LIFE_REPORT ? TEXT : NULL,
                                     .proof = s->proof,
                                     .evidence = s->evidence};
}

int lives_kind(const char *name)
{
    static const char *const names[] = {"reports", "lives", "touch"};
    for (int i = 0; i < 3; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    return -1;
}
