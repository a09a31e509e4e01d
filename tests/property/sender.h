/* Events as anybody may send them: every kind, by every role, with nothing in it or with
 * everything.
 */
#ifndef PROPERTY_SENDER_H
#define PROPERTY_SENDER_H

#include "engine/machine/machine.h"
#include "engine/rules/rules.h"

enum { SENDER_ROLES = HX_ROLES_END }; /* 0: nobody is named */

struct sender {
    uint8_t bytes[4096]; /* of the last event */
    size_t size;
    unsigned ids; /* given so far */
};

struct sending {
    const char *type;
    int role;
    bool bare;       /* it brings nothing */
    uint64_t number; /* of its case; 0 = a report */
};

/* The answer, in the machine's arena; abort() when the machine fails. */
const hxp_reply *sender_send(struct sender *x, struct hx_machine *m, const struct sending *what);

#endif
