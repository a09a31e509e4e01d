/* From a request's JSON to an event: which fields an operation takes, and what it makes of them. */
#ifndef HOTLINE_DRAFT_H
#define HOTLINE_DRAFT_H

#include "hongxin/schema.h"
#include "hotline/clients.h"
#include <jansson.h>

enum { DRAFT_ID = 160, DRAFT_PROBLEM = 320 };

/* One operation of the API. */
struct operation {
    const char *word; /* "report", in batches */
    const char *type; /* of its event; NULL: `type` or `result` of the body says it */
    const char *by;   /* who says so, when the body does not; NULL: the body must */
    const char *data; /* fields of Data that it takes, each with a blank on both sides */
    bool on_case;     /* it is about a case that is there */
};

/* By its word; NULL. */
const struct operation *operation_find(const char *word);

/* An event that is ready to be published. */
struct draft {
    hxp_event event;
    hxp_reporter *reporter; /* owned; NULL: none */
    ProtobufCMessage *data; /* owned */
    char id[DRAFT_ID];
    bool derived; /* the id comes from the reference, not from the client's key */
    int status;   /* of the problem, when there is one */
    char code[40], problem[DRAFT_PROBLEM];
};

struct draft_input {
    const struct operation *operation;
    const struct client *client;
    const char *about; /* the case: "CL-17", its number, or "ref:WO-0042"; NULL: none */
    const char *key;   /* the client's idempotency key, "" = none */
    bool part;         /* of a batch: `case` and `key` stand in the body */
    const json_t *body;
};

/* Fills a draft; texts of the event point into the body, the client and the draft, so these must
 * live as long. HX_OK, or HX_INVALID with status, code and problem (which never quotes a value). To
 * be freed by draft_free() in any case. */
HX_CHECK int draft_make(const struct draft_input *in, struct draft *d);
void draft_free(struct draft *d);

#endif
