/* What a person does, from a request's JSON to an event that the daemon has on disk. */
#ifndef BOARD_COMMAND_H
#define BOARD_COMMAND_H

#include "board/board.h"
#include <jansson.h>

/* Of one act: `status` as HTTP has it, `body` a Reply or a problem (its reference is taken over).
 */
typedef void command_fn(void *arg, int status, const char *code, json_t *body);

struct command_input {
    struct board *board;
    const struct session *session;
    const char *verb;     /* "ack", "acts" …, as in the path; "report" */
    uint64_t case_number; /* 0: of a report */
    const json_t *body;   /* borrowed for the call */
    int64_t skew_ms;      /* of the clock by which `at` of the body was read */
};

/* Calls back exactly once, perhaps before it returns. */
void command_start(const struct command_input *in, command_fn *fn, void *arg);

/* A serialized Event that a device has signed, passed on as it is. */
void command_start_signed(struct board *b, const struct session *s, const void *bytes, size_t size,
                          command_fn *fn, void *arg);

#endif
