/* The life of one invented complaint: which step comes next and after how long, as the people
 * around it behave. Pure: chance comes from the life's own dice, so a life depends on its seed and
 * serial number alone, whatever else happens. Delays are milliseconds of the city's time. */
#ifndef CLI_LIFE_H
#define CLI_LIFE_H

#include "cli/play/dice.h"
#include "engine/place/place.h"
#include "mapping/record.h"

enum life_step {
    LIFE_REPORT,
    LIFE_HOLD,
    LIFE_ARRIVE,
    LIFE_START,
    LIFE_PLAN,
    LIFE_DELIVER,
    LIFE_RESOLVE,
    LIFE_CALL_BACK,
    LIFE_OVER,
};

/* How a holder works, per mille of its cases. */
struct conduct {
    int ignores; /* nobody answers until people from the community stand in the door */
    int comes_late;
    int overruns; /* the solution takes longer than the class allows */
    int proves;   /* of its arrivals: with the code shown in the building */
    int botches;  /* of its solutions: the reporter says it is not solved */
};

/* A kind of holder, and how many of all holders are of this kind. */
struct conduct_kind {
    const char *name;
    double share;
    struct conduct conduct;
};

/* The kind of this holder: the same for the same seed. NULL when there are no kinds. */
const struct conduct_kind *conduct_of(const struct conduct_kind *kinds, size_t n, uint64_t seed,
                                      const char *holder);

struct life {
    uint64_t serial;
    struct dice dice;
    const struct hx_place *place;
    const char *holder, *class_name, *channel; /* borrowed */
    char person[64];                           /* of the holder, as `by` names it */
    struct conduct conduct;
    bool goes_on;         /* false: nothing follows its report */
    uint64_t case_number; /* from the answer to the report */
    enum life_step next;
    int step; /* number of the next event, for its id */
    unsigned cycle;
    int64_t late_proof_ms; /* the arrival was so much earlier than its event */
    int64_t since_held;    /* city milliseconds from HELD to the step that comes next */
    void *player;          /* whoever plays it */
};

/* What follows the step that was just answered; *delay_ms later. Sets life->next, LIFE_OVER at the
 * end. */
void life_advance(struct life *life, int64_t *delay_ms);

/* The event of life->next. `run` makes ids unique over runs: milliseconds of its start. `city_now`
 * is the daemon's time as far as we know, for what happened earlier and is told late; 0 = not
 * known. NULL without memory. */
json_t *life_event(struct life *life, int64_t run, int64_t city_now);

/* The share of classes, in the order EMERGENCY, SMALL, SERIOUS, COMPLEX, SPECIAL. */
extern const char *const life_classes[5];

#endif
