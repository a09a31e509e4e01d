/* What the journal has been told of keys, rights and devices.
 *
 * What is in force is a text, a line for each thing, in order:
 *
 *     device ID HOLDER KEY           a registered device, its key in hexadecimal
 *     key PRINCIPAL KEY              a key in force
 *     rights PRINCIPAL ROLE DIGEST   what a principal may do and see
 *
 * The store keeps the text that the acts in the journal lead to, and changes it in the transaction
 * of these acts. So none is lost with the process and none is told twice, and what was changed
 * while the daemon was down is told at its start. The first text of a store needs no acts: nothing
 * was in force before. It is kept also when it is empty, so that keys that come later are told;
 * what changes before the store has it is told as well. Loop thread only. */
#ifndef SERVICE_ACTS_TOLD_H
#define SERVICE_ACTS_TOLD_H

#include "config/access/access.h"
#include "config/access/devices.h"
#include "hongxin/error.h"

struct service;

struct told {
    const char *name; /* of the text in the store */
    char *now;        /* owned; what is in force */
    char *first;      /* owned; what was, until `now` came while that one waited; or NULL */
    bool waits;       /* the journal does not say it yet */
    bool complained;  /* … and the log knows that the store did not take it */
};

/* The texts, for free(). NULL: no memory. Without a registry or devices they are empty. */
char *told_of_access(const struct hx_access *access);
char *told_of_devices(const struct hx_devices *devices);

/* `now` (taken over) is in force; told_turn() records it. *acts: how many acts that will be, by
 * what was in force until now. HX_NOMEM: `now` is NULL, which changes nothing, or they were not
 * counted.
 */
HX_CHECK int told_use(struct service *s, struct told *t, char *now, size_t *acts);

/* Each turn: records what the journal does not say yet: KEY_ADDED, KEY_REVOKED, RIGHTS_CHANGED,
 * DEVICE_ADDED, DEVICE_REVOKED, all in one transaction. While the store takes nothing it waits;
 * the record that the daemon has started comes first. */
void told_turn(struct service *s, struct told *t);

void told_close(struct told *t);

#endif
