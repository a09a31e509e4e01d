/* Scenarios: JSON Lines that say what happens, read and checked before anything runs. */
#ifndef SIMULATE_SCENARIO_H
#define SIMULATE_SCENARIO_H

#include "engine/onsite.h"
#include "hongxin/error.h"
#include "hongxin/schema.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum scenario_kind {
    SCENARIO_EVENT,
    SCENARIO_DOWN,
    SCENARIO_UP,
    SCENARIO_STEP,
    SCENARIO_SUSPEND,
    SCENARIO_ENDPOINT,
    SCENARIO_APPLY,
    SCENARIO_END,
};

struct hx_notice_texts;

struct scenario_action {
    enum scenario_kind kind;
    int64_t at;       /* real time at which it happens */
    size_t line;      /* in the input; keeps the order of equal times */
    hxp_event *event; /* owned; of SCENARIO_EVENT */
    uint8_t *bytes;   /* the same, serialized */
    size_t size;
    bool occ_given, src_given; /* the line names these times itself */
    int64_t ms;                /* of a step or a suspension */
    char name[64];             /* of an endpoint */
    char state[16];
    char file[256]; /* of APPLY: looked for beside the scenario … */
    bool open;      /* … open cases too … */
    char by[2][64]; /* … agreed by these two persons */
    char why[128];
};

struct rows; /* simulate/rows.h */

struct scenario {
    struct scenario_action *actions; /* sorted by time, then by line */
    size_t n;
    int64_t end;       /* 0 = not given */
    bool checks_codes; /* on-site codes are checked under this key; otherwise every one is believed
                        */
    uint8_t onsite_key[HX_ONSITE_KEY_SIZE];
    bool prove;        /* the run's journal is put through a fresh machine afterwards */
    struct rows *rows; /* borrowed; counts what the run does with the rows of the life cycle; NULL =
                          not wanted */
    const struct hx_notice_texts *texts; /* borrowed: notices are printed with them; NULL = not */
};

/* Reads all of `in`. HX_INVALID with "name:line: what" in `problem` for a line that is not
 * understood. */
HX_CHECK int scenario_read(FILE *in, const char *name, struct scenario *out, char problem[512]);
void scenario_free(struct scenario *s);

#endif
